//! What happened, in plain sentences, each with the numbers that it rests on.

use super::outcome::Outcome;
use super::view::{View, mean, since};
use crate::catalogue::default_of;
use crate::diagnose::{self, Finding};
use crate::report::text::{measure_of, percent, time};
use crate::report::{AlertReport, Estimate, InstanceColumns, Report, WindowImpact};
use crate::scenario::{Model, Reading};
use crate::units::{SimTime, Span};
use crate::workload::Source;
use serde::Serialize;

/// A limit is reached from this share of it on.
pub(super) const FULL: f64 = 0.95;
/// Over so much of the plateau.
const MOSTLY: f64 = 0.9;
/// Leaks matter from this share of the places on.
const LEAKED: f64 = 0.05;
/// Traffic has changed from this factor on.
const TIMES: f64 = 1.5;

/// What a sentence is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// What happened and when it began.
    Beginning,
    /// What was used up.
    Exhausted,
    /// Who was affected.
    Affected,
    /// When it was over.
    End,
    /// What came of each change.
    Changes,
    /// What people were told, and when.
    Alerts,
    /// The likely mechanism, and what helps against it.
    Mechanism,
}

/// One sentence of the summary.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Sentence {
    /// What it is about.
    pub about: About,
    /// The sentence.
    pub text: String,
}

/// When 5 % of the requests began to fail.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Onset {
    /// Seconds from the start of the run.
    pub at: f64,
    /// Half the width of its interval.
    pub half_width: Option<f64>,
    /// The share of runs in which it happened.
    pub share_of_runs: f64,
    /// The last change before it, by its letter.
    pub after: Option<String>,
    /// How many seconds after that change.
    pub later: Option<f64>,
    /// How many times the traffic before it comes then, where no change began before it and the scenario says that much more comes.
    pub traffic: Option<f64>,
    /// Attempts per second before it: the median.
    pub offered_before: Option<f64>,
    /// Attempts per second over the plateau.
    pub offered: Option<f64>,
    /// Served per second before it: the median.
    pub served_before: Option<f64>,
    /// Served per second over the plateau.
    pub served: Option<f64>,
}

/// What can be used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Connections that all pools of the fleet may have.
    PoolPlaces,
    /// The same of some instances.
    InstancePlaces,
    /// Connections that the database lets in.
    DatabaseConnections,
    /// The database's processors.
    Cores,
    /// Places of the pools whose connections were never returned.
    Leaked,
}

/// What was used up, over the plateau: the parts of the run in which most failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Exhausted {
    /// What.
    pub resource: Resource,
    /// How much of it was in use on average; of instances, how many had all of their places in use: a median.
    pub level: f64,
    /// How much there was; of instances, how many served: a median.
    pub limit: f64,
    /// The same in a sentence.
    pub words: String,
}

/// The alert that fired first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct FirstAlert {
    /// Its name.
    pub name: String,
    /// When, in seconds from the start of the run.
    pub at: f64,
    /// Others whose moments can not be told from it.
    pub with: Vec<String>,
    /// How long before 5 % of the requests failed, in seconds; below 0 it came later.
    pub lead: Option<Estimate>,
}

/// An alert that can never fire, or that never did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Never {
    /// Its name.
    pub name: String,
    /// Why it can never fire; absent if it can and did not.
    pub why: Option<String>,
    /// The highest value that was seen.
    pub highest: Option<String>,
}

/// What it looks like from outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Mechanism {
    /// What kind of answer it is.
    pub verdict: Finding,
    /// The answer in words.
    pub sentence: String,
    /// The best mechanism's name; absent where none fits.
    pub name: Option<&'static str>,
    /// Its score.
    pub score: Option<f64>,
    /// What to do first.
    pub lever: Option<&'static str>,
    /// What does not help, and why.
    pub in_vain: Vec<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Summary {
    /// The summary as people read it.
    pub sentences: Vec<Sentence>,
    /// When it began; absent if 5 % of the requests never failed.
    pub onset: Option<Onset>,
    /// The beginning and the end of the plateau, in seconds from the start of the run.
    pub plateau: Option<(f64, f64)>,
    /// What was used up over the plateau.
    pub exhausted: Vec<Exhausted>,
    /// Who was affected: over the window of the incident, or over the run without one.
    pub affected: WindowImpact,
    /// What the document states of the affected.
    pub stated: Option<f64>,
    /// Seconds from the start of the run to its end; absent if it never began, or lasted to the end of the run.
    pub recovered: Option<f64>,
    /// What came of each change.
    pub changes: Vec<Outcome>,
    /// The alert that fired first; absent if none did in every run.
    pub first_alert: Option<FirstAlert>,
    /// Alerts that never fired.
    pub never: Vec<Never>,
    /// The likely mechanism; absent where there was no incident.
    pub mechanism: Option<Mechanism>,
}

pub(super) fn summary(model: &Model, report: &Report, view: &View, outcomes: &[Option<Outcome>]) -> Summary {
    let whole = &report.impact;
    let affected = whole.incident.clone().unwrap_or(WindowImpact {
        failed_requests: whole.failed_requests,
        users_mostly_down: whole.users_mostly_down,
        users_any_failure: whole.users_any_failure,
        slow_requests: whole.slow_requests,
    });
    let mut all = Summary {
        sentences: Vec::new(),
        onset: onset(model, view, outcomes),
        plateau: view.worst_span(),
        exhausted: exhausted(report, view),
        affected,
        stated: report.incident.as_ref().and_then(|incident| incident.stated),
        recovered: view.recovered.map(|moment| moment.mean).filter(|at| *at < view.end - view.width),
        changes: outcomes.iter().flatten().cloned().collect(),
        first_alert: first_alert(&report.alerts),
        never: never(&report.alerts),
        mechanism: view.onset.map(|_| mechanism(report, model)),
    };
    let mut said = Vec::new();
    let mut say = |about, text: String| said.push(Sentence { about, text });
    beginning(&all, report, view).into_iter().for_each(|text| say(About::Beginning, text));
    if let Some(text) = used_up(&all, report, view) {
        say(About::Exhausted, text);
    }
    who(&all, report, view).into_iter().for_each(|text| say(About::Affected, text));
    if all.onset.is_some() {
        say(About::End, over(&all, report, view));
    }
    for change in &all.changes {
        let when = change.at.map_or(String::new(), |at| format!(", {}", since(at - view.zero, view.end)));
        say(About::Changes, format!("{} ({}{when}): {}.", change.letter, quoted(&change.text), change.words));
    }
    alerts(&all, view).into_iter().for_each(|text| say(About::Alerts, text));
    if let Some(mechanism) = &all.mechanism {
        likely(mechanism).into_iter().for_each(|text| say(About::Mechanism, text));
    }
    all.sentences = said;
    all
}

fn quoted(text: &str) -> String {
    format!("“{text}”")
}

/// How many times the traffic before a moment comes from it on, by what the scenario says; where that is much more.
fn rise(model: &Model, at: f64, width: f64) -> Option<f64> {
    let moment = |seconds: f64| SimTime::ZERO + Span::from_seconds(seconds);
    let came = |from: f64, until: f64| -> f64 {
        let of = |source: &Source| {
            let hold = source.hold_moments(&model.queries).0;
            source.arrivals.expected(moment(until), hold) - source.arrivals.expected(moment(from), hold)
        };
        model.sources.iter().map(of).sum::<f64>() / (until - from)
    };
    // The moment is known to a part of the series or two.
    let times = came(at, at + 2.0 * width) / came(0.0, at - 2.0 * width);
    (at > 3.0 * width && times >= TIMES && times.is_finite()).then_some(times)
}

fn onset(model: &Model, view: &View, outcomes: &[Option<Outcome>]) -> Option<Onset> {
    let moment = view.onset?;
    let begun = outcomes.iter().flatten().filter(|change| change.at.is_some_and(|at| at < moment.mean + view.width));
    let last = begun.max_by(|a, b| a.at.unwrap_or(0.0).total_cmp(&b.at.unwrap_or(0.0)));
    Some(Onset {
        at: moment.mean,
        half_width: moment.half_width,
        share_of_runs: moment.share_of_runs,
        after: last.map(|change| change.letter.clone()),
        later: last.and_then(|change| Some((moment.mean - change.at?).max(0.0))),
        traffic: if last.is_none() { rise(model, moment.mean, view.width) } else { None },
        offered_before: view.median_before(moment.mean, |series| &series.offered),
        offered: view.worst_mean(|series| &series.offered),
        served_before: view.median_before(moment.mean, |series| &series.served),
        served: view.worst_mean(|series| &series.served),
    })
}

/// A number as people read it.
pub(super) fn count(x: f64) -> String {
    match x {
        x if libm::fabs(x - libm::round(x)) < 0.05 || x >= 100.0 => format!("{x:.0}"),
        x if x >= 10.0 => format!("{x:.1}"),
        x => format!("{x:.2}"),
    }
}

fn beginning(all: &Summary, report: &Report, view: &View) -> Vec<String> {
    let Some(onset) = &all.onset else {
        let over_time = "At no time did 5 % of the requests fail.".to_owned();
        return vec![if view.series.is_some() { over_time } else { report.sentence.clone() }];
    };
    let sure =
        onset.half_width.filter(|half| *half > view.width).map_or(String::new(), |half| format!(" ± {}", time(half)));
    let mut first = format!(
        "5 % of the requests failed from {} on ({} of the run{sure}){}",
        since(onset.at - view.zero, view.end),
        view.clock(onset.at),
        view.in_runs(onset.share_of_runs)
    );
    let after = all.changes.iter().find(|change| Some(&change.letter) == onset.after.as_ref());
    match after.zip(onset.later) {
        Some((change, later)) if later < view.width => {
            first += &format!(", as {} began ({})", change.letter, quoted(&change.text));
        }
        Some((change, later)) => {
            first += &format!(", {} after {} began ({})", time(later), change.letter, quoted(&change.text));
        }
        None => match onset.traffic {
            Some(times) => first += &format!(", as traffic rose to {times:.1} times what it was before"),
            None => first += ", without a change before it in the timeline",
        },
    }
    let mut out = vec![first + "."];
    if let Some((before, now)) = onset.offered_before.zip(onset.offered).filter(|(before, _)| *before > 0.0) {
        let times = now / before;
        let of = format!("from {}/s before to {}/s at the worst", count(before), count(now));
        if times >= TIMES {
            out.push(format!("{times:.1} times as many attempts came: {of}."));
        } else if times * TIMES <= 1.0 {
            out.push(format!("Fewer attempts came: {of}."));
        }
    }
    if let Some((before, now)) = onset.served_before.zip(onset.served).filter(|(before, now)| now * 1.05 < *before) {
        out.push(format!("Served fell from {}/s before to {}/s at the worst.", count(before), count(now)));
    }
    out
}

/// Whether a level is at its limit over nearly all of the plateau.
fn full(view: &View, of: impl Fn(usize) -> Option<(f64, f64)>) -> Option<(f64, f64)> {
    let pairs: Vec<(f64, f64)> = view.plateau.iter().filter_map(|n| of(*n)).collect();
    let at_limit = pairs.iter().filter(|(level, limit)| *limit > 0.0 && *level >= FULL * limit).count();
    if pairs.is_empty() || (at_limit as f64) < MOSTLY * pairs.len() as f64 {
        return None;
    }
    mean(pairs.iter().map(|pair| pair.0)).zip(mean(pairs.iter().map(|pair| pair.1)))
}

fn exhausted(report: &Report, view: &View) -> Vec<Exhausted> {
    let Some(series) = view.series else { return Vec::new() };
    let mut out = Vec::new();
    let mut add = |resource, (level, limit): (f64, f64), words: String| {
        out.push(Exhausted { resource, level, limit, words });
    };
    if let Some(cores) = view.cores
        && let Some((running, _)) = full(view, |n| Some((series.running.0[n], cores)))
    {
        let words =
            format!("the database's processors: {} queries shared {} cores on average", count(running), count(cores));
        add(Resource::Cores, (running, cores), words);
    }
    let usable = report.database.as_ref().and_then(|database| database.usable).map(f64::from);
    if let Some(usable) = usable
        && let Some((connected, _)) = full(view, |n| Some((series.connected.0[n], usable)))
    {
        let words = format!("the database's connections: {} of {} were open", count(connected), count(usable));
        let size = view.worst_mean(|series| &series.size).filter(|size| *size > usable);
        let more = size.map_or(String::new(), |size| format!(", and the pools may have {}", count(size)));
        add(Resource::DatabaseConnections, (connected, usable), words + &more);
    }
    let pending = view.worst_mean(|series| &series.pending).unwrap_or(0.0);
    let waiting = format!("{} requests waited", count(pending));
    if let Some((active, size)) = full(view, |n| Some((series.active.0[n], series.size.0[n]))) {
        let words = format!("the pools' places: {} of {} were in use, and {waiting}", count(active), count(size));
        add(Resource::PoolPlaces, (active, size), words);
    } else if let Some((full, alive)) = full_instances(&series.per_instance, view).filter(|(full, _)| *full >= 1.0) {
        let words = format!("the places of {} of {} pools: all were in use, and {waiting}", count(full), count(alive));
        add(Resource::InstancePlaces, (full, alive), words);
    }
    let (leaked, size) = (view.worst_mean(|series| &series.leaked), view.worst_mean(|series| &series.size));
    if let Some((leaked, size)) = leaked.zip(size).filter(|(leaked, size)| *leaked >= LEAKED * size) {
        let words = format!("places that had leaked: {} of {} on average", count(leaked), count(size));
        add(Resource::Leaked, (leaked, size), words);
    }
    out
}

/// How many instances have all places of their pools in use at the same time, and how many serve: medians over the plateau.
fn full_instances(instances: &[InstanceColumns], view: &View) -> Option<(f64, f64)> {
    let (from, until) = view.worst_span()?;
    let t = &instances.first()?.t.0;
    let mut counts: Vec<(u32, u32)> = Vec::new();
    for n in (0..t.len()).filter(|n| (from..=until).contains(&t[*n])) {
        let (mut full, mut alive) = (0, 0);
        for instance in instances {
            let most = instance.size.0.iter().copied().fold(0.0, f64::max);
            let (size, active) = (instance.size.0[n], instance.active.0[n]);
            // Not while it begins or ends.
            if most > 0.0 && size >= FULL * most {
                alive += 1;
                full += u32::from(active >= FULL * size);
            }
        }
        counts.push((full, alive));
    }
    let median = |of: fn(&(u32, u32)) -> u32| {
        let mut values: Vec<u32> = counts.iter().map(of).collect();
        values.sort_unstable();
        values.get(values.len() / 2).copied().map(f64::from)
    };
    median(|pair| pair.0).zip(median(|pair| pair.1))
}

fn used_up(all: &Summary, report: &Report, view: &View) -> Option<String> {
    all.onset.as_ref()?;
    let (from, until) = all.plateau?;
    let when =
        format!("At the worst (from {} to {})", since(from - view.zero, view.end), since(until - view.zero, view.end));
    if all.exhausted.is_empty() {
        let level = |of: Option<f64>| of.map_or("–".to_owned(), count);
        let active = level(view.worst_mean(|series| &series.active));
        let size = level(view.worst_mean(|series| &series.size));
        let usable = report.database.as_ref().and_then(|database| database.usable);
        let usable = usable.zip(view.worst_mean(|series| &series.connected));
        let usable = usable.map_or(String::new(), |(usable, connected)| {
            format!(", and {} of the {usable} connections of the database were open", count(connected))
        });
        return Some(format!(
            "{when} no limit was reached all the time: {active} of {size} places of the pools were in use on average{usable}."
        ));
    }
    let words: Vec<&str> = all.exhausted.iter().map(|one| one.words.as_str()).collect();
    Some(format!("{when} these were used up: {}.", words.join("; ")))
}

/// A share with its half-width.
pub(super) fn share(estimate: Option<Estimate>) -> String {
    match estimate {
        None => "–".to_owned(),
        Some(estimate) if estimate.half_width.is_some_and(|half| half >= 1e-5) && estimate.mean >= 1e-5 => {
            measure_of(&estimate, true)
        }
        Some(estimate) => percent(estimate.mean),
    }
}

/// What a document can mean, in words.
pub(super) const READINGS: [(Reading, &str); 4] = [
    (Reading::FailedRequests, "requests failed"),
    (Reading::UsersMostlyDown, "users mostly down"),
    (Reading::UsersAnyFailure, "users with a failure"),
    (Reading::SlowRequests, "answers that took too long"),
];

fn who(all: &Summary, report: &Report, view: &View) -> Vec<String> {
    let window = report.incident.as_ref().map_or("Over the whole run".to_owned(), |incident| {
        let moment = |at: f64| since(at - view.zero, view.end);
        format!("From {} to {}", moment(incident.from), moment(incident.until))
    });
    let affected = &all.affected;
    let mut parts = vec![format!("{} of the requests failed", share(affected.failed_requests))];
    if let (Some(down), Some(any)) = (affected.users_mostly_down, affected.users_any_failure) {
        parts.push(format!("half or more of their requests failed for {} of the users who asked", share(Some(down))));
        parts.push(format!("at least one failed for {}", share(Some(any))));
    }
    if let Some(slow) = affected.slow_requests {
        let than = report.incident.as_ref().map_or(default_of("incident.slow").to_owned(), |i| time(i.slow));
        parts.push(format!("{} of the answers took longer than {than}", share(Some(slow))));
    }
    let mut out = vec![format!("{window}, {}.", parts.join("; "))];
    if let Some(incident) = &report.incident
        && let Some(stated) = incident.stated
    {
        let found = affected.read_as(incident.read_as);
        let reading = READINGS.iter().find(|(reading, _)| *reading == incident.read_as).map_or("", |(_, words)| words);
        out.push(format!(
            "The document states {}; read as {reading}, the run gives {}.",
            percent(stated),
            share(found)
        ));
    }
    out
}

fn over(all: &Summary, report: &Report, view: &View) -> String {
    let stated = report.incident.as_ref().and_then(|incident| incident.recovered);
    let stated = stated.map_or(String::new(), |at| format!("; the document says {}", since(at - view.zero, view.end)));
    match all.recovered {
        Some(at) => {
            let half = view.recovered.and_then(|moment| moment.half_width).filter(|half| *half > view.width);
            let half = half.map_or(String::new(), |half| format!(" ± {}", time(half)));
            format!(
                "It was over at {} ({} of the run{half}), when less than 1 % more of the requests failed or were slow than before{stated}.",
                since(at - view.zero, view.end),
                view.clock(at)
            )
        }
        None => format!(
            "It was not over, or not in every run, when the run ended at {}{stated}.",
            since(view.end - view.zero, view.end)
        ),
    }
}

fn first_alert(alerts: &[AlertReport]) -> Option<FirstAlert> {
    let sure = |alert: &&AlertReport| alert.fires.is_some_and(|fires| fires.share_of_runs >= 1.0);
    let at = |alert: &AlertReport| alert.fires.map_or((f64::INFINITY, 0.0), |m| (m.mean, m.half_width.unwrap_or(0.0)));
    let first = alerts.iter().filter(sure).min_by(|a, b| at(a).0.total_cmp(&at(b).0))?;
    let (moment, half) = at(first);
    // One that fired in some runs alone may still have been the first there.
    let as_early = |alert: &&AlertReport| alert.name != first.name && at(alert).0 - at(alert).1 <= moment + half;
    let with = alerts.iter().filter(|alert| alert.fires.is_some()).filter(as_early);
    Some(FirstAlert {
        name: first.name.clone(),
        at: moment,
        with: with.map(|alert| alert.name.clone()).collect(),
        lead: first.lead,
    })
}

fn never(alerts: &[AlertReport]) -> Vec<Never> {
    let silent = alerts.iter().filter(|alert| alert.fires.is_none());
    let one = |alert: &AlertReport| Never {
        name: alert.name.clone(),
        why: alert.never.clone(),
        highest: alert.highest_shown.clone(),
    };
    silent.map(one).collect()
}

/// How long before 5 % of the requests failed, as far as the runs tell.
pub(super) fn lead(lead: Estimate) -> String {
    let half = lead.half_width.unwrap_or(0.0);
    match lead.mean {
        s if s > half => format!("{} before 5 % of the requests failed", time(s)),
        s if s < -half => format!("{} after 5 % of the requests failed already", time(-s)),
        _ => "at about the time at which 5 % of the requests failed".to_owned(),
    }
}

fn alerts(all: &Summary, view: &View) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(first) = &all.first_alert {
        let when = format!("at {}", since(first.at - view.zero, view.end));
        let lead = first.lead.map_or(String::new(), |estimate| format!(", {}", lead(estimate)));
        let with = match first.with.as_slice() {
            [] => String::new(),
            others => format!("; {} may have been as early", others.join(", ")),
        };
        out.push(format!("The first alert was {}, {when}{lead}{with}.", first.name));
    } else if !all.never.is_empty() {
        out.push("No alert fired in every run.".to_owned());
    }
    for alert in &all.never {
        let highest = alert.highest.as_ref().map_or(String::new(), |value| format!(": the highest was {value}"));
        out.push(match &alert.why {
            Some(why) => format!("{} can never fire: {why}.", alert.name),
            None => format!("{} did not fire{highest}.", alert.name),
        });
    }
    out
}

fn mechanism(report: &Report, model: &Model) -> Mechanism {
    let answer = diagnose::diagnose(&diagnose::symptoms_of(report, model));
    // A name only where one fits, alone or with others.
    let best = answer.ranking.first().filter(|best| best.score >= diagnose::FITS);
    Mechanism {
        verdict: answer.verdict,
        name: best.map(|best| best.name),
        score: best.map(|best| best.score),
        lever: best.map(|best| best.lever),
        in_vain: best.map_or(Vec::new(), |best| best.in_vain.clone()),
        sentence: answer.sentence,
    }
}

fn likely(mechanism: &Mechanism) -> Vec<String> {
    let mut out = vec![format!("From outside it looks like this: {}", mechanism.sentence)];
    // Where several fit, what helps against one may be in vain against another.
    if mechanism.verdict == Finding::Fits {
        out.extend(mechanism.lever.map(|lever| format!("First: {lever}")));
        if !mechanism.in_vain.is_empty() {
            out.push(format!("In vain: {}.", mechanism.in_vain.join("; ")));
        }
    }
    out
}
