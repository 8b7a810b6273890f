//! Sums before any run: each caution comes when it should, with its arithmetic, and not when it should not.

use crate::model;
use poolwise::scenario::{Model, Scenario, set};
use poolwise::theory::predict;
use serde_json::json;

const PLAIN: &[(&str, &str)] = &[("traffic.rate", "10/s"), ("query.0.hold", "exponential(mean=10ms)")];

/// A plain scenario with these keys besides; of lists as many entries as they name.
fn with(keys: &[(&str, &str)]) -> Model {
    let mut document = json!({});
    for list in ["query", "timeline"] {
        let named = |n: &usize| keys.iter().any(|(path, _)| path.starts_with(&format!("{list}.{n}.")));
        document[list] = (0..2).filter(|n| list == "query" && *n == 0 || named(n)).map(|_| json!({})).collect();
    }
    for (path, value) in [PLAIN, keys].concat() {
        set(&mut document, path, value).unwrap();
    }
    Scenario::read(document).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{e}"))
}

fn said(keys: &[(&str, &str)]) -> String {
    with(keys).cautions().to_string()
}

/// Each of these sentences comes.
fn says(keys: &[(&str, &str)], parts: &[&str]) {
    let all = said(keys);
    for part in parts {
        assert!(all.contains(part), "{keys:?}: {part:?} is not in:\n{all}");
    }
}

fn silent(keys: &[(&str, &str)]) {
    assert_eq!(said(keys), "", "{keys:?}");
}

/// A fleet of fixed pools in front of a database.
fn fleet<'a>(instances: &'a str, size: &'a str, most: &'a str, reserved: &'a str) -> [(&'a str, &'a str); 4] {
    [
        ("fleet.instances", instances),
        ("pool.max_size", size),
        ("database.max_connections", most),
        ("database.reserved", reserved),
    ]
}

/// Incidents whose sums were published, and what would have fitted.
#[test]
fn published_fleets() {
    // 26 pods of 13 were the answer where 338 connections were to be had.
    silent(&fleet("26", "13", "341", "3"));
    says(
        &fleet("26", "14", "341", "3"),
        &["26 instances x 14 connections = 364, more than the 338", "at most 13 for each"],
    );
    // n8n: 460 pods of 20 and 6000 connections.
    says(
        &fleet("460", "20", "6000", "0"),
        &["460 instances x 20 connections = 9200, more than the 6000", "at most 13 for"],
    );
    // MIT Open Learning: six of 1500 and 5000.
    says(&fleet("6", "1500", "5000", "0"), &["= 9000, more than the 5000", "at most 833 for each"]);
    // node-postgres: ten of floor(225 / 10).
    silent(&fleet("10", "22", "225", "0"));
    says(&fleet("10", "23", "225", "0"), &["at most 22 for each"]);
    // Three quarters of 1200 less 80 are 820.
    silent(&fleet("82", "10", "1200", "380"));
    says(
        &fleet("82", "11", "1200", "380"),
        &["more than the 820 that the database lets in (max_connections 1200 − 380 reserved)"],
    );
}

/// Two instances of two pools of 15, beside 10 connections of another service, fit into 100; twice as many, as while a deploy
/// overlaps, do not.
#[test]
fn pools_of_an_instance_add_up() {
    let of = |instances: &str| {
        let document = json!({
            "traffic": { "rate": "10/s" },
            "query": [{ "hold": "exponential(mean=10ms)" }],
            "fleet": { "instances": instances },
            "pool": [{ "name": "a", "max_size": 15 }, { "name": "b", "max_size": 15 }],
            "database": { "max_connections": 100, "reserved": 10 },
        });
        Scenario::read(document).unwrap().check().unwrap().cautions().to_string()
    };
    assert!(!of("2").contains("more than"), "{}", of("2"));
    let twice = of("4");
    assert!(twice.contains("pool[0].max_size: 4 instances x (15 + 15) connections = 120, more than the 90"), "{twice}");
}

#[test]
fn who_comes_last_gets_none() {
    let all = said(&fleet("10", "30", "200", "3"));
    assert!(
        all.contains(
            "pool.max_size: 10 instances x 30 connections = 300, more than the 197 that the database lets in (max_connections 200 \
             − 3 reserved): the first 6 to start fill their pools, the next gets 17, the last 3 none; at most 19 for each instance \
             fit"
        ),
        "{all}"
    );
    says(&[&fleet("10", "30", "200", "3")[..], &[("pool.min_idle", "5")]].concat(), &["who comes last gets none"]);
    says(&fleet("10", "30", "9", "0"), &["the first 0 to start", "not even one for each"]);
}

#[test]
fn instances_that_may_come_count() {
    let scaled = |most| {
        let scale =
            [("fleet.autoscale.signal", "cpu"), ("fleet.autoscale.target", "60%"), ("fleet.autoscale.most", most)];
        said(&[&fleet("2", "10", "100", "0")[..], &scale].concat())
    };
    assert_eq!(scaled("10"), "");
    assert!(scaled("11").contains("11 instances (fleet.autoscale.most) x 10 connections = 110"), "{}", scaled("11"));
    let elastic = said(&[&fleet("1", "10", "100", "0")[..], &[("fleet.elastic.most", "50")]].concat());
    assert!(elastic.contains("50 instances (fleet.elastic.most) x 10 connections = 500"), "{elastic}");
}

#[test]
fn a_pool_that_is_made_larger_counts_with_its_largest_size() {
    let resize = [("timeline.0.at", "1m"), ("timeline.0.change", "resize_pool"), ("timeline.0.max_size", "40")];
    says(&[&fleet("10", "15", "200", "0")[..], &resize].concat(), &["10 instances x 40 connections = 400"]);
}

#[test]
fn a_pooler_stands_in_for_the_pools() {
    let pooler = |size: &'static str, clients: &'static str| {
        let keys = [("pooler.default_pool_size", size), ("pooler.max_client_conn", clients)];
        [&fleet("10", "30", "100", "3")[..], &keys].concat()
    };
    silent(&pooler("97", "300"));
    says(&pooler("98", "300"), &["pooler.default_pool_size: 1 user x 98 server connections = 98, more than the 97"]);
    says(&pooler("20", "299"), &["10 instances x 30 connections = 300, more than pooler.max_client_conn"]);
    let reserve = [&pooler("90", "300")[..], &[("pooler.reserve_pool_size", "10")]].concat();
    says(&reserve, &["1 user x (90 + 10 in reserve) server connections = 100"]);
    let capped = [&reserve[..], &[("pooler.max_db_connections", "97")]].concat();
    silent(&capped);
}

#[test]
fn what_is_kept_idle_must_fit_too() {
    let of = |idle| said(&[&fleet("10", "30", "200", "0")[..], &[("pool.min_idle", idle)]].concat());
    assert!(of("21").contains("the fleet opens 10 instances x 21 idle connections = 210 at the start"), "{}", of("21"));
    assert!(!of("20").contains("at the start"), "{}", of("20"));
    assert!(!of("max_size").contains("at the start"), "said already");
}

#[test]
fn an_alert_that_can_not_fire() {
    let usage = |most| with(&fleet("10", "30", most, "3")).reachable_usage();
    assert!((usage("200") - 197.0 / 300.0).abs() < 1e-12);
    assert_eq!((usage("303"), usage("1000"), with(&[]).reachable_usage()), (1.0, 1.0, 1.0));
    says(&fleet("10", "30", "200", "3"), &["can not exceed 65% (197 of 300): an alert at 80% can never fire"]);
    let all = said(&fleet("10", "30", "243", "3"));
    assert!(!all.contains("alert"), "240 of 300 is 80 %: {all}");
    // With few instances all connections can be in use.
    let scale = [("fleet.autoscale.signal", "cpu"), ("fleet.autoscale.target", "60%"), ("fleet.autoscale.most", "10")];
    assert!(!said(&[&fleet("2", "30", "100", "0")[..], &scale].concat()).contains("alert"));
}

#[test]
fn memory_is_for_the_connections_that_can_be() {
    let of = |memory| {
        let keys = [("database.memory", memory), ("database.memory_per_connection", "10MB")];
        said(&[&fleet("10", "10", "200", "0")[..], &keys].concat())
    };
    assert_eq!(of("1GB"), "");
    assert!(
        of("900MB").contains("900MB is less than 100 connections x 10MB = 1GB: memory for 90 of them"),
        "{}",
        of("900MB")
    );
}

#[test]
fn nested_requests_have_a_floor() {
    let of = |size, more: &[(&str, &str)]| {
        let keys = [
            ("traffic.clients", "20"),
            ("traffic.think", "exponential(mean=50ms)"),
            ("query.0.hold", "exponential(mean=10ms)"),
            ("query.0.connections", "2"),
            ("pool.max_size", size),
        ];
        model(&[&keys[..], more].concat()).cautions().to_string()
    };
    assert_eq!(of("21", &[]), "");
    let below = of("20", &[("pool.acquire_timeout", "5s")]);
    assert!(below.contains("20 requests at once of an instance") && below.contains("20 x (2 − 1) + 1 = 21"), "{below}");
    assert!(below.contains("after 5s"), "{below}");
    let waits = of("20", &[("pool.acquire_timeout", "none")]);
    assert_eq!(waits.matches("block each other for ever: set pool.acquire_timeout").count(), 1, "{waits}");
    // Ten of each of two instances.
    assert_eq!(of("11", &[("fleet.instances", "2")]), "");
    assert!(of("10", &[("fleet.instances", "2")]).contains("10 x (2 − 1) + 1 = 11"));
    // An instance takes no more than it can serve at once.
    let elastic = [("fleet.elastic.most", "5"), ("fleet.elastic.concurrency", "4"), ("query.0.connections", "3")];
    silent(&[&elastic[..], &[("pool.max_size", "9")]].concat());
    says(&[&elastic[..], &[("pool.max_size", "8")]].concat(), &["4 x (3 − 1) + 1 = 9"]);
    // Nobody knows how many requests there are at once.
    says(
        &[("query.0.connections", "3"), ("pool.max_size", "11")],
        &["more than 5 requests at once, (11 − 1) / (3 − 1)"],
    );
    let never = said(&[("query.0.connections", "3"), ("pool.max_size", "2")]);
    assert!(never.contains("is never served") && !never.contains("block"), "{never}");
}

#[test]
fn a_pooler_lets_nobody_wait_for_clients_that_have_left() {
    let of = |wait| {
        said(&[
            ("client.timeout", "2s"),
            ("pool.acquire_timeout", "1s"),
            ("pooler.query_wait_timeout", wait),
            ("pool.max_size", "10"),
        ])
    };
    assert_eq!(of("2s"), "");
    assert!(of("3s").contains("2s is shorter than pooler.query_wait_timeout, 3s"), "{}", of("3s"));
    assert!(of("none").contains("query_wait_timeout, none"));
}

#[test]
fn health_checks_wait_like_requests() {
    let of = |rate, patience| {
        let keys = [
            ("traffic.rate", rate),
            ("query.0.hold", "exponential(mean=100ms)"),
            ("pool.max_size", "10"),
            ("pool.acquire_timeout", patience),
            ("fleet.probes.every", "10s"),
            ("fleet.probes.timeout", "1s"),
            ("fleet.probes.failures", "3"),
            ("fleet.probes.hold", "100ms"),
        ];
        model(&keys).cautions().to_string()
    };
    assert_eq!(of("90/s", "30s"), "");
    assert!(of("90/s", "31s").contains("3 x 10s + 1s = 31s, the instance is taken out before the first request"));
    assert!(of("90/s", "none").contains("before any request gives up"));
    let full = of("120/s", "30s");
    assert!(
        full.contains("ask for 12 connections of an instance and health checks for 0.01, and there are 10"),
        "{full}"
    );
    assert!(!of("120/s", "1s").contains("health"), "nobody waits for longer than a check may");
}

#[test]
fn leaks_are_held_against_their_reclaiming() {
    let leak = [("traffic.rate", "50/s"), ("query.0.leak", "0.1%"), ("pool.max_size", "20")];
    says(
        &[&leak[..], &[]].concat(),
        &["pool.leak_action: nothing reclaims", "all 20 connections are gone after about 6.67m (20 / 0.05/s)"],
    );
    let reclaim =
        |after| said(&[&leak[..], &[("pool.leak_threshold", after), ("pool.leak_action", "reclaim")]].concat());
    assert!(
        reclaim("30m").contains("reclaiming after 30m comes too late: at the full rate all 20"),
        "{}",
        reclaim("30m")
    );
    assert_eq!(reclaim("1m"), "");
    silent(&[&leak[..], &[("fleet.elastic.most", "5")]].concat());
    // Of two instances each has half of the requests, and half of these leak two connections each.
    let mixed = [("fleet.instances", "2"), ("query.1.hold", "exponential(mean=10ms)"), ("query.0.connections", "2")];
    says(&[&leak[..], &mixed].concat(), &["(20 / 0.025/s)"]);
}

#[test]
fn no_pool_helps_where_processors_are_missing() {
    let of = |rate, cores| {
        let keys = [
            ("traffic.rate", rate),
            ("query.0.hold", "exponential(mean=400ms)"),
            ("query.0.cpu", "50%"),
            ("database.cores", cores),
        ];
        model(&keys).cautions().to_string()
    };
    assert!(
        of("120/s", "8").contains(
            "demand: 120/s x 0.2 s = 24 cores at the peak, more than the 8 that the database has: no pool size helps"
        ),
        "{}",
        of("120/s", "8")
    );
    assert!(!of("120/s", "24").contains("demand"), "{}", of("120/s", "24"));
    let bent = [
        ("traffic.rate", "20/s"),
        ("query.0.cpu", "exponential(mean=200ms)"),
        ("database.cores", "8"),
        ("database.contention", "20%"),
    ];
    let bent = model(&bent).cautions().to_string();
    assert!(bent.contains("more than the 3.33 that the database does at best"), "{bent}");
}

#[test]
fn keys_that_nothing_looks_at() {
    for (keys, path, way_out) in [
        (&[("database.cores", "8")][..], "database.cores", "set query[].cpu"),
        (&[("database.overhead", "0.01")], "database.overhead", "set query[].cpu"),
        (&[("query.0.cpu", "30%")], "query[0].cpu", "database.cores is none: set it"),
        (&[("database.connect_burst", "5")], "database.connect_burst", "connects_per_second is none"),
        (&[("database.reserved", "5")], "database.reserved", "max_connections is none"),
        (&[("database.memory", "1GB")], "database.memory", "memory_per_connection is none"),
        (&[("database.lock_timeout", "1s")], "database.lock_timeout", "set query[].lock"),
        (
            &[("database.idle_in_transaction_session_timeout", "1s")],
            "idle_in_transaction_session_timeout",
            "query[].app",
        ),
        (&[("database.connect_cpu", "exponential(mean=5ms)"), ("pool.min_idle", "0")], "connect_cpu", "cores is none"),
        (
            &[("timeline.0.at", "1m"), ("timeline.0.change", "lock"), ("timeline.0.lasts", "1m")],
            "timeline[0]",
            "query[].lock",
        ),
    ] {
        let all = said(keys);
        let found =
            all.lines().any(|line| line.contains(path) && line.contains("has no effect") && line.contains(way_out));
        assert!(found, "{keys:?}: {all}");
    }
    silent(&[("database.cores", "8"), ("query.0.cpu", "30%")]);
    silent(&[("database.memory_per_connection", "10MB")]);
    silent(&[("database.lock_timeout", "1s"), ("query.0.lock", "5%")]);
    silent(&[("database.connects_per_second", "10/s"), ("database.connect_burst", "5")]);
    // A restart opens connections again.
    let connect = [("database.connect", "exponential(mean=5ms)")];
    says(&connect, &["database.connect: has no effect"]);
    let restart = [("timeline.0.at", "1m"), ("timeline.0.change", "restart_database"), ("timeline.0.lasts", "5s")];
    silent(&[&connect[..], &restart].concat());
}

#[test]
fn demand_below_capacity_does_not_explain_saturation() {
    let size = ("pool.max_size", "10");
    let below = |keys: &[(&str, &str)]| with(&[&[size][..], keys].concat()).demand_below_capacity();
    let sentence = below(&[("traffic.rate", "100/s")]).unwrap();
    assert!(sentence.ends_with("100/s x 0.01 s = 1 of 10 connections of an instance"), "{sentence}");
    let model = with(&[size, ("traffic.rate", "100/s")]);
    assert!(predict(&model).assumptions.contains(&sentence));
    let shared = [("traffic.rate", "100/s"), ("query.0.cpu", "50%"), ("database.cores", "2")];
    assert!(below(&shared).unwrap().ends_with("0.5 of 2 cores"));
    for keys in [
        &[("traffic.rate", "600/s")][..],
        &[("traffic.rate", "100/s"), ("query.0.cpu", "90%"), ("database.cores", "1")],
        &[("query.0.connections", "2")],
        &[("query.0.lock", "1%")],
        &[("query.0.leak", "1%")],
        &[("query.0.hold", "pareto(min=1ms, alpha=1.5)")],
        &[("fleet.instances", "10"), ("database.max_connections", "50")],
        &[("traffic.rate", "300/s"), ("pooler.default_pool_size", "5")],
        &[("timeline.0.at", "1m"), ("timeline.0.change", "slow_query"), ("timeline.0.factor", "9")],
    ] {
        assert_eq!(below(keys), None, "{keys:?}");
    }
}
