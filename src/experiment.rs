//! Replications of one model: how long each must be, what is removed as warm-up, and the report of all.

use crate::engine::{self, recursion};
use crate::problem::Problems;
use crate::random::Streams;
use crate::record::{Outcome, Recorder, Window};
use crate::report::{Regime, Report, Tally};
use crate::scenario::Model;
use crate::units::{SimTime, Span};
use serde::{Deserialize, Serialize};

/// Requests that one replication of a steady question measures, if nothing asks for more.
const REQUESTS: f64 = 200_000.0;
/// Requests that one replication of a steady question simulates at most, warm-up included.
const REQUESTS_MAX: f64 = 5e6;
/// The largest seed that JavaScript can hold.
const SEED_MAX: u64 = (1 << 53) - 1;

/// How to simulate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Keys all chance; 1 if absent. Below 2⁵³, so that JavaScript can hold it.
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub seed: Option<u64>,
    /// Independent replications; 10 if absent.
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub replications: Option<u32>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Progress {
    /// Replications done.
    pub done: u32,
    /// Replications that are expected in all; a search can need more than it first expects.
    pub total: u32,
    /// Whether nothing is left to do.
    pub finished: bool,
}

impl Options {
    /// Seed and replications.
    ///
    /// # Errors
    /// When JavaScript could not hold the seed, and when there are no replications or too many.
    pub fn check(&self) -> Result<(u64, u32), Problems> {
        let mut problems = Problems::default();
        let (seed, replications) = (self.seed.unwrap_or(1), self.replications.unwrap_or(10));
        if seed > SEED_MAX {
            problems.error("seed", format!("must be at most {SEED_MAX}, found {seed}"));
        }
        if !(1..=10_000).contains(&replications) {
            problems.error("replications", format!("expected 1 to 10000, found {replications}"));
        }
        if problems.can_run() { Ok((seed, replications)) } else { Err(problems) }
    }
}

/// Replications of one model, done one by one or many at a time.
#[derive(Clone, Debug)]
pub struct Experiment {
    model: Model,
    seed: u64,
    replications: u32,
    window: Window,
    regime: Regime,
    growth: Option<f64>,
    tally: Tally,
}

impl Experiment {
    /// Prepare it.
    ///
    /// # Errors
    /// When the options ask for what can not be.
    pub fn new(model: &Model, options: &Options) -> Result<Self, Problems> {
        let mut model = model.clone();
        let (regime, growth) = regime(&model);
        let Steady { window, short } = match regime {
            Regime::Timeline => Steady { window: over_time(&model), short: None },
            _ => steady_window(&model, REQUESTS, REQUESTS_MAX),
        };
        crowd(&model, window)?;
        if let Some(short) = short {
            let (path, message) = short.caution();
            model.cautions.caution(path, message);
        }
        let (seed, replications) = options.check()?;
        Ok(Self { seed, replications, model, window, regime, growth, tally: Tally::default() })
    }

    /// Simulate replication number `n`, which depends on nothing but the model, the seed and `n`.
    pub fn replicate(&self, n: u32) -> Outcome {
        replicate(&self.model, self.window, self.seed, n)
    }

    /// Do the next replication.
    pub fn step(&mut self) -> Progress {
        if self.tally.replications() < self.replications {
            let outcome = self.replicate(self.tally.replications());
            self.tally.add(outcome);
        }
        self.progress()
    }

    /// Do all that are left, on all cores where the feature `cli` is on, telling how far it is.
    pub fn finish(&mut self, tell: impl Fn(Progress)) -> Report {
        while !self.progress().finished {
            let from = self.tally.replications();
            let until = self.replications.min(from + 8);
            in_parallel(from..until, |n| self.replicate(n)).into_iter().for_each(|outcome| self.tally.add(outcome));
            tell(self.progress());
        }
        self.report()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let done = self.tally.replications();
        Progress { done, total: self.replications, finished: done >= self.replications }
    }

    /// What the replications so far say.
    pub fn report(&self) -> Report {
        let window = (self.window.from.seconds(), self.window.until.since(self.window.from).seconds());
        self.tally.report(&self.model, self.regime, self.growth, self.seed, window)
    }
}

/// Simulate a model: steady questions with the warm-up removed, timelines from an empty start.
///
/// Deterministic: the same model, seed and replications give the same report on every platform and with any number of threads.
///
/// # Errors
/// When the options ask for what can not be.
///
/// ```
/// use poolwise::{experiment, scenario::Scenario};
/// # let text = serde_json::json!({ "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "pool": { "max_size": 2 } });
/// let report = experiment::simulate(&Scenario::read(text)?.check()?, &Default::default())?;
/// let wait = report.wait.mean.unwrap();
/// // M/M/2 at 0.8: 20 ms x 0.7111 / 0.4
/// assert!((wait.mean - 0.03556).abs() < 2.0 * wait.half_width.unwrap());
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn simulate(model: &Model, options: &Options) -> Result<Report, Problems> {
    Ok(Experiment::new(model, options)?.finish(|_| {}))
}

/// One replication: by recursion where the model is plain and nothing is kept over time, else event by event. Both give the same
/// outcome, bit for bit.
pub(crate) fn replicate(model: &Model, window: Window, seed: u64, n: u32) -> Outcome {
    let mut recorder = Recorder::new(window, model.max_size() * model.instances());
    let streams = Streams::new(seed, n);
    if !window.series && recursion::applies(model) {
        recursion::run(model, streams, window.until, |passage| recorder.pass(&passage));
        return recorder.finish_passages();
    }
    engine::run(model, streams, window.until, &mut recorder);
    recorder.finish()
}

/// Apply to each, in order, on all cores where there are threads. The results do not depend on how many.
pub(crate) fn in_parallel<T: Send>(range: core::ops::Range<u32>, apply: impl Fn(u32) -> T + Sync + Send) -> Vec<T> {
    #[cfg(feature = "cli")]
    {
        use rayon::prelude::*;
        range.into_par_iter().map(apply).collect()
    }
    #[cfg(not(feature = "cli"))]
    range.map(apply).collect()
}

fn regime(model: &Model) -> (Regime, Option<f64>) {
    if model.changes_over_time() {
        return (Regime::Timeline, None);
    }
    let capacity = f64::from(model.max_size()) / model.hold_shape().0;
    let rate = model.rate_per_instance();
    // Clients that wait for their answers do not outrun the pool: only what comes whatever happens can.
    if rate < capacity || model.open_load() < f64::from(model.max_size()) {
        (Regime::Steady, None)
    } else {
        (Regime::Overloaded, Some((rate - capacity) * f64::from(model.instances())))
    }
}

fn over_time(model: &Model) -> Window {
    Window { from: SimTime::ZERO, until: SimTime::ZERO + model.length(), series: true }
}

/// How long a replication of a steady question is.
pub(crate) struct Steady {
    pub(crate) window: Window,
    /// What makes it too short to show the long run, if it is.
    pub(crate) short: Option<Short>,
}

/// Why no affordable run shows the long run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Short {
    /// The load is so near to the limit, or the timeout so long, that the queue forgets its start too slowly.
    Queue,
    /// Holds have so heavy a tail that the longest do not come in their share.
    Holds,
}

impl Short {
    /// Where the reason is, and what it means.
    pub(crate) fn caution(self) -> (&'static str, &'static str) {
        match self {
            Self::Queue => (
                "pool.max_size",
                "so near to its limit the queue forgets its empty start more slowly than a run can last: waits and failures of \
                 the long run are higher than what is said here",
            ),
            Self::Holds => (
                "query",
                "the holds have so heavy a tail that their longest are missing from a run of affordable length: the long run is \
                 worse than what is said here",
            ),
        }
    }
}

/// At least `requests` are measured and at most `most` simulated, if no duration is written.
///
/// The warm-up is the longest of: a tenth of what is measured; ten mean residual holds, hold · (1 + cv²) / 2, so that long holds
/// are there in their share; ten relaxation times of the queue; and under overload twice the time until the first gives up: the
/// wait that awaits a newcomer grows to the acquire timeout in timeout / |1 − ρ|, and then that newcomer waits. What is measured lasts at least ten relaxation times too. The relaxation time is that of
/// heavy traffic, residual / (c (1 − ρ)²), or the time in which the wait diffuses over the acquire timeout if that is shorter,
/// timeout² / σ² with σ² = 2 · residual · ρ / c (reflected Brownian motion: J. M. Harrison, *Brownian Motion and Stochastic Flow
/// Systems*, 1985).
pub(crate) fn steady_window(model: &Model, requests: f64, most: f64) -> Steady {
    let (hold, scv) = model.hold_shape();
    let c = f64::from(model.max_size());
    let load = model.offered_load() / c;
    let spare = 1.0 - load;
    let residual = hold * (1.0 + scv) / 2.0;
    let patience = match model.pool.max_waiters {
        // As many waiters as may be are served in this time.
        Some(waiters) => f64::from(waiters) * hold / c,
        None => f64::INFINITY,
    }
    .min(model.pool.acquire_timeout.map_or(f64::INFINITY, Span::seconds));
    let rate = model.peak().as_per_second();
    let diffusion = patience * patience / (2.0 * residual * load / c);
    let relaxation = (residual / (c * spare * spare)).min(diffusion);
    let fill = if spare < 0.0 { 2.0 * (patience + (patience / -spare).min(10.0 * diffusion)) } else { 0.0 };
    // An overloaded queue without bound has no long run to wait for.
    let (relaxation, fill) = if fill.is_finite() { (relaxation, fill) } else { (0.0, 0.0) };
    let asked = model.duration.map(Span::seconds);
    let affordable = most / rate;
    let measured = asked.unwrap_or((requests / rate).max(10.0 * relaxation).min(affordable / 2.0).max(requests / rate));
    let wanted = [measured / 10.0, 10.0 * residual, 10.0 * relaxation, fill].into_iter().fold(0.0, f64::max);
    let warm_up = wanted.min((affordable - measured).max(measured / 10.0));
    let short = if warm_up < 10.0 * residual {
        Some(Short::Holds)
    } else if warm_up < wanted || (asked.is_none() && measured < 10.0 * relaxation) {
        Some(Short::Queue)
    } else {
        None
    };
    let from = SimTime::ZERO + Span::from_seconds(warm_up);
    Steady { window: Window { from, until: from + Span::from_seconds(measured), series: false }, short }
}

/// Refuse what could fill the memory: a queue that grows longer than this many requests.
fn crowd(model: &Model, window: Window) -> Result<(), Problems> {
    const MOST: f64 = 1e7;
    let patience = model.pool.acquire_timeout.unwrap_or(window.until.since(SimTime::ZERO));
    let waiting = model.peak().as_per_second() * patience.min(window.until.since(SimTime::ZERO)).seconds();
    let capped = model.pool.max_waiters.map_or(f64::INFINITY, |n| f64::from(n) * f64::from(model.instances()));
    let overloaded = model.changes_over_time() || model.offered_load() > f64::from(model.max_size());
    if overloaded && waiting.min(capped) > MOST {
        return Err(Problems::one(
            "pool.acquire_timeout",
            format!(
                "up to {:.1e} requests could wait at once, more than the {MOST:.0e} that fit: set a shorter timeout, \
                 pool.max_waiters or a shorter duration",
                waiting.min(capped)
            ),
        ));
    }
    Ok(())
}
