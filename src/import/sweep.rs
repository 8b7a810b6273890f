//! A sweep of a load test, throughput against concurrency, for [`fit`](crate::fit::fit): a table, or what pgbench has printed.

use super::table::{delimiter, reason};
use crate::fit::Point;
use crate::problem::{Problems, shown};

/// After so many bad lines nobody reads on.
const ERRORS_MAX: usize = 20;
/// Names of the columns, the better ones first.
const CONCURRENCY: [&str; 10] = [
    "concurrency",
    "clients",
    "connections",
    "users",
    "threads",
    "pool",
    "pool_size",
    "active",
    "number of clients",
    "n",
];
const THROUGHPUT: [&str; 14] = [
    "throughput",
    "tps",
    "qps",
    "rps",
    "tx/s",
    "xact/s",
    "req/s",
    "q/s",
    "tx_per_s",
    "xacts_per_s",
    "ops",
    "ops/s",
    "xact_per_s",
    "x",
];
const WORKLOAD: [&str; 5] = ["workload", "scenario", "script", "test", "benchmark"];
const REPEAT: [&str; 5] = ["repeat", "run", "iteration", "rep", "trial"];

/// What is wrong, with the number of its line.
type Bad = Vec<(u64, String)>;

/// A line of the sweep.
struct Row {
    line: u64,
    workload: String,
    repeat: String,
    concurrency: String,
    throughput: String,
}

/// Read a sweep, only of `workload` if one is named.
///
/// A CSV whose first line names the columns (`clients` or `concurrency`, `tps` or `throughput` and their like; perhaps `workload`
/// and `repeat`); two plain columns of numbers; or the output of one pgbench run after the other, where the transaction type is
/// the workload. The points come in order of their concurrency.
///
/// # Errors
/// Each line that can not be read or makes no sense, with its number, at most twenty; columns that are missing; several workloads
/// and none named, with their names; a concurrency that falls from one line to the next within a workload and a repeat.
///
/// ```
/// use poolwise::import::sweep::read;
/// assert_eq!(read("clients,tps\n1,275\n2,554\n4,564\n", None).unwrap().len(), 3);
/// let late = read("clients,tps\n1,275\n4,564\n2,554\n", None).unwrap_err();
/// assert!(late.to_string().contains("line 4: the concurrency falls from 4 to 2"));
/// ```
pub fn read(text: &str, workload: Option<&str>) -> Result<Vec<Point>, Problems> {
    let mut bad = Bad::new();
    let rows = if text.lines().any(|line| line.trim_start().starts_with("number of clients:")) {
        pgbench(text, &mut bad)
    } else {
        table(text, &mut bad)?
    };
    let rows = one_workload(rows, workload)?;
    let mut points = Vec::new();
    let mut before: Vec<(&str, u32)> = Vec::new();
    for row in &rows {
        let Some(point) = row.point(&mut bad) else { continue };
        // Few repeats: a list is as fast as a map.
        let place = before.iter().position(|(repeat, _)| *repeat == row.repeat).unwrap_or_else(|| {
            before.push((&row.repeat, 0));
            before.len() - 1
        });
        match point.check(before[place].1) {
            Ok(()) => points.push(point),
            Err(why) => bad.push((row.line, why)),
        }
        before[place].1 = point.concurrency;
    }
    refuse(bad)?;
    if points.is_empty() {
        return Err(Problems::one("", "there is no measurement in it"));
    }
    points.sort_by_key(|point| point.concurrency);
    Ok(points)
}

/// The first of the bad lines, in their order.
fn refuse(mut bad: Bad) -> Result<(), Problems> {
    bad.sort_by_key(|(line, _)| *line);
    let mut problems = Problems::default();
    for (line, why) in bad.iter().take(ERRORS_MAX) {
        problems.error(format!("line {line}"), why);
    }
    if bad.len() > ERRORS_MAX {
        problems.error("", format!("and {} more", bad.len() - ERRORS_MAX));
    }
    if bad.is_empty() { Ok(()) } else { Err(problems) }
}

impl Row {
    fn point(&self, bad: &mut Bad) -> Option<Point> {
        let hint = |text: &str| if text.contains(',') { " (decimals need a point)" } else { "" };
        let concurrency = self
            .concurrency
            .parse::<u32>()
            .map_err(|_| format!("the concurrency must be a whole number from 1, found {}", shown(&self.concurrency)));
        let throughput = self.throughput.parse::<f64>().map_err(|_| {
            format!(
                "the throughput must be a number per second, found {}{}",
                shown(&self.throughput),
                hint(&self.throughput)
            )
        });
        let mut note = |why: String| bad.push((self.line, why));
        let (concurrency, throughput) = (concurrency.map_err(&mut note), throughput.map_err(&mut note));
        Some(Point { concurrency: concurrency.ok()?, throughput: throughput.ok()? })
    }
}

/// The rows of the workload that is asked for, or of the only one.
fn one_workload(rows: Vec<Row>, workload: Option<&str>) -> Result<Vec<Row>, Problems> {
    let mut names: Vec<&str> = Vec::new();
    for row in &rows {
        if !names.contains(&row.workload.as_str()) {
            names.push(&row.workload);
        }
    }
    let all = || names.iter().take(20).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    match workload {
        Some(_) if names.iter().all(|name| name.is_empty()) => {
            Err(Problems::one("--workload", "the file names no workloads: leave it out"))
        }
        Some(name) if !names.contains(&name) => {
            Err(Problems::one("--workload", format!("there is no workload {}; there are {}", shown(name), all())))
        }
        None if names.len() > 1 => Err(Problems::one(
            "",
            format!("has {} workloads, and a fit is of one: choose with --workload; there are {}", names.len(), all()),
        )),
        Some(name) => Ok(rows.into_iter().filter(|row| row.workload == name).collect()),
        None => Ok(rows),
    }
}

/// A run's number of clients stands some lines before its tps.
fn pgbench(text: &str, bad: &mut Bad) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut workload = String::new();
    let mut clients: Option<(u64, &str)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("transaction type:") {
            workload = name.trim().to_owned();
        } else if let Some(count) = line.strip_prefix("number of clients:") {
            no_tps(clients.replace((number, count.trim())), bad);
        } else if let Some(found) = line.strip_prefix("tps =") {
            // Older ones print a second one, with the time for connecting.
            if line.contains("including") {
                continue;
            }
            let throughput = found.split_whitespace().next().unwrap_or_default().to_owned();
            match clients.take() {
                Some((_, count)) => rows.push(Row {
                    line: number,
                    workload: workload.clone(),
                    repeat: String::new(),
                    concurrency: count.to_owned(),
                    throughput,
                }),
                None => bad.push((number, "has a tps without a number of clients before it".into())),
            }
        }
    }
    no_tps(clients, bad);
    rows
}

fn no_tps(clients: Option<(u64, &str)>, bad: &mut Bad) {
    if let Some((number, count)) = clients {
        let count = shown(count);
        bad.push((number, format!("the run with {count} clients has no tps: did it end early?")));
    }
}

/// Where the columns are.
struct Columns {
    concurrency: usize,
    throughput: usize,
    workload: Option<usize>,
    repeat: Option<usize>,
}

/// A table with or without a line that names its columns.
fn table(text: &str, bad: &mut Bad) -> Result<Vec<Row>, Problems> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    if first.is_empty() {
        return Err(Problems::one("", "there is no measurement in it"));
    }
    if first.split([',', ';', '\t', ' ']).next().is_some_and(|field| field.trim().parse::<f64>().is_ok()) {
        return Ok(plain(text, bad));
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(first.as_bytes()))
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|e| Problems::one("line 1", e.to_string()))?.clone();
    let at = format!("line {}", headers.position().map_or(1, csv::Position::line));
    let columns = Columns::of(&headers).map_err(|why| Problems::one(at, why))?;
    let mut rows = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => rows.push(columns.row(&record)),
            Err(e) => bad.push((e.position().map_or(0, csv::Position::line), reason(&e))),
        }
    }
    Ok(rows)
}

impl Columns {
    fn of(headers: &csv::StringRecord) -> Result<Self, String> {
        let names: Vec<String> = headers.iter().map(str::to_ascii_lowercase).collect();
        let place = |known: &[&str]| known.iter().find_map(|name| names.iter().position(|found| found == name));
        match (place(&CONCURRENCY), place(&THROUGHPUT)) {
            (Some(concurrency), Some(throughput)) => {
                Ok(Self { concurrency, throughput, workload: place(&WORKLOAD), repeat: place(&REPEAT) })
            }
            (concurrency, throughput) => {
                let missing = [
                    (concurrency, "a concurrency (clients, connections, users, threads)"),
                    (throughput, "a throughput (tps, qps, rps)"),
                ];
                let missing = missing.iter().filter(|(place, _)| place.is_none()).map(|(_, what)| *what);
                let found = headers.iter().map(shown).take(12).collect::<Vec<_>>().join(", ");
                Err(format!("no column is {}; found {found}", missing.collect::<Vec<_>>().join(", and none ")))
            }
        }
    }

    fn row(&self, record: &csv::StringRecord) -> Row {
        let text = |place: Option<usize>| place.and_then(|n| record.get(n)).unwrap_or_default().to_owned();
        Row {
            line: record.position().map_or(0, csv::Position::line),
            workload: text(self.workload),
            repeat: text(self.repeat),
            concurrency: text(Some(self.concurrency)),
            throughput: text(Some(self.throughput)),
        }
    }
}

/// Two numbers on each line.
fn plain(text: &str, bad: &mut Bad) -> Vec<Row> {
    let mut rows = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.split('#').next().unwrap_or_default();
        let fields: Vec<&str> = content.split([',', ';', '\t', ' ']).filter(|field| !field.is_empty()).collect();
        match fields.as_slice() {
            [] => {}
            [concurrency, throughput] => rows.push(Row {
                line,
                workload: String::new(),
                repeat: String::new(),
                concurrency: (*concurrency).trim().to_owned(),
                throughput: (*throughput).trim().to_owned(),
            }),
            fields => bad.push((
                line,
                format!(
                    "has {} numbers, where a concurrency and a throughput belong; name more columns in a first line",
                    fields.len()
                ),
            )),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str, workload: Option<&str>) -> Vec<(u32, f64)> {
        let points = read(text, workload).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        points.iter().map(|p| (p.concurrency, p.throughput)).collect()
    }

    #[test]
    fn every_spelling_of_a_table_is_read() {
        for text in [
            "clients,tps\n1,10\n2,19.5\n4,30\n",
            "# made on Monday\nTPS;latency;Threads\r\n10;1;1\r\n19.5;1;2\r\n30;1;4\r\n",
            "1 10\n2   19.5\n\n4\t30 # the last\n",
            "1,10\n2, 19.5\n4,30",
            "concurrency\tqps\n1\t10\n2\t19.5\n4\t30\n",
            "repeat,clients,tps\na,1,10\na,4,30\nb,2,19.5\n",
            "\"users\",\"throughput\"\n\"1\",\"10\"\n2,19.5\n4,30\n",
        ] {
            assert_eq!(pairs(text, None), [(1, 10.0), (2, 19.5), (4, 30.0)], "{text:?}");
        }
    }

    /// The output of pgbench 15 and of pgbench 13, which prints two.
    #[test]
    fn what_pgbench_prints_is_read() {
        let run = |kind: &str, clients: u32, tps: &str| {
            format!(
                "pgbench (15.5)\ntransaction type: {kind}\nscaling factor: 100\nquery mode: simple\nnumber of clients: {clients}\n\
                 number of threads: 2\nnumber of transactions actually processed: 5541\nlatency average = 3.6 ms\n\
                 initial connection time = 2.5 ms\n{tps}\n"
            )
        };
        let new = "tps = 554.107868 (without initial connection time)";
        let old = "tps = 550.1 (including connections establishing)\ntps = 564.0 (excluding connections establishing)";
        let text = run("cpu.sql", 2, new) + &run("cpu.sql", 2, new) + &run("cpu.sql", 4, old);
        assert_eq!(pairs(&text, None), [(2, 554.107868), (2, 554.107868), (4, 564.0)]);
        let both = text.clone() + &run("<builtin: select only>", 1, new);
        assert_eq!(pairs(&both, Some("cpu.sql")).len(), 3);
        let said = read(&both, None).unwrap_err().to_string();
        assert!(said.contains("has 2 workloads") && said.contains("\"<builtin: select only>\""), "{said}");
        let broken = run("cpu.sql", 2, "") + &run("cpu.sql", 4, new) + new;
        let said = read(&broken, None).unwrap_err().to_string();
        assert!(said.contains("line 5: the run with \"2\" clients has no tps"), "{said}");
        assert!(said.contains("line 21: has a tps without a number of clients"), "{said}");
    }

    #[test]
    fn workloads_are_told_apart() {
        let text = "workload,clients,tps\nread,1,10\nread,2,20\nwrite,1,5\nwrite,2,9\n";
        assert_eq!(pairs(text, Some("write")), [(1, 5.0), (2, 9.0)]);
        let said = read(text, Some("wrote")).unwrap_err().to_string();
        assert!(said.contains("--workload: there is no workload \"wrote\"; there are \"read\", \"write\""), "{said}");
    }

    #[test]
    fn a_workload_is_not_asked_of_a_file_without() {
        let said = read("1 10\n2 20\n", Some("read")).unwrap_err().to_string();
        assert!(said.contains("the file names no workloads"), "{said}");
    }

    /// Blocks of runs need a column that says so: 1, 2, 4, 1, 2, 4 may as well be two workloads.
    #[test]
    fn repeats_may_come_in_blocks_when_they_are_numbered() {
        let numbered = "run,clients,tps\n1,1,10\n1,2,20\n2,1,11\n2,2,21\n";
        assert_eq!(pairs(numbered, None), [(1, 10.0), (1, 11.0), (2, 20.0), (2, 21.0)]);
        let said = read("clients,tps\n1,10\n2,20\n1,11\n2,21\n", None).unwrap_err().to_string();
        assert!(said.contains("line 4: the concurrency falls from 2 to 1") && said.contains("column repeat"), "{said}");
    }

    #[test]
    fn not_more_than_twenty_lines_are_named() {
        let text = format!("clients,tps\n{}", "x,y\n".repeat(1000));
        assert_eq!(read(&text, None).unwrap_err().problems.len(), ERRORS_MAX + 1);
    }
}
