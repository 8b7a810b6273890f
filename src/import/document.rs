//! Scenario files: TOML or JSON text into the document that [`Scenario::read`](crate::scenario::Scenario::read) takes.

pub use crate::scenario::parse;
