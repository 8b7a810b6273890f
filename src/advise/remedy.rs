//! Where no size meets the objectives: what stands in the way, and what would help, each simulated.

use super::reach::smallest;
use crate::experiment::{Options, Progress};
use crate::plan::Search;
use crate::pooler::PoolerConfig;
use crate::problem::Problems;
use crate::scenario::{Model, POOL_MAX};
use serde::Serialize;

/// Shares of the work or traffic that are tried, the largest first.
const LESS: [f64; 18] =
    [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.1, 0.05];
/// Multiples of cores and of connections that are tried, the smallest first.
const MORE: [f64; 8] = [1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0];

/// Why no size helps, and what would.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Stuck {
    /// The resource that is the bottleneck: `database.cores`, `database.max_connections`, or `query.hold`.
    pub bottleneck: &'static str,
    /// In words.
    pub because: String,
    /// What was tried, in the order in which people should think of it.
    pub remedies: Vec<Remedy>,
}

/// Something else than the size that is changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Remedy {
    /// The least of it that helps, in words; or that it does not help.
    pub what: String,
    /// The smallest pool that meets the objectives then; absent when it does not help.
    pub max_size: Option<u32>,
}

/// What a remedy does to a model, for one step of it, with its words.
type Step = Box<dyn Fn(&Model) -> Model>;

/// Steps of one remedy, the smallest first, and what is said when none helps.
struct Ladder {
    steps: Vec<(String, Step)>,
    in_vain: &'static str,
}

pub(super) fn all(
    model: &Model,
    search: &Search,
    options: &Options,
    tell: impl Fn(Progress),
) -> Result<Stuck, Problems> {
    let peak = model.at_peak();
    let (bottleneck, because) = bottleneck(&peak, search);
    let ladders = ladders(&peak, bottleneck);
    let total = ladders.len() as u32;
    let mut remedies = Vec::new();
    for (ladder, n) in ladders.iter().zip(1..) {
        remedies.push(climb(&peak, ladder, options)?);
        tell(Progress { done: n, total, finished: n == total });
    }
    Ok(Stuck { bottleneck, because, remedies })
}

fn bottleneck(peak: &Model, search: &Search) -> (&'static str, String) {
    let (load, most) = (peak.offered_load(), search.most());
    if most < POOL_MAX && load >= f64::from(most) {
        let why = format!(
            "{most} for each of {} instances are all that the database lets in, and {load:.2} are busy on average",
            peak.instances()
        );
        return ("database.max_connections", why);
    }
    if let Some(why) = search.hopeless() {
        let resource = if peak.cpu_capacity().is_some() { "database.cores" } else { "query.hold" };
        return (resource, why.to_owned());
    }
    if search.most() < POOL_MAX {
        let why = format!(
            "{} connections for each of {} instances are all that there can be",
            search.most(),
            peak.instances()
        );
        return ("database.max_connections", why);
    }
    ("query.hold", "nobody waits for a connection any more: the work itself takes too long".to_owned())
}

/// What could help a model.
fn ladders(peak: &Model, bottleneck: &str) -> Vec<Ladder> {
    let percent = |share: f64| (100.0 * (1.0 - share)).round();
    let less = |what: &'static str, in_vain, change: fn(&Model, f64) -> Model| Ladder {
        steps: LESS
            .iter()
            .map(|&share| {
                (format!("{what} by {} %", percent(share)), Box::new(move |m: &Model| change(m, share)) as Step)
            })
            .collect(),
        in_vain,
    };
    let mut all = vec![less(
        "shorten the work of all requests",
        "shorter work alone does not help, down to a twentieth",
        Model::with_work,
    )];
    if peak.cpu_capacity().is_some() {
        let cores = peak.database.law.map_or(0.0, |law| law.cores);
        let step = |times: &f64| {
            let more = cores * times;
            let words = format!("{more} cores in place of {cores}");
            let change: Step = Box::new(move |m: &Model| {
                let mut other = m.clone();
                other.database.law = other.database.law.map(|law| crate::database::Law { cores: more, ..law });
                other
            });
            (words, change)
        };
        let steps = if cores.is_finite() { MORE.iter().map(step).collect() } else { Vec::new() };
        all.push(Ladder { steps, in_vain: "more cores alone do not help, up to sixteen times as many" });
    }
    if bottleneck == "database.max_connections" {
        all.extend(for_connections(peak));
    }
    all.push(less(
        "serve less: turn away or move traffic",
        "less traffic alone does not help, down to a twentieth",
        Model::with_traffic,
    ));
    all.retain(|ladder| !ladder.steps.is_empty());
    all
}

/// What helps where the database lets in too few.
fn for_connections(peak: &Model) -> Vec<Ladder> {
    let Some(usable) = peak.database.limits.usable() else { return Vec::new() };
    let mut all = Vec::new();
    let instances = peak.instances();
    let fewer: Vec<u32> = [2, 3, 4, 6, 8].iter().map(|by| instances / by).filter(|n| *n >= 1).collect();
    let step = |n: &u32| {
        let n = *n;
        let change: Step = Box::new(move |m: &Model| {
            let mut other = m.clone();
            other.instances = n;
            other
        });
        let plural = if n == 1 { "instance" } else { "instances" };
        (format!("{n} {plural} in place of {instances}, with a larger pool each"), change)
    };
    all.push(Ladder { steps: fewer.iter().map(step).collect(), in_vain: "fewer instances do not help" });
    if peak.pooler.is_none() {
        let change: Step = Box::new(move |m: &Model| {
            let mut other = m.clone();
            other.pooler = Some(PoolerConfig::of_size(usable));
            other
        });
        let words = format!("a pooler in transaction mode with {usable} server connections before the database");
        all.push(Ladder {
            steps: vec![(words, change)],
            in_vain: "a pooler in transaction mode does not help: transactions fill the database's connections, not idle sessions",
        });
    }
    let step = |times: &f64| {
        let more = (f64::from(usable) * times) as u32;
        let change: Step = Box::new(move |m: &Model| {
            let mut other = m.clone();
            other.database.limits.max_connections = Some(more + other.database.limits.reserved);
            other
        });
        (format!("{more} connections that the database lets in, in place of {usable}"), change)
    };
    all.push(Ladder { steps: MORE.iter().map(step).collect(), in_vain: "more connections alone do not help" });
    all
}

/// The smallest step that helps. Each helps more than the one before, so that halving finds it.
fn climb(peak: &Model, ladder: &Ladder, options: &Options) -> Result<Remedy, Problems> {
    let size_at = |n: usize| smallest(&ladder.steps[n].1(peak), options);
    let last = ladder.steps.len() - 1;
    let Some(mut size) = size_at(last)? else {
        return Ok(Remedy { what: ladder.in_vain.to_owned(), max_size: None });
    };
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = (low + high) / 2;
        match size_at(middle)? {
            Some(found) => (high, size) = (middle, found),
            None => low = middle + 1,
        }
    }
    Ok(Remedy { what: ladder.steps[high].0.clone(), max_size: Some(size) })
}
