//! Scrapes of pools in Prometheus' text format: HikariCP by Micrometer and by its own collector, OpenTelemetry's new and old names,
//! Go's `database/sql`, `pgbouncer_exporter`.

use super::exposition::{
    Active, HoldBucket, HoldCount, HoldQuantile, HoldSum, Idle, Labels, Max, Pending, PoolerMax, PoolerServers,
    PoolerWaitTime, PoolerWaiting, PoolerXactTime, PoolerXacts, Scrape, Timeouts, Value, WaitCount, WaitSum, Waited,
    What, scrape, written,
};
use super::guard::Reader;
use super::measured::{Active as Busy, Class, Flow, Given, Hold, Known, Measured, figure, time};
use crate::problem::{Problems, plain};
use crate::units::Span;
use crate::workload::Distribution;
use std::collections::{BTreeMap, BTreeSet};

/// What a pool is called, by the labels of the exporters.
const NAMES: [&str; 7] = [
    "pool",
    "db_client_connection_pool_name",
    "db_client_connections_pool_name",
    "pool_name",
    "db_name",
    "database",
    "name",
];
/// The same numbers, by the names of a pool in the application and of a pooler.
struct Names {
    active: What,
    pending: What,
    max: What,
    count: What,
    hold: What,
    wait: What,
}

const APPLICATION: Names =
    Names { active: Active, pending: Pending, max: Max, count: HoldCount, hold: HoldSum, wait: WaitSum };
const POOLER: Names = Names {
    active: PoolerServers,
    pending: PoolerWaiting,
    max: PoolerMax,
    count: PoolerXacts,
    hold: PoolerXactTime,
    wait: PoolerWaitTime,
};
const OF_BOTH: [What; 4] = [Idle, Timeouts, WaitCount, HoldBucket];

impl Names {
    fn all(&self) -> [What; 6] {
        [self.active, self.pending, self.max, self.count, self.hold, self.wait]
    }
}

/// Read one scrape, or two of the same instances, the earlier first, each with its name.
///
/// Two scrapes give the rate over the time between them ([`Given::observed`], or moments in the files) and means of that time; buckets
/// become a histogram. One scrape gives means since the processes started, and no rate; busy connections over the mean hold stand
/// in for it.
///
/// # Errors
/// Lines that are no samples; counters that are negative, or lower in the second scrape than in the first, with their lines; no metric
/// of a pool.
pub fn read(
    first: (&str, Reader<'_>),
    second: Option<(&str, Reader<'_>)>,
    given: &Given,
) -> Result<Measured, Problems> {
    let named = |(name, text): (&str, Reader<'_>)| scrape(text).map_err(|e| e.in_file(name.as_ref()));
    let later_name = second.as_ref().map_or(first.0, |(name, _)| name).to_owned();
    let earlier = named(first)?;
    let later = second.map(named).transpose()?;
    let pair = Pair::new(earlier, later, given).map_err(|e| e.in_file(later_name.as_ref()))?;
    pair.measured().map_err(|e| e.in_file(later_name.as_ref()))
}

/// One scrape, or what has grown from one to the next.
struct Pair {
    now: Scrape,
    before: Option<Scrape>,
    seconds: Option<f64>,
}

impl Pair {
    fn new(earlier: Scrape, later: Option<Scrape>, given: &Given) -> Result<Self, Problems> {
        let given = given.observed.map(Span::seconds);
        let Some(later) = later else {
            return Ok(Self { now: earlier, before: None, seconds: given });
        };
        let told = later.at.zip(earlier.at).map(|(later, earlier)| (later - earlier) / 1000.0);
        let seconds = given.or(told);
        let mut problems = Problems::default();
        match seconds {
            None => problems
                .error("", "the scrapes do not say how far apart they are: give --observed, e.g. --observed 60s"),
            Some(seconds) if seconds <= 0.0 => {
                problems.error("", "the second scrape is not later than the first: give the earlier one first");
            }
            Some(_) => {}
        }
        let counters =
            [HoldSum, HoldCount, HoldBucket, WaitSum, WaitCount, Waited, Timeouts, PoolerXacts, PoolerXactTime];
        let mut fallen = Vec::new();
        for what in counters.into_iter().chain([PoolerWaitTime]) {
            for (labels, now) in later.of(what) {
                let before = earlier.get(what, labels).unwrap_or_default();
                if now.value < before.value {
                    let why = format!(
                        "a counter fell from {} to {} ({}): its process restarted between the scrapes; take both after it",
                        before.value,
                        now.value,
                        plain(&written(labels))
                    );
                    fallen.push((now.line, why));
                }
            }
        }
        fallen.sort();
        for (line, why) in fallen.into_iter().take(20) {
            problems.error(format!("line {line}"), why);
        }
        if problems.can_run() { Ok(Self { now: later, before: Some(earlier), seconds }) } else { Err(problems) }
    }

    /// By how much the counters of a pool have grown; `None` where there is none.
    fn grown(&self, what: What, pool: &str) -> Option<f64> {
        let before = |labels| self.before.as_ref().and_then(|scrape| scrape.get(what, labels)).unwrap_or_default();
        self.of(what, pool).map(|(labels, now)| now.value - before(labels).value).reduce(|a, b| a + b)
    }

    /// The gauges of a pool, in the mean of the scrapes.
    fn level(&self, what: What, pool: &str) -> Option<f64> {
        let sum = |scrape: &Scrape| {
            let of_pool = scrape.of(what).filter(|(labels, _)| name_of(labels, what) == pool);
            of_pool.map(|(_, value)| value.value).reduce(|a, b| a + b)
        };
        let levels: Vec<f64> = [Some(&self.now), self.before.as_ref()].into_iter().flatten().filter_map(sum).collect();
        if levels.is_empty() { None } else { Some(levels.iter().sum::<f64>() / levels.len() as f64) }
    }

    fn of<'a>(&'a self, what: What, pool: &'a str) -> impl Iterator<Item = (&'a Labels, Value)> {
        self.now.of(what).filter(move |(labels, _)| name_of(labels, what) == pool)
    }

    fn measured(&self) -> Result<Measured, Problems> {
        let pools = |names: &Names| -> BTreeSet<String> {
            let all = names.all();
            let found =
                all.into_iter().flat_map(|what| self.now.of(what).map(move |(labels, _)| name_of(labels, what)));
            found.map(str::to_owned).collect()
        };
        let mut measured = Measured { name: "scraped pools".into(), ..Measured::default() };
        let own = pools(&APPLICATION);
        let (names, found) = if own.is_empty() {
            let mut poolers = pools(&POOLER);
            // Its own console is no pool.
            poolers.remove("pgbouncer");
            (&POOLER, poolers)
        } else {
            (&APPLICATION, own)
        };
        if found.is_empty() {
            return Err(Problems::one(
                "",
                "has no metric of a pool (HikariCP, OpenTelemetry, Go database/sql, pgbouncer_exporter): \
                 scrape the application, or the exporter beside PgBouncer, and not the database",
            ));
        }
        if names.active == Active && !pools(&POOLER).is_empty() {
            measured.left_out.push("what PgBouncer shows: the pools of the application are sized".into());
        }
        let mut instances = 0;
        for pool in &found {
            let several =
                self.of(names.active, pool).chain(self.of(names.count, pool)).map(|(labels, _)| others(labels));
            let several = several.collect::<BTreeSet<_>>().len().max(1);
            instances = instances.max(several);
            let flow = self.flow(names, pool, several, &mut measured);
            measured.flows.push(flow);
        }
        self.say(names, instances, &mut measured);
        Ok(measured)
    }

    fn flow(&self, names: &Names, pool: &str, instances: usize, measured: &mut Measured) -> Flow {
        let [served, held, waited] = [names.count, names.hold, names.wait].map(|what| self.grown(what, pool));
        let timeouts = self.grown(Timeouts, pool).unwrap_or(0.0);
        let mean = |sum: Option<f64>, count: Option<f64>| Some(sum? / count.filter(|count| *count > 0.0)?);
        // Where waits are not counted by themselves, every transaction waits, if for nothing.
        let waits = self.grown(WaitCount, pool).or_else(|| self.grown(PoolerXacts, pool));
        let rate = served.zip(self.seconds).map(|(served, seconds)| {
            let why = format!("{} were served and {} timed out in {}", figure(served), figure(timeouts), time(seconds));
            Known::derived((served + timeouts) / seconds, why)
        });
        let hold = mean(held, served).filter(|mean| *mean > 0.0);
        let classes = hold.map(|mean| {
            let (hold, why) = self.shape(pool, mean, instances, measured);
            Known {
                value: vec![Class { name: "all".into(), weight: 1, hold }],
                is: crate::scenario::Origin::Derived,
                why,
            }
        });
        let looks = 1 + u64::from(self.before.is_some());
        let max = self.level(names.max, pool).filter(|max| *max > 0.0);
        if max.is_none() && self.of(names.max, pool).next().is_some() {
            measured.left_out.push(format!("{}: its max is 0, no limit", shown_name(pool)));
        }
        Flow {
            name: shown_name(pool),
            rate,
            classes,
            wait: mean(waited, waits),
            active: self.level(names.active, pool).map(|mean| Busy { mean, looks: Some(looks) }),
            idle: self.level(Idle, pool),
            pending: self.level(names.pending, pool),
            max: max.map(|max| Known::read((max / instances as f64).round(), "the scrape's max, by instance")),
        }
    }

    /// Buckets say most, percentiles of a single process less, the mean alone least.
    fn shape(&self, pool: &str, mean: f64, instances: usize, measured: &mut Measured) -> (Hold, String) {
        if let Some(text) = self.buckets(pool) {
            return (Hold { text, mean: Some(mean) }, "the buckets of the time connections were used".into());
        }
        if instances == 1
            && let Some(text) = self.quantiles(pool)
        {
            let why = "the percentiles that the scrape shows: of the last minutes, or since the start, as the exporter is set";
            return (Hold { text, mean: Some(mean) }, why.into());
        }
        let buckets = if self.of(HoldCount, pool).next().is_some() {
            ". Buckets would tell (Micrometer: management.metrics.distribution.percentiles-histogram.hikaricp.connections.usage: true)"
        } else {
            ""
        };
        let said =
            format!("the shape of the holds of {}: an exponential of their mean stands in{buckets}", shown_name(pool));
        measured.unknown.push(said);
        (Hold::of_mean(mean), "time used over times used; the exponential shape is assumed".into())
    }

    fn buckets(&self, pool: &str) -> Option<String> {
        let mut counts: BTreeMap<u64, f64> = BTreeMap::new();
        let mut total = 0.0;
        for (labels, now) in self.of(HoldBucket, pool) {
            let before = self.before.as_ref().and_then(|scrape| scrape.get(HoldBucket, labels)).unwrap_or_default();
            let grown = now.value - before.value;
            match labels.get("le").map(String::as_str) {
                Some("+Inf") => total += grown,
                Some(boundary) => {
                    let seconds = boundary.parse::<f64>().ok()?;
                    *counts.entry(Span::from_seconds(seconds).nanos()).or_default() += grown;
                }
                None => return None,
            }
        }
        let list: Vec<String> = counts
            .iter()
            .filter(|(nanos, _)| **nanos > 0)
            .map(|(nanos, count)| format!("{}={count}", Span::from_nanos(*nanos)))
            .collect();
        let text = format!("histogram({}, inf={total})", list.join(", "));
        Distribution::parse(&text).is_ok().then_some(text)
    }

    fn quantiles(&self, pool: &str) -> Option<String> {
        let mut found: Vec<(f64, f64)> = Vec::new();
        for (labels, now) in self.of(HoldQuantile, pool) {
            let share: f64 = labels.get("quantile")?.parse().ok()?;
            if (0.01..=0.9999).contains(&share) && now.value > 0.0 {
                found.push((share, now.value));
            }
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let list: Vec<String> = found
            .iter()
            .map(|(share, seconds)| format!("p{}={}", figure(share * 100.0), Span::from_seconds(*seconds)))
            .collect();
        let text = format!("percentiles({})", list.join(", "));
        Distribution::parse(&text).is_ok().then_some(text)
    }

    fn say(&self, names: &Names, instances: usize, measured: &mut Measured) {
        let pooler = names.active == PoolerServers;
        let used = |what: What| {
            names.all().contains(&what)
                || what == HoldQuantile
                || (!pooler && (OF_BOTH.contains(&what) || what == Waited))
        };
        let ignored = self.now.ignored(used);
        if ignored > 0 {
            measured.left_out.push(format!("{ignored} of {} samples, which say nothing of a pool", self.now.samples));
        }
        for flow in &measured.flows {
            let part = |name: &str, value: Option<String>| value.map(|value| format!("{name} {value}"));
            let parts = [
                part("rate", flow.rate.as_ref().map(|rate| format!("{}/s", figure(rate.value)))),
                part("mean hold", flow.hold().map(time)),
                part("mean wait", flow.wait.map(time)),
                part("busy", flow.active.as_ref().map(|active| figure(active.mean))),
                part("idle", flow.idle.map(figure)),
                part("waiting", flow.pending.map(figure)),
                part("max of an instance", flow.max.as_ref().map(|max| figure(max.value))),
            ];
            measured.used.push(format!(
                "{}: {}",
                flow.name,
                parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
            ));
        }
        measured.instances = Some(Known::read(instances as u32, "as many label sets were scraped"));
        measured
            .unknown
            .push("the peak: the scrapes are of one time. Set traffic.rate to that of your busiest minute".into());
        if self.before.is_none() {
            measured.cautions.push(
                "means are since the processes started, and a rate from busy connections is of one moment: a second scrape gives \
                 both for the time between"
                    .into(),
            );
        }
        if self.now.of(Waited).next().is_some() {
            measured.unknown.push("rate and hold apart: Go's database/sql counts only those who waited".into());
            measured.way_out =
                "the rate of your queries, e.g. from pg_stat_database's xact_commit; busy connections give the hold"
                    .into();
        }
        if pooler {
            measured.unknown.push("rate and hold of each user: pgbouncer_exporter counts by database, and PgBouncer has a pool for each user".into());
        }
        if measured.flows.iter().any(|flow| flow.rate.is_some() && !pooler) {
            measured.unknown.push("which of the requests are retries: they are counted as requests".into());
        }
    }
}

/// What the pool is called; empty where no label says so.
fn name_of(labels: &Labels, what: What) -> &str {
    // PgBouncer's `database` is there the name that the server has for it.
    let first = if what == PoolerMax { labels.get("name") } else { None };
    first.or_else(|| NAMES.iter().find_map(|name| labels.get(*name))).map_or("", String::as_str)
}

fn shown_name(pool: &str) -> String {
    if pool.is_empty() { "the pool".into() } else { plain(pool) }
}

/// The labels that tell instances apart.
fn others(labels: &Labels) -> Labels {
    let own = |key: &str| NAMES.contains(&key) || ["le", "quantile", "user"].contains(&key);
    labels.iter().filter(|(key, _)| !own(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}
