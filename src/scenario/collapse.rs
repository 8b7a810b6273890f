//! Pools so large that all their queries at once slow the database down below what comes: once full they stay so.

use super::Model;
use super::check::Check;
use crate::workload::{Arrivals, Query};

/// What happens once every connection is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Full {
    /// Cores that what comes whatever happens keeps busy.
    pub(crate) demand: f64,
    /// Cores' worth of work that the database does then.
    pub(crate) does: f64,
    /// Whether fewer queries at once would do more.
    past_peak: bool,
}

impl Full {
    /// Whether the database does less than this share of what comes, which fewer connections would not let happen: then the pools
    /// stay full for ever, and every run ends there sooner or later.
    pub(crate) fn collapses(&self, share: f64) -> bool {
        self.past_peak && self.does < self.demand * share
    }
}

impl Model {
    /// How the database works once every connection is taken: of c, n run a query and the others do what needs no core, with
    /// n + b · X(n) = c where X is the [law](crate::database::Law) and b the time without a core for each second with one; of several
    /// solutions the most crowded one. `None` where nobody shares cores, or more queries never do less, where nothing comes whatever
    /// happens, and where pools of different kinds, requests of several connections or recorded holds make it another question.
    pub(crate) fn when_full(&self) -> Option<Full> {
        let simple = self.side_pools.is_empty() && self.queries.iter().all(|query| query.connections == 1);
        let law = self.database.law.filter(|law| simple && (law.coherency > 0.0 || law.overhead > 0.0))?;
        let open = self.sources.iter().filter(|s| matches!(s.arrivals, Arrivals::Open(_)));
        let (demand, held) = open.fold((0.0, 0.0), |(demand, held), source| {
            let rate = source.peak(&self.queries).as_per_second();
            let cpu = self.mean_over(source, Query::cpu_mean);
            (demand + rate * cpu, held + rate * source.hold_moments(&self.queries).0)
        });
        let known = demand > 0.0 && held.is_finite() && !self.sources.iter().any(|source| source.has_own_holds());
        let besides = known.then(|| (held / demand - 1.0).max(0.0))?;
        let all = self.most_queries();
        let fits = |n: &u32| f64::from(*n) + besides * law.capacity(*n) <= f64::from(all);
        let running = (0..=all).rev().find(fits)?;
        let does = law.capacity(running);
        // Beyond its peak the curve only falls.
        let past_peak = running > 0 && law.capacity(running - 1) > does;
        Some(Full { demand, does, past_peak })
    }

    /// What becomes of the pools once they are full, where traffic that stays as it is keeps them so for ever.
    pub(crate) fn stays_full(&self) -> Option<Full> {
        let lasting = self.sources.iter().all(|source| source.arrivals.is_stationary());
        self.when_full().filter(|full| lasting && full.collapses(1.0))
    }

    /// The largest pool of one instance, up to `most`, that does not stay full once it is, where that share of what comes must be
    /// served.
    pub(crate) fn largest_that_recovers(&self, most: u32, share: f64) -> u32 {
        let stays = |size| self.with_max_size(size).when_full().is_some_and(|full| full.collapses(share));
        if !stays(most) {
            return most;
        }
        let (mut good, mut bad) = (0, most);
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            if stays(middle) { bad = middle } else { good = middle }
        }
        good
    }
}

impl Check {
    /// The same as a caution.
    pub(super) fn pools_recover(&mut self, model: &Model) {
        let Some(full) = model.stays_full() else { return };
        let most = model.largest_that_recovers(model.max_size(), 1.0);
        let way_out = match most {
            0 => "no size keeps it from that".to_owned(),
            most => format!("up to {most} for each instance it recovers by itself"),
        };
        let message = format!(
            "once all connections are taken, their queries slow each other down until the database does the work of {:.2} cores, \
             and {:.2} come: the pools stay full then, whatever filled them; {way_out}",
            full.does, full.demand
        );
        self.problems.caution("pool.max_size", message);
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;
    use serde_json::json;

    fn model(max_size: u32, query: serde_json::Value) -> super::Model {
        let text = json!({
            "traffic": { "rate": "200/s" },
            "query": [query],
            "pool": { "max_size": max_size },
            "database": { "cores": 1000, "coherency": 0.01 },
        });
        Scenario::read(text).unwrap().check().unwrap()
    }

    fn work(max_size: u32) -> super::Model {
        model(max_size, json!({ "cpu": "exponential(mean=20ms)" }))
    }

    /// 4 cores of work come, and n queries do n / (1 + n (n − 1) / 100): 21 of them 4.04, 22 of them 3.91.
    #[test]
    fn full_pools_stay_full_where_the_curve_has_fallen_below_what_comes() {
        assert_eq!(work(500).largest_that_recovers(500, 1.0), 21);
        assert_eq!(work(500).largest_that_recovers(20, 1.0), 20);
        let cautioned = |size| work(size).cautions().problems.iter().any(|p| p.path == "pool.max_size");
        assert!(cautioned(22) && !cautioned(21));
        // Too few connections are another matter: they do what they can.
        assert!(!work(3).when_full().unwrap().collapses(1.0));
        let mut plateau = work(500);
        plateau.database.law = Some(crate::database::Law::of_cores(2.0));
        assert_eq!(plateau.when_full(), None);
    }

    /// As long without a core: with X(n) = 4 in balance 4 more connections are out.
    #[test]
    fn connections_that_need_no_core_do_not_crowd() {
        let half = model(500, json!({ "hold": "exponential(mean=40ms)", "cpu": "50%" }));
        assert_eq!(half.largest_that_recovers(500, 1.0), 25);
    }
}
