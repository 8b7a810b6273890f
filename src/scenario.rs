//! The scenario as a person writes it, and [`Scenario::check`], which makes a [`Model`] of it or says everything that is wrong.

use crate::catalogue::default_of;
use crate::pool::PoolConfig;
use crate::problem::{Problems, nearest, shown};
use crate::slo::Objective;
use crate::timeline::{self, Change, Entry};
use crate::units::{Probability, Rate, SimTime, Span};
use crate::workload::query::hold_moments;
use crate::workload::{Arrivals, Distribution, Query};
use core::fmt;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the scenario format and of the reports.
pub const SCHEMA_VERSION: u32 = 1;
/// The most requests that one replication may be expected to simulate.
const REQUESTS_MAX: f64 = 1e9;
/// The largest pool.
pub(crate) const POOL_MAX: u32 = 100_000;
/// The largest fleet.
const INSTANCES_MAX: u64 = 10_000;

/// A value as it was written: a text with a unit, or a plain number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(untagged)]
pub enum Written {
    /// A whole number.
    Whole(i64),
    /// A number with decimals.
    Number(f64),
    /// A text, usually with a unit.
    Text(String),
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(n) => write!(f, "{n}"),
            Self::Number(x) => write!(f, "{x}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl From<&str> for Written {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Written {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Written {
    fn from(n: u32) -> Self {
        Self::Whole(n.into())
    }
}

macro_rules! section {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $key:ident : $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
        #[serde(default)]
        pub struct $name { $($(#[$doc])* pub $key: $type),* }
    };
}

section! {
    /// A scenario as written. The catalogue ([`crate::catalogue::FIELDS`]) explains every key.
    ///
    /// ```
    /// use poolwise::scenario::{Scenario, QuerySection};
    /// let mut scenario = Scenario::default();
    /// scenario.traffic.rate = Some("800/s".into());
    /// scenario.query = vec![QuerySection { hold: Some("exponential(mean=20ms)".into()), ..Default::default() }];
    /// scenario.pool.max_size = Some(20.into());
    /// let model = scenario.check().unwrap();
    /// assert_eq!(model.offered_load(), 16.0);
    /// ```
    Scenario {
        /// The version of the format; this library reads version 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        schema_version: Option<Written>,
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// What it shows.
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<Written>,
        /// How long a run lasts.
        #[serde(skip_serializing_if = "Option::is_none")]
        duration: Option<Written>,
        /// When requests come.
        traffic: TrafficSection,
        /// What they are.
        query: Vec<QuerySection>,
        /// Where they go.
        fleet: FleetSection,
        /// What each instance has.
        pool: PoolSection,
        /// What happens during the run.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        timeline: Vec<TimelineSection>,
        /// What is asked of it.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        slo: Vec<Written>,
    }
}
section! {
    /// `[traffic]`
    TrafficSection {
        /// Requests per second over the fleet.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Written>,
        /// Changes of the rate.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        steps: Vec<StepSection>,
    }
}
section! {
    /// `[[traffic.steps]]`
    StepSection {
        /// From when on.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// The rate from then on.
        #[serde(skip_serializing_if = "Option::is_none")]
        rate: Option<Written>,
    }
}
section! {
    /// `[[query]]`
    QuerySection {
        /// What people call it.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<Written>,
        /// Its relative share of the requests.
        #[serde(skip_serializing_if = "Option::is_none")]
        weight: Option<Written>,
        /// How long it holds its connection.
        #[serde(skip_serializing_if = "Option::is_none")]
        hold: Option<Written>,
        /// The share that never returns it.
        #[serde(skip_serializing_if = "Option::is_none")]
        leak: Option<Written>,
    }
}
section! {
    /// `[fleet]`
    FleetSection {
        /// How many instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        instances: Option<Written>,
    }
}
section! {
    /// `[pool]`
    PoolSection {
        /// The most connections of one instance.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_size: Option<Written>,
        /// How long a request waits, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        acquire_timeout: Option<Written>,
        /// How many may wait, or `none`.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_waiters: Option<Written>,
    }
}
section! {
    /// `[[timeline]]`
    TimelineSection {
        /// When it begins.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<Written>,
        /// What it is: [`crate::timeline::KINDS`].
        #[serde(skip_serializing_if = "Option::is_none")]
        change: Option<Written>,
        /// The class whose holds grow.
        #[serde(skip_serializing_if = "Option::is_none")]
        query: Option<Written>,
        /// How many times as long.
        #[serde(skip_serializing_if = "Option::is_none")]
        factor: Option<Written>,
        /// The new limit of the pools.
        #[serde(skip_serializing_if = "Option::is_none")]
        max_size: Option<Written>,
        /// How long it takes to roll over all instances.
        #[serde(skip_serializing_if = "Option::is_none")]
        over: Option<Written>,
        /// What people saw or did.
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<Written>,
    }
}

/// A scenario that makes sense. Only [`Scenario::check`] makes one; nothing below it meets an input error.
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

    /// Mean hold in seconds and its squared coefficient of variation, over all classes.
    pub fn hold_shape(&self) -> (f64, f64) {
        let (mean, second) = hold_moments(&self.queries);
        (mean, (second / (mean * mean) - 1.0).max(0.0))
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

impl Scenario {
    /// Read a scenario from a document (parsed TOML or JSON, or a JavaScript object).
    ///
    /// # Errors
    /// Every unknown key, with the nearest known one, and every table, list or value that stands where another belongs.
    pub fn read(mut document: Value) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let shape = serde_json::to_value(Self::with_every_key()).unwrap_or_default();
        compare(&mut document, &shape, "", &mut problems);
        if !problems.can_run() {
            return Err(problems);
        }
        serde_json::from_value(document).map_err(|e| Problems::one("", e.to_string()))
    }

    /// A scenario in which every key stands: what [`Scenario::read`] knows, and what the catalogue must explain.
    pub fn with_every_key() -> Self {
        let any = || Some(Written::Whole(0));
        Self {
            schema_version: any(),
            name: any(),
            description: any(),
            duration: any(),
            traffic: TrafficSection { rate: any(), steps: vec![StepSection { at: any(), rate: any() }] },
            query: vec![QuerySection { name: any(), weight: any(), hold: any(), leak: any() }],
            fleet: FleetSection { instances: any() },
            pool: PoolSection { max_size: any(), acquire_timeout: any(), max_waiters: any() },
            timeline: vec![TimelineSection {
                at: any(),
                change: any(),
                query: any(),
                factor: any(),
                max_size: any(),
                over: any(),
                text: any(),
            }],
            slo: vec![Written::Whole(0)],
        }
    }

    /// Make a [`Model`], or say everything that is wrong.
    ///
    /// # Errors
    /// Every problem at once, each with its path, the value, what is allowed and the way out.
    pub fn check(&self) -> Result<Model, Problems> {
        Check { problems: Problems::default() }.scenario(self)
    }
}

/// Set a value in a document by its path: `pool.max_size`, `query[0].hold`, or `query.checkout.hold` by name. Tables that are
/// missing are made; an unknown key is found by [`Scenario::read`].
///
/// # Errors
/// When the path goes through a value, or names a list entry that is not there.
///
/// ```
/// let mut document = serde_json::json!({ "query": [{ "name": "checkout" }] });
/// poolwise::scenario::set(&mut document, "query.checkout.leak", "1%").unwrap();
/// poolwise::scenario::set(&mut document, "pool.max_size", "20").unwrap();
/// assert_eq!(document["query"][0]["leak"], "1%");
/// ```
pub fn set(document: &mut Value, path: &str, text: &str) -> Result<(), Problems> {
    let fail = |why: String| Err(Problems::one(path, why));
    let mut place = document;
    let normal = path.replace('[', ".").replace(']', "");
    for key in normal.split('.') {
        if key.is_empty() {
            return fail("a path is written as in \"pool.max_size\" or \"query[0].hold\"".into());
        }
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        place = match place {
            Value::Object(table) => table.entry(key).or_insert(Value::Null),
            Value::Array(list) => {
                let named = list.iter().position(|entry| entry["name"] == key);
                let count = list.len();
                match key.parse().ok().or(named).and_then(|n: usize| list.get_mut(n)) {
                    Some(entry) => entry,
                    None => return fail(format!("no entry {} in this list of {count} (counted from 0)", shown(key))),
                }
            }
            _ => return fail(format!("{} is a value and has nothing below it", shown(key))),
        };
    }
    *place = match text.parse::<i64>() {
        Ok(n) => n.into(),
        Err(_) => text.into(),
    };
    Ok(())
}

/// Hold a document to the shape of a scenario with every key; note what differs.
fn compare(found: &mut Value, shape: &Value, path: &str, problems: &mut Problems) {
    match (found, shape) {
        (Value::Object(table), Value::Object(known)) => {
            for (key, value) in table.iter_mut() {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match known.get(key) {
                    Some(inner) => compare(value, inner, &below, problems),
                    None => {
                        let names = known.keys().map(String::as_str);
                        let meant = nearest(key, names).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
                        let all = known.keys().cloned().collect::<Vec<_>>().join(", ");
                        problems.error(below, format!("unknown key{meant} (known here: {all})"));
                    }
                }
            }
        }
        (Value::Array(list), Value::Array(known)) => {
            for (n, value) in list.iter_mut().enumerate() {
                compare(value, &known[0], &format!("{path}[{n}]"), problems);
            }
        }
        (Value::Number(_) | Value::String(_), Value::Number(_)) => {}
        (found, shape) => {
            let word = |value: &Value| match value {
                Value::Object(_) => "a table",
                Value::Array(_) => "a list",
                Value::Number(_) => "a value",
                Value::String(_) => "a text",
                Value::Bool(_) => "true or false",
                Value::Null => "nothing",
            };
            let example = match path {
                "query" | "timeline" | "traffic.steps" => format!(": write [[{path}]]"),
                _ => String::new(),
            };
            problems.error(path, format!("expected {}, found {}{example}", word(shape), word(found)));
        }
    }
}

/// Collects the problems while it reads.
struct Check {
    problems: Problems,
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
        let arrivals = self.traffic(&s.traffic);
        let queries = self.queries(&s.query);
        let instances = self.defaulted("fleet.instances", &s.fleet.instances, |t| count(t, 1, INSTANCES_MAX));
        let pool = self.pool(&s.pool);
        let timeline = self.timeline(&s.timeline, &s.query, duration.unwrap_or_default());
        let slo = self.slo(&s.slo);
        let changes = !s.timeline.is_empty() || !s.traffic.steps.is_empty() || s.query.iter().any(|q| q.leak.is_some());
        if let (Some(arrivals), Some(duration), true) = (&arrivals, duration, written || changes) {
            let expected = arrivals.expected(SimTime::ZERO + duration);
            if expected > REQUESTS_MAX {
                let share = duration.scaled(REQUESTS_MAX / expected);
                self.problems.error(
                    "duration",
                    format!(
                        "{duration} at this rate is {expected:.1e} requests, and one run simulates at most {REQUESTS_MAX:.0e}: \
                         {:.0}s of it would do",
                        share.seconds().max(1.0)
                    ),
                );
            }
        }
        let (
            Some(duration),
            Some(arrivals),
            Some(queries),
            Some(instances),
            Some(pool),
            Some((timeline, captions)),
            Some(slo),
        ) = (duration, arrivals, queries, instances, pool, timeline, slo)
        else {
            return Err(self.problems);
        };
        if !self.problems.can_run() {
            return Err(self.problems);
        }
        Ok(Model {
            name: s.name.as_ref().map_or_else(|| default_of("name").into(), Written::to_string),
            duration: written.then_some(duration),
            arrivals,
            queries,
            instances: instances as u32,
            pool,
            timeline,
            captions,
            slo,
            cautions: self.problems,
        })
    }

    fn traffic(&mut self, t: &TrafficSection) -> Option<Arrivals> {
        let mut steps = vec![(SimTime::ZERO, self.required("traffic.rate", &t.rate, Rate::parse))];
        for (n, step) in t.steps.iter().enumerate() {
            let path = format!("traffic.steps[{n}]");
            let at = self.required(&format!("{path}.at"), &step.at, Span::parse);
            let rate = self.required(&format!("{path}.rate"), &step.rate, Rate::parse);
            let Some(at) = at.map(|at| SimTime::ZERO + at) else { continue };
            let before = steps.last().map_or(SimTime::ZERO, |s| s.0);
            if at <= before {
                let before = before.since(SimTime::ZERO);
                self.problems
                    .error(format!("{path}.at"), format!("must be later than the step before, which is at {before}"));
            }
            steps.push((at, rate));
        }
        let steps: Option<Vec<_>> = steps.into_iter().map(|(at, rate)| Some((at, rate?))).collect();
        let steps = steps?;
        if !steps.is_sorted_by(|a, b| a.0 < b.0) {
            return None;
        }
        if steps.iter().all(|s| s.1.as_per_second() == 0.0) {
            self.problems.error("traffic.rate", "is 0: nothing ever asks for a connection");
        }
        Some(Arrivals::new(steps))
    }

    fn queries(&mut self, list: &[QuerySection]) -> Option<Vec<Query>> {
        if list.is_empty() {
            self.problems
                .error("query", "at least one query class is needed: [[query]] with hold = \"exponential(mean=20ms)\"");
        }
        let mut queries = Vec::new();
        for (n, q) in list.iter().enumerate() {
            let path = |key: &str| format!("query[{n}].{key}");
            let hold = self.required(&path("hold"), &q.hold, Distribution::parse);
            let weight = self.defaulted(&path("weight"), &q.weight, weight);
            let leak = self.defaulted(&path("leak"), &q.leak, Probability::parse);
            for caution in hold.iter().flat_map(Distribution::cautions) {
                self.problems.caution(path("hold"), caution);
            }
            let name = name_of(q, n);
            if list[..n].iter().enumerate().any(|(before, other)| name_of(other, before) == name) {
                self.problems.error(path("name"), format!("{} is the name of an earlier class too", shown(&name)));
            }
            queries.push((|| Some(Query { name, weight: weight?, hold: hold?, leak: leak? }))());
        }
        if queries.iter().all(|q| q.as_ref().is_some_and(|q| q.weight == 0.0)) && !queries.is_empty() {
            self.problems.error("query", "all weights are 0: no class is ever chosen");
        }
        queries.into_iter().collect()
    }

    fn pool(&mut self, p: &PoolSection) -> Option<PoolConfig> {
        let max_size = self.defaulted("pool.max_size", &p.max_size, |t| count(t, 1, POOL_MAX.into()));
        let timeout = self.defaulted("pool.acquire_timeout", &p.acquire_timeout, |t| or_none(t, Span::parse));
        let waiters =
            self.defaulted("pool.max_waiters", &p.max_waiters, |t| or_none(t, |t| count(t, 0, u32::MAX.into())));
        Some(PoolConfig {
            max_size: max_size? as u32,
            acquire_timeout: timeout?,
            max_waiters: waiters?.map(|n| n as u32),
        })
    }

    fn timeline(
        &mut self,
        list: &[TimelineSection],
        queries: &[QuerySection],
        duration: Span,
    ) -> Option<(Vec<Entry>, Vec<String>)> {
        let mut entries = Vec::new();
        let mut before = Span::ZERO;
        for (n, entry) in list.iter().enumerate() {
            let path = format!("timeline[{n}]");
            let at = self.required(&format!("{path}.at"), &entry.at, Span::parse);
            let over = self.defaulted(&format!("{path}.over"), &entry.over, Span::parse);
            if let Some(at) = at {
                if at < before {
                    self.problems
                        .error(format!("{path}.at"), format!("{at} is earlier than the entry before, at {before}"));
                } else if at >= duration {
                    self.problems
                        .error(format!("{path}.at"), format!("{at} is not before the end of the run, at {duration}"));
                }
                before = before.max(at);
            }
            let change = self.change(&path, entry, queries);
            let caption = entry.text.as_ref().map(Written::to_string).unwrap_or_default();
            entries.push((|| Some((Entry { at: SimTime::ZERO + at?, over: over?, change: change? }, caption)))());
        }
        entries.into_iter().collect::<Option<Vec<_>>>().map(|list| list.into_iter().unzip())
    }

    fn change(&mut self, path: &str, entry: &TimelineSection, queries: &[QuerySection]) -> Option<Change> {
        let at = |key: &str| format!("{path}.{key}");
        let kind = self.required(&at("change"), &entry.change, |t| Ok(t.to_owned()))?;
        let takes: &[&str] = match kind.as_str() {
            "slow_query" => &["query", "factor", "over"],
            "rollback" => &["over"],
            "resize_pool" => &["max_size", "over"],
            "note" => &[],
            other => {
                let names = timeline::KINDS.iter().map(|k| k.name);
                let meant = nearest(other, names.clone()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
                let known = names.collect::<Vec<_>>().join(", ");
                self.problems.error(at("change"), format!("unknown change {}{meant} (known: {known})", shown(other)));
                return None;
            }
        };
        let given = [
            ("query", entry.query.is_some()),
            ("factor", entry.factor.is_some()),
            ("max_size", entry.max_size.is_some()),
            ("over", entry.over.is_some()),
        ];
        for (key, _) in given.into_iter().filter(|(key, is)| *is && !takes.contains(key)) {
            self.problems.error(at(key), format!("has no meaning for {kind}"));
        }
        match kind.as_str() {
            "slow_query" => {
                let query = self.optional(&at("query"), &entry.query, |t| class_named(t, queries));
                let factor = self.required(&at("factor"), &entry.factor, factor);
                if entry.query.is_some() && query.is_none() {
                    return None;
                }
                Some(Change::SlowQuery { query: query.flatten(), factor: factor? })
            }
            "rollback" => Some(Change::Rollback),
            "resize_pool" => {
                let max_size = self.required(&at("max_size"), &entry.max_size, |t| count(t, 1, POOL_MAX.into()))?;
                Some(Change::ResizePool { max_size: max_size as u32 })
            }
            _ => Some(Change::Note),
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

    fn optional<T>(
        &mut self,
        path: &str,
        text: &Option<Written>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        text.as_ref().and_then(|text| self.problems.keep(path, read(&text.to_string())))
    }

    fn required<T>(
        &mut self,
        path: &str,
        text: &Option<Written>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        if text.is_none() {
            let example = read("").err().map(|why| why.replace(", found nothing", "").replace(", found \"\"", ""));
            self.problems
                .error(path, format!("is missing; {}", example.unwrap_or_else(|| "it must be written".into())));
        }
        self.optional(path, text, read)
    }

    /// The default stands in the catalogue, under the path without its list numbers.
    fn defaulted<T>(
        &mut self,
        path: &str,
        text: &Option<Written>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        match text {
            Some(_) => self.optional(path, text, read),
            None => {
                let digits: &[_] = &['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
                self.problems.keep(path, read(default_of(&path.replace(digits, ""))))
            }
        }
    }
}

fn name_of(query: &QuerySection, place: usize) -> String {
    match &query.name {
        Some(name) => name.to_string(),
        None if place == 0 => default_of("query[].name").into(),
        None => format!("{} {}", default_of("query[].name"), place + 1),
    }
}

fn class_named(name: &str, queries: &[QuerySection]) -> Result<Option<usize>, String> {
    let names: Vec<String> = queries.iter().enumerate().map(|(n, q)| name_of(q, n)).collect();
    match names.iter().position(|known| known == name) {
        Some(n) => Ok(Some(n)),
        None if name == default_of("timeline[].query") => Ok(None),
        None => Err(format!("no query class is called {}; there are {} and all", shown(name), names.join(", "))),
    }
}

fn count(text: &str, least: u64, most: u64) -> Result<u64, String> {
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

fn factor(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if x > 0.0 && x <= 1e6 => Ok(x),
        _ => Err(format!("expected a number above 0 and at most 10^6, found {}", shown(text))),
    }
}

fn or_none<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    if text.trim() == "none" { Ok(None) } else { read(text).map(Some).map_err(|why| format!("{why} (or \"none\")")) }
}
