//! One measured percentile, such as `p99=80ms`.

use crate::math::normal_quantile;
use crate::problem::shown;
use crate::units::Span;
use core::fmt;

/// The time that a share of holds stays under.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percentile {
    /// From 1 to 99.99.
    pub percent: f64,
    /// The time, in seconds.
    pub value: f64,
}

impl Percentile {
    /// Whether a key wants to be a percentile: `p` and a digit.
    pub(super) fn is_meant(key: &str) -> bool {
        key.strip_prefix('p').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    }

    /// Which one a key means.
    pub(super) fn percent(key: &str) -> Result<f64, String> {
        match key[1..].parse() {
            Ok(percent) if (1.0..=99.99).contains(&percent) => Ok(percent),
            _ => Err(format!("{} is no percentile: write p50, p95, p99.9 and the like, from p1 to p99.99", shown(key))),
        }
    }

    /// The same place on the scale of the standard normal; exactly zero at the median.
    pub(super) fn z(self) -> f64 {
        if self.percent == 50.0 { 0.0 } else { normal_quantile(self.percent / 100.0) }
    }

    /// As it is named: `p99`.
    pub(super) fn key(self) -> String {
        format!("p{}", self.percent)
    }

    pub(super) fn is_below(&self, next: &Self) -> Result<(), String> {
        if self.percent == next.percent {
            return Err(format!("{} is given twice", self.key()));
        }
        if self.value < next.value {
            return Ok(());
        }
        Err(format!("percentiles out of order: {self} must be below {next}", self = spaced(self), next = spaced(next)))
    }
}

fn spaced(point: &Percentile) -> String {
    format!("{} = {}", point.key(), Span::from_seconds(point.value))
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key(), Span::from_seconds(self.value))
    }
}
