//! The sections of a scenario as written: every value a text with its unit, or a plain number.

use crate::workload::arrivals::{Counts, Trace};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A value as it was written: a text with a unit, or a plain number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(untagged)]
pub enum Written {
    /// A whole number.
    Whole(i64),
    /// A number with decimals.
    Number(f64),
    /// A text, usually with a unit.
    Text(String),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(n) => write!(f, "{n}"),
            Self::Number(x) => write!(f, "{x}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Written {
    fn from(n: u32) -> Self {
        Self::Whole(n.into())
    }
}

/// One source of requests, written as a table, or several, written as a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "a scenario has one")]
pub enum Traffic {
    // Serde tries them in this order, and would read an empty list as a table without keys.
    /// `[[traffic]]`
    Many(Vec<TrafficSection>),
    /// `[traffic]`
    One(TrafficSection),
}

impl Traffic {
    /// All sources.
    pub fn sources(&self) -> &[TrafficSection] {
        match self {
            Self::One(source) => core::slice::from_ref(source),
            Self::Many(sources) => sources,
        }
    }

    /// The same, to be changed.
    pub fn sources_mut(&mut self) -> &mut [TrafficSection] {
        match self {
            Self::One(source) => core::slice::from_mut(source),
            Self::Many(sources) => sources,
        }
    }

    /// Where a source is written: `traffic`, or `traffic[1]` in a list.
    pub fn path(&self, source: usize) -> String {
        match self {
            Self::One(_) => TRAFFIC.to_owned(),
            Self::Many(_) => format!("{TRAFFIC}[{source}]"),
        }
    }
}

impl Default for Traffic {
    fn default() -> Self {
        Self::One(TrafficSection::default())
    }
}

impl From<TrafficSection> for Traffic {
    fn from(source: TrafficSection) -> Self {
        Self::One(source)
    }
}

/// The keys whose value is a table or a list of such tables.
pub(super) const TRAFFIC: &str = "traffic";
pub(super) const POOL: &str = "pool";

/// The one pool of each instance, written as a table, or several, written as a list; the first is the one that is sized.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "a scenario has one")]
pub enum Pools {
    /// `[[pool]]`
    Many(Vec<PoolSection>),
    /// `[pool]`
    One(PoolSection),
}

impl Pools {
    /// All pools.
    pub fn sections(&self) -> &[PoolSection] {
        match self {
            Self::One(pool) => core::slice::from_ref(pool),
            Self::Many(pools) => pools,
        }
    }

    /// The first, to be changed; `None` in an empty list.
    pub fn first_mut(&mut self) -> Option<&mut PoolSection> {
        match self {
            Self::One(pool) => Some(pool),
            Self::Many(pools) => pools.first_mut(),
        }
    }

    /// Where a pool is written: `pool`, or `pool[1]` in a list.
    pub fn path(&self, pool: usize) -> String {
        match self {
            Self::One(_) => POOL.to_owned(),
            Self::Many(_) => format!("{POOL}[{pool}]"),
        }
    }
}

impl Default for Pools {
    fn default() -> Self {
        Self::One(PoolSection::default())
    }
}

impl From<PoolSection> for Pools {
    fn from(pool: PoolSection) -> Self {
        Self::One(pool)
    }
}

/// Arrivals that were read from a file, apart from the texts of a scenario: there may be ten million.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// One by one.
    Trace(Arc<Trace>),
    /// As many in each interval.
    Counts(Arc<Counts>),
}

impl Recorded {
    /// A number that depends on all that was recorded.
    pub fn fingerprint(&self) -> u64 {
        match self {
            Self::Trace(trace) => trace.fingerprint(),
            Self::Counts(counts) => counts.fingerprint(),
        }
    }
}

macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $key:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
        #[serde(default)]
        pub struct $name { $($(#[$doc])* pub $key: $type),* }
    };
}

section! {
    /// A scenario as written. The catalogue ([`crate::catalogue::FIELDS`]) explains every key.
    ///
    /// ```
    /// use poolwise::scenario::{PoolSection, QuerySection, Scenario, TrafficSection};
    /// let mut scenario = Scenario::default();
    /// scenario.traffic = TrafficSection { rate: Some("800/s".into()), ..Default::default() }.into();
    /// scenario.query = vec![QuerySection { hold: Some("exponential(mean=20ms)".into()), ..Default::default() }];
    /// scenario.pool = PoolSection { max_size: Some(20.into()), ..Default::default() }.into();
    /// let model = scenario.check().unwrap();
    /// assert_eq!(model.offered_load(), 16.0);
    /// ```
    Scenario {
        /// The version of the format; this library reads version 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        schema_version: Option<Written>,
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// What it shows.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<Written>,
        /// How long a run lasts.
        #[serde(skip_serializing_if = "Option::is_none")]
        duration: Option<Written>,
        /// When requests come: one source as a table, several as a list.
        traffic: Traffic,
        /// What they are.
        query: Vec<QuerySection>,
        /// Where they go.
        fleet: FleetSection,
        /// What each instance has: one pool as a table, several as a list.
        pool: Pools,
        /// What stands between the pools and the database, if anything.
        #[serde(skip_serializing_if = "Option::is_none")]
        pooler: Option<PoolerSection>,
        /// What clients do without an answer.
        #[serde(skip_serializing_if = "is_default")]
        client: ClientSection,
        /// What all pools connect to.
        #[serde(skip_serializing_if = "is_default")]
        database: DatabaseSection,
        /// What requests do with other versions of the application.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        version: Vec<VersionSection>,
        /// What happens during the run.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        timeline: Vec<TimelineSection>,
        /// What people are told by.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        alert: Vec<AlertSection>,
        /// What is asked of it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        slo: Vec<Written>,
        /// What must hold.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        assert: Vec<AssertSection>,
        /// What is to be survived besides.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        survive: Vec<SurviveSection>,
        /// What is known of an incident that it follows.
        #[serde(skip_serializing_if = "Option::is_none")]
        incident: Option<IncidentSection>,
        /// Where its numbers come from.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        provenance: Vec<ProvenanceSection>,
        /// What else might have been.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        variant: Vec<VariantSection>,
    }
}
section! {
    /// A source of requests: `[traffic]`, or each `[[traffic]]`
    TrafficSection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// Requests per second over the fleet.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Written>,
        /// Changes of the rate.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        steps: Vec<StepSection>,
        /// Times with a multiple of the rate.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        spikes: Vec<SpikeSection>,
        /// How the rate follows the hours of the day.
        #[serde(skip_serializing_if = "Option::is_none")]
        daily: Option<DailySection>,
        /// The distribution of the gaps between requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        gaps: Option<Written>,
        /// Rates between which chance switches.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        states: Vec<StateSection>,
        /// Requests that come together.
        #[serde(skip_serializing_if = "Option::is_none")]
        batch: Option<BatchSection>,
        /// How many clients wait for their answers.
        #[serde(skip_serializing_if = "Option::is_none")]
        clients: Option<Written>,
        /// How long a client thinks before it asks again.
        #[serde(skip_serializing_if = "Option::is_none")]
        think: Option<Written>,
        /// Arrivals as they were recorded.
        #[serde(skip_serializing_if = "Option::is_none")]
        trace: Option<TraceSection>,
        /// The class of all its requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        query: Option<Written>,
        /// The pool of all its requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        pool: Option<Written>,
    }
}
section! {
    /// `[[traffic.steps]]`
    StepSection {
        /// From when on.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// The rate from then on.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Written>,
        /// How long it takes to get there.
        #[serde(skip_serializing_if = "Option::is_none")]
        over: Option<Written>,
    }
}
section! {
    /// `[[traffic.spikes]]`
    SpikeSection {
        /// When it begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// How long it lasts.
        #[serde(skip_serializing_if = "Option::is_none")]
        lasts: Option<Written>,
        /// How many times as many requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        factor: Option<Written>,
    }
}
section! {
    /// `[traffic.daily]`
    DailySection {
        /// The lowest rate of the day, relative to the highest.
        #[serde(skip_serializing_if = "Option::is_none")]
        low: Option<Written>,
        /// When the rate is highest.
        #[serde(skip_serializing_if = "Option::is_none")]
        peak_at: Option<Written>,
    }
}
section! {
    /// `[[traffic.states]]`
    StateSection {
        /// The rate in this state.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Written>,
        /// How long one visit lasts.
        #[serde(skip_serializing_if = "Option::is_none")]
        stay: Option<Written>,
    }
}
section! {
    /// `[traffic.batch]`
    BatchSection {
        /// How many requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<Written>,
        /// From one batch to the next.
        #[serde(skip_serializing_if = "Option::is_none")]
        every: Option<Written>,
        /// When the first begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// Over how long a batch is spread.
        #[serde(skip_serializing_if = "Option::is_none")]
        spread: Option<Written>,
    }
}
section! {
    /// `[traffic.trace]`
    TraceSection {
        /// The moments of all arrivals.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        at: Vec<Written>,
        /// How long each held its connection.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        hold: Vec<Written>,
        /// How many came in each interval.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        counts: Vec<Written>,
        /// The length of these intervals.
        #[serde(skip_serializing_if = "Option::is_none")]
        every: Option<Written>,
        /// A file that has them.
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<Written>,
        /// What was read from the file; never written.
        #[serde(skip)]
        loaded: Option<Recorded>,
    }
}
section! {
    /// `[[query]]`
    QuerySection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// Its relative share of the requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        weight: Option<Written>,
        /// How long it holds its connection.
        #[serde(skip_serializing_if = "Option::is_none")]
        hold: Option<Written>,
        /// The processor time that it takes in the database, or its share of `hold`.
        #[serde(skip_serializing_if = "Option::is_none")]
        cpu: Option<Written>,
        /// How long the database works besides, if that is told apart from `app`.
        #[serde(skip_serializing_if = "Option::is_none")]
        work: Option<Written>,
        /// How long the application works while it holds the connection.
        #[serde(skip_serializing_if = "Option::is_none")]
        app: Option<Written>,
        /// How long it has the connection before its transaction begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        outside: Option<Written>,
        /// How long it keeps the connection after the answer.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<Written>,
        /// The share of its requests that need the one locked row.
        #[serde(skip_serializing_if = "Option::is_none")]
        lock: Option<Written>,
        /// How many connections it needs at once.
        #[serde(skip_serializing_if = "Option::is_none")]
        connections: Option<Written>,
        /// How long it works before it asks for each further one.
        #[serde(skip_serializing_if = "Option::is_none")]
        between: Option<Written>,
        /// The share that never returns it.
        #[serde(skip_serializing_if = "Option::is_none")]
        leak: Option<Written>,
    }
}
section! {
    /// `[fleet]`
    FleetSection {
        /// How many instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        instances: Option<Written>,
        /// Who serves a request: `random`, `round_robin`, `least_pending` or `sticky`.
        #[serde(skip_serializing_if = "Option::is_none")]
        routing: Option<Written>,
        /// How many users there are.
        #[serde(skip_serializing_if = "Option::is_none")]
        users: Option<Written>,
        /// Whose pool is filled first: `in_turn`, `together` or `shuffled`.
        #[serde(skip_serializing_if = "Option::is_none")]
        start_order: Option<Written>,
        /// Processors of one instance.
        #[serde(skip_serializing_if = "Option::is_none")]
        cores: Option<Written>,
        /// Adds and removes instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        autoscale: Option<AutoscaleSection>,
        /// Instances that start when requests come.
        #[serde(skip_serializing_if = "Option::is_none")]
        elastic: Option<ElasticSection>,
        /// Health checks that use the pool.
        #[serde(skip_serializing_if = "Option::is_none")]
        probes: Option<ProbesSection>,
    }
}
section! {
    /// `[fleet.autoscale]`
    AutoscaleSection {
        /// What it looks at: `cpu`, `pending` or `latency`.
        #[serde(skip_serializing_if = "Option::is_none")]
        signal: Option<Written>,
        /// What that should be.
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<Written>,
        /// The fewest instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        least: Option<Written>,
        /// The most.
        #[serde(skip_serializing_if = "Option::is_none")]
        most: Option<Written>,
        /// How often it decides.
        #[serde(skip_serializing_if = "Option::is_none")]
        every: Option<Written>,
        /// How long a new instance takes until it serves.
        #[serde(skip_serializing_if = "Option::is_none")]
        delay: Option<Written>,
        /// Within this share of the target nothing changes.
        #[serde(skip_serializing_if = "Option::is_none")]
        tolerance: Option<Written>,
        /// Instances are removed down to the most that were wanted within this time.
        #[serde(skip_serializing_if = "Option::is_none")]
        scale_in_after: Option<Written>,
    }
}
section! {
    /// `[fleet.elastic]`
    ElasticSection {
        /// The most instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        most: Option<Written>,
        /// How many requests one serves at once.
        #[serde(skip_serializing_if = "Option::is_none")]
        concurrency: Option<Written>,
        /// One without requests is gone after this.
        #[serde(skip_serializing_if = "Option::is_none")]
        idle: Option<Written>,
        /// How long a cold start takes, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        start: Option<Written>,
    }
}
section! {
    /// `[fleet.probes]`
    ProbesSection {
        /// How often each instance is probed.
        #[serde(skip_serializing_if = "Option::is_none")]
        every: Option<Written>,
        /// How long a probe waits for its answer.
        #[serde(skip_serializing_if = "Option::is_none")]
        timeout: Option<Written>,
        /// How long it keeps its connection.
        #[serde(skip_serializing_if = "Option::is_none")]
        hold: Option<Written>,
        /// So many failures in a row are a verdict.
        #[serde(skip_serializing_if = "Option::is_none")]
        failures: Option<Written>,
        /// So many successes in a row bring an instance back.
        #[serde(skip_serializing_if = "Option::is_none")]
        successes: Option<Written>,
        /// What the verdict is: `eject` or `restart`.
        #[serde(skip_serializing_if = "Option::is_none")]
        action: Option<Written>,
        /// How long a restart takes.
        #[serde(skip_serializing_if = "Option::is_none")]
        restart_takes: Option<Written>,
    }
}
section! {
    /// `[pool]`, or each `[[pool]]`
    PoolSection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// As whom it connects.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<Written>,
        /// A pool by name and version, whose values hold where none is written.
        #[serde(skip_serializing_if = "Option::is_none")]
        preset: Option<Written>,
        /// The most connections of one instance.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_size: Option<Written>,
        /// The idle connections that are kept.
        #[serde(skip_serializing_if = "Option::is_none")]
        min_idle: Option<Written>,
        /// The most idle connections, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_idle: Option<Written>,
        /// How long a request waits, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        acquire_timeout: Option<Written>,
        /// What that limits: `wait` or `all`.
        #[serde(skip_serializing_if = "Option::is_none")]
        timeout_covers: Option<Written>,
        /// How many may wait, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_waiters: Option<Written>,
        /// Who is served first: `fifo`, `lifo`, `random` or `barging`.
        #[serde(skip_serializing_if = "Option::is_none")]
        order: Option<Written>,
        /// Barging: how long a woken waiter takes.
        #[serde(skip_serializing_if = "Option::is_none")]
        wake_up: Option<Written>,
        /// Which idle connection is used: `lifo` or `fifo`.
        #[serde(skip_serializing_if = "Option::is_none")]
        idle_order: Option<Written>,
        /// Who opens connections: `caller` or `background`.
        #[serde(skip_serializing_if = "Option::is_none")]
        growth: Option<Written>,
        /// How many open at once, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        open_parallelism: Option<Written>,
        /// How long an opener rests after each.
        #[serde(skip_serializing_if = "Option::is_none")]
        open_pause: Option<Written>,
        /// The first delay after a failed opening.
        #[serde(skip_serializing_if = "Option::is_none")]
        open_backoff: Option<Written>,
        /// The longest.
        #[serde(skip_serializing_if = "Option::is_none")]
        open_backoff_cap: Option<Written>,
        /// Whether who opens one tries again: `never` or `until_timeout`.
        #[serde(skip_serializing_if = "Option::is_none")]
        open_retries: Option<Written>,
        /// How long the check before handing out takes.
        #[serde(skip_serializing_if = "Option::is_none")]
        validation: Option<Written>,
        /// No check if used within this time.
        #[serde(skip_serializing_if = "Option::is_none")]
        validation_skip: Option<Written>,
        /// When idle connections are closed, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        idle_timeout: Option<Written>,
        /// How far: `keep` or `refill`.
        #[serde(skip_serializing_if = "Option::is_none")]
        idle_floor: Option<Written>,
        /// When connections are replaced, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_lifetime: Option<Written>,
        /// How much earlier at most.
        #[serde(skip_serializing_if = "Option::is_none")]
        lifetime_jitter: Option<Written>,
        /// When age is looked at: `return`, `idle`, `checkout`, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        retire: Option<Written>,
        /// When idle connections are checked, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        keepalive: Option<Written>,
        /// How often the housekeeper comes, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        housekeeping: Option<Written>,
        /// When a connection that is out becomes suspect, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        leak_threshold: Option<Written>,
        /// What then: `log` or `reclaim`.
        #[serde(skip_serializing_if = "Option::is_none")]
        leak_action: Option<Written>,
        /// How it grows by itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        autoscale: Option<PoolAutoscaleSection>,
    }
}
section! {
    /// `[pooler]`
    PoolerSection {
        /// For how long a client keeps its server connection: `session`, `transaction` or `statement`.
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Written>,
        /// The most server connections of one user.
        #[serde(skip_serializing_if = "Option::is_none")]
        default_pool_size: Option<Written>,
        /// The least that are kept open.
        #[serde(skip_serializing_if = "Option::is_none")]
        min_pool_size: Option<Written>,
        /// So many more for whoever has waited too long.
        #[serde(skip_serializing_if = "Option::is_none")]
        reserve_pool_size: Option<Written>,
        /// How long that is.
        #[serde(skip_serializing_if = "Option::is_none")]
        reserve_pool_timeout: Option<Written>,
        /// The most client connections.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_client_conn: Option<Written>,
        /// The most server connections of all users, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_db_connections: Option<Written>,
        /// How long a client waits for a server connection, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        query_wait_timeout: Option<Written>,
        /// When server connections are replaced, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        server_lifetime: Option<Written>,
        /// When idle server connections are closed, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        server_idle_timeout: Option<Written>,
        /// From the beginning of a failed login to the next.
        #[serde(skip_serializing_if = "Option::is_none")]
        server_login_retry: Option<Written>,
        /// Which idle server connection is used: `lifo` or `fifo`.
        #[serde(skip_serializing_if = "Option::is_none")]
        server_order: Option<Written>,
        /// How long a client takes to connect to the pooler, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        connect: Option<Written>,
    }
}
section! {
    /// `[client]`
    ClientSection {
        /// How long a client waits for an answer, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        timeout: Option<Written>,
        /// How often a failed request is tried again.
        #[serde(skip_serializing_if = "Option::is_none")]
        retries: Option<Written>,
        /// The delay before the first retry.
        #[serde(skip_serializing_if = "Option::is_none")]
        backoff: Option<Written>,
        /// How many times as long each further one is.
        #[serde(skip_serializing_if = "Option::is_none")]
        backoff_factor: Option<Written>,
        /// The longest.
        #[serde(skip_serializing_if = "Option::is_none")]
        backoff_cap: Option<Written>,
        /// The share of a delay that chance decides.
        #[serde(skip_serializing_if = "Option::is_none")]
        jitter: Option<Written>,
        /// Retries as a share of the requests at most, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_budget: Option<Written>,
        /// A circuit breaker in front of each instance.
        #[serde(skip_serializing_if = "Option::is_none")]
        breaker: Option<BreakerSection>,
    }
}
section! {
    /// `[client.breaker]`
    BreakerSection {
        /// Opens at this share of failures.
        #[serde(skip_serializing_if = "Option::is_none")]
        failures: Option<Written>,
        /// Among so many attempts.
        #[serde(skip_serializing_if = "Option::is_none")]
        window: Option<Written>,
        /// For how long.
        #[serde(skip_serializing_if = "Option::is_none")]
        open_for: Option<Written>,
        /// How many are then let through to see.
        #[serde(skip_serializing_if = "Option::is_none")]
        probes: Option<Written>,
    }
}
section! {
    /// `[database]`
    DatabaseSection {
        /// How many processors all running queries share, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        cores: Option<Written>,
        /// The share of the work that only one query can do at a time.
        #[serde(skip_serializing_if = "Option::is_none")]
        contention: Option<Written>,
        /// What every pair of running queries costs.
        #[serde(skip_serializing_if = "Option::is_none")]
        coherency: Option<Written>,
        /// What every running query beyond the cores costs.
        #[serde(skip_serializing_if = "Option::is_none")]
        overhead: Option<Written>,
        /// How many connections it accepts, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_connections: Option<Written>,
        /// How many of them are kept for others.
        #[serde(skip_serializing_if = "Option::is_none")]
        reserved: Option<Written>,
        /// How many connections it accepts per second, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        connects_per_second: Option<Written>,
        /// How many it accepts at once after a pause.
        #[serde(skip_serializing_if = "Option::is_none")]
        connect_burst: Option<Written>,
        /// How long opening a connection takes, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        connect: Option<Written>,
        /// The processor time that opening one takes, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        connect_cpu: Option<Written>,
        /// The share of openings that fail.
        #[serde(skip_serializing_if = "Option::is_none")]
        connect_failure: Option<Written>,
        /// How much memory it has for connections, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        memory: Option<Written>,
        /// How much memory each connection takes, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        memory_per_connection: Option<Written>,
        /// How long a statement may take, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        statement_timeout: Option<Written>,
        /// How long a statement may wait for a lock, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        lock_timeout: Option<Written>,
        /// How long a session may do nothing within a transaction, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        idle_in_transaction_session_timeout: Option<Written>,
    }
}
section! {
    /// `[[version]]`
    VersionSection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// The classes that differ from `[[query]]`, with the keys that differ.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        query: Vec<QuerySection>,
    }
}
section! {
    /// `[[alert]]`
    AlertSection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// What it looks at: [`crate::alert::METRICS`].
        #[serde(skip_serializing_if = "Option::is_none")]
        metric: Option<Written>,
        /// Over the `fleet`, or at any one `instance`.
        #[serde(skip_serializing_if = "Option::is_none")]
        of: Option<Written>,
        /// It fires above this.
        #[serde(skip_serializing_if = "Option::is_none")]
        above: Option<Written>,
        /// For how long it must have been above.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[serde(rename = "for")]
        for_: Option<Written>,
        /// How often it is looked at.
        #[serde(skip_serializing_if = "Option::is_none")]
        every: Option<Written>,
        /// Over how long what is counted is counted.
        #[serde(skip_serializing_if = "Option::is_none")]
        window: Option<Written>,
    }
}
section! {
    /// `[pool.autoscale]`
    PoolAutoscaleSection {
        /// What makes it grow: a usage such as 80%, or `timeouts`.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// How often it is checked.
        #[serde(skip_serializing_if = "Option::is_none")]
        every: Option<Written>,
        /// At how many checks in a row.
        #[serde(skip_serializing_if = "Option::is_none")]
        checks: Option<Written>,
        /// By how much of its limit.
        #[serde(skip_serializing_if = "Option::is_none")]
        step: Option<Written>,
        /// The most connections.
        #[serde(skip_serializing_if = "Option::is_none")]
        most: Option<Written>,
    }
}
section! {
    /// `[[timeline]]`
    TimelineSection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// When it begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// What it is: [`crate::timeline::KINDS`].
        #[serde(skip_serializing_if = "Option::is_none")]
        change: Option<Written>,
        /// The class whose holds grow.
        #[serde(skip_serializing_if = "Option::is_none")]
        query: Option<Written>,
        /// How many times as long.
        #[serde(skip_serializing_if = "Option::is_none")]
        factor: Option<Written>,
        /// The new limit of the pools.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_size: Option<Written>,
        /// How many times as much processor time.
        #[serde(skip_serializing_if = "Option::is_none")]
        cpu_factor: Option<Written>,
        /// How many connections the pools keep open from then on.
        #[serde(skip_serializing_if = "Option::is_none")]
        min_idle: Option<Written>,
        /// How long it takes to roll over all instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        over: Option<Written>,
        /// How long it lasts.
        #[serde(skip_serializing_if = "Option::is_none")]
        lasts: Option<Written>,
        /// How many instances there are during a deploy, relative to before.
        #[serde(skip_serializing_if = "Option::is_none")]
        surge: Option<Written>,
        /// How long an old instance may finish its requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        drain: Option<Written>,
        /// How long a new instance takes until it serves.
        #[serde(skip_serializing_if = "Option::is_none")]
        start: Option<Written>,
        /// The alert with which it begins, in place of a moment.
        #[serde(skip_serializing_if = "Option::is_none")]
        on: Option<Written>,
        /// How long after that.
        #[serde(skip_serializing_if = "Option::is_none")]
        after: Option<Written>,
        /// The positions of the instances that it concerns.
        #[serde(skip_serializing_if = "Option::is_none")]
        instances: Option<Written>,
        /// The version that is deployed.
        #[serde(skip_serializing_if = "Option::is_none")]
        version: Option<Written>,
        /// How many instances there are from then on.
        #[serde(skip_serializing_if = "Option::is_none")]
        count: Option<Written>,
        /// The setting that changes.
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<Written>,
        /// What it becomes.
        #[serde(skip_serializing_if = "Option::is_none")]
        value: Option<Written>,
        /// What people saw or did.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<Written>,
    }
}

section! {
    /// `[[assert]]`
    AssertSection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// What must hold: [`Claim`](crate::scenario::Claim).
        #[serde(skip_serializing_if = "Option::is_none")]
        that: Option<Written>,
        /// From when on it is looked at.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<Written>,
        /// Until when.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Written>,
    }
}
section! {
    /// `[[survive]]`
    SurviveSection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// What happens: `peak`, `spike`, `slow_query`, `fewer_instances` or `deploy`.
        #[serde(skip_serializing_if = "Option::is_none")]
        what: Option<Written>,
        /// How many times the traffic, or as long the work.
        #[serde(skip_serializing_if = "Option::is_none")]
        factor: Option<Written>,
        /// For how long.
        #[serde(skip_serializing_if = "Option::is_none")]
        lasts: Option<Written>,
        /// How many instances are missing.
        #[serde(skip_serializing_if = "Option::is_none")]
        count: Option<Written>,
        /// The class that is slow.
        #[serde(skip_serializing_if = "Option::is_none")]
        query: Option<Written>,
        /// What is asked meanwhile.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        slo: Vec<Written>,
        /// So long afterwards the usual objectives hold again.
        #[serde(skip_serializing_if = "Option::is_none")]
        recovered: Option<Written>,
    }
}
section! {
    /// `[incident]`
    IncidentSection {
        /// When the window begins that people count.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<Written>,
        /// When it ends, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Written>,
        /// An answer slower than this is slow.
        #[serde(skip_serializing_if = "Option::is_none")]
        slow: Option<Written>,
        /// The share that is said to have been affected.
        #[serde(skip_serializing_if = "Option::is_none")]
        stated: Option<Written>,
        /// The share of what that is: [`Reading`](crate::scenario::Reading).
        #[serde(skip_serializing_if = "Option::is_none")]
        read_as: Option<Written>,
        /// When it is said to have been over.
        #[serde(skip_serializing_if = "Option::is_none")]
        recovered: Option<Written>,
        /// Who says so.
        #[serde(skip_serializing_if = "Option::is_none")]
        source: Option<Written>,
    }
}
section! {
    /// `[[provenance]]`
    ProvenanceSection {
        /// A path, or the beginning of one.
        #[serde(skip_serializing_if = "Option::is_none")]
        of: Option<Written>,
        /// Where its numbers come from: `document`, `assumed` or `derived`.
        #[serde(skip_serializing_if = "Option::is_none")]
        is: Option<Written>,
        /// Why these.
        #[serde(skip_serializing_if = "Option::is_none")]
        why: Option<Written>,
    }
}
section! {
    /// `[[variant]]`
    VariantSection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// What it changes, one after another, each as `path=value`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        set: Vec<Written>,
        /// What was learnt from it, for readers.
        #[serde(skip_serializing_if = "Option::is_none")]
        answer: Option<Written>,
    }
}

/// A section in which nothing stands is not written.
fn is_default<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
}

impl QuerySection {
    fn with_every_key() -> Self {
        let any = || Some(Written::Whole(0));
        Self {
            name: any(),
            weight: any(),
            hold: any(),
            cpu: any(),
            work: any(),
            app: any(),
            outside: any(),
            after: any(),
            lock: any(),
            connections: any(),
            between: any(),
            leak: any(),
        }
    }

    /// What a version makes of a class: its own keys, and the class's where it has none. A hold as a whole and its parts stand for
    /// each other.
    pub(super) fn over(&self, base: &Self) -> Self {
        let mut base = base.clone();
        if self.hold.is_some() {
            (base.cpu, base.work, base.app) = (None, None, None);
        }
        if self.work.is_some() || self.app.is_some() {
            base.hold = None;
        }
        let pick = |own: &Option<Written>, other: Option<Written>| own.clone().or(other);
        Self {
            name: pick(&self.name, base.name),
            weight: pick(&self.weight, base.weight),
            hold: pick(&self.hold, base.hold),
            cpu: pick(&self.cpu, base.cpu),
            work: pick(&self.work, base.work),
            app: pick(&self.app, base.app),
            outside: pick(&self.outside, base.outside),
            after: pick(&self.after, base.after),
            lock: pick(&self.lock, base.lock),
            connections: pick(&self.connections, base.connections),
            between: pick(&self.between, base.between),
            leak: pick(&self.leak, base.leak),
        }
    }
}

impl Scenario {
    /// A scenario in which every key stands: what [`Scenario::read`] knows, and what the catalogue must explain.
    pub fn with_every_key() -> Self {
        let any = || Some(Written::Whole(0));
        Self {
            schema_version: any(),
            name: any(),
            description: any(),
            duration: any(),
            traffic: TrafficSection::with_every_key().into(),
            query: vec![QuerySection::with_every_key()],
            fleet: FleetSection::with_every_key(),
            pool: PoolSection {
                name: any(),
                user: any(),
                preset: any(),
                max_size: any(),
                min_idle: any(),
                max_idle: any(),
                acquire_timeout: any(),
                timeout_covers: any(),
                max_waiters: any(),
                order: any(),
                wake_up: any(),
                idle_order: any(),
                growth: any(),
                open_parallelism: any(),
                open_pause: any(),
                open_backoff: any(),
                open_backoff_cap: any(),
                open_retries: any(),
                validation: any(),
                validation_skip: any(),
                idle_timeout: any(),
                idle_floor: any(),
                max_lifetime: any(),
                lifetime_jitter: any(),
                retire: any(),
                keepalive: any(),
                housekeeping: any(),
                leak_threshold: any(),
                leak_action: any(),
                autoscale: Some(PoolAutoscaleSection {
                    at: any(),
                    every: any(),
                    checks: any(),
                    step: any(),
                    most: any(),
                }),
            }
            .into(),
            pooler: Some(PoolerSection {
                mode: any(),
                default_pool_size: any(),
                min_pool_size: any(),
                reserve_pool_size: any(),
                reserve_pool_timeout: any(),
                max_client_conn: any(),
                max_db_connections: any(),
                query_wait_timeout: any(),
                server_lifetime: any(),
                server_idle_timeout: any(),
                server_login_retry: any(),
                server_order: any(),
                connect: any(),
            }),
            client: ClientSection {
                timeout: any(),
                retries: any(),
                backoff: any(),
                backoff_factor: any(),
                backoff_cap: any(),
                jitter: any(),
                retry_budget: any(),
                breaker: Some(BreakerSection { failures: any(), window: any(), open_for: any(), probes: any() }),
            },
            database: DatabaseSection {
                cores: any(),
                contention: any(),
                coherency: any(),
                overhead: any(),
                max_connections: any(),
                reserved: any(),
                connects_per_second: any(),
                connect_burst: any(),
                connect: any(),
                connect_cpu: any(),
                connect_failure: any(),
                memory: any(),
                memory_per_connection: any(),
                statement_timeout: any(),
                lock_timeout: any(),
                idle_in_transaction_session_timeout: any(),
            },
            version: vec![VersionSection { name: any(), query: vec![QuerySection::with_every_key()] }],
            alert: vec![AlertSection {
                name: any(),
                metric: any(),
                of: any(),
                above: any(),
                for_: any(),
                every: any(),
                window: any(),
            }],
            timeline: vec![TimelineSection {
                name: any(),
                on: any(),
                after: any(),
                instances: any(),
                version: any(),
                count: any(),
                path: any(),
                value: any(),
                at: any(),
                change: any(),
                query: any(),
                factor: any(),
                max_size: any(),
                cpu_factor: any(),
                min_idle: any(),
                over: any(),
                lasts: any(),
                surge: any(),
                drain: any(),
                start: any(),
                text: any(),
            }],
            slo: vec![Written::Whole(0)],
            assert: vec![AssertSection { name: any(), that: any(), from: any(), until: any() }],
            survive: vec![SurviveSection {
                name: any(),
                what: any(),
                factor: any(),
                lasts: any(),
                count: any(),
                query: any(),
                slo: vec![Written::Whole(0)],
                recovered: any(),
            }],
            incident: Some(IncidentSection {
                from: any(),
                until: any(),
                slow: any(),
                stated: any(),
                read_as: any(),
                recovered: any(),
                source: any(),
            }),
            provenance: vec![ProvenanceSection { of: any(), is: any(), why: any() }],
            variant: vec![VariantSection { name: any(), set: vec![Written::Whole(0)], answer: any() }],
        }
    }
}

impl TrafficSection {
    fn with_every_key() -> Self {
        let any = || Some(Written::Whole(0));
        Self {
            name: any(),
            rate: any(),
            steps: vec![StepSection { at: any(), rate: any(), over: any() }],
            spikes: vec![SpikeSection { at: any(), lasts: any(), factor: any() }],
            daily: Some(DailySection { low: any(), peak_at: any() }),
            gaps: any(),
            states: vec![StateSection { rate: any(), stay: any() }],
            batch: Some(BatchSection { size: any(), every: any(), at: any(), spread: any() }),
            clients: any(),
            think: any(),
            trace: Some(TraceSection {
                at: any().into_iter().collect(),
                hold: any().into_iter().collect(),
                counts: any().into_iter().collect(),
                every: any(),
                file: any(),
                loaded: None,
            }),
            query: any(),
            pool: any(),
        }
    }
}

impl FleetSection {
    fn with_every_key() -> Self {
        let any = || Some(Written::Whole(0));
        Self {
            instances: any(),
            routing: any(),
            users: any(),
            start_order: any(),
            cores: any(),
            autoscale: Some(AutoscaleSection {
                signal: any(),
                target: any(),
                least: any(),
                most: any(),
                every: any(),
                delay: any(),
                tolerance: any(),
                scale_in_after: any(),
            }),
            elastic: Some(ElasticSection { most: any(), concurrency: any(), idle: any(), start: any() }),
            probes: Some(ProbesSection {
                every: any(),
                timeout: any(),
                hold: any(),
                failures: any(),
                successes: any(),
                action: any(),
                restart_takes: any(),
            }),
        }
    }
}
