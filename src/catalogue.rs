//! Names, units, defaults and one-line explanations of everything that can be written: the planner's form, the command line's
//! help and the book's reference read this one table. A test holds it to the keys that scenarios really have.

use serde::Serialize;

/// One variant of a choice, such as a distribution.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Kind {
    /// As it is written.
    pub name: &'static str,
    /// Its parameters, by example.
    pub takes: &'static str,
    /// What it is, in one line.
    pub gloss: &'static str,
}

/// What the value of a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Quantity {
    /// Free text.
    Text,
    /// A whole number.
    Count,
    /// A number.
    Number,
    /// A duration such as `250ms`.
    Duration,
    /// A rate such as `120/s`.
    Rate,
    /// A share such as `0.1%`.
    Share,
    /// A distribution such as `exponential(mean=20ms)`.
    Distribution,
    /// An amount of memory such as `10MB`.
    Memory,
    /// An objective such as `wait.p99 <= 50ms`.
    Objective,
}

/// One key of a scenario. Lists are written with `[]`.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Field {
    /// Its path, such as `pool.max_size` or `query[].hold`.
    pub path: &'static str,
    /// What its value is.
    pub quantity: Quantity,
    /// What holds when it is not written; empty if it must be written.
    pub default: &'static str,
    /// What it is, in one line.
    pub gloss: &'static str,
}

const fn field(path: &'static str, quantity: Quantity, default: &'static str, gloss: &'static str) -> Field {
    Field { path, quantity, default, gloss }
}

/// Every key of a scenario.
pub const FIELDS: &[Field] = &[
    field("schema_version", Quantity::Count, "1", "the version of this format"),
    field("name", Quantity::Text, "scenario", "what people call it"),
    field("description", Quantity::Text, "none", "what it shows, for readers"),
    field("duration", Quantity::Duration, "10m", "how long a run with a timeline, a changing rate or a leak lasts"),
    field("traffic.name", Quantity::Text, "traffic", "what people call this source of requests"),
    field(
        "traffic.rate",
        Quantity::Rate,
        "",
        "requests that ask for a connection, over the whole fleet: they come at random (Poisson)",
    ),
    field("traffic.steps[].at", Quantity::Duration, "", "from when on the rate changes"),
    field("traffic.steps[].rate", Quantity::Rate, "", "the rate from then on"),
    field("traffic.steps[].over", Quantity::Duration, "0s", "how long the rate takes to get there, on a straight line"),
    field("traffic.spikes[].at", Quantity::Duration, "", "when a spike begins"),
    field("traffic.spikes[].lasts", Quantity::Duration, "", "how long it lasts"),
    field("traffic.spikes[].factor", Quantity::Number, "", "how many times as many requests while it lasts"),
    field(
        "traffic.daily.low",
        Quantity::Share,
        "",
        "the lowest rate of the day, relative to the highest, which is rate; a cosine in 96 straight pieces",
    ),
    field(
        "traffic.daily.peak_at",
        Quantity::Duration,
        "",
        "the time of day with the highest rate, such as 14h; a run starts at midnight",
    ),
    field(
        "traffic.gaps",
        Quantity::Distribution,
        "none",
        "instead of rate: the gaps between requests, each drawn anew",
    ),
    field(
        "traffic.states[].rate",
        Quantity::Rate,
        "",
        "instead of rate: the rate while this state lasts; 0/s for a pause",
    ),
    field(
        "traffic.states[].stay",
        Quantity::Distribution,
        "",
        "how long one visit to this state lasts; then comes the next, after the last the first",
    ),
    field(
        "traffic.batch.size",
        Quantity::Count,
        "",
        "instead of rate: so many requests come together, as jobs of cron do",
    ),
    field("traffic.batch.every", Quantity::Duration, "", "from the start of one batch to that of the next"),
    field("traffic.batch.at", Quantity::Duration, "0s", "when the first batch begins"),
    field("traffic.batch.spread", Quantity::Duration, "0s", "over how long a batch is spread, uniformly at random"),
    field(
        "traffic.clients",
        Quantity::Count,
        "none",
        "instead of rate: so many clients, each of which waits for its answer before it asks again",
    ),
    field(
        "traffic.think",
        Quantity::Distribution,
        "none",
        "clients: how long one thinks between an answer and its next request",
    ),
    field(
        "traffic.trace.at[]",
        Quantity::Duration,
        "none",
        "instead of rate: every arrival as recorded, from the start of the run",
    ),
    field("traffic.trace.hold[]", Quantity::Duration, "none", "trace.at: how long each of them held its connection"),
    field(
        "traffic.trace.counts[]",
        Quantity::Count,
        "none",
        "instead of rate: how many requests came in each interval",
    ),
    field("traffic.trace.every", Quantity::Duration, "none", "trace.counts: how long an interval is"),
    field(
        "traffic.trace.file",
        Quantity::Text,
        "none",
        "command line only: a CSV file with the columns at or at_ms, perhaps hold or hold_ms, or count",
    ),
    field(
        "traffic.query",
        Quantity::Text,
        "none",
        "the class that all its requests are of; without it they choose by weight",
    ),
    field(
        "traffic.pool",
        Quantity::Text,
        "pool",
        "the pool of its instance that all its requests ask, where there are several; the first if none is named",
    ),
    field("query[].name", Quantity::Text, "query", "what people call this class of requests"),
    field("query[].weight", Quantity::Number, "1", "its share of the requests, relative to the other classes"),
    field(
        "query[].hold",
        Quantity::Distribution,
        "",
        "how long a request holds its connection, from checkout to its answer; or work and app apart",
    ),
    field(
        "query[].cpu",
        Quantity::Text,
        "none",
        "the processor time that it takes in the database: a share of hold such as 30%, or a distribution beside work and app",
    ),
    field(
        "query[].work",
        Quantity::Distribution,
        "none",
        "how long the database works for it without a processor (disk, locks), where that is told apart",
    ),
    field(
        "query[].app",
        Quantity::Distribution,
        "none",
        "how long the application works within the transaction, while it holds the connection",
    ),
    field(
        "query[].outside",
        Quantity::Distribution,
        "none",
        "how long it has the connection before its transaction begins",
    ),
    field("query[].after", Quantity::Distribution, "none", "how long it keeps the connection after its answer"),
    field(
        "query[].connections",
        Quantity::Count,
        "1",
        "how many connections a request needs at once, one after another",
    ),
    field(
        "query[].between",
        Quantity::Distribution,
        "none",
        "how long it works before it asks for each further connection",
    ),
    field(
        "query[].lock",
        Quantity::Share,
        "0%",
        "the share of requests that need one and the same locked row, from their first statement to the end of their transaction",
    ),
    field("query[].leak", Quantity::Share, "0%", "the share of requests that never return their connection"),
    field("fleet.instances", Quantity::Count, "1", "application instances, each with its own pool"),
    field(
        "fleet.routing",
        Quantity::Text,
        "random",
        "which instance serves a request: random, round_robin, least_pending or sticky (by user)",
    ),
    field(
        "fleet.users",
        Quantity::Count,
        "10000",
        "how many users there are, all as busy as each other: sticky routing needs them; with any routing the report counts how \
         many of them were affected where this is written",
    ),
    field(
        "fleet.start_order",
        Quantity::Text,
        "in_turn",
        "whose pool is filled first at the start: in_turn (one instance after another), together or shuffled",
    ),
    field("fleet.cores", Quantity::Number, "1", "processors of one instance, for autoscaling by cpu"),
    field(
        "fleet.autoscale.signal",
        Quantity::Text,
        "",
        "what autoscaling looks at: cpu, pending (waiting requests per instance) or latency (mean)",
    ),
    field("fleet.autoscale.target", Quantity::Text, "", "what that should be: a share, a number or a duration"),
    field("fleet.autoscale.least", Quantity::Count, "1", "the fewest instances"),
    field("fleet.autoscale.most", Quantity::Count, "", "the most instances"),
    field("fleet.autoscale.every", Quantity::Duration, "15s", "how often it decides"),
    field("fleet.autoscale.delay", Quantity::Duration, "60s", "how long a new instance takes until it serves"),
    field(
        "fleet.autoscale.tolerance",
        Quantity::Share,
        "10%",
        "nothing changes while the signal is so near its target",
    ),
    field(
        "fleet.autoscale.scale_in_after",
        Quantity::Duration,
        "5m",
        "instances are removed only down to the most that were wanted within this time",
    ),
    field(
        "fleet.elastic.most",
        Quantity::Count,
        "",
        "serverless: an instance starts when none has room for a request, up to so many",
    ),
    field("fleet.elastic.concurrency", Quantity::Count, "1", "how many requests one instance serves at once"),
    field("fleet.elastic.idle", Quantity::Duration, "5m", "an instance without requests is gone after this"),
    field("fleet.elastic.start", Quantity::Distribution, "none", "how long a cold start takes"),
    field(
        "fleet.probes.every",
        Quantity::Duration,
        "10s",
        "how often a health check takes a connection of each instance's pool",
    ),
    field("fleet.probes.timeout", Quantity::Duration, "1s", "a check without an answer by then has failed"),
    field("fleet.probes.hold", Quantity::Duration, "1ms", "how long a check keeps its connection"),
    field("fleet.probes.failures", Quantity::Count, "3", "so many failures in a row are a verdict"),
    field("fleet.probes.successes", Quantity::Count, "1", "eject: so many successes in a row bring an instance back"),
    field("fleet.probes.action", Quantity::Text, "eject", "what the verdict is: eject (no new requests) or restart"),
    field("fleet.probes.restart_takes", Quantity::Duration, "30s", "restart: how long until the instance serves again"),
    field("pool.name", Quantity::Text, "pool", "what people call it, where an instance has several: [[pool]]"),
    field("pool.user", Quantity::Text, "app", "as whom it connects: a pooler has servers of its own for each user"),
    field(
        "pool.preset",
        Quantity::Text,
        "none",
        "a real pool by name and version: its values hold where none is written",
    ),
    field("pool.max_size", Quantity::Count, "10", "the most connections that one instance's pool opens"),
    field(
        "pool.min_idle",
        Quantity::Text,
        "max_size",
        "connections that are kept open, and opened before the run: a count, or max_size",
    ),
    field("pool.max_idle", Quantity::Count, "none", "a connection that comes back above this many idle ones is closed"),
    field("pool.acquire_timeout", Quantity::Duration, "30s", "how long a request waits for a connection, or \"none\""),
    field(
        "pool.timeout_covers",
        Quantity::Text,
        "wait",
        "what the acquire timeout limits: wait, or all (wait, opening and check)",
    ),
    field(
        "pool.max_waiters",
        Quantity::Count,
        "none",
        "how many requests may wait per instance before others are rejected",
    ),
    field(
        "pool.order",
        Quantity::Text,
        "fifo",
        "who is served first: fifo, lifo, random, or barging (a newcomer may be faster than a woken waiter)",
    ),
    field(
        "pool.wake_up",
        Quantity::Duration,
        "0s",
        "barging: how long a woken waiter takes to reach for its connection",
    ),
    field("pool.idle_order", Quantity::Text, "lifo", "which idle connection is used: lifo (the last used) or fifo"),
    field(
        "pool.growth",
        Quantity::Text,
        "caller",
        "who opens a connection: caller (it waits for that one) or background (it takes whatever comes first)",
    ),
    field("pool.open_parallelism", Quantity::Count, "none", "background: how many connections open at once"),
    field("pool.open_pause", Quantity::Duration, "0s", "background: how long an opener rests after each connection"),
    field(
        "pool.open_backoff",
        Quantity::Duration,
        "100ms",
        "the first delay before a failed opening is tried again, by the pool or as open_retries says; it doubles",
    ),
    field("pool.open_backoff_cap", Quantity::Duration, "10s", "the longest such delay"),
    field(
        "pool.open_retries",
        Quantity::Text,
        "never",
        "caller: whether a request tries a failed opening again: never (it fails), or until_timeout",
    ),
    field(
        "pool.validation",
        Quantity::Duration,
        "0s",
        "how long the check of a connection takes before it is handed out",
    ),
    field("pool.validation_skip", Quantity::Duration, "0s", "no check for a connection used within this time"),
    field("pool.idle_timeout", Quantity::Duration, "none", "idle connections are closed after this"),
    field("pool.idle_floor", Quantity::Text, "keep", "down to min_idle (keep), or all and opened again (refill)"),
    field("pool.max_lifetime", Quantity::Duration, "none", "connections are replaced at this age, never while in use"),
    field("pool.lifetime_jitter", Quantity::Share, "0%", "up to this share of the lifetime less, by chance"),
    field(
        "pool.retire",
        Quantity::Text,
        "return, idle",
        "when the age is looked at: any of return, idle, checkout, or none",
    ),
    field("pool.keepalive", Quantity::Duration, "none", "idle connections are checked after this"),
    field("pool.housekeeping", Quantity::Duration, "30s", "how often the housekeeper looks at idle connections"),
    field("pool.leak_threshold", Quantity::Duration, "none", "a connection that has been out for longer is suspected"),
    field("pool.leak_action", Quantity::Text, "log", "what is done then: log, or reclaim (its place is free again)"),
    field(
        "pool.autoscale.at",
        Quantity::Text,
        "80%",
        "what makes the pool grow: so much of its limit in use, or timeouts",
    ),
    field("pool.autoscale.every", Quantity::Duration, "30s", "how often that is checked"),
    field("pool.autoscale.checks", Quantity::Count, "2", "at how many checks in a row it must hold"),
    field("pool.autoscale.step", Quantity::Share, "50%", "by how much of its limit it grows"),
    field("pool.autoscale.most", Quantity::Count, "", "the most connections that it grows to"),
    field(
        "pooler.mode",
        Quantity::Text,
        "session",
        "for how long a client keeps its server connection: session, transaction or statement",
    ),
    field(
        "pooler.default_pool_size",
        Quantity::Count,
        "20",
        "the most server connections that a pooler opens for one user",
    ),
    field(
        "pooler.min_pool_size",
        Quantity::Count,
        "0",
        "server connections that are kept open for a user of whom a client is connected",
    ),
    field(
        "pooler.reserve_pool_size",
        Quantity::Count,
        "0",
        "so many more server connections for a user of whom a client has waited too long",
    ),
    field(
        "pooler.reserve_pool_timeout",
        Quantity::Duration,
        "5s",
        "how long a client waits before the reserve is used",
    ),
    field(
        "pooler.max_client_conn",
        Quantity::Count,
        "100",
        "the most client connections of all users; further ones are refused",
    ),
    field(
        "pooler.max_db_connections",
        Quantity::Count,
        "none",
        "the most server connections of all users: at the limit one idle for another user makes room",
    ),
    field(
        "pooler.query_wait_timeout",
        Quantity::Duration,
        "2m",
        "a client that has waited so long for a server connection is disconnected, or \"none\"",
    ),
    field(
        "pooler.server_lifetime",
        Quantity::Duration,
        "1h",
        "server connections of this age are closed when no client uses them; 0s after one use",
    ),
    field(
        "pooler.server_idle_timeout",
        Quantity::Duration,
        "10m",
        "server connections that no client has used for so long are closed",
    ),
    field(
        "pooler.server_login_retry",
        Quantity::Duration,
        "15s",
        "from the beginning of a login that failed to the next one of the same user",
    ),
    field(
        "pooler.server_order",
        Quantity::Text,
        "lifo",
        "which idle server connection is used: lifo (the last used) or fifo (server_round_robin)",
    ),
    field("pooler.connect", Quantity::Distribution, "none", "how long a client takes to connect to the pooler"),
    field(
        "client.timeout",
        Quantity::Duration,
        "none",
        "how long a client waits for an answer; the work goes on without it",
    ),
    field("client.retries", Quantity::Count, "0", "how often a failed request is tried again"),
    field("client.backoff", Quantity::Duration, "0s", "the delay before the first retry"),
    field("client.backoff_factor", Quantity::Number, "2", "how many times as long each further delay is; 1 is fixed"),
    field("client.backoff_cap", Quantity::Duration, "10s", "the longest delay before a retry"),
    field("client.jitter", Quantity::Share, "0%", "the share of a delay that chance decides; 100% is full jitter"),
    field("client.retry_budget", Quantity::Share, "none", "retries are at most this share of the requests"),
    field("client.breaker.failures", Quantity::Share, "50%", "the circuit breaker opens at this share of failures"),
    field("client.breaker.window", Quantity::Count, "100", "among so many attempts at one instance"),
    field("client.breaker.open_for", Quantity::Duration, "10s", "for how long it lets nobody through"),
    field("client.breaker.probes", Quantity::Count, "10", "how many it lets through then, to see"),
    field(
        "database.cores",
        Quantity::Number,
        "none",
        "processors that all running queries of the fleet share; none: their work never slows each other down",
    ),
    field(
        "database.contention",
        Quantity::Share,
        "0%",
        "the share of the work that only one query can do at a time (σ of the Universal Scalability Law)",
    ),
    field(
        "database.coherency",
        Quantity::Number,
        "0",
        "what every pair of running queries costs all (κ of the Universal Scalability Law)",
    ),
    field("database.overhead", Quantity::Number, "0", "what every running query beyond the cores costs all"),
    field(
        "database.max_connections",
        Quantity::Count,
        "none",
        "how many connections it accepts, reserved ones included",
    ),
    field(
        "database.reserved",
        Quantity::Count,
        "0",
        "how many of them the fleet can not have: superusers, replication, monitoring, other services",
    ),
    field("database.connects_per_second", Quantity::Rate, "none", "how many connections it accepts per second"),
    field("database.connect_burst", Quantity::Count, "1", "how many it accepts at once after a pause"),
    field("database.connect", Quantity::Distribution, "none", "how long opening a connection takes"),
    field(
        "database.connect_cpu",
        Quantity::Distribution,
        "none",
        "the processor time of the database that it takes besides",
    ),
    field("database.connect_failure", Quantity::Share, "0%", "the share of openings that fail"),
    field("database.memory", Quantity::Memory, "none", "how much memory the database has for connections"),
    field("database.memory_per_connection", Quantity::Memory, "none", "how much each connection takes, such as 10MB"),
    field(
        "database.statement_timeout",
        Quantity::Duration,
        "none",
        "how long a statement may take, waits for locks included; then it fails",
    ),
    field(
        "database.lock_timeout",
        Quantity::Duration,
        "none",
        "how long a statement may wait for a lock; then it fails",
    ),
    field(
        "database.idle_in_transaction_session_timeout",
        Quantity::Duration,
        "none",
        "how long a session may do nothing within a transaction; then it is closed",
    ),
    field("version[].name", Quantity::Text, "", "what people call a version, such as v2"),
    field(
        "version[].query[].name",
        Quantity::Text,
        "",
        "the class that differs; the keys that are not written are as in query",
    ),
    field(
        "version[].query[].weight",
        Quantity::Number,
        "",
        "not here: a version changes what requests do, not how many come",
    ),
    field("version[].query[].hold", Quantity::Distribution, "", "as query[].hold"),
    field("version[].query[].cpu", Quantity::Text, "", "as query[].cpu"),
    field("version[].query[].work", Quantity::Distribution, "", "as query[].work"),
    field("version[].query[].app", Quantity::Distribution, "", "as query[].app"),
    field("version[].query[].outside", Quantity::Distribution, "", "as query[].outside"),
    field("version[].query[].after", Quantity::Distribution, "", "as query[].after"),
    field("version[].query[].lock", Quantity::Share, "", "as query[].lock"),
    field("version[].query[].connections", Quantity::Count, "", "as query[].connections"),
    field("version[].query[].between", Quantity::Distribution, "", "as query[].between"),
    field("version[].query[].leak", Quantity::Share, "", "as query[].leak"),
    field(
        "timeline[].name",
        Quantity::Text,
        "none",
        "what people call the entry, so that --set timeline.NAME.at=1h finds it",
    ),
    field("timeline[].at", Quantity::Duration, "", "when it begins, from the start of the run"),
    field("timeline[].on", Quantity::Text, "none", "the alert with whose first firing it begins, in place of at"),
    field("timeline[].after", Quantity::Duration, "0s", "how long after that"),
    field(
        "timeline[].change",
        Quantity::Text,
        "",
        "slow_query, deploy, rollback, restart_instances, scale, resize_pool, flush_idle, set, database_speed, restart_database, \
         restart_pooler, lock or note",
    ),
    field(
        "timeline[].instances",
        Quantity::Text,
        "all",
        "the instances that it concerns, by their positions counted from 0, such as 0-7, 9",
    ),
    field("timeline[].version", Quantity::Text, "none", "deploy: the version; initial is the one of the start"),
    field("timeline[].query", Quantity::Text, "all", "slow_query, deploy: the class whose work grows"),
    field(
        "timeline[].factor",
        Quantity::Number,
        "1",
        "slow_query, deploy: how many times as long as at the start; database_speed: how many times as fast, 0 stands still",
    ),
    field(
        "timeline[].cpu_factor",
        Quantity::Number,
        "1",
        "slow_query, deploy: how many times as much processor time besides",
    ),
    field("timeline[].max_size", Quantity::Count, "", "resize_pool, deploy: the new limit"),
    field("timeline[].min_idle", Quantity::Count, "none", "deploy: what the new pools keep open"),
    field("timeline[].count", Quantity::Count, "", "scale: how many instances there are from then on"),
    field("timeline[].path", Quantity::Text, "", "set: the setting, such as pool.acquire_timeout"),
    field("timeline[].value", Quantity::Text, "", "set: what it becomes"),
    field(
        "timeline[].over",
        Quantity::Duration,
        "0s",
        "how long it takes to roll over all instances; database_speed: to get there",
    ),
    field(
        "timeline[].lasts",
        Quantity::Duration,
        "",
        "restart_database, restart_pooler: how long it is down; lock: how long it is kept",
    ),
    field(
        "timeline[].surge",
        Quantity::Text,
        "1",
        "deploy and its like: instances there are meanwhile, relative to before: 1 replaces in place, 1.25 a quarter at a time, 2 is \
         blue-green",
    ),
    field(
        "timeline[].drain",
        Quantity::Duration,
        "30s",
        "deploy and its like: how long an old instance may finish its requests",
    ),
    field(
        "timeline[].start",
        Quantity::Duration,
        "0s",
        "deploy and its like, scale: how long a new instance takes until it serves",
    ),
    field("timeline[].text", Quantity::Text, "none", "what people saw or did"),
    field("alert[].name", Quantity::Text, "", "what people call it, such as PoolBusy"),
    field(
        "alert[].metric",
        Quantity::Text,
        "",
        "usage, pending, timeouts, wait, hold, errors, creations, refused, database_connections, database_load or pooler_waiting",
    ),
    field(
        "alert[].of",
        Quantity::Text,
        "fleet",
        "fleet: over all instances together; instance: at any one pool of any instance",
    ),
    field(
        "alert[].above",
        Quantity::Text,
        "",
        "it fires above this: a share, number, rate or duration, as the metric is one",
    ),
    field("alert[].for", Quantity::Duration, "0s", "for how long it must have been above"),
    field("alert[].every", Quantity::Duration, "15s", "how often it is looked at"),
    field("alert[].window", Quantity::Duration, "1m", "over how long what is counted is counted"),
    field(
        "slo[]",
        Quantity::Objective,
        "wait.p99 <= 50ms",
        "what recommend has to meet: mean, p50, p90, p95 or p99 of wait, response or attempt; timed_out_share, wasted_share, \
         impact.failed_requests",
    ),
    field("assert[].name", Quantity::Text, "none", "what people call this assertion, which poolwise gate judges"),
    field(
        "assert[].that",
        Quantity::Text,
        "",
        "what must hold: wait.p99 <= 50ms; never: pending > 100; recovered within 10m of deploy; recommended <= 40",
    ),
    field(
        "assert[].from",
        Quantity::Duration,
        "none",
        "from when on it is looked at; none is the start of what is measured",
    ),
    field("assert[].until", Quantity::Duration, "none", "until when; none is the end of the run"),
    field("survive[].name", Quantity::Text, "what happens", "what people call this case"),
    field(
        "survive[].what",
        Quantity::Text,
        "",
        "what the recommended size is to survive: peak, spike, slow_query, fewer_instances or deploy",
    ),
    field(
        "survive[].factor",
        Quantity::Number,
        "3",
        "peak, spike: how many times the traffic; slow_query: as long the work",
    ),
    field("survive[].lasts", Quantity::Duration, "1m", "spike, slow_query, deploy: for how long"),
    field("survive[].count", Quantity::Count, "1", "fewer_instances: how many are missing"),
    field("survive[].query", Quantity::Text, "all", "slow_query: the class that is slow"),
    field(
        "survive[].slo[]",
        Quantity::Objective,
        "impact.failed_requests <= 1%",
        "what is asked meanwhile; of peak and fewer_instances the scenario's own, where nothing is written",
    ),
    field(
        "survive[].recovered",
        Quantity::Duration,
        "1m",
        "spike, slow_query, deploy: so long afterwards the scenario's own objectives hold again",
    ),
    field("incident.from", Quantity::Duration, "0s", "an incident: when the window begins over which people count"),
    field("incident.until", Quantity::Duration, "none", "when that window ends; none is the end of the run"),
    field("incident.slow", Quantity::Duration, "1s", "an answer that takes longer, retries included, is slow"),
    field("incident.stated", Quantity::Share, "none", "the share that the document says was affected"),
    field(
        "incident.read_as",
        Quantity::Text,
        "failed_requests",
        "the share of what that is: failed_requests, users_mostly_down (half of their requests or more failed), \
         users_any_failure (one or more failed) or slow_requests (answers slower than slow)",
    ),
    field("incident.recovered", Quantity::Duration, "none", "when the document says that it was over"),
    field("incident.source", Quantity::Text, "none", "the document"),
    field(
        "provenance[].of",
        Quantity::Text,
        "",
        "what it tells of: a path such as pool.max_size, or the beginning of one, such as pool; the longest decides",
    ),
    field(
        "provenance[].is",
        Quantity::Text,
        "",
        "where its numbers come from: document (it is written there), derived (it follows from what is) or assumed",
    ),
    field("provenance[].why", Quantity::Text, "none", "why these"),
    field("variant[].name", Quantity::Text, "", "what people call this counterfactual"),
    field(
        "variant[].set[]",
        Quantity::Text,
        "",
        "what it changes, one after another: path=value, such as pool.max_size=40; a table or an entry set to none is taken out",
    ),
    field("variant[].answer", Quantity::Text, "none", "what was learnt from it, for readers"),
];

/// The default of a key, as it would be written.
pub(crate) fn default_of(path: &str) -> &'static str {
    FIELDS.iter().find(|f| f.path == path).map_or("", |f| f.default)
}

/// A knob of the planner's form: a slider and a box.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Knob {
    /// What it sets: a scenario's key, or `hold.p50` and its like, of which the hold's distribution is made.
    pub path: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// The unit of the slider's number, to be written behind it.
    pub unit: &'static str,
    /// What a text typed into the box is.
    pub quantity: Quantity,
    /// The least of the slider.
    pub least: f64,
    /// The most of the slider.
    pub most: f64,
    /// Where it starts.
    pub start: f64,
    /// Whether equal steps multiply.
    pub log: bool,
    /// Whether it is a whole number.
    pub whole: bool,
    /// What it is.
    pub gloss: &'static str,
    /// The queries or metrics that tell it, or the settings' names.
    pub find: &'static str,
}

const fn knob(
    path: &'static str,
    label: &'static str,
    (unit, quantity): (&'static str, Quantity),
    [least, most, start]: [f64; 3],
    [gloss, find]: [&'static str; 2],
) -> Knob {
    let whole = matches!(quantity, Quantity::Count);
    Knob { path, label, unit, quantity, least, most, start, log: true, whole, gloss, find }
}

const MILLISECONDS: (&str, Quantity) = ("ms", Quantity::Duration);
const SECONDS: (&str, Quantity) = ("s", Quantity::Duration);
const PER_SECOND: (&str, Quantity) = ("/s", Quantity::Rate);
const WHOLE: (&str, Quantity) = ("", Quantity::Count);

/// The planner's knobs, in order.
pub const KNOBS: &[Knob] = &[
    knob(
        "traffic.rate",
        "Request rate",
        PER_SECOND,
        [1.0, 20_000.0, 300.0],
        [
            "requests per second that take a connection, over all instances, at the peak",
            "sum(rate(hikaricp_connections_usage_seconds_count[5m])), or the growth of xact_commit in pg_stat_database, or of calls in \
             pg_stat_statements",
        ],
    ),
    knob(
        "hold.p50",
        "Hold p50",
        MILLISECONDS,
        [0.1, 10_000.0, 5.0],
        [
            "median time from checkout to return, the application's work in between included",
            "histogram_quantile(0.5, sum by (le) (rate(hikaricp_connections_usage_seconds_bucket[5m])))",
        ],
    ),
    knob(
        "hold.p95",
        "Hold p95",
        MILLISECONDS,
        [0.1, 60_000.0, 40.0],
        [
            "95th percentile of the same",
            "histogram_quantile(0.95, sum by (le) (rate(hikaricp_connections_usage_seconds_bucket[5m])))",
        ],
    ),
    knob(
        "hold.p99",
        "Hold p99",
        MILLISECONDS,
        [0.1, 120_000.0, 95.0],
        [
            "99th percentile of the same: the tail decides",
            "histogram_quantile(0.99, sum by (le) (rate(hikaricp_connections_usage_seconds_bucket[5m])))",
        ],
    ),
    knob(
        "fleet.instances",
        "Instances",
        WHOLE,
        [1.0, 500.0, 1.0],
        [
            "application processes, each with a pool of its own",
            "count(hikaricp_connections_max), or select count(distinct client_addr) from pg_stat_activity where backend_type = \
             'client backend'",
        ],
    ),
    knob(
        "pool.max_size",
        "Pool size now",
        WHOLE,
        [1.0, 500.0, 10.0],
        [
            "connections of one instance's pool as configured today",
            "hikaricp_connections_max; the setting maximumPoolSize, MaxOpenConns, pool_size + max_overflow or max",
        ],
    ),
    knob(
        "pool.acquire_timeout",
        "Acquire timeout",
        SECONDS,
        [0.05, 120.0, 30.0],
        [
            "how long a request waits for a connection before it fails",
            "the setting connectionTimeout, pool_timeout, acquire_timeout or connectionTimeoutMillis",
        ],
    ),
    knob(
        "slo.wait_p99",
        "Wait p99 at most",
        MILLISECONDS,
        [0.5, 10_000.0, 50.0],
        [
            "how long 99 % of requests may at most wait for a connection",
            "your decision; today's is histogram_quantile(0.99, sum by (le) (rate(hikaricp_connections_acquire_seconds_bucket[5m])))",
        ],
    ),
];
