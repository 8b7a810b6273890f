//! What was measured of one variant, as one line of a file that adds up with others.

use crate::record::{BITS, Histogram, Outcome, Spans};
use crate::report::Regime;
use serde::{Deserialize, Serialize};

/// The percentiles of each replication, in thousandths.
const PERCENTILES: [u16; 4] = [500, 900, 950, 990];

/// Replications of one variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The variant's number, counted from 0.
    pub variant: u64,
    /// In which world it is.
    pub world: u32,
    /// What it sets, each as `path=value`.
    pub set: Vec<String>,
    /// The first replication.
    pub from: u32,
    /// The first replication that is not among them.
    pub until: u32,
    /// Why it makes no sense, if it makes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What was measured; absent where it makes no sense.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
}

/// What replications of one variant gave. Times are in seconds where nothing else is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// What kind of answer it is: `steady`, `overloaded` or `timeline`.
    pub regime: String,
    /// Whether the queue grows without end: then no wait is the answer.
    pub grows: bool,
    /// Whether holds have a mean: else no time has one.
    pub has_mean: bool,
    /// How much was removed from the start of each replication.
    pub warm_up: f64,
    /// How much of each replication was measured.
    pub measured: f64,
    /// Each replication.
    pub runs: Runs,
    /// The waits of all together.
    pub wait: Pooled,
    /// Wait and work, of the attempts whose client got the answer.
    pub response: Pooled,
    /// From the arrival of an attempt to its failure.
    pub failure: Pooled,
}

/// Columns with one value for each replication, in their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Runs {
    /// Requests that came.
    pub offered: Vec<u64>,
    /// Attempts that came as retries.
    pub retried: Vec<u64>,
    /// Attempts that were served.
    pub served: Vec<u64>,
    /// Of these, those whose client was no longer there.
    pub wasted: Vec<u64>,
    /// Attempts that gave up waiting.
    pub timed_out: Vec<u64>,
    /// Requests that were lost.
    pub failed: Vec<u64>,
    /// The share of the connections in use.
    pub utilisation: Vec<f64>,
    /// Waits.
    pub wait: RunTimes,
    /// Wait and work together, of the attempts whose client got the answer.
    pub response: RunTimes,
    /// All attempts.
    pub attempt: RunTimes,
}

/// Mean and percentiles of each replication; one that is absent has too few values beyond it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunTimes {
    /// Means.
    pub mean: Vec<Option<f64>>,
    /// Medians.
    pub p50: Vec<Option<f64>>,
    /// 90th percentiles.
    pub p90: Vec<Option<f64>>,
    /// 95th percentiles.
    pub p95: Vec<Option<f64>>,
    /// 99th percentiles.
    pub p99: Vec<Option<f64>>,
}

/// A histogram in whole numbers, which adds up exactly however the replications were divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pooled {
    /// Nanoseconds in all.
    pub sum: u128,
    /// Bucket and count, bucket and count: those that are not zero, each bucket as the distance from the one before. A value of n
    /// bits falls into its own bucket up to 9 bits; above, 256 buckets of equal width divide each power of two.
    pub counts: Vec<u64>,
}

impl Measured {
    /// Of no replication yet.
    pub(super) fn new(regime: Regime, grows: bool, has_mean: bool, [warm_up, measured]: [f64; 2]) -> Self {
        let regime = match regime {
            Regime::Steady => "steady",
            Regime::Overloaded => "overloaded",
            Regime::Timeline => "timeline",
        };
        let empty = || Pooled { sum: 0, counts: Vec::new() };
        Self {
            regime: regime.to_owned(),
            grows,
            has_mean,
            warm_up,
            measured,
            runs: Runs::default(),
            wait: empty(),
            response: empty(),
            failure: empty(),
        }
    }
}

impl Runs {
    /// Add the next replication.
    pub(super) fn add(&mut self, outcome: &Outcome) {
        self.offered.push(outcome.offered);
        self.retried.push(outcome.retried);
        self.served.push(outcome.served);
        self.wasted.push(outcome.wasted);
        self.timed_out.push(outcome.timed_out);
        self.failed.push(outcome.failed);
        self.utilisation.push(outcome.active / outcome.size);
        let mut attempts = outcome.response.clone();
        attempts.merge(&outcome.failure);
        self.wait.add(&outcome.wait);
        self.response.add(&outcome.response);
        self.attempt.add(&attempts);
    }

    fn join(&mut self, next: Self) {
        self.offered.extend(next.offered);
        self.retried.extend(next.retried);
        self.served.extend(next.served);
        self.wasted.extend(next.wasted);
        self.timed_out.extend(next.timed_out);
        self.failed.extend(next.failed);
        self.utilisation.extend(next.utilisation);
        self.wait.join(next.wait);
        self.response.join(next.response);
        self.attempt.join(next.attempt);
    }
}

impl RunTimes {
    fn add(&mut self, spans: &Spans) {
        self.mean.push(spans.mean());
        let percentiles = spans.histogram.quantiles(PERCENTILES);
        let lists = [&mut self.p50, &mut self.p90, &mut self.p95, &mut self.p99];
        lists.into_iter().zip(percentiles).for_each(|(list, one)| list.push(one));
    }

    fn join(&mut self, next: Self) {
        self.mean.extend(next.mean);
        self.p50.extend(next.p50);
        self.p90.extend(next.p90);
        self.p95.extend(next.p95);
        self.p99.extend(next.p99);
    }
}

impl Pooled {
    /// As it is written.
    pub(super) fn of(spans: &Spans) -> Self {
        let (mut counts, mut before) = (Vec::new(), 0);
        for (bucket, count) in spans.histogram.counts() {
            counts.extend([u64::from(bucket - before), count]);
            before = bucket;
        }
        Self { sum: spans.sum, counts }
    }

    /// As it is computed with; `None` where it is none.
    pub(super) fn spans(&self) -> Option<Spans> {
        let mut bucket = 0u64;
        let pair = |pair: &[u64]| {
            let &[apart, count] = pair else { return None };
            bucket = bucket.checked_add(apart)?;
            Some((u32::try_from(bucket).ok()?, count))
        };
        let counts = self.counts.chunks(2).map(pair).collect::<Option<Vec<_>>>()?;
        Some(Spans { histogram: Histogram::of_counts(BITS, &counts)?, sum: self.sum })
    }

    fn join(&mut self, next: &Self) -> Option<()> {
        let mut spans = self.spans()?;
        spans.merge(&next.spans()?);
        *self = Self::of(&spans);
        Some(())
    }
}

impl Line {
    /// Add the replications that come next; `None` where they are not those.
    pub(super) fn join(mut self, next: Self) -> Option<Self> {
        let same =
            (self.variant, self.until, &self.set, &self.problem) == (next.variant, next.from, &next.set, &next.problem);
        if !same {
            return None;
        }
        self.until = next.until;
        match (&mut self.measured, next.measured) {
            (None, None) => {}
            (Some(own), Some(other)) => {
                let about = |m: &Measured| (m.regime.clone(), m.grows, m.has_mean, m.warm_up, m.measured);
                if about(own) != about(&other) {
                    return None;
                }
                own.runs.join(other.runs);
                own.wait.join(&other.wait)?;
                own.response.join(&other.response)?;
                own.failure.join(&other.failure)?;
            }
            _ => return None,
        }
        Some(self)
    }

    /// As a line, with the line break.
    pub(super) fn text(&self) -> String {
        // Only a map with keys that are no texts could fail, and there is none.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}
