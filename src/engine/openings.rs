//! Connections are opened, rest, are checked, and are closed for their age.

use super::attempts::{Id, State};
use super::timers::{Rank, Timer};
use super::{Engine, Fact, Observer};
use crate::pool::Connection;
use crate::random::unit;
use crate::units::{SimTime, Span};
use rand::Rng;

impl<O: Observer> Engine<'_, O> {
    /// An attempt opens a connection for itself.
    #[inline]
    pub(super) fn open_for(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        attempt.state = State::Opening;
        let (instance, serial) = (attempt.request.instance, attempt.serial);
        self.tell(now, instance, Fact::Opens);
        self.open(now, instance, 0, Some((id, serial)));
    }

    /// Begin to open a connection; it is there at once where opening takes no time.
    pub(super) fn open(&mut self, now: SimTime, instance: u32, retry: u32, caller: Option<(Id, u64)>) {
        let database = &self.model.database;
        let failure = database.connect_failure.value();
        let fails = failure > 0.0 && unit(self.connects.next_u64()) < failure;
        match &database.connect {
            Some(connect) => {
                let takes = connect.draw(&mut self.connects);
                self.plan(now + takes, Rank::Free, Timer::Opens { instance, fails, retry, caller });
            }
            None => self.opens(now, instance, fails, retry, caller),
        }
    }

    /// A connection is open, or failed to open.
    pub(super) fn opens(&mut self, now: SimTime, instance: u32, fails: bool, retry: u32, caller: Option<(Id, u64)>) {
        // Whoever opened it may have gone meanwhile.
        let orphan = caller.is_some();
        let caller = caller.filter(|(id, serial)| {
            let attempt = &self.attempts[*id];
            attempt.serial == *serial && attempt.state == State::Opening
        });
        if fails {
            return match caller {
                None if !orphan => self.open_fails(now, instance, retry),
                caller => self.open_fails_for(now, instance, caller.map(|(id, _)| id)),
            };
        }
        let connection = self.opened(now, instance);
        if let Some((id, _)) = caller {
            self.pools[instance as usize].lend(connection);
            self.levels.pending -= 1;
            self.levels.active += 1;
            self.grant(now, id, connection);
        } else {
            self.pools[instance as usize].keep(connection);
            if !orphan {
                self.rest(now, instance);
            }
        }
        self.settle(now, instance);
    }

    /// A pool has one connection more.
    fn opened(&mut self, now: SimTime, instance: u32) -> Connection {
        let retire_at = self.retirement(now);
        let connection = self.pools[instance as usize].opened(now, retire_at);
        self.levels.total += 1;
        self.tell(now, instance, Fact::Opened);
        connection
    }

    /// When a connection that opens now will be too old.
    pub(super) fn retirement(&mut self, now: SimTime) -> SimTime {
        let config = &self.model.pool;
        config.max_lifetime.map_or(SimTime::NEVER, |lifetime| {
            let less = config.lifetime_jitter.value() * unit(self.lifetimes.next_u64());
            now + lifetime.scaled(1.0 - less)
        })
    }

    /// An opening for an attempt fails, which may have gone meanwhile.
    fn open_fails_for(&mut self, now: SimTime, instance: u32, caller: Option<Id>) {
        self.tell(now, instance, Fact::OpenFailed);
        self.pools[instance as usize].open_failed();
        if let Some(id) = caller {
            self.levels.pending -= 1;
            let wait = now - self.attempts[id].waits_since;
            self.tell(now, instance, Fact::Refused { wait });
            self.fail(now, id);
        }
        self.settle(now, instance);
    }

    /// An opening of the pool's own fails: the opener keeps its place while it waits, and doubles the delay.
    fn open_fails(&mut self, now: SimTime, instance: u32, retry: u32) {
        self.tell(now, instance, Fact::OpenFailed);
        let (first, longest) = self.model.pool.open_backoff;
        let delay = Span::from_nanos(first.nanos().saturating_mul(1 << retry.min(40))).min(longest);
        self.plan(now + delay, Rank::Free, Timer::OpensAgain { instance, retry: retry + 1 });
    }

    fn rest(&mut self, now: SimTime, instance: u32) {
        let pause = self.model.pool.open_pause;
        if pause > Span::ZERO {
            self.pools[instance as usize].rest(true);
            self.plan(now + pause, Rank::Free, Timer::Rested { instance });
        }
    }

    /// The housekeeper comes.
    pub(super) fn sweep(&mut self, now: SimTime, instance: u32) {
        let config = &self.model.pool;
        let (takes, next) = (config.validation, config.housekeeping);
        for connection in self.pools[instance as usize].sweep(now) {
            self.plan(now + takes, Rank::Free, Timer::KeptAlive { instance, connection });
        }
        if let Some(period) = next {
            self.plan(now + period, Rank::Change, Timer::Sweep { instance });
        }
        self.settle(now, instance);
    }
}
