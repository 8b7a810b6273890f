//! Whether what was measured meets what was asked.

use crate::report::{CONFIDENCE, Tally};
use crate::slo::Objective;
use serde::Serialize;

/// After how many replications a size is looked at, while the answer is open: half as many more each time or so, and what is added is a
/// multiple of four, which cores share evenly.
pub(super) const LOOKS: [u32; 8] = [FIRST, 12, 20, 28, 40, 60, 92, MOST];
pub(super) const FIRST: u32 = 8;
pub(super) const MOST: u32 = 128;

/// Whether a size meets the objectives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole interval of every objective lies within it.
    Meets,
    /// The whole interval of some objective lies beyond it.
    Misses,
    /// An interval straddles an objective.
    Unsure,
}

impl Verdict {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Meets => "meets",
            Self::Misses => "misses",
            Self::Unsure => "unsure",
        }
    }
}

/// What replications say of all objectives.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    /// Whether the estimates alone would meet them.
    pub(crate) point_meets: bool,
    /// Whether the chance is below one in ten that some interval lies within its objective after the most replications, going by
    /// those that there are. To stop then errs towards a larger pool.
    pub(crate) futile: bool,
}

/// Judge after so many replications, at one of several looks: each is made at a confidence that keeps all of them together at
/// [`CONFIDENCE`] (Bonferroni).
pub(crate) fn judge(tally: &Tally, objectives: &[Objective], done: u32) -> Judged {
    let confidence = 1.0 - (1.0 - CONFIDENCE) / LOOKS.len() as f64;
    // The share of what will be known in the end.
    let known = f64::from(done) / f64::from(MOST);
    let mut judged = Judged { verdict: Verdict::Meets, point_meets: true, futile: false };
    for objective in objectives {
        let Some(estimate) = tally.measure(objective.metric, confidence) else {
            (judged.verdict, judged.point_meets) = (Verdict::Unsure, false);
            continue;
        };
        judged.point_meets &= estimate.mean <= objective.at_most;
        let half = estimate.half_width.unwrap_or(f64::INFINITY);
        if estimate.mean - half > objective.at_most {
            return Judged { verdict: Verdict::Misses, point_meets: false, futile: true };
        }
        if estimate.mean + half > objective.at_most {
            judged.verdict = Verdict::Unsure;
        }
        // In the end the interval is narrower, and the estimate somewhere else: how far, only the part that is not known yet says.
        let in_the_end = half * libm::sqrt(known);
        let one_in_ten = tally.measure(objective.metric, 0.8).and_then(|e| e.half_width).unwrap_or(f64::INFINITY);
        let luckiest = estimate.mean - one_in_ten * libm::sqrt((1.0 - known).max(0.0));
        judged.futile |= luckiest + in_the_end > objective.at_most;
    }
    judged
}
