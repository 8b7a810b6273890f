//! The browser door, under Node and in Chromium: the same numbers as natively, typed problems, progress and cancelling.
#![cfg(all(target_arch = "wasm32", feature = "wasm"))]

use js_sys::{Array, JSON, Object, Reflect};
use poolwise::advise::{Aftermath, Done};
use poolwise::wasm::{
    Job, advise, alerts, examples, film, fingerprint, parse, predict, presets, recommend, settings, simulate, spell,
    targets,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

fn get(value: &JsValue, path: &str) -> JsValue {
    path.split('.').fold(value.clone(), |value, key| Reflect::get(&value, &key.into()).unwrap())
}

fn number(value: &JsValue, path: &str) -> f64 {
    get(value, path).as_f64().unwrap_or_else(|| panic!("{path} is no number"))
}

fn object(text: &str) -> JsValue {
    JSON::parse(text).unwrap()
}

const STEADY: &str =
    r#"{ "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "pool": { "max_size": 2 } }"#;
const FEW: &str = r#"{ "replications": 2, "seed": 1 }"#;

#[wasm_bindgen_test]
fn every_scenario_has_the_native_fingerprint() {
    let wanted: Vec<(&str, &str)> =
        include_str!("golden/fingerprints.txt").lines().map(|line| line.split_once(' ').unwrap()).collect();
    let examples: Array = examples().unwrap().unchecked_into();
    assert_eq!(examples.length() as usize, wanted.len());
    for example in examples.iter() {
        let name = get(&example, "name").as_string().unwrap();
        let native = wanted.iter().find(|(known, _)| *known == name).unwrap().1;
        assert_eq!(fingerprint(get(&example, "scenario"), 7, 3600.0).unwrap(), native, "{name}");
    }
}

#[wasm_bindgen_test]
fn objects_go_in_and_come_out() {
    let prediction = predict(object(STEADY)).unwrap();
    assert!((number(&prediction, "utilisation") - 0.8).abs() < 1e-12);
    let report = simulate(object(STEADY), object(FEW)).unwrap();
    assert_eq!(number(&report, "replications"), 2.0);
    // M/M/2 at 0.8: 35.6 ms
    assert!((number(&report, "wait.mean.mean") - 0.0356).abs() < 0.005);
    assert!(get(&report, "series").is_undefined() && get(&report, "stopped").is_undefined());
    let precise = simulate(object(STEADY), object(r#"{ "precision": 0.5 }"#)).unwrap();
    assert_eq!(get(&precise, "stopped").as_string().unwrap(), "precision");
    assert!(get(&report, "impact").is_instance_of::<Object>());
}

#[wasm_bindgen_test]
fn series_are_typed_arrays() {
    let text = r#"{ "duration": "1m", "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)", "leak": "1%" }] }"#;
    let report = simulate(object(text), object(FEW)).unwrap();
    for column in ["t", "active", "leaked", "wait_p99"] {
        assert!(get(&report, &format!("series.{column}")).is_instance_of::<js_sys::Float64Array>(), "{column}");
    }
    assert!(get(&report, "series.per_instance").is_undefined());
    let text = r#"{ "duration": "1m", "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "incident": {} }"#;
    let report = simulate(object(text), object(FEW)).unwrap();
    assert!(get(&report, "series.per_instance.0.active").is_instance_of::<js_sys::Float64Array>());
}

#[wasm_bindgen_test]
fn problems_come_as_a_typed_list() {
    let text = r#"{ "traffic": { "rate": "5ms" }, "query": [{ "hold": "lognormal(p50=5ms, p95=1ms)" }] }"#;
    for thrown in
        [predict(object(text)), simulate(object(text), JsValue::UNDEFINED), recommend(object(text), JsValue::NULL)]
    {
        let problems: Array = get(&thrown.unwrap_err(), "problems").unchecked_into();
        let paths: Vec<String> = problems.iter().map(|p| get(&p, "path").as_string().unwrap()).collect();
        assert_eq!(paths, ["traffic.rate", "query[0].hold"]);
        assert_eq!(get(&problems.get(0), "severity").as_string().unwrap(), "error");
    }
    assert!(get(&predict(JsValue::from_f64(f64::NAN)).unwrap_err(), "problems").is_instance_of::<Array>());
    assert!(
        get(&simulate(object(STEADY), object(r#"{ "sed": 1 }"#)).unwrap_err(), "problems").is_instance_of::<Array>()
    );
}

const THREE: &str = r#", "variant": [{ "name": "three", "set": ["pool.max_size=3"] }] }"#;

fn job(kind: &str, scenario: &str, options: &str) -> Job {
    Job::new(kind, object(scenario), object(options), JsValue::UNDEFINED).unwrap()
}

fn text(value: &JsValue) -> String {
    JSON::stringify(value).unwrap().into()
}

#[wasm_bindgen_test]
fn a_job_in_steps_is_the_answer_at_once() {
    let mut run = job("run", STEADY, FEW);
    let mut steps = 0;
    while get(&run.step().unwrap(), "finished") == JsValue::FALSE {
        steps += 1;
    }
    assert_eq!(steps, 1);
    assert_eq!(text(&run.result().unwrap()), text(&simulate(object(STEADY), object(FEW)).unwrap()));
    let told = run.replay().unwrap();
    assert!(get(&told, "markdown").as_string().unwrap().starts_with("# scenario"));
    assert!(number(&told, "replay.summary.sentences.length") > 0.0);

    let mut search = job("search", STEADY, "{}");
    search.step().unwrap();
    assert!(get(&search.result().unwrap(), "recommended").is_undefined());
    while get(&search.step().unwrap(), "finished") == JsValue::FALSE {}
    assert!(number(&search.result().unwrap(), "recommended.max_size") > 2.0);
}

/// What one Worker did, another takes: over time too, with levels of everything.
#[wasm_bindgen_test]
fn pieces_done_elsewhere_give_the_same_answer() {
    let incident = r#"{ "duration": "2m", "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)", "leak": "1%" }],
        "database": { "max_connections": 9, "cores": 2 }, "incident": { "from": "1m" }, "fleet": { "users": 100 },
        "timeline": [{ "at": "1m", "change": "slow_query", "factor": 5 }], "alert": [{ "name": "queue", "metric": "pending", "above": 3 }] }"#;
    // Advice with an answer asks for headroom and cases, advice without one for remedies.
    let sale = r#"{ "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "slo": ["wait.p99 <= 50ms"],
        "survive": [{ "name": "sale", "what": "peak", "factor": 2 }] }"#;
    let hopeless = r#"{ "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)" }], "slo": ["response.p99 <= 20ms"] }"#;
    let kinds = [("run", STEADY), ("run", incident), ("search", STEADY), ("advise", sale), ("advise", hopeless)];
    for (kind, scenario) in kinds {
        let (mut asks, helps) = (job(kind, scenario, FEW), job(kind, scenario, FEW));
        loop {
            let pieces = asks.pieces().unwrap();
            let pieces: Vec<Vec<u8>> =
                pieces.iter().map(|piece| piece.unchecked_into::<js_sys::Uint8Array>().to_vec()).collect();
            // The last is done first.
            let done: Vec<_> = pieces.iter().rev().map(|piece| helps.perform(piece).unwrap()).collect();
            for (piece, bytes) in pieces.iter().zip(done.iter().rev()) {
                asks.take(piece, bytes).unwrap();
            }
            if pieces.is_empty() {
                break;
            }
        }
        let alone = match kind {
            "run" => simulate(object(scenario), object(FEW)),
            "search" => recommend(object(scenario), object(FEW)),
            _ => advise(object(scenario), object(FEW), JsValue::UNDEFINED),
        };
        let alone = alone.unwrap();
        let mut differ = Vec::new();
        different(&asks.result().unwrap(), &alone, "", &mut differ);
        assert_eq!(differ, [""; 0]);
    }
}

/// Whatever a part of advice comes to, those too that take long to come to.
#[wasm_bindgen_test]
fn what_came_of_a_part_goes_from_one_worker_to_another() {
    let stuck = Aftermath {
        factor: 2.5,
        lasts: 5.0,
        later: 20.0,
        runs: 8,
        stuck: 3,
        failing: 0.4,
        remedies: vec![("without retries".to_owned(), 0.0)],
        sentence: "it outlives its cause".to_owned(),
    };
    let all = [
        Done::Smallest(None),
        Done::Smallest(Some(7)),
        Done::Step(Some((2, 9))),
        Done::Factor(1.25),
        Done::Aftermath(Some(stuck)),
    ];
    for done in all {
        let bytes = postcard::to_allocvec(&done).unwrap();
        assert_eq!(postcard::from_bytes::<Done>(&bytes).unwrap(), done);
    }
}

/// Where two values differ, by their paths: numbers are compared by their bits.
fn different(one: &JsValue, other: &JsValue, path: &str, all: &mut Vec<String>) {
    if let (Some(a), Some(b)) = (one.as_f64(), other.as_f64()) {
        if a.to_bits() != b.to_bits() {
            all.push(format!("{path}: {a} {b}"));
        }
    } else if one.is_object() && other.is_object() {
        let keys = Object::keys(one.unchecked_ref::<Object>());
        if keys.length() != Object::keys(other.unchecked_ref::<Object>()).length() {
            all.push(format!("{path}: keys"));
        }
        for key in keys.iter() {
            let of = |value: &JsValue| Reflect::get(value, &key).unwrap();
            different(&of(one), &of(other), &format!("{path}.{}", key.as_string().unwrap()), all);
        }
    } else if one != other {
        all.push(format!("{path}: {one:?} {other:?}"));
    }
}

#[wasm_bindgen_test]
fn a_comparison_gives_its_rows_as_they_come() {
    let scenario = STEADY.trim_end_matches('}').to_owned() + THREE;
    let mut comparison = job("compare", &scenario, FEW);
    let rows = |comparison: &Job| number(&comparison.result().unwrap(), "rows.length");
    comparison.step().unwrap();
    assert_eq!(rows(&comparison), 0.0);
    comparison.step().unwrap();
    assert_eq!(rows(&comparison), 1.0);
    while get(&comparison.step().unwrap(), "finished") == JsValue::FALSE {}
    let row = get(&comparison.result().unwrap(), "rows.1");
    assert_eq!(get(&row, "name").as_string().unwrap(), "three");
    let nothing = Job::new("compare", object(STEADY), JsValue::UNDEFINED, JsValue::UNDEFINED).err().unwrap();
    assert!(get(&nothing, "problems").is_instance_of::<Array>());
}

/// A scenario that is kept is compared with another on the same requests: with itself there is no difference at all.
#[wasm_bindgen_test]
fn a_pinned_scenario_is_compared_with_another() {
    let larger = STEADY.replace(r#""max_size": 2"#, r#""max_size": 3"#);
    for (now, failed) in [(STEADY, false), (larger.as_str(), true)] {
        let mut against = Job::new("against", object(now), object(FEW), object(STEADY)).unwrap();
        while get(&against.step().unwrap(), "finished") == JsValue::FALSE {}
        let measures: Array = get(&against.result().unwrap(), "rows.1.measures").unchecked_into();
        let wait = measures.iter().find(|m| get(m, "measure").as_string().unwrap() == "wait.p99").unwrap();
        assert_eq!(number(&wait, "difference.mean") < 0.0, failed);
        assert_eq!(number(&wait, "difference.mean") == 0.0, !failed);
    }
}

#[wasm_bindgen_test]
fn advice_and_alerts_tell_how_far_they_are() {
    let told = Array::new();
    let tell = js_sys::Function::new_with_args("what, progress", "this.push(what)").bind0(&told);
    let scenario = STEADY.trim_end_matches('}').to_owned() + r#", "slo": ["wait.p99 <= 50ms"] }"#;
    let said = advise(object(&scenario), JsValue::UNDEFINED, tell.clone().into()).unwrap();
    assert_eq!(number(&said, "advice.band.lowest"), number(&said, "advice.recommended.max_size"));
    assert!(number(&said, "sentences.length") >= 2.0 && told.includes(&"sizes".into(), 0));
    let incident = r#"{ "duration": "4m", "traffic": { "rate": "80/s" }, "query": [{ "hold": "exponential(mean=20ms)" }],
        "pool": { "max_size": 3, "acquire_timeout": "1s" }, "timeline": [{ "at": "2m", "change": "slow_query", "factor": 5 }] }"#;
    let ranked = alerts(object(incident), object(FEW), tell.into()).unwrap();
    assert_eq!(number(&ranked, "ranking.incidents"), 1.0);
    assert!(
        get(&ranked, "rules.0.text").as_string().unwrap().contains("- alert:") && told.includes(&"alerts".into(), 0)
    );
}

#[wasm_bindgen_test]
fn a_film_shows_one_pool() {
    let film = film(object(STEADY), 1, 0, 1.0, 3.0).unwrap();
    let times = get(&film, "t").unchecked_into::<js_sys::Float64Array>().to_vec();
    assert!(times[0] >= 1.0 && times[times.len() - 1] < 3.0 && times.is_sorted());
    let active = get(&film, "active").unchecked_into::<js_sys::Uint32Array>().to_vec();
    assert_eq!((active.len(), active.iter().max()), (times.len(), Some(&2)));
}

/// Those that come later have the next numbers, and no connections before they are there.
#[wasm_bindgen_test]
fn a_film_of_an_instance_that_starts_later_counts_its_own_connections() {
    let scenario = STEADY.trim_end_matches('}').to_owned()
        + r#", "duration": "30s", "fleet": { "instances": 2 }, "timeline": [{ "at": "5s", "change": "scale", "count": 4 }] }"#;
    for instance in [2, 3] {
        let film = film(object(&scenario), 1, instance, 0.0, 30.0).unwrap();
        let size = get(&film, "size").unchecked_into::<js_sys::Uint32Array>().to_vec();
        assert_eq!(size.iter().max(), Some(&2), "instance {instance}");
    }
}

#[wasm_bindgen_test]
fn settings_are_written_for_real_pools() {
    let all: Array = targets().unwrap().unchecked_into();
    assert!(all.length() >= 15 && presets().unwrap().unchecked_into::<Array>().length() > 5);
    for target in all.iter() {
        let name = get(&target, "name").as_string().unwrap();
        assert!(settings(object(STEADY), 7, &name).unwrap().contains('7'), "{name}");
    }
    assert!(get(&settings(object(STEADY), 7, "none").unwrap_err(), "problems").is_instance_of::<Array>());
}

/// A range is taken at its middle, as factors go, where one value is needed.
#[wasm_bindgen_test]
fn ranges_are_read() {
    let range = STEADY.replace("80/s", "40/s..160/s");
    let load = |scenario: &str| number(&predict(object(scenario)).unwrap(), "offered_load");
    assert!((load(&range) - load(STEADY)).abs() < 1e-9);
}

#[wasm_bindgen_test]
fn texts_are_read_as_in_files() {
    assert_eq!(parse("duration", "250ms").unwrap(), 0.25);
    assert_eq!(parse("rate", "90/min").unwrap(), 1.5);
    assert!(parse("duration", "250").is_err());
    assert_eq!([spell("duration", 0.25), spell("rate", 1.5), spell("share", 0.25)], ["250ms", "1.5/s", "25%"]);
}
