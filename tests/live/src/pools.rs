//! The pools that are driven: each asked for a connection and, with that, for some sleep in the server, in the same words.

use crate::runs::{Product, Run};
use crate::server::address;
use bb8_postgres::PostgresConnectionManager;
use deadpool_postgres::{Manager, ManagerConfig, RecyclingMethod, Runtime, Timeouts};
use r2d2_postgres::PostgresConnectionManager as BlockingManager;
use sqlx::postgres::{PgPool, PgPoolOptions, Postgres};
use sqlx::{Executor, Row};
use std::error::Error;
use std::sync::Mutex;
use std::time::Duration;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

type Failure = Box<dyn Error + Send + Sync>;
type Bb8 = PostgresConnectionManager<NoTls>;
type R2d2 = BlockingManager<NoTls>;

pub enum Pool {
    Bb8(bb8::Pool<Bb8>),
    Deadpool(deadpool_postgres::Pool),
    Sqlx(PgPool),
    /// Its calls block: they are made on threads of their own.
    R2d2(r2d2::Pool<R2d2>),
    PgBouncer(Box<Clients>),
}

/// A connection that was handed out; given back when it is dropped.
pub enum Connection {
    Bb8(bb8::PooledConnection<'static, Bb8>),
    Deadpool(deadpool_postgres::Object),
    Sqlx(sqlx::pool::PoolConnection<Postgres>),
    R2d2(r2d2::PooledConnection<R2d2>),
}

/// Why nothing was handed out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum No {
    TimedOut,
    Refused,
}

/// Asks for its process too, which tells connections apart.
fn sleep(milliseconds: u64) -> String {
    format!("SELECT pg_backend_pid(), pg_sleep({milliseconds}e-3)")
}

fn first(messages: &[SimpleQueryMessage], column: usize) -> Option<&str> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(column),
        _ => None,
    })
}

fn number(text: Option<&str>) -> Result<i64, Failure> {
    Ok(text.ok_or("no row")?.parse()?)
}

impl Pool {
    /// A pool with nothing open yet.
    pub async fn new(run: &Run, port: u16) -> Result<Self, Failure> {
        let user = if run.limit.is_some() { run.name.as_str() } else { "postgres" };
        let address = address(port, user, if run.pool == Product::PgBouncer { database(run) } else { "postgres" });
        let config: Config = address.parse()?;
        Ok(match run.pool {
            Product::Bb8 => {
                let builder = bb8::Pool::builder().max_size(run.size).connection_timeout(run.timeout);
                let builder = builder.idle_timeout(None).max_lifetime(None);
                Self::Bb8(builder.build_unchecked(PostgresConnectionManager::new(config, NoTls)))
            }
            Product::Deadpool => {
                let how = ManagerConfig { recycling_method: RecyclingMethod::Fast };
                let timeouts = Timeouts { wait: Some(run.timeout), create: None, recycle: None };
                let builder = deadpool_postgres::Pool::builder(Manager::from_config(config, NoTls, how));
                let builder = builder.max_size(run.size as usize).timeouts(timeouts).runtime(Runtime::Tokio1);
                Self::Deadpool(builder.build()?)
            }
            Product::Sqlx => {
                let options = PgPoolOptions::new().max_connections(run.size).acquire_timeout(run.timeout);
                Self::Sqlx(options.idle_timeout(None).max_lifetime(None).connect_lazy(&address)?)
            }
            Product::R2d2 => {
                let builder = r2d2::Pool::builder().max_size(run.size).connection_timeout(run.timeout);
                let builder =
                    builder.idle_timeout(None).max_lifetime(None).error_handler(Box::new(r2d2::NopErrorHandler));
                Self::R2d2(builder.build_unchecked(BlockingManager::new(address.parse()?, NoTls)))
            }
            Product::PgBouncer => {
                let clients = Clients { config, idle: Mutex::default() };
                clients.prepare(run).await?;
                Self::PgBouncer(Box::new(clients))
            }
        })
    }

    /// Whether asking for a connection blocks the thread.
    pub fn blocks(&self) -> bool {
        matches!(self, Self::R2d2(_))
    }

    pub async fn connection(&self) -> Result<Connection, No> {
        match self {
            Self::Bb8(pool) => pool.get_owned().await.map(Connection::Bb8).map_err(|why| match why {
                bb8::RunError::TimedOut => No::TimedOut,
                bb8::RunError::User(_) => No::Refused,
            }),
            Self::Deadpool(pool) => pool.get().await.map(Connection::Deadpool).map_err(|why| match why {
                deadpool_postgres::PoolError::Timeout(_) => No::TimedOut,
                _ => No::Refused,
            }),
            Self::Sqlx(pool) => pool.acquire().await.map(Connection::Sqlx).map_err(|why| match why {
                sqlx::Error::PoolTimedOut => No::TimedOut,
                _ => No::Refused,
            }),
            // All its errors are time-outs.
            Self::R2d2(pool) => pool.get().map(Connection::R2d2).map_err(|_| No::TimedOut),
            Self::PgBouncer(_) => unreachable!("a client of a pooler has its connection already"),
        }
    }
}

impl Connection {
    /// Let the server sleep; which of its processes did.
    pub async fn sleep(&mut self, milliseconds: u64) -> Result<i64, Failure> {
        let query = sleep(milliseconds);
        match self {
            Self::Bb8(client) => number(first(&client.simple_query(&query).await?, 0)),
            Self::Deadpool(client) => number(first(&client.simple_query(&query).await?, 0)),
            Self::Sqlx(client) => {
                let row = (&mut **client).fetch_one(query.as_str()).await?;
                Ok(row.try_get::<i32, _>(0)?.into())
            }
            Self::R2d2(client) => number(first(&client.simple_query(&query)?, 0)),
        }
    }

    /// Never give it back.
    pub fn forget(self) {
        std::mem::forget(self);
    }

    /// Do nothing for a while, as whoever has such connections does.
    pub async fn pause(blocks: bool, milliseconds: u64) {
        let time = Duration::from_millis(milliseconds);
        if blocks {
            std::thread::sleep(time);
        } else {
            tokio::time::sleep(time).await;
        }
    }
}

/// No time at all.
pub const NEVER: (i64, i64, u64) = (0, 0, 1);

/// Clients of a pooler: as many as wait or are served at one moment.
pub struct Clients {
    config: Config,
    idle: Mutex<Vec<Client>>,
}

/// What became of a query that went through the pooler.
pub enum Pooled {
    /// The server's process, and from when until when it was at work, in microseconds of its clock.
    Served(i64, [i64; 2]),
    No(No),
    Lost,
}

fn database(run: &Run) -> &'static str {
    if run.down.is_some() { "troubled" } else { "calm" }
}

impl Clients {
    async fn connect(&self) -> Result<Client, Failure> {
        let (client, connection) = self.config.connect(NoTls).await?;
        tokio::spawn(async move {
            // How it ends is told to the query.
            let _ = connection.await;
        });
        Ok(client)
    }

    /// The settings of a run, and clients for its beginning.
    async fn prepare(&self, run: &Run) -> Result<(), Failure> {
        let mut console = self.config.clone();
        let console = Self { config: console.dbname("pgbouncer").clone(), idle: Mutex::default() }.connect().await?;
        let seconds = run.timeout.as_secs_f64();
        console.batch_execute(&format!("SET default_pool_size = {}", run.size)).await?;
        console.batch_execute(&format!("SET query_wait_timeout = {seconds}")).await?;
        console.batch_execute("RECONNECT").await?;
        for _ in 0..40 {
            let client = self.connect().await?;
            self.idle.lock().unwrap().push(client);
        }
        Ok(())
    }

    /// A client that does nothing, or a new one.
    pub async fn client(&self) -> Result<Client, Failure> {
        let idle = self.idle.lock().unwrap().pop();
        match idle {
            Some(client) if !client.is_closed() => Ok(client),
            _ => self.connect().await,
        }
    }

    /// Let the server sleep, and say for how long it was at work: the rest of the time the pooler let it wait. Within `slow`, in
    /// microseconds of the server's clock, it sleeps so many times as long.
    pub async fn sleep(&self, client: Client, milliseconds: u64, slow: (i64, i64, u64)) -> Pooled {
        let clock = "(extract(epoch FROM clock_timestamp()) * 1e6)::bigint";
        let (from, until, factor) = slow;
        let times = format!("CASE WHEN {clock} BETWEEN {from} AND {until} THEN {factor} ELSE 1 END");
        let query = format!("SELECT pg_backend_pid(), {clock}, pg_sleep({milliseconds}e-3 * {times}), {clock}");
        match client.simple_query(&query).await {
            Ok(messages) => {
                self.idle.lock().unwrap().push(client);
                let column = |n| number(first(&messages, n)).unwrap_or_default();
                Pooled::Served(column(0), [column(1), column(3)])
            }
            Err(why) => {
                let text = why.as_db_error().map(|error| error.message().to_owned()).unwrap_or_default();
                if text.contains("query_wait_timeout") {
                    Pooled::No(No::TimedOut)
                } else if text.contains("login") || text.contains("cannot connect") {
                    Pooled::No(No::Refused)
                } else {
                    Pooled::Lost
                }
            }
        }
    }
}
