//! The scenario that can be trusted.

use crate::catalogue::default_of;
use crate::pool::PoolConfig;
use crate::problem::Problems;
use crate::slo::Objective;
use crate::timeline::{Change, Entry};
use crate::units::{Probability, Rate, Span};
use crate::workload::query::hold_moments;
use crate::workload::{Arrivals, Query};

/// A scenario that makes sense. Only [`Scenario::check`](super::Scenario::check) makes one; nothing below it meets an input error.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub(crate) name: String,
    /// How long a run lasts, if that is written.
    pub(crate) duration: Option<Span>,
    pub(crate) arrivals: Arrivals,
    pub(crate) queries: Vec<Query>,
    pub(crate) instances: u32,
    pub(crate) pool: PoolConfig,
    /// In order of time.
    pub(crate) timeline: Vec<Entry>,
    /// What stands beside each entry of the timeline, for readers.
    pub(crate) captions: Vec<String>,
    pub(crate) slo: Vec<Objective>,
    pub(crate) cautions: Problems,
}

impl Model {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Offered load of one instance in erlangs: its arrival rate at the peak times the mean hold. The connections that would be
    /// busy on average if there were enough.
    pub fn offered_load(&self) -> f64 {
        self.rate_per_instance() * hold_moments(&self.queries).0
    }

    /// Requests per second of one instance at the peak.
    pub(crate) fn rate_per_instance(&self) -> f64 {
        self.arrivals.peak().as_per_second() / f64::from(self.instances)
    }

    /// Mean hold in seconds and its squared coefficient of variation, over all classes; infinite where a class's is.
    pub fn hold_shape(&self) -> (f64, f64) {
        let (mean, second) = hold_moments(&self.queries);
        let scv = if second.is_finite() { (second / (mean * mean) - 1.0).max(0.0) } else { f64::INFINITY };
        (mean, scv)
    }

    /// The most connections of one instance at the start.
    pub fn max_size(&self) -> u32 {
        self.pool.max_size
    }

    /// How many instances.
    pub fn instances(&self) -> u32 {
        self.instances
    }

    /// What is asked of it.
    pub fn slo(&self) -> &[Objective] {
        &self.slo
    }

    /// What is assumed whatever is asked: said beside every answer.
    pub fn assumptions(&self) -> Vec<String> {
        let mut said = vec![
            "requests arrive independently of each other (Poisson)".to_owned(),
            "holds do not depend on how many connections are busy: contention in the database is not modelled yet"
                .to_owned(),
            "waiters are served first come, first served; connections open at once".to_owned(),
        ];
        if self.instances > 1 {
            said.push(format!("requests choose among {} instances at random", self.instances));
        }
        said
    }

    /// What runs and may surprise.
    pub fn cautions(&self) -> &Problems {
        &self.cautions
    }

    /// Whether the question is what happens over time, rather than what holds in the long run: something changes, or
    /// connections leak.
    pub fn changes_over_time(&self) -> bool {
        !self.arrivals.is_constant()
            || self.timeline.iter().any(|entry| entry.change != Change::Note)
            || self.queries.iter().any(|q| q.leak.value() > 0.0)
    }

    /// How long a run over time lasts: as written, or the catalogue's default.
    pub(crate) fn length(&self) -> Span {
        self.duration.unwrap_or_else(|| Span::parse(default_of("duration")).unwrap_or_default())
    }

    /// The same with another pool size.
    pub(crate) fn with_max_size(&self, max_size: u32) -> Self {
        let mut other = self.clone();
        other.pool.max_size = max_size;
        other
    }

    /// One instance of the fleet at the peak rate, for ever, as the steady-state questions see it: requests that choose their
    /// instance at random make each instance's arrivals Poisson.
    pub(crate) fn one_instance_at_peak(&self) -> Self {
        let mut one = self.clone();
        one.arrivals = Arrivals::constant(Rate::per_second(self.rate_per_instance()));
        one.instances = 1;
        one.timeline.clear();
        one.captions.clear();
        for query in &mut one.queries {
            query.leak = Probability::default();
        }
        one
    }
}
