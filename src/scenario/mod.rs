//! The scenario as a person writes it, and [`Scenario::check`], which makes a [`Model`] of it or says everything that is wrong.

mod afford;
mod alert;
mod assert;
mod assertion;
mod check;
mod checks;
mod collapse;
mod database;
mod demand;
mod document;
mod fleet;
mod incident;
mod model;
mod pool;
mod pooler;
mod provenance;
mod sections;
mod sense;
mod survive;
#[cfg(feature = "toml")]
mod text;
mod timeline;
mod traffic;
mod variants;
mod version;
mod watched;

pub use assertion::{Assertion, Claim, LEVELS, Level, MEASURES, Measure, Moment, Unit};
pub use document::set;
pub use incident::{Incident, Reading};
pub use model::Model;
pub use pool::NamedPool;
pub use provenance::{Origin, Sourced};
pub use sections::{
    AlertSection, AssertSection, AutoscaleSection, BatchSection, BreakerSection, ClientSection, DailySection,
    DatabaseSection, ElasticSection, FleetSection, IncidentSection, PoolAutoscaleSection, PoolSection, PoolerSection,
    Pools, ProbesSection, ProvenanceSection, QuerySection, Recorded, Scenario, SpikeSection, StateSection, StepSection,
    SurviveSection, TimelineSection, TraceSection, Traffic, TrafficSection, VariantSection, VersionSection, Written,
};
pub use survive::{Blow, Case};
#[cfg(feature = "toml")]
pub use text::parse;
pub use variants::Variant;
pub use version::Version;

/// The version of the scenario format and of the reports.
pub const SCHEMA_VERSION: u32 = 1;
/// The largest pool.
pub(crate) const POOL_MAX: u32 = 100_000;
