//! The scenario as a person writes it, and [`Scenario::check`], which makes a [`Model`] of it or says everything that is wrong.

mod afford;
mod check;
mod checks;
mod database;
mod demand;
mod document;
mod fleet;
mod model;
mod pool;
mod pooler;
mod sections;
mod sense;
mod traffic;
mod variants;

pub use document::set;
pub use model::Model;
pub use pool::NamedPool;
pub use sections::{
    AutoscaleSection, BatchSection, BreakerSection, ClientSection, DailySection, DatabaseSection, ElasticSection,
    FleetSection, PoolSection, PoolerSection, Pools, ProbesSection, QuerySection, Recorded, Scenario, SpikeSection,
    StateSection, StepSection, TimelineSection, TraceSection, Traffic, TrafficSection, VariantSection, Written,
};
pub use variants::Variant;

/// The version of the scenario format and of the reports.
pub const SCHEMA_VERSION: u32 = 1;
/// The largest pool.
pub(crate) const POOL_MAX: u32 = 100_000;
