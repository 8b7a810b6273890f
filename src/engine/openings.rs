//! Connections are opened, rest, are checked, and are closed for their age.

use super::attempts::{Id, State};
use super::timers::{Opening, Rank, Timer};
use super::{Engine, Fact, Observer, Owner};
use crate::database::Refusal;
use crate::fleet::StartOrder;
use crate::pool::{Closed, Connection, Gone, Growth};
use crate::random::{Purpose, unit};
use crate::units::{SimTime, Span};
use rand::Rng;

impl<O: Observer> Engine<'_, O> {
    /// The connections that all pools have before anybody asks, as many as the database lets in, in the order in which the instances
    /// start.
    pub(super) fn fill_all(&mut self, now: SimTime) {
        let (fleet, kinds) = (self.model.fleet(), self.kinds.len() as u32);
        let luck = self.streams.number(Purpose::Start, [0; 3]);
        let together = fleet.start_order == StartOrder::Together;
        let homes: Vec<u32> = (fleet.start_order.order(self.model.instances(), luck).into_iter())
            .flat_map(|instance| instance * kinds..(instance + 1) * kinds)
            .collect();
        let most = self.kinds.iter().map(|config| config.min_idle.min(config.max_size)).max().unwrap_or(0);
        let mut full = vec![false; self.pools.len()];
        for round in 0..if together { most } else { 1 } {
            for home in &homes {
                let config = self.pools[*home as usize].config();
                let least = config.min_idle.min(config.max_size);
                let wanted = if together { u32::from(round < least) } else { least };
                let full = &mut full[*home as usize];
                *full = *full || !self.fill(now, *home, wanted);
            }
        }
    }

    /// So many of a pool's first connections; `false` when the database refuses one.
    fn fill(&mut self, now: SimTime, home: u32, wanted: u32) -> bool {
        for _ in 0..wanted {
            self.pools[home as usize].open_at_start();
            if let Err(why) = self.dial(now, home) {
                self.tell(now, home, Fact::ConnectRefused { why });
                match self.pools[home as usize].config().growth {
                    Growth::Background => self.open_fails(now, home, 0),
                    Growth::Caller => self.pools[home as usize].open_failed(),
                }
                return false;
            }
            let retire_at = self.retirement(now, home);
            let pool = &mut self.pools[home as usize];
            let connection = pool.opened(now, retire_at);
            pool.keep(connection);
            self.levels.total += 1;
        }
        true
    }

    /// Ask the database for a slot, or the pooler for one of its.
    ///
    /// # Errors
    /// Why it is refused.
    fn dial(&mut self, now: SimTime, home: u32) -> Result<(), Refusal> {
        let user = self.users[self.kind_of(home)];
        if let Some(pooler) = &mut self.pooler {
            if self.pooler_is_down {
                return Err(Refusal::Down);
            }
            let connected = pooler.connect_client(user, now);
            self.pooler_next = pooler.next_moment();
            self.expect(self.pooler_next);
            return if connected { Ok(()) } else { Err(Refusal::Full) };
        }
        if self.counts_connections {
            self.server.connect(now)?;
            self.levels.connected = self.server.connected();
        }
        Ok(())
    }

    /// An attempt opens a connection for itself.
    #[inline]
    pub(super) fn open_for(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        attempt.state = State::Opening;
        let (home, serial) = (attempt.request.home, attempt.serial);
        self.tell_of(now, id, Fact::Opens);
        self.open(now, home, 0, Some((id, serial)));
    }

    /// Begin to open a connection; it is there at once where opening takes no time.
    pub(super) fn open(&mut self, now: SimTime, home: u32, retry: u32, caller: Option<(Id, u64)>) {
        if self.pools[home as usize].is_ended() {
            return self.pools[home as usize].open_failed();
        }
        let (database, pooler) = (&self.database, &self.model.pooler);
        // What it costs to connect to the database is the pooler's matter where there is one.
        let (connect, failure) = match pooler {
            Some(pooler) => (&pooler.connect, 0.0),
            None => (&database.connect, database.connect_failure.value()),
        };
        let fails = failure > 0.0 && unit(self.connects.next_u64()) < failure;
        let takes = connect.as_ref().map(|connect| connect.draw(&mut self.connects));
        let cpu = database.connect_cpu.as_ref().filter(|_| pooler.is_none());
        let cpu = cpu.map_or(Span::ZERO, |cpu| cpu.draw(&mut self.connects));
        let asked = if fails { Err(Refusal::Chance) } else { self.dial(now, home) };
        if self.counts_connections && pooler.is_none() && asked.is_ok() {
            self.tell(now, home, Fact::Connects);
        }
        let opening = Opening { home, epoch: asked.map(|()| self.epoch()), cpu, retry, caller };
        match takes {
            Some(takes) => self.plan(now + takes, Rank::Free, Timer::Opens(opening)),
            None => self.connected(now, opening),
        }
    }

    /// The database has answered: it works for the new connection, or it has refused it.
    pub(super) fn connected(&mut self, now: SimTime, opening: Opening) {
        if opening.cpu == Span::ZERO || opening.epoch.is_err() || self.database.law.is_none() {
            return self.opens(now, opening);
        }
        let home = opening.home;
        self.cores.begin(now, opening.cpu, Owner::Opening(opening));
        self.levels.running = self.cores.running();
        self.tell(now, home, Fact::Runs);
    }

    /// A connection is open, or failed to open.
    pub(super) fn opens(&mut self, now: SimTime, opening: Opening) {
        let Opening { home, epoch, retry, caller, .. } = opening;
        // Whoever opened it may have gone meanwhile.
        let orphan = caller.is_some();
        let caller = caller.filter(|(id, serial)| {
            let attempt = &self.attempts[*id];
            attempt.serial == *serial && attempt.state == State::Opening
        });
        let lives = |epoch| epoch == self.epoch();
        let open = epoch.and_then(|epoch| if lives(epoch) { Ok(()) } else { Err(Refusal::Down) });
        if let Err(why) = open {
            if why != Refusal::Chance {
                self.tell(now, home, Fact::ConnectRefused { why });
            }
            let again = caller.is_some_and(|(id, _)| self.may_open_again(now, id));
            return match caller {
                None if !orphan => self.open_fails(now, home, retry),
                _ if again => self.open_fails_and_again(now, home, retry, caller),
                caller => self.open_fails_for(now, home, caller.map(|(id, _)| id)),
            };
        }
        let connection = self.opened(now, home);
        if let Some((id, _)) = caller {
            self.pools[home as usize].lend(connection);
            self.levels.pending -= 1;
            self.levels.active += 1;
            self.grant(now, id, connection);
        } else {
            self.pools[home as usize].keep(connection);
            if !orphan {
                self.rest(now, home);
            }
        }
        self.settle(now, home);
    }

    /// How often what the pools connect to has gone down.
    fn epoch(&self) -> u32 {
        if self.pooler.is_some() { self.pooler_epoch } else { self.server.epoch() }
    }

    /// Whether an attempt whose opening failed tries again: until its acquire timeout, whatever else that covers.
    fn may_open_again(&self, now: SimTime, id: Id) -> bool {
        let attempt = &self.attempts[id];
        let config = self.pools[attempt.request.home as usize].config();
        config.open_retries && config.acquire_timeout.is_none_or(|timeout| now - attempt.waits_since < timeout)
    }

    /// A pool has one connection more.
    fn opened(&mut self, now: SimTime, home: u32) -> Connection {
        let retire_at = self.retirement(now, home);
        let connection = self.pools[home as usize].opened(now, retire_at);
        self.levels.total += 1;
        self.tell(now, home, Fact::Opened);
        connection
    }

    /// A pool has closed a connection.
    pub(super) fn closed(&mut self, now: SimTime, home: u32, gone: Gone) {
        self.levels.total -= 1;
        let user = self.users[self.kind_of(home)];
        if let Some(pooler) = &mut self.pooler {
            // The pooler has forgotten those that it lost.
            if gone.alive {
                pooler.disconnect_client(user);
            }
        } else if self.counts_connections && gone.alive {
            self.server.close(self.server.epoch());
            self.levels.connected = self.server.connected();
        }
        self.tell(now, home, Fact::Closed { reason: gone.reason });
        // What its server connection does next is told after it.
        if let Some(server) = gone.note {
            self.free_server(now, home, server, gone.reason == Closed::Broken);
        }
    }

    /// When a connection that opens now will be too old.
    pub(super) fn retirement(&mut self, now: SimTime, home: u32) -> SimTime {
        let config = self.pools[home as usize].config();
        config.max_lifetime.map_or(SimTime::NEVER, |lifetime| {
            let less = config.lifetime_jitter.value() * unit(self.lifetimes.next_u64());
            now + lifetime.scaled(1.0 - less)
        })
    }

    /// An opening for an attempt fails, which may have gone meanwhile.
    fn open_fails_for(&mut self, now: SimTime, home: u32, caller: Option<Id>) {
        self.tell(now, home, Fact::OpenFailed);
        self.pools[home as usize].open_failed();
        if let Some(id) = caller {
            self.levels.pending -= 1;
            let wait = now - self.attempts[id].waits_since;
            self.tell_of(now, id, Fact::Refused { wait });
            self.fail(now, id);
        }
        self.settle(now, home);
    }

    /// An opening of the pool's own fails: the opener keeps its place while it waits, and doubles the delay.
    fn open_fails(&mut self, now: SimTime, home: u32, retry: u32) {
        self.open_fails_and_again(now, home, retry, None);
    }

    /// The same of an attempt that does not give up so soon.
    fn open_fails_and_again(&mut self, now: SimTime, home: u32, retry: u32, caller: Option<(Id, u64)>) {
        self.tell(now, home, Fact::OpenFailed);
        let (first, longest) = self.pools[home as usize].config().open_backoff;
        let delay = Span::from_nanos(first.nanos().saturating_mul(1 << retry.min(40))).min(longest);
        self.plan(now + delay, Rank::Free, Timer::OpensAgain { home, retry: retry + 1, caller });
    }

    fn rest(&mut self, now: SimTime, home: u32) {
        let pause = self.pools[home as usize].config().open_pause;
        if pause > Span::ZERO {
            self.pools[home as usize].rest(true);
            self.plan(now + pause, Rank::Free, Timer::Rested { home });
        }
    }

    /// The housekeeper comes.
    pub(super) fn sweep(&mut self, now: SimTime, home: u32) {
        if self.pools[home as usize].is_ended() {
            return;
        }
        let config = self.pools[home as usize].config();
        let (takes, next) = (config.validation, config.housekeeping);
        for connection in self.pools[home as usize].sweep(now) {
            self.plan(now + takes, Rank::Free, Timer::KeptAlive { home, connection });
        }
        if let Some(period) = next {
            self.plan(now + period, Rank::Change, Timer::Sweep { home });
        }
        self.settle(now, home);
    }
}
