//! What a request does with its connection, phase after phase, where each depends on others: outside its transaction, a statement
//! that may need the locked row and shares the database's cores, and work of the application within the transaction.

use super::attempts::{Id, State};
use super::timers::{Rank, Timer};
use super::{Cut, Engine, Fact, Locker, Observer, Owner};
use crate::pool::Closed;
use crate::units::{SimTime, Span};

impl<O: Observer> Engine<'_, O> {
    /// A request has its connections.
    pub(super) fn begin(&mut self, now: SimTime, id: Id) {
        let outside = self.attempts[id].request.outside;
        if outside == Span::ZERO {
            return self.begin_transaction(now, id);
        }
        let place = self.place(now + outside, id);
        self.attempts[id].state = State::Outside(place);
        self.application_works(now, true);
    }

    fn begin_transaction(&mut self, now: SimTime, id: Id) {
        let attempt = &self.attempts[id];
        let pool = &self.pools[attempt.request.home as usize];
        if attempt.first.iter().chain(&attempt.further).any(|(connection, _)| pool.is_dead(*connection)) {
            return self.cut(now, id, Cut::Lost);
        }
        if self.pooler.is_some() { self.link(now, id) } else { self.begin_statement(now, id) }
    }

    pub(super) fn begin_statement(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        attempt.statement_since = now;
        let (serial, timeout) = (attempt.serial, self.database.statement_timeout);
        let waits = attempt.request.lock && !self.lock.take(Locker::Attempt(id));
        attempt.locks = attempt.request.lock && !waits;
        let attempts = &self.attempts;
        let matters = |after, at, id, serial| attempts.is_in_statement(after, at, id, serial);
        if let Some(deadline) = self.statement_timeouts.set(now, timeout, (id, serial), matters) {
            self.expect(deadline);
        }
        if waits { self.wait_for_lock(now, id) } else { self.run(now, id) }
    }

    fn wait_for_lock(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        attempt.state = State::Blocked;
        let (serial, home, timeout) = (attempt.serial, attempt.request.home, self.database.lock_timeout);
        let attempts = &self.attempts;
        let matters = |after, at, id, serial| attempts.is_in_statement(after, at, id, serial);
        if let Some(deadline) = self.lock_timeouts.set(now, timeout, (id, serial), matters) {
            self.expect(deadline);
        }
        self.levels.blocked += 1;
        self.tell(now, home, Fact::Blocked);
    }

    /// Nothing is in the way of a statement: its processor time first.
    fn run(&mut self, now: SimTime, id: Id) {
        let (work, cpu) = self.slowed(id);
        let home = self.attempts[id].request.home;
        if self.database.law.is_none() || cpu == Span::ZERO {
            return self.work(now + work + cpu, id);
        }
        let job = self.cores.begin(now, cpu, Owner::Attempt(id));
        self.attempts[id].state = State::Running(job);
        self.levels.running = self.cores.running();
        self.tell(now, home, Fact::Runs);
    }

    /// The next of those who share the cores has had what it needed.
    pub(super) fn ran(&mut self, now: SimTime) {
        let Some(owner) = self.cores.pop(now) else { return };
        self.levels.running = self.cores.running();
        self.has_run(now, owner);
    }

    /// Somebody shares the cores no longer.
    pub(super) fn has_run(&mut self, now: SimTime, owner: Owner) {
        match owner {
            Owner::Attempt(id) => {
                self.attempts[id].state = State::Retrying;
                self.tell(now, self.attempts[id].request.home, Fact::Ran);
                let work = self.slowed(id).0;
                if work == Span::ZERO { self.statement_over(now, id) } else { self.work(now + work, id) }
            }
            Owner::Opening(opening) => {
                self.tell(now, opening.home, Fact::Ran);
                self.opens(now, opening);
            }
            Owner::Login(login) => {
                self.tell(now, 0, Fact::Ran);
                self.logged_in(now, login);
            }
        }
    }

    /// A phase is over: what comes next.
    pub(super) fn phase_over(&mut self, now: SimTime, id: Id, phase: State) {
        if matches!(phase, State::Outside(_) | State::Within(_)) {
            self.application_works(now, false);
        }
        match phase {
            State::Outside(_) => self.begin_transaction(now, id),
            State::Within(_) if self.idles_too_long(id) => self.cut(now, id, Cut::Idle),
            State::Within(_) => self.end_transaction(now, id),
            _ => self.statement_over(now, id),
        }
    }

    fn statement_over(&mut self, now: SimTime, id: Id) {
        self.statement_unlinks(now, id);
        let app = self.within(id);
        if app == Span::ZERO {
            return self.end_transaction(now, id);
        }
        let longest = self.database.idle_in_transaction_timeout.unwrap_or(app);
        let place = self.place(now + app.min(longest), id);
        self.attempts[id].state = State::Within(place);
        self.application_works(now, true);
    }

    /// The application works for one attempt more, or one less.
    fn application_works(&mut self, now: SimTime, more: bool) {
        if let Some(fleet) = &mut self.fleet {
            fleet.works(now, more);
        }
    }

    /// How long the application works within the transaction.
    fn within(&self, id: Id) -> Span {
        let request = &self.attempts[id].request;
        let (whole, _) = self.factors[self.cell(request.home, request.class)];
        if whole == 1.0 { request.app } else { request.app.scaled(whole) }
    }

    fn idles_too_long(&self, id: Id) -> bool {
        self.database.idle_in_transaction_timeout.is_some_and(|longest| self.within(id) > longest)
    }

    fn end_transaction(&mut self, now: SimTime, id: Id) {
        self.let_lock_go(now, id);
        self.unlink(now, id, false);
        self.answer(now, id);
    }

    fn let_lock_go(&mut self, now: SimTime, id: Id) {
        if core::mem::take(&mut self.attempts[id].locks) {
            self.unlock(now);
        }
    }

    /// Whoever has the locked row lets it go.
    pub(super) fn unlock(&mut self, now: SimTime) {
        match self.lock.release() {
            None => {}
            Some(Locker::Else(lasts)) => self.keep_locked(now, lasts),
            Some(Locker::Attempt(id)) => {
                self.attempts[id].locks = true;
                self.unblocked(now, id);
                self.run(now, id);
            }
        }
    }

    fn unblocked(&mut self, now: SimTime, id: Id) {
        let attempt = &self.attempts[id];
        let (home, wait) = (attempt.request.home, now - attempt.statement_since);
        self.levels.blocked -= 1;
        self.tell(now, home, Fact::Unblocked { wait });
    }

    /// Somebody who is no request takes the locked row, or waits for it.
    pub(super) fn somebody_locks(&mut self, now: SimTime, lasts: Span) {
        if self.lock.take(Locker::Else(lasts)) {
            self.keep_locked(now, lasts);
        }
    }

    fn keep_locked(&mut self, now: SimTime, lasts: Span) {
        self.plan(now + lasts, Rank::Free, Timer::Unlocks { epoch: self.server.epoch() });
    }

    /// Somebody who is no request lets the locked row go, unless a restart of the database has done so.
    pub(super) fn somebody_unlocks(&mut self, now: SimTime, epoch: u32) {
        if epoch == self.server.epoch() {
            self.unlock(now);
        }
    }

    pub(super) fn statement_times_out(&mut self, now: SimTime) {
        if let Some(id) = self.statement_timeouts.pop() {
            self.cut(now, id, Cut::Statement);
        }
    }

    pub(super) fn lock_times_out(&mut self, now: SimTime) {
        if let Some(id) = self.lock_timeouts.pop() {
            self.cut(now, id, Cut::Lock);
        }
    }

    /// Whatever an attempt does is done no longer; it still has its connections, which will be closed or not.
    pub(super) fn stop_work(&mut self, now: SimTime, id: Id, closes: bool) {
        let attempt = &mut self.attempts[id];
        let home = attempt.request.home;
        match core::mem::replace(&mut attempt.state, State::Retrying) {
            State::Working(place) | State::Lingering(place) => self.ends.clear(place),
            State::Outside(place) | State::Within(place) => {
                self.ends.clear(place);
                self.application_works(now, false);
            }
            State::Running(job) => {
                self.cores.cancel(now, job);
                self.levels.running = self.cores.running();
                self.tell(now, home, Fact::Ran);
            }
            State::Linking(ticket) => self.stop_linking(now, id, ticket),
            State::Blocked => {
                self.lock.leave(Locker::Attempt(id));
                self.unblocked(now, id);
            }
            _ => {}
        }
        self.let_lock_go(now, id);
        self.unlink(now, id, closes);
    }

    /// Something ends an attempt that has a connection, before its answer.
    pub(super) fn cut(&mut self, now: SimTime, id: Id, why: Cut) {
        self.stop_work(now, id, why.closes());
        let home = self.attempts[id].request.home;
        self.tell(now, home, Fact::Cut { why });
        if why.closes() {
            self.discard_all(now, id, Closed::Broken);
        }
        self.fail(now, id);
    }
}
