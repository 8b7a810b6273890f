//! Poisson arrivals whose rate is constant between given moments.

use crate::random::Generator;
use crate::units::{Rate, SimTime, Span};
use rand_distr::{Distribution as _, Exp1};

/// A Poisson process with a piecewise-constant rate over the whole fleet.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrivals {
    /// From each moment on, the rate. The first is at time zero; moments rise strictly.
    steps: Vec<(SimTime, Rate)>,
}

impl Arrivals {
    /// From steps that `check()` has put in order, the first at time zero.
    pub(crate) fn new(steps: Vec<(SimTime, Rate)>) -> Self {
        debug_assert!(steps.first().is_some_and(|s| s.0 == SimTime::ZERO) && steps.is_sorted_by(|a, b| a.0 < b.0));
        Self { steps }
    }

    /// Whether the rate never changes.
    pub fn is_constant(&self) -> bool {
        self.steps.iter().all(|step| step.1 == self.steps[0].1)
    }

    /// The highest rate of all steps, fleet-wide.
    pub fn peak(&self) -> Rate {
        self.steps.iter().map(|step| step.1).fold(Rate::default(), |peak, rate| if rate > peak { rate } else { peak })
    }

    /// The same process at one constant rate.
    pub(crate) fn constant(rate: Rate) -> Self {
        Self { steps: vec![(SimTime::ZERO, rate)] }
    }

    /// The expected number of arrivals up to `until`.
    pub fn expected(&self, until: SimTime) -> f64 {
        (0..self.steps.len())
            .map(|n| {
                let end = self.end_of(n).min(until);
                self.steps[n].1.as_per_second() * end.since(self.steps[n].0).seconds()
            })
            .sum()
    }

    fn end_of(&self, step: usize) -> SimTime {
        self.steps.get(step + 1).map_or(SimTime::NEVER, |next| next.0)
    }

    /// The arrival moments, one after another.
    pub(crate) fn clock(&self, rng: Generator) -> ArrivalClock<'_> {
        ArrivalClock { arrivals: self, rng, step: 0, now: SimTime::ZERO }
    }
}

/// Gives the next arrival, one exponential draw each, by inversion of the cumulative rate.
pub(crate) struct ArrivalClock<'a> {
    arrivals: &'a Arrivals,
    rng: Generator,
    step: usize,
    now: SimTime,
}

impl ArrivalClock<'_> {
    /// The next arrival; [`SimTime::NEVER`] when the rate stays zero.
    pub(crate) fn next(&mut self) -> SimTime {
        let mut to_go: f64 = Exp1.sample(&mut self.rng);
        loop {
            let rate = self.arrivals.steps[self.step].1.as_per_second();
            let end = self.arrivals.end_of(self.step);
            let arrival = self.now + Span::from_seconds(to_go / rate);
            if rate > 0.0 && arrival < end {
                self.now = arrival;
                return arrival;
            }
            if end == SimTime::NEVER {
                return SimTime::NEVER;
            }
            to_go -= end.since(self.now).seconds() * rate;
            self.now = end;
            self.step += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + Span::from_seconds(seconds)
    }

    #[test]
    fn counts_follow_the_steps() {
        let steps = [(0.0, 100.0), (50.0, 0.0), (60.0, 1000.0), (100.0, 10.0)];
        let arrivals = Arrivals::new(steps.map(|(from, rate)| (at(from), Rate::per_second(rate))).to_vec());
        let mut counts = [0u32; 4];
        let mut clock = arrivals.clock(Streams::new(7, 0).of(Purpose::Arrival));
        loop {
            let now = clock.next();
            if now > at(200.0) {
                break;
            }
            counts[steps.iter().rposition(|s| at(s.0) <= now).unwrap()] += 1;
        }
        // Poisson counts: within four standard deviations (false alarm 6e-5 each).
        for (count, expected) in counts.into_iter().zip([5000.0f64, 0.0, 40_000.0, 1000.0]) {
            assert!((f64::from(count) - expected).abs() <= 4.0 * expected.sqrt(), "{count} for {expected}");
        }
        assert_eq!(arrivals.expected(at(200.0)), 46_000.0);
    }

    #[test]
    fn no_rate_no_arrival() {
        let arrivals = Arrivals::constant(Rate::per_second(0.0));
        assert_eq!(arrivals.clock(Streams::new(1, 0).of(Purpose::Arrival)).next(), SimTime::NEVER);
    }
}
