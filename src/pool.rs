//! One connection pool as a plain state machine: it has no clock, no randomness and no recorder, and returns decisions.

use crate::units::Span;
use std::collections::VecDeque;

/// A pool's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolConfig {
    /// The most connections that one instance's pool opens.
    pub max_size: u32,
    /// How long a request waits for a connection before it gives up; `None` waits for ever.
    pub acquire_timeout: Option<Span>,
    /// How many requests may wait at once; a further one is rejected. `None` is no limit.
    pub max_waiters: Option<u32>,
}

impl PoolConfig {
    /// Whether the queue can not grow for ever.
    pub fn bounds_its_queue(&self) -> bool {
        self.acquire_timeout.is_some() || self.max_waiters.is_some()
    }
}

/// What a pool answers to a request for a connection.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub enum Acquire<W> {
    /// Here is a connection.
    Granted(W),
    /// All are in use: wait.
    Queued,
    /// All are in use and as many wait as may.
    Rejected,
}

/// The state of one pool. `W` is whoever waits; waiters are served first come, first served.
///
/// ```
/// use poolwise::pool::{Acquire, Pool, PoolConfig};
/// let mut pool = Pool::new(&PoolConfig { max_size: 1, acquire_timeout: None, max_waiters: Some(1) });
/// assert_eq!(pool.acquire("a"), Acquire::Granted("a"));
/// assert_eq!(pool.acquire("b"), Acquire::Queued);
/// assert_eq!(pool.acquire("c"), Acquire::Rejected);
/// assert_eq!(pool.give_back(), Some("b"));
/// ```
#[derive(Clone, Debug)]
pub struct Pool<W> {
    max_size: u32,
    max_waiters: u32,
    /// Connections that are checked out, the leaked ones among them.
    active: u32,
    waiters: VecDeque<W>,
}

impl<W> Pool<W> {
    /// An idle pool.
    pub fn new(config: &PoolConfig) -> Self {
        Self {
            max_size: config.max_size,
            max_waiters: config.max_waiters.unwrap_or(u32::MAX),
            active: 0,
            waiters: VecDeque::new(),
        }
    }

    /// Ask for a connection.
    pub fn acquire(&mut self, who: W) -> Acquire<W> {
        if self.active < self.max_size && self.waiters.is_empty() {
            self.active += 1;
            Acquire::Granted(who)
        } else if self.pending() < self.max_waiters {
            self.waiters.push_back(who);
            Acquire::Queued
        } else {
            Acquire::Rejected
        }
    }

    /// A connection comes back: the waiter who gets it, if any. A pool that has become smaller keeps it.
    pub fn give_back(&mut self) -> Option<W> {
        debug_assert!(self.active > 0, "more connections came back than went out");
        self.active -= 1;
        self.admit()
    }

    /// Give a free connection to the first waiter. To be called until it answers `None` after the pool has grown.
    pub fn admit(&mut self) -> Option<W> {
        if self.active >= self.max_size {
            return None;
        }
        let next = self.waiters.pop_front()?;
        self.active += 1;
        Some(next)
    }

    /// Who has waited longest.
    pub fn longest_waiting(&self) -> Option<&W> {
        self.waiters.front()
    }

    /// Who has waited longest gives up, and is gone: it never gets a connection afterwards.
    pub fn give_up(&mut self) -> Option<W> {
        self.waiters.pop_front()
    }

    /// Change the limit. Connections above a lower one are closed as they come back.
    pub fn resize(&mut self, max_size: u32) {
        self.max_size = max_size;
    }

    /// The most connections it opens.
    pub fn max_size(&self) -> u32 {
        self.max_size
    }

    /// Connections that are checked out.
    pub fn active(&self) -> u32 {
        self.active
    }

    /// Requests that wait.
    pub fn pending(&self) -> u32 {
        self.waiters.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every sequence of up to seven operations on every small pool keeps the promises.
    #[test]
    fn every_short_sequence_of_operations_keeps_the_promises() {
        const LENGTH: u32 = 7;
        for max_size in 1..=3 {
            for max_waiters in [0, 1, 2] {
                for script in 0..5u32.pow(LENGTH) {
                    drive(max_size, max_waiters, script, LENGTH);
                }
            }
        }
    }

    fn drive(max_size: u32, max_waiters: u32, mut script: u32, length: u32) {
        let config = PoolConfig { max_size, acquire_timeout: None, max_waiters: Some(max_waiters) };
        let mut pool = Pool::new(&config);
        let (mut asked, mut last_served, mut out) = (0u32, 0u32, 0u32);
        let mut limit = max_size;
        let mut serve = |who: u32, out: &mut u32| {
            assert!(who > last_served, "request {who} was served after {last_served}: not first come, first served");
            last_served = who;
            *out += 1;
        };
        for _ in 0..length {
            match script % 5 {
                0 => {
                    asked += 1;
                    match pool.acquire(asked) {
                        Acquire::Granted(who) => serve(who, &mut out),
                        Acquire::Queued => assert!(pool.pending() <= max_waiters),
                        Acquire::Rejected => assert_eq!(pool.pending(), max_waiters),
                    }
                }
                1 if out > 0 => {
                    out -= 1;
                    if let Some(who) = pool.give_back() {
                        serve(who, &mut out);
                    }
                }
                2 => drop(pool.give_up()),
                grow_or_shrink => {
                    limit = if grow_or_shrink == 3 { limit + 1 } else { limit.saturating_sub(1).max(1) };
                    pool.resize(limit);
                    while let Some(who) = pool.admit() {
                        serve(who, &mut out);
                    }
                }
            }
            script /= 5;
            assert_eq!(pool.active(), out);
            assert!(pool.pending() == 0 || pool.active() >= pool.max_size(), "someone waits beside a free connection");
        }
    }
}
