//! Levels and counts over time, in equal bins.

use super::Histogram;
use super::bins::Bins;
use crate::engine::{Fact, Levels};
use crate::units::{SimTime, Span};

/// How many bins a series has at least, and at most: they are no wider than a minute as long as that is not too many.
pub const BINS: core::ops::RangeInclusive<usize> = 240..=1440;

/// What one bin of time saw.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Bin {
    /// Attempts that came, were served, gave up, were rejected; requests that were lost; connections that the database refused.
    pub counts: [u64; 6],
    /// Connection-nanoseconds in use, request-nanoseconds waiting, connection-nanoseconds leaked, open, of limit;
    /// connection-nanoseconds at the database, query-nanoseconds that share its cores, instance-nanoseconds.
    pub levels: [u128; 8],
    /// Waits that ended in it, by service or by giving up.
    pub wait: Histogram,
}

/// A series of bins from the start of the run to its end.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Series {
    /// How long one bin is.
    pub width: Span,
    /// The bins.
    pub bins: Vec<Bin>,
}

impl Series {
    /// Empty bins up to `until`.
    pub fn new(until: SimTime) -> Self {
        let (count, width) = Self::grid(until);
        let empty = Bin { counts: [0; 6], levels: [0; 8], wait: Histogram::new(6) };
        Self { width, bins: vec![empty; count] }
    }

    /// How many bins a run up to `until` has, and how wide they are.
    pub(super) fn grid(until: SimTime) -> (usize, Span) {
        let minutes = until.nanos().div_ceil(60_000_000_000) as usize;
        let count = minutes.clamp(*BINS.start(), *BINS.end());
        (count, Span::from_nanos(until.nanos().div_ceil(count as u64).max(1)))
    }

    /// Where the bins of a run lie.
    pub(super) fn places(&self) -> Bins {
        Bins::new(self.bins.len(), self.width)
    }
}

impl Bin {
    /// Count a fact.
    #[inline]
    pub(super) fn count(&mut self, fact: Fact) {
        match fact {
            Fact::Arrived { .. } => self.counts[0] += 1,
            Fact::Served { .. } => self.counts[1] += 1,
            Fact::TimedOut { wait } => {
                self.counts[2] += 1;
                self.wait.record(wait);
            }
            Fact::Rejected => self.counts[3] += 1,
            Fact::Failed { lost: true, .. } => self.counts[4] += 1,
            Fact::ConnectRefused { .. } => self.counts[5] += 1,
            Fact::Granted { wait } => self.wait.record(wait),
            _ => {}
        }
    }

    /// Levels that change with every request held for a span.
    #[inline]
    pub(super) fn hold(&mut self, span: Span, levels: &Levels) {
        for (n, level) in [(0, levels.active), (1, levels.pending), (6, levels.running)] {
            self.levels[n] += span.times(level);
        }
    }

    /// The same of those that hardly ever change.
    pub(super) fn hold_steady(&mut self, span: Span, levels: &Levels) {
        let Levels { leaked, total, size, connected, instances, .. } = *levels;
        for (n, level) in [(2, leaked), (3, total), (4, size), (5, connected), (7, instances)] {
            self.levels[n] += span.times(level);
        }
    }
}

impl Series {
    /// Add all of another run of the same length.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            mine.counts.iter_mut().zip(theirs.counts).for_each(|(m, t)| *m += t);
            mine.levels.iter_mut().zip(theirs.levels).for_each(|(m, t)| *m += t);
            mine.wait.merge(&theirs.wait);
        }
    }
}
