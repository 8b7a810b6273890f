//! The scenario that can be trusted.

use super::pool::NamedPool;
use super::version::Version;
use super::{Assertion, Case, Incident, Sourced};
use crate::alert::Alert;
use crate::catalogue::default_of;
use crate::client::Client;
use crate::database::{Database, Limits};
use crate::fleet::{Fleet, Routing, Signal};
use crate::pool::{Order, PoolConfig};
use crate::pooler::{Mode, PoolerConfig};
use crate::problem::Problems;
use crate::slo::Objective;
use crate::timeline::{Change, Entry, Setting};
use crate::units::{Probability, Rate, Span};
use crate::workload::arrivals::Open;
use crate::workload::{Arrivals, Cpu, Distribution, Query, Source};

/// A scenario that makes sense. Only [`Scenario::check`](super::Scenario::check) makes one; nothing below it meets an input error.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub(crate) name: String,
    /// How long a run lasts, if that is written.
    pub(crate) duration: Option<Span>,
    /// What loads it; at least one.
    pub(crate) sources: Vec<Source>,
    pub(crate) queries: Vec<Query>,
    /// How many there are at the start.
    pub(crate) instances: u32,
    pub(crate) fleet: Fleet,
    pub(crate) pool: PoolConfig,
    pub(crate) pool_name: String,
    pub(crate) pool_user: String,
    /// Further pools of every instance.
    pub(crate) side_pools: Vec<NamedPool>,
    /// What stands between the pools and the database.
    pub(crate) pooler: Option<PoolerConfig>,
    pub(crate) client: Client,
    pub(crate) database: Database,
    /// What requests do with other versions than that of the start.
    pub(crate) versions: Vec<Version>,
    pub(crate) alerts: Vec<Alert>,
    /// In order of time; entries that wait for an alert at the end.
    pub(crate) timeline: Vec<Entry>,
    /// What stands beside each entry of the timeline, for readers.
    pub(crate) captions: Vec<String>,
    pub(crate) slo: Vec<Objective>,
    /// What is to be survived besides.
    pub(crate) cases: Vec<Case>,
    /// What is known of an incident that it follows.
    pub(crate) incident: Option<Incident>,
    /// What must hold.
    pub(crate) assertions: Vec<Assertion>,
    /// Where its numbers come from; empty where nobody says.
    pub(crate) provenance: Vec<Sourced>,
    pub(crate) cautions: Problems,
}

impl Model {
    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Offered load of one instance in erlangs: the arrival rate of each source at its peak times its mean hold, added up. The
    /// connections that would be busy on average if there were enough and nobody slowed anybody down. Sources may peak at different
    /// times: then it is more than ever comes at once. Where an instance has several pools, that of the first.
    pub fn offered_load(&self) -> f64 {
        let first = self.sources.iter().filter(|s| s.pool == 0);
        first.map(|s| self.rate_of(s) * s.hold_moments(&self.queries).0).sum()
    }

    /// Cores that would be busy on average over the whole fleet if there were enough: each source's rate at its peak times the mean
    /// processor time of its requests.
    pub fn cpu_demand(&self) -> f64 {
        let of = |s: &Source| s.peak(&self.queries).as_per_second() * self.mean_over(s, Query::cpu_mean);
        self.sources.iter().map(of).sum()
    }

    /// What the database does at most, in cores, with as many queries at once as can reach it; `None` where nobody shares cores.
    pub fn cpu_capacity(&self) -> Option<f64> {
        let law = self.database.law.filter(|_| self.queries.iter().any(|q| q.cpu != Cpu::None))?;
        Some(law.peak(self.most_queries().min(100_000)).1)
    }

    /// Server connections of the pooler that would be busy on average over the fleet, if there were enough, with what comes whatever
    /// happens; and how many there can be. `None` without a pooler, where users share its servers, and where a trace has holds of
    /// its own.
    pub(crate) fn pooler_load(&self) -> Option<(f64, f64)> {
        let known = self.side_pools.is_empty() && !self.sources.iter().any(Source::has_own_holds);
        let pooler = self.pooler.as_ref().filter(|_| known)?;
        let usable = self.database.limits.usable().unwrap_or(u32::MAX);
        let servers = pooler.most_servers(1).min(usable.into()) as f64;
        let mode = pooler.mode;
        if mode == Mode::Session {
            return Some((self.open_load() * f64::from(self.instances), servers));
        }
        let linked = |query: &Query| {
            let app = query.app.as_ref().filter(|_| mode == Mode::Transaction);
            let cpu = if let Cpu::Work(cpu) = &query.cpu { cpu.mean() } else { 0.0 };
            query.hold.mean() + cpu + app.map_or(0.0, Distribution::mean)
        };
        let open = self.sources.iter().filter(|s| matches!(s.arrivals, Arrivals::Open(_)));
        Some((open.map(|s| s.peak(&self.queries).as_per_second() * self.mean_over(s, linked)).sum(), servers))
    }

    /// How many queries can run at once: as many as there are connections, as the database lets in, and as the pooler opens.
    pub(crate) fn most_queries(&self) -> u32 {
        let pooled = self.pooler.as_ref().map_or(u64::MAX, |pooler| pooler.most_servers(self.pool_users().1));
        let usable = self.database.limits.usable().unwrap_or(u32::MAX);
        u64::from(self.connections().min(usable)).min(pooled) as u32
    }

    /// The sum of the limits of all pools at the start.
    pub(crate) fn connections(&self) -> u32 {
        self.instances * self.pool_configs().map(|config| config.max_size).sum::<u32>()
    }

    /// Whether what one pool does depends on the others: on their connections, or on the database that they share.
    pub(crate) fn is_shared(&self) -> bool {
        self.has_server() || self.has_fleet() || !self.side_pools.is_empty()
    }

    /// The same of the sources that come whatever happens: what has no steady state when it exceeds the pool. Clients that wait
    /// for their answers only become slower.
    pub(crate) fn open_load(&self) -> f64 {
        let open = self.sources.iter().filter(|s| matches!(s.arrivals, Arrivals::Open(_)) && s.pool == 0);
        open.map(|s| self.rate_of(s) * s.hold_moments(&self.queries).0).sum()
    }

    /// The longest time over which a source remembers what it did, of which a run must last many, and how long the start of one
    /// shows, in seconds.
    pub(crate) fn cycle(&self) -> (f64, f64) {
        let of = |source: &Source| match &source.arrivals {
            Arrivals::Closed { clients, think } => {
                // Thinking, and the answer when all ask at once.
                let turns = f64::from(*clients) / f64::from(self.instances * self.pool.max_size);
                let hold = source.hold_moments(&self.queries).0;
                think.as_ref().map_or(0.0, Distribution::mean) + hold * turns.max(1.0)
            }
            open => open.cycle(),
        };
        let cycles = self.sources.iter().map(|source| (of(source), source.arrivals.cycles_of_start()));
        let known = cycles.filter(|(cycle, _)| cycle.is_finite());
        known.fold((0.0, 0.0), |(longest, start), (cycle, n)| (cycle.max(longest), start.max(cycle * n)))
    }

    /// Requests over the whole fleet, each source at its peak.
    pub(crate) fn peak(&self) -> Rate {
        Rate::per_second(self.sources.iter().map(|s| s.peak(&self.queries).as_per_second()).sum())
    }

    /// Requests per second that can come over the whole fleet: clients that wait for their answers ask again when they have left.
    pub(crate) fn attempt_rate(&self) -> f64 {
        let of = |source: &Source| match (&source.arrivals, self.client.timeout) {
            (Arrivals::Closed { clients, think }, Some(timeout)) => {
                let think = think.as_ref().map_or(0.0, Distribution::mean);
                f64::from(*clients) / (think + source.hold_moments(&self.queries).0.min(timeout.seconds()))
            }
            _ => source.peak(&self.queries).as_per_second(),
        };
        self.sources.iter().map(of).sum()
    }

    /// Requests per second of one instance, each source at its peak.
    pub(crate) fn rate_per_instance(&self) -> f64 {
        self.peak().as_per_second() / f64::from(self.instances)
    }

    pub(super) fn rate_of(&self, source: &Source) -> f64 {
        source.peak(&self.queries).as_per_second() / f64::from(self.instances)
    }

    /// The mean of something over the classes that a source asks for.
    pub(super) fn mean_over(&self, source: &Source, of: impl Fn(&Query) -> f64) -> f64 {
        if let Some(only) = source.query {
            return of(&self.queries[only]);
        }
        let asked = || self.queries.iter().filter(|query| query.weight > 0.0);
        asked().map(|query| query.weight * of(query)).sum::<f64>() / asked().map(|query| query.weight).sum::<f64>()
    }

    /// Mean hold in seconds and its squared coefficient of variation, over all sources and classes; infinite where one's is.
    pub fn hold_shape(&self) -> (f64, f64) {
        let all: f64 = self.sources.iter().map(|s| self.rate_of(s)).sum();
        let (mean, second) = self.sources.iter().fold((0.0, 0.0), |(mean, second), s| {
            let (share, of_source) = (self.rate_of(s) / all, s.hold_moments(&self.queries));
            (mean + share * of_source.0, second + share * of_source.1)
        });
        let scv = if second.is_finite() { (second / (mean * mean) - 1.0).max(0.0) } else { f64::INFINITY };
        (mean, scv)
    }

    /// The settings of every pool of an instance, the one that is sized first.
    pub(crate) fn pool_configs(&self) -> impl Iterator<Item = &PoolConfig> {
        core::iter::once(&self.pool).chain(self.side_pools.iter().map(|pool| &pool.config))
    }

    /// As whom each pool of an instance connects, by number, and how many users that are.
    pub(crate) fn pool_users(&self) -> (Vec<u32>, u32) {
        let names = core::iter::once(&self.pool_user).chain(self.side_pools.iter().map(|pool| &pool.user));
        let mut known: Vec<&String> = Vec::new();
        let numbers = names.map(|name| {
            let place = known.iter().position(|other| *other == name).unwrap_or_else(|| {
                known.push(name);
                known.len() - 1
            });
            place as u32
        });
        (numbers.collect(), known.len() as u32)
    }

    /// The most connections of one instance at the start.
    pub fn max_size(&self) -> u32 {
        self.pool.max_size
    }

    /// The pooler between the pools and the database, if there is one.
    pub fn pooler(&self) -> Option<&PoolerConfig> {
        self.pooler.as_ref()
    }

    /// How many instances there are at the start.
    pub fn instances(&self) -> u32 {
        self.instances
    }

    /// Who serves a request, and how the number of instances changes.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// What is asked of it.
    pub fn slo(&self) -> &[Objective] {
        &self.slo
    }

    /// What is to be survived besides.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// What is known of an incident that it follows.
    pub fn incident(&self) -> Option<&Incident> {
        self.incident.as_ref()
    }

    /// Where its numbers come from; empty where nobody says.
    pub fn provenance(&self) -> &[Sourced] {
        &self.provenance
    }

    /// Whether it is told what became of every request: there are users, or somebody asks how many were affected.
    pub(crate) fn tells_ends(&self) -> bool {
        self.fleet.users.is_some() || self.incident.is_some()
    }

    /// Whether it is told what each instance has: something changes, or somebody asks how many were affected.
    pub(crate) fn tells_instances(&self) -> bool {
        !self.timeline.is_empty() || self.incident.is_some()
    }

    /// What is assumed whatever is asked: said beside every answer.
    pub fn assumptions(&self) -> Vec<String> {
        let independent = self.sources.iter().all(|s| s.arrivals.is_independent());
        let mut said: Vec<String> = if independent {
            vec!["requests arrive independently of each other (Poisson)".to_owned()]
        } else if let [only] = self.sources.as_slice() {
            vec![only.arrivals.words()]
        } else {
            self.sources.iter().map(|s| format!("{}: {}", s.name, s.arrivals.words())).collect()
        };
        said.extend([self.database_words(), self.pool_words()]);
        said.extend(self.pooler.as_ref().map(PoolerConfig::words));
        said.extend(self.fleet.words(self.instances));
        said
    }

    /// Whether it is the system that queueing theory knows: independent arrivals at a constant rate, of which each instance gets a
    /// random share, one connection for each request, first come, first served, connections that are there, clients that do not
    /// try again.
    pub(crate) fn is_textbook(&self) -> bool {
        let all_open = self.database.limits.usable().is_none_or(|usable| usable >= self.connections());
        let plain = self.queries.iter().all(Query::is_plain) && !self.has_phases();
        self.is_simple_but_for_work() && plain && all_open
    }

    /// The same, whatever requests do with their connection and the database with them.
    pub(crate) fn is_simple_but_for_work(&self) -> bool {
        let pool = self.pool.order == Order::Fifo && self.pool.is_fixed() && self.pool.validation == Span::ZERO;
        let clients = self.client.retries == 0 && self.client.breaker.is_none();
        let fleet = self.fleet.splits_at_random(self.instances) && self.side_pools.is_empty() && self.pooler.is_none();
        pool && clients && fleet && self.sources.iter().all(|s| s.arrivals.is_independent())
    }

    /// Whether nothing is missing at the start that is there later: then waits begin as short as they ever are. Connections that are
    /// still to be opened, servers of a pooler, instances, and clients that all ask at once make a start that is worse than what follows.
    pub(crate) fn starts_at_its_best(&self) -> bool {
        let all_open = self.database.limits.usable().is_none_or(|usable| usable >= self.connections());
        let fleet = self.fleet.elastic.is_none() && self.fleet.autoscale.is_none() && self.fleet.probes.is_none();
        let open = self.sources.iter().all(|source| matches!(source.arrivals, Arrivals::Open(_)));
        self.pool_configs().all(PoolConfig::is_fixed) && self.pooler.is_none() && all_open && fleet && open
    }

    /// Whether what a request does with its connection goes in phases, each of which depends on others or can be ended: shared
    /// cores, a lock, timeouts of the database.
    pub(crate) fn has_phases(&self) -> bool {
        let shares =
            self.databases().any(|database| database.law.is_some()) && self.classes().any(|q| q.cpu != Cpu::None);
        let locks = self.classes().any(|q| q.lock.value() > 0.0);
        // What the application does must be told apart to know how busy it is.
        let by_cpu = self.fleet.autoscale.is_some_and(|scale| matches!(scale.signal, Signal::Cpu { .. }));
        let ends_work = self.databases().any(Database::ends_work);
        shares || locks || ends_work || self.pooler.is_some() || by_cpu || self.database_restarts()
    }

    /// Whether a connection may be refused.
    pub(crate) fn may_refuse(&self) -> bool {
        let refuses = |database: &Database| {
            let full = database.limits.usable().is_some_and(|usable| usable < self.connections());
            full || database.connect_failure.value() > 0.0 || database.limits.connects.is_some()
        };
        self.databases().any(refuses) || self.has_fleet() || self.pooler.is_some() || self.database_restarts()
    }

    fn database_restarts(&self) -> bool {
        self.timeline.iter().any(|entry| matches!(entry.change, Change::RestartDatabase { .. }))
    }

    /// Whether it matters how many connections there are at the database, or what happens to it.
    pub(crate) fn has_server(&self) -> bool {
        let counts = |database: &Database| {
            let counted = database.law.is_some() || database.memory_per_connection.is_some();
            counted || database.limits != Limits::default()
        };
        self.databases().any(counts) || self.has_phases() || self.database_restarts()
    }

    /// Whether instances come and go, or are chosen otherwise than by chance.
    pub(crate) fn has_fleet(&self) -> bool {
        let moves = |entry: &Entry| match &entry.change {
            Change::Scale { .. } => true,
            Change::Set(Setting::Routing(routing)) => *routing != Routing::Random,
            change => change.rollout().is_some(),
        };
        self.timeline.iter().any(moves) || !self.fleet.is_static() || self.fleet.routing != Routing::Random
    }

    /// The database as it is one setting after another.
    pub(super) fn databases(&self) -> impl Iterator<Item = &Database> {
        let set = self.timeline.iter().filter_map(|entry| match &entry.change {
            Change::Set(Setting::Database(database)) => Some(database),
            _ => None,
        });
        core::iter::once(&self.database).chain(set)
    }

    /// The classes in all versions.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &Query> {
        self.queries.iter().chain(self.versions.iter().flat_map(|version| &version.queries))
    }

    /// Whether a version, counted from 1, changes what a class of requests does.
    #[inline]
    pub(crate) fn changes_class(&self, version: u32, class: u32) -> bool {
        version.checked_sub(1).is_some_and(|n| self.versions[n as usize].differs[class as usize])
    }

    /// What a class of requests does with a version, counted from 1; 0 is that of the start.
    pub(crate) fn query_of(&self, version: u32, class: u32) -> &Query {
        let queries = version.checked_sub(1).map_or(&self.queries, |n| &self.versions[n as usize].queries);
        &queries[class as usize]
    }

    /// What people are told by.
    pub fn alerts(&self) -> &[Alert] {
        &self.alerts
    }

    /// The largest limit that the first pool ever gets.
    pub(crate) fn largest_pool(&self) -> u32 {
        let grown = self.pool.autoscale.map(|autoscale| autoscale.most);
        let changed = self.timeline.iter().filter_map(|entry| entry.change.max_size());
        changed.chain(grown).fold(self.pool.max_size, u32::max)
    }

    /// Whether pools change while they run: their limits, or other settings.
    pub(crate) fn pools_change(&self) -> bool {
        let changes = |change: &Change| {
            matches!(change, Change::ResizePool { .. } | Change::FlushIdle | Change::Set(Setting::Pool { .. }))
        };
        self.pool_configs().any(|pool| pool.autoscale.is_some())
            || self.timeline.iter().any(|entry| changes(&entry.change))
    }

    /// The most instances that ever serve, those that a deploy adds for a while left out.
    pub(crate) fn most_instances(&self) -> u32 {
        let scaled = self.timeline.iter().filter_map(|entry| match entry.change {
            Change::Scale { count, .. } => Some(count),
            _ => None,
        });
        scaled.fold(self.fleet.most(self.instances), u32::max)
    }

    /// What queries do to each other, in words.
    fn database_words(&self) -> String {
        match self.database.law.filter(|_| self.queries.iter().any(|q| q.cpu != Cpu::None)) {
            None => {
                "holds do not depend on how many connections are busy: database.cores and query.cpu let them".to_owned()
            }
            Some(law) => {
                let cores =
                    if law.cores.is_finite() { format!("{} cores", law.cores) } else { "a database".to_owned() };
                let costs: Vec<String> =
                    [("contention", law.contention), ("coherency", law.coherency), ("overhead", law.overhead)]
                        .into_iter()
                        .filter(|(_, cost)| *cost > 0.0)
                        .map(|(name, cost)| format!("{name} {cost}"))
                        .collect();
                let costs = if costs.is_empty() { String::new() } else { format!(", with {}", costs.join(", ")) };
                format!("all running queries of the fleet share {cores} evenly{costs}")
            }
        }
    }

    /// How its pools serve and open, in words.
    fn pool_words(&self) -> String {
        let served = match self.pool.order {
            Order::Fifo => "first come, first served",
            Order::Lifo => "last come, first served",
            Order::Random => "in random order",
            Order::Barging => "first come, first served, unless a newcomer is faster",
        };
        let opened = match (&self.database.connect, self.pool.is_fixed()) {
            (_, true) => "all connections are open from the start".to_owned(),
            (None, false) => "connections open at once".to_owned(),
            (Some(connect), false) => format!("connections take {connect} to open"),
        };
        format!("waiters are served {served}; {opened}")
    }

    /// What runs and may surprise.
    pub fn cautions(&self) -> &Problems {
        &self.cautions
    }

    /// Whether the question is what happens over time, rather than what holds in the long run: something changes, connections
    /// leak, or an incident is followed.
    pub fn changes_over_time(&self) -> bool {
        let varies = self.fleet.autoscale.is_some() || self.fleet.elastic.is_some();
        varies
            || self.incident.is_some()
            || !self.sources.iter().all(|s| s.arrivals.is_stationary())
            || self.timeline.iter().any(|entry| entry.change != Change::Note)
            || self.queries.iter().any(|q| q.leak.value() > 0.0)
    }

    /// How long a run over time lasts: as written, or the catalogue's default.
    pub fn length(&self) -> Span {
        self.duration.unwrap_or_else(|| Span::parse(default_of("duration")).unwrap_or_default())
    }

    /// The same with another pool size.
    pub(crate) fn with_max_size(&self, max_size: u32) -> Self {
        let mut other = self.clone();
        other.pool = self.pool.resized(max_size);
        other
    }

    /// The same with so many times the traffic. Recorded arrivals stay what they were.
    pub(crate) fn with_traffic(&self, factor: f64) -> Self {
        let mut other = self.clone();
        for source in &mut other.sources {
            if let Some(scaled) = source.arrivals.scaled(factor) {
                source.arrivals = scaled;
            }
        }
        other
    }

    /// The same where every part of a request takes so many times as long.
    pub(crate) fn with_work(&self, factor: f64) -> Self {
        let mut other = self.clone();
        for query in &mut other.queries {
            query.hold = query.hold.scaled(factor);
            if let Cpu::Work(cpu) = &query.cpu {
                query.cpu = Cpu::Work(cpu.scaled(factor));
            }
            for part in [&mut query.app, &mut query.outside, &mut query.after, &mut query.between].into_iter().flatten()
            {
                *part = part.scaled(factor);
            }
        }
        other
    }

    /// The fleet at the peak rate, for ever, as the steady-state questions see it: all of it where its pools depend on each other, one
    /// instance where they do not.
    ///
    /// Requests that choose their instance at random make each instance's arrivals Poisson where the fleet's are; other arrivals
    /// are kept as they are for a fleet of one, and taken to be Poisson, with a caution, where they spread over several.
    pub(crate) fn at_peak(&self) -> Self {
        let mut one = self.clone();
        for (n, source) in one.sources.iter_mut().enumerate() {
            let arrivals = &self.sources[n].arrivals;
            if (self.instances == 1 || self.is_shared()) && arrivals.is_stationary() {
                continue;
            }
            let caution = if !arrivals.is_independent() && arrivals.is_stationary() {
                Some("the share of one instance is taken to come independently (Poisson): its bursts may be worse")
            } else if let Arrivals::Open(Open::Trace(_) | Open::Counts(_)) = arrivals {
                Some(
                    "recorded arrivals are taken to be Poisson at the rate of their busiest minute, with the holds of their \
                     class",
                )
            } else {
                None
            };
            if let Some(caution) = caution {
                one.cautions.caution("traffic", format!("{}: {caution}", source.name));
            }
            let instances = if self.is_shared() { f64::from(self.instances) } else { 1.0 };
            source.arrivals = Arrivals::constant(Rate::per_second(self.rate_of(&self.sources[n]) * instances));
        }
        if !self.is_shared() {
            one.instances = 1;
        }
        (one.fleet.autoscale, one.fleet.elastic) = (None, None);
        (one.fleet.users, one.incident) = (None, None);
        one.assertions.clear();
        one.timeline.clear();
        one.captions.clear();
        one.versions.clear();
        one.alerts.clear();
        for query in &mut one.queries {
            query.leak = Probability::default();
        }
        one
    }
}
