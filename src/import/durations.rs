//! Measured durations in fixed memory, however many there are, and as a distribution of the scenario language.

use crate::record::Histogram;
use crate::units::Span;
use crate::workload::Distribution;

/// Buckets are this narrow: 2^-7 of the value.
const BITS: u32 = 7;
/// The shares, in millionths, between which a distribution keeps a boundary: closer in both tails.
const SHARES: [u64; 39] = [
    100, 500, 1000, 5000, 10_000, 20_000, 50_000, 100_000, 150_000, 200_000, 250_000, 300_000, 350_000, 400_000,
    450_000, 500_000, 550_000, 600_000, 650_000, 700_000, 750_000, 800_000, 850_000, 900_000, 920_000, 940_000,
    950_000, 960_000, 970_000, 980_000, 985_000, 990_000, 995_000, 998_000, 999_000, 999_500, 999_900, 999_950,
    999_990,
];

/// Between neighbours that are further apart than this there is a gap.
const GAP: f64 = 1.25;

/// As many are written one by one; a histogram of so few would be coarser than they are.
const FEW: usize = 100;

/// Durations that were measured one by one.
#[derive(Clone, Debug)]
pub(super) struct Durations {
    histogram: Histogram,
    /// The first of them.
    few: Vec<Span>,
    sum: f64,
    squares: f64,
    most: f64,
}

impl Default for Durations {
    fn default() -> Self {
        Self { histogram: Histogram::new(BITS), few: Vec::new(), sum: 0.0, squares: 0.0, most: 0.0 }
    }
}

impl Durations {
    /// Count one, in seconds from 0.
    pub(super) fn record(&mut self, seconds: f64) {
        let span = Span::from_seconds(seconds);
        self.histogram.record(span);
        if self.few.len() < FEW {
            self.few.push(span);
        }
        self.sum += seconds;
        self.squares += seconds * seconds;
        self.most = self.most.max(seconds);
    }

    pub(super) fn count(&self) -> u64 {
        self.histogram.count()
    }

    /// Seconds; 0 without any.
    pub(super) fn mean(&self) -> f64 {
        if self.count() == 0 { 0.0 } else { self.sum / self.count() as f64 }
    }

    /// The longest, in seconds.
    pub(super) fn most(&self) -> f64 {
        self.most
    }

    /// The value that a share of `thousandths / 1000` stays at or under, in seconds; `None` without ten beyond it.
    pub(super) fn quantile(&self, thousandths: u16) -> Option<f64> {
        self.histogram.quantile(thousandths)
    }

    /// Standard deviation over mean.
    fn cv(&self) -> f64 {
        let mean = self.mean();
        let variance = self.squares / self.count().max(1) as f64 - mean * mean;
        if mean > 0.0 { variance.max(0.0).sqrt() / mean } else { 0.0 }
    }

    /// As the scenario language writes it: a histogram with about forty boundaries, or what is simpler where all are alike or only
    /// a few were measured.
    pub(super) fn distribution(&self) -> String {
        let (mean, cv) = (self.mean(), self.cv());
        let alike = (cv < 0.001).then(|| moments(mean, 0.0));
        let few = (self.count() <= FEW as u64).then(|| {
            let list: Vec<String> = self.few.iter().map(Span::to_string).collect();
            format!("samples({})", list.join(", "))
        });
        let shapes = [alike, few, Some(self.as_histogram()), Some(moments(mean, cv))];
        let readable = shapes.into_iter().flatten().find(|written| Distribution::parse(written).is_ok());
        readable.unwrap_or_else(|| moments(mean, 0.0))
    }

    fn as_histogram(&self) -> String {
        let total = self.count();
        let (mut next, mut out) = (0, Boundaries::default());
        let (mut seen, mut end) = (0, Span::ZERO);
        for (shortest, longest, count) in self.histogram.buckets() {
            // Where nothing was measured, the curve is to jump.
            if shortest.seconds() > GAP * end.seconds() {
                out.add(end, seen);
                out.add(Span::from_nanos(shortest.nanos().saturating_sub(1)), seen);
            }
            seen += count;
            end = longest.max(Span::from_nanos(1));
            let reached = |part: &&u64| u128::from(seen) * 1_000_000 >= u128::from(total) * u128::from(**part);
            let passed = SHARES[next..].iter().take_while(reached).count();
            next += passed;
            if passed > 0 || seen == total {
                out.add(end, seen);
            }
        }
        format!("histogram({}inf={total})", out.text)
    }
}

/// Boundaries as they are written, each above the one before.
#[derive(Default)]
struct Boundaries {
    text: String,
    last: Span,
}

impl Boundaries {
    fn add(&mut self, boundary: Span, seen: u64) {
        if boundary > self.last {
            self.text += &format!("{boundary}={seen}, ");
            self.last = boundary;
        }
    }
}

/// A distribution of which only the mean, in seconds, and the standard deviation over the mean are known.
pub(super) fn moments(mean: f64, cv: f64) -> String {
    let mean = Span::from_seconds(mean.max(1e-9));
    if cv < 0.001 {
        format!("deterministic({mean})")
    } else {
        format!("lognormal(mean={mean}, cv={:.4})", cv.min(1000.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name, and the value below which a share lies.
    type Shape = (&'static str, fn(f64) -> f64);

    fn of(values: impl Iterator<Item = f64>) -> Durations {
        let mut durations = Durations::default();
        values.for_each(|seconds| durations.record(seconds));
        durations
    }

    /// What is written keeps the mean and the percentiles of what was measured, whatever its shape.
    #[test]
    fn a_distribution_keeps_what_was_measured() {
        let shapes: [Shape; 4] = [
            ("uniform", |u| 0.001 + 0.009 * u),
            ("exponential", |u| -0.02 * crate::math::ln(1.0 - u)),
            ("two modes", |u| if u < 0.9 { 0.002 + 0.001 * u } else { 0.5 + u }),
            ("heavy", |u| 0.001 * crate::math::pow(1.0 - u, -1.0 / 2.5)),
        ];
        for (name, shape) in shapes {
            let n = 200_000;
            let durations = of((0..n).map(|k| shape((f64::from(k) + 0.5) / f64::from(n))));
            let written = durations.distribution();
            assert!(written.starts_with("histogram("), "{name}: {written}");
            let read = Distribution::parse(&written).unwrap();
            let mean = read.mean() / durations.mean();
            assert!((mean - 1.0).abs() < 0.02, "{name}: mean off by {mean}: {written}");
            for p in [0.5, 0.9, 0.99] {
                let off = read.quantile(p) / shape(p);
                assert!((off - 1.0).abs() < 0.02, "{name}: p{p} off by {off}: {written}");
            }
        }
    }

    #[test]
    fn few_or_equal_values_are_written_simply() {
        assert_eq!(of([0.005; 9].into_iter()).distribution(), "deterministic(5ms)");
        assert_eq!(of([0.0; 3].into_iter()).distribution(), "deterministic(1ns)");
        for values in [vec![0.001, 0.002], vec![0.001, 86_400.0], vec![0.0, 0.001, 3.0], vec![1e-9, 86_400.0, 86_400.0]]
        {
            let written = of(values.iter().copied()).distribution();
            let read = Distribution::parse(&written);
            assert!(read.is_ok(), "{values:?}: {written}: {read:?}");
        }
    }
}
