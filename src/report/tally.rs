//! Outcomes of replications, folded into the statistics of all.

use super::incident::IncidentReport;
use super::{CONFIDENCE, Estimate, Moment, Report, Setting, Times, VERSION, columns, marks, only_grows, text};
use crate::problem::Problems;
use crate::record::{Firing, Impact, InstanceSeries, Outcome, Series, Spans, TierCounts, TierLevels};
use crate::scenario::{Model, SCHEMA_VERSION};
use crate::slo::Metric;

/// Outcomes of replications, folded one by one in their order.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub(super) runs: Vec<Run>,
    /// Waits, holds, responses, failures, waits for the locked row and for the pooler.
    pooled: Option<[Spans; 6]>,
    series: Option<Series>,
    instances: Option<InstanceSeries>,
}

/// What is kept of one replication.
#[derive(Clone, Debug)]
pub(super) struct Run {
    counts: Counts,
    levels: [f64; 3],
    leaked: f64,
    waiting_at_end: f64,
    first_failure: Option<f64>,
    /// How many waits.
    waits: u64,
    /// The same, but of all attempts in place of the failures.
    times: [RunTimes; 6],
    pub(super) tiers: (TierCounts, TierLevels),
    pub(super) alerts: Vec<Firing>,
    pub(super) impact: Option<Impact>,
    control: Option<f64>,
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
    /// Times that somebody asked for a connection and knows what came of it.
    asked: f64,
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
            asked: (outcome.wait.histogram.count() + outcome.rejected) as f64,
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

impl RunTimes {
    fn of(spans: &Spans) -> Self {
        Self { mean: spans.mean(), percentiles: spans.histogram.quantiles(PERCENTILES) }
    }
}

/// The place of the failures, and of all attempts.
const ATTEMPTS: usize = 3;

fn attempts(responses: &Spans, failures: &Spans) -> Spans {
    let mut all = responses.clone();
    all.merge(failures);
    all
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
        let tiers = outcome.tiers;
        let spans = [outcome.wait, outcome.hold, outcome.response, outcome.failure, tiers.lock_wait, tiers.pooler_wait];
        let mut times = spans.each_ref().map(RunTimes::of);
        let [_, _, responses, failures, ..] = &spans;
        times[ATTEMPTS] = match failures.histogram.count() {
            0 => times[2].clone(),
            _ => RunTimes::of(&attempts(responses, failures)),
        };
        self.runs.push(Run {
            counts,
            levels: [outcome.active / outcome.size, outcome.pending, outcome.total],
            leaked: outcome.at_end.leaked.into(),
            waiting_at_end: outcome.at_end.pending.into(),
            first_failure: outcome.first_failure.map(|at| at.seconds()),
            waits: spans[0].histogram.count(),
            times,
            tiers: (tiers.counts, tiers.levels),
            alerts: outcome.alerts,
            impact: outcome.impact,
            control: outcome.control,
        });
        match &mut self.pooled {
            None => self.pooled = Some(spans),
            Some(pooled) => pooled.iter_mut().zip(&spans).for_each(|(all, one)| all.merge(one)),
        }
        match (&mut self.series, outcome.series) {
            (Some(all), Some(one)) => all.merge(&one),
            (all, one) => *all = one,
        }
        match (&mut self.instances, outcome.instances) {
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
        [0, 1, 2, 3].map(|which| self.times_of(which, confidence))
    }

    /// The same of waits for the locked row.
    pub(super) fn lock_wait(&self, confidence: f64) -> Times {
        self.times_of(4, confidence)
    }

    /// The same of waits for a server connection of the pooler.
    pub fn pooler_wait(&self, confidence: f64) -> Times {
        self.times_of(5, confidence)
    }

    fn times_of(&self, which: usize, confidence: f64) -> Times {
        let values = |pick: &dyn Fn(&RunTimes) -> Option<f64>| -> Vec<f64> {
            self.runs.iter().filter_map(|run| pick(&run.times[which])).collect()
        };
        // All have their control, or none counts.
        let controls: Vec<f64> = self.runs.iter().map_while(|run| run.control).collect();
        let pooled = self.pooled.as_ref().map(|pooled| match which {
            ATTEMPTS => attempts(&pooled[2], &pooled[ATTEMPTS]).histogram.quantiles(PERCENTILES),
            which => pooled[which].histogram.quantiles(PERCENTILES),
        });
        let percentile = |n: usize| {
            let centre = pooled.and_then(|quantiles| quantiles[n])?;
            let mut each = values(&|times| times.percentiles[n]);
            if each.len() < self.runs.len() {
                each.clear();
            }
            Estimate::controlled(centre, &each, &controls, confidence).or(Some(Estimate {
                mean: centre,
                half_width: None,
                replications: self.replications(),
            }))
        };
        let means = values(&|times| times.mean);
        let centre = means.iter().sum::<f64>() / means.len() as f64;
        Times {
            mean: Estimate::controlled(centre, &means, &controls, confidence),
            p50: percentile(0),
            p90: percentile(1),
            p95: percentile(2),
            p99: percentile(3),
        }
    }

    /// The share of something among all (requests, attempts, …). Where it never held, the half-width is the rule of three's: at
    /// 95 % confidence the truth is below 3 / n (J. Hanley and A. Lippman-Hand, JAMA 1983).
    fn share(&self, of: fn(&Counts) -> f64, among: fn(&Counts) -> f64, confidence: f64) -> Option<Estimate> {
        self.share_of(&|r| of(&r.counts), &|r| among(&r.counts), confidence)
    }

    pub(super) fn share_of(
        &self,
        of: &dyn Fn(&Run) -> f64,
        among: &dyn Fn(&Run) -> f64,
        confidence: f64,
    ) -> Option<Estimate> {
        let all: f64 = self.runs.iter().map(among).sum();
        if all == 0.0 {
            return None;
        }
        let centre = self.runs.iter().map(of).sum::<f64>() / all;
        let values: Vec<f64> = self.runs.iter().filter(|r| among(r) > 0.0).map(|r| of(r) / among(r)).collect();
        let estimate = Estimate::around(centre, &values, confidence)?;
        let never = (centre == 0.0).then(|| (-crate::math::ln(1.0 - confidence) / all).min(1.0));
        Some(Estimate { half_width: never.or(estimate.half_width), ..estimate })
    }

    /// The estimate that an objective speaks of, with an interval of the given confidence.
    pub fn measure(&self, metric: Metric, confidence: f64) -> Option<Estimate> {
        match metric {
            Metric::Wait(stat) => self.times_of(0, confidence).of(stat),
            Metric::Response(stat) => self.times_of(2, confidence).of(stat),
            Metric::Attempt(stat) => self.times_of(ATTEMPTS, confidence).of(stat),
            Metric::TimedOutShare => self.timed_out_share(confidence),
            Metric::WastedShare => self.wasted_share(confidence),
            Metric::FailedRequests => self.failed_requests(confidence),
        }
    }

    /// The share of attempts that gave up waiting.
    pub fn timed_out_share(&self, confidence: f64) -> Option<Estimate> {
        self.share(|c| c.timed_out, |c| c.offered + c.retried, confidence)
    }

    /// The share of requests whose work was done for a client that was no longer there.
    pub fn wasted_share(&self, confidence: f64) -> Option<Estimate> {
        self.share(|c| c.wasted, |c| c.offered + c.retried, confidence)
    }

    /// The share of requests that were lost.
    pub fn failed_requests(&self, confidence: f64) -> Option<Estimate> {
        self.share(|c| c.failed, |c| c.offered, confidence)
    }

    /// The share of connections in use.
    pub fn utilisation(&self, confidence: f64) -> Option<Estimate> {
        self.mean(&|r| r.levels[0], confidence)
    }

    /// The relative half-width that was reached: the larger of those of the mean and the 99th percentile of the wait.
    pub fn precision(&self, confidence: f64) -> Option<f64> {
        let wait = self.times_of(0, confidence);
        Some(wait.mean?.relative()?.max(wait.p99?.relative()?))
    }

    pub(super) fn mean(&self, of: &dyn Fn(&Run) -> f64, confidence: f64) -> Option<Estimate> {
        Estimate::of(&self.runs.iter().map(of).collect::<Vec<_>>(), confidence)
    }

    /// When something happened, in seconds, in the runs in which it did.
    pub(super) fn moment(&self, of: &dyn Fn(&Run) -> Option<f64>, confidence: f64) -> Option<Moment> {
        let moments: Vec<f64> = self.runs.iter().filter_map(of).collect();
        let estimate = Estimate::of(&moments, confidence)?;
        let share_of_runs = moments.len() as f64 / self.runs.len() as f64;
        Some(Moment { mean: estimate.mean, half_width: estimate.half_width, share_of_runs })
    }

    /// The report on a model whose replications were made as `setting` says.
    pub fn report(&self, model: &Model, setting: Setting) -> Report {
        let confidence = setting.confidence;
        let count = |of: fn(&Counts) -> f64| self.mean(&|r| of(&r.counts), confidence);
        let rate = |of: fn(&Counts) -> f64| self.mean(&|r| of(&r.counts) / setting.measured, confidence);
        let only_grows = only_grows(model, setting.regime);
        let has_mean = model.hold_shape().0.is_finite();
        let [mut wait, mut hold, mut response, mut attempt] = self.times(confidence);
        for times in [&mut wait, &mut response, &mut attempt].into_iter().filter(|_| only_grows) {
            *times = Times { mean: None, p50: None, p90: None, p95: None, p99: None };
        }
        for times in [&mut wait, &mut hold, &mut response, &mut attempt].into_iter().filter(|_| !has_mean) {
            times.mean = None;
        }
        let (onset, recovered) = self.onset_and_recovery(confidence);
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
            total: self.mean(&|r| r.levels[2], confidence),
            opened: count(|c| c.opened),
            suspected: count(|c| c.suspected),
            pending: if only_grows { None } else { self.mean(&|r| r.levels[1], confidence) },
            waiting_at_end: self.mean(&|r| r.waiting_at_end, confidence),
            leaked: self.mean(&|r| r.leaked, confidence),
            wait_probability: self.share(|c| c.waited, |c| c.asked, confidence),
            wait,
            hold,
            response,
            attempt,
            time_to_exhaustion: self.moment(&|r| r.first_failure, confidence),
            impact: self.impact(confidence),
            onset,
            recovered,
            incident: IncidentReport::of(model),
            provenance: model.provenance().to_vec(),
            database: self.database(model, confidence),
            pooler: self.pooler(model, confidence),
            fleet: self.fleet(model, confidence),
            alerts: self.alerts(model, setting.measured, confidence),
            series: self.series.as_ref().map(|series| columns(series, self.instances.as_ref(), self.replications())),
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
