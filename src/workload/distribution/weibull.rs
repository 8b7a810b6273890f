//! Weibull: a power of an exponential.

use super::arguments::{ANY_PERCENTILE, Arguments};
use super::given::Given;
use crate::math::{exp, exp_m1, least, ln, ln_1p, ln_gamma, pow};
use crate::random::Generator;
use crate::units::Span;
use core::fmt;
use rand_distr::{Distribution as _, Exp1};

/// Shapes that are read: cv from 0.0127 to 430.
const SHAPE: [f64; 2] = [0.1, 100.0];

/// P(X > x) = exp(−(x / scale)^shape). Below shape 1 its tail is heavier than an exponential's, above it lighter; at 1 it is one.
/// Its mean is scale · Γ(1 + 1/shape).
#[derive(Clone, Debug, PartialEq)]
pub struct Weibull {
    /// The shape.
    pub shape: f64,
    /// The scale, in seconds: the time that 63.2 % of holds stay under.
    pub scale: f64,
    /// How it was asked for.
    pub given: Given,
    /// 1 / shape.
    power: f64,
}

impl Weibull {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let named = arguments.named(&["mean", "cv", "shape", "scale", ANY_PERCENTILE], &[])?;
        let points = named.percentiles()?;
        let (shape, scale, given) = match (
            named.time("mean")?,
            named.number("cv")?,
            named.number_within("shape", SHAPE)?,
            named.time("scale")?,
            points.as_slice(),
        ) {
            (None, None, Some(shape), Some(scale), []) => (shape, scale, Given::Parameters),
            (Some(mean), Some(cv), None, None, []) => {
                let limits = [SHAPE[1], SHAPE[0]].map(|shape| libm::sqrt(scv(shape)));
                if !(limits[0]..=limits[1]).contains(&cv) {
                    let [least, most] = limits;
                    return Err(format!("a Weibull's cv must be from {least:.4} to {most:.1}, found {cv}"));
                }
                let shape = least(SHAPE[0], SHAPE[1], |shape| scv(shape) <= cv * cv);
                (shape, mean / exp(ln_gamma(1.0 + 1.0 / shape)), Given::MeanCv { mean, cv })
            }
            (None, None, None, None, [low, high]) => {
                let [y_low, y_high] = [low, high].map(|point| ln(-ln_1p(-point.percent / 100.0)));
                let shape = (y_high - y_low) / ln(high.value / low.value);
                if !(SHAPE[0]..=SHAPE[1]).contains(&shape) {
                    return Err(format!(
                        "{low} and {high} make a Weibull of shape {shape:.3}, which must be from {} to {}: check the units",
                        SHAPE[0], SHAPE[1]
                    ));
                }
                (shape, low.value * exp(-y_low / shape), Given::Percentiles([*low, *high]))
            }
            (None, None, None, None, [_, _, _, ..]) => {
                return Err("two percentiles fix a Weibull, three are one too many: leave out all but two, \
                            or write percentiles(p50=…, p95=…, p99=…), which meets them all"
                    .into());
            }
            _ => {
                return Err(
                    "weibull takes one of: shape= and scale=; mean= and cv=; two percentiles such as p50= and p99="
                        .into(),
                );
            }
        };
        Ok(Self { shape, scale, given, power: 1.0 / shape })
    }

    pub(super) fn draw(&self, rng: &mut Generator) -> f64 {
        let unit: f64 = Exp1.sample(rng);
        self.scale * exp(self.power * ln(unit))
    }

    pub(super) fn moment(&self, k: f64) -> f64 {
        let once = if k > 1.0 { self.scale * self.scale } else { self.scale };
        once * exp(ln_gamma(1.0 + k * self.power))
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.scale * pow(-ln_1p(-p), self.power)
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        -exp_m1(-pow(x / self.scale, self.shape))
    }
}

/// The squared coefficient of variation by shape: it falls.
fn scv(shape: f64) -> f64 {
    exp_m1(ln_gamma(1.0 + 2.0 / shape) - 2.0 * ln_gamma(1.0 + 1.0 / shape))
}

impl fmt::Display for Weibull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = Span::from_seconds(self.scale);
        self.given.write(f, "weibull", format_args!("shape={}, scale={scale}", self.shape))
    }
}
