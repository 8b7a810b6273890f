//! A pooler's settings, under PgBouncer's names.

use crate::pool::IdleOrder;
use crate::units::Span;
use crate::workload::Distribution;

/// For how long a client keeps its server connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Until it disconnects: as many clients can work as there are server connections.
    Session,
    /// Until its transaction ends.
    Transaction,
    /// Until its statement ends. A transaction of several statements is refused, so it is a transaction of one.
    Statement,
}

/// A pooler's settings. Sizes are of each (database, user), limits in all.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolerConfig {
    /// For how long a client keeps its server connection.
    pub mode: Mode,
    /// The most server connections of one user; at least 1.
    pub default_pool_size: u32,
    /// The least that are kept open while a client of that user is connected.
    pub min_pool_size: u32,
    /// So many more, for whoever has waited too long.
    pub reserve_pool_size: u32,
    /// How long that is.
    pub reserve_pool_timeout: Span,
    /// The most client connections of all users, those that wait among them.
    pub max_client_conn: u32,
    /// The most server connections of all users; `None` is no limit.
    pub max_db_connections: Option<u32>,
    /// A client that has waited so long for a server is disconnected; `None` waits for ever.
    pub query_wait_timeout: Option<Span>,
    /// Server connections of this age are closed when nobody uses them, one after another; zero is after one use.
    pub server_lifetime: Option<Span>,
    /// Server connections that nobody used for so long are closed.
    pub server_idle_timeout: Option<Span>,
    /// From the beginning of a login that fails to the next one of the same user; above zero.
    pub server_login_retry: Span,
    /// Which idle server connection is used: the last used, or all in turn (`server_round_robin`).
    pub server_order: IdleOrder,
    /// How long a client takes to connect to the pooler; `None` is no time.
    pub connect: Option<Distribution>,
}

impl PoolerConfig {
    /// A pooler in transaction mode with so many server connections for each user and nothing else: they last for ever, nobody
    /// is refused, and nobody gives up. A login that fails is tried again after 15 s.
    pub fn of_size(default_pool_size: u32) -> Self {
        Self {
            mode: Mode::Transaction,
            default_pool_size,
            min_pool_size: 0,
            reserve_pool_size: 0,
            reserve_pool_timeout: Span::from_nanos(5_000_000_000),
            max_client_conn: u32::MAX,
            max_db_connections: None,
            query_wait_timeout: None,
            server_lifetime: None,
            server_idle_timeout: None,
            server_login_retry: Span::from_nanos(15_000_000_000),
            server_order: IdleOrder::Lifo,
            connect: None,
        }
    }

    /// The most server connections that `users` users can have.
    pub fn most_servers(&self, users: u32) -> u64 {
        let all = u64::from(users) * (u64::from(self.default_pool_size) + u64::from(self.reserve_pool_size));
        self.max_db_connections.map_or(all, |most| all.min(most.into()))
    }

    /// What it is, for the assumptions beside an answer.
    ///
    /// ```
    /// use poolwise::pooler::PoolerConfig;
    /// let pooler = PoolerConfig { max_db_connections: Some(50), ..PoolerConfig::of_size(20) };
    /// assert_eq!(pooler.words(), "a pooler in transaction mode: 20 server connections per user, 50 in all");
    /// ```
    pub fn words(&self) -> String {
        let mode = match self.mode {
            Mode::Session => "session",
            Mode::Transaction => "transaction",
            Mode::Statement => "statement",
        };
        let mut said = format!("a pooler in {mode} mode: {}", counted(self.default_pool_size));
        if self.reserve_pool_size > 0 {
            let (more, after) = (self.reserve_pool_size, self.reserve_pool_timeout);
            said.push_str(&format!(", {more} more for whoever has waited for {after}"));
        }
        if let Some(most) = self.max_db_connections {
            said.push_str(&format!(", {most} in all"));
        }
        said
    }
}

fn counted(servers: u32) -> String {
    let plural = if servers == 1 { "" } else { "s" };
    format!("{servers} server connection{plural} per user")
}
