//! Settings that are right one by one and make no sense together: cautions, with the way out.

use super::check::Check;
use super::{ClientSection, Model, PoolSection, Scenario, Traffic, Written};
use crate::pool::{Growth, IdleFloor, Order, PoolConfig, Retire};
use crate::timeline::Change;
use crate::units::Span;
use crate::workload::{Arrivals, arrivals::Open};

impl Check {
    /// Say where one setting makes another useless or harmful.
    pub(super) fn together(&mut self, model: &Model, s: &Scenario) {
        let db = &s.database;
        for (n, (config, written)) in model.pool_configs().zip(s.pool.sections()).enumerate() {
            self.pool_together(&s.pool.path(n), config, written);
        }
        self.client_together(model, &s.client);
        self.requests_together(model);
        let resized = model.timeline.iter().any(|entry| matches!(entry.change, Change::ResizePool { .. }));
        if model.pool.is_fixed() && !resized {
            let without =
                "all connections are open from the start and last: set pool.min_idle lower, or pool.max_lifetime";
            self.useless("database.connect", &db.connect, without);
            self.useless("database.connect_failure", &db.connect_failure, without);
        } else if model.database.connect_failure.value() == 1.0 {
            self.problems.caution("database.connect_failure", "is 100%: no connection ever opens during the run");
        }
    }

    fn pool_together(&mut self, at: &str, config: &PoolConfig, p: &PoolSection) {
        if config.order != Order::Barging {
            self.useless(&format!("{at}.wake_up"), &p.wake_up, "only order = \"barging\" wakes waiters");
        }
        if config.growth == Growth::Caller {
            let why =
                "with growth = \"caller\" it concerns only what the housekeeper opens: set growth = \"background\"";
            for (key, written) in [
                ("open_parallelism", &p.open_parallelism),
                ("open_pause", &p.open_pause),
                ("open_backoff", &p.open_backoff),
                ("open_backoff_cap", &p.open_backoff_cap),
            ] {
                if written.is_some() {
                    self.problems.caution(format!("{at}.{key}"), why);
                }
            }
        }
        let (first, longest) = config.open_backoff;
        if first > longest {
            let message = format!("{first} is longer than open_backoff_cap, {longest}, which holds");
            self.problems.caution(format!("{at}.open_backoff"), message);
        }
        if config.validation == Span::ZERO {
            self.useless(&format!("{at}.validation_skip"), &p.validation_skip, "validation is 0s: there is no check");
        }
        if config.acquire_timeout.is_none() {
            self.useless(&format!("{at}.timeout_covers"), &p.timeout_covers, "acquire_timeout is none");
        }
        if config.idle_timeout.is_none() {
            self.useless(&format!("{at}.idle_floor"), &p.idle_floor, "idle_timeout is none");
        } else if config.idle_floor == IdleFloor::Keep && config.min_idle == config.max_size {
            self.useless(
                &format!("{at}.idle_timeout"),
                &p.idle_timeout,
                "min_idle is max_size, and so many are kept: set min_idle",
            );
        }
        if config.max_lifetime.is_none() {
            self.useless(&format!("{at}.lifetime_jitter"), &p.lifetime_jitter, "max_lifetime is none");
            self.useless(&format!("{at}.retire"), &p.retire, "max_lifetime is none");
        } else if config.retire == Retire::default() {
            self.problems
                .caution(format!("{at}.retire"), "is none: nobody looks at the age, and max_lifetime has no effect");
        }
        if config.leak_threshold.is_none() {
            self.useless(
                &format!("{at}.leak_action"),
                &p.leak_action,
                "leak_threshold is none: nothing is ever suspected",
            );
        }
        if config.housekeeping.is_none() && config.wants_housekeeping(false) {
            self.problems.caution(
                format!("{at}.housekeeping"),
                "is none: idle timeout, keepalive, retiring idle connections and refilling to min_idle need a housekeeper",
            );
        }
        if let Some(most) = config.max_idle.filter(|most| *most < config.min_idle) {
            let message =
                format!("{} is more than max_idle, {most}: what opens is closed again; set min_idle", config.min_idle);
            self.problems.caution(format!("{at}.min_idle"), message);
        }
    }

    fn client_together(&mut self, model: &Model, c: &ClientSection) {
        let client = &model.client;
        let retry = [
            ("client.backoff", &c.backoff),
            ("client.backoff_factor", &c.backoff_factor),
            ("client.backoff_cap", &c.backoff_cap),
            ("client.jitter", &c.jitter),
            ("client.retry_budget", &c.retry_budget),
        ];
        if client.retries == 0 {
            retry.into_iter().for_each(|(path, written)| self.useless(path, written, "retries is 0"));
        } else if client.backoff.base == Span::ZERO {
            let delay = retry.into_iter().filter(|(path, _)| !["client.backoff", "client.retry_budget"].contains(path));
            delay.for_each(|(path, written)| self.useless(path, written, "backoff is 0s: retries come at once"));
        } else if client.backoff.base > client.backoff.cap {
            let message =
                format!("{} is longer than backoff_cap, {}, which holds", client.backoff.base, client.backoff.cap);
            self.problems.caution("client.backoff", message);
        }
        let Some(timeout) = client.timeout else { return };
        let longer = match model.pool.acquire_timeout {
            Some(patience) if patience > timeout => patience.to_string(),
            None => "none".into(),
            Some(_) => return,
        };
        self.problems.caution(
            "client.timeout",
            format!(
                "{timeout} is shorter than pool.acquire_timeout, {longer}: requests wait on, and work, for clients that have left; \
                 set pool.acquire_timeout below {timeout}"
            ),
        );
    }

    fn requests_together(&mut self, model: &Model) {
        let resized = model.timeline.iter().filter_map(|entry| match entry.change {
            Change::ResizePool { max_size } => Some(max_size),
            _ => None,
        });
        let largest = resized.fold(model.pool.max_size, u32::max);
        for (n, query) in model.queries.iter().enumerate() {
            let (path, k) = (format!("query[{n}].connections"), query.connections);
            let waits = model.pool.acquire_timeout.is_none();
            if k > largest {
                let message = format!(
                    "a request that needs {k} connections at once is never served by a pool of at most {largest}: set \
                     pool.max_size to {k} or more"
                );
                self.problems.caution(path, message);
            } else if k > 1 && waits {
                let message = format!(
                    "requests that need {k} connections and wait without end can block each other for ever: set \
                     pool.acquire_timeout"
                );
                self.problems.caution(path, message);
            }
        }
    }

    /// In the long run everything comes again: batches begin in their first interval.
    pub(super) fn batches(&mut self, model: &Model, traffic: &Traffic) {
        if model.changes_over_time() {
            return;
        }
        for (n, source) in model.sources.iter().enumerate() {
            let path = traffic.path(n);
            if let Arrivals::Open(Open::Batch(batch)) = &source.arrivals
                && batch.at >= batch.every()
            {
                let (at, every) = (batch.at, batch.every());
                let message = format!(
                    "{at} is not within the first {every}: batches that come for ever begin in their first interval; for a later \
                     start something else must change over time, such as traffic.steps"
                );
                self.problems.error(format!("{path}.batch.at"), message);
            }
        }
    }

    /// Something was written that nothing looks at.
    pub(super) fn useless(&mut self, path: &str, written: &Option<Written>, why: &str) {
        if written.is_some() {
            self.problems.caution(path, format!("has no effect: {why}"));
        }
    }
}
