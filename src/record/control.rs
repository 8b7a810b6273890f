//! A companion of a replication whose mean is known, so that what chance did to the one tells what it did to the other: a control
//! variate (S. Lavenberg and P. Welch, *A perspective on the use of control variables to increase the efficiency of Monte Carlo
//! simulations*, Management Science 1981).
//!
//! Where holds have a heavy tail, long queues form while many long holds are under way at once. For how much of the time that is
//! depends on chance alone, not on the pool; and how much it is in the long run is known, for with connections for all the holds
//! under way are Poisson.

use super::Window;
use crate::engine::recursion::{self, Passage};
use crate::scenario::Model;
use crate::theory::infinite::LongHolds;
use crate::units::{SimTime, Span};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// A hold is long from so many mean holds on.
const LONG: f64 = 2.0;
/// Many are so many as there are for less than this share of the time. With the lognormal holds of σ = 1.7 that the README sizes for,
/// and 27 connections, the share of time with many explains 58 % of the variance of a replication's p99 of the wait, and 76 % of that
/// of its mean (1 000 replications); with limits of 0.5 to 2 %, and holds long from half a mean to six means on, 50 to 60 %.
const RARE: f64 = 0.01;

/// What is known of the companion of a model's replications.
#[derive(Clone, Debug)]
pub(crate) struct Control(Arc<LongHolds>);

impl Control {
    /// For runs up to `until`. `None` where there is none: the requests are not Poisson, or not served in the order in which they come
    /// and by connections that are there from the start; or hardly any hold is long.
    pub(crate) fn of(model: &Model, until: SimTime) -> Option<Self> {
        let [source] = model.sources.as_slice() else { return None };
        let one_stream = model.instances == 1 && source.arrivals.is_poisson();
        if !(one_stream && recursion::applies(model) && model.queries.iter().all(|query| query.is_plain())) {
            return None;
        }
        let classes: Vec<_> = match source.query {
            Some(n) => vec![(1.0, &model.queries[n])],
            None => model.queries.iter().map(|query| (query.weight, query)).collect(),
        };
        let all: f64 = classes.iter().map(|(weight, _)| weight).sum();
        let survival = |x| classes.iter().map(|(weight, query)| weight * (1.0 - query.hold.cdf(x))).sum::<f64>() / all;
        let rate = model.peak().as_per_second();
        let long = LONG * model.hold_shape().0;
        let until = until.since(SimTime::ZERO).seconds();
        LongHolds::new(rate, survival, long, RARE, until).map(|holds| Self(Arc::new(holds)))
    }

    /// To be recorded over a window.
    pub(super) fn over(&self, window: Window) -> ControlRecorder {
        let [from, until] = [window.from, window.until].map(|at| at.since(SimTime::ZERO).seconds());
        ControlRecorder {
            window,
            longer_than: Span::from_seconds(self.0.longer_than),
            at_least: self.0.at_least as usize,
            expected: self.0.share_of_time(from, until),
            ends: BinaryHeap::new(),
            since: SimTime::ZERO,
            crowded: 0,
        }
    }
}

/// Follows the long holds of one replication as if each began when its request came.
pub(super) struct ControlRecorder {
    window: Window,
    longer_than: Span,
    at_least: usize,
    expected: f64,
    /// When those that are under way end.
    ends: BinaryHeap<Reverse<SimTime>>,
    /// Since when so many are under way.
    since: SimTime,
    /// Nanoseconds with many.
    crowded: u64,
}

impl ControlRecorder {
    #[inline]
    pub(super) fn pass(&mut self, passage: &Passage) {
        if passage.work > self.longer_than {
            self.begin(passage.asked, passage.work);
        }
    }

    /// Away from the requests whose holds are not long: those are ten times as many.
    #[inline(never)]
    fn begin(&mut self, now: SimTime, hold: Span) {
        self.end_until(now);
        self.follow(now);
        self.ends.push(Reverse(now + hold));
    }

    fn end_until(&mut self, now: SimTime) {
        while let Some(&Reverse(end)) = self.ends.peek()
            && end <= now
        {
            self.follow(end);
            self.ends.pop();
        }
    }

    fn follow(&mut self, now: SimTime) {
        if self.ends.len() >= self.at_least {
            let Window { from, until, .. } = self.window;
            self.crowded += now.min(until).since(self.since.max(from)).nanos();
        }
        self.since = now;
    }

    /// By how much the share of the time with many was more than is expected.
    pub(super) fn surplus(mut self) -> f64 {
        let Window { from, until, .. } = self.window;
        self.end_until(until);
        self.follow(until);
        self.crowded as f64 / until.since(from).nanos().max(1) as f64 - self.expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{replicate_sizes, steady_window};
    use crate::report::{CONFIDENCE, Estimate, Tally};
    use crate::scenario::Scenario;
    use crate::theory::predict;

    const REQUESTS: f64 = 20_000.0;

    fn model(rate: &str, hold: &str, max_size: u32) -> Model {
        let pool = serde_json::json!({ "max_size": max_size, "acquire_timeout": "none" });
        let text = serde_json::json!({ "traffic": { "rate": rate }, "query": [{ "hold": hold }], "pool": pool });
        Scenario::read(text).unwrap().check().unwrap()
    }

    /// What so many replications of a seed say, without and with their control.
    fn tallies(model: &Model, seed: u64, count: u32) -> [Tally; 2] {
        let window = steady_window(model, REQUESTS, 1e6).window;
        let control = Control::of(model, window.until).unwrap();
        [None, Some(&control)].map(|control| {
            let mut tally = Tally::default();
            (0..count).for_each(|n| {
                replicate_sizes(&[(model, window)], control, seed, n).into_iter().for_each(|one| tally.add(one));
            });
            tally
        })
    }

    /// A control whose mean is not what is said would shift every answer. Over 400 replications the mean is within four standard
    /// errors (false alarm 6e-5 each).
    #[test]
    fn its_surplus_is_nothing_on_average() {
        for hold in [
            "lognormal(median=5ms, sigma=1.6972)",
            "exponential(mean=20ms)",
            "mixture(95%: deterministic(5ms), 5%: deterministic(400ms))",
            "pareto(min=5ms, max=20s, alpha=1.3)",
        ] {
            let model = model("1000/s", hold, 40);
            let window = steady_window(&model, REQUESTS, 1e6).window;
            let control = Control::of(&model, window.until).unwrap();
            let surplus = |n| replicate_sizes(&[(&model, window)], Some(&control), 7, n)[0].control.unwrap();
            let all: Vec<f64> = (0..400).map(surplus).collect();
            let Estimate { mean, half_width, .. } = Estimate::of(&all, 0.999_936).unwrap();
            assert!(mean.abs() < half_width.unwrap(), "{hold}: {mean:e} ± {half_width:?}");
        }
    }

    /// The half-widths of the mean and the p99 of the wait over so many seeds, without and with the control, and whether those with it
    /// cover what is true.
    fn compared(model: &Model, seeds: u64, truths: [f64; 2]) -> [([f64; 2], u32); 2] {
        let mut all = [([0.0; 2], 0); 2];
        for seed in 1..=seeds {
            let [without, with] = tallies(model, seed, 10).map(|tally| {
                let [wait, ..] = tally.times(CONFIDENCE);
                [wait.mean.unwrap(), wait.p99.unwrap()]
            });
            for (n, (widths, covered)) in all.iter_mut().enumerate() {
                widths[0] += without[n].half_width.unwrap();
                widths[1] += with[n].half_width.unwrap();
                *covered += u32::from(with[n].contains(truths[n]));
            }
        }
        all
    }

    /// Of 300 intervals at 95 % 265 or more cover (fewer in 1 of 10 000 cases), also where the control explains little.
    #[test]
    fn intervals_with_it_cover() {
        let model = model("400/s", "exponential(mean=20ms)", 10);
        let truth = predict(&model).wait.unwrap();
        for ([without, with], covered) in compared(&model, 300, [truth.mean, truth.p99]) {
            println!("{covered} of 300 cover, {:.2} as wide", with / without);
            assert!(covered >= 265 && with < 1.05 * without, "{covered} of 300, {with} for {without}");
        }
    }

    /// With a heavy tail, where it is needed, intervals are much narrower.
    #[test]
    fn it_explains_what_heavy_tails_do() {
        let model = model("1000/s", "lognormal(median=5ms, sigma=1.6972)", 27);
        for ([without, with], _) in compared(&model, 40, [0.0; 2]) {
            println!("{:.2} as wide", with / without);
            assert!(with < 0.85 * without, "{with} for {without}");
        }
    }
}
