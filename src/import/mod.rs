//! Files that people have, read into scenarios and tables.

pub mod arrivals;
pub mod document;
pub mod pg_stat_statements;
pub mod sweep;
