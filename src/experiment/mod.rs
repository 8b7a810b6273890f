//! Replications of one model: how long each must be, what is removed as warm-up, and the report of all.

mod pieces;
mod precision;
mod warm_up;
mod window;

pub use pieces::{Piece, Pieces};
pub(crate) use precision::Looks;
pub use warm_up::mser5;
pub(crate) use window::{Short, brief_window, crowd, over_time, steady_window};

use crate::engine::{self, recursion};
use crate::problem::Problems;
use crate::random::Streams;
use crate::record::{Control, Outcome, Recorder, Window};
use crate::report::{Regime, Report, Setting, Tally, waits_have_a_mean};
use crate::scenario::Model;
use serde::{Deserialize, Serialize};
use warm_up::{Rule, after_pilots};

/// Requests that one replication of a steady question measures, if nothing asks for more.
pub(crate) const REQUESTS: f64 = 200_000.0;
/// Requests that one replication of a steady question simulates at most, warm-up included.
pub(crate) const REQUESTS_MAX: f64 = 5e6;
/// The most replications where a precision is asked for, if nothing else is written.
const BUDGET: u32 = 200;
/// The least precision that can be asked for: the histograms of waits are no better than 0.2 %.
const PRECISION_MIN: f64 = 0.002;
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
    /// Independent replications; 10 if absent. Where a precision is asked for, the most of them; 200 if absent.
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub replications: Option<u32>,
    /// For [`simulate`]: the relative half-width at which it stops, such as 0.02 for ± 2 %, of the mean and of the 99th
    /// percentile of the wait. The intervals of such a report allow for the looks that were taken, so that they still cover with
    /// [`CONFIDENCE`](crate::report::CONFIDENCE) and are wider than those of as many replications without a precision.
    /// [`recommend`](crate::plan::recommend) needs none: it simulates until its verdicts are clear.
    #[cfg_attr(feature = "wasm", tsify(optional))]
    pub precision: Option<f64>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Progress {
    /// Replications done.
    pub done: u32,
    /// Replications that are expected in all. A search, or a simulation that is asked for a precision, can need more than it
    /// first expects.
    pub total: u32,
    /// Whether nothing is left to do.
    pub finished: bool,
}

impl Options {
    /// Seed and replications.
    ///
    /// # Errors
    /// When JavaScript could not hold the seed, when there are no replications or too many, and when the precision is no share.
    pub fn check(&self) -> Result<(u64, u32), Problems> {
        let mut problems = Problems::default();
        let budget = if self.precision.is_some() { BUDGET } else { 10 };
        let (seed, replications) = (self.seed.unwrap_or(1), self.replications.unwrap_or(budget));
        if seed > SEED_MAX {
            problems.error("seed", format!("must be at most {SEED_MAX}, found {seed}"));
        }
        if !(1..=10_000).contains(&replications) {
            problems.error("replications", format!("expected 1 to 10000, found {replications}"));
        }
        if let Some(precision) = self.precision
            && !(PRECISION_MIN..=1.0).contains(&precision)
        {
            let range = format!("expected from {PRECISION_MIN} to 1, such as 0.02 for 2 %");
            problems.error("precision", format!("{range}; found {precision}"));
        }
        if problems.can_run() { Ok((seed, replications)) } else { Err(problems) }
    }
}

/// Replications of one model, done one by one or many at a time.
#[derive(Clone, Debug)]
pub struct Experiment {
    model: Model,
    seed: u64,
    looks: Looks,
    window: Window,
    rule: Rule,
    regime: Regime,
    growth: Option<f64>,
    tally: Tally,
}

impl Experiment {
    /// Prepare it. For a steady question this simulates pilots, which cost about as much as one replication, to find where the
    /// start ends.
    ///
    /// # Errors
    /// When the options ask for what can not be.
    pub fn new(model: &Model, options: &Options) -> Result<Self, Problems> {
        let (seed, budget) = options.check()?;
        let looks = Looks { wanted: options.precision, budget };
        let mut model = model.clone();
        let (regime, growth) = regime(&model);
        if options.precision.is_some() && !waits_have_a_mean(&model, regime) {
            let message =
                "there is no mean wait to be precise about: the queue grows without end, or holds have no mean";
            return Err(Problems::one("precision", message));
        }
        let (window, rule) = match regime {
            Regime::Timeline => (over_time(&model), Rule::Timeline),
            Regime::Steady | Regime::Overloaded => {
                let theory = steady_window(&model, REQUESTS, REQUESTS_MAX);
                crowd(&model, theory.window)?;
                if let Some(short) = theory.short {
                    let (path, message) = short.caution();
                    model.cautions.caution(path, message);
                }
                // A queue that grows for ever has no start that ends.
                match regime == Regime::Steady || model.pool.bounds_its_queue() {
                    true => after_pilots(&model, seed, theory.window),
                    false => (theory.window, Rule::Theory),
                }
            }
        };
        crowd(&model, window)?;
        Ok(Self { model, seed, looks, window, rule, regime, growth, tally: Tally::default() })
    }

    /// From when to when a replication is measured.
    pub(crate) fn window(&self) -> Window {
        self.window
    }

    /// Do all that is left, telling how far it is.
    pub fn finish(&mut self, tell: impl Fn(Progress)) -> Report {
        while self.some() {
            tell(self.progress());
        }
        self.report()
    }

    /// What the replications so far say.
    pub fn report(&self) -> Report {
        let setting = Setting {
            seed: self.seed,
            regime: self.regime,
            growth: self.growth,
            warm_up: self.window.from.seconds(),
            warm_up_rule: self.rule.words(),
            measured: self.window.until.since(self.window.from).seconds(),
            confidence: self.looks.confidence(),
            stopped: self.looks.wanted.and_then(|_| self.looks.stopped(&self.tally)),
        };
        self.tally.report(&self.model, setting)
    }
}

impl Pieces for Experiment {
    fn pieces(&self) -> Vec<Piece> {
        let done = self.tally.replications();
        let until = if self.looks.stopped(&self.tally).is_some() { done } else { self.looks.after(done) };
        (done..until).map(|replication| Piece { replication, sizes: Vec::new() }).collect()
    }

    fn perform(&self, piece: &Piece) -> Vec<Outcome> {
        vec![replicate(&self.model, self.window, self.seed, piece.replication)]
    }

    fn take(&mut self, _: &Piece, outcomes: Vec<Outcome>) {
        outcomes.into_iter().for_each(|outcome| self.tally.add(outcome));
    }

    fn progress(&self) -> Progress {
        let done = self.tally.replications();
        let finished = self.looks.stopped(&self.tally).is_some();
        Progress { done, total: if finished { done } else { self.looks.after(done) }, finished }
    }
}

/// Simulate a model: steady questions with the warm-up removed, timelines from an empty start.
///
/// The warm-up of a steady question is the longer of what theory asks for and what [`mser5`] finds in pilot runs; the report says
/// which ([`Report::warm_up_rule`]).
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
    let mut recorder = Recorder::new(window, model);
    let streams = Streams::new(seed, n);
    if !window.series && recursion::applies(model) {
        recursion::run_sizes(model, &[(model.max_size(), window.until)], streams, |_, passages| {
            recorder.pass(passages)
        });
        return recorder.finish_passages();
    }
    engine::run(model, streams, window.until, &mut recorder);
    recorder.finish()
}

/// The same of one model with pools of several sizes, each over its own window: the requests are drawn once where that can be, and
/// holds are not recorded then. With their control, if there is one.
pub(crate) fn replicate_sizes(
    sizes: &[(&Model, Window)],
    control: Option<&Control>,
    seed: u64,
    n: u32,
) -> Vec<Outcome> {
    let together = sizes.iter().all(|(model, window)| !window.series && recursion::applies(model));
    if !together {
        return sizes.iter().map(|(model, window)| replicate(model, *window, seed, n)).collect();
    }
    // What is over the same window has the same control: one recorder follows it.
    let first = |n: usize| sizes.iter().position(|(_, window)| *window == sizes[n].1) == Some(n);
    let recorder = |(n, (model, window)): (usize, &(&Model, Window))| {
        Recorder::new(*window, model).without_holds().beside(control.filter(|_| first(n)))
    };
    let mut recorders: Vec<Recorder> = sizes.iter().enumerate().map(recorder).collect();
    let ends: Vec<_> = sizes.iter().map(|(model, window)| (model.max_size(), window.until)).collect();
    recursion::run_sizes(sizes[0].0, &ends, Streams::new(seed, n), |place, passages| recorders[place].pass(passages));
    let mut outcomes: Vec<_> = recorders.into_iter().map(Recorder::finish_passages).collect();
    for n in 0..sizes.len() {
        let found = (0..n).find(|before| sizes[*before].1 == sizes[n].1).and_then(|first| outcomes[first].control);
        outcomes[n].control = outcomes[n].control.or(found);
    }
    outcomes
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

pub(crate) fn regime(model: &Model) -> (Regime, Option<f64>) {
    if model.changes_over_time() {
        return (Regime::Timeline, None);
    }
    let capacity = f64::from(model.max_size()) / model.hold_shape().0;
    let rate = model.rate_per_instance();
    let instances = f64::from(model.instances());
    // What comes whatever happens may ask for more than the database's cores can do, or the pooler's servers.
    let cores = model.cpu_capacity().map(|cores| (model.cpu_demand(), cores));
    let behind = [cores, model.pooler_load()].into_iter().flatten();
    let beyond = behind.filter(|(demand, most)| model.open_load() > 0.0 && demand >= most);
    if let Some(served) = beyond.map(|(demand, most)| most / demand).reduce(f64::min) {
        return (Regime::Overloaded, Some(rate * instances * (1.0 - served)));
    }
    // Clients that wait for their answers do not outrun the pool: only what comes whatever happens can.
    if rate < capacity || model.open_load() < f64::from(model.max_size()) {
        (Regime::Steady, None)
    } else {
        (Regime::Overloaded, Some((rate - capacity) * instances))
    }
}
