//! What a run would cost, in time and memory: what is too much is refused before it begins.

use super::check::Check;
use super::{Model, Traffic};
use crate::client::Client;
use crate::pool::Growth;
use crate::units::SimTime;
use crate::workload::{Arrivals, arrivals::Open};

/// The most attempts that one replication may be expected to simulate.
const ATTEMPTS_MAX: f64 = 1e9;
/// The most visits of housekeepers, changes of a source's state, and openings that fail without a request.
const CHORES_MAX: f64 = 1e8;
/// The most connections of the whole fleet, and the most requests of all batches together.
const CROWD_MAX: u64 = 10_000_000;
/// The most clients of all sources together.
const CLIENTS_MAX: u64 = 1_000_000;
/// The most attempts that all circuit breakers together remember.
const REMEMBERED_MAX: u64 = 100_000_000;
/// A run whose length is not written measures about so many requests.
const MEASURED: f64 = 250_000.0;

impl Check {
    /// Refuse what would fill the memory or take for ever.
    pub(super) fn affordable(&mut self, model: &Model, traffic: &Traffic) {
        self.room(model, traffic);
        let known = model.duration.is_some() || model.changes_over_time();
        let length = if known { model.length().seconds() } else { MEASURED / model.peak().as_per_second() };
        self.clients_advance(model, traffic, length);
        self.chores(model, length);
        self.rounds(model, length);
        self.changes(model, traffic, length);
        if known {
            self.attempts(model);
        }
    }

    fn room(&mut self, model: &Model, traffic: &Traffic) {
        let instances = u64::from(model.most_instances());
        let largest = u64::from(model.largest_pool());
        if instances * largest > CROWD_MAX {
            let message = format!(
                "{instances} instances with up to {largest} connections each are more than the {CROWD_MAX} connections that one \
                 run holds: simulate a part of the fleet with its part of the traffic"
            );
            self.problems.error("fleet.instances", message);
        }
        let remembered = model.client.breaker.map_or(0, |breaker| instances * u64::from(breaker.window));
        if remembered > REMEMBERED_MAX {
            let message = format!(
                "over {instances} instances is more than the {REMEMBERED_MAX} attempts that are remembered: at most {} here",
                REMEMBERED_MAX / instances
            );
            self.problems.error("client.breaker.window", message);
        }
        let (mut clients, mut together) = (0, 0);
        for (n, source) in model.sources.iter().enumerate() {
            match &source.arrivals {
                Arrivals::Closed { clients: more, .. } => {
                    clients += u64::from(*more);
                    if clients > CLIENTS_MAX {
                        let message = format!("makes {clients} clients of all sources, more than {CLIENTS_MAX}");
                        return self.problems.error(format!("{}.clients", traffic.path(n)), message);
                    }
                }
                Arrivals::Open(Open::Batch(batch)) => {
                    together += u64::from(batch.size());
                    if together > CROWD_MAX {
                        let message =
                            format!("makes {together} requests in one batch of each source, more than {CROWD_MAX}");
                        return self.problems.error(format!("{}.batch.size", traffic.path(n)), message);
                    }
                }
                Arrivals::Open(_) => {}
            }
        }
    }

    fn attempts(&mut self, model: &Model) {
        let length = model.length();
        let until = SimTime::ZERO + length;
        let expected: f64 =
            model.sources.iter().map(|s| s.arrivals.expected(until, s.hold_moments(&model.queries).0)).sum();
        if expected > ATTEMPTS_MAX {
            self.problems.error(
                "duration",
                format!(
                    "{length} at this rate is {expected:.1e} requests, and one run simulates at most {ATTEMPTS_MAX:.0e}: \
                     shorten it"
                ),
            );
            return;
        }
        let tries = 1.0 + retries_each(&model.client);
        if expected * tries > ATTEMPTS_MAX {
            let message = format!(
                "could make {:.1e} attempts of {expected:.1e} requests in {length}, and one run simulates at most \
                 {ATTEMPTS_MAX:.0e}: fewer, a retry_budget or a shorter duration",
                expected * tries
            );
            self.problems.error("client.retries", message);
        }
    }

    /// A client that fails sooner than it would be served asks more often; one that fails at once and does not think asks again at
    /// the same moment, and time would stand still.
    fn clients_advance(&mut self, model: &Model, traffic: &Traffic, length: f64) {
        let Some((soonest, why)) = soonest_failure(model) else { return };
        let client = &model.client;
        let delays: f64 = (1..=client.retries).map(|n| client.backoff.delay(n, 0.5).seconds()).sum();
        for (n, source) in model.sources.iter().enumerate() {
            let Arrivals::Closed { clients, think } = &source.arrivals else { continue };
            let think = think.as_ref().map_or(0.0, |think| think.mean());
            let tries = 1.0 + f64::from(client.retries);
            let mut each = tries / (think + tries * soonest + delays);
            if client.retry_budget.is_some() {
                each = each.max(1.0 / (think + soonest));
            }
            let often = f64::from(*clients) * each;
            if often * length > ATTEMPTS_MAX {
                let message = if often.is_finite() {
                    format!(
                        "clients that fail ask again so soon ({why}) that they could make {:.1e} attempts, and one run simulates \
                         at most {ATTEMPTS_MAX:.0e}: let them think for longer, e.g. exponential(mean=1s)",
                        often * length
                    )
                } else {
                    format!(
                        "clients that fail at once ({why}) would ask again at the same moment, for ever: let them think, e.g. \
                         exponential(mean=1s), or give client.retries with a client.backoff and no retry_budget"
                    )
                };
                self.problems.error(format!("{}.think", traffic.path(n)), message);
            }
        }
    }

    fn changes(&mut self, model: &Model, traffic: &Traffic, length: f64) {
        for (n, source) in model.sources.iter().enumerate() {
            if let Arrivals::Open(Open::Modulated(modulated)) = &source.arrivals {
                let changes = modulated.states().len() as f64 * length / modulated.round();
                if changes > CHORES_MAX {
                    let message = format!(
                        "change {changes:.1e} times in a run of about {length:.0} s, more than {CHORES_MAX:.0e}: let them stay longer"
                    );
                    self.problems.error(format!("{}.states", traffic.path(n)), message);
                }
            }
        }
    }

    /// Health checks and decisions of the autoscaler.
    fn rounds(&mut self, model: &Model, length: f64) {
        let most = model.fleet.most(model.instances);
        let probes = model.fleet.probes.map(|probes| ("fleet.probes.every", probes.every, most, "health checks"));
        let scaling = model.fleet.autoscale.map(|scaling| ("fleet.autoscale.every", scaling.every, 1, "decisions"));
        let each_way =
            probes.into_iter().chain(scaling).map(|(path, every, each, what)| (path.to_owned(), every, each, what));
        let alerts = model.alerts.iter().enumerate();
        let looks = alerts.map(|(n, alert)| (format!("alert[{n}].every"), alert.every, most, "looks at instances"));
        let growing = model.pool_configs().filter_map(|pool| pool.autoscale);
        let growing = growing.map(|grows| ("pool.autoscale.every".to_owned(), grows.every, most, "checks of pools"));
        for (path, every, each, what) in each_way.chain(looks).chain(growing) {
            let rounds = f64::from(each) * length / every.seconds();
            if rounds > CHORES_MAX {
                let message = format!(
                    "{every} makes {rounds:.1e} {what} in a run of about {length:.0} s, more than {CHORES_MAX:.0e}: a longer time \
                     or a shorter duration"
                );
                self.problems.error(path, message);
            }
        }
    }

    fn chores(&mut self, model: &Model, length: f64) {
        let most = model.fleet.most(model.instances);
        let (pool, instances) = (&model.pool, f64::from(most));
        let resized = model.pools_change();
        if let Some(period) = pool.housekeeping.filter(|_| pool.wants_housekeeping(resized)) {
            let visits = instances * length / period.seconds();
            if visits > CHORES_MAX {
                let message = format!(
                    "every {period} over {most} instances makes {visits:.1e} visits in a run of about {length:.0} s, more than \
                     {CHORES_MAX:.0e}: a longer period or a shorter duration"
                );
                self.problems.error("pool.housekeeping", message);
            }
        }
        let failure = model.database.connect_failure.value();
        if failure > 0.0 && (pool.growth == Growth::Background || pool.min_idle > 0) && !pool.is_fixed() {
            let openers = f64::from(pool.open_parallelism.unwrap_or(u32::MAX).min(pool.max_size));
            let (first, longest) = (pool.open_backoff.0.seconds(), pool.open_backoff.1.seconds());
            // The n-th failure in a row has the probability p of the one before; what is left at last has the longest delay.
            let (mut mean, mut left, mut delay) = (0.0, 1.0, first);
            for _ in 0..64 {
                mean += left * (1.0 - failure) * delay.min(longest);
                left *= failure;
                delay *= 2.0;
            }
            let failures = instances * openers * failure * length / (mean + left * longest);
            if failures > CHORES_MAX {
                let message = format!(
                    "so short a delay could make {failures:.1e} openings that fail, more than {CHORES_MAX:.0e}: a longer \
                     open_backoff and open_backoff_cap"
                );
                self.problems.error("pool.open_backoff", message);
            }
        }
    }
}

/// How many retries of each request there are at most.
fn retries_each(client: &Client) -> f64 {
    f64::from(client.retries).min(client.retry_budget.map_or(f64::INFINITY, |share| share.value()))
}

/// The soonest that an attempt can fail, in seconds, and how.
fn soonest_failure(model: &Model) -> Option<(f64, &'static str)> {
    let (pool, client) = (&model.pool, &model.client);
    let closed = model.sources.iter().map(|source| match source.arrivals {
        Arrivals::Closed { clients, .. } => Some(u64::from(clients)),
        Arrivals::Open(_) => None,
    });
    // Others come whatever happens, and who has left still stands in the queue.
    let most: Option<u64> = closed.sum::<Option<u64>>().filter(|_| client.timeout.is_none());
    let full = pool.max_waiters.is_some_and(|room| most.is_none_or(|most| most > room.into()));
    let may_open = !pool.is_fixed() || !model.timeline.is_empty();
    let fails = model.may_refuse() && pool.growth == Growth::Caller && may_open;
    let ways = [
        full.then_some((0.0, "pool.max_waiters")),
        pool.acquire_timeout.map(|timeout| (timeout.seconds(), "pool.acquire_timeout")),
        client.timeout.map(|timeout| (timeout.seconds(), "client.timeout")),
        fails.then(|| (model.database.connect.as_ref().map_or(0.0, |c| c.mean()), "database.connect_failure")),
    ];
    let soonest = ways.into_iter().flatten().reduce(|a, b| if b.0 < a.0 { b } else { a })?;
    Some(if client.breaker.is_some() && soonest.0 > 0.0 { (0.0, "client.breaker") } else { soonest })
}
