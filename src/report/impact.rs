//! Who was affected.

use super::tally::Run;
use super::{Estimate, Moment, Tally};
use crate::record::{self, Affected};
use crate::scenario::Reading;
use crate::units::SimTime;
use serde::Serialize;

/// What people felt, over all that is measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Impact {
    /// Share of the requests offered that got no answer, retries included.
    pub failed_requests: Option<Estimate>,
    /// Share of the users who asked of whose requests half or more got no answer; absent where nobody tells users apart.
    pub users_mostly_down: Option<Estimate>,
    /// Share of the users who asked who got no answer to one or more requests; absent where nobody tells users apart.
    pub users_any_failure: Option<Estimate>,
    /// Share of the answers that took longer than `incident.slow`, retries included; absent where the scenario has neither users nor
    /// an incident.
    pub slow_requests: Option<Estimate>,
    /// The same over the window of the incident; absent without one.
    pub incident: Option<WindowImpact>,
}

/// What people felt over the window of an incident. A request counts when it ends: with its answer, or because it is lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct WindowImpact {
    /// Share of the requests that ended without an answer, retries included.
    pub failed_requests: Option<Estimate>,
    /// Share of the users whose requests ended then of whose requests half or more got no answer.
    pub users_mostly_down: Option<Estimate>,
    /// Share of the users whose requests ended then who got no answer to one or more.
    pub users_any_failure: Option<Estimate>,
    /// Share of the answers that took longer than `incident.slow`, retries included.
    pub slow_requests: Option<Estimate>,
}

impl WindowImpact {
    /// What a document can mean by the share that was affected.
    pub fn read_as(&self, reading: Reading) -> Option<Estimate> {
        match reading {
            Reading::FailedRequests => self.failed_requests,
            Reading::UsersMostlyDown => self.users_mostly_down,
            Reading::UsersAnyFailure => self.users_any_failure,
            Reading::SlowRequests => self.slow_requests,
        }
    }
}

type Pick = fn(&record::Impact) -> Option<&Affected>;

impl Tally {
    fn affected(&self, pick: Pick, confidence: f64) -> WindowImpact {
        let share = |of: fn(&Affected) -> u64, among: fn(&Affected) -> u64| {
            let count = |run: &Run, of: fn(&Affected) -> u64| run.impact.as_ref().and_then(pick).map_or(0, of) as f64;
            self.share_of(&|run| count(run, of), &|run| count(run, among), confidence)
        };
        WindowImpact {
            failed_requests: share(|a| a.failed, |a| a.requests),
            users_mostly_down: share(|a| a.mostly_down, |a| a.users),
            users_any_failure: share(|a| a.any_failure, |a| a.users),
            slow_requests: share(|a| a.slow, |a| a.requests - a.failed),
        }
    }

    pub(super) fn impact(&self, confidence: f64) -> Impact {
        let WindowImpact { users_mostly_down, users_any_failure, slow_requests, .. } =
            self.affected(|impact| Some(&impact.whole), confidence);
        let has_incident = self.runs.iter().any(|run| run.impact.is_some_and(|impact| impact.incident.is_some()));
        Impact {
            failed_requests: self.failed_requests(confidence),
            users_mostly_down,
            users_any_failure,
            slow_requests,
            incident: has_incident.then(|| self.affected(|impact| impact.incident.as_ref(), confidence)),
        }
    }

    /// When people began to be affected, and when they were so no longer.
    pub(super) fn onset_and_recovery(&self, confidence: f64) -> (Option<Moment>, Option<Moment>) {
        let moment = |of: fn(&record::Impact) -> Option<SimTime>| {
            self.moment(&|run| run.impact.as_ref().and_then(of).map(SimTime::seconds), confidence)
        };
        (moment(|impact| impact.onset), moment(|impact| impact.recovered))
    }
}
