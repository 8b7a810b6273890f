//! What would have been different: a scenario and its variants on the same requests.

mod effect;
pub mod text;

pub use effect::{ComparedMeasure, Effect};

use crate::experiment::{
    Experiment, Options, Piece, Pieces, Progress, REQUESTS, REQUESTS_MAX, Short, crowd, over_time, regime, replicate,
    steady_window,
};
use crate::problem::{Problem, Problems};
use crate::record::{Outcome, Window};
use crate::report::{CONFIDENCE, Regime, Setting, Tally, VERSION};
use crate::scenario::{Model, SCHEMA_VERSION, Variant};
use effect::{Values, compared, values};
use serde::Serialize;

/// Replications of each row, if nothing else is asked for.
const REPLICATIONS: u32 = 5;
/// What the scenario itself is called among its variants.
const ITSELF: &str = "as it is";

/// The scenario or one of its variants, with what was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct ComparedRow {
    /// What people call it.
    pub name: String,
    /// What it changes, each as `path=value`; nothing for the scenario itself.
    pub set: Vec<String>,
    /// What was learnt from it, as the scenario says.
    pub answer: Option<String>,
    /// What was measured, in the same order for every row.
    pub measures: Vec<ComparedMeasure>,
    /// What may surprise of it and not of the scenario itself.
    pub cautions: Vec<Problem>,
}

/// A scenario and its variants, as far as they are known.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Compared {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise.
    pub version: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Independent replications of each row.
    pub replications: u32,
    /// The probability that the interval of one difference covers the truth.
    pub confidence: f64,
    /// Seconds measured in each replication of the scenario itself.
    pub measured: f64,
    /// Seconds removed from the start of each replication.
    pub warm_up: f64,
    /// The scenario itself first, then its variants in their order; those that are finished.
    pub rows: Vec<ComparedRow>,
    /// What may surprise of the scenario itself.
    pub cautions: Vec<Problem>,
    /// What is assumed.
    pub assumptions: Vec<String>,
}

/// A row that is to be simulated.
#[derive(Clone, Debug)]
struct Candidate {
    variant: Variant,
    window: Window,
    regime: Regime,
}

/// A comparison, done one replication after another or many at a time, row after row.
///
/// Replication *n* of every row has the same requests (common random numbers): each draw belongs to its request, so what differs
/// between two rows is what was changed, and the paired differences spread far less than the values
/// (A. M. Law, *Simulation Modeling and Analysis*, 2015, 11.2). Their intervals are Student's. Each covers with
/// [`CONFIDENCE`] by itself: of twenty differences that are none, one is found better or worse by chance.
///
/// If anything changes over time in one of the rows, all are run over time from an empty start; else all measure the same window,
/// which begins when the start of the slowest has ended.
#[derive(Clone, Debug)]
pub struct Comparison {
    rows: Vec<Candidate>,
    seed: u64,
    replications: u32,
    done: u32,
    /// The replications of the row at work.
    tally: Tally,
    runs: Vec<Values>,
    /// What the scenario itself gave: all replications together, and each.
    base: Option<(Tally, Vec<Values>)>,
    finished: Vec<ComparedRow>,
}

impl Comparison {
    /// Prepare it. For a steady question this simulates pilots, which cost about as much as one replication.
    ///
    /// # Errors
    /// When the options ask for what can not be, and when there is nothing to compare.
    pub fn new(model: &Model, variants: Vec<Variant>, options: &Options) -> Result<Self, Problems> {
        if options.precision.is_some() {
            return Err(Problems::one("precision", "has no meaning for a comparison: ask for more replications"));
        }
        let options = Options { replications: options.replications.or(Some(REPLICATIONS)), ..*options };
        let (seed, replications) = options.check()?;
        if variants.is_empty() {
            return Err(Problems::one(
                "variant",
                "there is nothing to compare: write [[variant]] with name = \"…\" and set = [\"pool.max_size=40\"]",
            ));
        }
        let itself = Variant { cautions: Vec::new(), ..Variant::of(ITSELF, model.clone()) };
        let all: Vec<Variant> = core::iter::once(itself).chain(variants).collect();
        let rows = if all.iter().any(|row| row.model.changes_over_time()) {
            all.into_iter().map(run_over_time).collect::<Result<_, _>>()?
        } else {
            let window = Experiment::new(model, &options)?.window();
            side_by_side(all, window)?
        };
        let (tally, runs) = (Tally::default(), Vec::new());
        Ok(Self { rows, seed, replications, done: 0, tally, runs, base: None, finished: Vec::new() })
    }

    /// Do all that is left, telling how far it is and the rows that were finished since it last told.
    pub fn finish(&mut self, mut tell: impl FnMut(Progress, &[ComparedRow])) -> Compared {
        let mut known = self.finished.len();
        while self.some() {
            tell(self.progress(), &self.finished[known..]);
            known = self.finished.len();
        }
        self.report()
    }

    /// What the rows are called, the scenario itself first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.variant.name.as_str())
    }

    /// The rows that are finished.
    pub fn report(&self) -> Compared {
        let Candidate { variant: Variant { model, .. }, window, .. } = &self.rows[0];
        Compared {
            schema_version: SCHEMA_VERSION,
            version: VERSION,
            scenario: model.name().to_owned(),
            seed: self.seed,
            replications: self.replications,
            confidence: CONFIDENCE,
            measured: window.until.since(window.from).seconds(),
            warm_up: window.from.seconds(),
            rows: self.finished.clone(),
            cautions: model.cautions().problems.clone(),
            assumptions: model.assumptions(),
        }
    }

    fn total(&self) -> u32 {
        self.rows.len() as u32 * self.replications
    }

    fn add(&mut self, outcome: Outcome) {
        let row = &self.rows[(self.done / self.replications) as usize];
        let values_of = |tally: &Tally| values(&tally.report(&row.variant.model, row.setting(self.seed)));
        let mut alone = Tally::default();
        alone.add(outcome.clone());
        self.runs.push(values_of(&alone));
        self.tally.add(outcome);
        self.done += 1;
        if !self.done.is_multiple_of(self.replications) {
            return;
        }
        let (tally, runs) = (core::mem::take(&mut self.tally), core::mem::take(&mut self.runs));
        let base = self.base.as_ref().map(|(tally, runs)| (values_of(tally), runs.as_slice()));
        let Variant { name, set, answer, cautions, .. } = row.variant.clone();
        let measures = compared((values_of(&tally), &runs), base);
        self.finished.push(ComparedRow { name, set, answer, measures, cautions });
        self.base.get_or_insert((tally, runs));
    }
}

/// Replications are counted over all rows: each begins anew with the requests of replication 0.
impl Pieces for Comparison {
    fn pieces(&self) -> Vec<Piece> {
        (self.done..self.total()).map(|replication| Piece { replication, sizes: Vec::new() }).collect()
    }

    fn perform(&self, piece: &Piece) -> Vec<Outcome> {
        let row = &self.rows[(piece.replication / self.replications) as usize];
        vec![replicate(&row.variant.model, row.window, self.seed, piece.replication % self.replications)]
    }

    fn take(&mut self, _: &Piece, outcomes: Vec<Outcome>) {
        outcomes.into_iter().for_each(|outcome| self.add(outcome));
    }

    fn progress(&self) -> Progress {
        Progress { done: self.done, total: self.total(), finished: self.done == self.total() }
    }
}

impl Candidate {
    fn setting(&self, seed: u64) -> Setting {
        Setting {
            seed,
            regime: self.regime,
            growth: None,
            warm_up: self.window.from.seconds(),
            warm_up_rule: String::new(),
            measured: self.window.until.since(self.window.from).seconds(),
            confidence: CONFIDENCE,
            stopped: None,
        }
    }
}

/// The whole of a run, also where nothing changes in this row.
fn run_over_time(variant: Variant) -> Result<Candidate, Problems> {
    let window = Window { series: false, ..over_time(&variant.model) };
    crowd(&variant.model, window).map_err(|e| of_variant(&variant, e))?;
    Ok(Candidate { variant, window, regime: Regime::Timeline })
}

/// Rows whose window is that of the scenario itself, or longer where theory asks for more.
fn side_by_side(mut all: Vec<Variant>, itself: Window) -> Result<Vec<Candidate>, Problems> {
    let (mut from, mut length) = (itself.from, itself.until.since(itself.from));
    let mut known = None;
    for (n, variant) in all.iter_mut().enumerate() {
        let steady = steady_window(&variant.model, REQUESTS, REQUESTS_MAX);
        from = from.max(steady.window.from);
        length = length.max(steady.window.until.since(steady.window.from));
        match steady.short.map(Short::caution) {
            Some((path, message)) if n == 0 => variant.model.cautions.caution(path, message),
            Some((path, message)) if steady.short != known => {
                let mut more = Problems::default();
                more.caution(format!("{}: {path}", variant.name), message);
                variant.cautions.extend(more.problems);
            }
            _ => {}
        }
        known = if n == 0 { steady.short } else { known };
    }
    let window = Window { from, until: from + length, series: false };
    let prepared = all.into_iter().map(|variant| {
        crowd(&variant.model, window).map_err(|e| of_variant(&variant, e))?;
        let (regime, _) = regime(&variant.model);
        Ok(Candidate { variant, window, regime })
    });
    prepared.collect()
}

fn of_variant(variant: &Variant, mut problems: Problems) -> Problems {
    for problem in problems.problems.iter_mut().filter(|_| !variant.set.is_empty()) {
        problem.path = format!("{}: {}", variant.name, problem.path);
    }
    problems
}

/// Compare a scenario with its variants.
///
/// Deterministic: the same scenario, seed and replications give the same answer on every platform and with any number of threads.
///
/// # Errors
/// When the scenario or a variant makes no sense, when there is no variant, and when the options ask for what can not be.
///
/// ```
/// use poolwise::compare::{Effect, compare};
/// # let text = serde_json::json!({
/// #     "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)" }],
/// #     "pool": { "max_size": 2 }, "variant": [{ "name": "three", "set": ["pool.max_size=3"] }] });
/// let scenario = poolwise::scenario::Scenario::read(text)?;
/// let answer = compare(&scenario, &Default::default())?;
/// let wait = answer.rows[1].measures.iter().find(|m| m.measure == "wait.p99").unwrap();
/// assert_eq!(wait.effect, Some(Effect::Better));
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn compare(scenario: &crate::scenario::Scenario, options: &Options) -> Result<Compared, Problems> {
    let (model, variants) = scenario.check_variants()?;
    Ok(Comparison::new(&model, variants, options)?.finish(|_, _| {}))
}
