//! The server connections of one user, and the clients that wait for them.

use super::{Counts, PoolerConfig, Server, Ticket};
use crate::pool::IdleOrder;
use crate::units::{SimTime, Span};
use std::collections::{BTreeMap, VecDeque};

/// What is known of an open server connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    opened_at: SimTime,
    /// When it last came free.
    pub(super) used_at: SimTime,
    /// Of the database when it was opened.
    pub(super) epoch: u32,
    /// The database has gone down since.
    pub(super) dead: bool,
}

/// A server connection that is wanted once, though nobody waits: if it can not be opened now, it is forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wish {
    #[default]
    None,
    /// By the janitor, to have the least.
    Least,
    /// By a client that was refused, for those that come later.
    Login,
}

#[derive(Clone, Debug)]
pub(super) struct Servers<W> {
    pub(super) lines: Vec<Line>,
    /// Places of `lines` that stand for no connection.
    spare: Vec<Server>,
    /// The one that is used next in front, the one that is evicted first at the back.
    pub(super) idle: VecDeque<Server>,
    pub(super) open: u32,
    /// Whether one is being opened: never two at once.
    pub(super) opening: bool,
    /// When the last login began.
    launched_at: SimTime,
    /// Whether it failed.
    pub(super) failed: bool,
    /// When the last one was closed for its age.
    retired_at: Option<SimTime>,
    /// In order of arrival, with the moments at which they came.
    waiters: BTreeMap<Ticket, (W, SimTime)>,
    come: Ticket,
    /// Connected clients.
    pub(super) clients: u32,
    pub(super) wish: Wish,
}

impl<W: Copy> Servers<W> {
    pub(super) fn new() -> Self {
        Self {
            lines: Vec::new(),
            spare: Vec::new(),
            idle: VecDeque::new(),
            open: 0,
            opening: false,
            launched_at: SimTime::ZERO,
            failed: false,
            retired_at: None,
            waiters: BTreeMap::new(),
            come: 0,
            clients: 0,
            wish: Wish::None,
        }
    }

    pub(super) fn is_waited_for(&self) -> bool {
        !self.waiters.is_empty()
    }

    pub(super) fn wait(&mut self, who: W, now: SimTime) -> Ticket {
        self.come += 1;
        self.waiters.insert(self.come, (who, now));
        self.come
    }

    /// Leave by ticket; `None` when it has been served or refused.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<W> {
        self.waiters.remove(&ticket).map(|(who, _)| who)
    }

    /// Whoever has waited longest.
    pub(super) fn next_waiter(&mut self) -> Option<W> {
        self.waiters.pop_first().map(|(_, (who, _))| who)
    }

    /// From when on its own rules let it open one more; `NEVER` while one is being opened, and while it has all it may have.
    ///
    /// Source: PgBouncer 1.25, src/objects.c, `launch_new_connection`.
    pub(super) fn may_open_at(&self, config: &PoolerConfig) -> SimTime {
        if self.opening {
            return SimTime::NEVER;
        }
        let rested = if self.failed { self.launched_at + config.server_login_retry } else { SimTime::ZERO };
        if self.open < config.default_pool_size {
            return rested;
        }
        let reserve = self.open - config.default_pool_size < config.reserve_pool_size;
        match self.waiters.first_key_value() {
            Some((_, (_, since))) if reserve => rested.max(*since + config.reserve_pool_timeout),
            _ => SimTime::NEVER,
        }
    }

    pub(super) fn launch(&mut self, now: SimTime) {
        self.opening = true;
        self.launched_at = now;
    }

    pub(super) fn add(&mut self, epoch: u32, now: SimTime) -> Server {
        self.open += 1;
        let line = Line { opened_at: now, used_at: now, epoch, dead: false };
        match self.spare.pop() {
            Some(place) => {
                self.lines[place as usize] = line;
                place
            }
            None => {
                self.lines.push(line);
                self.lines.len() as Server - 1
            }
        }
    }

    /// A server connection that is in no list is closed; its epoch.
    pub(super) fn remove(&mut self, server: Server) -> u32 {
        self.open -= 1;
        self.spare.push(server);
        self.lines[server as usize].epoch
    }

    pub(super) fn rest(&mut self, server: Server, order: IdleOrder, now: SimTime) {
        self.lines[server as usize].used_at = now;
        match order {
            IdleOrder::Lifo => self.idle.push_front(server),
            IdleOrder::Fifo => self.idle.push_back(server),
        }
    }

    /// When it is too old: at its age, and not before its share of a lifetime has passed since another was, so that those which
    /// opened together do not close together.
    ///
    /// Source: PgBouncer 1.25, src/objects.c, `life_over`.
    pub(super) fn retires_at(&self, server: Server, config: &PoolerConfig) -> SimTime {
        let Some(lifetime) = config.server_lifetime else {
            return SimTime::NEVER;
        };
        let gap = Span::from_nanos(lifetime.nanos() / u64::from(config.default_pool_size));
        let in_turn = self.retired_at.map_or(SimTime::ZERO, |before| before + gap);
        (self.lines[server as usize].opened_at + lifetime).max(in_turn)
    }

    pub(super) fn retired(&mut self, now: SimTime) {
        self.retired_at = Some(now);
    }

    /// When it has been idle for too long; `NEVER` while there are no more than the least.
    pub(super) fn idles_until(&self, server: Server, config: &PoolerConfig) -> SimTime {
        match config.server_idle_timeout {
            Some(timeout) if config.min_pool_size == 0 || self.open > config.min_pool_size => {
                self.lines[server as usize].used_at + timeout
            }
            _ => SimTime::NEVER,
        }
    }

    /// Whether there are fewer than the least.
    pub(super) fn is_short(&self, config: &PoolerConfig) -> bool {
        self.open < config.min_pool_size.min(config.default_pool_size) && self.clients > 0
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            open: self.open,
            idle: self.idle.len() as u32,
            opening: self.opening.into(),
            waiting: self.waiters.len() as u32,
        }
    }
}
