//! A quantile curve through given points: on the scale of the normal quantile z, ln x is straight between them.

use super::SIGMA_MAX;
use crate::math::{exp, ln, mills, normal_cdf, normal_quantile};
use core::f64::consts::TAU;

/// Where the curve is known. `below` and `above` differ where nothing lies between: the curve jumps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knot {
    /// The share below, on the scale of the standard normal.
    pub(super) z: f64,
    /// The logarithm of the time at which this share is reached.
    pub(super) below: f64,
    /// The logarithm of the time at which it is left.
    pub(super) above: f64,
}

/// A quantile curve. Between its points it is a lognormal's, and so it is beyond its ends, which go on as they are nearest. With
/// two points it is one lognormal; with more it bends, and with a gap it jumps.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// From left to right: ln x = intercept + slope · z.
    pieces: Vec<(f64, f64)>,
    /// Where one piece ends and the next begins.
    bends: Vec<Bend>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bend {
    z: f64,
    below: f64,
    above: f64,
}

impl Curve {
    /// Through at least two points, whose z rises strictly. The error is the slope of an end that is too steep to go on.
    pub(super) fn through(knots: &[Knot]) -> Result<Self, f64> {
        let mut pieces = Vec::new();
        for pair in knots.windows(2) {
            let slope = (pair[1].below - pair[0].above) / (pair[1].z - pair[0].z);
            pieces.push((pair[0].above - slope * pair[0].z, slope));
        }
        let (first, last) = (knots[0], knots[knots.len() - 1]);
        let ends = [pieces[0].1, pieces[pieces.len() - 1].1];
        if let Some(steep) = ends.into_iter().find(|slope| *slope > SIGMA_MAX) {
            return Err(steep);
        }
        let mut bends = &knots[1..knots.len() - 1];
        if first.below < first.above {
            pieces.insert(0, (first.below - ends[0] * first.z, ends[0]));
            bends = &knots[..knots.len() - 1];
        }
        if last.below < last.above {
            pieces.push((last.above - ends[1] * last.z, ends[1]));
            bends = &knots[knots.len() - 1 - bends.len()..];
        }
        let bends = bends.iter().map(|&Knot { z, below, above }| Bend { z, below, above }).collect();
        Ok(Self { pieces, bends })
    }

    /// The time in seconds at `z`.
    pub(super) fn at(&self, z: f64) -> f64 {
        let (intercept, slope) = self.pieces[self.bends.partition_point(|bend| bend.z < z)];
        exp(intercept + slope * z)
    }

    /// The time in seconds that a share `p` does not exceed.
    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.at(if p == 0.5 { 0.0 } else { normal_quantile(p) })
    }

    /// The share of holds up to `x` seconds.
    pub(super) fn cdf(&self, x: f64) -> f64 {
        let x = ln(x);
        let n = self.bends.partition_point(|bend| bend.above < x);
        match self.bends.get(n) {
            Some(bend) if bend.below <= x => normal_cdf(bend.z),
            _ => {
                let (intercept, slope) = self.pieces[n];
                normal_cdf((x - intercept) / slope)
            }
        }
    }

    /// E[Xᵏ].
    pub(super) fn moment(&self, k: f64) -> f64 {
        let ends = [f64::NEG_INFINITY].into_iter().chain(self.bends.iter().map(|bend| bend.z));
        let starts = self.bends.iter().map(|bend| bend.z).chain([f64::INFINITY]);
        ends.zip(starts).zip(&self.pieces).map(|((from, to), piece)| part_of_moment(k, *piece, from, to)).sum()
    }

    /// The share of the mean that lies beyond `z`, in the last piece.
    pub(super) fn beyond(&self, z: f64) -> f64 {
        part_of_moment(1.0, self.pieces[self.pieces.len() - 1], z, f64::INFINITY) / self.moment(1.0)
    }
}

/// E[Xᵏ; from < z < to] of a lognormal.
///
/// By exp(k a + s²/2) · (Φ(to − s) − Φ(from − s)) with s = k · slope, and where the exponential would be too large, by the same
/// with Φ(−t) = φ(t) · m(t), m being Mills' ratio: then the exponentials shrink to those of the ends.
fn part_of_moment(k: f64, (intercept, slope): (f64, f64), from: f64, to: f64) -> f64 {
    let shift = k * slope;
    if shift <= 30.0 {
        return exp(k * intercept + shift * shift / 2.0) * (normal_cdf(to - shift) - normal_cdf(from - shift));
    }
    // Only between points, whose z are far below 30: the ends are not so steep.
    let at = |z: f64| exp(k * intercept + shift * z - z * z / 2.0) / libm::sqrt(TAU) * mills(shift - z);
    at(to) - at(from)
}

/// The lognormal nearest to points (z, ln x): the straight line by least squares, through the point at z = 0 if there is one.
/// Its intercept and slope.
pub(super) fn nearest_line(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let median = points.iter().find(|point| point.0 == 0.0);
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (z0, x0) = median.copied().unwrap_or_else(|| (mean(|p| p.0), mean(|p| p.1)));
    let (top, bottom) = points
        .iter()
        .fold((0.0, 0.0), |(top, bottom), (z, x)| (top + (z - z0) * (x - x0), bottom + (z - z0) * (z - z0)));
    let slope = top / bottom;
    (x0 - slope * z0, slope)
}
