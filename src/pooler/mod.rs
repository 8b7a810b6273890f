//! A pooler between the application's pools and the database, such as PgBouncer, as a plain state machine: it has no clock, no
//! randomness and no recorder. It is told what happens and at what moment, and says what is to be done.
//!
//! It follows PgBouncer 1.25 (src/objects.c, src/janitor.c, src/server.c). Left out are the check of a server connection that
//! was idle for long, the reset query of session mode, cancel requests, `server_connect_timeout`, limits of single users, and
//! that the very first client of a user waits for a server connection while it connects.

mod config;
mod servers;

pub use config::{Mode, PoolerConfig};

use crate::units::{SimTime, Span};
use servers::{Servers, Wish};
use std::collections::{BTreeSet, VecDeque};

/// A user of the database, by number: each has server connections of its own.
pub type User = u32;
/// One server connection of one user.
pub type Server = u32;
/// Names one wait, for whoever gives up; unique within its user.
pub type Ticket = u64;

/// What a pooler answers to a client that begins a transaction, or a session.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// It has this server connection.
    Linked(Server),
    /// It waits for one.
    Waits(Ticket),
    /// It is disconnected at once: the last login failed, and no server connection is open.
    Refused,
}

/// What a pooler wants done next.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<W> {
    /// This client of this user, which waited, has this server connection.
    Link(User, W, Server),
    /// Open a server connection for this user, and say [`opened`](Pooler::opened) or [`open_failed`](Pooler::open_failed).
    Open(User),
    /// This client, which waited, is disconnected: the database refused the login, and no server connection is open.
    Refuse(W),
}

/// How a login failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The database answered with an error, such as too many connections: whoever waits would meet it too.
    Answered,
    /// There was no answer, or that it is just starting: whoever waits goes on.
    Unreachable,
}

/// Why a server connection was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It was too old.
    Lifetime,
    /// It had been idle for too long.
    Idle,
    /// Another user needed its place.
    Evicted,
    /// It died, with the database or alone.
    Broken,
}

/// How many there are at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open server connections.
    pub open: u32,
    /// Those that no client uses.
    pub idle: u32,
    /// Logins on their way.
    pub opening: u32,
    /// Clients that wait for a server connection.
    pub waiting: u32,
}

impl Counts {
    /// Server connections that a client uses.
    pub fn linked(self) -> u32 {
        self.open - self.idle
    }
}

/// The state of one pooler. `W` is whoever waits.
///
/// ```
/// use poolwise::{pooler::{Decision, Link, Pooler, PoolerConfig}, units::SimTime};
/// let now = SimTime::ZERO;
/// let mut pooler = Pooler::new(PoolerConfig::of_size(1), 1);
/// assert!(pooler.connect_client(0, now) && pooler.connect_client(0, now));
/// assert!(matches!(pooler.link(0, "a", now), Link::Waits(_)));
/// assert_eq!(pooler.decide(now), Some(Decision::Open(0)));
/// let server = pooler.opened(0, 0, now);
/// assert_eq!(pooler.decide(now), Some(Decision::Link(0, "a", server)));
/// assert!(matches!(pooler.link(0, "b", now), Link::Waits(_)));
/// pooler.unlink(0, server, now);
/// assert_eq!(pooler.decide(now), Some(Decision::Link(0, "b", server)));
/// assert_eq!(pooler.decide(now), None);
/// ```
#[derive(Clone, Debug)]
pub struct Pooler<W> {
    config: PoolerConfig,
    users: Vec<Servers<W>>,
    clients: u32,
    /// Server connections of all users that are open or on their way.
    places: u32,
    /// Users for whom something may be decided.
    asking: BTreeSet<User>,
    /// Waiters that are to be disconnected.
    refused: VecDeque<W>,
    /// Closed since it was last asked.
    closed: Vec<(User, Closed, u32)>,
    /// When the janitor may find something.
    visit_at: SimTime,
    /// The earliest that can be: one period after the last.
    rested_at: SimTime,
    /// When a login may begin for someone who waits already.
    launch_at: SimTime,
}

impl<W: Copy> Pooler<W> {
    /// The time from one visit of the janitor to the next: a third of a second (src/janitor.c, `full_maint_period`).
    pub const JANITOR: Span = Span::from_nanos(333_333_000);

    /// A pooler for users 0 to `users` − 1, without connections.
    pub fn new(config: PoolerConfig, users: u32) -> Self {
        Self {
            config,
            users: (0..users).map(|_| Servers::new()).collect(),
            clients: 0,
            places: 0,
            asking: BTreeSet::new(),
            refused: VecDeque::new(),
            closed: Vec::new(),
            visit_at: SimTime::NEVER,
            rested_at: SimTime::ZERO,
            launch_at: SimTime::NEVER,
        }
    }

    /// The janitor's first visit at `moment` or later. It disconnects clients that waited for too long, so a `query_wait_timeout`
    /// that ends at `moment` takes effect then.
    pub fn visit(moment: SimTime) -> SimTime {
        let period = Self::JANITOR.nanos();
        SimTime::from_nanos(moment.nanos().div_ceil(period).saturating_mul(period))
    }

    /// A client connects. `false`: it is refused, as many are connected as may be.
    #[must_use]
    pub fn connect_client(&mut self, user: User, now: SimTime) -> bool {
        if self.clients >= self.config.max_client_conn {
            return false;
        }
        self.clients += 1;
        let servers = &mut self.users[user as usize];
        servers.clients += 1;
        if servers.is_short(&self.config) {
            self.look_after(now);
        }
        true
    }

    /// A client is gone. What it had is to be given back as well: its server connection ([`unlink`](Self::unlink) or
    /// [`broken`](Self::broken)), or its place among those who wait ([`give_up`](Self::give_up)).
    pub fn disconnect_client(&mut self, user: User) {
        self.clients -= 1;
        self.users[user as usize].clients -= 1;
    }

    /// All clients are gone at once.
    pub fn forget_clients(&mut self) {
        self.clients = 0;
        self.users.iter_mut().for_each(|servers| servers.clients = 0);
    }

    /// A client begins a transaction, or in session mode its session: it needs a server connection.
    pub fn link(&mut self, user: User, who: W, now: SimTime) -> Link {
        let servers = &mut self.users[user as usize];
        if !servers.is_waited_for()
            && let Some(server) = servers.idle.pop_front()
        {
            return Link::Linked(server);
        }
        self.asking.insert(user);
        // Source: src/objects.c, check_fast_fail.
        if servers.failed && servers.open == 0 {
            servers.wish = Wish::Login;
            return Link::Refused;
        }
        Link::Waits(servers.wait(who, now))
    }

    /// The transaction, or the session, is over. The server connection is closed if it is too old, or dead.
    pub fn unlink(&mut self, user: User, server: Server, now: SimTime) {
        let servers = &mut self.users[user as usize];
        debug_assert!(servers.counts().linked() > 0, "more server connections came back than went out");
        if servers.lines[server as usize].dead {
            self.close(user, server, Closed::Broken, now);
        } else if servers.retires_at(server, &self.config) <= now {
            servers.retired(now);
            self.close(user, server, Closed::Lifetime, now);
        } else {
            self.rest(user, server, now);
        }
    }

    /// A server connection that a client uses has died, or must not be used again: it is closed instead of given back.
    pub fn broken(&mut self, user: User, server: Server, now: SimTime) {
        debug_assert!(self.counts_of(user).linked() > 0, "more server connections broke than went out");
        self.close(user, server, Closed::Broken, now);
    }

    /// A client no longer waits: whoever gave up never gets a server connection afterwards. `None` when it has been served, or
    /// refused.
    pub fn give_up(&mut self, user: User, ticket: Ticket) -> Option<W> {
        self.users[user as usize].leave(ticket)
    }

    /// What is to be done next, if anything. To be asked until it answers `None` after everything that was told.
    pub fn decide(&mut self, now: SimTime) -> Option<Decision<W>> {
        if let Some(who) = self.refused.pop_front() {
            return Some(Decision::Refuse(who));
        }
        self.launch_at = SimTime::NEVER;
        let mut from = 0;
        while let Some(user) = self.asking.range(from..).next().copied() {
            if let Some(decision) = self.decide_for(user, now) {
                return Some(decision);
            }
            from = user + 1;
        }
        None
    }

    fn decide_for(&mut self, user: User, now: SimTime) -> Option<Decision<W>> {
        let servers = &mut self.users[user as usize];
        if servers.is_waited_for()
            && let Some(server) = servers.idle.pop_front()
        {
            return servers.next_waiter().map(|who| Decision::Link(user, who, server));
        }
        let wish = core::mem::take(&mut servers.wish);
        if servers.is_waited_for() {
            return self.launch(user, true, now);
        }
        self.asking.remove(&user);
        if wish == Wish::None { None } else { self.launch(user, wish == Wish::Login, now) }
    }

    /// Open one more if all rules let it; `evicts`: also in the place of an idle one.
    ///
    /// Source: src/objects.c, `launch_new_connection`.
    fn launch(&mut self, user: User, evicts: bool, now: SimTime) -> Option<Decision<W>> {
        let at = self.users[user as usize].may_open_at(&self.config);
        if at > now {
            self.launch_at = self.launch_at.min(at);
            return None;
        }
        let full = self.config.max_db_connections.is_some_and(|most| self.places >= most);
        if full && !(evicts && self.evict(now)) {
            return None;
        }
        self.places += 1;
        self.users[user as usize].launch(now);
        Some(Decision::Open(user))
    }

    /// Close the server connection of any user that has been idle longest, if one is idle.
    ///
    /// Source: src/objects.c, `evict_connection`: of each user the last that would be used, of equals the last user's.
    fn evict(&mut self, now: SimTime) -> bool {
        let mut oldest: Option<(SimTime, User)> = None;
        for (user, servers) in self.users.iter().enumerate() {
            if let Some(server) = servers.idle.back() {
                let used_at = servers.lines[*server as usize].used_at;
                if oldest.is_none_or(|(before, _)| used_at <= before) {
                    oldest = Some((used_at, user as User));
                }
            }
        }
        let found = oldest.and_then(|(_, user)| Some((user, self.users[user as usize].idle.pop_back()?)));
        if let Some((user, server)) = found {
            self.close(user, server, Closed::Evicted, now);
        }
        found.is_some()
    }

    /// A login succeeded; `epoch` is the database's, and comes back when the connection is closed. It is for whoever waits, or
    /// idle: [`decide`](Self::decide) links it.
    pub fn opened(&mut self, user: User, epoch: u32, now: SimTime) -> Server {
        let servers = &mut self.users[user as usize];
        servers.opening = false;
        servers.failed = false;
        let server = servers.add(epoch, now);
        self.rest(user, server, now);
        self.least_may_change(now);
        server
    }

    /// A login failed: the next one of this user may begin `server_login_retry` after that one began. Where no server connection
    /// is open, an error that the database answered disconnects all who wait.
    ///
    /// Source: src/server.c, `kill_pool_logins`.
    pub fn open_failed(&mut self, user: User, how: Failed, now: SimTime) {
        let servers = &mut self.users[user as usize];
        servers.opening = false;
        servers.failed = true;
        self.places -= 1;
        if how == Failed::Answered && servers.open == 0 {
            self.refused.extend(core::iter::from_fn(|| servers.next_waiter()));
        }
        if servers.is_short(&self.config) {
            let rested = servers.may_open_at(&self.config);
            self.look_at(rested.max(now));
        }
    }

    /// The database is down: idle server connections are closed at once, the others when they come back. Logins on their way
    /// are to be told as failed.
    pub fn crash(&mut self, now: SimTime) {
        for user in 0..self.users.len() as User {
            let servers = &mut self.users[user as usize];
            servers.lines.iter_mut().for_each(|line| line.dead = true);
            for server in core::mem::take(&mut servers.idle) {
                self.close(user, server, Closed::Broken, now);
            }
        }
    }

    /// The next moment at which something may happen by itself: to be told by [`tick`](Self::tick). To be asked when
    /// [`decide`](Self::decide) has answered `None`; [`SimTime::NEVER`] if there is none.
    pub fn next_moment(&self) -> SimTime {
        self.visit_at.min(self.launch_at)
    }

    /// The moment has come, or may have. Decisions follow.
    pub fn tick(&mut self, now: SimTime) {
        if now < self.visit_at {
            return;
        }
        self.visit_at = SimTime::NEVER;
        self.rested_at = now + Self::JANITOR;
        for user in 0..self.users.len() as User {
            self.sweep(user, now);
            let servers = &mut self.users[user as usize];
            if servers.is_short(&self.config) && servers.wish == Wish::None {
                servers.wish = Wish::Least;
                self.asking.insert(user);
            }
        }
    }

    /// The janitor looks at the idle server connections of one user.
    ///
    /// Source: src/janitor.c, `check_unused_servers`.
    fn sweep(&mut self, user: User, now: SimTime) {
        for server in core::mem::take(&mut self.users[user as usize].idle) {
            let servers = &mut self.users[user as usize];
            let (idle, old) = (servers.idles_until(server, &self.config), servers.retires_at(server, &self.config));
            if idle <= now {
                self.close(user, server, Closed::Idle, now);
            } else if old <= now {
                servers.retired(now);
                self.close(user, server, Closed::Lifetime, now);
            } else {
                servers.idle.push_back(server);
                self.look_at(idle.min(old));
            }
        }
    }

    /// A server connection is free.
    fn rest(&mut self, user: User, server: Server, now: SimTime) {
        let servers = &mut self.users[user as usize];
        servers.rest(server, self.config.server_order, now);
        let due = servers.idles_until(server, &self.config).min(servers.retires_at(server, &self.config));
        self.look_at(due);
    }

    fn close(&mut self, user: User, server: Server, why: Closed, now: SimTime) {
        let epoch = self.users[user as usize].remove(server);
        self.places -= 1;
        self.closed.push((user, why, epoch));
        self.least_may_change(now);
    }

    fn least_may_change(&mut self, now: SimTime) {
        if self.config.min_pool_size > 0 {
            self.look_after(now);
        }
    }

    /// The janitor's next visit may find something.
    fn look_after(&mut self, now: SimTime) {
        self.look_at(now + Span::from_nanos(1));
    }

    fn look_at(&mut self, moment: SimTime) {
        if moment < self.visit_at {
            self.visit_at = self.visit_at.min(Self::visit(moment).max(self.rested_at));
        }
    }

    /// Whose server connection was closed, why, and its epoch: one after another, since the last time.
    pub fn next_closed(&mut self) -> Option<(User, Closed, u32)> {
        self.closed.pop()
    }

    /// The epoch with which an open server connection was told.
    pub fn epoch(&self, user: User, server: Server) -> u32 {
        self.users[user as usize].lines[server as usize].epoch
    }

    /// Its settings.
    pub fn config(&self) -> &PoolerConfig {
        &self.config
    }

    /// Connected clients, those that wait among them.
    pub fn clients(&self) -> u32 {
        self.clients
    }

    /// What one user has.
    pub fn counts_of(&self, user: User) -> Counts {
        self.users[user as usize].counts()
    }

    /// What all users have.
    pub fn counts(&self) -> Counts {
        self.users.iter().map(Servers::counts).fold(Counts::default(), |all, one| Counts {
            open: all.open + one.open,
            idle: all.idle + one.idle,
            opening: all.opening + one.opening,
            waiting: all.waiting + one.waiting,
        })
    }
}

#[cfg(test)]
mod tests;
