//! The simulation against theory, arithmetic and conservation.

use crate::model;
use poolwise::experiment::{Options, simulate};
use poolwise::report::{Regime, Report};
use poolwise::theory::erlang::{erlang_b, erlang_c};
use poolwise::theory::predict;

fn run(keys: &[(&str, &str)], seed: u64, replications: u32) -> Report {
    simulate(&model(keys), &Options { seed: Some(seed), replications: Some(replications), ..Options::default() })
        .unwrap()
}

const MM20: [(&str, &str); 4] = [
    ("traffic.rate", "800/s"),
    ("query.0.hold", "exponential(mean=20ms)"),
    ("pool.max_size", "20"),
    ("pool.acquire_timeout", "none"),
];

/// The probability of waiting and the waits of M/M/20 at 0.8. A 95 % interval misses in one of twenty cases: of these fifteen
/// (three seeds, five statistics) no more than four may (false alarm below 1 %).
#[test]
fn erlang_c_lies_in_the_reports_interval() {
    let theory = predict(&model(&MM20)).wait.unwrap();
    let mut missed = Vec::new();
    for seed in [1, 2, 3] {
        let report = run(&MM20, seed, 20);
        let waited = report.wait_probability.unwrap();
        for (name, estimate, truth) in [
            ("wait_probability", waited, erlang_c(20, 16.0).unwrap()),
            ("wait.mean", report.wait.mean.unwrap(), theory.mean),
            ("wait.p90", report.wait.p90.unwrap(), theory.p90),
            ("wait.p95", report.wait.p95.unwrap(), theory.p95),
            ("wait.p99", report.wait.p99.unwrap(), theory.p99),
        ] {
            // An interval must also be narrow enough to say something.
            assert!(estimate.half_width.unwrap() < 0.1 * truth, "{name}: {estimate:?}");
            if !estimate.contains(truth) {
                missed.push(format!("seed {seed}: {name} {estimate:?}, theory {truth}"));
            }
        }
    }
    assert!(missed.len() <= 4, "{}", missed.join("\n"));
    assert!(run(&MM20, 1, 20).wait_probability.unwrap().contains(erlang_c(20, 16.0).unwrap()));
}

/// Nobody may wait: the share turned away is Erlang's B, whatever the distribution of the hold.
#[test]
fn erlang_b_holds_for_any_hold() {
    for hold in ["exponential(mean=20ms)", "deterministic(20ms)", "lognormal(mean=20ms, cv=2)"] {
        let keys =
            [("traffic.rate", "800/s"), ("query.0.hold", hold), ("pool.max_size", "18"), ("pool.max_waiters", "0")];
        let failed = run(&keys, 1, 20).impact.failed_requests.unwrap();
        let truth = erlang_b(18, 16.0);
        // Twice the half-width: false alarm below 1e-3 each.
        assert!((failed.mean - truth).abs() <= 2.0 * failed.half_width.unwrap(), "{hold}: {failed:?}, theory {truth}");
    }
}

/// Little's law: what waits on average is the rate times the mean wait; what is in use is the rate times the mean hold.
#[test]
fn littles_law_holds() {
    for hold in ["exponential(mean=20ms)", "lognormal(p50=5ms, p99=120ms)"] {
        let report = run(&[("traffic.rate", "700/s"), ("query.0.hold", hold), ("pool.max_size", "20")], 1, 10);
        let rate = report.offered.unwrap().mean / report.measured;
        let pending = report.pending.unwrap();
        let expected = rate * report.wait.mean.unwrap().mean;
        // The two differ only by who is in the queue at the ends of the window.
        assert!((pending.mean / expected - 1.0).abs() < 0.01, "{hold}: {} for {expected}", pending.mean);
        let active = report.utilisation.unwrap().mean * 20.0;
        let expected = rate * report.hold.mean.unwrap().mean;
        assert!((active / expected - 1.0).abs() < 0.01, "{hold}: {active} for {expected}");
    }
}

#[test]
fn overload_says_so_with_the_growth_rate() {
    let keys = [("traffic.rate", "1200/s"), ("query.0.hold", "deterministic(20ms)"), ("pool.max_size", "20")];
    let for_ever = [keys[0], keys[1], keys[2], ("pool.acquire_timeout", "none")];
    let report = run(&for_ever, 1, 4);
    assert_eq!(report.regime, Regime::Overloaded);
    assert!((report.growth.unwrap() - 200.0).abs() < 1e-9);
    assert!(report.wait.mean.is_none() && report.wait.p99.is_none() && report.pending.is_none());
    assert!(report.sentence.contains("No steady state") && report.sentence.contains("200/s"), "{}", report.sentence);
    // A timeout longer than what is measured is waited for too.
    let report = run(&[("traffic.rate", "9000/s"), keys[1], keys[2], ("pool.acquire_timeout", "30s")], 1, 2);
    let share = report.timed_out_share.unwrap();
    assert!((share.mean - 8.0 / 9.0).abs() < 0.01, "{share:?}");
    assert!((report.wait.p50.unwrap().mean / 30.0 - 1.0).abs() < 0.01);
    assert!(
        report.sentence.contains("of requests fail, and in the long run at least 88.9 % must"),
        "{}",
        report.sentence
    );
    // Up to where a run can be afforded.
    let early = [("traffic.rate", "1000000/s"), keys[1], ("pool.max_size", "19000"), ("pool.acquire_timeout", "30s")];
    let report = run(&early, 1, 1);
    let said = "none fails before the runs end, but in the long run at least 5.00 % must";
    assert!(report.sentence.contains(said), "{}", report.sentence);
    // With a timeout there is one: the share 1 - 1000/1200 gives up.
    let report = run(&[keys[0], keys[1], keys[2], ("pool.acquire_timeout", "1s")], 1, 10);
    let share = report.timed_out_share.unwrap();
    assert!((share.mean - 1.0 / 6.0).abs() < 2.0 * share.half_width.unwrap() + 1e-4, "{share:?}");
}

/// Five servers of a pooler do 250 of 400 requests a second, whatever the pools; application work within the transaction keeps a
/// server, what comes before it does not.
#[test]
fn a_pooler_with_too_few_servers_is_an_overload() {
    for (mode, keys, servers) in [
        ("session", &[("query.0.hold", "exponential(mean=20ms)")][..], 5.0),
        (
            "transaction",
            &[("query.0.hold", "exponential(mean=20ms)"), ("query.0.outside", "exponential(mean=20ms)")][..],
            5.0,
        ),
        (
            "transaction",
            &[("query.0.work", "exponential(mean=20ms)"), ("query.0.app", "exponential(mean=10ms)")][..],
            7.5,
        ),
        (
            "statement",
            &[("query.0.work", "exponential(mean=20ms)"), ("query.0.app", "exponential(mean=10ms)")][..],
            5.0,
        ),
    ] {
        let seconds = 0.02 * servers / 5.0;
        let base = [
            ("traffic.rate", "400/s"),
            ("pool.max_size", "40"),
            ("pool.acquire_timeout", "1s"),
            ("pooler.mode", mode),
            ("pooler.default_pool_size", "5"),
            ("pooler.query_wait_timeout", "none"),
        ];
        let keys: Vec<_> = base.iter().chain(keys).copied().collect();
        let said = model(&keys).cautions().to_string();
        assert!(said.contains("pooler.default_pool_size: demand: 400/s x"), "{said}");
        let report = run(&keys, 1, 4);
        assert_eq!(report.regime, Regime::Overloaded, "{mode}");
        let served = 5.0 / seconds;
        assert!((report.growth.unwrap() - (400.0 - served)).abs() < 1e-9, "{mode}: {:?}", report.growth);
        assert!(report.sentence.contains("the pooler behind 40 connections"), "{}", report.sentence);
        let failed = report.impact.failed_requests.unwrap();
        assert!((failed.mean - (1.0 - served / 400.0)).abs() < 0.01, "{mode}: {failed:?}, served {served}");
    }
    // Enough servers for what is within the transaction.
    let enough = run(
        &[
            ("traffic.rate", "200/s"),
            ("query.0.hold", "exponential(mean=20ms)"),
            ("query.0.outside", "exponential(mean=20ms)"),
            ("pool.max_size", "40"),
            ("pooler.mode", "transaction"),
            ("pooler.default_pool_size", "5"),
        ],
        1,
        4,
    );
    assert_eq!(enough.regime, Regime::Steady);
}

/// A leak of probability p fills a pool of c after c / (rate p) on average; the first request fails within the patience and a
/// few holds after that.
#[test]
fn a_leak_exhausts_the_pool_when_arithmetic_says() {
    let keys = [
        ("duration", "30m"),
        ("traffic.rate", "50/s"),
        ("query.0.hold", "exponential(mean=20ms)"),
        ("query.0.leak", "0.5%"),
        ("pool.max_size", "20"),
        ("pool.acquire_timeout", "1s"),
    ];
    let report = run(&keys, 1, 40);
    assert_eq!(report.regime, Regime::Timeline);
    let e = report.time_to_exhaustion.unwrap();
    assert_eq!(e.share_of_runs, 1.0);
    // From 19 leaked connections, when two meeting requests may already fail, to 20 and a timeout.
    let (least, most) = (19.0 / 0.25, 20.0 / 0.25 + 2.0);
    let half = e.half_width.unwrap();
    assert!(e.mean + half > least && e.mean - half < most, "{e:?} for {least} to {most} s");
    assert_eq!(report.leaked.unwrap().mean, 20.0);
}

#[test]
fn a_larger_pool_ends_the_waiting_from_when_it_is_there() {
    let mut document = serde_json::json!({
        "duration": "10m",
        "traffic": { "rate": "100/s", "steps": [{ "at": "2m", "rate": "600/s" }] },
        "query": [{ "hold": "exponential(mean=20ms)" }],
        "pool": { "max_size": 10, "acquire_timeout": "2s" },
        "timeline": [{ "at": "6m", "change": "resize_pool", "max_size": 20 }],
    });
    let report = |document: &serde_json::Value| {
        let model = poolwise::scenario::Scenario::read(document.clone()).unwrap().check().unwrap();
        simulate(&model, &Options { seed: Some(1), replications: Some(3), ..Options::default() }).unwrap()
    };
    let with = report(&document);
    let series = with.series.as_ref().unwrap();
    let failing = |from: f64, to: f64| {
        let within = series.t.0.iter().zip(&series.timed_out.0).filter(|(t, _)| (from..to).contains(*t));
        within.map(|(_, rate)| rate).sum::<f64>()
    };
    assert_eq!(failing(0.0, 120.0), 0.0);
    assert!(failing(130.0, 360.0) > 0.0);
    assert_eq!(failing(365.0, 600.0), 0.0);
    assert_eq!(series.size.0.last(), Some(&20.0));
    document["timeline"] = serde_json::json!([]);
    assert!(report(&document).impact.failed_requests.unwrap().mean > with.impact.failed_requests.unwrap().mean);
}

/// Without a timeout nobody gives up, which must not read as if all were well.
#[test]
fn those_who_wait_for_ever_are_said() {
    let keys = [("traffic.rate", "50/s"), ("query.0.hold", "exponential(mean=20ms)"), ("query.0.leak", "100%")];
    let report = run(&[keys[0], keys[1], keys[2], ("pool.acquire_timeout", "none"), ("duration", "1m")], 1, 2);
    assert!(report.sentence.contains("still wait at the end"), "{}", report.sentence);
    assert!(report.waiting_at_end.unwrap().mean > 2000.0);
}

/// A pool that was made smaller than what is in use is not more than fully used.
#[test]
fn utilisation_is_never_above_one() {
    let document = serde_json::json!({
        "duration": "1m",
        "traffic": { "rate": "40/s" },
        "query": [{ "hold": "deterministic(50s)" }],
        "pool": { "max_size": 1000 },
        "timeline": [{ "at": "10s", "change": "resize_pool", "max_size": 1 }],
    });
    let model = poolwise::scenario::Scenario::read(document).unwrap().check().unwrap();
    let report = simulate(&model, &Options { seed: Some(1), replications: Some(2), ..Options::default() }).unwrap();
    assert!(report.utilisation.unwrap().mean <= 1.0);
}

/// Waits are those of all who waited, served or not: the few who got a connection at once must not hide the others.
#[test]
fn waits_of_those_who_gave_up_count() {
    let keys = [("traffic.rate", "50/s"), ("query.0.hold", "exponential(mean=20ms)"), ("query.0.leak", "100%")];
    let report = run(&[keys[0], keys[1], keys[2], ("pool.acquire_timeout", "1s"), ("duration", "1m")], 1, 2);
    assert!((report.wait.p50.unwrap().mean - 1.0).abs() < 0.01, "{:?}", report.wait.p50);
}

/// Leak detection: a pool that reclaims what has been out for too long never runs dry if that is sooner than its fill time; one that
/// only logs does, and says what it suspects.
#[test]
fn reclaiming_ends_a_leak_and_logging_does_not() {
    let keys = [
        ("duration", "20m"),
        ("traffic.rate", "50/s"),
        ("query.0.hold", "exponential(mean=20ms)"),
        ("query.0.leak", "0.5%"),
        ("pool.max_size", "20"),
        ("pool.acquire_timeout", "1s"),
        ("pool.leak_threshold", "30s"),
    ];
    for seed in [1, 2, 3] {
        // One leaks every four seconds: seven or eight are out at a time.
        let reclaims = run(&[&keys[..], &[("pool.leak_action", "reclaim")]].concat(), seed, 4);
        assert_eq!(reclaims.impact.failed_requests.unwrap().mean, 0.0, "seed {seed}");
        let leaked = reclaims.leaked.unwrap().mean;
        assert!((4.0..=12.0).contains(&leaked), "seed {seed}: {leaked}");
        let logs = run(&keys, seed, 4);
        assert!(logs.impact.failed_requests.unwrap().mean > 0.8, "seed {seed}");
        assert_eq!(logs.suspected.unwrap().mean, 20.0, "seed {seed}: each once");
    }
}

/// Of two hundred clients that leave after a second, with room for a hundred a second: what is served late is served in vain, and
/// every attempt ends once for its client.
#[test]
fn work_for_clients_that_have_left_is_wasted() {
    let keys = [
        ("duration", "2m"),
        ("traffic.rate", "200/s"),
        ("query.0.hold", "deterministic(100ms)"),
        ("pool.max_size", "10"),
        ("pool.acquire_timeout", "5s"),
        ("client.timeout", "1s"),
    ];
    for seed in [1, 2, 3] {
        let report = run(&keys, seed, 2);
        let (served, wasted) = (report.served.unwrap().mean, report.wasted.unwrap().mean);
        assert!(served > 11_500.0 && wasted / served > 0.95, "seed {seed}: {wasted} of {served}");
        let goodput = report.goodput.unwrap().mean * report.measured;
        assert!((goodput - (served - wasted)).abs() < 1e-6, "seed {seed}");
        // Nearly all leave after one second, which is the latency of all attempts; what answers there are came sooner.
        assert!((report.attempt.p50.unwrap().mean - 1.0).abs() < 0.01);
        assert!(report.response.p99.is_none_or(|p| p.mean < 1.0), "seed {seed}: {:?}", report.response);
    }
}

/// What comes too seldom for a run to show the long run is cautioned of, once, and not where the duration holds ten of it.
#[test]
fn rare_batches_are_cautioned_of_where_a_run_is_too_short() {
    let keys = [
        ("traffic.batch.size", "50"),
        ("traffic.batch.every", "1m"),
        ("query.0.hold", "exponential(mean=20ms)"),
        ("fleet.instances", "1"),
    ];
    let cautions = |duration: &str| {
        let report = run(&[&keys[..], &[("duration", duration)]].concat(), 1, 2);
        report.cautions.iter().filter(|c| c.message.contains("repeats itself too seldom")).count()
    };
    assert_eq!((cautions("5m"), cautions("20m")), (1, 0));
}
