//! Keys whose value is one of a few words. A test holds them to what the readers of a scenario say that they expect.

use crate::alert::METRICS;
use crate::pool::presets::PRESETS;
use crate::timeline;

/// Keys with their words, as a scenario is read.
const WORDS: &[(&str, &[&str])] = &[
    ("fleet.routing", &["random", "round_robin", "least_pending", "sticky"]),
    ("fleet.start_order", &["in_turn", "together", "shuffled"]),
    ("fleet.autoscale.signal", &["cpu", "pending", "latency"]),
    ("fleet.probes.action", &["eject", "restart"]),
    ("pool.timeout_covers", &["wait", "all"]),
    ("pool.order", &["fifo", "lifo", "random", "barging"]),
    ("pool.idle_order", &["lifo", "fifo"]),
    ("pool.growth", &["caller", "background"]),
    ("pool.open_retries", &["never", "until_timeout"]),
    ("pool.idle_floor", &["keep", "refill"]),
    ("pool.leak_action", &["log", "reclaim"]),
    ("pooler.mode", &["session", "transaction", "statement"]),
    ("pooler.server_order", &["lifo", "fifo"]),
    ("alert[].of", &["fleet", "instance"]),
    ("survive[].what", &["peak", "spike", "slow_query", "fewer_instances", "deploy"]),
    ("incident.read_as", &["failed_requests", "users_mostly_down", "users_any_failure", "slow_requests"]),
    ("provenance[].is", &["document", "assumed", "derived"]),
];

/// The words that a key takes; `None` where it takes other values.
///
/// ```
/// use poolwise::schema::choices;
/// assert!(choices("pool.order").unwrap().contains(&"fifo"));
/// assert!(choices("pool.max_size").is_none());
/// ```
pub fn choices(path: &str) -> Option<Vec<&'static str>> {
    match path {
        "pool.preset" => Some(PRESETS.iter().map(|preset| preset.name).chain(["none"]).collect()),
        "timeline[].change" => Some(timeline::KINDS.iter().map(|kind| kind.name).collect()),
        "alert[].metric" => Some(METRICS.iter().map(|(_, kind)| kind.name).collect()),
        _ => WORDS.iter().find(|(key, _)| *key == path).map(|(_, words)| words.to_vec()),
    }
}
