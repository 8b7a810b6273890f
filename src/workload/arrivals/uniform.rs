//! Moments spread uniformly over an interval, in order and one at a time.

use crate::math::exp_m1;
use crate::random::Generator;
use crate::units::{SimTime, Span};
use rand_distr::{Distribution as _, Exp1};

/// `left` independent uniform moments of an interval, the earliest first, one exponential draw each.
///
/// The earliest of k uniform moments lies the share 1 − U^(1/k) into the interval, and the others are uniform on what is left
/// (L. Devroye, *Non-Uniform Random Variate Generation*, 1986, V.3).
#[derive(Clone, Copy, Debug)]
pub(super) struct InOrder {
    from: SimTime,
    length: Span,
    /// Nanoseconds into the interval.
    past: f64,
    left: u32,
}

impl InOrder {
    pub(super) fn new(from: SimTime, length: Span, count: u32) -> Self {
        Self { from, length, past: 0.0, left: count }
    }

    /// The next moment, at least a nanosecond before the end of the interval; `None` after the last.
    pub(super) fn next(&mut self, rng: &mut Generator) -> Option<SimTime> {
        self.left = self.left.checked_sub(1)?;
        if self.length == Span::ZERO {
            return Some(self.from);
        }
        let unit: f64 = Exp1.sample(rng);
        let length = self.length.nanos() as f64;
        self.past += (length - self.past) * -exp_m1(-unit / (f64::from(self.left) + 1.0));
        Some(self.from + Span::from_nanos((self.past as u64).min(self.length.nanos() - 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    /// Order statistic i of k has mean i / (k + 1) and variance i (k + 1 − i) / ((k + 1)² (k + 2)): 4 standard errors each.
    #[test]
    fn each_is_the_order_statistic_of_its_place() {
        let mut rng = Streams::new(4, 0).of(Purpose::Arrival, 0);
        let (k, runs) = (7, 20_000);
        let mut sums = vec![0.0; k as usize];
        for _ in 0..runs {
            let mut moments = InOrder::new(SimTime::ZERO + Span::from_nanos(500), Span::from_nanos(1_000_000), k);
            let mut before = SimTime::ZERO;
            for sum in &mut sums {
                let now = moments.next(&mut rng).unwrap();
                assert!(now >= before);
                before = now;
                *sum += (now.nanos() as f64 - 500.0) / 1e6;
            }
            assert_eq!(moments.next(&mut rng), None);
        }
        let k = f64::from(k);
        for (i, sum) in (1..).map(f64::from).zip(sums) {
            let error = (i * (k + 1.0 - i) / ((k + 1.0) * (k + 1.0) * (k + 2.0)) / f64::from(runs)).sqrt();
            let found = sum / f64::from(runs);
            // Moments are cut to whole nanoseconds: half of one in a million.
            assert!((found - i / (k + 1.0)).abs() <= 4.0 * error + 1e-6, "{i}: {found}");
        }
    }
}
