//! The report of an incident: what happened in plain sentences with the numbers that they rest on, and all that was seen and done on
//! one time axis.
//!
//! Every sentence is made from numbers of the report, and says no more than they do: a limit was reached where what was used was at
//! it for nearly all of the plateau, an intervention changed something where the intervals of the minutes before and after tell them
//! apart, and where they do not, it is said whether that is known or only not clear.

mod html;
mod outcome;
mod spark;
mod summary;
mod svg;
mod tables;
mod text;
mod view;

pub use html::html;
pub use outcome::{ChangeEffect, Outcome};
pub use spark::sparkline;
pub use summary::{About, Exhausted, FirstAlert, Mechanism, Never, Onset, Resource, Sentence, Summary};
pub use text::{markdown, text};

use crate::order::sort_by;
use crate::problem::Problem;
use crate::problem::Problems;
use crate::report::{Report, VERSION};
use crate::scenario::{Model, SCHEMA_VERSION};
use serde::Serialize;
use view::View;

/// What kind of thing an entry of the timeline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// Something that is done, by whoever: a deploy, a restart, a migration.
    Change,
    /// What people saw or thought.
    Note,
    /// An alert fires for the first time.
    Alert,
    /// 5 % of the requests begin to fail, or hardly more of them fail than before.
    Measured,
    /// What the document says.
    Stated,
}

/// One entry of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Event {
    /// Seconds from the start of the run; absent where it depends on an alert, and the runs do not agree when that fires.
    pub at: Option<f64>,
    /// When it is done, if it takes a while: in seconds from the start of the run.
    pub until: Option<f64>,
    /// Seconds from the beginning of the incident.
    pub since: Option<f64>,
    /// The letter by which charts call it; changes alone have one.
    pub letter: Option<String>,
    /// What kind of thing it is.
    pub kind: EventKind,
    /// What it is, in words.
    pub text: String,
    /// Requests lost, as a share of the attempts that came in the two parts of the series from then on.
    pub errors: Option<f64>,
    /// What came of it; changes alone have one.
    pub outcome: Option<Outcome>,
}

/// The report of an incident. Times are seconds from the start of the run unless they say otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Replay {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise.
    pub version: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The moment from which people count, in seconds from the start of the run: where the incident's window begins, or else when 5 %
    /// of the requests begin to fail, or else the start.
    pub zero: f64,
    /// The database's processors, where queries share a limited number of them.
    pub cores: Option<f64>,
    /// What happened, in plain language.
    pub summary: Summary,
    /// What was done, seen and told, in order of time.
    pub timeline: Vec<Event>,
    /// What may surprise about the replay itself.
    pub cautions: Vec<Problem>,
    /// All numbers.
    pub report: Report,
}

/// The report of the incident that a model's runs went through.
///
/// ```
/// use poolwise::{experiment, replay, scenario::Scenario};
///
/// let model = Scenario::read(serde_json::json!({
///     "duration": "5m",
///     "traffic": { "rate": "50/s" },
///     "query": [{ "hold": "deterministic(10ms)" }],
///     "pool": { "max_size": 1, "acquire_timeout": "1s" },
///     "timeline": [{ "at": "2m", "change": "slow_query", "factor": 10 }],
///     "incident": { "from": "2m", "until": "4m" },
/// }))?.check()?;
/// let report = experiment::simulate(&model, &experiment::Options { replications: Some(2), ..Default::default() })?;
/// let replay = replay::replay(&model, report);
/// assert_eq!(replay.summary.exhausted[0].resource, replay::Resource::PoolPlaces);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn replay(model: &Model, report: Report) -> Replay {
    let mut cautions = Problems::default();
    if report.series.is_none() || (model.incident().is_none() && report.marks.is_empty()) {
        cautions.caution(
            "",
            "there is no incident to replay: write what happens and when as [[timeline]], such as { at = \"30m\", change = \
             \"slow_query\", factor = 20 }, and over which time people count as [incident], such as from = \"30m\", until = \"60m\"; \
             what follows is an ordinary report",
        );
    }
    let law = model.database.law.filter(|_| model.cpu_capacity().is_some());
    let cores = law.map(|law| law.cores).filter(|cores| cores.is_finite());
    let view = View::new(&report, cores);
    let outcomes = outcome::outcomes(model, &report, &view);
    let summary = summary::summary(model, &report, &view, &outcomes);
    let timeline = timeline(&report, &view, outcomes);
    Replay {
        schema_version: SCHEMA_VERSION,
        version: VERSION,
        scenario: report.scenario.clone(),
        zero: view.zero,
        cores,
        summary,
        timeline,
        cautions: cautions.problems,
        report,
    }
}

fn timeline(report: &Report, view: &View, outcomes: Vec<Option<Outcome>>) -> Vec<Event> {
    let event = |at: Option<f64>, kind, text: String| Event {
        at,
        until: None,
        since: at.map(|at| at - view.zero),
        letter: None,
        kind,
        text,
        errors: at.and_then(|at| view.share(at, at + 2.0 * view.width)),
        outcome: None,
    };
    let mut all: Vec<Event> = Vec::new();
    for (mark, outcome) in report.marks.iter().zip(outcomes) {
        let at = mark.at.or(outcome.as_ref().and_then(|outcome| outcome.at));
        let kind = if outcome.is_some() { EventKind::Change } else { EventKind::Note };
        let until = outcome.as_ref().and_then(|outcome| outcome.until).filter(|until| at.is_some_and(|at| *until > at));
        let letter = outcome.as_ref().map(|outcome| outcome.letter.clone());
        all.push(Event { until, letter, outcome, ..event(at, kind, mark.text.clone()) });
    }
    for alert in &report.alerts {
        if let Some(fires) = &alert.fires {
            let some = view.in_runs(fires.share_of_runs);
            let text = format!("alert {}{some}: {}", alert.name, alert.rule);
            all.push(event(Some(fires.mean), EventKind::Alert, text));
        }
    }
    if let Some(onset) = &view.onset {
        let text = format!("5 % of the requests fail from here on{}", view.in_runs(onset.share_of_runs));
        all.push(event(Some(onset.mean), EventKind::Measured, text));
    }
    if let Some(recovered) = view.recovered.filter(|recovered| recovered.mean < view.end) {
        let text = format!("less than 1 % more fail or are slow than before{}", view.in_runs(recovered.share_of_runs));
        all.push(event(Some(recovered.mean), EventKind::Measured, text));
    }
    if let Some(recovered) = report.incident.as_ref().and_then(|incident| incident.recovered) {
        all.push(event(Some(recovered), EventKind::Stated, "the document says that it is over".to_owned()));
    }
    // Stable: what happens at one moment stays in the order in which it is written; what has no moment stands at the end.
    sort_by(&mut all, |a, b| a.at.unwrap_or(f64::INFINITY).total_cmp(&b.at.unwrap_or(f64::INFINITY)));
    all
}
