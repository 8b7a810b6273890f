//! What is known of every attempt that is under way, by its place in one store that is used again and again.

use super::calendar::Place;
use super::requests::Request;
use crate::database::Job;
use crate::pool::{Connection, Covers, Ticket};
use crate::units::{SimTime, Span};

/// The place of an attempt in the store.
pub(super) type Id = u32;

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing under way here: the place is free.
    #[default]
    Free,
    /// In a pool's queue.
    Waiting(Ticket),
    /// Woken, on its way to a connection.
    Woken,
    /// Its connection is being opened.
    Opening,
    /// Its connection is being checked.
    Checking,
    /// Works with what it has before it asks for a further connection.
    Between,
    /// Works; where the parts of its work are told apart, in the database and without a processor.
    Working(Place),
    /// Does something else before its transaction.
    Outside(Place),
    /// Waits for a server connection of its pooler.
    Linking(u64),
    /// Waits for the locked row.
    Blocked,
    /// Shares the database's cores.
    Running(Job),
    /// Does something else within its transaction.
    Within(Place),
    /// Has answered, and still keeps its connections.
    Lingering(Place),
    /// Has answered, and keeps its connections for ever.
    Leaked,
    /// Waits for its next try.
    Retrying,
}

/// One attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempt {
    pub(super) request: Request,
    /// Whose request it is, in a closed loop.
    pub(super) client: Option<u32>,
    /// How many attempts of this request came before.
    pub(super) tries: u32,
    /// Names the attempt for timers, whatever happens to its place.
    pub(super) serial: u64,
    /// When this attempt came.
    pub(super) asked: SimTime,
    /// When the first attempt of its request came.
    pub(super) came: SimTime,
    /// When it asked for the connection that it waits for.
    pub(super) waits_since: SimTime,
    /// Connections that it has, with the moment it got each; the first apart, because nearly all have one.
    pub(super) first: Option<(Connection, SimTime)>,
    pub(super) further: Vec<(Connection, SimTime)>,
    pub(super) state: State,
    /// The connection that is being checked for it.
    pub(super) checked: Connection,
    /// Whether its client waits no longer.
    pub(super) left: bool,
    /// Whether a circuit breaker let it through.
    pub(super) passed: bool,
    /// Since when its statement takes, or it waits for its server connection.
    pub(super) statement_since: SimTime,
    /// Whether it has the locked row.
    pub(super) locks: bool,
    /// The server connection of its pooler that it has for its transaction.
    pub(super) server: Option<u32>,
    /// Whether an instance counts it among those that it has not answered.
    pub(super) routed: bool,
    /// Whether it is no request, but a health check.
    pub(super) probes: bool,
}

impl Attempt {
    /// How many connections it has.
    pub(super) fn connections(&self) -> u32 {
        u32::from(self.first.is_some()) + self.further.len() as u32
    }

    /// Whether it waits for a connection.
    pub(super) fn waits(&self) -> bool {
        matches!(self.state, State::Waiting(_) | State::Woken | State::Opening | State::Checking)
    }

    /// Whether it gives up at its acquire timeout.
    pub(super) fn loses_patience(&self, covers: Covers) -> bool {
        match covers {
            Covers::Wait => matches!(self.state, State::Waiting(_) | State::Woken),
            Covers::All => self.waits(),
        }
    }

    /// Whether it is within a statement.
    pub(super) fn is_in_statement(&self) -> bool {
        matches!(self.state, State::Blocked | State::Running(_) | State::Working(_))
    }

    /// Whether it is within a transaction, or has its connection for other work that it would lose with it.
    pub(super) fn is_in_transaction(&self) -> bool {
        self.is_in_statement() || matches!(self.state, State::Within(_))
    }

    /// Whether its client waits for its answer.
    pub(super) fn is_awaited(&self) -> bool {
        let answered = matches!(self.state, State::Lingering(_) | State::Leaked | State::Retrying | State::Free);
        !self.left && !answered && !self.probes
    }
}

/// The store.
#[derive(Default)]
pub(super) struct Attempts {
    all: Vec<Attempt>,
    free: Vec<Id>,
    serial: u64,
}

impl Attempts {
    /// A new attempt, whose request is still to be written.
    #[inline]
    pub(super) fn insert(&mut self, client: Option<u32>, tries: u32, asked: SimTime) -> Id {
        self.serial += 1;
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                self.all.push(Attempt::default());
                self.all.len() as Id - 1
            }
        };
        let attempt = &mut self.all[id as usize];
        attempt.client = client;
        attempt.tries = tries;
        attempt.serial = self.serial;
        attempt.asked = asked;
        attempt.came = asked;
        attempt.state = State::Retrying;
        attempt.left = false;
        attempt.passed = false;
        attempt.locks = false;
        attempt.routed = false;
        attempt.probes = false;
        debug_assert!(attempt.server.is_none());
        debug_assert!(attempt.first.is_none() && attempt.further.is_empty());
        id
    }

    /// It is over.
    #[inline]
    pub(super) fn remove(&mut self, id: Id) {
        let attempt = &mut self.all[id as usize];
        (attempt.state, attempt.serial) = (State::Free, 0);
        self.free.push(id);
    }

    /// Whether an attempt still waits as it did when its acquire timeout was set.
    #[inline]
    pub(super) fn loses_patience(&self, covers: Covers, after: Span, at: SimTime, id: Id, serial: u64) -> bool {
        let attempt = &self[id];
        attempt.serial == serial && attempt.waits_since + after == at && attempt.loses_patience(covers)
    }

    /// Whether the client of an attempt still waits for its answer.
    #[inline]
    pub(super) fn is_awaited(&self, id: Id, serial: u64) -> bool {
        self[id].serial == serial && self[id].is_awaited()
    }

    /// Whether the statement of an attempt is still the one for which a timeout was set that rings now.
    #[inline]
    pub(super) fn is_in_statement(&self, after: Span, at: SimTime, id: Id, serial: u64) -> bool {
        let attempt = &self[id];
        attempt.serial == serial && attempt.statement_since + after == at && attempt.is_in_statement()
    }

    /// Whether an attempt still waits for a server connection as it did when its timeout was set.
    #[inline]
    pub(super) fn is_linking(&self, after: Span, at: SimTime, id: Id, serial: u64) -> bool {
        let attempt = &self[id];
        let same = attempt.serial == serial && attempt.statement_since + after == at;
        same && matches!(attempt.state, State::Linking(_))
    }

    /// Those under way that are as asked for, with what names them.
    pub(super) fn which(&self, are: impl Fn(&Attempt) -> bool) -> Vec<(Id, u64)> {
        let under_way = self.all.iter().zip(0..).filter(|(attempt, _)| attempt.state != State::Free && are(attempt));
        under_way.map(|(attempt, id)| (id, attempt.serial)).collect()
    }

    /// Whether an attempt is still the same.
    #[inline]
    pub(super) fn is(&self, id: Id, serial: u64) -> bool {
        self[id].serial == serial
    }

    /// All that are under way.
    #[cfg(debug_assertions)]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Attempt> {
        self.all.iter().filter(|attempt| attempt.state != State::Free)
    }
}

impl core::ops::Index<Id> for Attempts {
    type Output = Attempt;
    #[inline]
    fn index(&self, id: Id) -> &Attempt {
        &self.all[id as usize]
    }
}

impl core::ops::IndexMut<Id> for Attempts {
    #[inline]
    fn index_mut(&mut self, id: Id) -> &mut Attempt {
        &mut self.all[id as usize]
    }
}
