//! How much more a size bears, and how the answer moves with its inputs.

use crate::experiment::Options;
use crate::plan::{Search, Verdict};
use crate::problem::Problems;
use crate::scenario::Model;
use serde::Serialize;

/// More than so many times the traffic or the work is not looked for.
const MOST: f64 = 10.0;
/// The search for a factor ends when it is known to within this.
const FINE: f64 = 0.02;
/// How often the search looks at each factor, at most.
const LOOKS: usize = 4;

/// How much more the recommended size bears before an objective is not surely met any more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Headroom {
    /// So many times the traffic.
    pub traffic: f64,
    /// Work that takes so many times as long.
    pub work: f64,
}

/// The smallest size when an input is other than it is thought to be.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Moved {
    /// What is different, in words.
    pub what: String,
    /// How many times the traffic.
    pub traffic: f64,
    /// How many times as long the work takes.
    pub work: f64,
    /// The smallest size that meets the objectives then; absent when none does.
    pub max_size: Option<u32>,
}

/// What is looked at: traffic and work, in words.
const MOVES: [(f64, f64, &str); 4] = [
    (0.8, 1.0, "20 % less traffic"),
    (1.2, 1.0, "20 % more traffic"),
    (1.0, 2.0, "work takes twice as long"),
    (1.2, 2.0, "both"),
];

/// What headroom is looked for of.
pub(super) const LOADS: [fn(&Model, f64) -> Model; 2] = [Model::with_traffic, Model::with_work];

/// What is looked at, of which nothing is known yet.
pub(super) fn moves() -> [Moved; 4] {
    MOVES.map(|(traffic, work, what)| Moved { what: what.to_owned(), traffic, work, max_size: None })
}

impl Moved {
    /// A model at its peak, with what is different.
    pub(super) fn applied(&self, peak: &Model) -> Model {
        peak.with_traffic(self.traffic).with_work(self.work)
    }
}

/// The smallest size that meets the objectives of a model; none where none does, or where none can be judged.
pub(super) fn smallest(model: &Model, options: &Options) -> Result<Option<u32>, Problems> {
    match Search::new(model, options) {
        Ok(search) => Ok(search.smallest()),
        // What is too much for any pool is an answer here.
        Err(problems) if problems.problems.iter().all(|p| p.path == "traffic.rate") => Ok(None),
        Err(problems) => Err(problems),
    }
}

/// The largest factor, to within [`FINE`], with which a size surely meets the objectives; 1 when none above 1 does. `peak` is a model at
/// its peak, so that recorded arrivals are a rate that can be more.
pub(super) fn headroom(peak: &Model, size: u32, options: &Options, vary: fn(&Model, f64) -> Model) -> f64 {
    let meets = |factor: f64| match Search::new(&vary(peak, factor), options) {
        Ok(mut search) => search.assess(size, LOOKS) == Verdict::Meets,
        Err(_) => false,
    };
    // Nothing keeps up beyond the pool's own limit; where clients wait for their answers that is no limit.
    let open = peak.open_load();
    let limit = if open > 0.0 { f64::from(size) / open } else { MOST };
    let (mut good, mut bad) = (1.0, limit.min(MOST));
    if bad <= good || (bad >= MOST && meets(MOST)) {
        return bad.max(good);
    }
    while bad - good > FINE * good {
        let middle = (good + bad) / 2.0;
        if meets(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}
