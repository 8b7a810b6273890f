//! Reading `[incident]`: what a document says of an incident that a scenario follows.

use super::IncidentSection;
use super::check::{Check, above_zero, or_none};
use super::pool::choice;
use crate::units::{Probability, SimTime, Span};
use serde::Serialize;

/// What a document says of an incident.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// When the window begins over which people count.
    pub from: SimTime,
    /// When it ends.
    pub until: SimTime,
    /// An answer that takes longer, retries included, is slow.
    pub slow: Span,
    /// The share that is said to have been affected.
    pub stated: Option<Probability>,
    /// The share of what that is.
    pub read_as: Reading,
    /// When it is said to have been over.
    pub recovered: Option<SimTime>,
    /// The document.
    pub source: Option<String>,
}

/// What "so many per cent were affected" can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// So many of the requests got no answer, retries included.
    FailedRequests,
    /// Of so many of the users who asked, half of the requests or more got no answer.
    UsersMostlyDown,
    /// So many of the users who asked had one or more requests without an answer.
    UsersAnyFailure,
    /// So many of the answers took too long.
    SlowRequests,
}

impl Reading {
    /// As they are written.
    const NAMES: [(&str, Self); 4] = [
        ("failed_requests", Self::FailedRequests),
        ("users_mostly_down", Self::UsersMostlyDown),
        ("users_any_failure", Self::UsersAnyFailure),
        ("slow_requests", Self::SlowRequests),
    ];

    fn counts_users(self) -> bool {
        matches!(self, Self::UsersMostlyDown | Self::UsersAnyFailure)
    }
}

impl Incident {
    /// What is slow where nobody says.
    pub(crate) fn usual_slow() -> Span {
        Span::parse(crate::catalogue::default_of("incident.slow")).unwrap_or_default()
    }
}

impl Check {
    /// `users`: whether there are any, where that could be read.
    pub(super) fn incident(
        &mut self,
        section: Option<&IncidentSection>,
        duration: Option<Span>,
        users: Option<bool>,
    ) -> Option<Option<Incident>> {
        let Some(i) = section else { return Some(None) };
        let from = self.defaulted("incident.from", &i.from, Span::parse);
        let until = self.defaulted("incident.until", &i.until, |t| or_none(t, Span::parse));
        let slow = self.defaulted("incident.slow", &i.slow, above_zero);
        let stated = self.defaulted("incident.stated", &i.stated, |t| or_none(t, Probability::parse));
        let read_as = self.defaulted("incident.read_as", &i.read_as, |t| choice(t, &Reading::NAMES));
        let recovered = self.defaulted("incident.recovered", &i.recovered, |t| or_none(t, Span::parse));
        for (key, at) in [("until", until.flatten()), ("recovered", recovered.flatten())] {
            if let (Some(at), Some(end)) = (at, duration)
                && at > end
            {
                let message =
                    format!("{at} is after the end of the run, at {end}: write an earlier one or a longer duration");
                self.problems.error(format!("incident.{key}"), message);
            }
        }
        if let (Some(from), Some(until)) = (from, until) {
            match (until, duration) {
                (Some(until), _) if from >= until => {
                    let message = format!("{from} is not before until, at {until}: the window would be empty");
                    self.problems.error("incident.from", message);
                }
                (None, Some(end)) if from >= end => {
                    let message = format!("{from} is not before the end of the run, at {end}");
                    self.problems.error("incident.from", message);
                }
                _ => {}
            }
        }
        if read_as.is_some_and(Reading::counts_users) && users == Some(false) {
            let message = "counts users: write how many there are in fleet.users, or read it as failed_requests";
            self.problems.error("incident.read_as", message);
        }
        if i.read_as.is_some() && i.stated.is_none() {
            self.useless("incident.read_as", &i.read_as, "incident.stated is not written");
        }
        let end = until?.or(duration)?;
        Some(Some(Incident {
            from: SimTime::ZERO + from?,
            until: SimTime::ZERO + end,
            slow: slow?,
            stated: stated?,
            read_as: read_as?,
            recovered: recovered?.map(|at| SimTime::ZERO + at),
            source: i.source.as_ref().map(ToString::to_string),
        }))
    }
}
