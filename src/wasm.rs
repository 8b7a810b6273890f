//! The browser door: a value in, one call, a value out. Nothing is decided here.

use crate::advise::{Advising, Done, Part};
use crate::alerting::prometheus::{self, EXPORTERS};
use crate::alerting::{Ranker, Ranking};
use crate::catalogue::{FIELDS, Field, KNOBS, Kind, Knob};
use crate::diagnose::{self, Symptoms};
use crate::emit::{self, Settings, TARGETS, Target};
use crate::experiment::{Experiment, Options, Pieces, Progress};
use crate::pool::presets::PRESETS;
use crate::problem::Problems;
use crate::record::{COUNTS, FilmRecorder, LEVELS};
use crate::report::{Column, Columns, InstanceColumns};
use crate::scenario::{Model, Scenario, Variant};
use crate::units::{Probability, Rate, SimTime, Span};
use crate::{advise, compare, engine, experiment, plan, random, replay, theory, timeline};
use js_sys::{Float64Array, JSON, Reflect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasm_bindgen::JsCast;
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

/// Ranges are taken at their middle.
fn read(scenario: JsValue) -> Result<Scenario, JsValue> {
    Scenario::read(document(scenario)?).and_then(|read| advise::certain(&read)).map_err(problems)
}

fn model(scenario: JsValue) -> Result<Model, JsValue> {
    read(scenario)?.check().map_err(problems)
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

/// What can happen during a run: the changes that `[[timeline]]` knows.
#[wasm_bindgen(unchecked_return_type = "Kind[]")]
pub fn changes() -> Answer {
    give(&timeline::KINDS.iter().collect::<Vec<&Kind>>())
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
    let until = SimTime::ZERO + Span::from_seconds(seconds);
    let mut sum = engine::Fingerprint::default();
    engine::watch(&model(scenario)?, random::Streams::new(seed.into(), 0), until, &mut sum);
    Ok(format!("{:016x}", sum.0))
}

/// Real pools, each with the values that its settings have when nobody sets them.
#[wasm_bindgen(unchecked_return_type = "Preset[]")]
pub fn presets() -> Answer {
    give(&PRESETS.iter().collect::<Vec<_>>())
}

/// What people write a quantity as: `250ms`, `120/s`, `0.1%`. Values are those that `parse` gives.
#[wasm_bindgen]
pub fn spell(#[wasm_bindgen(unchecked_param_type = "Quantity")] quantity: &str, value: f64) -> String {
    match quantity {
        "duration" => Span::from_seconds(value).to_string(),
        "rate" if value >= 0.0 && value.is_finite() => Rate::per_second(value).to_string(),
        "share" => Probability::parse(&value.to_string()).map_or(String::new(), |share| share.to_string()),
        _ => value.to_string(),
    }
}

/// The pools that settings can be written for: `{ name, product, version, file, is_pooler }`.
#[wasm_bindgen(
    unchecked_return_type = "{ name: string; product: string; version: string; file: string; is_pooler: boolean }[]"
)]
pub fn targets() -> Answer {
    #[derive(Serialize)]
    struct Known {
        name: &'static str,
        product: &'static str,
        version: &'static str,
        file: &'static str,
        is_pooler: bool,
    }
    let known = |t: &Target| Known {
        name: t.name,
        product: t.product,
        version: t.version,
        file: t.file,
        is_pooler: t.is_pooler,
    };
    give(&TARGETS.iter().map(known).collect::<Vec<_>>())
}

/// The settings of one real pool with `max_size` connections, in its own language. Throws `Problems`.
#[wasm_bindgen]
pub fn settings(
    #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
    max_size: u32,
    target: &str,
) -> Result<String, JsValue> {
    let scenario = read(scenario)?;
    let model = scenario.check().map_err(problems)?;
    let found = emit::target(target).ok_or_else(|| {
        problems(Problems::one("target", format!("no pool is called {}", crate::problem::shown(target))))
    })?;
    let command = format!("poolwise emit {} scenario.toml --size {max_size}", found.name);
    Ok(emit::emit(found, &Settings::of(&scenario, &model, max_size, command)))
}

/// Tells how far something is: `(what: string, progress: Progress) => void`.
fn telling(tell: &JsValue) -> impl Fn(&str, Progress) {
    let tell = tell.dyn_ref::<js_sys::Function>();
    move |what, progress| {
        if let (Some(tell), Ok(progress)) = (tell, give(&progress)) {
            // What a listener throws is the listener's affair.
            let _ = tell.call2(&JsValue::NULL, &what.into(), &progress);
        }
    }
}

/// A size with all that one should know before following it: `{ advice, sentences }`. Takes seconds: call it in a Worker.
/// Throws `Problems`.
#[wasm_bindgen(unchecked_return_type = "Advised")]
pub fn advise(
    #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
    #[wasm_bindgen(js_name = "options", unchecked_optional_param_type = "Options")] given: JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "(what: string, progress: Progress) => void")] tell: JsValue,
) -> Answer {
    let scenario = Scenario::read(document(scenario)?).map_err(problems)?;
    let advice = advise::advise(&scenario, &options(given)?, telling(&tell)).map_err(problems)?;
    give(&Advised { sentences: advise::text::sentences(&advice), advice: &advice })
}

/// Advice, in words too.
#[derive(Serialize)]
struct Advised<'a> {
    advice: &'a advise::Advice,
    sentences: Vec<String>,
}

#[wasm_bindgen(typescript_custom_section)]
const ADVISED: &str = "
/** Advice, in words too. */
export interface Advised { advice: Advice; sentences: string[] }
";

/// Which alerts tell of this scenario in time, and the rules for Prometheus by exporter. Takes seconds: call it in a Worker.
/// Throws `Problems`.
#[wasm_bindgen(unchecked_return_type = "TriedAlerts")]
pub fn alerts(
    #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
    #[wasm_bindgen(js_name = "options", unchecked_optional_param_type = "Options")] given: JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "(what: string, progress: Progress) => void")] tell: JsValue,
) -> Answer {
    let mut ranker = ranker(model(scenario)?, &options(given)?).map_err(problems)?;
    let tell = telling(&tell);
    give_ranking(&ranker.finish(|progress| tell("alerts", progress)))
}

fn ranker(model: Model, options: &Options) -> Result<Ranker, Problems> {
    Ranker::new(&[(model.name().to_owned(), model)], options)
}

/// A ranking with its rules.
fn give_ranking(ranking: &Ranking) -> Answer {
    #[derive(Serialize)]
    struct Rules {
        exporter: &'static str,
        title: &'static str,
        text: String,
    }
    #[derive(Serialize)]
    struct TriedAlerts<'a> {
        ranking: &'a Ranking,
        rules: Vec<Rules>,
    }
    let rules = EXPORTERS.iter().map(|(exporter, name, title)| Rules {
        exporter: name,
        title,
        text: prometheus::rules(ranking, *exporter, None),
    });
    give(&TriedAlerts { rules: rules.collect(), ranking })
}

#[wasm_bindgen(typescript_custom_section)]
const TRIED_ALERTS: &str = "
/** Alerts in their order, and the rules for Prometheus by exporter. */
export interface TriedAlerts { ranking: Ranking; rules: { exporter: string; title: string; text: string }[] }
";

/// One instance's pool in replication 0, from change to change: `t` in seconds; after each change `pending`, `active`, `idle`,
/// `opening`, `leaked`, `total`, `size`; since `from` `arrived`, `granted`, `served`, `timed_out`, `failed`. Throws `Problems`.
#[wasm_bindgen(unchecked_return_type = "Film")]
pub fn film(
    #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
    seed: u32,
    instance: u32,
    from: f64,
    until: f64,
) -> Answer {
    let model = model(scenario)?;
    let moment = |seconds: f64| SimTime::ZERO + Span::from_seconds(seconds);
    let mut recorder = FilmRecorder::new(instance, moment(from), model.instances());
    engine::watch(&model, random::Streams::new(seed.into(), 0), moment(until), &mut recorder);
    let film = recorder.finish();
    let object = js_sys::Object::new();
    let set = |name: &str, value: JsValue| Reflect::set(&object, &name.into(), &value);
    set("instance", instance.into())?;
    set("from", from.into())?;
    set("until", until.into())?;
    set("truncated", film.truncated.into())?;
    set("t", Float64Array::from(film.t.as_slice()).into())?;
    for (name, column) in LEVELS.iter().zip(&film.levels).chain(COUNTS.iter().zip(&film.counts)) {
        set(name, js_sys::Uint32Array::from(column.as_slice()).into())?;
    }
    Ok(object.into())
}

#[wasm_bindgen(typescript_custom_section)]
const FILM: &str = "
/** One instance's pool in replication 0, from change to change. */
export interface Film {
  instance: number; from: number; until: number; truncated: boolean;
  t: Float64Array;
  pending: Uint32Array; active: Uint32Array; idle: Uint32Array; opening: Uint32Array; leaked: Uint32Array; total: Uint32Array; size: Uint32Array;
  arrived: Uint32Array; granted: Uint32Array; served: Uint32Array; timed_out: Uint32Array; failed: Uint32Array;
}
";

/// The mechanisms that fit what was seen. Throws `Problems`.
#[wasm_bindgen(unchecked_return_type = "Diagnosis")]
pub fn diagnose(#[wasm_bindgen(unchecked_param_type = "Symptoms")] symptoms: JsValue) -> Answer {
    let read = serde_json::from_value(document(symptoms)?);
    let symptoms: Symptoms = read.map_err(|e| problems(Problems::one("symptoms", e.to_string())))?;
    give(&diagnose::diagnose(&symptoms.checked().map_err(problems)?))
}

/// What a job computes.
#[allow(clippy::large_enum_variant)] // there is one of them
enum Work {
    Simulate(Simulation),
    Advise(Advising),
}

#[allow(clippy::large_enum_variant)] // there is one of them
enum Simulation {
    Run(Model, Experiment),
    Search(plan::Search),
    Compare(compare::Comparison),
    Rank(Ranker),
}

impl Simulation {
    fn pieces(&self) -> &dyn Pieces {
        match self {
            Self::Run(_, run) => run,
            Self::Search(search) => search,
            Self::Compare(comparison) => comparison,
            Self::Rank(ranker) => ranker,
        }
    }

    fn pieces_mut(&mut self) -> &mut dyn Pieces {
        match self {
            Self::Run(_, run) => run,
            Self::Search(search) => search,
            Self::Compare(comparison) => comparison,
            Self::Rank(ranker) => ranker,
        }
    }
}

/// Why a piece is not done.
const FOREIGN: &str = "this is no piece of this job";

/// As bytes, which go from one Worker to another.
fn packed(value: &impl Serialize) -> Result<Vec<u8>, JsValue> {
    postcard::to_allocvec(value).map_err(|e| JsValue::from(e.to_string()))
}

fn unpacked<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, JsValue> {
    postcard::from_bytes(bytes).map_err(|e| JsValue::from(e.to_string()))
}

/// A long computation in pieces: alone by `step()`, or shared by Workers. A Worker that has made the same job can `perform` any of
/// its `pieces()`, in any order; who asked takes them in the order in which they were given. The answer does not depend on who did
/// what.
#[wasm_bindgen]
pub struct Job(Work);

#[wasm_bindgen]
impl Job {
    /// Prepare it: `run` simulates, `search` finds the smallest pool, `advise` says how far that answer reaches, `compare` compares
    /// the scenario with its variants, `against` compares `other`, first, with the scenario, `alerts` ranks alerts. Throws `Problems`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_param_type = "'run' | 'search' | 'advise' | 'compare' | 'against' | 'alerts'")]
        kind: &str,
        #[wasm_bindgen(unchecked_param_type = "Scenario")] scenario: JsValue,
        #[wasm_bindgen(js_name = "options", unchecked_optional_param_type = "Options")] given: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "Scenario")] other: JsValue,
    ) -> Result<Self, JsValue> {
        let options = options(given)?;
        if kind == "advise" {
            let scenario = Scenario::read(document(scenario)?).map_err(problems)?;
            return Ok(Self(Work::Advise(Advising::new(&scenario, &options).map_err(problems)?)));
        }
        let read = read(scenario)?;
        let compared =
            |model: &Model, others| compare::Comparison::new(model, others, &options).map(Simulation::Compare);
        let work = match kind {
            "search" => read.check().and_then(|model| plan::Search::new(&model, &options)).map(Simulation::Search),
            "alerts" => read.check().and_then(|model| ranker(model, &options)).map(Simulation::Rank),
            "compare" => read.check_variants().and_then(|(model, variants)| compared(&model, variants)),
            "against" => {
                let pinned = model(other)?;
                read.check().and_then(|model| compared(&pinned, vec![Variant::of("now", model)]))
            }
            _ => read.check().and_then(|model| {
                let run = Experiment::new(&model, &options)?;
                Ok(Simulation::Run(model, run))
            }),
        };
        work.map(Work::Simulate).map(Self).map_err(problems)
    }

    /// The pieces that can be done now, none when all is known; of use to `perform` and `take` alone.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array[]")]
    pub fn pieces(&self) -> Result<js_sys::Array, JsValue> {
        let parts: Vec<Part> = match &self.0 {
            Work::Simulate(simulation) => simulation.pieces().pieces().into_iter().map(Part::Piece).collect(),
            Work::Advise(advising) => advising.parts(),
        };
        parts.iter().map(|part| Ok(JsValue::from(js_sys::Uint8Array::from(packed(part)?.as_slice())))).collect()
    }

    /// Do a piece. Throws `Problems`.
    pub fn perform(&self, piece: &[u8]) -> Result<Vec<u8>, JsValue> {
        packed(&match (&self.0, unpacked(piece)?) {
            (Work::Simulate(simulation), Part::Piece(piece)) => Done::Outcomes(simulation.pieces().perform(&piece)),
            (Work::Simulate(_), _) => return Err(JsValue::from(FOREIGN)),
            (Work::Advise(advising), part) => advising.perform(&part).map_err(problems)?,
        })
    }

    /// Take what came of the first of `pieces()`.
    pub fn take(&mut self, piece: &[u8], bytes: &[u8]) -> Result<(), JsValue> {
        match (&mut self.0, unpacked(piece)?, unpacked(bytes)?) {
            (Work::Simulate(simulation), Part::Piece(piece), Done::Outcomes(outcomes)) => {
                simulation.pieces_mut().take(&piece, outcomes);
            }
            (Work::Simulate(_), ..) => return Err(JsValue::from(FOREIGN)),
            (Work::Advise(advising), part, done) => advising.take(&part, done),
        }
        Ok(())
    }

    /// Do the first of `pieces()` and take it. Throws `Problems`.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self) -> Answer {
        match &mut self.0 {
            Work::Simulate(simulation) => give(&simulation.pieces_mut().step()),
            Work::Advise(advising) => {
                if let Some(part) = advising.parts().first() {
                    let done = advising.perform(part).map_err(problems)?;
                    advising.take(part, done);
                }
                give(&advising.progress())
            }
        }
    }

    /// How far it is.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn progress(&self) -> Answer {
        give(&match &self.0 {
            Work::Simulate(simulation) => simulation.pieces().progress(),
            Work::Advise(advising) => advising.progress(),
        })
    }

    /// Of advice: what it is at, in a word or two.
    pub fn stage(&self) -> Option<String> {
        if let Work::Advise(advising) = &self.0 { Some(advising.stage().to_owned()) } else { None }
    }

    /// What is known so far; of advice and alerts nothing before it is finished.
    #[wasm_bindgen(unchecked_return_type = "Report | Recommendation | Compared | Advised | TriedAlerts | undefined")]
    pub fn result(&self) -> Answer {
        match &self.0 {
            Work::Simulate(Simulation::Run(_, run)) => give_report(&run.report()),
            Work::Simulate(Simulation::Search(search)) => give(&search.recommendation()),
            Work::Simulate(Simulation::Compare(comparison)) => give(&comparison.report()),
            Work::Simulate(Simulation::Rank(ranker)) => match ranker.progress().finished {
                true => give_ranking(&ranker.ranking()),
                false => Ok(JsValue::UNDEFINED),
            },
            Work::Advise(advising) => advising.advice().map_or(Ok(JsValue::UNDEFINED), |advice| {
                give(&Advised { sentences: advise::text::sentences(advice), advice })
            }),
        }
    }

    /// Of a run: the report of the incident, without its columns, and the whole as Markdown: `{ replay, markdown }`.
    #[wasm_bindgen(unchecked_return_type = "{ replay: Replay; markdown: string } | undefined")]
    pub fn replay(&self) -> Answer {
        #[derive(Serialize)]
        struct Told {
            replay: replay::Replay,
            markdown: String,
        }
        let Work::Simulate(Simulation::Run(model, run)) = &self.0 else { return Ok(JsValue::UNDEFINED) };
        let mut replay = replay::replay(model, run.report());
        let markdown = replay::markdown(&replay);
        replay.report.series = None;
        give(&Told { replay, markdown })
    }
}
