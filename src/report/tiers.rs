//! What the database, the pooler and the fleet did.

use super::{Estimate, Tally, Times};
use crate::record::{TierCounts, TierLevels};
use crate::scenario::Model;
use serde::Serialize;

/// What the database did. Counts are means over the replications, of one run's measured window.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct DatabaseReport {
    /// Mean connections of the fleet, also those that were being opened.
    pub connections: Option<Estimate>,
    /// The most of them at once, as a mean over the replications.
    pub most_connections: Option<Estimate>,
    /// How many the fleet can have: those accepted less those reserved; absent where there is no limit.
    pub usable: Option<u32>,
    /// Connections that the database refused, or that died while they were opened.
    pub connect_refused: Option<Estimate>,
    /// Why.
    pub refusals: Refusals,
    /// Mean queries that shared the cores.
    pub running: Option<Estimate>,
    /// Mean share of the cores that were busy; absent where their number is not limited.
    pub utilisation: Option<Estimate>,
    /// Mean statements that waited for the locked row.
    pub blocked: Option<Estimate>,
    /// How long statements waited for the locked row, in seconds, whether or not they got it; those that need not wait are not
    /// among them.
    pub lock_wait: Times,
    /// Requests ended by the statement timeout.
    pub statement_timeouts: Option<Estimate>,
    /// Requests ended by the lock timeout.
    pub lock_timeouts: Option<Estimate>,
    /// Requests ended because their session did nothing within a transaction for too long.
    pub idle_timeouts: Option<Estimate>,
    /// Requests ended because their connection was dead, or died.
    pub lost: Option<Estimate>,
    /// What the most connections took, in bytes; absent where nobody says what each takes.
    pub memory: Option<Estimate>,
    /// What there is for connections, in bytes; absent where nobody says.
    pub memory_limit: Option<f64>,
}

/// Connections that the database refused, by reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Refusals {
    /// As many were open as may be.
    pub full: Option<Estimate>,
    /// Too many came within a second.
    pub too_fast: Option<Estimate>,
    /// It was down, or went down meanwhile.
    pub down: Option<Estimate>,
}

/// What the pooler did. Counts are means over the replications, of one run's measured window.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct PoolerReport {
    /// How long requests waited for a server connection, in seconds, of those that got one.
    pub wait: Times,
    /// Mean requests that waited for one.
    pub waiting: Option<Estimate>,
    /// Mean server connections that were open.
    pub servers: Option<Estimate>,
    /// Requests ended because they waited for longer than the query wait timeout.
    pub query_wait_timeouts: Option<Estimate>,
    /// Requests ended because the pooler could not log in to the database.
    pub login_failed: Option<Estimate>,
}

/// What the fleet did. Counts are means over the replications, of one run's measured window.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct FleetReport {
    /// Mean instances that served.
    pub instances: Option<Estimate>,
    /// The most of them at once, as a mean over the replications.
    pub most_instances: Option<Estimate>,
    /// Attempts for which there was no instance.
    pub unserved: Option<Estimate>,
    /// Health checks without an answer in time.
    pub probes_failed: Option<Estimate>,
    /// Requests ended because their instance ended.
    pub ended: Option<Estimate>,
}

impl Tally {
    fn level(&self, of: fn(&TierLevels) -> f64, confidence: f64) -> Option<Estimate> {
        self.mean(&|run| of(&run.tiers.1), confidence)
    }

    fn times_happened(&self, of: fn(&TierCounts) -> u64, confidence: f64) -> Option<Estimate> {
        self.mean(&|run| of(&run.tiers.0) as f64, confidence)
    }

    pub(super) fn database(&self, model: &Model, confidence: f64) -> Option<DatabaseReport> {
        if !model.has_server() {
            return None;
        }
        let count = |of: fn(&TierCounts) -> u64| self.times_happened(of, confidence);
        let level = |of: fn(&TierLevels) -> f64| self.level(of, confidence);
        let database = &model.database;
        let most_connections = level(|l| l.most_connected.into());
        let has_cores = database.law.is_some_and(|law| law.cores.is_finite());
        Some(DatabaseReport {
            connections: level(|l| l.connected),
            most_connections,
            usable: database.limits.usable(),
            connect_refused: count(TierCounts::refused),
            refusals: Refusals {
                full: count(|c| c.refused_full),
                too_fast: count(|c| c.refused_too_fast),
                down: count(|c| c.refused_down),
            },
            running: level(|l| l.running),
            utilisation: level(|l| l.utilisation).filter(|_| has_cores),
            blocked: level(|l| l.blocked),
            lock_wait: self.lock_wait(confidence),
            statement_timeouts: count(|c| c.cut_statement),
            lock_timeouts: count(|c| c.cut_lock),
            idle_timeouts: count(|c| c.cut_idle),
            lost: count(|c| c.cut_lost),
            memory: database.memory_per_connection.and_then(|each| times(most_connections, each.get() as f64)),
            memory_limit: database.memory.map(|all| all.get() as f64),
        })
    }

    pub(super) fn pooler(&self, model: &Model, confidence: f64) -> Option<PoolerReport> {
        model.pooler()?;
        Some(PoolerReport {
            wait: self.pooler_wait(confidence),
            waiting: self.level(|l| l.linking, confidence),
            servers: self.level(|l| l.servers, confidence),
            query_wait_timeouts: self.times_happened(|c| c.cut_query_wait, confidence),
            login_failed: self.times_happened(|c| c.cut_login_failed, confidence),
        })
    }

    /// A deploy shows by the instances that leave.
    pub(super) fn fleet(&self, model: &Model, confidence: f64) -> Option<FleetReport> {
        let left = self.times_happened(|c| c.left, confidence)?;
        if model.fleet().is_static() && left.mean == 0.0 {
            return None;
        }
        Some(FleetReport {
            instances: self.level(|l| l.instances, confidence),
            most_instances: self.level(|l| l.most_instances.into(), confidence),
            unserved: self.times_happened(|c| c.unserved, confidence),
            probes_failed: self.times_happened(|c| c.probes_failed, confidence),
            ended: self.times_happened(|c| c.cut_ended, confidence),
        })
    }
}

/// An estimate of so many times as much.
fn times(estimate: Option<Estimate>, factor: f64) -> Option<Estimate> {
    estimate.map(|e| Estimate { mean: e.mean * factor, half_width: e.half_width.map(|half| half * factor), ..e })
}
