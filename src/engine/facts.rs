//! What did happen: the engine's only output. Recorders, fingerprints and tests fold this one stream.

use crate::random::mix;
use crate::units::{SimTime, Span};

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A request came. What becomes of it follows at the same moment.
    Arrived,
    /// A request waits.
    Queued,
    /// As many waited as may: the request was turned away.
    Rejected,
    /// A request got a connection.
    Granted {
        /// How long it had waited.
        wait: Span,
    },
    /// A request gave up waiting, and is gone.
    TimedOut {
        /// How long it had waited.
        wait: Span,
    },
    /// A request was served and its connection came back.
    Returned {
        /// How long it held the connection.
        hold: Span,
        /// Wait and hold together.
        sojourn: Span,
    },
    /// A request was served and its connection never comes back.
    Leaked {
        /// How long it used the connection.
        hold: Span,
        /// Wait and hold together.
        sojourn: Span,
    },
    /// An entry of the timeline reached an instance.
    Changed {
        /// Which entry, by its place in the timeline.
        entry: usize,
    },
}

/// The fleet right after a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Connections that the pools count as in use, leaked ones among them.
    pub active: u32,
    /// Requests that wait.
    pub pending: u32,
    /// Connections that will never come back.
    pub leaked: u32,
    /// The sum of all pools' limits.
    pub size: u32,
}

/// Whoever watches a run. Called once per fact, in order.
pub trait Observer {
    /// `levels` holds right after the fact; between two facts nothing changes.
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels);
}

/// One 64-bit number for a whole run: equal on every platform, or the engine is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(pub u64);

impl Observer for Fingerprint {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        let (kind, a, b) = match fact {
            Fact::Arrived => (0, 0, 0),
            Fact::Queued => (1, 0, 0),
            Fact::Rejected => (2, 0, 0),
            Fact::Granted { wait } => (3, wait.nanos(), 0),
            Fact::TimedOut { wait } => (4, wait.nanos(), 0),
            Fact::Returned { hold, sojourn } => (5, hold.nanos(), sojourn.nanos()),
            Fact::Leaked { hold, sojourn } => (6, hold.nanos(), sojourn.nanos()),
            Fact::Changed { entry } => (7, entry as u64, 0),
        };
        let here = (u64::from(instance) << 32) | u64::from(levels.active) ^ (u64::from(levels.pending) << 16);
        self.0 = [now.nanos(), kind, a, b, here].into_iter().fold(self.0, |sum, word| mix(sum ^ word));
    }
}
