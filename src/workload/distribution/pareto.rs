//! Pareto: a tail that falls as a power, with or without an end.

use super::arguments::Arguments;
use super::unit;
use crate::math::{exp, exp_m1, ln, ln_1p};
use crate::random::Generator;
use crate::units::Span;
use core::fmt;
use rand_distr::{Distribution as _, Exp1};

/// The exponents that are read.
const ALPHA: [f64; 2] = [0.1, 1000.0];

/// P(X > x) = (min / x)^alpha from `min` on; with `max`, the same given that X is not above it.
///
/// Without `max` the mean is infinite for alpha up to 1, and the variance for alpha up to 2: averages over a run then say more
/// about the run's length than about the holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Pareto {
    /// The least, in seconds.
    pub min: f64,
    /// The most, in seconds, if there is a most.
    pub max: Option<f64>,
    /// The exponent of the tail.
    pub alpha: f64,
    /// Of the bounded form: the share of the unbounded one that lies up to `max`.
    kept: f64,
}

impl Pareto {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let given = arguments.named(&["min", "max", "alpha"], &[])?;
        let (Some(min), max, Some(alpha)) =
            (given.time("min")?, given.time("max")?, given.number_within("alpha", ALPHA)?)
        else {
            return Err(given.needs("pareto(min=2ms, alpha=2.5) or pareto(min=2ms, max=10s, alpha=1.2)"));
        };
        if let Some(max) = max.filter(|max| *max <= min) {
            let [min, max] = [min, max].map(Span::from_seconds);
            return Err(format!("min = {min} must be below max = {max}"));
        }
        let kept = max.map_or(1.0, |max| -exp_m1(-alpha * ln(max / min)));
        Ok(Self { min, max, alpha, kept })
    }

    pub(super) fn draw(&self, rng: &mut Generator) -> f64 {
        match self.max {
            None => {
                let unit: f64 = Exp1.sample(rng);
                self.min * exp(unit / self.alpha)
            }
            Some(_) => self.quantile(unit(rng)),
        }
    }

    /// min^k · α · ∫ exp((k − α) t) dt over the logarithm t of x / min.
    pub(super) fn moment(&self, k: f64) -> f64 {
        let rate = k - self.alpha;
        let least = if k > 1.0 { self.min * self.min } else { self.min };
        match self.max {
            None if rate >= 0.0 => f64::INFINITY,
            None => least * self.alpha / -rate,
            Some(max) => {
                let length = ln(max / self.min);
                let integral = if rate == 0.0 { length } else { exp_m1(rate * length) / rate };
                least * self.alpha * integral / self.kept
            }
        }
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        let x = self.min * exp(-ln_1p(-p * self.kept) / self.alpha);
        self.max.map_or(x, |max| x.min(max))
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        if x <= self.min {
            return 0.0;
        }
        (-exp_m1(-self.alpha * ln(x / self.min)) / self.kept).min(1.0)
    }

    pub(super) fn cautions(&self) -> Vec<String> {
        match self.max {
            None if self.alpha <= 1.0 => {
                vec!["its mean is infinite: no mean is reported, and no pool size keeps up for ever".to_owned()]
            }
            None if self.alpha <= 2.0 => {
                vec![
                    "its variance is infinite: averages converge slowly, and a run never shows all of the tail"
                        .to_owned(),
                ]
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Pareto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pareto(min={}, ", Span::from_seconds(self.min))?;
        if let Some(max) = self.max {
            write!(f, "max={}, ", Span::from_seconds(max))?;
        }
        write!(f, "alpha={})", self.alpha)
    }
}
