//! Replications of one model: how long each must be, what is removed as warm-up, and the report of all.

use crate::engine;
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
    /// The seed.
    ///
    /// # Errors
    /// When JavaScript could not hold it.
    pub fn seed(&self) -> Result<u64, Problems> {
        match self.seed.unwrap_or(1) {
            seed if seed > SEED_MAX => Err(Problems::one("seed", format!("must be at most {SEED_MAX}, found {seed}"))),
            seed => Ok(seed),
        }
    }

    fn replications(&self) -> Result<u32, Problems> {
        match self.replications.unwrap_or(10) {
            n @ 1..=10_000 => Ok(n),
            n => Err(Problems::one("replications", format!("expected 1 to 10000, found {n}"))),
        }
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
        let (window, short) = match regime {
            Regime::Timeline => (over_time(&model), false),
            _ => steady_window(&model, REQUESTS),
        };
        if short {
            model.cautions.caution(
                "pool.max_size",
                "a run long enough to forget its empty start would take too many requests: \
                 what is said of the long run is too low",
            );
        }
        Ok(Self {
            seed: options.seed()?,
            replications: options.replications()?,
            model,
            window,
            regime,
            growth,
            tally: Tally::default(),
        })
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

/// One replication.
pub(crate) fn replicate(model: &Model, window: Window, seed: u64, n: u32) -> Outcome {
    let mut recorder = Recorder::new(window, model.max_size() * model.instances());
    engine::run(model, Streams::new(seed, n), window.until, &mut recorder);
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
    if rate < capacity {
        (Regime::Steady, None)
    } else {
        (Regime::Overloaded, Some((rate - capacity) * f64::from(model.instances())))
    }
}

fn over_time(model: &Model) -> Window {
    Window { from: SimTime::ZERO, until: SimTime::ZERO + model.length(), series: true }
}

/// How long a replication of a steady question is, and whether that is too short. At least `requests` are measured.
///
/// The warm-up is the longest of: a tenth of what is measured; ten relaxation times of the queue in heavy traffic,
/// hold · (1 + cv²) / 2 / (c (1 − ρ)²), but no more than ten acquire timeouts, beyond which nobody waits; ten mean residual
/// holds, hold · (1 + cv²) / 2, so that long holds are there in their share; and under overload twice the time in which the
/// wait grows to the acquire timeout, timeout · ρ / (ρ − 1), but no more than ten timeouts.
pub(crate) fn steady_window(model: &Model, requests: f64) -> (Window, bool) {
    let (hold, scv) = model.hold_shape();
    let c = f64::from(model.max_size());
    let spare = 1.0 - model.offered_load() / c;
    let residual = hold * (1.0 + scv) / 2.0;
    let relaxation = residual / (c * spare * spare).max(1e-12);
    let patience = model.pool.acquire_timeout.map_or(f64::INFINITY, Span::seconds);
    let rate = model.arrivals.peak().as_per_second();
    let measured = model.duration.map_or(requests / rate, Span::seconds);
    let full = if spare < 0.0 && patience.is_finite() { 2.0 * patience * (1.0 - 1.0 / spare).min(5.0) } else { 0.0 };
    let wanted = (measured / 10.0).max(10.0 * relaxation.min(patience)).max(10.0 * residual).max(full);
    let warm_up = wanted.min((REQUESTS_MAX / rate - measured).max(measured / 10.0));
    let from = SimTime::ZERO + Span::from_seconds(warm_up);
    (Window { from, until: from + Span::from_seconds(measured), series: false }, warm_up < wanted)
}
