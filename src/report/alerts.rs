//! What people would have been told, and when.

use super::{Estimate, Moment, Tally};
use crate::scenario::Model;
use serde::Serialize;

/// What became of an alert.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct AlertReport {
    /// What people call it.
    pub name: String,
    /// The rule in words.
    pub rule: String,
    /// When it fired first; absent if it never did.
    pub fires: Option<Moment>,
    /// How often it began to fire, on average.
    pub times: Option<Estimate>,
    /// The share of the time for which it fired.
    pub firing: Option<Estimate>,
    /// How long before 5 % of the requests failed it fired, in seconds; below 0 it came later. Absent where one of the two never
    /// happened.
    pub lead: Option<Estimate>,
    /// The highest value that was seen in any run, in the unit of the metric; absent where there never was a value.
    pub highest: Option<f64>,
    /// The same as people write it.
    pub highest_shown: Option<String>,
    /// Why it can never fire; absent if it can.
    pub never: Option<String>,
}

impl Tally {
    pub(super) fn alerts(&self, model: &Model, measured: f64, confidence: f64) -> Vec<AlertReport> {
        let one = |(n, alert): (usize, &crate::alert::Alert)| {
            let moments: Vec<f64> = self.runs.iter().filter_map(|run| Some(run.alerts[n].first?.seconds())).collect();
            let fires = Estimate::of(&moments, confidence).map(|estimate| Moment {
                mean: estimate.mean,
                half_width: estimate.half_width,
                share_of_runs: moments.len() as f64 / self.runs.len() as f64,
            });
            let lead = |run: &super::tally::Run| {
                let onset = run.impact.as_ref()?.onset?;
                Some(onset.seconds() - run.alerts[n].first?.seconds())
            };
            let leads: Vec<f64> = self.runs.iter().filter_map(lead).collect();
            let of = if alert.above > 0.0 { alert.above } else { 1.0 };
            let highest = self.runs.iter().filter_map(|run| run.alerts[n].highest).max();
            let highest = highest.map(|thousandths| f64::from(thousandths) / 1000.0 * of);
            AlertReport {
                name: alert.name.clone(),
                rule: alert.words(),
                fires,
                times: self.mean(&|run| run.alerts[n].times as f64, confidence),
                firing: self.mean(&|run| run.alerts[n].nanos as f64 / 1e9 / measured, confidence),
                lead: Estimate::of(&leads, confidence),
                highest,
                highest_shown: highest.map(|value| alert.metric.show(value)),
                never: model.never_fires(n),
            }
        };
        model.alerts().iter().enumerate().map(one).collect()
    }
}
