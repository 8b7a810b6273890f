//! What pools do when the database refuses: presets side by side, storms, and poolers that are the limit themselves.

use crate::generated::hold_to;
use crate::{model, scenario_of};
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::experiment::{Options, simulate};
use poolwise::pool::presets::{PRESETS, Preset};
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
        if fails_at_once(preset) {
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

/// When the last request had waited for too long, or was lost.
#[derive(Default)]
struct Trouble(f64);

impl Observer for Trouble {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, _: &Levels) {
        let in_trouble = match fact {
            Fact::Granted { wait } => wait > Span::from_seconds(0.25),
            Fact::Failed { lost, .. } => lost,
            _ => false,
        };
        if in_trouble {
            self.0 = (now - SimTime::ZERO).seconds();
        }
    }
}

/// The same load on more connections: after a restart of the database a larger fleet recovers later, whether each connection costs
/// processor time there or only so many are let in per second.
#[test]
fn a_larger_fleet_recovers_later() {
    let recovers = |[instances, size]: [u32; 2], limit: &serde_json::Value, seed: u64| {
        let mut document = serde_json::json!({
            "duration": "2m",
            "traffic": { "rate": "200/s" },
            "query": [{ "cpu": "exponential(mean=5ms)", "work": "exponential(mean=5ms)" }],
            "fleet": { "instances": instances },
            "pool": {
                "max_size": size, "acquire_timeout": "2s", "growth": "background", "validation": "1ms",
                "open_backoff": "100ms", "open_backoff_cap": "1s",
            },
            "database": { "cores": 4, "max_connections": 500, "connect": "deterministic(5ms)" },
            "timeline": [{ "at": format!("{DOWN}s"), "change": "restart_database", "lasts": format!("{}s", UP - DOWN) }],
        });
        for (key, value) in limit.as_object().unwrap() {
            document["database"][key] = value.clone();
        }
        let mut trouble = Trouble::default();
        let until = SimTime::ZERO + Span::from_seconds(120.0);
        engine::run(&scenario_of(document), Streams::new(seed, 0), until, &mut trouble);
        trouble.0 - UP as f64
    };
    let processor = serde_json::json!({ "connect_cpu": "deterministic(40ms)" });
    let gate = serde_json::json!({ "connects_per_second": "20/s", "connect_burst": 20 });
    for seed in 1..=3 {
        // Those 320 connections take 3.2 s of all four cores, and no query is quick before they are there.
        for (limit, least) in [(&processor, 3.2), (&gate, 0.0)] {
            let after = [[4, 5], [4, 20], [16, 20]].map(|fleet| recovers(fleet, limit, seed));
            assert!(after[0] > 0.0 && after[0] < after[1] && after[1] < after[2], "seed {seed}, {limit}: {after:?}");
            assert!(after[2] > least, "seed {seed}, {limit}: {after:?}");
        }
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

/// When each of four instances holds how many connections, what it answers, and what it loses.
#[derive(Default)]
struct Shares {
    /// For every instance: when it had one connection more, or one less.
    steps: [Vec<(f64, i32)>; INSTANCES],
    served: [u64; INSTANCES],
    lost: [u64; INSTANCES],
    refused: u64,
    most: u32,
}

const INSTANCES: usize = 4;
/// From when on things are counted, when the old instances are replaced, and when the run ends.
const SETTLED: f64 = 60.0;
const REPLACED: f64 = 120.0;

impl Observer for Shares {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        let at = (now - SimTime::ZERO).seconds();
        let instance = instance as usize;
        if at < REPLACED {
            self.most = self.most.max(levels.connected);
        }
        // Those that take their places show only how many connections the old ones had.
        if instance >= INSTANCES {
            return;
        }
        let counted = u64::from((SETTLED..REPLACED).contains(&at));
        match fact {
            Fact::Opened => self.steps[instance].push((at, 1)),
            Fact::Closed { .. } => self.steps[instance].push((at, -1)),
            Fact::Served { .. } => self.served[instance] += counted,
            Fact::Failed { lost: true, .. } => self.lost[instance] += counted,
            Fact::ConnectRefused { .. } => self.refused += counted,
            _ => {}
        }
    }
}

impl Shares {
    /// What each had before the first request. Nobody is told of those connections; but in the end every instance is gone, so
    /// whatever it closed and did not open was there at the start.
    fn first(&self) -> [i32; INSTANCES] {
        core::array::from_fn(|n| -self.steps[n].iter().map(|step| step.1).sum::<i32>())
    }

    /// How many each holds in the mean, once things have settled.
    fn held(&self) -> [f64; INSTANCES] {
        let first = self.first();
        core::array::from_fn(|n| {
            let span = |at: f64| REPLACED - at.clamp(SETTLED, REPLACED);
            let steps = self.steps[n].iter().map(|(at, step)| f64::from(*step) * span(*at)).sum::<f64>();
            f64::from(first[n]) + steps / (REPLACED - SETTLED)
        })
    }

    /// The share of its requests that each loses.
    fn lost(&self) -> [f64; INSTANCES] {
        core::array::from_fn(|n| self.lost[n] as f64 / (self.lost[n] + self.served[n]) as f64)
    }
}

/// Four instances of a preset ask for forty connections of a database that lets in twenty-five, under a load that keeps twenty
/// busy.
fn full(preset: &Preset, eager: bool, seed: u64) -> Shares {
    let mut pool = serde_json::json!({ "preset": preset.name, "max_size": 10, "acquire_timeout": "1s" });
    if eager {
        pool["min_idle"] = "max_size".into();
        if preset.settings.iter().any(|s| s.key == "max_idle") {
            pool["max_idle"] = 10.into();
        }
    }
    let document = serde_json::json!({
        "duration": "3m",
        "traffic": { "rate": "400/s" },
        "query": [{ "hold": "exponential(mean=50ms)" }],
        "fleet": { "instances": INSTANCES },
        "pool": pool,
        "database": { "connect": "deterministic(20ms)", "max_connections": 28, "reserved": 3 },
        "timeline": [{ "at": format!("{REPLACED}s"), "change": "deploy", "surge": 2, "drain": "10s" }],
    });
    let model = Scenario::read(document).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{}: {e}", preset.name));
    let mut shares = Shares::default();
    let until = SimTime::ZERO + Span::from_seconds(REPLACED + 30.0);
    engine::run(&model, Streams::new(seed, 0), until, &mut shares);
    shares
}

#[test]
fn every_preset_meets_a_database_that_is_full() {
    let mut table = String::from(
        "| preset | connections by instance | least lost | most lost | refused | all at the start: lost by the third | refused |\n|---|---|--:|--:|--:|--:|--:|\n",
    );
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let list = |held: [f64; INSTANCES]| {
        let each = held.map(|n| if n.fract() == 0.0 { n.to_string() } else { format!("{n:.1}") });
        each.join(" / ").replace(' ', "\u{a0}")
    };
    for preset in PRESETS {
        let name = preset.name;
        let mut poorest = std::collections::BTreeSet::new();
        for seed in 1..=3 {
            let (ships, eager) = (full(preset, false, seed), full(preset, true, seed));
            poorest.insert(as_it_ships(preset, &ships));
            opened_at_the_start(preset, &eager);
            for shares in [&ships, &eager] {
                assert_eq!(shares.most, 25, "{name}: all slots are taken, and no more");
                assert!(shares.refused > 0, "{name}: somebody is refused");
            }
            if seed == 1 {
                let (lost, five) = (ships.lost(), percent(eager.lost()[2]));
                let least = percent(lost.into_iter().fold(1.0, f64::min));
                let most = percent(lost.into_iter().fold(0.0, f64::max));
                let (held, refused, of_eager) = (list(ships.held()), ships.refused, eager.refused);
                writeln!(table, "| `{name}` | {held} | {least} | {most} | {refused} | {five} | {of_eager} |").unwrap();
            }
        }
        let by_order = says(preset, "min_idle", "max_size") || says(preset, "min_idle", "10");
        assert_eq!(poorest.len() == 1, by_order, "{name}: {poorest:?} is the poorest");
    }
    hold_to("book/src/generated/starves.md", &table);
}

fn says(preset: &Preset, key: &str, value: &str) -> bool {
    preset.settings.iter().any(|s| s.key == key && s.value == value)
}

/// Requests open connections and fail when that fails.
fn fails_at_once(preset: &Preset) -> bool {
    says(preset, "growth", "caller") && !says(preset, "open_retries", "until_timeout")
}

/// What is true of every pool that opens all its connections at the start.
fn opened_at_the_start(preset: &Preset, shares: &Shares) {
    let name = preset.name;
    assert_eq!(shares.first(), [10, 10, 5, 0], "{name}: whoever starts last gets what is left");
    assert_eq!(shares.held(), [10.0, 10.0, 5.0, 0.0], "{name}: and so it stays");
    let lost = shares.lost();
    assert_eq!(lost[..2], [0.0, 0.0], "{name}");
    assert!(lost[3] == 1.0, "{name}: nobody is served without a connection, {lost:?}");
    // Where nobody opens again what was refused, a request that finds all five busy is refused and gone: Erlang's loss formula for a
    // load of five on five, which is 28.5 %. Six thousand requests are within a standard deviation of 1 %: four of them.
    let opens_again = preset.settings.iter().any(|s| ["idle_timeout", "max_lifetime"].contains(&s.key));
    if fails_at_once(preset) && !opens_again {
        assert!((lost[2] - 0.285).abs() < 0.04, "{name}: {lost:?}");
    } else {
        assert!(lost[2] < 0.1, "{name}: the others wait for one of the five, {lost:?}");
    }
}

/// What is true of every pool with the minimum that it ships with; which instance has the fewest connections.
fn as_it_ships(preset: &Preset, shares: &Shares) -> usize {
    let (name, held, lost) = (preset.name, shares.held(), shares.lost());
    let all: f64 = held.iter().sum();
    let (least, most) = held.into_iter().fold((f64::MAX, 0.0f64), |(low, high), n| (low.min(n), high.max(n)));
    if says(preset, "max_idle", "2") || says(preset, "max_idle", "5") {
        // Connections come and go, and so does the luck.
        assert!(most - least < 1.0 && all < 25.0, "{name}: {held:?}");
        assert!(lost.iter().all(|share| (0.08..0.22).contains(share)), "{name}: all lose much the same, {lost:?}");
    } else {
        assert_eq!(all, 25.0, "{name}: {held:?}");
    }
    let best = lost.into_iter().fold(1.0, f64::min);
    let opens_first = shares.first() != [0; INSTANCES];
    if shares.first()[0] < 10 {
        assert!(least >= 2.0, "{name}: nobody is left without, {held:?}");
    }
    if fails_at_once(preset) && !opens_first {
        assert!(best > 0.04, "{name}: even the best-off refuses what it could have served a moment later, {lost:?}");
    } else {
        assert!(best < 0.02, "{name}: {lost:?}");
    }
    (0..INSTANCES).min_by(|a, b| held[*a].total_cmp(&held[*b])).unwrap()
}
