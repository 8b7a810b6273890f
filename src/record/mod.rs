//! Facts folded into what one replication measured.

mod histogram;
mod series;

pub use histogram::Histogram;
pub use series::{BINS, Bin, Series};

use crate::engine::{Fact, Levels, Observer};
use crate::units::{SimTime, Span};

/// Precision of the histograms of a whole run: quantiles are off by at most 0.2 %.
const BITS: u32 = 8;

/// From when to when a run is measured, and what is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Nothing before is recorded: the run is still warming up.
    pub from: SimTime,
    /// The end of the run.
    pub until: SimTime,
    /// Whether levels and counts over time are kept.
    pub series: bool,
}

/// Spans with their sum, so that the mean is exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Spans {
    /// The distribution.
    pub histogram: Histogram,
    /// Nanoseconds in all.
    pub sum: u128,
}

impl Spans {
    fn new() -> Self {
        Self { histogram: Histogram::new(BITS), sum: 0 }
    }

    fn record(&mut self, span: Span) {
        self.histogram.record(span);
        self.sum += u128::from(span.nanos());
    }

    /// Seconds; `None` when nothing was recorded.
    pub fn mean(&self) -> Option<f64> {
        match self.histogram.count() {
            0 => None,
            n => Some(self.sum as f64 / n as f64 / 1e9),
        }
    }

    /// Add all of another.
    pub fn merge(&mut self, other: &Self) {
        self.histogram.merge(&other.histogram);
        self.sum += other.sum;
    }
}

/// What one replication measured within its window.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Requests that came.
    pub offered: u64,
    /// Requests that were served.
    pub served: u64,
    /// Requests that gave up waiting.
    pub timed_out: u64,
    /// Requests that were turned away.
    pub rejected: u64,
    /// Requests that had to wait.
    pub waited: u64,
    /// Waits of those that got a connection or gave up; those rejected did not wait.
    pub wait: Spans,
    /// Holds of those served.
    pub hold: Spans,
    /// Wait and hold together, of those served.
    pub response: Spans,
    /// Mean connections in use.
    pub active: f64,
    /// Mean requests waiting.
    pub pending: f64,
    /// Mean limit of all pools.
    pub size: f64,
    /// The fleet at the end.
    pub at_end: Levels,
    /// When the first request failed for want of a connection.
    pub first_failure: Option<SimTime>,
    /// Levels and counts over time.
    pub series: Option<Series>,
}

/// Folds facts into an [`Outcome`].
pub struct Recorder {
    window: Window,
    outcome: Outcome,
    levels: Levels,
    since: SimTime,
    /// Connection-nanoseconds in use, request-nanoseconds waiting, connection-nanoseconds of limit.
    held: [u128; 3],
}

impl Recorder {
    /// For a run over `window`, of pools that start with `size` connections in all.
    pub fn new(window: Window, size: u32) -> Self {
        let spans = Spans::new();
        Self {
            window,
            outcome: Outcome {
                offered: 0,
                served: 0,
                timed_out: 0,
                rejected: 0,
                waited: 0,
                wait: spans.clone(),
                hold: spans.clone(),
                response: spans,
                active: 0.0,
                pending: 0.0,
                size: 0.0,
                at_end: Levels::default(),
                first_failure: None,
                series: window.series.then(|| Series::new(window.until)),
            },
            levels: Levels { size, ..Levels::default() },
            since: SimTime::ZERO,
            held: [0; 3],
        }
    }

    /// What was measured up to the end of the window.
    pub fn finish(mut self) -> Outcome {
        self.hold_until(self.window.until);
        let length = self.window.until.since(self.window.from).nanos().max(1) as f64;
        let [active, pending, size] = self.held.map(|sum| sum as f64 / length);
        Outcome { active, pending, size, at_end: self.levels, ..self.outcome }
    }

    fn hold_until(&mut self, now: SimTime) {
        let nanos = u128::from(now.since(self.since.max(self.window.from)).nanos());
        // A pool that was made smaller still has its connections until they come back.
        let levels = [self.levels.active, self.levels.pending, self.levels.size.max(self.levels.active)];
        for (sum, level) in self.held.iter_mut().zip(levels) {
            *sum += nanos * u128::from(level);
        }
        if let Some(series) = &mut self.outcome.series {
            series.hold(self.since, now, &self.levels);
        }
        self.since = now;
    }
}

impl Observer for Recorder {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, levels: &Levels) {
        if now > self.since {
            self.hold_until(now);
        }
        self.levels = *levels;
        if let Some(series) = &mut self.outcome.series {
            series.count(now, fact);
        }
        let outcome = &mut self.outcome;
        if matches!(fact, Fact::TimedOut { .. } | Fact::Rejected) && outcome.first_failure.is_none() {
            outcome.first_failure = Some(now);
        }
        if now < self.window.from {
            return;
        }
        match fact {
            Fact::Arrived => outcome.offered += 1,
            Fact::Queued => outcome.waited += 1,
            Fact::Rejected => outcome.rejected += 1,
            Fact::Granted { wait } => outcome.wait.record(wait),
            Fact::TimedOut { wait } => {
                outcome.timed_out += 1;
                outcome.wait.record(wait);
            }
            Fact::Returned { hold, sojourn } | Fact::Leaked { hold, sojourn } => {
                outcome.served += 1;
                outcome.hold.record(hold);
                outcome.response.record(sojourn);
            }
            Fact::Changed { .. } => {}
        }
    }
}
