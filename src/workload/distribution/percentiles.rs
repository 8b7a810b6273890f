//! Through measured percentiles, exactly, whether or not a lognormal would be.

use super::arguments::{ANY_PERCENTILE, Arguments};
use super::curve::{Curve, Knot, nearest_line};
use super::given::UNTESTED;
use super::percentile::Percentile;
use crate::math::{exp, ln};
use crate::units::Span;
use core::fmt;

/// The curve through two or more percentiles.
#[derive(Clone, Debug, PartialEq)]
pub struct Percentiles {
    /// What was measured, in order.
    pub given: Vec<Percentile>,
    pub(super) curve: Curve,
}

impl Percentiles {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let named = arguments.named(&[ANY_PERCENTILE], &[])?;
        let given = named.percentiles()?;
        if given.len() < 2 {
            return Err(named.needs("percentiles(p50=5ms, p95=60ms, p99=400ms), two of them or more"));
        }
        let knots: Vec<Knot> = (given.iter())
            .map(|point| (point.z(), ln(point.value)))
            .map(|(z, x)| Knot { z, below: x, above: x })
            .collect();
        let curve = Curve::through(&knots).map_err(|_| {
            "these percentiles lie further apart than any query times do (σ above 6): check the units".to_owned()
        })?;
        Ok(Self { given, curve })
    }

    pub(super) fn cautions(&self) -> Vec<String> {
        if self.given.len() == 2 {
            return [vec![UNTESTED.to_owned()], self.beyond()].concat();
        }
        [self.misfit(), self.beyond()].concat()
    }

    /// By how much the nearest lognormal misses.
    fn misfit(&self) -> Vec<String> {
        let points: Vec<_> = self.given.iter().map(|point| (point.z(), ln(point.value))).collect();
        let (intercept, sigma) = nearest_line(&points);
        let through_median = points.iter().any(|point| point.0 == 0.0);
        let miss = |n: usize| exp(intercept + sigma * points[n].0 - points[n].1) - 1.0;
        if (0..points.len()).all(|n| miss(n).abs() <= 0.05) {
            return Vec::new();
        }
        let named = (0..points.len()).filter(|n| !(through_median && points[*n].0 == 0.0));
        let mut misses: Vec<_> =
            named.map(|n| format!("{} by {:+.0} %", self.given[n].key(), miss(n) * 100.0)).collect();
        let last = misses.pop().unwrap_or_default();
        let count = if points.len() == 3 { "three".to_owned() } else { points.len().to_string() };
        let median = if through_median {
            "through the median".to_owned()
        } else {
            format!("with median {}", Span::from_seconds(exp(intercept)))
        };
        vec![format!(
            "no lognormal meets all {count} percentiles: the nearest {median} (sigma {sigma:.2}) misses {} and {last}; \
             a curve that meets all {count} is used",
            misses.join(", ")
        )]
    }

    /// How much lies where nothing was measured.
    fn beyond(&self) -> Vec<String> {
        let [.., before, top] = self.given.as_slice() else { return Vec::new() };
        let beyond = self.curve.beyond(top.z());
        if beyond <= 0.2 {
            return Vec::new();
        }
        vec![format!(
            "{:.0} % of the mean hold lies beyond {}, where nothing was measured (the curve goes on as from {} to {}): \
             add a higher percentile, or samples, before relying on it",
            beyond * 100.0,
            top.key(),
            before.key(),
            top.key()
        )]
    }
}

impl fmt::Display for Percentiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("percentiles(")?;
        super::write_list(f, &self.given)?;
        f.write_str(")")
    }
}
