//! A pooler between the pools and the database: it has server connections of its own, which requests get for their transactions.

use super::attempts::{Id, State};
use super::timers::{Login, Rank, Timer};
use super::{Cut, Engine, Fact, Observer, Owner};
use crate::database::Refusal;
use crate::pooler::{Decision, Failed, Link, Mode, Pooler, Server, User};
use crate::random::unit;
use crate::units::{SimTime, Span};
use rand::Rng;

impl<O: Observer> Engine<'_, O> {
    fn mode(&self) -> Option<Mode> {
        self.pooler.as_ref().map(|pooler| pooler.config().mode)
    }

    /// As whom the pool of an attempt connects.
    fn user_of(&self, home: u32) -> User {
        self.users[self.kind_of(home)]
    }

    /// A transaction begins: it needs a server connection, unless its session has one already.
    pub(super) fn link(&mut self, now: SimTime, id: Id) {
        let attempt = &self.attempts[id];
        let home = attempt.request.home;
        let session = self.mode() == Some(Mode::Session);
        let connection = attempt.first.map(|(connection, _)| connection).filter(|_| session);
        if connection.is_some_and(|connection| self.pools[home as usize].noted(connection).is_some()) {
            return self.begin_statement(now, id);
        }
        let user = self.user_of(home);
        self.attempts[id].statement_since = now;
        let Some(pooler) = &mut self.pooler else { return };
        match pooler.link(user, id, now) {
            Link::Linked(server) => self.linked(now, id, server, false),
            Link::Refused => self.cut(now, id, Cut::LoginFailed),
            Link::Waits(ticket) => {
                self.attempts[id].state = State::Linking(ticket);
                let (attempts, timeout) = (&self.attempts, pooler.config().query_wait_timeout);
                let serial = attempts[id].serial;
                let matters = |after, at, id, serial| attempts.is_linking(after, at, id, serial);
                if let Some(deadline) = self.query_waits.set(now, timeout, (id, serial), matters) {
                    self.expect(deadline);
                }
                self.levels.linking += 1;
                self.tell(now, home, Fact::Links);
            }
        }
        self.settle_pooler(now);
    }

    fn linked(&mut self, now: SimTime, id: Id, server: Server, waited: bool) {
        let session = self.mode() == Some(Mode::Session);
        let attempt = &mut self.attempts[id];
        let (home, wait) = (attempt.request.home, now - attempt.statement_since);
        match attempt.first {
            Some((connection, _)) if session => self.pools[home as usize].note(connection, Some(server)),
            _ => attempt.server = Some(server),
        }
        self.levels.linking -= u32::from(waited);
        self.tell(now, home, Fact::Linked { wait });
        self.begin_statement(now, id);
    }

    /// A transaction is over, or a statement where the pooler gives servers for no longer: its server connection is free, or
    /// broken.
    pub(super) fn unlink(&mut self, now: SimTime, id: Id, broken: bool) {
        if let Some(server) = self.attempts[id].server.take() {
            self.free_server(now, self.attempts[id].request.home, server, broken);
        }
    }

    pub(super) fn free_server(&mut self, now: SimTime, home: u32, server: Server, broken: bool) {
        let user = self.user_of(home);
        let Some(pooler) = &mut self.pooler else { return };
        if broken {
            pooler.broken(user, server, now);
        } else {
            pooler.unlink(user, server, now);
        }
        self.settle_pooler(now);
    }

    /// Where the pooler gives servers for statements alone, it has this one back.
    pub(super) fn statement_unlinks(&mut self, now: SimTime, id: Id) {
        if self.mode() == Some(Mode::Statement) {
            self.unlink(now, id, false);
        }
    }

    /// An attempt waits no longer for a server connection.
    pub(super) fn stop_linking(&mut self, now: SimTime, id: Id, ticket: u64) {
        let home = self.attempts[id].request.home;
        let user = self.user_of(home);
        if let Some(pooler) = &mut self.pooler {
            pooler.give_up(user, ticket);
        }
        self.levels.linking -= 1;
        self.tell(now, home, Fact::Unlinked);
    }

    /// Somebody has waited too long for a server connection.
    pub(super) fn query_wait_is_over(&mut self, now: SimTime) {
        if let Some(id) = self.query_waits.pop() {
            self.cut(now, id, Cut::QueryWait);
            self.settle_pooler(now);
        }
    }

    /// The pooler looks at what it has.
    pub(super) fn tick(&mut self, now: SimTime) {
        if let Some(pooler) = &mut self.pooler {
            pooler.tick(now);
        }
        self.settle_pooler(now);
    }

    /// Do what the pooler decides, until it is content.
    pub(super) fn settle_pooler(&mut self, now: SimTime) {
        if core::mem::replace(&mut self.settling_pooler, true) {
            return;
        }
        while let Some(decision) = self.pooler.as_mut().and_then(|pooler| pooler.decide(now)) {
            match decision {
                Decision::Link(_, id, server) => self.linked(now, id, server, true),
                Decision::Open(user) => self.log_in(now, user),
                Decision::Refuse(id) => self.cut(now, id, Cut::LoginFailed),
            }
            self.servers_closed(now);
        }
        self.servers_closed(now);
        self.settling_pooler = false;
        self.pooler_next = self.pooler.as_ref().map_or(SimTime::NEVER, Pooler::next_moment);
        self.expect(self.pooler_next);
    }

    fn servers_closed(&mut self, now: SimTime) {
        while let Some((_, _, epoch)) = self.pooler.as_mut().and_then(Pooler::next_closed) {
            self.server.close(epoch);
            self.levels.connected = self.server.connected();
            self.levels.servers -= 1;
            self.tell(now, 0, Fact::ServerClosed);
        }
    }

    /// Begin to open a server connection.
    fn log_in(&mut self, now: SimTime, user: User) {
        let database = &self.database;
        let failure = database.connect_failure.value();
        let fails = failure > 0.0 && unit(self.connects.next_u64()) < failure;
        let takes = database.connect.as_ref().map(|connect| connect.draw(&mut self.connects));
        let cpu = database.connect_cpu.as_ref().map_or(Span::ZERO, |cpu| cpu.draw(&mut self.connects));
        let asked = if fails { Err(Refusal::Chance) } else { self.server.connect(now) };
        self.levels.connected = self.server.connected();
        if asked.is_ok() {
            self.tell(now, 0, Fact::Connects);
        }
        let login = Login { user, epoch: asked.map(|()| self.server.epoch()), cpu };
        match takes {
            Some(takes) => self.plan(now + takes, Rank::Free, Timer::LogsIn(login)),
            None => self.login_answered(now, login),
        }
    }

    /// The database has answered: it works for the new connection, or it has refused it.
    pub(super) fn login_answered(&mut self, now: SimTime, login: Login) {
        if login.cpu == Span::ZERO || login.epoch.is_err() || self.database.law.is_none() {
            return self.logged_in(now, login);
        }
        self.cores.begin(now, login.cpu, Owner::Login(login));
        self.levels.running = self.cores.running();
        self.tell(now, 0, Fact::Runs);
    }

    pub(super) fn logged_in(&mut self, now: SimTime, login: Login) {
        let open =
            login.epoch.and_then(|epoch| if epoch == self.server.epoch() { Ok(epoch) } else { Err(Refusal::Down) });
        let Some(pooler) = &mut self.pooler else { return };
        match open {
            Ok(epoch) => {
                pooler.opened(login.user, epoch, now);
                self.levels.servers += 1;
                self.tell(now, 0, Fact::ServerOpened);
            }
            Err(why) => {
                let how = if why == Refusal::Down { Failed::Unreachable } else { Failed::Answered };
                pooler.open_failed(login.user, how, now);
                self.tell(now, 0, Fact::ConnectRefused { why });
            }
        }
        self.settle_pooler(now);
    }
}
