//! Gamma, and Erlang, which is a gamma of whole shape: `k` exponential steps, one after another.

use super::arguments::Arguments;
use super::unit;
use crate::math::{exp, gamma_cdf, least, ln};
use crate::random::Generator;
use crate::units::Span;
use core::fmt;
use rand_distr::{Distribution as _, Exp1, StandardNormal};

/// Shapes that are read: cv from 0.01 to 10.
const SHAPE: [f64; 2] = [0.01, 10_000.0];
/// The most steps of an Erlang.
const STEPS_MAX: u32 = 10_000;

/// Shape k and mean: cv² is 1 / k. Below shape 1 more holds are short than an exponential's, above it fewer.
#[derive(Clone, Debug, PartialEq)]
pub struct Gamma {
    /// The shape; a whole number for an Erlang.
    pub shape: f64,
    /// The mean, in seconds.
    pub mean: f64,
    written: Written,
    /// Of the draw: d = shape − 1/3 and c = 1 / √(9 d), with the shape raised by one if it is below 1.
    d: f64,
    c: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Written {
    Erlang,
    Shape,
    Cv(f64),
}

impl Gamma {
    pub(super) fn read_erlang(arguments: &Arguments) -> Result<Self, String> {
        let given = arguments.named(&["k", "mean"], &[])?;
        match (given.count("k", STEPS_MAX)?, given.time("mean")?) {
            (Some(k), Some(mean)) => Ok(Self::new(k.into(), mean, Written::Erlang)),
            _ => Err(given.needs("erlang(k=3, mean=20ms)")),
        }
    }

    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let given = arguments.named(&["mean", "cv", "shape"], &[])?;
        let cv_limits = [0.01, 10.0];
        match (given.time("mean")?, given.number_within("cv", cv_limits)?, given.number_within("shape", SHAPE)?) {
            (Some(mean), Some(cv), None) => Ok(Self::new(1.0 / (cv * cv), mean, Written::Cv(cv))),
            (Some(mean), None, Some(shape)) => Ok(Self::new(shape, mean, Written::Shape)),
            (_, Some(_), Some(_)) => Err("gamma takes cv= or shape=, not both: shape is 1 / cv²".into()),
            _ => Err(given.needs("gamma(mean=20ms, cv=0.5) or gamma(shape=4, mean=20ms)")),
        }
    }

    fn new(shape: f64, mean: f64, written: Written) -> Self {
        let d = if shape < 1.0 { shape + 1.0 } else { shape } - 1.0 / 3.0;
        Self { shape, mean, written, d, c: 1.0 / libm::sqrt(9.0 * d) }
    }

    /// G. Marsaglia and W. W. Tsang, *A simple method for generating gamma variables*, 2000; below shape 1 by their boost, a
    /// gamma of shape + 1 times U^(1/shape).
    pub(super) fn draw(&self, rng: &mut Generator) -> f64 {
        let scale = self.mean / self.shape;
        let large = loop {
            let x: f64 = StandardNormal.sample(rng);
            let root = 1.0 + self.c * x;
            if root <= 0.0 {
                continue;
            }
            let v = root * root * root;
            let u = unit(rng);
            let x2 = x * x;
            if u < 1.0 - 0.0331 * x2 * x2 || ln(u) < 0.5 * x2 + self.d * (1.0 - v + ln(v)) {
                break self.d * v * scale;
            }
        };
        if self.shape < 1.0 {
            let e: f64 = Exp1.sample(rng);
            return large * exp(-e / self.shape);
        }
        large
    }

    pub(super) fn moment(&self, k: f64) -> f64 {
        if k > 1.0 { self.mean * self.mean * (1.0 + 1.0 / self.shape) } else { self.mean }
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        least(0.0, self.mean * 1e5, |x| self.cdf(x) >= p)
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        gamma_cdf(self.shape, x * self.shape / self.mean)
    }
}

impl fmt::Display for Gamma {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mean = Span::from_seconds(self.mean);
        match self.written {
            Written::Erlang => write!(f, "erlang(k={}, mean={mean})", self.shape),
            Written::Shape => write!(f, "gamma(shape={}, mean={mean})", self.shape),
            Written::Cv(cv) => write!(f, "gamma(mean={mean}, cv={cv})"),
        }
    }
}
