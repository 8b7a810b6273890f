//! Files that people have, read into scenarios, tables and symptoms.

pub mod arrivals;
pub mod document;
pub mod pg_stat_statements;
pub mod prometheus;
pub mod sweep;
