//! The browser door, under Node and in Chromium: the same numbers as natively, typed problems, progress and cancelling.
#![cfg(all(target_arch = "wasm32", feature = "wasm"))]

use js_sys::{Array, JSON, Object, Reflect};
use poolwise::wasm::{Comparison, Search, Simulation, examples, fingerprint, parse, predict, recommend, simulate};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;

#[cfg(feature = "browser-tests")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

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

#[wasm_bindgen_test]
fn a_run_in_steps_is_the_run_at_once() {
    let mut simulation = Simulation::new(object(STEADY), object(FEW)).unwrap();
    let mut steps = 0;
    while get(&simulation.step().unwrap(), "finished") == JsValue::FALSE {
        steps += 1;
    }
    assert_eq!(steps, 1);
    let text = |value: JsValue| String::from(JSON::stringify(&value).unwrap());
    assert_eq!(text(simulation.report().unwrap()), text(simulate(object(STEADY), object(FEW)).unwrap()));

    let mut search = Search::new(object(STEADY), JsValue::UNDEFINED).unwrap();
    search.step().unwrap();
    assert!(get(&search.recommendation().unwrap(), "recommended").is_undefined());
    while get(&search.step().unwrap(), "finished") == JsValue::FALSE {}
    assert!(number(&search.recommendation().unwrap(), "recommended.max_size") > 2.0);
}

#[wasm_bindgen_test]
fn a_comparison_gives_its_rows_as_they_come() {
    let text =
        STEADY.trim_end_matches('}').to_owned() + r#", "variant": [{ "name": "three", "set": ["pool.max_size=3"] }] }"#;
    let mut comparison = Comparison::new(object(&text), object(FEW)).unwrap();
    comparison.step().unwrap();
    assert_eq!(number(&comparison.report().unwrap(), "rows.length"), 0.0);
    comparison.step().unwrap();
    assert_eq!(number(&comparison.report().unwrap(), "rows.length"), 1.0);
    while get(&comparison.step().unwrap(), "finished") == JsValue::FALSE {}
    let row = get(&comparison.report().unwrap(), "rows.1");
    assert_eq!(get(&row, "name").as_string().unwrap(), "three");
    let nothing = Comparison::new(object(STEADY), JsValue::UNDEFINED).err().unwrap();
    assert!(get(&nothing, "problems").is_instance_of::<Array>());
}

#[wasm_bindgen_test]
fn texts_are_read_as_in_files() {
    assert_eq!(parse("duration", "250ms").unwrap(), 0.25);
    assert_eq!(parse("rate", "90/min").unwrap(), 1.5);
    assert!(parse("duration", "250").is_err());
}
