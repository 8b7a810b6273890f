//! How long a connection is held: written as `lognormal(median=5ms, sigma=1.7)` everywhere, in files, on the command line and
//! in the browser.

use crate::catalogue::Kind;
use crate::math::{exp, ln, normal_cdf, normal_quantile};
use crate::problem::{nearest, shown};
use crate::random::Generator;
use crate::units::Span;
use core::fmt;
use rand_distr::{Distribution as _, Exp1, StandardNormal};

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
    Lognormal {
        /// The median, in seconds.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Through three percentiles, exactly.
    Percentiles(Curve),
}

/// A quantile curve through given percentiles: on the scale of the normal quantile the logarithm is straight between them, and
/// goes on with its last slope beyond. With two percentiles it would be a lognormal; with three it bends.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// p50, p95, p99 in seconds.
    given: [f64; 3],
    /// Below the 95th percentile and above it: ln x = intercept + slope · z.
    pieces: [(f64, f64); 2],
    /// z of the 95th percentile, where the pieces meet.
    bend: f64,
}

/// The kinds as the catalogue lists them.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "lognormal",
        takes: "median=5ms, sigma=1.2 | mean=8ms, cv=1.5 | any two of p50=, p95=, p99=",
        gloss: "skewed, typical of query times",
    },
    Kind {
        name: "percentiles",
        takes: "p50=5ms, p95=60ms, p99=400ms",
        gloss: "through all three percentiles exactly, whether or not a lognormal would be",
    },
    Kind { name: "exponential", takes: "mean=20ms", gloss: "memoryless, cv 1: what the textbook formulas assume" },
    Kind { name: "deterministic", takes: "20ms", gloss: "always the same" },
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
        let arguments = Arguments::parse(text)?;
        let read = match arguments.name {
            "deterministic" => Self::deterministic(&arguments),
            "exponential" => Self::exponential(&arguments),
            "lognormal" => Self::lognormal(&arguments),
            "percentiles" => Self::percentiles(&arguments),
            other => {
                let names = KINDS.iter().map(|k| k.name);
                let meant = nearest(other, names.clone()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
                let known = names.collect::<Vec<_>>().join(", ");
                return Err(format!("unknown distribution {}{meant} (known: {known})", shown(other)));
            }
        }?;
        let mean = read.mean();
        if mean.is_nan() || mean > 86_400.0 {
            return Err(format!("the mean hold of {} is over a day: check the units", shown(text)));
        }
        Ok(read)
    }

    fn deterministic(given: &Arguments) -> Result<Self, String> {
        given.only(&["value"])?;
        Ok(Self::Deterministic { value: given.time("value")?.ok_or_else(|| given.needs("deterministic(20ms)"))? })
    }

    fn exponential(given: &Arguments) -> Result<Self, String> {
        given.only(&["mean", "value"])?;
        let mean = given.time("mean")?.or(given.time("value")?);
        Ok(Self::Exponential { mean: mean.ok_or_else(|| given.needs("exponential(mean=20ms)"))? })
    }

    fn lognormal(given: &Arguments) -> Result<Self, String> {
        given.only(&["median", "sigma", "mean", "cv", "p50", "p95", "p99"])?;
        let at = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];
        let mut points = Vec::new();
        for (key, p) in at {
            if let Some(x) = given.time(key)? {
                points.push((key, normal_quantile_of(p), x));
            }
        }
        let (median, sigma) = match (
            given.time("median")?,
            given.number("sigma")?,
            given.time("mean")?,
            given.number("cv")?,
            points.as_slice(),
        ) {
            (Some(median), Some(sigma), None, None, []) => (median, sigma),
            (None, None, Some(mean), Some(cv), []) => {
                let variance = ln(1.0 + cv * cv);
                (mean / exp(variance / 2.0), libm::sqrt(variance))
            }
            (None, None, None, None, [low, high]) => {
                in_order(low, high)?;
                let sigma = ln(high.2 / low.2) / (high.1 - low.1);
                (exp(ln(low.2) - sigma * low.1), sigma)
            }
            (None, None, None, None, [_, _, _]) => {
                return Err("two percentiles fix a lognormal, three are one too many: leave one out, \
                            or write percentiles(p50=…, p95=…, p99=…), which meets all three"
                    .into());
            }
            _ => {
                return Err("lognormal takes one of: median= and sigma=; mean= and cv=; two of p50=, p95=, p99=".into());
            }
        };
        if !(sigma > 0.0 && sigma <= SIGMA_MAX) {
            return Err(format!(
                "a lognormal's sigma must be above 0 and at most {SIGMA_MAX}; this one's is {sigma:.4} \
                 (no spread at all is deterministic(…))"
            ));
        }
        Ok(Self::Lognormal { median, sigma })
    }

    fn percentiles(given: &Arguments) -> Result<Self, String> {
        given.only(&["p50", "p95", "p99"])?;
        match (given.time("p50")?, given.time("p95")?, given.time("p99")?) {
            (Some(p50), Some(p95), Some(p99)) => {
                in_order(&("p50", 0.0, p50), &("p95", 0.0, p95))?;
                in_order(&("p95", 0.0, p95), &("p99", 0.0, p99))?;
                let curve = Curve::through([p50, p95, p99]);
                if curve.pieces.iter().any(|piece| piece.1 > SIGMA_MAX) {
                    return Err("these percentiles lie further apart than any query times do (σ above 6): \
                                check the units"
                        .into());
                }
                Ok(Self::Percentiles(curve))
            }
            _ => Err(given.needs("percentiles(p50=5ms, p95=60ms, p99=400ms); two of them: lognormal(p50=…, p95=…)")),
        }
    }

    /// One hold.
    pub(crate) fn draw(&self, rng: &mut Generator) -> Span {
        let seconds = match self {
            Self::Deterministic { value } => *value,
            Self::Exponential { mean } => {
                let unit: f64 = Exp1.sample(rng);
                mean * unit
            }
            Self::Lognormal { median, sigma } => {
                let z: f64 = StandardNormal.sample(rng);
                median * exp(sigma * z)
            }
            Self::Percentiles(curve) => curve.at(StandardNormal.sample(rng)),
        };
        Span::from_seconds(seconds)
    }

    /// The mean, in seconds.
    pub fn mean(&self) -> f64 {
        self.moment(1.0)
    }

    /// The mean of the square, in seconds².
    pub fn second_moment(&self) -> f64 {
        self.moment(2.0)
    }

    /// E[Xᵏ] for k = 1 or 2, in closed form.
    fn moment(&self, k: f64) -> f64 {
        match self {
            Self::Deterministic { value } => value * if k > 1.0 { *value } else { 1.0 },
            Self::Exponential { mean } => mean * if k > 1.0 { 2.0 * mean } else { 1.0 },
            Self::Lognormal { median, sigma } => exp(k * ln(*median) + k * k * sigma * sigma / 2.0),
            Self::Percentiles(curve) => {
                curve.part_of_moment(k, f64::NEG_INFINITY, curve.bend)
                    + curve.part_of_moment(k, curve.bend, f64::INFINITY)
            }
        }
    }

    /// The time, in seconds, that a share `p` of holds stays under, for 0 < p < 1.
    pub fn quantile(&self, p: f64) -> f64 {
        match self {
            Self::Deterministic { value } => *value,
            Self::Exponential { mean } => -mean * ln(1.0 - p),
            Self::Lognormal { median, sigma } => median * exp(sigma * normal_quantile(p)),
            Self::Percentiles(curve) => curve.at(normal_quantile(p)),
        }
    }

    /// What a reader should know of this fit before trusting it.
    pub fn cautions(&self) -> Vec<String> {
        match self {
            Self::Percentiles(curve) => curve.cautions(),
            _ => Vec::new(),
        }
    }
}

impl Curve {
    fn through(given: [f64; 3]) -> Self {
        let [low, bend, high] = [0.5, 0.95, 0.99].map(normal_quantile_of);
        let [x50, x95, x99] = given.map(ln);
        let body = (x95 - x50) / (bend - low);
        let tail = (x99 - x95) / (high - bend);
        Self { given, pieces: [(x50, body), (x95 - tail * bend, tail)], bend }
    }

    fn at(&self, z: f64) -> f64 {
        let (intercept, slope) = self.pieces[usize::from(z > self.bend)];
        exp(intercept + slope * z)
    }

    /// E[Xᵏ; from < z < to] within one piece: the partial moment of a lognormal.
    fn part_of_moment(&self, k: f64, from: f64, to: f64) -> f64 {
        let (intercept, slope) = self.pieces[usize::from(from >= self.bend)];
        let shift = k * slope;
        exp(k * intercept + shift * shift / 2.0) * (normal_cdf(to - shift) - normal_cdf(from - shift))
    }

    fn cautions(&self) -> Vec<String> {
        let mut said = Vec::new();
        let z = [0.95, 0.99].map(normal_quantile_of);
        let y = [1, 2].map(|n| ln(self.given[n] / self.given[0]));
        let sigma = (z[0] * y[0] + z[1] * y[1]) / (z[0] * z[0] + z[1] * z[1]);
        let miss = [0, 1].map(|n| exp(sigma * z[n] - y[n]) - 1.0);
        if miss.iter().any(|m| m.abs() > 0.05) {
            said.push(format!(
                "no lognormal meets all three percentiles: the nearest through the median (sigma {sigma:.2}) misses p95 by \
                 {:+.0} % and p99 by {:+.0} %; a curve that meets all three is used",
                miss[0] * 100.0,
                miss[1] * 100.0
            ));
        }
        let beyond = self.part_of_moment(1.0, normal_quantile_of(0.99), f64::INFINITY)
            / (self.part_of_moment(1.0, f64::NEG_INFINITY, self.bend)
                + self.part_of_moment(1.0, self.bend, f64::INFINITY));
        if beyond > 0.2 {
            said.push(format!(
                "{:.0} % of the mean hold lies beyond p99, where nothing was measured (the curve goes on as from p95 to p99): \
                 add mean and cv, or samples, before relying on it",
                beyond * 100.0
            ));
        }
        said
    }
}

/// The normal quantile, exactly zero at the median.
fn normal_quantile_of(p: f64) -> f64 {
    if p == 0.5 { 0.0 } else { normal_quantile(p) }
}

fn in_order(low: &(&str, f64, f64), high: &(&str, f64, f64)) -> Result<(), String> {
    if low.2 < high.2 {
        return Ok(());
    }
    let [x, y] = [low.2, high.2].map(Span::from_seconds);
    Err(format!("percentiles out of order: {} = {x} must be below {} = {y}", low.0, high.0))
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = |seconds: f64| Span::from_seconds(seconds);
        match self {
            Self::Deterministic { value } => write!(f, "deterministic({})", span(*value)),
            Self::Exponential { mean } => write!(f, "exponential(mean={})", span(*mean)),
            Self::Lognormal { median, sigma } => write!(f, "lognormal(median={}, sigma={sigma})", span(*median)),
            Self::Percentiles(Curve { given: [p50, p95, p99], .. }) => {
                write!(f, "percentiles(p50={}, p95={}, p99={})", span(*p50), span(*p95), span(*p99))
            }
        }
    }
}

/// `name(key=value, …)`, taken apart.
struct Arguments<'a> {
    name: &'a str,
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Arguments<'a> {
    fn parse(text: &'a str) -> Result<Self, String> {
        let wanted = "expected a distribution such as \"lognormal(p50=5ms, p99=80ms)\" or \"exponential(mean=20ms)\"";
        let trimmed = text.trim();
        let Some((name, rest)) = trimmed.split_once('(') else {
            return Err(format!("{wanted}, found {}", shown(trimmed)));
        };
        let Some(inner) = rest.strip_suffix(')') else {
            return Err(format!("{wanted}: the closing bracket is missing in {}", shown(trimmed)));
        };
        let pairs = inner
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| part.split_once('=').map_or(("value", part), |(key, value)| (key.trim(), value.trim())))
            .collect::<Vec<_>>();
        if let Some((_, lone)) = pairs.iter().find(|pair| pair.0 == "value" && pairs.len() > 1) {
            return Err(format!(
                "{} stands alone: parameters are written key=value, decimals with a point",
                shown(lone)
            ));
        }
        for (n, pair) in pairs.iter().enumerate() {
            if pairs[..n].iter().any(|before| before.0 == pair.0) {
                return Err(format!("{} is given twice", shown(pair.0)));
            }
        }
        Ok(Self { name: name.trim(), pairs })
    }

    fn get(&self, key: &str) -> Option<&'a str> {
        self.pairs.iter().find(|pair| pair.0 == key).map(|pair| pair.1)
    }

    fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.pairs.iter().find(|pair| !known.contains(&pair.0)) {
            None => Ok(()),
            Some((key, value)) if *key == "value" => {
                Err(format!("{}(…) wants names: {} of what? (known: {})", self.name, shown(value), known.join(", ")))
            }
            Some((key, _)) => {
                let meant =
                    nearest(key, known.iter().copied()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
                Err(format!("unknown parameter {} of {}{meant} (known: {})", shown(key), self.name, known.join(", ")))
            }
        }
    }

    /// A duration above zero, in seconds.
    fn time(&self, key: &str) -> Result<Option<f64>, String> {
        let Some(text) = self.get(key) else { return Ok(None) };
        let span = Span::parse(text).map_err(|why| format!("{key}: {why}"))?;
        if span == Span::ZERO {
            return Err(format!("{key} must be above 0, found {}", shown(text)));
        }
        Ok(Some(span.seconds()))
    }

    /// A plain number above zero.
    fn number(&self, key: &str) -> Result<Option<f64>, String> {
        let Some(text) = self.get(key) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(value) if value > 0.0 && value.is_finite() => Ok(Some(value)),
            _ => Err(format!("{key} must be a number above 0, found {}", shown(text))),
        }
    }

    fn needs(&self, example: &str) -> String {
        format!("{} lacks a parameter: write {example}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Streams};

    /// Sample mean and quantiles lie where the closed forms say: 4 standard errors, false alarm 6e-5 each.
    #[test]
    fn draws_follow_the_closed_forms() {
        for text in [
            "deterministic(20ms)",
            "exponential(mean=20ms)",
            "lognormal(median=5ms, sigma=0.8)",
            "lognormal(mean=20ms, cv=1.5)",
            "percentiles(p50=5ms, p95=20ms, p99=60ms)",
        ] {
            let hold = Distribution::parse(text).unwrap();
            let mut rng = Streams::new(3, 0).of(Purpose::Hold, 0);
            let n = 400_000;
            let mut draws: Vec<f64> = (0..n).map(|_| hold.draw(&mut rng).seconds()).collect();
            draws.sort_by(f64::total_cmp);
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let error = ((hold.second_moment() - hold.mean() * hold.mean()).max(0.0) / f64::from(n)).sqrt();
            assert!((mean - hold.mean()).abs() <= 4.0 * error + 1e-9, "{text}: mean {mean} for {}", hold.mean());
            for p in [0.5, 0.9, 0.95, 0.99] {
                let below = draws.partition_point(|x| *x <= hold.quantile(p) + 1e-9) as f64 / f64::from(n);
                let error = (p * (1.0 - p) / f64::from(n)).sqrt();
                assert!(below >= p - 4.0 * error, "{text}: {below} below the quantile {p}");
                assert!(text.starts_with("det") || below <= p + 4.0 * error, "{text}: {below} below the quantile {p}");
            }
        }
    }

    #[test]
    fn two_percentiles_are_met_exactly_and_so_are_three() {
        let two = Distribution::parse("lognormal(p95=60ms, p99=400ms)").unwrap();
        let three = Distribution::parse("percentiles(p50=5ms, p95=60ms, p99=400ms)").unwrap();
        for (hold, p, x) in
            [(&two, 0.95, 0.06), (&two, 0.99, 0.4), (&three, 0.5, 0.005), (&three, 0.95, 0.06), (&three, 0.99, 0.4)]
        {
            assert!((hold.quantile(p) / x - 1.0).abs() < 1e-9, "{hold} at {p}: {}", hold.quantile(p));
        }
    }

    #[test]
    fn the_misfit_of_a_lognormal_and_an_unmeasured_tail_are_said() {
        let bent = Distribution::parse("percentiles(p50=5ms, p95=60ms, p99=400ms)").unwrap().cautions();
        assert!(bent[0].contains("no lognormal meets all three") && bent[1].contains("beyond p99"), "{bent:?}");
        let straight = Distribution::parse("percentiles(p50=10ms, p95=22.76ms, p99=32.02ms)").unwrap();
        assert_eq!(straight.cautions(), Vec::<String>::new());
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in [
            "deterministic(20ms)",
            "exponential(mean=1.5s)",
            "lognormal(median=5ms, sigma=1.6972)",
            "percentiles(p50=5ms, p95=60ms, p99=400ms)",
        ] {
            assert_eq!(Distribution::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        for (text, why) in [
            ("lognormal(p50=60ms, p95=5ms)", "out of order"),
            ("percentiles(p50=5ms, p95=60ms, p99=50ms)", "p95 = 60ms must be below p99 = 50ms"),
            ("lognormal(p50=1ms, p95=2ms, p99=3ms)", "one too many"),
            ("lognormal(median=5ms)", "takes one of"),
            ("lognormal(median=5ms, sigma=nan)", "sigma must be a number above 0"),
            ("lognormal(median=5ms, sigma=50)", "at most 6"),
            ("lognormal(median=5ms, sgma=1)", "did you mean sigma?"),
            ("lognormal(5ms)", "wants names"),
            ("lognorml(median=5ms, sigma=1)", "did you mean lognormal?"),
            ("exponential(mean=120/s)", "found the rate"),
            ("exponential(mean=0ms)", "must be above 0"),
            ("exponential(mean=0,5ms)", "decimals with a point"),
            ("exponential(mean=20ms", "closing bracket"),
            ("20ms", "expected a distribution"),
            ("deterministic()", "lacks a parameter"),
            ("exponential(mean=1000h)", "over a day"),
        ] {
            let message = Distribution::parse(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
