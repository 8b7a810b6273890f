//! Sources of requests, from what is written to what the engine does.

use poolwise::engine::{self, Fact, Fingerprint, Levels, Observer};
use poolwise::experiment::Options;
use poolwise::plan::recommend;
use poolwise::random::Streams;
use poolwise::scenario::{Model, Scenario};
use poolwise::theory::predict;
use poolwise::units::{SimTime, Span};
use serde_json::{Value, json};

const QUERIES: [(&str, u32, &str); 3] =
    [("page", 1, "deterministic(3ms)"), ("api", 1, "deterministic(5ms)"), ("report", 0, "deterministic(7ms)")];

/// A pool that nobody waits for, with three classes told apart by their holds; the third is only reached by name.
fn model(traffic: Value) -> Model {
    with(traffic, json!({ "max_size": 10_000 }))
}

fn with(traffic: Value, pool: Value) -> Model {
    let query = QUERIES.map(|(name, weight, hold)| json!({ "name": name, "weight": weight, "hold": hold }));
    let document = json!({ "traffic": traffic, "query": query, "pool": pool });
    Scenario::read(document).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{e}"))
}

/// Every arrival and every hold, in nanoseconds.
#[derive(Default)]
struct Log {
    arrivals: Vec<u64>,
    holds: Vec<u64>,
}

impl Observer for Log {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, _: &Levels) {
        match fact {
            Fact::Arrived { .. } => self.arrivals.push(now.nanos()),
            Fact::Returned { hold, .. } => self.holds.push(hold.nanos()),
            _ => {}
        }
    }
}

fn seconds(seconds: f64) -> SimTime {
    SimTime::ZERO + Span::from_seconds(seconds)
}

fn run(model: &Model, seed: u64, until: f64) -> Log {
    let mut log = Log::default();
    engine::run(model, Streams::new(seed, 0), seconds(until), &mut log);
    log
}

/// One of each kind that the clock drives.
fn kinds() -> Vec<Value> {
    vec![
        json!({ "rate": "200/s", "steps": [{ "at": "10s", "rate": "50/s", "over": "20s" }] }),
        json!({ "rate": "100/s", "spikes": [{ "at": "8s", "lasts": "5s", "factor": 15 }] }),
        json!({ "rate": "100/s", "daily": { "low": 0.3, "peak_at": "14h" } }),
        json!({ "gaps": "lognormal(mean=10ms, cv=2)" }),
        json!({ "states": [{ "rate": "10/s", "stay": "exponential(mean=3s)" }, { "rate": "500/s", "stay": "deterministic(1s)" }] }),
        json!({ "batch": { "size": 50, "every": "7s", "at": "1s", "spread": "7s" } }),
        json!({ "batch": { "size": 50, "every": "7s" } }),
        json!({ "trace": { "at": ["0s", "1s", "1s", "30s"] } }),
        json!({ "trace": { "counts": [10, 0, 50], "every": "10s" } }),
    ]
}

#[test]
fn arrivals_are_in_order_whatever_their_kind() {
    for (n, kind) in kinds().into_iter().enumerate() {
        let model = model(kind);
        for seed in 0..5 {
            let arrivals = run(&model, seed, 60.0).arrivals;
            assert!(arrivals.is_sorted() && arrivals.len() >= 4, "kind {n}, seed {seed}: {}", arrivals.len());
        }
    }
}

/// Each source is the same whatever stands beside it, and all of them come.
#[test]
fn several_sources_are_the_union_of_each() {
    for seed in 0..3 {
        let together = run(&model(Value::from(kinds())), seed, 60.0).arrivals;
        let mut apart = Vec::new();
        for n in 0..kinds().len() {
            // The others fall silent: the place of a source keys its streams.
            let silent = json!({ "trace": { "at": ["1000s"] } });
            let alone = kinds().into_iter().enumerate().map(|(k, kind)| if k == n { kind } else { silent.clone() });
            apart.extend(run(&model(alone.collect()), seed, 60.0).arrivals);
        }
        apart.sort_unstable();
        assert_eq!(together, apart, "seed {seed}");
    }
}

#[test]
fn two_sources_of_one_kind_draw_apart() {
    let alone = |place: usize| {
        let mut sources = vec![json!({ "trace": { "at": ["1000s"] } }); 2];
        sources[place] = json!({ "rate": "50/s" });
        run(&model(Value::from(sources)), 1, 60.0).arrivals
    };
    let both: Vec<u64> = alone(0).into_iter().filter(|moment| alone(1).contains(moment)).collect();
    assert!(both.is_empty(), "{} moments are the same", both.len());
}

#[test]
fn the_pool_changes_no_request() {
    // All come within a minute, and all are served in the end.
    let sources = json!([{ "trace": { "counts": [5000, 5000], "every": "30s" } }, { "trace": { "counts": [2000], "every": "1s" } }]);
    let run = |pool: Value| {
        let mut log = run(&with(sources.clone(), pool), 3, 600.0);
        log.holds.sort_unstable();
        (log.arrivals, log.holds)
    };
    let wide = run(json!({ "max_size": 10_000 }));
    assert_eq!(wide.1.len(), 12_000);
    assert!(wide == run(json!({ "max_size": 1, "acquire_timeout": "none" })));
}

#[test]
fn a_table_is_a_list_of_one() {
    for kind in kinds() {
        let sum = |traffic: Value| {
            let mut sum = Fingerprint::default();
            engine::run(&model(traffic), Streams::new(5, 0), seconds(60.0), &mut sum);
            sum.0
        };
        assert_eq!(sum(kind.clone()), sum(Value::from(vec![kind])));
    }
}

#[test]
fn what_is_written_stays_a_table_or_a_list() {
    for traffic in [json!({ "rate": "5/s" }), Value::from(kinds())] {
        let document = json!({ "traffic": traffic, "query": [{ "hold": "deterministic(1ms)" }] });
        let back = serde_json::to_value(Scenario::read(document).unwrap()).unwrap();
        assert_eq!(back["traffic"], traffic);
    }
}

#[test]
fn a_source_that_names_a_class_asks_for_nothing_else() {
    let holds = |traffic: Value| {
        let mut holds = run(&model(traffic), 2, 60.0).holds;
        holds.sort_unstable();
        holds.dedup();
        holds
    };
    assert_eq!(holds(json!({ "rate": "100/s", "query": "report" })), [7_000_000]);
    assert_eq!(holds(json!({ "rate": "100/s" })), [3_000_000, 5_000_000]);
    let both = json!([{ "rate": "100/s" }, { "batch": { "size": 1, "every": "10s" }, "query": "report" }]);
    assert_eq!(holds(both), [3_000_000, 5_000_000, 7_000_000]);
}

#[test]
fn recorded_holds_are_replayed_with_their_arrivals() {
    let trace = json!({ "at": ["0s", "1.2s", "1.2s", "3s"], "hold": ["5ms", "0s", "9ms", "1us"] });
    for seed in [1, 2] {
        let log = run(&model(json!({ "trace": trace })), seed, 60.0);
        assert_eq!(log.arrivals, [0, 1_200_000_000, 1_200_000_000, 3_000_000_000]);
        assert_eq!(log.holds, [5_000_000, 0, 9_000_000, 1_000]);
    }
}

#[test]
fn loads_of_sources_add_up() {
    let load = |traffic: Value| model(traffic).offered_load();
    let near = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-12, "{found} for {expected}");
    near(load(json!({ "rate": "100/s" })), 0.4);
    near(load(json!([{ "rate": "100/s" }, { "batch": { "size": 600, "every": "1m" }, "query": "report" }])), 0.47);
    // Ten clients that never think keep ten connections busy; with 18 ms of thinking it is a tenth each.
    near(load(json!({ "clients": 10, "query": "page" })), 10.0);
    near(load(json!({ "clients": 10, "think": "deterministic(27ms)", "query": "page" })), 1.0);
    near(load(json!({ "gaps": "lognormal(mean=10ms, cv=3)", "query": "api" })), 0.5);
    let states =
        json!([{ "rate": "0/s", "stay": "exponential(mean=3s)" }, { "rate": "400/s", "stay": "deterministic(1s)" }]);
    near(load(json!({ "states": states })), 0.4);
    // Recorded holds are what counts: 3 in a second, the least window, of 4 ms on average.
    near(load(json!({ "trace": { "at": ["0s", "1ms", "2ms"], "hold": ["2ms", "4ms", "6ms"] } })), 0.012);
    let shape =
        model(json!([{ "rate": "100/s", "query": "page" }, { "rate": "300/s", "query": "report" }])).hold_shape();
    near(shape.0, 0.006);
    near(shape.1, (0.25 * 9.0 + 0.75 * 49.0) / 36.0 - 1.0);
}

#[test]
fn what_changes_over_time_is_told_from_what_lasts() {
    let changing = [true, true, true, false, false, false, false, true, true];
    for (kind, changes) in kinds().into_iter().zip(changing) {
        assert_eq!(model(kind.clone()).changes_over_time(), changes, "{kind}");
    }
    assert!(!model(json!({ "rate": "5/s", "daily": { "low": 1, "peak_at": "0h" } })).changes_over_time());
    assert!(!model(json!({ "clients": 5 })).changes_over_time());
}

#[test]
fn only_poisson_arrivals_are_exact() {
    let exact = |traffic: Value| {
        let document = json!({
            "traffic": traffic, "query": [{ "hold": "exponential(mean=3ms)" }], "pool": { "acquire_timeout": "none" },
        });
        predict(&Scenario::read(document).unwrap().check().unwrap())
    };
    for traffic in [json!({ "rate": "5/s" }), json!([{ "rate": "5/s" }, { "gaps": "exponential(mean=10ms)" }])] {
        let prediction = exact(traffic);
        assert!(prediction.exact && prediction.assumptions[1].contains("(Poisson)"), "{:?}", prediction.assumptions);
    }
    let prediction = exact(json!([{ "rate": "5/s" }, { "batch": { "size": 5, "every": "1s" } }]));
    assert!(!prediction.exact);
    assert!(
        prediction.assumptions.iter().any(|a| a == "traffic 2: 5 requests come together every 1s"),
        "{:?}",
        prediction.assumptions
    );
}

/// A batch of ten takes ten connections if nobody is to wait: Poisson arrivals at its rate take far fewer.
#[test]
fn bursts_count_in_a_recommendation_for_one_instance_and_are_cautioned_of_in_a_fleet() {
    let answer = |instances: u32| {
        let document = json!({
            "traffic": { "batch": { "size": 10, "every": "1s" } },
            "query": [{ "hold": "deterministic(20ms)" }],
            "fleet": { "instances": instances },
            "slo": ["wait.p99 <= 1ms"],
        });
        recommend(&Scenario::read(document).unwrap().check().unwrap(), &Options::default()).unwrap()
    };
    let (one, two) = (answer(1), answer(2));
    assert_eq!(one.recommended.unwrap().max_size, 10);
    assert!(one.cautions.is_empty(), "{:?}", one.cautions);
    assert!(two.recommended.unwrap().max_size < 5);
    assert!(two.cautions[0].message.contains("taken to come independently"), "{:?}", two.cautions);
}

#[test]
fn a_trace_that_outlasts_the_run_is_cautioned_of() {
    let cautions = |traffic: Value| model(traffic).cautions().problems.clone();
    let long = cautions(json!({ "trace": { "at": ["0s", "11m"] } }));
    assert!(long[0].message.contains("lasts until 11m, and the run 10m"), "{long:?}");
    assert!(cautions(json!({ "trace": { "counts": vec![1; 10], "every": "1m" } })).is_empty());
}
