//! A companion of a replication whose mean is known, so that what chance did to the one tells what it did to the other: a control
//! variate (S. Lavenberg and P. Welch, *A perspective on the use of control variables to increase the efficiency of Monte Carlo
//! simulations*, Management Science 1981).
//!
//! Where holds have a heavy tail, long queues form while many long holds are under way at once. How many more than usual there are
//! depends on chance alone, not on the pool; and how many it is in the long run is known, for with connections for all the holds
//! under way are Poisson.

use super::Window;
use crate::engine::recursion::{self, Passage, Passages};
use crate::scenario::Model;
use crate::theory::infinite::LongHolds;
use crate::units::{SimTime, Span};
use std::sync::Arc;

/// A hold is long from so many mean holds on.
const LONG: f64 = 2.0;
/// More than usual are so many as there are for less than this share of the time. With lognormal holds of σ = 1.7, as the README sizes
/// for, the mean number beyond explains 61 to 63 % of the variance of a replication's p99 of the wait, and 57 to 74 % of that of its
/// mean; with σ = 1.2 41 and 57 % (12 800 and twice 3 200 replications at 27, 33 and 26 connections). Shares of 2 to 10 %, and holds
/// long from one mean to four means on, are much the same.
const RARE: f64 = 0.05;

/// How often those under way are counted: so often that hardly any long hold falls between.
const MOMENTS: usize = 8192;

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
            from: window.from,
            until: window.until,
            longer_than: Span::from_seconds(self.0.longer_than),
            usual: self.0.usual as i32,
            expected: self.0.more_than_usual(from, until),
            moments_per_nano: MOMENTS as f64 / ((until - from) * 1e9),
            change: vec![0; MOMENTS + 1],
        }
    }
}

/// Counts the long holds of one replication as if each began when its request came, at moments that divide the window evenly.
pub(super) struct ControlRecorder {
    from: SimTime,
    until: SimTime,
    longer_than: Span,
    usual: i32,
    expected: f64,
    moments_per_nano: f64,
    /// How many more are under way at each moment than at the one before.
    change: Vec<i32>,
}

impl ControlRecorder {
    /// Follow what came one after another.
    pub(super) fn pass(&mut self, passages: Passages) {
        for Passage { asked, work, .. } in passages.iter().filter(|passage| passage.work > self.longer_than) {
            let [begin, end] = [asked, asked + work].map(|at| self.first_from(at));
            self.change[begin] += 1;
            self.change[end] -= 1;
        }
    }

    /// The place of the first moment that is not before this one.
    #[inline]
    fn first_from(&self, at: SimTime) -> usize {
        let after = at.min(self.until).since(self.from).nanos();
        (after as f64 * self.moments_per_nano + 0.5) as usize
    }

    /// By how much the mean number beyond what is usual was more than is expected.
    pub(super) fn surplus(self) -> f64 {
        let under_way = self.change[..MOMENTS].iter().scan(0, |sum, change| {
            *sum += change;
            Some(*sum)
        });
        let beyond: i64 = under_way.map(|number: i32| i64::from((number - self.usual).max(0))).sum();
        beyond as f64 / MOMENTS as f64 - self.expected
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
