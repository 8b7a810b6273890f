//! Cases that are to be survived besides the usual load: more traffic, slow queries, missing instances, a deploy.

use super::reach::smallest;
use crate::experiment::{Options, in_parallel, replicate};
use crate::plan::{Judged, Verdict, judge};
use crate::problem::Problems;
use crate::record::Window;
use crate::report::Tally;
use crate::scenario::{Blow, Case, Model, Scenario, SpikeSection, TimelineSection, TrafficSection, Written};
use crate::slo::{Metric, Objective};
use crate::units::{Rate, SimTime, Span};
use serde::Serialize;

/// Replications of each size: first so many, then twice as many while the answer is open.
const FIRST: u32 = 8;
const MOST: u32 = 32;
/// A blow falls after so many seconds of usual load, and the load afterwards is looked at for as long; longer where fewer requests
/// than these come meanwhile.
const CALM: f64 = 60.0;
const REQUESTS: f64 = 2_000.0;
/// The share of requests that may fail during a blow when no objective says so.
const FAILURES_ALLOWED: f64 = 0.01;

/// How a case fares.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Survived {
    /// What people call it.
    pub name: String,
    /// What happens, in words.
    pub what: String,
    /// What is asked: meanwhile, and afterwards.
    pub asked: Vec<String>,
    /// Whether the size that the usual load needs survives it.
    pub as_it_is: bool,
    /// The smallest size, from that one on, that does; absent when none does.
    pub smallest: Option<u32>,
}

impl Survived {
    /// How a case fares of a model whose usual load needs `size`: `smallest` survives it.
    pub(super) fn of(model: &Model, case: &Case, size: u32, smallest: Option<u32>) -> Self {
        let usual = model.slo().iter();
        let asked = match (case.what.ends(), case.slo.as_slice()) {
            (true, _) => {
                let afterwards = usual.map(|objective| format!("afterwards {objective}"));
                meanwhile(case).iter().map(Objective::to_string).chain(afterwards).collect()
            }
            (false, []) => usual.map(Objective::to_string).collect(),
            (false, said) => said.iter().map(Objective::to_string).collect(),
        };
        Self { name: case.name.clone(), what: words(case), asked, as_it_is: smallest == Some(size), smallest }
    }
}

/// The smallest size that survives a case, of a scenario whose usual load needs `size`, of `most` that there can be.
pub(super) fn needs(
    scenario: &Scenario,
    model: &Model,
    case: &Case,
    (size, most): (u32, u32),
    options: &Options,
) -> Result<Option<u32>, Problems> {
    match case.what.ends() {
        true => Ok(Blown::new(scenario, model, case, most)?.smallest(size, options.check()?.0)),
        false => Ok(smallest(&for_ever(model, case), options)?.map(|needed| needed.max(size))),
    }
}

/// Why the size is larger than the usual load needs.
pub(super) fn sentence(cases: &[Survived], needed: u32, usual: &str) -> String {
    let names: Vec<String> =
        cases.iter().filter(|case| case.smallest == Some(needed)).map(|case| format!("\"{}\"", case.name)).collect();
    let usual =
        usual.strip_prefix("Use ").map_or(usual.to_owned(), |rest| format!("The usual load alone needs {rest}"));
    let connections = if needed == 1 { "connection" } else { "connections" };
    format!("Use {needed} {connections} on each instance: the fewest that survive {}. {usual}", names.join(" and "))
}

fn words(case: &Case) -> String {
    let Case { factor, lasts, count, .. } = case;
    match case.what {
        Blow::Peak => format!("{factor} times the traffic"),
        Blow::Spike => format!("{factor} times the traffic for {lasts}"),
        Blow::SlowQuery => {
            let which = case.query.as_deref().map_or("all work".to_owned(), |name| format!("\"{name}\""));
            format!("{which} takes {factor} times as long for {lasts}")
        }
        Blow::FewerInstances if *count == 1 => "one instance less".to_owned(),
        Blow::FewerInstances => format!("{count} instances less"),
        Blow::Deploy => format!("all instances are replaced, one after another, within {lasts}"),
    }
}

/// More traffic or fewer instances, in the long run.
fn for_ever(model: &Model, case: &Case) -> Model {
    let mut other = match case.what {
        Blow::FewerInstances => {
            let left = model.instances() - case.count;
            let mut fewer = model.clone();
            fewer.instances = left;
            fewer
        }
        _ => model.at_peak().with_traffic(case.factor),
    };
    if !case.slo.is_empty() {
        other.slo.clone_from(&case.slo);
    }
    other
}

/// What is asked while a blow lasts.
fn meanwhile(case: &Case) -> Vec<Objective> {
    match case.slo.as_slice() {
        [] => vec![Objective { metric: Metric::FailedRequests, at_most: FAILURES_ALLOWED }],
        said => said.to_vec(),
    }
}

/// A blow that ends: a run over time, with two windows in which it is judged.
struct Blown {
    model: Model,
    /// From the blow until recovery is due, and what is asked of it.
    during: (Window, Vec<Objective>),
    /// Afterwards, and what is asked of it.
    after: (Window, Vec<Objective>),
    most: u32,
}

impl Blown {
    fn new(scenario: &Scenario, model: &Model, case: &Case, most: u32) -> Result<Self, Problems> {
        let calm = Span::from_seconds(CALM.max(REQUESTS / model.peak().as_per_second()));
        let begins = SimTime::ZERO + calm;
        let due = begins + case.lasts + case.recovered;
        let until = due + calm;
        let model = blown(scenario, model, case, calm, until.since(SimTime::ZERO)).check()?;
        let window = |from, until| Window { from, until, series: false };
        let slo = model.slo().to_vec();
        Ok(Self { model, during: (window(begins, due), meanwhile(case)), after: (window(due, until), slo), most })
    }

    /// The smallest size from `size` on that survives.
    fn smallest(&self, size: u32, seed: u64) -> Option<u32> {
        if self.survives(size, seed) {
            return Some(size);
        }
        let (mut bad, mut good) = (size, size);
        loop {
            good = (good + (good / 2).max(1)).min(self.most).max(bad);
            if good == bad {
                return None;
            }
            if self.survives(good, seed) {
                break;
            }
            // Beyond ten times the usual size more connections are no help that chance has hidden.
            if good >= self.most || good > 10 * size {
                return None;
            }
            bad = good;
        }
        while good - bad > 1 {
            let middle = bad + (good - bad) / 2;
            if self.survives(middle, seed) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Some(good)
    }

    fn survives(&self, size: u32, seed: u64) -> bool {
        let model = self.model.with_max_size(size);
        [&self.during, &self.after].into_iter().all(|(window, objectives)| {
            let mut tally = Tally::default();
            loop {
                let done = tally.replications();
                let more = done.max(FIRST);
                let outcomes = in_parallel(done..done + more, |n| replicate(&model, *window, seed, n));
                // Where nobody ever waits or fails, there is nothing that more requests would show.
                if done == 0 && outcomes.iter().all(|o| o.waited + o.failed + o.wasted == 0) && within(objectives) {
                    return true;
                }
                outcomes.into_iter().for_each(|outcome| tally.add(outcome));
                let Judged { verdict, .. } = judge(&tally, objectives, tally.replications());
                if verdict != Verdict::Unsure || tally.replications() >= MOST {
                    return verdict == Verdict::Meets;
                }
            }
        })
    }
}

/// Whether objectives speak of waits and failures alone: response times are long whether or not anybody waits.
fn within(objectives: &[Objective]) -> bool {
    objectives.iter().all(|o| o.metric.is_share() || matches!(o.metric, Metric::Wait(_)))
}

/// The scenario at its peak rate with nothing but the blow on its timeline.
pub(super) fn blown(scenario: &Scenario, model: &Model, case: &Case, calm: Span, duration: Span) -> Scenario {
    let text = |span: Span| Some(Written::Text(span.to_string()));
    let at = |after: Span| text(calm + after);
    let mut other = Scenario {
        schema_version: scenario.schema_version.clone(),
        name: scenario.name.clone(),
        duration: text(duration),
        traffic: scenario.traffic.clone(),
        query: scenario.query.clone(),
        fleet: scenario.fleet.clone(),
        pool: scenario.pool.clone(),
        pooler: scenario.pooler.clone(),
        client: scenario.client.clone(),
        database: scenario.database.clone(),
        slo: scenario.slo.clone(),
        ..Scenario::default()
    };
    for (written, source) in other.traffic.sources_mut().iter_mut().zip(&model.sources) {
        if written.rate.is_some() {
            let rate = Rate::per_second(source.peak(&model.queries).as_per_second());
            *written = TrafficSection {
                name: written.name.clone(),
                query: written.query.clone(),
                pool: written.pool.clone(),
                rate: Some(Written::Text(rate.to_string())),
                ..TrafficSection::default()
            };
            if case.what == Blow::Spike {
                written.spikes = vec![SpikeSection {
                    at: at(Span::ZERO),
                    lasts: text(case.lasts),
                    factor: Some(Written::Number(case.factor)),
                }];
            }
        }
    }
    let slow = |after, factor| TimelineSection {
        at: at(after),
        change: Some("slow_query".into()),
        query: case.query.clone().map(Written::Text),
        factor: Some(Written::Number(factor)),
        ..TimelineSection::default()
    };
    other.timeline = match case.what {
        Blow::SlowQuery => vec![slow(Span::ZERO, case.factor), slow(case.lasts, 1.0)],
        Blow::Deploy => vec![TimelineSection {
            at: at(Span::ZERO),
            change: Some("restart_instances".into()),
            over: text(case.lasts),
            ..TimelineSection::default()
        }],
        _ => Vec::new(),
    };
    other
}
