//! A diagnosis names what metrics show, says what would tell it from its neighbours, and refuses where there is nothing to explain.

use crate::corpus;
use crate::incidents::runs;
use poolwise::diagnose::{
    CLOSE, Diagnosis, Finding, MECHANISMS, SYMPTOMS, SymptomKind, Symptoms, diagnose, mechanism, symptoms_of, text,
};
use poolwise::experiment::{Options, simulate};
use poolwise::report::Report;

type Pairs = &'static [(&'static str, &'static str)];

fn seen(pairs: &[(&str, &str)]) -> Symptoms {
    Symptoms::read(pairs.iter().copied()).unwrap_or_else(|e| panic!("{e}"))
}

fn leader(answer: &Diagnosis) -> &'static str {
    answer.ranking.first().map_or("", |ranked| ranked.name)
}

fn place(answer: &Diagnosis, name: &str) -> usize {
    answer.ranking.iter().position(|ranked| ranked.name == name).unwrap()
}

/// A mechanism, what its metrics show, and the observation that would have spoken for a neighbour instead.
struct Case {
    name: &'static str,
    seen: Pairs,
    flip: Pairs,
    then: &'static str,
}

/// As somebody writes them down who reads dashboards: a fleet of ten pools of 20, unless something else is said.
const CASES: &[Case] = &[
    Case {
        name: "slow-query",
        seen: &[
            ("max", "200"),
            ("active", "147"),
            ("usable", "147"),
            ("pending", "700"),
            ("hold", "3s"),
            ("hold_before", "18ms"),
            ("rate", "120/s"),
            ("rate_before", "120/s"),
            ("running", "146"),
            ("cores", "8"),
            ("cpu", "100%"),
            ("schema_changed", "no"),
            ("deployed", "yes"),
        ],
        flip: &[("schema_changed", "yes")],
        then: "missing-index",
    },
    Case {
        name: "missing-index",
        seen: &[
            ("max", "200"),
            ("active", "200"),
            ("pending", "300"),
            ("hold", "900ms"),
            ("hold_before", "12ms"),
            ("rate", "400"),
            ("rate_before", "400"),
            ("cpu", "99%"),
            ("full_scan", "yes"),
            ("schema_changed", "yes"),
        ],
        flip: &[("schema_changed", "no")],
        then: "slow-query",
    },
    Case {
        name: "chatty-transaction",
        seen: &[
            ("max", "20"),
            ("active", "20"),
            ("pending", "60"),
            ("hold", "300ms"),
            ("hold_before", "17ms"),
            ("rate", "100"),
            ("rate_before", "98"),
            ("cpu", "25%"),
            ("statements", "110"),
            ("statements_before", "3"),
        ],
        flip: &[("statements", "3")],
        then: "held-idle",
    },
    Case {
        name: "lock-wait",
        seen: &[
            ("max", "200"),
            ("active", "200"),
            ("pending", "90"),
            ("hold", "2s"),
            ("hold_before", "20ms"),
            ("rate", "150"),
            ("rate_before", "150"),
            ("cpu", "6%"),
            ("lock_waiters", "180"),
            ("idle_in_transaction", "2"),
        ],
        flip: &[("lock_waiters", "0"), ("idle_in_transaction", "180")],
        then: "held-idle",
    },
    Case {
        name: "leak",
        seen: &[
            ("max", "240"),
            ("active", "236"),
            ("pending", "150"),
            ("hold", "40ms"),
            ("hold_before", "40ms"),
            ("rate", "60"),
            ("rate_before", "60"),
            ("cpu", "3%"),
            ("idle_sessions", "230"),
            ("never_falls", "yes"),
            ("deployed", "yes"),
        ],
        flip: &[("never_falls", "no"), ("hold", "4s")],
        then: "held-idle",
    },
    Case {
        name: "held-idle",
        seen: &[
            ("max", "90"),
            ("active", "90"),
            ("pending", "400"),
            ("hold", "1500ms"),
            ("hold_before", "60ms"),
            ("rate", "80"),
            ("rate_before", "80"),
            ("cpu", "6%"),
            ("statements", "4"),
            ("statements_before", "4"),
            ("idle_in_transaction", "80"),
        ],
        flip: &[("statements", "90")],
        then: "chatty-transaction",
    },
    Case {
        name: "traffic-spike",
        seen: &[
            ("max", "90"),
            ("active", "90"),
            ("pending", "2000"),
            ("timeouts", "200"),
            ("hold", "540ms"),
            ("hold_before", "540ms"),
            ("rate", "400"),
            ("rate_before", "80"),
            ("attempts", "1"),
            ("cpu", "6%"),
        ],
        flip: &[("rate", "85"), ("rate_before", "80"), ("attempts", "3.5"), ("trigger_over", "yes")],
        then: "retry-storm",
    },
    Case {
        name: "retry-storm",
        seen: &[
            ("max", "20"),
            ("active", "20"),
            ("pending", "7000"),
            ("timeouts", "150"),
            ("hold", "250ms"),
            ("hold_before", "250ms"),
            ("rate", "60"),
            ("rate_before", "60"),
            ("attempts", "3.9"),
            ("trigger_over", "yes"),
        ],
        flip: &[("rate", "180"), ("attempts", "1"), ("trigger_over", "no")],
        then: "traffic-spike",
    },
    Case {
        name: "too-many-pools",
        seen: &[
            ("max", "300"),
            ("usable", "197"),
            ("connections", "197"),
            ("active", "1"),
            ("idle", "196"),
            ("pending", "30"),
            ("starved", "3"),
            ("refused", "12"),
            ("instances", "10"),
            ("instances_before", "10"),
            ("cpu", "2%"),
        ],
        flip: &[("instances", "14"), ("deployed", "yes")],
        then: "deploy-overlap",
    },
    Case {
        name: "deploy-overlap",
        seen: &[
            ("max", "280"),
            ("usable", "197"),
            ("connections", "197"),
            ("active", "12"),
            ("pending", "40"),
            ("starved", "4"),
            ("refused", "20"),
            ("instances", "14"),
            ("instances_before", "10"),
            ("deployed", "yes"),
            ("hold", "30ms"),
            ("hold_before", "30ms"),
        ],
        flip: &[("deployed", "no"), ("idle", "180")],
        then: "serverless-fan-out",
    },
    Case {
        name: "nested-acquisition",
        seen: &[
            ("max", "20"),
            ("active", "20"),
            ("pending", "20"),
            ("timeouts", "4"),
            ("waits_at_timeout", "yes"),
            ("cpu", "0%"),
            ("idle_in_transaction", "20"),
            ("connections_per_request", "2"),
        ],
        flip: &[("connections_per_request", "1"), ("waits_at_timeout", "no")],
        then: "held-idle",
    },
    Case {
        name: "reconnect-storm",
        seen: &[
            ("max", "400"),
            ("active", "250"),
            ("pending", "900"),
            ("timeouts", "300"),
            ("opened", "40"),
            ("opened_before", "0.2"),
            ("refused", "300"),
            ("connections_fell", "yes"),
            ("connect_time", "400ms"),
        ],
        flip: &[
            ("connections_fell", "no"),
            ("max", "400"),
            ("usable", "250"),
            ("connections", "250"),
            ("active", "20"),
        ],
        then: "too-many-pools",
    },
    Case {
        name: "network-stall",
        seen: &[
            ("max", "200"),
            ("active", "60"),
            ("pending", "80"),
            ("timeouts", "30"),
            ("connect_time", "30s"),
            ("refused", "0"),
            ("cpu", "8%"),
            ("connections", "80"),
            ("usable", "400"),
        ],
        flip: &[("connect_time", "30ms"), ("client_errors", "50")],
        then: "client-ports",
    },
    Case {
        name: "serverless-fan-out",
        seen: &[
            ("max", "1200"),
            ("usable", "400"),
            ("connections", "400"),
            ("active", "40"),
            ("idle", "360"),
            ("pending", "30"),
            ("refused", "15"),
            ("instances", "120"),
            ("instances_before", "40"),
            ("rate", "300"),
            ("rate_before", "300"),
            ("deployed", "no"),
        ],
        flip: &[("instances", "40")],
        then: "too-many-pools",
    },
    Case {
        name: "pooler-limit",
        seen: &[
            ("max", "400"),
            ("active", "300"),
            ("pending", "5"),
            ("pooler_waiting", "280"),
            ("pooler_servers", "20"),
            ("pooler_max", "20"),
            ("connections", "20"),
            ("usable", "400"),
            ("cpu", "12%"),
        ],
        flip: &[("pooler_waiting", "0"), ("idle_in_transaction", "250"), ("pooler_servers", "10")],
        then: "held-idle",
    },
    Case {
        name: "health-check-loop",
        seen: &[
            ("max", "60"),
            ("active", "60"),
            ("pending", "100"),
            ("probes_failing", "3"),
            ("ejected", "4"),
            ("instances", "6"),
            ("instances_before", "10"),
            ("cpu", "10%"),
        ],
        flip: &[("probes_failing", "0"), ("ejected", "0"), ("instance_cpu", "20%")],
        then: "wrong-autoscaling-signal",
    },
    Case {
        name: "cold-start",
        seen: &[
            ("max", "200"),
            ("active", "30"),
            ("pending", "12"),
            ("hold", "8ms"),
            ("hold_before", "8ms"),
            ("opened", "40"),
            ("opened_before", "0.1"),
            ("connect_time", "250ms"),
            ("only_new_instances", "yes"),
            ("refused", "0"),
        ],
        flip: &[("only_new_instances", "no"), ("connections_fell", "yes")],
        then: "reconnect-storm",
    },
    Case {
        name: "synchronised-lifetimes",
        seen: &[
            ("max", "200"),
            ("pending", "25"),
            ("opened", "20"),
            ("opened_before", "0.5"),
            ("opened_periodic", "yes"),
            ("periodic", "yes"),
            ("hold", "8ms"),
            ("hold_before", "8ms"),
        ],
        flip: &[("opened_periodic", "no"), ("opened", "0.5")],
        then: "scheduled-job",
    },
    Case {
        name: "database-stall",
        seen: &[
            ("max", "200"),
            ("active", "200"),
            ("pending", "500"),
            ("hold", "2s"),
            ("hold_before", "20ms"),
            ("holds_grown", "100%"),
            ("database_speed", "0.05"),
            ("running", "190"),
            ("cores", "8"),
            ("rate", "120"),
            ("rate_before", "120"),
            ("deployed", "no"),
        ],
        flip: &[("database_speed", "1")],
        then: "slow-query",
    },
    Case {
        name: "wrong-autoscaling-signal",
        seen: &[
            ("max", "60"),
            ("active", "60"),
            ("pending", "100"),
            ("instances", "6"),
            ("instances_before", "10"),
            ("instance_cpu", "15%"),
            ("probes_failing", "0"),
        ],
        flip: &[("probes_failing", "2"), ("ejected", "4")],
        then: "health-check-loop",
    },
    Case {
        name: "scheduled-job",
        seen: &[
            ("max", "12"),
            ("active", "12"),
            ("pending", "40"),
            ("timeouts", "2"),
            ("periodic", "yes"),
            ("opened_periodic", "no"),
            ("deployed", "no"),
        ],
        flip: &[("periodic", "no"), ("rate", "500"), ("rate_before", "100")],
        then: "traffic-spike",
    },
    Case {
        name: "client-ports",
        seen: &[
            ("max", "200"),
            ("active", "10"),
            ("pending", "0"),
            ("timeouts", "0"),
            ("client_errors", "40"),
            ("refused", "0"),
            ("cpu", "5%"),
        ],
        flip: &[("client_errors", "0"), ("connect_time", "10s"), ("pending", "60"), ("timeouts", "20")],
        then: "network-stall",
    },
];

#[test]
fn each_mechanism_is_recognised_by_what_its_metrics_show() {
    let mut wrong = Vec::new();
    for mechanism in MECHANISMS {
        assert!(CASES.iter().any(|case| case.name == mechanism.name), "{} has no case", mechanism.name);
    }
    for case in CASES {
        let answer = diagnose(&seen(case.seen));
        if (answer.verdict, leader(&answer)) != (Finding::Fits, case.name) {
            wrong.push(format!("{}:\n{}", case.name, text(&answer)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

#[test]
fn the_observation_that_tells_apart_turns_the_ranking() {
    let mut wrong = Vec::new();
    for case in CASES {
        let rival = mechanism(case.then).unwrap();
        let flipped = seen(case.seen).with(&seen(case.flip));
        let row = mechanism(case.name).unwrap();
        let looks = |sign: &poolwise::diagnose::Sign| sign.of.iter().any(|name| case.flip.iter().any(|f| f.0 == *name));
        if !looks(row.apart) && !looks(rival.apart) {
            wrong.push(format!("{}: the flip is not what tells it from {}", case.name, case.then));
        }
        let near = row.neighbours.contains(&case.then) || rival.neighbours.contains(&case.name);
        if !near {
            wrong.push(format!("{} and {} are no neighbours", case.name, case.then));
        }
        let answer = diagnose(&flipped);
        if answer.ranking.is_empty() || place(&answer, case.then) >= place(&answer, case.name) {
            wrong.push(format!("{} with {:?}:\n{}", case.name, case.flip, text(&answer)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

#[test]
fn a_shortage_is_not_explained_where_there_is_none() {
    let answer =
        diagnose(&seen(&[("max", "20"), ("rate", "100/s"), ("hold", "20ms"), ("active", "2"), ("pending", "0")]));
    assert_eq!(answer.verdict, Finding::NoShortage);
    assert!(answer.ranking.is_empty() && answer.missing.is_none());
    assert_eq!(
        answer.sentence,
        "There is no shortage to explain: 100/s × 20.0 ms = 2 connections busy on average, of 20, and nobody waits for one."
    );
    // Errors elsewhere are no shortage either, but they are something to explain.
    let answer = diagnose(&seen(&[
        ("max", "20"),
        ("rate", "100/s"),
        ("hold", "20ms"),
        ("active", "2"),
        ("pending", "0"),
        ("client_errors", "3"),
    ]));
    assert_eq!((answer.verdict, leader(&answer)), (Finding::Fits, "client-ports"), "{}", text(&answer));
}

#[test]
fn numbers_that_contradict_each_other_are_to_be_measured_again() {
    let pairs =
        [("max", "20"), ("rate", "100/s"), ("hold", "20ms"), ("active", "20"), ("pending", "9"), ("cpu", "95%")];
    let answer = diagnose(&seen(&pairs));
    assert_eq!(answer.verdict, Finding::Contradiction, "{}", text(&answer));
    for part in ["Little's law", "100/s × 20.0 ms = 2 connections", "20 are in use", "Measure again", "18 connections"]
    {
        assert!(answer.sentence.contains(part), "{part}: {}", answer.sentence);
    }
    // A leak is what breaks the law: connections that are out for ever are in no mean of those that came back.
    let leaking = seen(&pairs).without("cpu").with(&seen(&[("never_falls", "yes"), ("idle_sessions", "18")]));
    let answer = diagnose(&leaking);
    assert_eq!((answer.verdict, leader(&answer)), (Finding::Fits, "leak"));
    assert!(answer.sentence.contains("the 18 beyond that have leaked"), "{}", answer.sentence);
    let load = answer.load.unwrap();
    assert_eq!((load.offered, load.capacity, load.unexplained), (2.0, Some(20.0), Some(18.0)));
    // Two connections for each request, and three attempts, are demand.
    let more = seen(&pairs).with(&seen(&[("connections_per_request", "2"), ("attempts", "5")]));
    assert_ne!(diagnose(&more).verdict, Finding::Contradiction);
}

#[test]
fn pools_that_are_large_enough_are_not_blamed() {
    let answer = diagnose(&seen(&[
        ("max", "300"),
        ("active", "1"),
        ("pending", "30"),
        ("rate", "20"),
        ("hold", "28ms"),
        ("refused", "9"),
    ]));
    assert!(answer.sentence.contains("what is short is somewhere else"), "{}", answer.sentence);
}

#[test]
fn too_little_is_not_enough_to_tell() {
    let answer = diagnose(&Symptoms::default());
    assert_eq!(answer.verdict, Finding::Unknown);
    assert!(text(&answer).contains("--symptom"), "{}", text(&answer));
    let answer = diagnose(&seen(&[("max", "20"), ("active", "20"), ("pending", "5")]));
    assert!(matches!(answer.verdict, Finding::Unknown | Finding::Close), "{}", text(&answer));
    // Longer holds and nothing of the database: what to look at next is named, and decides.
    let full = [("max", "20"), ("active", "20"), ("pending", "5"), ("hold", "2s"), ("hold_before", "20ms")];
    let answer = diagnose(&seen(&full));
    assert_eq!(answer.verdict, Finding::Close, "{}", text(&answer));
    let missing = answer.missing.clone().unwrap();
    assert_ne!(missing.if_yes.1, missing.if_no.1, "{}", text(&answer));
    assert!(answer.ranking[0].score - answer.ranking[1].score < CLOSE);
}

/// What is said of the missing observation is what comes out once it was made; here of those that are a yes or a no.
#[test]
fn the_missing_observation_does_what_it_says() {
    let mut checked = 0;
    for case in CASES {
        for left_out in case.seen {
            let symptoms = seen(case.seen).without(left_out.0);
            let Some(missing) = diagnose(&symptoms).missing else { continue };
            assert!(missing.disagreement > 0.0 && !missing.symptoms.is_empty(), "{} without {}", case.name, left_out.0);
            let [only] = missing.symptoms.as_slice() else { continue };
            if poolwise::diagnose::symptom(only).unwrap().kind != SymptomKind::Yes {
                continue;
            }
            for (value, (_, name)) in [("yes", missing.if_yes), ("no", missing.if_no)] {
                let answer = diagnose(&symptoms.clone().with(&seen(&[(*only, value)])));
                assert_eq!(leader(&answer), name, "{} without {}, {only} {value}", case.name, left_out.0);
                checked += 1;
            }
        }
    }
    assert!(checked > 20, "{checked}");
}

#[test]
fn the_table_is_whole() {
    assert_eq!(MECHANISMS.len(), 22);
    for m in MECHANISMS {
        assert!(m.weights.iter().any(|w| core::ptr::eq(w.sign, m.apart)), "{}: its own sign has no weight", m.name);
        assert!(!m.neighbours.is_empty() && !m.in_vain.is_empty() && m.lever.ends_with('.'), "{}", m.name);
        for name in m.neighbours {
            assert!(mechanism(name).is_some(), "{}: {name}", m.name);
        }
        for (n, w) in m.weights.iter().enumerate() {
            assert!((-5.0..=4.0).contains(&w.yes) && (-5.0..=4.0).contains(&w.no), "{}", m.name);
            assert!(!m.weights[..n].iter().any(|other| core::ptr::eq(other.sign, w.sign)), "{}: twice", m.name);
            for name in w.sign.of {
                assert!(SYMPTOMS.iter().any(|symptom| symptom.name == *name), "{}: {name}", w.sign.yes);
            }
        }
    }
    // Every symptom answers something, or is part of a sum.
    let part_of_a_sum = ["attempts", "rate", "hold", "connections_per_request"];
    for symptom in SYMPTOMS {
        let asked = MECHANISMS.iter().flat_map(|m| m.weights).any(|w| w.sign.of.contains(&symptom.name));
        assert!(asked || part_of_a_sum.contains(&symptom.name), "{} is asked for and never used", symptom.name);
    }
}

#[test]
fn every_problem_is_told_at_once() {
    let said =
        Symptoms::read([("actve", "3"), ("hold", "soon"), ("cpu", "130%"), ("deployed", "perhaps"), ("max", "-1")])
            .unwrap_err();
    assert_eq!(said.problems.len(), 5, "{said}");
    let said = said.to_string();
    for part in ["actve: is no symptom; did you mean active?", "hold: ", "cpu: ", "expected yes or no", "zero or more"]
    {
        assert!(said.contains(part), "{part}:\n{said}");
    }
    assert!(Symptoms::read([("max", "1"), ("max", "2")]).is_err());
    let read: Result<Symptoms, _> = serde_json::from_str(r#"{ "max": 20, "deployed": true, "nonsense": 1 }"#);
    assert!(read.unwrap_err().to_string().contains("nonsense"));
    let read: Symptoms = serde_json::from_str(r#"{ "max": 20, "deployed": true }"#).unwrap();
    assert_eq!(read, seen(&[("max", "20"), ("deployed", "yes")]));
    assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::json!({ "max": 20.0, "deployed": true }));
}

/// From the run with one seed an incident of the corpus is recognised.
fn recognises(name: &str, seed: u64, report: &Report, found: &str) {
    let answer = diagnose(&symptoms_of(report, &corpus(name)));
    assert_eq!(leader(&answer), found, "{name}, seed {seed}:\n{}", text(&answer));
    assert_eq!(answer.verdict, Finding::Fits, "{name}, seed {seed}:\n{}", text(&answer));
}

/// Of its own run an incident of the corpus is recognised, whatever chance does.
fn recognised(name: &str, found: &str) {
    let model = corpus(name);
    for seed in 1..=3 {
        let options = Options { seed: Some(seed), replications: Some(1), ..Options::default() };
        recognises(name, seed, &simulate(&model, &options).unwrap(), found);
    }
}

/// The incidents that happened, from what their metrics would have shown: the runs are those of `incidents.rs`.
#[test]
fn the_five_incidents_are_recognised_from_their_runs() {
    for (name, found) in [
        ("slow-query", "slow-query"),
        ("traffic-spike", "traffic-spike"),
        ("pool-misconfig", "too-many-pools"),
        ("chatty-query", "chatty-transaction"),
        ("leak", "leak"),
    ] {
        for (report, seed) in runs(name).into_iter().zip(1..) {
            recognises(name, seed, report, found);
        }
    }
}

/// What the instances show one by one.
#[test]
fn starved_instances_and_the_fullest_one_come_from_the_run() {
    for (name, starved, worst) in [
        ("slow-query", 0.0..0.1, 19.9..20.1),
        ("traffic-spike", 0.0..0.1, 14.9..30.0),
        ("pool-misconfig", 2.8..3.2, 0.0..1.0),
        ("chatty-query", 0.0..0.1, 4.9..6.0),
        ("leak", 0.0..0.1, 19.9..20.1),
    ] {
        for (report, seed) in runs(name).into_iter().zip(1..) {
            let symptoms = symptoms_of(report, &corpus(name));
            let (few, most) = (symptoms.starved.unwrap(), symptoms.worst_active.unwrap());
            assert!(
                starved.contains(&few) && worst.contains(&most),
                "{name}, seed {seed}: {few} starved, {most} in use"
            );
        }
    }
}

#[test]
fn the_retry_storm_is_recognised_from_its_run() {
    recognised("retry-storm", "retry-storm");
}

#[test]
fn nested_acquisition_is_recognised_from_its_run() {
    recognised("nested", "nested-acquisition");
}

#[test]
fn too_many_pools_are_recognised_from_their_run() {
    recognised("too-many-pools", "too-many-pools");
}

#[test]
fn the_reconnect_storm_is_recognised_from_its_run() {
    recognised("reconnect-storm", "reconnect-storm");
}

#[test]
fn the_nightly_job_is_recognised_from_its_run() {
    recognised("nightly-job", "scheduled-job");
}

/// Scenarios of the corpus without an incident have none.
#[test]
fn quiet_runs_have_nothing_to_explain() {
    for name in ["pooler", "shared-cores", "steady"] {
        let model = corpus(name);
        let report = simulate(&model, &Options { seed: Some(1), replications: Some(1), ..Options::default() }).unwrap();
        let answer = diagnose(&symptoms_of(&report, &model));
        assert_eq!(answer.verdict, Finding::NoShortage, "{name}:\n{}", text(&answer));
    }
}
