//! PostgreSQL's `pg_stat_statements`, exported as CSV, into query classes.

use crate::problem::{Problems, plain, shown};
use crate::scenario::{PoolSection, QuerySection, Scenario, TrafficSection};
use crate::units::Span;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What was read, and what could not be known.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// A scenario with one query class per statement.
    pub scenario: Scenario,
    /// What was used, what was left out and what can not be known: for the head of the file and for the terminal.
    pub notes: Vec<String>,
}

/// The columns that are used. PostgreSQL 13 and later call them so.
#[derive(Debug, Deserialize)]
struct Row {
    query: String,
    calls: String,
    mean_exec_time: String,
    stddev_exec_time: String,
}

const COLUMNS: [&str; 4] = ["query", "calls", "mean_exec_time", "stddev_exec_time"];

/// A statement that counts.
struct Statement {
    name: String,
    calls: u64,
    mean: f64,
    deviation: f64,
}

/// Read an export. `observed` is how long the statistics had been collected (since `pg_stat_statements_reset()`, or
/// `stats_since` from PostgreSQL 17 on): the export does not say, and without it there is no rate.
///
/// Each statement becomes a class with its calls as weight and a lognormal hold of the same mean and standard deviation.
/// `BEGIN`, `COMMIT` and their like are left out. It is wrong to trust the result as hold times where statements run within
/// transactions: a connection is held from checkout to return, with every statement, round trip and pause between.
///
/// # Errors
/// Every line that can not be read, with its number; columns that are missing, with those that are there.
pub fn read(text: &str, observed: Span) -> Result<Imported, Problems> {
    let mut problems = Problems::default();
    if observed == Span::ZERO {
        problems.error("--observed", "must be above 0: how long the statistics had been collected");
    }
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter(text)).trim(csv::Trim::Headers).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|e| Problems::one("line 1", e.to_string()))?;
    let headers: csv::StringRecord = headers.iter().map(str::to_ascii_lowercase).collect();
    for column in COLUMNS.into_iter().filter(|column| headers.iter().filter(|h| h == column).count() > 1) {
        problems.error("line 1", format!("the column {column} stands there twice"));
    }
    if !problems.can_run() {
        return Err(problems);
    }
    let missing: Vec<_> = COLUMNS.into_iter().filter(|column| !headers.iter().any(|h| h == *column)).collect();
    if !missing.is_empty() {
        let old = if headers.iter().any(|h| h == "mean_time") {
            " (PostgreSQL 12 and before: rename mean_time and stddev_time)"
        } else {
            ""
        };
        let there = headers.iter().map(shown).take(12).collect::<Vec<_>>().join(", ");
        problems.error("line 1", format!("the columns {} are missing; found {there}{old}", missing.join(", ")));
        return Err(problems);
    }
    let mut statements = Vec::new();
    let mut left_out = Vec::new();
    for record in reader.records() {
        match record {
            Err(e) => problems.error(
                e.position().map_or_else(String::new, |at| format!("line {}", at.line())),
                format!("is not a CSV row like those before: {}", e.kind_text()),
            ),
            Ok(record) => {
                let line = format!("line {}", record.position().map_or(0, csv::Position::line));
                match record.deserialize::<Row>(Some(&headers)) {
                    Ok(row) => row.statement(&line, &mut statements, &mut left_out, &mut problems),
                    Err(e) => problems.error(line, e.to_string()),
                }
            }
        }
    }
    if statements.is_empty() && problems.can_run() {
        problems.error("", "no statement with calls is left: is the export empty?");
    }
    if !problems.can_run() {
        return Err(problems);
    }
    let imported = scenario(&statements, &left_out, observed);
    // What is written must be readable: the numbers of an export can be beyond what a scenario takes.
    imported.scenario.check().map(|_| imported)
}

pub(super) trait KindText {
    fn kind_text(&self) -> String;
}

impl KindText for csv::Error {
    fn kind_text(&self) -> String {
        match self.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("{len} fields where {expected_len} belong (or a quote is not closed)")
            }
            _ => self.to_string(),
        }
    }
}

/// A semicolon where spreadsheets of some locales write one, a tab where psql was told so.
pub(super) fn delimiter(text: &str) -> u8 {
    let head = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|d| (head.bytes().filter(|b| b == d).count(), *d == b','))
        .unwrap_or(b',')
}

impl Row {
    fn statement(&self, line: &str, kept: &mut Vec<Statement>, left_out: &mut Vec<String>, problems: &mut Problems) {
        let mut number = |column: &str, text: &str| match text.trim().parse::<f64>() {
            Ok(x) if x >= 0.0 && x.is_finite() => Some(x),
            Ok(_) => {
                problems.error(line, format!("{column} must be a number from 0, found {}", shown(text)));
                None
            }
            Err(_) => {
                let hint =
                    if text.contains(',') { " (decimals need a point: export with lc_numeric = 'C')" } else { "" };
                problems.error(line, format!("{column} must be a number, found {}{hint}", shown(text)));
                None
            }
        };
        let read = [
            number("calls", &self.calls),
            number("mean_exec_time", &self.mean_exec_time),
            number("stddev_exec_time", &self.stddev_exec_time),
        ];
        let [Some(calls), Some(mean), Some(deviation)] = read else { return };
        if calls.fract() != 0.0 || calls > 1e15 {
            problems.error(line, format!("calls must be a whole number up to 10^15, found {}", shown(&self.calls)));
            return;
        }
        let text = plain(&self.query.split_whitespace().collect::<Vec<_>>().join(" "));
        let word = text.split([' ', ';']).next().unwrap_or_default().to_ascii_lowercase();
        let control = ["begin", "start", "commit", "rollback", "end", "savepoint", "release", "set", "show", "discard"];
        if calls == 0.0 || mean == 0.0 || control.contains(&word.as_str()) {
            left_out.push(word);
            return;
        }
        kept.push(Statement { name: text, calls: calls as u64, mean: mean / 1e3, deviation: deviation / 1e3 });
    }
}

fn scenario(statements: &[Statement], left_out: &[String], observed: Span) -> Imported {
    let calls: u64 = statements.iter().map(|s| s.calls).sum();
    let rate = calls as f64 / observed.seconds();
    let digits = if rate >= 100.0 { 2 } else { 7 };
    let mut scenario = Scenario {
        name: Some("pg_stat_statements".into()),
        traffic: TrafficSection { rate: Some(format!("{rate:.digits$}/s").into()), ..TrafficSection::default() }.into(),
        pool: PoolSection { max_size: Some(10.into()), ..PoolSection::default() }.into(),
        slo: vec!["wait.p99 <= 50ms".into()],
        ..Scenario::default()
    };
    let mut seen = BTreeMap::new();
    for statement in statements {
        let name = unique(&statement.name, &mut seen);
        scenario.query.push(QuerySection {
            name: Some(name.into()),
            weight: Some(crate::scenario::Written::Whole(statement.calls as i64)),
            hold: Some(hold(statement).into()),
            ..QuerySection::default()
        });
    }
    let busiest = statements.iter().max_by(|a, b| (a.calls as f64 * a.mean).total_cmp(&(b.calls as f64 * b.mean)));
    let mut notes = vec![format!(
        "used: calls, mean_exec_time and stddev_exec_time of {} statements, {calls} calls in {observed} ({rate:.1}/s)",
        statements.len()
    )];
    if !left_out.is_empty() {
        notes.push(format!(
            "left out: {} rows that hold no connection by themselves ({})",
            left_out.len(),
            kinds(left_out)
        ));
    }
    if let Some(most) = busiest {
        let share = most.calls as f64 * most.mean / statements.iter().map(|s| s.calls as f64 * s.mean).sum::<f64>();
        notes.push(format!("{:.0} % of all execution time is: {}", share * 100.0, clip(&most.name, 60)));
    }
    notes.push(
        "not known: how long connections are held. A transaction holds its connection over all its statements, the round \
         trips and the application's work between them; take the hold from your pool's usage metric where you can"
            .into(),
    );
    notes.push(
        "not known: percentiles. A lognormal with the same mean and standard deviation stands in for each statement"
            .into(),
    );
    notes.push(
        "not known: how many instances share this load, and its peak. Set fleet.instances and traffic.rate".into(),
    );
    Imported { scenario, notes }
}

/// A lognormal of the statement's mean and spread. Its cv must stay readable; without spread it is constant.
fn hold(statement: &Statement) -> String {
    let mean = Span::from_seconds(statement.mean.max(1e-9));
    let cv = statement.deviation / statement.mean;
    if cv < 0.001 {
        format!("deterministic({mean})")
    } else {
        format!("lognormal(mean={mean}, cv={:.4})", cv.min(1000.0))
    }
}

fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// The name, with a number behind it from the second time on.
fn unique(text: &str, seen: &mut BTreeMap<String, u32>) -> String {
    let name = clip(text, 60);
    let count = seen.entry(name.clone()).or_insert(0);
    *count += 1;
    if *count == 1 { name } else { format!("{name} #{count}") }
}

/// Each word once, and no more than a line takes.
fn kinds(words: &[String]) -> String {
    let kinds: BTreeSet<&str> = words.iter().map(String::as_str).collect();
    kinds.into_iter().take(12).map(|word| clip(word, 20)).collect::<Vec<_>>().join(", ")
}
