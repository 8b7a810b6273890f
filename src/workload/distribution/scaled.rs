//! Another distribution, so many times as long: what if everything took twice as long, or a third less?

use super::Distribution;
use super::arguments::Arguments;
use crate::random::Generator;
use core::fmt;

/// How many times as long something may take at most, and at least as its inverse.
const FACTOR_MAX: f64 = 1000.0;

/// Holds of another distribution times a factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaled {
    /// Above 0.
    pub factor: f64,
    /// What is scaled.
    pub of: Box<Distribution>,
}

impl Scaled {
    pub(super) fn read(arguments: &Arguments, depth: usize) -> Result<Self, String> {
        let example = "scaled(1.2: exponential(mean=20ms))";
        let [only] = arguments.list(1, example)?.try_into().map_err(|_| format!("expected one: {example}"))?;
        let Some((factor, of)) = only.split_once(':') else {
            return Err(format!("has no factor: write {example}"));
        };
        let value = factor.trim().parse::<f64>().ok().filter(|f| (1.0 / FACTOR_MAX..=FACTOR_MAX).contains(f));
        let factor = value.ok_or_else(|| {
            let range = format!("from {} to {FACTOR_MAX}", 1.0 / FACTOR_MAX);
            format!("its factor must be a number {range}, found {}", crate::problem::shown(factor))
        })?;
        Ok(Self { factor, of: Box::new(Distribution::parse_within(of, depth + 1)?) })
    }

    pub(super) fn draw(&self, rng: &mut Generator) -> f64 {
        self.factor * self.of.seconds(rng)
    }

    pub(super) fn moment(&self, k: f64) -> f64 {
        self.of.moment(k) * if k > 1.0 { self.factor * self.factor } else { self.factor }
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.factor * self.of.quantile(p)
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        self.of.cdf(x / self.factor)
    }
}

impl fmt::Display for Scaled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "scaled({}: {})", self.factor, self.of)
    }
}
