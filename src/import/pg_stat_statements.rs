//! PostgreSQL's `pg_stat_statements`, exported as CSV, into query classes. Versions 13 to 18 are read: the columns that are used
//! have not changed, and from 17 on `stats_since` says how long each statement was watched.

use super::guard::{Faults, Reader};
use super::measured::{Class, Flow, Given, Hold, Known, Measured, figure};
use super::number::{Moment, duration, number, whole};
use super::table::{Row, Table};
use crate::problem::{Problems, plain, shown};
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: [&str; 4] = ["query", "calls", "mean_exec_time", "stddev_exec_time"];
/// Statements that are kept apart; the others with the least time become one.
const STATEMENTS_MAX: usize = 5000;
/// Words of what was left out that a note shows.
const WORDS_MAX: usize = 1000;
/// Statements that hold no connection by themselves.
const CONTROL: [&str; 11] =
    ["begin", "start", "commit", "rollback", "end", "savepoint", "release", "set", "show", "discard", "deallocate"];

/// A statement that counts. Times are in seconds.
struct Statement {
    name: String,
    calls: u64,
    mean: f64,
    deviation: f64,
    /// Calls per second, where the export says since when they were counted.
    rate: Option<f64>,
}

#[derive(Default)]
struct Export {
    statements: Vec<Statement>,
    rest: Rest,
    left_out: u64,
    words: BTreeSet<String>,
    nested: u64,
    /// The earliest and the latest `stats_since`.
    since: Option<(Moment, Moment)>,
    timed: bool,
}

/// Statements that became one: their calls, time and squares of it.
#[derive(Default)]
struct Rest {
    statements: u64,
    calls: u64,
    time: f64,
    squares: f64,
    rate: f64,
}

/// Read an export. Without [`Given::observed`] there is a rate only if the export has `stats_since` (PostgreSQL 17 and later) and
/// says when it was made: by a column `at` or `now`, or by [`Given::at`].
///
/// Each statement becomes a class with its calls as weight and a lognormal hold of the same mean and standard deviation.
/// `BEGIN`, `COMMIT` and their like are left out, and what ran within other statements (`toplevel` false) is not counted twice. It
/// is wrong to trust the result as hold times where statements run within transactions: a connection is held from checkout to
/// return, with every statement, round trip and pause between.
///
/// # Errors
/// Every line that can not be read, with its number; columns that are missing, with those that are there.
pub fn read(input: Reader<'_>, given: &Given) -> Result<Measured, Problems> {
    let mut table = Table::open(input)?;
    let old = if table.column(&["mean_time"]).is_some() {
        "PostgreSQL 12 and before: rename mean_time and stddev_time"
    } else {
        "export with: \\copy (select now() as at, * from pg_stat_statements) to 'export.csv' with csv header"
    };
    table.require(&COLUMNS, old)?;
    let columns = Columns::of(&table);
    let mut faults = Faults::default();
    let mut export = Export::default();
    while let Some(row) = table.next(&mut faults) {
        columns.statement(&row, given, &mut export, &mut faults);
    }
    if export.statements.is_empty() && faults.is_empty() {
        faults.add(None, "no statement with calls is left: is the export empty?");
    }
    let timed = given.observed.is_some() || export.timed || given.rate.is_some();
    if !timed && faults.is_empty() {
        faults.add(None, export.no_time());
    }
    faults.finish()?;
    Ok(export.measured(given))
}

/// Where the columns are.
struct Columns {
    needed: [Option<usize>; 4],
    top: Option<usize>,
    since: Option<usize>,
    at: Option<usize>,
}

impl Columns {
    fn of(table: &Table<Reader<'_>>) -> Self {
        Self {
            needed: COLUMNS.map(|name| table.column(&[name])),
            top: table.column(&["toplevel"]),
            since: table.column(&["stats_since"]),
            at: table.column(&["at", "now", "exported_at"]),
        }
    }

    fn statement(&self, row: &Row<'_>, given: &Given, export: &mut Export, faults: &mut Faults) {
        let [query, calls, mean, deviation] = self.needed.map(|column| row.text(column));
        let read = [
            faults.keep(row.line, whole(COLUMNS[1], calls)).map(|calls| calls as f64),
            faults.keep(row.line, duration(COLUMNS[2], mean, 1e-3)),
            faults.keep(row.line, number(COLUMNS[3], deviation)).map(|millis| millis / 1e3),
        ];
        let seconds = self.watched(row, given, export, faults);
        let [Some(calls), Some(mean), Some(deviation)] = read else { return };
        if self.top.is_some() && matches!(row.text(self.top), "f" | "false" | "False" | "FALSE") {
            export.nested += 1;
            return;
        }
        let text = plain(&query.split_whitespace().collect::<Vec<_>>().join(" "));
        let word = text.split([' ', ';']).next().unwrap_or_default().to_ascii_lowercase();
        if calls == 0.0 || mean == 0.0 || CONTROL.contains(&word.as_str()) {
            export.left_out += 1;
            if export.words.len() < WORDS_MAX {
                export.words.insert(clip(&word, 20));
            }
            return;
        }
        let rate = seconds.map(|seconds| calls / seconds);
        export.keep(Statement { name: clip(&text, 60), calls: calls as u64, mean, deviation, rate });
    }

    /// For how many seconds the statement was watched, if the export says it.
    fn watched(&self, row: &Row<'_>, given: &Given, export: &mut Export, faults: &mut Faults) -> Option<f64> {
        if row.text(self.since).is_empty() {
            return None;
        }
        let moment = |name: &str, text: &str| Moment::parse(text).map_err(|why| format!("{name} {why}"));
        let since = faults.keep(row.line, moment("stats_since", row.text(self.since)))?;
        let (first, last) = export.since.unwrap_or((since, since));
        export.since = Some((first.min(since), last.max(since)));
        let at = match row.text(self.at) {
            "" => given.at?,
            text => faults.keep(row.line, moment("at", text))?,
        };
        let seconds = at.since(since);
        if seconds <= 0.0 {
            let why = format!(
                "stats_since is {}, later than the export: is --at, or the column at, in the same time zone?",
                shown(row.text(self.since))
            );
            faults.line(row.line, why);
            return None;
        }
        export.timed = true;
        Some(seconds)
    }
}

impl Export {
    /// Keep the statements with the most time; more of them than [`STATEMENTS_MAX`] are joined.
    fn keep(&mut self, statement: Statement) {
        self.statements.push(statement);
        if self.statements.len() >= 2 * STATEMENTS_MAX {
            self.join();
        }
    }

    fn join(&mut self) {
        let time = |s: &Statement| s.calls as f64 * s.mean;
        self.statements.sort_by(|a, b| time(b).total_cmp(&time(a)));
        for s in self.statements.drain(STATEMENTS_MAX.min(self.statements.len())..) {
            let calls = s.calls as f64;
            self.rest.statements += 1;
            self.rest.calls += s.calls;
            self.rest.time += calls * s.mean;
            self.rest.squares += calls * (s.mean * s.mean + s.deviation * s.deviation);
            self.rest.rate += s.rate.unwrap_or(0.0);
        }
    }

    fn no_time(&self) -> String {
        let least = self.since.map(|(first, last)| {
            format!(
                "; stats_since alone says only that it was at least {} s, from the first statement to the last",
                figure(last.since(first))
            )
        });
        format!(
            "the export does not say how long it covers{}: give --observed 6h, the time since pg_stat_statements_reset(){}",
            least.unwrap_or_default(),
            if self.since.is_some() {
                ", or --at with the moment of the export, or export it as a column: select now() as at, * from pg_stat_statements"
            } else {
                ""
            }
        )
    }

    fn measured(mut self, given: &Given) -> Measured {
        if self.statements.len() > STATEMENTS_MAX || self.rest.statements > 0 {
            self.join();
        }
        let calls: u64 = self.statements.iter().map(|s| s.calls).sum::<u64>() + self.rest.calls;
        let (rate, over) = match given.observed {
            Some(observed) => {
                let why = format!("{calls} calls in {observed}, given by --observed");
                (Some(Known::derived(calls as f64 / observed.seconds(), why)), format!("in {observed}"))
            }
            None if self.timed => {
                let sum = self.statements.iter().filter_map(|s| s.rate).sum::<f64>() + self.rest.rate;
                let why = "each statement's calls over the time since its stats_since";
                (Some(Known::derived(sum, why)), "each since its stats_since".to_owned())
            }
            None => (None, "in an unknown time".to_owned()),
        };
        let per_second = rate.as_ref().map_or(String::new(), |rate| format!(" ({:.1}/s)", rate.value));
        let mut measured = Measured { name: "pg_stat_statements".into(), ..Measured::default() };
        measured.used.push(format!(
            "calls, mean_exec_time and stddev_exec_time of {} statements, {calls} calls {over}{per_second}",
            self.statements.len() as u64 + self.rest.statements
        ));
        measured.used.extend(self.busiest());
        self.say_what_was_left_out(&mut measured);
        measured.unknown = vec![
            "how long connections are held. A transaction holds its connection over all its statements, the round trips and the \
             application's work between them; take the hold from your pool's usage metric where you can"
                .into(),
            "percentiles. A lognormal with the same mean and standard deviation stands in for each statement".into(),
            "how many instances share this load, and its peak. Set fleet.instances and traffic.rate".into(),
        ];
        let why = "mean_exec_time and stddev_exec_time; the lognormal shape is assumed";
        measured.flows = vec![Flow {
            name: "all".into(),
            rate,
            classes: Some(Known::derived(self.classes(given), why)),
            ..Flow::default()
        }];
        measured
    }

    fn busiest(&self) -> Option<String> {
        let time = |s: &Statement| s.calls as f64 * s.mean;
        let most = self.statements.iter().max_by(|a, b| time(a).total_cmp(&time(b)))?;
        let share = time(most) / (self.statements.iter().map(time).sum::<f64>() + self.rest.time);
        Some(format!("{:.0} % of all execution time is: {}", share * 100.0, most.name))
    }

    fn say_what_was_left_out(&self, measured: &mut Measured) {
        if self.left_out > 0 {
            let words: Vec<_> = self.words.iter().take(12).map(String::as_str).collect();
            measured.left_out.push(format!(
                "{} rows that hold no connection by themselves ({})",
                self.left_out,
                words.join(", ")
            ));
        }
        if self.nested > 0 {
            measured.left_out.push(format!(
                "{} rows that ran within others (toplevel is false): their time is counted there",
                self.nested
            ));
        }
        if self.rest.statements > 0 {
            measured.left_out.push(format!(
                "the names of {} statements with the least time: they are one class, {}",
                self.rest.statements, REST
            ));
        }
    }

    /// Weights are calls; where each statement has its own time, calls per second in so many seconds as the longest one has.
    fn classes(&self, given: &Given) -> Vec<Class> {
        let mut seen = BTreeMap::new();
        let own = given.observed.is_none() && self.timed;
        let longest = self.statements.iter().filter_map(|s| Some(s.calls as f64 / s.rate?)).fold(1.0, f64::max);
        let weight = |calls: u64, rate: Option<f64>| match rate {
            Some(rate) if own => ((rate * longest + 0.5) as u64).max(1),
            _ => calls,
        };
        let mut classes: Vec<Class> = (self.statements.iter())
            .map(|s| Class {
                name: unique(&s.name, &mut seen),
                weight: weight(s.calls, s.rate),
                hold: Hold::of_moments(s.mean, s.deviation),
            })
            .collect();
        if self.rest.statements > 0 {
            let calls = self.rest.calls as f64;
            let mean = self.rest.time / calls;
            let deviation = (self.rest.squares / calls - mean * mean).max(0.0).sqrt();
            let weight = weight(self.rest.calls, Some(self.rest.rate).filter(|_| own));
            classes.push(Class { name: unique(REST, &mut seen), weight, hold: Hold::of_moments(mean, deviation) });
        }
        classes
    }
}

const REST: &str = "other statements";

fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// The name, with a number behind it from the second time on.
fn unique(name: &str, seen: &mut BTreeMap<String, u32>) -> String {
    let count = seen.entry(name.to_owned()).or_insert(0);
    *count += 1;
    if *count == 1 { name.to_owned() } else { format!("{name} #{count}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    fn read(text: &str, given: &Given) -> Result<Measured, Problems> {
        super::read(Box::new(text.as_bytes()), given)
    }

    fn observed(text: &str) -> Given {
        Given { observed: Some(Span::parse(text).unwrap()), ..Given::default() }
    }

    const SINCE: &str = "query,calls,mean_exec_time,stddev_exec_time,toplevel,stats_since,minmax_stats_since\n\
        select 1,3600,2,1,t,2026-01-05 11:00:00+00,2026-01-05 11:00:00+00\n\
        select 2,600,2,1,t,2026-01-05 11:50:00+00,2026-01-05 11:50:00+00\n\
        select 3,99999,2,1,f,2026-01-05 11:00:00+00,2026-01-05 11:00:00+00\n";

    #[test]
    fn each_statement_is_counted_over_its_own_time() {
        let at = Given { at: Some(Moment::parse("2026-01-05 12:00:00+00").unwrap()), ..Given::default() };
        let measured = read(SINCE, &at).unwrap();
        let flow = &measured.flows[0];
        assert_eq!(flow.rate.as_ref().unwrap().value, 2.0);
        let weights: Vec<u64> = flow.classes.as_ref().unwrap().value.iter().map(|class| class.weight).collect();
        assert_eq!(weights, [3600, 3600]);
        assert!(measured.left_out[0].contains("1 rows that ran within others"));
        // The export may say itself when it was made.
        let (head, rows) = SINCE.split_once('\n').unwrap();
        let rows: String = rows.lines().map(|row| format!("2026-01-05 13:00:00+01,{row}\n")).collect();
        let same = read(&format!("at,{head}\n{rows}"), &Given::default()).unwrap();
        assert_eq!(same.flows, measured.flows);
        // What is given goes before.
        assert_eq!(read(SINCE, &observed("1h")).unwrap().flows[0].rate.as_ref().unwrap().value, 4200.0 / 3600.0);
    }

    #[test]
    fn without_a_time_there_is_no_rate() {
        let said = read(SINCE, &Given::default()).unwrap_err().to_string();
        assert!(said.contains("at least 3000 s") && said.contains("--at"), "{said}");
        let said = read("query,calls,mean_exec_time,stddev_exec_time\na,1,1,1\n", &Given::default()).unwrap_err();
        assert!(said.to_string().contains("give --observed 6h"), "{said}");
        let early = Given { at: Some(Moment::parse("2026-01-05 10:00:00+00").unwrap()), ..Given::default() };
        let said = read(SINCE, &early).unwrap_err().to_string();
        assert!(said.contains("line 2: stats_since is \"2026-01-05 11:00:00+00\", later than the export"), "{said}");
    }

    #[test]
    fn very_many_statements_keep_their_load() {
        let mut text = String::from("query,calls,mean_exec_time,stddev_exec_time\n");
        let n = 3 * STATEMENTS_MAX as u64;
        (1..=n).for_each(|k| text += &format!("select {k},{k},2,1\n"));
        let measured = read(&text, &observed("1h")).unwrap();
        let flow = &measured.flows[0];
        assert_eq!(flow.classes.as_ref().unwrap().value.len(), STATEMENTS_MAX + 1);
        assert!((flow.hold().unwrap() - 0.002).abs() < 1e-9);
        assert_eq!(flow.rate.as_ref().unwrap().value, (n * (n + 1) / 2) as f64 / 3600.0);
    }
}
