//! What was measured beside the pools: of the database, of the pooler and of the fleet.

use super::{Spans, Window};
use crate::database::Refusal;
use crate::engine::{Cut, Fact, Levels};
use crate::scenario::Model;
use crate::units::{SimTime, Span};

/// What one replication measured of the database, the pooler and the fleet; all of it zero where there is none.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Tiers {
    /// How often things happened.
    pub counts: TierCounts,
    /// Levels.
    pub levels: TierLevels,
    /// How long statements waited for the locked row, whether or not they got it.
    pub lock_wait: Spans,
    /// How long requests waited for a server connection of the pooler, of those that got one.
    pub pooler_wait: Spans,
}

impl Tiers {
    pub(super) fn new() -> Self {
        let (counts, levels) = (TierCounts::default(), TierLevels::default());
        Self { counts, levels, lock_wait: Spans::new(), pooler_wait: Spans::new() }
    }
}

/// How often things happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct TierCounts {
    /// Connections that the database refused because as many were open as may be.
    pub refused_full: u64,
    /// Those that it refused because too many came within a second.
    pub refused_too_fast: u64,
    /// Those that it refused, or that died while they were opened, because it was down.
    pub refused_down: u64,
    /// Requests ended by the statement timeout.
    pub cut_statement: u64,
    /// Requests ended by the lock timeout.
    pub cut_lock: u64,
    /// Requests ended because their session did nothing within a transaction for too long.
    pub cut_idle: u64,
    /// Requests ended because their connection was dead, or died.
    pub cut_lost: u64,
    /// Requests ended because they waited for a server connection for too long.
    pub cut_query_wait: u64,
    /// Requests ended because the pooler could not log in to the database.
    pub cut_login_failed: u64,
    /// Requests ended because their instance ended.
    pub cut_ended: u64,
    /// Attempts for which there was no instance.
    pub unserved: u64,
    /// Health checks without an answer in time.
    pub probes_failed: u64,
    /// Times that an instance got no more requests.
    pub left: u64,
}

impl TierCounts {
    /// Connections that the database refused, whatever the reason.
    pub fn refused(&self) -> u64 {
        self.refused_full + self.refused_too_fast + self.refused_down
    }

    fn count(&mut self, fact: Fact) {
        let which = match fact {
            Fact::ConnectRefused { why: Refusal::Full } => &mut self.refused_full,
            Fact::ConnectRefused { why: Refusal::TooFast } => &mut self.refused_too_fast,
            Fact::ConnectRefused { why: Refusal::Down } => &mut self.refused_down,
            Fact::Cut { why } => self.cut(why),
            Fact::Unserved => &mut self.unserved,
            Fact::Probed { ok: false } => &mut self.probes_failed,
            Fact::Leaves => &mut self.left,
            _ => return,
        };
        *which += 1;
    }

    fn cut(&mut self, why: Cut) -> &mut u64 {
        match why {
            Cut::Statement => &mut self.cut_statement,
            Cut::Lock => &mut self.cut_lock,
            Cut::Idle => &mut self.cut_idle,
            Cut::Lost => &mut self.cut_lost,
            Cut::QueryWait => &mut self.cut_query_wait,
            Cut::LoginFailed => &mut self.cut_login_failed,
            Cut::Ended => &mut self.cut_ended,
        }
    }
}

/// Levels: means over the window, weighted by time, and what was the most at once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct TierLevels {
    /// Mean connections at the database, also those that were being opened.
    pub connected: f64,
    /// The most of them at once.
    pub most_connected: u32,
    /// Mean queries that shared the database's cores.
    pub running: f64,
    /// Mean share of the database's cores that were busy; 0 where their number is not limited.
    pub utilisation: f64,
    /// Mean statements that waited for the locked row.
    pub blocked: f64,
    /// Mean requests that waited for a server connection of the pooler.
    pub linking: f64,
    /// Mean server connections that the pooler had open.
    pub servers: f64,
    /// Mean instances that served.
    pub instances: f64,
    /// The most of them at once.
    pub most_instances: u32,
}

/// Folds what is told of the tiers. What hardly ever changes is summed when it does; what changes with every query is summed only
/// when a fact tells of it, so that models without such facts pay nothing.
pub(super) struct TierRecorder {
    window: Window,
    tiers: Tiers,
    /// Of the database; infinite where there is no limit.
    cores: f64,
    busy: [u32; 3],
    busy_since: SimTime,
    /// Query-nanoseconds that ran, statement-nanoseconds blocked, request-nanoseconds without a server.
    busy_held: [u128; 3],
    /// Nanoseconds times the share of the cores that were busy.
    worked: f64,
    /// Connection-nanoseconds at the database and of the pooler, instance-nanoseconds.
    steady_held: [u128; 3],
}

impl TierRecorder {
    pub(super) fn new(window: Window, model: &Model) -> Self {
        Self {
            window,
            tiers: Tiers::new(),
            cores: model.database.law.map_or(f64::INFINITY, |law| law.cores),
            busy: [0; 3],
            busy_since: SimTime::ZERO,
            busy_held: [0; 3],
            worked: 0.0,
            steady_held: [0; 3],
        }
    }

    /// Levels that hardly ever change held for a span of the window, up to a moment.
    pub(super) fn hold_steady(&mut self, span: Span, now: SimTime, levels: &Levels) {
        let held = [levels.connected, levels.servers, levels.instances];
        self.steady_held.iter_mut().zip(held).for_each(|(sum, level)| *sum += span.times(level));
        if now >= self.window.from {
            let most = &mut self.tiers.levels;
            most.most_connected = most.most_connected.max(levels.connected);
            most.most_instances = most.most_instances.max(levels.instances);
        }
    }

    fn hold_busy_until(&mut self, now: SimTime) {
        let span = now.since(self.busy_since.max(self.window.from));
        self.busy_held.iter_mut().zip(self.busy).for_each(|(sum, level)| *sum += span.times(level));
        if self.cores.is_finite() {
            self.worked += span.nanos() as f64 * (f64::from(self.busy[0]) / self.cores).min(1.0);
        }
        self.busy_since = now;
    }

    /// A fact that is not one of the pools' alone.
    #[inline(never)]
    pub(super) fn on(&mut self, now: SimTime, fact: Fact, levels: &Levels) {
        let busy = [levels.running, levels.blocked, levels.linking];
        if busy != self.busy {
            self.hold_busy_until(now);
            self.busy = busy;
        }
        if now < self.window.from {
            return;
        }
        match fact {
            Fact::Unblocked { wait } => self.tiers.lock_wait.record(wait),
            Fact::Linked { wait } => self.tiers.pooler_wait.record(wait),
            other => self.tiers.counts.count(other),
        }
    }

    /// What was measured up to the end of the window.
    pub(super) fn finish(mut self) -> Tiers {
        self.hold_busy_until(self.window.until);
        let length = self.window.until.since(self.window.from).nanos().max(1) as f64;
        let [running, blocked, linking] = self.busy_held.map(|sum| sum as f64 / length);
        let [connected, servers, instances] = self.steady_held.map(|sum| sum as f64 / length);
        let utilisation = self.worked / length;
        let levels = self.tiers.levels;
        let levels = TierLevels { connected, running, utilisation, blocked, linking, servers, instances, ..levels };
        Tiers { levels, ..self.tiers }
    }
}
