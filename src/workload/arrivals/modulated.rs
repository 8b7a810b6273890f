//! Poisson arrivals at a rate that chance switches: bursts, on and off.

use crate::random::Generator;
use crate::units::{Rate, SimTime, Span};
use crate::workload::Distribution;
use rand_distr::{Distribution as _, Exp1};

/// Poisson arrivals whose rate goes round through given states, the first from time zero on.
///
/// With two states and exponential stays it is the two-state Markov-modulated Poisson process (W. Fischer and
/// K. Meier-Hellstern, *The Markov-modulated Poisson process (MMPP) cookbook*, 1993), and with one of the rates zero the
/// interrupted Poisson process.
#[derive(Clone, Debug, PartialEq)]
pub struct Modulated {
    states: Vec<State>,
}

/// A rate and how long it stays.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Requests per second in this state.
    pub rate: Rate,
    /// How long one visit lasts.
    pub stay: Distribution,
}

impl Modulated {
    /// `check()` sees to it that there are states.
    pub(crate) fn new(states: Vec<State>) -> Self {
        debug_assert!(!states.is_empty());
        Self { states }
    }

    /// The states, in the order in which they are visited.
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// So many times as many requests in every state.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let scaled = |state: &State| State {
            rate: Rate::per_second(state.rate.as_per_second() * factor),
            stay: state.stay.clone(),
        };
        Self { states: self.states.iter().map(scaled).collect() }
    }

    /// The mean time of one round through all states, in seconds.
    pub fn round(&self) -> f64 {
        self.states.iter().map(|state| state.stay.mean()).sum()
    }

    /// Requests per second in the long run.
    pub fn mean_rate(&self) -> f64 {
        let in_a_round: f64 = self.states.iter().map(|s| s.rate.as_per_second() * s.stay.mean()).sum();
        in_a_round / self.round()
    }

    pub(super) fn clock(&self, rng: &mut Generator) -> ModulatedClock<'_> {
        let end = SimTime::ZERO + self.states[0].stay.draw(rng);
        ModulatedClock { states: &self.states, state: 0, now: SimTime::ZERO, end }
    }
}

pub(super) struct ModulatedClock<'a> {
    states: &'a [State],
    state: usize,
    now: SimTime,
    end: SimTime,
}

impl ModulatedClock<'_> {
    pub(super) fn next(&mut self, rng: &mut Generator) -> SimTime {
        let mut to_go: f64 = Exp1.sample(rng);
        loop {
            let rate = self.states[self.state].rate.as_per_second();
            let arrival = self.now + Span::from_seconds(to_go / rate);
            if rate > 0.0 && arrival < self.end {
                self.now = arrival;
                return arrival;
            }
            if self.end == SimTime::NEVER {
                return SimTime::NEVER;
            }
            to_go = (to_go - self.end.since(self.now).seconds() * rate).max(0.0);
            self.now = self.end;
            self.state = (self.state + 1) % self.states.len();
            self.end = self.now + self.states[self.state].stay.draw(rng);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Open;
    use super::*;
    use crate::math::exp;
    use crate::random::{Purpose, Streams};

    fn modulated(states: &[(f64, &str)]) -> Modulated {
        let states = states
            .iter()
            .map(|(rate, stay)| State { rate: Rate::per_second(*rate), stay: Distribution::parse(stay).unwrap() });
        Modulated::new(states.collect())
    }

    /// Counts of windows of one length; between two windows lies a gap, in which the process forgets.
    fn windows(source: Modulated, length: f64, gap: f64, n: usize) -> Vec<f64> {
        let open = Open::Modulated(source);
        let mut clock = open.clock(Streams::new(21, 0).of(Purpose::Arrival, 0));
        let mut counts = vec![0.0; n + 1];
        loop {
            let now = clock.next().seconds();
            let window = (now / (length + gap)) as usize;
            if window > n {
                // The first follows the start.
                return counts.split_off(1);
            }
            if now - window as f64 * (length + gap) >= gap {
                counts[window] += 1.0;
            }
        }
    }

    /// A mean with four of its standard errors: false alarm 6e-5 for independent values.
    fn mean(values: &[f64]) -> (f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
        (mean, 4.0 * (variance / n).sqrt())
    }

    /// Fischer and Meier-Hellstern 1993: the variance over the mean of the count in a stationary window of length t.
    #[test]
    fn mean_and_dispersion_of_two_states_are_those_of_the_formula() {
        for (rates, stays) in [([10.0, 500.0], [3.0, 1.0]), ([0.0, 200.0], [2.0, 0.5])] {
            let texts = stays.map(|s| format!("exponential(mean={s}s)"));
            let source = modulated(&[(rates[0], texts[0].as_str()), (rates[1], texts[1].as_str())]);
            let [out0, out1] = stays.map(|s| 1.0 / s);
            let sum = out0 + out1;
            let rate = (rates[0] * out1 + rates[1] * out0) / sum;
            assert!((source.mean_rate() / rate - 1.0).abs() < 1e-12);
            let t = 5.0;
            let spread = (rates[0] - rates[1]) * (rates[0] - rates[1]);
            let limit = 2.0 * out0 * out1 * spread / (sum * sum * (rates[0] * out1 + rates[1] * out0));
            let dispersion = 1.0 + limit * (1.0 - (1.0 - exp(-sum * t)) / (sum * t));
            // Ten relaxation times and more apart: what is left of the correlation is below 1e-4.
            let counts = windows(source, t, 10.0 / sum, 20_000);
            let (found, error) = mean(&counts);
            assert!((found - rate * t).abs() <= error, "mean {found} ± {error} for {}", rate * t);
            let squares: Vec<f64> = counts.iter().map(|n| (n - rate * t) * (n - rate * t) / (rate * t)).collect();
            let (found, error) = mean(&squares);
            assert!((found - dispersion).abs() <= error, "dispersion {found} ± {error} for {dispersion}");
            assert!(error < 0.1 * dispersion, "the test sees too little: ± {error} of {dispersion}");
        }
    }

    #[test]
    fn fixed_stays_go_on_and_off_by_the_clock() {
        let source = Open::Modulated(modulated(&[(0.0, "deterministic(2s)"), (1000.0, "deterministic(1s)")]));
        let mut clock = source.clock(Streams::new(2, 0).of(Purpose::Arrival, 0));
        let mut count = 0u32;
        loop {
            let now = clock.next().seconds();
            if now > 300.0 {
                break;
            }
            assert!(now % 3.0 >= 2.0, "{now} is in a pause");
            count += 1;
        }
        // Poisson, 100 000 expected: four standard deviations.
        assert!((f64::from(count) - 100_000.0).abs() <= 4.0 * 100_000f64.sqrt(), "{count}");
    }
}
