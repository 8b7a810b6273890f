//! A run as a scenario: what was done to it, and what the machine costs. Nothing of what came of it.

use super::costs::{Costs, Measured};
use super::manifest::Done;
use crate::reality::constants::micros;
use crate::reality::replay::{By, fixed_pool};
use crate::reality::traces::Product;
use crate::scenario_of;
use poolwise::scenario::Model;
use serde_json::{Value, json};

/// How long those who wait at the end are watched, in seconds.
pub const AFTER: f64 = 40.0;
/// Holds are asked for in whole milliseconds, the next greater: half of one more in the mean.
const ROUNDED: f64 = 500.0;
/// What a worker does with its first connection, and how long it thinks, in milliseconds.
const BETWEEN: f64 = 10.0;
const THINK: f64 = 30.0;
/// More clients of a pooler than there ever are.
const MANY: u32 = 3000;

fn seconds(time: f64) -> String {
    micros(time * 1e6)
}

fn traffic(run: &Done, late: f64) -> Value {
    if let Some(workers) = run.workers {
        let think = micros(THINK * 1e3 + late);
        return json!({ "clients": workers, "think": format!("deterministic({think})") });
    }
    let step = |(from, rate): &(f64, f64)| json!({ "at": seconds(*from), "rate": format!("{rate}/s") });
    let mut steps: Vec<Value> = run.steps.iter().map(step).collect();
    steps.push(json!({ "at": seconds(run.seconds), "rate": "0/s" }));
    let first = steps.remove(0);
    json!({ "rate": first["rate"], "steps": steps })
}

fn timeline(run: &Done) -> Vec<Value> {
    let mut list = Vec::new();
    if let Some((from, until, factor)) = run.slow {
        for (at, factor) in [(from, factor), (until, 1.0)] {
            list.push(json!({ "at": seconds(at), "change": "slow_query", "factor": factor }));
        }
    }
    if let Some((from, until)) = run.down {
        list.push(json!({ "at": seconds(from), "change": "restart_database", "lasts": seconds(until - from) }));
    }
    list
}

/// What a request does, `longer` than it was asked to, in microseconds.
fn query(run: &Done, measured: Measured, longer: f64) -> Value {
    let longer = format!("deterministic({})", micros(longer));
    if run.product == Product::PgBouncer {
        // The pooler's server is at work for all of it.
        return json!({ "work": run.hold, "app": longer });
    }
    let mut query = json!({ "hold": run.hold, "after": longer });
    if run.workers.is_some() {
        query["connections"] = 2.into();
        let between = BETWEEN * 1e3 + measured.overhead + ROUNDED;
        query["between"] = format!("exponential(mean={})", micros(between)).into();
    }
    if run.leak > 0.0 {
        query["leak"] = run.leak.into();
    }
    query
}

/// A pool as it was configured, and what is added to each hold, in microseconds.
fn pool(run: &Done, measured: Measured) -> (Value, f64) {
    let timeout = micros(run.timeout as f64 * 1e3 + measured.late);
    let (mut pool, added) = fixed_pool(run.product, run.size, &timeout, By::Preset, measured.cost(run.product));
    match run.product {
        // Its clients wait in the pooler and not before it.
        Product::PgBouncer => {
            let many = MANY.to_string();
            pool = json!({ "max_size": many, "min_idle": 0, "acquire_timeout": "none", "housekeeping": "none" });
        }
        // Its manager asks the socket whether it is open, which takes no time.
        Product::Deadpool => pool["validation"] = "1us".into(),
        // What follows from the timeout that was configured.
        Product::Bb8 | Product::R2d2 => pool["open_backoff_cap"] = micros(run.timeout as f64 * 1e3 / 2.0).into(),
        Product::Sqlx => pool["open_backoff_cap"] = micros(run.timeout as f64 * 1e3 / 5.0).into(),
        Product::HikariCp => unreachable!("it is not driven"),
    }
    // Where connections are refused none is opened before the first request, unless the pool does so by itself.
    if run.limit.is_some() && run.product != Product::R2d2 {
        pool["min_idle"] = 0.into();
    }
    (pool, added)
}

/// The scenario of a run, with the constants of its machine.
pub fn document(run: &Done, costs: &Costs) -> Value {
    let measured = costs.of(run.product);
    let (pool, added) = pool(run, measured);
    let connect = format!("deterministic({})", micros(costs.connect));
    let mut document = json!({
        "duration": seconds(run.seconds + AFTER), "traffic": traffic(run, measured.late),
        "query": [query(run, measured, measured.overhead + ROUNDED + added)], "pool": pool,
        "database": { "connect": connect },
    });
    if let Some(limit) = run.limit {
        document["database"]["max_connections"] = limit.into();
    }
    if run.product == Product::PgBouncer {
        // It is late because it looks for whoever waits three times a second, and so does the model.
        document["pooler"] = json!({
            "mode": "transaction", "default_pool_size": run.size, "max_client_conn": MANY,
            "query_wait_timeout": format!("{}ms", run.timeout),
        });
    }
    if let Some(backoff) = run.backoff {
        document["client"] = json!({ "retries": 3, "backoff": format!("{backoff}ms") });
        if backoff > 0 {
            document["client"]["jitter"] = "100%".into();
        }
    }
    if run.slow.is_some() || run.down.is_some() {
        document["timeline"] = timeline(run).into();
    }
    document
}

pub fn model(run: &Done, costs: &Costs) -> Model {
    scenario_of(document(run, costs))
}
