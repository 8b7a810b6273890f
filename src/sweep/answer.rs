//! What the lines of a sweep say.

use super::file::Header;
use super::line::{Line, Measured, Pooled, RunTimes};
use crate::record::Spans;
use crate::report::{CONFIDENCE, Estimate, Times};
use crate::slo::{Metric, Objective};

/// Whether a variant meets its objectives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meets {
    /// The whole interval of every objective lies within it.
    Yes,
    /// The whole interval of some objective lies beyond it, or there is no number that could lie within.
    No,
    /// An interval straddles an objective.
    Unsure,
}

impl Meets {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "meets",
            Self::No => "misses",
            Self::Unsure => "unsure",
        }
    }
}

/// The answer of one variant: the numbers of [`simulate`](crate::experiment::simulate).
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The variant's number.
    pub variant: u64,
    /// In which world it is.
    pub world: u32,
    /// The values that it sets, in the order of the paths of the header.
    pub values: Vec<String>,
    /// Why it makes no sense; then it has no numbers.
    pub problem: Option<String>,
    /// What was measured.
    pub numbers: Option<Numbers>,
    /// Whether it surely meets the objectives; absent where there are none.
    pub meets: Option<Meets>,
    /// Whether its estimates alone lie within the objectives; absent where there are none.
    pub within: Option<bool>,
}

/// What was measured of one variant. Times are in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Replications.
    pub replications: u32,
    /// Waits; absent when the queue only grows.
    pub wait: Times,
    /// Wait and work together, of the attempts whose client got the answer.
    pub response: Times,
    /// All attempts.
    pub attempt: Times,
    /// Answers per second that reached a client.
    pub goodput: Option<Estimate>,
    /// Share of the connections in use.
    pub utilisation: Option<Estimate>,
    /// Share of the attempts that gave up waiting.
    pub timed_out_share: Option<Estimate>,
    /// Share of the attempts that were served for nobody.
    pub wasted_share: Option<Estimate>,
    /// Share of the requests that were lost.
    pub failed_requests: Option<Estimate>,
}

impl Answer {
    /// What a line says.
    pub fn of(line: &Line, header: &Header) -> Self {
        let values =
            line.set.iter().map(|set| set.split_once('=').map_or(String::new(), |(_, value)| value.to_owned()));
        let numbers = line.measured.as_ref().and_then(Numbers::of);
        let objectives: Vec<Objective> = header.slo.iter().filter_map(|text| Objective::parse(text).ok()).collect();
        let asked = numbers.as_ref().filter(|_| !objectives.is_empty());
        let within = |numbers: &Numbers, o: &Objective| numbers.measure(o.metric).is_some_and(|e| e.mean <= o.at_most);
        Self {
            variant: line.variant,
            world: line.world,
            values: values.collect(),
            problem: line.problem.clone(),
            meets: asked.map(|numbers| numbers.meet(&objectives)),
            within: asked.map(|numbers| objectives.iter().all(|objective| within(numbers, objective))),
            numbers,
        }
    }
}

impl Numbers {
    fn of(measured: &Measured) -> Option<Self> {
        let runs = &measured.runs;
        let count = runs.offered.len() as u32;
        let [wait, response, failure] = [&measured.wait, &measured.response, &measured.failure].map(Pooled::spans);
        let (wait, response) = (wait?, response?);
        let mut attempt = response.clone();
        attempt.merge(&failure?);
        let of = |spans: &Spans, each: &RunTimes| times(spans, each, count, measured);
        // A file of somebody else's can hold anything.
        let added = |(first, again): (&u64, &u64)| first.saturating_add(*again);
        let left = |(served, wasted): (&u64, &u64)| served.saturating_sub(*wasted) as f64 / measured.measured;
        let attempts: Vec<u64> = runs.offered.iter().zip(&runs.retried).map(added).collect();
        let answered = runs.served.iter().zip(&runs.wasted).map(left);
        Some(Self {
            replications: count,
            wait: if measured.grows { nothing() } else { of(&wait, &runs.wait) },
            response: if measured.grows { nothing() } else { of(&response, &runs.response) },
            attempt: if measured.grows { nothing() } else { of(&attempt, &runs.attempt) },
            goodput: Estimate::of(&answered.collect::<Vec<_>>(), CONFIDENCE),
            utilisation: Estimate::of(&runs.utilisation, CONFIDENCE),
            timed_out_share: share(&runs.timed_out, &attempts),
            wasted_share: share(&runs.wasted, &attempts),
            failed_requests: share(&runs.failed, &runs.offered),
        })
    }

    /// The estimate that an objective speaks of.
    pub fn measure(&self, metric: Metric) -> Option<Estimate> {
        match metric {
            Metric::Wait(stat) => self.wait.of(stat),
            Metric::Response(stat) => self.response.of(stat),
            Metric::Attempt(stat) => self.attempt.of(stat),
            Metric::TimedOutShare => self.timed_out_share,
            Metric::WastedShare => self.wasted_share,
            Metric::FailedRequests => self.failed_requests,
        }
    }

    fn meet(&self, objectives: &[Objective]) -> Meets {
        let judge = |objective: &Objective| match self.measure(objective.metric) {
            None => Meets::No,
            Some(Estimate { mean, half_width, .. }) => {
                let half = half_width.unwrap_or(f64::INFINITY);
                match (mean - half > objective.at_most, mean + half <= objective.at_most) {
                    (true, _) => Meets::No,
                    (_, true) => Meets::Yes,
                    _ => Meets::Unsure,
                }
            }
        };
        let all: Vec<Meets> = objectives.iter().map(judge).collect();
        match all.contains(&Meets::No) {
            true => Meets::No,
            false if all.contains(&Meets::Unsure) => Meets::Unsure,
            false => Meets::Yes,
        }
    }
}

fn nothing() -> Times {
    Times { mean: None, p50: None, p90: None, p95: None, p99: None }
}

/// As [`Tally::times`](crate::report::Tally::times) has it: percentiles of all together, with an interval from how those of the
/// replications spread.
fn times(pooled: &Spans, each: &RunTimes, count: u32, measured: &Measured) -> Times {
    let percentile = |thousandths: u16, each: &[Option<f64>]| {
        let centre = pooled.histogram.quantile(thousandths)?;
        let all: Option<Vec<f64>> = each.iter().copied().collect();
        let alone = Estimate { mean: centre, half_width: None, replications: count };
        Estimate::around(centre, &all.unwrap_or_default(), CONFIDENCE).or(Some(alone))
    };
    let means: Vec<f64> = each.mean.iter().copied().flatten().collect();
    Times {
        mean: Estimate::of(&means, CONFIDENCE).filter(|_| measured.has_mean),
        p50: percentile(500, &each.p50),
        p90: percentile(900, &each.p90),
        p95: percentile(950, &each.p95),
        p99: percentile(990, &each.p99),
    }
}

/// As a tally has it: where it never held, the half-width is the rule of three's.
fn share(of: &[u64], among: &[u64]) -> Option<Estimate> {
    let sum = |counts: &[u64]| counts.iter().map(|count| *count as f64).sum::<f64>();
    let (all, centre) = (sum(among), sum(of) / sum(among));
    let both = of.iter().zip(among).filter(|(_, among)| **among > 0);
    let values: Vec<f64> = both.map(|(of, among)| *of as f64 / *among as f64).collect();
    let estimate = Estimate::around(centre, &values, CONFIDENCE)?;
    let never = (centre == 0.0).then(|| (-crate::math::ln(1.0 - CONFIDENCE) / all).min(1.0));
    Some(Estimate { half_width: never.or(estimate.half_width), ..estimate })
}

/// All worlds of one combination: how the answer spreads when the uncertain values do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worlds {
    /// The values of the axes.
    pub values: Vec<String>,
    /// In how many worlds it was simulated.
    pub worlds: u32,
    /// In how many worlds it makes no sense.
    pub senseless: u32,
    /// In how many worlds its estimates lie within the objectives; absent where there are none.
    pub within: Option<u32>,
    /// The 99th percentile of the wait in each world, in order of size; a world in which the queue grows without end has none and
    /// counts as the longest.
    waits: Vec<f64>,
    /// The share of failed requests in each world.
    failed: Vec<f64>,
}

impl Worlds {
    /// Add the next world of the same combination; `axes` is how many of its values are those of axes.
    pub fn add(&mut self, answer: &Answer, axes: usize) {
        if self.worlds == 0 {
            self.values = answer.values.iter().take(axes).cloned().collect();
        }
        self.worlds += 1;
        let Some(numbers) = &answer.numbers else {
            self.senseless += 1;
            return;
        };
        if let Some(within) = answer.within {
            self.within = Some(self.within.unwrap_or(0) + u32::from(within));
        }
        let wait = numbers.wait.p99.map_or(f64::INFINITY, |p99| p99.mean);
        let failed = numbers.failed_requests.map_or(0.0, |share| share.mean);
        for (sorted, value) in [(&mut self.waits, wait), (&mut self.failed, failed)] {
            let place = sorted.partition_point(|known| *known <= value);
            sorted.insert(place, value);
        }
    }

    /// The 99th percentile of the wait, in seconds, that is not passed in such a share of the worlds.
    pub fn wait(&self, share: f64) -> Option<f64> {
        at(&self.waits, share)
    }

    /// The share of failed requests that is not passed in such a share of the worlds.
    pub fn failed(&self, share: f64) -> Option<f64> {
        at(&self.failed, share)
    }
}

fn at(sorted: &[f64], share: f64) -> Option<f64> {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}
