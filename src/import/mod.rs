//! Files that people have, read into scenarios.

pub mod arrivals;
pub mod document;
pub mod pg_stat_statements;
