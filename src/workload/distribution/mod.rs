//! How long a connection is held: written as `lognormal(median=5ms, sigma=1.7)` everywhere, in files, on the command line and
//! in the browser. One file for each kind; [`KINDS`] lists them.

mod arguments;
mod curve;
mod gamma;
mod given;
mod histogram;
mod hyperexponential;
mod lognormal;
mod mixture;
mod pareto;
mod percentile;
mod percentiles;
mod samples;
mod scaled;
#[cfg(test)]
mod tests;
mod uniform;
mod weibull;

use crate::catalogue::Kind;
use crate::math::{exp_m1, ln_1p};
use crate::problem::{nearest, shown};
use crate::random::Generator;
use crate::units::Span;
use arguments::{Arguments, DEPTH_MAX};
use core::fmt;
pub use curve::Curve;
pub use gamma::Gamma;
pub use given::Given;
pub use histogram::Histogram;
pub use hyperexponential::Hyperexponential;
pub use lognormal::Lognormal;
pub use mixture::{Component, Mixture};
pub use pareto::Pareto;
pub use percentile::Percentile;
pub use percentiles::Percentiles;
use rand::RngExt;
use rand_distr::{Distribution as _, Exp1, StandardNormal};
pub use samples::Samples;
pub use scaled::Scaled;
pub use uniform::Uniform;
pub use weibull::Weibull;

/// The distribution of a hold time. Times are in seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Deterministic {
        /// The hold, in seconds.
        value: f64,
    },
    /// Memoryless: many short, few long; cv = 1.
    Exponential {
        /// The mean, in seconds.
        mean: f64,
    },
    /// The logarithm is normal: skewed, typical of query times.
    Lognormal(Lognormal),
    /// Through two or more percentiles, exactly.
    Percentiles(Percentiles),
    /// Through cumulative counts at boundaries.
    Histogram(Histogram),
    /// Measured holds, drawn again.
    Samples(Samples),
    /// Several kinds of holds, each in its share.
    Mixture(Mixture),
    /// Two exponentials: cv above 1.
    Hyperexponential(Hyperexponential),
    /// Gamma and Erlang.
    Gamma(Gamma),
    /// A power of an exponential.
    Weibull(Weibull),
    /// A tail that falls as a power.
    Pareto(Pareto),
    /// Equally likely between two limits.
    Uniform(Uniform),
    /// Another one, so many times as long.
    Scaled(Scaled),
}

const fn kind(name: &'static str, takes: &'static str, gloss: &'static str) -> Kind {
    Kind { name, takes, gloss }
}

/// The kinds as the catalogue lists them. What each takes is written by example, with ` | ` between the ways to write it.
pub const KINDS: &[Kind] = &[
    kind(
        "lognormal",
        "median=5ms, sigma=1.2 | mean=8ms, cv=1.5 | p50=5ms, p99=80ms",
        "skewed, typical of query times; by any two percentiles",
    ),
    kind(
        "percentiles",
        "p50=5ms, p95=60ms, p99=400ms | p75=9ms, p90=20ms, p99.9=2s",
        "through two percentiles or more, from p1 to p99.99, exactly, whether or not a lognormal would be",
    ),
    kind(
        "histogram",
        "5ms=120, 10ms=300, 25ms=340, inf=345",
        "through the cumulative counts of a Prometheus histogram: boundary=count of all holds up to it, inf= all",
    ),
    kind("samples", "1ms, 2ms, 2ms, 7ms", "measured holds, drawn again with equal chance: a thousand or more"),
    kind(
        "mixture",
        "90%: exponential(mean=2ms), 10%: lognormal(median=1s, sigma=0.5)",
        "holds of several kinds, each in its share: cache and disk, read and write",
    ),
    kind("exponential", "mean=20ms", "memoryless, cv 1: what the textbook formulas assume"),
    kind(
        "hyperexponential",
        "mean=20ms, cv=3 | p=90%, mean1=2ms, mean2=200ms",
        "two kinds of exponential holds: cv above 1",
    ),
    kind("erlang", "k=3, mean=20ms", "k exponential steps one after another: cv 1/√k, below 1"),
    kind("gamma", "mean=20ms, cv=0.5 | shape=4, mean=20ms", "as erlang, with any cv from 0.01 to 10"),
    kind(
        "weibull",
        "mean=20ms, cv=2 | shape=0.7, scale=15ms | p50=5ms, p99=80ms",
        "a tail heavier (shape below 1) or lighter (above 1) than an exponential's",
    ),
    kind(
        "pareto",
        "min=2ms, alpha=2.5 | min=2ms, max=10s, alpha=1.2",
        "a tail that falls as a power: the mean is infinite up to alpha 1, the variance up to 2, unless it has a max",
    ),
    kind("uniform", "5ms, 20ms | low=5ms, high=20ms", "equally likely between two limits"),
    kind("deterministic", "20ms", "always the same"),
    kind("scaled", "1.2: lognormal(p50=5ms, p99=80ms)", "another one, so many times as long"),
];

/// The largest σ of a lognormal that is read: beyond it no run is long enough to say anything.
const SIGMA_MAX: f64 = 6.0;

impl Distribution {
    /// Read `name(key=value, …)`; [`KINDS`] lists the names.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    ///
    /// ```
    /// use poolwise::workload::Distribution;
    /// let hold = Distribution::parse("lognormal(median=5ms, sigma=1.6972)").unwrap();
    /// assert!((hold.mean() - 0.0211).abs() < 1e-4);
    /// assert!(Distribution::parse("lognormal(p50=60ms, p95=5ms)").unwrap_err().contains("order"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::parse_within(text, 0)
    }

    /// The same within `depth` mixtures.
    fn parse_within(text: &str, depth: usize) -> Result<Self, String> {
        let given = Arguments::parse(text)?;
        let read = match given.name {
            "deterministic" => {
                let given = given.named(&["value"], &["value"])?;
                let value = given.time("value")?.ok_or_else(|| given.needs("deterministic(20ms)"))?;
                Self::Deterministic { value }
            }
            "exponential" => {
                let given = given.named(&["mean"], &["mean"])?;
                let mean = given.time("mean")?.ok_or_else(|| given.needs("exponential(mean=20ms)"))?;
                Self::Exponential { mean }
            }
            "lognormal" => Self::Lognormal(Lognormal::read(&given)?),
            "percentiles" => Self::Percentiles(Percentiles::read(&given)?),
            "histogram" => Self::Histogram(Histogram::read(&given)?),
            "samples" => Self::Samples(Samples::read(&given)?),
            "mixture" if depth == DEPTH_MAX => {
                return Err(format!("more than {DEPTH_MAX} mixtures in one another: multiply the shares out"));
            }
            "mixture" => Self::Mixture(Mixture::read(&given, depth)?),
            "hyperexponential" => Self::Hyperexponential(Hyperexponential::read(&given)?),
            "erlang" => Self::Gamma(Gamma::read_erlang(&given)?),
            "gamma" => Self::Gamma(Gamma::read(&given)?),
            "weibull" => Self::Weibull(Weibull::read(&given)?),
            "pareto" => Self::Pareto(Pareto::read(&given)?),
            "uniform" => Self::Uniform(Uniform::read(&given)?),
            "scaled" if depth == DEPTH_MAX => {
                return Err(format!("more than {DEPTH_MAX} in one another: multiply the factors out"));
            }
            "scaled" => Self::Scaled(Scaled::read(&given, depth)?),
            other => {
                let names = KINDS.iter().map(|k| k.name);
                let meant = nearest(other, names.clone()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
                let known = names.collect::<Vec<_>>().join(", ");
                return Err(format!("unknown distribution {}{meant} (known: {known})", shown(other)));
            }
        };
        let mean = read.mean();
        if mean.is_nan() || (mean.is_finite() && mean > 86_400.0) {
            return Err(format!("the mean hold of {} is over a day: check the units", shown(text)));
        }
        Ok(read)
    }

    /// As it is called in [`KINDS`], but for an Erlang, which is a gamma.
    fn name(&self) -> &'static str {
        match self {
            Self::Deterministic { .. } => "deterministic",
            Self::Exponential { .. } => "exponential",
            Self::Lognormal(_) => "lognormal",
            Self::Percentiles(_) => "percentiles",
            Self::Histogram(_) => "histogram",
            Self::Samples(_) => "samples",
            Self::Mixture(_) => "mixture",
            Self::Hyperexponential(_) => "hyperexponential",
            Self::Gamma(_) => "gamma",
            Self::Weibull(_) => "weibull",
            Self::Pareto(_) => "pareto",
            Self::Uniform(_) => "uniform",
            Self::Scaled(_) => "scaled",
        }
    }

    /// One hold. What no span can hold becomes the longest span.
    pub(crate) fn draw(&self, rng: &mut Generator) -> Span {
        Span::from_seconds(self.seconds(rng))
    }

    /// As many holds as there is room for: the same as drawing one after another.
    pub(crate) fn fill(&self, rng: &mut Generator, holds: &mut [Span]) {
        match self {
            // The kinds of most scenarios, with the generator's state and the parameters out of memory.
            Self::Exponential { mean } => {
                let (mean, mut own) = (*mean, rng.clone());
                for hold in holds {
                    let unit: f64 = Exp1.sample(&mut own);
                    *hold = Span::from_seconds(mean * unit);
                }
                *rng = own;
            }
            Self::Lognormal(lognormal) => lognormal.fill(rng, holds),
            _ => holds.iter_mut().for_each(|hold| *hold = self.draw(rng)),
        }
    }

    #[inline]
    fn seconds(&self, rng: &mut Generator) -> f64 {
        match self {
            Self::Deterministic { value } => *value,
            Self::Exponential { mean } => {
                let unit: f64 = Exp1.sample(rng);
                mean * unit
            }
            Self::Lognormal(lognormal) => lognormal.draw(rng),
            Self::Percentiles(percentiles) => percentiles.curve.at(StandardNormal.sample(rng)),
            Self::Histogram(histogram) => histogram.curve.at(StandardNormal.sample(rng)),
            Self::Samples(samples) => samples.draw(rng),
            Self::Mixture(mixture) => mixture.draw(rng),
            Self::Hyperexponential(hyperexponential) => hyperexponential.draw(rng),
            Self::Gamma(gamma) => gamma.draw(rng),
            Self::Weibull(weibull) => weibull.draw(rng),
            Self::Pareto(pareto) => pareto.draw(rng),
            Self::Uniform(uniform) => uniform.draw(rng),
            Self::Scaled(scaled) => scaled.draw(rng),
        }
    }

    /// The mean, in seconds; infinite for a Pareto without `max` whose alpha is at most 1.
    ///
    /// ```
    /// use poolwise::workload::Distribution;
    /// assert_eq!(Distribution::parse("pareto(min=1ms, alpha=1)").unwrap().mean(), f64::INFINITY);
    /// ```
    pub fn mean(&self) -> f64 {
        self.moment(1.0)
    }

    /// Whether there is a finite mean. Without one there is no offered load, and no pool size keeps up for ever.
    pub fn has_mean(&self) -> bool {
        self.mean().is_finite()
    }

    /// The mean of the square, in seconds²; infinite for a Pareto without `max` whose alpha is at most 2.
    pub fn second_moment(&self) -> f64 {
        self.moment(2.0)
    }

    /// The squared coefficient of variation, variance / mean²; infinite when the second moment is.
    ///
    /// ```
    /// use poolwise::workload::Distribution;
    /// let hold = Distribution::parse("hyperexponential(mean=20ms, cv=3)").unwrap();
    /// assert!((hold.scv() - 9.0).abs() < 1e-9);
    /// ```
    pub fn scv(&self) -> f64 {
        let (mean, second) = (self.mean(), self.second_moment());
        if second.is_infinite() { f64::INFINITY } else { (second / (mean * mean) - 1.0).max(0.0) }
    }

    /// E[Xᵏ] for k = 1 or 2, in closed form.
    fn moment(&self, k: f64) -> f64 {
        match self {
            Self::Deterministic { value } => value * if k > 1.0 { *value } else { 1.0 },
            Self::Exponential { mean } => mean * if k > 1.0 { 2.0 * mean } else { 1.0 },
            Self::Lognormal(lognormal) => lognormal.moment(k),
            Self::Percentiles(percentiles) => percentiles.curve.moment(k),
            Self::Histogram(histogram) => histogram.curve.moment(k),
            Self::Samples(samples) => samples.moment(k),
            Self::Mixture(mixture) => mixture.moment(k),
            Self::Hyperexponential(hyperexponential) => hyperexponential.moment(k),
            Self::Gamma(gamma) => gamma.moment(k),
            Self::Weibull(weibull) => weibull.moment(k),
            Self::Pareto(pareto) => pareto.moment(k),
            Self::Uniform(uniform) => uniform.moment(k),
            Self::Scaled(scaled) => scaled.moment(k),
        }
    }

    /// The time, in seconds, that a share `p` of holds does not exceed, for 0 < p < 1.
    ///
    /// Gamma, hyperexponential and mixture find it by bisection of [`cdf`](Self::cdf): not for a hot path, and within 1e-12 of 1
    /// no finer than `cdf` tells shares apart.
    pub fn quantile(&self, p: f64) -> f64 {
        match self {
            Self::Deterministic { value } => *value,
            Self::Exponential { mean } => -mean * ln_1p(-p),
            Self::Lognormal(lognormal) => lognormal.quantile(p),
            Self::Percentiles(percentiles) => percentiles.curve.quantile(p),
            Self::Histogram(histogram) => histogram.curve.quantile(p),
            Self::Samples(samples) => samples.quantile(p),
            Self::Mixture(mixture) => mixture.quantile(p),
            Self::Hyperexponential(hyperexponential) => hyperexponential.quantile(p),
            Self::Gamma(gamma) => gamma.quantile(p),
            Self::Weibull(weibull) => weibull.quantile(p),
            Self::Pareto(pareto) => pareto.quantile(p),
            Self::Uniform(uniform) => uniform.quantile(p),
            Self::Scaled(scaled) => scaled.quantile(p),
        }
    }

    /// The share of holds that last at most `x` seconds.
    ///
    /// ```
    /// use poolwise::workload::Distribution;
    /// let hold = Distribution::parse("exponential(mean=20ms)").unwrap();
    /// assert!((hold.cdf(0.02) - 0.6321205588).abs() < 1e-9);
    /// ```
    pub fn cdf(&self, x: f64) -> f64 {
        if x <= 0.0 || x == f64::INFINITY {
            return if x > 0.0 { 1.0 } else { 0.0 };
        }
        match self {
            Self::Deterministic { value } => f64::from(x >= *value),
            Self::Exponential { mean } => -exp_m1(-x / mean),
            Self::Lognormal(lognormal) => lognormal.cdf(x),
            Self::Percentiles(percentiles) => percentiles.curve.cdf(x),
            Self::Histogram(histogram) => histogram.curve.cdf(x),
            Self::Samples(samples) => samples.cdf(x),
            Self::Mixture(mixture) => mixture.cdf(x),
            Self::Hyperexponential(hyperexponential) => hyperexponential.cdf(x),
            Self::Gamma(gamma) => gamma.cdf(x),
            Self::Weibull(weibull) => weibull.cdf(x),
            Self::Pareto(pareto) => pareto.cdf(x),
            Self::Uniform(uniform) => uniform.cdf(x),
            Self::Scaled(scaled) => scaled.cdf(x),
        }
    }

    /// The same, so many times as long; `factor` is above 0.
    ///
    /// ```
    /// use poolwise::workload::Distribution;
    /// let hold = Distribution::parse("exponential(mean=20ms)").unwrap().scaled(1.5);
    /// assert!((hold.mean() - 0.03).abs() < 1e-15);
    /// ```
    pub fn scaled(&self, factor: f64) -> Self {
        match self {
            same if factor == 1.0 => same.clone(),
            Self::Scaled(Scaled { factor: before, of }) => {
                Self::Scaled(Scaled { factor: before * factor, of: of.clone() })
            }
            other => Self::Scaled(Scaled { factor, of: Box::new(other.clone()) }),
        }
    }

    /// What a reader should know of this fit before trusting it.
    pub fn cautions(&self) -> Vec<String> {
        match self {
            Self::Lognormal(lognormal) => lognormal.given.cautions(),
            Self::Weibull(weibull) => weibull.given.cautions(),
            Self::Percentiles(percentiles) => percentiles.cautions(),
            Self::Histogram(histogram) => histogram.cautions(),
            Self::Samples(samples) => samples.cautions(),
            Self::Mixture(mixture) => mixture.cautions(),
            Self::Pareto(pareto) => pareto.cautions(),
            Self::Scaled(scaled) => scaled.of.cautions(),
            Self::Deterministic { .. }
            | Self::Exponential { .. }
            | Self::Hyperexponential(_)
            | Self::Gamma(_)
            | Self::Uniform(_) => Vec::new(),
        }
    }
}

/// A number from 0 (may be) to 1 (may not), all of 2⁵³ equally likely.
fn unit(rng: &mut Generator) -> f64 {
    rng.random()
}

/// Items with commas between them.
fn write_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: impl IntoIterator<Item = T>) -> fmt::Result {
    for (n, item) in items.into_iter().enumerate() {
        write!(f, "{}{item}", if n > 0 { ", " } else { "" })?;
    }
    Ok(())
}

impl fmt::Display for Distribution {
    /// So that it is read back to the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deterministic { value } => write!(f, "deterministic({})", Span::from_seconds(*value)),
            Self::Exponential { mean } => write!(f, "exponential(mean={})", Span::from_seconds(*mean)),
            Self::Lognormal(lognormal) => lognormal.fmt(f),
            Self::Percentiles(percentiles) => percentiles.fmt(f),
            Self::Histogram(histogram) => histogram.fmt(f),
            Self::Samples(samples) => samples.fmt(f),
            Self::Mixture(mixture) => mixture.fmt(f),
            Self::Hyperexponential(hyperexponential) => hyperexponential.fmt(f),
            Self::Gamma(gamma) => gamma.fmt(f),
            Self::Weibull(weibull) => weibull.fmt(f),
            Self::Pareto(pareto) => pareto.fmt(f),
            Self::Uniform(uniform) => uniform.fmt(f),
            Self::Scaled(scaled) => scaled.fmt(f),
        }
    }
}
