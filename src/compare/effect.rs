//! What is measured of each row, and whether it differs from the scenario itself.

use crate::report::{CONFIDENCE, Estimate, Report};
use serde::Serialize;

/// What a change does to one measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The whole interval of the difference lies on the good side.
    Better,
    /// It lies on the bad side.
    Worse,
    /// It contains 0, or every replication is exactly as it was.
    NoDifference,
}

impl Effect {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NoDifference => "no difference",
        }
    }
}

/// One measure of a row beside that of the scenario itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct ComparedMeasure {
    /// What it is, by its name in a report.
    pub measure: &'static str,
    /// What it was; absent where it can not be known, as the time to a failure is where nothing failed.
    pub value: Option<Estimate>,
    /// How much more it is than that of the scenario itself, with the interval of the paired differences; absent for the scenario
    /// itself, and where a replication of either has no value.
    pub difference: Option<Estimate>,
    /// What the change does; absent where no difference is known, and where one replication alone says nothing of its spread.
    pub effect: Option<Effect>,
    /// Where no difference was found, how large one may be all the same.
    pub at_most: Option<f64>,
}

/// One measure: its name, whether more of it is better, and where it stands in a report.
struct Measure {
    name: &'static str,
    more_is_better: bool,
    of: fn(&Report) -> Option<Estimate>,
}

const MEASURES: [Measure; 7] = [
    Measure { name: "impact.failed_requests", more_is_better: false, of: failed_requests },
    Measure { name: "impact.users_mostly_down", more_is_better: false, of: users_mostly_down },
    Measure { name: "impact.slow_requests", more_is_better: false, of: slow_requests },
    Measure { name: "goodput", more_is_better: true, of: |report| report.goodput },
    Measure { name: "wait.p99", more_is_better: false, of: |report| report.wait.p99 },
    Measure { name: "response.p99", more_is_better: false, of: |report| report.response.p99 },
    Measure { name: "time_to_exhaustion", more_is_better: true, of: first_failure },
];

/// Over the window of the incident, where there is one.
fn failed_requests(report: &Report) -> Option<Estimate> {
    report.impact.incident.as_ref().map_or(report.impact.failed_requests, |window| window.failed_requests)
}

fn users_mostly_down(report: &Report) -> Option<Estimate> {
    report.impact.incident.as_ref().map_or(report.impact.users_mostly_down, |window| window.users_mostly_down)
}

fn slow_requests(report: &Report) -> Option<Estimate> {
    report.impact.incident.as_ref().map_or(report.impact.slow_requests, |window| window.slow_requests)
}

fn first_failure(report: &Report) -> Option<Estimate> {
    let found = report.time_to_exhaustion?;
    let replications = libm::round(found.share_of_runs * f64::from(report.replications)) as u32;
    Some(Estimate { mean: found.mean, half_width: found.half_width, replications })
}

/// What was measured, of one replication or of all.
pub(super) type Values = [Option<Estimate>; MEASURES.len()];

pub(super) fn values(report: &Report) -> Values {
    MEASURES.each_ref().map(|measure| (measure.of)(report))
}

/// The measures of a row; `base` is the scenario itself, if that is not the row. Each with all replications together, and one by one.
pub(super) fn compared((all, runs): (Values, &[Values]), base: Option<(Values, &[Values])>) -> Vec<ComparedMeasure> {
    let each = MEASURES.iter().enumerate();
    each.map(|(n, measure)| {
        let difference = base.as_ref().and_then(|(base, base_runs)| {
            let pairs: Option<Vec<f64>> =
                runs.iter().zip(*base_runs).map(|(run, base)| Some(run[n]?.mean - base[n]?.mean)).collect();
            Estimate::around(all[n]?.mean - base[n]?.mean, &pairs?, CONFIDENCE)
        });
        let effect = difference.and_then(|difference| judge(&difference, measure.more_is_better));
        let at_most = difference.filter(|_| effect == Some(Effect::NoDifference));
        ComparedMeasure {
            measure: measure.name,
            value: all[n],
            difference,
            effect,
            at_most: at_most.map(|d| d.mean.abs() + d.half_width.unwrap_or(0.0)),
        }
    })
    .collect()
}

fn judge(difference: &Estimate, more_is_better: bool) -> Option<Effect> {
    let Estimate { mean, half_width, .. } = *difference;
    if mean == 0.0 && half_width.unwrap_or(0.0) == 0.0 || difference.contains(0.0) {
        return Some(Effect::NoDifference);
    }
    half_width?;
    Some(if (mean > 0.0) == more_is_better { Effect::Better } else { Effect::Worse })
}
