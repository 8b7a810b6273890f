//! What happens to the system during a run, and when.

use crate::fleet::Rollout;
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
        /// How many times as much processor time besides.
        cpu_factor: f64,
    },
    /// All holds are what they were at the start.
    Rollback,
    /// The pool of an instance gets another limit.
    ResizePool {
        /// The new limit.
        max_size: u32,
    },
    /// New instances take the place of the old ones.
    Deploy(Deploy),
    /// The database becomes so many times as fast as its law, on a straight line; 0 stands still.
    DatabaseSpeed {
        /// How many times as fast.
        factor: f64,
    },
    /// The database goes down with all its connections, and comes up again.
    RestartDatabase {
        /// How long it is down.
        lasts: Span,
    },
    /// Somebody else takes the one locked row, as a migration does: after those who wait for it already, before those who come.
    Lock {
        /// How long it is kept.
        lasts: Span,
    },
    /// Nothing: what people saw or did, for the record.
    Note,
}

/// A new version, as far as it matters here.
#[derive(Clone, Debug, PartialEq)]
pub struct Deploy {
    /// How it is rolled out.
    pub rollout: Rollout,
    /// The limit of its pools, if that changes.
    pub max_size: Option<u32>,
    /// What its pools keep open, if that changes.
    pub min_idle: Option<u32>,
    /// Whether it is slower or faster: of which class (`None`: of all) how many times as long everything takes, and how many times as
    /// much processor time besides.
    pub work: Option<(Option<usize>, f64, f64)>,
}

impl Change {
    /// Whether it happens at each instance, rather than once for all.
    pub fn is_per_instance(&self) -> bool {
        matches!(self, Self::SlowQuery { .. } | Self::Rollback | Self::ResizePool { .. })
    }
}

/// The written names of the changes, as the catalogue lists them.
pub const KINDS: &[crate::catalogue::Kind] = &[
    crate::catalogue::Kind {
        name: "slow_query",
        takes: "query, factor, cpu_factor, over",
        gloss: "work of a query class (or of all) takes `factor` times as long, and `cpu_factor` times as much processor time",
    },
    crate::catalogue::Kind {
        name: "rollback",
        takes: "over",
        gloss: "all holds are again what they were at the start",
    },
    crate::catalogue::Kind { name: "resize_pool", takes: "max_size, over", gloss: "the pools get another max_size" },
    crate::catalogue::Kind {
        name: "deploy",
        takes: "over, surge, drain, start, max_size, min_idle, query, factor, cpu_factor",
        gloss: "new instances replace the old: in place (surge 1), some beside them, or all at once (surge 2: blue-green)",
    },
    crate::catalogue::Kind {
        name: "database_speed",
        takes: "factor, over",
        gloss: "the database becomes `factor` times as fast as its cores: a stall, a failover, a cold cache; 0 stands still",
    },
    crate::catalogue::Kind {
        name: "restart_database",
        takes: "lasts",
        gloss: "the database goes down with all its connections; leaked places stay taken",
    },
    crate::catalogue::Kind {
        name: "lock",
        takes: "lasts",
        gloss: "somebody else, such as a migration, waits for the one locked row and keeps it for so long",
    },
    crate::catalogue::Kind { name: "note", takes: "text", gloss: "no effect: what people saw or did, for the record" },
];

impl Entry {
    /// When it reaches instance number `instance` of `instances`.
    pub fn reaches(&self, instance: u32, instances: u32) -> SimTime {
        self.at + self.over.scaled(f64::from(instance) / f64::from(instances))
    }
}
