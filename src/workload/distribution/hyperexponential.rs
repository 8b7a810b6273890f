//! Two kinds of holds, each exponential: more spread than one exponential, and still easy to calculate with.

use super::arguments::{Arguments, share_text};
use super::unit;
use crate::math::{exp_m1, least, ln_1p};
use crate::random::Generator;
use crate::units::Span;
use core::fmt;
use rand_distr::{Distribution as _, Exp1};

/// The largest cv that is read.
const CV_MAX: f64 = 1000.0;

/// With probability `p` exponential of the first mean, else of the second.
///
/// By mean and cv it has balanced means: each kind contributes half of the mean (p · mean1 = (1 − p) · mean2), which fixes
/// p = (1 + √((cv² − 1) / (cv² + 1))) / 2. Source: H. C. Tijms, *A First Course in Stochastic Models*, 2003, appendix B.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyperexponential {
    /// The share of the first kind, and of the second.
    pub shares: [f64; 2],
    /// The means of both, in seconds.
    pub means: [f64; 2],
    /// Mean in seconds and cv, if it was asked for by them.
    pub mean_cv: Option<(f64, f64)>,
}

impl Hyperexponential {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let given = arguments.named(&["mean", "cv", "p", "mean1", "mean2"], &[])?;
        match (given.time("mean")?, given.number("cv")?, given.share("p")?, given.time("mean1")?, given.time("mean2")?)
        {
            (Some(mean), Some(cv), None, None, None) => {
                if !(cv > 1.0 && cv <= CV_MAX) {
                    return Err(format!(
                        "a hyperexponential's cv must be above 1 and at most {CV_MAX}, found {cv} (1 is exponential(…), below \
                         1 is gamma(…) or erlang(…))"
                    ));
                }
                let scv = cv * cv;
                let root = libm::sqrt((scv - 1.0) / (scv + 1.0));
                // (1 − root) / 2 without the difference of almost equals.
                let shares = [(1.0 + root) / 2.0, 1.0 / ((scv + 1.0) * (1.0 + root))];
                Ok(Self { shares, means: shares.map(|share| mean / (2.0 * share)), mean_cv: Some((mean, cv)) })
            }
            (None, None, Some(p), Some(mean1), Some(mean2)) => {
                Ok(Self { shares: [p, 1.0 - p], means: [mean1, mean2], mean_cv: None })
            }
            _ => Err("hyperexponential takes one of: mean= and cv=; p=, mean1= and mean2=".into()),
        }
    }

    pub(super) fn draw(&self, rng: &mut Generator) -> f64 {
        let second = unit(rng) < self.shares[1];
        let unit: f64 = Exp1.sample(rng);
        self.means[usize::from(second)] * unit
    }

    fn both(&self, of: impl Fn(f64) -> f64) -> f64 {
        self.shares[0] * of(self.means[0]) + self.shares[1] * of(self.means[1])
    }

    pub(super) fn moment(&self, k: f64) -> f64 {
        self.both(|mean| if k > 1.0 { 2.0 * mean * mean } else { mean })
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        let [one, other] = self.means.map(|mean| -mean * ln_1p(-p));
        least(one.min(other), one.max(other), |x| self.cdf(x) >= p)
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        self.both(|mean| -exp_m1(-x / mean))
    }
}

impl fmt::Display for Hyperexponential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [mean1, mean2] = self.means.map(Span::from_seconds);
        match self.mean_cv {
            Some((mean, cv)) => write!(f, "hyperexponential(mean={}, cv={cv})", Span::from_seconds(mean)),
            None => write!(f, "hyperexponential(p={}, mean1={mean1}, mean2={mean2})", share_text(self.shares[0])),
        }
    }
}
