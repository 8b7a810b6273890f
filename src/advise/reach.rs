//! How much more a size bears, and how the answer moves with its inputs.

use crate::experiment::{Options, Progress};
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

/// Headroom of a size, and where the answer moves.
pub(super) fn all(
    model: &Model,
    size: u32,
    options: &Options,
    tell: impl Fn(Progress),
) -> Result<(Headroom, Vec<Moved>), Problems> {
    // At the peak already, so that recorded arrivals are a rate that can be more.
    let peak = model.at_peak();
    let total = MOVES.len() as u32 + 2;
    let told = |done: u32| tell(Progress { done, total, finished: done == total });
    told(0);
    let traffic = headroom(&peak, size, options, Model::with_traffic)?;
    told(1);
    let work = headroom(&peak, size, options, Model::with_work)?;
    told(2);
    let moved = MOVES.iter().zip(3..).map(|((traffic, work, what), n)| {
        let other = peak.with_traffic(*traffic).with_work(*work);
        let max_size = smallest(&other, options)?;
        told(n);
        Ok(Moved { what: (*what).to_owned(), traffic: *traffic, work: *work, max_size })
    });
    Ok((Headroom { traffic, work }, moved.collect::<Result<_, Problems>>()?))
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

/// The largest factor, to within [`FINE`], with which a size surely meets the objectives; 1 when none above 1 does.
fn headroom(peak: &Model, size: u32, options: &Options, vary: fn(&Model, f64) -> Model) -> Result<f64, Problems> {
    let meets = |factor: f64| match Search::new(&vary(peak, factor), options) {
        Ok(mut search) => search.assess(size, LOOKS) == Verdict::Meets,
        Err(_) => false,
    };
    // Nothing keeps up beyond the pool's own limit; where clients wait for their answers that is no limit.
    let open = peak.open_load();
    let limit = if open > 0.0 { f64::from(size) / open } else { MOST };
    let (mut good, mut bad) = (1.0, limit.min(MOST));
    if bad <= good || (bad >= MOST && meets(MOST)) {
        return Ok(bad.max(good));
    }
    while bad - good > FINE * good {
        let middle = (good + bad) / 2.0;
        if meets(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(good)
}
