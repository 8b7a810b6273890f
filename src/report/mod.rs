//! What it means: outcomes folded into one report, the same names in Rust, JSON and TypeScript.

mod estimate;
pub mod text;

pub use estimate::{CONFIDENCE, Estimate};

use crate::problem::Problem;
use crate::record::{Outcome, Series, Spans};
use crate::scenario::{Model, SCHEMA_VERSION};
use crate::timeline::Change;
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

/// When the first request failed for want of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Exhaustion {
    /// Seconds from the start, over the runs in which it happened.
    pub mean: f64,
    /// Half the width of the interval.
    pub half_width: Option<f64>,
    /// The share of runs in which it happened.
    pub share_of_runs: f64,
}

/// What people felt.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Impact {
    /// Share of the requests offered that gave up or were turned away.
    pub failed_requests: Option<Estimate>,
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
    /// Requests that came, per second.
    pub offered: Column,
    /// Requests that were served, per second.
    pub served: Column,
    /// Requests that gave up, per second.
    pub timed_out: Column,
    /// Requests that were turned away, per second.
    pub rejected: Column,
    /// Connections in use over the fleet, leaked ones among them.
    pub active: Column,
    /// Requests waiting over the fleet.
    pub pending: Column,
    /// Connections leaked over the fleet.
    pub leaked: Column,
    /// The sum of the pools' limits.
    pub size: Column,
    /// Median of the waits that ended in the bin.
    pub wait_p50: Column,
    /// Their 95th percentile.
    pub wait_p95: Column,
    /// Their 99th percentile.
    pub wait_p99: Column,
}

/// An entry of the timeline, for the axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Mark {
    /// When it begins, in seconds.
    pub at: f64,
    /// When it has reached all instances.
    pub until: f64,
    /// `slow_query`, `rollback`, `resize_pool` or `note`.
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
    /// Seconds measured in each replication.
    pub measured: f64,
    /// Seconds removed from the start of each replication.
    pub warm_up: f64,
    /// What kind of answer this is.
    pub regime: Regime,
    /// How fast the fleet's queue would grow if nobody gave up, in requests per second; absent unless overloaded.
    pub growth: Option<f64>,
    /// The answer in words.
    pub sentence: String,
    /// Requests that came.
    pub offered: Option<Estimate>,
    /// Requests that were served.
    pub served: Option<Estimate>,
    /// Requests that gave up waiting.
    pub timed_out: Option<Estimate>,
    /// Requests that were turned away.
    pub rejected: Option<Estimate>,
    /// Those that gave up, as a share of those that came.
    pub timed_out_share: Option<Estimate>,
    /// Share of the connections in use, leaked ones among them.
    pub utilisation: Option<Estimate>,
    /// Mean requests waiting over the fleet.
    pub pending: Option<Estimate>,
    /// Requests still waiting at the end, over the fleet.
    pub waiting_at_end: Option<Estimate>,
    /// Connections leaked at the end, over the fleet.
    pub leaked: Option<Estimate>,
    /// Share of the requests that had to wait.
    pub wait_probability: Option<Estimate>,
    /// Waits of the requests that got a connection or gave up; absent when the queue only grows.
    pub wait: Times,
    /// Holds of the requests served.
    pub hold: Times,
    /// Wait and hold together, of the requests served; absent when the queue only grows.
    pub response: Times,
    /// When the first request failed for want of a connection; absent if none did.
    pub time_to_exhaustion: Option<Exhaustion>,
    /// What people felt.
    pub impact: Impact,
    /// The run over time; absent for steady questions.
    pub series: Option<Columns>,
    /// The timeline's entries.
    pub marks: Vec<Mark>,
    /// What may surprise.
    pub cautions: Vec<Problem>,
    /// What is assumed.
    pub assumptions: Vec<String>,
}

/// Outcomes of replications, folded one by one in their order.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    runs: Vec<Run>,
    pooled: Option<[Spans; 3]>,
    series: Option<Series>,
}

/// What is kept of one replication.
#[derive(Clone, Debug)]
struct Run {
    offered: f64,
    served: f64,
    timed_out: f64,
    rejected: f64,
    waited: f64,
    utilisation: f64,
    pending: f64,
    leaked: f64,
    waiting_at_end: f64,
    first_failure: Option<f64>,
    times: [RunTimes; 3],
}

/// Mean and percentiles of one replication.
#[derive(Clone, Debug)]
struct RunTimes {
    mean: Option<f64>,
    percentiles: [Option<f64>; 4],
}

/// The percentiles that are reported, in thousandths.
const PERCENTILES: [u16; 4] = [500, 900, 950, 990];

impl Tally {
    /// Add the next replication.
    pub fn add(&mut self, outcome: Outcome) {
        let spans = [outcome.wait, outcome.hold, outcome.response];
        let times = spans.each_ref().map(|s| RunTimes {
            mean: s.mean(),
            percentiles: PERCENTILES.map(|thousandths| s.histogram.quantile(thousandths)),
        });
        self.runs.push(Run {
            offered: outcome.offered as f64,
            served: outcome.served as f64,
            timed_out: outcome.timed_out as f64,
            rejected: outcome.rejected as f64,
            waited: outcome.waited as f64,
            utilisation: outcome.active / outcome.size,
            pending: outcome.pending,
            leaked: outcome.at_end.leaked.into(),
            waiting_at_end: outcome.at_end.pending.into(),
            first_failure: outcome.first_failure.map(|at| at.seconds()),
            times,
        });
        match &mut self.pooled {
            None => self.pooled = Some(spans),
            Some(pooled) => pooled.iter_mut().zip(&spans).for_each(|(all, one)| all.merge(one)),
        }
        match (&mut self.series, outcome.series) {
            (Some(all), Some(one)) => all.merge(&one),
            (all, one) => *all = one,
        }
    }

    /// How many replications were added.
    pub fn replications(&self) -> u32 {
        self.runs.len() as u32
    }

    /// The statistics of wait, hold and response, with intervals of the given confidence.
    pub fn times(&self, confidence: f64) -> [Times; 3] {
        [0, 1, 2].map(|which| {
            let values = |pick: &dyn Fn(&RunTimes) -> Option<f64>| -> Vec<f64> {
                self.runs.iter().filter_map(|run| pick(&run.times[which])).collect()
            };
            let pooled = self.pooled.as_ref().map(|p| &p[which]);
            let percentile = |n: usize| {
                let centre = pooled.and_then(|spans| spans.histogram.quantile(PERCENTILES[n]))?;
                let mut each = values(&|times| times.percentiles[n]);
                if each.len() < self.runs.len() {
                    each.clear();
                }
                Estimate::around(centre, &each, confidence).or(Some(Estimate {
                    mean: centre,
                    half_width: None,
                    replications: self.replications(),
                }))
            };
            let means = values(&|times| times.mean);
            let centre = means.iter().sum::<f64>() / means.len() as f64;
            Times {
                mean: Estimate::around(centre, &means, confidence),
                p50: percentile(0),
                p90: percentile(1),
                p95: percentile(2),
                p99: percentile(3),
            }
        })
    }

    /// The share of requests offered of which something holds. Where it never held, the half-width is the rule of three's: at
    /// 95 % confidence the truth is below 3 / n (J. Hanley and A. Lippman-Hand, JAMA 1983).
    fn share(&self, of: impl Fn(&Run) -> f64, confidence: f64) -> Option<Estimate> {
        let offered: f64 = self.runs.iter().map(|r| r.offered).sum();
        if offered == 0.0 {
            return None;
        }
        let centre = self.runs.iter().map(&of).sum::<f64>() / offered;
        let values: Vec<f64> = self.runs.iter().filter(|r| r.offered > 0.0).map(|r| of(r) / r.offered).collect();
        let estimate = Estimate::around(centre, &values, confidence)?;
        let never = (centre == 0.0).then(|| -crate::math::ln(1.0 - confidence) / offered);
        Some(Estimate { half_width: never.or(estimate.half_width), ..estimate })
    }

    /// The share of requests that gave up.
    pub fn timed_out_share(&self, confidence: f64) -> Option<Estimate> {
        self.share(|r| r.timed_out, confidence)
    }

    /// The share of requests that gave up or were turned away.
    pub fn failed_requests(&self, confidence: f64) -> Option<Estimate> {
        self.share(|r| r.timed_out + r.rejected, confidence)
    }

    /// The share of connections in use.
    pub fn utilisation(&self) -> Option<Estimate> {
        self.mean(|r| r.utilisation)
    }

    fn mean(&self, of: impl Fn(&Run) -> f64) -> Option<Estimate> {
        Estimate::of(&self.runs.iter().map(of).collect::<Vec<_>>())
    }

    fn exhaustion(&self) -> Option<Exhaustion> {
        let moments: Vec<f64> = self.runs.iter().filter_map(|r| r.first_failure).collect();
        let estimate = Estimate::of(&moments)?;
        let share_of_runs = moments.len() as f64 / self.runs.len() as f64;
        Some(Exhaustion { mean: estimate.mean, half_width: estimate.half_width, share_of_runs })
    }

    /// The report on a model that ran with `seed`, measured for `measured` seconds after `warm_up` seconds.
    pub fn report(&self, model: &Model, regime: Regime, growth: Option<f64>, seed: u64, window: (f64, f64)) -> Report {
        let [wait, hold, response] = self.times(CONFIDENCE);
        // With neither timeout nor waiter limit the queue of an overloaded pool grows for ever: no finite wait is the answer.
        let only_grows = regime == Regime::Overloaded && !model.pool.bounds_its_queue();
        let absent = || Times { mean: None, p50: None, p90: None, p95: None, p99: None };
        let mut report = Report {
            schema_version: SCHEMA_VERSION,
            version: VERSION,
            scenario: model.name().to_owned(),
            seed,
            replications: self.replications(),
            confidence: CONFIDENCE,
            warm_up: window.0,
            measured: window.1,
            regime,
            growth,
            sentence: String::new(),
            offered: self.mean(|r| r.offered),
            served: self.mean(|r| r.served),
            timed_out: self.mean(|r| r.timed_out),
            rejected: self.mean(|r| r.rejected),
            timed_out_share: self.timed_out_share(CONFIDENCE),
            utilisation: self.utilisation(),
            pending: if only_grows { None } else { self.mean(|r| r.pending) },
            waiting_at_end: self.mean(|r| r.waiting_at_end),
            leaked: self.mean(|r| r.leaked),
            wait_probability: self.share(|r| r.waited, CONFIDENCE),
            wait: if only_grows { absent() } else { wait },
            hold,
            response: if only_grows { absent() } else { response },
            time_to_exhaustion: self.exhaustion(),
            impact: Impact { failed_requests: self.failed_requests(CONFIDENCE) },
            series: self.series.as_ref().map(|series| columns(series, self.replications())),
            marks: marks(model),
            cautions: model.cautions().problems.clone(),
            assumptions: model.assumptions(),
        };
        report.sentence = text::sentence(&report, model);
        report
    }
}

fn columns(series: &Series, replications: u32) -> Columns {
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
        active: level(0),
        pending: level(1),
        leaked: level(2),
        size: level(3),
        wait_p50: wait(500),
        wait_p95: wait(950),
        wait_p99: wait(990),
    }
}

fn marks(model: &Model) -> Vec<Mark> {
    let captions = model.timeline.iter().zip(&model.captions);
    captions
        .map(|(entry, caption)| {
            let (change, said) = match &entry.change {
                Change::SlowQuery { query, factor } => {
                    let which = query.map_or("all queries", |n| model.queries[n].name.as_str());
                    ("slow_query", format!("{which}: holds x{factor}"))
                }
                Change::Rollback => ("rollback", "rollback".to_owned()),
                Change::ResizePool { max_size } => ("resize_pool", format!("pool max_size = {max_size}")),
                Change::Note => ("note", "note".to_owned()),
            };
            let text = if caption.is_empty() { said } else { caption.clone() };
            Mark { at: entry.at.seconds(), until: (entry.at + entry.over).seconds(), change, text }
        })
        .collect()
}
