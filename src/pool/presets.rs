//! Real pools by name and version: the values that their settings have when nobody sets them, each with its source.

/// One value of a preset.
#[derive(Clone, Copy, Debug, serde::Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Setting {
    /// Key of `[pool]`.
    pub key: &'static str,
    /// As it would be written.
    pub value: &'static str,
    /// Where it stands in the preset's version, unless another is named.
    pub source: &'static str,
}

/// A pool as its makers ship it.
#[derive(Clone, Copy, Debug, serde::Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Preset {
    /// The pool and its version, with one hyphen between them.
    pub name: &'static str,
    /// What people call it.
    pub product: &'static str,
    /// The version whose values these are.
    pub version: &'static str,
    /// What differs from its neighbours, in one line.
    pub gloss: &'static str,
    /// What this model leaves out of it.
    pub leaves_out: &'static str,
    /// Its values; a key that is not here has the default of `[pool]`.
    pub settings: &'static [Setting],
}

const fn set(key: &'static str, value: &'static str, source: &'static str) -> Setting {
    Setting { key, value, source }
}

const WAKE_UP: Setting = set("wake_up", "20us", "assumed: a thread or task that is woken; not a setting");

/// Every preset.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "hikaricp-6.0.0",
        product: "HikariCP",
        version: "6.0.0",
        gloss: "fixed size; one thread opens, and rests 30 ms after each connection",
        leaves_out: "each thread first tries the connections that it had before; lifetimes end by timers of their own, \
                     not by a sweep; connectionTimeout below 250 ms is replaced; keepalive 2 min from 6.2.1",
        settings: &[
            set("max_size", "10", "HikariConfig.java: DEFAULT_POOL_SIZE"),
            set("min_idle", "max_size", "HikariConfig.java: minimumIdle, unset means maximumPoolSize"),
            set("acquire_timeout", "30s", "HikariConfig.java: CONNECTION_TIMEOUT"),
            set("order", "barging", "ConcurrentBag.java: requite frees first, whom it hands to must still claim it"),
            WAKE_UP,
            set("idle_order", "lifo", "nearest; ConcurrentBag.java: borrow scans from the front, the rest idles"),
            set("growth", "background", "HikariPool.java: PoolEntryCreator on addConnectionExecutor"),
            set("open_parallelism", "1", "HikariPool.java: addConnectionExecutor has one thread"),
            set("open_pause", "30ms", "HikariPool.java: PoolEntryCreator.call, quietlySleep(30)"),
            set("open_backoff", "10ms", "HikariPool.java: PoolEntryCreator.call, backoffMs"),
            set("open_backoff_cap", "5s", "HikariPool.java: PoolEntryCreator.call, backoffMs"),
            set("validation", "1ms", "assumed: one round trip of Connection.isValid"),
            set("validation_skip", "500ms", "HikariPool.java: aliveBypassWindowMs"),
            set("idle_timeout", "10m", "HikariConfig.java: IDLE_TIMEOUT; without effect while min_idle is max_size"),
            set("max_lifetime", "30m", "HikariConfig.java: MAX_LIFETIME"),
            set("lifetime_jitter", "2.5%", "HikariPool.java: createPoolEntry, maxLifetime / 40"),
            set("retire", "return, idle, checkout", "HikariPool.java: softEvictConnection, recycle, getConnection"),
        ],
    },
    Preset {
        name: "pgxpool-5.9.2",
        product: "pgxpool (Go, jackc/pgx)",
        version: "5.9.2",
        gloss: "no acquire timeout: the caller's context alone ends a wait (write its deadline as acquire_timeout)",
        leaves_out: "openings end after 2 min; min_conns counts all connections, not the idle ones; the jitter of \
                     lifetimes, 0 by default, adds to them",
        settings: &[
            set("max_size", "4", "pgxpool/pool.go: defaultMaxConns, the greater of 4 and the CPUs; here up to 4 CPUs"),
            set("min_idle", "0", "pgxpool/pool.go: defaultMinConns, defaultMinIdleConns"),
            set("acquire_timeout", "none", "pgxpool/pool.go: Acquire has its context only"),
            set(
                "timeout_covers",
                "all",
                "puddle 2.2.2, pool.go: initResourceValue heeds the context, the opening goes on",
            ),
            set("order", "fifo", "puddle 2.2.2, pool.go: acquire waits on a semaphore that is fair"),
            set("idle_order", "lifo", "puddle 2.2.2, internal/genstack: a stack within a health check period"),
            set("growth", "caller", "puddle 2.2.2, pool.go: acquire, initResourceValue"),
            set("validation", "1ms", "assumed: one round trip of Ping in pgxpool/pool.go: Acquire"),
            set("validation_skip", "1s", "pgxpool/pool.go: shouldPing, idle for more than a second"),
            set("idle_timeout", "30m", "pgxpool/pool.go: defaultMaxConnIdleTime"),
            set("max_lifetime", "1h", "pgxpool/pool.go: defaultMaxConnLifetime"),
            set("retire", "return, idle", "pgxpool/conn.go: Release; pgxpool/pool.go: checkConnsHealth"),
            set("housekeeping", "1m", "pgxpool/pool.go: defaultHealthCheckPeriod"),
        ],
    },
    Preset {
        name: "go_sql-1.24.9",
        product: "Go database/sql",
        version: "1.24.9",
        gloss: "no limit and no timeout, two idle connections kept, waiters served at random",
        leaves_out: "no limit at all (100000 stands for it); an opening ends with its request's context; an idle \
                     connection found too old costs its request another try; after a failed opening one goroutine \
                     opens for those who wait",
        settings: &[
            set("max_size", "100000", "database/sql/sql.go: maxOpen, 0 is no limit; 100000 stands for it"),
            set("min_idle", "0", "database/sql/sql.go: no such setting"),
            set("max_idle", "2", "database/sql/sql.go: defaultMaxIdleConns"),
            set("acquire_timeout", "none", "database/sql/sql.go: conn waits for its context only"),
            set("timeout_covers", "all", "database/sql/sql.go: conn hands its context to Connect"),
            set("order", "random", "database/sql/sql.go: putConnDBLocked, connRequestSet.TakeRandom"),
            set("idle_order", "lifo", "database/sql/sql.go: conn takes the last of freeConn"),
            set("growth", "caller", "database/sql/sql.go: conn calls Connect"),
            set("retire", "return, idle, checkout", "database/sql/sql.go: putConn, connectionCleaner, conn; no age"),
            set("housekeeping", "1s", "database/sql/sql.go: connectionCleaner, when one is due, minInterval"),
        ],
    },
    Preset {
        name: "sqlx-0.8.6",
        product: "sqlx (Rust)",
        version: "0.8.6",
        gloss: "one timeout for wait, opening and ping; a ping at every checkout; idle connections used in turn",
        leaves_out: "a second ping on return (add a round trip to the hold); leaked connections keep their places",
        settings: &[
            set("max_size", "10", "sqlx-core/src/pool/options.rs: max_connections"),
            set("min_idle", "0", "sqlx-core/src/pool/options.rs: min_connections, which counts all connections"),
            set("acquire_timeout", "30s", "sqlx-core/src/pool/options.rs: acquire_timeout"),
            set("timeout_covers", "all", "sqlx-core/src/pool/inner.rs: acquire, one timeout around everything"),
            set("order", "fifo", "sqlx-core/src/pool/options.rs: fair, true"),
            set("idle_order", "fifo", "sqlx-core/src/pool/inner.rs: idle_conns is an ArrayQueue"),
            set("growth", "caller", "sqlx-core/src/pool/inner.rs: acquire calls connect"),
            set("open_retries", "until_timeout", "sqlx-core/src/pool/inner.rs: connect, refused or a transient error"),
            set("open_backoff", "10ms", "sqlx-core/src/pool/inner.rs: connect, backoff, doubled each time"),
            set("open_backoff_cap", "6s", "sqlx-core/src/pool/inner.rs: connect, max_backoff, a fifth of the timeout"),
            set("validation", "1ms", "assumed: one round trip; options.rs: test_before_acquire, true"),
            set("idle_timeout", "10m", "sqlx-core/src/pool/options.rs: idle_timeout"),
            set("idle_floor", "refill", "sqlx-core/src/pool/inner.rs: spawn_maintenance_tasks closes, then reopens"),
            set("max_lifetime", "30m", "sqlx-core/src/pool/options.rs: max_lifetime"),
            set("retire", "return, idle", "sqlx-core/src/pool/connection.rs: return_to_pool; inner.rs: maintenance"),
            set("housekeeping", "10m", "sqlx-core/src/pool/inner.rs: the lesser of max_lifetime and idle_timeout"),
        ],
    },
    Preset {
        name: "deadpool-0.13.1",
        product: "deadpool (Rust)",
        version: "0.13.1",
        gloss: "no timeout, no lifetime, no housekeeper: a semaphore and a queue",
        leaves_out: "timeouts of opening and re-use, apart; a manager may check on re-use (assumed: none)",
        settings: &[
            set("max_size", "8", "src/util.rs: get_default_pool_max_size, twice the CPUs; here 4 CPUs"),
            set("min_idle", "0", "src/managed/config.rs: no such setting"),
            set("acquire_timeout", "none", "src/managed/config.rs: Timeouts::new, wait"),
            set("order", "fifo", "src/managed/pool.rs: timeout_get waits on tokio's Semaphore, which is fair"),
            set("idle_order", "fifo", "src/managed/config.rs: QueueMode, Fifo by default"),
            set("growth", "caller", "src/managed/pool.rs: timeout_get calls try_create"),
            set("housekeeping", "none", "src/managed/pool.rs: there is none"),
        ],
    },
    Preset {
        name: "bb8-0.9.1",
        product: "bb8 (Rust)",
        version: "0.9.1",
        gloss: "newcomers may take what a waiter was woken for; opens as many at once as requests lack",
        leaves_out: "requests that check a connection also count as demand; openings are given up after 30 s",
        settings: &[
            set("max_size", "10", "src/api.rs: Builder::default, max_size"),
            set("min_idle", "0", "src/api.rs: Builder::default, min_idle None"),
            set("acquire_timeout", "30s", "src/api.rs: Builder::default, connection_timeout"),
            set("timeout_covers", "all", "src/inner.rs: get, one timeout around wait and check"),
            set("order", "barging", "src/inner.rs: get loops on notified(); put_back calls notify_one"),
            WAKE_UP,
            set("idle_order", "fifo", "src/api.rs: QueueStrategy, Fifo by default"),
            set("growth", "background", "src/inner.rs: spawn_replenishing_approvals"),
            set("open_backoff", "400ms", "src/inner.rs: add_connection, 200 ms doubled before the first sleep"),
            set("open_backoff_cap", "15s", "src/inner.rs: add_connection, connection_timeout / 2"),
            set("validation", "1ms", "assumed: one round trip; src/api.rs: test_on_check_out, true"),
            set("idle_timeout", "10m", "src/api.rs: Builder::default, idle_timeout"),
            set("idle_floor", "refill", "src/internals.rs: reap heeds no min_idle, then asks for what is wanted"),
            set("max_lifetime", "30m", "src/api.rs: Builder::default, max_lifetime"),
            set("retire", "return, idle", "src/inner.rs: put_back; src/internals.rs: reap"),
        ],
    },
    Preset {
        name: "r2d2-0.8.10",
        product: "r2d2 (Rust)",
        version: "0.8.10",
        gloss: "fixed size, a stack of idle connections, three threads that open, age looked at only while idle",
        leaves_out: "a waiter that wakes in vain asks for one more; failed openings leave their worker while they \
                     wait",
        settings: &[
            set("max_size", "10", "src/config.rs: Builder::default, max_size"),
            set("min_idle", "max_size", "src/lib.rs: establish_idle_connections, min_idle None means max_size"),
            set("acquire_timeout", "30s", "src/config.rs: connection_timeout; src/lib.rs: get_timeout"),
            set("order", "barging", "src/lib.rs: get_timeout waits on a condition variable, put_back calls notify_one"),
            WAKE_UP,
            set("idle_order", "lifo", "src/lib.rs: try_get_inner pops from a Vec"),
            set("growth", "background", "src/lib.rs: add_connection on the thread pool"),
            set("open_parallelism", "3", "src/config.rs: ScheduledThreadPool of 3"),
            set("open_backoff", "400ms", "src/lib.rs: add_connection, 200 ms doubled before the first delay"),
            set("open_backoff_cap", "15s", "src/lib.rs: add_connection, connection_timeout / 2"),
            set("validation", "1ms", "assumed: one round trip; src/config.rs: test_on_check_out, true"),
            set("idle_timeout", "10m", "src/config.rs: Builder::default, idle_timeout"),
            set("idle_floor", "refill", "src/lib.rs: reap_connections heeds no min_idle, drop_conns opens again"),
            set("max_lifetime", "30m", "src/config.rs: Builder::default, max_lifetime"),
            set("retire", "idle", "src/lib.rs: reap_connections; put_back does not look"),
        ],
    },
    Preset {
        name: "sqlalchemy-2.1.9",
        product: "SQLAlchemy QueuePool",
        version: "2.1.9",
        gloss: "5 connections are kept and 10 more come and go under load; newcomers may overtake those who wait",
        leaves_out: "a rollback on every return (add a round trip to the hold); a woken thread may wait for the \
                     interpreter's lock far longer than assumed",
        settings: &[
            set("max_size", "15", "pool/impl.py: QueuePool, pool_size 5 + max_overflow 10"),
            set("min_idle", "0", "pool/impl.py: QueuePool begins without connections"),
            set("max_idle", "5", "pool/impl.py: QueuePool, pool_size; _do_return_conn closes when the queue is full"),
            set("acquire_timeout", "30s", "pool/impl.py: QueuePool, timeout"),
            set("order", "barging", "util/queue.py: get and put on threading.Condition, no hand-off"),
            WAKE_UP,
            set("idle_order", "fifo", "pool/impl.py: QueuePool, use_lifo False"),
            set("growth", "caller", "pool/impl.py: _do_get calls _create_connection"),
            set("retire", "checkout", "pool/base.py: get_connection; recycle is -1, no lifetime"),
            set("housekeeping", "none", "pool/impl.py: there is none"),
        ],
    },
    Preset {
        name: "psycopg_pool-3.3.3",
        product: "psycopg_pool",
        version: "3.3.3",
        gloss: "4 connections, no more unless max_size is set; then grows by one at a time",
        leaves_out: "min_size counts all connections, not the idle ones; at most one unused connection is closed each \
                     10 min; three workers replace connections in parallel, and give up after 300 s",
        settings: &[
            set("max_size", "4", "pool.py: ConnectionPool, max_size None means min_size"),
            set("min_idle", "4", "pool.py: ConnectionPool, min_size"),
            set("acquire_timeout", "30s", "pool.py: ConnectionPool, timeout"),
            set("order", "fifo", "pool.py: _add_to_pool hands to the first of _waiting"),
            set("idle_order", "fifo", "pool.py: _get_ready_connection, popleft"),
            set("growth", "background", "pool.py: _maybe_grow_pool runs AddConnection on a worker"),
            set("open_parallelism", "1", "pool.py: _maybe_grow_pool, _growing"),
            set("open_backoff", "1s", "base.py: AttemptWithBackoff.INITIAL_DELAY, within 10 %"),
            set("open_backoff_cap", "128s", "base.py: AttemptWithBackoff, the last within 300 s"),
            set("idle_timeout", "10m", "pool.py: ConnectionPool, max_idle; without effect while max_size is min_size"),
            set("max_lifetime", "1h", "pool.py: ConnectionPool, max_lifetime"),
            set("lifetime_jitter", "5%", "base.py: _set_connection_expiry_date"),
            set("retire", "return", "pool.py: _return_connection"),
            set("housekeeping", "10m", "pool.py: ShrinkPool, every max_idle"),
        ],
    },
    Preset {
        name: "pg_pool-3.14.0",
        product: "node-postgres (pg-pool)",
        version: "3.14.0",
        gloss: "waits for ever; idle connections are closed after 10 s",
        leaves_out: "a timer for each idle connection (here a look every second); with a timeout, a new one for an \
                     opening, which ends with it; maxUses, off",
        settings: &[
            set("max_size", "10", "pg-pool/index.js: options.max"),
            set("min_idle", "0", "pg-pool/index.js: options.min, kept but never opened ahead"),
            set("acquire_timeout", "none", "pg-pool/index.js: connect, connectionTimeoutMillis unset"),
            set("timeout_covers", "all", "pg-pool/index.js: newClient sets connectionTimeoutMillis again"),
            set("order", "fifo", "pg-pool/index.js: _pulseQueue shifts _pendingQueue"),
            set("idle_order", "lifo", "pg-pool/index.js: _pulseQueue pops _idle"),
            set("growth", "caller", "pg-pool/index.js: connect calls newClient"),
            set("idle_timeout", "10s", "pg-pool/index.js: idleTimeoutMillis"),
            set("housekeeping", "1s", "assumed: stands for the timer of each idle connection in _release"),
        ],
    },
    Preset {
        name: "npgsql-10.0.3",
        product: "Npgsql (.NET)",
        version: "10.0.3",
        gloss: "up to 100, one timeout for wait and opening, idle connections used in turn",
        leaves_out: "pruning closes the median number of idle connections of the last 5 min, not those that were idle \
                     that long; synchronous callers first pass a semaphore of half the CPUs; multiplexing",
        settings: &[
            set("max_size", "100", "a fork of 10.0.3, NpgsqlConnectionStringBuilder.cs: MaxPoolSize"),
            set("min_idle", "0", "a fork of 10.0.3, NpgsqlConnectionStringBuilder.cs: MinPoolSize, counts all"),
            set("acquire_timeout", "15s", "a fork of 10.0.3, NpgsqlConnectionStringBuilder.cs: DefaultTimeout"),
            set("timeout_covers", "all", "PoolingDataSource.cs: RentAsync gives what is left to the opening"),
            set("order", "fifo", "PoolingDataSource.cs: RentAsync reads a channel, first come, first served"),
            set("idle_order", "fifo", "PoolingDataSource.cs: Return writes to the channel"),
            set("growth", "caller", "PoolingDataSource.cs: OpenNewConnector"),
            set("idle_timeout", "5m", "a fork of 10.0.3, NpgsqlConnectionStringBuilder.cs: ConnectionIdleLifetime"),
            set("max_lifetime", "1h", "a fork of 10.0.3, NpgsqlConnectionStringBuilder.cs: ConnectionLifetime"),
            set("retire", "checkout", "PoolingDataSource.cs: CheckIdleConnector"),
            set("housekeeping", "10s", "a fork of 10.0.3, NpgsqlConnectionStringBuilder.cs: ConnectionPruningInterval"),
        ],
    },
    Preset {
        name: "rails-7.2.2.2",
        product: "Rails (ActiveRecord ConnectionPool)",
        version: "7.2.2.2",
        gloss: "5 connections per process, a timeout of 5 s, a fair queue",
        leaves_out: "connections are verified by the first query that needs it, within the hold; connections of \
                     threads that died are taken back; lifetimes, the minimum and keepalive came with 8.1",
        settings: &[
            set("max_size", "5", "database_configurations/hash_config.rb: pool"),
            set("min_idle", "0", "connection_pool.rb: no such setting"),
            set("acquire_timeout", "5s", "database_configurations/hash_config.rb: checkout_timeout"),
            set("order", "fifo", "connection_pool/queue.rb: no_wait_poll leaves what others wait for"),
            set("idle_order", "lifo", "connection_pool/queue.rb: add pushes, remove pops"),
            set("growth", "caller", "connection_pool.rb: try_to_checkout_new_connection"),
            set("idle_timeout", "5m", "database_configurations/hash_config.rb: idle_timeout"),
            set("housekeeping", "1m", "database_configurations/hash_config.rb: reaping_frequency"),
        ],
    },
    Preset {
        name: "tomcat_jdbc-10.1.60",
        product: "Tomcat JDBC pool",
        version: "10.1.60",
        gloss: "10 connections at the start and up to 100; those idle for a minute are closed",
        leaves_out: "the minimum counts all connections and is not opened again; maxIdle is not looked at while the \
                     cleaner runs, as by default; too old a connection is reopened in its place; removeAbandoned, off",
        settings: &[
            set("max_size", "100", "PoolProperties.java: DEFAULT_MAX_ACTIVE"),
            set("min_idle", "10", "PoolProperties.java: minIdle is initialSize"),
            set("acquire_timeout", "30s", "PoolProperties.java: maxWait"),
            set("order", "fifo", "PoolProperties.java: fairQueue, true; FairBlockingQueue.java: offer hands over"),
            set("idle_order", "lifo", "FairBlockingQueue.java: offer adds first, poll takes first"),
            set("growth", "caller", "ConnectionPool.java: borrowConnection calls createConnection"),
            set("idle_timeout", "1m", "PoolProperties.java: minEvictableIdleTimeMillis"),
            set("retire", "return, idle, checkout", "ConnectionPool.java: reconnectIfExpired; maxAge is 0"),
            set("housekeeping", "5s", "PoolProperties.java: timeBetweenEvictionRunsMillis"),
        ],
    },
    Preset {
        name: "dbcp2-2.13.0",
        product: "Apache Commons DBCP",
        version: "2.13.0",
        gloss: "8 connections, waits for ever, a check at every checkout, newcomers may overtake",
        leaves_out: "requests that find the last places being opened wait for that before they queue",
        settings: &[
            set("max_size", "8", "commons-pool2 2.12.0, GenericObjectPoolConfig.java: DEFAULT_MAX_TOTAL"),
            set("min_idle", "0", "commons-pool2 2.12.0, GenericObjectPoolConfig.java: DEFAULT_MIN_IDLE"),
            set("max_idle", "8", "commons-pool2 2.12.0, GenericObjectPoolConfig.java: DEFAULT_MAX_IDLE"),
            set("acquire_timeout", "none", "commons-pool2 2.12.0, BaseObjectPoolConfig.java: DEFAULT_MAX_WAIT"),
            set("order", "barging", "commons-pool2 2.12.0, BaseObjectPoolConfig.java: DEFAULT_FAIRNESS, false"),
            WAKE_UP,
            set("idle_order", "lifo", "commons-pool2 2.12.0, BaseObjectPoolConfig.java: DEFAULT_LIFO, true"),
            set("growth", "caller", "commons-pool2 2.12.0, GenericObjectPool.java: borrowObject calls create"),
            set("validation", "1ms", "assumed: one round trip of isValid; BasicDataSource.java: testOnBorrow, true"),
            set("retire", "return, checkout", "PoolableConnectionFactory.java: validateLifetime; no lifetime set"),
            set("housekeeping", "none", "commons-pool2 2.12.0: DEFAULT_DURATION_BETWEEN_EVICTION_RUNS, off"),
        ],
    },
    Preset {
        name: "pgbouncer-1.24.1",
        product: "PgBouncer, one pool of (database, user)",
        version: "1.24.1",
        gloss: "one pool per database and user; one opening at a time, 15 s of rest after a failed one",
        leaves_out: "session mode by default (the hold is then the client's session); max_client_conn 100, over all \
                     pools; expired connections are closed one by one; the reserve pool, off; DISCARD ALL",
        settings: &[
            set("max_size", "20", "src/main.c: default_pool_size"),
            set("min_idle", "0", "src/main.c: min_pool_size, counts all connections"),
            set("acquire_timeout", "2m", "src/main.c: query_wait_timeout"),
            set("timeout_covers", "all", "src/janitor.c: pool_client_maint, a client waits until it has a server"),
            set("order", "fifo", "src/janitor.c: per_loop_activate takes waiting_client_list in order"),
            set("idle_order", "lifo", "src/main.c: server_round_robin, 0; src/objects.c: change_server_state prepends"),
            set("growth", "background", "src/janitor.c: per_loop_activate calls launch_new_connection"),
            set("open_parallelism", "1", "src/objects.c: launch_new_connection, one attempt at a time"),
            set("open_backoff", "15s", "src/main.c: server_login_retry"),
            set("open_backoff_cap", "15s", "src/main.c: server_login_retry, always the same"),
            set("validation", "1ms", "assumed: one round trip; src/main.c: server_check_query"),
            set("validation_skip", "30s", "src/main.c: server_check_delay"),
            set("idle_timeout", "10m", "src/main.c: server_idle_timeout"),
            set("max_lifetime", "1h", "src/main.c: server_lifetime"),
            set("retire", "return, idle", "src/objects.c: release_server; src/janitor.c: check_unused_servers"),
            set("housekeeping", "333ms", "src/janitor.c: full_maint_period, a third of a second"),
        ],
    },
];

/// The preset of this name.
///
/// ```
/// use poolwise::pool::presets::preset;
/// let go = preset("go_sql-1.24.9").unwrap();
/// assert!(go.settings.iter().any(|s| s.key == "max_idle" && s.value == "2"));
/// assert!(preset("go_sql").is_none(), "the version belongs to the name");
/// ```
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_preset_is_whole_and_of_one_piece() {
        for preset in PRESETS {
            let name = preset.name;
            let says = |key, value| preset.settings.iter().any(|s| s.key == key && s.value == value);
            assert!(name.split_once('-').is_some_and(|(_, version)| version == preset.version), "{name}");
            let keys: BTreeSet<_> = preset.settings.iter().map(|s| s.key).collect();
            for key in ["max_size", "min_idle", "acquire_timeout", "order", "idle_order", "growth"] {
                assert!(keys.contains(key), "{name} lacks {key}");
            }
            assert_eq!(keys.len(), preset.settings.len(), "{name} says something twice");
            assert_eq!(says("order", "barging"), keys.contains("wake_up"), "{name}");
            let opens = keys.iter().any(|key| key.starts_with("open_"));
            let opens_by_itself = says("growth", "background") || says("open_retries", "until_timeout");
            assert!(!opens || opens_by_itself, "{name}");
        }
        let names: BTreeSet<_> = PRESETS.iter().filter_map(|preset| preset.name.split('-').next()).collect();
        assert_eq!(names.len(), PRESETS.len(), "two presets have one name");
    }
}
