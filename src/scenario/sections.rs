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

/// What a key of a section can hold.
trait Value {
    /// Whether nothing stands there: then the key is not written.
    fn is_absent(&self) -> bool;
    /// It with every key that it can have.
    fn full() -> Self;
}

impl Value for Written {
    fn is_absent(&self) -> bool {
        false
    }

    fn full() -> Self {
        Self::Whole(0)
    }
}

impl Value for Traffic {
    fn is_absent(&self) -> bool {
        false
    }

    fn full() -> Self {
        TrafficSection::full().into()
    }
}

impl Value for Pools {
    fn is_absent(&self) -> bool {
        false
    }

    fn full() -> Self {
        PoolSection::full().into()
    }
}

impl<T: Value> Value for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn full() -> Self {
        Some(T::full())
    }
}

impl<T: Value> Value for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }

    fn full() -> Self {
        vec![T::full()]
    }
}

/// It is no key: nobody writes it.
impl Value for Option<Recorded> {
    fn is_absent(&self) -> bool {
        true
    }

    fn full() -> Self {
        None
    }
}

macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $key:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
        #[serde(default)]
        pub struct $name { $($(#[$doc])* #[serde(skip_serializing_if = "Value::is_absent")] pub $key: $type),* }

        impl Value for $name {
            fn is_absent(&self) -> bool {
                *self == Self::default()
            }

            fn full() -> Self {
                Self { $($key: Value::full()),* }
            }
        }
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
        schema_version: Option<Written>,
        /// What people call it.
        name: Option<Written>,
        /// What it shows.
        description: Option<Written>,
        /// How long a run lasts.
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
        pooler: Option<PoolerSection>,
        /// What clients do without an answer.
        client: ClientSection,
        /// What all pools connect to.
        database: DatabaseSection,
        /// What requests do with other versions of the application.
        version: Vec<VersionSection>,
        /// What happens during the run.
        timeline: Vec<TimelineSection>,
        /// What people are told by.
        alert: Vec<AlertSection>,
        /// What is asked of it.
        slo: Vec<Written>,
        /// What must hold.
        assert: Vec<AssertSection>,
        /// What is to be survived besides.
        survive: Vec<SurviveSection>,
        /// What is known of an incident that it follows.
        incident: Option<IncidentSection>,
        /// Where its numbers come from.
        provenance: Vec<ProvenanceSection>,
        /// What else might have been.
        variant: Vec<VariantSection>,
    }
}
section! {
    /// A source of requests: `[traffic]`, or each `[[traffic]]`
    TrafficSection {
        /// What people call it.
        name: Option<Written>,
        /// Requests per second over the fleet.
        rate: Option<Written>,
        /// Changes of the rate.
        steps: Vec<StepSection>,
        /// Times with a multiple of the rate.
        spikes: Vec<SpikeSection>,
        /// How the rate follows the hours of the day.
        daily: Option<DailySection>,
        /// The distribution of the gaps between requests.
        gaps: Option<Written>,
        /// Rates between which chance switches.
        states: Vec<StateSection>,
        /// Requests that come together.
        batch: Option<BatchSection>,
        /// How many clients wait for their answers.
        clients: Option<Written>,
        /// How long a client thinks before it asks again.
        think: Option<Written>,
        /// Arrivals as they were recorded.
        trace: Option<TraceSection>,
        /// The class of all its requests.
        query: Option<Written>,
        /// The pool of all its requests.
        pool: Option<Written>,
    }
}
section! {
    /// `[[traffic.steps]]`
    StepSection {
        /// From when on.
        at: Option<Written>,
        /// The rate from then on.
        rate: Option<Written>,
        /// How long it takes to get there.
        over: Option<Written>,
    }
}
section! {
    /// `[[traffic.spikes]]`
    SpikeSection {
        /// When it begins.
        at: Option<Written>,
        /// How long it lasts.
        lasts: Option<Written>,
        /// How many times as many requests.
        factor: Option<Written>,
    }
}
section! {
    /// `[traffic.daily]`
    DailySection {
        /// The lowest rate of the day, relative to the highest.
        low: Option<Written>,
        /// When the rate is highest.
        peak_at: Option<Written>,
    }
}
section! {
    /// `[[traffic.states]]`
    StateSection {
        /// The rate in this state.
        rate: Option<Written>,
        /// How long one visit lasts.
        stay: Option<Written>,
    }
}
section! {
    /// `[traffic.batch]`
    BatchSection {
        /// How many requests.
        size: Option<Written>,
        /// From one batch to the next.
        every: Option<Written>,
        /// When the first begins.
        at: Option<Written>,
        /// Over how long a batch is spread.
        spread: Option<Written>,
    }
}
section! {
    /// `[traffic.trace]`
    TraceSection {
        /// The moments of all arrivals.
        at: Vec<Written>,
        /// How long each held its connection.
        hold: Vec<Written>,
        /// How many came in each interval.
        counts: Vec<Written>,
        /// The length of these intervals.
        every: Option<Written>,
        /// A file that has them.
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
        name: Option<Written>,
        /// Its relative share of the requests.
        weight: Option<Written>,
        /// How long it holds its connection.
        hold: Option<Written>,
        /// The processor time that it takes in the database, or its share of `hold`.
        cpu: Option<Written>,
        /// How long the database works besides, if that is told apart from `app`.
        work: Option<Written>,
        /// How long the application works while it holds the connection.
        app: Option<Written>,
        /// How long it has the connection before its transaction begins.
        outside: Option<Written>,
        /// How long it keeps the connection after the answer.
        after: Option<Written>,
        /// The share of its requests that need the one locked row.
        lock: Option<Written>,
        /// How many connections it needs at once.
        connections: Option<Written>,
        /// How long it works before it asks for each further one.
        between: Option<Written>,
        /// The share that never returns it.
        leak: Option<Written>,
    }
}
section! {
    /// `[fleet]`
    FleetSection {
        /// How many instances.
        instances: Option<Written>,
        /// Who serves a request: `random`, `round_robin`, `least_pending` or `sticky`.
        routing: Option<Written>,
        /// How many users there are.
        users: Option<Written>,
        /// Whose pool is filled first: `in_turn`, `together` or `shuffled`.
        start_order: Option<Written>,
        /// Processors of one instance.
        cores: Option<Written>,
        /// Adds and removes instances.
        autoscale: Option<AutoscaleSection>,
        /// Instances that start when requests come.
        elastic: Option<ElasticSection>,
        /// Health checks that use the pool.
        probes: Option<ProbesSection>,
    }
}
section! {
    /// `[fleet.autoscale]`
    AutoscaleSection {
        /// What it looks at: `cpu`, `pending` or `latency`.
        signal: Option<Written>,
        /// What that should be.
        target: Option<Written>,
        /// The fewest instances.
        least: Option<Written>,
        /// The most.
        most: Option<Written>,
        /// How often it decides.
        every: Option<Written>,
        /// How long a new instance takes until it serves.
        delay: Option<Written>,
        /// Within this share of the target nothing changes.
        tolerance: Option<Written>,
        /// Instances are removed down to the most that were wanted within this time.
        scale_in_after: Option<Written>,
    }
}
section! {
    /// `[fleet.elastic]`
    ElasticSection {
        /// The most instances.
        most: Option<Written>,
        /// How many requests one serves at once.
        concurrency: Option<Written>,
        /// One without requests is gone after this.
        idle: Option<Written>,
        /// How long a cold start takes, or `none`.
        start: Option<Written>,
    }
}
section! {
    /// `[fleet.probes]`
    ProbesSection {
        /// How often each instance is probed.
        every: Option<Written>,
        /// How long a probe waits for its answer.
        timeout: Option<Written>,
        /// How long it keeps its connection.
        hold: Option<Written>,
        /// So many failures in a row are a verdict.
        failures: Option<Written>,
        /// So many successes in a row bring an instance back.
        successes: Option<Written>,
        /// What the verdict is: `eject` or `restart`.
        action: Option<Written>,
        /// How long a restart takes.
        restart_takes: Option<Written>,
    }
}
section! {
    /// `[pool]`, or each `[[pool]]`
    PoolSection {
        /// What people call it.
        name: Option<Written>,
        /// As whom it connects.
        user: Option<Written>,
        /// A pool by name and version, whose values hold where none is written.
        preset: Option<Written>,
        /// The most connections of one instance.
        max_size: Option<Written>,
        /// The idle connections that are kept.
        min_idle: Option<Written>,
        /// The most idle connections, or `none`.
        max_idle: Option<Written>,
        /// How long a request waits, or `none`.
        acquire_timeout: Option<Written>,
        /// What that limits: `wait` or `all`.
        timeout_covers: Option<Written>,
        /// How many may wait, or `none`.
        max_waiters: Option<Written>,
        /// Who is served first: `fifo`, `lifo`, `random` or `barging`.
        order: Option<Written>,
        /// Barging: how long a woken waiter takes.
        wake_up: Option<Written>,
        /// Which idle connection is used: `lifo` or `fifo`.
        idle_order: Option<Written>,
        /// Who opens connections: `caller` or `background`.
        growth: Option<Written>,
        /// How many open at once, or `none`.
        open_parallelism: Option<Written>,
        /// How long an opener rests after each.
        open_pause: Option<Written>,
        /// The first delay after a failed opening.
        open_backoff: Option<Written>,
        /// The longest.
        open_backoff_cap: Option<Written>,
        /// Whether who opens one tries again: `never` or `until_timeout`.
        open_retries: Option<Written>,
        /// How long the check before handing out takes.
        validation: Option<Written>,
        /// No check if used within this time.
        validation_skip: Option<Written>,
        /// When idle connections are closed, or `none`.
        idle_timeout: Option<Written>,
        /// How far: `keep` or `refill`.
        idle_floor: Option<Written>,
        /// When connections are replaced, or `none`.
        max_lifetime: Option<Written>,
        /// How much earlier at most.
        lifetime_jitter: Option<Written>,
        /// When age is looked at: `return`, `idle`, `checkout`, or `none`.
        retire: Option<Written>,
        /// When idle connections are checked, or `none`.
        keepalive: Option<Written>,
        /// How often the housekeeper comes, or `none`.
        housekeeping: Option<Written>,
        /// When a connection that is out becomes suspect, or `none`.
        leak_threshold: Option<Written>,
        /// What then: `log` or `reclaim`.
        leak_action: Option<Written>,
        /// How it grows by itself.
        autoscale: Option<PoolAutoscaleSection>,
    }
}
section! {
    /// `[pooler]`
    PoolerSection {
        /// For how long a client keeps its server connection: `session`, `transaction` or `statement`.
        mode: Option<Written>,
        /// The most server connections of one user.
        default_pool_size: Option<Written>,
        /// The least that are kept open.
        min_pool_size: Option<Written>,
        /// So many more for whoever has waited too long.
        reserve_pool_size: Option<Written>,
        /// How long that is.
        reserve_pool_timeout: Option<Written>,
        /// The most client connections.
        max_client_conn: Option<Written>,
        /// The most server connections of all users, or `none`.
        max_db_connections: Option<Written>,
        /// How long a client waits for a server connection, or `none`.
        query_wait_timeout: Option<Written>,
        /// When server connections are replaced, or `none`.
        server_lifetime: Option<Written>,
        /// When idle server connections are closed, or `none`.
        server_idle_timeout: Option<Written>,
        /// From the beginning of a failed login to the next.
        server_login_retry: Option<Written>,
        /// Which idle server connection is used: `lifo` or `fifo`.
        server_order: Option<Written>,
        /// How long a client takes to connect to the pooler, or `none`.
        connect: Option<Written>,
    }
}
section! {
    /// `[client]`
    ClientSection {
        /// How long a client waits for an answer, or `none`.
        timeout: Option<Written>,
        /// How often a failed request is tried again.
        retries: Option<Written>,
        /// The delay before the first retry.
        backoff: Option<Written>,
        /// How many times as long each further one is.
        backoff_factor: Option<Written>,
        /// The longest.
        backoff_cap: Option<Written>,
        /// The share of a delay that chance decides.
        jitter: Option<Written>,
        /// Retries as a share of the requests at most, or `none`.
        retry_budget: Option<Written>,
        /// A circuit breaker in front of each instance.
        breaker: Option<BreakerSection>,
    }
}
section! {
    /// `[client.breaker]`
    BreakerSection {
        /// Opens at this share of failures.
        failures: Option<Written>,
        /// Among so many attempts.
        window: Option<Written>,
        /// For how long.
        open_for: Option<Written>,
        /// How many are then let through to see.
        probes: Option<Written>,
    }
}
section! {
    /// `[database]`
    DatabaseSection {
        /// How many processors all running queries share, or `none`.
        cores: Option<Written>,
        /// The share of the work that only one query can do at a time.
        contention: Option<Written>,
        /// What every pair of running queries costs.
        coherency: Option<Written>,
        /// What every running query beyond the cores costs.
        overhead: Option<Written>,
        /// How many connections it accepts, or `none`.
        max_connections: Option<Written>,
        /// How many of them are kept for others.
        reserved: Option<Written>,
        /// How many connections it accepts per second, or `none`.
        connects_per_second: Option<Written>,
        /// How many it accepts at once after a pause.
        connect_burst: Option<Written>,
        /// How long opening a connection takes, or `none`.
        connect: Option<Written>,
        /// The processor time that opening one takes, or `none`.
        connect_cpu: Option<Written>,
        /// The share of openings that fail.
        connect_failure: Option<Written>,
        /// How much memory it has for connections, or `none`.
        memory: Option<Written>,
        /// How much memory each connection takes, or `none`.
        memory_per_connection: Option<Written>,
        /// How long a statement may take, or `none`.
        statement_timeout: Option<Written>,
        /// How long a statement may wait for a lock, or `none`.
        lock_timeout: Option<Written>,
        /// How long a session may do nothing within a transaction, or `none`.
        idle_in_transaction_session_timeout: Option<Written>,
    }
}
section! {
    /// `[[version]]`
    VersionSection {
        /// What people call it.
        name: Option<Written>,
        /// The classes that differ from `[[query]]`, with the keys that differ.
        query: Vec<QuerySection>,
    }
}
section! {
    /// `[[alert]]`
    AlertSection {
        /// What people call it.
        name: Option<Written>,
        /// What it looks at: [`crate::alert::METRICS`].
        metric: Option<Written>,
        /// Over the `fleet`, or at any one `instance`.
        of: Option<Written>,
        /// It fires above this.
        above: Option<Written>,
        /// For how long it must have been above.
        #[serde(rename = "for")]
        for_: Option<Written>,
        /// How often it is looked at.
        every: Option<Written>,
        /// Over how long what is counted is counted.
        window: Option<Written>,
    }
}
section! {
    /// `[pool.autoscale]`
    PoolAutoscaleSection {
        /// What makes it grow: a usage such as 80%, or `timeouts`.
        at: Option<Written>,
        /// How often it is checked.
        every: Option<Written>,
        /// At how many checks in a row.
        checks: Option<Written>,
        /// By how much of its limit.
        step: Option<Written>,
        /// The most connections.
        most: Option<Written>,
    }
}
section! {
    /// `[[timeline]]`
    TimelineSection {
        /// What people call it.
        name: Option<Written>,
        /// When it begins.
        at: Option<Written>,
        /// What it is: [`crate::timeline::KINDS`].
        change: Option<Written>,
        /// The class whose holds grow.
        query: Option<Written>,
        /// How many times as long.
        factor: Option<Written>,
        /// The new limit of the pools.
        max_size: Option<Written>,
        /// How many times as much processor time.
        cpu_factor: Option<Written>,
        /// How many connections the pools keep open from then on.
        min_idle: Option<Written>,
        /// How long it takes to roll over all instances.
        over: Option<Written>,
        /// How long it lasts.
        lasts: Option<Written>,
        /// How many instances there are during a deploy, relative to before.
        surge: Option<Written>,
        /// How long an old instance may finish its requests.
        drain: Option<Written>,
        /// How long a new instance takes until it serves.
        start: Option<Written>,
        /// The alert with which it begins, in place of a moment.
        on: Option<Written>,
        /// How long after that.
        after: Option<Written>,
        /// The positions of the instances that it concerns.
        instances: Option<Written>,
        /// The version that is deployed.
        version: Option<Written>,
        /// How many instances there are from then on.
        count: Option<Written>,
        /// The setting that changes.
        path: Option<Written>,
        /// What it becomes.
        value: Option<Written>,
        /// What people saw or did.
        text: Option<Written>,
    }
}

section! {
    /// `[[assert]]`
    AssertSection {
        /// What people call it.
        name: Option<Written>,
        /// What must hold: [`Claim`](crate::scenario::Claim).
        that: Option<Written>,
        /// From when on it is looked at.
        from: Option<Written>,
        /// Until when.
        until: Option<Written>,
    }
}
section! {
    /// `[[survive]]`
    SurviveSection {
        /// What people call it.
        name: Option<Written>,
        /// What happens: `peak`, `spike`, `slow_query`, `fewer_instances` or `deploy`.
        what: Option<Written>,
        /// How many times the traffic, or as long the work.
        factor: Option<Written>,
        /// For how long.
        lasts: Option<Written>,
        /// How many instances are missing.
        count: Option<Written>,
        /// The class that is slow.
        query: Option<Written>,
        /// What is asked meanwhile.
        slo: Vec<Written>,
        /// So long afterwards the usual objectives hold again.
        recovered: Option<Written>,
    }
}
section! {
    /// `[incident]`
    IncidentSection {
        /// When the window begins that people count.
        from: Option<Written>,
        /// When it ends, or `none`.
        until: Option<Written>,
        /// An answer slower than this is slow.
        slow: Option<Written>,
        /// The share that is said to have been affected.
        stated: Option<Written>,
        /// The share of what that is: [`Reading`](crate::scenario::Reading).
        read_as: Option<Written>,
        /// When it is said to have been over.
        recovered: Option<Written>,
        /// Who says so.
        source: Option<Written>,
    }
}
section! {
    /// `[[provenance]]`
    ProvenanceSection {
        /// A path, or the beginning of one.
        of: Option<Written>,
        /// Where its numbers come from: `document`, `assumed` or `derived`.
        is: Option<Written>,
        /// Why these.
        why: Option<Written>,
    }
}
section! {
    /// `[[variant]]`
    VariantSection {
        /// What people call it.
        name: Option<Written>,
        /// What it changes, one after another, each as `path=value`.
        set: Vec<Written>,
        /// What was learnt from it, for readers.
        answer: Option<Written>,
    }
}

impl QuerySection {
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
        Self::full()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_not_written() {
        let written = |scenario: &Scenario| serde_json::to_string(scenario).unwrap();
        assert_eq!(written(&Scenario::default()), r#"{"traffic":{},"pool":{}}"#);
        let trace = TraceSection { every: Some("1m".into()), ..TraceSection::default() };
        let traffic = TrafficSection { trace: Some(trace), ..TrafficSection::default() };
        let scenario = Scenario { traffic: traffic.into(), slo: vec!["wait.p99 <= 1s".into()], ..Scenario::default() };
        assert_eq!(written(&scenario), r#"{"traffic":{"trace":{"every":"1m"}},"pool":{},"slo":["wait.p99 <= 1s"]}"#);
    }
}
