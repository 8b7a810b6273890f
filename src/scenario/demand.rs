//! What is asked against what there is, before any run: connections at once, processors, places that leak, patience.

use super::check::Check;
use super::checks::{fleet_connections, pool_path, sizes};
use super::{Model, POOL_MAX};
use crate::database::Law;
use crate::fleet::{Action, Probes};
use crate::pool::{LeakAction, Order, PoolConfig};
use crate::pooler::Mode;
use crate::timeline::Change;
use crate::workload::arrivals::Open;
use crate::workload::{Arrivals, Query, Source};

impl Check {
    /// Requests that take several connections one after another can lock each other out, below n (k − 1) + 1 connections for n
    /// requests of k connections. Source: HikariCP's wiki, *About Pool Sizing*, section "Pool-locking".
    pub(super) fn nested_fit(&mut self, model: &Model) {
        for (n, query) in model.queries.iter().enumerate().filter(|(_, query)| query.connections > 1) {
            for (place, pool) in model.pool_configs().enumerate() {
                let asks = model.sources.iter().filter(|s| s.pool == place && may_ask(s, n, query));
                if let Some(message) = nested(model, query.connections, pool, &mut asks.peekable()) {
                    self.problems.caution(format!("query[{n}].connections"), message);
                }
            }
        }
    }

    /// A pooler that lets requests wait for longer than their clients do.
    pub(super) fn waits_end(&mut self, model: &Model) {
        let (Some(timeout), Some(pooler)) = (model.client.timeout, &model.pooler) else { return };
        let longer = match pooler.query_wait_timeout {
            Some(wait) if wait > timeout => wait.to_string(),
            None => "none".to_owned(),
            Some(_) => return,
        };
        let message = format!(
            "{timeout} is shorter than pooler.query_wait_timeout, {longer}: requests wait for a server connection for clients \
             that have left; set pooler.query_wait_timeout below {timeout}"
        );
        self.problems.caution("client.timeout", message);
    }

    /// Health checks that wait in a full pool as everybody does.
    pub(super) fn health_checks_pass(&mut self, model: &Model) {
        let Some(probes) = model.fleet.probes.as_ref().filter(|probes| probes.hold < probes.timeout) else { return };
        let message = too_loaded(model, probes).or_else(|| sooner_than_requests(model, probes));
        if let Some(message) = message {
            self.problems.caution("fleet.probes", message);
        }
    }

    /// How long leaks take to fill a pool, against how soon they are found.
    pub(super) fn leaks_are_reclaimed(&mut self, model: &Model) {
        for (place, pool) in model.pool_configs().enumerate() {
            let leaks = leaks_per_second(model, place);
            if leaks <= 0.0 {
                continue;
            }
            let (size, fill) = (pool.max_size, f64::from(pool.max_size) / leaks);
            let sum = format!("{size} / {}/s", short(leaks));
            let reclaims = pool.leak_threshold.filter(|_| pool.leak_action == LeakAction::Reclaim);
            let at = pool_path(model, place);
            match reclaims {
                // Instances that come and go take their leaks with them.
                None if !model.fleet.is_static() => {}
                None => self.problems.caution(
                    format!("{at}.leak_action"),
                    format!(
                        "nothing reclaims what leaks: at the full rate all {size} connections are gone after about {} ({sum}); set \
                         leak_threshold and leak_action = \"reclaim\"",
                        about(fill)
                    ),
                ),
                Some(threshold) if threshold.seconds() >= fill => self.problems.caution(
                    format!("{at}.leak_threshold"),
                    format!(
                        "reclaiming after {threshold} comes too late: at the full rate all {size} connections leak away in about \
                         {} ({sum})",
                        about(fill)
                    ),
                ),
                Some(_) => {}
            }
        }
    }

    /// Work that comes whatever happens against the most that the database does.
    pub(super) fn processors_suffice(&mut self, model: &Model) {
        let Some(law) = &model.database.law else { return };
        let (rate, demand) = cpu_demand(model);
        let faster = model.timeline.iter().fold(1.0, |most: f64, entry| match entry.change {
            Change::DatabaseSpeed { factor } => most.max(factor),
            _ => most,
        });
        let most = best(law) * faster;
        if !demand.is_finite() || demand <= most {
            return;
        }
        let cores = if most < law.cores { "does at best" } else { "has" };
        let message = format!(
            "demand: {}/s x {} s = {} cores at the peak, more than the {} that the database {cores}: no pool size helps",
            short(rate),
            short(demand / rate),
            short(demand),
            short(most)
        );
        self.problems.caution(if law.cores.is_finite() { "database.cores" } else { "database" }, message);
    }
}

impl Check {
    /// The same against the servers of a pooler. Sources that change over time may peak at different times.
    pub(super) fn servers_suffice(&mut self, model: &Model) {
        let lasting = model.sources.iter().all(|source| source.arrivals.is_stationary());
        let Some((load, servers)) = model.pooler_load().filter(|(load, servers)| lasting && load >= servers) else {
            return;
        };
        let rate = model.peak().as_per_second();
        let message = format!(
            "demand: {}/s x {} s = {} server connections, and the pooler can have {servers}: no pool size helps",
            short(rate),
            short(load / rate),
            short(load)
        );
        self.problems.caution("pooler.default_pool_size", message);
    }
}

impl Model {
    /// A sentence with the arithmetic when what is asked is at most half of what there is, of connections and of processors:
    /// then these numbers do not explain a saturation, and something else does. `None` when it is more, or when something could
    /// saturate the pools whatever the averages are: what changes over time, bursts, locks, requests of several connections,
    /// holds of infinite variance, connections that the database does not let in.
    pub fn demand_below_capacity(&self) -> Option<String> {
        let (load, size) = (self.offered_load(), f64::from(self.max_size()));
        let law = self.database.law.as_ref().filter(|_| cpu_of_all(self) > 0.0);
        let busy = law.map_or(0.0, |law| cpu_of_all(self) / best(law));
        // Queries that share processors with others take longer, on average at most 1 / (1 − busy) times as long.
        let slowed = load / (1.0 - busy);
        if !is_calm(self) || busy > 0.5 || !(slowed <= 0.5 * size && servers_suffice(self, slowed)) {
            return None;
        }
        let cores = law.map(|law| format!(", {} of {} cores", short(cpu_of_all(self)), short(best(law))));
        Some(format!(
            "demand is far below capacity, so that these numbers do not explain saturation: {}/s x {} s = {} of {size} \
             connections of an instance{}",
            short(self.rate_per_instance()),
            short(load / self.rate_per_instance()),
            short(load),
            cores.unwrap_or_default()
        ))
    }
}

fn may_ask(source: &Source, place: usize, query: &Query) -> bool {
    source.query.map_or(query.weight > 0.0, |only| only == place)
}

/// What is to be said of requests for `k` connections of one pool by these sources.
fn nested<'a>(
    model: &Model,
    k: u32,
    pool: &PoolConfig,
    asks: &mut core::iter::Peekable<impl Iterator<Item = &'a Source>>,
) -> Option<String> {
    asks.peek()?;
    if k > pool.max_size {
        return None;
    }
    let (size, further) = (pool.max_size, k - 1);
    let until = match pool.acquire_timeout {
        None => "for ever: set pool.acquire_timeout".to_owned(),
        Some(patience) => format!("until one gives up, after {patience} (pool.acquire_timeout)"),
    };
    let Some(each) = requests_at_once(model, asks) else {
        let safe = (size - 1) / further;
        return Some(format!(
            "more than {safe} requests at once, ({size} − 1) / ({k} − 1), that need {k} connections each can block each other {until}"
        ));
    };
    let floor = each * u64::from(further) + 1;
    let message = format!(
        "{each} requests at once of an instance that need {k} connections each can block each other {until}; they can not with \
         {each} x ({k} − 1) + 1 = {floor} connections or more"
    );
    (floor > size.into()).then_some(message)
}

/// How many requests of these sources one instance can have at once, where that is known: as many as its share of the clients that
/// wait for their answers, and no more than it takes.
fn requests_at_once<'a>(model: &Model, asks: impl Iterator<Item = &'a Source>) -> Option<u64> {
    let clients = asks.map(|source| match source.arrivals {
        Arrivals::Closed { clients, .. } => Some(u64::from(clients)),
        Arrivals::Open(_) => None,
    });
    // Who has left still stands in the queue, so that there can be more requests than clients.
    let clients = clients.sum::<Option<u64>>().filter(|_| model.client.timeout.is_none());
    match &model.fleet.elastic {
        // The first instances are filled before others start.
        Some(elastic) => Some(clients.map_or(elastic.concurrency.into(), |n| n.min(elastic.concurrency.into()))),
        None => clients.map(|clients| clients.div_ceil(model.fleet.most(model.instances).into())),
    }
}

/// The first pool can not serve what comes, and health checks wait as long as requests do.
fn too_loaded(model: &Model, probes: &Probes) -> Option<String> {
    let (pool, checks) = (&model.pool, probes.hold.seconds() / probes.every.seconds());
    let lasts = |s: &&Source| s.pool == 0 && matches!(s.arrivals, Arrivals::Open(_)) && s.arrivals.is_stationary();
    let lasting = model.sources.iter().filter(lasts);
    let asked: f64 = lasting.map(|s| model.rate_of(s) * s.hold_moments(&model.queries).0).sum();
    let waits = pool.max_waiters.is_none() && matches!(pool.order, Order::Fifo | Order::Barging);
    let long = pool.acquire_timeout.is_none_or(|patience| patience > probes.timeout) && model.client.breaker.is_none();
    let scaled = model.fleet.autoscale.is_some() || model.fleet.elastic.is_some();
    let size = sizes(model).max().unwrap_or(pool.max_size);
    if !waits || !long || scaled || asked + checks < f64::from(size) {
        return None;
    }
    Some(format!(
        "requests ask for {} connections of an instance and health checks for {}, and there are {}: checks wait longer \
         than {}, and every instance {}",
        short(asked),
        short(checks),
        size,
        probes.timeout,
        verdict(probes)
    ))
}

/// The verdict comes before a single request has given up.
fn sooner_than_requests(model: &Model, probes: &Probes) -> Option<String> {
    let (every, timeout) = (probes.every, probes.timeout);
    let taken = f64::from(probes.failures) * every.seconds() + timeout.seconds();
    let patience = match [model.pool.acquire_timeout, model.client.timeout].into_iter().flatten().min() {
        Some(patience) if patience.seconds() < taken => return None,
        Some(patience) => format!("the first request gives up, after {patience}"),
        None => "any request gives up".to_owned(),
    };
    Some(format!(
        "health checks use the pool: when no connection comes free for {} x {every} + {timeout} = {}, the instance {} before {patience}",
        probes.failures,
        about(taken),
        verdict(probes)
    ))
}

fn verdict(probes: &Probes) -> &'static str {
    match probes.action {
        Action::Eject => "is taken out",
        Action::Restart { .. } => "is restarted",
    }
}

/// Connections of one pool of one instance that leak per second, at the peak.
fn leaks_per_second(model: &Model, place: usize) -> f64 {
    let leaks = |query: &Query| query.leak.value() * f64::from(query.connections);
    let of_pool = model.sources.iter().filter(|source| source.pool == place);
    of_pool.map(|source| model.rate_of(source) * model.mean_over(source, leaks)).sum()
}

/// The rate of what comes whatever happens and the processors that it needs, over the fleet. Of sources that change over time
/// only the one that needs most counts: others may peak at other times.
fn cpu_demand(model: &Model) -> (f64, f64) {
    let open = model.sources.iter().filter(|s| matches!(s.arrivals, Arrivals::Open(_)) && !s.has_own_holds());
    let of = |source: &Source| {
        let rate = source.peak(&model.queries).as_per_second();
        (rate, rate * model.mean_over(source, Query::cpu_mean))
    };
    let (always, changing): (Vec<_>, Vec<_>) = open.partition(|source| source.arrivals.is_stationary());
    let most = changing.into_iter().map(of).fold((0.0, 0.0), |most, next| if next.1 > most.1 { next } else { most });
    always.into_iter().map(of).fold(most, |sum, next| (sum.0 + next.0, sum.1 + next.1))
}

/// The processors that all need at the most, waiting for their answers or not.
fn cpu_of_all(model: &Model) -> f64 {
    let of = |s: &Source| s.peak(&model.queries).as_per_second() * model.mean_over(s, Query::cpu_mean);
    model.sources.iter().map(of).sum()
}

/// The most that the database does, in cores. Beyond the cores it never does more.
fn best(law: &Law) -> f64 {
    law.peak(libm::ceil(law.cores).min(f64::from(POOL_MAX)) as u32).1
}

/// Whether averages say whether a pool can saturate.
fn is_calm(model: &Model) -> bool {
    let bursts =
        |s: &Source| matches!(s.arrivals, Arrivals::Open(Open::Batch(_) | Open::Modulated(_) | Open::Renewal(_)));
    let plain = |query: &Query| query.connections == 1 && query.lock.value() == 0.0;
    let sources = !model.changes_over_time() && !model.sources.iter().any(bursts);
    let one_pool = model.side_pools.is_empty() && model.fleet.is_static();
    let opens = model.database.connect_failure.value() == 0.0 && model.database.limits.connects.is_none();
    sources && one_pool && opens && model.queries.iter().all(plain) && model.hold_shape().1.is_finite()
}

/// Whether the database lets all pools fill, or the pooler has servers for twice the load of the fleet.
fn servers_suffice(model: &Model, load: f64) -> bool {
    let all = fleet_connections(model).0;
    let usable = model.database.limits.usable().map_or(u64::MAX, u64::from);
    let Some(pooler) = &model.pooler else { return all <= usable };
    let servers = pooler.most_servers(1).min(pooler.default_pool_size.into()).min(usable);
    let serves = match pooler.mode {
        Mode::Session => all <= servers,
        Mode::Transaction | Mode::Statement => load * f64::from(model.instances) <= 0.5 * servers as f64,
    };
    serves && all <= pooler.max_client_conn.into()
}

/// With three digits.
fn short(x: f64) -> String {
    if !x.is_finite() || x <= 0.0 {
        return x.to_string();
    }
    let scale = libm::pow(10.0, (2.0 - libm::floor(libm::log10(x))).max(0.0));
    (libm::round(x * scale) / scale).to_string()
}

/// A time in seconds for people: in the largest unit of which there are two or more, with three digits.
fn about(seconds: f64) -> String {
    let units = [(86_400.0, "d"), (3600.0, "h"), (60.0, "m"), (1.0, "s")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds >= 2.0 * size).unwrap_or((0.001, "ms"));
    format!("{}{unit}", short(seconds / size))
}
