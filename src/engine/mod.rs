//! The loop: what will happen, in order, until the end.
//!
//! There is no calendar of everything. The next arrival of a source is one register; the ends of work stand in a tournament;
//! deadlines that all lie the same time ahead stand in queues; changes are sorted beforehand. Only what happens rarely goes to a
//! heap. `act`, `openings` and `clients` say what each event does; [`recursion`] computes the same waits without events, where a model is plain.

mod act;
mod attempts;
mod calendar;
mod clients;
mod facts;
mod openings;
mod plain;
pub mod recursion;
mod requests;
mod timers;

pub use facts::{Fact, Fingerprint, Levels, Observer};

use crate::client::{Breaker, RetryBudget};
use crate::pool::{Order, Pool};
use crate::random::{Generator, Purpose, Streams};
use crate::scenario::Model;
use crate::timeline::Change;
use crate::units::SimTime;
#[cfg(debug_assertions)]
use attempts::State;
use attempts::{Attempts, Id};
use calendar::Calendar;
use requests::Requests;
use std::collections::VecDeque;
use timers::{Agenda, Deadlines, Rank, Timer};

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

/// The same by the general loop, whether or not the model is so plain that a shorter one does.
#[doc(hidden)]
pub fn run_general(model: &Model, streams: Streams, until: SimTime, observer: &mut impl Observer) {
    let mut engine = Engine::new(model, streams, observer);
    engine.start();
    while let Some(now) = engine.step(until) {
        #[cfg(debug_assertions)]
        engine.promises_hold(now);
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
    Arrive,
    Timer,
}

struct Engine<'a, O> {
    model: &'a Model,
    streams: Streams,
    observer: &'a mut O,
    levels: Levels,
    pools: Vec<Pool<Id>>,
    /// How many times as long the holds of each class last on each instance: `[instance × classes + class]`.
    factors: Vec<f64>,
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
    think: Vec<Generator>,
    connects: Generator,
    lifetimes: Generator,
    orders: Generator,
    /// Whether a pool serves its waiters by chance.
    chance_serves: bool,
    /// Whether a pool is being asked what it decides: what happens meanwhile need not ask again.
    settling: bool,
}

impl<'a, O: Observer> Engine<'a, O> {
    fn new(model: &'a Model, streams: Streams, observer: &'a mut O) -> Self {
        let instances = model.instances;
        let each_source = 0..model.sources.len() as u32;
        let mut changes: Vec<_> = (model.timeline.iter().enumerate())
            .flat_map(|(n, entry)| {
                // A note changes nothing: one instance is told for all.
                let reached = if entry.change == Change::Note { 1 } else { instances };
                (0..reached).map(move |i| (entry.reaches(i, instances), n, i))
            })
            .collect();
        changes.sort();
        let breaker = model.client.breaker.map(Breaker::new);
        Self {
            model,
            streams,
            observer,
            levels: Levels { size: instances * model.pool.max_size, ..Levels::default() },
            pools: (0..instances).map(|_| Pool::new(model.pool.clone())).collect(),
            factors: vec![1.0; instances as usize * model.queries.len()],
            attempts: Attempts::default(),
            ends: Calendar::new(16),
            owners: Vec::new(),
            sources: each_source.clone().map(|source| Requests::new(model, streams, source)).collect(),
            next_arrival: (SimTime::NEVER, 0),
            calm_until: SimTime::ZERO,
            patience: Deadlines::new(model.pool.acquire_timeout),
            client_patience: Deadlines::new(model.client.timeout),
            suspicion: Deadlines::new(model.pool.leak_threshold),
            agenda: Agenda::default(),
            changes: changes.into(),
            breakers: breaker.map_or(Vec::new(), |breaker| vec![breaker; instances as usize]),
            retry_budget: RetryBudget::new(model.client.retry_budget),
            think: each_source.map(|source| streams.of(Purpose::Think, source)).collect(),
            connects: streams.of(Purpose::Connect, 0),
            lifetimes: streams.of(Purpose::Lifetime, 0),
            orders: streams.of(Purpose::Order, 0),
            chance_serves: model.pool.order == Order::Random,
            settling: false,
        }
    }

    /// Let the earliest event up to `until` happen, the lower rank first at one moment. When that was; `None` if there is none.
    #[inline]
    fn step(&mut self, until: SimTime) -> Option<SimTime> {
        let over = self.ends.first().0;
        let arrival = self.next_arrival.0;
        let first = over.min(arrival);
        if first >= self.calm_until {
            return self.step_of_all(over, arrival, until);
        }
        if first > until {
            return None;
        }
        if over <= arrival {
            self.over(over);
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
            Event::Change => self.change(now),
            Event::Timer => self.timer(now),
        }
        Some(now)
    }

    /// The earliest of everything, and until when it is calm after that.
    fn next_of_all(&mut self, over: SimTime, arrival: SimTime) -> (SimTime, Event) {
        let (attempts, pool) = (&self.attempts, &self.model.pool);
        let give_up = self.patience.first(|at, id, serial| attempts.loses_patience(pool, at, id, serial));
        let leave = self.client_patience.first(|_, id, serial| attempts.is_awaited(id, serial));
        let suspect = self.suspicion.first(|_, id, serial| attempts.is(id, serial));
        let change = self.changes.front().map_or(SimTime::NEVER, |change| change.0);
        let (planned, rank) = self.agenda.first().unwrap_or((SimTime::NEVER, Rank::Ask));
        self.calm_until = [give_up, leave, suspect, change, planned].into_iter().fold(SimTime::NEVER, SimTime::min);
        let mut first = (over, Rank::Free, Event::Over);
        for candidate in [
            (planned, rank, Event::Timer),
            (change, Rank::Change, Event::Change),
            (give_up, Rank::GiveUp, Event::GiveUp),
            (leave, Rank::GiveUp, Event::Leave),
            (suspect, Rank::GiveUp, Event::Suspect),
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
    fn tell(&mut self, now: SimTime, instance: u32, fact: Fact) {
        self.observer.on(now, instance, fact, &self.levels);
    }

    /// In debug builds: connections and attempts are conserved, after every event for each pool, and over the whole fleet as long
    /// as few are under way or the moment is one of a sample.
    #[cfg(debug_assertions)]
    fn promises_hold(&self, now: SimTime) {
        let pool = &self.pools[(now.nanos() % self.pools.len() as u64) as usize];
        let config = pool.config();
        assert!(
            config.order == Order::Barging || pool.queued() == 0 || pool.idle() == 0,
            "someone waits beside an idle connection"
        );
        assert!(pool.idle() == 0 || pool.total() <= config.max_size, "an idle connection above the limit");
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
        let forgotten = if self.model.pool.leak_threshold.is_some() { 0 } else { levels.leaked };
        let checked = under_way().filter(|a| a.state == State::Checking).count() as u32;
        assert_eq!(held + forgotten + checked, levels.active, "whoever holds a connection is known");
    }
}
