//! What came of each change: the requests lost in the minutes before it and after.

use super::view::View;
use crate::report::text::{percent, time};
use crate::report::{Estimate, Mark, Report};
use crate::scenario::Model;
use crate::timeline::{Begins, Change, Entry};
use serde::Serialize;

/// The minutes that are compared, in seconds; less in a short run.
const MINUTES: f64 = 600.0;
/// So long after a change is done, in seconds at most, its queue may drain.
const SETTLE: f64 = 60.0;
/// A mean needs so many parts of the series.
const LEAST: usize = 4;
/// At which confidence before and after differ: several changes are asked at once.
const CONFIDENCE: f64 = 0.99;
/// Shares that are less than so far apart are as good as equal, whatever their intervals say.
const MATTERS: f64 = 0.02;
/// Where the difference may be as large as this, nobody knows whether there is one.
const UNCLEAR: f64 = 0.05;
/// Below this share nothing was wrong.
const WELL: f64 = 0.01;

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ChangeEffect {
    /// Fewer requests were lost afterwards.
    Better,
    /// More were.
    Worse,
    /// As many were: surely to within five in a hundred of all, or to within two as far as the minutes tell.
    NoDifference,
    /// Hardly any were lost before or afterwards.
    StayedWell,
    /// The intervals do not tell, or there are too few minutes before the next change.
    Unclear,
}

impl ChangeEffect {
    /// In one or two words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NoDifference => "no difference",
            Self::StayedWell => "nothing was wrong",
            Self::Unclear => "not clear",
        }
    }
}

/// What came of a change. That more or fewer requests were lost afterwards does not say that they were for its sake.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Outcome {
    /// The letter by which charts call it.
    pub letter: String,
    /// What the change was.
    pub text: String,
    /// When it began, in seconds from the start of the run; absent where the runs do not agree on it.
    pub at: Option<f64>,
    /// When it was done.
    pub until: Option<f64>,
    /// What it did.
    pub effect: ChangeEffect,
    /// Requests lost, as a share of the attempts that came, in the minutes before: a mean over parts of the series.
    pub before: Option<Estimate>,
    /// The same in the minutes after it was done.
    pub after: Option<Estimate>,
    /// The same while it lasted, where a change does.
    pub during: Option<Estimate>,
    /// The beginning and the end of the minutes before, in seconds from the start of the run.
    pub before_span: Option<(f64, f64)>,
    /// The same of the minutes after.
    pub after_span: Option<(f64, f64)>,
    /// The same in a sentence.
    pub words: String,
}

/// One for each entry of the timeline; none for notes.
pub(super) fn outcomes(model: &Model, report: &Report, view: &View) -> Vec<Option<Outcome>> {
    let spans: Vec<Option<(f64, f64)>> = model.timeline.iter().map(|entry| span(entry, report, view)).collect();
    let is_change = |n: usize| model.timeline[n].change != Change::Note;
    let mut count = 0;
    let one = |(n, mark): (usize, &Mark)| {
        if !is_change(n) {
            return None;
        }
        let letter = letter(count);
        count += 1;
        let others = (0..spans.len()).filter(|other| *other != n && is_change(*other));
        let others: Vec<(f64, f64)> = others.filter_map(|other| spans[other]).collect();
        let mut outcome = outcome(view, letter, mark, spans[n], &others);
        // What begins slowly: a leak fills its pools long after the deploy that brought it.
        if let (Some(onset), Some((_, seen))) = (&view.onset, outcome.after_span)
            && outcome.effect == ChangeEffect::StayedWell
            && onset.mean >= seen
            && others.iter().all(|(other, _)| !(seen..=onset.mean).contains(other))
        {
            let later = onset.mean - outcome.at.unwrap_or(seen);
            outcome.words += &format!("; 5 % fail {} after it began", time(later));
        }
        Some(outcome)
    };
    report.marks.iter().enumerate().map(one).collect()
}

/// A, B, …, Z, AA, AB, …
fn letter(n: usize) -> String {
    let last = char::from(b'A' + (n % 26) as u8);
    if n < 26 { last.to_string() } else { letter(n / 26 - 1) + &last.to_string() }
}

/// When a change begins, and when it is done.
fn span(entry: &Entry, report: &Report, view: &View) -> Option<(f64, f64)> {
    let at = match entry.begins {
        Begins::At(at) => at.seconds(),
        Begins::On { alert, after } => {
            let fires = report.alerts.get(alert)?.fires?;
            // One run alone agrees with itself.
            let agree = fires.half_width.is_some_and(|half| half <= view.width) || report.replications == 1;
            let sure = fires.share_of_runs >= 1.0 && agree;
            sure.then(|| fires.mean + after.seconds())?
        }
    };
    let rollout = entry
        .change
        .rollout()
        .map_or(0.0, |r| r.over.max(entry.over).seconds() + r.drain.seconds() + r.start.seconds());
    let lasts = match entry.change {
        Change::RestartDatabase { lasts } | Change::RestartPooler { lasts } | Change::Lock { lasts } => lasts.seconds(),
        _ => 0.0,
    };
    Some((at, at + entry.over.seconds().max(rollout).max(lasts)))
}

fn outcome(view: &View, letter: String, mark: &Mark, span: Option<(f64, f64)>, others: &[(f64, f64)]) -> Outcome {
    let mut outcome = Outcome {
        letter,
        text: mark.text.clone(),
        at: span.map(|(at, _)| at),
        until: span.map(|(_, until)| until),
        effect: ChangeEffect::Unclear,
        before: None,
        after: None,
        during: None,
        before_span: None,
        after_span: None,
        words: String::new(),
    };
    if let Some((at, until)) = span {
        let minutes = MINUTES.min(view.end / 10.0).max(LEAST as f64 * view.width);
        let settled = until + SETTLE.min(minutes / 4.0).max(view.width);
        // Other changes neither in the minutes before nor in those after.
        let earlier = others.iter().filter(|(other, _)| *other < at).map(|(_, done)| done.min(at));
        let later = others.iter().filter(|(other, _)| *other > at).map(|(other, _)| *other);
        let before = (earlier.fold((at - minutes).max(0.0), f64::max), at);
        let after = (settled, later.fold((settled + minutes).min(view.end), f64::min));
        let measure = |(from, to): (f64, f64)| {
            let shares: Vec<f64> = view.bins(from, to).filter_map(|n| view.share_in(n..n + 1)).collect();
            if shares.len() < LEAST { None } else { Estimate::of(&shares, CONFIDENCE) }
        };
        (outcome.before, outcome.after) = (measure(before), measure(after));
        // With its aftermath, which the minutes after it leave out.
        outcome.during = view.share(at, settled).and_then(|share| Estimate::of(&[share], CONFIDENCE));
        outcome.before_span = outcome.before.map(|_| before);
        outcome.after_span = outcome.after.map(|_| after);
    }
    outcome.effect = effect(outcome.before, outcome.after);
    outcome.words = words(&outcome);
    outcome
}

fn effect(before: Option<Estimate>, after: Option<Estimate>) -> ChangeEffect {
    let (Some(before), Some(after)) = (before, after) else { return ChangeEffect::Unclear };
    let half = |estimate: Estimate| estimate.half_width.unwrap_or(1.0);
    // Not smaller than the root of the squares: parts of a series that follow each other are alike.
    let half = half(before) + half(after);
    let difference = after.mean - before.mean;
    if before.mean + after.mean <= WELL && half <= UNCLEAR {
        return ChangeEffect::StayedWell;
    }
    match difference.abs() {
        d if d > half && d >= MATTERS => {
            if difference < 0.0 {
                ChangeEffect::Better
            } else {
                ChangeEffect::Worse
            }
        }
        d if d + half <= UNCLEAR => ChangeEffect::NoDifference,
        d if d >= MATTERS => ChangeEffect::Unclear,
        // Close together; the half-widths may still be those of a plateau that sways.
        _ if half <= 2.0 * UNCLEAR => ChangeEffect::NoDifference,
        _ => ChangeEffect::Unclear,
    }
}

fn words(outcome: &Outcome) -> String {
    let (Some(before), Some(after)) = (outcome.before, outcome.after) else {
        let why = match outcome.at {
            Some(_) => "too little time before and after it without another change",
            None => "it waits for an alert, which did not fire, or not at one moment",
        };
        return why.to_owned();
    };
    let shares = format!("{} of the requests lost before, {} after", percent(before.mean), percent(after.mean));
    match outcome.effect {
        ChangeEffect::Better => format!("better: {shares}"),
        ChangeEffect::Worse => format!("worse afterwards: {shares}"),
        ChangeEffect::NoDifference => format!("no difference: {shares}"),
        ChangeEffect::StayedWell => match outcome.during.filter(|during| during.mean >= MATTERS) {
            Some(during) => format!("while it lasted {} of the requests were lost: {shares}", percent(during.mean)),
            None => format!("nothing was wrong in the minutes before and after it: {shares}"),
        },
        ChangeEffect::Unclear => format!("not clear: {shares}, and they sway by more than they differ"),
    }
}
