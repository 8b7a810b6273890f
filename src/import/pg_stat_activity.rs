//! Repeated samples of PostgreSQL's `pg_stat_activity` as CSV: how many sessions do what, whose they are, and how old their
//! transactions are.

use super::durations::Durations;
use super::guard::{Faults, Reader};
use super::measured::{Active, Class, Flow, Given, Hold, Known, Measured, figure, time};
use super::number::{Moment, SECONDS_MAX};
use super::table::{Row, Table};
use crate::problem::{Problems, nearest, plain, shown};
use std::collections::BTreeMap;

/// Names of the column with the moment of a sample.
const AT: [&str; 7] = ["now", "at", "sampled_at", "sample_time", "ts", "time", "clock_timestamp"];
/// Applications that are told apart.
const APPLICATIONS_MAX: usize = 1000;
/// What a session can be doing, as PostgreSQL writes it.
const STATES: [&str; 6] =
    ["active", "idle", "idle in transaction", "idle in transaction (aborted)", "fastpath function call", "disabled"];

/// Sessions by what they do, in one sample or in all.
#[derive(Clone, Copy, Default)]
struct Count {
    active: u64,
    open: u64,
    idle: u64,
    locked: u64,
}

impl Count {
    fn all(self) -> u64 {
        self.active + self.open + self.idle
    }
}

#[derive(Default)]
struct Samples {
    count: u64,
    first: Option<Moment>,
    last: Option<Moment>,
    /// Of the sample that is being read.
    now: Count,
    total: Count,
    /// The most sessions of a sample, and the most that were busy.
    most: (u64, u64),
    applications: BTreeMap<String, Count>,
    ages: Durations,
    others: u64,
    stateless: u64,
}

/// Read samples, one after the other in time: `select now(), * from pg_stat_activity` again and again.
///
/// Busy connections are known, as the mean number of sessions that are active or idle in transaction. Rate and hold are not: the
/// samples give their product. Without [`Given::rate`] or [`Given::hold`] the mean age of transactions stands in for the mean
/// hold, which is right if holds are exponential and too long if they vary more.
///
/// # Errors
/// Every line that can not be read, with its number; columns that are missing; no busy session in any sample.
pub fn read(input: Reader<'_>, given: &Given) -> Result<Measured, Problems> {
    let mut table = Table::open(input)?;
    let way_out = "sample with: \\copy (select now(), * from pg_stat_activity) to 'activity.csv' with csv header";
    table.require(&["state"], way_out)?;
    let Some(at) = table.column(&AT) else {
        let why =
            format!("no column is the moment of the sample ({}); found {} ({way_out})", AT.join(", "), table.names());
        return Err(Problems::one("line 1", why));
    };
    let columns = Columns {
        at,
        state: table.column(&["state"]),
        kind: table.column(&["backend_type"]),
        wait: table.column(&["wait_event_type"]),
        began: table.column(&["xact_start"]),
        application: table.column(&["application_name"]),
    };
    let mut faults = Faults::default();
    let mut samples = Samples::default();
    while let Some(row) = table.next(&mut faults) {
        columns.session(&row, &mut samples, &mut faults);
    }
    samples.end_sample();
    if faults.is_empty() && samples.count == 0 {
        faults.add(None, "there is no sample in it: is the export empty?");
    } else if faults.is_empty() && samples.total.active + samples.total.open == 0 {
        let why = format!(
            "in {} samples no session is active or in a transaction: sample a busier hour, or more often",
            samples.count
        );
        faults.add(None, why);
    }
    faults.finish()?;
    Ok(samples.measured(given))
}

struct Columns {
    at: usize,
    state: Option<usize>,
    kind: Option<usize>,
    wait: Option<usize>,
    began: Option<usize>,
    application: Option<usize>,
}

impl Columns {
    fn session(&self, row: &Row<'_>, samples: &mut Samples, faults: &mut Faults) {
        let moment = |name: &str, text: &str| Moment::parse(text).map_err(|why| format!("{name} {why}"));
        // A file that grew by `>>` has its first line again and again.
        if row.text(self.state) == "state" {
            return;
        }
        let Some(now) = faults.keep(row.line, moment("the moment of the sample", row.text(Some(self.at)))) else {
            return;
        };
        match samples.last {
            Some(last) if now < last => {
                let why = format!(
                    "the sample of {} is earlier than the one before: put the samples in order of time",
                    shown(row.text(Some(self.at)))
                );
                return faults.line(row.line, why);
            }
            Some(last) if now == last => {}
            _ => samples.begin(now),
        }
        if self.kind.is_some() && row.text(self.kind) != "client backend" {
            samples.others += 1;
            return;
        }
        let state = row.text(self.state);
        let count = match state {
            "active" | "fastpath function call" => {
                let locked = u64::from(row.text(self.wait) == "Lock");
                Count { active: 1, locked, ..Count::default() }
            }
            "idle" => Count { idle: 1, ..Count::default() },
            "idle in transaction" | "idle in transaction (aborted)" => Count { open: 1, ..Count::default() },
            "" | "disabled" => {
                samples.stateless += 1;
                return;
            }
            _ => {
                let meant = nearest(state, STATES).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
                return faults.line(
                    row.line,
                    format!("no state is called {}{meant} (known: {})", shown(state), STATES.join(", ")),
                );
            }
        };
        if count.idle == 0 && !row.text(self.began).is_empty() {
            let began = faults.keep(row.line, moment("xact_start", row.text(self.began)));
            // Clocks of a statement and of the sampling transaction may cross by a little.
            if let Some(began) = began {
                samples.ages.record(now.since(began).clamp(0.0, SECONDS_MAX));
            }
        }
        samples.add(count, row.text(self.application));
    }
}

impl Samples {
    fn begin(&mut self, now: Moment) {
        self.end_sample();
        self.first.get_or_insert(now);
        self.last = Some(now);
        self.count += 1;
    }

    fn end_sample(&mut self) {
        let busy = self.now.active + self.now.open;
        self.most = (self.most.0.max(self.now.all()), self.most.1.max(busy));
        self.now = Count::default();
    }

    fn add(&mut self, count: Count, application: &str) {
        let room = self.applications.len() < APPLICATIONS_MAX;
        let name = if room || self.applications.contains_key(application) { application } else { "others" };
        let place = self.applications.entry(name.to_owned()).or_default();
        for sum in [place, &mut self.now, &mut self.total] {
            sum.active += count.active;
            sum.open += count.open;
            sum.idle += count.idle;
            sum.locked += count.locked;
        }
    }

    fn measured(self, given: &Given) -> Measured {
        let n = self.count as f64;
        let busy = (self.total.active + self.total.open) as f64 / n;
        let mut measured = Measured {
            name: "pg_stat_activity".into(),
            way_out: "from pg_stat_database: the growth of xact_commit + xact_rollback over the time between two looks"
                .into(),
            ..Measured::default()
        };
        self.say_what_was_used(&mut measured);
        measured.unknown = vec![
            "rate and hold apart: the samples give their product, the busy connections".into(),
            "how long the application keeps a connection outside a transaction: such a session is idle here and busy in its pool"
                .into(),
            format!(
                "the size of the pools, how many there are, and max_connections: {} is the most sessions of a sample",
                self.most.0
            ),
        ];
        let size = Known::assumed(self.most.0 as f64, "the most sessions of one sample, as if one pool had them all");
        let mut flow = Flow {
            name: "all".into(),
            active: Some(Active { mean: busy, looks: Some(self.count) }),
            idle: Some(self.total.idle as f64 / n),
            max: Some(size),
            ..Flow::default()
        };
        if given.rate.is_none() && given.hold.is_none() && self.ages.mean() > 0.0 {
            let mean = self.ages.mean();
            let class = Class { name: "all".into(), weight: 1, hold: Hold::of_mean(mean) };
            let why = "the mean age of sampled transactions, as if holds were exponential";
            flow.classes = Some(Known::assumed(vec![class], why));
            measured.cautions.push(format!(
                "the mean age of transactions, {}, stands in for the mean hold. Long transactions are sampled more often, so holds \
                 that vary more than an exponential are shorter, and the rate is higher. Give --rate ({})",
                time(mean),
                measured.way_out
            ));
        }
        measured.flows = vec![flow];
        measured
    }

    fn say_what_was_used(&self, measured: &mut Measured) {
        let n = self.count as f64;
        let mean = |count: u64| figure(count as f64 / n);
        let share = |count: u64| format!("{:.0} %", 100.0 * count as f64 / self.total.all() as f64);
        let over = self.first.zip(self.last).map_or(0.0, |(first, last)| last.since(first));
        measured.used.push(format!(
            "{} samples over {}: in the mean {} sessions active ({}), {} idle in transaction ({}), {} idle ({})",
            self.count,
            time(over),
            mean(self.total.active),
            share(self.total.active),
            mean(self.total.open),
            share(self.total.open),
            mean(self.total.idle),
            share(self.total.idle)
        ));
        measured.used.push(format!(
            "at most {} busy sessions in a sample; {} waited for a lock in the mean",
            self.most.1,
            mean(self.total.locked)
        ));
        let mut applications: Vec<_> = self.applications.iter().collect();
        applications.sort_by_key(|(_, count)| std::cmp::Reverse(count.all()));
        let list = applications.iter().take(8).map(|(name, count)| {
            let name = if name.is_empty() { "without a name".into() } else { shown(&plain(name)) };
            format!("{name} {}, {} of them busy", mean(count.all()), mean(count.active + count.open))
        });
        measured.used.push(format!("sessions by application: {}", list.collect::<Vec<_>>().join("; ")));
        if self.ages.count() > 0 {
            let p90 = self.ages.quantile(900).map_or(String::new(), |age| format!(", p90 {}", time(age)));
            measured.used.push(format!(
                "ages of {} open transactions: mean {}{p90}, at most {}",
                self.ages.count(),
                time(self.ages.mean()),
                time(self.ages.most())
            ));
        }
        if self.total.open > self.total.active {
            measured.cautions.push(
                "more sessions are idle in transaction than active: the application holds connections while it does something \
                 else, which no database setting mends"
                    .into(),
            );
        }
        if self.others > 0 {
            measured.left_out.push(format!("{} rows of the server's own processes", self.others));
        }
        if self.stateless > 0 {
            measured.left_out.push(format!(
                "{} rows without a state: another user's, unless the sampling role has pg_read_all_stats",
                self.stateless
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "now,datname,application_name,xact_start,state_change,wait_event_type,state,backend_type\n";

    fn read(rows: &str, given: &Given) -> Result<Measured, Problems> {
        super::read(Box::new(std::io::Cursor::new(format!("{HEAD}{rows}"))), given)
    }

    fn samples() -> String {
        let mut rows = String::new();
        for second in 0..10 {
            let at = format!("2026-01-05 12:00:0{second}+00");
            rows += &format!("{at},a,web,2026-01-05 11:59:59.9+00,,Lock,active,client backend\n");
            rows += &format!("{at},a,web,2026-01-05 11:59:59+00,,Client,idle in transaction,client backend\n");
            rows += &format!("{at},a,jobs,,,Client,idle,client backend\n{at},,,,,,,checkpointer\n");
        }
        rows
    }

    #[test]
    fn sessions_are_counted_by_what_they_do() {
        let measured = read(&samples(), &Given::default()).unwrap();
        let flow = &measured.flows[0];
        assert_eq!(flow.active, Some(Active { mean: 2.0, looks: Some(10) }));
        assert_eq!((flow.idle, flow.max.as_ref().unwrap().value), (Some(1.0), 3.0));
        // Ages of 0.1 s and 1 s, and as many seconds more as the sample is later.
        assert!((flow.hold().unwrap() - 5.05).abs() < 1e-6);
        let said = measured.used.join("\n");
        for part in
            ["10 samples over 9s", "1 sessions active (33 %)", "1 waited for a lock", "\"web\" 2, 2 of them busy"]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert_eq!(measured.left_out, ["10 rows of the server's own processes"]);
    }

    #[test]
    fn busy_connections_and_a_rate_give_the_hold() {
        let given = Given { rate: Some(100.0), ..Given::default() };
        let imported = read(&samples(), &given).unwrap().scenario(&given).unwrap();
        assert_eq!(imported.scenario.query[0].hold.as_ref().unwrap().to_string(), "exponential(mean=20ms)");
        let given = Given { hold: Some("deterministic(10ms)".into()), ..Given::default() };
        let imported = read(&samples(), &given).unwrap().scenario(&given).unwrap();
        assert_eq!(imported.scenario.traffic.sources()[0].rate.as_ref().unwrap().to_string(), "200.00/s");
    }
}
