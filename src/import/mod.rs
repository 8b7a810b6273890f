//! Files that people have, read into scenarios, tables and symptoms.
//!
//! An importer reads its file line by line ([`guard`]: nothing is kept that a long line or a large file could fill the memory with),
//! and returns what it has [`measured`]: rates, holds, waits and busy connections, what was used, what was left out and what can not
//! be known. [`made`] makes the scenario of it, in one place for all, and holds the numbers against each other by Little's law.

pub mod arrivals;
mod durations;
mod exposition;
pub mod guard;
mod guess;
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
pub use guess::guess;
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

    /// What it reads, in one line.
    pub const fn about(self) -> &'static str {
        match self {
            Self::PgStatStatements => "A CSV export of PostgreSQL's pg_stat_statements, versions 13 to 18",
            Self::PgStatActivity => "Repeated samples of PostgreSQL's pg_stat_activity, as CSV",
            Self::Prometheus => "One or two scrapes of a pool's metrics in Prometheus' text format, the earlier first",
            Self::Pgbouncer => "What PgBouncer's console shows: SHOW POOLS, SHOW STATS",
            Self::Pgbench => "One run of pgbench: what it prints, or its logs (-l)",
            Self::K6 => "The summary of a k6 run, as JSON",
            Self::Latencies => "Plain latency samples, one on each line",
            Self::Arrivals => "Recorded arrivals, or counts of them, as CSV",
        }
    }

    /// How to get it.
    pub const fn how(self) -> &'static str {
        match self {
            Self::PgStatStatements => {
                "\
Export with:
  \\copy (select now() as at, * from pg_stat_statements) to 'export.csv' with csv header
PostgreSQL 17 and later say since when each statement was counted; before, give --observed."
            }
            Self::PgStatActivity => {
                "\
Sample with, again and again:
  psql -c \"copy (select now(), * from pg_stat_activity) to stdout with csv header\" >> activity.csv
The samples give rate × hold. Give --rate, from the growth of xact_commit in pg_stat_database, to tell them apart."
            }
            Self::Prometheus => {
                "\
Known are HikariCP by Micrometer and by its own collector, OpenTelemetry's new and old names, Go's database/sql and
pgbouncer_exporter. Two scrapes give rates and buckets of the time between:
  curl -s http://app:8080/actuator/prometheus > before.prom; sleep 60
  curl -s http://app:8080/actuator/prometheus > after.prom
  poolwise import prometheus before.prom after.prom --observed 60s"
            }
            Self::Pgbouncer => {
                "\
Paste or pipe what the console shows; SHOW DATABASES and SHOW CONFIG add the size of the pools:
  psql -p 6432 -U pgbouncer pgbouncer -c 'show pools' -c 'show stats' -c 'show databases' > console.txt
Two SHOW STATS, and the time between as --observed, give the rates of that time."
            }
            Self::Pgbench => {
                "\
Measure with:
  pgbench -n -c 16 -T 60 --rate 800 -l bench && poolwise import pgbench pgbench_log.*
Without --rate the rate is what the database gave, and not what was asked."
            }
            Self::K6 => {
                "\
Measure with:
  k6 run --summary-export=summary.json --summary-trend-stats='avg,min,med,max,p(90),p(95),p(99)' script.js"
            }
            Self::Latencies => {
                "\
One duration on each line, such as 12.5ms, or numbers with --unit.
  poolwise import latencies holds.txt --unit ms --observed 10m"
            }
            Self::Arrivals => {
                "\
A CSV with the moments of arrivals (at, at_s, at_ms …; beside it perhaps hold_ms), or with a column count and --every.
  poolwise import arrivals counts.csv --every 1m --hold 'exponential(mean=20ms)' -o peak.toml"
            }
        }
    }

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
