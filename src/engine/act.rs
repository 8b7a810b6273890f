//! What each event does to attempts and pools.

use super::attempts::{Id, State};
use super::calendar::Place;
use super::timers::{Rank, Timer};
use super::{Engine, Fact, Observer};
use crate::pool::{Acquire, Closed, Connection, Covers, Decision, LeakAction};
use crate::units::{SimTime, Span};
use rand::Rng;

impl<O: Observer> Engine<'_, O> {
    /// The first connections, clients and arrivals.
    pub(super) fn start(&mut self) {
        let now = SimTime::ZERO;
        let resized = self.model.pools_change();
        let homes = self.pools.len() as u32;
        self.fill_all(now);
        self.look_at_all();
        for home in 0..homes {
            let config = self.pools[home as usize].config();
            if let Some(period) = config.housekeeping.filter(|_| config.wants_housekeeping(resized)) {
                // The instances were not all started at the same moment.
                let share = f64::from(home + 1) / f64::from(homes);
                self.plan(now + period.scaled(share), Rank::Change, Timer::Sweep { home });
            }
        }
        self.start_fleet(now);
        self.start_alerts(now);
        (0..homes).for_each(|home| self.grow_later(now, home));
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

    /// An attempt comes to the fleet.
    #[inline]
    pub(super) fn attempt(&mut self, now: SimTime, id: Id) {
        if self.fleet.is_none() || self.route(now, id) {
            self.come(now, id);
        }
    }

    /// An attempt comes to its instance.
    #[inline]
    pub(super) fn come(&mut self, now: SimTime, id: Id) {
        let attempt = &self.attempts[id];
        let (home, serial, again) = (attempt.request.home, attempt.serial, attempt.tries > 0);
        if !self.model.versions.is_empty() {
            self.meet_version(id);
        }
        self.tell(now, home, Fact::Arrived { again });
        if !again {
            self.earn_retries();
        }
        if !self.may_pass(now, id) {
            self.tell(now, home, Fact::Broken);
            return self.fail(now, id);
        }
        let attempts = &self.attempts;
        let matters = |_, _, id, serial| attempts.is_awaited(id, serial);
        let deadline = self.client_patience.set(now, self.client.timeout, (id, serial), matters);
        if let Some(deadline) = deadline {
            self.expect(deadline);
        }
        self.ask(now, id);
    }

    /// A request does what it does with the version of the application that it came to.
    fn meet_version(&mut self, id: Id) {
        let request = &mut self.attempts[id].request;
        let version = self.versions[request.home as usize / self.kinds.len()];
        // A class that a version does not change is as at the start.
        let version = if self.model.changes_class(version, request.class) { version } else { 0 };
        if request.version != version {
            request.becomes(self.model, self.streams, version, self.phases);
        }
    }

    /// An attempt asks for a connection: its first, or a further one.
    #[inline]
    pub(super) fn ask(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        attempt.waits_since = now;
        let home = attempt.request.home;
        match self.pools[home as usize].acquire(id, now) {
            Acquire::Granted(connection) => {
                if self.pools[home as usize].config().timeout_covers == Covers::All {
                    self.lose_patience_later(now, id);
                }
                self.check_out(now, id, connection);
            }
            Acquire::Queued(ticket) => {
                self.levels.pending += 1;
                self.attempts[id].state = State::Waiting(ticket);
                self.lose_patience_later(now, id);
                self.tell_of(now, id, Fact::Queued);
            }
            Acquire::Open => {
                self.levels.pending += 1;
                if self.pools[home as usize].config().timeout_covers == Covers::All {
                    self.lose_patience_later(now, id);
                }
                self.open_for(now, id);
            }
            Acquire::Rejected => {
                self.tell_of(now, id, Fact::Rejected);
                self.fail(now, id);
            }
        }
        self.settle(now, home);
    }

    #[inline]
    fn lose_patience_later(&mut self, now: SimTime, id: Id) {
        let (attempts, pools) = (&self.attempts, &self.pools);
        let attempt = &attempts[id];
        let timeout = pools[attempt.request.home as usize].config().acquire_timeout;
        let matters = |after, at, id: Id, serial| {
            let covers = pools[attempts[id].request.home as usize].config().timeout_covers;
            attempts.loses_patience(covers, after, at, id, serial)
        };
        if let Some(deadline) = self.patience.set(now, timeout, (id, attempt.serial), matters) {
            self.expect(deadline);
        }
    }

    /// Do what the pool decides, until it is content.
    #[inline]
    pub(super) fn settle(&mut self, now: SimTime, home: u32) {
        if self.pools[home as usize].is_content() {
            return;
        }
        match self.settling {
            // Whoever asks it now asks it again.
            Some(asked) if asked == home => {}
            Some(_) => self.unsettled.push(home),
            None => self.settle_one_after_another(now, home),
        }
    }

    /// What one pool decides can give another something to decide, through the pooler or the database.
    fn settle_one_after_another(&mut self, now: SimTime, home: u32) {
        let mut next = Some(home);
        while let Some(home) = next {
            self.settling = Some(home);
            self.settle_all(now, home);
            next = self.unsettled.pop();
        }
        self.settling = None;
    }

    fn settle_all(&mut self, now: SimTime, home: u32) {
        loop {
            let luck = if self.chance_serves { self.orders.next_u64() } else { 0 };
            let pool = &mut self.pools[home as usize];
            let decision = pool.decide(now, luck);
            while let Some(gone) = self.pools[home as usize].next_closed() {
                self.closed(now, home, gone);
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
                    let wake_up = self.pools[home as usize].config().wake_up;
                    self.plan(now + wake_up, Rank::Ask, Timer::Reaches { id, serial });
                }
                Some(Decision::Grow) => self.open(now, home, 0, None),
            }
        }
    }

    /// An attempt has a connection, which may have to be checked first.
    #[inline]
    fn check_out(&mut self, now: SimTime, id: Id, connection: Connection) {
        self.levels.active += 1;
        let attempt = &mut self.attempts[id];
        let pool = &self.pools[attempt.request.home as usize];
        if pool.wants_check(connection, now) {
            attempt.state = State::Checking;
            attempt.checked = connection;
            let serial = attempt.serial;
            let takes = pool.config().validation;
            self.levels.pending += 1;
            self.plan(now + takes, Rank::Free, Timer::Checked { id, serial });
            self.tell_of(now, id, Fact::Checked);
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
        let (home, class, version) = (attempt.request.home, attempt.request.class, attempt.request.version);
        let attempts = &self.attempts;
        let after = self.pools[home as usize].config().leak_threshold;
        if let Some(deadline) = self.suspicion.set(now, after, (id, serial), |_, _, id, serial| attempts.is(id, serial))
        {
            self.expect(deadline);
        }
        self.tell_of(now, id, Fact::Granted { wait });
        if self.attempts[id].probes {
            let hold = self.model.fleet().probes.map_or(Span::ZERO, |probes| probes.hold);
            self.work(now + hold, id);
        } else if has < self.model.query_of(version, class).connections {
            self.attempts[id].state = State::Between;
            let at = now + self.attempts[id].request.between;
            self.plan(at, Rank::Ask, Timer::AsksAgain { id, serial });
        } else if self.phases {
            self.begin(now, id);
        } else {
            let work = self.slowed(id).0;
            self.work(now + work, id);
        }
    }

    /// What is left of an attempt's work without a processor, and of its processor time, as its instance does it now.
    #[inline]
    pub(super) fn slowed(&self, id: Id) -> (Span, Span) {
        let request = &self.attempts[id].request;
        let (whole, cpu) = self.factors[self.cell(request.home, request.class)];
        if (whole, cpu) == (1.0, 1.0) {
            return (request.work, request.cpu);
        }
        (request.work.scaled(whole), request.cpu.scaled(whole * cpu))
    }

    /// An attempt works until a moment.
    #[inline]
    pub(super) fn work(&mut self, until: SimTime, id: Id) {
        let place = self.place(until, id);
        self.attempts[id].state = State::Working(place);
    }

    /// A place in the calendar for what an attempt does until a moment.
    #[inline]
    pub(super) fn place(&mut self, until: SimTime, id: Id) -> Place {
        let place = self.ends.take();
        self.ends.set(place, until);
        if place as usize >= self.owners.len() {
            self.owners.resize(place as usize + 1, 0);
        }
        self.owners[place as usize] = id;
        place
    }

    /// What an attempt did until now is over.
    #[inline]
    pub(super) fn over(&mut self, now: SimTime) {
        let place = self.ends.first().1;
        let id = self.owners[place as usize];
        self.ends.clear(place);
        // The place may be somebody else's from now on.
        match core::mem::replace(&mut self.attempts[id].state, State::Retrying) {
            State::Lingering(_) => self.give_back(now, id),
            _ if self.attempts[id].probes => {
                self.probed(now, id, true);
                self.give_back(now, id);
            }
            phase if self.phases => self.phase_over(now, id, phase),
            _ => self.answer(now, id),
        }
    }

    /// An attempt has its answer.
    #[inline]
    pub(super) fn answer(&mut self, now: SimTime, id: Id) {
        let attempt = &self.attempts[id];
        let (wanted, sojourn) = (!attempt.left, now - attempt.asked);
        let (leak, after) = (attempt.request.leak, attempt.request.after);
        self.tell(now, attempt.request.home, Fact::Served { sojourn, wanted });
        if let Some(fleet) = &mut self.fleet {
            fleet.took(sojourn);
            self.done(now, id);
        }
        if wanted {
            self.answered(now, id, false);
        }
        if leak {
            self.leak(now, id);
        } else if after > Span::ZERO {
            let place = self.place(now + after, id);
            self.attempts[id].state = State::Lingering(place);
        } else {
            self.give_back(now, id);
        }
    }

    /// An attempt returns its connections, and is over.
    #[inline]
    fn give_back(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        let home = attempt.request.home;
        if let Some((connection, since)) = attempt.first.take() {
            self.give_one_back(now, id, connection, since);
        }
        for n in 0..self.attempts[id].further.len() {
            let (connection, since) = self.attempts[id].further[n];
            self.give_one_back(now, id, connection, since);
        }
        self.attempts[id].further.clear();
        self.attempts.remove(id);
        self.settle(now, home);
    }

    #[inline]
    fn give_one_back(&mut self, now: SimTime, id: Id, connection: Connection, since: SimTime) {
        let home = self.attempts[id].request.home;
        self.pools[home as usize].give_back(connection, now);
        self.levels.active -= 1;
        self.tell_of(now, id, Fact::Returned { hold: now - since });
    }

    fn leak(&mut self, now: SimTime, id: Id) {
        let attempt = &mut self.attempts[id];
        attempt.state = State::Leaked;
        let (home, count) = (attempt.request.home, attempt.connections());
        let since = attempt.first.map_or(now, |(_, since)| since);
        for _ in 0..count {
            self.levels.leaked += 1;
            self.tell(now, home, Fact::Leaked { hold: now - since });
        }
        if self.pools[home as usize].config().leak_threshold.is_none() {
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
        let (home, state) = (attempt.request.home, attempt.state);
        let answered = matches!(state, State::Leaked | State::Lingering(_));
        // Whoever waits for a further connection ends by its own timeout.
        let works = attempt.is_in_transaction() || matches!(state, State::Outside(_) | State::Linking(_));
        self.tell(now, home, Fact::Suspected);
        if self.pools[home as usize].config().leak_action == LeakAction::Log || !(answered || works) {
            return;
        }
        self.stop_work(now, id, true);
        let closed = self.discard_all(now, id, Closed::Reclaimed);
        self.levels.leaked -= if state == State::Leaked { closed } else { 0 };
        if answered {
            self.attempts.remove(id);
        } else {
            self.fail(now, id);
        }
        self.settle(now, home);
    }

    /// All connections of an attempt are closed where they are: how many.
    pub(super) fn discard_all(&mut self, now: SimTime, id: Id, reason: Closed) -> u32 {
        let attempt = &mut self.attempts[id];
        // What has leaked was told when it did.
        let (home, leaked) = (attempt.request.home, attempt.state == State::Leaked);
        let held: Vec<_> = attempt.first.take().into_iter().chain(core::mem::take(&mut attempt.further)).collect();
        for (connection, since) in &held {
            self.pools[home as usize].discard(*connection, reason);
            self.levels.active -= 1;
            if reason != Closed::Reclaimed && !leaked {
                self.tell_of(now, id, Fact::Returned { hold: now - *since });
            }
        }
        held.len() as u32
    }

    /// An attempt loses patience, and is gone.
    pub(super) fn give_up(&mut self, now: SimTime) {
        let Some(id) = self.patience.pop() else { return };
        let attempt = &self.attempts[id];
        let (home, wait) = (attempt.request.home, now - attempt.waits_since);
        self.stop_waiting(now, id);
        self.tell_of(now, id, Fact::TimedOut { wait });
        self.fail(now, id);
        self.settle(now, home);
    }

    /// An attempt waits no longer for a connection.
    pub(super) fn stop_waiting(&mut self, now: SimTime, id: Id) {
        let attempt = &self.attempts[id];
        let pool = &mut self.pools[attempt.request.home as usize];
        match attempt.state {
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
        self.attempts[id].state = State::Retrying;
    }

    /// An attempt ends without an answer; what it holds goes back.
    pub(super) fn fail(&mut self, now: SimTime, id: Id) {
        if self.attempts[id].probes {
            self.probed(now, id, false);
        } else if !self.attempts[id].left {
            self.unanswered(now, id);
        }
        self.attempts[id].state = State::Retrying;
        if self.fleet.is_some() {
            self.done(now, id);
        }
        self.give_back(now, id);
    }

    pub(super) fn timer(&mut self, now: SimTime) {
        let Some(timer) = self.agenda.pop() else { return };
        match timer {
            Timer::Opens(opening) => self.connected(now, opening),
            Timer::LogsIn(login) => self.login_answered(now, login),
            Timer::OpensAgain { home, retry, caller } => self.open(now, home, retry, caller),
            Timer::DatabaseUp => self.database_comes_up(now),
            Timer::Speed(speed) => self.set_speed(now, speed),
            Timer::Unlocks { epoch } => self.somebody_unlocks(now, epoch),
            Timer::Rested { home } => {
                self.pools[home as usize].rest(false);
                self.settle(now, home);
            }
            Timer::Checked { id, serial } => {
                let attempt = &self.attempts[id];
                if attempt.serial == serial && attempt.state == State::Checking {
                    let connection = attempt.checked;
                    self.levels.pending -= 1;
                    self.grant(now, id, connection);
                }
            }
            Timer::KeptAlive { home, connection } => {
                if !self.pools[home as usize].is_ended() {
                    self.pools[home as usize].checked(connection, now);
                    self.settle(now, home);
                }
            }
            Timer::Sweep { home } => self.sweep(now, home),
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
            Timer::Ends { instance } => self.end_instance(now, instance),
            Timer::Serves { instance } => self.serve(now, instance),
            Timer::Started { instance, id, serial } => self.started(now, instance, id, serial),
            Timer::IdlesOut { instance, idled } => self.idles_out(now, instance, idled),
            Timer::Deploys { entry, position, step } => self.deploys(now, entry, position, step),
            Timer::Changes { entry, position } => self.change_at(now, entry, position),
            Timer::Looks { alert } => self.look(now, alert),
            Timer::Grows { home } => self.grow(now, home),
            Timer::PoolerUp => self.pooler_is_down = now < self.up_again[1],
            Timer::Autoscale => self.autoscale(now),
            Timer::Probe { instance } => self.probe(now, instance),
            Timer::ProbeTimesOut { id, serial } => {
                if self.attempts[id].serial == serial {
                    self.probed(now, id, false);
                }
            }
            Timer::Restarts { instance } => self.restart(now, instance),
            Timer::Retries { id } => self.attempt(now, id),
            Timer::Thought { source, client } => self.ask_as_client(now, source, client),
        }
    }

    fn reach(&mut self, now: SimTime, id: Id) {
        let home = self.attempts[id].request.home;
        match self.pools[home as usize].reach(id, now) {
            Acquire::Granted(connection) => {
                self.levels.pending -= 1;
                self.check_out(now, id, connection);
            }
            Acquire::Queued(ticket) => self.attempts[id].state = State::Waiting(ticket),
            Acquire::Open | Acquire::Rejected => {}
        }
        self.settle(now, home);
    }
}
