//! What happens to the system during a run, and when.

use crate::units::{SimTime, Span};

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When it begins.
    pub at: SimTime,
    /// How long it takes to reach every instance: instance *i* of *n* changes at `at + over · i/n`.
    pub over: Span,
    /// What it does.
    pub change: Change,
}

/// What an entry of the timeline does.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Holds of one query class, or of all, last `factor` times as long from now on.
    SlowQuery {
        /// Which class, by its place in the scenario; `None` for all.
        query: Option<usize>,
        /// How many times as long as in the good version.
        factor: f64,
    },
    /// All holds are what they were at the start.
    Rollback,
    /// The pool of an instance gets another limit.
    ResizePool {
        /// The new limit.
        max_size: u32,
    },
    /// Nothing: what people saw or did, for the record.
    Note,
}

/// The written names of the changes, as the catalogue lists them.
pub const KINDS: &[crate::catalogue::Kind] = &[
    crate::catalogue::Kind {
        name: "slow_query",
        takes: "query, factor, over",
        gloss: "holds of a query class (or of all) last `factor` times as long",
    },
    crate::catalogue::Kind {
        name: "rollback",
        takes: "over",
        gloss: "all holds are again what they were at the start",
    },
    crate::catalogue::Kind { name: "resize_pool", takes: "max_size, over", gloss: "the pools get another max_size" },
    crate::catalogue::Kind { name: "note", takes: "text", gloss: "no effect: what people saw or did, for the record" },
];

impl Entry {
    /// When it reaches instance number `instance` of `instances`.
    pub fn reaches(&self, instance: u32, instances: u32) -> SimTime {
        self.at + self.over.scaled(f64::from(instance) / f64::from(instances))
    }
}
