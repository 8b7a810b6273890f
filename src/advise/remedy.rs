//! Where no size meets the objectives: what stands in the way, and what would help, each simulated.

use super::reach::smallest;
use crate::experiment::Options;
use crate::plan::{CROWDED, Search};
use crate::pooler::PoolerConfig;
use crate::problem::Problems;
use crate::scenario::{Model, NamedPool, POOL_MAX};
use crate::theory;
use crate::units::Span;
use serde::Serialize;

/// Shares of the work or traffic that are tried, the largest first.
const LESS: [f64; 18] =
    [0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.1, 0.05];
/// Multiples of cores and of connections that are tried, the smallest first.
const MORE: [f64; 8] = [1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0];

/// What a pooler has too few of.
const SERVERS: &str = "pooler.default_pool_size";

/// Why no size helps, and what would.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Stuck {
    /// The bottleneck: `database.cores`, `database.max_connections`, `pooler.default_pool_size`, `pool.min_idle`,
    /// `pool.validation`, `database.statement_timeout`, `pool[].max_size` of another pool, or `query.hold`.
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
pub(super) struct Ladder {
    steps: Vec<(String, Step)>,
    in_vain: &'static str,
    /// What it was that stood in the way, if this helps.
    shows: Option<(&'static str, &'static str)>,
}

/// Of a model at its peak, the step of a ladder that helps first, with the smallest pool then.
pub(super) type Climbed = Option<(u32, u32)>;

impl Stuck {
    /// From the steps that help, one for each of [`ladders`].
    pub(super) fn of(peak: &Model, search: &Search, climbed: &[Climbed]) -> Self {
        let known = bottleneck(peak, search);
        let ladders = ladders(peak, known.as_ref().map(|(name, _)| *name));
        let helps = |(ladder, step): (&Ladder, &Climbed)| step.and(ladder.shows);
        let shown = ladders.iter().zip(climbed).find_map(helps);
        let remedy = |(ladder, step): (&Ladder, &Climbed)| match step {
            Some((step, size)) => Remedy { what: ladder.steps[*step as usize].0.clone(), max_size: Some(*size) },
            None => Remedy { what: ladder.in_vain.to_owned(), max_size: None },
        };
        let remedies = ladders.iter().zip(climbed).map(remedy).collect();
        let (bottleneck, because) = known.unwrap_or_else(|| {
            let work = match search.nobody_waited() {
                true => "nobody waits for a connection any more: the work itself takes too long",
                false => "a larger one changes nothing, for the work itself takes too long",
            };
            let (name, why) = shown.unwrap_or(("query.hold", work));
            (name, why.to_owned())
        });
        Self { bottleneck, because, remedies }
    }
}

/// The bottleneck, where it is known before anything is tried.
pub(super) fn bottleneck(peak: &Model, search: &Search) -> Option<(&'static str, String)> {
    let (load, most) = (peak.offered_load(), search.lets_in());
    if most < POOL_MAX && load >= f64::from(most) {
        let why = format!(
            "{most} for each of {} instances are all that the database lets in, and {load:.2} are busy on average",
            peak.instances()
        );
        return Some(("database.max_connections", why));
    }
    if let Some(why) = search.hopeless() {
        let resource = match peak.pooler_load() {
            Some((load, servers)) if load >= servers => SERVERS,
            _ if peak.cpu_capacity().is_some() => "database.cores",
            _ => "query.hold",
        };
        return Some((resource, why.to_owned()));
    }
    if search.ended_by_crowding() {
        let why = format!(
            "no pool of up to {} connections is enough, and with more {CROWDED} once all are busy",
            search.most()
        );
        return Some(("database.cores", why));
    }
    if search.ended_at_the_database() {
        let why = format!(
            "{} connections for each of {} instances are all that there can be",
            search.most(),
            peak.instances()
        );
        return Some(("database.max_connections", why));
    }
    None
}

/// What could help a model, and what would show the bottleneck where none is known.
pub(super) fn ladders(peak: &Model, bottleneck: Option<&str>) -> Vec<Ladder> {
    let percent = |share: f64| (100.0 * (1.0 - share)).round();
    let less = |what: &'static str, in_vain, change: fn(&Model, f64) -> Model| Ladder {
        steps: LESS
            .iter()
            .map(|&share| {
                (format!("{what} by {} %", percent(share)), Box::new(move |m: &Model| change(m, share)) as Step)
            })
            .collect(),
        in_vain,
        shows: None,
    };
    let mut all = Vec::new();
    if bottleneck.is_none() {
        all.extend(open_from_the_start(peak));
        all.extend(without(peak));
        all.extend(other_pools(peak));
    }
    if bottleneck.is_none_or(|name| name == SERVERS) {
        all.extend(more_servers(peak));
    }
    all.push(less(
        "shorten the work of all requests",
        "shorter work alone does not help, down to a twentieth",
        Model::with_work,
    ));
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
        all.push(Ladder { steps, in_vain: "more cores alone do not help, up to sixteen times as many", shows: None });
    }
    if bottleneck == Some("database.max_connections") {
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

/// What helps where requests find too few open connections, however many there may be.
fn open_from_the_start(peak: &Model) -> Option<Ladder> {
    let pool = &peak.pool;
    let opens = pool.min_idle < pool.max_size || pool.idle_timeout.is_some() || pool.max_idle.is_some();
    let change: Step = Box::new(|m: &Model| {
        let mut other = m.clone();
        let pool = &mut other.pool;
        (pool.min_idle, pool.max_idle, pool.idle_timeout) = (pool.max_size, None, None);
        other
    });
    let words = "keep every connection open: pool.min_idle as large as pool.max_size, and no pool.idle_timeout";
    (opens && pool.autoscale.is_none()).then(|| Ladder {
        steps: vec![(words.to_owned(), change)],
        in_vain: "to keep every connection open does not help",
        shows: Some((
            "pool.min_idle",
            "however many connections there may be, requests come when too few are open, and wait while more are opened",
        )),
    })
}

/// What helps where a setting takes the time, or ends the work, whatever the size of the pool.
fn without(peak: &Model) -> Vec<Ladder> {
    let ladder = |words: String, change: fn(&mut Model), in_vain, shows| Ladder {
        steps: vec![(
            words,
            Box::new(move |m: &Model| {
                let mut other = m.clone();
                change(&mut other);
                other
            }),
        )],
        in_vain,
        shows: Some(shows),
    };
    let mut all = Vec::new();
    if peak.pool.validation > Span::ZERO {
        all.push(ladder(
            format!("check connections less often than at each request: pool.validation is {}", peak.pool.validation),
            |m| m.pool.validation = Span::ZERO,
            "to check no connection before it is handed out does not help",
            ("pool.validation", "requests wait while their connection is checked, however many there are"),
        ));
    }
    if let Some(timeout) = peak.database.statement_timeout {
        all.push(ladder(
            format!("a longer database.statement_timeout than {timeout}"),
            |m| m.database.statement_timeout = None,
            "a longer database.statement_timeout does not help",
            (
                "database.statement_timeout",
                "it ends statements that are asked to succeed, whatever the size of the pool",
            ),
        ));
    }
    all
}

/// What helps where requests wait for another of an instance's pools.
fn other_pools(peak: &Model) -> Vec<Ladder> {
    let step = |place: usize, more: u32, words: String| {
        let change: Step = Box::new(move |m: &Model| {
            let mut other = m.clone();
            other.side_pools[place].config = m.side_pools[place].config.resized(more);
            other
        });
        (words, change)
    };
    let needed = theory::predict(peak).smallest.unwrap_or(1);
    let others: u32 = peak.side_pools.iter().map(|pool| pool.config.max_size).sum();
    let each = match (peak.database.limits.usable(), &peak.pooler) {
        (Some(usable), None) => usable / peak.instances(),
        _ => u32::MAX,
    };
    let of = |(place, pool): (usize, &NamedPool)| {
        let size = pool.config.max_size;
        // Every other pool keeps what it has, and the one that is sized what theory thinks it needs.
        let room = each.saturating_sub(others - size + needed).min(POOL_MAX);
        let sizes = MORE.iter().map(|times| (f64::from(size) * times).ceil() as u32).filter(|more| *more <= room);
        let words = |more: u32| format!("{more} connections in the pool \"{}\" in place of {size}", pool.name);
        Ladder {
            steps: sizes.map(|more| step(place, more, words(more))).collect(),
            in_vain: "more connections in another pool do not help, up to what the database lets in or sixteen times as many",
            shows: Some(("pool[].max_size", "requests wait for another of the pools, which is too small")),
        }
    };
    peak.side_pools.iter().enumerate().map(of).collect()
}

/// What helps where the pooler has too few servers.
fn more_servers(peak: &Model) -> Option<Ladder> {
    let pooler = peak.pooler.as_ref()?;
    let step = |times: &f64| {
        let enough = |few: u32| (f64::from(few) * times).ceil() as u32;
        let more = PoolerConfig {
            default_pool_size: enough(pooler.default_pool_size),
            max_db_connections: pooler.max_db_connections.map(enough),
            ..pooler.clone()
        };
        let words = format!(
            "{} server connections of the pooler in place of {}",
            more.default_pool_size, pooler.default_pool_size
        );
        let change: Step = Box::new(move |m: &Model| Model { pooler: Some(more.clone()), ..m.clone() });
        (words, change)
    };
    let usable = peak.database.limits.usable().unwrap_or(u32::MAX);
    let fits = |times: &&f64| (f64::from(pooler.default_pool_size) * **times).ceil() <= f64::from(usable);
    Some(Ladder {
        steps: MORE.iter().filter(fits).map(step).collect(),
        in_vain: "more server connections of the pooler do not help, up to what the database lets in or sixteen times as many",
        shows: Some((
            SERVERS,
            "requests have a connection of the pool, and wait for one of the pooler's to the database",
        )),
    })
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
    all.push(Ladder { steps: fewer.iter().map(step).collect(), in_vain: "fewer instances do not help", shows: None });
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
            shows: None,
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
    all.push(Ladder {
        steps: MORE.iter().map(step).collect(),
        in_vain: "more connections alone do not help",
        shows: None,
    });
    all
}

/// The smallest step that helps. Each helps more than the one before, so that halving finds it.
pub(super) fn climb(peak: &Model, ladder: &Ladder, options: &Options) -> Result<Climbed, Problems> {
    let size_at = |n: usize| smallest(&ladder.steps[n].1(peak), options);
    let last = ladder.steps.len() - 1;
    let Some(mut size) = size_at(last)? else { return Ok(None) };
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = (low + high) / 2;
        match size_at(middle)? {
            Some(found) => (high, size) = (middle, found),
            None => low = middle + 1,
        }
    }
    Ok(Some((high as u32, size)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    /// A pooler of ten servers before a database that lets in so many.
    fn pooled(rate: &str, limit: u32) -> Model {
        let document = serde_json::json!({
            "traffic": { "rate": rate },
            "query": [{ "hold": "exponential(mean=20ms)" }],
            "pooler": { "default_pool_size": 10 },
            "database": { "max_connections": limit },
        });
        Scenario::read(document).and_then(|s| s.check()).unwrap()
    }

    fn tried(limit: u32) -> Vec<String> {
        more_servers(&pooled("100/s", limit)).unwrap().steps.into_iter().map(|(words, _)| words).collect()
    }

    #[test]
    fn no_more_servers_are_tried_than_the_database_lets_in() {
        let servers = |n: u32| format!("{n} server connections of the pooler in place of 10");
        assert_eq!(tried(11), Vec::<String>::new());
        assert_eq!(tried(20), [13, 15, 20].map(servers));
        assert_eq!(tried(1000).last(), Some(&servers(160)));
    }

    #[test]
    fn too_few_servers_are_known_before_anything_is_tried() {
        let of = |rate| {
            let model = pooled(rate, 1000);
            bottleneck(&model, &Search::new(&model, &Options::default()).unwrap()).map(|(name, _)| name)
        };
        assert_eq!((of("490/s"), of("510/s")), (None, Some(SERVERS)));
        let ladders = ladders(&pooled("510/s", 1000), Some(SERVERS));
        assert_eq!(ladders[0].steps[0].0, "13 server connections of the pooler in place of 10");
    }
}
