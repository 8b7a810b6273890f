//! A number that does not travel alone.

use crate::math::student_quantile;
use serde::Serialize;

/// The probability that an interval of ours covers the truth.
pub const CONFIDENCE: f64 = 0.95;

/// An estimate with the half-width of its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Estimate {
    /// The estimate: a mean over replications, or for a percentile that of all replications together.
    pub mean: f64,
    /// Half the width of the interval; absent when one replication says nothing of the spread.
    pub half_width: Option<f64>,
    /// How many independent replications it rests on.
    pub replications: u32,
}

impl Estimate {
    /// The mean of one value per replication, with Student's interval. `None` without values.
    pub fn of(values: &[f64], confidence: f64) -> Option<Self> {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        Self::around(mean, values, confidence)
    }

    /// `centre`, computed from all replications together, with an interval from how the replications' own `values` spread around
    /// it: sectioning (Asmussen and Glynn, *Stochastic Simulation*, 2007, III.5).
    pub fn around(centre: f64, values: &[f64], confidence: f64) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let half_width = (n > 1).then(|| {
            let squares: f64 = values.iter().map(|v| (v - centre) * (v - centre)).sum();
            let error = libm::sqrt(squares / (n as f64 * (n - 1) as f64));
            error * student_quantile(0.5 + confidence / 2.0, n as u32 - 1)
        });
        Some(Self { mean: centre, half_width, replications: n as u32 })
    }

    /// The same of replications of which the `controls` are known, each with the mean 0: what they explain of the values is taken out of
    /// `centre`, and of the spread (regression on a control variate; S. Lavenberg and P. Welch, 1981). A time or a share, which
    /// stays above 0. Without enough replications, or where controls never differ, as without them.
    pub(super) fn controlled(centre: f64, values: &[f64], controls: &[f64], confidence: f64) -> Option<Self> {
        let n = values.len();
        let surplus = controls.iter().sum::<f64>() / n as f64;
        let spread: f64 = controls.iter().map(|x| (x - surplus) * (x - surplus)).sum();
        if n < 4 || controls.len() != n || spread <= 0.0 {
            return Self::around(centre, values, confidence);
        }
        let slope = values.iter().zip(controls).map(|(v, x)| (v - centre) * (x - surplus)).sum::<f64>() / spread;
        let left = values.iter().zip(controls).map(|(v, x)| v - centre - slope * (x - surplus));
        let squares: f64 = left.map(|rest| rest * rest).sum();
        let error = libm::sqrt(squares / (n - 2) as f64 * (1.0 / n as f64 + surplus * surplus / spread));
        let half_width = error * student_quantile(0.5 + confidence / 2.0, n as u32 - 2);
        let mean = (centre - slope * surplus).max(0.0);
        Some(Self { mean, half_width: Some(half_width), replications: n as u32 })
    }

    /// Whether the interval contains a value.
    ///
    /// ```
    /// let estimate = poolwise::report::Estimate::of(&[1.0, 2.0, 3.0], 0.95).unwrap();
    /// assert!(estimate.contains(2.5) && !estimate.contains(9.0));
    /// ```
    pub fn contains(&self, value: f64) -> bool {
        self.half_width.is_some_and(|half| (value - self.mean).abs() <= half)
    }

    /// The half-width as a share of the estimate; 0 where both are 0, `None` where the estimate alone is, or where there is no
    /// half-width.
    pub fn relative(&self) -> Option<f64> {
        match (self.half_width?, self.mean) {
            (half, 0.0) => (half == 0.0).then_some(0.0),
            (half, mean) => Some(half / mean.abs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Generator, Purpose, Streams};
    use rand_distr::{Distribution, Exp1};

    /// A 95 % interval covers the truth in 95 % of cases: of 2000 intervals, 1900 ± 4 standard deviations, less a little for
    /// the skewness of the exponential at ten values.
    #[test]
    fn intervals_cover_as_often_as_they_say() {
        let mut rng: Generator = Streams::new(5, 0).of(Purpose::Hold, 0);
        let mut draw = || (0..40).map(|_| <Exp1 as Distribution<f64>>::sample(&Exp1, &mut rng)).sum::<f64>() / 40.0;
        let covered =
            (0..2000).filter(|_| Estimate::of(&[(); 10].map(|()| draw()), CONFIDENCE).unwrap().contains(1.0)).count();
        assert!((1850..=1940).contains(&covered), "{covered} of 2000");
    }
}
