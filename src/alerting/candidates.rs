//! The alerts that are ranked: those that scenarios write, and those that people usually set.

use crate::alert::{Alert, Metric, Scope};
use crate::catalogue::default_of;
use crate::report::text::time;
use crate::scenario::Model;
use crate::units::Span;
use serde::Serialize;

/// Who thought of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum AlertOrigin {
    /// One of the scenarios writes it.
    Scenario,
    /// People usually set it.
    Usual,
}

/// What people usually set: the name, the metric, over what, the threshold, and for how long it must be above.
const USUAL: &[(&str, Metric, Scope, f64, &str)] = &[
    ("PoolUsage80Fleet", Metric::Usage, Scope::Fleet, 0.8, "1m"),
    ("PoolUsage80Instance", Metric::Usage, Scope::Instance, 0.8, "1m"),
    ("PoolPending", Metric::Pending, Scope::Instance, 0.0, "1m"),
    ("PoolTimeouts", Metric::Timeouts, Scope::Fleet, 0.0, "0s"),
    ("PoolWait100ms", Metric::Wait, Scope::Fleet, 0.1, "1m"),
    ("Errors5", Metric::Errors, Scope::Fleet, 0.05, "0s"),
    ("ConnectionsRefused", Metric::Refused, Scope::Fleet, 0.0, "0s"),
    ("DatabaseConnections90", Metric::DatabaseConnections, Scope::Fleet, 0.9, "1m"),
    ("DatabaseLoad2", Metric::DatabaseLoad, Scope::Fleet, 2.0, "1m"),
    ("PoolerWaiting", Metric::PoolerWaiting, Scope::Fleet, 0.0, "1m"),
];

/// The one whose threshold is so many times the mean hold of the scenario.
const HOLD: (&str, f64, &str) = ("PoolHoldDoubled", 2.0, "1m");

/// An alert, the same for every scenario but perhaps for its threshold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) origin: AlertOrigin,
    alert: Alert,
    /// Its threshold is so many times the mean hold of the scenario.
    times_hold: Option<f64>,
}

impl Candidate {
    /// All of a set of scenarios: the same name and rule once, and of the usual ones those whose rule nobody writes.
    pub(super) fn all<'a>(models: impl Iterator<Item = &'a Model>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for alert in models.flat_map(Model::alerts) {
            if all.iter().all(|known| known.alert != *alert) {
                all.push(Self { origin: AlertOrigin::Scenario, alert: alert.clone(), times_hold: None });
            }
        }
        for (name, metric, scope, above, hold) in USUAL {
            let alert = usual(name, *metric, *scope, *above, hold);
            let same = |known: &&Self| Alert { name: alert.name.clone(), ..known.alert.clone() } == alert;
            if all.iter().find(same).is_none() {
                all.push(Self { origin: AlertOrigin::Usual, alert, times_hold: None });
            }
        }
        let (name, factor, hold) = HOLD;
        let alert = usual(name, Metric::Hold, Scope::Fleet, 0.0, hold);
        all.push(Self { origin: AlertOrigin::Usual, alert, times_hold: Some(factor) });
        all
    }

    pub(super) fn name(&self) -> &str {
        &self.alert.name
    }

    pub(super) fn metric(&self) -> Metric {
        self.alert.metric
    }

    /// The rule in words.
    pub(super) fn words(&self) -> String {
        match self.times_hold {
            None => self.alert.words(),
            Some(factor) => {
                format!("hold of the fleet above {factor} times its usual mean for {}", self.alert.hold)
            }
        }
    }

    /// As it is for one scenario, or why it has no threshold there.
    pub(super) fn for_model(&self, model: &Model) -> Result<Alert, String> {
        let Some(factor) = self.times_hold else { return Ok(self.alert.clone()) };
        let (mean, _) = model.hold_shape();
        if !mean.is_finite() {
            return Err("holds have no mean".to_owned());
        }
        // As precise as people write it.
        let above = Span::parse(&time(factor * mean).replace(' ', "")).map_or(factor * mean, Span::seconds);
        Ok(Alert { above, ..self.alert.clone() })
    }
}

fn usual(name: &str, metric: Metric, scope: Scope, above: f64, hold: &str) -> Alert {
    let span = |text: &str| Span::parse(text).unwrap_or_default();
    let [every, window] = ["alert[].every", "alert[].window"].map(|key| span(default_of(key)));
    Alert { name: name.to_owned(), metric, scope, above, hold: span(hold), every, window }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_ones_are_alerts_that_a_scenario_could_write() {
        for (name, metric, _, above, hold) in USUAL {
            assert!(!name.is_empty() && Span::parse(hold).is_ok());
            assert_eq!(metric.threshold(&metric.show(*above).replace("0/s", "0")), Ok(*above), "{name}");
        }
        assert_eq!(default_of("alert[].every"), "15s");
        let all = Candidate::all(core::iter::empty());
        assert!(all.iter().all(|candidate| candidate.alert.every > Span::ZERO && candidate.alert.window > Span::ZERO));
    }
}
