//! The database in cases small enough to be counted by hand, and what is said of them.

use crate::model;
use poolwise::database::Refusal;
use poolwise::engine::{self, Cut, Fact, Levels, Observer};
use poolwise::experiment::{Options, simulate};
use poolwise::pool::Closed;
use poolwise::random::Streams;
use poolwise::record::{Outcome, Recorder, Window};
use poolwise::report::Report;
use poolwise::scenario::{Model, Scenario};
use poolwise::units::{SimTime, Span};
use serde_json::{Value, json};

/// All that is told of a run, in order.
#[derive(Default)]
struct Log(Vec<(SimTime, u32, Fact, Levels)>);

impl Observer for Log {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        self.0.push((now, instance, fact, *levels));
    }
}

impl Log {
    /// When something was told, in milliseconds.
    fn moments(&self, is: impl Fn(Fact) -> bool) -> Vec<u64> {
        self.0.iter().filter(|(.., fact, _)| is(*fact)).map(|(now, ..)| now.nanos() / 1_000_000).collect()
    }

    fn served(&self) -> Vec<u64> {
        self.moments(|fact| matches!(fact, Fact::Served { .. }))
    }

    fn failed(&self) -> Vec<u64> {
        self.moments(|fact| matches!(fact, Fact::Failed { .. }))
    }

    fn cut(&self, by: Cut) -> Vec<u64> {
        self.moments(|fact| fact == Fact::Cut { why: by })
    }

    fn closed(&self) -> Vec<(u64, Closed)> {
        let closed = |(now, _, fact, _): &(SimTime, u32, Fact, Levels)| match fact {
            Fact::Closed { reason } => Some((now.nanos() / 1_000_000, *reason)),
            _ => None,
        };
        self.0.iter().filter_map(closed).collect()
    }

    fn refused(&self, by: Refusal) -> Vec<u64> {
        self.moments(|fact| fact == Fact::ConnectRefused { why: by })
    }

    fn last(&self) -> Levels {
        self.0.last().unwrap().3
    }
}

fn ms(milliseconds: u64) -> SimTime {
    SimTime::from_nanos(milliseconds * 1_000_000)
}

/// Requests that come at given moments, to an instance with a pool and a database.
fn scenario(at: &[&str], query: Value, pool: Value, database: Value) -> Value {
    json!({
        "duration": "10s", "traffic": { "trace": { "at": at } }, "query": [query], "pool": pool, "database": database,
    })
}

fn read(scenario: Value) -> Model {
    Scenario::read(scenario).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{e}"))
}

fn log(model: &Model) -> Log {
    let mut log = Log::default();
    engine::run(model, Streams::new(1, 0), ms(10_000), &mut log);
    log
}

fn report(model: &Model) -> Report {
    simulate(model, &Options { seed: Some(1), replications: Some(2), ..Options::default() }).unwrap()
}

fn outcome(model: &Model, from: u64, until: u64) -> Outcome {
    let window = Window { from: ms(from), until: ms(until), series: false };
    let mut recorder = Recorder::new(window, model);
    engine::run(model, Streams::new(1, 0), window.until, &mut recorder);
    recorder.finish()
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-6, "{found} for {wanted}");
}

/// Four connections less a reserved one: the first instance fills its pool, the second is refused and gets none.
#[test]
fn no_more_connect_than_the_database_lets_in() {
    for growth in ["background", "caller"] {
        let model = model(&[
            ("duration", "10s"),
            ("traffic.batch.size", "1"),
            ("traffic.batch.every", "1s"),
            ("query.0.hold", "deterministic(10ms)"),
            ("fleet.instances", "2"),
            ("pool.max_size", "3"),
            ("pool.growth", growth),
            ("database.max_connections", "4"),
            ("database.reserved", "1"),
        ]);
        let log = log(&model);
        assert!(log.0.iter().all(|(.., levels)| levels.connected <= 3), "{growth}");
        assert_eq!((log.last().connected, log.last().total), (3, 3), "{growth}");
        assert_eq!(log.refused(Refusal::Full)[0], 0, "{growth}");
        assert!(log.0.iter().all(|(_, n, fact, _)| !matches!(fact, Fact::ConnectRefused { .. }) || *n == 1));
        let database = report(&model).database.unwrap();
        assert_eq!(database.usable, Some(3));
        assert_eq!(database.most_connections.unwrap().mean, 3.0);
        assert_eq!(database.connect_refused, database.refusals.full);
        assert!(database.connect_refused.unwrap().mean >= 1.0);
    }
}

/// Three connections of six, one after the other: as many are refused as there is no room for.
#[test]
fn each_that_finds_no_room_is_refused() {
    let pool = json!({ "max_size": 6, "min_idle": 0, "growth": "caller" });
    let query = json!({ "hold": "deterministic(100ms)" });
    let database = json!({ "max_connections": 4, "reserved": 1 });
    let model = read(scenario(&["1s"; 6], query, pool, database));
    let log = log(&model);
    assert_eq!(log.refused(Refusal::Full), [1000; 3]);
    assert_eq!((log.served(), log.failed()), (vec![1100; 3], vec![1000; 3]));
    let report = report(&model);
    let database = report.database.unwrap();
    assert_eq!(database.connect_refused.unwrap().mean, 3.0);
    assert_eq!(database.most_connections.unwrap().mean, 3.0);
    // From the first second of ten on.
    near(database.connections.unwrap().mean, 3.0 * 0.9);
    let series = report.series.unwrap();
    let refused: f64 = series.connect_refused.0.iter().sum();
    near(refused * series.t.0[0] * 2.0, 3.0);
    assert_eq!((series.connected.0[0], series.connected.0[200], series.instances.0[200]), (0.0, 3.0, 1.0));
}

#[test]
fn two_queries_on_one_core_take_twice_as_long() {
    let on = |cores: &str| {
        let query = json!({ "hold": "deterministic(10ms)", "cpu": "100%" });
        read(scenario(&["1s", "1s"], query, json!({ "max_size": 2 }), json!({ "cores": cores })))
    };
    for (cores, takes, running, busy) in [("1", 20, 0.004, 0.002), ("2", 10, 0.002, 0.001), ("4", 10, 0.002, 0.0005)] {
        let model = on(cores);
        assert_eq!(log(&model).served(), [1000 + takes; 2], "{cores} cores");
        let database = report(&model).database.unwrap();
        near(database.running.unwrap().mean, running);
        near(database.utilisation.unwrap().mean, busy);
        assert!(database.usable.is_none() && database.memory.is_none() && database.lock_wait.mean.is_none());
    }
    // A window within.
    let levels = outcome(&on("1"), 1005, 1015).tiers.levels;
    assert_eq!((levels.running, levels.utilisation, levels.most_connected), (2.0, 1.0, 2));
    let levels = outcome(&on("1"), 1010, 1030).tiers.levels;
    assert_eq!((levels.running, levels.utilisation), (1.0, 0.5));
}

/// What is ended has had no answer; its connection serves the next.
#[test]
fn a_statement_timeout_keeps_the_connection() {
    let query = json!({ "hold": "deterministic(10ms)", "cpu": "100%" });
    let database = json!({ "cores": 1, "statement_timeout": "15ms" });
    let model = read(scenario(&["1s", "1s", "2s"], query, json!({ "max_size": 2 }), database));
    let log = log(&model);
    assert_eq!(log.cut(Cut::Statement), [1015; 2]);
    assert_eq!((log.failed(), log.served()), (vec![1015; 2], vec![2010]));
    assert!(log.closed().is_empty());
    assert_eq!((log.last().connected, log.last().running), (2, 0));
    let database = report(&model).database.unwrap();
    assert_eq!(database.statement_timeouts.unwrap().mean, 2.0);
    near(database.running.unwrap().mean, (2.0 * 0.015 + 0.01) / 10.0);
}

#[test]
fn a_row_is_locked_by_one_at_a_time() {
    let with = |database: Value| {
        let query = json!({ "work": "deterministic(50ms)", "app": "deterministic(50ms)", "lock": "100%" });
        read(scenario(&["1s"; 3], query, json!({ "max_size": 3 }), database))
    };
    let model = with(json!({}));
    assert_eq!(log(&model).served(), [1100, 1200, 1300]);
    let database = report(&model).database.unwrap();
    near(database.lock_wait.mean.unwrap().mean, 0.15);
    near(database.blocked.unwrap().mean, 0.03);
    // The second and the third wait for no longer than that, and keep their connections.
    let model = with(json!({ "lock_timeout": "20ms" }));
    let log = log(&model);
    assert_eq!((log.cut(Cut::Lock), log.served()), (vec![1020; 2], vec![1100]));
    assert!(log.closed().is_empty());
    assert_eq!((log.last().blocked, log.last().connected), (0, 3));
    let database = report(&model).database.unwrap();
    assert_eq!(database.lock_timeouts.unwrap().mean, 2.0);
    near(database.lock_wait.mean.unwrap().mean, 0.02);
}

/// A session that does nothing within its transaction loses its connection, and its lock with it.
#[test]
fn an_idle_transaction_loses_its_connection() {
    let query = json!({ "work": "deterministic(5ms)", "app": "deterministic(100ms)", "lock": "100%" });
    let database = json!({ "idle_in_transaction_session_timeout": "30ms" });
    let model = read(scenario(&["1s", "1s"], query, json!({ "max_size": 2, "growth": "caller" }), database));
    let log = log(&model);
    assert_eq!(log.cut(Cut::Idle), [1035, 1070]);
    assert_eq!(log.failed(), [1035, 1070]);
    assert_eq!(log.closed(), [(1035, Closed::Broken), (1070, Closed::Broken)]);
    assert_eq!((log.last().connected, log.last().total), (0, 0));
    assert_eq!(report(&model).database.unwrap().idle_timeouts.unwrap().mean, 2.0);
}

/// One that is shorter than the timeout is let be.
#[test]
fn a_transaction_that_is_not_idle_for_long_is_let_be() {
    let query = json!({ "work": "deterministic(5ms)", "app": "deterministic(30ms)" });
    let database = json!({ "idle_in_transaction_session_timeout": "30ms" });
    let log = log(&read(scenario(&["1s"], query, json!({ "max_size": 1 }), database)));
    assert_eq!((log.served(), log.closed()), (vec![1035], vec![]));
}

fn restarted(mut scenario: Value) -> Model {
    scenario["timeline"] = json!([{ "at": "1s", "change": "restart_database", "lasts": "500ms" }]);
    read(scenario)
}

/// Who is in a transaction loses it; who comes while the database is down gets nothing; who comes later connects anew.
#[test]
fn a_restart_ends_all_connections() {
    ends_all_connections(json!({ "statement_timeout": "1h" }));
}

/// The same where nothing else is known of the database.
#[test]
fn a_restart_ends_all_connections_of_a_database_without_limits() {
    ends_all_connections(json!({}));
}

fn ends_all_connections(database: Value) {
    let query = json!({ "hold": "deterministic(100ms)" });
    let pool = json!({ "max_size": 2, "growth": "caller" });
    let model = restarted(scenario(&["950ms", "1200ms", "1300ms", "2s", "2s"], query, pool, database));
    let log = log(&model);
    let told = |up| log.moments(|fact| fact == Fact::Database { up });
    assert_eq!((told(false), told(true)), (vec![1000], vec![1500]));
    let down = log.0.iter().filter(|(now, ..)| (ms(1000)..ms(1500)).contains(now));
    let mut down = down.skip_while(|(.., fact, _)| !matches!(fact, Fact::Database { up: false }));
    assert!(down.all(|(.., levels)| levels.connected == 0));
    assert_eq!(log.failed(), [1000, 1200, 1300]);
    assert_eq!(log.served(), [2100, 2100]);
    assert_eq!((log.last().connected, log.last().total), (2, 2));
    // One connection was in use, the other idle: the first who finds it dead closes it, the next is refused.
    assert_eq!(log.cut(Cut::Lost), [1000, 1200]);
    assert_eq!(log.refused(Refusal::Down), [1300]);
    let report = report(&model).database.unwrap();
    assert_eq!((report.lost.unwrap().mean, report.refusals.down.unwrap().mean), (2.0, 1.0));
}

/// Whoever has the locked row loses it with the database.
#[test]
fn a_restart_ends_a_lock() {
    let query = json!({ "work": "deterministic(10ms)", "lock": "100%" });
    let mut scenario = scenario(&["3s"], query, json!({ "max_size": 1, "min_idle": 0, "growth": "caller" }), json!({}));
    scenario["timeline"] = json!([
        { "at": "500ms", "change": "lock", "lasts": "7s" },
        { "at": "1s", "change": "restart_database", "lasts": "500ms" },
    ]);
    assert_eq!(log(&read(scenario)).served(), [3010]);
}

/// A database that went down does not go on with what it worked on: the next connection has the core for itself.
#[test]
fn a_restart_ends_the_work_for_connections_that_open() {
    let query = json!({ "hold": "deterministic(10ms)" });
    let pool = json!({ "max_size": 2, "min_idle": 0, "growth": "caller" });
    let database = json!({ "cores": 1, "connect_cpu": "deterministic(2s)" });
    let log = log(&restarted(scenario(&["900ms", "2s"], query, pool, database)));
    assert_eq!(log.served(), [4010]);
}

/// The pool believes that a leaked connection is out, whatever became of its other end.
#[test]
fn a_restart_does_not_bring_leaked_places_back() {
    let query = json!({ "hold": "deterministic(10ms)", "leak": "100%" });
    let pool = json!({ "max_size": 1, "acquire_timeout": "200ms" });
    let model = restarted(scenario(&["500ms", "2s"], query, pool, json!({ "statement_timeout": "1h" })));
    let log = log(&model);
    assert_eq!((log.served(), log.failed()), (vec![510], vec![2200]));
    assert_eq!((log.last().leaked, log.last().active, log.last().connected), (1, 1, 0));
}

/// A burst of two, and one more every half second.
#[test]
fn connections_come_no_faster_than_the_database_lets_them() {
    let query = json!({ "hold": "deterministic(5s)" });
    let pool = json!({ "max_size": 9, "min_idle": 0, "growth": "caller" });
    let database = json!({ "connects_per_second": "2/s", "connect_burst": 2 });
    let at = ["1s", "1s", "1s", "1400ms", "1500ms", "1500ms"];
    let model = read(scenario(&at, query, pool, database));
    let log = log(&model);
    assert_eq!(log.refused(Refusal::TooFast), [1000, 1400, 1500]);
    assert_eq!(log.moments(|fact| fact == Fact::Connects), [1000, 1000, 1500]);
    assert_eq!(report(&model).database.unwrap().refusals.too_fast.unwrap().mean, 3.0);
}

#[test]
fn memory_is_what_the_most_connections_take() {
    let model = model(&[
        ("duration", "10s"),
        ("traffic.batch.size", "1"),
        ("traffic.batch.every", "1s"),
        ("query.0.hold", "deterministic(10ms)"),
        ("fleet.instances", "2"),
        ("pool.max_size", "3"),
        ("database.memory", "100MB"),
        ("database.memory_per_connection", "10MB"),
    ]);
    let report = report(&model);
    let database = report.database.as_ref().unwrap();
    assert_eq!((database.memory.unwrap().mean, database.memory_limit), (60e6, Some(100e6)));
    let text = poolwise::report::text::report(&report);
    assert!(text.contains("database connections") && text.contains("60MB of 100MB"), "{text}");
}

/// The connections that are open before anybody asks count from the start.
#[test]
fn connections_of_the_start_count_from_the_start() {
    let query = json!({ "hold": "deterministic(10ms)" });
    let report = report(&read(scenario(&["5s"], query, json!({ "max_size": 2 }), json!({ "max_connections": 9 }))));
    let (database, series) = (report.database.unwrap(), report.series.unwrap());
    assert_eq!((database.connections.unwrap().mean, report.total.unwrap().mean), (2.0, 2.0));
    assert_eq!((series.connected.0[0], series.total.0[0]), (2.0, 2.0));
}

/// What nobody asks about is not said.
#[test]
fn without_a_database_there_is_no_word_of_it() {
    let report =
        report(&model(&[("traffic.rate", "50/s"), ("query.0.hold", "exponential(mean=20ms)"), ("duration", "1m")]));
    assert!(report.database.is_none() && report.pooler.is_none() && report.fleet.is_none());
    assert!(!poolwise::report::text::report(&report).contains("database connections"));
}

/// Holds the connections at the database to those of the pools and those that open.
#[derive(Default)]
struct Conservation {
    opening: u32,
    most: u32,
    facts: u64,
    seen: std::collections::BTreeSet<u32>,
}

impl Observer for Conservation {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, levels: &Levels) {
        match fact {
            Fact::Connects => self.opening += 1,
            Fact::Opened => self.opening -= 1,
            _ => {}
        }
        assert_eq!(levels.connected, levels.total + self.opening, "{now:?} {fact:?} {levels:?}");
        assert!(levels.connected <= self.most, "{now:?} {fact:?} {levels:?}");
        self.facts += 1;
        self.seen.insert(levels.connected);
    }
}

#[test]
fn connections_are_conserved() {
    let mut keys = vec![
        ("duration", "10m"),
        ("traffic.rate", "300/s"),
        ("query.0.hold", "exponential(mean=20ms)"),
        ("query.0.cpu", "30%"),
        ("query.0.lock", "2%"),
        ("fleet.instances", "4"),
        ("pool.max_size", "6"),
        ("pool.min_idle", "1"),
        ("pool.idle_timeout", "2s"),
        ("pool.max_lifetime", "20s"),
        ("pool.lifetime_jitter", "50%"),
        ("pool.housekeeping", "1s"),
        ("pool.acquire_timeout", "100ms"),
        ("pool.open_backoff", "50ms"),
        ("database.cores", "3"),
        ("database.max_connections", "20"),
        ("database.reserved", "3"),
        ("database.connects_per_second", "20/s"),
        ("database.connect_burst", "5"),
        ("database.connect", "exponential(mean=20ms)"),
        ("database.connect_cpu", "deterministic(5ms)"),
        ("database.connect_failure", "5%"),
        ("database.statement_timeout", "200ms"),
        ("database.lock_timeout", "50ms"),
    ];
    for growth in ["background", "caller"] {
        keys.push(("pool.growth", growth));
        for seed in 0..5 {
            let mut conserved = Conservation { most: 17, ..Conservation::default() };
            engine::run(&model(&keys), Streams::new(seed, 0), SimTime::ZERO + Span::from_seconds(60.0), &mut conserved);
            assert!(conserved.facts > 40_000 && conserved.seen.len() > 5, "{growth}, seed {seed}: {}", conserved.facts);
        }
        keys.pop();
    }
}

/// What a pooler and a fleet tell is measured from the window's start on: levels by time, counts and waits as they come.
#[test]
fn poolers_and_fleets_are_measured() {
    let model = model(&[("query.0.hold", "deterministic(10ms)"), ("fleet.instances", "2"), ("traffic.rate", "1/s")]);
    let mut recorder = Recorder::new(Window { from: ms(100), until: ms(200), series: false }, &model);
    let level = |servers, linking, instances| Levels { servers, linking, instances, ..Levels::default() };
    for (at, fact, levels) in [
        (0, Fact::ServerOpened, level(1, 0, 2)),
        (50, Fact::Links, level(1, 1, 2)),
        (60, Fact::Unserved, level(1, 1, 2)),
        (140, Fact::Linked { wait: Span::from_seconds(0.09) }, level(1, 0, 2)),
        (150, Fact::ServerOpened, level(3, 0, 2)),
        (150, Fact::Serves, level(3, 0, 3)),
        (160, Fact::Links, level(3, 1, 3)),
        (180, Fact::Unlinked, level(3, 0, 3)),
        (180, Fact::Cut { why: Cut::QueryWait }, level(3, 0, 3)),
        (190, Fact::Probed { ok: false }, level(3, 0, 3)),
        (190, Fact::Probed { ok: true }, level(3, 0, 3)),
        (190, Fact::Leaves, level(3, 0, 1)),
        (190, Fact::Unserved, level(3, 0, 1)),
        (190, Fact::Cut { why: Cut::Ended }, level(3, 0, 1)),
        (190, Fact::Cut { why: Cut::LoginFailed }, level(3, 0, 1)),
    ] {
        recorder.on(ms(at), 0, fact, &levels);
    }
    let tiers = recorder.finish().tiers;
    let (counts, levels) = (tiers.counts, tiers.levels);
    near(levels.linking, 0.6);
    near(levels.servers, 2.0);
    near(levels.instances, 2.0 * 0.5 + 3.0 * 0.4 + 0.1);
    assert_eq!((levels.most_instances, levels.most_connected), (3, 0));
    assert_eq!((counts.unserved, counts.probes_failed, counts.left, counts.cut_ended), (1, 1, 1, 1));
    assert_eq!((counts.cut_query_wait, counts.cut_login_failed, counts.refused()), (1, 1, 0));
    near(tiers.pooler_wait.mean().unwrap(), 0.09);
    assert!(tiers.lock_wait.mean().is_none());
}
