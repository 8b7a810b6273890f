//! What each event does to attempts and pools.

use super::attempts::{Id, State};
use super::timers::{Rank, Timer};
use super::{Engine, Fact, Observer};
use crate::pool::{Acquire, Connection, Covers, Decision, LeakAction};
use crate::timeline::Change;
use crate::units::{SimTime, Span};
use rand::Rng;

impl<O: Observer> Engine<'_, O> {
    /// The first connections, clients and arrivals.
    pub(super) fn start(&mut self) {
        let now = SimTime::ZERO;
        let config = &self.model.pool;
        let (first, period) = (config.min_idle.min(config.max_size), config.housekeeping);
        let resized = self.model.timeline.iter().any(|entry| matches!(entry.change, Change::ResizePool { .. }));
        let sweeps = period.filter(|_| config.wants_housekeeping(resized));
        for instance in 0..self.model.instances {
            for _ in 0..first {
                self.pools[instance as usize].open_at_start();
                let retire_at = self.retirement(now);
                let pool = &mut self.pools[instance as usize];
                let connection = pool.opened(now, retire_at);
                pool.keep(connection);
                self.levels.total += 1;
            }
            if let Some(period) = sweeps {
                // The instances were not all started at the same moment.
                let share = f64::from(instance + 1) / f64::from(self.model.instances);
                self.plan(now + period.scaled(share), Rank::Change, Timer::Sweep { instance });
            }
        }
        self.find_next_arrival();
        self.start_clients();
    }

    /// Which source brings the next request.
    #[inline]
    fn find_next_arrival(&mut self) {
        self.next_arrival = match self.sources.as_mut_slice() {
            [only] => (only.moment(), 0),
            all => all.iter_mut().enumerate().fold((SimTime::NEVER, 0), |first, (n, source)| {
                let at = source.moment();
                if at < first.0 { (at, n) } else { first }
            }),
        };
    }

    #[inline]
    pub(super) fn arrive(&mut self, now: SimTime) {
        let source = self.next_arrival.1;
        let id = self.attempts.insert(None, 0, now);
        self.sources[source].write(&mut self.attempts[id].request);
        self.find_next_arrival();
        self.attempt(now, id);
    }

    /// An attempt comes to its instance.
    #[inline]
    pub(super) fn attempt(&mut self, now: SimTime, id: Id) {
        let attempt = &self.attempts[id];
        let (instance, serial, again) = (attempt.request.instance, attempt.serial, attempt.tries > 0);
        self.tell(now, instance, Fact::Arrived { again });
        if !again {
            self.earn_retries();
        }
        if !self.may_pass(now, id) {
            self.tell(now, instance, Fact::Broken);
            return self.fail(now, id);
        }
        let attempts = &self.attempts;
        let deadline = self.client_patience.set(now, id, serial, |_, id, serial| attempts.is_awaited(id, serial));
        if let Some(deadline) = deadline {
            self.expect(deadline);
        }
        self.ask(now, id);
    }

    /// An attempt asks for a connection: its first, or a further one.
    #[inline]
    fn ask(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        attempt.waits_since = now;
        let instance = attempt.request.instance;
        match self.pools[instance as usize].acquire(id, now) {
            Acquire::Granted(connection) => {
                if self.model.pool.timeout_covers == Covers::All {
                    self.lose_patience_later(now, id);
                }
                self.check_out(now, id, connection);
            }
            Acquire::Queued(ticket) => {
                self.levels.pending += 1;
                self.attempts[id].state = State::Waiting(ticket);
                self.lose_patience_later(now, id);
                self.tell(now, instance, Fact::Queued);
            }
            Acquire::Open => {
                self.levels.pending += 1;
                if self.model.pool.timeout_covers == Covers::All {
                    self.lose_patience_later(now, id);
                }
                self.open_for(now, id);
            }
            Acquire::Rejected => {
                self.tell(now, instance, Fact::Rejected);
                self.fail(now, id);
            }
        }
        self.settle(now, instance);
    }

    #[inline]
    fn lose_patience_later(&mut self, now: SimTime, id: Id) {
        let (attempts, pool) = (&self.attempts, &self.model.pool);
        let serial = attempts[id].serial;
        let matters = |at, id, serial| attempts.loses_patience(pool, at, id, serial);
        if let Some(deadline) = self.patience.set(now, id, serial, matters) {
            self.expect(deadline);
        }
    }

    /// Do what the pool decides, until it is content.
    #[inline]
    pub(super) fn settle(&mut self, now: SimTime, instance: u32) {
        if !self.settling && !self.pools[instance as usize].is_content() {
            self.settling = true;
            self.settle_all(now, instance);
            self.settling = false;
        }
    }

    fn settle_all(&mut self, now: SimTime, instance: u32) {
        loop {
            let luck = if self.chance_serves { self.orders.next_u64() } else { 0 };
            let pool = &mut self.pools[instance as usize];
            let decision = pool.decide(now, luck);
            while let Some(reason) = self.pools[instance as usize].next_closed() {
                self.levels.total -= 1;
                self.tell(now, instance, Fact::Closed { reason });
            }
            match decision {
                None => return,
                Some(Decision::Grant(id, connection)) => {
                    self.levels.pending -= 1;
                    self.check_out(now, id, connection);
                }
                Some(Decision::Open(id)) => self.open_for(now, id),
                Some(Decision::Wake(id)) => {
                    let attempt = &mut self.attempts[id];
                    attempt.state = State::Woken;
                    let serial = attempt.serial;
                    self.plan(now + self.model.pool.wake_up, Rank::Ask, Timer::Reaches { id, serial });
                }
                Some(Decision::Grow) => self.open(now, instance, 0, None),
            }
        }
    }

    /// An attempt has a connection, which may have to be checked first.
    #[inline]
    fn check_out(&mut self, now: SimTime, id: Id, connection: Connection) {
        self.levels.active += 1;
        let attempt = &mut self.attempts[id];
        if self.pools[attempt.request.instance as usize].wants_check(connection, now) {
            attempt.state = State::Checking;
            attempt.checked = connection;
            let (instance, serial) = (attempt.request.instance, attempt.serial);
            self.levels.pending += 1;
            self.plan(now + self.model.pool.validation, Rank::Free, Timer::Checked { id, serial });
            self.tell(now, instance, Fact::Checked);
        } else {
            self.grant(now, id, connection);
        }
    }

    /// An attempt may work with a connection.
    #[inline]
    pub(super) fn grant(&mut self, now: SimTime, id: Id, connection: Connection) {
        let attempt = &mut self.attempts[id];
        let wait = now - attempt.waits_since;
        if attempt.first.is_none() {
            attempt.first = Some((connection, now));
        } else {
            attempt.further.push((connection, now));
        }
        let serial = attempt.serial;
        let has = attempt.connections();
        let (instance, class) = (attempt.request.instance, attempt.request.class as usize);
        if has < self.model.queries[class].connections {
            attempt.state = State::Between;
            let at = now + attempt.request.between;
            self.plan(at, Rank::Ask, Timer::AsksAgain { id, serial });
        } else {
            let factor = self.factors[instance as usize * self.model.queries.len() + class];
            let work = attempt.request.work;
            let work = if factor == 1.0 { work } else { work.scaled(factor) };
            self.work(now + work, id);
        }
        let attempts = &self.attempts;
        if let Some(deadline) = self.suspicion.set(now, id, serial, |_, id, serial| attempts.is(id, serial)) {
            self.expect(deadline);
        }
        self.tell(now, instance, Fact::Granted { wait });
    }

    /// An attempt works until a moment.
    #[inline]
    fn work(&mut self, until: SimTime, id: Id) {
        let place = self.ends.take();
        self.ends.set(place, until);
        if place as usize >= self.owners.len() {
            self.owners.resize(place as usize + 1, 0);
        }
        self.owners[place as usize] = id;
        self.attempts[id].state = State::Working(place);
    }

    /// Work is over, or an answered attempt lets its connections go.
    #[inline]
    pub(super) fn over(&mut self, now: SimTime) {
        let place = self.ends.first().1;
        let id = self.owners[place as usize];
        if let State::Lingering(_) = self.attempts[id].state {
            self.ends.clear(place);
            return self.give_back(now, id);
        }
        let attempt = &self.attempts[id];
        let (wanted, sojourn) = (!attempt.left, now - attempt.asked);
        let (leak, after) = (attempt.request.leak, attempt.request.after);
        self.tell(now, attempt.request.instance, Fact::Served { sojourn, wanted });
        if wanted {
            self.answered(now, id, false);
        }
        if leak {
            self.ends.clear(place);
            self.leak(now, id);
        } else if after > Span::ZERO {
            self.ends.set(place, now + after);
            self.attempts[id].state = State::Lingering(place);
        } else {
            self.ends.clear(place);
            self.give_back(now, id);
        }
    }

    /// An attempt returns its connections, and is over.
    #[inline]
    fn give_back(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        let instance = attempt.request.instance;
        if let Some((connection, since)) = attempt.first.take() {
            self.give_one_back(now, instance, connection, since);
        }
        for n in 0..self.attempts[id].further.len() {
            let (connection, since) = self.attempts[id].further[n];
            self.give_one_back(now, instance, connection, since);
        }
        self.attempts[id].further.clear();
        self.attempts.remove(id);
        self.settle(now, instance);
    }

    #[inline]
    fn give_one_back(&mut self, now: SimTime, instance: u32, connection: Connection, since: SimTime) {
        self.pools[instance as usize].give_back(connection, now);
        self.levels.active -= 1;
        self.tell(now, instance, Fact::Returned { hold: now - since });
    }

    fn leak(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        attempt.state = State::Leaked;
        let (instance, count) = (attempt.request.instance, attempt.connections());
        let since = attempt.first.map_or(now, |(_, since)| since);
        for _ in 0..count {
            self.levels.leaked += 1;
            self.tell(now, instance, Fact::Leaked { hold: now - since });
        }
        if self.model.pool.leak_threshold.is_none() {
            let attempt = &mut self.attempts[id];
            attempt.first = None;
            attempt.further.clear();
            self.attempts.remove(id);
        }
    }

    /// A connection has been out for too long.
    pub(super) fn suspect(&mut self, now: SimTime) {
        let Some(id) = self.suspicion.pop() else { return };
        let attempt = &self.attempts[id];
        let (instance, state) = (attempt.request.instance, attempt.state);
        self.tell(now, instance, Fact::Suspected);
        if self.model.pool.leak_action == LeakAction::Log {
            return;
        }
        match state {
            State::Leaked => {}
            State::Working(place) | State::Lingering(place) => self.ends.clear(place),
            // It waits for a further connection: its own timeout ends that.
            _ => return,
        }
        let attempt = &mut self.attempts[id];
        let held = attempt.first.take().into_iter().chain(core::mem::take(&mut attempt.further));
        for (connection, _) in held.collect::<Vec<_>>() {
            self.pools[instance as usize].reclaim(connection);
            self.levels.active -= 1;
            self.levels.leaked -= u32::from(state == State::Leaked);
        }
        match state {
            State::Working(_) => self.fail(now, id),
            _ => self.attempts.remove(id),
        }
        self.settle(now, instance);
    }

    /// An attempt loses patience, and is gone.
    pub(super) fn give_up(&mut self, now: SimTime) {
        let Some(id) = self.patience.pop() else { return };
        let attempt = &self.attempts[id];
        let (instance, state, wait) = (attempt.request.instance, attempt.state, now - attempt.waits_since);
        let pool = &mut self.pools[instance as usize];
        match state {
            State::Waiting(ticket) => drop(pool.give_up(ticket)),
            State::Woken => pool.forget_woken(),
            // The opening goes on, for whoever comes.
            State::Opening => {}
            _ => {
                pool.give_back(attempt.checked, now);
                self.levels.active -= 1;
            }
        }
        self.levels.pending -= 1;
        self.tell(now, instance, Fact::TimedOut { wait });
        self.fail(now, id);
        self.settle(now, instance);
    }

    /// An attempt ends without an answer; what it holds goes back.
    pub(super) fn fail(&mut self, now: SimTime, id: Id) {
        if !self.attempts[id].left {
            self.unanswered(now, id);
        }
        self.attempts[id].state = State::Retrying;
        self.give_back(now, id);
    }

    pub(super) fn change(&mut self, now: SimTime) {
        let Some((_, entry, instance)) = self.changes.pop_front() else { return };
        let classes = self.model.queries.len();
        let factors = &mut self.factors[instance as usize * classes..][..classes];
        match &self.model.timeline[entry].change {
            Change::SlowQuery { query: Some(class), factor, .. } => factors[*class] = *factor,
            Change::SlowQuery { query: None, factor, .. } => factors.fill(*factor),
            Change::Rollback => factors.fill(1.0),
            Change::Note => {}
            Change::DatabaseSpeed { .. } | Change::RestartDatabase { .. } | Change::Lock { .. } => {}
            Change::ResizePool { max_size } => {
                let pool = &mut self.pools[instance as usize];
                self.levels.size = self.levels.size - pool.config().max_size + max_size;
                pool.resize(*max_size);
            }
        }
        self.tell(now, instance, Fact::Changed { entry });
        self.settle(now, instance);
    }

    pub(super) fn timer(&mut self, now: SimTime) {
        let Some(timer) = self.agenda.pop() else { return };
        match timer {
            Timer::Opens { instance, fails, retry, caller } => self.opens(now, instance, fails, retry, caller),
            Timer::OpensAgain { instance, retry } => self.open(now, instance, retry, None),
            Timer::Rested { instance } => {
                self.pools[instance as usize].rest(false);
                self.settle(now, instance);
            }
            Timer::Checked { id, serial } => {
                let attempt = &self.attempts[id];
                if attempt.serial == serial && attempt.state == State::Checking {
                    let connection = attempt.checked;
                    self.levels.pending -= 1;
                    self.grant(now, id, connection);
                }
            }
            Timer::KeptAlive { instance, connection } => {
                self.pools[instance as usize].checked(connection, now);
                self.settle(now, instance);
            }
            Timer::Sweep { instance } => self.sweep(now, instance),
            Timer::AsksAgain { id, serial } => {
                if self.attempts[id].serial == serial && self.attempts[id].state == State::Between {
                    self.ask(now, id);
                }
            }
            Timer::Reaches { id, serial } => {
                if self.attempts[id].serial == serial && self.attempts[id].state == State::Woken {
                    self.reach(now, id);
                }
            }
            Timer::Retries { id } => self.attempt(now, id),
            Timer::Thought { source, client } => self.ask_as_client(now, source, client),
        }
    }

    fn reach(&mut self, now: SimTime, id: Id) {
        let instance = self.attempts[id].request.instance;
        match self.pools[instance as usize].reach(id, now) {
            Acquire::Granted(connection) => {
                self.levels.pending -= 1;
                self.check_out(now, id, connection);
            }
            Acquire::Queued(ticket) => self.attempts[id].state = State::Waiting(ticket),
            Acquire::Open | Acquire::Rejected => {}
        }
        self.settle(now, instance);
    }
}
