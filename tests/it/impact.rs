//! Who was affected: hand-counted, added up, and against what chance says.

use crate::scenario_of;
use poolwise::engine::{self, Fact, Here, Levels, Observer};
use poolwise::experiment::{Options, simulate};
use poolwise::math::exp;
use poolwise::random::Streams;
use poolwise::record::{Affected, BINS, Impact, Outcome, Recorder, Window};
use poolwise::report::{Column, InstanceColumns, Report};
use poolwise::scenario::{Model, Origin, Scenario};
use poolwise::units::{SimTime, Span};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn after(seconds: f64) -> SimTime {
    SimTime::ZERO + Span::from_seconds(seconds)
}

fn outcome(model: &Model) -> Outcome {
    let until = SimTime::ZERO + model.length();
    let mut recorder = Recorder::new(Window { from: SimTime::ZERO, until, series: true }, model);
    engine::run(model, Streams::new(1, 0), until, &mut recorder);
    recorder.finish()
}

fn impact(document: Value) -> Impact {
    outcome(&scenario_of(document)).impact.expect("the scenario has users or an incident")
}

fn report(document: Value, replications: u32) -> Report {
    simulate(&scenario_of(document), &Options { replications: Some(replications), ..Options::default() }).unwrap()
}

/// One pool of one connection in which nobody waits: of those who come together the first is served, the others fail.
fn no_patience(at: &[&str], users: u32) -> Value {
    json!({
        "duration": "4m",
        "traffic": { "trace": { "at": at } },
        "query": [{ "hold": "deterministic(100ms)" }],
        "fleet": { "users": users },
        "pool": { "max_size": 1, "min_idle": 1, "acquire_timeout": "0s" },
    })
}

#[test]
fn the_requests_of_one_user_are_counted_by_hand() {
    let ends = |requests, failed| Affected {
        requests,
        failed,
        slow: 0,
        users: 1,
        mostly_down: u64::from(2 * failed >= requests),
        any_failure: u64::from(failed > 0),
    };
    for (at, failed) in [
        (["1s", "2s", "3s", "4s"], 0),
        (["1s", "1s", "2s", "3s"], 1),
        (["1s", "1s", "2s", "2s"], 2),
        (["1s", "1s", "1s", "1s"], 3),
    ] {
        let found = impact(no_patience(&at, 1));
        assert_eq!((found.whole, found.incident), (ends(4, failed), None), "{at:?}");
    }
}

#[test]
fn the_window_of_the_incident_counts_what_ends_in_it() {
    let mut document = no_patience(&["1s", "1s", "59.95s", "60s", "61s", "61s", "121s", "121s", "121s"], 1);
    document["incident"] = json!({ "from": "1m", "until": "2m" });
    let found = impact(document);
    // The one of 59.95 s ends within the window, and the one that finds its connection taken ends at its beginning.
    let window = Affected { requests: 4, failed: 2, slow: 0, users: 1, mostly_down: 1, any_failure: 1 };
    assert_eq!(found.incident, Some(window));
    assert_eq!((found.whole.requests, found.whole.failed), (9, 5));
}

#[test]
fn slow_is_measured_from_the_first_attempt() {
    // The second waits for 600 ms and works for as long.
    let waits = json!({
        "traffic": { "trace": { "at": ["1s", "1s"] } },
        "query": [{ "hold": "deterministic(600ms)" }],
        "pool": { "max_size": 1 },
        "incident": {},
    });
    assert_eq!(impact(waits.clone()).whole, Affected { requests: 2, slow: 1, ..Affected::default() });
    let mut patient = waits;
    patient["incident"]["slow"] = json!("1200ms");
    assert_eq!(impact(patient).whole.slow, 0, "an answer as slow as that is not slower");
    // The second gives up after 100 ms and tries again a second later: 1.6 s in all.
    let tries_again = json!({
        "traffic": { "trace": { "at": ["1s", "1s"] } },
        "query": [{ "hold": "deterministic(500ms)" }],
        "pool": { "max_size": 1, "acquire_timeout": "100ms" },
        "client": { "retries": 1, "backoff": "1s" },
        "incident": { "slow": "1599ms" },
    });
    assert_eq!(impact(tries_again.clone()).whole, Affected { requests: 2, slow: 1, ..Affected::default() });
    let mut later = tries_again;
    later["incident"]["slow"] = json!("1600ms");
    assert_eq!(impact(later).whole.slow, 0);
}

#[test]
fn who_leaves_has_no_answer_though_the_work_goes_on() {
    let document = json!({
        "traffic": { "trace": { "at": ["1s"] } },
        "query": [{ "hold": "deterministic(5s)" }],
        "client": { "timeout": "2s" },
        "fleet": { "users": 3 },
    });
    let found = impact(document).whole;
    assert_eq!(found, Affected { requests: 1, failed: 1, slow: 0, users: 1, mostly_down: 1, any_failure: 1 });
}

#[test]
fn onset_and_recovery_are_the_parts_of_the_run_in_which_requests_fail() {
    // Two fail at 50 s, which is too few; four at 100 s and at 110 s. Parts are as long as a second.
    let mut at = vec!["50.2s"; 3];
    at.extend(["100.2s"; 5]);
    at.extend(["110.2s"; 5]);
    let found = impact(no_patience(&at, 5));
    assert_eq!((found.onset, found.recovered), (Some(after(100.0)), Some(after(111.0))));
    let none = impact(no_patience(&["1s"], 5));
    assert_eq!((none.onset, none.recovered), (None, None));
    // Three of 61 are less than 5 %, three of 60 are not.
    for (served, onset) in [(58, None), (57, Some(after(100.0)))] {
        let mut at: Vec<String> = (0..served - 1).map(|n| format!("{}ms", 100_000 + 10 * n)).collect();
        at.extend(vec!["100800ms".to_owned(); 4]);
        let mut document = no_patience(&[], 5);
        document["traffic"]["trace"]["at"] = json!(at);
        document["query"][0]["hold"] = json!("deterministic(5ms)");
        let found = impact(document);
        assert_eq!((found.whole.failed, found.onset), (3, onset), "{served}");
    }
}

/// What became of the requests of each user: how many ended, and how many failed.
#[derive(Default)]
struct Ends {
    users: BTreeMap<u32, [u64; 2]>,
    came: u64,
    lost: u64,
    answered: u64,
}

impl Observer for Ends {
    fn on(&mut self, _: SimTime, _: u32, fact: Fact, _: &Levels) {
        match fact {
            Fact::Ended { user, failed, .. } => {
                let ends = self.users.entry(user).or_default();
                ends[0] += 1;
                ends[1] += u64::from(failed);
            }
            Fact::Arrived { again: false } => self.came += 1,
            Fact::Failed { lost: true, .. } => self.lost += 1,
            Fact::Served { wanted: true, .. } => self.answered += 1,
            _ => {}
        }
    }
}

#[test]
fn users_add_up_to_requests() {
    let open = json!({ "rate": "60/s", "steps": [{ "at": "1m", "rate": "20/s" }, { "at": "3m", "rate": "0/s" }] });
    let closed = json!([{ "clients": 9, "think": "exponential(mean=200ms)" }, { "name": "more", "rate": "5/s" }]);
    for (name, traffic) in [("open", open), ("closed", closed)] {
        for routing in ["random", "round_robin", "least_pending", "sticky"] {
            let model = scenario_of(json!({
                "duration": "4m",
                "traffic": traffic,
                "query": [{ "hold": "exponential(mean=150ms)" }],
                "fleet": { "instances": 3, "users": 50, "routing": routing },
                "pool": { "max_size": 1, "acquire_timeout": "300ms" },
                "client": { "timeout": "1s", "retries": 1, "backoff": "50ms" },
                "incident": { "from": "0s", "until": "4m" },
            }));
            let mut ends = Ends::default();
            engine::run(&model, Streams::new(1, 0), SimTime::ZERO + model.length(), &mut ends);
            let outcome = outcome(&model);
            let sum = |which: usize| ends.users.values().map(|ends| ends[which]).sum::<u64>();
            let number = |of: &dyn Fn(&[u64; 2]) -> bool| ends.users.values().filter(|ends| of(ends)).count() as u64;
            let expected = Affected {
                requests: sum(0),
                failed: sum(1),
                slow: outcome.impact.unwrap().whole.slow,
                users: ends.users.len() as u64,
                mostly_down: number(&|[all, failed]| 2 * failed >= *all),
                any_failure: number(&|[_, failed]| *failed > 0),
            };
            assert_eq!(
                outcome.impact.map(|i| (i.whole, i.incident)),
                Some((expected, Some(expected))),
                "{name} {routing}"
            );
            assert_eq!(
                (expected.requests, expected.failed),
                (ends.lost + ends.answered, ends.lost),
                "{name} {routing}"
            );
            assert!(expected.failed > 100, "{name} {routing}: {expected:?}");
            let under_way = outcome.offered - expected.requests;
            assert!(if name == "open" { under_way == 0 } else { under_way <= 30 }, "{name} {routing}: {under_way}");
            assert_eq!(outcome.failed, expected.failed);
            assert_eq!(ends.came, outcome.offered);
        }
    }
}

#[test]
fn whose_a_request_is_does_not_depend_on_the_pools_or_the_routing() {
    let users = |routing: &str, size: u32| {
        let model = scenario_of(json!({
            "duration": "1m",
            "traffic": { "rate": "20/s" },
            "query": [{ "hold": "deterministic(1ms)" }],
            "fleet": { "instances": 3, "users": 50, "routing": routing },
            "pool": { "max_size": size },
        }));
        let mut ends = Ends::default();
        engine::run(&model, Streams::new(1, 0), after(60.0), &mut ends);
        ends.users
    };
    for (routing, size) in [("random", 30), ("sticky", 10), ("least_pending", 2)] {
        assert_eq!(users("random", 10), users(routing, size), "{routing} {size}");
    }
}

/// From the start on, one of four instances answers nobody.
fn one_of_four_is_dead(routing: &str) -> Report {
    let document = json!({
        "duration": "5m",
        "traffic": { "rate": "40/s" },
        "query": [{ "hold": "deterministic(20ms)" }],
        "fleet": { "instances": 4, "users": 2000, "routing": routing },
        "pool": { "max_size": 5 },
        "client": { "timeout": "500ms" },
        "timeline": [{ "at": "0s", "change": "slow_query", "factor": 1e6, "over": "1000h" }],
    });
    report(document, 4)
}

#[test]
fn where_chance_routes_many_users_see_a_failure_and_few_are_down() {
    let report = one_of_four_is_dead("random");
    let [failed, down, any] =
        [report.impact.failed_requests, report.impact.users_mostly_down, report.impact.users_any_failure]
            .map(|estimate| estimate.unwrap().mean);
    // A user makes a number of requests that is Poisson with mean 6; of those who make any, so many have one at the dead
    // instance. One run's share of 2000 users has a standard deviation of 0.0095, the mean of four 0.0047: five of them.
    let exact = (1.0 - exp(-6.0 / 4.0)) / (1.0 - exp(-6.0));
    assert!((any - exact).abs() < 0.024, "{any} beside {exact}");
    // 12 000 requests in each of four runs: a standard deviation of 0.002, and those of the last half second do not end.
    assert!((failed - 0.25).abs() < 0.011, "{failed}");
    assert!(down > 0.0 && down < any / 2.0, "{down}");
}

#[test]
fn where_users_stay_those_of_one_instance_are_down() {
    let report = one_of_four_is_dead("sticky");
    let [down, any] =
        [report.impact.users_mostly_down, report.impact.users_any_failure].map(|estimate| estimate.unwrap().mean);
    assert_eq!(down, any, "who has one failure has nothing else");
    // Homes are drawn for each of 2000 users: a standard deviation of 0.0097, five of them.
    assert!((down - 0.25).abs() < 0.049, "{down}");
}

#[test]
fn the_report_stands_beside_what_is_stated() {
    let mut at = vec!["1s"; 2];
    at.extend(["100.2s"; 5]);
    let mut document = no_patience(&at, 1);
    document["incident"] = json!({
        "from": "90s", "until": "2m", "stated": "75%", "read_as": "failed_requests", "recovered": "105s", "source": "postmortem",
    });
    document["provenance"] =
        json!([{ "of": "traffic", "is": "document" }, { "of": "pool", "is": "assumed", "why": "so that 80 % fail" }]);
    let report = report(document, 2);
    let window = report.impact.incident.as_ref().unwrap();
    assert_eq!(window.failed_requests.map(|e| e.mean), Some(0.8));
    assert_eq!(report.impact.failed_requests.map(|e| e.mean), Some(5.0 / 7.0));
    let incident = report.incident.as_ref().unwrap();
    assert_eq!((incident.from, incident.until, incident.slow), (90.0, 120.0, 1.0));
    assert_eq!((incident.stated, incident.recovered), (Some(0.75), Some(105.0)));
    let moment = |moment: Option<poolwise::report::Moment>| moment.map(|m| (m.mean, m.share_of_runs));
    assert_eq!((moment(report.onset), moment(report.recovered)), (Some((100.0, 1.0)), Some((101.0, 1.0))));
    let of = |is| report.provenance.iter().filter(|number| number.is == is).count();
    assert_eq!((of(Some(Origin::Document)), of(Some(Origin::Assumed)), of(Some(Origin::Derived))), (7, 3, 0));
    let text = poolwise::report::text::report(&report);
    for part in
        ["users mostly down", "90.0 s to 2.00 min", "stated", "75.0 %", "80.0 %", "(stated: 105 s)", "3 assumed"]
    {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn nobody_is_told_of_who_does_not_ask() {
    let document = json!({ "traffic": { "rate": "10/s" }, "query": [{ "hold": "exponential(mean=20ms)" }] });
    let model = scenario_of(document);
    let mut ends = Ends::default();
    engine::run_general(&model, Streams::new(1, 0), after(60.0), &mut ends);
    assert!(ends.users.is_empty() && ends.answered > 0);
    assert_eq!(outcome(&model).impact, None);
}

#[test]
fn parts_of_a_run_are_no_wider_than_a_minute_for_a_day() {
    for (duration, count) in [("10s", 240), ("195m", 240), ("4h", 240), ("10h", 600), ("24h", 1440), ("72h", 1440)] {
        let document = json!({
            "duration": duration,
            "traffic": { "trace": { "at": ["1s"] } },
            "query": [{ "hold": "deterministic(1ms)" }],
        });
        let series = outcome(&scenario_of(document)).series.unwrap();
        assert_eq!(series.bins.len(), count, "{duration}");
        assert!(BINS.contains(&count));
        assert!(duration == "72h" || series.width <= Span::from_seconds(60.0), "{duration}");
    }
}

/// Adds up what is told of instances.
struct Sums {
    here: Vec<Here>,
    facts: u32,
}

impl Observer for Sums {
    fn on(&mut self, now: SimTime, instance: u32, fact: Fact, levels: &Levels) {
        if instance as usize >= self.here.len() {
            self.here.resize(instance as usize + 1, Here::default());
        }
        self.here[instance as usize] = levels.here;
        let sum = |of: fn(&Here) -> u32| self.here.iter().map(of).sum::<u32>();
        let sums = [sum(|h| h.active), sum(|h| h.pending)];
        assert_eq!(sums, [levels.active, levels.pending], "{fact:?} at {now:?}");
        self.facts += 1;
    }
}

fn a_deploy() -> Value {
    json!({
        "duration": "4m",
        "traffic": { "rate": "60/s" },
        "query": [{ "hold": "exponential(mean=100ms)" }],
        "fleet": { "instances": 3 },
        "pool": { "max_size": 4, "min_idle": 1, "growth": "background", "acquire_timeout": "1s" },
        "database": { "connect": "deterministic(20ms)", "max_connections": 200 },
        "timeline": [
            { "at": "1m", "change": "deploy", "surge": "2", "over": "20s", "max_size": 2 },
            { "at": "2m", "change": "resize_pool", "max_size": 5 },
        ],
    })
}

#[test]
fn instances_add_up_to_the_fleet() {
    let model = scenario_of(a_deploy());
    let mut sums = Sums { here: Vec::new(), facts: 0 };
    engine::run(&model, Streams::new(1, 0), SimTime::ZERO + model.length(), &mut sums);
    assert!(sums.facts > 10_000 && sums.here.len() == 6, "{} {}", sums.facts, sums.here.len());
    // Over time too: those of each bin of the instances are those of the fleet's two.
    let report = report(a_deploy(), 2);
    let series = report.series.unwrap();
    let each = &series.per_instance;
    assert_eq!(each.iter().map(|one| one.instance).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    for (of, fleet) in [
        ((|one| &one.active) as fn(&InstanceColumns) -> &Column, &series.active),
        (|one| &one.pending, &series.pending),
        (|one| &one.total, &series.total),
        (|one| &one.size, &series.size),
    ] {
        for bin in 0..120 {
            let here: f64 = each.iter().map(|one| of(one).0[bin]).sum();
            let both = (fleet.0[2 * bin] + fleet.0[2 * bin + 1]) / 2.0;
            // A new instance is there from its first word on.
            assert!((here - both).abs() < 1.0, "bin {bin}: {here} beside {both}");
        }
    }
    assert_eq!((each[0].size.0[0], each[0].size.0[119], each[3].size.0[0], each[3].size.0[119]), (4.0, 0.0, 0.0, 5.0));
}

#[test]
fn every_number_is_listed_with_the_longest_path_that_leads_to_it() {
    let document = json!({
        "schema_version": 1,
        "name": "incident 5",
        "description": "of 2 March 2025",
        "duration": "3h",
        "traffic": [{ "name": "web2", "rate": "40/s", "query": "q1" }, { "rate": "1/s", "pool": "p2" }],
        "query": [{ "name": "q1", "hold": "exponential(mean=20ms)", "leak": "1%" }, { "hold": "deterministic(5ms)" }],
        "pool": [{ "max_size": 20, "order": "lifo" }, { "name": "p2", "user": "app2" }],
        "timeline": [{ "at": "1h", "change": "note", "text": "10 people call" }],
        "incident": { "stated": 0.6, "source": "page 3" },
        "provenance": [
            { "of": "traffic", "is": "document" },
            { "of": "traffic[1]", "is": "derived", "why": "40 of 41" },
            { "of": "query.q1", "is": "assumed" },
            { "of": "query.0.leak", "is": "document" },
            { "of": "timeline", "is": "document" },
        ],
    });
    let scenario = Scenario::read(document).unwrap();
    let found: Vec<_> = scenario.numbers().into_iter().map(|n| (n.path, n.value, n.is)).collect();
    let mut expected = vec![
        ("duration", "3h", None),
        ("traffic[0].rate", "40/s", Some(Origin::Document)),
        ("traffic[1].rate", "1/s", Some(Origin::Derived)),
        ("query[0].hold", "exponential(mean=20ms)", Some(Origin::Assumed)),
        ("query[0].leak", "1%", Some(Origin::Document)),
        ("query[1].hold", "deterministic(5ms)", None),
        ("pool[0].max_size", "20", None),
        ("timeline[0].at", "1h", Some(Origin::Document)),
        ("incident.stated", "0.6", None),
    ];
    expected.sort_unstable_by_key(|(path, ..)| *path);
    let mut found = found;
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        found,
        expected.into_iter().map(|(path, value, is)| (path.to_owned(), value.to_owned(), is)).collect::<Vec<_>>()
    );
}
