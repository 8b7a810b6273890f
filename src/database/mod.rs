//! The one database behind the fleet: cores that all running queries share, slots for connections, and what it does not wait for.

mod law;
mod lock;
mod server;
mod sharing;

pub use law::Law;
pub use lock::Lock;
pub use server::{Limits, Refusal, Server};
pub use sharing::{Job, Sharing};

use crate::units::{Bytes, Probability, Span};
use crate::workload::Distribution;

/// The database as it is set up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Database {
    /// How fast it works with how many queries; `None`: what they need is always there.
    pub law: Option<Law>,
    /// Who may connect.
    pub limits: Limits,
    /// How long opening a connection takes; `None` is no time at all.
    pub connect: Option<Distribution>,
    /// The processor time that opening a connection takes besides.
    pub connect_cpu: Option<Distribution>,
    /// The share of openings that fail.
    pub connect_failure: Probability,
    /// What there is for connections.
    pub memory: Option<Bytes>,
    /// What each takes.
    pub memory_per_connection: Option<Bytes>,
    /// How long a statement may take, waits for locks included; then it fails, and its connection lives.
    pub statement_timeout: Option<Span>,
    /// How long a statement may wait for a lock; then it fails, and its connection lives.
    pub lock_timeout: Option<Span>,
    /// How long a session may do nothing within a transaction; then its connection is closed.
    pub idle_in_transaction_timeout: Option<Span>,
}

impl Database {
    /// Whether it ends statements or sessions.
    pub fn ends_work(&self) -> bool {
        self.statement_timeout.is_some() || self.lock_timeout.is_some() || self.idle_in_transaction_timeout.is_some()
    }
}
