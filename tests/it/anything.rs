//! Scenarios that nobody would write: whatever stands in one, what happens adds up, fact by fact. Debug builds also look into the
//! engine after every event.

use crate::scenario_of;
use poolwise::engine::{self, Fact, Fingerprint, Levels, Observer};
use poolwise::problem::Severity;
use poolwise::random::{Streams, mix};
use poolwise::scenario::{Model, Scenario};
use poolwise::units::{SimTime, Span};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many scenarios a test makes; `POOLWISE_ANYTHING=10000` makes more.
fn cases() -> u64 {
    std::env::var("POOLWISE_ANYTHING").ok().and_then(|text| text.parse().ok()).unwrap_or(400)
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = mix(self.0);
        self.0 % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn of(&mut self, values: &[&str]) -> Value {
        json!(values[self.below(values.len() as u64) as usize])
    }

    fn number(&mut self, from: u64, to: u64) -> Value {
        json!(from + self.below(to - from + 1))
    }

    /// Each key at so many per cent, with one of its values.
    fn keys(&mut self, percent: u64, keys: &[(&str, &[&str])]) -> Map<String, Value> {
        let mut map = Map::new();
        for (key, values) in keys {
            if self.chance(percent) {
                map.insert((*key).to_owned(), self.of(values));
            }
        }
        map
    }

    fn database(&mut self) -> Value {
        let mut database = self.keys(
            40,
            &[
                ("cores", &["1", "2", "4"]),
                ("contention", &["5%"]),
                ("coherency", &["0.01"]),
                ("overhead", &["0.1"]),
                ("max_connections", &["4", "7", "15", "40"]),
                ("connects_per_second", &["3/s", "20/s"]),
                ("connect", &["deterministic(30ms)", "exponential(mean=100ms)", "none"]),
                ("connect_cpu", &["deterministic(5ms)", "exponential(mean=40ms)"]),
                ("connect_failure", &["5%", "40%"]),
                ("statement_timeout", &["50ms", "400ms"]),
                ("lock_timeout", &["30ms", "200ms"]),
                ("idle_in_transaction_session_timeout", &["20ms", "100ms"]),
            ],
        );
        if database.contains_key("max_connections") && self.chance(50) {
            database.insert("reserved".into(), self.number(1, 3));
        }
        if database.contains_key("connects_per_second") && self.chance(50) {
            database.insert("connect_burst".into(), self.number(1, 5));
        }
        Value::Object(database)
    }

    fn query(&mut self, n: u64) -> Value {
        let spans: &[&str] = &["deterministic(1ms)", "deterministic(20ms)", "exponential(mean=60ms)"];
        let mut query = if self.chance(40) {
            let mut query = self.keys(50, &[("cpu", &["30%", "100%"])]);
            query.insert("hold".into(), self.of(&["deterministic(50ms)", "exponential(mean=30ms)"]));
            query
        } else {
            let mut query = self.keys(60, &[("work", spans), ("app", spans)]);
            query.insert("cpu".into(), self.of(&["deterministic(10ms)", "exponential(mean=20ms)"]));
            query
        };
        query.extend(self.keys(25, &[("outside", spans), ("after", spans), ("lock", &["20%", "100%"])]));
        query.extend(self.keys(15, &[("leak", &["2%", "20%"])]));
        if self.chance(15) {
            query.insert("connections".into(), self.number(2, 3));
            if self.chance(50) {
                query.insert("between".into(), self.of(spans));
            }
        }
        query.insert("name".into(), json!(format!("q{n}")));
        Value::Object(query)
    }

    fn pool(&mut self, n: u64) -> Value {
        let most = 1 + self.below(6);
        let mut pool = self.keys(
            35,
            &[
                ("user", &["a", "b"]),
                ("max_idle", &["1", "3"]),
                ("timeout_covers", &["wait", "all"]),
                ("max_waiters", &["0", "4"]),
                ("order", &["fifo", "lifo", "random", "barging"]),
                ("wake_up", &["20us", "5ms"]),
                ("idle_order", &["lifo", "fifo"]),
                ("growth", &["caller", "background"]),
                ("open_parallelism", &["1", "2"]),
                ("open_pause", &["30ms"]),
                ("open_backoff", &["10ms", "400ms"]),
                ("open_backoff_cap", &["100ms", "2s"]),
                ("open_retries", &["never", "until_timeout"]),
                ("validation", &["1ms", "30ms"]),
                ("validation_skip", &["100ms"]),
                ("idle_timeout", &["300ms", "2s"]),
                ("idle_floor", &["keep", "refill"]),
                ("max_lifetime", &["500ms", "2s"]),
                ("lifetime_jitter", &["20%"]),
                ("retire", &["return", "idle", "checkout", "return, idle, checkout"]),
                ("keepalive", &["200ms"]),
                ("housekeeping", &["100ms", "700ms"]),
                ("leak_threshold", &["80ms", "500ms"]),
                ("leak_action", &["log", "reclaim"]),
            ],
        );
        pool.insert("name".into(), json!(format!("p{n}")));
        pool.insert("max_size".into(), json!(most));
        pool.insert("min_idle".into(), json!(self.below(most + 1)));
        // Whoever waits without end would be under way at the end.
        pool.insert("acquire_timeout".into(), self.of(&["0s", "50ms", "300ms", "2s"]));
        if self.chance(20) {
            let mut grows = self.keys(60, &[("at", &["50%", "timeouts"]), ("checks", &["1", "2"]), ("step", &["30%"])]);
            grows.insert("every".into(), self.of(&["200ms", "1s"]));
            grows.insert("most".into(), self.number(1, 9));
            pool.insert("autoscale".into(), Value::Object(grows));
        }
        Value::Object(pool)
    }

    fn pooler(&mut self) -> Value {
        let mut pooler = self.keys(
            50,
            &[
                ("mode", &["session", "transaction", "statement"]),
                ("default_pool_size", &["1", "2", "5"]),
                ("min_pool_size", &["1"]),
                ("reserve_pool_size", &["1", "3"]),
                ("reserve_pool_timeout", &["100ms", "1s"]),
                ("max_client_conn", &["3", "10"]),
                ("max_db_connections", &["2", "4"]),
                ("server_lifetime", &["0s", "1s"]),
                ("server_idle_timeout", &["500ms", "2s"]),
                ("server_login_retry", &["200ms", "2s"]),
                ("server_order", &["lifo", "fifo"]),
                ("connect", &["deterministic(5ms)"]),
            ],
        );
        pooler.insert("query_wait_timeout".into(), self.of(&["300ms", "1s"]));
        Value::Object(pooler)
    }

    fn fleet(&mut self) -> Value {
        let instances = 1 + self.below(5);
        let mut fleet = self.keys(40, &[("start_order", &["in_turn", "together", "shuffled"])]);
        fleet.insert("instances".into(), json!(instances));
        let routing = self.of(&["random", "round_robin", "least_pending", "sticky"]);
        if routing == "sticky" {
            fleet.insert("users".into(), self.number(1, 9));
        }
        fleet.insert("routing".into(), routing);
        match self.below(4) {
            0 => {
                let mut scale = self.keys(50, &[("delay", &["0s", "1s"]), ("scale_in_after", &["0s", "1s"])]);
                let (signal, target) = match self.below(3) {
                    0 => ("cpu", self.of(&["5%", "60%"])),
                    1 => ("pending", self.of(&["0.1", "2"])),
                    _ => ("latency", self.of(&["20ms", "200ms"])),
                };
                scale.extend([("signal".into(), json!(signal)), ("target".into(), target)]);
                scale.extend([("most".into(), self.number(instances, 8)), ("every".into(), self.of(&["300ms", "1s"]))]);
                fleet.insert("autoscale".into(), Value::Object(scale));
            }
            1 => {
                let starts: &[&str] = &["deterministic(200ms)", "exponential(mean=1s)", "none"];
                let mut elastic = self.keys(60, &[("concurrency", &["1", "3"]), ("start", starts)]);
                elastic
                    .extend([("most".into(), self.number(instances, 8)), ("idle".into(), self.of(&["100ms", "2s"]))]);
                fleet.insert("elastic".into(), Value::Object(elastic));
            }
            _ => {}
        }
        if self.chance(30) {
            let mut probes = self.keys(
                60,
                &[
                    ("hold", &["0s", "10ms", "500ms"]),
                    ("failures", &["1", "3"]),
                    ("successes", &["1", "2"]),
                    ("action", &["eject", "restart"]),
                    ("restart_takes", &["0s", "500ms"]),
                ],
            );
            let timeout = self.of(&["20ms", "300ms"]);
            probes.extend([("every".into(), self.of(&["100ms", "400ms"])), ("timeout".into(), timeout)]);
            fleet.insert("probes".into(), Value::Object(probes));
        }
        Value::Object(fleet)
    }

    fn client(&mut self) -> Value {
        let mut client = self.keys(
            40,
            &[
                ("timeout", &["40ms", "500ms"]),
                ("retries", &["1", "3"]),
                ("backoff", &["0s", "20ms", "300ms"]),
                ("jitter", &["50%"]),
                ("retry_budget", &["20%"]),
            ],
        );
        if self.chance(20) {
            let breaker = json!({ "failures": "50%", "window": 4, "open_for": "300ms", "probes": 1 });
            client.insert("breaker".into(), breaker);
        }
        Value::Object(client)
    }

    fn change(&mut self) -> Value {
        let over: &[&str] = &["0s", "500ms", "2s"];
        let kinds = [
            "deploy",
            "slow_query",
            "rollback",
            "restart_instances",
            "scale",
            "resize_pool",
            "flush_idle",
            "set",
            "database_speed",
            "restart_database",
            "restart_pooler",
            "lock",
        ];
        let kind = kinds[self.below(kinds.len() as u64) as usize];
        let mut change = match kind {
            "deploy" => {
                let mut change = self.keys(
                    50,
                    &[
                        ("over", over),
                        ("surge", &["1.25", "1.5", "2", "1"]),
                        ("drain", over),
                        ("start", over),
                        ("factor", &["0.5", "4"]),
                    ],
                );
                if self.chance(40) {
                    change.insert("max_size".into(), self.number(1, 6));
                    change.insert("min_idle".into(), json!(self.below(2)));
                }
                if self.chance(50) {
                    change.insert("version".into(), self.of(&["v2", "v3", "initial"]));
                }
                change
            }
            "restart_instances" | "rollback" => {
                self.keys(50, &[("over", over), ("surge", &["1", "1.5", "2"]), ("drain", over), ("start", over)])
            }
            "scale" => {
                let mut change = self.keys(50, &[("start", over)]);
                change.insert("count".into(), self.number(1, 7));
                change
            }
            "flush_idle" => self.keys(50, &[("over", over)]),
            "set" => {
                let settings: [(&str, &[&str]); 14] = [
                    ("pool.0.acquire_timeout", &["0s", "40ms", "1s"]),
                    ("pool.0.max_size", &["1", "4", "9"]),
                    ("pool.0.max_waiters", &["0", "3", "none"]),
                    ("pool.0.leak_threshold", &["100ms", "none"]),
                    ("pool.0.leak_action", &["reclaim", "log"]),
                    ("pool.0.growth", &["caller", "background"]),
                    ("client.retries", &["0", "2"]),
                    ("client.timeout", &["50ms", "none"]),
                    ("client.backoff", &["0s", "100ms"]),
                    ("database.max_connections", &["9", "60"]),
                    ("database.statement_timeout", &["40ms", "none"]),
                    ("database.lock_timeout", &["40ms", "none"]),
                    ("database.cores", &["1", "3"]),
                    ("fleet.routing", &["random", "round_robin", "least_pending"]),
                ];
                let (path, values) = settings[self.below(settings.len() as u64) as usize];
                let mut change = if path.starts_with("pool") { self.keys(50, &[("over", over)]) } else { Map::new() };
                change.extend([("path".into(), json!(path)), ("value".into(), self.of(values))]);
                change
            }
            "slow_query" => {
                let mut change = self.keys(50, &[("over", over), ("cpu_factor", &["3"])]);
                change.insert("factor".into(), self.of(&["0.2", "5"]));
                change
            }
            "resize_pool" => {
                let mut change = self.keys(50, &[("over", over)]);
                change.insert("max_size".into(), self.number(1, 9));
                change
            }
            "database_speed" => {
                let mut change = self.keys(50, &[("over", &["300ms"])]);
                change.insert("factor".into(), self.of(&["0", "0.3", "2"]));
                change
            }
            _ => self.keys(100, &[("lasts", &["10ms", "400ms", "2s"])]),
        };
        let subset =
            ["deploy", "rollback", "restart_instances", "slow_query", "resize_pool", "flush_idle"].contains(&kind);
        if subset && self.chance(30) {
            change.insert("instances".into(), self.of(&["0", "1", "0-1"]));
        }
        change.insert("change".into(), json!(kind));
        Value::Object(change)
    }

    /// The first is what entries of the timeline begin with.
    fn alerts(&mut self) -> Vec<Value> {
        let metrics: [(&str, &[&str]); 8] = [
            ("usage", &["30%", "90%"]),
            ("pending", &["0", "3"]),
            ("timeouts", &["0", "2/s"]),
            ("wait", &["0s", "20ms"]),
            ("hold", &["0s", "50ms"]),
            ("errors", &["0%", "50%"]),
            ("creations", &["0", "5/s"]),
            ("refused", &["0", "1/s"]),
        ];
        let count = 1 + self.below(3);
        let each = (0..count).map(|n| {
            let (metric, above) = metrics[self.below(metrics.len() as u64) as usize];
            let mut alert = self.keys(50, &[("of", &["fleet", "instance"]), ("for", &["0s", "300ms"])]);
            alert.insert("name".into(), json!(format!("a{n}")));
            alert.insert("metric".into(), json!(metric));
            alert.insert("above".into(), self.of(above));
            alert.insert("every".into(), json!("200ms"));
            alert.insert("window".into(), json!("1s"));
            Value::Object(alert)
        });
        each.collect()
    }

    fn version(&mut self, name: &str) -> Value {
        let spans: &[&str] = &["deterministic(1ms)", "exponential(mean=90ms)"];
        let mut query =
            self.keys(50, &[("leak", &["30%"]), ("after", spans), ("lock", &["50%"]), ("connections", &["2"])]);
        query.insert("name".into(), json!("q0"));
        if self.chance(40) {
            query.insert("hold".into(), self.of(&["exponential(mean=10ms)", "deterministic(200ms)"]));
        }
        json!({ "name": name, "query": [query] })
    }

    fn timeline(&mut self) -> Vec<Value> {
        let mut at: Vec<u64> = (0..self.below(5)).map(|_| self.below(4500)).collect();
        at.sort_unstable();
        let mut changes: Vec<Value> = at.iter().map(|_| self.change()).collect();
        for (change, at) in changes.iter_mut().zip(at) {
            if self.chance(20) {
                change["on"] = json!("a0");
                change["after"] = json!(format!("{}ms", at / 10));
            } else {
                change["at"] = json!(format!("{at}ms"));
            }
        }
        // Whatever stood still goes on in the end.
        changes.push(json!({ "at": "9s", "change": "database_speed", "factor": 1 }));
        changes
    }

    /// Up to so many requests within four seconds, for each pool.
    fn traffic(&mut self, pools: u64, classes: u64) -> Vec<Value> {
        let mut sources = Vec::new();
        for n in 0..pools {
            let mut at: Vec<u64> = (0..1 + self.below(80)).map(|_| self.below(8) * 500 + self.below(200)).collect();
            at.sort_unstable();
            let at: Vec<String> = at.into_iter().map(|at| format!("{at}ms")).collect();
            let mut source = json!({ "name": format!("s{n}"), "pool": format!("p{n}"), "trace": { "at": at } });
            if self.chance(50) {
                source["query"] = json!(format!("q{}", self.below(classes)));
            }
            sources.push(source);
        }
        sources
    }

    fn scenario(&mut self) -> Value {
        let (pools, classes) = (1 + self.below(3), 1 + self.below(2));
        let mut scenario = json!({
            "duration": "10s",
            "traffic": self.traffic(pools, classes),
            "query": (0..classes).map(|n| self.query(n)).collect::<Vec<_>>(),
            "pool": (0..pools).map(|n| self.pool(n)).collect::<Vec<_>>(),
            "fleet": self.fleet(),
            "client": self.client(),
            "database": self.database(),
            "timeline": self.timeline(),
            "alert": self.alerts(),
            "version": [self.version("v2"), self.version("v3")],
        });
        if self.chance(40) {
            scenario["pooler"] = self.pooler();
        }
        if self.chance(50) {
            scenario["fleet"]["users"] = self.number(1, 9);
        }
        if self.chance(50) {
            scenario["incident"] = json!({});
        }
        possible(&mut scenario);
        scenario
    }
}

/// Leave out what a scenario is refused for: rollouts that overlap, instances that do not exist, a pooler that is not there.
fn possible(scenario: &mut Value) {
    let varies = !scenario["fleet"]["autoscale"].is_null() || !scenario["fleet"]["elastic"].is_null();
    let (pooler, one) = (!scenario["pooler"].is_null(), scenario["fleet"]["instances"] == 1);
    let mut rolls = 0;
    let entries = scenario["timeline"].as_array_mut().unwrap();
    entries.retain_mut(|entry| {
        let kind = entry["change"].as_str().unwrap();
        rolls += u32::from(["deploy", "rollback", "restart_instances"].contains(&kind) && entry["on"].is_null());
        let possible = match kind {
            "scale" => !varies,
            "restart_pooler" => pooler,
            "deploy" | "rollback" | "restart_instances" => rolls < 2 || !entry["on"].is_null(),
            _ => true,
        };
        if one {
            entry.as_object_mut().unwrap().remove("instances");
        }
        possible
    });
    let between = scenario["query"].as_array().unwrap().iter().any(|query| !query["between"].is_null());
    if between {
        scenario["version"].as_array_mut().unwrap().iter_mut().for_each(|version| {
            version["query"][0].as_object_mut().unwrap().remove("connections");
        });
    }
}

/// What every fact does to the levels, and what comes of every attempt.
#[derive(Default)]
struct Books {
    last: Levels,
    usable: Option<u32>,
    most_instances: Option<u32>,
    arrived: u64,
    ended: u64,
    /// Requests that came, and those whose end was told; of these, those that are lost.
    requests: [u64; 3],
    /// Of how many users, where it is told what becomes of requests.
    users: Option<u64>,
    before: Option<Fact>,
    facts: u64,
    restarted: bool,
    pooler: bool,
}

/// The connections that the fleet may have.
fn usable(document: &Value) -> Option<u32> {
    let database = &document["database"];
    let most: u32 = database["max_connections"].as_str()?.parse().ok()?;
    let raised = document["timeline"].as_array()?.iter().any(|entry| entry["path"] == "database.max_connections");
    if raised {
        return None;
    }
    Some(most - database["reserved"].as_u64().unwrap_or(0) as u32)
}

impl Books {
    fn of(model: &Model, document: &Value) -> Self {
        Self {
            usable: usable(document),
            most_instances: Some(document["timeline"].as_array().map_or(0, |entries| {
                let scaled = entries.iter().filter_map(|entry| entry["count"].as_u64()).max();
                model.fleet().most(model.instances()).max(scaled.unwrap_or(0) as u32)
            })),
            pooler: model.pooler().is_some(),
            users: document["fleet"]["users"].as_u64().or((!document["incident"].is_null()).then_some(1)),
            ..Self::default()
        }
    }

    /// The end of a request is told right after the attempt that ended it.
    fn end(&mut self, fact: Fact) {
        self.requests[0] += u64::from(fact == Fact::Arrived { again: false });
        let before = self.before.replace(fact);
        let lost = match before {
            Some(Fact::Served { wanted: true, .. }) => Some(false),
            Some(Fact::Failed { lost: true, .. }) => Some(true),
            _ => None,
        };
        match fact {
            Fact::Ended { user, failed, .. } => {
                assert_eq!(Some(failed), lost, "{before:?} before {fact:?}");
                assert!(self.users.is_some_and(|users| u64::from(user) < users), "{fact:?}");
                self.requests[1] += 1;
                self.requests[2] += u64::from(failed);
            }
            _ => assert!(lost.is_none() || self.users.is_none(), "{before:?} before {fact:?}"),
        }
    }

    /// How many connections at the database a fact takes or gives: the least and the most.
    fn connected(&self, fact: Fact) -> (i64, i64) {
        // What died with the database has no slot any more, and where nobody counts there is none.
        let dead = if self.restarted || self.last.connected == 0 { 0 } else { -1 };
        match fact {
            Fact::Connects => (1, 1),
            Fact::Closed { .. } if !self.pooler => (-1, dead),
            Fact::ServerClosed => (-1, dead),
            Fact::Database { up: false } => (-i64::from(self.last.connected), -i64::from(self.last.connected)),
            _ => (0, 0),
        }
    }
}

impl Observer for Books {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, levels: &Levels) {
        let before = core::mem::replace(&mut self.last, *levels);
        self.arrived += u64::from(matches!(fact, Fact::Arrived { .. }));
        self.ended += u64::from(matches!(fact, Fact::Served { wanted: true, .. } | Fact::Failed { .. }));
        self.facts += 1;
        self.end(fact);
        assert!(self.facts < 500_000, "no end of facts: {fact:?} at {now:?}");
        assert!(self.ended <= self.arrived, "each attempt ends once");
        assert!(self.usable.is_none_or(|usable| levels.connected <= usable), "{fact:?}: {levels:?}");
        assert!(self.most_instances.is_none_or(|most| levels.instances <= most), "{fact:?}: {levels:?}");
        assert!(levels.leaked <= levels.active && levels.active <= levels.total, "{fact:?}: {levels:?}");
        if self.facts == 1 || now == SimTime::ZERO {
            return; // The first connections are there without a word.
        }
        let step = |of: fn(&Levels) -> u32| i64::from(of(levels)) - i64::from(of(&before));
        let is = |more: bool, less: bool| i64::from(more) - i64::from(less);
        let says = format!("{fact:?} at {now:?}: {before:?} to {levels:?}");
        let connected = {
            let last = core::mem::replace(&mut self.last, before);
            let range = self.connected(fact);
            self.last = last;
            range
        };
        assert!((connected.0..=connected.1).contains(&step(|l| l.connected)), "{says}");
        self.restarted |= fact == Fact::Database { up: false };
        let closed = matches!(fact, Fact::Closed { .. });
        assert_eq!(step(|l| l.total), is(fact == Fact::Opened, closed), "{says}");
        assert_eq!(step(|l| l.servers), is(fact == Fact::ServerOpened, fact == Fact::ServerClosed), "{says}");
        assert_eq!(step(|l| l.instances), is(fact == Fact::Serves, fact == Fact::Leaves), "{says}");
        assert_eq!(step(|l| l.running), is(fact == Fact::Runs, fact == Fact::Ran), "{says}");
        let unblocked = matches!(fact, Fact::Unblocked { .. });
        assert_eq!(step(|l| l.blocked), is(fact == Fact::Blocked, unblocked), "{says}");
    }
}

fn run(model: &Model, seed: u64, observer: &mut impl Observer) {
    engine::run(model, Streams::new(seed, 0), SimTime::ZERO + Span::parse("5m").unwrap(), observer);
}

/// One scenario; when it is drained, nothing is under way.
fn adds_up(document: &Value) {
    let model = scenario_of(document.clone());
    let mut books = Books::of(&model, document);
    run(&model, 1, &mut books);
    assert_eq!(books.arrived, books.ended, "attempts that came, and that ended");
    if books.users.is_some() {
        assert_eq!(books.requests[0], books.requests[1], "requests that came, and that ended");
    }
    let Levels { active, pending, leaked, blocked, linking, .. } = books.last;
    if document["fleet"]["probes"].is_null() {
        assert_eq!((active, pending, blocked, linking), (leaked, 0, 0, 0), "{:?}", books.last);
    }
}

/// Why a scenario does not add up, if it does not: the place and the words of the panic. One that can not be read adds up.
fn trouble(document: &Value) -> Option<String> {
    Scenario::read(document.clone()).and_then(|s| s.check()).ok()?;
    let panic = std::panic::catch_unwind(|| adds_up(document)).err()?;
    let words = panic.downcast_ref::<String>().cloned();
    Some(words.unwrap_or_else(|| panic.downcast_ref::<&str>().copied().unwrap_or_default().to_owned()))
}

/// The same trouble, whatever its numbers.
fn kind_of(trouble: &str) -> String {
    trouble.chars().take(60).filter(|c| !c.is_ascii_digit()).collect()
}

/// The documents with one thing less, anywhere in them.
fn smaller(document: &Value) -> Vec<Value> {
    match document {
        Value::Object(map) => {
            let without = map.keys().map(|key| {
                let mut less = map.clone();
                less.remove(key);
                Value::Object(less)
            });
            let within = map.iter().flat_map(|(key, value)| {
                smaller(value).into_iter().map(move |less| {
                    let mut map = map.clone();
                    map.insert(key.clone(), less);
                    Value::Object(map)
                })
            });
            without.chain(within).collect()
        }
        Value::Array(list) => {
            let half = list.len().div_ceil(2);
            let halves =
                [&list[..half], &list[half..]].map(|part| json!(part)).into_iter().filter(|part| part != document);
            let without = (0..list.len()).map(|n| {
                let mut less = list.clone();
                less.remove(n);
                json!(less)
            });
            let within = (0..list.len()).flat_map(|n| {
                smaller(&list[n]).into_iter().map(move |less| {
                    let mut list = list.clone();
                    list[n] = less;
                    json!(list)
                })
            });
            halves.chain(without).chain(within).collect()
        }
        _ => Vec::new(),
    }
}

/// As little as still has the same trouble.
fn minimised(document: &Value, kind: &str) -> Value {
    let mut least = document.clone();
    let tries = core::cell::Cell::new(0);
    let same = |less: &Value| {
        tries.set(tries.get() + 1);
        tries.get() > 1000 || trouble(less).is_some_and(|trouble| kind_of(&trouble) == kind)
    };
    while let Some(less) = smaller(&least).into_iter().find(same) {
        if tries.get() > 1000 {
            break;
        }
        least = less;
    }
    least
}

/// Why scenarios can not run, and how many for each reason.
fn reasons(documents: &[Value]) -> BTreeMap<String, u32> {
    let mut why = BTreeMap::new();
    for document in documents {
        let problems = Scenario::read(document.clone()).and_then(|s| s.check()).err().unwrap_or_default();
        let errors = problems.problems.iter().filter(|problem| problem.severity == Severity::Error);
        errors.for_each(|p| *why.entry(kind_of(&format!("{}: {}", p.path, p.message))).or_default() += 1);
    }
    why
}

#[test]
fn whatever_is_written_adds_up() {
    let from = std::env::var("POOLWISE_ANYTHING_FROM").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let read = |document: &Value| Scenario::read(document.clone()).and_then(|s| s.check()).is_ok();
    let documents: Vec<Value> = (from..from + cases()).map(|case| Dice(case + 1).scenario()).collect();
    let can_run = documents.iter().filter(|document| read(document)).count();
    assert!(can_run as u64 * 10 > cases() * 4, "{can_run} of {} scenarios can run: {:?}", cases(), reasons(&documents));
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let mut found = BTreeMap::new();
    for document in &documents {
        if let Some(trouble) = trouble(document) {
            found.entry(kind_of(&trouble)).or_insert_with(|| (trouble, document));
        }
    }
    let told: Vec<String> =
        found.iter().map(|(kind, (trouble, document))| format!("{trouble}\n{}", minimised(document, kind))).collect();
    std::panic::set_hook(hook);
    assert!(told.is_empty(), "{}", told.join("\n\n"));
}

/// What once did not, as small as it gets.
#[test]
fn what_was_once_wrong_adds_up() {
    let hold = json!([{ "hold": "deterministic(50ms)" }]);
    let speed = json!({ "at": "9s", "change": "database_speed", "factor": 1 });
    for (name, mut document) in [
        (
            "the janitor came again and again at one moment",
            json!({
                "pooler": { "min_pool_size": 1, "server_lifetime": "0s" },
                "traffic": { "trace": { "at": ["0ms", "330ms", "333ms"] } },
            }),
        ),
        (
            "a server connection was linked before its session was told as closed",
            json!({
                "pool": [{ "max_lifetime": "2s" }],
                "pooler": { "default_pool_size": 1, "max_client_conn": 10 },
                "traffic": { "trace": { "at": ["1508ms", "1510ms"] } },
            }),
        ),
        (
            "an opening was tried for ever where the timeout covers the wait alone",
            json!({
                "database": { "max_connections": 7 },
                "pool": [{}, { "name": "p", "open_retries": "until_timeout" }],
                "traffic": [{ "pool": "p", "trace": { "at": ["0ms"] } }],
            }),
        ),
        (
            "a leaked connection was told as returned when its instance ended",
            json!({
                "query": [{ "hold": "deterministic(30ms)", "leak": "100%" }],
                "pool": [{ "leak_threshold": "500ms" }],
                "traffic": { "trace": { "at": ["2010ms"] } },
                "timeline": [{ "at": "2060ms", "change": "deploy" }],
            }),
        ),
        (
            "a cold instance that a deploy replaced was counted as one that served",
            json!({
                "fleet": { "elastic": { "idle": "100ms", "most": 7, "start": "deterministic(200ms)" } },
                "traffic": { "trace": { "at": ["193ms", "511ms"] } },
                "timeline": [{ "at": "348ms", "change": "deploy", "drain": "0s" }],
            }),
        ),
    ] {
        let query = document["query"].take();
        document["query"] = if query.is_null() { hold.clone() } else { query };
        document["duration"] = json!("10s");
        if document["timeline"].is_null() {
            document["timeline"] = json!([speed]);
        }
        assert_eq!(trouble(&document), None, "{name}");
    }
}

#[test]
fn the_same_seed_gives_the_same_facts() {
    for case in 0..cases() / 8 {
        let document = Dice(mix(case)).scenario();
        if let Ok(model) = Scenario::read(document).and_then(|s| s.check()) {
            let prints = [0, 1].map(|_| {
                let mut print = Fingerprint::default();
                engine::run(&model, Streams::new(7, 0), SimTime::ZERO + Span::parse("10s").unwrap(), &mut print);
                print
            });
            assert_eq!(prints[0], prints[1], "case {case}");
        }
    }
}
