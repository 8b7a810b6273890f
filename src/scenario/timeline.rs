//! Reading `[[timeline]]`.

use super::check::{Check, INSTANCES_MAX, LIST_MAX, above_zero, count, factor, name_of};
use super::version::INITIAL;
use super::{Model, POOL_MAX, QuerySection, Scenario, TimelineSection, TrafficSection, Written, set};
use crate::catalogue::default_of;
use crate::fleet::Rollout;
use crate::order::places;
use crate::problem::{MISSING, nearest, shown};
use crate::timeline::{self, Begins, Change, Deploy, Entry, Setting};
use crate::units::{SimTime, Span};
use serde_json::Value;
use std::collections::BTreeSet;

/// The most entries that change a setting: for each the whole scenario is checked again.
const SETS_MAX: usize = 100;

/// What the entries of a timeline are read beside.
struct Beside<'a> {
    scenario: &'a Scenario,
    /// The scenario with what earlier entries have set.
    now: Value,
    /// Whether the scenario was sound before its timeline: else what is wrong there would be said again.
    sound: bool,
    sets: usize,
}

impl Check {
    /// All entries in order of time, those that wait for an alert at the end, with what stands beside each for readers.
    pub(super) fn timeline(&mut self, s: &Scenario, duration: Option<Span>) -> Option<(Vec<Entry>, Vec<String>)> {
        let list = &s.timeline;
        if list.len() > LIST_MAX {
            self.problems
                .error("timeline", format!("{} entries are more than the {LIST_MAX} that are read", list.len()));
            return None;
        }
        let sound = self.problems.can_run();
        let mut beside = Beside { scenario: s, now: without_time(s), sound, sets: 0 };
        let begins: Vec<Option<Begins>> =
            list.iter().enumerate().map(|(n, entry)| self.begins(n, entry, s, duration)).collect();
        // What is set later is set on top of what was set before.
        let moment = |n: usize| match begins[n] {
            Some(Begins::At(at)) => at,
            _ => SimTime::NEVER,
        };
        let mut entries = Vec::new();
        for n in places(list.len(), &|a, b| moment(a).cmp(&moment(b))) {
            let (path, entry) = (format!("timeline[{n}]"), &list[n]);
            let over = self.defaulted(&format!("{path}.over"), &entry.over, Span::parse);
            let only = self.optional(&format!("{path}.instances"), &entry.instances, instances);
            let change = self.change(&path, entry, &mut beside);
            let caption = caption(entry);
            let whole = entry.instances.is_none() || only.is_some();
            let only = only.unwrap_or_default();
            entries.push((|| {
                let entry = Entry { place: n, begins: begins[n]?, over: over?, only, change: change? };
                whole.then_some((entry, caption))
            })());
        }
        entries.into_iter().collect::<Option<Vec<_>>>().map(|list| list.into_iter().unzip())
    }

    fn begins(&mut self, n: usize, entry: &TimelineSection, s: &Scenario, duration: Option<Span>) -> Option<Begins> {
        let path = |key: &str| format!("timeline[{n}].{key}");
        if let Some(name) = &entry.name
            && s.timeline[..n].iter().any(|other| other.name.as_ref() == Some(name))
        {
            let message = format!("{} is the name of an earlier entry too", shown(&name.to_string()));
            self.problems.error(path("name"), message);
        }
        // So that a variant can wait for an alert in place of a moment, or the other way round.
        let written = |key: &Option<Written>| key.as_ref().is_some_and(|text| text.to_string() != "none");
        if !written(&entry.on) {
            self.useless(&path("after"), &entry.after, "it begins at a moment: set on to the name of an alert");
            let at = self.required(&path("at"), &entry.at, Span::parse)?;
            if let Some(duration) = duration.filter(|duration| at >= *duration) {
                self.problems.error(path("at"), format!("{at} is not before the end of the run, at {duration}"));
            }
            return Some(Begins::At(SimTime::ZERO + at));
        }
        if written(&entry.at) {
            self.problems.error(path("at"), "can not be together with on: a moment or an alert says when it begins");
        }
        let alerts: Vec<String> =
            s.alert.iter().map(|alert| alert.name.as_ref().map(Written::to_string).unwrap_or_default()).collect();
        let alert = self.optional(&path("on"), &entry.on, |text| {
            alerts.iter().position(|name| name == text).ok_or_else(|| {
                let meant = nearest(text, alerts.iter().map(String::as_str)).map(|m| format!("; did you mean {m}?"));
                let named = listed(&alerts);
                let known = if named.is_empty() { "there is none: write [[alert]]" } else { &named };
                format!("no alert is called {}{} (known: {known})", shown(text), meant.unwrap_or_default())
            })
        });
        let after = self.defaulted(&path("after"), &entry.after, Span::parse);
        Some(Begins::On { alert: alert?, after: after? })
    }

    fn change(&mut self, path: &str, entry: &TimelineSection, beside: &mut Beside) -> Option<Change> {
        let at = |key: &str| format!("{path}.{key}");
        let named = self.required(&at("change"), &entry.change, |t| Ok(t.to_owned()))?;
        let Some(kind) = timeline::KINDS.iter().find(|kind| kind.name == named) else {
            let names = timeline::KINDS.iter().map(|k| k.name);
            let meant = nearest(&named, names.clone()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
            let known = names.collect::<Vec<_>>().join(", ");
            self.problems.error(at("change"), format!("unknown change {}{meant} (known: {known})", shown(&named)));
            return None;
        };
        let given = [
            ("query", &entry.query),
            ("factor", &entry.factor),
            ("cpu_factor", &entry.cpu_factor),
            ("max_size", &entry.max_size),
            ("min_idle", &entry.min_idle),
            ("over", &entry.over),
            ("lasts", &entry.lasts),
            ("surge", &entry.surge),
            ("drain", &entry.drain),
            ("start", &entry.start),
            ("instances", &entry.instances),
            ("version", &entry.version),
            ("count", &entry.count),
            ("path", &entry.path),
            ("value", &entry.value),
        ];
        let takes: Vec<&str> = kind.takes.split(", ").collect();
        // So that a variant can make another change of an entry.
        let written = |is: &Option<Written>| is.as_ref().is_some_and(|text| text.to_string() != "none");
        for (key, _) in given.into_iter().filter(|(key, is)| written(is) && !takes.contains(key)) {
            self.problems.error(at(key), format!("has no meaning for {}", kind.name));
        }
        let queries = &beside.scenario.query;
        match kind.name {
            "slow_query" => {
                if entry.factor.is_none() && entry.cpu_factor.is_none() {
                    let message = format!(
                        "{MISSING}; factor says how many times as long everything takes, cpu_factor how much more processor time"
                    );
                    self.problems.error(at("factor"), message);
                    return None;
                }
                let (query, factor, cpu_factor) = self.slower(&at, entry, queries)?;
                Some(Change::SlowQuery { query, factor, cpu_factor })
            }
            "deploy" => self.deploy(&at, entry, beside.scenario).map(Change::Deploy),
            "rollback" => self.rollout(&at, entry).map(Change::Rollback),
            "restart_instances" => self.rollout(&at, entry).map(Change::RestartInstances),
            "scale" => {
                let to = self.required(&at("count"), &entry.count, |t| count(t, 1, INSTANCES_MAX));
                let start = self.defaulted(&at("start"), &entry.start, Span::parse);
                Some(Change::Scale { count: to? as u32, start: start? })
            }
            "resize_pool" => {
                let max_size = self.required(&at("max_size"), &entry.max_size, |t| count(t, 1, POOL_MAX.into()))?;
                Some(Change::ResizePool { max_size: max_size as u32 })
            }
            "flush_idle" => Some(Change::FlushIdle),
            "set" => self.setting(&at, entry, beside).map(Change::Set),
            "database_speed" => {
                let speed = self.required(&at("factor"), &entry.factor, speed);
                Some(Change::DatabaseSpeed { factor: speed? })
            }
            "restart_database" => {
                let lasts = self.required(&at("lasts"), &entry.lasts, above_zero);
                Some(Change::RestartDatabase { lasts: lasts? })
            }
            "restart_pooler" => {
                let lasts = self.required(&at("lasts"), &entry.lasts, above_zero);
                Some(Change::RestartPooler { lasts: lasts? })
            }
            "lock" => Some(Change::Lock { lasts: self.required(&at("lasts"), &entry.lasts, above_zero)? }),
            _ => Some(Change::Note),
        }
    }

    /// The class that becomes slower, or `None` for all, with the factors of all its work and of its processor time.
    fn slower(
        &mut self,
        at: &dyn Fn(&str) -> String,
        entry: &TimelineSection,
        queries: &[QuerySection],
    ) -> Option<(Option<usize>, f64, f64)> {
        let query = self.optional(&at("query"), &entry.query, |t| class_named(t, queries));
        let whole = self.defaulted(&at("factor"), &entry.factor, factor);
        let cpu = self.defaulted(&at("cpu_factor"), &entry.cpu_factor, factor);
        if entry.query.is_some() && query.is_none() {
            return None;
        }
        Some((query.flatten(), whole?, cpu?))
    }

    fn rollout(&mut self, at: &dyn Fn(&str) -> String, entry: &TimelineSection) -> Option<Rollout> {
        let over = self.defaulted(&at("over"), &entry.over, Span::parse);
        let surge = self.defaulted(&at("surge"), &entry.surge, Rollout::read_surge);
        let drain = self.defaulted(&at("drain"), &entry.drain, Span::parse);
        let start = self.defaulted(&at("start"), &entry.start, Span::parse);
        Some(Rollout { surge: surge?, over: over?, drain: drain?, start: start? })
    }

    fn deploy(&mut self, at: &dyn Fn(&str) -> String, entry: &TimelineSection, s: &Scenario) -> Option<Deploy> {
        let rollout = self.rollout(at, entry);
        let max_size = self.optional(&at("max_size"), &entry.max_size, |t| count(t, 1, POOL_MAX.into()));
        let min_idle = self.optional(&at("min_idle"), &entry.min_idle, |t| count(t, 0, POOL_MAX.into()));
        if let (Some(most), Some(least)) = (max_size, min_idle)
            && least > most
        {
            self.problems.error(at("min_idle"), format!("{least} is more than max_size, {most}"));
        }
        let version = self.optional(&at("version"), &entry.version, |text| {
            let names =
                s.version.iter().map(|version| version.name.as_ref().map(Written::to_string).unwrap_or_default());
            let known: Vec<String> = core::iter::once(INITIAL.to_owned()).chain(names).collect();
            known.iter().position(|name| name == text).ok_or_else(|| {
                let meant = nearest(text, known.iter().map(String::as_str)).map(|m| format!("; did you mean {m}?"));
                let meant = meant.unwrap_or_default();
                format!("no version is called {}{meant} (known: {})", shown(text), listed(&known))
            })
        });
        let slower = [&entry.query, &entry.factor, &entry.cpu_factor].into_iter().any(Option::is_some);
        let work = if slower { Some(self.slower(at, entry, &s.query)?) } else { None };
        if entry.version.is_some() && version.is_none() {
            return None;
        }
        Some(Deploy {
            rollout: rollout?,
            version: version.map(|n| n as u32),
            max_size: max_size.map(|n| n as u32),
            min_idle: min_idle.map(|n| n as u32),
            work,
        })
    }

    /// What a setting becomes: the whole scenario is checked with it, so that it means what it means there.
    fn setting(
        &mut self,
        at: &dyn Fn(&str) -> String,
        entry: &TimelineSection,
        beside: &mut Beside,
    ) -> Option<Setting> {
        let path = self.required(&at("path"), &entry.path, settable);
        let value = self.required(&at("value"), &entry.value, |text| Ok(text.to_owned()));
        let (path, value) = (path?, value?);
        beside.sets += 1;
        if beside.sets > SETS_MAX {
            self.problems.error(at("change"), format!("at most {SETS_MAX} entries change a setting"));
            return None;
        }
        if !beside.sound {
            return None;
        }
        let read = |document: &Value| Scenario::read(document.clone()).and_then(|scenario| scenario.check());
        let before = read(&beside.now);
        let mut document = beside.now.clone();
        let after = set(&mut document, &path, &value).and_then(|()| read(&document));
        match (before, after) {
            (Ok(before), Ok(after)) => {
                beside.now = document;
                let setting = what_differs(&path, &before, &after);
                if let Some(Setting::Pool { from, to, .. }) = &setting
                    && (from.order != to.order || from.autoscale != to.autoscale)
                {
                    let message = format!("{path} can not be set during a run: write it under [pool] from the start");
                    self.problems.error(at("path"), message);
                    return None;
                }
                if setting.is_none() {
                    self.problems.caution(at("value"), format!("{path} is {} already", shown(&value)));
                }
                // Nothing that differs is set to what it is.
                setting.or(Some(Setting::Client(after.client)))
            }
            (Err(problems), _) | (_, Err(problems)) => {
                for problem in problems.problems.into_iter().filter(|problem| problem.is_error()) {
                    let is_value = problem.path == path && !problem.message.starts_with("unknown key");
                    let (key, about) =
                        if is_value { ("value", String::new()) } else { ("path", format!("{}: ", problem.path)) };
                    self.problems.error(at(key), format!("{about}{}", problem.message));
                }
                None
            }
        }
    }

    /// Entries concern instances that there are, and no two replace one instance at the same time.
    pub(super) fn instances_exist(&mut self, model: &Model) {
        let most = model.most_instances();
        let mut replaced: Vec<(u32, SimTime, SimTime, usize)> = Vec::new();
        for entry in &model.timeline {
            let path = format!("timeline[{}]", entry.place);
            for position in entry.only.iter().filter(|position| **position >= most) {
                let message = format!(
                    "there is no instance {position}: there are {most}, 0 to {}; more come with fleet.instances or a scale",
                    most - 1
                );
                self.problems.error(format!("{path}.instances"), message);
            }
            if matches!(entry.change, Change::Scale { .. })
                && (model.fleet.autoscale.is_some() || model.fleet.elastic.is_some())
            {
                let message =
                    "has no meaning where fleet.autoscale or fleet.elastic decides how many instances there are";
                self.problems.error(format!("{path}.change"), message);
            }
            if matches!(entry.change, Change::RestartPooler { .. }) && model.pooler.is_none() {
                self.problems.error(format!("{path}.change"), "there is no pooler to restart: write [pooler]");
            }
            let Some(at) = entry.at() else { continue };
            let overlaps = |(position, span): (u32, core::ops::Range<Span>)| {
                let (begin, end) = (at + span.start, at + span.end);
                let other =
                    replaced.iter().find(|(p, from, until, _)| *p == position && *from <= end && begin <= *until);
                let found = other.map(|(.., until, place)| (position, *until, *place));
                (found, (position, begin, end, entry.place))
            };
            let (found, mine): (Vec<_>, Vec<_>) = entry.replaces(model.instances).into_iter().map(overlaps).unzip();
            if let Some((position, until, place)) = found.into_iter().flatten().next() {
                let message = format!(
                    "replaces instance {position} while timeline[{place}] does, until {}: let it begin later, or on other instances",
                    until.since(SimTime::ZERO)
                );
                self.problems.error(format!("{path}.at"), message);
            }
            replaced.extend(mine);
        }
    }
}

/// A scenario of which only what can be set is left, so that it can be checked again and again.
fn without_time(s: &Scenario) -> Value {
    let traffic = TrafficSection { rate: Some("1/s".into()), ..TrafficSection::default() };
    let still = Scenario {
        traffic: traffic.into(),
        query: s.query.clone(),
        fleet: super::FleetSection { autoscale: None, elastic: None, ..s.fleet.clone() },
        pool: s.pool.clone(),
        pooler: s.pooler.clone(),
        client: s.client.clone(),
        database: s.database.clone(),
        ..Scenario::default()
    };
    serde_json::to_value(still).unwrap_or_default()
}

/// What can be set while everything runs.
fn settable(path: &str) -> Result<String, String> {
    let path = path.trim();
    let fixed = [
        ("traffic", "write changes of the rate as traffic.steps or traffic.spikes"),
        ("query", "write what requests do later as a [[version]] that is deployed, or as slow_query"),
        ("fleet.instances", "write change = \"scale\""),
    ];
    let within = |head: &str| path == head || path.strip_prefix(head).is_some_and(|rest| rest.starts_with(['.', '[']));
    if let Some((_, instead)) = fixed.iter().find(|(head, _)| within(head)) {
        return Err(format!("{} can not be set during a run: {instead}", shown(path)));
    }
    if ["pool", "client", "database", "fleet.routing", "fleet.users"].iter().any(|head| within(head)) {
        return Ok(path.to_owned());
    }
    let example = if path.is_empty() { String::new() } else { format!(", found {}", shown(path)) };
    Err(format!(
        "expected a setting of pool, client or database, or fleet.routing, such as pool.acquire_timeout{example}"
    ))
}

/// The part in which two models differ that was set by this path.
fn what_differs(path: &str, before: &Model, after: &Model) -> Option<Setting> {
    if path.starts_with("pool") {
        let both = before.pool_configs().zip(after.pool_configs()).enumerate();
        let mut differ = both.filter(|(_, (from, to))| from != to);
        return differ.next().map(|(kind, (from, to))| Setting::Pool { kind, from: from.clone(), to: to.clone() });
    }
    if before.client != after.client {
        return Some(Setting::Client(after.client.clone()));
    }
    if before.database != after.database {
        return Some(Setting::Database(after.database.clone()));
    }
    (before.fleet.routing != after.fleet.routing).then_some(Setting::Routing(after.fleet.routing))
}

/// Each name once, in alphabetical order.
fn listed(names: &[String]) -> String {
    let mut named = BTreeSet::new();
    named.extend(names.iter().map(String::as_str).filter(|name| !name.is_empty()));
    named.into_iter().collect::<Vec<_>>().join(", ")
}

/// What stands beside an entry for readers, if anything is written.
fn caption(entry: &TimelineSection) -> String {
    match (&entry.text, &entry.path, &entry.value) {
        (Some(text), ..) => text.to_string(),
        (None, Some(path), Some(value)) => format!("{path} = {value}"),
        _ => String::new(),
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

/// How many times as fast as before; 0 is a standstill.
fn speed(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if (0.0..=1000.0).contains(&x) => Ok(x),
        _ => Err(format!("expected a number from 0 (a standstill) to 1000, found {}", shown(text))),
    }
}

/// Positions of instances such as `0-7, 9`, in order.
fn instances(text: &str) -> Result<Vec<u32>, String> {
    let wrong = |part: &str| {
        format!("expected positions from 0 to {} such as 0-7, 9, or all; found {}", INSTANCES_MAX - 1, shown(part))
    };
    if text.trim() == default_of("timeline[].instances") {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let read = |text: &str| count(text, 0, INSTANCES_MAX - 1).map_err(|_| wrong(part));
        let (first, last) = (read(first)?, read(last)?);
        if first > last {
            return Err(format!("{} runs backwards: write the smaller first", shown(part.trim())));
        }
        all.extend(first as u32..=last as u32);
    }
    all.sort_unstable();
    let count = all.len();
    all.dedup();
    if all.len() == count { Ok(all) } else { Err(format!("{} names an instance twice", shown(text))) }
}
