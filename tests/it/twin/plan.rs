//! A scenario in which nothing is left to chance, in nanoseconds: written for the engine, read by the twin, drawn at random.

use poolwise::random::mix;
use poolwise::scenario::{Model, Scenario};
use proptest::option::weighted;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A millisecond.
pub const MS: u64 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Fifo,
    Lifo,
    Barging,
}

/// Requests of one kind, with the moment of each and its hold.
#[derive(Clone, Debug)]
pub struct Source {
    pub requests: Vec<(u64, u64)>,
    pub connections: usize,
    pub between: u64,
    pub after: u64,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub sources: Vec<Source>,
    pub max_size: usize,
    pub min_idle: usize,
    pub max_idle: Option<usize>,
    pub acquire_timeout: Option<u64>,
    pub covers_all: bool,
    pub max_waiters: Option<usize>,
    pub order: Order,
    pub wake_up: u64,
    pub longest_idle_first: bool,
    pub background: bool,
    pub open_parallelism: Option<usize>,
    pub open_pause: u64,
    /// The first delay and the longest.
    pub open_backoff: (u64, u64),
    pub validation: u64,
    pub validation_skip: u64,
    pub idle_timeout: Option<u64>,
    pub refill: bool,
    pub max_lifetime: Option<u64>,
    pub retire_at_return: bool,
    pub retire_while_idle: bool,
    pub retire_at_checkout: bool,
    pub keepalive: Option<u64>,
    pub housekeeping: Option<u64>,
    /// Zero is at once.
    pub connect: u64,
    /// Whether every opening fails.
    pub connect_fails: bool,
    pub client_timeout: Option<u64>,
    pub retries: u64,
    pub backoff: u64,
    pub backoff_factor: u64,
    pub backoff_cap: u64,
    /// In eighths of the requests.
    pub retry_budget: Option<u64>,
    pub resizes: Vec<(u64, usize)>,
}

impl Default for Plan {
    /// One connection that is open and lasts, no request.
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            max_size: 1,
            min_idle: 1,
            max_idle: None,
            acquire_timeout: None,
            covers_all: false,
            max_waiters: None,
            order: Order::Fifo,
            wake_up: 0,
            longest_idle_first: false,
            background: false,
            open_parallelism: None,
            open_pause: 0,
            open_backoff: (100 * MS, 1000 * MS),
            validation: 0,
            validation_skip: 0,
            idle_timeout: None,
            refill: false,
            max_lifetime: None,
            retire_at_return: false,
            retire_while_idle: false,
            retire_at_checkout: false,
            keepalive: None,
            housekeeping: None,
            connect: 0,
            connect_fails: false,
            client_timeout: None,
            retries: 0,
            backoff: 0,
            backoff_factor: 1,
            backoff_cap: 10_000 * MS,
            retry_budget: None,
            resizes: Vec::new(),
        }
    }
}

impl Plan {
    /// Requests for one connection each, given as (moment, hold).
    pub fn of(requests: &[(u64, u64)]) -> Self {
        let source = Source { requests: requests.to_vec(), connections: 1, between: 0, after: 0 };
        Self { sources: vec![source], ..Self::default() }
    }

    pub fn model(&self) -> Model {
        let mut scenario = json!({
            "traffic": self.sources.iter().enumerate().map(|(n, source)| json!({
                "name": n.to_string(),
                "query": n.to_string(),
                "trace": {
                    "at": source.requests.iter().map(|request| nanos(request.0)).collect::<Vec<_>>(),
                    "hold": source.requests.iter().map(|request| nanos(request.1)).collect::<Vec<_>>(),
                },
            })).collect::<Vec<_>>(),
            "query": self.sources.iter().enumerate().map(query).collect::<Vec<_>>(),
            "duration": "1s",
            "pool": self.pool(),
            "client": {
                "timeout": or_none(self.client_timeout.map(nanos)),
                "retries": self.retries,
                "backoff": nanos(self.backoff),
                "backoff_factor": self.backoff_factor,
                "backoff_cap": nanos(self.backoff_cap),
                "retry_budget": or_none(self.retry_budget.map(|eighths| format!("{}%", 12.5 * eighths as f64))),
            },
            "timeline": self.resizes.iter().map(|(at, max_size)| json!({
                "at": nanos(*at), "change": "resize_pool", "max_size": max_size,
            })).collect::<Vec<_>>(),
        });
        if self.connect > 0 {
            scenario["database"]["connect"] = fixed(self.connect);
        }
        if self.connect_fails {
            scenario["database"]["connect_failure"] = json!("100%");
        }
        Scenario::read(scenario).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{e}"))
    }

    fn pool(&self) -> Value {
        let retire: Vec<&str> = [
            ("return", self.retire_at_return),
            ("idle", self.retire_while_idle),
            ("checkout", self.retire_at_checkout),
        ]
        .into_iter()
        .filter_map(|(word, is)| is.then_some(word))
        .collect();
        let order = match self.order {
            Order::Fifo => "fifo",
            Order::Lifo => "lifo",
            Order::Barging => "barging",
        };
        json!({
            "max_size": self.max_size,
            "min_idle": self.min_idle,
            "max_idle": or_none(self.max_idle),
            "acquire_timeout": or_none(self.acquire_timeout.map(nanos)),
            "timeout_covers": if self.covers_all { "all" } else { "wait" },
            "max_waiters": or_none(self.max_waiters),
            "order": order,
            "wake_up": nanos(self.wake_up),
            "idle_order": if self.longest_idle_first { "fifo" } else { "lifo" },
            "growth": if self.background { "background" } else { "caller" },
            "open_parallelism": or_none(self.open_parallelism),
            "open_pause": nanos(self.open_pause),
            "open_backoff": nanos(self.open_backoff.0),
            "open_backoff_cap": nanos(self.open_backoff.1),
            "validation": nanos(self.validation),
            "validation_skip": nanos(self.validation_skip),
            "idle_timeout": or_none(self.idle_timeout.map(nanos)),
            "idle_floor": if self.refill { "refill" } else { "keep" },
            "max_lifetime": or_none(self.max_lifetime.map(nanos)),
            "retire": if retire.is_empty() { "none".to_owned() } else { retire.join(", ") },
            "keepalive": or_none(self.keepalive.map(nanos)),
            "housekeeping": or_none(self.housekeeping.map(nanos)),
        })
    }
}

fn query((n, source): (usize, &Source)) -> Value {
    let mut query = json!({ "name": n.to_string(), "hold": fixed(1), "connections": source.connections });
    if source.connections > 1 && source.between > 0 {
        query["between"] = fixed(source.between);
    }
    if source.after > 0 {
        query["after"] = fixed(source.after);
    }
    query
}

fn nanos(n: u64) -> String {
    format!("{n}ns")
}

fn fixed(n: u64) -> Value {
    json!(format!("deterministic({n}ns)"))
}

fn or_none<T: ToString>(value: Option<T>) -> String {
    value.map_or("none".into(), |value| value.to_string())
}

/// A span of about this length that has the last twenty bits to itself, however simple a failing plan is made: so that hardly any
/// two moments coincide, and the undocumented order of equal moments does not matter. No time at all remains none.
fn apart(span: u64, number: u64) -> u64 {
    const BITS: u64 = (1 << 20) - 1;
    if span == 0 { 0 } else { (span & !BITS) | (mix(number) & BITS) }
}

/// None at all in half of the plans.
fn perhaps(most_ms: u64) -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 1..most_ms * MS]
}

/// Plans with everything at once. (A retry works as long as the first attempt of its request, so two can still end at one moment:
/// that happened once in some 100 000 plans, and none of those that the tests draw.)
pub fn plans() -> impl Strategy<Value = Plan> {
    let request = (1..40 * MS, 1..150 * MS);
    let source =
        (prop::collection::vec(request, 1..24), prop_oneof![3 => Just(1), 1 => 2usize..4], perhaps(30), perhaps(30));
    let queue = (
        weighted(0.7, MS..200 * MS),
        any::<bool>(),
        weighted(0.3, 0usize..4),
        prop::sample::select(vec![Order::Fifo, Order::Lifo, Order::Barging]),
        perhaps(20),
    );
    let lines = (1usize..5, 0usize..5, weighted(0.3, 0usize..3), any::<bool>());
    let opening = (
        any::<bool>(),
        weighted(0.5, 1usize..3),
        perhaps(30),
        (10 * MS..100 * MS, 50 * MS..200 * MS),
        perhaps(60),
        prop::bool::weighted(0.1),
    );
    let ageing = (
        perhaps(20),
        perhaps(100),
        weighted(0.5, MS..300 * MS),
        any::<bool>(),
        weighted(0.5, 20 * MS..600 * MS),
        any::<[bool; 3]>(),
        weighted(0.3, MS..200 * MS),
        weighted(0.8, 30 * MS..200 * MS),
    );
    let client = (
        weighted(0.4, 5 * MS..300 * MS),
        0u64..4,
        1..60 * MS,
        1u64..4,
        10 * MS..150 * MS,
        weighted(0.3, 0u64..8),
        prop::collection::vec((0..400 * MS, 1usize..6), 0..3),
    );
    let sources = prop::collection::vec(source, 1..3);
    (sources, queue, lines, opening, ageing, client).prop_map(|(sources, queue, lines, opening, ageing, client)| {
        let mut resizes = client.6;
        resizes.iter_mut().zip(20..).for_each(|((at, _), number)| *at = apart(*at, number));
        resizes.sort_unstable();
        let mut plan = Plan {
            sources: sources.into_iter().enumerate().map(source_of).collect(),
            max_size: lines.0,
            min_idle: lines.1.min(lines.0),
            max_idle: lines.2,
            longest_idle_first: lines.3,
            acquire_timeout: queue.0.map(|span| apart(span, 1)),
            covers_all: queue.1,
            max_waiters: queue.2,
            order: queue.3,
            wake_up: apart(queue.4, 2),
            background: opening.0,
            // Of no meaning where callers open.
            open_parallelism: opening.1.filter(|_| opening.0),
            open_pause: apart(opening.2, 3),
            open_backoff: (apart(opening.3.0, 14), apart(opening.3.1, 15)),
            connect: apart(opening.4, 4),
            connect_fails: opening.5,
            validation: apart(ageing.0, 5),
            validation_skip: apart(ageing.1, 6),
            idle_timeout: ageing.2.map(|span| apart(span, 7)),
            refill: ageing.3,
            max_lifetime: ageing.4.map(|span| apart(span, 8)),
            retire_at_return: ageing.5[0],
            retire_while_idle: ageing.5[1],
            retire_at_checkout: ageing.5[2],
            keepalive: ageing.6.map(|span| apart(span, 9)),
            housekeeping: ageing.7.map(|span| apart(span, 10)),
            client_timeout: client.0.map(|span| apart(span, 11)),
            retries: client.1,
            backoff: apart(client.2, 12),
            backoff_factor: client.3,
            backoff_cap: apart(client.4, 13),
            retry_budget: client.5,
            resizes,
        };
        plan.open_backoff.1 = plan.open_backoff.1.max(plan.open_backoff.0);
        plan
    })
}

/// Gaps with holds, connections, between, after.
type Drawn = (Vec<(u64, u64)>, usize, u64, u64);

fn source_of((number, (gaps, connections, between, after)): (usize, Drawn)) -> Source {
    let number = 1000 * (number as u64 + 1);
    let requests = (gaps.into_iter().zip(number..))
        .scan(0, |at, ((gap, hold), n)| {
            *at += apart(gap, n);
            Some((*at, apart(hold, n + 500)))
        })
        .collect();
    Source { requests, connections, between: apart(between, number + 400), after: apart(after, number + 401) }
}
