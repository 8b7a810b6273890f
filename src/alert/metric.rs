//! The metrics that alerts look at: those that pools, poolers and databases export.

use super::watch::Counters;
use crate::problem::{nearest, shown};
use crate::units::{Probability, Rate, Span};

/// Over what a metric is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All instances together.
    Fleet,
    /// Each pool of each instance by itself: the alert fires when it fires at one.
    Instance,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The share of the pool's limit that is in use.
    Usage,
    /// Requests that wait for a connection.
    Pending,
    /// Requests that give up waiting, per second.
    Timeouts,
    /// The mean wait for a connection, in seconds.
    Wait,
    /// The mean time that a connection is out, in seconds.
    Hold,
    /// The share of requests that are lost.
    Errors,
    /// Connections that are opened, per second.
    Creations,
    /// Connections that the database or the pooler refuses, per second.
    Refused,
    /// The share of the connections that the database lets in which are open.
    DatabaseConnections,
    /// Queries that run, per core of the database.
    DatabaseLoad,
    /// Requests that wait for a server connection of the pooler.
    PoolerWaiting,
}

/// What a threshold is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Share,
    Number,
    PerSecond,
    Seconds,
}

/// All metrics, with what each is.
pub const METRICS: &[(Metric, crate::catalogue::Kind)] = &[
    (Metric::Usage, kind("usage", "a share", "connections in use over the pool's limit")),
    (Metric::Pending, kind("pending", "a number", "requests that wait for a connection")),
    (Metric::Timeouts, kind("timeouts", "a rate", "requests that give up waiting")),
    (Metric::Wait, kind("wait", "a duration", "the mean wait for a connection")),
    (Metric::Hold, kind("hold", "a duration", "how long a connection is out on average (usage time)")),
    (Metric::Errors, kind("errors", "a share", "requests that are lost")),
    (Metric::Creations, kind("creations", "a rate", "connections that are opened")),
    (Metric::Refused, kind("refused", "a rate", "connections that the database or the pooler refuses")),
    (
        Metric::DatabaseConnections,
        kind("database_connections", "a share", "connections at the database over what it lets in"),
    ),
    (Metric::DatabaseLoad, kind("database_load", "a number", "queries that run, per core of the database")),
    (Metric::PoolerWaiting, kind("pooler_waiting", "a number", "requests that wait for a server of the pooler")),
];

const fn kind(name: &'static str, takes: &'static str, gloss: &'static str) -> crate::catalogue::Kind {
    crate::catalogue::Kind { name, takes, gloss }
}

impl Metric {
    /// Read its name.
    ///
    /// # Errors
    /// When no metric has it, with the nearest that is one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let names = || METRICS.iter().map(|(_, kind)| kind.name);
        let found = METRICS.iter().find(|(_, kind)| kind.name == text.trim());
        found.map(|(metric, _)| *metric).ok_or_else(|| {
            let meant = nearest(text, names()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
            let known = names().collect::<Vec<_>>().join(", ");
            format!("unknown metric {}{meant} (known: {known})", shown(text))
        })
    }

    /// As it is written.
    pub fn name(self) -> &'static str {
        METRICS.iter().find(|(metric, _)| *metric == self).map_or("", |(_, kind)| kind.name)
    }

    fn unit(self) -> Unit {
        match self {
            Self::Usage | Self::Errors | Self::DatabaseConnections => Unit::Share,
            Self::Pending | Self::DatabaseLoad | Self::PoolerWaiting => Unit::Number,
            Self::Timeouts | Self::Creations | Self::Refused => Unit::PerSecond,
            Self::Wait | Self::Hold => Unit::Seconds,
        }
    }

    /// Read a threshold: a share, a number, a rate or a duration, as the metric is one.
    ///
    /// # Errors
    /// When it is not what the metric is, with what is expected.
    pub fn threshold(self, text: &str) -> Result<f64, String> {
        match self.unit() {
            Unit::Share => Probability::parse(text).map(Probability::value),
            Unit::PerSecond => match text.trim() {
                // Nothing at all has no unit.
                "0" => Ok(0.0),
                text => Rate::parse(text).map(Rate::as_per_second),
            },
            Unit::Seconds => Span::parse(text).map(Span::seconds),
            Unit::Number => match text.trim().parse::<f64>() {
                Ok(x) if (0.0..=1e9).contains(&x) => Ok(x),
                _ => Err(format!("expected a number from 0 to 10^9, found {}", shown(text))),
            },
        }
    }

    /// A value in its unit, as people write it.
    pub fn show(self, value: f64) -> String {
        let round = |x: f64| if x >= 100.0 { format!("{x:.0}") } else { trimmed(x) };
        match self.unit() {
            Unit::Share => format!("{}%", round(value * 100.0)),
            Unit::Number => round(value),
            Unit::PerSecond => format!("{}/s", round(value)),
            Unit::Seconds => Span::from_seconds(value).to_string(),
        }
    }

    /// Whether there is one value of it, whatever the scope.
    pub fn is_of_the_database(self) -> bool {
        matches!(self, Self::DatabaseConnections | Self::DatabaseLoad | Self::PoolerWaiting)
    }

    /// Whether it is counted over a window, rather than seen at a moment.
    pub fn is_counted(self) -> bool {
        self.of(&Counters::default()).is_some()
    }

    /// What is counted of it: how much, and among how many; `None` where it is a level.
    pub(super) fn of(self, counters: &Counters) -> Option<(f64, Option<f64>)> {
        let Counters { timed_out, waits, waited, returned, held, served, lost, opened, refused } = *counters;
        Some(match self {
            Self::Timeouts => (timed_out, None),
            Self::Wait => (waited, Some(waits)),
            Self::Hold => (held, Some(returned)),
            Self::Errors => (lost, Some(served + lost)),
            Self::Creations => (opened, None),
            Self::Refused => (refused, None),
            _ => return None,
        })
    }
}

fn trimmed(x: f64) -> String {
    // What two decimals can not show is shown as it is.
    if x != 0.0 && x < 0.01 {
        return x.to_string();
    }
    let text = format!("{x:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
