//! What happens to the database as a whole: it becomes faster or slower, goes down, comes up.

use super::attempts::{Attempt, State};
use super::timers::{Rank, Timer};
use super::{Cut, Engine, Fact, Observer};
use crate::database::Lock;
use crate::pooler::Mode;
use crate::units::{SimTime, Span};

/// A speed that changes over some time does so in so many steps.
const STEPS: u32 = 50;

impl<O: Observer> Engine<'_, O> {
    /// The database becomes so many times as fast as its law, on a straight line over some time.
    pub(super) fn database_changes_speed(&mut self, now: SimTime, over: Span, factor: f64) {
        let from = self.cores.speed();
        if over == Span::ZERO {
            return self.set_speed(now, factor);
        }
        for step in 1..=STEPS {
            let share = f64::from(step) / f64::from(STEPS);
            let speed = from + (factor - from) * share;
            self.plan(now + over.scaled(share), Rank::Change, Timer::Speed(speed));
        }
    }

    pub(super) fn set_speed(&mut self, now: SimTime, speed: f64) {
        self.cores.set_speed(now, speed);
    }

    /// The database goes down: whoever is in a transaction has lost it, and nobody gets a connection until it is up.
    pub(super) fn database_goes_down(&mut self, now: SimTime, lasts: Span) {
        self.server.stop();
        self.levels.connected = 0;
        self.tell(now, 0, Fact::Database { up: false });
        // Behind a pooler clients stay connected, unless their whole session has a server.
        let session = self.model.pooler.as_ref().map(|pooler| pooler.mode == Mode::Session);
        if session != Some(false) {
            self.lose_all();
        }
        if let Some(pooler) = &mut self.pooler {
            pooler.crash(now);
        }
        self.lose_transactions(now);
        for owner in self.cores.cancel_all(now) {
            self.levels.running -= 1;
            self.has_run(now, owner);
        }
        self.settle_pooler(now);
        self.up_again[0] = self.up_again[0].max(now + lasts);
        self.plan(now + lasts, Rank::Change, Timer::DatabaseUp);
    }

    /// The pooler goes down, with all connections to it and of it; nobody gets one until it is up.
    pub(super) fn pooler_goes_down(&mut self, now: SimTime, lasts: Span) {
        self.pooler_is_down = true;
        self.up_again[1] = self.up_again[1].max(now + lasts);
        self.plan(now + lasts, Rank::Change, Timer::PoolerUp);
        self.lose_all();
        // Whoever waits for a server has its connection to the pooler, and loses that.
        for (id, serial) in self.attempts.which(|attempt| matches!(attempt.state, State::Linking(_))) {
            if self.attempts[id].serial == serial && matches!(self.attempts[id].state, State::Linking(_)) {
                self.cut(now, id, Cut::Lost);
            }
        }
        self.lose_transactions(now);
        // In session mode servers stand beside connections that do nothing.
        for home in 0..self.pools.len() as u32 {
            for server in self.pools[home as usize].take_notes() {
                self.free_server(now, home, server, true);
            }
        }
        if let Some(pooler) = &mut self.pooler {
            pooler.crash(now);
        }
        self.settle_pooler(now);
    }

    /// All connections of all pools are dead, and whatever they were connected to forgets them.
    fn lose_all(&mut self) {
        self.pools.iter_mut().for_each(|pool| pool.lose_all());
        self.pooler_epoch += 1;
        if let Some(pooler) = &mut self.pooler {
            pooler.forget_clients();
        }
    }

    /// Whoever is in a transaction has lost it.
    fn lose_transactions(&mut self, now: SimTime) {
        let lost = self.attempts.which(Attempt::is_in_transaction);
        // Nobody has the locked row any more, and nobody waits for it.
        self.lock = Lock::default();
        lost.iter().for_each(|(id, _)| self.attempts[*id].locks = false);
        for (id, serial) in lost {
            if self.attempts[id].serial == serial && self.attempts[id].is_in_transaction() {
                self.cut(now, id, Cut::Lost);
            }
        }
    }

    pub(super) fn database_comes_up(&mut self, now: SimTime) {
        if now < self.up_again[0] {
            return;
        }
        self.server.start();
        self.tell(now, 0, Fact::Database { up: true });
    }
}
