//! Settings of real pools: each text is read by a parser of its own kind, has the keys of its version and no others, and says what
//! was aligned; PgBouncer itself takes its own.

mod parse;
mod pgbouncer;

use crate::generated::hold_to;
use crate::{repository, text_of};
use parse::parsed;
use poolwise::emit::{Aligned, Asked, Settings, TARGETS, Target, align, emit, target};
use poolwise::scenario;
use poolwise::scenario::Scenario;
use poolwise::units::{Probability, Span};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::{Command, Output};

fn scenario(document: Value) -> Scenario {
    Scenario::read(document).unwrap_or_else(|e| panic!("{e}"))
}

fn settings_of(document: Value, size: u32) -> Settings {
    let scenario = scenario(document);
    let model = scenario.check().unwrap_or_else(|e| panic!("{e}"));
    Settings::of(&scenario, &model, size, "poolwise emit")
}

fn span(text: &str) -> Span {
    Span::parse(text).unwrap()
}

fn document() -> Value {
    json!({ "traffic": { "rate": "100/s" }, "query": [{ "hold": "exponential(mean=20ms)" }] })
}

fn plain() -> Settings {
    settings_of(document(), 1)
}

/// Scenarios that differ in what they say: nothing, everything, little time, and much.
fn scenarios() -> Vec<Settings> {
    let plain = document();
    let with = |more: Value| {
        let mut document = plain.clone();
        more.as_object().unwrap().iter().for_each(|(key, value)| document[key] = value.clone());
        document
    };
    let everything = with(json!({
        "name": "shop \"north\"\n*/ DROP: 'x' # ;",
        "slo": ["wait.p99 <= 20ms"],
        "fleet": { "instances": 4 },
        "client": { "timeout": "3s" },
        "database": { "max_connections": 100, "reserved": 3, "statement_timeout": "2500ms",
                      "idle_in_transaction_session_timeout": "1m" },
        "pool": { "max_size": 20, "min_idle": 5, "acquire_timeout": "750ms", "max_waiters": 40, "idle_timeout": "90s",
                  "max_lifetime": "10m", "lifetime_jitter": "5%", "keepalive": "45s", "leak_threshold": "20s" },
        "pooler": { "default_pool_size": 30, "min_pool_size": 10, "reserve_pool_size": 5, "reserve_pool_timeout": "1500ms",
                    "max_client_conn": 400, "max_db_connections": 90, "query_wait_timeout": "1250ms", "server_lifetime": "20m",
                    "server_idle_timeout": "2m", "server_login_retry": "3s", "server_order": "fifo" },
    }));
    let hasty =
        with(json!({ "client": { "timeout": "40ms" }, "pool": { "max_lifetime": "5s" }, "fleet": { "instances": 7 } }));
    let slow = with(
        json!({ "query": [{ "hold": "deterministic(20s)" }], "traffic": { "rate": "1/s" }, "pool": { "max_size": 40 } }),
    );
    vec![settings_of(plain.clone(), 1), settings_of(everything, 12), settings_of(hasty, 300), settings_of(slow, 40)]
}

fn keys_of(target: &Target) -> BTreeSet<String> {
    target.keys.iter().map(|key| key.key.to_owned()).collect()
}

/// Each text is of its own language, and writes every key of its version that matters, and no other.
#[test]
fn every_text_is_read_and_has_the_keys_of_its_version() {
    for settings in scenarios() {
        for target in TARGETS {
            let text = emit(target, &settings);
            let found: BTreeSet<String> = parsed(target.name, &text).into_keys().collect();
            assert_eq!(found, keys_of(target), "{}:\n{text}", target.name);
        }
    }
}

/// A key that a version does not have is found.
#[test]
fn a_key_that_is_not_known_is_noticed() {
    let settings = &scenarios()[0];
    for (name, from, to) in [
        ("hikaricp", "minimum-idle", "min-idle"),
        ("pgbouncer", "default_pool_size", "pool_size"),
        ("sqlx", "min_connections", "min_idle"),
        ("pgxpool", "pool_min_conns", "pool_least_conns"),
        ("npgsql", "Minimum Pool Size", "Min Size"),
        ("node-postgres", "maxLifetimeSeconds", "maxLifetime"),
        ("database-sql", "SetMaxIdleConns", "SetMinIdleConns"),
        ("django", "\"max_idle\"", "\"min_idle\""),
    ] {
        let target = target(name).unwrap();
        let text = emit(target, settings).replace(from, to);
        let found: BTreeSet<String> = parsed(name, &text).into_keys().collect();
        assert_ne!(found, keys_of(target), "{name}");
    }
}

/// How long each key that is a time says, in seconds, and what it should be. Whole seconds are rounded up.
fn times(name: &str, fit: &Aligned) -> Vec<(&'static str, f64, Span)> {
    let (s, ms) = (1.0, 1e-3);
    match name {
        "hikaricp" => vec![
            ("connection-timeout", ms, fit.acquire_timeout.max(span("300ms"))),
            ("max-lifetime", ms, fit.max_lifetime.max(span("30s"))),
            ("idle-timeout", ms, fit.idle_timeout.max(span("10s"))),
            ("leak-detection-threshold", ms, fit.leak_threshold.max(span("2s"))),
        ],
        "sqlalchemy" => vec![("pool_timeout", s, fit.acquire_timeout), ("pool_recycle", s, fit.max_lifetime)],
        "psycopg_pool" | "django" => vec![
            ("timeout", s, fit.acquire_timeout),
            ("max_idle", s, fit.idle_timeout),
            ("max_lifetime", s, fit.max_lifetime),
        ],
        "node-postgres" => vec![
            ("connectionTimeoutMillis", ms, fit.acquire_timeout),
            ("idleTimeoutMillis", ms, fit.idle_timeout),
            ("maxLifetimeSeconds", s, fit.max_lifetime),
        ],
        "pgxpool" => {
            vec![("pool_max_conn_idle_time", s, fit.idle_timeout), ("connect_timeout", s, fit.connect_timeout)]
        }
        "database-sql" => {
            vec![("SetConnMaxLifetime", s, fit.max_lifetime), ("SetConnMaxIdleTime", s, fit.idle_timeout)]
        }
        "sqlx" => vec![
            ("acquire_timeout", s, fit.acquire_timeout),
            ("idle_timeout", s, fit.idle_timeout),
            ("max_lifetime", s, fit.max_lifetime),
        ],
        "deadpool" => vec![("wait_timeout", s, fit.acquire_timeout), ("create_timeout", s, fit.connect_timeout)],
        "bb8" | "r2d2" => vec![
            ("connection_timeout", s, fit.acquire_timeout),
            ("idle_timeout", s, fit.idle_timeout),
            ("max_lifetime", s, fit.max_lifetime),
        ],
        "rails" => vec![("checkout_timeout", s, fit.acquire_timeout), ("idle_timeout", s, fit.idle_timeout)],
        "npgsql" => vec![
            ("Timeout", s, fit.acquire_timeout),
            ("Command Timeout", s, fit.statement_timeout),
            ("Connection Idle Lifetime", s, fit.idle_timeout),
            ("Connection Lifetime", s, fit.max_lifetime),
        ],
        "tomcat" => vec![
            ("max-wait", ms, fit.acquire_timeout),
            ("max-age", ms, fit.max_lifetime),
            ("min-evictable-idle-time-millis", ms, fit.idle_timeout),
            ("suspect-timeout", s, fit.leak_threshold),
        ],
        "pgbouncer" => vec![
            ("query_wait_timeout", s, fit.acquire_timeout),
            ("server_lifetime", s, fit.max_lifetime),
            ("server_idle_timeout", s, fit.idle_timeout),
            ("server_connect_timeout", s, fit.connect_timeout),
        ],
        other => panic!("say which keys of {other} are times"),
    }
}

/// The keys of the largest and the least number of connections, where there is one.
fn sizes(name: &str) -> (&'static str, Option<&'static str>) {
    match name {
        "hikaricp" => ("maximum-pool-size", Some("minimum-idle")),
        "pgbouncer" => ("default_pool_size", Some("min_pool_size")),
        "sqlalchemy" => ("pool_size", None),
        "psycopg_pool" | "django" => ("max_size", Some("min_size")),
        "node-postgres" => ("max", Some("min")),
        "pgxpool" => ("pool_max_conns", Some("pool_min_conns")),
        "database-sql" => ("SetMaxOpenConns", None),
        "sqlx" => ("max_connections", Some("min_connections")),
        "deadpool" => ("max_size", None),
        "bb8" | "r2d2" => ("max_size", Some("min_idle")),
        "rails" => ("pool", None),
        "npgsql" => ("Maximum Pool Size", Some("Minimum Pool Size")),
        "tomcat" => ("max-active", Some("min-idle")),
        other => panic!("say which keys of {other} are sizes"),
    }
}

fn holds(target: &Target, settings: &Settings) {
    let text = emit(target, settings);
    let values = parse::without_tools(target.name, &text);
    let fit = &settings.aligned;
    let (most, least) = sizes(target.name);
    assert_eq!(values[most], f64::from(fit.max_size).to_string(), "{most}:\n{text}");
    if let Some(least) = least {
        assert_eq!(values[least], f64::from(fit.min_idle).to_string(), "{least}:\n{text}");
    }
    for (key, unit, wanted) in times(target.name, fit) {
        let said = values[key].parse::<f64>().unwrap_or_else(|e| panic!("{key} {:?}: {e}", values[key])) * unit;
        let more = said - wanted.seconds();
        assert!(said > 0.0 && more > -1e-9 && more < 1.0, "{} {key} is {said} s for {wanted}:\n{text}", target.name);
        assert!(unit == 1.0 || more < 1e-3, "{} {key} is {said} s for {wanted}", target.name);
    }
}

fn some_span(least: u64, most: u64) -> impl Strategy<Value = Option<Span>> {
    prop_oneof![Just(None), (least..most).prop_map(|ms| Some(Span::from_nanos(ms * 1_000_000)))]
}

prop_compose! {
    fn asked()(
        max_size in 1..500u32,
        min_idle in prop_oneof![Just(None), (0..500u32).prop_map(Some)],
        acquire_timeout in some_span(1, 60_000),
        client_timeout in some_span(2, 90_000),
        statement_timeout in some_span(1, 90_000),
        idle_timeout in some_span(1, 900_000),
        max_lifetime in some_span(1, 9_000_000),
        wait_objective in some_span(1, 20_000),
        mean_hold in prop_oneof![Just(f64::INFINITY), 1e-6..100.0],
    ) -> Asked {
        Asked {
            max_size, min_idle, acquire_timeout, client_timeout, statement_timeout,
            idle_timeout, max_lifetime, lifetime_jitter: None, keepalive: None, leak_threshold: None, mean_hold, holds: Vec::new(),
            wait_objective,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is asked, each gives up before the one around it, what is written is kept where it can be, and nothing is zero.
    #[test]
    fn what_is_aligned_fits_together(asked in asked()) {
        let fit = align(&asked);
        prop_assert!(fit.acquire_timeout < fit.client_timeout && fit.client_timeout < fit.proxy_timeout, "{fit:?}");
        if asked.statement_timeout.is_none() {
            prop_assert!(fit.acquire_timeout + fit.statement_timeout <= fit.client_timeout, "{fit:?}");
        }
        for (written, found) in [
            (asked.client_timeout, fit.client_timeout),
            (asked.statement_timeout, fit.statement_timeout),
            (asked.max_lifetime, fit.max_lifetime),
            (asked.idle_timeout, fit.idle_timeout),
            (asked.acquire_timeout.filter(|a| asked.client_timeout.is_none_or(|c| *a < c)), fit.acquire_timeout),
        ] {
            prop_assert!(written.is_none_or(|written| written == found), "{asked:?} {fit:?}");
        }
        prop_assert!(asked.max_lifetime == Some(span("1ms")) || fit.keepalive < fit.max_lifetime, "{fit:?}");
        prop_assert!(asked.idle_timeout.is_some() || asked.max_lifetime == Some(span("1ms")) || fit.idle_timeout < fit.max_lifetime);
        let keys: Vec<&str> = fit.reasons.iter().map(|reason| reason.key).collect();
        let mut fields = serde_json::to_value(&fit).unwrap();
        fields.as_object_mut().unwrap().remove("reasons");
        let told: BTreeSet<&str> = keys.iter().copied().collect();
        prop_assert_eq!(told, fields.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>());
        prop_assert!(fit.reasons.iter().all(|reason| !reason.why.is_empty()));
    }

    /// Every text says the sizes and times that were aligned: never less, and no more than its unit makes it.
    #[test]
    fn every_text_says_what_was_aligned(asked in asked()) {
        let settings = Settings { aligned: align(&asked), ..plain() };
        for target in TARGETS {
            holds(target, &settings);
        }
    }
}

/// pgxpool adds its jitter to the lifetime.
#[test]
fn lifetime_and_jitter_of_pgxpool_are_the_lifetime() {
    let mut settings = scenarios().swap_remove(1);
    settings.aligned.lifetime_jitter = Probability::parse("20%").unwrap();
    let values = parsed("pgxpool", &emit(target("pgxpool").unwrap(), &settings));
    assert_eq!((&*values["pool_max_conn_lifetime"], &*values["pool_max_conn_lifetime_jitter"]), ("480", "120"));
}

/// What HikariCP would repair in silence is written as it would be, and said.
#[test]
fn hikaricp_gets_nothing_that_it_would_repair() {
    let settings = &scenarios()[2];
    assert_eq!(settings.aligned.acquire_timeout, span("20ms"));
    let text = emit(target("hikaricp").unwrap(), settings);
    let values = parsed("hikaricp", &text);
    assert_eq!(
        (&*values["connection-timeout"], &*values["max-lifetime"], &*values["keepalive-time"]),
        ("300", "30000", "0")
    );
    assert!(text.contains("connection-timeout is 300 ms instead of 20ms"), "{text}");
}

/// The written pooler is the one that is written, and a pooler without one stands for all instances.
#[test]
fn pgbouncers_settings_are_those_of_the_pooler() {
    let pgbouncer = target("pgbouncer").unwrap();
    let all = scenarios();
    let values = parsed("pgbouncer", &emit(pgbouncer, &all[1]));
    for (key, value) in [
        ("default_pool_size", "30"),
        ("reserve_pool_timeout", "1.5"),
        ("max_client_conn", "400"),
        ("max_db_connections", "90"),
        ("query_wait_timeout", "1.25"),
        ("server_lifetime", "1200"),
        ("server_round_robin", "1"),
        ("idle_transaction_timeout", "60"),
    ] {
        assert_eq!(values[key], value, "{key}");
    }
    let text = emit(pgbouncer, &all[2]);
    let values = parsed("pgbouncer", &text);
    assert_eq!((&*values["default_pool_size"], &*values["max_client_conn"]), ("2100", "4200"));
    let mut late = all[1].clone();
    late.pooler.as_mut().unwrap().query_wait_timeout = Some(span("2m"));
    let warned = emit(pgbouncer, &late);
    assert_eq!(parsed("pgbouncer", &warned)["query_wait_timeout"], "0.75");
    assert!(warned.contains("query_wait_timeout is 750ms instead of the scenario's 2m"), "{warned}");
    assert!(text.contains("the pools of 7 instances were simulated apart"), "{text}");
}

/// The first line says where it comes from; a comment never ends before it should, whatever the scenario is called.
#[test]
fn what_is_not_a_setting_is_a_comment() {
    for mut settings in scenarios() {
        settings.command = "poolwise emit x --set 'name=a\nmax_size = 7'".into();
        for target in TARGETS {
            let text = emit(target, &settings);
            let first = text.lines().next().unwrap();
            assert!(first.contains(&format!("poolwise {}", env!("CARGO_PKG_VERSION"))), "{first}");
            assert!(first.contains(&format!("{:016x}", settings.hash)) && first.contains("poolwise emit x"), "{first}");
            assert!(text.lines().nth(1).unwrap().contains(target.version), "{text}");
            parse::without_tools(target.name, &text);
            let mark = first.split(' ').next().unwrap();
            let comments = text.lines().filter(|line| line.starts_with(mark)).count();
            assert!(text.lines().take(comments - 2).all(|line| line.starts_with(mark)), "{text}");
            assert!(text.lines().skip(1).all(|line| !line.starts_with(mark) || line.chars().count() <= 110), "{text}");
        }
    }
}

/// Who sizes with one timeout and pastes another is told.
#[test]
fn another_timeout_than_the_simulated_one_is_said() {
    let all = scenarios();
    let of = |n: usize| emit(target("bb8").unwrap(), &all[n]).replace("\n//   ", " ");
    assert!(of(0).contains(
        "acquire timeout 30s: poolwise simulate with --set pool.max_size=1 --set pool.acquire_timeout=500ms"
    ));
    assert!(!of(1).contains("is simulated with"), "{}", of(1));
}

/// A size is found for a long run: settings for a scenario in which something happens say so.
#[test]
fn what_happens_over_time_is_not_in_the_size() {
    let mut document = document();
    for over_time in [false, true] {
        if over_time {
            document["timeline"] = json!([{ "at": "5m", "change": "slow_query", "factor": 3 }]);
            document["duration"] = json!("10m");
        }
        for target in TARGETS {
            let text = emit(target, &settings_of(document.clone(), 7));
            // Lines are broken.
            let text: Vec<_> = text.split_whitespace().collect();
            let said = text.join(" ").contains("how this size fares over time");
            assert_eq!(said, over_time, "{}: {}", target.name, text.join(" "));
        }
    }
}

/// More connections than the database lets in are said aloud, whoever counts them.
#[test]
fn too_many_connections_are_said() {
    let document = json!({
        "traffic": { "rate": "100/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "fleet": { "instances": 10 },
        "database": { "max_connections": 100, "reserved": 3 }
    });
    let of = |size| emit(target("rails").unwrap(), &settings_of(document.clone(), size));
    assert!(of(10).contains("100 in all, MORE than the 97 that the database lets them have"), "{}", of(10));
    assert!(of(9).contains("90 in all; the database lets the fleet have 97"), "{}", of(9));
}

fn poolwise(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poolwise")).args(arguments).current_dir(repository("")).output().unwrap()
}

const SHORT: [&str; 4] = ["--rate", "100/s", "--hold", "exponential(mean=20ms)"];

/// Without a size it is the recommended one; the text is the library's, and its first line gives the same again.
#[test]
fn the_command_writes_what_the_library_writes() {
    let slo = ["--slo", "wait.p99 <= 20ms"];
    let arguments = [&["emit", "hikari"][..], &SHORT, &slo].concat();
    let output = poolwise(&arguments);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(parsed("hikaricp", &text)["maximum-pool-size"], "5");
    assert!(String::from_utf8_lossy(&output.stderr).contains('5'), "the sentence is talk");
    let again = "poolwise emit hikari --rate 100/s --hold 'exponential(mean=20ms)' --slo 'wait.p99 <= 20ms'";
    assert!(text.lines().next().unwrap().ends_with(again), "{text}");
    let scenario = scenario(json!({
        "traffic": { "rate": "100/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "slo": ["wait.p99 <= 20ms"]
    }));
    let settings = Settings::of(&scenario, &scenario.check().unwrap(), 5, again);
    assert_eq!(text, emit(target("hikaricp").unwrap(), &settings));

    // Its pools keep 15 open.
    let small = poolwise(&["emit", "hikari", "book/src/scenarios/traffic-spike.toml", "--size", "7"]);
    assert_eq!(parsed("hikaricp", &String::from_utf8(small.stdout).unwrap())["minimum-idle"], "7");

    let arguments = [&["emit", "django", "--size", "12", "--format", "json"][..], &SHORT].concat();
    let answer: Value = serde_json::from_slice(&poolwise(&arguments).stdout).unwrap();
    assert_eq!((&answer["schema_version"], &answer["settings"]["max_size"]), (&json!(1), &json!(12)));
    assert_eq!((&answer["settings"]["acquire_timeout"], &answer["target"]["name"]), (&json!(0.5), &json!("django")));
    assert_eq!(parsed("django", answer["text"].as_str().unwrap())["max_size"], "12");
}

#[test]
fn the_command_says_what_is_wrong_all_at_once() {
    let refused = |arguments: &[&str], code: i32, parts: &[&str]| {
        let output = poolwise(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(code), 0), "{said}");
        parts.iter().for_each(|part| assert!(said.contains(part), "no {part:?} in:\n{said}"));
    };
    let wrong = ["emit", "hikarycp", "--rate", "100", "--hold", "5", "--size", "4"];
    refused(&wrong, 2, &["did you mean hikaricp?", "node-postgres", "traffic.rate", "hold"]);
    refused(&["emit", "hikari", "no-such-file.toml"], 2, &["no-such-file.toml"]);
    let oops = [&["emit", "pg", "--size", "4", "--set", "pool.max_size=oops"][..], &SHORT].concat();
    refused(&oops, 2, &["pool.max_size", "oops"]);
    refused(&["emit", "hikari"], 2, &["give a scenario file, or --rate and --hold"]);
    refused(&[&["emit", "pg", "--size", "0"][..], &SHORT].concat(), 2, &["--size"]);
    let file = "book/src/scenarios/steady.toml";
    refused(&["emit", "pg", file, "--size", "3", "-o", file], 2, &["is the scenario itself"]);
    // No size helps against a hold that is longer than the answer may take.
    let never = [&["emit", "pg", "--slo", "response.p50 <= 1ms"][..], &SHORT].concat();
    refused(&never, 3, &["size"]);
    let list = String::from_utf8(poolwise(&["emit", "--list"]).stdout).unwrap();
    assert_eq!(list.lines().count(), TARGETS.len());
    assert!(TARGETS.iter().all(|t| list.contains(t.name) && list.contains(t.version)), "{list}");
}

#[test]
fn names_are_not_taken_twice() {
    let mut names = BTreeSet::new();
    for target in TARGETS {
        for name in target.also.iter().chain([&target.name]) {
            assert!(names.insert(*name), "{name}");
            assert_eq!(poolwise::emit::target(name).unwrap().name, target.name);
        }
        assert_eq!(keys_of(target).len(), target.keys.len(), "{} has a key twice", target.name);
        assert!(target.keys.iter().all(|key| !key.default.is_empty() && key.source.contains(':')), "{}", target.name);
    }
    assert_eq!(TARGETS.len(), 15);
}

/// What a part of the book shows, as a language that its highlighter knows.
fn language(name: &str) -> &'static str {
    match name {
        "hikaricp" | "rails" => "yaml",
        "sqlalchemy" | "psycopg_pool" | "django" => "python",
        "node-postgres" => "javascript",
        "database-sql" => "go",
        "sqlx" | "deadpool" | "bb8" | "r2d2" => "rust,ignore",
        "pgxpool" | "npgsql" => "sh",
        _ => "ini",
    }
}

/// The book's page: one example for each pool, and where its keys come from.
#[test]
fn the_books_settings() {
    let scenario = scenario(scenario::parse(&text_of("book/src/scenarios/pool-misconfig.toml")).unwrap());
    let model = scenario.check().unwrap();
    let mut text = String::new();
    for target in TARGETS {
        let command = format!("poolwise emit {} book/src/scenarios/pool-misconfig.toml --size 8", target.name);
        let settings = Settings::of(&scenario, &model, 8, command);
        let (name, version, language) = (target.product, target.version, language(target.name));
        writeln!(text, "## {name}\n\n```{language}\n{}```\n", emit(target, &settings)).unwrap();
        writeln!(text, "| `{}`, {version} | default | source |\n|---|---|---|", target.name).unwrap();
        for key in target.keys {
            writeln!(text, "| `{}` | {} | {} |", key.key, key.default, key.source).unwrap();
        }
        text.push('\n');
    }
    hold_to("book/src/generated/settings.md", &text);
}
