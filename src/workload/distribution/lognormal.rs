//! The logarithm is normal: skewed, typical of query times.

use super::SIGMA_MAX;
use super::arguments::{ANY_PERCENTILE, Arguments};
use super::given::Given;
use crate::math::{exp, exp_all, ln, normal_cdf, normal_quantile};
use crate::random::Generator;
use crate::units::Span;
use core::fmt;
use rand_distr::{Distribution as _, StandardNormal};

/// median · exp(σ z), z standard normal. Its mean is median · exp(σ² / 2), its cv² is exp(σ²) − 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Lognormal {
    /// The median, in seconds.
    pub median: f64,
    /// Standard deviation of the logarithm.
    pub sigma: f64,
    /// How it was asked for.
    pub given: Given,
}

impl Lognormal {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, String> {
        let given = arguments.named(&["median", "sigma", "mean", "cv", ANY_PERCENTILE], &[])?;
        let points = given.percentiles()?;
        let (median, sigma, given) = match (
            given.time("median")?,
            given.number("sigma")?,
            given.time("mean")?,
            given.number("cv")?,
            points.as_slice(),
        ) {
            (Some(median), Some(sigma), None, None, []) => (median, sigma, Given::Parameters),
            (None, None, Some(mean), Some(cv), []) => {
                let variance = ln(1.0 + cv * cv);
                (mean / exp(variance / 2.0), libm::sqrt(variance), Given::MeanCv { mean, cv })
            }
            (None, None, None, None, [low, high]) => {
                let sigma = ln(high.value / low.value) / (high.z() - low.z());
                (exp(ln(low.value) - sigma * low.z()), sigma, Given::Percentiles([*low, *high]))
            }
            (None, None, None, None, [_, _, _, ..]) => {
                return Err("two percentiles fix a lognormal, three are one too many: leave out all but two, \
                            or write percentiles(p50=…, p95=…, p99=…), which meets them all"
                    .into());
            }
            _ => {
                return Err(
                    "lognormal takes one of: median= and sigma=; mean= and cv=; two percentiles such as p50= and p99="
                        .into(),
                );
            }
        };
        if !(sigma > 0.0 && sigma <= SIGMA_MAX) {
            return Err(format!(
                "a lognormal's sigma must be above 0 and at most {SIGMA_MAX}; this one's is {sigma:.4} \
                 (no spread at all is deterministic(…))"
            ));
        }
        Ok(Self { median, sigma, given })
    }

    pub(super) fn draw(&self, rng: &mut Generator) -> f64 {
        self.of(StandardNormal.sample(rng))
    }

    /// The same one after another. Luck first and then what it comes to: neither waits for the other.
    pub(super) fn fill(&self, rng: &mut Generator, holds: &mut [Span]) {
        let mut luck = [0.0f64; 32];
        let mut own = rng.clone();
        for holds in holds.chunks_mut(luck.len()) {
            let luck = &mut luck[..holds.len()];
            luck.fill_with(|| StandardNormal.sample(&mut own));
            luck.iter_mut().for_each(|z| *z *= self.sigma);
            exp_all(luck);
            luck.iter_mut().for_each(|factor| *factor *= self.median);
            Span::all_from_seconds(holds, luck);
        }
        *rng = own;
    }

    fn of(&self, z: f64) -> f64 {
        self.median * exp(self.sigma * z)
    }

    pub(super) fn moment(&self, k: f64) -> f64 {
        exp(k * ln(self.median) + k * k * self.sigma * self.sigma / 2.0)
    }

    pub(super) fn quantile(&self, p: f64) -> f64 {
        self.median * exp(self.sigma * normal_quantile(p))
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        normal_cdf(ln(x / self.median) / self.sigma)
    }
}

impl fmt::Display for Lognormal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let median = Span::from_seconds(self.median);
        self.given.write(f, "lognormal", format_args!("median={median}, sigma={}", self.sigma))
    }
}
