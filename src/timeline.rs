//! What happens to the system during a run, and when.

use crate::client::Client;
use crate::database::Database;
use crate::fleet::{Rollout, Routing};
use crate::pool::PoolConfig;
use crate::units::{SimTime, Span};
use core::ops::Range;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place as it is written.
    pub place: usize,
    /// When it begins.
    pub begins: Begins,
    /// How long it takes to reach every instance: the *i*-th of *n* changes `over · i/n` after the beginning.
    pub over: Span,
    /// Which instances it concerns, by their position; none written are all.
    pub only: Vec<u32>,
    /// What it does.
    pub change: Change,
}

/// When something begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// At a moment.
    At(SimTime),
    /// So long after an alert, by its place among all, fires for the first time.
    On {
        /// Which alert.
        alert: usize,
        /// How long after.
        after: Span,
    },
}

/// What an entry of the timeline does.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a timeline has few entries")]
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
    /// New instances take the place of the old ones.
    Deploy(Deploy),
    /// New instances of the first version take the place of the old ones, with the pools of the start.
    Rollback(Rollout),
    /// New instances take the place of the old ones, and nothing else is new.
    RestartInstances(Rollout),
    /// There are so many instances from now on.
    Scale {
        /// How many.
        count: u32,
        /// How long a new one takes until it serves.
        start: Span,
    },
    /// The first pool of an instance gets another limit.
    ResizePool {
        /// The new limit.
        max_size: u32,
    },
    /// The pools close their idle connections.
    FlushIdle,
    /// A setting becomes another while everything runs.
    Set(Setting),
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
    /// The pooler goes down with all its connections, and comes up again.
    RestartPooler {
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

/// What a setting becomes.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// What differs between two settings of one pool of each instance, the first being 0.
    Pool {
        /// Which pool.
        kind: usize,
        /// As it was.
        from: PoolConfig,
        /// As it is to be.
        to: PoolConfig,
    },
    /// What clients do.
    Client(Client),
    /// What the database does.
    Database(Database),
    /// Who serves a request.
    Routing(Routing),
}

/// A new version, as far as it matters here.
#[derive(Clone, Debug, PartialEq)]
pub struct Deploy {
    /// How it is rolled out.
    pub rollout: Rollout,
    /// What requests do with it, by the place of the version in the scenario counted from 1; 0 is as at the start, `None` as before.
    pub version: Option<u32>,
    /// The limit of its first pool, if that changes.
    pub max_size: Option<u32>,
    /// What its first pool keeps open, if that changes.
    pub min_idle: Option<u32>,
    /// Whether it is slower or faster: of which class (`None`: of all) how many times as long everything takes, and how many times as
    /// much processor time besides.
    pub work: Option<(Option<usize>, f64, f64)>,
}

impl Change {
    /// Whether it happens at each instance, rather than once for all.
    pub fn is_per_instance(&self) -> bool {
        matches!(
            self,
            Self::SlowQuery { .. } | Self::ResizePool { .. } | Self::FlushIdle | Self::Set(Setting::Pool { .. })
        )
    }

    /// How instances are replaced, if they are.
    pub fn rollout(&self) -> Option<&Rollout> {
        match self {
            Self::Deploy(deploy) => Some(&deploy.rollout),
            Self::Rollback(rollout) | Self::RestartInstances(rollout) => Some(rollout),
            _ => None,
        }
    }

    /// The limit that it gives to the first pool, if it does.
    pub fn max_size(&self) -> Option<u32> {
        match self {
            Self::ResizePool { max_size } => Some(*max_size),
            Self::Deploy(deploy) => deploy.max_size,
            Self::Set(Setting::Pool { kind: 0, to, .. }) => Some(to.max_size),
            _ => None,
        }
    }
}

/// The written names of the changes, as the catalogue lists them, with the keys that each takes.
pub const KINDS: &[crate::catalogue::Kind] = &[
    kind(
        "slow_query",
        "query, factor, cpu_factor, over, instances",
        "work of a query class (or of all) takes `factor` times as long, and `cpu_factor` times as much processor time; below 1 it is \
         an index, pagination or a cache",
    ),
    kind(
        "deploy",
        "version, over, instances, surge, drain, start, max_size, min_idle, query, factor, cpu_factor",
        "new instances replace the old: in place (surge 1), some beside them, or all at once (surge 2: blue-green); on some instances \
         it is a canary",
    ),
    kind(
        "rollback",
        "over, instances, surge, drain, start",
        "a deploy of the first version, with the pools as they were at the start",
    ),
    kind(
        "restart_instances",
        "over, instances, surge, drain, start",
        "a deploy of nothing new: a restart of the application, or other hosts for it; its pools begin anew",
    ),
    kind("scale", "count, start", "there are so many instances from then on"),
    kind("resize_pool", "max_size, over, instances", "the pools get another max_size while they run"),
    kind("flush_idle", "over, instances", "the pools close their idle connections"),
    kind(
        "set",
        "path, value, over, instances",
        "a setting of pool, client or database, or fleet.routing, becomes another while everything runs",
    ),
    kind(
        "database_speed",
        "factor, over",
        "the database becomes `factor` times as fast as its cores: a stall, a failover, a cold cache; 0 stands still",
    ),
    kind(
        "restart_database",
        "lasts",
        "the database goes down with all its connections; leaked places stay taken, and pools race to connect again",
    ),
    kind(
        "restart_pooler",
        "lasts",
        "the pooler goes down with all its connections, to the clients and to the database",
    ),
    kind("lock", "lasts", "somebody else, such as a migration, waits for the one locked row and keeps it for so long"),
    kind("note", "", "no effect: what people saw or did, for the record"),
];

const fn kind(name: &'static str, takes: &'static str, gloss: &'static str) -> crate::catalogue::Kind {
    crate::catalogue::Kind { name, takes, gloss }
}

impl Entry {
    /// When it begins, if that is known beforehand.
    pub fn at(&self) -> Option<SimTime> {
        match self.begins {
            Begins::At(at) => Some(at),
            Begins::On { .. } => None,
        }
    }

    /// The positions that it concerns among `count`, in the order in which it reaches them.
    pub fn positions(&self, count: u32) -> Vec<u32> {
        if self.only.is_empty() {
            (0..count).collect()
        } else {
            self.only.iter().copied().filter(|position| *position < count).collect()
        }
    }

    /// How long after its beginning it reaches each of `count` positions, in order.
    ///
    /// ```
    /// use poolwise::{timeline::{Begins, Change, Entry}, units::{SimTime, Span}};
    /// let over = Span::parse("1m").unwrap();
    /// let entry = Entry { place: 0, begins: Begins::At(SimTime::ZERO), over, only: vec![7, 3], change: Change::FlushIdle };
    /// assert_eq!(entry.reaches(10), [(Span::ZERO, 7), (Span::parse("30s").unwrap(), 3)]);
    /// ```
    pub fn reaches(&self, count: u32) -> Vec<(Span, u32)> {
        let positions = if self.change.is_per_instance() { self.positions(count) } else { vec![0] };
        let all = positions.len() as f64;
        positions.into_iter().zip(0..).map(|(n, i)| (self.over.scaled(f64::from(i) / all), n)).collect()
    }

    /// From when to when after its beginning each position among `count` is being replaced, if it replaces any.
    pub fn replaces(&self, count: u32) -> Vec<(u32, Range<Span>)> {
        let Some(rollout) = self.change.rollout() else { return Vec::new() };
        let positions = self.positions(count);
        let batches = rollout.batches(positions.len() as u32);
        let of_batch = |batch: crate::fleet::Batch| {
            let span = batch.start.min(batch.leave)..batch.serve.max(batch.gone);
            let places = batch.positions.map(|place| positions[place as usize]).collect::<Vec<_>>();
            places.into_iter().map(move |position| (position, span.clone()))
        };
        batches.into_iter().flat_map(of_batch).collect()
    }
}
