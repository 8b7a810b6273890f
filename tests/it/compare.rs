//! Counterfactuals: what is refused, what is found to differ, and how surely.

use crate::corpus_names;
use crate::{repository, text_of};
use poolwise::compare::{Compared, ComparedMeasure, Comparison, Effect, compare};
use poolwise::experiment::{Options, Pieces};
use poolwise::problem::Problems;
use poolwise::scenario;
use poolwise::scenario::{Scenario, set};
use serde_json::{Value, json};

/// A pool of two at 0.8, with a timeout that some reach, and variants.
fn busy(variants: Value) -> Value {
    json!({
        "duration": "5m",
        "traffic": { "rate": "80/s" },
        "query": [{ "name": "tx", "hold": "exponential(mean=20ms)" }],
        "pool": { "max_size": 2, "acquire_timeout": "100ms" },
        "timeline": [
            { "at": "1m", "change": "slow_query", "query": "tx", "factor": 3, "text": "scan" },
            { "at": "4m", "change": "slow_query", "factor": 1 },
        ],
        "variant": variants,
    })
}

fn one(name: &str, sets: &[&str]) -> Value {
    json!([{ "name": name, "set": sets }])
}

fn compared(document: Value, seed: u64, replications: u32) -> Compared {
    let options = Options { seed: Some(seed), replications: Some(replications), precision: None };
    compare(&Scenario::read(document).unwrap(), &options).unwrap_or_else(|e| panic!("{e}"))
}

fn measure<'a>(answer: &'a Compared, row: usize, name: &str) -> &'a ComparedMeasure {
    answer.rows[row].measures.iter().find(|m| m.measure == name).unwrap()
}

fn said(document: Value) -> Vec<String> {
    let refused: Problems = Scenario::read(document).and_then(|s| s.check_variants()).unwrap_err();
    refused.problems.iter().map(ToString::to_string).collect()
}

fn says(document: Value, expected: &[&str]) {
    let said = said(document);
    for part in expected {
        assert!(said.iter().any(|line| line.contains(part)), "no {part:?} in:\n{}", said.join("\n"));
    }
    assert_eq!(said.len(), expected.len(), "{}", said.join("\n"));
}

#[test]
fn all_that_is_wrong_with_variants_is_said_at_once() {
    says(
        busy(json!([
            { "set": ["pool.max_size=3"] },
            { "name": "nothing" },
            { "name": "typos", "set": ["pool.max_sise=3", "query.tz.leak=1%", "pool.max_size=many", "pool"] },
            { "name": "nothing", "set": ["variant[0].name=other"] },
            { "name": "through", "set": ["duration.x=1"] },
            { "name": "twice", "set": ["client.retries=1", "timeline[1].at=30h"] },
        ])),
        &[
            "error: variant[0].name: is missing",
            "error: variant[1].set: is missing",
            "error: variant[2].set[0]: pool.max_sise: unknown key; did you mean max_size?",
            "error: variant[2].set[1]: query.tz.leak: no entry \"tz\" in this list of 1 (counted from 0); did you mean tx?",
            "error: variant[2].set[2]: pool.max_size: expected a whole number",
            "error: variant[2].set[3]: expected path=value, such as pool.max_size=40; found \"pool\"",
            "error: variant[3].name: \"nothing\" is the name of an earlier variant too",
            "error: variant[3].set[0]: a variant can not change variants",
            "error: variant[4].set[0]: duration.x: ",
            "error: variant[5].set[1]: timeline[1].at: 30h is not before",
        ],
    );
    // What is wrong with the scenario itself is said once, and not of each variant again.
    let mut broken =
        busy(json!([{ "name": "a", "set": ["client.retries=1"] }, { "name": "b", "set": ["pool.size=1"] }]));
    set(&mut broken, "traffic.rate", "5ms").unwrap();
    says(broken, &["error: traffic.rate: ", "error: variant[1].set[0]: pool.size: unknown key"]);
    let mut unknown = busy(one("a", &["pool.size=1"]));
    set(&mut unknown, "pool.sise", "5").unwrap();
    says(unknown, &["error: pool.sise: unknown key", "error: variant[0].set[0]: pool.size: unknown key"]);
}

#[test]
fn a_variant_that_is_the_scenario_in_other_words_is_refused() {
    for same in [
        &["pool.max_size=2"][..],
        &["pool.acquire_timeout=0.1s"],
        &["traffic.rate=4800/min"],
        &["query.tx.weight=7"],
        &["pool.max_size=9", "pool.max_size=2"],
        &["name=another", "description=words"],
        &["slo[0]=wait.p99 <= 1s"],
        &["timeline[0].text=another"],
        &["pool.min_idle=2"],
    ] {
        let mut document = busy(one("same", same));
        document["slo"] = json!(["wait.p99 <= 2s"]);
        if same[0].contains("weight") {
            // The only class: its weight is no change of the run, but of the model.
            assert!(Scenario::read(document).and_then(|s| s.check_variants()).is_ok());
        } else {
            says(document.clone(), &["error: variant[0]: changes nothing"]);
            // Whoever only simulates is told, and gets an answer.
            let model = Scenario::read(document).and_then(|s| s.check()).unwrap();
            assert!(model.cautions().to_string().contains("caution: variant[0]: changes nothing"));
        }
    }
}

#[test]
fn a_set_reaches_entries_by_name_and_takes_out() {
    let mut document = json!({
        "pooler": { "mode": "session" },
        "timeline": [{ "name": "deploy", "at": "1m" }, { "name": "restart", "at": "2m" }],
    });
    set(&mut document, "timeline.restart.at", "3m").unwrap();
    set(&mut document, "timeline.deploy", "none").unwrap();
    set(&mut document, "pooler", "none").unwrap();
    assert_eq!(document, json!({ "timeline": [{ "name": "restart", "at": "3m" }] }));
    let missing = set(&mut document, "timeline.restat", "none").unwrap_err().to_string();
    assert!(missing.contains("did you mean restart?"), "{missing}");
    let taken = compared(busy(one("no scan", &["timeline[0]=none"])), 1, 2);
    assert_eq!(measure(&taken, 1, "goodput").effect, Some(Effect::Better));
}

#[test]
fn what_helps_is_better_and_what_harms_is_worse() {
    let variants = json!([
        { "name": "pool of 20", "set": ["pool.max_size=20"], "answer": "helps" },
        { "name": "pool of 1", "set": ["pool.max_size=1"] },
    ]);
    for seed in 1..=3 {
        let answer = compared(busy(variants.clone()), seed, 5);
        for (row, effect, sign) in [(1, Effect::Better, -1.0), (2, Effect::Worse, 1.0)] {
            for (name, up) in [("impact.failed_requests", 1.0), ("goodput", -1.0)] {
                let found = measure(&answer, row, name);
                assert_eq!(found.effect, Some(effect), "seed {seed}: {name}: {found:?}");
                assert!(found.difference.unwrap().mean * sign * up > 0.0 && found.at_most.is_none());
            }
        }
        assert_eq!(answer.rows[1].answer.as_deref(), Some("helps"));
        // Nobody fails with twenty: there is no first failure to compare.
        let first = measure(&answer, 1, "time_to_exhaustion");
        assert!(first.value.is_none() && first.difference.is_none() && first.effect.is_none());
        assert!(answer.rows[0].measures.iter().all(|m| m.difference.is_none() && m.effect.is_none()));
    }
}

/// Nobody waits for half a minute: on the same requests, no replication differs in anything. Over time and in the long run.
#[test]
fn what_has_no_effect_differs_by_exactly_nothing() {
    for steady in [false, true] {
        let mut document = busy(one("31 s", &["pool.acquire_timeout=31s"]));
        set(&mut document, "pool.acquire_timeout", "30s").unwrap();
        set(&mut document, "pool.max_size", "12").unwrap();
        if steady {
            set(&mut document, "timeline", "none").unwrap();
        }
        let answer = compared(document, 2, 3);
        for name in ["impact.failed_requests", "goodput", "wait.p99", "response.p99"] {
            let found = measure(&answer, 1, name);
            let difference = found.difference.unwrap();
            assert_eq!((difference.mean, difference.half_width), (0.0, Some(0.0)), "{}", found.measure);
            assert_eq!((found.effect, found.at_most), (Some(Effect::NoDifference), Some(0.0)));
        }
    }
}

/// The difference of 100 other replications lies within the intervals of five in about 95 of 100 cases: of 30, at most 5 are missed
/// (binomial, chance of more 1 in 300; the seeds are fixed).
#[test]
fn intervals_of_differences_cover() {
    let document = busy(one("pool of 3", &["pool.max_size=3"]));
    let truth = compared(document.clone(), 1000, 100);
    let all: Vec<Compared> = (1..=30).map(|seed| compared(document.clone(), seed, 5)).collect();
    for name in ["impact.failed_requests", "goodput"] {
        let difference = |answer: &Compared| measure(answer, 1, name).difference.unwrap();
        let truth = difference(&truth);
        let covers = |answer: &&Compared| {
            let found = difference(answer);
            (found.mean - truth.mean).abs() <= found.half_width.unwrap() + truth.half_width.unwrap()
        };
        let covered = all.iter().filter(covers).count();
        assert!(covered >= 25, "{name}: {covered} of 30 intervals cover {truth:?}");
    }
}

/// Common random numbers: the difference is known better than the values are.
#[test]
fn the_same_requests_make_differences_sharp() {
    let answer = compared(busy(one("shorter", &["pool.acquire_timeout=90ms"])), 1, 10);
    let found = measure(&answer, 1, "goodput");
    let (value, difference) = (found.value.unwrap().half_width.unwrap(), found.difference.unwrap().half_width.unwrap());
    assert!(difference < value / 2.0, "{difference} beside {value}");
}

#[test]
fn rows_come_as_they_are_finished_and_steps_give_the_same() {
    let variants = json!([
        { "name": "a", "set": ["pool.max_size=3"] },
        { "name": "b", "set": ["pool.max_size=4"] },
        { "name": "c", "set": ["pool.max_size=5", "client.timeout=50ms"] },
    ]);
    let (model, variants) = Scenario::read(busy(variants)).unwrap().check_variants().unwrap();
    let prepared = Comparison::new(&model, variants, &Options::default()).unwrap();
    assert_eq!(prepared.names().collect::<Vec<_>>(), ["as it is", "a", "b", "c"]);
    let mut told = Vec::new();
    let at_once = prepared.clone().finish(|progress, rows| {
        told.extend(rows.iter().map(|row| (progress.done, row.name.clone())));
        assert_eq!(progress.total, 20);
    });
    let when: Vec<_> = told.iter().map(|(done, name)| (*done, name.as_str())).collect();
    assert_eq!(when, [(8, "as it is"), (16, "a"), (16, "b"), (20, "c")]);
    let mut in_steps = prepared;
    while !in_steps.step().finished {}
    assert_eq!(in_steps.report(), at_once);
    assert!(in_steps.step().finished && in_steps.report() == at_once);
}

/// A row has what `simulate` says of the same scenario, seed and replications.
#[test]
fn values_are_those_of_a_simulation() {
    let document = busy(one("pool of 3", &["pool.max_size=3"]));
    let answer = compared(document.clone(), 4, 3);
    let model = Scenario::read(document).and_then(|s| s.check()).unwrap();
    let options = Options { seed: Some(4), replications: Some(3), precision: None };
    let report = poolwise::experiment::simulate(&model, &options).unwrap();
    assert_eq!(measure(&answer, 0, "impact.failed_requests").value, report.impact.failed_requests);
    assert_eq!(measure(&answer, 0, "goodput").value, report.goodput);
    assert_eq!(measure(&answer, 0, "response.p99").value, report.response.p99);
}

#[test]
fn bad_options_and_lonely_scenarios_are_refused() {
    let refused = |document: Value, options: Options| {
        compare(&Scenario::read(document).unwrap(), &options).unwrap_err().to_string()
    };
    assert!(refused(busy(json!([])), Options::default()).contains("nothing to compare"));
    let precise = Options { precision: Some(0.1), ..Options::default() };
    assert!(refused(busy(one("a", &["pool.max_size=3"])), precise).contains("precision"));
    let none = Options { replications: Some(0), ..Options::default() };
    assert!(refused(busy(one("a", &["pool.max_size=3"])), none).contains("expected 1 to 10000"));
    // One replication has no spread: only what is exactly equal is known.
    let alone = compared(busy(one("a", &["pool.max_size=3"])), 1, 1);
    assert!(alone.rows[1].measures.iter().all(|m| m.effect.is_none_or(|e| e == Effect::NoDifference)));
}

/// Every bundled scenario makes sense with its variants, and each of them is another one.
#[test]
fn bundled_variants_are_sound() {
    for name in corpus_names() {
        let path = format!("book/src/scenarios/{name}.toml");
        assert!(repository(&path).exists());
        let read = scenario::parse(&text_of(&path)).and_then(Scenario::read);
        read.and_then(|scenario| scenario.check_variants()).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}
