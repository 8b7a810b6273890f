//! Settings that are right one by one and make no sense together: cautions, with the way out.

use super::check::Check;
use super::{ClientSection, DatabaseSection, Model, PoolSection, Scenario, Traffic, Written};
use crate::database::Limits;
use crate::pool::{Growth, IdleFloor, Order, PoolConfig, Retire};
use crate::timeline::{Begins, Change, Entry};
use crate::units::{SimTime, Span};
use crate::workload::{Arrivals, Cpu, Query, arrivals::Open};

const NO_CORES: &str = "database.cores is none: set it";

impl Check {
    /// Say where one setting makes another useless or harmful.
    pub(super) fn together(&mut self, model: &Model, s: &Scenario) {
        for (n, (config, written)) in model.pool_configs().zip(s.pool.sections()).enumerate() {
            self.pool_together(&s.pool.path(n), config, written);
        }
        self.client_together(model, &s.client);
        self.requests_together(model);
        self.openings_together(model, &s.database);
        self.database_together(model, &s.database);
        self.changes_together(model);
    }

    fn openings_together(&mut self, model: &Model, db: &DatabaseSection) {
        if model.pool_configs().all(PoolConfig::is_fixed) && !opens_again(model) {
            let without =
                "all connections are open from the start and last: set pool.min_idle lower, or pool.max_lifetime";
            self.useless("database.connect", &db.connect, without);
            self.useless("database.connect_cpu", &db.connect_cpu, without);
            self.useless("database.connect_failure", &db.connect_failure, without);
            return;
        }
        if model.database.connect_failure.value() == 1.0 {
            self.problems.caution("database.connect_failure", "is 100%: no connection ever opens during the run");
        }
        if model.database.law.is_none() {
            self.useless("database.connect_cpu", &db.connect_cpu, NO_CORES);
        }
    }

    fn database_together(&mut self, model: &Model, db: &DatabaseSection) {
        let law = [
            ("database.cores", &db.cores),
            ("database.contention", &db.contention),
            ("database.coherency", &db.coherency),
            ("database.overhead", &db.overhead),
        ];
        if !uses_processors(model) {
            let why = "no query needs processor time: set query[].cpu, such as 30% or exponential(mean=4ms)";
            law.into_iter().for_each(|(path, written)| self.useless(path, written, why));
        }
        let limits = &model.database.limits;
        if limits.connects.is_none() {
            self.useless("database.connect_burst", &db.connect_burst, "connects_per_second is none: set it");
        }
        if limits.max_connections.is_none() {
            self.useless("database.reserved", &db.reserved, "max_connections is none: set it");
        }
        if model.database.memory_per_connection.is_none() {
            self.useless("database.memory", &db.memory, "memory_per_connection is none: set it, such as 10MB");
        }
        if !locks(model) {
            let why = "no query needs the locked row: set query[].lock, such as 5%";
            self.useless("database.lock_timeout", &db.lock_timeout, why);
        }
        if model.queries.iter().all(|query| query.app.is_none()) {
            let path = "database.idle_in_transaction_session_timeout";
            let why = "no application works within its transaction: set query[].app";
            self.useless(path, &db.idle_in_transaction_session_timeout, why);
        }
    }

    /// What a change would change is not there.
    fn changes_together(&mut self, model: &Model) {
        let more_cpu =
            |entry: &Entry| matches!(entry.change, Change::SlowQuery { cpu_factor, .. } if cpu_factor != 1.0);
        if model.database.law.is_none() && !model.timeline.iter().any(more_cpu) {
            for (n, query) in model.queries.iter().enumerate() {
                if matches!(query.cpu, Cpu::ShareOfHold(share) if share.value() > 0.0) {
                    self.problems.caution(format!("query[{n}].cpu"), format!("has no effect: {NO_CORES}"));
                }
            }
        }
        for entry in &model.timeline {
            let n = entry.place;
            let why = match entry.change {
                Change::Lock { .. } if !locks(model) => "no query needs the locked row: set query[].lock, such as 5%",
                Change::DatabaseSpeed { .. } if model.database.law.is_none() => NO_CORES,
                Change::DatabaseSpeed { .. } if !uses_processors(model) => {
                    "no query needs processor time: set query[].cpu, such as 30%"
                }
                _ => continue,
            };
            self.problems.caution(format!("timeline[{n}].change"), format!("has no effect: {why}"));
        }
        let end = SimTime::ZERO + model.length();
        for entry in &model.timeline {
            let lasts = match entry.change {
                Change::RestartDatabase { lasts } | Change::RestartPooler { lasts } => lasts,
                _ => Span::ZERO,
            };
            if let Some(until) = entry.at().map(|at| at + lasts).filter(|until| *until >= end) {
                let message = format!(
                    "it is still down at the end of the run, at {}: until {}",
                    model.length(),
                    until.since(SimTime::ZERO)
                );
                self.problems.caution(format!("timeline[{}].lasts", entry.place), message);
            }
            if let Begins::On { alert, .. } = entry.begins
                && let Some(why) = model.never_fires(alert)
            {
                let message = format!("never happens: {} can never fire: {why}", model.alerts[alert].name);
                self.problems.caution(format!("timeline[{}].on", entry.place), message);
            }
        }
    }

    fn pool_together(&mut self, at: &str, config: &PoolConfig, p: &PoolSection) {
        if let Some(grows) = config.autoscale.filter(|grows| grows.most <= config.max_size) {
            let message = format!("{} is not more than max_size, {}: it never grows", grows.most, config.max_size);
            self.problems.caution(format!("{at}.autoscale.most"), message);
        }
        if config.order != Order::Barging {
            self.useless(&format!("{at}.wake_up"), &p.wake_up, "only order = \"barging\" wakes waiters");
        }
        if config.growth == Growth::Caller && !config.open_retries {
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
        let largest = model.largest_pool();
        for (n, query) in model.queries.iter().enumerate() {
            let (path, k) = (format!("query[{n}].connections"), query.connections);
            if k > largest {
                let message = format!(
                    "a request that needs {k} connections at once is never served by a pool of at most {largest}: set \
                     pool.max_size to {k} or more"
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

/// Whether connections open during a run though all are open from the start: some were refused then, die, or belong to what comes
/// later.
fn opens_again(model: &Model) -> bool {
    let restarts = |change: &Change| matches!(change, Change::RestartDatabase { .. } | Change::RestartPooler { .. });
    let database = &model.database;
    let refused_or_closed = database.limits != Limits::default() || database.idle_in_transaction_timeout.is_some();
    let fleet = model.fleet.is_static() && model.pooler.is_none();
    let opens = |entry: &Entry| restarts(&entry.change) || entry.change.rollout().is_some();
    model.timeline.iter().any(opens) || model.pools_change() || refused_or_closed || !fleet
}

fn locks(model: &Model) -> bool {
    model.classes().any(|query| query.lock.value() > 0.0)
}

/// Whether anything needs processor time of the database.
fn uses_processors(model: &Model) -> bool {
    model.classes().map(Query::cpu_mean).any(|cpu| cpu > 0.0) || model.database.connect_cpu.is_some()
}
