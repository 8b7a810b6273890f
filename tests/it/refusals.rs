//! What pools do when the database refuses: presets side by side, storms, and poolers that are the limit themselves.

use crate::generated::hold_to;
use crate::model;
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::experiment::{Options, simulate};
use poolwise::pool::presets::PRESETS;
use poolwise::random::Streams;
use poolwise::scenario::{Model, Scenario};
use poolwise::units::{SimTime, Span};
use std::fmt::Write;

/// Second by second: requests that were lost, connections that were opened, and openings that were refused.
#[derive(Default)]
struct Seconds {
    lost: Vec<u64>,
    opened: Vec<u64>,
    refused: u64,
    most: u32,
}

impl Observer for Seconds {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, levels: &Levels) {
        let second = now.seconds() as usize;
        for all in [&mut self.lost, &mut self.opened] {
            all.resize(all.len().max(second + 1), 0);
        }
        self.lost[second] += u64::from(matches!(fact, Fact::Failed { lost: true, .. }));
        self.opened[second] += u64::from(fact == Fact::Opened);
        self.refused += u64::from(matches!(fact, Fact::ConnectRefused { .. }));
        self.most = self.most.max(levels.connected);
    }
}

fn watch(model: &Model, seed: u64, seconds: f64) -> Seconds {
    let mut watched = Seconds::default();
    engine::run(model, Streams::new(seed, 0), SimTime::ZERO + Span::from_seconds(seconds), &mut watched);
    watched
}

const DOWN: usize = 30;
const UP: usize = 35;
const END: usize = 180;

/// Four instances of a preset with ten connections each, and a database that is down for five seconds.
fn outage(preset: &str) -> Model {
    let document = serde_json::json!({
        "duration": format!("{END}s"),
        "traffic": { "rate": "200/s" },
        "query": [{ "hold": "exponential(mean=20ms)" }],
        "fleet": { "instances": 4 },
        "pool": { "preset": preset, "max_size": 10 },
        "database": { "connect": "deterministic(20ms)", "max_connections": 40 },
        "timeline": [{ "at": format!("{DOWN}s"), "change": "restart_database", "lasts": format!("{}s", UP - DOWN) }],
    });
    Scenario::read(document).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{preset}: {e}"))
}

#[test]
fn every_preset_meets_a_database_that_is_down_in_its_own_way() {
    let mut table = String::from(
        "| preset | lost while it is down | lost after | until none is lost | openings refused |\n|---|--:|--:|--:|--:|\n",
    );
    for preset in PRESETS {
        let seconds = watch(&outage(preset.name), 1, END as f64);
        let (down, after): (u64, u64) = (seconds.lost[DOWN..UP].iter().sum(), seconds.lost[UP..].iter().sum());
        let last = seconds.lost.iter().rposition(|lost| *lost > 0).map_or(0, |second| (second + 1).saturating_sub(UP));
        assert_eq!(seconds.lost[..DOWN].iter().sum::<u64>(), 0, "{}: nothing is lost before", preset.name);
        assert!(seconds.most <= 40, "{}: never more than the database lets in", preset.name);
        assert!(last < END - UP - 20, "{}: it works again", preset.name);
        writeln!(table, "| `{}` | {down} | {after} | {last} s | {} |", preset.name, seconds.refused).unwrap();
        // Whoever opens its own connection and does not try again fails at once, a thousand requests in five seconds.
        let says = |key: &str, value: &str| preset.settings.iter().any(|s| s.key == key && s.value == value);
        if says("growth", "caller") && !says("open_retries", "until_timeout") {
            assert!(down > 500, "{}: {down}", preset.name);
        }
    }
    hold_to("book/src/generated/refusals.md", &table);
}

/// A pool that waits for the database loses nobody in five seconds: its requests wait for thirty. Over several seeds.
#[test]
fn a_pool_that_opens_in_the_background_waits_out_a_short_outage() {
    for seed in 1..=3 {
        let seconds = watch(&outage("hikaricp-6.0.0"), seed, END as f64);
        // Those within a transaction at that moment are lost, and those who get a connection that nobody had checked.
        let lost: u64 = seconds.lost.iter().sum();
        assert!(lost < 60, "seed {seed}: {lost}");
        let retrying = watch(&outage("sqlx-0.8.6"), seed, END as f64);
        let lost: u64 = retrying.lost.iter().sum();
        assert!(lost < 60, "seed {seed}: who tries again until its timeout waits too, {lost}");
    }
}

/// Connections that were opened together are replaced together, unless chance spreads their ends.
#[test]
fn lifetimes_without_jitter_end_together() {
    for seed in 1..=3 {
        let most_at_once = |jitter: &str| {
            let model = model(&[
                ("traffic.rate", "400/s"),
                ("query.0.hold", "deterministic(10ms)"),
                ("fleet.instances", "10"),
                ("pool.max_size", "10"),
                ("pool.max_lifetime", "60s"),
                ("pool.lifetime_jitter", jitter),
                ("pool.housekeeping", "1s"),
                ("database.connect", "deterministic(20ms)"),
            ]);
            let opened = watch(&model, seed, 300.0).opened;
            // A housekeeper comes within a second of the end: two seconds hold all that end together.
            opened.windows(2).map(|pair| pair[0] + pair[1]).max().unwrap()
        };
        let (together, spread) = (most_at_once("0%"), most_at_once("50%"));
        assert!(together >= 90, "seed {seed}: {together} of a hundred within two seconds");
        assert!(spread < together / 2, "seed {seed}: {spread}");
    }
}

/// In session mode clients that do nothing keep servers that do nothing.
#[test]
fn a_pooler_in_session_mode_is_the_limit_itself() {
    for seed in 1..=3 {
        let failed = |mode: &str| {
            let model = model(&[
                ("traffic.rate", "200/s"),
                ("query.0.work", "deterministic(5ms)"),
                ("query.0.outside", "deterministic(45ms)"),
                ("fleet.instances", "10"),
                ("pool.max_size", "5"),
                ("pool.acquire_timeout", "1s"),
                ("pooler.mode", mode),
                ("pooler.default_pool_size", "8"),
                ("pooler.query_wait_timeout", "2s"),
                ("database.max_connections", "100"),
                ("duration", "2m"),
            ]);
            let options = Options { seed: Some(seed), replications: Some(2), ..Options::default() };
            let report = simulate(&model, &options).unwrap();
            let database = report.database.unwrap();
            assert!(database.most_connections.unwrap().mean <= 8.0, "seed {seed}, {mode}: the database is idle");
            report.impact.failed_requests.unwrap().mean
        };
        assert_eq!(failed("transaction"), 0.0, "seed {seed}");
        assert!(failed("session") > 0.2, "seed {seed}");
    }
}

/// Each user has servers of its own, and a client too many is refused.
#[test]
fn users_multiply_servers_and_clients_are_counted() {
    let document = |users: [&str; 2], clients: u32| {
        serde_json::json!({
            "traffic": [
                { "name": "web", "rate": "100/s" },
                { "name": "jobs", "rate": "100/s", "pool": "jobs" },
            ],
            "query": [{ "work": "deterministic(200ms)" }],
            "pool": [
                { "max_size": 30, "acquire_timeout": "1s", "user": users[0] },
                { "name": "jobs", "max_size": 30, "acquire_timeout": "1s", "user": users[1] },
            ],
            "pooler": { "mode": "transaction", "default_pool_size": 7, "max_client_conn": clients },
            "database": { "max_connections": 100 },
        })
    };
    let watched = |users, clients| {
        let model = Scenario::read(document(users, clients)).and_then(|s| s.check()).unwrap();
        watch(&model, 1, 20.0)
    };
    assert_eq!(watched(["app", "app"], 100).most, 7);
    assert_eq!(watched(["app", "jobs"], 100).most, 14);
    assert_eq!(watched(["app", "app"], 100).refused, 0);
    assert!(watched(["app", "app"], 50).refused >= 1, "sixty clients of fifty");
}

/// Forty connections asked of a database that lets in twenty-five, under a load that wants about twenty: whoever comes late gets
/// what is left, and no preset ever has more.
#[test]
fn every_preset_meets_a_database_that_is_full() {
    for preset in PRESETS {
        let document = serde_json::json!({
            "duration": "60s",
            "traffic": { "rate": "400/s" },
            "query": [{ "hold": "exponential(mean=50ms)" }],
            "fleet": { "instances": 4 },
            "pool": { "preset": preset.name, "max_size": 10 },
            "database": { "connect": "deterministic(20ms)", "max_connections": 28, "reserved": 3 },
        });
        let model = Scenario::read(document).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{}: {e}", preset.name));
        let seconds = watch(&model, 1, 60.0);
        assert_eq!(seconds.most, 25, "{}: all slots are taken, and no more", preset.name);
        assert!(seconds.refused > 0, "{}: somebody is refused", preset.name);
    }
}
