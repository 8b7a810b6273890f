//! The one database behind the fleet: cores that all running queries share, slots for connections, and what it does not wait for.

mod law;
mod server;
mod sharing;

pub use law::Law;
pub use server::{Limits, Refusal, Server};
pub use sharing::{Job, Sharing};

use crate::units::Probability;
use crate::workload::Distribution;

/// What a new connection meets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Database {
    /// How long opening a connection takes; `None` is no time at all.
    pub connect: Option<Distribution>,
    /// The share of openings that fail.
    pub connect_failure: Probability,
}
