//! Whether what was measured meets what was asked.

use crate::report::{CONFIDENCE, Estimate, Tally, Times};
use crate::slo::{Metric, Objective, Stat};
use serde::Serialize;

/// How often a size is looked at before it has the most: each look is made at a confidence that keeps all of them together at
/// [`CONFIDENCE`] (Bonferroni).
const LOOKS: f64 = 4.0;

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

/// The estimate that an objective speaks of.
pub(super) fn measured(tally: &Tally, metric: Metric, confidence: f64) -> Option<Estimate> {
    let of = |times: &Times, stat: Stat| match stat {
        Stat::Mean => times.mean,
        Stat::Percentile(500) => times.p50,
        Stat::Percentile(900) => times.p90,
        Stat::Percentile(950) => times.p95,
        Stat::Percentile(_) => times.p99,
    };
    match metric {
        Metric::Wait(stat) => of(&tally.times(confidence)[0], stat),
        Metric::Response(stat) => of(&tally.times(confidence)[2], stat),
        Metric::Attempt(stat) => of(&tally.times(confidence)[3], stat),
        Metric::TimedOutShare => tally.timed_out_share(confidence),
        Metric::WastedShare => tally.wasted_share(confidence),
        Metric::FailedRequests => tally.failed_requests(confidence),
    }
}

/// The verdict on all objectives, and whether the estimates alone would meet them.
pub(super) fn judge(tally: &Tally, objectives: &[Objective]) -> (Verdict, bool) {
    let confidence = 1.0 - (1.0 - CONFIDENCE) / LOOKS;
    let mut verdict = Verdict::Meets;
    let mut point = true;
    for objective in objectives {
        let Some(estimate) = measured(tally, objective.metric, confidence) else {
            (verdict, point) = (Verdict::Unsure, false);
            continue;
        };
        point &= estimate.mean <= objective.at_most;
        let half = estimate.half_width.unwrap_or(f64::INFINITY);
        if estimate.mean - half > objective.at_most {
            return (Verdict::Misses, false);
        }
        if estimate.mean + half > objective.at_most {
            verdict = Verdict::Unsure;
        }
    }
    (verdict, point)
}
