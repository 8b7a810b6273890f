//! The loop: what will happen, in order, until the end; and what each event does to the pools.
//!
//! There is no calendar of everything. The next arrival is one register; what gives up next is the head of one queue, because
//! every request has the same patience; changes are sorted beforehand; only the returns of connections need a heap.

mod facts;
mod requests;

pub use facts::{Fact, Fingerprint, Levels, Observer};

use crate::pool::{Acquire, Pool};
use crate::random::Streams;
use crate::scenario::Model;
use crate::timeline::Change;
use crate::units::{SimTime, Span};
use core::cmp::Reverse;
use requests::{Request, Requests};
use std::collections::{BinaryHeap, VecDeque};

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
    let mut engine = Engine::new(model, streams, observer);
    while let Some((now, event)) = engine.next(until) {
        engine.happen(now, event);
        engine.promises_hold();
    }
}

/// What will happen. At one moment the order is: free, change, give up, ask; so a connection that comes back at the very moment
/// a waiter loses patience still reaches that waiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Return,
    Change,
    GiveUp,
    Arrive,
}

/// A connection that is out, ordered by when it comes back, then by when it went out.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Lease {
    back: SimTime,
    number: u64,
    instance: u32,
    hold: Span,
    asked: SimTime,
    leak: bool,
}

struct Engine<'a, O> {
    model: &'a Model,
    observer: &'a mut O,
    pools: Vec<Pool<Request>>,
    /// How many times as long the holds of each class last on each instance: `[instance × classes + class]`.
    factors: Vec<f64>,
    levels: Levels,
    requests: Requests<'a>,
    next_request: Request,
    leases: BinaryHeap<Reverse<Lease>>,
    /// Who loses patience when, in order: (moment, request, instance). Whoever has been served meanwhile is still in it.
    patience: VecDeque<(SimTime, u64, u32)>,
    /// Which entry of the timeline reaches which instance, in order; the next one first.
    changes: VecDeque<(SimTime, usize, u32)>,
}

impl<'a, O: Observer> Engine<'a, O> {
    fn new(model: &'a Model, streams: Streams, observer: &'a mut O) -> Self {
        let mut requests = Requests::new(model, streams);
        let next_request = requests.next();
        let instances = model.instances;
        let mut changes: Vec<_> = (model.timeline.iter().enumerate())
            .flat_map(|(n, entry)| {
                // A note changes nothing: one instance is told for all.
                let reached = if entry.change == Change::Note { 1 } else { instances };
                (0..reached).map(move |i| (entry.reaches(i, instances), n, i))
            })
            .collect();
        changes.sort();
        Self {
            model,
            observer,
            pools: (0..instances).map(|_| Pool::new(&model.pool)).collect(),
            factors: vec![1.0; instances as usize * model.queries.len()],
            levels: Levels { size: instances * model.pool.max_size, ..Levels::default() },
            requests,
            next_request,
            leases: BinaryHeap::new(),
            patience: VecDeque::new(),
            changes: changes.into(),
        }
    }

    /// The earliest event up to `until`, the lower kind first at one moment.
    fn next(&mut self, until: SimTime) -> Option<(SimTime, Event)> {
        self.forget_the_served();
        let back = self.leases.peek().map_or(SimTime::NEVER, |lease| lease.0.back);
        let change = self.changes.front().map_or(SimTime::NEVER, |change| change.0);
        let give_up = self.patience.front().map_or(SimTime::NEVER, |waiter| waiter.0);
        let mut first = (back, Event::Return);
        for candidate in [(change, Event::Change), (give_up, Event::GiveUp), (self.next_request.asked, Event::Arrive)] {
            if candidate.0 < first.0 {
                first = candidate;
            }
        }
        (first.0 <= until && first.0 < SimTime::NEVER).then_some(first)
    }

    /// Drop the heads of the patience queue whose requests no longer wait. Within an instance waiters leave in the order in
    /// which they came, so whoever still waits is not before the head of that instance's queue.
    fn forget_the_served(&mut self) {
        while let Some(&(_, number, instance)) = self.patience.front() {
            match self.pools[instance as usize].longest_waiting() {
                Some(waiter) if waiter.number <= number => return,
                _ => drop(self.patience.pop_front()),
            }
        }
    }

    fn happen(&mut self, now: SimTime, event: Event) {
        match event {
            Event::Return => self.give_back(now),
            Event::Change => self.change(now),
            Event::GiveUp => self.give_up(now),
            Event::Arrive => self.arrive(now),
        }
    }

    fn arrive(&mut self, now: SimTime) {
        let next = self.requests.next();
        let request = core::mem::replace(&mut self.next_request, next);
        let (instance, number) = (request.instance, request.number);
        self.tell(now, instance, Fact::Arrived);
        match self.pools[instance as usize].acquire(request) {
            Acquire::Granted(request) => self.grant(now, request),
            Acquire::Rejected => self.tell(now, instance, Fact::Rejected),
            Acquire::Queued => {
                self.levels.pending += 1;
                if let Some(timeout) = self.model.pool.acquire_timeout {
                    self.patience.push_back((now + timeout, number, instance));
                }
                self.tell(now, instance, Fact::Queued);
            }
        }
    }

    fn grant(&mut self, now: SimTime, request: Request) {
        self.levels.active += 1;
        let factor = self.factors[request.instance as usize * self.model.queries.len() + request.class];
        let hold = if factor == 1.0 { request.hold } else { request.hold.scaled(factor) };
        self.leases.push(Reverse(Lease {
            back: now + hold,
            number: request.number,
            instance: request.instance,
            hold,
            asked: request.asked,
            leak: request.leak,
        }));
        self.tell(now, request.instance, Fact::Granted { wait: now - request.asked });
    }

    fn serve_waiter(&mut self, now: SimTime, waiter: Option<Request>) {
        if let Some(request) = waiter {
            self.levels.pending -= 1;
            self.grant(now, request);
        }
    }

    fn give_back(&mut self, now: SimTime) {
        let Some(Reverse(lease)) = self.leases.pop() else { return };
        let (hold, sojourn) = (lease.hold, now - lease.asked);
        if lease.leak {
            self.levels.leaked += 1;
            return self.tell(now, lease.instance, Fact::Leaked { hold, sojourn });
        }
        self.levels.active -= 1;
        let waiter = self.pools[lease.instance as usize].give_back();
        self.tell(now, lease.instance, Fact::Returned { hold, sojourn });
        self.serve_waiter(now, waiter);
    }

    fn give_up(&mut self, now: SimTime) {
        let Some((_, number, instance)) = self.patience.pop_front() else { return };
        let Some(request) = self.pools[instance as usize].give_up() else { return };
        debug_assert_eq!(request.number, number, "the one who gives up has waited longest");
        self.levels.pending -= 1;
        self.tell(now, instance, Fact::TimedOut { wait: now - request.asked });
    }

    fn change(&mut self, now: SimTime) {
        let Some((_, entry, instance)) = self.changes.pop_front() else { return };
        let classes = self.model.queries.len();
        let factors = &mut self.factors[instance as usize * classes..][..classes];
        match &self.model.timeline[entry].change {
            Change::SlowQuery { query: Some(class), factor } => factors[*class] = *factor,
            Change::SlowQuery { query: None, factor } => factors.fill(*factor),
            Change::Rollback => factors.fill(1.0),
            Change::Note => {}
            Change::ResizePool { max_size } => {
                let pool = &mut self.pools[instance as usize];
                self.levels.size = self.levels.size - pool.max_size() + max_size;
                pool.resize(*max_size);
            }
        }
        self.tell(now, instance, Fact::Changed { entry });
        while let Some(waiter) = self.pools[instance as usize].admit() {
            self.serve_waiter(now, Some(waiter));
        }
    }

    fn tell(&mut self, now: SimTime, instance: u32, fact: Fact) {
        self.observer.on(now, instance, fact, &self.levels);
    }

    /// In debug builds, after every event: connections and waiters are conserved.
    fn promises_hold(&self) {
        #[cfg(debug_assertions)]
        {
            let active: u32 = self.pools.iter().map(Pool::active).sum();
            let pending: u32 = self.pools.iter().map(Pool::pending).sum();
            assert_eq!((active, pending), (self.levels.active, self.levels.pending));
            assert_eq!(active as usize, self.leases.len() + self.levels.leaked as usize);
        }
    }
}
