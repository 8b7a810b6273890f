//! A simulator and sizing calculator for database connection pools.
//!
//! ```text
//!  what the user wrote            what may be trusted        what happened     what it means
//!  TOML, JSON, JS ─▶ Scenario ──check──▶ Model ──engine──▶ Facts ──record──▶ Outcome × N ──▶ Report
//!  exports ─import─▶    │                  ├─ theory ─▶ Prediction                            │
//!                    Problems ◀────────────┘                             plan: Recommendation ◀┘
//! ```
//!
//! Write a [`scenario::Scenario`], [`check`](scenario::Scenario::check) it into a [`scenario::Model`], and ask:
//! [`theory::predict`] answers at once by formula, [`experiment::simulate`] by simulation, [`plan::recommend`] finds the
//! smallest pool that meets an objective, and [`compare::compare`] says what would have been different.
//!
//! ```
//! use poolwise::{plan, scenario::Scenario};
//!
//! let scenario = Scenario::read(serde_json::json!({
//!     "traffic": { "rate": "200/s" },
//!     "query": [{ "hold": "lognormal(p50=5ms, p99=80ms)" }],
//!     "slo": ["wait.p99 <= 20ms"],
//! }))?;
//! let answer = plan::recommend(&scenario.check()?, &Default::default())?;
//! println!("{}", answer.sentence);
//! # assert!(answer.recommended.is_some());
//! # Ok::<(), poolwise::problem::Problems>(())
//! ```
//!
//! The same seed gives the same numbers on every platform, in a browser, and with any number of threads.
#![warn(missing_docs)]

pub mod advise;
pub mod alert;
pub mod alerting;
#[cfg(feature = "cli")]
pub mod budget;
pub mod catalogue;
pub mod client;
pub mod compare;
pub mod database;
pub mod diagnose;
pub mod emit;
pub mod engine;
pub mod experiment;
pub mod fit;
pub mod fleet;
pub mod gate;
#[cfg(feature = "import")]
pub mod import;
pub mod math;
mod order;
pub mod plan;
pub mod pool;
pub mod pooler;
pub mod problem;
pub mod random;
pub mod record;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod schema;
pub mod slo;
#[cfg(feature = "cli")]
pub mod sweep;
pub mod theory;
pub mod timeline;
pub mod units;
#[cfg(feature = "wasm")]
pub mod wasm;
#[cfg(feature = "wasm-import")]
pub mod wasm_import;
pub mod workload;

/// The README's example runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
