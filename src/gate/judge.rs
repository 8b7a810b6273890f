//! Whether what was measured is what was asserted.

use super::watch::Seen;
use super::{Judged, Verdict};
use crate::experiment::Options;
use crate::plan::{self, Recommendation};
use crate::problem::Problems;
use crate::report::text::{measure_of, percent, time};
use crate::report::{Estimate, Regime, Report};
use crate::scenario::{Assertion, Claim, Measure, Model, Moment, Unit};
use crate::slo::{Metric, Objective};
use crate::units::SimTime;

/// What an assertion is judged by.
pub(super) struct Context<'a> {
    pub(super) model: &'a Model,
    /// Of the assertion's window.
    pub(super) report: &'a Report,
    /// Whether no more replications are made.
    pub(super) last: bool,
    /// Why the long run can not be seen, if it can not.
    pub(super) short: Option<&'static str>,
    /// The end of the run.
    pub(super) end: SimTime,
    pub(super) seed: u64,
}

fn judged(one: &Assertion, verdict: Verdict, measured: String) -> Judged {
    Judged {
        name: one.name.clone(),
        that: one.that.clone(),
        kind: one.claim.kind(),
        from: one.from.map(SimTime::seconds),
        until: one.until.map(SimTime::seconds),
        verdict,
        value: None,
        half_width: None,
        limit: None,
        replications: 0,
        held_in: None,
        measured,
        lever: None,
    }
}

/// The verdict on a number of the whole window; `None` while it is open and more replications can be made.
pub(super) fn bound(one: &Assertion, measure: Measure, limit: f64, context: &Context) -> Option<Judged> {
    let report = context.report;
    let estimate = estimate(report, measure);
    let verdict = match estimate {
        Some(estimate) => verdict(&estimate, limit, measure.wants_more(), context.last)?,
        None if report.growth.is_some() => Verdict::Fails,
        None if context.last => Verdict::NotSurely,
        None => return None,
    };
    // A run that is too short for the long run shows too little waiting: enough to refuse, not to accept.
    let short = context.short.filter(|_| verdict == Verdict::Holds);
    let verdict = if short.is_some() { Verdict::NotSurely } else { verdict };
    let mut measured = match (&estimate, report.growth) {
        (Some(estimate), _) => shown(estimate, measure.unit()),
        (None, Some(growth)) => format!("no end of it: the queue grows by {}", value(growth, Unit::PerSecond)),
        (None, None) => "too few values to measure it".to_owned(),
    };
    if let Some(short) = short {
        measured += &format!("; {short}");
    }
    let estimate = estimate.as_ref();
    Some(Judged {
        value: estimate.map(|estimate| estimate.mean),
        half_width: estimate.and_then(|estimate| estimate.half_width),
        limit: Some(limit),
        replications: report.replications,
        lever: if verdict == Verdict::Holds { None } else { lever(measure, limit, context) },
        ..judged(one, verdict, measured)
    })
}

/// `None` while the interval straddles the limit and it is not the last look.
fn verdict(estimate: &Estimate, limit: f64, wants_more: bool, last: bool) -> Option<Verdict> {
    let half = estimate.half_width.unwrap_or(f64::INFINITY);
    let (least, most) = (estimate.mean - half, estimate.mean + half);
    let (within, beyond) = if wants_more { (least >= limit, most < limit) } else { (most <= limit, least > limit) };
    match (within, beyond) {
        (true, _) => Some(Verdict::Holds),
        (_, true) => Some(Verdict::Fails),
        _ => last.then_some(Verdict::NotSurely),
    }
}

/// What the report says of a measure.
fn estimate(report: &Report, measure: Measure) -> Option<Estimate> {
    match measure {
        Measure::Objective(metric) => match metric {
            Metric::Wait(stat) => report.wait.of(stat),
            Metric::Response(stat) => report.response.of(stat),
            Metric::Attempt(stat) => report.attempt.of(stat),
            Metric::TimedOutShare => report.timed_out_share,
            Metric::WastedShare => report.wasted_share,
            Metric::FailedRequests => report.impact.failed_requests,
        },
        Measure::Utilisation => report.utilisation,
        Measure::WaitProbability => report.wait_probability,
        Measure::SlowRequests => report.impact.slow_requests,
        Measure::UsersMostlyDown => report.impact.users_mostly_down,
        Measure::UsersAnyFailure => report.impact.users_any_failure,
        Measure::DatabaseUtilisation => report.database.as_ref()?.utilisation,
        Measure::PoolerWaitP99 => report.pooler.as_ref()?.wait.p99,
        Measure::Throughput => report.throughput,
        Measure::Goodput => report.goodput,
    }
}

/// The smallest pool that would keep it, where that is found in no time.
fn lever(measure: Measure, at_most: f64, context: &Context) -> Option<String> {
    let Measure::Objective(metric) = measure else { return None };
    if context.report.regime == Regime::Timeline || !context.model.is_textbook() {
        return None;
    }
    let mut model = context.model.clone();
    model.slo = vec![Objective { metric, at_most }];
    let answer = plan::recommend(&model, &Options { seed: Some(context.seed), ..Options::default() }).ok()?;
    let now = context.model.max_size();
    match answer.recommended {
        Some(size) if size.max_size > now => {
            Some(format!("a pool.max_size of {} would keep it; it is {now} now", size.max_size))
        }
        Some(_) => None,
        None => Some(answer.sentence),
    }
}

/// What a claim says of one run: whether it held, and what was measured of it.
struct Says {
    held: bool,
    value: Option<f64>,
}

/// The verdict on what must hold in every run; `peak` is its place among what was watched.
pub(super) fn every_run(one: &Assertion, peak: usize, seen: &[Seen], context: &Context) -> Judged {
    let all: Vec<Says> = seen.iter().map(|seen| says(one, peak, seen, context)).collect();
    let held = all.iter().filter(|says| says.held).count();
    let worst = all.iter().filter_map(|says| says.value).reduce(f64::max);
    let (unit, limit) = match one.claim {
        Claim::Never { level, above } => (level.unit(), Some(above)),
        claim => (Unit::Seconds, claim.deadline().map(|(within, _)| within.seconds())),
    };
    // What has no value in any run was not seen to be within.
    let unseen = matches!(one.claim, Claim::Never { .. }) && worst.is_none();
    let verdict = match held == all.len() {
        _ if unseen => Verdict::NotSurely,
        true => Verdict::Holds,
        false => Verdict::Fails,
    };
    let runs = match (held, all.len()) {
        (held, all) if held == all => format!("in all {all} runs"),
        (0, all) => format!("in none of {all} runs"),
        (held, all) => format!("in {held} of {all} runs"),
    };
    let measured = if unseen {
        "too few values in each part of the run to measure it".to_owned()
    } else {
        format!("{}; holds {runs}", words(&one.claim, &all, worst.map(|worst| value(worst, unit))))
    };
    Judged {
        value: worst,
        limit,
        replications: all.len() as u32,
        held_in: Some(held as u32),
        ..judged(one, verdict, measured)
    }
}

fn words(claim: &Claim, all: &[Says], worst: Option<String>) -> String {
    let never = all.iter().filter(|says| says.value.is_none() && !says.held).count();
    let runs = all.len();
    let missing = if never == 0 { String::new() } else { format!(", never in {never} of {runs} runs") };
    match (claim, worst) {
        (Claim::Never { .. }, Some(highest)) => format!("at most {highest}"),
        (Claim::Silent { .. }, None) => "never fires".into(),
        (Claim::Silent { .. }, Some(_)) => {
            let first = all.iter().filter_map(|says| says.value).fold(f64::INFINITY, f64::min);
            format!("fires, at {} at the earliest", time(first))
        }
        (Claim::Fires { .. }, Some(worst)) => format!("fires after {worst} at most{missing}"),
        (Claim::Fires { .. } | Claim::Back { .. }, None) if never == 0 => "nothing failed".into(),
        (Claim::Fires { .. }, None) => "never begins to fire then".into(),
        (_, Some(worst)) => format!("back after {worst} at most{missing}"),
        (_, None) => "not back by the end of the run".into(),
    }
}

fn says(one: &Assertion, peak: usize, seen: &Seen, context: &Context) -> Says {
    let model = context.model;
    match one.claim {
        Claim::Never { .. } => {
            let peak = seen.peaks[peak];
            Says { held: peak.last_above.is_none(), value: peak.highest }
        }
        Claim::Silent { alert } => {
            let from = one.from.unwrap_or(SimTime::ZERO);
            let until = one.until.unwrap_or(context.end);
            let within = seen.firing[alert].iter().find(|(begin, end)| *begin < until && *end > from);
            Says { held: within.is_none(), value: within.map(|(begin, _)| begin.max(&from).seconds()) }
        }
        Claim::Fires { alert, within, of } => {
            let Some(at) = moment(model, of, seen, context.end) else { return nothing_began(of) };
            let already = seen.firing[alert].iter().any(|(begin, end)| *begin < at && *end > at);
            let first = seen.firing[alert].iter().map(|(begin, _)| *begin).find(|begin| *begin >= at);
            let after = first.filter(|_| !already).map(|first| first.since(at));
            Says { held: after.is_some_and(|after| after <= within), value: after.map(|after| after.seconds()) }
        }
        Claim::Recovered { within, of } => match seen.recovered {
            None => Says { held: true, value: Some(0.0) },
            last => back(moment(model, of, seen, context.end), of, last, within.seconds(), context.end),
        },
        Claim::Back { within, of, .. } => {
            let at = moment(model, of, seen, context.end);
            back(at, of, seen.peaks[peak].last_above, within.seconds(), context.end)
        }
        Claim::Bound { .. } | Claim::Size { .. } => Says { held: false, value: None },
    }
}

/// How long after a moment something was over, that was so until `last`.
fn back(at: Option<SimTime>, of: Moment, last: Option<SimTime>, within: f64, end: SimTime) -> Says {
    let Some(at) = at else { return nothing_began(of) };
    match last {
        Some(last) if last >= end => Says { held: false, value: None },
        last => {
            let after = last.map_or(0.0, |last| last.max(at).since(at).seconds());
            Says { held: after <= within, value: Some(after) }
        }
    }
}

/// Where nothing failed there is nothing to be told of or to be over; what waits for an alert that never fired never began.
fn nothing_began(of: Moment) -> Says {
    Says { held: of == Moment::Onset, value: None }
}

/// When a moment was in a run, if it came.
fn moment(model: &Model, of: Moment, seen: &Seen, end: SimTime) -> Option<SimTime> {
    let at = match (of, model.begins_on(of)) {
        (Moment::Onset, _) => seen.onset,
        (_, Some((alert, after))) => seen.firing[alert].first().map(|(begin, _)| *begin + after),
        _ => model.moment(of),
    };
    at.filter(|at| *at < end)
}

/// The verdict on the recommended size.
pub(super) fn size(one: &Assertion, most: u32, answer: &Result<Recommendation, Problems>, model: &Model) -> Judged {
    let found = answer.as_ref().ok().and_then(|answer| answer.recommended);
    let verdict = match found {
        None => Verdict::NoSize,
        Some(size) if size.max_size <= most => Verdict::Holds,
        Some(_) => Verdict::Fails,
    };
    let said = match answer {
        Ok(answer) => answer.sentence.clone(),
        Err(problems) => problems.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    };
    let objectives: Vec<String> = model.slo().iter().map(ToString::to_string).collect();
    Judged {
        value: found.map(|size| size.max_size.into()),
        limit: Some(most.into()),
        lever: (verdict != Verdict::Holds).then_some(said),
        ..judged(
            one,
            verdict,
            match found {
                Some(size) => format!("{} for each instance keep {}", size.max_size, objectives.join(", ")),
                None => format!("no pool size keeps {}", objectives.join(", ")),
            },
        )
    }
}

/// A value in its unit, as people write it.
pub(super) fn value(value: f64, unit: Unit) -> String {
    let number = |x: f64| if x >= 100.0 || x == libm::floor(x) { format!("{x:.0}") } else { format!("{x:.2}") };
    match unit {
        Unit::Seconds => time(value),
        Unit::Share => percent(value),
        Unit::PerSecond => format!("{}/s", number(value)),
        Unit::Number => number(value),
    }
}

fn shown(estimate: &Estimate, unit: Unit) -> String {
    match estimate.half_width {
        Some(_) if unit == Unit::Share => measure_of(estimate, true),
        Some(half) if half > 0.0 => format!("{} ± {}", value(estimate.mean, unit), value(half, unit)),
        _ => value(estimate.mean, unit),
    }
}
