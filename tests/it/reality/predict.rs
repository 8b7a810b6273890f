//! The workload of a run is fitted, and runs of the same length are simulated: does the real one lie among them?

use super::constants::{Constants, micros};
use super::replay::{By, Ended, Waits, Watch, pool, recorded, waits};
use super::traces::{Attempt, End, Load, Run};
use crate::scenario_of;
use poolwise::engine;
use poolwise::random::Streams;
use poolwise::scenario::Model;
use poolwise::units::{SimTime, Span};
use serde_json::{Value, json};

/// A real run lies between the least and the most of so many others like it with probability 38 / 40.
pub const LIKE_IT: u32 = 39;
/// Waits are told apart from this on, in seconds: it is what the pools take to hand out a connection that is free, which no simulated
/// wait has.
pub const RESOLUTION: f64 = 0.0005;
/// A wait that never happens at ρ 0.5 unless something is wrong, in seconds.
const WRONG: f64 = 0.25;

/// How long those who wait at the end are watched, in seconds.
const AFTER: u64 = 40;

/// What is compared of a run; seconds, and a share.
#[derive(Clone, Copy)]
pub struct Seen {
    pub name: &'static str,
    pub value: f64,
}

/// The parts of a run in which requests come at one rate: from, until, in seconds.
fn parts(run: &Run) -> Vec<(u64, u64)> {
    match run.load {
        Load::Spike | Load::Retries(_) => vec![(0, 15), (15, 25), (25, run.seconds)],
        Load::Burst => vec![(0, 3), (3, 18), (18, 21), (21, 36), (36, 39)],
        _ => vec![(0, run.seconds)],
    }
}

/// `times` runs one after another, with a pause after each.
fn traffic(run: &Run, attempts: &[Attempt], times: u64) -> Value {
    let rate = |(from, until): (u64, u64)| {
        let asked = attempts.iter().filter(|a| !a.again && (from * 1_000_000..until * 1_000_000).contains(&a.at));
        format!("{}/s", asked.count() as f64 / (until - from) as f64)
    };
    let mut steps: Vec<Value> = Vec::new();
    for start in (0..times).map(|n| n * (run.seconds + AFTER)) {
        for part in parts(run) {
            steps.push(json!({ "at": format!("{}s", start + part.0), "rate": rate(part) }));
        }
        steps.push(json!({ "at": format!("{}s", start + run.seconds), "rate": "0/s" }));
    }
    let first = steps.remove(0);
    json!({ "rate": first["rate"], "steps": steps })
}

/// The recorded holds as a few percentiles, `added` microseconds longer.
fn holds(run: &Run, attempts: &[Attempt], added: f64) -> String {
    let slow = |a: &Attempt| run.load == Load::Slow && (14_900_000..37_000_000).contains(&a.granted());
    let mut all: Vec<u64> = attempts.iter().filter(|a| a.out == End::Served && !slow(a)).map(|a| a.hold).collect();
    all.sort_unstable();
    let at = |percent: f64| all[(percent / 100.0 * all.len() as f64) as usize] as f64;
    let mut last = 0.0;
    let mut text = Vec::new();
    for percent in [1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.9] {
        let hold = at(percent).max(last + 1.0);
        text.push(format!("p{percent}={}", micros(hold + added)));
        last = hold;
    }
    format!("percentiles({})", text.join(", "))
}

fn model(run: &Run, attempts: &[Attempt], constants: &Constants, times: u64) -> Model {
    let (pool, added) = pool(run, By::Preset, constants);
    let mut document = json!({
        "duration": format!("{}s", times * (run.seconds + AFTER)),
        "traffic": traffic(run, attempts, times),
        "query": [{ "name": "all", "hold": holds(run, attempts, added) }],
        "pool": pool,
        "database": { "connect": format!("deterministic({})", micros(constants.connect)) },
    });
    match run.load {
        Load::Retries(backoff) => {
            document["client"] = json!({ "retries": 3, "backoff": backoff });
            if backoff != "0s" {
                document["client"]["jitter"] = "100%".into();
            }
        }
        Load::Leak => document["query"][0]["leak"] = "0.5%".into(),
        Load::Slow => {
            let change = |start: u64, at: u64, factor: u32| json!({ "at": format!("{}s", start + at), "change": "slow_query", "factor": factor });
            let starts = (0..times).map(|n| n * (run.seconds + AFTER));
            let all: Vec<Value> = starts.flat_map(|start| [change(start, 15, 8), change(start, 35, 1)]).collect();
            document["timeline"] = all.into();
        }
        Load::Steady | Load::Spike | Load::Burst => {}
    }
    scenario_of(document)
}

/// What is seen of a run, real or not.
fn seen(run: &Run, ended: &[Ended], leaked: &[f64]) -> Vec<Seen> {
    let Waits { mean, p50, p95, p99, timed_out } = waits(ended.iter().copied());
    let mut list: Vec<(&'static str, f64)> =
        vec![("mean", mean), ("p50", p50), ("p95", p95), ("p99", p99), ("timed out", timed_out)];
    let trouble_ends = match run.load {
        Load::Spike | Load::Retries(_) => Some(25.0),
        Load::Slow => Some(35.0),
        _ => None,
    };
    if let Some(end) = trouble_ends {
        list.push(("recovery", recovery(ended, end)));
    }
    if run.load == Load::Leak {
        list.extend(exhaustion(run.size, ended, leaked));
    }
    list.into_iter().map(|(name, value)| Seen { name, value }).collect()
}

/// From the end of the trouble to the end of the last wait that something was wrong with.
pub fn recovery(ended: &[Ended], trouble_ends: f64) -> f64 {
    let wrong = ended.iter().filter(|a| a.wait > WRONG || !a.served);
    wrong.map(|a| a.asked + a.wait).fold(trouble_ends, f64::max) - trouble_ends
}

/// When a pool that leaks first let somebody down, and when nothing was left of it.
pub fn exhaustion(size: u32, ended: &[Ended], leaked: &[f64]) -> [(&'static str, f64); 2] {
    let first = ended.iter().filter(|a| !a.served).map(|a| a.asked + a.wait).fold(f64::INFINITY, f64::min);
    let all = if leaked.len() >= size as usize { leaked.iter().copied().fold(0.0, f64::max) } else { f64::INFINITY };
    [("first timeout", first), ("nothing left", all)]
}

/// A statistic of the real run, and the least and most of the simulated ones.
pub struct Held {
    pub name: &'static str,
    pub real: f64,
    pub low: f64,
    pub high: f64,
}

impl Held {
    /// Nothing is told by timeouts that never happen.
    pub fn counts(&self) -> bool {
        let may_be_nothing = matches!(self.name, "timed out" | "no connection" | "lost" | "gave up");
        !may_be_nothing || self.high > 0.0 || self.real > 0.0
    }

    pub fn is_within(&self) -> bool {
        let resolution = match self.name {
            "timed out" | "no connection" => 0.0005,
            "lost" | "served" | "gave up" => 0.0,
            _ => RESOLUTION,
        };
        self.real >= self.low - resolution && self.real <= self.high + resolution
    }
}

/// Each of the runs that are like it. Where nothing is left of one for the next they are simulated in one, which is quicker.
fn like_it(run: &Run, attempts: &[Attempt], constants: &Constants) -> Vec<Watch> {
    let (runs, times) = if run.load == Load::Leak { (LIKE_IT, 1) } else { (1, u64::from(LIKE_IT)) };
    let model = model(run, attempts, constants, times);
    let length = (run.seconds + AFTER) as f64;
    let mut list = Vec::new();
    for replication in 0..runs {
        let mut watch = Watch::default();
        let until = SimTime::ZERO + Span::from_seconds(times as f64 * length);
        engine::run(&model, Streams::new(1, replication), until, &mut watch);
        let mut parts: Vec<Watch> = (0..times).map(|_| Watch::default()).collect();
        parts[0].leaked = watch.leaked;
        for ended in watch.ended {
            let part = (ended.asked / length) as usize;
            parts[part].ended.push(Ended { asked: ended.asked - part as f64 * length, ..ended });
        }
        list.extend(parts);
    }
    list
}

/// What is seen of a real run, among what is seen of those that are like it.
pub fn among(real: Vec<Seen>, like_it: impl Iterator<Item = Vec<Seen>>) -> Vec<Held> {
    let mut list: Vec<Held> = (real.into_iter())
        .map(|s| Held { name: s.name, real: s.value, low: f64::INFINITY, high: f64::NEG_INFINITY })
        .collect();
    for one in like_it {
        for (held, found) in list.iter_mut().zip(one) {
            held.low = held.low.min(found.value);
            held.high = held.high.max(found.value);
        }
    }
    list
}

pub fn held(run: &Run, attempts: &[Attempt], constants: &Constants) -> Vec<Held> {
    let ended: Vec<Ended> = recorded(attempts).collect();
    let leaked: Vec<f64> = attempts.iter().filter(|a| a.out == End::Leaked).map(|a| a.granted() as f64 / 1e6).collect();
    let simulated = like_it(run, attempts, constants).into_iter();
    among(seen(run, &ended, &leaked), simulated.map(|watch| seen(run, &watch.ended, &watch.leaked)))
}
