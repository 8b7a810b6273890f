//! What it means: outcomes folded into one report, the same names in Rust, JSON and TypeScript.

mod estimate;
pub mod text;

pub use estimate::{CONFIDENCE, Estimate};

use crate::problem::{Problem, Problems};
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
    /// Share of the requests offered that got no answer, retries included.
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
    /// Attempts that gave up waiting, as a share of the requests that came.
    pub timed_out_share: Option<Estimate>,
    /// Attempts that were served when their client was no longer there, as a share of the requests that came.
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
    /// Share of the requests that had to wait.
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

/// Outcomes of replications, folded one by one in their order.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    runs: Vec<Run>,
    pooled: Option<[Spans; 4]>,
    series: Option<Series>,
}

/// What is kept of one replication.
#[derive(Clone, Debug)]
struct Run {
    counts: Counts,
    levels: [f64; 3],
    leaked: f64,
    waiting_at_end: f64,
    first_failure: Option<f64>,
    /// How many waits.
    waits: u64,
    times: [RunTimes; 4],
}

/// The counts of one replication.
#[derive(Clone, Copy, Debug)]
struct Counts {
    offered: f64,
    retried: f64,
    served: f64,
    wasted: f64,
    timed_out: f64,
    rejected: f64,
    refused: f64,
    broken: f64,
    left: f64,
    failed: f64,
    waited: f64,
    opened: f64,
    suspected: f64,
}

impl Counts {
    fn of(outcome: &Outcome) -> Self {
        Self {
            offered: outcome.offered as f64,
            retried: outcome.retried as f64,
            served: outcome.served as f64,
            wasted: outcome.wasted as f64,
            timed_out: outcome.timed_out as f64,
            rejected: outcome.rejected as f64,
            refused: outcome.refused as f64,
            broken: outcome.broken as f64,
            left: outcome.left as f64,
            failed: outcome.failed as f64,
            waited: outcome.waited as f64,
            opened: outcome.opened as f64,
            suspected: outcome.suspected as f64,
        }
    }
}

/// Mean and percentiles of one replication.
#[derive(Clone, Debug)]
struct RunTimes {
    mean: Option<f64>,
    percentiles: [Option<f64>; 4],
}

/// Waits of one replication from which on the interval of a p99 covers about as often as it says. Waits beyond the p99 come in
/// clusters, one for each long queue: of 95 % intervals of M/M/4 at 0.8 from ten replications 95 % covered at 200 000 waits, 94 %
/// at 32 000, 92 % at 8 000 and 81 % at 1 600 (400 seeds each; 150 of the first).
const WAITS_ENOUGH: u64 = 10_000;

/// The percentiles that are reported, in thousandths.
const PERCENTILES: [u16; 4] = [500, 900, 950, 990];

impl Tally {
    /// Add the next replication.
    pub fn add(&mut self, outcome: Outcome) {
        let counts = Counts::of(&outcome);
        let mut attempts = outcome.response.clone();
        attempts.merge(&outcome.failure);
        let spans = [outcome.wait, outcome.hold, outcome.response, attempts];
        let times = spans.each_ref().map(|s| RunTimes {
            mean: s.mean(),
            percentiles: PERCENTILES.map(|thousandths| s.histogram.quantile(thousandths)),
        });
        self.runs.push(Run {
            counts,
            levels: [outcome.active / outcome.size, outcome.pending, outcome.total],
            leaked: outcome.at_end.leaked.into(),
            waiting_at_end: outcome.at_end.pending.into(),
            first_failure: outcome.first_failure.map(|at| at.seconds()),
            waits: spans[0].histogram.count(),
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

    /// The statistics of wait, hold, response and of all attempts, with intervals of the given confidence.
    pub fn times(&self, confidence: f64) -> [Times; 4] {
        [0, 1, 2, 3].map(|which| {
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
    fn share(&self, of: impl Fn(&Counts) -> f64, confidence: f64) -> Option<Estimate> {
        let offered: f64 = self.runs.iter().map(|r| r.counts.offered).sum();
        if offered == 0.0 {
            return None;
        }
        let centre = self.runs.iter().map(|r| of(&r.counts)).sum::<f64>() / offered;
        let values: Vec<f64> =
            self.runs.iter().map(|r| r.counts).filter(|c| c.offered > 0.0).map(|c| of(&c) / c.offered).collect();
        let estimate = Estimate::around(centre, &values, confidence)?;
        let never = (centre == 0.0).then(|| -crate::math::ln(1.0 - confidence) / offered);
        Some(Estimate { half_width: never.or(estimate.half_width), ..estimate })
    }

    /// The share of requests that gave up.
    pub fn timed_out_share(&self, confidence: f64) -> Option<Estimate> {
        self.share(|c| c.timed_out, confidence)
    }

    /// The share of requests whose work was done for a client that was no longer there.
    pub fn wasted_share(&self, confidence: f64) -> Option<Estimate> {
        self.share(|c| c.wasted, confidence)
    }

    /// The share of requests that were lost.
    pub fn failed_requests(&self, confidence: f64) -> Option<Estimate> {
        self.share(|c| c.failed, confidence)
    }

    /// The share of connections in use.
    pub fn utilisation(&self, confidence: f64) -> Option<Estimate> {
        self.mean(|r| r.levels[0], confidence)
    }

    /// The relative half-width that was reached: the larger of those of the mean and the 99th percentile of the wait.
    pub fn precision(&self, confidence: f64) -> Option<f64> {
        let [wait, ..] = self.times(confidence);
        Some(wait.mean?.relative()?.max(wait.p99?.relative()?))
    }

    fn mean(&self, of: impl Fn(&Run) -> f64, confidence: f64) -> Option<Estimate> {
        Estimate::of(&self.runs.iter().map(of).collect::<Vec<_>>(), confidence)
    }

    fn exhaustion(&self, confidence: f64) -> Option<Exhaustion> {
        let moments: Vec<f64> = self.runs.iter().filter_map(|r| r.first_failure).collect();
        let estimate = Estimate::of(&moments, confidence)?;
        let share_of_runs = moments.len() as f64 / self.runs.len() as f64;
        Some(Exhaustion { mean: estimate.mean, half_width: estimate.half_width, share_of_runs })
    }

    /// The report on a model whose replications were made as `setting` says.
    pub fn report(&self, model: &Model, setting: Setting) -> Report {
        let confidence = setting.confidence;
        let count = |of: fn(&Counts) -> f64| self.mean(|r| of(&r.counts), confidence);
        let rate = |of: fn(&Counts) -> f64| self.mean(|r| of(&r.counts) / setting.measured, confidence);
        let only_grows = only_grows(model, setting.regime);
        let has_mean = model.hold_shape().0.is_finite();
        let [mut wait, mut hold, mut response, mut attempt] = self.times(confidence);
        for times in [&mut wait, &mut response, &mut attempt].into_iter().filter(|_| only_grows) {
            *times = Times { mean: None, p50: None, p90: None, p95: None, p99: None };
        }
        for times in [&mut wait, &mut hold, &mut response, &mut attempt].into_iter().filter(|_| !has_mean) {
            times.mean = None;
        }
        let mut report = Report {
            schema_version: SCHEMA_VERSION,
            version: VERSION,
            scenario: model.name().to_owned(),
            seed: setting.seed,
            replications: self.replications(),
            confidence: CONFIDENCE,
            precision: if has_mean && !only_grows { self.precision(confidence) } else { None },
            stopped: setting.stopped,
            warm_up: setting.warm_up,
            warm_up_rule: setting.warm_up_rule,
            measured: setting.measured,
            regime: setting.regime,
            growth: setting.growth,
            sentence: String::new(),
            offered: count(|c| c.offered),
            retried: count(|c| c.retried),
            served: count(|c| c.served),
            wasted: count(|c| c.wasted),
            timed_out: count(|c| c.timed_out),
            rejected: count(|c| c.rejected),
            refused: count(|c| c.refused),
            broken: count(|c| c.broken),
            left: count(|c| c.left),
            failed: count(|c| c.failed),
            throughput: rate(|c| c.served),
            goodput: rate(|c| c.served - c.wasted),
            timed_out_share: self.timed_out_share(confidence),
            wasted_share: self.wasted_share(confidence),
            utilisation: self.utilisation(confidence),
            total: self.mean(|r| r.levels[2], confidence),
            opened: count(|c| c.opened),
            suspected: count(|c| c.suspected),
            pending: if only_grows { None } else { self.mean(|r| r.levels[1], confidence) },
            waiting_at_end: self.mean(|r| r.waiting_at_end, confidence),
            leaked: self.mean(|r| r.leaked, confidence),
            wait_probability: self.share(|c| c.waited, confidence),
            wait,
            hold,
            response,
            attempt,
            time_to_exhaustion: self.exhaustion(confidence),
            impact: Impact { failed_requests: self.failed_requests(confidence) },
            series: self.series.as_ref().map(|series| columns(series, self.replications())),
            marks: marks(model),
            cautions: model.cautions().problems.clone(),
            assumptions: model.assumptions(),
        };
        let waits = self.runs.iter().map(|run| run.waits).min().unwrap_or(0);
        if waits < WAITS_ENOUGH && report.wait.p99.is_some_and(|p99| p99.mean > 0.0) {
            let mut few = Problems::default();
            few.caution(
                "duration",
                format!(
                    "a run measures only {waits} waits: beyond the p99 lie so few long queues that its interval covers the truth \
                     less often than it says; a longer duration helps, more replications hardly"
                ),
            );
            report.cautions.extend(few.problems);
        }
        report.sentence = text::sentence(&report, model);
        report
    }
}

/// Whether waits have a mean that a longer run comes nearer to.
pub(crate) fn waits_have_a_mean(model: &Model, regime: Regime) -> bool {
    !only_grows(model, regime) && model.hold_shape().0.is_finite()
}

/// With neither timeout nor waiter limit the queue of an overloaded pool grows for ever: no finite wait is the answer.
fn only_grows(model: &Model, regime: Regime) -> bool {
    regime == Regime::Overloaded && !model.pool.bounds_its_queue()
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
        failed: count(4),
        active: level(0),
        pending: level(1),
        leaked: level(2),
        total: level(3),
        size: level(4),
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
