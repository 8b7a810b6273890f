//! A pool's settings: what real pools differ in, as data.

use super::PoolAutoscale;
use crate::units::{Probability, Span};

/// Who is served when a connection comes free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Who has waited longest, by direct hand-off.
    Fifo,
    /// Who came last, by direct hand-off.
    Lifo,
    /// Anyone, with equal chances, by direct hand-off.
    Random,
    /// Who has waited longest is woken and must take the connection itself; a newcomer may be faster, and who finds nothing
    /// queues again at the end.
    Barging,
}

/// Which idle connection is used next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleOrder {
    /// The one that came back last: the others can go idle.
    Lifo,
    /// The one that has been idle longest: all stay in use.
    Fifo,
}

/// Who opens a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// The request that found none idle: it waits for that connection and takes no other.
    Caller,
    /// The pool, while requests wait for whatever comes first: a connection that comes back, or one that opens. None is opened
    /// for a waiter that has been served meanwhile.
    Background,
}

/// What the acquire timeout limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// The wait in the queue alone.
    Wait,
    /// The wait, the opening of a connection and its check.
    All,
}

/// How far closing idle connections may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleFloor {
    /// No further than `min_idle`.
    Keep,
    /// All whose time is up, the least opened again afterwards.
    Refill,
}

/// What happens to a connection that has been out for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeakAction {
    /// A line in the log.
    Log,
    /// It is closed, and its place is free.
    Reclaim,
}

/// When a connection's age is looked at. One that is in use is never closed for its age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retire {
    /// As it comes back.
    pub at_return: bool,
    /// While it is idle, by the housekeeper.
    pub while_idle: bool,
    /// As it is to be used.
    pub at_checkout: bool,
}

/// A pool's settings.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolConfig {
    /// The most connections that one instance's pool opens.
    pub max_size: u32,
    /// The idle connections that are kept, and opened before the run.
    pub min_idle: u32,
    /// The most idle connections: one that comes back above is closed.
    pub max_idle: Option<u32>,
    /// How long a request waits for a connection before it gives up; `None` waits for ever.
    pub acquire_timeout: Option<Span>,
    /// What that limits.
    pub timeout_covers: Covers,
    /// How many requests may wait at once; a further one is rejected. `None` is no limit.
    pub max_waiters: Option<u32>,
    /// Who is served first.
    pub order: Order,
    /// Barging: how long a woken waiter takes to reach for its connection.
    pub wake_up: Span,
    /// Which idle connection is used.
    pub idle_order: IdleOrder,
    /// Who opens connections.
    pub growth: Growth,
    /// How many connections the pool itself opens at once; `None` is no limit.
    pub open_parallelism: Option<u32>,
    /// How long it rests after each of those.
    pub open_pause: Span,
    /// After such an opening failed: the first delay, which doubles, and the longest. Above zero.
    pub open_backoff: (Span, Span),
    /// Whether a request that opens a connection for itself tries again when that fails, until its acquire timeout.
    pub open_retries: bool,
    /// How long the check of a connection takes before it is handed out; zero is no check.
    pub validation: Span,
    /// No check when it was used within this time.
    pub validation_skip: Span,
    /// Idle connections are closed after this.
    pub idle_timeout: Option<Span>,
    /// How far.
    pub idle_floor: IdleFloor,
    /// Connections are replaced at this age.
    pub max_lifetime: Option<Span>,
    /// Up to this share of the lifetime less, by chance.
    pub lifetime_jitter: Probability,
    /// When the age is looked at.
    pub retire: Retire,
    /// Idle connections are checked after this.
    pub keepalive: Option<Span>,
    /// How often the housekeeper comes.
    pub housekeeping: Option<Span>,
    /// A connection that has been out for longer is suspect.
    pub leak_threshold: Option<Span>,
    /// What is done with it.
    pub leak_action: LeakAction,
    /// How it grows by itself, if it does.
    pub autoscale: Option<PoolAutoscale>,
}

/// What differs between two settings, in a third.
macro_rules! take_over {
    ($mine:ident, $from:ident, $to:ident: $($key:ident),* $(,)?) => {
        $(if $from.$key != $to.$key { $mine.$key = $to.$key; })*
        // Every key stands here, or this does not compile.
        let PoolConfig { $($key: _),* } = $mine;
    };
}

impl PoolConfig {
    /// A pool of this size and nothing else: all connections are open from the start and last for ever; first come, first served;
    /// nobody gives up.
    pub fn of_size(max_size: u32) -> Self {
        Self {
            max_size,
            min_idle: max_size,
            max_idle: None,
            acquire_timeout: None,
            timeout_covers: Covers::Wait,
            max_waiters: None,
            order: Order::Fifo,
            wake_up: Span::ZERO,
            idle_order: IdleOrder::Lifo,
            growth: Growth::Caller,
            open_parallelism: None,
            open_pause: Span::ZERO,
            open_backoff: (Span::from_nanos(100_000_000), Span::from_nanos(10_000_000_000)),
            open_retries: false,
            validation: Span::ZERO,
            validation_skip: Span::ZERO,
            idle_timeout: None,
            idle_floor: IdleFloor::Keep,
            max_lifetime: None,
            lifetime_jitter: Probability::default(),
            retire: Retire::default(),
            keepalive: None,
            housekeeping: None,
            leak_threshold: None,
            leak_action: LeakAction::Log,
            autoscale: None,
        }
    }

    /// The same with what differs from one setting to another.
    pub fn changed(&self, from: &Self, to: &Self) -> Self {
        let mut mine = self.clone();
        take_over!(
            mine, from, to: max_size, min_idle, max_idle, acquire_timeout, timeout_covers, max_waiters, order, wake_up, idle_order,
            growth, open_parallelism, open_pause, open_backoff, open_retries, validation, validation_skip, idle_timeout, idle_floor,
            max_lifetime, lifetime_jitter, retire, keepalive, housekeeping, leak_threshold, leak_action, autoscale
        );
        Self { min_idle: mine.min_idle.min(mine.max_size), ..mine }
    }

    /// The same with another limit. A pool that keeps all its connections keeps as many more or fewer.
    pub fn resized(&self, max_size: u32) -> Self {
        let min_idle = if self.min_idle == self.max_size { max_size } else { self.min_idle.min(max_size) };
        Self { max_size, min_idle, ..self.clone() }
    }

    /// Whether all connections are open from the start and last for ever.
    pub fn is_fixed(&self) -> bool {
        let closes = self.idle_timeout.is_some() || self.max_lifetime.is_some() || self.leak_threshold.is_some();
        self.min_idle == self.max_size
            && !closes
            && self.autoscale.is_none()
            && self.max_idle.is_none_or(|most| most >= self.max_size)
    }

    /// Whether the queue can not grow for ever.
    pub fn bounds_its_queue(&self) -> bool {
        self.acquire_timeout.is_some() || self.max_waiters.is_some()
    }

    /// Whether the housekeeper has anything to do, in a pool whose limit changes or does not.
    pub fn wants_housekeeping(&self, resized: bool) -> bool {
        let refills = self.min_idle > 0 && self.growth == Growth::Caller && (resized || !self.is_fixed());
        let closes = self.idle_timeout.is_some() || (self.max_lifetime.is_some() && self.retire.while_idle);
        closes || refills || self.keepalive.is_some()
    }
}
