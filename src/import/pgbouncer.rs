//! What PgBouncer's console shows, pasted: `SHOW POOLS`, `SHOW STATS`, and where they are there `SHOW DATABASES` and `SHOW CONFIG`.
//! Tables are read as psql prints them, aligned, unaligned or as CSV, and by the names of their columns, which grew with versions.

use super::guard::{Faults, Lines, Reader};
use super::measured::{Active, Class, Flow, Given, Hold, Known, Measured, figure, time};
use super::number::number;
use crate::problem::{Problems, plain, shown};
use std::collections::BTreeMap;

/// What `pool_size` is where nobody says it.
const DEFAULT_SIZE: f64 = 20.0;
/// Rows that are kept of each table: PgBouncer has no more pools than it has connections.
const ROWS_MAX: usize = 100_000;
/// The columns that are needed of each table, its first one, and one that only it has.
const TABLES: [(Table, &str, &str, &[&str]); 5] = [
    (Table::Pools, "database", "cl_active", &["user", "cl_waiting", "sv_active"]),
    (
        Table::Stats,
        "database",
        "avg_xact_time",
        &["total_xact_count", "total_xact_time", "total_wait_time", "avg_xact_count"],
    ),
    (Table::Old, "database", "total_requests", &[]),
    (Table::Databases, "name", "pool_size", &[]),
    (Table::Config, "key", "value", &[]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Pools,
    Stats,
    /// `SHOW STATS` before PgBouncer 1.8.
    Old,
    Databases,
    Config,
}

/// The numbers of a pool, summed over the times that it was shown.
#[derive(Clone, Debug, Default)]
struct Pool {
    looks: u64,
    busy: f64,
    idle: f64,
    waiting: f64,
    clients: f64,
    mode: String,
}

/// A database's counters: times in microseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Stat {
    line: u64,
    xacts: f64,
    xact_time: f64,
    queries: f64,
    query_time: f64,
    wait_time: f64,
    avg_xacts: f64,
    avg_xact_time: f64,
    avg_wait_time: f64,
}

#[derive(Default)]
struct Shown {
    pools: BTreeMap<(String, String), Pool>,
    /// One for each `SHOW STATS`, with the file that it was in.
    stats: Vec<(String, BTreeMap<String, Stat>)>,
    sizes: BTreeMap<String, f64>,
    default_size: Option<f64>,
    mode: Option<String>,
}

/// The table that is being read.
struct Head {
    table: Table,
    columns: Vec<String>,
    separator: char,
}

/// Read what was pasted, in one file or several.
///
/// Two `SHOW STATS` give the rate and means of the time between them, which [`Given::observed`] says; one gives PgBouncer's own
/// means of its last `stats_period`. A pool is of one database and one user; counters are of a database, so where several users
/// share one, they are split as their servers are.
///
/// # Errors
/// Rows and numbers that can not be read, with their lines; tables without the columns that are needed; counters that fell.
pub fn read(sources: Vec<(String, Reader<'_>)>, given: &Given) -> Result<Measured, Problems> {
    let mut shown = Shown::default();
    for (name, text) in sources {
        let mut faults = Faults::default();
        shown.read(&name, text, &mut faults);
        faults.finish().map_err(|e| e.in_file(name.as_ref()))?;
    }
    if shown.pools.is_empty() && shown.stats.is_empty() {
        return Err(Problems::one(
            "",
            "there is no table of SHOW POOLS or SHOW STATS in it: paste them with the line of column names, as psql prints them",
        ));
    }
    shown.measured(given)
}

impl Shown {
    fn read(&mut self, file: &str, text: Reader<'_>, faults: &mut Faults) {
        let mut lines = Lines::new(text);
        let mut head: Option<Head> = None;
        // Rows below names that can not be read say nothing more.
        let mut refused = false;
        while let Some((number, line)) = lines.next(faults) {
            let line = line.trim();
            let ruled = !line.is_empty() && line.chars().all(|c| matches!(c, '-' | '+' | '|' | '='));
            let counted = line.starts_with('(') && line.ends_with(" rows)") || line == "(1 row)";
            if line.is_empty() || counted {
                (head, refused) = (None, false);
                continue;
            }
            if ruled {
                continue;
            }
            if line.starts_with("-[ RECORD") {
                faults.line(number, "is psql's expanded output, which is not read: switch it off with \\x off");
                return;
            }
            match begin(line) {
                Ok(Some(found)) => {
                    if found.table == Table::Stats {
                        self.stats.push((file.to_owned(), BTreeMap::new()));
                    }
                    head = Some(found);
                }
                Ok(None) => {
                    if let Some(head) = &head {
                        self.row(head, number, line, faults);
                    } else if line.contains('|') && !refused {
                        let why = format!(
                            "is a row of no table: the line of column names is missing before {}",
                            crate::problem::shown(line)
                        );
                        faults.line(number, why);
                    }
                }
                Err(why) => {
                    (head, refused) = (None, true);
                    faults.line(number, why);
                }
            }
        }
    }

    fn row(&mut self, head: &Head, line: u64, text: &str, faults: &mut Faults) {
        let fields: Vec<&str> = text.split(head.separator).map(str::trim).collect();
        if fields.len() != head.columns.len() {
            let why = format!(
                "has {} fields, and the line of column names has {}: was the paste cut off?",
                fields.len(),
                head.columns.len()
            );
            return faults.line(line, why);
        }
        let text = |name: &str| head.columns.iter().position(|c| c == name).map_or("", |n| fields[n]);
        let mut figure = |name: &str| match text(name) {
            "" => 0.0,
            found => faults.keep(line, number(name, found)).unwrap_or(0.0),
        };
        match head.table {
            Table::Pools if self.pools.len() < ROWS_MAX && text("database") != "pgbouncer" => {
                let pool = self.pools.entry((plain(text("database")), plain(text("user")))).or_default();
                pool.looks += 1;
                pool.busy += figure("sv_active") + figure("sv_active_cancel");
                pool.idle += figure("sv_idle") + figure("sv_used") + figure("sv_tested");
                pool.waiting += figure("cl_waiting");
                pool.clients += figure("cl_active");
                pool.mode = text("pool_mode").to_owned();
            }
            Table::Stats if text("database") != "pgbouncer" => {
                let stat = Stat {
                    line,
                    xacts: figure("total_xact_count"),
                    xact_time: figure("total_xact_time"),
                    queries: figure("total_query_count"),
                    query_time: figure("total_query_time"),
                    wait_time: figure("total_wait_time"),
                    avg_xacts: figure("avg_xact_count"),
                    avg_xact_time: figure("avg_xact_time"),
                    avg_wait_time: figure("avg_wait_time"),
                };
                if let Some((_, table)) = self.stats.last_mut().filter(|(_, table)| table.len() < ROWS_MAX) {
                    table.insert(plain(text("database")), stat);
                }
            }
            Table::Databases if self.sizes.len() < ROWS_MAX && text("name") != "pgbouncer" => {
                let size = figure("pool_size");
                self.sizes.insert(plain(text("name")), size);
            }
            Table::Config => match text("key") {
                "default_pool_size" => self.default_size = Some(figure("value")),
                "pool_mode" => self.mode = Some(text("value").to_owned()),
                _ => {}
            },
            _ => {}
        }
    }

    /// Counters of a database: how many, how many microseconds, and how many waited; with the rate if it is known.
    fn counted(&self, database: &str, mode: &str, given: &Given) -> Option<Counted> {
        let (_, last) = self.stats.last()?;
        let now = last.get(database)?;
        let (_, first) = self.stats.first()?;
        if self.stats.len() == 1 && given.observed.is_none() {
            let why =
                format!("PgBouncer's avg_xact_count, the mean of its last stats_period: {}/s", figure(now.avg_xacts));
            return Some(Counted {
                rate: Some(Known::read(now.avg_xacts, why)),
                hold: now.avg_xact_time / 1e6,
                // The time waited per second, over those who came.
                wait: if now.avg_xacts > 0.0 { Some(now.avg_wait_time / now.avg_xacts / 1e6) } else { None },
            });
        }
        let before =
            if self.stats.len() == 1 { Stat::default() } else { first.get(database).copied().unwrap_or_default() };
        let (count, time_held) = match mode {
            "statement" => (now.queries - before.queries, now.query_time - before.query_time),
            _ => (now.xacts - before.xacts, now.xact_time - before.xact_time),
        };
        let rate = given.observed.map(|observed| {
            let why = format!("{} transactions in {observed}", figure(count));
            Known::derived(count / observed.seconds(), why)
        });
        let mean = |sum: f64| if count > 0.0 { sum / count / 1e6 } else { 0.0 };
        Some(Counted { rate, hold: mean(time_held), wait: Some(mean(now.wait_time - before.wait_time)) })
    }

    fn check(&self, given: &Given) -> Result<(), Problems> {
        let (Some((_, first)), Some((file, last))) = (self.stats.first(), self.stats.last()) else { return Ok(()) };
        let mut problems = Problems::default();
        if self.stats.len() > 1 && given.observed.is_none() {
            let why =
                "the tables of SHOW STATS do not say how far apart they are: give --observed, e.g. --observed 60s";
            problems.error("", why);
        }
        for (database, now) in last {
            let before = first.get(database).copied().unwrap_or_default();
            let pairs = [
                ("total_xact_count", before.xacts, now.xacts),
                ("total_xact_time", before.xact_time, now.xact_time),
                ("total_wait_time", before.wait_time, now.wait_time),
            ];
            if let Some((name, before, now_value)) = pairs.into_iter().find(|(_, before, now)| now < before) {
                let why = format!(
                    "{name} of {} fell from {before} to {now_value}: PgBouncer restarted between the two, or the later one came first",
                    shown(database)
                );
                problems.error(format!("{file}: line {}", now.line), why);
            }
        }
        if problems.can_run() { Ok(()) } else { Err(problems) }
    }

    fn measured(self, given: &Given) -> Result<Measured, Problems> {
        self.check(given)?;
        let mut measured =
            Measured { name: "PgBouncer".into(), way_out: "SHOW STATS has both".into(), ..Measured::default() };
        let mut keys: Vec<(String, String)> = self.pools.keys().cloned().collect();
        // A database without a pool on show still has counters.
        for database in self.stats.last().into_iter().flat_map(|(_, table)| table.keys()) {
            if !keys.iter().any(|(known, _)| known == database) {
                keys.push((database.clone(), String::new()));
            }
        }
        let mut split = false;
        for (database, user) in &keys {
            let pool = self.pools.get(&(database.clone(), user.clone()));
            let share = self.share(database, user);
            split |= share < 1.0;
            measured.flows.push(self.flow(database, user, pool, share, given));
        }
        self.say(split, given, &mut measured);
        Ok(measured)
    }

    /// The part of a database's load that is this user's: as many servers as it has, or clients, or alike.
    fn share(&self, database: &str, user: &str) -> f64 {
        let of_database: Vec<_> = self.pools.iter().filter(|((name, _), _)| name == database).collect();
        if of_database.len() < 2 {
            return 1.0;
        }
        let part = |value: fn(&Pool) -> f64| {
            let sum: f64 = of_database.iter().map(|(_, pool)| value(pool)).sum();
            let own: f64 = of_database.iter().filter(|((_, name), _)| name == user).map(|(_, pool)| value(pool)).sum();
            (sum > 0.0).then(|| own / sum)
        };
        part(|pool| pool.busy).or_else(|| part(|pool| pool.clients)).unwrap_or(1.0 / of_database.len() as f64)
    }

    fn flow(&self, database: &str, user: &str, pool: Option<&Pool>, share: f64, given: &Given) -> Flow {
        let mode = pool.map(|pool| pool.mode.as_str()).filter(|mode| !mode.is_empty()).or(self.mode.as_deref());
        let counted = self.counted(database, mode.unwrap_or("transaction"), given);
        let mean = |value: fn(&Pool) -> f64| pool.map(|pool| value(pool) / pool.looks as f64);
        let classes = counted.as_ref().filter(|counted| counted.hold > 0.0).map(|counted| {
            let class = Class { name: "all".into(), weight: 1, hold: Hold::of_mean(counted.hold) };
            Known::derived(vec![class], "xact_time over xact_count; the exponential shape is assumed")
        });
        let rate = counted
            .as_ref()
            .and_then(|counted| counted.rate.clone())
            .map(|rate| Known { value: rate.value * share, ..rate });
        let size = self.sizes.get(database).map(|size| Known::read(*size, "pool_size of SHOW DATABASES"));
        let default = || match self.default_size {
            Some(size) => Known::read(size, "default_pool_size of SHOW CONFIG"),
            None => Known::assumed(DEFAULT_SIZE, "PgBouncer's default; SHOW DATABASES has pool_size"),
        };
        Flow {
            name: if user.is_empty() { database.to_owned() } else { format!("{database}/{user}") },
            rate,
            classes,
            wait: counted.and_then(|counted| counted.wait),
            active: pool.map(|pool| Active { mean: pool.busy / pool.looks as f64, looks: Some(pool.looks) }),
            idle: mean(|pool| pool.idle),
            pending: mean(|pool| pool.waiting),
            max: Some(size.unwrap_or_else(default)),
        }
    }

    fn say(&self, split: bool, given: &Given, measured: &mut Measured) {
        for flow in &measured.flows {
            let part = |name: &str, value: Option<String>| value.map(|value| format!("{name} {value}"));
            let parts = [
                part("rate", flow.rate.as_ref().map(|rate| format!("{}/s", figure(rate.value)))),
                part("mean transaction", flow.hold().map(time)),
                part("mean wait", flow.wait.map(time)),
                part("busy servers", flow.active.as_ref().map(|active| figure(active.mean))),
                part("waiting clients", flow.pending.map(figure)),
            ];
            measured.used.push(format!(
                "{}: {}",
                flow.name,
                parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
            ));
        }
        measured
            .unknown
            .push("the shape of the holds: PgBouncer counts their sum; an exponential of their mean stands in".into());
        measured.unknown.push("the peak: set traffic.rate to that of your busiest minute".into());
        if split {
            measured.unknown.push(
                "rate and hold of each user: SHOW STATS counts by database; users of one database share its rate as they share its servers"
                    .into(),
            );
        }
        if self.stats.len() == 1 && given.observed.is_some() {
            measured
                .cautions
                .push("with one SHOW STATS, --observed is taken as the time since PgBouncer started".into());
        }
        let mut modes = self.pools.values().map(|pool| pool.mode.as_str()).chain(self.mode.as_deref());
        if modes.any(|mode| mode == "session") {
            measured.cautions.push(
                "pool_mode is session: a client keeps its server from connecting to leaving, so the hold is longer than its \
                 transactions, and the size that is needed is the number of clients"
                    .into(),
            );
        } else if self.pools.is_empty() && self.mode.is_none() {
            measured.cautions.push("pool_mode is not on show: it is taken as transaction".into());
        }
    }
}

/// What the counters of a database say.
struct Counted {
    rate: Option<Known<f64>>,
    /// Seconds; 0 where nothing was counted.
    hold: f64,
    wait: Option<f64>,
}

/// The table that a line of column names begins, if it is one.
fn begin(line: &str) -> Result<Option<Head>, String> {
    let separator = if line.contains('|') { '|' } else { ',' };
    let columns: Vec<String> = line.split(separator).map(|name| name.trim().to_ascii_lowercase()).collect();
    let has = |name: &str| columns.iter().any(|column| column == name);
    if columns.len() < 2 {
        return Ok(None);
    }
    let found = TABLES.iter().find(|(_, first, only, _)| columns[0] == *first && has(only));
    let Some((table, .., needed)) = found else {
        let known = matches!(columns[0].as_str(), "database" | "name")
            && columns.iter().all(|name| name.parse::<f64>().is_err());
        return if known && columns.len() > 3 {
            Err(format!(
                "is no table that is known here: SHOW POOLS has cl_active, SHOW STATS avg_xact_time, SHOW DATABASES pool_size; found {}",
                columns.iter().take(12).map(|name| shown(name)).collect::<Vec<_>>().join(", ")
            ))
        } else {
            Ok(None)
        };
    };
    if *table == Table::Old {
        return Err(
            "is SHOW STATS of PgBouncer 1.7 or before, which does not count transactions: use 1.8 or later".into()
        );
    }
    let missing: Vec<_> = needed.iter().filter(|name| !has(name)).copied().collect();
    if !missing.is_empty() {
        return Err(format!(
            "lacks the columns {} of SHOW {}: was the paste cut off at the right?",
            missing.join(", "),
            if *table == Table::Pools { "POOLS" } else { "STATS" }
        ));
    }
    Ok(Some(Head { table: *table, columns, separator }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    const POOLS: &str = "pgbouncer=# show pools;\n database | user | cl_active | cl_waiting | sv_active | sv_idle | sv_used | maxwait | pool_mode\n\
        ----------+------+-----------+------------+-----------+---------+---------+---------+-------------\n \
        shop     | app  |        30 |          2 |         9 |       1 |       0 |       0 | transaction\n \
        shop     | jobs |         3 |          0 |         1 |       1 |       0 |       0 | transaction\n \
        pgbouncer | pgbouncer | 1 | 0 | 0 | 0 | 0 | 0 | statement\n(3 rows)\n\n";

    fn stats(xacts: u64, micros: u64, waited: u64) -> String {
        format!(
            "database|total_xact_count|total_query_count|total_xact_time|total_query_time|total_wait_time|avg_xact_count|avg_xact_time|avg_wait_time\n\
             shop|{xacts}|{xacts}|{micros}|{micros}|{waited}|100|50000|200000\n(1 row)\n"
        )
    }

    fn read(texts: &[&str], given: &Given) -> Result<Measured, Problems> {
        let source = |text: &&str| {
            let reader: Reader<'static> = Box::new(std::io::Cursor::new((*text).to_owned()));
            ("a".to_owned(), reader)
        };
        super::read(texts.iter().map(source).collect(), given)
    }

    #[test]
    fn one_table_gives_the_means_of_pgbouncer() {
        let measured = read(&[POOLS, &stats(1, 1, 1)], &Given::default()).unwrap();
        let by_name: BTreeMap<_, _> = measured.flows.iter().map(|flow| (flow.name.as_str(), flow)).collect();
        let app = by_name["shop/app"];
        assert_eq!(app.rate.as_ref().unwrap().value, 90.0);
        assert_eq!((app.hold(), app.wait, app.pending), (Some(0.05), Some(0.002), Some(2.0)));
        assert_eq!(by_name["shop/jobs"].rate.as_ref().unwrap().value, 10.0);
        assert!(measured.unknown.iter().any(|said| said.contains("as they share its servers")));
        let imported = measured.scenario(&Given::default()).unwrap();
        assert!(imported.notes.iter().any(|note| note.contains("shop/app: Little's law")), "{:?}", imported.notes);
    }

    #[test]
    fn two_tables_give_those_of_the_time_between() {
        let given = Given { observed: Some(Span::from_seconds(60.0)), ..Given::default() };
        let (first, second) = (stats(1000, 10_000_000, 0), stats(7000, 130_000_000, 6_000_000));
        let measured = read(&[&first, &second], &given).unwrap();
        let flow = &measured.flows[0];
        assert_eq!(flow.rate.as_ref().unwrap().value, 100.0);
        assert_eq!((flow.hold(), flow.wait), (Some(0.02), Some(0.001)));
        let said = read(&[&first, &second], &Given::default()).unwrap_err().to_string();
        assert!(said.contains("give --observed"), "{said}");
        let said = read(&[&second, &stats(10, 100, 0)], &given).unwrap_err().to_string();
        assert!(said.contains("a: line 2: total_xact_count of \"shop\" fell from 7000 to 10"), "{said}");
    }
}
