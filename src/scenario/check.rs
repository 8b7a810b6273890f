//! From what was written to what can be trusted: all problems at once.

use super::sections::{POOL, TRAFFIC};
use super::{Model, QuerySection, SCHEMA_VERSION, Scenario, Written};
use crate::catalogue::default_of;
use crate::problem::{MISSING, Problems, Severity, shown};
use crate::slo::Objective;
use crate::units::{Probability, Span};
use crate::workload::{Cpu, Distribution, Query};
use std::collections::BTreeSet;

/// The most query classes and the most entries of a timeline.
pub(super) const LIST_MAX: usize = 10_000;
/// The most instances times classes, and instances times entries.
const CELLS_MAX: usize = 5_000_000;
/// The most connections that one request may need at once.
const CONNECTIONS_MAX: u64 = 1000;
/// The largest fleet.
pub(super) const INSTANCES_MAX: u64 = 10_000;

impl Scenario {
    /// Make a [`Model`], or say everything that is wrong, with its variants too.
    ///
    /// # Errors
    /// Every problem at once, each with its path, the value, what is allowed and the way out.
    pub fn check(&self) -> Result<Model, Problems> {
        self.check_with(Severity::Caution).map(|(model, _)| model)
    }

    /// The same, whatever its variants are.
    pub(super) fn check_itself(&self) -> Result<Model, Problems> {
        Check::default().scenario(self)
    }
}

/// Collects the problems while it reads.
#[derive(Default)]
pub(super) struct Check {
    pub(super) problems: Problems,
}

impl Check {
    fn scenario(mut self, s: &Scenario) -> Result<Model, Problems> {
        let version = self.optional("schema_version", &s.schema_version, |t| count(t, 1, u32::MAX.into()));
        if version.is_some_and(|v| v > SCHEMA_VERSION.into()) {
            self.problems.error(
                "schema_version",
                format!("is newer than {SCHEMA_VERSION}, the version that this program reads"),
            );
        }
        let written = s.duration.is_some();
        let duration = self.defaulted("duration", &s.duration, Span::parse);
        if duration == Some(Span::ZERO) {
            self.problems.error("duration", "must be above 0");
        }
        let sources = self.traffic(&s.traffic, &s.query, &s.pool, duration);
        let chosen = s.traffic.sources().iter().any(|source| source.query.is_none());
        let queries = self.queries(&s.query, chosen);
        let fleet = self.fleet(&s.fleet);
        let pools = self.pools(&s.pool);
        let pooler = self.pooler(&s.pooler);
        let client = self.client(&s.client);
        let database = self.database(&s.database);
        let versions = self.versions(&s.version, &s.query, queries.is_some());
        let alerts = self.alerts(&s.alert);
        let timeline = self.timeline(s, duration);
        let slo = self.slo(&s.slo);
        let cases = self.cases(&s.survive, &s.query, &s.traffic, fleet.as_ref().map(|(instances, _)| *instances));
        let users = fleet.as_ref().map(|(_, fleet)| fleet.users.is_some());
        let incident = self.incident(s.incident.as_ref(), duration, users);
        let assertions = self.assertions(s, duration, incident.as_ref());
        let provenance = self.provenance(s);
        let (
            Some(duration),
            Some(sources),
            Some(queries),
            Some((instances, fleet)),
            Some(pools),
            Some(pooler),
            Some(client),
            Some(database),
            Some(versions),
            Some(alerts),
            Some((timeline, captions)),
            Some(slo),
            Some(cases),
            Some(incident),
            Some(assertions),
        ) = (
            duration, sources, queries, fleet, pools, pooler, client, database, versions, alerts, timeline, slo, cases,
            incident, assertions,
        )
        else {
            return Err(self.problems);
        };
        let most = fleet.most(instances);
        if most as usize * queries.len().max(timeline.len()) > CELLS_MAX {
            self.problems
                .error("fleet.instances", format!("{most} instances are too many for so many classes or entries"));
        }
        if !self.problems.can_run() {
            return Err(self.problems);
        }
        let mut pools = pools.into_iter();
        let Some(first) = pools.next() else { return Err(self.problems) };
        let mut model = Model {
            name: s.name.as_ref().map_or_else(|| default_of("name").into(), Written::to_string),
            duration: written.then_some(duration),
            sources,
            queries,
            instances,
            fleet,
            pool: first.config,
            pool_name: first.name,
            pool_user: first.user,
            side_pools: pools.collect(),
            pooler,
            client,
            database,
            versions,
            alerts,
            timeline,
            captions,
            slo,
            cases,
            incident,
            assertions,
            provenance,
            cautions: Problems::default(),
        };
        self.has_means(&model, &s.traffic);
        if self.problems.can_run() {
            self.instances_exist(&model);
            self.affordable(&model, &s.traffic);
            self.together(&model, s);
            self.arithmetic(&model);
            self.batches(&model, &s.traffic);
        }
        if !self.problems.can_run() {
            return Err(self.problems);
        }
        model.cautions = self.problems;
        Ok(model)
    }

    /// `chosen`: whether any request chooses its class by weight.
    fn queries(&mut self, list: &[QuerySection], chosen: bool) -> Option<Vec<Query>> {
        if list.is_empty() {
            self.problems
                .error("query", "at least one query class is needed: [[query]] with hold = \"exponential(mean=20ms)\"");
        }
        if list.len() > LIST_MAX {
            self.problems.error("query", format!("{} classes are more than the {LIST_MAX} that are read", list.len()));
            return None;
        }
        let mut names = BTreeSet::new();
        let mut queries = Vec::new();
        for (n, q) in list.iter().enumerate() {
            let name = name_of(q, n);
            if !names.insert(name.clone()) {
                self.problems
                    .error(format!("query[{n}].name"), format!("{} is the name of an earlier class too", shown(&name)));
            }
            queries.push(self.class(&|key| format!("query[{n}].{key}"), q, name));
        }
        let none = queries.iter().all(|q| q.as_ref().is_some_and(|q| q.weight == 0.0));
        if chosen && none && !queries.is_empty() {
            self.problems.error("query", "all weights are 0: no class is ever chosen");
        }
        queries.into_iter().collect()
    }

    /// One class of requests.
    pub(super) fn class(&mut self, path: &dyn Fn(&str) -> String, q: &QuerySection, name: String) -> Option<Query> {
        let parts = self.hold(path, q);
        let outside = self.part(&path("outside"), &q.outside);
        let after = self.part(&path("after"), &q.after);
        let between = self.part(&path("between"), &q.between);
        let connections = self.defaulted(&path("connections"), &q.connections, |t| count(t, 1, CONNECTIONS_MAX));
        if q.between.is_some() && connections == Some(1) {
            self.problems.error(path("between"), "has no meaning for a request that needs one connection");
        }
        let weight = self.defaulted(&path("weight"), &q.weight, weight);
        let leak = self.defaulted(&path("leak"), &q.leak, Probability::parse);
        let lock = self.defaulted(&path("lock"), &q.lock, Probability::parse);
        let (hold, cpu, app) = parts?;
        Some(Query {
            name,
            weight: weight?,
            hold,
            cpu,
            app,
            outside: outside?,
            after: after?,
            connections: connections? as u32,
            between: between?,
            leak: leak?,
            lock: lock?,
        })
    }

    /// The hold, whole or in its parts: what the database does without a processor and with one, and what the application does.
    fn hold(
        &mut self,
        path: &dyn Fn(&str) -> String,
        q: &QuerySection,
    ) -> Option<(Distribution, Cpu, Option<Distribution>)> {
        let apart = "is part of hold: write hold, or cpu, work and app apart";
        if q.hold.is_some() {
            for (key, _) in [("work", &q.work), ("app", &q.app)].into_iter().filter(|(_, part)| part.is_some()) {
                self.problems.error(path(key), apart);
            }
            let hold = self.required(&path("hold"), &q.hold, Distribution::parse);
            self.distribution_cautions(&path("hold"), hold.as_ref());
            let cpu = self.defaulted(&path("cpu"), &q.cpu, |t| or_none(t, cpu_share));
            let complete = q.work.is_none() && q.app.is_none();
            return Some((hold?, cpu?.map_or(Cpu::None, Cpu::ShareOfHold), None)).filter(|_| complete);
        }
        if q.work.is_none() && q.cpu.is_none() {
            self.required(&path("hold"), &q.hold, Distribution::parse);
            return None;
        }
        let work = match &q.work {
            None => Some(Distribution::Deterministic { value: 0.0 }),
            written => self.required(&path("work"), written, Distribution::parse),
        };
        self.distribution_cautions(&path("work"), work.as_ref());
        let cpu = self.defaulted(&path("cpu"), &q.cpu, |t| or_none(t, cpu_time));
        self.distribution_cautions(&path("cpu"), cpu.iter().flatten().next());
        let app = self.part(&path("app"), &q.app);
        Some((work?, cpu?.map_or(Cpu::None, Cpu::Work), app?))
    }

    /// A part of a hold that need not be there.
    pub(super) fn part(&mut self, path: &str, text: &Option<Written>) -> Option<Option<Distribution>> {
        let read = self.defaulted(path, text, |t| or_none(t, Distribution::parse));
        self.distribution_cautions(path, read.iter().flatten().next());
        read
    }

    fn distribution_cautions(&mut self, path: &str, read: Option<&Distribution>) {
        for caution in read.map(Distribution::cautions).unwrap_or_default() {
            self.problems.caution(path, caution);
        }
    }

    fn slo(&mut self, list: &[Written]) -> Option<Vec<Objective>> {
        if list.is_empty() {
            return Objective::parse(default_of("slo[]")).ok().map(|objective| vec![objective]);
        }
        let read = list.iter().enumerate();
        let all: Vec<_> = read
            .map(|(n, text)| self.problems.keep(&format!("slo[{n}]"), Objective::parse(&text.to_string())))
            .collect();
        all.into_iter().collect()
    }

    /// What is written, if it is.
    pub(super) fn optional<T>(
        &mut self,
        path: &str,
        text: &Option<Written>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.read(path, text.as_ref(), Absent::IsFine, &read)
    }

    /// What must be written.
    pub(super) fn required<T>(
        &mut self,
        path: &str,
        text: &Option<Written>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.read(path, text.as_ref(), Absent::IsWrong, &read)
    }

    /// What is written, else the default, which stands in the catalogue, under the path without its list numbers.
    pub(super) fn defaulted<T>(
        &mut self,
        path: &str,
        text: &Option<Written>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.read(path, text.as_ref(), Absent::HasDefault, &read)
    }

    /// One for all keys of a type: as many as there are keys would weigh a third of what a page loads.
    #[inline(never)]
    fn read<T>(
        &mut self,
        path: &str,
        text: Option<&Written>,
        absent: Absent,
        read: &dyn Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Some(text) = text else {
            match absent {
                Absent::IsFine => return None,
                Absent::HasDefault => return self.problems.keep(path, read(default_at(path))),
                Absent::IsWrong => self.missing(path, read("").err()),
            }
            return None;
        };
        let text = text.to_string();
        let read = read(&text).map_err(|why| with_hint(why, &text));
        self.problems.keep(path, read)
    }

    fn missing(&mut self, path: &str, example: Option<String>) {
        let example = example.map(|why| why.replace(", found nothing", "").replace(", found \"\"", ""));
        self.problems.error(path, format!("{MISSING}; {}", example.unwrap_or_else(|| "it must be written".into())));
    }
}

/// What a key is that is not written.
enum Absent {
    IsFine,
    IsWrong,
    HasDefault,
}

fn with_hint(why: String, text: &str) -> String {
    match text.contains("..") {
        true => format!("{why}; a range such as 10ms..20ms is for recommend, without --quick: write one value here"),
        false => why,
    }
}

fn default_at(path: &str) -> &'static str {
    let digits: &[_] = &['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
    let key = path.replace(digits, "").replace("traffic[]", TRAFFIC).replace("pool[]", POOL);
    // What a version does not say is as in the class.
    default_of(&key.replace("version[].query", "query"))
}

pub(super) fn name_of(query: &QuerySection, place: usize) -> String {
    match &query.name {
        Some(name) => name.to_string(),
        None if place == 0 => default_of("query[].name").into(),
        None => format!("{} {}", default_of("query[].name"), place + 1),
    }
}

pub(super) fn count(text: &str, least: u64, most: u64) -> Result<u64, String> {
    match text.trim().parse::<u64>() {
        Ok(n) if (least..=most).contains(&n) => Ok(n),
        _ => Err(format!("expected a whole number from {least} to {most}, found {}", shown(text))),
    }
}

fn weight(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if (0.0..=1e12).contains(&x) => Ok(x),
        _ => Err(format!("expected a number from 0 to 10^12, found {}", shown(text))),
    }
}

pub(super) fn factor(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if x > 0.0 && x <= 1e6 => Ok(x),
        _ => Err(format!("expected a number above 0 and at most 10^6, found {}", shown(text))),
    }
}

/// Processor time is a part of a hold that was measured.
fn cpu_share(text: &str) -> Result<Probability, String> {
    match Probability::parse(text) {
        Err(_) if Distribution::parse(text).is_ok() => {
            Err("is part of hold: write its share, such as 30%, or cpu, work and app apart".into())
        }
        read => read,
    }
}

/// Processor time by itself.
fn cpu_time(text: &str) -> Result<Distribution, String> {
    match Distribution::parse(text) {
        Err(_) if Probability::parse(text).is_ok() => {
            Err("is a share of hold, which is not written: write a distribution such as exponential(mean=4ms)".into())
        }
        read => read,
    }
}

pub(super) fn above_zero(text: &str) -> Result<Span, String> {
    match Span::parse(text)? {
        Span::ZERO => Err(format!("must be above 0, found {}", shown(text))),
        span => Ok(span),
    }
}

pub(super) fn or_none<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.trim() == "none" { Ok(None) } else { read(text).map(Some).map_err(|why| format!("{why} (or \"none\")")) }
}
