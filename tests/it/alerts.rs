//! Alerts: when they fire to the second, which of them tell of incidents, and rules that Prometheus takes.

use crate::generated::hold_to;
use crate::{corpus, repository, scenario_of};
use poolwise::alert::{Alert, Metric, Scope};
use poolwise::alerting::prometheus::{EXPORTERS, Exporter, expression, rules};
use poolwise::alerting::text::{markdown, text};
use poolwise::alerting::{AlertIn, AlertOrigin, RankedAlert, Ranking, rank};
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::experiment::Options;
use poolwise::random::Streams;
use poolwise::scenario::Model;
use poolwise::units::{SimTime, Span};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The corpus's incidents, as far as the page on alerts ranks them.
const INCIDENTS: [&str; 5] = ["slow-query", "traffic-spike", "pool-misconfig", "leak", "chatty-query"];

/// When alerts began and ceased to fire, in seconds, and what else is asked for.
#[derive(Default)]
struct Seen {
    fires: Vec<(usize, f64)>,
    clears: Vec<(usize, f64)>,
    granted: Vec<(f64, f64)>,
}

impl Observer for Seen {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, _: &Levels) {
        match fact {
            Fact::Fires { alert } => self.fires.push((alert, now.seconds())),
            Fact::Clears { alert } => self.clears.push((alert, now.seconds())),
            Fact::Granted { wait } => self.granted.push((now.seconds(), wait.seconds())),
            _ => {}
        }
    }
}

fn seen(document: Value) -> Seen {
    let model = scenario_of(document);
    let mut seen = Seen::default();
    engine::run(&model, Streams::new(1, 0), SimTime::ZERO + model.length(), &mut seen);
    seen
}

/// Pools of two whose connections are out for 200 s each time, with requests at given moments, instance after instance.
fn pools_of_two(instances: u32, at: &[&str], alerts: Value) -> Value {
    json!({
        "duration": "8m",
        "traffic": { "trace": { "at": at } },
        "query": [{ "hold": "deterministic(200s)" }],
        "fleet": { "instances": instances, "routing": "round_robin" },
        "pool": { "max_size": 2, "acquire_timeout": "1s" },
        "timeline": [{ "at": "1s", "change": "note", "text": "begins" }],
        "incident": {},
        "alert": alerts,
    })
}

#[test]
fn an_alert_fires_at_the_first_look_and_after_its_time() {
    let usage =
        |name: &str, hold: &str, above: &str| json!({ "name": name, "metric": "usage", "above": above, "for": hold });
    let alerts = json!([
        usage("at once", "0s", "80%"),
        usage("after a minute", "1m", "80%"),
        usage("not for so long", "171s", "80%"),
        usage("above, not at", "0s", "100%"),
        usage("half is enough", "0s", "49%"),
    ]);
    // One connection is out from 20 s to 220 s, the other from 50 s to 250 s; looks are at 45 s, 60 s and so on.
    let found = seen(pools_of_two(1, &["20s", "50s"], alerts));
    assert_eq!(found.fires, [(4, 30.0), (0, 60.0), (1, 120.0)]);
    assert_eq!(found.clears, [(0, 225.0), (1, 225.0), (4, 255.0)]);
}

#[test]
fn one_full_instance_is_seen_by_instance_and_not_over_the_fleet() {
    let alerts = json!([
        { "name": "fleet", "metric": "usage", "above": "80%" },
        { "name": "instance", "metric": "usage", "of": "instance", "above": "80%" },
        { "name": "often", "metric": "usage", "of": "instance", "above": "80%", "every": "7s" },
    ]);
    // The first and the third come to one instance, the second and the fourth to the other.
    let found = seen(pools_of_two(2, &["20s", "21s", "50s", "100s"], alerts));
    assert_eq!(found.fires, [(2, 56.0), (1, 60.0), (0, 105.0)]);
    // The fleet has three of four from 220 s on; the second instance is full until 221 s.
    assert_eq!(found.clears, [(2, 224.0), (0, 225.0), (1, 225.0)]);
}

#[test]
fn what_is_counted_is_counted_over_the_window() {
    let alerts = json!([
        { "name": "timeouts", "metric": "timeouts", "above": 0 },
        { "name": "for longer", "metric": "timeouts", "above": 0, "window": "2m" },
        { "name": "two in a minute", "metric": "timeouts", "above": "1.5/min" },
        { "name": "wait", "metric": "wait", "above": "300ms" },
    ]);
    // All connections are out; the third gives up at 31 s, and is counted at the looks from 45 s on until the window has passed it.
    let found = seen(pools_of_two(1, &["20s", "21s", "30s"], alerts));
    let fires = |alert| found.fires.iter().find(|(n, _)| *n == alert).map(|(_, at)| *at);
    let clears = |alert| found.clears.iter().find(|(n, _)| *n == alert).map(|(_, at)| *at);
    assert_eq!((fires(0), clears(0)), (Some(45.0), Some(105.0)));
    assert_eq!((fires(1), clears(1)), (Some(45.0), Some(165.0)));
    // One of three waited, for a second: 333 ms on average, and at the next looks the whole second of one.
    assert_eq!(fires(3), Some(45.0));
    // One in 30 s is two a minute, one in 45 s is 1.33.
    assert_eq!((fires(2), clears(2)), (Some(45.0), Some(60.0)));
}

#[test]
fn what_begins_with_an_alert_begins_so_long_after_it() {
    let mut document = pools_of_two(
        1,
        &["20s", "21s", "50s"],
        json!([
            { "name": "other", "metric": "usage", "above": "100%" },
            { "name": "waiting", "metric": "pending", "of": "instance", "above": 0, "for": "15s" },
        ]),
    );
    document["pool"]["acquire_timeout"] = json!("150s");
    document["timeline"] = json!([{ "on": "waiting", "after": "30s", "change": "resize_pool", "max_size": 3 }]);
    let found = seen(document.clone());
    // It waits from 50 s, is seen at 60 s and fires at 75 s; the third connection is there 30 s later.
    assert_eq!(found.fires, [(1, 75.0)]);
    assert_eq!(found.granted.last(), Some(&(105.0, 55.0)));
    // With other alerts beside it, and without its own among them, it begins all the same.
    let model = scenario_of(document);
    let span = |text| Span::parse(text).unwrap();
    let extra = Alert { name: "extra".into(), metric: Metric::Usage, ..model.alerts()[1].clone() };
    let pooler = Alert { name: "pooler".into(), metric: Metric::PoolerWaiting, ..extra.clone() };
    for list in [vec![extra.clone()], vec![pooler.clone(), extra.clone(), model.alerts()[1].clone()], vec![]] {
        let (other, places) = model.with_alerts(&list);
        let mut found = Seen::default();
        engine::run(&other, Streams::new(1, 0), SimTime::ZERO + model.length(), &mut found);
        assert_eq!(found.granted.last(), Some(&(105.0, 55.0)));
        for (alert, place) in list.iter().zip(places) {
            match place {
                Ok(place) => assert_eq!(other.alerts()[place], *alert),
                Err(why) => assert_eq!(why, "pooler_waiting has no value: there is no pooler: write [pooler]"),
            }
        }
    }
    assert_eq!(model.healthy(span("5m")).alerts(), model.alerts());
}

#[test]
fn a_healthy_model_is_the_one_before_anything_happens() {
    let model = corpus("traffic-spike");
    assert_eq!(model.first_change(), SimTime::ZERO + Span::parse("27m").unwrap());
    let healthy = model.healthy(Span::parse("2h").unwrap());
    assert_eq!((healthy.length(), healthy.changes_over_time()), (model.length(), true));
    assert_eq!(model.healthy(Span::parse("1h").unwrap()).length(), Span::parse("1h").unwrap());
    assert!((healthy.offered_load() * 5.0 / model.offered_load() - 1.0).abs() < 1e-9, "the rate is that of the start");
    assert_eq!(corpus("slow-query").first_change(), SimTime::ZERO + Span::parse("18m").unwrap());
}

fn ranking(scenarios: &[(&str, Model)], seed: u64, replications: u32) -> Ranking {
    let scenarios: Vec<_> = scenarios.iter().map(|(name, model)| ((*name).to_owned(), model.clone())).collect();
    let options = Options { seed: Some(seed), replications: Some(replications), precision: None };
    rank(&scenarios, &options).unwrap_or_else(|e| panic!("{e}"))
}

fn alert<'a>(ranking: &'a Ranking, name: &str) -> &'a RankedAlert {
    ranking.alerts.iter().find(|alert| alert.name == name).unwrap_or_else(|| panic!("{name} is not ranked"))
}

fn within<'a>(alert: &'a RankedAlert, scenario: &str) -> &'a AlertIn {
    alert.scenarios.iter().find(|one| one.scenario == scenario).unwrap()
}

/// A fleet of two with a database, whose queries become thirty times as long after ten minutes.
fn ten_minutes(alerts: Value) -> Value {
    json!({
        "name": "ten",
        "duration": "20m",
        "traffic": { "rate": "20/s" },
        "query": [{ "hold": "exponential(mean=20ms)" }],
        "fleet": { "instances": 2 },
        "pool": { "max_size": 4, "acquire_timeout": "5s" },
        "database": { "max_connections": 100 },
        "timeline": [{ "at": "10m", "change": "slow_query", "factor": 30 }],
        "alert": alerts,
    })
}

#[test]
fn alerts_are_ranked_by_what_they_tell() {
    let own = json!([
        { "name": "Mine", "metric": "usage", "above": "80%", "for": "1m" },
        { "name": "Nervous", "metric": "usage", "of": "instance", "above": "20%" },
        { "name": "NeverEver", "metric": "database_connections", "above": "50%" },
        { "name": "Always", "metric": "hold", "above": "1us" },
    ]);
    let mut calm = ten_minutes(json!([{ "name": "Mine", "metric": "usage", "above": "80%", "for": "1m" }]));
    calm["timeline"] = json!([]);
    let mut ill = ten_minutes(json!([]));
    ill["query"][0]["hold"] = json!("exponential(mean=1s)");
    ill["timeline"] = json!([]);
    ill["database"] = json!({});
    let set = [("ten", scenario_of(ten_minutes(own))), ("calm", scenario_of(calm)), ("ill", scenario_of(ill))];
    let found = ranking(&set, 1, 2);
    assert_eq!(found.incidents, 2, "one of three has none");
    assert_eq!(found.scenarios.iter().map(|s| s.incident).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(found.scenarios[2].healthy, None, "what is ill from its start has no false alarms");
    assert_eq!(found.scenarios[0].healthy, Some(2.0 * 20.0 * 60.0));
    // The same name and rule once, and none of the usual ones beside it.
    assert_eq!(found.alerts.iter().filter(|a| a.rule == "usage of the fleet above 80% for 1m").count(), 1);
    let mine = alert(&found, "Mine");
    assert_eq!((mine.origin, mine.in_time, mine.false_alarms), (AlertOrigin::Scenario, 2, Some(0.0)));
    assert_eq!(within(mine, "calm").in_time, None);
    let pending = alert(&found, "PoolPending");
    assert_eq!((pending.origin, pending.in_time), (AlertOrigin::Usual, 2));
    assert!(pending.lead.unwrap().abs() < 300.0);
    // One that cries all the time, and one that fires before anything has changed: neither tells of it.
    let nervous = alert(&found, "Nervous");
    assert!(nervous.false_alarms.unwrap() > 1.0, "{nervous:?}");
    let always = within(alert(&found, "Always"), "ten");
    assert!(always.already && always.in_time == Some(false) && always.fires.is_none(), "{always:?}");
    let never = alert(&found, "NeverEver");
    assert!(!never.can_fire && never.in_time == 0);
    assert!(within(never, "ten").never.as_ref().unwrap().contains("the fleet has at most 8 connections for 100"));
    assert!(within(never, "ill").no_value.as_ref().unwrap().contains("set database.max_connections"));
    let places = |name: &str| found.alerts.iter().position(|alert| alert.name == name).unwrap();
    assert!(places("Mine") < places("Nervous") && places("Nervous") < places("NeverEver"));
    // The threshold on the hold is each scenario's own.
    let hold = alert(&found, "PoolHoldDoubled");
    assert_eq!(within(hold, "ten").rule.as_deref(), Some("hold of the fleet above 40ms for 1m"));
    assert_eq!(within(hold, "ill").rule.as_deref(), Some("hold of the fleet above 2s for 1m"));
    assert_eq!(found, ranking(&set, 1, 2));
    for said in [text(&found), markdown(&found)] {
        assert!(said.contains("Requests fail without any event in ill"), "{said}");
        assert!(said.contains("No incident, because 5 % of the requests never fail: calm"), "{said}");
    }
    let written = rules(&found, Exporter::Hikaricp, None);
    assert!(written.contains("its threshold differs between the scenarios"), "{written}");
    assert!(written.contains("# - Nervous: ") && written.contains("false alarms a day while all is well"), "{written}");
    assert!(written.contains("# - NeverEver: can never fire in ten: "), "{written}");
    assert!(!written.contains("runbook_url"));
}

#[test]
fn what_can_not_be_ranked_is_said() {
    let model = scenario_of(ten_minutes(json!([])));
    let set = [("ten".to_owned(), model)];
    let said = rank(&[], &Options { replications: Some(0), precision: Some(0.1), ..Options::default() }).unwrap_err();
    assert_eq!(said.problems.len(), 3, "{said}");
    assert!(rank(&set, &Options { seed: Some(1 << 53), ..Options::default() }).is_err());
}

/// The page on alerts: its tables, and what it says in words, over several seeds.
#[test]
fn the_books_ranking_of_alerts() {
    let set = INCIDENTS.map(|name| (name, corpus(name)));
    for seed in 1..=3 {
        let found = ranking(&set, seed, if seed == 1 { 2 } else { 1 });
        if seed == 1 {
            hold_to("book/src/generated/alerts.md", &markdown(&found));
        }
        assert_eq!(found.incidents, 5, "seed {seed}");
        let fleet = alert(&found, "PoolUsage80Fleet");
        for (name, fires) in INCIDENTS.into_iter().zip([false, true, false, false, true]) {
            assert_eq!(within(fleet, name).fires.is_some(), fires, "seed {seed}: {name}");
        }
        assert!(within(fleet, "slow-query").never.is_some(), "seed {seed}");
        let pending = alert(&found, "PoolPending");
        assert_eq!((pending.in_time, pending.false_alarms), (5, Some(0.0)), "seed {seed}");
        let instance = alert(&found, "PoolUsage80Instance");
        assert_eq!(instance.in_time, 4, "seed {seed}");
        assert!(within(instance, "leak").lead.unwrap().mean > 0.0, "seed {seed}: before the requests fail");
        assert!(within(instance, "pool-misconfig").fires.is_none(), "seed {seed}");
        let timeouts = alert(&found, "PoolTimeouts");
        assert_eq!((timeouts.in_time, timeouts.false_alarms), (5, Some(0.0)), "seed {seed}");
        let first: Vec<&str> = found.alerts[..2].iter().map(|alert| alert.name.as_str()).collect();
        assert!(first.contains(&"PoolPending") && first.contains(&"PoolTimeouts"), "seed {seed}: {first:?}");
        assert!(found.alerts.iter().filter_map(|alert| alert.false_alarms).all(|often| often == 0.0), "seed {seed}");
    }
}

/// The checker of Prometheus' rules.
fn promtool(arguments: &[&str], folder: &Path) -> Output {
    let own = repository(".tools/bin/promtool");
    let tool = if own.exists() { own } else { PathBuf::from("promtool") };
    let run = Command::new(tool).args(arguments).current_dir(folder).output();
    run.unwrap_or_else(|e| panic!("promtool can not be run ({e}): scripts/setup.sh test fetches it"))
}

fn holds(arguments: &[&str], folder: &Path, context: &str) {
    let output = promtool(arguments, folder);
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "promtool {arguments:?}: {said}\n{context}");
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("poolwise-alerts-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Every rule that can be written, whatever its metric, is one that Prometheus reads.
#[test]
fn prometheus_reads_every_expression() {
    let span = |text| Span::parse(text).unwrap();
    let mut written = String::from("groups:\n- name: all\n  rules:\n");
    let mut count = 0;
    for (exporter, name, _) in EXPORTERS {
        for (metric, kind) in poolwise::alert::METRICS {
            for scope in [Scope::Fleet, Scope::Instance] {
                let alert = Alert {
                    name: String::new(),
                    metric: *metric,
                    scope,
                    above: 0.25,
                    hold: span("1m"),
                    every: span("15s"),
                    window: span("90s"),
                };
                if let Ok(expr) = expression(*exporter, &alert, Some(8.0)) {
                    count += 1;
                    written += &format!("  - record: a:{count}\n    expr: {}\n", json!(expr));
                } else {
                    let known = matches!(metric, Metric::Errors | Metric::Refused);
                    let poor = ["go-sql", "pgbouncer"].contains(name);
                    assert!(known || poor, "{name} has {}", kind.name);
                }
            }
        }
    }
    assert!(count > 50, "{count}");
    let folder = folder("expressions");
    std::fs::write(folder.join("rules.yml"), &written).unwrap();
    holds(&["check", "rules", "rules.yml"], &folder, &written);
    std::fs::remove_dir_all(folder).unwrap();
}

/// Series of each exporter in which one pool of four fills after two minutes and six wait for it, before and from then on.
fn series(exporter: Exporter) -> Vec<(&'static str, f64, f64)> {
    match exporter {
        Exporter::Hikaricp => vec![
            ("hikaricp_connections_active{instance=\"a\"}", 1.0, 4.0),
            ("hikaricp_connections_max{instance=\"a\"}", 4.0, 4.0),
            ("hikaricp_connections_pending{instance=\"a\"}", 0.0, 6.0),
        ],
        Exporter::HikaricpNative => vec![
            ("hikaricp_active_connections{instance=\"a\"}", 1.0, 4.0),
            ("hikaricp_max_connections{instance=\"a\"}", 4.0, 4.0),
            ("hikaricp_pending_threads{instance=\"a\"}", 0.0, 6.0),
        ],
        Exporter::Otel => vec![
            ("db_client_connection_count{instance=\"a\", db_client_connection_state=\"used\"}", 1.0, 4.0),
            ("db_client_connection_count{instance=\"a\", db_client_connection_state=\"idle\"}", 3.0, 0.0),
            ("db_client_connection_max{instance=\"a\"}", 4.0, 4.0),
            ("db_client_connection_pending_requests{instance=\"a\"}", 0.0, 6.0),
        ],
        Exporter::GoSql => vec![
            ("go_sql_in_use_connections{instance=\"a\", db_name=\"shop\"}", 1.0, 4.0),
            ("go_sql_max_open_connections{instance=\"a\", db_name=\"shop\"}", 4.0, 4.0),
            ("go_sql_in_use_connections{instance=\"b\", db_name=\"no limit\"}", 1.0, 1.0),
            ("go_sql_max_open_connections{instance=\"b\", db_name=\"no limit\"}", 0.0, 0.0),
        ],
        Exporter::Pgbouncer => vec![
            ("pgbouncer_pools_server_active_connections{instance=\"a\", database=\"shop\", user=\"u\"}", 1.0, 4.0),
            ("pgbouncer_pools_client_waiting_connections{instance=\"a\", database=\"shop\", user=\"u\"}", 0.0, 6.0),
            ("pgbouncer_databases_pool_size{instance=\"a\", name=\"shop\", database=\"shop_1\"}", 4.0, 4.0),
        ],
    }
}

/// The rules that are written fire when series cross the threshold for as long as they ask, and not before.
#[test]
fn prometheus_takes_the_rules_and_fires_them() {
    let odd = "Odd \"name\" \\ {{ $labels.none }} # : 'x'\u{2028}- y";
    let alerts = json!([
        { "name": odd, "metric": "usage", "above": "70%", "for": "45s" },
        { "name": "PoolPending", "metric": "pending", "of": "instance", "above": 0, "for": "1m" },
        { "name": "PoolPending", "metric": "usage", "above": "75%", "every": "30s" },
    ]);
    let mut second = ten_minutes(json!([alerts[2]]));
    second["name"] = json!("second: \n- alert: {{ x }}");
    let first = ten_minutes(json!([alerts[0], alerts[1]]));
    let set = [("ten", scenario_of(first)), ("second: \n- alert: {{ x }}", scenario_of(second))];
    let found = ranking(&set, 1, 1);
    for (exporter, name, _) in EXPORTERS {
        let folder = folder(name);
        let written = rules(&found, *exporter, Some("https://runbooks.example/pool?a=\"b\"&c={{d}}"));
        std::fs::write(folder.join("rules.yml"), &written).unwrap();
        holds(&["check", "rules", "rules.yml"], &folder, &written);
        let inputs = series(*exporter);
        let has_pending = inputs.iter().any(|(_, before, after)| (*before, *after) == (0.0, 6.0));
        let mut test = String::from(
            "rule_files: [rules.yml]\nevaluation_interval: 15s\ntests:\n- interval: 15s\n  input_series:\n",
        );
        for (series, before, after) in inputs {
            // Up to 1m45s as before, then as after.
            test += &format!(
                "  - series: {}\n    values: {}\n",
                json!(series),
                json!(format!("{before}+0x7 {after}+0x40"))
            );
        }
        test += "  promql_expr_test:\n";
        let mut expect = |name: &str, at: &str, fires: bool| {
            let expr = format!("count(ALERTS{{alertname={}, alertstate=\"firing\"}})", json!(name));
            let samples = if fires { json!([{ "labels": "{}", "value": 1 }]) } else { json!([]) };
            test += &format!("  - expr: {}\n    eval_time: {at}\n    exp_samples: {samples}\n", json!(expr));
        };
        // The second of a name has a number.
        for (name, hold) in [(odd, 45), ("PoolUsage80Instance", 60), ("PoolPending_2", 60)] {
            if name == "PoolPending_2" && !has_pending {
                continue;
            }
            expect(name, "1m45s", false);
            expect(name, &format!("{}s", 120 + hold - 15), false);
            expect(name, &format!("{}s", 120 + hold), true);
        }
        expect("PoolPending", "90s", false);
        expect("PoolPending", "150s", true);
        std::fs::write(folder.join("test.yml"), &test).unwrap();
        holds(&["test", "rules", "test.yml"], &folder, &format!("{written}\n{test}"));
        // One group for each interval, severities, and what every annotation says.
        for part in [
            "  - name: \"poolwise-15s\"\n    interval: 15s\n",
            "  - name: \"poolwise-30s\"\n    interval: 30s\n",
            "severity: warning",
            "summary: \"usage of any instance above 80% for 1m ({{ $labels.instance }})\"",
            "runbook_url: \"https://runbooks.example/pool?a=\\\"b\\\"&c={{ \\\"{{\\\" }}d}}\"",
            "# Scenarios: ten, second:  - alert: {{ x }}\n",
            "# - Errors5: requests that are lost are counted by the application, not by its pool\n",
        ] {
            assert!(written.contains(part), "{name}: no {part:?} in\n{written}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}

fn poolwise(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poolwise")).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn the_command_line_ranks_and_writes_rules() {
    let folder = folder("cli");
    let good = ten_minutes(json!([{ "name": "Mine", "metric": "usage", "above": "80%", "for": "1m" }]));
    let good = good.to_string();
    std::fs::write(folder.join("good.json"), &good).unwrap();
    std::fs::write(folder.join("again.json"), &good).unwrap();
    std::fs::write(folder.join("bad.toml"), "[pool]\nmax_sise = 4\n").unwrap();
    let written = |name: &str| std::fs::read_to_string(folder.join(name));

    // Everything that is wrong at once, and nothing is written.
    let arguments =
        ["alerts", "bad.toml", "good.json", "none.toml", "--seed", "9007199254740992", "--exporter", "otel"];
    let output = poolwise(&[&arguments[..], &["--runbook", "ftp://x", "-o", "good.json"]].concat(), &folder);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    for part in [
        "error: seed: must be at most",
        "error: --exporter: has a meaning for --format prometheus only",
        "error: --runbook: has a meaning for --format prometheus only",
        "error: --runbook: expected an address such as",
        "error: --output: is one of the scenarios",
        "error: bad.toml: pool.max_sise: unknown key; did you mean max_size?",
        "error: none.toml: can not be read",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    assert!(output.stdout.is_empty() && written("good.json").unwrap() == good);

    let files = ["alerts", "good.json", "again.json", "--replications", "1"];
    let run = |more: &[&str]| {
        let output = poolwise(&[&files[..], more].concat(), &folder);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = run(&["--threads", "1"]);
    assert_eq!(text, run(&["--threads", "3"]));
    // Two of the same name are told apart by their files.
    assert!(text.contains("good.json") && text.contains("again.json"), "{text}");
    assert!(text.contains("Mine (usage of the fleet above 80% for 1m) fires in time in all 2 incidents"), "{text}");
    assert!(
        run(&["--format", "markdown"]).starts_with("| alert | rule | in time | median lead | false alarms |\n|---|")
    );
    let answer: Value = serde_json::from_str(&run(&["--format", "json"])).unwrap();
    assert_eq!((&answer["schema_version"], &answer["incidents"]), (&json!(1), &json!(2)));
    assert_eq!(answer["alerts"][0]["in_time"], 2);
    assert!(answer["alerts"][0]["scenarios"][1]["lead"]["mean"].is_f64());

    let printed = run(&["--format", "prometheus", "--runbook", "https://runbooks.example/pool"]);
    assert!(
        run(&["--format", "prometheus", "--runbook", "https://runbooks.example/pool", "-o", "rules.yml"]).is_empty()
    );
    assert_eq!(written("rules.yml").unwrap(), printed);
    assert!(printed.contains("runbook_url: \"https://runbooks.example/pool\""), "{printed}");
    holds(&["check", "rules", "rules.yml"], &folder, &printed);
    std::fs::remove_dir_all(folder).unwrap();
}
