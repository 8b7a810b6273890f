//! The database, as far as it is modelled: what opening a connection to it costs.

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
