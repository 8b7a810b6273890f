#![warn(missing_docs)]
//! poolwise
pub mod catalogue;
pub mod engine;
pub mod math;
pub mod pool;
pub mod problem;
pub mod random;
pub mod record;
pub mod scenario;
pub mod slo;
pub mod timeline;
pub mod units;
pub mod workload;
