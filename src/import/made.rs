//! The one place that makes a scenario, with the origin of each number, of what was measured.

use super::little;
use super::measured::{Class, Flow, Given, Hold, Known, Measured, figure, time};
use crate::problem::Problems;
use crate::scenario::{
    FleetSection, Origin, PoolSection, Pools, ProvenanceSection, QuerySection, Scenario, Traffic, TrafficSection,
    Written,
};
use crate::workload::Distribution;

/// A scenario has no more pools.
const POOLS_MAX: usize = 100;
/// A curve whose mean is off by less is as good as its buckets.
const CURVE_OFF: f64 = 0.05;
/// The largest pool of a scenario.
const SIZE_MAX: f64 = 100_000.0;

/// What was read, and what could not be known.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// A scenario that can be checked.
    pub scenario: Scenario,
    /// What was used, what was left out and what can not be known: for the head of the file and for the terminal.
    pub notes: Vec<String>,
}

impl Measured {
    /// A scenario of all this and of what the user says beside.
    ///
    /// # Errors
    /// What is neither measured nor given: a rate, a hold. What a scenario can not have.
    pub fn scenario(mut self, given: &Given) -> Result<Imported, Problems> {
        self.keep_the_busiest();
        let checks: Vec<String> = self.checks();
        self.complete(given)?;
        let mut scenario = self.sections();
        scenario.provenance = self.provenance();
        let mut notes = Vec::new();
        let mut tell = |head: &str, lines: &[String]| notes.extend(lines.iter().map(|line| format!("{head}: {line}")));
        tell("used", &self.used);
        tell("left out", &self.left_out);
        tell("check", &checks);
        tell("not known", &self.unknown);
        tell("caution", &self.cautions);
        // What is written must be readable: the numbers of an export can be beyond what a scenario takes.
        scenario.check()?;
        Ok(Imported { scenario, notes })
    }

    /// The busiest pool first: it is the one that is sized.
    fn keep_the_busiest(&mut self) {
        let load = |flow: &Flow| {
            let offered = flow.rate.as_ref().map_or(0.0, |rate| rate.value) * flow.hold().unwrap_or(0.0);
            offered.max(flow.active.as_ref().map_or(0.0, |active| active.mean))
        };
        self.flows.sort_by(|a, b| load(b).total_cmp(&load(a)));
        if self.flows.len() > POOLS_MAX {
            self.left_out.push(format!("{} pools beyond the {POOLS_MAX} busiest", self.flows.len() - POOLS_MAX));
            self.flows.truncate(POOLS_MAX);
        }
    }

    fn checks(&self) -> Vec<String> {
        let several = self.flows.len() > 1;
        let of = |flow: &Flow| if several { format!("{}: ", flow.name) } else { String::new() };
        let mut found = Vec::new();
        for flow in &self.flows {
            found.extend(little::check(flow).map(|said| of(flow) + &said));
            found.extend(flow.curves().map(|said| of(flow) + &said));
            if let Some(wait) = flow.wait {
                let pending = flow.pending.map_or(String::new(), |n| format!(", and {} requests waited", figure(n)));
                found.push(format!(
                    "{}the mean wait was {}{pending}; `poolwise simulate` must come near it before its other numbers count",
                    of(flow),
                    time(wait)
                ));
            }
        }
        found
    }

    /// What the user says goes before what was measured; what is missing follows from the rest, if it does.
    fn complete(&mut self, given: &Given) -> Result<(), Problems> {
        let mut problems = Problems::default();
        self.override_with(given, &mut problems);
        let way_out = self.way_out.clone();
        let traced = self.trace.is_some();
        let several = self.flows.len() > 1;
        let (mut unknown, mut empty) = (Vec::new(), 0);
        self.flows.retain(|flow| {
            let nothing = several && flow.rate.as_ref().is_some_and(|rate| rate.value == 0.0);
            empty += usize::from(nothing);
            !nothing
        });
        if empty > 0 {
            self.left_out.push(format!("{empty} pools that nobody asked"));
        }
        for (n, flow) in self.flows.iter_mut().enumerate() {
            let place = if several { flow.name.clone() } else { String::new() };
            if let Err(why) = flow.complete(traced && n == 0, &way_out, &mut unknown) {
                problems.error(place, why);
            }
        }
        self.unknown.extend(unknown);
        if self.flows.is_empty() {
            problems.error("", "there is no pool with a request in it");
        }
        if problems.can_run() { Ok(()) } else { Err(problems) }
    }

    fn override_with(&mut self, given: &Given, problems: &mut Problems) {
        if let Some(rate) = given.rate {
            let total: f64 = self.flows.iter().filter_map(|flow| Some(flow.rate.as_ref()?.value)).sum();
            let several = self.flows.len() > 1;
            if self.trace.is_some() {
                problems.error("--rate", "the file has the arrivals themselves: leave it out");
            } else if several && total <= 0.0 {
                problems.error(
                    "--rate",
                    "there are several pools, and nothing says how they share it: import them one by one",
                );
            }
            for flow in &mut self.flows {
                let share = if several { flow.rate.as_ref().map_or(0.0, |own| own.value) / total } else { 1.0 };
                flow.rate = Some(Known::read(rate * share, "given by --rate"));
            }
        }
        if let Some(hold) = &given.hold {
            match (Distribution::parse(hold), self.flows.as_mut_slice()) {
                (Err(why), _) => problems.error("--hold", why),
                (Ok(read), [flow]) => {
                    let mean = Some(read.mean()).filter(|mean| mean.is_finite());
                    let class = Class { name: "all".into(), weight: 1, hold: Hold { text: hold.clone(), mean } };
                    flow.classes = Some(Known::read(vec![class], "given by --hold"));
                }
                (Ok(_), _) => {
                    problems.error("--hold", "there are several pools: change their query.hold in the scenario")
                }
            }
        }
    }

    fn sections(&self) -> Scenario {
        let single = self.flows.len() == 1;
        let named = |flow: &Flow| if single { None } else { Some(Written::from(flow.name.as_str())) };
        let source = |flow: &Flow| TrafficSection {
            name: named(flow),
            rate: flow.rate.as_ref().filter(|_| self.trace.is_none()).map(|rate| written_rate(rate.value).into()),
            trace: self.trace.clone(),
            query: named(flow),
            pool: named(flow),
            ..TrafficSection::default()
        };
        let pool = |flow: &Flow| PoolSection {
            name: named(flow),
            max_size: Some(Written::Whole(flow.max.as_ref().map_or(10, |max| max.value.clamp(1.0, SIZE_MAX) as i64))),
            ..PoolSection::default()
        };
        let class = |flow: &Flow, class: &Class| QuerySection {
            name: Some(named(flow).unwrap_or_else(|| class.name.as_str().into())),
            weight: Some(Written::Whole(i64::try_from(class.weight).unwrap_or(i64::MAX))),
            hold: Some(class.hold.text.as_str().into()),
            ..QuerySection::default()
        };
        let classes = |flow: &Flow| -> Vec<QuerySection> {
            flow.classes.iter().flat_map(|known| &known.value).map(|own| class(flow, own)).collect()
        };
        let sources: Vec<TrafficSection> = self.flows.iter().map(source).collect();
        let pools: Vec<PoolSection> = self.flows.iter().map(pool).collect();
        Scenario {
            name: Some(self.name.as_str().into()),
            traffic: if single {
                sources.into_iter().next().unwrap_or_default().into()
            } else {
                Traffic::Many(sources)
            },
            query: self.flows.iter().flat_map(classes).collect(),
            fleet: FleetSection {
                instances: self.instances.as_ref().map(|known| known.value.into()),
                ..FleetSection::default()
            },
            pool: if single { pools.into_iter().next().unwrap_or_default().into() } else { Pools::Many(pools) },
            slo: vec!["wait.p99 <= 50ms".into()],
            ..Scenario::default()
        }
    }

    fn provenance(&self) -> Vec<ProvenanceSection> {
        let single = self.flows.len() == 1;
        let mut list = vec![];
        let mut tell = |of: String, is: Origin, why: &str| {
            let is = match is {
                Origin::Document => "document",
                Origin::Assumed => "assumed",
                Origin::Derived => "derived",
            };
            let why = (!why.is_empty()).then(|| why.into());
            list.push(ProvenanceSection { of: Some(of.into()), is: Some(is.into()), why });
        };
        let at = |section: &str, n: usize| if single { section.to_owned() } else { format!("{section}[{n}]") };
        for (n, flow) in self.flows.iter().enumerate() {
            if self.trace.is_some() {
                tell("traffic.trace".into(), Origin::Document, "the arrivals themselves");
            } else if let Some(rate) = &flow.rate {
                tell(format!("{}.rate", at("traffic", n)), rate.is, &rate.why);
            }
            if let Some(known) = flow.classes.as_ref().filter(|known| !known.value.is_empty()) {
                tell(if single { "query".into() } else { format!("query[{n}]") }, known.is, &known.why);
            }
            match &flow.max {
                Some(max) => tell(format!("{}.max_size", at("pool", n)), max.is, &max.why),
                None => tell(format!("{}.max_size", at("pool", n)), Origin::Assumed, "the files do not say it"),
            }
        }
        if let Some(instances) = &self.instances {
            tell("fleet.instances".into(), instances.is, &instances.why);
        }
        tell("slo".into(), Origin::Assumed, "write what you promise");
        list
    }
}

impl Flow {
    /// What a curve through buckets or percentiles makes of the mean, where that was measured too.
    fn curves(&self) -> Option<String> {
        let measured = self.hold()?;
        let classes = &self.classes.as_ref()?.value;
        let total: f64 = classes.iter().map(|class| class.weight as f64).sum();
        let mean = |class: &Class| Some(class.weight as f64 * Distribution::parse(&class.hold.text).ok()?.mean());
        let curve = classes.iter().map(mean).sum::<Option<f64>>()? / total;
        let off = curve / measured - 1.0;
        (off.abs() > CURVE_OFF).then(|| {
            format!(
                "the curve of the holds has a mean of {}, {:+.0} % of the measured {}: what was measured is too coarse for it; {}",
                time(curve),
                off * 100.0,
                time(measured),
                if off > 0.0 { "sizes come out too large rather than too small" } else { "add buckets or a higher percentile" }
            )
        })
    }

    /// Rate, hold and busy connections: any two of them give the third.
    fn complete(&mut self, traced: bool, way_out: &str, unknown: &mut Vec<String>) -> Result<(), String> {
        let active = self.active.as_ref().map(|active| active.mean).filter(|mean| *mean > 0.0);
        let missing = |what: &str, option: &str| {
            let way_out = if way_out.is_empty() { String::new() } else { format!(" ({way_out})") };
            format!("the files do not say {what}: give {option}{way_out}")
        };
        if self.rate.is_none() && !traced {
            let (Some(active), Some(hold)) = (active, self.hold()) else {
                let both = self.classes.is_none();
                return Err(match both {
                    true => missing(
                        "the rate, nor how long connections are held",
                        "--rate and --hold, or one of them where busy connections are counted",
                    ),
                    false => {
                        missing("the rate", "--rate, e.g. --rate 200/s, or --observed, the time that the numbers cover")
                    }
                });
            };
            let why = format!("Little's law: {} busy connections over a mean hold of {}", figure(active), time(hold));
            self.rate = Some(Known::derived(active / hold, why));
        }
        let rate = self.rate.as_ref().map_or(0.0, |rate| rate.value);
        if rate <= 0.0 && !traced {
            return Err(
                "nothing was asked in the time that the numbers cover: take a busier hour, or give --rate".into()
            );
        }
        if self.classes.is_none() {
            let Some(active) = active.filter(|_| !traced) else {
                return Err(missing("how long connections are held", "--hold, e.g. --hold 'exponential(mean=20ms)'"));
            };
            let hold = active / rate;
            let class = Class { name: "all".into(), weight: 1, hold: Hold::of_mean(hold) };
            let why = format!(
                "Little's law: {} busy connections over {}/s; the shape is assumed",
                figure(active),
                figure(rate)
            );
            self.classes = Some(Known::derived(vec![class], why));
            unknown.push("the shape of the holds: an exponential of their mean stands in".into());
        }
        Ok(())
    }
}

/// As a scenario takes it: no more digits than anyone measures, and never an exponent.
fn written_rate(rate: f64) -> String {
    let digits = if rate >= 100.0 { 2 } else { 7 };
    format!("{rate:.digits$}/s")
}
