//! Each rule alone, and every short sequence of what can happen to a small pooler beside a book in which everything is written
//! down plainly.

use super::*;
use crate::pool::IdleOrder;

type Who = u32;

fn at(seconds: u64) -> SimTime {
    SimTime::ZERO + seconds_of(seconds)
}

fn seconds_of(seconds: u64) -> Span {
    Span::from_nanos(seconds * 1_000_000_000)
}

/// The janitor's first visit after so many seconds.
fn visit(seconds: u64) -> SimTime {
    Pooler::<Who>::visit(at(seconds))
}

fn decisions(pooler: &mut Pooler<Who>, now: SimTime) -> Vec<Decision<Who>> {
    core::iter::from_fn(|| pooler.decide(now)).take(100).collect()
}

fn closings(pooler: &mut Pooler<Who>) -> Vec<(User, Closed, u32)> {
    let mut all: Vec<_> = core::iter::from_fn(|| pooler.next_closed()).collect();
    all.reverse();
    all
}

fn waits(pooler: &mut Pooler<Who>, user: User, who: Who, now: SimTime) -> Ticket {
    match pooler.link(user, who, now) {
        Link::Waits(ticket) => ticket,
        other => panic!("{who} should wait: {other:?}"),
    }
}

fn linked(pooler: &mut Pooler<Who>, user: User, who: Who, now: SimTime) -> Server {
    match pooler.link(user, who, now) {
        Link::Linked(server) => server,
        other => panic!("{who} should have a server connection: {other:?}"),
    }
}

/// A server connection that was opened for this client at this moment.
fn opened_for(pooler: &mut Pooler<Who>, user: User, who: Who, now: SimTime) -> Server {
    let _ = waits(pooler, user, who, now);
    assert_eq!(decisions(pooler, now), [Decision::Open(user)]);
    let server = pooler.opened(user, 0, now);
    assert_eq!(decisions(pooler, now), [Decision::Link(user, who, server)]);
    server
}

/// Let time pass until this moment, doing nothing; what was decided.
fn pass(pooler: &mut Pooler<Who>, until: SimTime) -> Vec<(SimTime, Decision<Who>)> {
    let mut all = Vec::new();
    for _ in 0..1000 {
        let now = pooler.next_moment();
        if now > until {
            return all;
        }
        pooler.tick(now);
        all.extend(decisions(pooler, now).into_iter().map(|decision| (now, decision)));
    }
    panic!("it never comes to rest");
}

fn counts(open: u32, idle: u32, opening: u32, waiting: u32) -> Counts {
    Counts { open, idle, opening, waiting }
}

#[test]
fn one_login_at_a_time_for_each_user() {
    let mut pooler = Pooler::new(PoolerConfig::of_size(3), 2);
    let now = at(0);
    for who in 0..3 {
        let _ = waits(&mut pooler, 0, who, now);
    }
    let _ = waits(&mut pooler, 1, 10, now);
    assert_eq!(decisions(&mut pooler, now), [Decision::Open(0), Decision::Open(1)]);
    let server = pooler.opened(0, 0, now);
    assert_eq!(decisions(&mut pooler, now), [Decision::Link(0, 0, server), Decision::Open(0)]);
    assert_eq!(pooler.counts_of(0), counts(1, 0, 1, 2));
    assert_eq!(pooler.counts(), counts(1, 0, 2, 3));
    assert_eq!(pooler.counts().linked(), 1);
}

#[test]
fn whoever_has_waited_longest_is_served_unless_gone() {
    let mut pooler = Pooler::new(PoolerConfig::of_size(1), 1);
    let now = at(0);
    let server = opened_for(&mut pooler, 0, 0, now);
    let tickets: Vec<_> = (1..=3).map(|who| waits(&mut pooler, 0, who, now)).collect();
    assert_eq!(pooler.give_up(0, tickets[0]), Some(1));
    assert_eq!(pooler.give_up(0, tickets[0]), None, "gone is gone");
    pooler.unlink(0, server, now);
    assert_eq!(decisions(&mut pooler, now), [Decision::Link(0, 2, server)]);
    assert_eq!(pooler.give_up(0, tickets[1]), None, "served is served");
    pooler.unlink(0, server, now);
    assert_eq!(decisions(&mut pooler, now), [Decision::Link(0, 3, server)]);
}

#[test]
fn a_server_connection_that_comes_free_serves_before_the_login_does() {
    let mut pooler = Pooler::new(PoolerConfig::of_size(2), 1);
    let now = at(0);
    let server = opened_for(&mut pooler, 0, 0, now);
    let _ = waits(&mut pooler, 0, 1, now);
    assert_eq!(decisions(&mut pooler, now), [Decision::Open(0)]);
    pooler.unlink(0, server, now);
    assert_eq!(decisions(&mut pooler, now), [Decision::Link(0, 1, server)]);
    let _ = pooler.opened(0, 0, now);
    assert_eq!(decisions(&mut pooler, now), []);
    assert_eq!(pooler.counts(), counts(2, 1, 0, 0));
}

#[test]
fn the_last_used_is_used_next_or_all_in_turn() {
    for (order, next) in [(IdleOrder::Lifo, 1), (IdleOrder::Fifo, 0)] {
        let mut pooler = Pooler::new(PoolerConfig { server_order: order, ..PoolerConfig::of_size(2) }, 1);
        let servers = [0, 1].map(|who| opened_for(&mut pooler, 0, who, at(0)));
        for server in servers {
            pooler.unlink(0, server, at(1));
        }
        assert_eq!(linked(&mut pooler, 0, 2, at(1)), servers[next], "{order:?}");
    }
}

#[test]
fn the_reserve_is_for_whoever_has_waited_too_long() {
    let config = PoolerConfig { reserve_pool_size: 1, ..PoolerConfig::of_size(1) };
    let mut pooler = Pooler::new(config, 1);
    let _ = opened_for(&mut pooler, 0, 0, at(0));
    let early = waits(&mut pooler, 0, 1, at(1));
    let _ = waits(&mut pooler, 0, 2, at(3));
    assert_eq!(decisions(&mut pooler, at(3)), []);
    assert_eq!(pooler.next_moment(), at(6), "five seconds after the oldest came");
    let _ = pooler.give_up(0, early);
    assert_eq!(decisions(&mut pooler, at(4)), []);
    assert_eq!(pass(&mut pooler, at(100)), [(at(8), Decision::Open(0))], "another is the oldest now");
    let server = pooler.opened(0, 0, at(100));
    assert_eq!(decisions(&mut pooler, at(100)), [Decision::Link(0, 2, server)]);
    let _ = waits(&mut pooler, 0, 3, at(100));
    assert_eq!(pass(&mut pooler, at(1000)), [], "the reserve is used up");
    assert_eq!(pooler.counts(), counts(2, 0, 0, 1));
}

#[test]
fn at_the_limit_of_the_database_an_idle_one_of_another_user_makes_room() {
    let mut pooler = Pooler::new(PoolerConfig { max_db_connections: Some(3), ..PoolerConfig::of_size(2) }, 3);
    let of_0 = opened_for(&mut pooler, 0, 0, at(0));
    let of_1 = opened_for(&mut pooler, 1, 1, at(0));
    let busy = opened_for(&mut pooler, 1, 2, at(0));
    pooler.unlink(1, of_1, at(1));
    pooler.unlink(0, of_0, at(2));
    let _ = waits(&mut pooler, 2, 3, at(3));
    assert_eq!(decisions(&mut pooler, at(3)), [Decision::Open(2)]);
    assert_eq!(closings(&mut pooler), [(1, Closed::Evicted, 0)], "idle longest");
    let _ = pooler.opened(2, 0, at(3));
    assert_eq!(decisions(&mut pooler, at(3)).len(), 1);
    let _ = linked(&mut pooler, 0, 4, at(3));
    let _ = waits(&mut pooler, 2, 5, at(3));
    assert_eq!(decisions(&mut pooler, at(3)), [], "none is idle");
    pooler.unlink(1, busy, at(4));
    assert_eq!(decisions(&mut pooler, at(4)), [Decision::Open(2)], "one is");
    assert_eq!(pooler.counts().open + pooler.counts().opening, 3);
}

#[test]
fn the_least_is_opened_one_by_one_and_evicts_nobody() {
    let config = PoolerConfig { min_pool_size: 2, max_db_connections: Some(2), ..PoolerConfig::of_size(5) };
    let mut pooler = Pooler::new(config, 2);
    assert_eq!(pass(&mut pooler, at(10)), [], "no client is connected");
    assert!(pooler.connect_client(0, at(10)));
    assert_eq!(pass(&mut pooler, at(20)), [(visit(10), Decision::Open(0))]);
    let _ = pooler.opened(0, 0, at(20));
    assert_eq!(pass(&mut pooler, at(21)), [(Pooler::<Who>::visit(at(20)), Decision::Open(0))]);
    let _ = pooler.opened(0, 0, at(21));
    assert!(pooler.connect_client(1, at(21)));
    assert_eq!(pass(&mut pooler, at(30)), [], "the least of another user waits for room");
    assert_eq!(pooler.counts(), counts(2, 2, 0, 0));
    assert_eq!(closings(&mut pooler), []);
}

#[test]
fn a_failed_login_is_tried_again_after_a_while_for_those_who_wait() {
    let mut pooler = Pooler::new(PoolerConfig::of_size(2), 1);
    let _ = waits(&mut pooler, 0, 0, at(0));
    assert_eq!(decisions(&mut pooler, at(0)), [Decision::Open(0)]);
    pooler.open_failed(0, Failed::Unreachable, at(4));
    assert_eq!(decisions(&mut pooler, at(4)), []);
    assert_eq!(pass(&mut pooler, at(100)), [(at(15), Decision::Open(0))], "15 s after it began");
    pooler.open_failed(0, Failed::Unreachable, at(100));
    assert_eq!(decisions(&mut pooler, at(100)), [Decision::Open(0)], "it took longer than that");
    let server = pooler.opened(0, 0, at(101));
    assert_eq!(decisions(&mut pooler, at(101)), [Decision::Link(0, 0, server)]);
    let _ = waits(&mut pooler, 0, 1, at(101));
    assert_eq!(decisions(&mut pooler, at(101)), [Decision::Open(0)], "a login that succeeds ends it");
}

#[test]
fn whoever_comes_after_a_failed_login_is_refused_at_once() {
    let mut pooler = Pooler::new(PoolerConfig::of_size(2), 1);
    let _ = waits(&mut pooler, 0, 0, at(0));
    assert_eq!(decisions(&mut pooler, at(0)), [Decision::Open(0)]);
    pooler.open_failed(0, Failed::Answered, at(0));
    assert_eq!(decisions(&mut pooler, at(0)), [Decision::Refuse(0)], "and so are those who wait");
    assert_eq!(pooler.link(0, 1, at(14)), Link::Refused);
    assert_eq!(decisions(&mut pooler, at(14)), [], "too early to try again");
    assert_eq!(pass(&mut pooler, at(50)), [], "nobody asks");
    assert_eq!(pooler.link(0, 2, at(50)), Link::Refused);
    assert_eq!(decisions(&mut pooler, at(50)), [Decision::Open(0)], "for those who come later");
    assert_eq!(pooler.link(0, 3, at(51)), Link::Refused, "a login on its way is no server connection");
    let server = pooler.opened(0, 0, at(52));
    assert_eq!(linked(&mut pooler, 0, 4, at(52)), server);
}

#[test]
fn a_failed_login_refuses_nobody_while_a_server_connection_is_open() {
    let mut pooler = Pooler::new(PoolerConfig::of_size(2), 1);
    let server = opened_for(&mut pooler, 0, 0, at(0));
    let _ = waits(&mut pooler, 0, 1, at(0));
    assert_eq!(decisions(&mut pooler, at(0)), [Decision::Open(0)]);
    pooler.open_failed(0, Failed::Answered, at(0));
    let _ = waits(&mut pooler, 0, 2, at(1));
    assert_eq!(decisions(&mut pooler, at(1)), []);
    pooler.unlink(0, server, at(2));
    assert_eq!(decisions(&mut pooler, at(2)), [Decision::Link(0, 1, server)]);
}

#[test]
fn those_too_old_are_closed_one_after_another_and_never_in_use() {
    let config = PoolerConfig { server_lifetime: Some(seconds_of(100)), ..PoolerConfig::of_size(4) };
    let mut pooler = Pooler::new(config, 1);
    let servers = [0, 1, 2].map(|who| opened_for(&mut pooler, 0, who, at(0)));
    pooler.unlink(0, servers[0], at(10));
    pooler.unlink(0, servers[1], at(10));
    assert_eq!(pass(&mut pooler, at(99)), []);
    assert_eq!(closings(&mut pooler), []);
    assert_eq!(pass(&mut pooler, at(120)), []);
    assert_eq!(closings(&mut pooler), [(0, Closed::Lifetime, 0)], "the other is not in turn");
    pooler.unlink(0, servers[2], at(120));
    assert_eq!(closings(&mut pooler), [], "nor is that which comes back");
    let turn = Pooler::<Who>::visit(visit(100) + seconds_of(25));
    assert_eq!(pooler.next_moment(), turn, "a quarter of the lifetime later: four may be open");
    let busy = linked(&mut pooler, 0, 3, at(121));
    assert_eq!(pass(&mut pooler, turn), []);
    assert_eq!(pooler.counts(), counts(1, 0, 0, 0));
    assert_eq!(pass(&mut pooler, at(1000)), []);
    assert_eq!(pooler.counts(), counts(1, 0, 0, 0), "one is in use");
    pooler.unlink(0, busy, at(1000));
    assert_eq!(closings(&mut pooler), [(0, Closed::Lifetime, 0); 2]);
    assert_eq!(pooler.next_moment(), SimTime::NEVER);
}

#[test]
fn a_server_connection_without_a_lifetime_serves_once() {
    let config = PoolerConfig { server_lifetime: Some(Span::ZERO), ..PoolerConfig::of_size(2) };
    let mut pooler = Pooler::new(config, 1);
    let server = opened_for(&mut pooler, 0, 0, at(1));
    pooler.unlink(0, server, at(1));
    assert_eq!(closings(&mut pooler), [(0, Closed::Lifetime, 0)]);
    let _ = opened_for(&mut pooler, 0, 1, at(1));
}

#[test]
fn those_idle_for_too_long_are_closed_down_to_the_least() {
    for (least, left) in [(0, 0), (2, 2)] {
        let config = PoolerConfig {
            min_pool_size: least,
            server_idle_timeout: Some(seconds_of(60)),
            ..PoolerConfig::of_size(3)
        };
        let mut pooler = Pooler::new(config, 1);
        let servers = [0, 1, 2].map(|who| opened_for(&mut pooler, 0, who, at(0)));
        for server in servers {
            pooler.unlink(0, server, at(10));
        }
        assert_eq!(pass(&mut pooler, at(70)), []);
        assert_eq!(closings(&mut pooler), []);
        assert_eq!(pass(&mut pooler, at(1000)), []);
        assert_eq!(pooler.counts(), counts(left, left, 0, 0));
        assert!(closings(&mut pooler).iter().all(|closed| closed.1 == Closed::Idle));
    }
}

#[test]
fn those_above_the_least_are_closed_when_there_are_more_again() {
    let config =
        PoolerConfig { min_pool_size: 1, server_idle_timeout: Some(seconds_of(60)), ..PoolerConfig::of_size(3) };
    let mut pooler = Pooler::new(config, 1);
    let first = opened_for(&mut pooler, 0, 0, at(0));
    let second = opened_for(&mut pooler, 0, 1, at(0));
    pooler.unlink(0, first, at(1));
    assert_eq!(pass(&mut pooler, at(1) + seconds_of(30)), []);
    pooler.broken(0, second, at(40));
    assert_eq!(pass(&mut pooler, at(90)), []);
    assert_eq!(closings(&mut pooler), [(0, Closed::Broken, 0)], "the last is kept");
    let taken = linked(&mut pooler, 0, 2, at(90));
    let other = opened_for(&mut pooler, 0, 3, at(90));
    pooler.unlink(0, taken, at(91));
    let _ = pass(&mut pooler, at(200));
    assert_eq!(closings(&mut pooler), [(0, Closed::Idle, 0)]);
    pooler.unlink(0, other, at(200));
    assert_eq!(pass(&mut pooler, at(1000)), []);
    assert_eq!(pooler.counts(), counts(1, 1, 0, 0));
}

#[test]
fn clients_are_counted_over_all_users() {
    let mut pooler = Pooler::<Who>::new(PoolerConfig { max_client_conn: 2, ..PoolerConfig::of_size(1) }, 2);
    assert!(pooler.connect_client(0, at(0)) && pooler.connect_client(1, at(0)));
    assert!(!pooler.connect_client(0, at(0)));
    assert_eq!(pooler.clients(), 2);
    pooler.disconnect_client(1);
    assert!(pooler.connect_client(0, at(0)));
}

#[test]
fn a_crash_closes_the_idle_at_once_and_the_others_when_they_come_back() {
    let mut pooler = Pooler::new(PoolerConfig::of_size(2), 1);
    let [busy, idle] = [0, 1].map(|who| opened_for(&mut pooler, 0, who, at(0)));
    pooler.unlink(0, idle, at(1));
    pooler.crash(at(2));
    assert_eq!(closings(&mut pooler), [(0, Closed::Broken, 0)]);
    let _ = waits(&mut pooler, 0, 2, at(2));
    assert_eq!(decisions(&mut pooler, at(2)), [Decision::Open(0)]);
    let server = pooler.opened(0, 7, at(3));
    assert_eq!(pooler.epoch(0, server), 7);
    assert_eq!(decisions(&mut pooler, at(3)), [Decision::Link(0, 2, server)]);
    pooler.unlink(0, busy, at(4));
    assert_eq!(closings(&mut pooler), [(0, Closed::Broken, 0)], "of the old epoch");
    pooler.unlink(0, server, at(4));
    assert_eq!(pooler.counts(), counts(1, 1, 0, 0), "opened after the crash");
}

/// Moments are the numbers of the operations, in seconds.
const LENGTH: u64 = 7;
const USERS: u32 = 2;
const RESERVE_AFTER: u64 = 2;
const RETRY_AFTER: u64 = 2;

#[derive(Clone, Copy, Debug)]
enum Operation {
    Link(User),
    Unlink(User, Server),
    Broken(User, Server),
    GiveUp(User, Ticket),
    Opened(User),
    Failed(User, Failed),
    Crash,
    Connect,
    Disconnect,
    /// Nothing, for so long that everybody is too old, idle for too long, and has waited for too long.
    Pass,
}

/// What one user should have.
#[derive(Clone, Debug, Default)]
struct Page {
    /// With clients, and whether they are dead.
    linked: Vec<(Server, bool)>,
    /// With the moments at which they came, in order.
    waiting: Vec<(Who, Ticket, SimTime)>,
    idle: u32,
    opening: bool,
    /// When the last login began, if it failed.
    failed: Option<SimTime>,
    launched: SimTime,
    spent: Vec<Ticket>,
}

impl Page {
    fn open(&self) -> u32 {
        self.linked.len() as u32 + self.idle
    }

    fn places(&self) -> u32 {
        self.open() + u32::from(self.opening)
    }

    fn rests(&self, config: &PoolerConfig, now: SimTime) -> bool {
        self.failed.is_some_and(|began| now < began + config.server_login_retry)
    }

    /// Whether the oldest has waited long enough for the reserve.
    fn is_late(&self, config: &PoolerConfig, now: SimTime) -> bool {
        self.waiting.first().is_some_and(|waiter| now >= waiter.2 + config.reserve_pool_timeout)
    }
}

/// A pooler and what it should be.
#[derive(Clone, Debug)]
struct Both {
    pooler: Pooler<Who>,
    pages: Vec<Page>,
    now: SimTime,
    steps: u64,
    come: Who,
    clients: u32,
    /// Users that asked and were refused: a login may begin for them, once.
    wished: Vec<User>,
}

impl Both {
    fn new(config: PoolerConfig) -> Self {
        Self {
            pooler: Pooler::new(config, USERS),
            pages: vec![Page::default(); USERS as usize],
            now: SimTime::ZERO,
            steps: 0,
            come: 0,
            clients: 0,
            wished: Vec::new(),
        }
    }

    fn possible(&self) -> Vec<Operation> {
        let mut all = vec![Operation::Crash, Operation::Pass];
        all.push(if self.clients > 1 { Operation::Disconnect } else { Operation::Connect });
        for (user, page) in self.pages.iter().enumerate() {
            let user = user as User;
            all.push(Operation::Link(user));
            if let Some((server, _)) = page.linked.first() {
                all.extend([Operation::Unlink(user, *server), Operation::Broken(user, *server)]);
            }
            all.extend(page.waiting.first().map(|waiter| Operation::GiveUp(user, waiter.1)));
            if page.opening {
                all.extend([Operation::Opened(user), Operation::Failed(user, Failed::Answered)]);
                all.push(Operation::Failed(user, Failed::Unreachable));
            }
        }
        all
    }

    fn happens(&mut self, operation: Operation) {
        self.steps += 1;
        self.now += seconds_of(1);
        let now = self.now;
        match operation {
            Operation::Link(user) => self.link(user),
            Operation::Unlink(user, server) => {
                self.pooler.unlink(user, server, now);
                let page = &mut self.pages[user as usize];
                let dead = page.linked.remove(0).1;
                // The book is told below if it was closed.
                page.idle += 1;
                assert!(!dead || self.pooler.counts_of(user).idle < page.idle, "dead ones are closed");
            }
            Operation::Broken(user, server) => {
                self.pooler.broken(user, server, now);
                self.pages[user as usize].linked.remove(0);
                assert_eq!(self.pooler.next_closed(), Some((user, Closed::Broken, 0)));
            }
            Operation::GiveUp(user, ticket) => {
                let page = &mut self.pages[user as usize];
                let (who, ..) = page.waiting.remove(0);
                page.spent.push(ticket);
                assert_eq!(self.pooler.give_up(user, ticket), Some(who));
            }
            Operation::Opened(user) => {
                let server = self.pooler.opened(user, 0, now);
                let page = &mut self.pages[user as usize];
                assert!(page.linked.iter().all(|other| other.0 != server), "it has a name of its own");
                (page.opening, page.failed) = (false, None);
                page.idle += 1;
            }
            Operation::Failed(user, how) => {
                self.pooler.open_failed(user, how, now);
                let page = &mut self.pages[user as usize];
                (page.opening, page.failed) = (false, Some(page.launched));
            }
            Operation::Crash => {
                self.pooler.crash(now);
                for page in &mut self.pages {
                    page.linked.iter_mut().for_each(|server| server.1 = true);
                }
            }
            Operation::Connect => {
                let allowed = self.clients < self.pooler.config.max_client_conn;
                assert_eq!(self.pooler.connect_client(0, now), allowed);
                self.clients += u32::from(allowed);
            }
            Operation::Disconnect => {
                self.pooler.disconnect_client(0);
                self.clients -= 1;
            }
            Operation::Pass => self.now += seconds_of(100),
        }
        // The janitor and the clocks, as far as their moments have come.
        while self.pooler.next_moment() <= self.now {
            let moment = self.pooler.next_moment();
            self.pooler.tick(moment.max(now));
            self.settle(moment.max(now));
        }
        self.settle(self.now);
        self.promises_hold();
    }

    fn link(&mut self, user: User) {
        self.come += 1;
        let answer = self.pooler.link(user, self.come, self.now);
        let page = &mut self.pages[user as usize];
        match answer {
            Link::Linked(server) => {
                assert!(page.idle > 0 && page.waiting.is_empty());
                page.idle -= 1;
                page.linked.push((server, false));
            }
            Link::Waits(ticket) => {
                assert!(page.idle == 0 && (page.failed.is_none() || page.open() > 0), "it waits for nothing");
                page.waiting.push((self.come, ticket, self.now));
            }
            Link::Refused => {
                assert!(page.failed.is_some() && page.open() == 0, "it could wait");
                self.wished.push(user);
            }
        }
    }

    fn settle(&mut self, now: SimTime) {
        self.hear_of_closings();
        while let Some(decision) = self.pooler.decide(now) {
            self.hear_of_closings();
            match decision {
                Decision::Link(user, who, server) => {
                    let page = &mut self.pages[user as usize];
                    let (first, ticket, _) = page.waiting.remove(0);
                    assert_eq!(who, first, "served out of turn, or after it gave up");
                    assert!(page.idle > 0);
                    page.idle -= 1;
                    page.spent.push(ticket);
                    page.linked.push((server, false));
                }
                Decision::Refuse(who) => {
                    let page = self.pages.iter_mut().find(|page| page.waiting.first().is_some_and(|w| w.0 == who));
                    let page = page.expect("only who waits is refused, in turn");
                    assert!(page.failed.is_some() && page.open() == 0);
                    page.spent.push(page.waiting.remove(0).1);
                }
                Decision::Open(user) => self.opens(user, now),
            }
        }
        self.wished.clear();
    }

    fn opens(&mut self, user: User, now: SimTime) {
        let config = self.pooler.config.clone();
        let page = &mut self.pages[user as usize];
        assert!(!page.opening, "one login at a time");
        assert!(!page.rests(&config, now), "it failed a moment ago");
        let least = page.open() < config.min_pool_size && self.clients > 0 && user == 0;
        assert!(!page.waiting.is_empty() || self.wished.contains(&user) || least, "nobody asked for it");
        assert!(page.open() < config.default_pool_size || page.is_late(&config, now), "the reserve is for the late");
        (page.opening, page.launched) = (true, now);
    }

    fn hear_of_closings(&mut self) {
        while let Some((user, why, _)) = self.pooler.next_closed() {
            assert_ne!((why, self.pooler.config.max_db_connections), (Closed::Evicted, None));
            self.pages[user as usize].idle -= 1;
        }
    }

    fn promises_hold(&mut self) {
        let config = self.pooler.config.clone();
        let all: u32 = self.pages.iter().map(Page::places).sum();
        let full = config.max_db_connections.is_some_and(|most| all >= most);
        assert!(config.max_db_connections.is_none_or(|most| all <= most), "more than the database's limit");
        assert!(self.clients <= config.max_client_conn);
        assert_eq!(self.pooler.clients(), self.clients);
        let idle: u32 = self.pages.iter().map(|page| page.idle).sum();
        for (user, page) in self.pages.iter().enumerate() {
            let user = user as User;
            let expected = counts(page.open(), page.idle, page.opening.into(), page.waiting.len() as u32);
            assert_eq!(self.pooler.counts_of(user), expected, "user {user}");
            assert!(page.places() <= config.default_pool_size + config.reserve_pool_size);
            assert!(page.waiting.is_empty() || page.idle == 0, "someone waits beside an idle server connection");
            let own = page.open() < config.default_pool_size
                || (page.places() < config.default_pool_size + config.reserve_pool_size
                    && page.is_late(&config, self.now));
            let blocked = page.opening || page.rests(&config, self.now) || !own || (full && idle == 0);
            assert!(page.waiting.is_empty() || blocked, "someone waits though one more may be opened");
            for ticket in &page.spent {
                assert_eq!(self.pooler.give_up(user, *ticket), None, "whoever was served or left is gone");
            }
        }
        assert!(self.pooler.next_moment() > self.now, "the next moment is in the future");
    }
}

fn explore(both: &Both, seen: &mut u64) {
    *seen += 1;
    if both.steps == LENGTH {
        return;
    }
    for operation in both.possible() {
        let mut next = both.clone();
        next.happens(operation);
        explore(&next, seen);
    }
}

#[test]
fn every_short_sequence_keeps_the_promises() {
    let plain = PoolerConfig {
        server_login_retry: seconds_of(RETRY_AFTER),
        reserve_pool_timeout: seconds_of(RESERVE_AFTER),
        max_client_conn: 1,
        ..PoolerConfig::of_size(1)
    };
    let busy = PoolerConfig {
        reserve_pool_size: 1,
        min_pool_size: 1,
        max_client_conn: 2,
        max_db_connections: Some(2),
        server_lifetime: Some(seconds_of(4)),
        server_idle_timeout: Some(seconds_of(2)),
        server_order: IdleOrder::Fifo,
        ..plain.clone()
    };
    let limited =
        PoolerConfig { max_db_connections: Some(1), ..PoolerConfig { default_pool_size: 2, ..plain.clone() } };
    let mut seen = 0;
    for config in [plain, busy, limited] {
        explore(&Both::new(config), &mut seen);
    }
    assert!(seen > 1_000_000, "{seen} states");
}
