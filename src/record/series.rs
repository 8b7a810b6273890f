//! Levels and counts over time, in equal bins.

use super::Histogram;
use crate::engine::{Fact, Levels};
use crate::units::{SimTime, Span};

/// How many bins a series has at least, and at most: they are no wider than a minute as long as that is not too many.
pub const BINS: core::ops::RangeInclusive<usize> = 240..=1440;

/// What one bin of time saw.
#[derive(Clone, Debug, PartialEq)]
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

    fn bin(&self, at: SimTime) -> usize {
        ((at.nanos() / self.width.nanos()) as usize).min(self.bins.len() - 1)
    }

    /// Count a fact.
    pub fn count(&mut self, now: SimTime, fact: Fact) {
        let n = self.bin(now);
        let bin = &mut self.bins[n];
        match fact {
            Fact::Arrived { .. } => bin.counts[0] += 1,
            Fact::Served { .. } => bin.counts[1] += 1,
            Fact::TimedOut { wait } => {
                bin.counts[2] += 1;
                bin.wait.record(wait);
            }
            Fact::Rejected => bin.counts[3] += 1,
            Fact::Failed { lost: true, .. } => bin.counts[4] += 1,
            Fact::ConnectRefused { .. } => bin.counts[5] += 1,
            Fact::Granted { wait } => bin.wait.record(wait),
            _ => {}
        }
    }

    /// Add levels that held from one moment to another.
    pub fn hold(&mut self, from: SimTime, to: SimTime, levels: &Levels) {
        let mut at = from;
        while at < to {
            let n = self.bin(at);
            let end = if n + 1 == self.bins.len() {
                to
            } else {
                to.min(SimTime::ZERO + Span::from_nanos(self.width.nanos() * (n as u64 + 1)))
            };
            let nanos = u128::from(end.since(at).nanos());
            let held = [
                levels.active,
                levels.pending,
                levels.leaked,
                levels.total,
                levels.size,
                levels.connected,
                levels.running,
                levels.instances,
            ];
            for (sum, level) in self.bins[n].levels.iter_mut().zip(held) {
                *sum += nanos * u128::from(level);
            }
            at = end;
        }
    }

    /// Add all of another run of the same length.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            mine.counts.iter_mut().zip(theirs.counts).for_each(|(m, t)| *m += t);
            mine.levels.iter_mut().zip(theirs.levels).for_each(|(m, t)| *m += t);
            mine.wait.merge(&theirs.wait);
        }
    }
}
