//! From a size to advice: how far it reaches, what stands in the way of a larger one, how the answer moves with its inputs, and what
//! would help where no size does.

mod aftermath;
mod band;
mod reach;
mod remedy;
mod survive;
pub mod text;
mod uncertain;

pub use aftermath::Aftermath;
pub use band::Band;
pub use reach::{Headroom, Moved};
pub use remedy::{Remedy, Stuck};
pub use survive::Survived;
pub use uncertain::{Regret, Uncertain};

use crate::emit::{Asked, Reason, align};
use crate::experiment::{Options, Progress};
use crate::plan::{ELSEWHERE, Recommendation, Recommended, Search};
use crate::problem::Problems;
use crate::scenario::{Model, Scenario};
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
    let Answer { certain, model, mut search, mut recommendation, uncertain, survival } =
        answer(scenario, options, &tell)?;
    let Some(Recommended { max_size: size, .. }) = recommendation.recommended else {
        let stuck = survival.is_empty().then(|| remedy::all(&model, &search, options, |p| tell("remedies", p)));
        let stuck = stuck.transpose()?;
        if let Some(stuck) = &stuck {
            recommendation.sentence = recommendation.sentence.replace(ELSEWHERE, &stuck.because);
        }
        return Ok(Advice {
            recommendation,
            band: None,
            headroom: None,
            sensitivity: Vec::new(),
            survival,
            uncertain,
            aftermath: None,
            stuck,
            settings: Vec::new(),
        });
    };
    let (headroom, sensitivity) = reach::all(&model, size, options, |progress| tell("headroom", progress))?;
    let settings = align(&Asked::of(&certain, &model, size));
    let aftermath = aftermath::of(&certain, &model, (size, search.most()), settings.acquire_timeout, options, |p| {
        tell("overload", p)
    })?;
    if aftermath.as_ref().is_some_and(|aftermath| aftermath.stuck > 0) {
        recommendation.sentence += " From an overload it does not recover by itself.";
    }
    Ok(Advice {
        band: Some(Band::of(&mut search, &recommendation, &model, &survival, uncertain.as_ref())),
        headroom: Some(headroom),
        sensitivity,
        survival,
        uncertain,
        aftermath,
        stuck: None,
        settings: settings.reasons,
        recommendation,
    })
}

/// The size alone, that of [`advise`]: what survives the cases, with the least regret over uncertain inputs.
///
/// # Errors
/// As [`advise`].
pub fn size(scenario: &Scenario, options: &Options, tell: impl Fn(&str, Progress)) -> Result<Recommendation, Problems> {
    Ok(answer(scenario, options, &tell)?.recommendation)
}

/// The scenario with each range, such as `800/s..1200/s`, at its middle.
///
/// # Errors
/// When a range makes no sense.
pub fn certain(scenario: &Scenario) -> Result<Scenario, Problems> {
    uncertain::at_the_middle(scenario, &uncertain::ranges(scenario)?)
}

/// What decides the size.
struct Answer {
    /// The scenario with each range at its middle.
    certain: Scenario,
    model: Model,
    search: Search,
    recommendation: Recommendation,
    uncertain: Option<Uncertain>,
    survival: Vec<Survived>,
}

fn answer(scenario: &Scenario, options: &Options, tell: &impl Fn(&str, Progress)) -> Result<Answer, Problems> {
    let ranges = uncertain::ranges(scenario)?;
    let certain = uncertain::at_the_middle(scenario, &ranges)?;
    let model = certain.check()?;
    let mut search = Search::new(&model, options)?;
    let mut recommendation = search.finish(|progress| tell("sizes", progress));
    let uncertain = (!ranges.is_empty())
        .then(|| uncertain::draw(scenario, &ranges, options, |progress| tell("uncertain inputs", progress)))
        .transpose()?
        .flatten();
    if uncertain.is_none() && !ranges.is_empty() {
        recommendation.recommended = None;
        recommendation.sentence =
            format!("In no world that the ranges allow is any size enough. {}", recommendation.sentence);
    }
    if let (Some(uncertain), Some(found)) = (&uncertain, &mut recommendation.recommended) {
        *found = Recommended { max_size: uncertain.max_size, total: uncertain.max_size * model.instances() };
        let middle = recommendation.sentence.replacen("Use ", "With each range at its middle use ", 1);
        recommendation.sentence = format!("{} {middle}", uncertain.sentence);
    }
    let survival = match recommendation.recommended {
        Some(found) => survive::all(&certain, &model, (found.max_size, search.most()), options, |p| tell("cases", p))?,
        None => Vec::new(),
    };
    let needed = survival.iter().filter_map(|case| case.smallest).max();
    if let (Some(found), Some(needed)) = (&mut recommendation.recommended, needed)
        && needed > found.max_size
    {
        recommendation.sentence = survive::sentence(&survival, needed, &recommendation.sentence);
        *found = Recommended { max_size: needed, total: needed * model.instances() };
    }
    if let Some(case) = survival.iter().find(|case| case.smallest.is_none()) {
        recommendation.sentence = format!("No size survives \"{}\". {}", case.name, recommendation.sentence);
        recommendation.recommended = None;
    }
    if let Some(found) = recommendation.recommended {
        search.show(found.max_size, &mut recommendation.table);
    }
    Ok(Answer { certain, model, search, recommendation, uncertain, survival })
}
