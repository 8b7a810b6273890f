//! Whether the recommended size comes back from an overload whose cause is over, where one can keep itself going.

use super::survive::blown;
use crate::experiment::{Options, in_parallel, replicate};
use crate::problem::Problems;
use crate::record::Window;
use crate::report::text::percent;
use crate::scenario::{Blow, Case, Model, Scenario};
use crate::units::{SimTime, Span};
use serde::Serialize;

/// So many runs of each kind.
const RUNS: u32 = 8;
/// Usual load before the overload, and the time that is looked at long after it: so many seconds, longer where fewer requests than
/// these come meanwhile.
const CALM: f64 = 10.0;
const REQUESTS: f64 = 2_000.0;
/// An overload asks for so many times what the pool can do.
const OVER: f64 = 2.0;
/// It lasts so many times as long as a client is patient with all its attempts, within these seconds.
const LASTS: f64 = 2.0;
const BOUNDS: (f64, f64) = (5.0, 60.0);
/// The time to come back: so many times as long as the overload, as a request may wait for a connection, and as working off all that
/// came would take without retries.
const PATIENCE: [f64; 3] = [4.0, 2.0, 1.5];
/// More than this share of failing requests is no usual load.
const FAILING: f64 = 0.01;
/// Pools of so many times the size are tried against it.
const LARGER: [f64; 6] = [1.1, 1.25, 1.5, 2.0, 3.0, 4.0];
/// A run of more attempts is not made.
const MOST: f64 = 5e6;

/// What an overload leaves behind at the recommended size.
///
/// It is tried where clients give up before they are answered and ask again: there an overload can outlive its cause, which is called
/// metastable (N. Bronson and others, *Metastable Failures in Distributed Systems*, HotOS 2021).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(serde::Deserialize, tsify::Tsify))]
pub struct Aftermath {
    /// How many times the peak rate comes during the overload.
    pub factor: f64,
    /// How long that lasts, in seconds.
    pub lasts: f64,
    /// How many seconds after it requests are looked at again.
    pub later: f64,
    /// So many runs.
    pub runs: u32,
    /// In so many of them more than a hundredth of the requests still fails then.
    pub stuck: u32,
    /// The share of requests that fails in those, 0 to 1; 0 where there are none.
    pub failing: f64,
    /// What was tried against it where some are: in words, and the share that fails then; 0 where no run is stuck any more.
    pub remedies: Vec<(String, f64)>,
    /// All that in words.
    pub sentence: String,
}

/// What runs show.
#[derive(Clone, Copy)]
struct Seen {
    stuck: u32,
    failing: f64,
}

/// What it leaves behind at `size`, of `most` that there can be; nothing where overloads end with their cause, and where it can not
/// be tried. `acquire_timeout` is the one that is recommended.
pub(super) fn of(
    scenario: &Scenario,
    model: &Model,
    (size, most): (u32, u32),
    acquire_timeout: Span,
    options: &Options,
) -> Result<Option<Aftermath>, Problems> {
    // Only attempts that go on for clients that have left, which ask again, can keep an overload going.
    let can_last = model.client.timeout.is_some() && model.client.retries > 0;
    let Some((case, calm)) = can_last.then(|| overload(scenario, model, size)).flatten() else { return Ok(None) };
    let seed = options.check()?.0;
    let from = SimTime::ZERO + calm + case.lasts + case.recovered;
    let window = Window { from, until: from + calm, series: false };
    let duration = window.until.since(SimTime::ZERO);
    let usual = blown(scenario, model, &case, calm, duration).check()?.with_max_size(size);
    let seen = leaves(&usual, window, seed);
    let remedies = if seen.stuck > 0 {
        remedies(&usual, most, acquire_timeout, |m| leaves(m, window, seed).failing)
    } else {
        Vec::new()
    };
    let sentence = words(&case, seen, &remedies);
    let Case { factor, lasts, recovered: later, .. } = case;
    let Seen { stuck, failing } = seen;
    let (lasts, later) = (lasts.seconds(), later.seconds());
    Ok(Some(Aftermath { factor, lasts, later, runs: RUNS, stuck, failing, remedies, sentence }))
}

/// What is done against it, with the share that fails then.
fn remedies(usual: &Model, most: u32, acquire_timeout: Span, failing: impl Fn(&Model) -> f64) -> Vec<(String, f64)> {
    let mut tried = Vec::new();
    let mut aligned = usual.clone();
    let mut with = "with".to_owned();
    if usual.pool.acquire_timeout.is_none_or(|now| acquire_timeout < now) {
        aligned.pool.acquire_timeout = Some(acquire_timeout);
        let name = format!("with an acquire_timeout of {acquire_timeout}");
        with = format!("{name} and");
        tried.push((name, failing(&aligned)));
    }
    if tried.iter().all(|(_, failing)| *failing > 0.0) {
        let sizes = LARGER.iter().map(|times| (times * f64::from(usual.max_size())).ceil() as u32);
        let mut sizes = sizes.filter(|size| *size <= most).map(|size| (size, failing(&aligned.with_max_size(size))));
        let ends = sizes.find(|(_, failing)| *failing == 0.0);
        tried.extend(ends.map(|(size, _)| (format!("{with} a pool of {size}"), 0.0)));
    }
    let mut once = usual.clone();
    once.client.retries = 0;
    tried.push(("without retries".to_owned(), failing(&once)));
    tried
}

/// An overload that fills the pool, with the time before it; none where no rate can be more, and where it is too much to simulate.
fn overload(scenario: &Scenario, model: &Model, size: u32) -> Option<(Case, Span)> {
    let load = model.open_load();
    if load <= 0.0 || scenario.traffic.sources().iter().all(|source| source.rate.is_none()) {
        return None;
    }
    let factor = (10.0 * OVER * (f64::from(size) / load).max(1.0)).ceil() / 10.0;
    let tries = f64::from(1 + model.client.retries);
    let patience = model.client.timeout.map_or(0.0, |timeout| timeout.seconds() * tries);
    let lasts = (LASTS * patience).clamp(BOUNDS.0, BOUNDS.1).ceil();
    let waits = model.pool.acquire_timeout.map_or(0.0, |timeout| timeout.seconds().min(BOUNDS.1));
    let (size, came) = (f64::from(size), factor * load * lasts);
    let worked_off = (came - size * lasts).max(0.0) / (size - load).max(load * FAILING);
    let later = (PATIENCE[0] * lasts + PATIENCE[1] * waits).max(PATIENCE[2] * worked_off).ceil();
    let rate = model.peak().as_per_second();
    let calm = CALM.max(REQUESTS / rate);
    let case = Case {
        name: "overload".to_owned(),
        what: Blow::Spike,
        factor,
        lasts: Span::from_seconds(lasts),
        count: 0,
        query: None,
        slo: Vec::new(),
        recovered: Span::from_seconds(later),
    };
    let attempts = rate * tries * (2.0 * calm + factor * lasts + later);
    (attempts <= MOST).then(|| (case, Span::from_seconds(calm)))
}

fn leaves(model: &Model, window: Window, seed: u64) -> Seen {
    let outcomes = in_parallel(0..RUNS, |n| replicate(model, window, seed, n));
    let shares = outcomes.iter().map(|outcome| (outcome.failed as f64 / outcome.offered.max(1) as f64).min(1.0));
    let failing: Vec<f64> = shares.filter(|share| *share > FAILING).collect();
    Seen { stuck: failing.len() as u32, failing: failing.iter().sum::<f64>() / failing.len().max(1) as f64 }
}

fn words(case: &Case, seen: Seen, remedies: &[(String, f64)]) -> String {
    let Case { factor, lasts, recovered: later, .. } = case;
    let blow = format!("{factor} times the traffic for {lasts}");
    if seen.stuck == 0 {
        return format!(
            "it ends with its cause: {later} after {blow} at most {} of the requests fail",
            percent(FAILING)
        );
    }
    let runs = match seen.stuck {
        RUNS => String::new(),
        some => format!(" in {some} of {RUNS} runs"),
    };
    let tried = remedies.iter().map(|(name, failing)| match *failing {
        0.0 => format!("{name} it ends"),
        share => format!("{name} {} still fail", percent(share)),
    });
    let tried: String = tried.map(|tried| format!("; {tried}")).collect();
    format!(
        "it outlives its cause: {later} after {blow} {} of the requests still fail{runs}, for clients that gave up ask again, \
         and the pool works for those who have left{tried}",
        percent(seen.failing)
    )
}
