//! The browser door: a value in, one call, a value out. Nothing is decided here.

use crate::catalogue::{FIELDS, Field, KNOBS, Knob};
use crate::diagnose::{self, Symptoms};
use crate::experiment::{Experiment, Options};
use crate::plan;
use crate::problem::Problems;
use crate::report::{Column, Columns, InstanceColumns};
use crate::scenario::{Model, Scenario};
use crate::units::{Probability, Rate, Span};
use crate::{compare, engine, experiment, random, theory};
use js_sys::{Float64Array, JSON, Reflect};
use serde::Serialize;
use serde_json::Value;
use wasm_bindgen::prelude::*;

type Answer = Result<JsValue, JsValue>;

/// Maps become plain objects, and what is absent is `undefined`, as the generated types say.
fn give(value: &impl Serialize) -> Answer {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true))?)
}

fn problems(all: Problems) -> JsValue {
    give(&all).unwrap_or_else(|e| e)
}

/// Through a document, which knows every key that was given, the unknown ones too.
fn document(value: JsValue) -> Result<Value, JsValue> {
    serde_wasm_bindgen::from_value(value).map_err(|e| problems(Problems::one("", e.to_string())))
}

fn model(scenario: JsValue) -> Result<Model, JsValue> {
    Scenario::read(document(scenario)?).and_then(|s| s.check()).map_err(problems)
}

fn options(value: JsValue) -> Result<Options, JsValue> {
    if value.is_undefined() || value.is_null() {
        return Ok(Options::default());
    }
    serde_json::from_value(document(value)?).map_err(|e| problems(Problems::one("options", e.to_string())))
}

/// A report with its columns as `Float64Array`.
fn give_report(report: &crate::report::Report) -> Answer {
    let value = give(report)?;
    if let Some(series) = &report.series {
        let Columns {
            t,
            offered,
            served,
            timed_out,
            rejected,
            failed,
            active,
            pending,
            leaked,
            total,
            size,
            connected,
            running,
            instances,
            connect_refused,
            wait_p50,
            wait_p95,
            wait_p99,
            per_instance,
        } = series;
        let columns = typed(&[
            ("t", t),
            ("offered", offered),
            ("served", served),
            ("timed_out", timed_out),
            ("rejected", rejected),
            ("failed", failed),
            ("active", active),
            ("pending", pending),
            ("leaked", leaked),
            ("total", total),
            ("size", size),
            ("connected", connected),
            ("running", running),
            ("instances", instances),
            ("connect_refused", connect_refused),
            ("wait_p50", wait_p50),
            ("wait_p95", wait_p95),
            ("wait_p99", wait_p99),
        ])?;
        if !per_instance.is_empty() {
            let list = js_sys::Array::new();
            for InstanceColumns { instance, t, active, pending, total, size } in per_instance {
                let of = [("t", t), ("active", active), ("pending", pending), ("total", total), ("size", size)];
                let one = typed(&of)?;
                Reflect::set(&one, &"instance".into(), &(*instance).into())?;
                list.push(&one);
            }
            Reflect::set(&columns, &"per_instance".into(), &list)?;
        }
        Reflect::set(&value, &"series".into(), &columns)?;
    }
    Ok(value)
}

fn typed(columns: &[(&str, &Column)]) -> Result<js_sys::Object, JsValue> {
    let object = js_sys::Object::new();
    for (name, column) in columns {
        Reflect::set(&object, &(*name).into(), &Float64Array::from(column.0.as_slice()))?;
    }
    Ok(object)
}

/// Every key of a scenario, with its default and one line on what it is.
#[wasm_bindgen(unchecked_return_type = "Field[]")]
pub fn fields() -> Answer {
    give(&FIELDS.iter().collect::<Vec<&Field>>())
}

/// The knobs of the planner's form.
#[wasm_bindgen(unchecked_return_type = "Knob[]")]
pub fn knobs() -> Answer {
    give(&KNOBS.iter().collect::<Vec<&Knob>>())
}

/// The bundled scenarios: `{ name, title, scenario }`.
#[wasm_bindgen(unchecked_return_type = "{ name: string; title: string; scenario: Scenario }[]")]
pub fn examples() -> Answer {
    JSON::parse(include_str!("examples.json"))
}

/// Read a text as the form's boxes do: a duration in seconds, a rate per second, a share, a number. Throws `Problems`.
#[wasm_bindgen]
pub fn parse(#[wasm_bindgen(unchecked_param_type = "Quantity")] quantity: &str, text: &str) -> Result<f64, JsValue> {
    let read = match quantity {
        "duration" => Span::parse(text).map(Span::seconds),
        "rate" => Rate::parse(text).map(Rate::as_per_second),
        "share" => Probability::parse(text).map(Probability::value),
        _ => text.trim().parse().map_err(|_| format!("expected a number, found {}", crate::problem::shown(text))),
    };
    read.map_err(|why| problems(Problems::one("", why)))
}

/// What queueing theory says, at once. Throws `Problems`.
#[wasm_bindgen(unchecked_return_type = "Prediction")]
pub fn predict(#[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue) -> Answer {
    give(&theory::predict(&model(scenario)?))
}

/// Simulate. Throws `Problems`.
#[wasm_bindgen(unchecked_return_type = "Report")]
pub fn simulate(
    #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
    #[wasm_bindgen(js_name = "options", unchecked_optional_param_type = "Options")] given: JsValue,
) -> Answer {
    give_report(&experiment::simulate(&model(scenario)?, &options(given)?).map_err(problems)?)
}

/// Find the smallest pool that meets the scenario's objectives. Throws `Problems`.
#[wasm_bindgen(unchecked_return_type = "Recommendation")]
pub fn recommend(
    #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
    #[wasm_bindgen(js_name = "options", unchecked_optional_param_type = "Options")] given: JsValue,
) -> Answer {
    give(&plan::recommend(&model(scenario)?, &options(given)?).map_err(problems)?)
}

/// One number for everything that happens in replication 0 up to `seconds`: the same natively, in Node and in a browser.
#[wasm_bindgen]
pub fn fingerprint(
    #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
    seed: u32,
    seconds: f64,
) -> Result<String, JsValue> {
    let until = crate::units::SimTime::ZERO + Span::from_seconds(seconds);
    let mut sum = engine::Fingerprint::default();
    engine::run(&model(scenario)?, random::Streams::new(seed.into(), 0), until, &mut sum);
    Ok(format!("{:016x}", sum.0))
}

/// A simulation in steps of one replication each, so that a Worker can tell its progress and be cancelled.
#[wasm_bindgen]
pub struct Simulation(Experiment);

#[wasm_bindgen]
impl Simulation {
    /// Prepare it. Throws `Problems`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
        #[wasm_bindgen(js_name = "options", unchecked_optional_param_type = "Options")] given: JsValue,
    ) -> Result<Self, JsValue> {
        Experiment::new(&model(scenario)?, &options(given)?).map(Self).map_err(problems)
    }

    /// Do the next replication.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self) -> Answer {
        give(&self.0.step())
    }

    /// What the replications so far say.
    #[wasm_bindgen(unchecked_return_type = "Report")]
    pub fn report(&self) -> Answer {
        give_report(&self.0.report())
    }
}

/// A search for the smallest pool in steps of one replication each.
#[wasm_bindgen]
pub struct Search(plan::Search);

#[wasm_bindgen]
impl Search {
    /// Prepare it. Throws `Problems`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
        #[wasm_bindgen(js_name = "options", unchecked_optional_param_type = "Options")] given: JsValue,
    ) -> Result<Self, JsValue> {
        plan::Search::new(&model(scenario)?, &options(given)?).map(Self).map_err(problems)
    }

    /// Do the next replication.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self) -> Answer {
        give(&self.0.step())
    }

    /// What is known so far.
    #[wasm_bindgen(unchecked_return_type = "Recommendation")]
    pub fn recommendation(&self) -> Answer {
        give(&self.0.recommendation())
    }
}

/// The mechanisms that fit what was seen. Throws `Problems`.
#[wasm_bindgen(unchecked_return_type = "Diagnosis")]
pub fn diagnose(#[wasm_bindgen(unchecked_param_type = "Symptoms")] symptoms: JsValue) -> Answer {
    let read = serde_json::from_value(document(symptoms)?);
    let symptoms: Symptoms = read.map_err(|e| problems(Problems::one("symptoms", e.to_string())))?;
    give(&diagnose::diagnose(&symptoms.checked().map_err(problems)?))
}

/// A comparison of a scenario with its variants in steps of one replication each.
#[wasm_bindgen]
pub struct Comparison(compare::Comparison);

#[wasm_bindgen]
impl Comparison {
    /// Prepare it. Throws `Problems`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
        #[wasm_bindgen(js_name = "options", unchecked_optional_param_type = "Options")] given: JsValue,
    ) -> Result<Self, JsValue> {
        let (model, variants) =
            Scenario::read(document(scenario)?).and_then(|s| s.check_variants()).map_err(problems)?;
        compare::Comparison::new(&model, variants, &options(given)?).map(Self).map_err(problems)
    }

    /// Do the next replication.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self) -> Answer {
        give(&self.0.step())
    }

    /// The rows that are finished.
    #[wasm_bindgen(unchecked_return_type = "Compared")]
    pub fn report(&self) -> Answer {
        give(&self.0.report())
    }
}
