//! Numbers of a whole window that an assertion can bound.

use crate::problem::shown;
use crate::slo::{self, Metric, Objective};
use crate::units::{Probability, Rate, Span};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A time, in seconds.
    Seconds,
    /// A share from 0 to 1.
    Share,
    /// A rate, per second.
    PerSecond,
    /// A number of things.
    Number,
}

impl Unit {
    /// Read a value of this unit.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    pub fn read(self, text: &str) -> Result<f64, String> {
        match self {
            Self::Seconds => Span::parse(text).map(Span::seconds),
            Self::Share => Probability::parse(text).map(Probability::value),
            Self::PerSecond => match text.trim() {
                // Nothing at all has no unit.
                "0" => Ok(0.0),
                text => Rate::parse(text).map(Rate::as_per_second),
            },
            Self::Number => match text.trim().parse::<f64>() {
                Ok(x) if (0.0..=1e9).contains(&x) => Ok(x),
                _ => Err(format!("expected a number from 0 to 10^9, found {}", shown(text))),
            },
        }
    }
}

/// A number that a run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// What an objective can ask for too.
    Objective(Metric),
    /// The share of the connections in use.
    Utilisation,
    /// The share of those who asked for a connection and had to wait.
    WaitProbability,
    /// The share of the answers that were slow.
    SlowRequests,
    /// The share of the users half of whose requests or more failed.
    UsersMostlyDown,
    /// The share of the users one or more of whose requests failed.
    UsersAnyFailure,
    /// The share of the database's cores that were busy.
    DatabaseUtilisation,
    /// The 99th percentile of the wait for a server connection of the pooler.
    PoolerWaitP99,
    /// Attempts served per second.
    Throughput,
    /// Answers per second that reached a client.
    Goodput,
}

/// Those that are no objectives, with their names.
pub const MEASURES: [(&str, Measure); 9] = [
    ("utilisation", Measure::Utilisation),
    ("wait_probability", Measure::WaitProbability),
    ("impact.slow_requests", Measure::SlowRequests),
    ("impact.users_mostly_down", Measure::UsersMostlyDown),
    ("impact.users_any_failure", Measure::UsersAnyFailure),
    ("database.utilisation", Measure::DatabaseUtilisation),
    ("pooler.wait.p99", Measure::PoolerWaitP99),
    ("throughput", Measure::Throughput),
    ("goodput", Measure::Goodput),
];

impl Measure {
    /// Every name, the objectives' first.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        slo::METRICS.iter().map(|(name, _)| *name).chain(MEASURES.iter().map(|(name, _)| *name))
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        let objective = slo::METRICS.iter().find(|(known, _)| *known == name).map(|(_, metric)| *metric);
        let own = || MEASURES.iter().find(|(known, _)| *known == name).map(|(_, measure)| *measure);
        objective.map(Self::Objective).or_else(own)
    }

    /// What its values are.
    pub fn unit(self) -> Unit {
        match self {
            Self::Objective(metric) if metric.is_share() => Unit::Share,
            Self::Objective(_) | Self::PoolerWaitP99 => Unit::Seconds,
            Self::Throughput | Self::Goodput => Unit::PerSecond,
            _ => Unit::Share,
        }
    }

    /// Whether more of it is better, so that it is bounded from below.
    pub fn wants_more(self) -> bool {
        matches!(self, Self::Throughput | Self::Goodput)
    }

    /// Read the limit of a measure by its name.
    pub(super) fn limit(self, name: &str, text: &str) -> Result<f64, String> {
        match self {
            Self::Objective(_) => Objective::parse(&format!("{name} <= {text}")).map(|objective| objective.at_most),
            _ => self.unit().read(text),
        }
    }
}
