//! A model as its watchers ask for it: with other alerts, and as it is when all is well.

use super::{Incident, Model, Reading};
use crate::alert::Alert;
use crate::timeline::{Begins, Change};
use crate::units::{Probability, Rate, SimTime, Span};
use crate::workload::Arrivals;
use crate::workload::arrivals::Open;

impl Model {
    /// The same with other alerts. Of each it says its place among those that are watched, or why its metric has no value here. An
    /// alert that is watched may still be one that can never fire ([`Model::never_fires`]).
    ///
    /// Alerts with which an entry of the timeline begins stay, behind the others where they are not among them.
    pub fn with_alerts(&self, alerts: &[Alert]) -> (Self, Vec<Result<usize, String>>) {
        let mut other = self.clone();
        other.alerts = Vec::new();
        // They speak of alerts by their places.
        other.assertions = Vec::new();
        let places = alerts.iter().map(|alert| match self.has_no(alert.metric) {
            Some(why) => Err(format!("{} has no value: {why}", alert.metric.name())),
            None => {
                other.alerts.push(alert.clone());
                Ok(other.alerts.len() - 1)
            }
        });
        let places = places.collect();
        for entry in &mut other.timeline {
            let Begins::On { alert, .. } = &mut entry.begins else { continue };
            let own = &self.alerts[*alert];
            *alert = other.alerts.iter().position(|known| known == own).unwrap_or_else(|| {
                other.alerts.push(own.clone());
                other.alerts.len() - 1
            });
        }
        (other, places)
    }

    /// The same as it is before anything happens, for at most so long: without its timeline, at the rate of its start, and without
    /// leaks. What repeats itself without being an incident stays: batches, states, clients that wait for their answers. Recorded
    /// arrivals stay too, for nobody says which part of them is usual.
    pub fn healthy(&self, most: Span) -> Self {
        let mut calm = self.clone();
        calm.timeline.clear();
        calm.captions.clear();
        calm.versions.clear();
        for source in &mut calm.sources {
            if let Arrivals::Open(Open::Rate(curve)) = &source.arrivals
                && curve.start() > 0.0
            {
                source.arrivals = Arrivals::constant(Rate::per_second(curve.start()));
            }
        }
        for query in &mut calm.queries {
            query.leak = Probability::default();
        }
        calm.duration = Some(self.length().min(most));
        calm.incident = None;
        calm.followed()
    }

    /// The same, run over time and told of every request what became of it, whether or not an incident is written.
    pub(crate) fn followed(mut self) -> Self {
        let until = SimTime::ZERO + self.length();
        self.incident.get_or_insert_with(|| Incident {
            from: SimTime::ZERO,
            until,
            slow: Incident::usual_slow(),
            stated: None,
            read_as: Reading::FailedRequests,
            recovered: None,
            source: None,
        });
        self
    }

    /// When anything happens for the first time: an entry of the timeline, another rate. The start, where connections leak from the
    /// start, where arrivals are as they were recorded, and where nothing ever happens.
    pub fn first_change(&self) -> SimTime {
        let entries = self.timeline.iter().filter(|entry| entry.change != Change::Note).filter_map(|entry| entry.at());
        let rates = self.sources.iter().map(|source| match &source.arrivals {
            Arrivals::Open(Open::Rate(curve)) => curve.first_change(),
            Arrivals::Open(Open::Trace(_) | Open::Counts(_)) => SimTime::ZERO,
            _ => SimTime::NEVER,
        });
        let leaks = self.queries.iter().any(|query| query.leak.value() > 0.0).then_some(SimTime::ZERO);
        let first = entries.chain(rates).chain(leaks).min().unwrap_or(SimTime::NEVER);
        if first >= SimTime::ZERO + self.length() { SimTime::ZERO } else { first }
    }
}
