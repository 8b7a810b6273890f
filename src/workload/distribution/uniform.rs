//! Every time between two limits is equally likely.

use super::arguments::Arguments;
use super::unit;
use crate::random::Generator;
use crate::units::Span;
use core::fmt;

/// Between `low` and `high`. Rare in measurements; useful where only limits are known, and in textbooks.
#[derive(Clone, Debug, PartialEq)]
pub struct Uniform {
    /// The least, in seconds; may be 0.
    pub low: f64,
    /// The most, in seconds.
    pub high: f64,
}

impl Uniform {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let given = arguments.named(&["low", "high"], &["low", "high"])?;
        let (Some(low), Some(high)) = (given.time_or_zero("low")?, given.time("high")?) else {
            return Err(given.needs("uniform(5ms, 20ms)"));
        };
        if low >= high {
            let [low, high] = [low, high].map(Span::from_seconds);
            return Err(format!("low = {low} must be below high = {high} (always the same is deterministic(…))"));
        }
        Ok(Self { low, high })
    }

    pub(super) fn draw(&self, rng: &mut Generator) -> f64 {
        self.quantile(unit(rng))
    }

    pub(super) fn moment(&self, k: f64) -> f64 {
        let Self { low, high } = self;
        if k > 1.0 { (low * low + low * high + high * high) / 3.0 } else { (low + high) / 2.0 }
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.low + (self.high - self.low) * p
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        ((x - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

impl fmt::Display for Uniform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uniform(low={}, high={})", Span::from_seconds(self.low), Span::from_seconds(self.high))
    }
}
