//! Measured holds themselves, drawn again with equal chance.

use super::arguments::{Arguments, SAMPLES_MAX, time};
use super::unit;
use crate::random::Generator;
use crate::units::Span;
use core::fmt;

/// From how many samples on nothing is said about the tail.
const ENOUGH: usize = 1000;

/// The empirical distribution. It has no tail beyond its largest sample: with n samples, holds rarer than one in n are missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// In seconds, rising.
    sorted: Vec<f64>,
    mean: f64,
    second_moment: f64,
}

impl Samples {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let parts = arguments.list(SAMPLES_MAX, "samples(1ms, 2ms, 2ms, 7ms)")?;
        let mut sorted = Vec::with_capacity(parts.len());
        for (n, part) in parts.iter().enumerate() {
            sorted.push(time(format_args!("sample {}", n + 1), part)?);
        }
        sorted.sort_by(f64::total_cmp);
        let average = |of: fn(f64) -> f64| sorted.iter().map(|x| of(*x)).sum::<f64>() / sorted.len() as f64;
        let (mean, second_moment) = (average(|x| x), average(|x| x * x));
        Ok(Self { sorted, mean, second_moment })
    }

    pub(super) fn draw(&self, rng: &mut Generator) -> f64 {
        let n = (unit(rng) * self.sorted.len() as f64) as usize;
        self.sorted[n.min(self.sorted.len() - 1)]
    }

    pub(super) fn moment(&self, k: f64) -> f64 {
        if k > 1.0 { self.second_moment } else { self.mean }
    }

    /// The smallest sample that a share `p` of the samples does not exceed.
    pub(super) fn quantile(&self, p: f64) -> f64 {
        let all = self.sorted.len();
        // The rank whose share of all first reaches p, found by the same division as in `cdf`.
        let near = (p * all as f64) as usize;
        let rank = (near.saturating_sub(1)..all).find(|rank| (rank + 1) as f64 / all as f64 >= p);
        self.sorted[rank.unwrap_or(all - 1)]
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        self.sorted.partition_point(|sample| *sample <= x) as f64 / self.sorted.len() as f64
    }

    pub(super) fn cautions(&self) -> Vec<String> {
        let (n, last) = (self.sorted.len(), self.sorted[self.sorted.len() - 1]);
        if n >= ENOUGH {
            return Vec::new();
        }
        vec![format!(
            "fewer than {ENOUGH} samples ({n}): the tail beyond the largest, {}, is missing",
            Span::from_seconds(last)
        )]
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("samples(")?;
        super::write_list(f, self.sorted.iter().map(|x| Span::from_seconds(*x)))?;
        f.write_str(")")
    }
}
