//! From a size to advice: how far it reaches, what stands in the way of a larger one, how the answer moves with its inputs, and what
//! would help where no size does.

mod advising;
mod aftermath;
mod band;
mod reach;
mod remedy;
mod survive;
pub mod text;
mod uncertain;

pub use advising::{Advising, Done, Part};
pub use aftermath::Aftermath;
pub use band::Band;
pub use reach::{Headroom, Moved};
pub use remedy::{Remedy, Stuck};
pub use survive::Survived;
pub use uncertain::{Regret, Uncertain};

use crate::emit::Reason;
use crate::experiment::{Options, Progress};
use crate::plan::Recommendation;
use crate::problem::Problems;
use crate::scenario::Scenario;
use serde::Serialize;

/// A recommendation with all that one should know before following it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Advice {
    /// The size, and the sizes around it. Where inputs are uncertain or cases are to be survived, the size that answers those too.
    #[serde(flatten)]
    pub recommendation: Recommendation,
    /// From which size to which it is safe, and why; absent when no size is.
    pub band: Option<Band>,
    /// How much more the recommended size bears; absent when there is none.
    pub headroom: Option<Headroom>,
    /// The smallest size when inputs are other than they are thought to be.
    pub sensitivity: Vec<Moved>,
    /// How each case fares that is to be survived.
    pub survival: Vec<Survived>,
    /// The answer over uncertain inputs, where some are.
    pub uncertain: Option<Uncertain>,
    /// What an overload leaves behind, where one could outlive its cause; absent elsewhere, and where it is too much to simulate.
    pub aftermath: Option<Aftermath>,
    /// Why no size helps, and what would, where none does.
    pub stuck: Option<Stuck>,
    /// Timeouts and ages that fit the size and each other.
    pub settings: Vec<Reason>,
}

impl Advice {
    /// Of a recommendation of which nothing more is known yet.
    fn of(recommendation: Recommendation) -> Self {
        Self {
            recommendation,
            band: None,
            headroom: None,
            sensitivity: Vec::new(),
            survival: Vec::new(),
            uncertain: None,
            aftermath: None,
            stuck: None,
            settings: Vec::new(),
        }
    }
}

/// Recommend a size, and say how far the answer reaches.
///
/// Ranges among the inputs, such as `rate = "800/s..1200/s"`, are drawn from: see [`Uncertain`]. All else is asked of the scenario
/// with each range at its middle. It is slower than [`plan::recommend`](crate::plan::recommend), whose answer it contains, by a second
/// or a few; every number comes from simulation.
///
/// # Errors
/// When the scenario makes no sense, a range too, and when the options ask for what can not be. That no size meets the objectives is
/// an answer, not an error.
///
/// ```
/// use poolwise::{advise::advise, scenario::Scenario};
/// # let text = serde_json::json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "slo": ["wait.p99 <= 20ms"] });
/// let advice = advise(&Scenario::read(text)?, &Default::default(), |_, _| {})?;
/// assert_eq!(advice.recommendation.recommended.unwrap().max_size, 5);
/// assert!(advice.headroom.unwrap().traffic > 1.0);
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn advise(scenario: &Scenario, options: &Options, tell: impl Fn(&str, Progress)) -> Result<Advice, Problems> {
    let mut advising = Advising::new(scenario, options)?;
    loop {
        tell(advising.stage(), advising.progress());
        if let Some(advice) = advising.advice() {
            return Ok(advice.clone());
        }
        advising.step()?;
    }
}

/// The size alone, that of [`advise`]: what survives the cases, with the least regret over uncertain inputs.
///
/// # Errors
/// As [`advise`].
pub fn size(scenario: &Scenario, options: &Options, tell: impl Fn(&str, Progress)) -> Result<Recommendation, Problems> {
    let mut advising = Advising::new(scenario, options)?;
    loop {
        if let Some(decided) = advising.decided() {
            return Ok(decided.clone());
        }
        tell(advising.stage(), advising.progress());
        advising.step()?;
    }
}

/// The scenario with each range, such as `800/s..1200/s`, at its middle.
///
/// # Errors
/// When a range makes no sense.
pub fn certain(scenario: &Scenario) -> Result<Scenario, Problems> {
    uncertain::at_the_middle(scenario, &uncertain::ranges(scenario)?)
}
