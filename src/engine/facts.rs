//! What did happen: the engine's only output. Recorders, fingerprints and tests fold this one stream.

use crate::database::Refusal;
use crate::pool::Closed;
use crate::random::mix;
use crate::units::{SimTime, Span};

/// Something that happened. Of every attempt exactly one of `Served { wanted: true, .. }` and `Failed` is told, unless the run
/// ends before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An attempt came: a request for the first time, or again.
    Arrived {
        /// Whether it is a retry.
        again: bool,
    },
    /// An attempt waits in the queue.
    Queued,
    /// As many waited as may: the attempt was turned away.
    Rejected,
    /// The circuit breaker was open: the attempt was not made.
    Broken,
    /// An attempt got a connection.
    Granted {
        /// How long it had waited, its opening and check included.
        wait: Span,
    },
    /// An attempt gave up waiting, and is gone.
    TimedOut {
        /// How long it had waited.
        wait: Span,
    },
    /// The connection that an attempt opened could not be opened.
    Refused {
        /// How long it had waited.
        wait: Span,
    },
    /// The client waits no longer for the answer; the attempt goes on.
    Left,
    /// An attempt has its answer.
    Served {
        /// Wait and work together, from the attempt's arrival.
        sojourn: Span,
        /// Whether the client is still there.
        wanted: bool,
    },
    /// The client has no answer from this attempt.
    Failed {
        /// From the attempt's arrival.
        sojourn: Span,
        /// Whether the request is lost: it will not be tried again.
        lost: bool,
    },
    /// A connection came back.
    Returned {
        /// How long it was out.
        hold: Span,
    },
    /// A connection will never come back.
    Leaked {
        /// How long it was in use.
        hold: Span,
    },
    /// A connection has been out for longer than the leak detection's threshold.
    Suspected,
    /// An attempt begins to open a connection for itself.
    Opens,
    /// The connection for an attempt begins to be checked.
    Checked,
    /// A connection was opened.
    Opened,
    /// Opening a connection failed.
    OpenFailed,
    /// A connection was closed.
    Closed {
        /// Why.
        reason: Closed,
    },
    /// A connection begins to open at the database, and takes its slot there.
    Connects,
    /// The database refused a connection.
    ConnectRefused {
        /// Why.
        why: Refusal,
    },
    /// A query begins to run: it shares the database's cores.
    Runs,
    /// A query needs no core any more.
    Ran,
    /// A statement waits for the locked row.
    Blocked,
    /// It has it, or waits for it no longer.
    Unblocked {
        /// How long it had waited.
        wait: Span,
    },
    /// A request was ended before its answer; its failure is told next.
    Cut {
        /// By what.
        why: Cut,
    },
    /// The database went down, with all its connections, or came up.
    Database {
        /// Whether it is up.
        up: bool,
    },
    /// A request waits until its pooler has a server connection for it.
    Links,
    /// It has one.
    Linked {
        /// How long it had waited.
        wait: Span,
    },
    /// It waits for one no longer: it is ended.
    Unlinked,
    /// The pooler opened a server connection.
    ServerOpened,
    /// The pooler closed one, or lost it.
    ServerClosed,
    /// An instance serves requests from now on.
    Serves,
    /// An instance gets no more requests.
    Leaves,
    /// An instance has ended, and has nothing any more.
    Gone,
    /// There is no instance that could serve an attempt.
    Unserved,
    /// A health check of an instance took a step: levels change with it.
    Probes,
    /// A health check has its answer.
    Probed {
        /// Whether it came in time.
        ok: bool,
    },
    /// An alert was looked at, where its metric has a value.
    Looked {
        /// Which alert, by its place.
        alert: usize,
        /// The value in thousandths of the threshold; of 1 where that is 0.
        thousandths: u32,
    },
    /// An alert fires from now on.
    Fires {
        /// Which alert, by its place.
        alert: usize,
    },
    /// An alert fires no more.
    Clears {
        /// Which alert, by its place.
        alert: usize,
    },
    /// A request has its answer, or is lost: told once for each, where the model has users or an incident.
    Ended {
        /// Whose it was; 0 where there are no users.
        user: u32,
        /// Whether it is lost.
        failed: bool,
        /// From its first attempt's arrival.
        sojourn: Span,
    },
    /// An entry of the timeline reached an instance.
    Changed {
        /// Which entry, by its place in the timeline.
        entry: usize,
    },
}

/// What ends a request that has a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Its statement took longer than the statement timeout.
    Statement,
    /// It waited for a lock for longer than the lock timeout.
    Lock,
    /// It did nothing within its transaction for longer than the database allows; its connection is closed.
    Idle,
    /// Its connection was dead, or died.
    Lost,
    /// It waited for a server connection for longer than the pooler allows; its connection is closed.
    QueryWait,
    /// The pooler could not log in to the database, and closed its connection.
    LoginFailed,
    /// Its instance ended.
    Ended,
}

impl Cut {
    /// Whether its connection is closed.
    pub fn closes(self) -> bool {
        !matches!(self, Self::Statement | Self::Lock)
    }
}

/// The fleet right after a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Levels {
    /// Connections that the pools count as in use, leaked ones among them.
    pub active: u32,
    /// Attempts that wait for a connection: in the queue, or while theirs opens or is checked.
    pub pending: u32,
    /// Queries that share the database's cores.
    pub running: u32,
    /// Statements that wait for the locked row.
    pub blocked: u32,
    /// Requests that wait for a server connection of their pooler.
    pub linking: u32,
    /// Connections that will never come back.
    pub leaked: u32,
    /// Connections that are open.
    pub total: u32,
    /// The sum of all pools' limits.
    pub size: u32,
    /// Connections at the database, also those that are being opened; 0 where nobody counts them.
    pub connected: u32,
    /// Server connections that the pooler has open.
    pub servers: u32,
    /// Instances that serve.
    pub instances: u32,
    /// The instance at which the fact happened; zero where nobody asks, which are models with neither a timeline nor an incident.
    pub here: Here,
}

/// One instance right after a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Here {
    /// Connections that its pools count as in use, leaked ones among them.
    pub active: u32,
    /// Attempts that wait for one of its connections.
    pub pending: u32,
    /// Its connections that are open.
    pub total: u32,
    /// The sum of its pools' limits.
    pub size: u32,
}

impl Here {
    /// What has changed is added.
    pub(super) fn follow(&mut self, now: Self, before: Self) {
        for (here, (now, before)) in [
            (&mut self.active, (now.active, before.active)),
            (&mut self.pending, (now.pending, before.pending)),
            (&mut self.total, (now.total, before.total)),
            (&mut self.size, (now.size, before.size)),
        ] {
            *here = here.wrapping_add(now.wrapping_sub(before));
        }
    }
}

impl Levels {
    /// The same of the whole fleet.
    pub(crate) fn everywhere(&self) -> Here {
        Here { active: self.active, pending: self.pending, total: self.total, size: self.size }
    }
}

/// Whoever watches a run. Called once per fact, in order.
pub trait Observer {
    /// `levels` holds right after the fact; between two facts nothing changes.
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels);
}

impl Observer for &mut dyn Observer {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        (**self).on(now, instance, fact, levels);
    }
}

/// One 64-bit number for a whole run: equal on every platform, or the engine is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(pub u64);

impl Observer for Fingerprint {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        let (kind, a, b) = match fact {
            Fact::Arrived { again } => (0, again.into(), 0),
            Fact::Queued => (1, 0, 0),
            Fact::Rejected => (2, 0, 0),
            Fact::Granted { wait } => (3, wait.nanos(), 0),
            Fact::TimedOut { wait } => (4, wait.nanos(), 0),
            Fact::Returned { hold } => (5, hold.nanos(), 0),
            Fact::Leaked { hold } => (6, hold.nanos(), 0),
            Fact::Changed { entry } => (7, entry as u64, 0),
            Fact::Served { sojourn, wanted } => (8, sojourn.nanos(), wanted.into()),
            Fact::Failed { sojourn, lost } => (9, sojourn.nanos(), lost.into()),
            Fact::Broken => (10, 0, 0),
            Fact::Refused { wait } => (11, wait.nanos(), 0),
            Fact::Left => (12, 0, 0),
            Fact::Suspected => (13, 0, 0),
            Fact::Opened => (14, 0, 0),
            Fact::OpenFailed => (15, 0, 0),
            Fact::Closed { reason } => (16, reason as u64, 0),
            Fact::Opens => (17, 0, 0),
            Fact::Checked => (18, 0, 0),
            Fact::Connects => (19, 0, 0),
            Fact::ConnectRefused { why } => (20, why as u64, 0),
            Fact::Runs => (21, 0, 0),
            Fact::Ran => (22, 0, 0),
            Fact::Blocked => (23, 0, 0),
            Fact::Unblocked { wait } => (24, wait.nanos(), 0),
            Fact::Cut { why } => (25, why as u64, 0),
            Fact::Database { up } => (26, up.into(), 0),
            Fact::Links => (27, 0, 0),
            Fact::Linked { wait } => (28, wait.nanos(), 0),
            Fact::Unlinked => (29, 0, 0),
            Fact::ServerOpened => (30, 0, 0),
            Fact::ServerClosed => (31, 0, 0),
            Fact::Serves => (32, 0, 0),
            Fact::Leaves => (33, 0, 0),
            Fact::Unserved => (34, 0, 0),
            Fact::Probes => (35, 0, 0),
            Fact::Probed { ok } => (36, ok.into(), 0),
            Fact::Ended { user, failed, sojourn } => (37, sojourn.nanos(), (u64::from(user) << 1) | u64::from(failed)),
            Fact::Looked { alert, thousandths } => (38, alert as u64, thousandths.into()),
            Fact::Fires { alert } => (39, alert as u64, 0),
            Fact::Clears { alert } => (40, alert as u64, 0),
            Fact::Gone => (41, 0, 0),
        };
        let here = (u64::from(instance) << 32) | u64::from(levels.active) ^ (u64::from(levels.pending) << 16);
        self.0 = [now.nanos(), kind, a, b, here].into_iter().fold(self.0, |sum, word| mix(sum ^ word));
    }
}
