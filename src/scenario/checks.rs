//! Sums that show before any run that something can not fit: cautions, with the arithmetic.

use super::Model;
use super::check::Check;
use crate::alert::{Alert, Metric, Scope};
use crate::fleet::StartOrder;
use crate::timeline::{Change, Entry};
use crate::units::{Bytes, Span};
use core::ops::Range;
use std::collections::BTreeSet;

/// Below this share of all connections an alert on usage, as people set it, can not fire.
const USUAL_ALERT: f64 = 0.8;

impl Check {
    /// Say what does not fit: connections, memory, processors, time.
    pub(super) fn arithmetic(&mut self, model: &Model) {
        self.connections_fit(model);
        self.idle_fit(model);
        self.alerts_can_fire(model);
        self.assertions_make_sense(model);
        self.memory_fits(model);
        self.nested_fit(model);
        self.waits_end(model);
        self.health_checks_pass(model);
        self.leaks_are_reclaimed(model);
        self.processors_suffice(model);
        self.servers_suffice(model);
        self.pools_recover(model);
    }

    /// What the fleet, or its pooler, can open against what is let in.
    fn connections_fit(&mut self, model: &Model) {
        let (all, sum) = fleet_connections(model);
        let usable = usable(model);
        let Some(pooler) = &model.pooler else {
            if let Some((usable, words)) = usable.filter(|(usable, _)| all > *usable) {
                let message =
                    format!("{sum}, more than {words}: {}; {}", who_gets_none(model, usable), what_fits(model, usable));
                self.problems.caution(format!("{}.max_size", pool_path(model, 0)), message);
            }
            return;
        };
        let users = users(model);
        let servers = pooler.most_servers(users);
        if let Some((_, words)) = usable.filter(|(usable, _)| servers > *usable) {
            let message = format!(
                "{}, more than {words}: set pooler.max_db_connections to what there is",
                server_words(model, users, servers)
            );
            self.problems.caution("pooler.default_pool_size", message);
        }
        if all > pooler.max_client_conn.into() {
            let message = format!("{sum}, more than pooler.max_client_conn: who comes last is refused");
            self.problems.caution("pooler.max_client_conn", format!("is {}: {message}", pooler.max_client_conn));
        }
    }

    /// What the fleet opens at the start. Where that is all that it can have, the sum of the pools says it already.
    fn idle_fit(&mut self, model: &Model) {
        let each: u64 = model.pool_configs().map(|pool| u64::from(pool.min_idle)).sum();
        let smaller = model.pool_configs().any(|pool| pool.min_idle < pool.max_size);
        let instances = model.instances;
        let all = u64::from(instances) * each;
        if let Some((_, words)) = lets_in(model).filter(|(most, _)| smaller && all > *most) {
            let message = format!(
                "the fleet opens {} = {all} at the start, more than {words}: the last to start get fewer",
                product(instances, &format!("{each} idle connections"))
            );
            self.problems.caution(format!("{}.min_idle", pool_path(model, 0)), message);
        }
    }

    fn alerts_can_fire(&mut self, model: &Model) {
        for (n, alert) in model.alerts.iter().enumerate() {
            let at = |key: &str| format!("alert[{n}].{key}");
            if let Some(missing) = model.has_no(alert.metric) {
                let message = format!("{} has no value in this scenario: {missing}", alert.metric.name());
                self.problems.error(at("metric"), message);
            } else if let Some(why) = model.never_fires(n) {
                self.problems.caution(at("above"), format!("can never fire: {why}"));
            }
        }
        // Where no alert is written, the one that people set first is thought of.
        let reachable = model.reachable_usage();
        let none = model.alerts.is_empty() && reachable < USUAL_ALERT;
        if let Some((most, _)) = lets_in(model).filter(|_| none) {
            let path = if model.pooler.is_some() { "pooler.max_client_conn" } else { "database.max_connections" };
            let message = format!(
                "usage of the fleet's pools can not exceed {:.0}% ({most} of {}): an alert at 80% can never fire",
                libm::floor(reachable * 100.0),
                fewest_places(model)
            );
            self.problems.caution(path, message);
        }
    }

    fn memory_fits(&mut self, model: &Model) {
        let (Some(memory), Some(each)) = (model.database.memory, model.database.memory_per_connection) else { return };
        let connections = most_at_database(model);
        let all = connections.saturating_mul(each.get());
        if all > memory.get() {
            let message = format!(
                "{memory} is less than {connections} connections x {each} = {}: memory for {} of them",
                Bytes::new(all),
                memory.get() / each.get()
            );
            self.problems.caution("database.memory", message);
        }
    }
}

impl Model {
    /// The highest share of all its pools' connections that the fleet can have in use, 0 to 1: what the database, or the pooler
    /// where there is one, lets in over the sum of the pools' sizes, with as few instances and as small pools as there can be. An
    /// alert on a higher usage can never fire.
    pub fn reachable_usage(&self) -> f64 {
        lets_in(self).map_or(1.0, |(most, _)| (most as f64 / fewest_places(self) as f64).min(1.0))
    }
}

impl Model {
    /// Why a metric has no value here, and what would give it one; `None` if it has.
    pub fn has_no(&self, metric: Metric) -> Option<&'static str> {
        match metric {
            Metric::DatabaseConnections if self.databases().all(|db| db.limits.usable().is_none()) => {
                Some("nothing limits the database's connections: set database.max_connections")
            }
            Metric::DatabaseLoad if self.databases().all(|db| db.law.is_none_or(|law| law.cores.is_infinite())) => {
                Some("nobody says how many cores the database has: set database.cores")
            }
            Metric::PoolerWaiting if self.pooler.is_none() => Some("there is no pooler: write [pooler]"),
            _ => None,
        }
    }

    /// Why an alert, by its place, can never fire whatever happens; `None` if it can.
    pub fn never_fires(&self, alert: usize) -> Option<String> {
        let Alert { metric, scope, above, hold, .. } = self.alerts[alert];
        let show = |value| metric.show(value);
        if self.changes_over_time() && hold > self.length() {
            return Some(format!("it must hold for {hold}, and the run lasts {}", self.length()));
        }
        // A database that changes may let in more later.
        let is_of_the_database = metric.is_of_the_database() || (metric, scope) == (Metric::Usage, Scope::Fleet);
        if is_of_the_database && self.databases().count() > 1 {
            return None;
        }
        let instances = if scope == Scope::Fleet { f64::from(self.most_instances()) } else { 1.0 };
        let (most, why) = match (metric, scope) {
            (Metric::Usage, Scope::Instance) | (Metric::Errors, _) => (1.0, "there is no more than all".to_owned()),
            (Metric::Usage, Scope::Fleet) => {
                let places = fewest_places_for(self, hold);
                let reach = lets_in(self).filter(|(lets_in, _)| *lets_in < places);
                reach.map_or((1.0, "there is no more than all".to_owned()), |(lets_in, words)| {
                    let brief = if fewest_places_for(self, Span::ZERO) < places {
                        ", but for moments in which an instance is being replaced"
                    } else {
                        ""
                    };
                    let why = format!("of {places} places in the pools only {lets_in} can be open, {words}{brief}");
                    (lets_in as f64 / places as f64, why)
                })
            }
            (Metric::Pending, _) => {
                let waiters: Option<u32> = self.pool_configs().map(|pool| pool.max_waiters).sum();
                (f64::from(waiters?) * instances, "pool.max_waiters turns away all others".to_owned())
            }
            (Metric::Timeouts, _) if self.pool_configs().all(|pool| pool.acquire_timeout.is_none()) => {
                (0.0, "pool.acquire_timeout is none: nobody gives up".to_owned())
            }
            (Metric::Wait, _) => {
                (self.longest_wait()?.seconds(), "whoever waits longer gives up at pool.acquire_timeout".to_owned())
            }
            (Metric::Refused, _) if !self.may_refuse() => (0.0, "nothing ever refuses a connection".to_owned()),
            (Metric::DatabaseLoad, _) => {
                let cores = self.databases().filter_map(|db| db.law).map(|law| law.cores).fold(f64::INFINITY, f64::min);
                let queries = most_at_database(self) as f64;
                (queries / cores, format!("at most {queries} connections work on {cores} cores"))
            }
            (Metric::DatabaseConnections, _) => {
                let usable = self.databases().filter_map(|db| db.limits.usable()).min()?;
                let most = most_at_database(self) as f64;
                ((most / f64::from(usable)).min(1.0), format!("the fleet has at most {most} connections for {usable}"))
            }
            _ => return None,
        };
        (most <= above).then(|| format!("{} is never above {}: {why}", metric.name(), show(most)))
    }
}

/// Where a pool is written.
pub(super) fn pool_path(model: &Model, place: usize) -> String {
    if model.side_pools.is_empty() { "pool".to_owned() } else { format!("pool[{place}]") }
}

/// The most instances at once, and how that comes about, in words.
fn most_instances(model: &Model) -> (u32, String) {
    let most = model.most_instances();
    let surges = model.timeline.iter().filter_map(|entry| {
        let (rollout, replaced) = (entry.change.rollout()?, entry.positions(most).len() as u32);
        Some((most - replaced + rollout.most_instances(replaced), rollout.surge))
    });
    if let Some((meanwhile, surge)) = surges.max_by_key(|(meanwhile, _)| *meanwhile).filter(|(all, _)| *all > most) {
        return (
            meanwhile,
            format!("{most} instances and {} more beside them in a deploy (surge {surge})", meanwhile - most),
        );
    }
    let plural = if most == 1 { "" } else { "s" };
    let why = match (&model.fleet.autoscale, &model.fleet.elastic) {
        (Some(_), _) => " (fleet.autoscale.most)",
        (_, Some(_)) => " (fleet.elastic.most)",
        _ => "",
    };
    (most, format!("{most} instance{plural}{why}"))
}

/// The fewest instances that there can be.
fn fewest_instances(model: &Model) -> u32 {
    let fleet = &model.fleet;
    let scaled = fleet.autoscale.as_ref().map(|autoscale| autoscale.least);
    let elastic = fleet.elastic.as_ref().map(|_| 1);
    scaled.or(elastic).unwrap_or(model.instances).min(model.instances)
}

/// The sizes that the first pool has one after another.
pub(super) fn sizes(model: &Model) -> impl Iterator<Item = u32> {
    let grown = model.pool.autoscale.map(|autoscale| autoscale.most);
    let changed = model.timeline.iter().filter_map(|entry| entry.change.max_size());
    core::iter::once(model.pool.max_size).chain(changed).chain(grown)
}

/// The places of all pools of the smallest fleet.
fn fewest_places(model: &Model) -> u64 {
    let first = sizes(model).min().unwrap_or(1);
    let others: u64 = model.side_pools.iter().map(|pool| u64::from(pool.config.max_size)).sum();
    u64::from(fewest_instances(model)) * (u64::from(first) + others)
}

/// The same while instances are replaced in place, as far as one is missing for so long without a break.
fn fewest_places_for(model: &Model, hold: Span) -> u64 {
    let instances = fewest_instances(model);
    let misses_one = |entry: &Entry| {
        let gaps = entry.replaces(instances);
        let in_place = entry.change.rollout().is_some_and(|rollout| rollout.is_in_place() && instances > 1);
        in_place && longest(gaps.into_iter().map(|(_, gap)| gap)) >= hold
    };
    let places = fewest_places(model);
    let missing = model.timeline.iter().any(misses_one);
    if missing { places - places / u64::from(instances) } else { places }
}

/// The longest time that spans cover without a break; they come in the order of their starts.
fn longest(spans: impl Iterator<Item = Range<Span>>) -> Span {
    let mut best = Span::ZERO;
    let mut current: Option<Range<Span>> = None;
    for span in spans.filter(|span| span.end > span.start) {
        let joined = match current {
            Some(before) if span.start <= before.end => before.start..before.end.max(span.end),
            _ => span,
        };
        best = best.max(Span::from_nanos(joined.end.nanos() - joined.start.nanos()));
        current = Some(joined);
    }
    best
}

/// The most connections of one instance, and of which pools, in words.
fn instance_connections(model: &Model) -> (u64, String) {
    let first = sizes(model).max().unwrap_or(1);
    let others = model.side_pools.iter().map(|pool| pool.config.max_size);
    let all: Vec<u32> = core::iter::once(first).chain(others).collect();
    let sum = all.iter().map(|size| u64::from(*size)).sum();
    let words = all.iter().map(u32::to_string).collect::<Vec<_>>().join(" + ");
    (sum, if all.len() > 1 { format!("({words}) connections") } else { format!("{words} connections") })
}

/// The most connections of the fleet, with the arithmetic.
pub(super) fn fleet_connections(model: &Model) -> (u64, String) {
    let (each, of_pools) = instance_connections(model);
    let (instances, words) = most_instances(model);
    let all = u64::from(instances) * each;
    (all, format!("{words} x {of_pools} = {all}"))
}

fn product(instances: u32, what: &str) -> String {
    format!("{instances} instance{} x {what}", if instances == 1 { "" } else { "s" })
}

/// What the database lets in, with the arithmetic.
fn usable(model: &Model) -> Option<(u64, String)> {
    let limits = &model.database.limits;
    let (most, usable) = (limits.max_connections?, limits.usable()?);
    let reserved = if limits.reserved > 0 { format!(" − {} reserved", limits.reserved) } else { String::new() };
    Some((usable.into(), format!("the {usable} that the database lets in (max_connections {most}{reserved})")))
}

/// What the fleet's pools find let in: by the pooler, or by the database.
fn lets_in(model: &Model) -> Option<(u64, String)> {
    match &model.pooler {
        Some(pooler) => {
            let most = pooler.max_client_conn;
            Some((most.into(), format!("the {most} that the pooler lets in (max_client_conn)")))
        }
        None => usable(model),
    }
}

/// How many users the pools connect as.
fn users(model: &Model) -> u32 {
    let mut users = BTreeSet::new();
    users.insert(&model.pool_user);
    users.extend(model.side_pools.iter().map(|pool| &pool.user));
    users.len() as u32
}

fn server_words(model: &Model, users: u32, servers: u64) -> String {
    let Some(pooler) = &model.pooler else { return String::new() };
    if pooler.max_db_connections.is_some_and(|most| u64::from(most) == servers) {
        return format!("up to {servers} server connections (pooler.max_db_connections)");
    }
    let size = match pooler.reserve_pool_size {
        0 => pooler.default_pool_size.to_string(),
        reserve => format!("({} + {reserve} in reserve)", pooler.default_pool_size),
    };
    let plural = if users == 1 { "" } else { "s" };
    format!("{users} user{plural} x {size} server connections = {servers}")
}

/// The most connections at the database itself.
fn most_at_database(model: &Model) -> u64 {
    let opened = match &model.pooler {
        Some(pooler) => pooler.most_servers(users(model)),
        None => fleet_connections(model).0,
    };
    usable(model).map_or(opened, |(usable, _)| opened.min(usable))
}

/// Whether all the connections that can be are open from the start, in the order of the instances.
fn fills_in_turn(model: &Model) -> bool {
    let fixed = model.pool_configs().all(|pool| pool.min_idle == pool.max_size);
    let moves = |entry: &Entry| entry.change.rollout().is_some() || matches!(entry.change, Change::Scale { .. });
    let resized = model.pools_change() || model.timeline.iter().any(moves);
    let at_once = model.database.limits.connects.is_none() && model.database.connect_failure.value() == 0.0;
    fixed && at_once && !resized && model.fleet.is_static() && model.fleet.start_order == StartOrder::InTurn
}

fn who_gets_none(model: &Model, usable: u64) -> String {
    if !fills_in_turn(model) {
        return "when the pools grow, who comes last gets none".to_owned();
    }
    let (each, _) = instance_connections(model);
    let (full, part) = (usable / each, usable % each);
    let last = u64::from(model.instances).saturating_sub(full + u64::from(part > 0));
    let begun = if part > 0 { format!(", the next gets {part}") } else { String::new() };
    let none = if last > 0 { format!(", the last {last} none") } else { String::new() };
    format!("the first {full} to start fill their pools{begun}{none}")
}

fn what_fits(model: &Model, usable: u64) -> String {
    match usable / u64::from(most_instances(model).0) {
        0 => "not even one for each instance fits".to_owned(),
        each => format!("at most {each} for each instance fit"),
    }
}
