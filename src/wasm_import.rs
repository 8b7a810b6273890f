//! The browser's door to imports: a module of its own, which a page loads only when somebody has a file. Objects that cross have the
//! shapes of the other door ([`crate::wasm`]).

use crate::import::{Given, Kind, Moment, Source, arrivals, guess as guess_kind, import};
use crate::problem::Problems;
use crate::scenario::Scenario;
use crate::units::{Rate, Span};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = "
/** What can be imported. */
export interface ImportKind { name: string; title: string; hint: string; }
/** A file with its text. */
export interface ImportFile { name: string; text: string; }
/** What the user says beside the files, each as it is written: `observed: '6h'`, `rate: '200/s'`. */
export interface ImportGiven { observed?: string; at?: string; rate?: string; hold?: string; unit?: string; every?: string; }
";

fn give(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true))?)
}

fn problems(all: Problems) -> JsValue {
    give(&all).unwrap_or_else(|e| e)
}

/// What can be imported.
#[wasm_bindgen(unchecked_return_type = "ImportKind[]")]
pub fn kinds() -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Known {
        name: &'static str,
        title: &'static str,
        hint: &'static str,
    }
    let known = |(name, kind): &(&'static str, Kind)| Known { name, title: kind.about(), hint: kind.how() };
    give(&Kind::ALL.iter().map(known).collect::<Vec<_>>())
}

/// The name of the kind that a text seems to be of.
#[wasm_bindgen]
pub fn guess(text: &str) -> Option<String> {
    let kind = guess_kind(text)?;
    Kind::ALL.iter().find(|(_, known)| *known == kind).map(|(name, _)| (*name).to_owned())
}

#[derive(Deserialize)]
struct File {
    name: String,
    text: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Said {
    observed: Option<String>,
    at: Option<String>,
    rate: Option<String>,
    hold: Option<String>,
    unit: Option<String>,
    every: Option<String>,
}

impl Said {
    fn given(self) -> Result<Given, Problems> {
        let mut problems = Problems::default();
        let mut span =
            |path: &str, text: &Option<String>| text.as_ref().and_then(|text| problems.keep(path, Span::parse(text)));
        let (observed, every) = (span("observed", &self.observed), span("every", &self.every));
        let unit = self.unit.as_ref().and_then(|unit| problems.keep("unit", Span::parse(&format!("1{}", unit.trim()))));
        let at = self.at.as_ref().and_then(|text| problems.keep("at", Moment::parse(text)));
        let rate = self.rate.as_ref().and_then(|text| problems.keep("rate", Rate::parse(text)));
        let rate = rate.map(Rate::as_per_second);
        let given = Given { observed, at, rate, hold: self.hold, unit: unit.map(Span::seconds), every };
        if problems.can_run() { Ok(given) } else { Err(problems) }
    }
}

/// Read the files of a kind into a scenario: `{ scenario, notes }`. Recorded arrivals are written into it. Throws `Problems`.
#[wasm_bindgen(js_name = importFiles, unchecked_return_type = "{ scenario: object; notes: string[] }")]
pub fn import_files(
    kind: &str,
    #[wasm_bindgen(unchecked_param_type = "ImportFile[]")] files: JsValue,
    #[wasm_bindgen(unchecked_optional_param_type = "ImportGiven")] given: JsValue,
) -> Result<JsValue, JsValue> {
    #[derive(Serialize)]
    struct Read {
        scenario: Scenario,
        notes: Vec<String>,
    }
    let files: Vec<File> = serde_wasm_bindgen::from_value(files)?;
    let said: Said =
        if given.is_undefined() || given.is_null() { Said::default() } else { serde_wasm_bindgen::from_value(given)? };
    let (_, kind) = Kind::ALL.into_iter().find(|(name, _)| *name == kind).ok_or_else(|| {
        let names = Kind::ALL.map(|(name, _)| name).join(", ");
        problems(Problems::one("kind", format!("must be one of {names}, found {}", crate::problem::shown(kind))))
    })?;
    let sources: Vec<Source<'_>> =
        files.iter().map(|file| (file.name.clone(), Box::new(file.text.as_bytes()) as _)).collect();
    let mut imported = said.given().and_then(|given| import(kind, sources, &given)).map_err(problems)?;
    arrivals::inline(&mut imported.scenario).map_err(problems)?;
    give(&Read { scenario: imported.scenario, notes: imported.notes })
}
