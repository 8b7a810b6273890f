//! Files that people have, read into scenarios, tables and symptoms.
//!
//! An importer reads its file line by line ([`guard`]: nothing is kept that a long line or a large file could fill the memory with),
//! and returns what it has [`measured`]: rates, holds, waits and busy connections, what was used, what was left out and what can not
//! be known. [`made`] makes the scenario of it, in one place for all, and holds the numbers against each other by Little's law.

pub mod arrivals;
pub mod document;
mod durations;
mod exposition;
pub mod guard;
pub mod k6;
pub mod latencies;
mod little;
pub mod made;
pub mod measured;
mod number;
pub mod pg_stat_activity;
pub mod pg_stat_statements;
pub mod pgbench;
pub mod pgbouncer;
pub mod pools;
pub mod prometheus;
pub mod sweep;
mod table;

use crate::problem::Problems;
use crate::units::Span;
use guard::Reader;
pub use made::Imported;
pub use measured::Given;
pub use number::Moment;

/// What can be imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// [`pg_stat_statements`]
    PgStatStatements,
    /// [`pg_stat_activity`]
    PgStatActivity,
    /// [`pools`]
    Prometheus,
    /// [`pgbouncer`]
    Pgbouncer,
    /// [`pgbench`]
    Pgbench,
    /// [`k6`]
    K6,
    /// [`latencies`]
    Latencies,
    /// [`arrivals`]
    Arrivals,
}

impl Kind {
    /// All, with the names of the commands.
    pub const ALL: [(&str, Self); 8] = [
        ("pg-stat-statements", Self::PgStatStatements),
        ("pg-stat-activity", Self::PgStatActivity),
        ("prometheus", Self::Prometheus),
        ("pgbouncer", Self::Pgbouncer),
        ("pgbench", Self::Pgbench),
        ("k6", Self::K6),
        ("latencies", Self::Latencies),
        ("arrivals", Self::Arrivals),
    ];

    /// The most files of one import.
    fn files_max(self) -> usize {
        match self {
            Self::Prometheus => 2,
            Self::Pgbouncer | Self::Pgbench => 1000,
            _ => 1,
        }
    }
}

/// A file: what it is called in messages and in the scenario, and its text.
pub type Source<'a> = (String, Reader<'a>);

/// Read the files of a kind into a scenario.
///
/// # Errors
/// All that is wrong with the files, each with its file and its line; too many files; what is neither measured nor given.
///
/// ```
/// use poolwise::import::{Given, Kind, import};
/// use poolwise::units::Span;
/// let given = Given { observed: Some(Span::from_seconds(2.0)), ..Given::default() };
/// let text = "5ms\n7ms\n6ms\n8ms\n".as_bytes();
/// let imported = import(Kind::Latencies, vec![("samples.txt".into(), Box::new(text))], &given).unwrap();
/// assert!((imported.scenario.check().unwrap().offered_load() - 0.013).abs() < 1e-9);
/// ```
pub fn import(kind: Kind, sources: Vec<Source<'_>>, given: &Given) -> Result<Imported, Problems> {
    if sources.len() > kind.files_max() {
        let why = format!("{} files are given, and this import reads {}", sources.len(), kind.files_max());
        return Err(Problems::one("", why));
    }
    if given.observed == Some(Span::ZERO) {
        return Err(Problems::one("--observed", "must be above 0: how long the numbers cover"));
    }
    let names: Vec<String> = sources.iter().map(|(name, _)| name.clone()).collect();
    let measured = match kind {
        Kind::Pgbouncer => pgbouncer::read(sources, given),
        Kind::Pgbench => pgbench::read(sources, given),
        _ => one_or_two(kind, sources, given),
    };
    let made = measured.and_then(|measured| measured.scenario(given));
    made.map_err(|e| if let [name] = names.as_slice() { in_the_file(e, name) } else { e })
}

fn one_or_two(kind: Kind, sources: Vec<Source<'_>>, given: &Given) -> Result<measured::Measured, Problems> {
    let mut sources = sources.into_iter();
    let Some((name, text)) = sources.next() else {
        return Err(Problems::one("", "give the file that is to be read"));
    };
    match kind {
        Kind::PgStatStatements => pg_stat_statements::read(text, given),
        Kind::PgStatActivity => pg_stat_activity::read(text, given),
        Kind::K6 => k6::read(text, given),
        Kind::Latencies => latencies::read(text, given),
        Kind::Arrivals => arrivals::measured(text, &name, given),
        Kind::Prometheus | Kind::Pgbouncer | Kind::Pgbench => {
            let second = sources.next();
            match second {
                None => pools::read((&name, text), None, given),
                Some((later, more)) => pools::read((&name, text), Some((&later, more)), given),
            }
        }
    }
}

/// The name before what is wrong with the file, where it is not there yet, and not before what is wrong with an option.
fn in_the_file(mut problems: Problems, name: &str) -> Problems {
    for problem in &mut problems.problems {
        if !problem.path.starts_with("--") && !problem.path.starts_with(name) {
            let colon = if problem.path.is_empty() { "" } else { ": " };
            problem.path = format!("{name}{colon}{}", problem.path);
        }
    }
    problems
}
