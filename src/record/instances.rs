//! What each instance had over time.

use super::bins::Bins;
use crate::engine::{Fact, Here};
use crate::scenario::Model;
use crate::units::{SimTime, Span};

/// The most bins of one instance.
const BINS: u64 = 120;
/// The most instances of which it is kept: the first that there ever were.
const INSTANCES: usize = 64;

/// Levels of each instance over time, in equal bins.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct InstanceSeries {
    /// How long one bin is.
    pub width: Span,
    /// By instance and bin: connection-nanoseconds in use, request-nanoseconds waiting, connection-nanoseconds open and of limit.
    /// Those of which nothing was told have no bins.
    pub instances: Vec<Vec<[u128; 4]>>,
}

impl InstanceSeries {
    /// Add all of another run of the same length.
    pub fn merge(&mut self, other: &Self) {
        let count = self.instances.len().max(other.instances.len());
        self.instances.resize(count, Vec::new());
        for (mine, theirs) in self.instances.iter_mut().zip(&other.instances) {
            mine.resize(mine.len().max(theirs.len()), [0; 4]);
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
            }
        }
    }
}

/// Folds what is told of instances.
pub(super) struct InstanceRecorder {
    series: InstanceSeries,
    /// How many there were at the start.
    first: usize,
    until: SimTime,
    places: Bins,
    /// What each has, and since when.
    last: Vec<(Here, SimTime)>,
}

impl InstanceRecorder {
    /// Nothing where nobody asks.
    pub(super) fn of(until: SimTime, model: &Model) -> Option<Self> {
        let width = Span::from_nanos(until.nanos().div_ceil(BINS).max(1));
        model.tells_instances().then(|| Self {
            series: InstanceSeries { width, instances: Vec::new() },
            first: model.instances() as usize,
            until,
            places: Bins::new(BINS as usize, width),
            last: Vec::new(),
        })
    }

    pub(super) fn on(&mut self, now: SimTime, instance: u32, fact: Fact, here: Here) {
        let place = instance as usize;
        if place >= INSTANCES {
            return;
        }
        if place >= self.last.len() {
            self.last.resize(place + 1, (Here::default(), SimTime::ZERO));
            self.series.instances.resize(place + 1, Vec::new());
        }
        if self.series.instances[place].is_empty() {
            self.series.instances[place] = vec![[0; 4]; BINS as usize];
            // An instance that was there from the start had its connections before anything was told of it.
            if place < self.first {
                let open = here.total - u32::from(fact == Fact::Opened).min(here.total);
                self.last[place].0 = Here { total: open, size: here.size, ..Here::default() };
            }
        }
        if self.last[place].0 != here {
            self.hold(place, now);
            self.last[place].0 = here;
        }
    }

    fn hold(&mut self, place: usize, now: SimTime) {
        let (Here { active, pending, total, size }, since) = self.last[place];
        let levels = [active, pending, total, size.max(active)];
        let bins = &mut self.series.instances[place];
        self.places.divide(since, now, |bin, span| {
            bins[bin].iter_mut().zip(levels).for_each(|(sum, level)| *sum += span.times(level));
        });
        self.last[place].1 = now;
    }

    pub(super) fn finish(mut self) -> InstanceSeries {
        for place in 0..self.last.len() {
            if !self.series.instances[place].is_empty() {
                self.hold(place, self.until);
            }
        }
        self.series
    }
}
