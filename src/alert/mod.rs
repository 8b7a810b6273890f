//! Alerts: a metric that people can see, a threshold, and for how long; looked at in rounds, as a monitoring system does.

mod metric;
mod watch;

pub use metric::{METRICS, Metric, Scope};
pub use watch::{Counters, Look, Seen, Watch};

use crate::units::Span;

/// A rule.
///
/// Its semantics are those of a Prometheus alerting rule: it is looked at every `every`; what is counted is counted over the last
/// `window`; it fires once the metric has been above the threshold at every look for the time `hold`.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// What it is called.
    pub name: String,
    /// What it looks at.
    pub metric: Metric,
    /// Whether over the fleet or at any one instance.
    pub scope: Scope,
    /// It fires above this, in the unit of the metric.
    pub above: f64,
    /// For how long it must have been above (`for`).
    pub hold: Span,
    /// How often it is looked at; above zero.
    pub every: Span,
    /// Over how long what is counted is counted; above zero.
    pub window: Span,
}

impl Alert {
    /// The rule in words.
    ///
    /// ```
    /// use poolwise::{alert::{Alert, Metric, Scope}, units::Span};
    /// let span = |text| Span::parse(text).unwrap();
    /// let (hold, every, window) = (span("5m"), span("15s"), span("1m"));
    /// let name = "busy".to_owned();
    /// let alert = Alert { name, metric: Metric::Usage, scope: Scope::Instance, above: 0.8, hold, every, window };
    /// assert_eq!(alert.words(), "usage of any instance above 80% for 5m");
    /// ```
    pub fn words(&self) -> String {
        let of = match self.scope {
            _ if self.metric.is_of_the_database() => "",
            Scope::Fleet => " of the fleet",
            Scope::Instance => " of any instance",
        };
        let hold = if self.hold == Span::ZERO { String::new() } else { format!(" for {}", self.hold) };
        format!("{}{of} above {}{hold}", self.metric.name(), self.metric.show(self.above))
    }
}
