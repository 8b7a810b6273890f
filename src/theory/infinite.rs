//! As many servers as there are requests: nobody waits, and those under way are Poisson at every moment (M/G/∞).

use super::{poisson, proper};

/// Steps of the integral over the lengths of holds, each so many times as long as the one before.
const STEPS: usize = 2048;

/// How many more long holds than usual are expected to be under way, from an empty start on, where each begins as its request comes.
///
/// At the moment t they are Poisson with mean rate · E[min(H, t); H > longer_than] (S. Eick, W. Massey and W. Whitt, *The physics
/// of the M_t/G/∞ queue*, Operations Research 1993). Of a Poisson number N with mean m, E[(N − k)⁺] is m P(N ≥ k) − k P(N > k).
#[derive(Clone, Debug)]
pub struct LongHolds {
    /// Only holds longer than this count, in seconds.
    pub longer_than: f64,
    /// As many as are usual: the fewest of which there are more for less than the share of time that was asked for.
    pub usual: u64,
    /// At these moments, from `longer_than` on, so many more on average.
    course: Vec<(f64, f64)>,
}

impl LongHolds {
    /// For Poisson arrivals at `rate`, of which a share `survival(x)` holds for longer than x seconds: what is usual is chosen so that
    /// more are under way for less than `rare` of the time, at the end, `until` seconds from the start. `None` when hardly any hold
    /// is longer.
    ///
    /// ```
    /// use poolwise::theory::infinite::LongHolds;
    /// // Exponential holds of 20 ms at 1000/s: 20 under way on average, more than 30 in 1.35 % of the time (R: 1 - ppois(30, 20)),
    /// // on average 0.0321 more (R: sum((31:200 - 30) * dpois(31:200, 20))).
    /// let all = LongHolds::new(1000.0, |x: f64| (-x / 0.02f64).exp(), 1e-6, 0.014, 10.0).unwrap();
    /// assert_eq!(all.usual, 30);
    /// assert!((all.more_than_usual(1.0, 10.0) - 0.0321).abs() < 5e-5);
    /// ```
    pub fn new(rate: f64, survival: impl Fn(f64) -> f64, longer_than: f64, rare: f64, until: f64) -> Option<Self> {
        if !(proper(rate) && proper(longer_than) && until > longer_than) {
            return None;
        }
        let step = libm::pow(until / longer_than, 1.0 / STEPS as f64);
        let half = libm::sqrt(step);
        let mut at = longer_than;
        let mut mean = rate * longer_than * survival(longer_than);
        let mut means = vec![(at, mean)];
        for _ in 0..STEPS {
            mean += rate * survival(at * half) * at * (step - 1.0);
            at *= step;
            means.push((at, mean));
        }
        if !(mean >= 1.0 && mean.is_finite()) {
            return None;
        }
        let usual = (mean as u64..).find(|n| poisson::at_least(*n + 1, mean) < rare)?;
        let course = means.into_iter().map(|(at, mean)| (at, excess(usual, mean))).collect();
        Some(Self { longer_than, usual, course })
    }

    /// How many more than usual are expected to be under way on average between two moments, in seconds from the start.
    pub fn more_than_usual(&self, from: f64, until: f64) -> f64 {
        let between = self.course.windows(2).map(|pair| {
            let [(start, before), (end, after)] = [pair[0], pair[1]];
            let (low, high) = (start.max(from), end.min(until));
            let at = |moment: f64| before + (after - before) * (moment - start) / (end - start);
            (high - low).max(0.0) * (at(low) + at(high)) / 2.0
        });
        between.sum::<f64>() / (until - from)
    }
}

/// E[(N − k)⁺] of a Poisson number with this mean.
fn excess(k: u64, mean: f64) -> f64 {
    mean * poisson::at_least(k, mean) - k as f64 * poisson::at_least(k + 1, mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::exp;

    /// Of deterministic holds all are under way for as long as they last: from then on Poisson with mean rate · hold.
    #[test]
    fn jumps_are_met_within_a_step() {
        let holds = LongHolds::new(100.0, |x| f64::from(x < 0.1), 0.01, 0.02, 10.0).unwrap();
        assert!(poisson::at_least(holds.usual + 1, 10.0) < 0.02 && poisson::at_least(holds.usual, 10.0) >= 0.02);
        assert!((holds.more_than_usual(1.0, 10.0) / excess(holds.usual, 10.0) - 1.0).abs() < 0.02);
    }

    /// From an empty start there are rate · mean · (1 − exp(−t / mean)) of exponential holds at the moment t.
    #[test]
    fn it_fills_from_empty() {
        let holds = LongHolds::new(10.0, |x| exp(-x / 2.0), 1e-4, 0.05, 40.0).unwrap();
        for t in [0.5, 2.0, 7.0] {
            let exact = excess(holds.usual, 20.0 * (1.0 - exp(-t / 2.0)));
            assert!((holds.more_than_usual(t, t + 1e-3) - exact).abs() < 1e-3 * (exact + 0.01), "{t}");
        }
    }

    #[test]
    fn hardly_any_is_no_answer() {
        assert!(LongHolds::new(100.0, |x| exp(-x / 0.001), 0.1, 0.01, 10.0).is_none());
        assert!(LongHolds::new(0.0, |_| 1.0, 0.1, 0.01, 10.0).is_none());
        assert!(LongHolds::new(1.0, |_| 1.0, 0.1, 0.01, 0.05).is_none());
    }
}
