//! One connection pool as a plain state machine: it has no clock, no randomness and no recorder. It is told what happens and at
//! what moment, and says what is to be done.

mod autoscale;
mod config;
pub mod presets;
mod waiters;

pub use autoscale::{GrowsAt, PoolAutoscale};
pub use config::{Covers, Growth, IdleFloor, IdleOrder, LeakAction, Order, PoolConfig, Retire};
pub use waiters::Ticket;

use crate::units::{SimTime, Span};
use std::collections::VecDeque;
use waiters::Waiters;

/// One connection of one pool.
pub type Connection = u32;

/// What a pool answers to a request for a connection.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acquire {
    /// Here is one.
    Granted(Connection),
    /// There is none idle, and one more may be opened: open it.
    Open,
    /// All are in use: wait.
    Queued(Ticket),
    /// All are in use and as many wait as may.
    Rejected,
}

/// What a pool wants done next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<W> {
    /// This waiter gets this connection.
    Grant(W, Connection),
    /// This waiter opens a connection for itself.
    Open(W),
    /// This waiter is woken, to take a connection if one is still there.
    Wake(W),
    /// The pool opens a connection for whoever comes.
    Grow,
}

/// Why a connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It was too old.
    Lifetime,
    /// It had been idle for too long.
    Idle,
    /// There were idle ones enough, or the pool has become smaller.
    Surplus,
    /// It had been out for too long.
    Reclaimed,
    /// The other end had gone, or ended it.
    Broken,
    /// Its instance has ended.
    Ended,
}

/// A connection that was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Why.
    pub reason: Closed,
    /// Whether the other end was there until then: else it had lost it already.
    pub alive: bool,
    /// What had been [noted](Pool::note) with it.
    pub note: Option<u32>,
}

/// What is known of an open connection.
#[derive(Clone, Copy, Debug)]
struct Line {
    retire_at: SimTime,
    /// When it last came back or was checked.
    used_at: SimTime,
    /// Those of an earlier epoch are dead.
    epoch: u32,
    note: Option<u32>,
}

/// The state of one pool. `W` is whoever waits.
///
/// ```
/// use poolwise::{pool::{Acquire, Decision, Pool, PoolConfig}, units::SimTime};
/// let now = SimTime::ZERO;
/// let mut pool = Pool::new(PoolConfig { max_waiters: Some(1), ..PoolConfig::of_size(1) });
/// assert_eq!(pool.acquire("a", now), Acquire::Open);
/// let connection = pool.opened(now, SimTime::NEVER);
/// pool.lend(connection);
/// assert!(matches!(pool.acquire("b", now), Acquire::Queued(_)));
/// assert_eq!(pool.acquire("c", now), Acquire::Rejected);
/// pool.give_back(connection, now);
/// assert_eq!(pool.decide(now, 0), Some(Decision::Grant("b", connection)));
/// ```
#[derive(Clone, Debug)]
pub struct Pool<W> {
    config: PoolConfig,
    lines: Vec<Line>,
    /// Places of `lines` that stand for no connection.
    spare: Vec<Connection>,
    /// Idle connections; the one that came back last at the end.
    idle: VecDeque<Connection>,
    /// Connections that are out, the leaked ones among them.
    active: u32,
    opening: u32,
    /// Openers that rest.
    resting: u32,
    /// Connections that the housekeeper checks.
    checking: u32,
    /// Waiters that were woken and have not yet reached for a connection.
    woken: u32,
    /// Whether the housekeeper wants the least number of idle connections.
    refilling: bool,
    waiters: Waiters<W>,
    /// Closed since it was last asked.
    closed: Vec<Gone>,
    /// How often the other end has lost all its connections.
    epoch: u32,
}

impl<W: Copy> Pool<W> {
    /// A pool without connections.
    pub fn new(config: PoolConfig) -> Self {
        Self {
            lines: Vec::new(),
            spare: Vec::new(),
            idle: VecDeque::new(),
            active: 0,
            opening: 0,
            resting: 0,
            checking: 0,
            woken: 0,
            refilling: false,
            waiters: Waiters::new(config.order),
            closed: Vec::new(),
            epoch: 0,
            config,
        }
    }

    /// Ask for a connection.
    #[inline]
    pub fn acquire(&mut self, who: W, now: SimTime) -> Acquire {
        let barging = self.config.order == Order::Barging;
        if barging || self.waiters.len() == 0 {
            if let Some(connection) = self.take_idle(now) {
                return Acquire::Granted(connection);
            }
            if self.config.growth == Growth::Caller && self.places() < self.config.max_size {
                self.opening += 1;
                return Acquire::Open;
            }
        }
        if self.waiters.len() < self.config.max_waiters.unwrap_or(u32::MAX) {
            Acquire::Queued(self.waiters.push(who))
        } else {
            Acquire::Rejected
        }
    }

    /// A woken waiter reaches for a connection; it queues again, at the end, when somebody was faster.
    pub fn reach(&mut self, who: W, now: SimTime) -> Acquire {
        self.woken -= 1;
        match self.take_idle(now) {
            Some(connection) => Acquire::Granted(connection),
            None => Acquire::Queued(self.waiters.push(who)),
        }
    }

    /// A woken waiter gave up before it reached.
    pub fn forget_woken(&mut self) {
        self.woken -= 1;
    }

    /// Whether nothing is to be done: nobody waits, nothing is to be opened, and nothing was closed.
    #[inline]
    pub fn is_content(&self) -> bool {
        let opens_by_itself = self.config.growth == Growth::Background || self.refilling;
        self.waiters.len() == 0 && !opens_by_itself && self.closed.is_empty()
    }

    /// What is to be done next, if anything. To be asked until it answers `None` after everything that was told; `luck` is a
    /// random number for pools that serve by chance.
    #[inline]
    pub fn decide(&mut self, now: SimTime, luck: u64) -> Option<Decision<W>> {
        if self.waiters.len() > 0
            && let Some(decision) = self.decide_for_waiters(now, luck)
        {
            return Some(decision);
        }
        if self.may_grow() {
            self.opening += 1;
            return Some(Decision::Grow);
        }
        None
    }

    fn decide_for_waiters(&mut self, now: SimTime, luck: u64) -> Option<Decision<W>> {
        if self.config.order == Order::Barging {
            if self.idle.len() as u32 > self.woken {
                self.woken += 1;
                return self.waiters.pop(luck).map(Decision::Wake);
            }
        } else if let Some(connection) = self.take_idle(now) {
            return self.waiters.pop(luck).map(|who| Decision::Grant(who, connection));
        }
        if self.config.growth == Growth::Caller && self.places() < self.config.max_size {
            self.opening += 1;
            return self.waiters.pop(luck).map(Decision::Open);
        }
        None
    }

    /// Whether the pool opens one more by itself: for a waiter whom no opening serves yet, or to have the least idle.
    #[inline]
    fn may_grow(&mut self) -> bool {
        let background = self.config.growth == Growth::Background;
        if !(background || self.refilling) {
            return false;
        }
        let short = self.idle.len() as u32 + self.opening + self.checking < self.config.min_idle;
        self.refilling &= short;
        let parallel = self.config.open_parallelism.unwrap_or(u32::MAX);
        let wanted = short || (background && self.waiters.len() > self.opening);
        wanted && self.places() < self.config.max_size && self.opening + self.resting < parallel
    }

    /// A connection of the first ones is to be opened, before anybody asks.
    pub fn open_at_start(&mut self) {
        self.opening += 1;
    }

    /// An opening succeeded: the connection is to be [lent](Self::lend) to whoever opened it, or [kept](Self::keep).
    pub fn opened(&mut self, now: SimTime, retire_at: SimTime) -> Connection {
        let line = Line { retire_at, used_at: now, epoch: self.epoch, note: None };
        match self.spare.pop() {
            Some(place) => {
                self.lines[place as usize] = line;
                place
            }
            None => {
                self.lines.push(line);
                self.lines.len() as u32 - 1
            }
        }
    }

    /// Whether its instance has ended.
    pub fn is_ended(&self) -> bool {
        self.config.max_size == 0
    }

    /// A connection that was just opened goes to whoever opened it.
    pub fn lend(&mut self, _: Connection) {
        self.opening -= 1;
        self.active += 1;
    }

    /// A connection that was just opened is for whoever comes; it is closed if the pool has become smaller meanwhile.
    pub fn keep(&mut self, connection: Connection) {
        self.opening -= 1;
        if self.places() >= self.config.max_size {
            return self.close(connection, Closed::Surplus);
        }
        self.idle.push_back(connection);
    }

    /// An opening failed.
    pub fn open_failed(&mut self) {
        self.opening -= 1;
    }

    /// An opener rests, or has rested.
    pub fn rest(&mut self, rests: bool) {
        if rests {
            self.resting += 1;
        } else {
            self.resting -= 1;
        }
    }

    /// A connection comes back. It is closed when it is too old, when the pool has become smaller, and when nobody waits and
    /// enough are idle.
    #[inline]
    pub fn give_back(&mut self, connection: Connection, now: SimTime) {
        debug_assert!(self.active > 0, "more connections came back than went out");
        self.active -= 1;
        let line = &mut self.lines[connection as usize];
        line.used_at = now;
        if line.epoch != self.epoch {
            return self.close(connection, Closed::Broken);
        }
        let line = &self.lines[connection as usize];
        if self.config.retire.at_return && line.retire_at <= now {
            return self.close(connection, Closed::Lifetime);
        }
        let enough = self.waiters.len() == 0 && self.config.max_idle.is_some_and(|most| self.idle.len() as u32 >= most);
        if enough || self.places() >= self.config.max_size {
            return self.close(connection, if self.is_ended() { Closed::Ended } else { Closed::Surplus });
        }
        self.idle.push_back(connection);
    }

    /// A connection that is out is closed where it is.
    pub fn discard(&mut self, connection: Connection, reason: Closed) {
        self.active -= 1;
        self.close(connection, reason);
    }

    /// The other end has lost all connections. The pool does not know: it finds out one by one, when it checks or uses them.
    pub fn lose_all(&mut self) {
        self.epoch += 1;
    }

    /// Whether the other end has lost a connection.
    #[inline]
    pub fn is_dead(&self, connection: Connection) -> bool {
        self.lines[connection as usize].epoch != self.epoch
    }

    /// Note something with a connection that is open, for whoever is told that it was closed.
    pub fn note(&mut self, connection: Connection, note: Option<u32>) {
        self.lines[connection as usize].note = note;
    }

    /// All that was noted with connections, which are noted no more.
    pub fn take_notes(&mut self) -> Vec<u32> {
        self.lines.iter_mut().filter_map(|line| line.note.take()).collect()
    }

    /// What was noted with a connection.
    pub fn noted(&self, connection: Connection) -> Option<u32> {
        self.lines[connection as usize].note
    }

    /// Its instance ends: it opens nothing for whoever is cut off and closes what comes back.
    pub fn close_down(&mut self) {
        (self.config.max_size, self.config.min_idle) = (0, 0);
    }

    /// Its instance has ended: nothing is open any more, nothing will be, and whoever still waited is forgotten.
    pub fn end(&mut self) {
        self.close_down();
        (self.active, self.checking, self.woken) = (0, 0, 0);
        self.idle.clear();
        self.waiters = Waiters::new(self.config.order);
        let mut open = vec![true; self.lines.len()];
        self.spare.iter().for_each(|spare| open[*spare as usize] = false);
        for connection in (0..self.lines.len() as u32).filter(|connection| open[*connection as usize]) {
            self.close(connection, Closed::Ended);
        }
    }

    /// Give up by ticket, and be gone: whoever gave up never gets a connection afterwards. `None` when it has been served.
    pub fn give_up(&mut self, ticket: Ticket) -> Option<W> {
        self.waiters.remove(ticket)
    }

    /// Change the limit. Idle connections above it are closed at once, those in use as they come back.
    pub fn resize(&mut self, max_size: u32) {
        self.config.max_size = max_size;
        while self.places() > max_size
            && let Some(connection) = self.idle.pop_front()
        {
            self.close(connection, Closed::Surplus);
        }
    }

    /// All that is idle is closed. How many that were.
    pub fn flush(&mut self) -> u32 {
        let idle = core::mem::take(&mut self.idle);
        idle.iter().for_each(|connection| self.close(*connection, Closed::Surplus));
        idle.len() as u32
    }

    /// Settings change while it runs. The order of its waiters stays.
    pub fn configure(&mut self, config: PoolConfig) {
        let max_size = config.max_size;
        self.config = PoolConfig { order: self.config.order, ..config };
        self.resize(max_size);
    }

    /// The housekeeper comes: closes what is too old or idle for too long, and returns what it takes away to check.
    pub fn sweep(&mut self, now: SimTime) -> Vec<Connection> {
        let idle = core::mem::take(&mut self.idle);
        let mut left = idle.len() as u32;
        let mut to_check = Vec::new();
        // The longest idle first.
        for connection in idle {
            let line = self.lines[connection as usize];
            let unused = now.since(line.used_at);
            let floor = self.config.idle_floor == IdleFloor::Keep && left <= self.config.min_idle;
            let reason = if self.config.retire.while_idle && line.retire_at <= now {
                Some(Closed::Lifetime)
            } else if self.config.idle_timeout.is_some_and(|longest| unused >= longest) && !floor {
                Some(Closed::Idle)
            } else {
                None
            };
            match reason {
                Some(reason) => {
                    left -= 1;
                    self.close(connection, reason);
                }
                None if self.config.keepalive.is_some_and(|after| unused >= after) => {
                    self.checking += 1;
                    to_check.push(connection);
                }
                None => self.idle.push_back(connection),
            }
        }
        self.refilling = true;
        to_check
    }

    /// A connection that the housekeeper took away is back; it is closed if the pool has become smaller meanwhile.
    pub fn checked(&mut self, connection: Connection, now: SimTime) {
        self.checking -= 1;
        if self.is_dead(connection) {
            return self.close(connection, Closed::Broken);
        }
        if self.places() >= self.config.max_size {
            return self.close(connection, Closed::Surplus);
        }
        self.lines[connection as usize].used_at = now;
        self.idle.push_back(connection);
    }

    /// Whether a connection that is handed out now must be checked first.
    #[inline]
    pub fn wants_check(&self, connection: Connection, now: SimTime) -> bool {
        let unused = now.since(self.lines[connection as usize].used_at);
        self.config.validation > Span::ZERO && unused >= self.config.validation_skip
    }

    /// The connections that were closed, one after another, since the last time.
    #[inline]
    pub fn next_closed(&mut self) -> Option<Gone> {
        self.closed.pop()
    }

    fn close(&mut self, connection: Connection, reason: Closed) {
        let line = &mut self.lines[connection as usize];
        let (epoch, note) = (line.epoch, line.note.take());
        self.spare.push(connection);
        self.closed.push(Gone { reason, alive: epoch == self.epoch, note });
    }

    /// The idle connection that is used next; those too old are closed on the way, and those that a check would find dead.
    #[inline]
    fn take_idle(&mut self, now: SimTime) -> Option<Connection> {
        loop {
            let connection = match self.config.idle_order {
                IdleOrder::Lifo => self.idle.pop_back()?,
                IdleOrder::Fifo => self.idle.pop_front()?,
            };
            let old = self.config.retire.at_checkout && self.lines[connection as usize].retire_at <= now;
            let found_dead = self.is_dead(connection) && self.wants_check(connection, now);
            if !(old || found_dead) {
                self.active += 1;
                return Some(connection);
            }
            self.close(connection, if old { Closed::Lifetime } else { Closed::Broken });
        }
    }

    /// Connections that are there or on their way.
    #[inline]
    fn places(&self) -> u32 {
        self.active + self.idle.len() as u32 + self.opening + self.checking
    }

    /// Its settings, with the limit as it is now.
    pub fn config(&self) -> &PoolConfig {
        &self.config
    }

    /// Connections that are out.
    pub fn active(&self) -> u32 {
        self.active
    }

    /// Connections that are open.
    pub fn total(&self) -> u32 {
        self.active + self.idle.len() as u32 + self.checking
    }

    /// Connections that are there for whoever asks.
    pub fn idle(&self) -> u32 {
        self.idle.len() as u32
    }

    /// Requests that were woken and have not reached yet.
    pub fn woken(&self) -> u32 {
        self.woken
    }

    /// Requests in its queue.
    pub fn queued(&self) -> u32 {
        self.waiters.len()
    }
}

#[cfg(test)]
mod tests;
