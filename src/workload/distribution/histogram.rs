//! Cumulative counts by upper boundary, as in the `le` buckets of a Prometheus histogram.

use super::arguments::{Arguments, time};
use super::curve::{Curve, Knot, nearest_line};
use crate::math::{exp, ln, normal_cdf, normal_quantile};
use crate::problem::shown;
use crate::units::{Span, to_digits};
use core::fmt;

/// The most boundaries that are read.
const BUCKETS_MAX: usize = 1000;
/// The largest count that is read.
const COUNT_MAX: f64 = 1e12;

/// The quantile curve with a point at each boundary.
///
/// A boundary below which nothing was counted stands at half an observation, and so does the first with nothing above it: their
/// true shares are not zero, only too small to have been seen. Beyond the outermost points the curve goes on as it is nearest.
/// Where a bucket is empty, the curve jumps over it.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Boundary in seconds and the count of holds up to it.
    pub buckets: Vec<(f64, f64)>,
    /// The count of all.
    pub total: f64,
    pub(super) curve: Curve,
    /// The outermost points' z: beyond the last, sizes are extrapolated.
    last: f64,
}

impl Histogram {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let example = "histogram(5ms=120, 10ms=300, 25ms=340, inf=345)";
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        let mut total = None;
        for part in arguments.list(BUCKETS_MAX + 1, example)? {
            let Some((key, count)) = part.split_once('=') else {
                return Err(format!(
                    "{} stands alone: buckets are written boundary=count, as in {example}",
                    shown(part)
                ));
            };
            let (key, text) = (key.trim(), count.trim());
            let count = match text.parse::<f64>() {
                Ok(count) if (0.0..=COUNT_MAX).contains(&count) => count,
                _ => return Err(format!("the count at {key} must be a number from 0 to 10^12, found {}", shown(text))),
            };
            let (before, most) = buckets.last().copied().unwrap_or_default();
            if total.is_some() {
                return Err(format!("{} stands after inf, which is the last bucket", shown(part)));
            }
            if count < most {
                return Err(format!(
                    "counts are of all holds up to a boundary, so they can not fall: {most} at {} and then {count} at {key}",
                    Span::from_seconds(before)
                ));
            }
            if key.strip_prefix('+').unwrap_or(key).eq_ignore_ascii_case("inf") {
                total = Some(count);
                continue;
            }
            let boundary = time("a boundary", key)?;
            if boundary <= before {
                let before = Span::from_seconds(before);
                return Err(format!("boundaries must rise: {before} stands before {}", shown(key)));
            }
            buckets.push((boundary, count));
        }
        let total = total.ok_or_else(|| format!("histogram lacks inf=, the count of all holds: write {example}"))?;
        let knots = knots(&buckets, total)?;
        let curve = Curve::through(&knots).map_err(|slope| {
            format!(
                "the outermost boundaries with holds between them are so alike in their shares that the curve can not go on \
                 beyond them (σ {slope:.0}, at most 6): leave out the outermost of them"
            )
        })?;
        Ok(Self { buckets, total, curve, last: knots[knots.len() - 1].z })
    }

    pub(super) fn cautions(&self) -> Vec<String> {
        let mut said = Vec::new();
        let top = self.buckets[self.buckets.len() - 1];
        let above = 1.0 - top.1 / self.total;
        let beyond = self.curve.beyond(self.last);
        if above > 0.0 {
            said.push(format!(
                "{} of holds, and with them {:.0} % of the mean, lie above {}, the last boundary: their size is extrapolated, \
                 not measured",
                percent(above),
                beyond * 100.0,
                Span::from_seconds(top.0)
            ));
        } else if beyond > 0.2 {
            said.push(format!(
                "{:.0} % of the mean hold lies beyond all that was counted, where the curve goes on as in the last bucket: \
                 add samples before relying on it",
                beyond * 100.0
            ));
        }
        [self.misfit(), said].concat()
    }

    /// Where the nearest lognormal misses most.
    fn misfit(&self) -> Vec<String> {
        let inside: Vec<_> = self.buckets.iter().filter(|b| b.1 > 0.0 && b.1 < self.total).collect();
        let points: Vec<_> = inside.iter().map(|b| (z(b.1, self.total), ln(b.0))).collect();
        let (intercept, sigma) = nearest_line(&points);
        let miss = |n: usize| (intercept + sigma * points[n].0 - points[n].1).abs();
        let Some(worst) = (0..points.len()).max_by(|a, b| miss(*a).total_cmp(&miss(*b))) else { return Vec::new() };
        if miss(worst) <= ln(1.05) {
            return Vec::new();
        }
        let (boundary, count) = inside[worst];
        vec![format!(
            "no lognormal meets all {} boundaries: the nearest (median {}, sigma {sigma:.2}) has {} of holds above {}, where \
             {} were counted; a curve that meets all is used",
            points.len(),
            Span::from_seconds(to_digits(exp(intercept), 3)),
            percent(1.0 - normal_cdf((points[worst].1 - intercept) / sigma)),
            Span::from_seconds(*boundary),
            percent(1.0 - count / self.total)
        )]
    }
}

/// The points of the curve: one for each share, however many boundaries have it.
fn knots(buckets: &[(f64, f64)], total: f64) -> Result<Vec<Knot>, String> {
    let mut knots: Vec<Knot> = Vec::new();
    for (boundary, count) in buckets.iter().filter(|b| b.1 > 0.0 && b.1 < total) {
        let (z, x) = (z(*count, total), ln(*boundary));
        match knots.last_mut() {
            Some(last) if last.z >= z => last.above = x,
            _ => knots.push(Knot { z, below: x, above: x }),
        }
    }
    let [first, .., last] = knots.as_slice() else {
        return Err(format!(
            "a histogram needs two boundaries or more with different shares of the holds below them, neither 0 % nor 100 %; \
             this one has {}: use finer buckets, or the mean (sum over count) as in exponential(mean=…) or lognormal(mean=…, cv=…)",
            knots.len()
        ));
    };
    let (first, last) = (*first, *last);
    // Half an observation, or half of the nearest share if counts are rates and less than one.
    let half = |nearest: f64| normal_quantile((0.5 / total).min(nearest / 2.0));
    if let Some(empty) = buckets.iter().rfind(|b| b.1 == 0.0) {
        let x = ln(empty.0);
        knots.insert(0, Knot { z: half(normal_cdf(first.z)), below: x, above: x });
    }
    if let Some(full) = buckets.iter().find(|b| b.1 == total) {
        let x = ln(full.0);
        knots.push(Knot { z: -half(normal_cdf(-last.z)), below: x, above: x });
    }
    Ok(knots)
}

/// The share `count / total` on the scale of the standard normal, exact in both tails.
fn z(count: f64, total: f64) -> f64 {
    if count <= total / 2.0 { normal_quantile(count / total) } else { -normal_quantile((total - count) / total) }
}

fn percent(share: f64) -> String {
    if share < 0.001 { format!("{:.1e} %", share * 100.0) } else { format!("{:.1} %", share * 100.0) }
}

impl fmt::Display for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("histogram(")?;
        for (boundary, count) in &self.buckets {
            write!(f, "{}={count}, ", Span::from_seconds(*boundary))?;
        }
        write!(f, "inf={})", self.total)
    }
}
