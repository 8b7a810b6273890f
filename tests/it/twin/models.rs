//! Random models that the recursion applies to: several sources and classes of all kinds, instances, an acquire timeout.

use proptest::prelude::*;
use serde_json::{Value, json};
use std::ops::Range;

/// A hold or gap of any kind, with a mean about as long as told.
fn distributions(ms: Range<f64>) -> impl Strategy<Value = String> {
    (0..KINDS.len(), ms).prop_map(|(kind, ms)| KINDS[kind](ms))
}

const KINDS: [fn(f64) -> String; 12] = [
    |ms| format!("lognormal(mean={ms}ms, cv=2)"),
    |ms| format!("percentiles(p50={ms}ms, p99={}ms)", 4.0 * ms),
    |ms| format!("histogram({ms}ms=7, {}ms=9, inf=10)", 2.0 * ms),
    |ms| format!("samples({ms}ms, 1us, {}ms)", 2.0 * ms),
    |ms| format!("mixture(90%: exponential(mean={ms}ms), 10%: deterministic({}ms))", 3.0 * ms),
    |ms| format!("exponential(mean={ms}ms)"),
    |ms| format!("hyperexponential(mean={ms}ms, cv=3)"),
    |ms| format!("erlang(k=3, mean={ms}ms)"),
    |ms| format!("weibull(mean={ms}ms, cv=2)"),
    |ms| format!("pareto(min={}ms, alpha=2.5)", ms / 2.0),
    |ms| format!("uniform(0ms, {}ms)", 2.0 * ms),
    |ms| format!("deterministic({ms}ms)"),
];

/// One source of requests, as written.
fn traffic() -> impl Strategy<Value = Value> {
    prop_oneof![
        (100..900u32).prop_map(|rate| json!({ "rate": format!("{rate}/s") })),
        (100..500u32).prop_map(|rate| json!({
            "rate": format!("{rate}/s"),
            "steps": [{ "at": "1s", "rate": "50/s", "over": "500ms" }],
            "spikes": [{ "at": "2s", "lasts": "200ms", "factor": 3 }],
        })),
        distributions(1.5..10.0).prop_map(|gaps| json!({ "gaps": gaps })),
        (distributions(100.0..500.0), 300..900u32).prop_map(|(stay, rate)| json!({
            "states": [{ "rate": format!("{rate}/s"), "stay": stay.as_str() }, { "rate": "20/s", "stay": stay.as_str() }],
        })),
        (1..60u32, 0..50u32).prop_map(|(size, spread)| json!({
            "batch": { "size": size, "every": "90ms", "spread": format!("{spread}ms") },
        })),
    ]
}

/// Models that both engines can run.
pub fn plain_models() -> impl Strategy<Value = Value> {
    let query = (distributions(1.0..60.0), 1..5u32);
    let queries = prop::collection::vec(query, 1..4);
    let timeout = prop_oneof![Just("none".to_owned()), (0..200u32).prop_map(|ms| format!("{ms}ms"))];
    let pool = (1..5u32, 1..20u32, timeout);
    (prop::collection::vec(traffic(), 1..4), queries, pool).prop_map(
        |(mut traffic, queries, (instances, size, timeout))| {
            for (n, source) in traffic.iter_mut().enumerate() {
                source["name"] = json!(format!("source {n}"));
            }
            json!({
                "traffic": traffic,
                "query": queries.iter().enumerate().map(|(n, (hold, weight))| json!({
                    "name": format!("class {n}"), "hold": hold, "weight": weight,
                })).collect::<Vec<_>>(),
                "fleet": { "instances": instances },
                "pool": { "max_size": size, "acquire_timeout": timeout },
            })
        },
    )
}
