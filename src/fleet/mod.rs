//! The instances of the application: who serves a request, how many there are, and when one is replaced.
//!
//! A fleet has *positions*, counted from 0. Each points to the instance that serves there now, or to none. A deploy replaces the
//! instance behind a position; autoscaling adds and removes positions at the end; health checks take a position out and back.

mod autoscale;
mod health;
mod rollout;
mod routing;
mod start;

pub use autoscale::{Autoscale, Autoscaler, Signal};
pub use health::{Action, Health, Probes, Verdict};
pub use rollout::{Batch, Rollout};
pub use routing::{Live, Router, Routing};
pub use start::StartOrder;

use crate::units::Span;
use crate::workload::Distribution;

/// What is known of the fleet beside the number of its instances.
#[derive(Clone, Debug, PartialEq)]
pub struct Fleet {
    /// Who serves a request.
    pub routing: Routing,
    /// How many users there are, all as busy as each other; `None` where nobody tells them apart.
    pub users: Option<u32>,
    /// In which order the pools are filled at the start.
    pub start_order: StartOrder,
    /// Processors of one instance, above zero; only the signal [`Signal::Cpu`] looks at them.
    pub cores: f64,
    /// Adds and removes instances.
    pub autoscale: Option<Autoscale>,
    /// Instances start when requests come. Never together with `autoscale`.
    pub elastic: Option<Elastic>,
    /// Health checks that use the pool; `None` where they do not.
    pub probes: Option<Probes>,
}

/// Instances that start when no other has room for a request, and are gone when none comes: serverless.
#[derive(Clone, Debug, PartialEq)]
pub struct Elastic {
    /// The most instances at once.
    pub most: u32,
    /// How many requests one instance serves at once.
    pub concurrency: u32,
    /// An instance without requests is gone after this.
    pub idle: Span,
    /// How long a cold start takes; `None` is no time at all.
    pub start: Option<Distribution>,
}

impl Default for Fleet {
    /// As many instances as there are, which requests choose at random.
    fn default() -> Self {
        Self {
            routing: Routing::Random,
            users: None,
            start_order: StartOrder::InTurn,
            cores: 1.0,
            autoscale: None,
            elastic: None,
            probes: None,
        }
    }
}

impl Fleet {
    /// Whether there are always the same instances, and all of them serve.
    pub fn is_static(&self) -> bool {
        self.autoscale.is_none() && self.elastic.is_none() && self.probes.is_none()
    }

    /// Whether each of `instances` gets a random share of the requests, all of the time: what queueing theory can split.
    pub fn splits_at_random(&self, instances: u32) -> bool {
        self.is_static() && (instances == 1 || self.routing == Routing::Random)
    }

    /// The most positions that there ever are, without those that a deploy adds for a while.
    pub fn most(&self, instances: u32) -> u32 {
        let scaled = self.autoscale.as_ref().map_or(0, |autoscale| autoscale.most);
        let elastic = self.elastic.as_ref().map_or(0, |elastic| elastic.most);
        instances.max(scaled).max(elastic)
    }

    /// What is assumed of a fleet that starts with so many instances, in sentences; none for a single instance.
    ///
    /// ```
    /// use poolwise::fleet::Fleet;
    /// assert_eq!(Fleet::default().words(10), ["requests choose among 10 instances at random"]);
    /// ```
    pub fn words(&self, instances: u32) -> Vec<String> {
        let varies = self.autoscale.is_some() || self.elastic.is_some();
        let all = if varies { "the instances".to_owned() } else { format!("{instances} instances") };
        let routing = (varies || instances > 1).then(|| self.routing.words(&all));
        let autoscale = self.autoscale.as_ref().map(Autoscale::words);
        let elastic = self.elastic.as_ref().map(Elastic::words);
        let probes = self.probes.as_ref().map(Probes::words);
        [routing, autoscale, elastic, probes].into_iter().flatten().collect()
    }
}

impl Elastic {
    fn words(&self) -> String {
        let requests = if self.concurrency == 1 { "request" } else { "requests" };
        let start = self.start.as_ref().map_or("at once".to_owned(), |start| format!("in {start}"));
        format!(
            "an instance starts {start} when none has room, up to {}; each serves {} {requests} at once and is gone after {} \
             without any",
            self.most, self.concurrency, self.idle
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        Span::parse(text).unwrap()
    }

    #[test]
    fn a_fleet_says_what_it_assumes() {
        let mut fleet = Fleet::default();
        assert!(fleet.words(1).is_empty());
        for (routing, said) in [
            (Routing::Random, "requests choose among 10 instances at random"),
            (Routing::RoundRobin, "requests go to 10 instances in turn"),
            (Routing::LeastPending, "a request goes to the one of 10 instances where fewest wait"),
            (Routing::Sticky { users: 10_000 }, "each of 10000 users stays with one of 10 instances"),
        ] {
            fleet.routing = routing;
            assert_eq!(fleet.words(10), [said]);
        }
        fleet.routing = Routing::Random;
        fleet.elastic = Some(Elastic { most: 50, concurrency: 1, idle: span("5m"), start: None });
        assert_eq!(
            fleet.words(1),
            [
                "requests choose among the instances at random",
                "an instance starts at once when none has room, up to 50; each serves 1 request at once and is gone after 5m \
                 without any"
            ]
        );
    }

    #[test]
    fn theory_can_split_only_what_is_random_and_lasts() {
        let mut fleet = Fleet::default();
        assert!(fleet.splits_at_random(10));
        fleet.routing = Routing::RoundRobin;
        assert!(fleet.splits_at_random(1) && !fleet.splits_at_random(2));
        fleet.routing = Routing::Random;
        fleet.elastic = Some(Elastic { most: 50, concurrency: 1, idle: span("5m"), start: None });
        assert!(!fleet.splits_at_random(1));
        assert_eq!((fleet.most(10), Fleet::default().most(10)), (50, 10));
    }
}
