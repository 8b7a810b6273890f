//! Five incidents that happened: their scenarios give what the documents state, and their pages say what the runs say.

use crate::generated::hold_to;
use crate::text_of;
use poolwise::compare::Comparison;
use poolwise::compare::text::{self as table, Form};
use poolwise::experiment::{Options, simulate};
use poolwise::report::text::{percent, time};
use poolwise::report::{Columns, Report};
use poolwise::scenario;
use poolwise::scenario::{Origin, Reading, Scenario, Variant};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, OnceLock};

/// An incident of the corpus.
struct Incident {
    name: &'static str,
    /// The minute in which what set it off began.
    trigger: f64,
    /// Variants that take too long for every test: they are run when the tables are written, and what is claimed of them is held to
    /// the table.
    costly: &'static [&'static str],
    /// Variants that are cheap enough for other seeds.
    other_seeds: &'static [&'static str],
    /// What each variant comes to: the share of requests that fail over the window.
    claims: &'static [(&'static str, Claim)],
}

/// What a variant's answer says of the failing requests over the window.
#[derive(Clone, Copy, Debug)]
enum Claim {
    /// None fails.
    None,
    /// The share lies between the two.
    Fail(f64, f64),
    /// It changes nothing to speak of: within two points of what it was.
    InVain,
}

use Claim::{Fail, InVain, None as Nobody};

const INCIDENTS: &[Incident] = &[
    Incident {
        name: "slow-query",
        trigger: 18.0,
        costly: &[
            "pool of 40",
            "pool of 14",
            "acquire timeout 2 s",
            "acquire timeout 30 s",
            "pagination: a fifth of the scan",
            "half of the scan",
            "statement timeout 5 s",
            "24 cores in place of 8",
            "the revert bites 30 minutes earlier and rolls in 5",
        ],
        other_seeds: &["load test of the new version"],
        claims: &[
            ("pool of 40", InVain),
            ("pool of 40 and max_connections 450", InVain),
            ("pool of 14", InVain),
            ("acquire timeout 2 s", InVain),
            ("acquire timeout 30 s", InVain),
            ("index: the query as cheap as before", Nobody),
            ("pagination: a fifth of the scan", Nobody),
            ("half of the scan", Fail(0.28, 0.42)),
            ("statement timeout 1 s", Fail(0.28, 0.36)),
            ("statement timeout 5 s", Fail(0.37, 0.45)),
            ("24 cores in place of 8", Fail(0.05, 0.18)),
            ("the revert bites 30 minutes earlier and rolls in 5", Fail(0.35, 0.45)),
            ("automatic rollback 2 minutes after the alert on errors", Fail(0.0, 0.015)),
            ("canary: one of ten", Nobody),
            ("load test of the new version", Fail(0.5, 0.8)),
        ],
    },
    Incident {
        name: "traffic-spike",
        trigger: 27.0,
        costly: &[
            "pool of 30",
            "pool of 60",
            "acquire timeout 1 s",
            "at most 200 waiters per instance",
            "clients retry twice",
            "clients retry twice, acquire timeout 5 s",
            "pool grows by half at 80 %, after two checks of 30 s, up to 60",
            "the same after two checks of 5 minutes",
            "the same fix 20 minutes earlier, in 3 minutes",
        ],
        other_seeds: &[],
        claims: &[
            ("pool of 30", InVain),
            ("pool of 45", Nobody),
            ("pool of 60", Nobody),
            ("connections returned after 1 s, pool still 15", Nobody),
            ("acquire timeout 5 s", Fail(0.46, 0.52)),
            ("acquire timeout 1 s", Fail(0.46, 0.52)),
            ("at most 200 waiters per instance", Fail(0.46, 0.54)),
            ("clients retry twice", Fail(0.65, 0.8)),
            ("clients retry twice, acquire timeout 5 s", Fail(0.38, 0.46)),
            ("pool grows by half at 80 %, after two checks of 30 s, up to 60", Fail(0.0, 0.02)),
            ("the same after two checks of 5 minutes", Fail(0.45, 0.65)),
            ("the same fix 20 minutes earlier, in 3 minutes", Fail(0.2, 0.32)),
        ],
    },
    Incident {
        name: "pool-misconfig",
        trigger: 22.0,
        costly: &["pools of 19, all open", "max_connections 310"],
        other_seeds: &["pools of 20, all open", "requests choose at random"],
        claims: &[
            ("pools of 25, all open", Fail(0.17, 0.23)),
            ("pools of 20, all open", Nobody),
            ("pools of 19, all open", Nobody),
            ("pools of 30, of which 5 are open", Nobody),
            ("max_connections 310", Nobody),
            ("checked beforehand: fixed 15 minutes after the alert, in 10", Fail(0.003, 0.012)),
            ("requests choose at random", InVain),
            ("at random, with one retry", Fail(0.07, 0.11)),
        ],
    },
    Incident {
        name: "chatty-query",
        trigger: 24.0,
        costly: &[
            "pool of 6",
            "pool of 7",
            "pool of 8",
            "a cache takes half of the hot requests",
            "acquire timeout 1 s",
            "statement timeout 100 ms",
            "restart of the application at +60",
        ],
        other_seeds: &[],
        claims: &[
            ("pool of 6", Fail(0.17, 0.24)),
            ("pool of 7", Fail(0.05, 0.11)),
            ("pool of 8", Fail(0.0, 0.015)),
            ("pool of 10", Nobody),
            ("a cache takes half of the hot requests", Fail(0.0, 0.005)),
            ("acquire timeout 1 s", InVain),
            ("statement timeout 100 ms", InVain),
            ("restart of the application at +60", InVain),
            ("16 cores in place of 8", InVain),
            ("the pool raised at +30", Fail(0.03, 0.06)),
        ],
    },
    Incident {
        name: "leak",
        trigger: 32.0,
        costly: &[
            "pool of 40",
            "reclaimed after 300 s",
            "reclaimed after 1500 s",
            "the eight applications restarted at +60 instead of the database",
            "a leak ten times as rare",
        ],
        other_seeds: &["connections out for 60 s are reclaimed", "load test: one instance at its share of the traffic"],
        claims: &[
            ("pool of 40", Fail(0.4, 0.52)),
            ("pool of 80 and max_connections 1000", Fail(0.18, 0.3)),
            ("connections out for 60 s are reclaimed", Fail(0.005, 0.015)),
            ("reclaimed after 300 s", Fail(0.005, 0.015)),
            ("reclaimed after 1500 s", Fail(0.04, 0.14)),
            ("reclaimed after 1800 s", Fail(0.08, 0.2)),
            ("the eight applications restarted at +60 instead of the database", Fail(0.4, 0.52)),
            ("rollback 5 minutes after the alert on one instance's usage", Fail(0.005, 0.03)),
            ("rollback at +15", Fail(0.04, 0.1)),
            ("canary: one of twelve", Fail(0.05, 0.1)),
            ("requests choose at random", InVain),
            ("at random, with two retries", Fail(0.2, 0.32)),
            ("a leak ten times as rare", Fail(0.005, 0.02)),
            ("load test: one instance at its share of the traffic", Fail(0.35, 0.65)),
        ],
    },
];

fn incident(name: &str) -> &'static Incident {
    INCIDENTS.iter().find(|incident| incident.name == name).unwrap()
}

/// One run of an incident for each of the seeds 1 to 3, made once for all tests.
pub fn runs(name: &str) -> [&'static Report; 3] {
    static RUNS: [[OnceLock<Report>; 3]; 5] = [const { [const { OnceLock::new() }; 3] }; 5];
    let place = INCIDENTS.iter().position(|incident| incident.name == name).unwrap();
    let model = crate::corpus(name);
    [0, 1, 2].map(|n| {
        RUNS[place][n].get_or_init(|| {
            let options = Options { seed: Some(n as u64 + 1), replications: Some(1), ..Options::default() };
            simulate(&model, &options).unwrap()
        })
    })
}

fn written(name: &str) -> Value {
    scenario::parse(&text_of(&format!("book/src/scenarios/{name}.toml"))).unwrap()
}

/// A variant as a scenario of its own.
fn variant(name: &str, what: &str) -> Variant {
    let (_, variants) = Scenario::read(written(name)).and_then(|s| s.check_variants()).unwrap();
    variants.into_iter().find(|one| one.name == what).unwrap_or_else(|| panic!("{name}: {what}"))
}

/// One run of a variant, made once for all tests.
fn run_of(name: &'static str, what: &'static str, seed: u64) -> &'static Report {
    type Known = BTreeMap<(&'static str, &'static str, u64), &'static Report>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let key = (name, what, seed);
    if let Some(report) = KNOWN.lock().unwrap().get(&key) {
        return report;
    }
    let options = Options { seed: Some(seed), replications: Some(1), ..Options::default() };
    let report = simulate(&variant(name, what).model, &options).unwrap();
    KNOWN.lock().unwrap().entry(key).or_insert_with(|| Box::leak(Box::new(report)))
}

fn series(report: &Report) -> &Columns {
    report.series.as_ref().unwrap()
}

/// The bins between two minutes.
fn bins(report: &Report, from: f64, until: f64) -> Vec<usize> {
    let t = &series(report).t.0;
    let half = t[0];
    (0..t.len()).filter(|n| t[*n] - half >= 60.0 * from && t[*n] + half <= 60.0 * until).collect()
}

/// The mean of a column between two minutes.
fn mean(report: &Report, column: fn(&Columns) -> &poolwise::report::Column, from: f64, until: f64) -> f64 {
    let bins = bins(report, from, until);
    assert!(!bins.is_empty(), "no bin between {from} and {until}");
    bins.iter().map(|n| column(series(report)).0[*n]).sum::<f64>() / bins.len() as f64
}

/// The share of the attempts that is lost between two minutes.
fn failing(report: &Report, from: f64, until: f64) -> f64 {
    mean(report, |s| &s.failed, from, until) / mean(report, |s| &s.offered, from, until)
}

/// The connections in use, requests waiting and limits of the instances in the bin around a minute.
fn instances(report: &Report, minute: f64) -> Vec<[f64; 3]> {
    let each = &series(report).per_instance;
    let n = (60.0 * minute / (2.0 * each[0].t.0[0])) as usize;
    let here = each.iter().filter(|one| one.size.0[n] > 0.0);
    here.map(|one| [one.active.0[n], one.pending.0[n], one.size.0[n]]).collect()
}

#[test]
fn what_the_documents_state_is_reproduced() {
    for Incident { name, trigger, .. } in INCIDENTS {
        for (report, seed) in runs(name).into_iter().zip(1..) {
            let stated = report.incident.as_ref().unwrap();
            let found = report.impact.incident.as_ref().unwrap().read_as(stated.read_as).unwrap().mean;
            assert!((found - stated.stated.unwrap()).abs() <= 0.03, "{name}, seed {seed}: {found}");
            let (over, said) = (report.recovered.unwrap().mean, stated.recovered.unwrap());
            assert!((over - said).abs() <= 180.0, "{name}, seed {seed}: {over} s beside {said} s");
            assert_eq!(failing(report, 0.0, *trigger), 0.0, "{name}, seed {seed}: healthy before");
            let (end, onset) = (report.measured / 60.0, report.onset.unwrap().mean / 60.0);
            assert_eq!(failing(report, over / 60.0 + 3.0, end), 0.0, "{name}, seed {seed}: healthy after");
            assert!(onset >= *trigger && onset < stated.from / 60.0, "{name}, seed {seed}: {onset}");
        }
    }
}

#[test]
fn every_number_of_an_incident_says_where_it_comes_from() {
    for Incident { name, .. } in INCIDENTS {
        let numbers = Scenario::read(written(name)).unwrap().numbers();
        let open: Vec<_> = numbers.iter().filter(|number| number.is.is_none()).map(|n| &n.path).collect();
        assert!(open.is_empty() && numbers.len() > 40, "{name}: {open:?}");
    }
}

#[test]
fn the_slow_query_fills_the_database_and_the_pools_wait() {
    for (report, seed) in runs("slow-query").into_iter().zip(1..) {
        let level = |column| [mean(report, column, 40.0, 80.0), mean(report, column, 90.0, 130.0)];
        for open in level(|s| &s.connected) {
            assert!(open > 0.98 * 147.0 && open <= 147.0, "seed {seed}: {open} of 147 connections");
        }
        for used in level(|s| &s.active) {
            assert!(used > 0.98 * 147.0, "seed {seed}: {used} are in use");
        }
        let [early, late] = level(|s| &s.pending);
        assert!(early > 500.0 && (early / late - 1.0).abs() < 0.1, "seed {seed}: waiting is level: {early} {late}");
        for wait in level(|s| &s.wait_p50) {
            assert!((wait - 10.0).abs() < 0.1, "seed {seed}: the median wait is the acquire timeout: {wait}");
        }
        for running in level(|s| &s.running) {
            assert!(running > 10.0 * 8.0, "seed {seed}: {running} queries share eight cores");
        }
        assert!(instances(report, 90.0).iter().all(|[_, waiting, _]| *waiting > 1.0), "seed {seed}: all pools wait");
        let first = report.time_to_exhaustion.unwrap().mean / 60.0;
        assert!((18.0..26.0).contains(&first), "seed {seed}: requests fail while the deployment rolls out: {first}");
    }
}

#[test]
fn the_spike_fills_all_pools_before_an_idle_database() {
    for (report, seed) in runs("traffic-spike").into_iter().zip(1..) {
        let busy = mean(report, |s| &s.running, 30.0, 60.0) / 32.0;
        assert!(busy < 0.1, "seed {seed}: {busy} of the cores are busy");
        for minute in [32.0, 40.0, 50.0, 58.0] {
            let all = instances(report, minute);
            assert!(all.len() == 6 && all.iter().all(|[used, _, size]| used > &(0.98 * size)), "seed {seed}: {all:?}");
            assert!(all.iter().all(|[_, waiting, _]| *waiting > 900.0), "seed {seed}: {all:?}");
        }
        // All waits end after the client has left.
        let wait = mean(report, |s| &s.wait_p50, 35.0, 60.0);
        assert!(wait > 10.0, "seed {seed}: {wait}");
        assert!(failing(report, 35.0, 60.0) > 0.99, "seed {seed}: hardly anybody is answered in time");
    }
}

#[test]
fn three_instances_starve_and_new_hardware_changes_nothing() {
    for (report, seed) in runs("pool-misconfig").into_iter().zip(1..) {
        for minute in [60.0, 200.0, 350.0, 600.0, 750.0] {
            let all = instances(report, minute);
            let starved = all.iter().filter(|[used, waiting, size]| *used < 0.01 * size && *waiting > 1.0).count();
            let fed = all.iter().filter(|[used, waiting, _]| *used > 0.0 && *waiting < 0.01).count();
            assert_eq!((fed, starved), (7, 3), "seed {seed}, minute {minute}: {all:?}");
        }
        let (before, after) = (failing(report, 60.0, 270.0), failing(report, 310.0, 770.0));
        assert!((before - after).abs() < 0.02 && before > 0.25, "seed {seed}: {before} {after}");
        let used = mean(report, |s| &s.active, 60.0, 770.0) / 300.0;
        assert!(used < 0.01, "seed {seed}: the fleet's usage is {used}");
        let open = mean(report, |s| &s.connected, 60.0, 770.0);
        assert!(open > 196.0, "seed {seed}: {open} of 197");
    }
}

#[test]
fn the_chatty_query_leaves_the_database_idle_and_makes_all_slow() {
    for (report, seed) in runs("chatty-query").into_iter().zip(1..) {
        let busy = mean(report, |s| &s.running, 35.0, 265.0) / 8.0;
        assert!(busy < 0.2, "seed {seed}: {busy} of the cores are busy");
        let slow = report.impact.incident.as_ref().unwrap().slow_requests.unwrap().mean;
        // A quarter of the requests is hot: whoever else is slow has waited.
        assert!(slow > 0.8, "seed {seed}: {slow} of the answers are slow");
        let all = instances(report, 120.0);
        assert!(
            all.iter().all(|[used, waiting, size]| used > &(0.98 * size) && *waiting > 50.0),
            "seed {seed}: {all:?}"
        );
        let (before, raised) = (failing(report, 35.0, 265.0), failing(report, 282.0, 290.0));
        assert!(before > 0.3 && raised == 0.0, "seed {seed}: the larger pool relieves: {before} {raised}");
        let traffic = mean(report, |s| &s.offered, 35.0, 265.0) / mean(report, |s| &s.offered, 0.0, 24.0);
        assert!((traffic - 1.0).abs() < 0.02, "seed {seed}: the traffic is as ever: {traffic}");
    }
}

#[test]
fn the_restart_of_the_database_does_not_bring_leaked_connections_back() {
    for (report, seed) in runs("leak").into_iter().zip(1..) {
        let leaked = [(110.0, 119.0), (124.0, 133.0), (160.0, 175.0)].map(|(a, b)| mean(report, |s| &s.leaked, a, b));
        assert!(leaked.iter().all(|leaked| *leaked > 0.98 * 160.0), "seed {seed}: {leaked:?} of 160");
        let sick = [100.0, 150.0].map(|at| instances(report, at).iter().filter(|[used, ..]| *used > 19.5).count());
        assert_eq!(sick, [8, 8], "seed {seed}: eight of twelve are full before and after");
        let (before, after) = (failing(report, 100.0, 119.0), failing(report, 125.0, 175.0));
        assert!((before - after).abs() < 0.03 && (before - 2.0 / 3.0).abs() < 0.03, "seed {seed}: {before} {after}");
        let restart = failing(report, 120.0, 121.0);
        assert!(restart > before + 0.2, "seed {seed}: the healthy third fails meanwhile: {restart}");
        let fleet = mean(report, |s| &s.active, 100.0, 119.0) / 240.0;
        assert!(fleet < 0.7, "seed {seed}: the fleet's usage is {fleet}");
        assert!(mean(report, |s| &s.connected, 122.0, 150.0) < 0.5 * mean(report, |s| &s.connected, 100.0, 119.0));
    }
}

/// What each alert says in the pages: whether it fires before the first of the requests fail, later, or never.
#[test]
fn alerts_tell_in_time_late_or_never() {
    for (name, in_time, late, silent) in [
        (
            "slow-query",
            &["DatabaseLoad2"][..],
            &["PoolUsage80Instance", "PoolPending", "DatabaseConnections90", "ConnectionsRefused", "Errors5"][..],
            &["PoolUsage80Fleet"][..],
        ),
        (
            "traffic-spike",
            &[],
            &["PoolUsage80Fleet", "PoolUsage80Instance", "PoolPending", "Errors5"],
            &["DatabaseConnections90", "DatabaseLoad2", "ConnectionsRefused"],
        ),
        (
            "pool-misconfig",
            &["DatabaseConnections90", "ConnectionsRefused"],
            &["PoolPending", "Errors5"],
            &["PoolUsage80Fleet", "PoolUsage80Instance", "DatabaseLoad2"],
        ),
        (
            "chatty-query",
            &[],
            &["PoolUsage80Fleet", "PoolUsage80Instance", "PoolPending", "Errors5"],
            &["DatabaseConnections90", "DatabaseLoad2", "ConnectionsRefused"],
        ),
        (
            "leak",
            &["PoolUsage80Instance"],
            &["PoolPending", "ConnectionsRefused", "Errors5"],
            &["PoolUsage80Fleet", "DatabaseConnections90", "DatabaseLoad2"],
        ),
    ] {
        for (report, seed) in runs(name).into_iter().zip(1..) {
            for alert in &report.alerts {
                let lead = alert.lead.map(|lead| lead.mean);
                let listed = |names: &[&str]| names.contains(&alert.name.as_str());
                let one = [listed(in_time), listed(late), listed(silent)].iter().filter(|listed| **listed).count();
                assert_eq!(one, 1, "{name}: {}", alert.name);
                match lead {
                    // A bin of the series is as wide as a minute: the onset is not known better.
                    Some(lead) if listed(in_time) => assert!(lead >= 0.0, "{name}, {seed}, {}: {lead}", alert.name),
                    Some(lead) => assert!(listed(late) && lead <= 60.0, "{name}, {seed}, {}: {lead}", alert.name),
                    None => assert!(listed(silent), "{name}, seed {seed}: {} is silent", alert.name),
                }
            }
        }
    }
}

/// What the pages say of the readings that the documents do not mean.
#[test]
fn other_readings_differ_as_the_pages_say() {
    for (name, holds) in [
        ("slow-query", (|[_, down, _]| down > 0.75) as fn([f64; 3]) -> bool),
        ("traffic-spike", |[_, down, any]| down > 0.99 && any > 0.99),
        ("pool-misconfig", |[failed, down, any]| (failed - down).abs() < 0.02 && (any - down).abs() < 0.02),
        ("chatty-query", |[_, down, any]| down < 0.05 && any > 0.99),
        ("leak", |[failed, down, any]| down > failed && any > down + 0.1),
    ] {
        for (report, seed) in runs(name).into_iter().zip(1..) {
            let window = report.impact.incident.as_ref().unwrap();
            let readings = [Reading::FailedRequests, Reading::UsersMostlyDown, Reading::UsersAnyFailure];
            let found = readings.map(|reading| window.read_as(reading).unwrap().mean);
            assert!(holds(found), "{name}, seed {seed}: {found:?}");
        }
    }
}

/// What the pages say of minutes.
#[test]
fn alerts_fire_when_the_pages_say() {
    let fires = |report: &Report, name: &str| {
        report.alerts.iter().find(|alert| alert.name == name).unwrap().fires.unwrap().mean / 60.0
    };
    for seed in 0..3 {
        let chatty = runs("chatty-query")[seed];
        let onset = chatty.onset.unwrap().mean / 60.0;
        for name in ["PoolUsage80Instance", "PoolPending"] {
            assert!((fires(chatty, name) - onset).abs() < 1.5, "seed {seed}: {name} fires with the first failures");
        }
        assert!(fires(chatty, "PoolUsage80Fleet") > fires(chatty, "PoolUsage80Instance") + 2.0, "seed {seed}");
        let spike = runs("traffic-spike")[seed];
        for name in ["PoolUsage80Fleet", "PoolUsage80Instance", "PoolPending"] {
            assert!((fires(spike, name) - spike.onset.unwrap().mean / 60.0).abs() < 1.0, "seed {seed}: {name}");
        }
        let leak = runs("leak")[seed];
        assert!(fires(leak, "ConnectionsRefused") >= 120.0, "seed {seed}: tells of the restart alone");
        let onset = leak.onset.unwrap().mean / 60.0;
        assert!((47.0..60.0).contains(&onset), "seed {seed}: it takes 20 minutes or so: {onset}");
    }
}

/// The share of the requests that fail, over the window of the incident where there is one.
fn failed(report: &Report) -> f64 {
    let impact = &report.impact;
    impact.incident.as_ref().map_or(impact.failed_requests, |window| window.failed_requests).unwrap().mean
}

impl Claim {
    fn holds(self, found: f64, itself: f64) -> bool {
        match self {
            Nobody => found == 0.0,
            Fail(low, high) => (low..=high).contains(&found),
            InVain => (found - itself).abs() <= 0.02,
        }
    }
}

/// One incident's variants: what is claimed of them, and their table, which is what `poolwise compare` prints.
fn variants_hold(name: &'static str) {
    let incident = incident(name);
    let (model, variants) = Scenario::read(written(name)).and_then(|s| s.check_variants()).unwrap();
    let names: Vec<_> = variants.iter().map(|variant| variant.name.clone()).collect();
    assert_eq!(names, incident.claims.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{name}");
    assert!(
        incident.costly.iter().chain(incident.other_seeds).all(|one| names.iter().any(|name| name == one)),
        "{name}"
    );
    let path = format!("book/src/generated/incident-{name}-variants.md");
    let writes = std::env::var_os("POOLWISE_BLESS").is_some();
    let known = if writes { String::new() } else { text_of(&path) };
    let answers: Vec<_> = variants.iter().map(|variant| variant.answer.clone().unwrap()).collect();
    let now = variants.into_iter().filter(|one| writes || !incident.costly.contains(&one.name.as_str())).collect();
    let options = Options { replications: Some(3), ..Options::default() };
    let compared = Comparison::new(&model, now, &options).unwrap().finish(|_, _| {});
    let lost =
        |n: usize| compared.rows[n].measures.iter().find(|m| m.measure == "impact.failed_requests").unwrap().value;
    let itself = lost(0).unwrap().mean;
    let mut text = table::head(Form::Markdown) + &table::row(Form::Markdown, &compared.rows[0]);
    for (what, answer) in names.iter().zip(&answers) {
        let line = match compared.rows.iter().position(|row| row.name == *what) {
            Some(n) => table::row(Form::Markdown, &compared.rows[n]),
            None => {
                let line = known.lines().find(|line| line.starts_with(&format!("| {what} | "))).unwrap_or_default();
                assert!(line.ends_with(&format!("| {answer} |")), "{path} is stale: {what}");
                format!("{line}\n")
            }
        };
        let share = line.split(" | ").nth(1).unwrap().trim_start_matches("under ").trim_end_matches(" %");
        let found = share.parse::<f64>().unwrap() / 100.0;
        let claim = incident.claims.iter().find(|(name, _)| name == what).unwrap().1;
        assert!(claim.holds(found, itself), "{name}: {what}: {found} is not {claim:?}");
        text += &line;
    }
    text += &table::foot(Form::Markdown, &compared);
    hold_to(&path, &text);
    for seed in 2..=3 {
        for what in incident.other_seeds {
            let claim = incident.claims.iter().find(|(name, _)| name == what).unwrap().1;
            let (found, itself) = (failed(run_of(name, what, seed)), failed(runs(name)[seed as usize - 1]));
            assert!(claim.holds(found, itself), "{name}, seed {seed}: {what}: {found} is not {claim:?}");
        }
    }
}

/// Minutes from the start after which all is well again.
fn over(report: &Report) -> f64 {
    report.recovered.unwrap().mean / 60.0
}

#[test]
fn what_would_have_helped_the_slow_query() {
    variants_hold("slow-query");
    let sooner = over(run_of("slow-query", "automatic rollback 2 minutes after the alert on errors", 1));
    assert!(sooner < 38.0, "over at {sooner}, a few minutes after the alert at 30");
}

#[test]
fn what_would_have_helped_against_the_spike() {
    variants_hold("traffic-spike");
}

#[test]
fn what_would_have_helped_the_misconfigured_pools() {
    variants_hold("pool-misconfig");
    for seed in 1..=3 {
        let window = run_of("pool-misconfig", "requests choose at random", seed).impact.incident.as_ref().unwrap();
        let (down, any) = (window.users_mostly_down.unwrap().mean, window.users_any_failure.unwrap().mean);
        assert!(any > 0.99 && down < 0.02, "seed {seed}: all users see it now and then: {any}, {down}");
    }
    let sooner = over(run_of("pool-misconfig", "checked beforehand: fixed 15 minutes after the alert, in 10", 1));
    assert!(sooner - 30.0 < 31.0, "twelve hours become half of one: {sooner}");
}

#[test]
fn what_would_have_helped_the_chatty_query() {
    variants_hold("chatty-query");
    let large = run_of("chatty-query", "pool of 10", 1).impact.incident.as_ref().unwrap();
    // A quarter of the requests is hot, and takes a second or more about as often as not.
    assert!(large.slow_requests.unwrap().mean < 0.25, "nobody else is slow");
}

#[test]
fn what_would_have_helped_against_the_leak() {
    variants_hold("leak");
    let window = |what| run_of("leak", what, 1).impact.incident.as_ref().unwrap();
    let random = window("requests choose at random");
    let (down, any) = (random.users_mostly_down.unwrap().mean, random.users_any_failure.unwrap().mean);
    assert!(down > 0.8 && any > 0.99, "every user sees it: {any}, and most are down: {down}");
    assert!(window("at random, with two retries").users_mostly_down.unwrap().mean < 0.01, "hides the leak");
    let sooner = over(run_of("leak", "rollback at +15", 1));
    assert!((75.0..=90.0).contains(&sooner), "two hours sooner than 210: {sooner}");
    for seed in 1..=3 {
        let test = run_of("leak", "load test: one instance at its share of the traffic", seed);
        let first = test.time_to_exhaustion.unwrap().mean / 60.0;
        assert!((15.0..45.0).contains(&first), "seed {seed}: about half an hour: {first}");
    }
}

/// A cell that is not broken.
fn unbroken(text: &str) -> String {
    text.replace(' ', "\u{a0}")
}

/// A minute as seen from the alert.
fn from_alert(minute: f64) -> String {
    let sign = if minute < 0.0 { "−" } else { "+" };
    format!("{sign}{:.0}", minute.abs())
}

/// The least and the most of several values, once where they look the same.
fn range(values: &[f64], show: impl Fn(f64) -> String) -> String {
    let low = show(values.iter().copied().fold(f64::INFINITY, f64::min));
    let high = show(values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    unbroken(&if low == high { low } else { format!("{low} to {high}") })
}

fn minutes(span: &str) -> f64 {
    poolwise::units::Span::parse(span).unwrap().seconds() / 60.0
}

fn timeline_of(name: &str) -> String {
    let scenario = written(name);
    let alert = minutes(scenario["incident"]["from"].as_str().unwrap());
    let mut rows: Vec<(f64, String, &str)> = Vec::new();
    for step in scenario["traffic"]["steps"].as_array().into_iter().flatten() {
        let word = |key: &str| step[key].as_str().unwrap();
        let text = format!("traffic goes from {} to {}", scenario["traffic"]["rate"].as_str().unwrap(), word("rate"));
        rows.push((minutes(word("at")), text, "what set it off"));
    }
    for entry in scenario["timeline"].as_array().unwrap() {
        let (at, change) = (minutes(entry["at"].as_str().unwrap()), entry["change"].as_str().unwrap());
        // The clock of the document stands in the first column already.
        let text = entry["text"].as_str().unwrap_or(change);
        let text = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == ' ');
        let helped = match (text.contains("in vain") || text.contains("relieves nothing"), change) {
            (true, _) => "no",
            (false, "note") => "",
            (false, _) if at < alert => "what set it off",
            (false, _) => "yes",
        };
        rows.push((at, text.to_owned(), helped));
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut table = String::from("| minute | what | helped |\n|--:|---|---|\n");
    for (at, what, helped) in rows {
        writeln!(table, "| {} | {what} | {helped} |", from_alert(at - alert)).unwrap();
    }
    table
}

fn impact_of(name: &str) -> String {
    let runs = runs(name);
    let stated = runs[0].incident.as_ref().unwrap();
    let mut table = String::from("| read as | three runs | stated |\n|---|--:|--:|\n");
    for (words, reading) in [
        ("requests that failed", Reading::FailedRequests),
        ("users for whom half of the requests or more failed", Reading::UsersMostlyDown),
        ("users for whom any request failed", Reading::UsersAnyFailure),
    ] {
        let values = runs.map(|run| run.impact.incident.as_ref().unwrap().read_as(reading).unwrap().mean);
        let said = if reading == stated.read_as { percent(stated.stated.unwrap()) } else { String::new() };
        writeln!(table, "| {words} | {} | {} |", range(&values, percent), unbroken(&said)).unwrap();
    }
    let numbers = Scenario::read(written(name)).unwrap().numbers();
    let count = |is| numbers.iter().filter(|number| number.is == Some(is)).count();
    writeln!(
        table,
        "\nThe scenario has {} numbers: {} are in the document, {} are assumed, {} are derived.\n\n| | | why |\n|---|---|---|",
        numbers.len(),
        count(Origin::Document),
        count(Origin::Assumed),
        count(Origin::Derived)
    )
    .unwrap();
    for entry in written(name)["provenance"].as_array().unwrap() {
        let word = |key: &str| entry[key].as_str().unwrap_or_default();
        writeln!(table, "| `{}` | {} | {} |", word("of"), word("is"), word("why")).unwrap();
    }
    table
}

fn alerts_of(name: &str) -> String {
    let runs = runs(name);
    let from = runs[0].incident.as_ref().unwrap().from;
    let mut table = String::from("| alert | fires at | ahead of the failures | |\n|---|--:|--:|---|\n");
    for (n, alert) in runs[0].alerts.iter().enumerate() {
        let each = runs.map(|run| &run.alerts[n]);
        let fires: Vec<f64> = each.iter().filter_map(|a| Some((a.fires?.mean - from) / 60.0)).collect();
        let leads: Vec<f64> = each.iter().filter_map(|a| Some(a.lead?.mean)).collect();
        let highest = each.iter().filter_map(|a| a.highest).fold(0.0, f64::max);
        let highest = each.iter().find(|a| a.highest == Some(highest)).and_then(|a| a.highest_shown.clone());
        let lead = |seconds: f64| if seconds < 0.0 { format!("−{}", time(-seconds)) } else { time(seconds) };
        let why = match (&alert.never, fires.len()) {
            (Some(never), _) => format!("Can never fire: {never}."),
            (None, 0) => format!("Never fires: the highest that it sees is {}.", highest.unwrap_or_default()),
            (None, 3) => String::new(),
            (None, some) => format!("Fires in {some} of three runs."),
        };
        let cells = match fires.is_empty() {
            true => ["–".to_owned(), "–".to_owned()],
            false => [range(&fires, |at| format!("{} min", from_alert(at))), range(&leads, lead)],
        };
        writeln!(table, "| **{}**: {} | {} | {why} |", alert.name, alert.rule, cells.join(" | ")).unwrap();
    }
    table
}

/// All incidents side by side.
fn overview() -> String {
    let mut table =
        String::from("| | minutes | stated | in the run | read as | usage of all pools |\n|---|--:|--:|--:|---|---|\n");
    for Incident { name, .. } in INCIDENTS {
        let runs = runs(name);
        let stated = runs[0].incident.as_ref().unwrap();
        let found = runs.map(|run| run.impact.incident.as_ref().unwrap().read_as(stated.read_as).unwrap().mean);
        let fires = runs.iter().any(|run| run.alerts.iter().any(|a| a.name == "PoolUsage80Fleet" && a.fires.is_some()));
        let reading = match stated.read_as {
            Reading::FailedRequests => "requests that failed",
            Reading::UsersMostlyDown => "users mostly down",
            Reading::UsersAnyFailure => "users with a failure",
            Reading::SlowRequests => "answers that were slow",
        };
        writeln!(
            table,
            "| [{}](incidents/{name}.md) | {:.0} | {} | {} | {reading} | {} |",
            written(name)["description"].as_str().unwrap(),
            (stated.until - stated.from) / 60.0,
            unbroken(&percent(stated.stated.unwrap())),
            range(&found, percent),
            if fires { "alerts at 80 %" } else { "never alerts at 80 %" }
        )
        .unwrap();
    }
    table
}

#[test]
fn the_pages_tables() {
    hold_to("book/src/generated/incidents.md", &overview());
    for Incident { name, .. } in INCIDENTS {
        for (what, text) in [("timeline", timeline_of(name)), ("impact", impact_of(name)), ("alerts", alerts_of(name))]
        {
            hold_to(&format!("book/src/generated/incident-{name}-{what}.md"), &text);
        }
    }
}
