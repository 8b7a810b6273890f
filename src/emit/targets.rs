//! Every pool that settings can be written for: its version, its keys with their defaults and sources, and what surprises people.

use super::{Page, Settings, go, java, javascript, net, pgbouncer, python, ruby, rust};

/// A key of a pool's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As it is written.
    pub key: &'static str,
    /// What holds without it.
    pub default: &'static str,
    /// Where that stands in the target's version.
    pub source: &'static str,
}

const fn key(key: &'static str, default: &'static str, source: &'static str) -> Key {
    Key { key, default, source }
}

/// A pool that settings can be written for.
#[derive(Clone, Copy)]
pub struct Target {
    /// What it is asked for by.
    pub name: &'static str,
    /// Other names that it is known by.
    pub also: &'static [&'static str],
    /// What people call it.
    pub product: &'static str,
    /// The versions that have all of its keys.
    pub version: &'static str,
    /// Where the text goes.
    pub file: &'static str,
    /// Whether it stands between the pools and the database.
    pub is_pooler: bool,
    /// Every key that is written, with its default.
    pub keys: &'static [Key],
    /// What surprises people.
    pub traps: &'static [&'static str],
    /// How a comment begins.
    pub(super) comment: &'static str,
    /// Which reasons matter to it.
    pub(super) reasons: &'static [&'static str],
    /// Writes what is no comment.
    pub(super) write: fn(&Settings, &mut Page),
}

impl core::fmt::Debug for Target {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Target").field("name", &self.name).field("version", &self.version).finish_non_exhaustive()
    }
}

/// Pools with a fixed size, a lifetime and a timeout for unused connections.
const USUAL: &[&str] = &[
    "min_idle",
    "acquire_timeout",
    "client_timeout",
    "proxy_timeout",
    "connect_timeout",
    "statement_timeout",
    "idle_timeout",
    "max_lifetime",
];
/// The same with the jitter that the pool takes.
const JITTERED: &[&str] = &[
    "min_idle",
    "acquire_timeout",
    "client_timeout",
    "proxy_timeout",
    "connect_timeout",
    "statement_timeout",
    "idle_timeout",
    "max_lifetime",
    "lifetime_jitter",
];
/// The same of those that watch how long a connection is out.
const WATCHED: &[&str] = &[
    "min_idle",
    "acquire_timeout",
    "client_timeout",
    "proxy_timeout",
    "statement_timeout",
    "idle_timeout",
    "max_lifetime",
    "keepalive",
    "leak_threshold",
];
/// Pools without times of their own for connections.
const FEW: &[&str] = &["acquire_timeout", "client_timeout", "proxy_timeout", "connect_timeout", "statement_timeout"];

const TOGETHER: &str = "lifetimes have no jitter here: connections that were opened together end together, so start instances one after \
                        another";

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "hikaricp",
        also: &["hikari", "spring"],
        product: "HikariCP (Spring Boot)",
        version: "HikariCP 6.0 and newer, with Spring Boot 3",
        file: "application.yml",
        is_pooler: false,
        keys: &[
            key("maximum-pool-size", "10", "HikariConfig.java: DEFAULT_POOL_SIZE"),
            key("minimum-idle", "maximum-pool-size", "HikariConfig.java: validateNumerics"),
            key("connection-timeout", "30000", "HikariConfig.java: CONNECTION_TIMEOUT"),
            key("validation-timeout", "5000", "HikariConfig.java: VALIDATION_TIMEOUT"),
            key("idle-timeout", "600000", "HikariConfig.java: IDLE_TIMEOUT"),
            key("max-lifetime", "1800000", "HikariConfig.java: MAX_LIFETIME"),
            key("keepalive-time", "0; 120000 from 6.2.1", "HikariConfig.java: DEFAULT_KEEPALIVE_TIME"),
            key("leak-detection-threshold", "0", "HikariConfig.java: leakDetectionThreshold"),
        ],
        traps: &[
            "values out of range are repaired with a line in the log, not refused",
            "idle-timeout has an effect only while minimum-idle is below maximum-pool-size",
            "max-lifetime has its own jitter of 2.5 %; a connection that is in use is never closed for its age",
            "leak-detection-threshold only logs: it takes nothing back",
        ],
        comment: "#",
        reasons: WATCHED,
        write: java::hikari,
    },
    Target {
        name: "pgbouncer",
        also: &[],
        product: "PgBouncer",
        version: "PgBouncer 1.18 and newer",
        file: "pgbouncer.ini",
        is_pooler: true,
        keys: &[
            key("pool_mode", "session", "src/main.c: bouncer_params"),
            key("default_pool_size", "20", "src/main.c: bouncer_params"),
            key("min_pool_size", "0", "src/main.c: bouncer_params"),
            key("reserve_pool_size", "0", "src/main.c: bouncer_params"),
            key("reserve_pool_timeout", "5", "src/main.c: bouncer_params"),
            key("max_client_conn", "100", "src/main.c: bouncer_params"),
            key("max_db_connections", "0", "src/main.c: bouncer_params"),
            key("max_user_connections", "0", "src/main.c: bouncer_params"),
            key("query_wait_timeout", "120", "src/main.c: bouncer_params"),
            key("server_lifetime", "3600", "src/main.c: bouncer_params"),
            key("server_idle_timeout", "600", "src/main.c: bouncer_params"),
            key("server_connect_timeout", "15", "src/main.c: bouncer_params"),
            key("server_login_retry", "15", "src/main.c: bouncer_params"),
            key("server_round_robin", "0", "src/main.c: bouncer_params"),
            key("idle_transaction_timeout", "0", "src/main.c: bouncer_params"),
        ],
        traps: &[
            "default_pool_size is for each (database, user): several users multiply it; max_db_connections bounds them together",
            "query_wait_timeout disconnects whoever waited so long for a server; it must end before the client gives up",
            "pool_mode transaction keeps no state of a session: no SET, LISTEN, advisory locks; named prepared statements only with \
             max_prepared_statements, from 1.21",
            "idle_transaction_timeout 0 lets one forgotten transaction keep its server for ever: set it if no job pauses in one",
            "one process uses one core; with so_reuseport the pool sizes are for each process",
        ],
        comment: ";",
        reasons: &["client_timeout", "proxy_timeout", "statement_timeout"],
        write: pgbouncer::ini,
    },
    Target {
        name: "sqlalchemy",
        also: &[],
        product: "SQLAlchemy",
        version: "SQLAlchemy 2.0 and 2.1",
        file: "where create_engine is called",
        is_pooler: false,
        keys: &[
            key("pool_size", "5", "pool/impl.py: QueuePool.__init__"),
            key("max_overflow", "10", "pool/impl.py: QueuePool.__init__"),
            key("pool_timeout", "30", "pool/impl.py: QueuePool.__init__"),
            key("pool_recycle", "-1", "pool/base.py: Pool.__init__"),
            key("pool_pre_ping", "False", "pool/base.py: Pool.__init__"),
            key("pool_use_lifo", "False", "pool/impl.py: QueuePool.__init__"),
            key("connect_args", "{}", "engine/create.py: create_engine"),
        ],
        traps: &[
            "an engine is for one process: with w workers (gunicorn, uvicorn, celery) divide pool_size by w",
            "without max_overflow=0 there are 10 connections more, which are closed on return",
            "connections are opened as they are needed: the first requests after a start pay for it",
            "pool_recycle is looked at when a connection is taken, and has no jitter",
            "pool_pre_ping adds a round trip to each checkout, and nobody notices a restart of the database",
        ],
        comment: "#",
        reasons: FEW,
        write: python::sqlalchemy,
    },
    Target {
        name: "psycopg_pool",
        also: &["psycopg"],
        product: "psycopg_pool",
        version: "psycopg_pool 3.2 and 3.3",
        file: "where the pool is made",
        is_pooler: false,
        keys: PSYCOPG,
        traps: &[
            "a pool is for one process: with w workers divide both sizes by w; make it after the fork",
            "max_size unset means min_size",
            "max_waiting 0 is no limit; above a limit TooManyRequests is raised, after the timeout PoolTimeout",
            "max_lifetime has its own jitter: up to 10 % less",
        ],
        comment: "#",
        reasons: USUAL,
        write: python::psycopg,
    },
    Target {
        name: "django",
        also: &[],
        product: "Django",
        version: "Django 5.1 and newer, with psycopg[pool]",
        file: "settings.py, below DATABASES",
        is_pooler: false,
        keys: &[
            key("CONN_MAX_AGE", "0", "db/utils.py: configure_settings"),
            key("CONN_HEALTH_CHECKS", "False", "db/utils.py: configure_settings"),
            key("OPTIONS", "{}", "db/utils.py: configure_settings"),
            key("pool", "none", "db/backends/postgresql/base.py: DatabaseWrapper.pool"),
            PSYCOPG[0],
            PSYCOPG[1],
            PSYCOPG[2],
            PSYCOPG[3],
            PSYCOPG[4],
            PSYCOPG[5],
            PSYCOPG[6],
            PSYCOPG[7],
            CONNECT_TIMEOUT,
        ],
        traps: &[
            "needs psycopg[pool]; psycopg2 has no pool",
            "with a pool CONN_MAX_AGE must be 0, or Django refuses to start",
            "a pool is for one process: with w workers divide both sizes by w",
            "CONN_HEALTH_CHECKS adds a round trip to each checkout, and nobody notices a restart of the database",
        ],
        comment: "#",
        reasons: USUAL,
        write: python::django,
    },
    Target {
        name: "node-postgres",
        also: &["pg", "pg_pool", "node"],
        product: "node-postgres",
        version: "pg-pool 3.14 (pg 8)",
        file: "where the pool is made",
        is_pooler: false,
        keys: &[
            key("max", "10", "pg-pool/index.js: Pool.constructor"),
            key("min", "0", "pg-pool/index.js: Pool.constructor"),
            key("connectionTimeoutMillis", "none: waits for ever", "pg-pool/index.js: connect"),
            key("idleTimeoutMillis", "10000", "pg-pool/index.js: Pool.constructor"),
            key("maxLifetimeSeconds", "0", "pg-pool/index.js: Pool.constructor"),
            key("maxUses", "Infinity", "pg-pool/index.js: Pool.constructor"),
            key("allowExitOnIdle", "false", "pg-pool/index.js: Pool.constructor"),
        ],
        traps: &[
            "a pool is for one process: with w workers (cluster, pm2) divide max and min by w",
            "without connectionTimeoutMillis a request waits for ever; it begins anew when a connection is opened after a wait",
            "min opens nothing ahead: it only keeps what there is",
            "without a listener for the pool's errors the loss of an idle connection ends the process",
            TOGETHER,
        ],
        comment: "//",
        reasons: &[
            "min_idle",
            "acquire_timeout",
            "client_timeout",
            "proxy_timeout",
            "statement_timeout",
            "idle_timeout",
            "max_lifetime",
        ],
        write: javascript::pg,
    },
    Target {
        name: "pgxpool",
        also: &["pgx"],
        product: "pgxpool",
        version: "pgx 5.7.3 and newer",
        file: "the environment, for pgxpool.New",
        is_pooler: false,
        keys: &[
            key("pool_max_conns", "4, or the CPUs", "pgxpool/pool.go: ParseConfig, defaultMaxConns"),
            key("pool_min_conns", "0", "pgxpool/pool.go: ParseConfig, defaultMinConns"),
            key("pool_min_idle_conns", "0", "pgxpool/pool.go: ParseConfig, defaultMinIdleConns"),
            key("pool_max_conn_lifetime", "1h", "pgxpool/pool.go: ParseConfig, defaultMaxConnLifetime"),
            key("pool_max_conn_lifetime_jitter", "0", "pgxpool/pool.go: ParseConfig"),
            key("pool_max_conn_idle_time", "30m", "pgxpool/pool.go: ParseConfig, defaultMaxConnIdleTime"),
            key("pool_health_check_period", "1m", "pgxpool/pool.go: ParseConfig, defaultHealthCheckPeriod"),
            key("connect_timeout", "2m", "pgconn/config.go: ParseConfig"),
        ],
        traps: &[
            "there is no acquire timeout: a wait ends with its context alone, and pool.Query has one context for wait and query",
            "the jitter is added to the lifetime: here lifetime and jitter together are the lifetime above",
            "pool_min_conns counts all connections, those in use too; they are looked after by the health check",
        ],
        comment: "#",
        reasons: JITTERED,
        write: go::pgxpool,
    },
    Target {
        name: "database-sql",
        also: &["go", "go_sql", "database/sql"],
        product: "Go database/sql",
        version: "Go 1.15 and newer",
        file: "after sql.Open",
        is_pooler: false,
        keys: &[
            key("SetMaxOpenConns", "0: no limit", "database/sql/sql.go: SetMaxOpenConns"),
            key("SetMaxIdleConns", "2", "database/sql/sql.go: defaultMaxIdleConns"),
            key("SetConnMaxLifetime", "0: for ever", "database/sql/sql.go: SetConnMaxLifetime"),
            key("SetConnMaxIdleTime", "0: for ever", "database/sql/sql.go: SetConnMaxIdleTime"),
        ],
        traps: &[
            "there is no acquire timeout: a wait ends with its context alone, and db.QueryContext has one context for wait and query",
            "without SetMaxIdleConns only 2 idle connections are kept, and under load the others are opened again and again",
            "no minimum is opened ahead: the first requests after a start pay for it",
            TOGETHER,
        ],
        comment: "//",
        reasons: &[
            "acquire_timeout",
            "client_timeout",
            "proxy_timeout",
            "statement_timeout",
            "idle_timeout",
            "max_lifetime",
        ],
        write: go::database_sql,
    },
    Target {
        name: "sqlx",
        also: &[],
        product: "sqlx",
        version: "sqlx 0.8",
        file: "where the pool is made",
        is_pooler: false,
        keys: &[
            key("max_connections", "10", "sqlx-core/src/pool/options.rs: PoolOptions::new"),
            key("min_connections", "0", "sqlx-core/src/pool/options.rs: PoolOptions::new"),
            key("acquire_timeout", "30s", "sqlx-core/src/pool/options.rs: PoolOptions::new"),
            key("acquire_slow_threshold", "2s", "sqlx-core/src/pool/options.rs: PoolOptions::new"),
            key("idle_timeout", "10m", "sqlx-core/src/pool/options.rs: PoolOptions::new"),
            key("max_lifetime", "30m", "sqlx-core/src/pool/options.rs: PoolOptions::new"),
            key("test_before_acquire", "true", "sqlx-core/src/pool/options.rs: PoolOptions::new"),
        ],
        traps: &[
            "acquire_timeout covers the wait, the ping and the opening of a connection together",
            "a ping before each checkout and after each return: two round trips beside the query",
            TOGETHER,
        ],
        comment: "//",
        reasons: &[
            "min_idle",
            "acquire_timeout",
            "client_timeout",
            "proxy_timeout",
            "statement_timeout",
            "idle_timeout",
            "max_lifetime",
        ],
        write: rust::sqlx,
    },
    Target {
        name: "deadpool",
        also: &["deadpool-postgres"],
        product: "deadpool",
        version: "deadpool 0.12 and 0.13, with deadpool-postgres",
        file: "where the pool is made",
        is_pooler: false,
        keys: &[
            key("max_size", "2 times the CPUs", "src/managed/config.rs: PoolConfig"),
            key("wait_timeout", "none: waits for ever", "src/managed/config.rs: Timeouts"),
            key("create_timeout", "none: waits for ever", "src/managed/config.rs: Timeouts"),
            key("recycle_timeout", "none: waits for ever", "src/managed/config.rs: Timeouts"),
            key("queue_mode", "Fifo", "src/managed/config.rs: QueueMode"),
            key("runtime", "none", "src/managed/builder.rs: PoolBuilder"),
        ],
        traps: &[
            "without timeouts a request waits for ever; with them a runtime must be given",
            "the three timeouts follow each other: a request can take all of them",
            "there is no minimum, no lifetime and no idle timeout: Pool::retain can close what is too old",
        ],
        comment: "//",
        reasons: FEW,
        write: rust::deadpool,
    },
    Target {
        name: "bb8",
        also: &[],
        product: "bb8",
        version: "bb8 0.9",
        file: "where the pool is made",
        is_pooler: false,
        keys: &[
            key("max_size", "10", "bb8/src/api.rs: Builder::default"),
            key("min_idle", "None", "bb8/src/api.rs: Builder::default"),
            key("connection_timeout", "30s", "bb8/src/api.rs: Builder::default"),
            key("idle_timeout", "10m", "bb8/src/api.rs: Builder::default"),
            key("max_lifetime", "30m", "bb8/src/api.rs: Builder::default"),
            key("test_on_check_out", "true", "bb8/src/api.rs: Builder::default"),
            key("reaper_rate", "30s", "bb8/src/api.rs: Builder::default"),
            key("queue_strategy", "Fifo", "bb8/src/api.rs: Builder::default"),
        ],
        traps: &[
            "connection_timeout is the wait for a connection, not the time to open one",
            "newcomers may overtake those who wait",
            "the reaper closes below min_idle and opens again",
            TOGETHER,
        ],
        comment: "//",
        reasons: &[
            "min_idle",
            "acquire_timeout",
            "client_timeout",
            "proxy_timeout",
            "statement_timeout",
            "idle_timeout",
            "max_lifetime",
        ],
        write: rust::bb8,
    },
    Target {
        name: "r2d2",
        also: &[],
        product: "r2d2",
        version: "r2d2 0.8",
        file: "where the pool is made",
        is_pooler: false,
        keys: &[
            key("max_size", "10", "src/config.rs: Builder::default"),
            key("min_idle", "max_size", "src/config.rs: Builder::default"),
            key("connection_timeout", "30s", "src/config.rs: Builder::default"),
            key("idle_timeout", "10m", "src/config.rs: Builder::default"),
            key("max_lifetime", "30m", "src/config.rs: Builder::default"),
            key("test_on_check_out", "true", "src/config.rs: Builder::default"),
        ],
        traps: &[
            "connection_timeout is the wait for a connection; build waits as long for the first connections and fails without them",
            "newcomers may overtake those who wait",
            "the lifetime is looked at only while a connection is idle",
            TOGETHER,
        ],
        comment: "//",
        reasons: &[
            "min_idle",
            "acquire_timeout",
            "client_timeout",
            "proxy_timeout",
            "statement_timeout",
            "idle_timeout",
            "max_lifetime",
        ],
        write: rust::r2d2,
    },
    Target {
        name: "rails",
        also: &["activerecord"],
        product: "Rails",
        version: "Rails 7.2 and 8.0",
        file: "config/database.yml",
        is_pooler: false,
        keys: &[
            key("pool", "5", "database_configurations/hash_config.rb: pool"),
            key("checkout_timeout", "5", "database_configurations/hash_config.rb: checkout_timeout"),
            key("idle_timeout", "300", "database_configurations/hash_config.rb: idle_timeout"),
            key("reaping_frequency", "60", "database_configurations/hash_config.rb: reaping_frequency"),
            key(
                "connect_timeout",
                "none",
                "libpq: connect_timeout; connection_adapters/postgresql_adapter.rb passes it on",
            ),
        ],
        traps: &[
            "a pool is for one process: with w workers (puma, sidekiq) divide pool by w; each needs as many as it has threads",
            "no lifetime and no minimum before 8.1, which has max_age, pool_jitter and min_connections, and calls pool max_connections",
            "behind a pooler in transaction mode write prepared_statements: false",
        ],
        comment: "#",
        reasons: &[
            "acquire_timeout",
            "client_timeout",
            "proxy_timeout",
            "connect_timeout",
            "statement_timeout",
            "idle_timeout",
        ],
        write: ruby::rails,
    },
    Target {
        name: "npgsql",
        also: &[".net", "dotnet"],
        product: "Npgsql (.NET)",
        version: "Npgsql 10.0",
        file: "the environment, for GetConnectionString(\"Default\")",
        is_pooler: false,
        keys: &[
            key("Pooling", "true", "NpgsqlConnectionStringBuilder.cs: Pooling"),
            key("Maximum Pool Size", "100", "NpgsqlConnectionStringBuilder.cs: MaxPoolSize"),
            key("Minimum Pool Size", "0", "NpgsqlConnectionStringBuilder.cs: MinPoolSize"),
            key("Timeout", "15", "NpgsqlConnectionStringBuilder.cs: Timeout"),
            key("Command Timeout", "30", "NpgsqlConnectionStringBuilder.cs: CommandTimeout"),
            key("Connection Idle Lifetime", "300", "NpgsqlConnectionStringBuilder.cs: ConnectionIdleLifetime"),
            key("Connection Pruning Interval", "10", "NpgsqlConnectionStringBuilder.cs: ConnectionPruningInterval"),
            key("Connection Lifetime", "3600", "NpgsqlConnectionStringBuilder.cs: ConnectionLifetime"),
        ],
        traps: &[
            "there is a pool for each process and for each distinct connection string",
            "Timeout covers the wait and the opening of a connection together",
            "Connection Lifetime is looked at when a connection is taken, and has no jitter",
        ],
        comment: "#",
        reasons: &[
            "min_idle",
            "acquire_timeout",
            "client_timeout",
            "proxy_timeout",
            "statement_timeout",
            "idle_timeout",
            "max_lifetime",
        ],
        write: net::npgsql,
    },
    Target {
        name: "tomcat",
        also: &["tomcat_jdbc"],
        product: "Tomcat JDBC pool (Spring Boot)",
        version: "tomcat-jdbc 10.1, with Spring Boot 3",
        file: "application.properties",
        is_pooler: false,
        keys: &[
            key("max-active", "100", "PoolProperties.java: DEFAULT_MAX_ACTIVE"),
            key("initial-size", "10", "PoolProperties.java: initialSize"),
            key("min-idle", "initial-size", "PoolProperties.java: minIdle"),
            key("max-idle", "max-active", "PoolProperties.java: maxIdle"),
            key("max-wait", "30000", "PoolProperties.java: maxWait"),
            key("fair-queue", "true", "PoolProperties.java: fairQueue"),
            key("min-evictable-idle-time-millis", "60000", "PoolProperties.java: minEvictableIdleTimeMillis"),
            key("time-between-eviction-runs-millis", "5000", "PoolProperties.java: timeBetweenEvictionRunsMillis"),
            key("max-age", "0", "PoolProperties.java: maxAge"),
            key("test-on-borrow", "false", "PoolProperties.java: testOnBorrow"),
            key("validation-query", "none: Connection.isValid", "PoolProperties.java: validationQuery"),
            key("validation-query-timeout", "-1", "PoolProperties.java: validationQueryTimeout"),
            key("validation-interval", "3000", "PoolProperties.java: validationInterval"),
            key("remove-abandoned", "false", "PoolProperties.java: removeAbandoned"),
            key("log-abandoned", "false", "PoolProperties.java: logAbandoned"),
            key("suspect-timeout", "0", "PoolProperties.java: suspectTimeout"),
        ],
        traps: &[
            "needs tomcat-jdbc on the class path: Spring Boot brings HikariCP",
            "suspect-timeout and validation-query-timeout count in seconds, the others in milliseconds",
            "suspect-timeout logs only with log-abandoned, which takes a stack trace at each checkout",
            TOGETHER,
        ],
        comment: "#",
        reasons: &[
            "min_idle",
            "acquire_timeout",
            "client_timeout",
            "proxy_timeout",
            "statement_timeout",
            "idle_timeout",
            "max_lifetime",
            "leak_threshold",
        ],
        write: java::tomcat,
    },
];

/// What psycopg_pool takes; Django hands its own on to it.
const PSYCOPG: &[Key] = &[
    key("min_size", "4", "psycopg_pool/pool.py: ConnectionPool.__init__"),
    key("max_size", "min_size", "psycopg_pool/pool.py: ConnectionPool.__init__"),
    key("timeout", "30", "psycopg_pool/pool.py: ConnectionPool.__init__"),
    key("max_waiting", "0", "psycopg_pool/pool.py: ConnectionPool.__init__"),
    key("max_lifetime", "3600", "psycopg_pool/pool.py: ConnectionPool.__init__"),
    key("max_idle", "600", "psycopg_pool/pool.py: ConnectionPool.__init__"),
    key("reconnect_timeout", "300", "psycopg_pool/pool.py: ConnectionPool.__init__"),
    key("num_workers", "3", "psycopg_pool/pool.py: ConnectionPool.__init__"),
    key("kwargs", "{}", "psycopg_pool/pool.py: ConnectionPool.__init__"),
    key("open", "True, with a warning", "psycopg_pool/pool.py: ConnectionPool.__init__"),
];
/// What psycopg hands to libpq.
const CONNECT_TIMEOUT: Key =
    key("connect_timeout", "130 s in psycopg 3.2 and newer", "psycopg/conninfo.py: timeout_from_conninfo");

/// The target of this name.
///
/// ```
/// use poolwise::emit::target;
/// assert_eq!(target("go").unwrap().name, "database-sql");
/// assert!(target("oracle").is_none());
/// ```
pub fn target(name: &str) -> Option<&'static Target> {
    let name = name.to_ascii_lowercase();
    TARGETS.iter().find(|target| target.name == name || target.also.contains(&name.as_str()))
}
