//! Advice: every number of it comes from simulation, and agrees with what a search for it says.

use crate::generated::hold_to;
use poolwise::advise::{Advice, Advising, Part, advise, text};
use poolwise::experiment::Options;
use poolwise::plan::recommend;
use poolwise::problem::Problems;
use poolwise::scenario::Scenario;
use serde_json::{Value, json};

fn read(document: Value) -> Scenario {
    Scenario::read(document).unwrap()
}

fn seeded(seed: u64) -> Options {
    Options { seed: Some(seed), ..Options::default() }
}

fn try_advice(document: Value, seed: u64) -> Result<Advice, Problems> {
    advise(&read(document), &seeded(seed), |_, _| {})
}

/// Whatever decides the size, a row of the table tells what it gives.
fn advice(document: Value, seed: u64) -> Advice {
    let advice = try_advice(document, seed).unwrap();
    let found = &advice.recommendation;
    assert!(found.table.is_sorted_by(|a, b| a.max_size < b.max_size));
    assert!(
        found.recommended.is_none_or(|size| found.table.iter().any(|row| row.max_size == size.max_size)),
        "{found:?}"
    );
    advice
}

fn exponential(rate: f64, slo: &str) -> Value {
    json!({ "traffic": { "rate": format!("{rate}/s") }, "query": [{ "hold": "exponential(mean=20ms)" }], "slo": [slo] })
}

/// Theory's p99 wait of M/M/c.
fn p99(c: u32, load: f64) -> f64 {
    let wait = poolwise::theory::erlang::erlang_c(c, load).unwrap();
    0.02 / (f64::from(c) - load) * poolwise::math::ln(100.0 * wait)
}

/// What M/M/c knows: at which load the p99 wait of 18 connections reaches the objective.
#[test]
fn headroom_ends_where_theory_says() {
    let (load, at_most) = (14.0, 0.02);
    let breaks = (0..600).map(|n| 1.0 + f64::from(n) / 1000.0).find(|f| p99(18, load * f) > at_most).unwrap();
    for seed in [1, 2, 3] {
        let answer = advice(exponential(700.0, "wait.p99 <= 20ms"), seed);
        assert_eq!(answer.recommendation.recommended.unwrap().max_size, 18);
        // Nothing is said of a database.
        assert_eq!(answer.band.unwrap().highest, None);
        let traffic = answer.headroom.unwrap().traffic;
        // Only what surely meets counts, and the search ends within two per cent.
        assert!(traffic <= breaks * 1.005 && traffic >= breaks - 0.08, "seed {seed}: {traffic}, theory {breaks}");
    }
}

#[test]
fn parts_of_another_question_are_refused() {
    let advising = Advising::new(&read(exponential(100.0, "wait.p99 <= 20ms")), &seeded(1)).unwrap();
    for part in [
        Part::World(1000),
        Part::Case { number: 0, usual: 4 },
        Part::Remedy { number: 99, bottleneck: None },
        Part::Load { number: 2, size: 4 },
        Part::Move(4),
    ] {
        assert_eq!(advising.perform(&part).unwrap_err().problems[0].path, "part", "{part:?}");
    }
}

#[test]
fn what_moves_is_what_a_search_of_its_own_says() {
    let answer = advice(exponential(800.0, "wait.p99 <= 20ms"), 1);
    for (what, rate, mean) in [("20 % less traffic", 640.0, 20), ("20 % more traffic", 960.0, 20), ("twice", 800.0, 40)]
    {
        let moved = answer.sensitivity.iter().find(|m| m.what.contains(what)).unwrap();
        let hold = format!("exponential(mean={mean}ms)");
        let other = json!({ "traffic": { "rate": format!("{rate}/s") }, "query": [{ "hold": hold }], "slo": ["wait.p99 <= 20ms"] });
        let found = recommend(&read(other).check().unwrap(), &seeded(1)).unwrap();
        assert_eq!(moved.max_size, found.recommended.map(|r| r.max_size), "{what}");
    }
}

#[test]
fn the_band_ends_where_the_database_lets_in_no_more() {
    let mut document = exponential(400.0, "wait.p99 <= 20ms");
    document["fleet"] = json!({ "instances": 4 });
    document["database"] = json!({ "max_connections": 103, "reserved": 3 });
    let band = advice(document, 1).band.unwrap();
    assert_eq!(band.highest, Some(25));
    assert!(band.highest_because.contains("20 leave room for one instance more"), "{}", band.highest_because);
    let mut small = exponential(400.0, "wait.p99 <= 20ms");
    small["database"] = json!({ "memory": "300MB", "memory_per_connection": "10MB" });
    assert_eq!(advice(small, 1).band.unwrap().highest, Some(30));
}

/// Beyond some size so many queries share few cores that each takes too long, however short the wait for a connection.
#[test]
fn the_band_ends_where_queries_slow_each_other_down() {
    for seed in [1, 2] {
        let document = json!({
            "traffic": { "rate": "500/s" },
            "query": [{ "cpu": "exponential(mean=6ms)", "work": "exponential(mean=4ms)" }],
            "database": { "cores": 4, "overhead": 0.03 },
            "slo": ["response.p95 <= 120ms"],
        });
        let answer = advice(document.clone(), seed);
        let band = answer.band.unwrap();
        let highest = band.highest.unwrap();
        assert!(band.highest_because.contains("share the database's cores"), "{}", band.highest_because);
        // Twice as many are beyond doubt too many.
        let mut beyond = document;
        beyond["pool"] = json!({ "max_size": 2 * highest.max(10) });
        let few = Options { replications: Some(3), ..seeded(seed) };
        let report = poolwise::experiment::simulate(&read(beyond).check().unwrap(), &few).unwrap();
        assert!(report.response.p95.is_none_or(|p| p.mean > 0.12), "{highest}: {:?}", report.response.p95);
    }
}

fn fleet(cases: Value) -> Value {
    json!({
        "traffic": { "rate": "200/s" },
        "query": [{ "hold": "exponential(mean=20ms)" }],
        "fleet": { "instances": 4 },
        "pool": { "acquire_timeout": "1s" },
        "slo": ["wait.p99 <= 50ms"],
        "survive": cases,
    })
}

#[test]
fn cases_need_what_is_enough_and_not_one_less() {
    for seed in [1, 2] {
        let cases = json!([
            { "what": "spike", "factor": 6, "lasts": "20s" },
            { "what": "slow_query", "factor": 8, "lasts": "20s" },
            { "what": "fewer_instances" },
            { "what": "peak", "factor": 2 },
            { "what": "deploy" },
        ]);
        let answer = advice(fleet(cases), seed);
        let of = |name: &str| answer.survival.iter().find(|case| case.name == name).unwrap().smallest.unwrap();
        // Offered load of one instance: 1 erlang, 2 at the peak, 6 in the spike, 8 while queries are slow.
        assert!(of("spike") >= 6 && of("spike") <= 12, "{}", of("spike"));
        assert!(of("slow query") >= 8 && of("slow query") <= 15, "{}", of("slow query"));
        let usual = |rate: &str, instances: u32| {
            let mut document = fleet(json!([]));
            (document["traffic"], document["fleet"]) = (json!({ "rate": rate }), json!({ "instances": instances }));
            recommend(&read(document).check().unwrap(), &seeded(seed)).unwrap().recommended.unwrap().max_size
        };
        assert_eq!(of("peak"), usual("400/s", 4));
        assert_eq!(of("fewer instances"), usual("200/s", 3).max(usual("200/s", 4)));
        assert_eq!(answer.recommendation.recommended.unwrap().max_size, of("slow query"));
        assert!(
            answer.recommendation.sentence.contains("survive \"slow query\""),
            "{}",
            answer.recommendation.sentence
        );
    }
}

#[test]
fn what_no_size_survives_is_said() {
    let mut document = fleet(json!([{ "name": "sale", "what": "spike", "factor": 40 }]));
    document["database"] = json!({ "max_connections": 40 });
    let answer = advice(document, 1);
    assert_eq!(answer.recommendation.recommended, None);
    assert!(
        answer.recommendation.sentence.starts_with("No size survives \"sale\"."),
        "{}",
        answer.recommendation.sentence
    );
}

#[test]
fn bad_cases_are_refused_with_their_paths() {
    let cases = json!([
        { "what": "spiek" },
        { "what": "spike", "factor": "none" },
        { "what": "fewer_instances", "count": 4 },
        { "what": "slow_query", "query": "checkout" },
        { "factor": 2 },
    ]);
    let problems = read(fleet(cases)).check().unwrap_err().to_string();
    for part in [
        "survive[0].what",
        "survive[1].factor",
        "none would be left",
        "no query is called \"checkout\"",
        "survive[4].what",
    ] {
        assert!(problems.contains(part), "{part} in {problems}");
    }
}

/// Where no size helps, each remedy is the least of its ladder that does.
#[test]
fn what_helps_where_no_size_does() {
    let document = json!({
        "traffic": { "rate": "400/s" },
        "query": [{ "hold": "exponential(mean=20ms)" }],
        "fleet": { "instances": 10 },
        "database": { "max_connections": 10 },
        "slo": ["wait.p99 <= 50ms"],
    });
    let answer = advice(document.clone(), 1);
    let stuck = answer.stuck.unwrap();
    assert_eq!(stuck.bottleneck, "database.max_connections");
    let helps = |part: &str| stuck.remedies.iter().find(|r| r.what.contains(part)).and_then(|r| r.max_size);
    // Ten connections are enough for 8 erlangs together, not one for each of ten instances, and not five for each of two.
    assert_eq!(helps("1 instance in place of 10"), Some(10), "{:?}", stuck.remedies);
    assert!(helps("connections that the database lets in").is_some(), "{:?}", stuck.remedies);
    assert!(helps("shorten the work").is_some() && helps("serve less").is_some());
    // And it is true: half a step less of the remedy does not.
    let percent: f64 = {
        let what = &stuck.remedies.iter().find(|r| r.what.contains("shorten")).unwrap().what;
        what.split("by ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
    };
    let with = |share: f64| {
        let mut other = document.clone();
        other["query"] = json!([{ "hold": format!("exponential(mean={}us)", (20_000.0 * share).round()) }]);
        recommend(&read(other).check().unwrap(), &seeded(1)).unwrap().recommended.is_some()
    };
    assert!(with(1.0 - percent / 100.0) && !with(1.0 - (percent - 5.0) / 100.0), "{percent}");
}

#[test]
fn cores_are_named_where_they_are_the_bottleneck() {
    let document = json!({
        "traffic": { "rate": "500/s" },
        "query": [{ "cpu": "exponential(mean=6ms)" }],
        "database": { "cores": 2 },
        "slo": ["response.p95 <= 100ms"],
    });
    let stuck = advice(document, 1).stuck.unwrap();
    assert_eq!(stuck.bottleneck, "database.cores");
    let cores = stuck.remedies.iter().find(|r| r.what.contains("cores in place of 2")).unwrap();
    // 3 cores' worth of work: four suffice, three can not.
    assert!(cores.what.starts_with('4') && cores.max_size.is_some(), "{cores:?}");
}

/// Connections that are closed when idle are missing when a request comes; one pool keeps them, and the size is that which it needs.
#[test]
fn opening_is_named_where_requests_wait_for_it() {
    for (seed, limit) in [(1, None), (2, Some(100))] {
        let mut document = json!({
            "traffic": { "rate": "5/s" },
            "query": [{ "hold": "exponential(mean=20ms)" }],
            "pool": { "min_idle": 0, "idle_timeout": "100ms" },
            "database": { "connect": "deterministic(80ms)" },
            "slo": ["wait.p99 <= 50ms"],
        });
        if let Some(limit) = limit {
            document["database"]["max_connections"] = json!(limit);
        }
        let stuck = advice(document.clone(), seed).stuck.unwrap();
        assert_eq!(stuck.bottleneck, "pool.min_idle", "{}", stuck.because);
        let size = stuck.remedies[0].max_size.unwrap();
        assert!(stuck.remedies[0].what.starts_with("keep every connection open"), "{:?}", stuck.remedies);
        document["pool"] = json!({ "max_size": size, "min_idle": size });
        let kept = recommend(&read(document).check().unwrap(), &seeded(seed)).unwrap();
        assert_eq!(kept.recommended.unwrap().max_size, size);
    }
}

/// M/M/9 at 0.89 behind pools that are large enough: with nine servers the p99 response is some 130 ms, with twelve hardly more than
/// the 92 ms of the work alone.
#[test]
fn the_pooler_is_named_where_requests_wait_for_its_servers() {
    let document = json!({
        "traffic": { "rate": "400/s" },
        "query": [{ "hold": "exponential(mean=20ms)" }],
        "pooler": { "default_pool_size": 9 },
        "slo": ["response.p99 <= 100ms"],
    });
    let stuck = advice(document, 1).stuck.unwrap();
    assert_eq!(stuck.bottleneck, "pooler.default_pool_size", "{}", stuck.because);
    let servers = &stuck.remedies[0];
    assert_eq!(servers.what, "12 server connections of the pooler in place of 9");
    assert!(servers.max_size.unwrap() > 9, "{servers:?}");
}

/// What no size of the pool changes: another pool, a check of each connection, a timeout in the database. Each is tried, and named.
#[test]
fn what_is_no_matter_of_size_is_named() {
    let shared = json!({
        "traffic": [
            { "name": "shop", "rate": "50/s", "query": "quick", "pool": "main" },
            { "name": "reports", "rate": "2.5/s", "query": "slow", "pool": "reports" },
        ],
        "query": [
            { "name": "quick", "hold": "exponential(mean=20ms)" },
            { "name": "slow", "hold": "exponential(mean=2s)" },
        ],
        "pool": [{ "name": "main" }, { "name": "reports", "max_size": 7 }],
        // It is not the database, for what it lets in is more than is used.
        "database": { "max_connections": 30 },
        "slo": ["wait.p99 <= 20ms"],
    });
    let of = |document: &Value| advice(document.clone(), 1).stuck.unwrap();
    let stuck = of(&shared);
    assert_eq!(stuck.bottleneck, "pool[].max_size", "{}", stuck.because);
    let helps = stuck.remedies.iter().find(|remedy| remedy.what.contains("in the pool \"reports\"")).unwrap();
    assert!(helps.max_size.is_some(), "{helps:?}");

    let mut checked = exponential(100.0, "wait.p99 <= 500us");
    checked["pool"] = json!({ "validation": "1ms" });
    let stuck = of(&checked);
    assert_eq!(stuck.bottleneck, "pool.validation", "{}", stuck.because);
    assert!(stuck.remedies[0].max_size.is_some(), "{:?}", stuck.remedies);

    let mut cut = exponential(100.0, "impact.failed_requests <= 0.1%");
    cut["database"] = json!({ "statement_timeout": "80ms" });
    let stuck = of(&cut);
    assert_eq!(stuck.bottleneck, "database.statement_timeout", "{}", stuck.because);
}

/// What is recommended beside a size does not break what the size was found for.
#[test]
fn settings_keep_the_objectives() {
    for hold in ["lognormal(p50=8ms, p99=200ms)", "exponential(mean=20ms)"] {
        let mut document =
            json!({ "traffic": { "rate": "350/s" }, "query": [{ "hold": hold }], "slo": ["wait.p99 <= 20ms"] });
        let answer = advice(document.clone(), 1);
        let value = |key: &str| {
            let reason = answer.settings.iter().find(|reason| reason.key == key).unwrap();
            assert!(!reason.why.contains("fail"), "{reason:?}");
            json!(reason.value)
        };
        document["pool"] = json!({ "acquire_timeout": value("acquire_timeout") });
        document["client"] = json!({ "timeout": value("client_timeout") });
        document["database"] = json!({ "statement_timeout": value("statement_timeout") });
        let with = recommend(&read(document).check().unwrap(), &seeded(1)).unwrap();
        assert_eq!(with.recommended, answer.recommendation.recommended, "{hold}: {}", with.sentence);
    }
    // A patience that somebody wrote is kept, with what it costs: exp(-1s / 250ms) = 1.8 %.
    let impatient = advice(
        json!({
            "traffic": { "rate": "20/s" },
            "query": [{ "hold": "exponential(mean=250ms)" }],
            "client": { "timeout": "2s" },
            "slo": ["wait.p99 <= 200ms"],
        }),
        1,
    );
    let reason = impatient.settings.iter().find(|reason| reason.key == "statement_timeout").unwrap();
    assert!(reason.value == "1s" && reason.why.contains("1.83 % of holds take longer, and fail"), "{reason:?}");
}

/// Only what nobody has said is asked for, and a pooler's limit is one.
#[test]
fn the_band_knows_what_is_said() {
    let mut document = exponential(100.0, "wait.p99 <= 20ms");
    let why = |document: &Value| advice(document.clone(), 1).band.unwrap();
    assert!(
        why(&document).highest_because.contains("say database.max_connections, database.cores and database.memory")
    );
    document["database"] = json!({ "cores": 4 });
    document["query"][0]["cpu"] = json!("10%");
    let band = why(&document);
    assert!(!band.highest_because.contains("database.cores if"), "{band:?}");
    document["database"] = json!({ "max_connections": 100 });
    document["fleet"] = json!({ "instances": 4 });
    document["pooler"] = json!({ "mode": "transaction", "default_pool_size": 20, "max_client_conn": 100 });
    let band = why(&document);
    assert!(band.highest == Some(25) && band.highest_because.contains("lets in 100 clients"), "{band:?}");
}

#[test]
fn ranges_are_answered_with_the_least_regret() {
    for seed in [1, 2] {
        let document = json!({
            "traffic": { "rate": "100/s..400/s" },
            "query": [{ "hold": "exponential(mean=20ms)" }],
            "slo": ["wait.p99 <= 20ms"],
        });
        let answer = advice(document, seed);
        let (uncertain, band) = (answer.uncertain.unwrap(), answer.band.unwrap());
        let share = |size| {
            let enough = uncertain.table.iter().rev().find(|row| row.max_size <= size).map_or(0.0, |row| row.enough);
            format!("{size} is enough in {:.0} % of the worlds", 100.0 * enough)
        };
        assert!(band.lowest_because.starts_with(&share(uncertain.max_size - 1)), "{band:?}");
        assert!(uncertain.sentence.starts_with(&format!("Use {} connections on each", uncertain.max_size)));
        let size = |rate: f64| advice_size(rate, seed);
        if seed == 1 {
            let (low, high) = (size(100.0), size(400.0));
            assert!(uncertain.table.iter().all(|row| (low..=high).contains(&row.max_size)), "{uncertain:?}");
        }
        // A missing connection counts ten times: what is enough in ten of eleven worlds, so in the 30th of 32 that are drawn.
        let of_world = |n: f64| size(100.0 * poolwise::math::pow(4.0, n / 32.0));
        let expected = of_world(29.0)..=of_world(30.0);
        assert!(expected.contains(&uncertain.max_size), "{} and {expected:?}", uncertain.max_size);
        let best = uncertain.table.iter().map(|row| row.regret).fold(f64::INFINITY, f64::min);
        let row = uncertain.table.iter().find(|row| row.max_size == uncertain.max_size).unwrap();
        assert_eq!(row.regret, best);
        assert_eq!(answer.recommendation.recommended.unwrap().max_size, uncertain.max_size);
    }
}

fn advice_size(rate: f64, seed: u64) -> u32 {
    recommend(&read(exponential(rate, "wait.p99 <= 20ms")).check().unwrap(), &seeded(seed))
        .unwrap()
        .recommended
        .unwrap()
        .max_size
}

/// An answer, not an error: no wait is the matter, but the work itself.
#[test]
fn ranges_in_which_no_size_is_enough_are_answered() {
    let mut document = exponential(1.0, "response.p50 <= 20ms");
    document["traffic"] = json!({ "rate": "50/s..60/s" });
    document["query"] = json!([{ "hold": "deterministic(100ms)" }]);
    let answer = advice(document, 1);
    assert_eq!(answer.recommendation.recommended, None);
    assert!(answer.recommendation.sentence.starts_with("In no world"), "{}", answer.recommendation.sentence);
}

#[test]
fn what_is_no_range_is_refused_with_its_path() {
    for (rate, why) in [("1200/s..800/s", "must rise"), ("800/s..20ms", "is no range"), ("some..many", "is no range")] {
        let mut document = exponential(1.0, "wait.p99 <= 20ms");
        document["traffic"] = json!({ "rate": rate });
        let problems = try_advice(document, 1).unwrap_err().to_string();
        assert!(problems.contains("traffic.rate") && problems.contains(why), "{problems}");
    }
    for (path, range, why) in [
        ("pool.max_size", "5..9", "pool.max_size: is what is looked for"),
        ("pool.max_waiters", "1.5..2.5", "found \"1.936\" (or \"none\") (the middle of 1.5..2.5)"),
        ("fleet.instances", "1..0", "must rise"),
        ("fleet.instances", "0..2", "found \"0\" (drawn from 0..2)"),
    ] {
        let mut document = exponential(1.0, "wait.p99 <= 20ms");
        poolwise::scenario::set(&mut document, path, range).unwrap();
        let problems = try_advice(document, 1).unwrap_err().to_string();
        assert!(problems.contains(why), "{problems}");
    }
    let problems = try_advice(exponential(1.0, "wait.p99 <= 10ms..20ms"), 1).unwrap_err().to_string();
    assert!(problems.contains("slo[0]: is what you ask for"), "{problems}");
}

#[test]
fn threads_do_not_change_advice_and_its_text_says_all() {
    let document = || {
        let mut document = fleet(json!([{ "what": "spike" }]));
        document["query"] = json!([{ "hold": "lognormal(p50=5ms..8ms, p99=80ms..90ms)" }]);
        document
    };
    let in_pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| advice(document(), 1))
    };
    let one = in_pool(1);
    assert_eq!(one, in_pool(3));
    let said = text::text(&one);
    for part in [
        "With each range at its middle, safe from",
        "Headroom",
        "Smallest pool when",
        "Cases to be survived",
        "least regret",
        "acquire_timeout",
    ] {
        assert!(said.contains(part), "{part} in:\n{said}");
    }
}

/// Those who gave up ask again, while the pool works for them: what 16 s of too much traffic began is not over after 20 minutes.
#[test]
fn an_overload_outlives_its_cause_where_those_who_left_ask_again() {
    let storm = poolwise::scenario::parse(&crate::text_of("book/src/scenarios/retry-storm.toml")).unwrap();
    let with = |changes: &[(&str, &str)]| {
        let mut document = storm.clone();
        changes.iter().for_each(|(key, value)| poolwise::scenario::set(&mut document, key, value).unwrap());
        document
    };
    let known = "From an overload it does not recover by itself.";
    for seed in [1, 2] {
        let answer = advice(storm.clone(), seed);
        let aftermath = answer.aftermath.as_ref().unwrap();
        assert!(aftermath.stuck == aftermath.runs && aftermath.failing > 0.9, "{aftermath:?}");
        assert!(answer.recommendation.sentence.ends_with(known) && text::text(&answer).contains(&aftermath.sentence));
        let [alone, larger, once] = aftermath.remedies.as_slice() else { panic!("{aftermath:?}") };
        assert!(alone.0 == "with an acquire_timeout of 1s" && alone.1 > 0.01 && alone.1 < 0.2, "{aftermath:?}");
        assert!(larger.0.starts_with("with an acquire_timeout of 1s and a pool of ") && larger.1 == 0.0);
        assert_eq!(once, &("without retries".to_owned(), 0.0));

        let size = answer.recommendation.recommended.unwrap().max_size;
        let failed = |max_size: u32, changes: &[(&str, &str)]| {
            let spike = json!([{ "at": "1m", "lasts": format!("{}s", aftermath.lasts), "factor": aftermath.factor }]);
            let mut document = with(changes);
            (document["duration"], document["timeline"]) = (json!("20m"), json!([]));
            document["traffic"] = json!({ "rate": "180/s", "spikes": spike });
            document["pool"]["max_size"] = json!(max_size);
            let few = Options { replications: Some(2), ..seeded(seed + 10) };
            let report = poolwise::experiment::simulate(&read(document).check().unwrap(), &few).unwrap();
            report.failed.unwrap().mean / report.offered.unwrap().mean
        };
        assert!(failed(size, &[]) > 0.9);
        let enough: u32 = larger.0.rsplit(' ').next().unwrap().parse().unwrap();
        let left = failed(enough, &[("pool.acquire_timeout", "1s")]);
        assert!(left < 0.05, "seed {seed}, {enough}: {left}");
        // Where nobody asks again, what came is worked off.
        assert!((0.05..0.5).contains(&failed(size, &[("client.retries", "0")])));
    }
    let ends = advice(with(&[("pool.acquire_timeout", "500ms")]), 1);
    assert!(
        ends.aftermath
            .is_some_and(|a| a.stuck == 0 && a.remedies.is_empty() && a.sentence.contains("ends with its cause"))
    );
    assert!(!ends.recommendation.sentence.contains(known));
    for nothing in [("client.retries", "0"), ("client.timeout", "none")] {
        assert_eq!(advice(with(&[nothing]), 1).aftermath, None, "{nothing:?}");
    }
}

/// n queries do n / (1 + n (n − 1) / 100) cores' worth of work: of the 4 that come more than 21 together do less, and theory knows no
/// steady state. Of the 3 that come at three quarters of the rate, more than 31.
#[test]
fn pools_that_stay_full_once_they_are_full_are_not_recommended() {
    let of = |rate: &str, slo: &str| {
        json!({
            "traffic": { "rate": rate },
            "query": [{ "cpu": "exponential(mean=20ms)" }],
            "database": { "cores": 1000, "coherency": 0.01 },
            "slo": [slo],
        })
    };
    for (size, steady) in [(21, true), (22, false), (1000, false)] {
        let mut document = of("200/s", "wait.p99 <= 2ms");
        document["pool"] = json!({ "max_size": size });
        let model = read(document).check().unwrap();
        assert_eq!(poolwise::theory::predict(&model).stable, steady, "{size}");
        assert_eq!(
            model.cautions().to_string().contains("pool.max_size: once all connections are taken"),
            !steady,
            "{size}"
        );
        let run = poolwise::experiment::simulate(&model, &Options { replications: Some(2), ..seeded(1) }).unwrap();
        assert_eq!(
            run.sentence.ends_with("once all connections are taken, they stay so."),
            !steady,
            "{}",
            run.sentence
        );
    }
    for seed in [1, 2] {
        let none = advice(of("200/s", "wait.p99 <= 2ms"), seed);
        assert_eq!(none.recommendation.recommended, None);
        assert!(none.recommendation.sentence.contains("none up to 21 does"), "{}", none.recommendation.sentence);
        let stuck = none.stuck.unwrap();
        assert!(
            stuck.bottleneck == "database.cores" && stuck.remedies.iter().any(|r| r.max_size.is_some_and(|n| n <= 31))
        );

        // Once is enough of the band: another test holds it over seeds.
        if seed > 1 {
            continue;
        }
        let some = advice(of("150/s", "wait.p99 <= 2ms"), seed);
        assert!(some.recommendation.recommended.is_some_and(|found| found.max_size <= 12));
        let band = some.band.unwrap();
        assert!(band.highest.is_some_and(|highest| (20..=31).contains(&highest)), "{band:?}");
        assert!(
            some.sensitivity.iter().all(|moved| moved.max_size.is_none_or(|size| size <= 31)),
            "{:?}",
            some.sensitivity
        );
    }
}

/// The book's page on what stands below a size.
#[test]
fn the_books_numbers() {
    let of = |document: Value| advice(document, 1);
    let checkout = crate::text_of("book/src/examples/checkout.toml");
    let answer = of(poolwise::scenario::parse(&checkout).unwrap());
    let block = |text: &str| format!("```text\n{}\n```\n", text.trim_end());
    hold_to("book/src/generated/sizing.md", &block(&text::text(&answer)));

    let rate = "800/s..1200/s";
    let hold = "lognormal(p50=4ms..6ms, p99=60ms..120ms)";
    let uncertain =
        of(json!({ "traffic": { "rate": rate }, "query": [{ "hold": hold }], "slo": ["wait.p99 <= 20ms"] }));
    let found = uncertain.uncertain.as_ref().unwrap();
    let mut table = String::from("| max_size | enough in | too many on average | mean regret |\n|---|---|---|---|\n");
    for row in &found.table {
        let mark = if row.max_size == found.max_size { "**" } else { "" };
        let enough = 100.0 * row.enough;
        table +=
            &format!("| {mark}{}{mark} | {enough:.0} % | {:.1} | {:.1} |\n", row.max_size, row.too_many, row.regret);
    }
    hold_to("book/src/generated/uncertain.md", &format!("`{rate}`, `{hold}`, `wait.p99 <= 20ms`:\n\n{table}"));

    let stuck = of(json!({
        "traffic": { "rate": "2000/s" },
        "query": [{ "hold": "lognormal(p50=5ms, p99=80ms)" }],
        "fleet": { "instances": 20 },
        "database": { "max_connections": 40, "reserved": 3 },
        "slo": ["wait.p99 <= 50ms"],
    }));
    let found = stuck.stuck.unwrap();
    let mut list = format!(
        "Twenty instances share a database that lets in 37 connections, for 2000 requests a second. The bottleneck is `{}`: {}.\n\n",
        found.bottleneck, found.because
    );
    for remedy in &found.remedies {
        let then =
            remedy.max_size.map_or(String::new(), |size| format!(": then a pool of {size} on each instance is enough"));
        list += &format!("- {}{then}\n", remedy.what);
    }
    hold_to("book/src/generated/no-size.md", &list);
}

/// A blow to a pool that hardly works needs no more than it has.
#[test]
fn light_loads_survive() {
    for (what, rate) in [("slow_query", "1/s"), ("spike", "2/s"), ("deploy", "10/s")] {
        let document = json!({
            "traffic": { "rate": rate },
            "query": [{ "hold": "deterministic(1ms)" }],
            "fleet": { "instances": 2 },
            "slo": ["wait.p99 <= 50ms"],
            "survive": [{ "what": what }],
        });
        let answer = advice(document, 1);
        assert_eq!(answer.recommendation.recommended.map(|r| r.max_size), Some(1), "{what}: {:?}", answer.survival);
    }
}

#[test]
fn a_spike_needs_a_rate_that_it_multiplies() {
    let document = json!({
        "traffic": { "gaps": "exponential(mean=5ms)" },
        "query": [{ "hold": "exponential(mean=20ms)" }],
        "survive": [{ "what": "spike" }],
    });
    let problems = read(document).check().unwrap_err().to_string();
    assert!(problems.contains("survive[0].what: multiplies traffic.rate"), "{problems}");
}
