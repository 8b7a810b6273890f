//! How large the pool should be: theory brackets, simulation of the fitted distribution decides.

mod search;
mod sentence;
mod text;
mod verdict;

pub use search::Search;
pub(crate) use sentence::{CROWDED, ELSEWHERE};
pub use text::text;
pub use verdict::Verdict;
pub(crate) use verdict::{Judged, judge};

use crate::experiment::Options;
use crate::problem::{Problem, Problems};
use crate::report::{Estimate, Times};
use crate::scenario::Model;
use serde::Serialize;

/// What was found for one size.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct SizeRow {
    /// Connections of one instance's pool.
    pub max_size: u32,
    /// Replications behind it.
    pub replications: u32,
    /// Whether it meets the objectives.
    pub verdict: Verdict,
    /// Share of the connections in use.
    pub utilisation: Option<Estimate>,
    /// Waits in seconds.
    pub wait: Times,
    /// Waits and holds together, in seconds.
    pub response: Times,
    /// All attempts, from their arrival to their answer or failure, in seconds.
    pub attempt: Times,
    /// Share of the requests that gave up.
    pub timed_out_share: Option<Estimate>,
    /// Share of the requests whose work was done for a client that was no longer there.
    pub wasted_share: Option<Estimate>,
    /// Share of the requests that gave up or were turned away.
    pub failed_requests: Option<Estimate>,
}

/// The size that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Recommended {
    /// Connections of one instance's pool.
    pub max_size: u32,
    /// Connections of all instances' pools.
    pub total: u32,
}

impl Recommended {
    /// For each instance of a model.
    pub(crate) fn of(max_size: u32, model: &Model) -> Self {
        Self { max_size, total: max_size * model.instances() }
    }
}

/// The answer, with the sizes around it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Recommendation {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise.
    pub version: &'static str,
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// The confidence of intervals and verdicts.
    pub confidence: f64,
    /// What was asked for.
    pub slo: Vec<String>,
    /// Offered load of one instance, in erlangs.
    pub offered_load: f64,
    /// The smallest size that meets the objectives with the stated confidence; absent when no size does, or not yet.
    pub recommended: Option<Recommended>,
    /// The answer in words.
    pub sentence: String,
    /// What Erlang C, scaled for the spread of the holds, would have said.
    pub theory: Option<u32>,
    /// The sizes that were simulated around the answer.
    pub table: Vec<SizeRow>,
    /// What may surprise.
    pub cautions: Vec<Problem>,
    /// What is assumed.
    pub assumptions: Vec<String>,
}

/// Find the smallest pool per instance that meets the model's objectives in the long run, at its peak rate.
///
/// Sizes are compared on the same requests (common random numbers). A size is recommended only when the whole confidence
/// interval of each objective lies within it, so the answer errs on the side of one more connection. Timeline, changes of the
/// rate and leaks are left out of the question, which a caution says.
///
/// # Errors
/// When the options ask for what can not be. That no size meets the objectives is an answer, not an error.
///
/// ```
/// use poolwise::{plan, scenario::Scenario};
/// # let text = serde_json::json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "slo": ["wait.p99 <= 20ms"] });
/// let answer = plan::recommend(&Scenario::read(text)?.check()?, &Default::default())?;
/// assert_eq!(answer.recommended.unwrap().max_size, 5);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn recommend(model: &Model, options: &Options) -> Result<Recommendation, Problems> {
    Ok(Search::new(model, options)?.finish(|_| {}))
}
