//! What is asked of the pools: when requests arrive, of which class, and how long each holds its connection.

pub mod arrivals;
pub mod distribution;
pub mod query;
mod source;

pub use arrivals::Arrivals;
pub use distribution::Distribution;
pub use query::{Cpu, Query};
pub use source::Source;
