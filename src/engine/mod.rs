//! The loop: what will happen, in order, until the end.
//!
//! There is no calendar of everything. The next arrival of a source is one register; the ends of work stand in a tournament;
//! deadlines that all lie the same time ahead stand in queues; changes are sorted beforehand. Only what happens rarely goes to a
//! heap. `act`, `openings` and `clients` say what each event does; [`recursion`] computes the same waits without events, where a model is plain.

mod act;
mod alerts;
mod attempts;
mod calendar;
mod changes;
mod clients;
mod facts;
mod fleet;
mod growing;
mod openings;
mod plain;
mod pooler;
pub mod recursion;
mod requests;
mod server;
mod timers;
mod transaction;

pub use facts::{Cut, Fact, Fingerprint, Here, Levels, Observer};

use crate::client::{Breaker, Client, RetryBudget};
use crate::database::{Database, Law, Lock, Server, Sharing};
use crate::order::sort_by;
use crate::pool::PoolConfig;
use crate::pool::{Order, Pool};
use crate::pooler::{Pooler, User};
use crate::random::{Generator, Purpose, Streams};
use crate::scenario::Model;
use crate::units::SimTime;
use crate::units::Span;
use alerts::Watched;
use attempts::{Attempts, Id, State};
use calendar::Calendar;
use fleet::Fleet;
use growing::Growing;
use requests::Requests;
use std::collections::VecDeque;
use timers::{Agenda, Deadlines, Login, Opening, Rank, Timer};

/// Run the model from an empty start up to `until`, telling `observer` every fact.
///
/// The same streams give the same facts, natively and in Wasm. Memory grows with what waits and runs at once, never with the
/// number of requests.
///
/// ```
/// use poolwise::{engine, random::Streams, scenario::Scenario, units::{SimTime, Span}};
/// # let text = serde_json::json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "deterministic(20ms)" }] });
/// let model = Scenario::read(text)?.check()?;
/// let mut fingerprint = engine::Fingerprint::default();
/// engine::run(&model, Streams::new(1, 0), SimTime::ZERO + Span::parse("10s").unwrap(), &mut fingerprint);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn run(model: &Model, streams: Streams, until: SimTime, observer: &mut impl Observer) {
    if plain::applies(model) {
        plain::run(model, streams, until, observer);
    } else {
        run_general(model, streams, until, observer);
    }
}

/// The same for whoever is not in a hurry: all such share one copy of the loop, which keeps what a browser loads small.
pub fn watch(model: &Model, streams: Streams, until: SimTime, mut observer: &mut dyn Observer) {
    run(model, streams, until, &mut observer);
}

/// The same by the general loop, whether or not the model is so plain that a shorter one does.
#[doc(hidden)]
pub fn run_general(model: &Model, streams: Streams, until: SimTime, observer: &mut impl Observer) {
    let mut engine = Engine::new(model, streams, observer);
    engine.start();
    #[cfg(debug_assertions)]
    let mut events = 0u32;
    while let Some(now) = engine.step(until) {
        #[cfg(debug_assertions)]
        {
            // Every event of a short run, one in many of a long one.
            events = events.saturating_add(1);
            if events < 4_000 || events.is_multiple_of(97) {
                engine.promises_hold(now);
            }
        }
        let _ = now;
    }
}

/// What will happen, in the order of one moment: free, change, give up, ask. So a connection that comes back at the very moment
/// a waiter loses patience still reaches that waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// The work at a place of the calendar is over.
    Over,
    Change,
    GiveUp,
    Leave,
    Suspect,
    /// A query has had the processor time that it needed.
    Ran,
    /// A statement has taken too long, or waited for too long for a lock.
    StatementTimeout,
    LockTimeout,
    /// A pooler's client has waited too long for a server connection, or the pooler has something to look at.
    QueryWait,
    Pooler,
    Arrive,
    Timer,
}

/// Whose work the database's cores do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Attempt(Id),
    Opening(Opening),
    Login(Login),
}

/// Who waits for the locked row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Locker {
    Attempt(Id),
    /// Somebody who is no request, and keeps it for so long.
    Else(Span),
}

struct Engine<'a, O> {
    model: &'a Model,
    /// What clients and the database do now: as in the model, until an entry of the timeline sets something else.
    client: Client,
    database: Database,
    streams: Streams,
    observer: &'a mut O,
    levels: Levels,
    /// The settings of every pool of an instance.
    kinds: Vec<&'a PoolConfig>,
    /// Every pool of every instance: `[instance × kinds + kind]`, its home.
    pools: Vec<Pool<Id>>,
    /// How many times as long each class takes on each instance, and how many times as much processor time besides:
    /// `[instance × classes + class]`.
    factors: Vec<(f64, f64)>,
    /// The version of the application on each instance; 0 is that of the start.
    versions: Vec<u32>,
    /// Whether requests go through phases.
    phases: bool,
    /// Whether connections at the database are counted.
    counts_connections: bool,
    server: Server,
    cores: Sharing<Owner>,
    lock: Lock<Locker>,
    statement_timeouts: Deadlines,
    lock_timeouts: Deadlines,
    pooler: Option<Pooler<Id>>,
    /// Connections to the pooler from before its last restart are dead.
    pooler_epoch: u32,
    pooler_is_down: bool,
    /// When the database and the pooler are up again, at the earliest: one restart may come during another.
    up_again: [SimTime; 2],
    /// As whom each kind of pool connects.
    users: Vec<User>,
    query_waits: Deadlines,
    /// When the pooler has something to look at.
    pooler_next: SimTime,
    attempts: Attempts,
    /// When work is over, and whose it is.
    ends: Calendar,
    owners: Vec<Id>,
    /// The requests of each source.
    sources: Vec<Requests<'a>>,
    /// When the next one comes, and from which source.
    next_arrival: (SimTime, usize),
    /// Nothing but arrivals and ends of work happens before.
    calm_until: SimTime,
    patience: Deadlines,
    client_patience: Deadlines,
    suspicion: Deadlines,
    agenda: Agenda,
    /// Which entry of the timeline reaches which instance, in order; the next one first.
    changes: VecDeque<(SimTime, usize, u32)>,
    breakers: Vec<Breaker>,
    retry_budget: RetryBudget,
    /// The alerts, where there are any.
    watched: Option<Watched>,
    /// The pools that grow by themselves, where there are any.
    growing: Option<Growing>,
    /// The instances, where they change or are not chosen by chance.
    fleet: Option<Fleet>,
    starts: Generator,
    think: Vec<Generator>,
    connects: Generator,
    lifetimes: Generator,
    orders: Generator,
    /// The instances, where somebody asks, and the fleet when they were last looked at: what has changed since happened at one.
    here: Option<(Vec<Here>, Here)>,
    /// Whether it is told what becomes of each request.
    tells_ends: bool,
    /// Whether a pool serves its waiters by chance.
    chance_serves: bool,
    /// The pool that is being asked what it decides: what happens to it meanwhile need not ask again.
    settling: Option<u32>,
    /// Other pools that have something to decide meanwhile.
    unsettled: Vec<u32>,
    /// The same of the pooler.
    settling_pooler: bool,
}

impl<'a, O: Observer> Engine<'a, O> {
    fn new(model: &'a Model, streams: Streams, observer: &'a mut O) -> Self {
        let instances = model.instances;
        let each_source = 0..model.sources.len() as u32;
        let mut changes: Vec<_> = (model.timeline.iter().enumerate())
            .filter_map(|(n, entry)| Some((n, entry, entry.at()?)))
            .flat_map(|(n, entry, at)| {
                let reached = entry.reaches(model.most_instances()).into_iter();
                reached.map(move |(after, position)| (at + after, n, position))
            })
            .collect();
        sort_by(&mut changes, Ord::cmp);
        let breaker = model.client.breaker.map(Breaker::new);
        let kinds: Vec<&PoolConfig> = model.pool_configs().collect();
        let limits: u32 = kinds.iter().map(|config| config.max_size).sum();
        let database = &model.database;
        Self {
            model,
            client: model.client.clone(),
            database: model.database.clone(),
            streams,
            observer,
            levels: Levels { size: instances * limits, instances, ..Levels::default() },
            patience: Deadlines::default(),
            suspicion: Deadlines::default(),
            pools: (0..instances).flat_map(|_| kinds.iter().map(|&config| Pool::new(config.clone()))).collect(),
            here: model.tells_instances().then(Default::default),
            tells_ends: model.tells_ends(),
            chance_serves: kinds.iter().any(|config| config.order == Order::Random),
            growing: Growing::of(&kinds, instances),
            kinds,
            factors: vec![(1.0, 1.0); instances as usize * model.queries.len()],
            versions: vec![0; instances as usize],
            watched: Watched::of(model),
            pooler_epoch: 0,
            pooler_is_down: false,
            up_again: [SimTime::ZERO; 2],
            phases: model.has_phases(),
            counts_connections: model.has_server(),
            server: Server::new(database.limits),
            cores: Sharing::new(database.law.unwrap_or(Law::of_cores(f64::INFINITY))),
            lock: Lock::default(),
            statement_timeouts: Deadlines::default(),
            lock_timeouts: Deadlines::default(),
            query_waits: Deadlines::default(),
            pooler: model.pooler.clone().map(|config| Pooler::new(config, model.pool_users().1)),
            users: model.pool_users().0,
            pooler_next: SimTime::NEVER,
            settling_pooler: false,
            attempts: Attempts::default(),
            ends: Calendar::new(16),
            owners: Vec::new(),
            sources: each_source.clone().map(|source| Requests::new(model, streams, source)).collect(),
            next_arrival: (SimTime::NEVER, 0),
            calm_until: SimTime::ZERO,
            client_patience: Deadlines::default(),
            agenda: Agenda::default(),
            changes: changes.into(),
            breakers: breaker.map_or(Vec::new(), |breaker| vec![breaker; instances as usize]),
            retry_budget: RetryBudget::new(model.client.retry_budget),
            fleet: Fleet::of(model),
            starts: streams.of(Purpose::Start, 0),
            think: each_source.map(|source| streams.of(Purpose::Think, source)).collect(),
            connects: streams.of(Purpose::Connect, 0),
            lifetimes: streams.of(Purpose::Lifetime, 0),
            orders: streams.of(Purpose::Order, 0),
            settling: None,
            unsettled: Vec::new(),
        }
    }

    /// Let the earliest event up to `until` happen, the lower rank first at one moment. When that was; `None` if there is none.
    #[inline]
    fn step(&mut self, until: SimTime) -> Option<SimTime> {
        let over = self.ends.first().0;
        let arrival = self.next_arrival.0;
        let first = over.min(arrival).min(self.cores.next());
        if first >= self.calm_until {
            return self.step_of_all(over, arrival, until);
        }
        if first > until {
            return None;
        }
        if over == first {
            self.over(over);
        } else if self.cores.next() == first {
            self.ran(first);
        } else {
            self.arrive(arrival);
        }
        Some(first)
    }

    #[inline(never)]
    fn step_of_all(&mut self, over: SimTime, arrival: SimTime, until: SimTime) -> Option<SimTime> {
        let (now, event) = self.next_of_all(over, arrival);
        if now > until || now == SimTime::NEVER {
            return None;
        }
        match event {
            Event::Over => self.over(now),
            Event::Arrive => self.arrive(now),
            Event::GiveUp => self.give_up(now),
            Event::Leave => self.leave(now),
            Event::Suspect => self.suspect(now),
            Event::Ran => self.ran(now),
            Event::StatementTimeout => self.statement_times_out(now),
            Event::LockTimeout => self.lock_times_out(now),
            Event::QueryWait => self.query_wait_is_over(now),
            Event::Pooler => self.tick(now),
            Event::Change => self.change(now),
            Event::Timer => self.timer(now),
        }
        Some(now)
    }

    /// The earliest of everything, and until when it is calm after that.
    fn next_of_all(&mut self, over: SimTime, arrival: SimTime) -> (SimTime, Event) {
        let (attempts, pools) = (&self.attempts, &self.pools);
        let give_up = self.patience.first(|after, at, id, serial| {
            let covers = pools[attempts[id].request.home as usize].config().timeout_covers;
            attempts.loses_patience(covers, after, at, id, serial)
        });
        let suspect = self.suspicion.first(|_, _, id, serial| attempts.is(id, serial));
        let leave = self.client_patience.first(|_, _, id, serial| attempts.is_awaited(id, serial));
        let in_statement = |after, at, id, serial| attempts.is_in_statement(after, at, id, serial);
        let statement = self.statement_timeouts.first(in_statement);
        let blocked = self
            .lock_timeouts
            .first(|after, at, id, serial| in_statement(after, at, id, serial) && attempts[id].state == State::Blocked);
        let query_wait = self.query_waits.first(|after, at, id, serial| attempts.is_linking(after, at, id, serial));
        let query_wait = if query_wait == SimTime::NEVER { query_wait } else { Pooler::<Id>::visit(query_wait) };
        let change = self.changes.front().map_or(SimTime::NEVER, |change| change.0);
        let (planned, rank) = self.agenda.first().unwrap_or((SimTime::NEVER, Rank::Ask));
        self.calm_until = [give_up, leave, suspect, change, planned, statement, blocked, query_wait, self.pooler_next]
            .into_iter()
            .fold(SimTime::NEVER, SimTime::min);
        let mut first = (over, Rank::Free, Event::Over);
        for candidate in [
            (self.cores.next(), Rank::Free, Event::Ran),
            (planned, rank, Event::Timer),
            (change, Rank::Change, Event::Change),
            (give_up, Rank::GiveUp, Event::GiveUp),
            (leave, Rank::GiveUp, Event::Leave),
            (suspect, Rank::GiveUp, Event::Suspect),
            (statement, Rank::GiveUp, Event::StatementTimeout),
            (blocked, Rank::GiveUp, Event::LockTimeout),
            (query_wait, Rank::GiveUp, Event::QueryWait),
            (self.pooler_next, Rank::Change, Event::Pooler),
            (arrival, Rank::Ask, Event::Arrive),
        ] {
            if (candidate.0, candidate.1) < (first.0, first.1) {
                first = candidate;
            }
        }
        (first.0, first.2)
    }

    /// Something will happen at a moment that is not an arrival and not an end of work.
    #[inline]
    fn expect(&mut self, at: SimTime) {
        self.calm_until = self.calm_until.min(at);
    }

    fn plan(&mut self, at: SimTime, rank: Rank, timer: Timer) {
        self.agenda.plan(at, rank, timer);
        self.expect(at);
    }

    #[inline]
    fn tell(&mut self, now: SimTime, home: u32, fact: Fact) {
        let instance = if let [_] = self.kinds.as_slice() { home } else { home / self.kinds.len() as u32 };
        if let Some(watched) = &mut self.watched {
            watched.count(home, fact);
        }
        if let (Some(growing), Fact::TimedOut { .. }) = (&mut self.growing, fact) {
            growing.timed_out(home);
        }
        if self.here.is_some() {
            self.look_at(instance);
        }
        self.observer.on(now, instance, fact, &self.levels);
    }

    /// Whatever has changed since an instance was last looked at has changed at this one.
    fn look_at(&mut self, instance: u32) {
        let Some((all, before)) = &mut self.here else { return };
        let place = instance as usize;
        if place >= all.len() {
            all.resize(place + 1, Here::default());
        }
        let everywhere = self.levels.everywhere();
        if everywhere != *before {
            all[place].follow(everywhere, *before);
            *before = everywhere;
        }
        self.levels.here = all[place];
    }

    /// The instances as they are at the start.
    fn look_at_all(&mut self) {
        let Some((all, before)) = &mut self.here else { return };
        let of = |pools: &[Pool<Id>]| Here {
            active: 0,
            pending: 0,
            total: pools.iter().map(Pool::total).sum(),
            size: pools.iter().map(|pool| pool.config().max_size).sum(),
        };
        *all = self.pools.chunks(self.kinds.len()).map(of).collect();
        *before = self.levels.everywhere();
    }

    /// The same of what happens to an attempt; a health check is no request, and what happens to it only moves the levels.
    #[inline]
    fn tell_of(&mut self, now: SimTime, id: Id, fact: Fact) {
        let attempt = &self.attempts[id];
        let (home, fact) = (attempt.request.home, if attempt.probes { Fact::Probes } else { fact });
        self.tell(now, home, fact);
    }

    /// Which of its instance's pools one is.
    #[inline]
    fn kind_of(&self, home: u32) -> usize {
        if let [_] = self.kinds.as_slice() { 0 } else { home as usize % self.kinds.len() }
    }

    /// Where the factors of a class stand for the instance of a pool.
    #[inline]
    fn cell(&self, home: u32, class: u32) -> usize {
        let instance = if let [_] = self.kinds.as_slice() { home as usize } else { home as usize / self.kinds.len() };
        instance * self.model.queries.len() + class as usize
    }

    /// In debug builds: connections and attempts are conserved, after every event for each pool, and over the whole fleet as long
    /// as few are under way or the moment is one of a sample.
    #[cfg(debug_assertions)]
    fn promises_hold(&self, now: SimTime) {
        // All of a few, one of many.
        let first = (now.nanos() % self.pools.len() as u64) as usize;
        let looked_at = if self.pools.len() <= 16 { 0..self.pools.len() } else { first..first + 1 };
        for pool in &self.pools[looked_at] {
            let config = pool.config();
            assert!(
                config.order == Order::Barging || pool.queued() == 0 || pool.idle() == 0,
                "someone waits beside an idle connection"
            );
            assert!(pool.idle() == 0 || pool.total() <= config.max_size, "an idle connection above the limit");
        }
        // Looking at all that is under way takes as long as there is much.
        let under_way = u64::from(self.levels.pending + self.levels.active);
        if under_way > 64 && !now.nanos().is_multiple_of(under_way) {
            return;
        }
        let sum = |of: fn(&Pool<Id>) -> u32| self.pools.iter().map(of).sum::<u32>();
        let levels = self.levels;
        assert_eq!(sum(Pool::active), levels.active, "connections that are out");
        assert_eq!(sum(Pool::total), levels.total, "connections that are open");
        let under_way = || self.attempts.iter();
        let waiting = under_way().filter(|a| matches!(a.state, State::Waiting(_))).count();
        assert_eq!(sum(Pool::queued) as usize, waiting, "attempts in the queues");
        let pending = under_way().filter(|a| a.waits()).count();
        assert_eq!(levels.pending as usize, pending, "attempts without the connection that they want");
        let held: u32 = under_way().map(attempts::Attempt::connections).sum();
        let leaked = under_way().filter(|a| a.state == State::Leaked).map(attempts::Attempt::connections);
        let forgotten = levels.leaked - leaked.sum::<u32>();
        let checked = under_way().filter(|a| a.state == State::Checking).count() as u32;
        assert_eq!(held + forgotten + checked, levels.active, "whoever holds a connection is known");
        if let Some((all, before)) = &self.here {
            assert_eq!(*before, levels.everywhere(), "every change happens at an instance");
            for (here, pools) in all.iter().zip(self.pools.chunks(self.kinds.len())) {
                let sum = |of: fn(&Pool<Id>) -> u32| pools.iter().map(of).sum::<u32>();
                let size = sum(|pool| pool.config().max_size);
                let found = (sum(Pool::active), sum(Pool::total), size);
                assert_eq!((here.active, here.total, here.size), found, "what an instance has");
                assert!(here.pending >= sum(Pool::queued), "whoever waits at an instance");
            }
            assert_eq!(all.iter().map(|here| here.pending).sum::<u32>(), levels.pending, "whoever waits somewhere");
        }
    }
}
