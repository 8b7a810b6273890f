//! The loop for plain models, with nothing in it that they do not need: the same facts as the general loop tells, in the same order,
//! in half the time. A test holds the two together, fact by fact.

use super::calendar::Calendar;
use super::requests::{Request, Requests};
use super::{Fact, Levels, Observer};
use crate::pool::Order;
use crate::random::Streams;
use crate::scenario::Model;
use crate::units::{SimTime, Span};
use crate::workload::Arrivals;
use std::collections::VecDeque;

/// Whether a model is plain: open arrivals, one connection for each request; waiters first come, first served, with at most an
/// acquire timeout and a limit on their number; connections that are open from the start and last, or leak; clients that ask
/// once; nothing that changes; a database that nobody asks about; nobody who asks how many users or requests were affected.
pub(super) fn applies(model: &Model) -> bool {
    let pool = &model.pool;
    let plain_pool = pool.is_fixed() && pool.order == Order::Fifo && pool.validation == Span::ZERO;
    let plain_clients = model.client.timeout.is_none() && model.client.retries == 0 && model.client.breaker.is_none();
    let plain_world = !model.has_server() && model.side_pools.is_empty() && !model.has_fleet();
    plain_pool
        && plain_clients
        && plain_world
        && model.queries.iter().all(|query| query.is_brief() && query.connections == 1)
        && model.sources.iter().all(|source| matches!(source.arrivals, Arrivals::Open(_)))
        && model.timeline.is_empty()
        && model.alerts().is_empty()
        && !model.tells_ends()
}

/// A request that waits.
#[derive(Clone, Copy)]
struct Waiter {
    number: u64,
    asked: SimTime,
    work: Span,
    leak: bool,
}

/// A connection that is out.
#[derive(Clone, Copy, Default)]
struct Lease {
    asked: SimTime,
    since: SimTime,
    instance: u32,
    leak: bool,
}

struct Pool {
    idle: u32,
    waiters: VecDeque<Waiter>,
}

struct Plain<'a, O> {
    observer: &'a mut O,
    levels: Levels,
    pools: Vec<Pool>,
    ends: Calendar,
    leases: Vec<Lease>,
    /// Who loses patience when, in order. Whoever has been served meanwhile is still in it.
    patience: VecDeque<(SimTime, u64, u32)>,
}

/// Run a model to which this [`applies`].
pub(super) fn run(model: &Model, streams: Streams, until: SimTime, observer: &mut impl Observer) {
    let size = model.instances * model.pool.max_size;
    let mut sources: Vec<Requests> =
        (0..model.sources.len() as u32).map(|source| Requests::new(model, streams, source)).collect();
    let mut plain = Plain {
        observer,
        levels: Levels { total: size, size, instances: model.instances, ..Levels::default() },
        pools: (0..model.instances).map(|_| Pool { idle: model.pool.max_size, waiters: VecDeque::new() }).collect(),
        ends: Calendar::new(16),
        leases: Vec::new(),
        patience: VecDeque::new(),
    };
    let timeout = model.pool.acquire_timeout;
    let most = model.pool.max_waiters.map_or(usize::MAX, |most| most as usize);
    let mut request = Request::default();
    let mut number = 0;
    loop {
        let (source, arrival) = first(&mut sources);
        // All that happens before: at one moment a connection comes back, then a waiter gives up, then a request comes.
        loop {
            let back = plain.ends.first().0;
            let gives_up = plain.first_to_give_up();
            let now = back.min(gives_up);
            if now > arrival.min(until) || now == SimTime::NEVER {
                break;
            }
            if back <= gives_up {
                plain.over(now);
            } else {
                plain.give_up(now);
            }
        }
        if arrival > until || arrival == SimTime::NEVER {
            return;
        }
        sources[source].write(&mut request);
        number += 1;
        let waiter = Waiter { number, asked: arrival, work: request.work, leak: request.leak };
        plain.arrive(waiter, request.instance, timeout, most);
    }
}

/// Which source brings the next request, and when.
#[inline]
fn first(sources: &mut [Requests]) -> (usize, SimTime) {
    if let [only] = sources {
        return (0, only.moment());
    }
    let moments = sources.iter_mut().map(Requests::moment).enumerate();
    moments.fold((0, SimTime::NEVER), |first, (n, at)| if at < first.1 { (n, at) } else { first })
}

impl<O: Observer> Plain<'_, O> {
    #[inline]
    fn arrive(&mut self, request: Waiter, instance: u32, timeout: Option<Span>, most: usize) {
        let now = request.asked;
        self.tell(now, instance, Fact::Arrived { again: false });
        let pool = &mut self.pools[instance as usize];
        if pool.idle > 0 {
            pool.idle -= 1;
            self.levels.active += 1;
            let place = self.ends.take();
            self.grant(now, instance, place, request);
        } else if pool.waiters.len() < most {
            pool.waiters.push_back(request);
            self.levels.pending += 1;
            if let Some(timeout) = timeout {
                self.patience.push_back((now + timeout, request.number, instance));
            }
            self.tell(now, instance, Fact::Queued);
        } else {
            self.tell(now, instance, Fact::Rejected);
            self.tell(now, instance, Fact::Failed { sojourn: Span::ZERO, lost: true });
        }
    }

    #[inline]
    fn grant(&mut self, now: SimTime, instance: u32, place: u32, request: Waiter) {
        if place as usize >= self.leases.len() {
            self.leases.resize(place as usize + 1, Lease::default());
        }
        self.leases[place as usize] = Lease { asked: request.asked, since: now, instance, leak: request.leak };
        self.ends.set(place, now + request.work);
        self.tell(now, instance, Fact::Granted { wait: now - request.asked });
    }

    /// Work is over.
    #[inline]
    fn over(&mut self, now: SimTime) {
        let place = self.ends.first().1;
        let Lease { asked, since, instance, leak } = self.leases[place as usize];
        self.tell(now, instance, Fact::Served { sojourn: now - asked, wanted: true });
        if leak {
            self.ends.clear(place);
            self.levels.leaked += 1;
            return self.tell(now, instance, Fact::Leaked { hold: now - since });
        }
        self.levels.active -= 1;
        self.tell(now, instance, Fact::Returned { hold: now - since });
        let pool = &mut self.pools[instance as usize];
        match pool.waiters.pop_front() {
            Some(waiter) => {
                self.levels.active += 1;
                self.levels.pending -= 1;
                self.grant(now, instance, place, waiter);
            }
            None => {
                pool.idle += 1;
                self.ends.clear(place);
            }
        }
    }

    /// When the first of those who still wait gives up. Waiters leave a queue in the order in which they came, so whoever still
    /// waits is not before its head.
    #[inline]
    fn first_to_give_up(&mut self) -> SimTime {
        while let Some(&(at, number, instance)) = self.patience.front() {
            match self.pools[instance as usize].waiters.front() {
                Some(waiter) if waiter.number <= number => return at,
                _ => drop(self.patience.pop_front()),
            }
        }
        SimTime::NEVER
    }

    fn give_up(&mut self, now: SimTime) {
        let Some((_, _, instance)) = self.patience.pop_front() else { return };
        let Some(waiter) = self.pools[instance as usize].waiters.pop_front() else { return };
        self.levels.pending -= 1;
        let wait = now - waiter.asked;
        self.tell(now, instance, Fact::TimedOut { wait });
        self.tell(now, instance, Fact::Failed { sojourn: wait, lost: true });
    }

    #[inline]
    fn tell(&mut self, now: SimTime, instance: u32, fact: Fact) {
        self.observer.on(now, instance, fact, &self.levels);
    }
}
