//! Which alerts tell of incidents in time, and which tell of nothing: a ranking over a set of scenarios.

mod candidates;
pub mod prometheus;
pub mod text;

pub use candidates::AlertOrigin;

use crate::alert::{Alert, Metric};
use crate::experiment::{Options, Piece, Pieces, Progress, crowd, replicate};
use crate::order::sort_by;
use crate::problem::{Problem, Problems};
use crate::record::{Firing, Outcome, Window};
use crate::report::{CONFIDENCE, Estimate, Moment, VERSION};
use crate::scenario::{Model, SCHEMA_VERSION};
use crate::units::{SimTime, Span};
use candidates::Candidate;
use core::cmp::Ordering;
use serde::Serialize;

/// Replications of each scenario, if nothing else is asked for.
const REPLICATIONS: u32 = 5;
/// An alert that fires later than so many seconds after the onset tells people what they know.
const IN_TIME: f64 = 300.0;
/// A healthy run lasts as long as its scenario, and at most this.
const HEALTHY: Span = Span::from_nanos(2 * 3600 * 1_000_000_000);
const DAY: f64 = 86_400.0;

/// What became of one alert in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct AlertIn {
    /// The scenario.
    pub scenario: String,
    /// The rule in words, with the threshold that it has here; absent where it has none.
    pub rule: Option<String>,
    /// When it fired first, after anything had changed; absent if it never did.
    pub fires: Option<Moment>,
    /// How long before 5 % of the requests failed it fired, in seconds; below 0 it came later. Absent where one of the two never
    /// happened.
    pub lead: Option<Estimate>,
    /// Whether it fired in time in half of the runs or more: before 5 % of the requests failed, or at most five minutes after;
    /// absent where the scenario is no incident.
    pub in_time: Option<bool>,
    /// Whether in half of the runs or more it fired already when nothing had changed yet, and did not stop.
    pub already: bool,
    /// False alarms for each day in the healthy run; absent where there is none, and where the metric has no value.
    pub false_alarms: Option<f64>,
    /// Why it can never fire here.
    pub never: Option<String>,
    /// Why it has no value here.
    pub no_value: Option<String>,
    /// The rule, and the cores of the database where they are known.
    #[serde(skip)]
    pub(crate) watched: Option<(Alert, Option<f64>)>,
}

/// One alert over all scenarios.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct RankedAlert {
    /// What people call it.
    pub name: String,
    /// The rule in words.
    pub rule: String,
    /// Who thought of it.
    pub origin: AlertOrigin,
    /// In how many of the incidents it fired in time.
    pub in_time: u32,
    /// The median over these of how long before 5 % of the requests failed it fired, in seconds; below 0 it came later.
    pub lead: Option<f64>,
    /// False alarms for each day of all healthy runs in which its metric has a value; absent where there is none.
    pub false_alarms: Option<f64>,
    /// Whether it can fire in any of the scenarios.
    pub can_fire: bool,
    /// What is known of it, in words.
    pub sentence: String,
    /// What became of it, in the order of the scenarios.
    pub scenarios: Vec<AlertIn>,
    #[serde(skip)]
    pub(crate) metric: Metric,
}

/// One scenario of the set.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct RankedScenario {
    /// What people call it.
    pub name: String,
    /// When 5 % of the requests began to fail; absent if that never happened. Where it did in half of the runs or more, the scenario
    /// is an incident.
    pub onset: Option<Moment>,
    /// Whether it is an incident.
    pub incident: bool,
    /// Seconds of healthy runs; absent where requests fail without anything having changed: then nothing there is a false alarm.
    pub healthy: Option<f64>,
    /// What may surprise of it.
    pub cautions: Vec<Problem>,
}

/// Alerts in their order: who misses fewer incidents first, then who gives fewer false alarms, then who comes earlier.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Ranking {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise.
    pub version: &'static str,
    /// The seed.
    pub seed: u64,
    /// Independent replications of each scenario, and of each healthy run.
    pub replications: u32,
    /// How many of the scenarios are incidents.
    pub incidents: u32,
    /// The scenarios.
    pub scenarios: Vec<RankedScenario>,
    /// The alerts.
    pub alerts: Vec<RankedAlert>,
}

/// What one run tells of the alerts.
#[derive(Clone, Debug)]
struct Run {
    /// Seconds from the start.
    onset: Option<f64>,
    alerts: Vec<Fired>,
}

#[derive(Clone, Copy, Debug)]
struct Fired {
    /// Seconds from the start.
    first: Option<f64>,
    times: u64,
    /// It fired when the window began, and did not fire anew.
    already: bool,
}

/// A model with all candidates, and where each is among its alerts.
#[derive(Clone, Debug)]
struct Watched {
    model: Model,
    window: Window,
    places: Vec<Result<usize, String>>,
    runs: Vec<Run>,
}

/// A ranking at work: the incident and the healthy run of each scenario, replication by replication.
#[derive(Clone, Debug)]
pub struct Ranker {
    candidates: Vec<Candidate>,
    names: Vec<String>,
    cautions: Vec<Vec<Problem>>,
    /// What each candidate is for each scenario.
    rules: Vec<Vec<Result<Alert, String>>>,
    /// The incident and the healthy run of each scenario, one after the other.
    watched: Vec<Watched>,
    seed: u64,
    replications: u32,
    done: u32,
}

impl Ranker {
    /// Prepare it.
    ///
    /// Each scenario is run as it is, and once more as it was before anything happened ([`Model::healthy`]), for at most two hours:
    /// what fires there is a false alarm.
    ///
    /// # Errors
    /// When the options ask for what can not be, when there is no scenario, and when one could fill the memory.
    pub fn new(scenarios: &[(String, Model)], options: &Options) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        if options.precision.is_some() {
            problems.error("precision", "has no meaning for a ranking: ask for more replications");
        }
        if scenarios.is_empty() {
            problems.error("", "there is no scenario to rank alerts by");
        }
        let options =
            Options { replications: options.replications.or(Some(REPLICATIONS)), precision: None, ..*options };
        let (seed, replications) = options.check().unwrap_or_else(|e| {
            problems.problems.extend(e.problems);
            Default::default()
        });
        let candidates = Candidate::all(scenarios.iter().map(|(_, model)| model));
        let mut ranker = Self {
            names: scenarios.iter().map(|(name, _)| name.clone()).collect(),
            cautions: scenarios.iter().map(|(_, model)| model.cautions().problems.clone()).collect(),
            rules: Vec::new(),
            watched: Vec::new(),
            candidates,
            seed,
            replications,
            done: 0,
        };
        for (name, model) in scenarios {
            let healthy = model.healthy(HEALTHY);
            let rules: Vec<_> = ranker.candidates.iter().map(|candidate| candidate.for_model(&healthy)).collect();
            // What fires before anything has changed does not tell of it.
            for (model, from) in [(model.clone().followed(), model.first_change()), (healthy, SimTime::ZERO)] {
                let watched = Watched::new(&model, from, &rules);
                crowd(&watched.model, watched.window).unwrap_or_else(|e| {
                    problems.problems.extend(e.in_file(std::path::Path::new(name)).problems);
                });
                ranker.watched.push(watched);
            }
            ranker.rules.push(rules);
        }
        if problems.can_run() { Ok(ranker) } else { Err(problems) }
    }

    /// Do all that is left, on all cores where the feature `cli` is on, telling how far it is.
    pub fn finish(&mut self, mut tell: impl FnMut(Progress)) -> Ranking {
        while self.some() {
            tell(self.progress());
        }
        self.ranking()
    }

    fn total(&self) -> u32 {
        self.watched.len() as u32 * self.replications
    }

    /// The run that a piece numbers: of which model it is.
    fn place(&self, piece: &Piece) -> usize {
        (piece.replication / self.replications) as usize
    }

    /// What is known once all pieces are done.
    pub fn ranking(&self) -> Ranking {
        let pairs: Vec<&[Watched]> = self.watched.chunks(2).collect();
        let scenarios: Vec<RankedScenario> = (self.names.iter().zip(&self.cautions).zip(&pairs))
            .map(|((name, cautions), pair)| {
                let onsets: Vec<f64> = pair[0].runs.iter().filter_map(|run| run.onset).collect();
                let ill = pair[1].runs.iter().any(|run| run.onset.is_some());
                RankedScenario {
                    name: name.clone(),
                    onset: moment(&onsets, pair[0].runs.len()),
                    incident: !onsets.is_empty() && is_half(onsets.len(), pair[0].runs.len()),
                    healthy: (!ill).then(|| pair[1].measured()),
                    cautions: cautions.clone(),
                }
            })
            .collect();
        let incidents = scenarios.iter().filter(|scenario| scenario.incident).count() as u32;
        let mut alerts: Vec<RankedAlert> =
            (0..self.candidates.len()).map(|n| self.ranked(n, &scenarios, &pairs)).collect();
        sort_by(&mut alerts, order);
        for alert in &mut alerts {
            alert.sentence = text::sentence(alert, &scenarios);
        }
        Ranking {
            schema_version: SCHEMA_VERSION,
            version: VERSION,
            seed: self.seed,
            replications: self.replications,
            incidents,
            scenarios,
            alerts,
        }
    }

    /// What became of one candidate.
    fn ranked(&self, n: usize, scenarios: &[RankedScenario], pairs: &[&[Watched]]) -> RankedAlert {
        let candidate = &self.candidates[n];
        let (mut false_alarms, mut days) = (0, 0.0);
        let mut all = Vec::new();
        for ((scenario, pair), rules) in scenarios.iter().zip(pairs).zip(&self.rules) {
            let of_healthy = (scenario.healthy.zip(pair[1].places[n].as_ref().ok())).map(|(seconds, place)| {
                let times = pair[1].runs.iter().map(|run| run.alerts[*place].times).sum::<u64>();
                (times, seconds / DAY)
            });
            if let Some((times, length)) = of_healthy {
                false_alarms += times;
                days += length;
            }
            let mut one = AlertIn {
                scenario: scenario.name.clone(),
                rule: None,
                fires: None,
                lead: None,
                in_time: scenario.incident.then_some(false),
                already: false,
                false_alarms: of_healthy.map(|(times, days)| times as f64 / days),
                never: None,
                no_value: None,
                watched: None,
            };
            match (&pair[0].places[n], &rules[n]) {
                (Ok(place), Ok(alert)) => pair[0].tell(*place, alert, &mut one),
                (Err(why), _) | (_, Err(why)) => one.no_value = Some(why.clone()),
            }
            all.push(one);
        }
        let mut leads: Vec<f64> =
            all.iter().filter(|one| one.in_time == Some(true)).filter_map(|one| Some(one.lead?.mean)).collect();
        RankedAlert {
            name: candidate.name().to_owned(),
            rule: candidate.words(),
            origin: candidate.origin,
            in_time: all.iter().filter(|one| one.in_time == Some(true)).count() as u32,
            lead: median(&mut leads),
            false_alarms: (days > 0.0).then(|| false_alarms as f64 / days),
            can_fire: all.iter().any(|one| one.no_value.is_none() && one.never.is_none()),
            sentence: String::new(),
            scenarios: all,
            metric: candidate.metric(),
        }
    }
}

/// Pieces are numbered through: the replications of the first incident, those of its healthy run, and so on.
impl Pieces for Ranker {
    fn pieces(&self) -> Vec<Piece> {
        (self.done..self.total()).map(|replication| Piece { replication, sizes: Vec::new() }).collect()
    }

    fn perform(&self, piece: &Piece) -> Vec<Outcome> {
        let Watched { model, window, .. } = &self.watched[self.place(piece)];
        vec![replicate(model, *window, self.seed, piece.replication % self.replications)]
    }

    fn take(&mut self, piece: &Piece, outcomes: Vec<Outcome>) {
        let place = self.place(piece);
        self.watched[place].runs.extend(outcomes.iter().map(Run::of));
        self.done += 1;
    }

    fn progress(&self) -> Progress {
        Progress { done: self.done, total: self.total(), finished: self.done == self.total() }
    }
}

impl Watched {
    fn new(model: &Model, from: SimTime, rules: &[Result<Alert, String>]) -> Self {
        let known: Vec<Alert> = rules.iter().flatten().cloned().collect();
        let (model, places) = model.with_alerts(&known);
        let mut places = places.into_iter();
        let places = rules.iter().map(|rule| match rule {
            Ok(_) => places.next().unwrap_or_else(|| Err(String::new())),
            Err(why) => Err(why.clone()),
        });
        let places = places.collect();
        let window = Window { from, until: SimTime::ZERO + model.length(), series: false };
        Self { model, window, places, runs: Vec::new() }
    }

    /// Seconds of all runs.
    fn measured(&self) -> f64 {
        self.window.until.since(self.window.from).seconds() * self.runs.len() as f64
    }

    /// What became of the alert at `place`.
    fn tell(&self, place: usize, alert: &Alert, one: &mut AlertIn) {
        let fired = || self.runs.iter().map(|run| (run.onset, run.alerts[place]));
        let firsts: Vec<f64> = fired().filter_map(|(_, fired)| fired.first).collect();
        let leads: Vec<f64> = fired().filter_map(|(onset, fired)| Some(onset? - fired.first?)).collect();
        let onsets = fired().filter(|(onset, _)| onset.is_some()).count();
        let in_time = leads.iter().filter(|lead| **lead >= -IN_TIME).count();
        one.rule = Some(alert.words());
        one.fires = moment(&firsts, self.runs.len());
        one.lead = Estimate::of(&leads, CONFIDENCE);
        one.in_time = one.in_time.map(|_| is_half(in_time, onsets));
        one.already = is_half(fired().filter(|(_, fired)| fired.already).count(), self.runs.len());
        one.never = self.model.never_fires(place);
        let cores = self.model.database.law.map(|law| law.cores).filter(|cores| cores.is_finite());
        one.watched = Some((alert.clone(), cores));
    }
}

impl Run {
    fn of(outcome: &Outcome) -> Self {
        let fired = |firing: &Firing| Fired {
            first: firing.first.map(SimTime::seconds),
            times: firing.times,
            already: firing.first.is_none() && firing.nanos > 0,
        };
        let onset = outcome.impact.and_then(|impact| impact.onset).map(SimTime::seconds);
        Self { onset, alerts: outcome.alerts.iter().map(fired).collect() }
    }
}

fn is_half(part: usize, all: usize) -> bool {
    2 * part >= all && all > 0
}

fn moment(values: &[f64], runs: usize) -> Option<Moment> {
    Estimate::of(values, CONFIDENCE).map(|estimate| Moment {
        mean: estimate.mean,
        half_width: estimate.half_width,
        share_of_runs: values.len() as f64 / runs as f64,
    })
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (half, odd) = (values.len() / 2, values.len() % 2 == 1);
    let upper = *values.get(half)?;
    Some(if odd { upper } else { (values[half - 1] + upper) / 2.0 })
}

/// Fewer missed incidents first, then fewer false alarms, then the longer lead; who can fire before who can not.
fn order(a: &RankedAlert, b: &RankedAlert) -> Ordering {
    let alarms = |alert: &RankedAlert| alert.false_alarms.unwrap_or(f64::INFINITY);
    let lead = |alert: &RankedAlert| alert.lead.unwrap_or(f64::NEG_INFINITY);
    (b.in_time.cmp(&a.in_time))
        .then(alarms(a).total_cmp(&alarms(b)))
        .then(lead(b).total_cmp(&lead(a)))
        .then(b.can_fire.cmp(&a.can_fire))
}

/// Rank the alerts that the scenarios write, and those that people usually set.
///
/// Deterministic: the same scenarios, seed and replications give the same ranking on every platform and with any number of threads.
///
/// # Errors
/// When the options ask for what can not be, when there is no scenario, and when one could fill the memory.
///
/// ```
/// use poolwise::{alerting, scenario::Scenario};
/// // A pool of two of which every connection is held for longer and longer.
/// let text = serde_json::json!({
///     "duration": "20m", "traffic": { "rate": "20/s" }, "query": [{ "hold": "exponential(mean=20ms)" }],
///     "pool": { "max_size": 2, "acquire_timeout": "2s" },
///     "timeline": [{ "at": "10m", "change": "slow_query", "factor": 10 }],
/// });
/// let model = Scenario::read(text)?.check()?;
/// let answer = alerting::rank(&[("slow".to_owned(), model)], &Default::default())?;
/// assert_eq!((answer.incidents, answer.alerts[0].in_time), (1, 1));
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn rank(scenarios: &[(String, Model)], options: &Options) -> Result<Ranking, Problems> {
    Ok(Ranker::new(scenarios, options)?.finish(|_| {}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0, -1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn fewer_missed_then_fewer_false_alarms_then_earlier() {
        let alert = |name: &str, in_time, false_alarms, lead| RankedAlert {
            name: name.to_owned(),
            rule: String::new(),
            origin: AlertOrigin::Usual,
            in_time,
            lead,
            false_alarms,
            can_fire: true,
            sentence: String::new(),
            scenarios: Vec::new(),
            metric: Metric::Usage,
        };
        let mut all = [
            alert("f", 0, None, None),
            alert("e", 0, Some(0.0), None),
            alert("d", 4, Some(0.0), Some(900.0)),
            alert("c", 5, Some(1.0), Some(60.0)),
            alert("b", 5, Some(0.0), Some(-5.0)),
            alert("a", 5, Some(0.0), Some(50.0)),
        ];
        all.sort_by(order);
        assert_eq!(all.map(|alert| alert.name).concat(), "abcdef");
    }
}
