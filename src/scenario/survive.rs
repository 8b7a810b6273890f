//! Reading `[[survive]]`: what a pool is to survive besides its usual load.

use super::check::{Check, LIST_MAX, above_zero, count, factor};
use super::pool::choice;
use super::{QuerySection, SurviveSection, Traffic, Written};
use crate::problem::shown;
use crate::slo::Objective;
use crate::units::Span;
use serde::Serialize;

/// A case that makes sense.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// What people call it.
    pub name: String,
    /// What happens.
    pub what: Blow,
    /// How many times the traffic, or as long the work.
    pub factor: f64,
    /// For how long.
    pub lasts: Span,
    /// How many instances are missing.
    pub count: u32,
    /// The class that is slow; `None` is all.
    pub query: Option<String>,
    /// What is asked meanwhile; empty where nobody says.
    pub slo: Vec<Objective>,
    /// The scenario's own objectives hold again so long after it.
    pub recovered: Span,
}

/// What happens in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Blow {
    /// More traffic, for ever.
    Peak,
    /// More traffic for a while.
    Spike,
    /// Work takes longer for a while.
    SlowQuery,
    /// Instances are missing, and the others have their traffic.
    FewerInstances,
    /// All instances are replaced, one after another.
    Deploy,
}

impl Blow {
    const NAMES: [(&str, Self); 5] = [
        ("peak", Self::Peak),
        ("spike", Self::Spike),
        ("slow_query", Self::SlowQuery),
        ("fewer_instances", Self::FewerInstances),
        ("deploy", Self::Deploy),
    ];

    /// Whether it is over after a while.
    pub fn ends(self) -> bool {
        matches!(self, Self::Spike | Self::SlowQuery | Self::Deploy)
    }
}

impl Check {
    /// All cases; `instances` where that could be read.
    pub(super) fn cases(
        &mut self,
        list: &[SurviveSection],
        queries: &[QuerySection],
        traffic: &Traffic,
        instances: Option<u32>,
    ) -> Option<Vec<Case>> {
        if list.len() > LIST_MAX {
            self.problems.error("survive", format!("{} cases are more than the {LIST_MAX} that are read", list.len()));
            return None;
        }
        if traffic.sources().iter().all(|source| source.rate.is_none()) {
            let spike = |case: &SurviveSection| case.what.as_ref().is_some_and(|what| what.to_string() == "spike");
            for n in (0..list.len()).filter(|n| spike(&list[*n])) {
                let message =
                    "multiplies traffic.rate, which is not written: write the traffic as a rate, or ask for a peak";
                self.problems.error(format!("survive[{n}].what"), message);
            }
        }
        let all: Vec<_> = list.iter().enumerate().map(|(n, case)| self.case(n, case, queries, instances)).collect();
        all.into_iter().collect()
    }

    fn case(&mut self, n: usize, s: &SurviveSection, queries: &[QuerySection], instances: Option<u32>) -> Option<Case> {
        let path = |key: &str| format!("survive[{n}].{key}");
        let what = self.required(&path("what"), &s.what, |t| choice(t, &Blow::NAMES));
        let times = self.defaulted(&path("factor"), &s.factor, factor);
        let lasts = self.defaulted(&path("lasts"), &s.lasts, above_zero);
        let missing = self.defaulted(&path("count"), &s.count, |t| count(t, 1, 1_000_000));
        let recovered = self.defaulted(&path("recovered"), &s.recovered, Span::parse);
        let slo =
            s.slo.iter().enumerate().map(|(k, text)| {
                self.problems.keep(&format!("{}[{k}]", path("slo")), Objective::parse(&text.to_string()))
            });
        let slo: Vec<Option<Objective>> = slo.collect();
        let query = s.query.as_ref().map(Written::to_string);
        let known =
            |name: &str| queries.iter().any(|q| q.name.as_ref().map(Written::to_string).as_deref() == Some(name));
        if let Some(name) = query.as_deref().filter(|name| !known(name)) {
            self.problems.error(path("query"), format!("no query is called {}", shown(name)));
        }
        let what = what?;
        let takes_factor = matches!(what, Blow::Peak | Blow::Spike | Blow::SlowQuery);
        let unused = [
            ("factor", &s.factor, !takes_factor),
            ("lasts", &s.lasts, !what.ends()),
            ("recovered", &s.recovered, !what.ends()),
            ("count", &s.count, what != Blow::FewerInstances),
            ("query", &s.query, what != Blow::SlowQuery),
        ];
        for (key, written, _) in unused.into_iter().filter(|(.., unused)| *unused) {
            self.useless(&path(key), written, "it means nothing for this case");
        }
        if let (Blow::FewerInstances, Some(missing), Some(instances)) = (what, missing, instances)
            && missing >= instances.into()
        {
            let message = format!("{missing} of {instances} instances are missing: none would be left");
            self.problems.error(path("count"), message);
        }
        let word = Blow::NAMES.iter().find(|(_, blow)| *blow == what).map_or("", |(word, _)| word);
        Some(Case {
            name: s.name.as_ref().map_or_else(|| word.replace('_', " "), ToString::to_string),
            what,
            factor: times?,
            lasts: lasts?,
            count: u32::try_from(missing?).ok()?,
            query,
            slo: slo.into_iter().collect::<Option<_>>()?,
            recovered: recovered?,
        })
    }
}
