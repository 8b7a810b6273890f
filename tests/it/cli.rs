//! The command line as scripts use it.

use crate::repository;
use std::process::{Command, Output};

fn poolwise(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poolwise")).args(arguments).current_dir(repository("")).output().unwrap()
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let output = poolwise(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(arguments: &[&str], parts: &[&str]) {
    let output = poolwise(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty(), "nothing half-written");
    for part in parts {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

const SHORT: &str = "exponential(mean=20ms)";

#[test]
fn recommend_needs_no_file_and_its_json_holds_the_size() {
    let arguments = ["recommend", "--rate", "100/s", "--hold", SHORT, "--slo", "wait.p99 <= 20ms", "--format", "json"];
    let answer = json(&arguments);
    assert_eq!(answer["recommended"]["max_size"], 5);
    assert_eq!(answer["schema_version"], 1);
    for threads in ["1", "3"] {
        let mut with = arguments.to_vec();
        with.extend(["--threads", threads]);
        assert_eq!(json(&with), answer, "{threads} threads");
    }
}

#[test]
fn simulate_holds_the_names_that_scripts_rely_on() {
    let file = "book/src/scenarios/slow-query.toml";
    let report = json(&[
        "simulate",
        file,
        "--set",
        "pool.max_size=40",
        "--seed",
        "3",
        "--replications",
        "2",
        "--format",
        "json",
    ]);
    for metric in ["wait", "hold", "response"] {
        for statistic in ["mean", "p50", "p90", "p95", "p99"] {
            let estimate = &report[metric][statistic];
            assert!(estimate["mean"].is_f64() && estimate["half_width"].is_f64(), "{metric}.{statistic}: {estimate}");
        }
    }
    for name in ["offered", "served", "timed_out", "rejected", "utilisation", "pending", "leaked"] {
        assert!(report[name]["mean"].is_f64(), "{name}: {}", report[name]);
    }
    assert!(report["impact"]["failed_requests"]["mean"].is_f64());
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["seed"], 3);
    let bins = report["series"]["t"].as_array().unwrap().len();
    for column in ["offered", "served", "timed_out", "active", "pending", "leaked", "size", "wait_p99"] {
        assert_eq!(report["series"][column].as_array().map(Vec::len), Some(bins), "{column}");
    }
    assert_eq!(report["series"]["size"][0], 400.0);
}

#[test]
fn simulate_stops_at_a_precision() {
    let arguments = ["simulate", "--rate", "100/s", "--hold", SHORT, "--set", "pool.max_size=3", "--precision", "50%"];
    let report = json(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!((&report["stopped"], &report["replications"]), (&"precision".into(), &10.into()));
    assert!(report["precision"].as_f64().unwrap() < 0.5 && report["warm_up_rule"].is_string());
    let text = String::from_utf8(poolwise(&arguments).stdout).unwrap();
    assert!(text.contains("stopped at the precision asked for") && text.contains("warm-up: "), "{text}");
}

#[test]
fn no_feasible_size_is_exit_code_3() {
    let output =
        poolwise(&["recommend", "--rate", "50/s", "--hold", "deterministic(100ms)", "--slo", "response.p50 <= 20ms"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("No pool size keeps"));
}

#[test]
fn bad_input_is_refused_with_every_reason_and_exit_code_2() {
    refused(&["simulate", "no/such/file.toml"], &["no/such/file.toml: can not be read"]);
    refused(&["simulate"], &["give a scenario file"]);
    refused(
        &["recommend", "--rate", "5ms", "--hold", "exponential(20)"],
        &["traffic.rate: ", "found the duration", "query[0].hold: ", "no unit"],
    );
    refused(&["recommend", "--rate", "nan/s", "--hold", SHORT], &["traffic.rate"]);
    refused(
        &[
            "simulate",
            "book/src/scenarios/steady.toml",
            "--set",
            "pool.max_sise=3",
            "--set",
            "nonsense",
            "--set",
            "query.7.hold=1",
        ],
        &["did you mean max_size?", "expected path=value", "no entry \"7\""],
    );
    refused(&["simulate", "tests/bad/syntax.toml"], &["tests/bad/syntax.toml: line 3"]);
    refused(
        &["simulate", "--rate", "1000000000/s", "--hold", SHORT, "--set", "duration=1000h"],
        &["requests, and one run simulates at most"],
    );
    refused(
        &["recommend", "--rate", "1/s", "--hold", SHORT, "--seed", "18446744073709551615"],
        &["seed: must be at most"],
    );
    refused(
        &["simulate", "--rate", "1/s", "--hold", SHORT, "--replications", "0"],
        &["replications: expected 1 to 10000"],
    );
    for (precision, said) in
        [("2ms", "--precision: expected a share"), ("0", "precision: expected from"), ("-1%", "0 to 1")]
    {
        refused(&["simulate", "--rate", "1/s", "--hold", SHORT, "--precision", precision], &[said]);
    }
    refused(&["simulate", "target"], &["can not be read"]);
    refused(&["recommend", "--rate", "-5/s", "--hold", SHORT], &["traffic.rate", "found \"-5/s\""]);
    refused(&["recommend", "--rate", "1000000000/s", "--hold", "deterministic(1h)"], &["use more instances"]);
    refused(
        &["recommend", "--rate", "5/s", "--hold", SHORT, "--slo", "timed_out_share <= 0%"],
        &["can not be shown by simulation"],
    );
    refused(
        &[
            "simulate",
            "--rate",
            "1000000/s",
            "--hold",
            SHORT,
            "--set",
            "pool.acquire_timeout=none",
            "--set",
            "duration=100s",
        ],
        &["could wait at once"],
    );
    let deep = format!("a{}=1", ".a".repeat(60_000));
    refused(&["check", "book/src/scenarios/steady.toml", "--set", &deep], &["so deep"]);
}

/// What runs and may surprise is said on stderr, each with its path and the way out, and the answer is there.
#[test]
fn settings_that_make_no_sense_together_are_cautioned_against() {
    let arguments = |sets: &[&str]| {
        let start = ["check", "book/src/scenarios/steady.toml"].map(str::to_owned);
        start.into_iter().chain(sets.iter().flat_map(|set| ["--set".to_owned(), set.to_string()])).collect::<Vec<_>>()
    };
    let said = |sets: &[&str]| {
        let arguments = arguments(sets);
        let output = poolwise(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(output.status.success() && !output.stdout.is_empty(), "{sets:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let plain = said(&["pool.max_size=10", "pool.acquire_timeout=1s"]);
    assert!(plain.is_empty(), "{plain}");
    for (sets, caution) in [
        (vec!["client.timeout=500ms"], "client.timeout: 500ms is shorter than pool.acquire_timeout, 1s"),
        (
            vec!["query.0.connections=11"],
            "query[0].connections: a request that needs 11 connections at once is never served",
        ),
        (vec!["query.0.connections=2", "pool.acquire_timeout=none"], "can block each other for ever"),
        (vec!["pool.idle_timeout=1m"], "pool.idle_timeout: has no effect: min_idle is max_size"),
        (vec!["pool.min_idle=2", "pool.idle_timeout=1m", "pool.housekeeping=none"], "pool.housekeeping: is none"),
        (vec!["pool.wake_up=1ms"], "pool.wake_up: has no effect: only order"),
        (vec!["pool.open_pause=1ms"], "pool.open_pause: with growth = \"caller\""),
        (
            vec!["pool.growth=background", "pool.open_backoff=1m"],
            "pool.open_backoff: 1m is longer than open_backoff_cap, 10s",
        ),
        (vec!["pool.max_lifetime=1m", "pool.retire=none"], "pool.retire: is none: nobody looks"),
        (vec!["pool.leak_action=reclaim"], "pool.leak_action: has no effect: leak_threshold is none"),
        (vec!["pool.max_idle=3"], "pool.min_idle: 10 is more than max_idle, 3"),
        (vec!["client.backoff=1s"], "client.backoff: has no effect: retries is 0"),
        (vec!["client.retries=1", "client.jitter=50%"], "client.jitter: has no effect: backoff is 0s"),
        (vec!["client.retries=1", "client.backoff=1m"], "client.backoff: 1m is longer than backoff_cap, 10s"),
        (vec!["database.connect_failure=5%"], "database.connect_failure: has no effect: all connections are open"),
        (vec!["pool.min_idle=1", "database.connect_failure=100%"], "no connection ever opens"),
        (vec!["incident.read_as=slow_requests"], "incident.read_as: has no effect: incident.stated is not written"),
        (vec!["fleet.cores=2"], "fleet.cores: has no effect: only fleet.autoscale with signal = \"cpu\""),
        (
            vec!["fleet.probes.hold=1s"],
            "fleet.probes.hold: 1s is not shorter than the timeout, 1s: every health check fails",
        ),
        (vec!["fleet.probes.timeout=11s"], "fleet.probes.timeout: 11s is longer than every, 10s"),
        (vec!["fleet.probes.restart_takes=1s"], "fleet.probes.restart_takes: has no effect: action is eject"),
        (
            vec!["fleet.probes.action=restart", "fleet.probes.successes=2"],
            "fleet.probes.successes: has no effect: action is restart",
        ),
    ] {
        let all = [vec!["pool.max_size=10", "pool.acquire_timeout=1s"], sets].concat();
        let said = said(&all);
        assert!(said.starts_with("caution: ") && said.contains(caution), "no {caution:?} in:\n{said}");
        // What the scenario asserts may lose its meaning besides.
        let others = said.lines().filter(|line| !line.starts_with("caution: assert["));
        assert_eq!(others.count(), 1, "{all:?} says more:\n{said}");
    }
}

#[test]
fn import_writes_a_scenario_that_recommend_runs_or_nothing() {
    let folder = std::env::temp_dir().join(format!("poolwise-import-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("shop.toml");
    let path = file.to_str().unwrap();
    refused(
        &["import", "pg-stat-statements", "tests/bad/locale.csv", "--observed", "45s", "--output", path],
        &["line 2", "line 4"],
    );
    refused(
        &["import", "pg-stat-statements", "tests/golden/pg_stat_statements.csv", "--observed", "45"],
        &["--observed", "no unit"],
    );
    assert!(!file.exists());
    let output = poolwise(&[
        "import",
        "pg-stat-statements",
        "tests/golden/pg_stat_statements.csv",
        "--observed",
        "45s",
        "--output",
        path,
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A file of another's beside it stays, and a bad export leaves nothing.
    let other = folder.join("shop.partial");
    std::fs::write(&other, "mine").unwrap();
    refused(
        &["import", "pg-stat-statements", "tests/bad/empty.csv", "--observed", "45s", "--output", path],
        &["no statement"],
    );
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
    std::fs::remove_file(&other).unwrap();
    assert!(json(&["recommend", path, "--format", "json"])["recommended"]["max_size"].is_u64());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no partial file is left");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_trace_is_read_beside_the_scenario_that_names_it() {
    let folder = std::env::temp_dir().join(format!("poolwise-trace-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("data")).unwrap();
    let scenario = folder.join("replay.toml");
    let file = scenario.to_str().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "replay.toml",
        "traffic.trace.file = 'data/arrivals.csv'\nduration = '1m'\nquery = [{ hold = 'deterministic(1s)' }]",
    );
    write("data/arrivals.csv", "at_s,hold_ms\n0.5,10\n0.5,20\n30,30\n");
    let report = json(&["simulate", file, "--format", "json", "--replications", "1"]);
    assert_eq!(report["offered"]["mean"], 3.0);
    let mean = report["hold"]["mean"]["mean"].as_f64().unwrap();
    assert!((mean - 0.02).abs() < 1e-12, "{mean}");
    // Printed as it was written, without what is in the file.
    assert_eq!(json(&["check", file])["traffic"], serde_json::json!({ "trace": { "file": "data/arrivals.csv" } }));
    write("data/arrivals.csv", "at_s\n0.5\nsoon\n0.1\n");
    refused(
        &["simulate", file],
        &["arrivals.csv: line 3: at_s must be a number", "arrivals.csv: line 4: 100ms is earlier"],
    );
    write("data/arrivals.csv", "count\n5\n");
    refused(&["simulate", file], &["arrivals.csv: line 1: has counts: write every"]);
    let report =
        json(&["simulate", file, "--set", "traffic.trace.every=30s", "--format", "json", "--replications", "2"]);
    assert_eq!(report["offered"]["mean"], 5.0);
    refused(&["simulate", file, "--set", "traffic.trace.file=none.csv"], &["traffic.trace.file: ", "can not be read"]);
    // What is wrong elsewhere is said without a word about the file, which is sound.
    let said = poolwise(&["check", file, "--set", "pool.size=3"]).stderr;
    assert!(!String::from_utf8_lossy(&said).contains("file"), "{}", String::from_utf8_lossy(&said));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn fit_answers_in_words_and_in_json() {
    let file = "tests/golden/pgbench_clients_sweep.csv";
    let output = poolwise(&["fit", file, "--workload", "cpu5ms"]);
    let (text, said) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && text.starts_with("Throughput levels off at 3 queries at once"), "{text}{said}");
    for part in ["95 % interval", "<- used", "[database]\ncores = 2.0", "# cpu = \"deterministic(3"] {
        assert!(text.contains(part), "no {part} in:\n{text}");
    }
    let answer = json(&["fit", file, "--workload", "cpu5ms", "--format", "json"]);
    assert_eq!((&answer["chosen"], &answer["schema_version"]), (&"overhead".into(), &1.into()));
    assert_eq!(answer["measured"].as_array().map(Vec::len), answer["laws"][0]["predicted"].as_array().map(Vec::len));
    refused(&["fit", file], &["pgbench_clients_sweep.csv: has 4 workloads", "--workload", "\"tpcb_hot1\""]);
    refused(&["fit", file, "--workload", "tpcb_hot1"], &["at least three different concurrencies"]);
    refused(&["fit", "no/such.csv"], &["can not be read"]);
    // The keys can be pasted.
    let toml = text.split_once("[database]").unwrap().1;
    assert!(poolwise::scenario::parse(&format!("[database]{toml}")).is_ok(), "{toml}");
}

/// A preset is printed as a `[pool]` table that can be pasted, with the source of every value.
#[test]
fn presets_are_told_and_can_be_pasted() {
    let all = String::from_utf8(poolwise(&["presets"]).stdout).unwrap();
    assert_eq!(all.lines().count(), 15, "{all}");
    let table = String::from_utf8(poolwise(&["presets", "hikaricp-6.0.0"]).stdout).unwrap();
    assert!(table.contains("max_size = \"10\"") && table.contains("# HikariConfig.java"), "{table}");
    let text = format!("{table}\n[traffic]\nrate = '5/s'\n[[query]]\nhold = 'exponential(mean=20ms)'\n");
    let read = poolwise::scenario::parse(&text).and_then(poolwise::scenario::Scenario::read).and_then(|s| s.check());
    assert_eq!(read.unwrap().max_size(), 10);
    refused(&["presets", "hikaricp-6.0.1"], &["did you mean hikaricp-6.0.0?"]);
    let keys = String::from_utf8(poolwise(&["keys"]).stdout).unwrap();
    assert!(keys.contains("pool.acquire_timeout") && keys.contains("30s"), "{keys}");
}

#[test]
fn diagnose_takes_symptoms_metrics_and_scenarios() {
    let told = ["--symptom", "pending=40", "--symptom", "lock_waiters=18", "--symptom", "cpu=10%"];
    let both = ["diagnose", "--metrics", "tests/golden/hikaricp.prom", "--format", "json"];
    let answer = json(&[&both[..], &told].concat());
    assert_eq!((&answer["ranking"][0]["name"], &answer["verdict"]), (&"lock-wait".into(), &"fits".into()));
    let used = answer["used"].as_array().unwrap();
    let value = |name: &str| used.iter().find(|one| one["name"] == name).map(|one| one["value"].clone());
    assert_eq!(
        (value("active"), value("pending")),
        (Some(20.0.into()), Some(40.0.into())),
        "what was given comes first"
    );

    let run = ["diagnose", "book/src/scenarios/too-many-pools.toml", "--replications", "1", "--format", "json"];
    assert_eq!(json(&run)["ranking"][0]["name"], "too-many-pools");

    let text = poolwise(&["diagnose", "--symptom", "max=20", "--symptom", "client_errors=3"]);
    assert!(String::from_utf8(text.stdout).unwrap().contains("In vain: alerts on the pool"));
    let list = poolwise(&["diagnose", "--list"]);
    assert!(String::from_utf8(list.stdout).unwrap().contains("idle_in_transaction"));
}

#[test]
fn diagnose_tells_all_problems_at_once() {
    refused(
        &[
            "diagnose",
            "--metrics",
            "Cargo.toml",
            "--symptom",
            "actve=20",
            "--symptom",
            "cpu=200%",
            "--symptom",
            "deployed",
        ],
        &[
            "actve: is no symptom; did you mean active?",
            "cpu: ",
            "deployed: expected yes or no",
            "Cargo.toml: line 1: is no sample",
        ],
    );
    refused(&["diagnose", "--metrics", "nowhere.prom"], &["nowhere.prom"]);
    refused(&["diagnose", "book/src/scenarios/steady.toml", "--set", "pool.max_sise=3"], &["did you mean"]);
}

/// A scenario with variants in a file of its own, taken away afterwards.
fn with_variants(test: &str, then: impl Fn(&str)) {
    let folder = std::env::temp_dir().join(format!("poolwise-{test}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("scenario.toml");
    let text = "duration = '1m'\ntraffic.rate = '80/s'\nquery = [{ hold = 'exponential(mean=20ms)' }]\n\
                pool = { max_size = 2, acquire_timeout = '100ms' }\n\
                timeline = [{ at = '20s', change = 'slow_query', factor = 2 }]\n\
                variant = [{ name = 'three | more', set = ['pool.max_size=3'], answer = 'helps' }, \
                { name = 'four', set = ['pool.max_size=4'] }]\n";
    std::fs::write(&file, text).unwrap();
    then(file.to_str().unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn compare_prints_the_variants_in_every_form() {
    with_variants("compare-forms", |file| {
        let printed = |more: &[&str]| {
            let output = poolwise(&[&["compare", file], more].concat());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let text = printed(&[]);
        for part in ["as it is", "three | more", "points", "better", "helps", "5 replications of", "the same requests"]
        {
            assert!(text.contains(part), "no {part:?} in:\n{text}");
        }
        let markdown = printed(&["--format", "markdown", "--only", "three | more"]);
        assert!(markdown.contains("\n|---|") && markdown.contains("| three \\| more |"), "{markdown}");
        assert!(!markdown.contains("four"), "{markdown}");
        let csv = printed(&["--format", "csv", "--set", "pool.max_size=5", "--set", "pool.order=lifo"]);
        assert!(csv.starts_with("name,set,measure,") && csv.lines().count() == 15, "{csv}");
        assert!(csv.contains("pool.max_size=5; pool.order=lifo,") && !csv.contains("three"), "{csv}");
        let arguments = ["compare", file, "--format", "json", "--replications", "3", "--variant"];
        let arguments =
            [&arguments[..], &["small: pool.max_size=1; pool.max_waiters=9", "--variant", "pool.max_size=9"]];
        let answer = json(&arguments.concat());
        let names: Vec<_> = answer["rows"].as_array().unwrap().iter().map(|row| &row["name"]).collect();
        assert_eq!(names, ["as it is", "small", "pool.max_size=9"]);
        assert_eq!(answer["rows"][1]["set"], serde_json::json!(["pool.max_size=1", "pool.max_waiters=9"]));
        assert_eq!(answer["rows"][1]["measures"][0]["effect"], "worse");
        for threads in ["1", "3"] {
            let with = [&arguments.concat()[..], &["--threads", threads]].concat();
            assert_eq!(json(&with), answer, "{threads} threads");
        }
    });
}

#[test]
fn compare_refuses_with_every_reason() {
    with_variants("compare-refused", |file| {
        refused(&["compare", file, "--only", "fuor"], &["--only: no variant is called \"fuor\"; did you mean four?"]);
        refused(
            &[
                "compare",
                file,
                "--set",
                "pool.max_sise=3",
                "--variant",
                "x: pool.max_size=no; nonsense",
                "--variant",
                "x:",
            ],
            &[
                "variant[2].set[0]: pool.max_sise: unknown key; did you mean max_size?",
                "variant[0].set[0]: pool.max_size: expected a whole number",
                "variant[0].set[1]: expected path=value",
                "variant[1].name: \"x\" is the name of an earlier",
                "variant[1].set: is missing",
            ],
        );
        refused(&["compare", file, "--set", "pool.max_size=2"], &["variant[0]: changes nothing"]);
        // What is changed for one run is not held against the file's variants.
        let changed = poolwise(&["simulate", file, "--set", "pool.max_size=3", "--replications", "1"]);
        let said = String::from_utf8_lossy(&changed.stderr).into_owned();
        assert!(changed.status.success() && !said.contains("variant"), "{said}");
    });
    let steady = "book/src/scenarios/steady.toml";
    refused(&["compare", steady], &["there is nothing to compare: give --set path=value, --variant"]);
    refused(&["compare", "no/such/file.toml"], &["can not be read"]);
    refused(&["compare", steady, "--set", "pool.max_size=30", "--replications", "0"], &["replications: expected"]);
}
