//! What it means: outcomes folded into one report, the same names in Rust, JSON and TypeScript.

mod alerts;
mod estimate;
mod impact;
mod incident;
mod tally;
pub mod text;
mod tiers;

pub use alerts::AlertReport;
pub use estimate::{CONFIDENCE, Estimate};
pub use impact::{Impact, WindowImpact};
pub use incident::IncidentReport;
pub use tally::Tally;
pub use tiers::{DatabaseReport, FleetReport, PoolerReport, Refusals};

use crate::problem::Problem;
use crate::record::{InstanceSeries, Series};
use crate::scenario::{Model, Sourced};
use crate::slo::Stat;
use crate::timeline::{Begins, Change};
use serde::Serialize;

/// The version of this library, which every report carries.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What kind of answer a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Regime {
    /// What holds in the long run; the warm-up is removed.
    Steady,
    /// More is asked than the pools can serve: no steady state unless requests give up.
    Overloaded,
    /// What happens over time, from an empty start.
    Timeline,
}

/// Why no more replications were made, where a precision was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Stopped {
    /// The precision was reached.
    Precision,
    /// As many were made as were allowed.
    Budget,
}

/// Statistics of a time, in seconds. A percentile is absent until ten values lie beyond it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Times {
    /// Mean.
    pub mean: Option<Estimate>,
    /// Median.
    pub p50: Option<Estimate>,
    /// 90th percentile.
    pub p90: Option<Estimate>,
    /// 95th percentile.
    pub p95: Option<Estimate>,
    /// 99th percentile.
    pub p99: Option<Estimate>,
}

impl Times {
    /// The statistic that an objective speaks of.
    pub fn of(&self, stat: Stat) -> Option<Estimate> {
        match stat {
            Stat::Mean => self.mean,
            Stat::Percentile(500) => self.p50,
            Stat::Percentile(900) => self.p90,
            Stat::Percentile(950) => self.p95,
            Stat::Percentile(_) => self.p99,
        }
    }
}

/// When something happened that need not happen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Moment {
    /// Seconds from the start, over the runs in which it happened.
    pub mean: f64,
    /// Half the width of the interval.
    pub half_width: Option<f64>,
    /// The share of runs in which it happened.
    pub share_of_runs: f64,
}

/// A column of numbers; one that is absent is NaN (`null` in JSON).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Column(#[cfg_attr(feature = "wasm", tsify(type = "Float64Array"))] pub Vec<f64>);

/// The run over time, as columns: means over the replications. Rates are per second, times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Columns {
    /// The middle of each bin.
    pub t: Column,
    /// Attempts that came, retries among them, per second.
    pub offered: Column,
    /// Requests that were served, per second.
    pub served: Column,
    /// Requests that gave up, per second.
    pub timed_out: Column,
    /// Requests that were turned away, per second.
    pub rejected: Column,
    /// Requests that were lost, per second.
    pub failed: Column,
    /// Connections in use over the fleet, leaked ones among them.
    pub active: Column,
    /// Requests waiting over the fleet.
    pub pending: Column,
    /// Connections leaked over the fleet.
    pub leaked: Column,
    /// Connections open over the fleet.
    pub total: Column,
    /// The sum of the pools' limits.
    pub size: Column,
    /// Connections at the database, also those that are being opened; 0 where nobody counts them.
    pub connected: Column,
    /// Queries that share the database's cores.
    pub running: Column,
    /// Instances that serve.
    pub instances: Column,
    /// Connections that the database refused, per second.
    pub connect_refused: Column,
    /// Median of the waits that ended in the bin.
    pub wait_p50: Column,
    /// Their 95th percentile.
    pub wait_p95: Column,
    /// Their 99th percentile.
    pub wait_p99: Column,
    /// The instances one by one, in wider bins: the first 64 that there ever were, where the scenario has a timeline or an incident.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub per_instance: Vec<InstanceColumns>,
}

/// One instance over time, as columns: means over the replications.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct InstanceColumns {
    /// Its number, counted from 0 in the order in which they started.
    pub instance: u32,
    /// The middle of each bin.
    pub t: Column,
    /// Connections in use, leaked ones among them.
    pub active: Column,
    /// Requests waiting.
    pub pending: Column,
    /// Connections open.
    pub total: Column,
    /// The sum of the limits of its pools; 0 before it starts, and after it has closed its connections at its end.
    pub size: Column,
}

/// An entry of the timeline, for the axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Mark {
    /// When it begins, in seconds; absent where that depends on an alert.
    pub at: Option<f64>,
    /// When it has reached all instances.
    pub until: Option<f64>,
    /// The alert with which it begins.
    pub on: Option<String>,
    /// As it is written: [`crate::timeline::KINDS`].
    pub change: &'static str,
    /// What it is, in words.
    pub text: String,
}

/// What a simulation says. Counts are means over the replications, of one run's measured window.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Report {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise.
    pub version: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The seed: the same seed gives the same report, on any platform, with any number of threads.
    pub seed: u64,
    /// Independent replications.
    pub replications: u32,
    /// The probability that an interval covers the truth.
    pub confidence: f64,
    /// The relative half-width that was reached: the larger of those of the mean and the 99th percentile of the wait; absent where
    /// one of them is.
    pub precision: Option<f64>,
    /// Why no more replications were made; absent unless a precision was asked for, and while it is not over.
    pub stopped: Option<Stopped>,
    /// Seconds measured in each replication.
    pub measured: f64,
    /// Seconds removed from the start of each replication.
    pub warm_up: f64,
    /// What decided how long that is, in words.
    pub warm_up_rule: String,
    /// What kind of answer this is.
    pub regime: Regime,
    /// How fast the fleet's queue would grow if nobody gave up, in requests per second; absent unless overloaded.
    pub growth: Option<f64>,
    /// The answer in words.
    pub sentence: String,
    /// Requests that came.
    pub offered: Option<Estimate>,
    /// Attempts that came as retries.
    pub retried: Option<Estimate>,
    /// Attempts that were served, whether or not their client was still there.
    pub served: Option<Estimate>,
    /// Of these, those whose client was no longer there.
    pub wasted: Option<Estimate>,
    /// Attempts that gave up waiting for a connection.
    pub timed_out: Option<Estimate>,
    /// Attempts that were turned away because too many waited.
    pub rejected: Option<Estimate>,
    /// Attempts whose connection could not be opened.
    pub refused: Option<Estimate>,
    /// Attempts that a circuit breaker did not let through.
    pub broken: Option<Estimate>,
    /// Attempts whose client waited no longer for the answer.
    pub left: Option<Estimate>,
    /// Requests that were lost: without an answer, and not tried again.
    pub failed: Option<Estimate>,
    /// Attempts served per second.
    pub throughput: Option<Estimate>,
    /// Answers per second that reached a client.
    pub goodput: Option<Estimate>,
    /// Attempts that gave up waiting, as a share of all attempts.
    pub timed_out_share: Option<Estimate>,
    /// Attempts that were served when their client was no longer there, as a share of all attempts.
    pub wasted_share: Option<Estimate>,
    /// Share of the connections in use, leaked ones among them.
    pub utilisation: Option<Estimate>,
    /// Mean connections open over the fleet.
    pub total: Option<Estimate>,
    /// Connections opened.
    pub opened: Option<Estimate>,
    /// Connections that the leak detection suspected.
    pub suspected: Option<Estimate>,
    /// Mean requests waiting over the fleet.
    pub pending: Option<Estimate>,
    /// Requests still waiting at the end, over the fleet.
    pub waiting_at_end: Option<Estimate>,
    /// Connections leaked at the end, over the fleet.
    pub leaked: Option<Estimate>,
    /// Share of those who asked for a connection and had to wait for it.
    pub wait_probability: Option<Estimate>,
    /// Waits for a connection of those that got one or gave up; absent when the queue only grows. No time has a mean when the mean
    /// hold is infinite.
    pub wait: Times,
    /// How long connections were out.
    pub hold: Times,
    /// Wait and work together, of the attempts whose client got the answer; absent when the queue only grows.
    pub response: Times,
    /// All attempts, from their arrival to their answer or failure, as their client saw it; absent when the queue only grows.
    pub attempt: Times,
    /// When the first attempt failed; absent if none did.
    pub time_to_exhaustion: Option<Moment>,
    /// What people felt.
    pub impact: Impact,
    /// When the first part of the run began in which at least 5 % of the requests that ended failed, and at least three; absent if
    /// there was none, and where the scenario has neither users nor an incident. The parts are those of the series.
    pub onset: Option<Moment>,
    /// When the last part ended in which 1 % more of the requests failed or were slow than before the onset; the end of the run where
    /// it did not.
    pub recovered: Option<Moment>,
    /// What a document says of the incident that the scenario follows.
    pub incident: Option<IncidentReport>,
    /// Every number of the scenario with where it comes from; empty where nobody says.
    pub provenance: Vec<Sourced>,
    /// What the database did; absent where the scenario asks nothing about it.
    pub database: Option<DatabaseReport>,
    /// What the pooler did; absent where there is none.
    pub pooler: Option<PoolerReport>,
    /// What the fleet did; absent where there are always the same instances, and all of them serve.
    pub fleet: Option<FleetReport>,
    /// What became of the alerts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<AlertReport>,
    /// The run over time; absent for steady questions.
    pub series: Option<Columns>,
    /// The timeline's entries.
    pub marks: Vec<Mark>,
    /// What may surprise.
    pub cautions: Vec<Problem>,
    /// What is assumed.
    pub assumptions: Vec<String>,
}

/// What a report says of how the replications were made.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The seed.
    pub seed: u64,
    /// What kind of answer it is.
    pub regime: Regime,
    /// How fast an overloaded fleet's queue would grow, in requests per second.
    pub growth: Option<f64>,
    /// Seconds removed from the start of each replication.
    pub warm_up: f64,
    /// What decided how long that is.
    pub warm_up_rule: String,
    /// Seconds measured in each replication.
    pub measured: f64,
    /// The confidence at which intervals are made, so that they cover with [`CONFIDENCE`] whatever it is that ended the run.
    pub confidence: f64,
    /// Why it ended, where a precision was asked for.
    pub stopped: Option<Stopped>,
}

/// Whether waits have a mean that a longer run comes nearer to.
pub(crate) fn waits_have_a_mean(model: &Model, regime: Regime) -> bool {
    !only_grows(model, regime) && model.hold_shape().0.is_finite()
}

/// With neither timeout nor waiter limit the queue of an overloaded pool grows for ever: no finite wait is the answer.
pub(crate) fn only_grows(model: &Model, regime: Regime) -> bool {
    regime == Regime::Overloaded && !model.pool.bounds_its_queue()
}

fn per_instance(series: &InstanceSeries, replications: u32) -> Vec<InstanceColumns> {
    let (width, runs) = (series.width, f64::from(replications));
    let known = (0..).zip(&series.instances).filter(|(_, bins)| !bins.is_empty());
    known
        .map(|(instance, bins)| {
            let level = |which: usize| {
                Column(bins.iter().map(|sums| sums[which] as f64 / runs / width.nanos() as f64).collect())
            };
            InstanceColumns {
                instance,
                t: Column((0..bins.len()).map(|n| (n as f64 + 0.5) * width.seconds()).collect()),
                active: level(0),
                pending: level(1),
                total: level(2),
                size: level(3),
            }
        })
        .collect()
}

fn columns(series: &Series, instances: Option<&InstanceSeries>, replications: u32) -> Columns {
    let width = series.width.seconds();
    let runs = f64::from(replications);
    let column = |of: &dyn Fn(usize) -> f64| Column((0..series.bins.len()).map(of).collect());
    let count = |which: usize| column(&|n| series.bins[n].counts[which] as f64 / runs / width);
    let level = |which: usize| column(&|n| series.bins[n].levels[which] as f64 / runs / series.width.nanos() as f64);
    let wait = |thousandths: u16| column(&|n| series.bins[n].wait.quantile(thousandths).unwrap_or(f64::NAN));
    Columns {
        t: column(&|n| (n as f64 + 0.5) * width),
        offered: count(0),
        served: count(1),
        timed_out: count(2),
        rejected: count(3),
        failed: count(4),
        active: level(0),
        pending: level(1),
        leaked: level(2),
        total: level(3),
        size: level(4),
        connected: level(5),
        running: level(6),
        instances: level(7),
        connect_refused: count(5),
        wait_p50: wait(500),
        wait_p95: wait(950),
        wait_p99: wait(990),
        per_instance: instances.map(|series| per_instance(series, replications)).unwrap_or_default(),
    }
}

fn marks(model: &Model) -> Vec<Mark> {
    let captions = model.timeline.iter().zip(&model.captions);
    captions
        .map(|(entry, caption)| {
            let (change, said) = words(&entry.change, model);
            let text = if caption.is_empty() { said } else { caption.clone() };
            let at = entry.at().map(|at| at.seconds());
            let on = match entry.begins {
                Begins::At(_) => None,
                Begins::On { alert, .. } => Some(model.alerts()[alert].name.clone()),
            };
            Mark { at, on, until: at.map(|at| at + entry.over.seconds()), change, text }
        })
        .collect()
}

/// An entry of the timeline as it is written, and in words.
fn words(change: &Change, model: &Model) -> (&'static str, String) {
    match change {
        Change::SlowQuery { query, factor, cpu_factor } => {
            let which = query.map_or("all queries", |n| model.queries[n].name.as_str());
            let said = match (*factor != 1.0, *cpu_factor != 1.0) {
                (_, false) => format!("{which}: holds x{factor}"),
                (false, true) => format!("{which}: processor time x{cpu_factor}"),
                (true, true) => format!("{which}: holds x{factor}, processor time x{cpu_factor} besides"),
            };
            ("slow_query", said)
        }
        Change::Deploy(deploy) => {
            let version = match deploy.version {
                None => String::new(),
                Some(0) => " of the initial version".to_owned(),
                Some(n) => format!(" of version {}", model.versions[n as usize - 1].name),
            };
            let size = deploy.max_size.map_or(String::new(), |size| format!(", pool max_size = {size}"));
            ("deploy", format!("deploy{version} with surge {}{size}", deploy.rollout.surge))
        }
        Change::Rollback(_) => ("rollback", "rollback".to_owned()),
        Change::RestartInstances(_) => ("restart_instances", "restart of instances".to_owned()),
        Change::Scale { count, .. } => ("scale", format!("{count} instances")),
        Change::ResizePool { max_size } => ("resize_pool", format!("pool max_size = {max_size}")),
        Change::FlushIdle => ("flush_idle", "idle connections closed".to_owned()),
        // What is set stands in its caption.
        Change::Set(_) => ("set", "a setting changes".to_owned()),
        Change::DatabaseSpeed { factor } => ("database_speed", format!("database at {factor} of its speed")),
        Change::RestartDatabase { lasts } => ("restart_database", format!("database down for {lasts}")),
        Change::RestartPooler { lasts } => ("restart_pooler", format!("pooler down for {lasts}")),
        Change::Lock { lasts } => ("lock", format!("a lock is kept for {lasts}")),
        Change::Note => ("note", "note".to_owned()),
    }
}
