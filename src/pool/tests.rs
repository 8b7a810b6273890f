//! Every short sequence of what can happen to a small pool, beside a book in which everything is written down plainly.

use super::*;
use crate::random::mix;

/// How many operations a sequence has.
const LENGTH: u64 = 7;
/// Moments are the numbers of the operations: idle connections are closed after two of them, and are too old after four.
const IDLE_TIMEOUT: u64 = 2;
const LIFETIME: u64 = 4;

type Who = u32;

#[derive(Clone, Copy, Debug)]
enum Operation {
    Acquire,
    GiveBack(Connection),
    GiveUp(Ticket),
    /// The opening of a request that still waits for it.
    Lend,
    /// An opening of the pool's own, or one whose request has given up.
    Keep,
    Fail,
    Reach,
    ForgetWoken,
    Resize(u32),
    Sweep,
}

/// What a pool should be.
#[derive(Clone, Debug, Default)]
struct Book {
    now: u64,
    limit: u32,
    /// In the order in which they went out.
    out: Vec<Connection>,
    /// In the order in which they came back.
    idle: Vec<Connection>,
    /// By connection: when it is too old, and when it came back.
    ages: Vec<(u64, u64)>,
    /// For whom each connection opens, if for one request.
    opening: Vec<Option<Who>>,
    /// In order of arrival.
    queue: Vec<(Who, Ticket)>,
    woken: Vec<Who>,
    /// Tickets of those that were served or gave up.
    spent: Vec<Ticket>,
    refilling: bool,
    come: Who,
    closed: Vec<Closed>,
}

impl Book {
    fn places(&self) -> u32 {
        (self.out.len() + self.idle.len() + self.opening.len()) as u32
    }

    fn is_old(&self, connection: Connection) -> bool {
        self.ages[connection as usize].0 <= self.now
    }

    /// The idle connection that is used next.
    fn pick(&mut self, config: &PoolConfig) -> Option<Connection> {
        while !self.idle.is_empty() {
            let last = self.idle.len() - 1;
            let connection = self.idle.remove(if config.idle_order == IdleOrder::Fifo { 0 } else { last });
            if !(config.retire.at_checkout && self.is_old(connection)) {
                self.out.push(connection);
                return Some(connection);
            }
            self.closed.push(Closed::Lifetime);
        }
        None
    }

    fn open(&mut self, pool: &mut Pool<Who>) -> Connection {
        let connection = pool.opened(SimTime::from_nanos(self.now), SimTime::from_nanos(self.now + LIFETIME));
        assert!(!self.out.contains(&connection) && !self.idle.contains(&connection), "it has a name of its own");
        if self.ages.len() <= connection as usize {
            self.ages.resize(connection as usize + 1, (0, 0));
        }
        self.ages[connection as usize] = (self.now + LIFETIME, self.now);
        connection
    }

    /// Whoever leaves the queue.
    fn take(&mut self, who: Who) {
        let place = self.queue.iter().position(|waiter| waiter.0 == who).expect("only who waits is served");
        self.spent.push(self.queue.remove(place).1);
    }

    /// What may happen next.
    fn possible(&self) -> Vec<Operation> {
        let mut all = vec![Operation::Acquire, Operation::Sweep, Operation::Resize(self.limit + 1)];
        if self.limit > 1 {
            all.push(Operation::Resize(self.limit - 1));
        }
        all.extend(self.out.first().map(|oldest| Operation::GiveBack(*oldest)));
        all.extend(self.out.get(1..).and_then(|rest| rest.last()).map(|newest| Operation::GiveBack(*newest)));
        all.extend(self.queue.iter().map(|waiter| Operation::GiveUp(waiter.1)));
        if let Some(for_whom) = self.opening.first() {
            all.extend([Operation::Keep, Operation::Fail]);
            all.extend(for_whom.map(|_| Operation::Lend));
        }
        if !self.woken.is_empty() {
            all.extend([Operation::Reach, Operation::ForgetWoken]);
        }
        all
    }
}

/// A pool and its book.
#[derive(Clone, Debug)]
struct Both {
    pool: Pool<Who>,
    book: Book,
}

impl Both {
    fn happens(&mut self, operation: Operation) {
        let Self { pool, book } = self;
        book.now += 1;
        let (now, config) = (SimTime::from_nanos(book.now), pool.config.clone());
        let before = book.places();
        match operation {
            Operation::Acquire => {
                book.come += 1;
                let answer = pool.acquire(book.come, now);
                let overtakes = config.order == Order::Barging || book.queue.is_empty();
                let picked = if overtakes { book.pick(&config) } else { None };
                let full = book.places() >= book.limit;
                let crowded = config.max_waiters.is_some_and(|most| book.queue.len() as u32 >= most);
                match (answer, picked) {
                    (Acquire::Granted(connection), Some(picked)) => assert_eq!(connection, picked),
                    (Acquire::Open, None) => {
                        assert!(overtakes && config.growth == Growth::Caller && !full);
                        book.opening.push(Some(book.come));
                    }
                    (Acquire::Queued(_) | Acquire::Rejected, None) => {
                        assert!(!overtakes || config.growth == Growth::Background || full, "it may open one");
                        assert_eq!(answer == Acquire::Rejected, crowded, "only when as many wait as may");
                        if let Acquire::Queued(ticket) = answer {
                            book.queue.push((book.come, ticket));
                        }
                    }
                    _ => panic!("{answer:?} where the book says {picked:?}"),
                }
            }
            Operation::GiveBack(connection) => {
                pool.give_back(connection, now);
                book.out.retain(|other| *other != connection);
                let enough =
                    book.queue.is_empty() && config.max_idle.is_some_and(|most| book.idle.len() as u32 >= most);
                if config.retire.at_return && book.is_old(connection) {
                    book.closed.push(Closed::Lifetime);
                } else if enough || book.places() >= book.limit {
                    book.closed.push(Closed::Surplus);
                } else {
                    book.ages[connection as usize].1 = book.now;
                    book.idle.push(connection);
                }
            }
            Operation::GiveUp(ticket) => {
                let who = book.queue.iter().find(|waiter| waiter.1 == ticket).unwrap().0;
                assert_eq!(pool.give_up(ticket), Some(who));
                book.take(who);
            }
            Operation::Lend => {
                book.opening.remove(0);
                let connection = book.open(pool);
                pool.lend(connection);
                book.out.push(connection);
            }
            Operation::Keep => {
                book.opening.remove(0);
                let connection = book.open(pool);
                pool.keep(connection);
                if book.places() >= book.limit {
                    book.closed.push(Closed::Surplus);
                } else {
                    book.idle.push(connection);
                }
            }
            Operation::Fail => {
                book.opening.remove(0);
                pool.open_failed();
            }
            Operation::Reach => {
                let who = book.woken.remove(0);
                match (pool.reach(who, now), book.pick(&config)) {
                    (Acquire::Granted(connection), Some(picked)) => assert_eq!(connection, picked),
                    (Acquire::Queued(ticket), None) => book.queue.push((who, ticket)),
                    (answer, picked) => panic!("{answer:?} where the book says {picked:?}"),
                }
            }
            Operation::ForgetWoken => {
                book.woken.remove(0);
                pool.forget_woken();
            }
            Operation::Resize(limit) => {
                pool.resize(limit);
                book.limit = limit;
                while book.places() > limit && !book.idle.is_empty() {
                    book.idle.remove(0);
                    book.closed.push(Closed::Surplus);
                }
            }
            Operation::Sweep => {
                assert!(pool.sweep(now).is_empty(), "no keepalive is set");
                book.sweep(&config);
            }
        }
        self.settle();
        self.promises_hold(before);
    }

    /// Do what the pool decides, as the engine does, and hold every decision to the book.
    fn settle(&mut self) {
        let Self { pool, book } = self;
        let (now, config) = (SimTime::from_nanos(book.now), pool.config.clone());
        let mut luck = book.now;
        loop {
            luck = mix(luck);
            let (newest, oldest) = (book.queue.last().copied(), book.queue.first().copied());
            let in_turn = |who| match config.order {
                Order::Fifo | Order::Barging => oldest.is_some_and(|waiter| waiter.0 == who),
                Order::Lifo => newest.is_some_and(|waiter| waiter.0 == who),
                Order::Random => true,
            };
            let decision = pool.decide(now, luck);
            // Whoever waits takes what is idle; those too old are closed on the way.
            let serves = !book.queue.is_empty() && config.order != Order::Barging;
            let picked = if serves { book.pick(&config) } else { None };
            match decision {
                None => {
                    assert_eq!(picked, None, "someone waits beside an idle connection");
                    return;
                }
                Some(Decision::Grant(who, connection)) => {
                    assert!(in_turn(who), "{who} is served out of turn");
                    assert_eq!(Some(connection), picked);
                    book.take(who);
                }
                Some(Decision::Open(who)) => {
                    assert!(in_turn(who), "{who} is served out of turn");
                    assert_eq!((picked, config.growth), (None, Growth::Caller));
                    assert!(book.places() < book.limit);
                    book.take(who);
                    book.opening.push(Some(who));
                }
                Some(Decision::Wake(who)) => {
                    assert!(in_turn(who), "{who} is served out of turn");
                    assert_eq!(config.order, Order::Barging);
                    assert!(book.idle.len() > book.woken.len(), "woken for nothing");
                    book.take(who);
                    book.woken.push(who);
                }
                Some(Decision::Grow) => {
                    assert_eq!(picked, None);
                    assert!(book.places() < book.limit && book.wants_more(&config), "nobody asked for it");
                    book.opening.push(None);
                }
            }
        }
    }

    fn promises_hold(&mut self, before: u32) {
        let Self { pool, book } = self;
        let config = pool.config.clone();
        assert_eq!(config.max_size, book.limit);
        assert_eq!(pool.active() as usize, book.out.len(), "connections that are out");
        assert_eq!(pool.total() as usize, book.out.len() + book.idle.len(), "connections that are open");
        assert_eq!(pool.queued() as usize, book.queue.len(), "requests in the queue");
        let told: Vec<Closed> = core::iter::from_fn(|| pool.next_closed()).map(|gone| gone.reason).collect();
        let count = |list: &[Closed], reason| list.iter().filter(|closed| **closed == reason).count();
        for reason in [Closed::Lifetime, Closed::Idle, Closed::Surplus, Closed::Reclaimed] {
            assert_eq!(count(&told, reason), count(&book.closed, reason), "{reason:?}");
        }
        book.closed.clear();
        let places = book.places();
        assert!(places <= book.limit || (places <= before && book.idle.is_empty()), "more connections than the limit");
        let idle_without_comer = book.idle.len() > book.woken.len();
        assert!(book.queue.is_empty() || !idle_without_comer, "someone waits beside an idle connection");
        let full = places >= book.limit;
        assert!(config.growth == Growth::Background || book.queue.is_empty() || full, "who waits could open one");
        let more = book.wants_more(&config);
        assert!(full || !more, "the pool could open one");
        for ticket in &book.spent {
            assert_eq!(pool.give_up(*ticket), None, "whoever was served or gave up is gone");
        }
    }
}

impl Book {
    fn sweep(&mut self, config: &PoolConfig) {
        let mut kept = Vec::new();
        let idle = core::mem::take(&mut self.idle);
        let mut left = idle.len() as u32;
        for connection in idle {
            let unused = self.now - self.ages[connection as usize].1;
            if config.retire.while_idle && self.is_old(connection) {
                self.closed.push(Closed::Lifetime);
                left -= 1;
            } else if config.idle_timeout.is_some() && unused >= IDLE_TIMEOUT && left > config.min_idle {
                self.closed.push(Closed::Idle);
                left -= 1;
            } else {
                kept.push(connection);
            }
        }
        self.idle = kept;
        self.refilling = true;
    }

    /// Whether the pool is to open one by itself, if there is room.
    fn wants_more(&mut self, config: &PoolConfig) -> bool {
        let (idle, opening, waiting) = (self.idle.len(), self.opening.len(), self.queue.len());
        let short = idle + opening < config.min_idle as usize;
        self.refilling &= short;
        let background = config.growth == Growth::Background;
        let parallel = config.open_parallelism.is_none_or(|most| opening < most as usize);
        parallel && (self.refilling || (background && (short || waiting > opening)))
    }
}

fn explore(both: &Both, length: u64, seen: &mut u64) {
    *seen += 1;
    if both.book.now == length {
        return;
    }
    for operation in both.book.possible() {
        let mut next = both.clone();
        next.happens(operation);
        explore(&next, length, seen);
    }
}

/// Sizes, queues, growth, and two sets of the rest: nothing closes but what is above the limit, or everything may.
fn configs(order: Order) -> Vec<PoolConfig> {
    let mut all = Vec::new();
    for max_size in 1..=3 {
        for max_waiters in [None, Some(0), Some(1)] {
            for growth in [Growth::Caller, Growth::Background] {
                let plain = PoolConfig { min_idle: 0, max_waiters, order, growth, ..PoolConfig::of_size(max_size) };
                let busy = PoolConfig {
                    min_idle: 1,
                    max_idle: Some(1),
                    idle_order: IdleOrder::Fifo,
                    open_parallelism: (growth == Growth::Background).then_some(1),
                    idle_timeout: Some(Span::from_nanos(IDLE_TIMEOUT)),
                    retire: Retire { at_return: true, while_idle: true, at_checkout: true },
                    ..plain.clone()
                };
                all.extend([plain, busy]);
            }
        }
    }
    all
}

fn every_sequence(order: Order) {
    let mut seen = 0;
    for config in configs(order) {
        let book = Book { limit: config.max_size, ..Book::default() };
        explore(&Both { pool: Pool::new(config), book }, LENGTH, &mut seen);
    }
    assert!(seen > 1_000_000, "{seen} states");
}

#[test]
fn every_short_sequence_keeps_the_promises_first_come_first_served() {
    every_sequence(Order::Fifo);
}

#[test]
fn every_short_sequence_keeps_the_promises_last_come_first_served() {
    every_sequence(Order::Lifo);
}

#[test]
fn every_short_sequence_keeps_the_promises_in_random_order() {
    every_sequence(Order::Random);
}

#[test]
fn every_short_sequence_keeps_the_promises_with_barging() {
    every_sequence(Order::Barging);
}
