//! What has a value at every moment, or in every part of a run, that an assertion can forbid.

use super::Unit;
use crate::catalogue::Kind;

/// What has a value over time. The first are known at every moment; those from [`Level::Offered`] on over each part of the series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Connections in use over the fleet.
    Active,
    /// Requests waiting over the fleet.
    Pending,
    /// The share of the pools' limits that is in use.
    Usage,
    /// Connections open over the fleet.
    Total,
    /// Connections leaked over the fleet.
    Leaked,
    /// Connections at the database.
    Connected,
    /// Queries that share the database's cores.
    Running,
    /// Statements that wait for the locked row.
    Blocked,
    /// Requests that wait for a server connection of the pooler.
    PoolerWaiting,
    /// Attempts that come.
    Offered,
    /// Requests that give up.
    TimedOut,
    /// Requests that are turned away.
    Rejected,
    /// Requests that are lost.
    Failed,
    /// Connections that the database refuses.
    ConnectRefused,
    /// Median of the waits that end in a part.
    WaitP50,
    /// Their 95th percentile.
    WaitP95,
    /// Their 99th percentile.
    WaitP99,
}

/// All levels, with what each is.
pub const LEVELS: [(Level, Kind); 17] = [
    (Level::Active, kind("active", "a number", "connections in use over the fleet, at any moment")),
    (Level::Pending, kind("pending", "a number", "requests that wait for a connection over the fleet, at any moment")),
    (Level::Usage, kind("usage", "a share", "connections in use over the sum of the pools' limits, at any moment")),
    (Level::Total, kind("total", "a number", "connections open over the fleet, at any moment")),
    (Level::Leaked, kind("leaked", "a number", "connections leaked over the fleet, at any moment")),
    (Level::Connected, kind("connected", "a number", "connections at the database, at any moment")),
    (Level::Running, kind("running", "a number", "queries that share the database's cores, at any moment")),
    (Level::Blocked, kind("blocked", "a number", "statements that wait for the locked row, at any moment")),
    (
        Level::PoolerWaiting,
        kind("pooler_waiting", "a number", "requests that wait for a server of the pooler, at any moment"),
    ),
    (Level::Offered, kind("offered", "a rate", "attempts that come, retries among them, in each part of the run")),
    (Level::TimedOut, kind("timed_out", "a rate", "requests that give up waiting, in each part of the run")),
    (Level::Rejected, kind("rejected", "a rate", "requests that are turned away, in each part of the run")),
    (Level::Failed, kind("failed", "a rate", "requests that are lost, in each part of the run")),
    (
        Level::ConnectRefused,
        kind("connect_refused", "a rate", "connections that the database refuses, in each part of the run"),
    ),
    (Level::WaitP50, kind("wait_p50", "a duration", "median of the waits that end in each part of the run")),
    (Level::WaitP95, kind("wait_p95", "a duration", "their 95th percentile")),
    (Level::WaitP99, kind("wait_p99", "a duration", "their 99th percentile")),
];

const fn kind(name: &'static str, takes: &'static str, gloss: &'static str) -> Kind {
    Kind { name, takes, gloss }
}

impl Level {
    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        LEVELS.iter().map(|(_, kind)| kind.name)
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        LEVELS.iter().find(|(_, kind)| kind.name == name).map(|(level, _)| *level)
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        LEVELS.iter().find(|(level, _)| *level == self).map_or("", |(_, kind)| kind.name)
    }

    /// What its values are.
    pub fn unit(self) -> Unit {
        match self {
            Self::Usage => Unit::Share,
            Self::WaitP50 | Self::WaitP95 | Self::WaitP99 => Unit::Seconds,
            level if level.is_of_parts() => Unit::PerSecond,
            _ => Unit::Number,
        }
    }

    /// Whether it is known over parts of the run, rather than at a moment.
    pub fn is_of_parts(self) -> bool {
        matches!(
            self,
            Self::Offered
                | Self::TimedOut
                | Self::Rejected
                | Self::Failed
                | Self::ConnectRefused
                | Self::WaitP50
                | Self::WaitP95
                | Self::WaitP99
        )
    }
}
