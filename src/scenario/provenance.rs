//! Reading `[[provenance]]`: where each number of a scenario comes from.

use super::check::{Check, LIST_MAX};
use super::pool::choice;
use super::{ProvenanceSection, Scenario};
use crate::problem::{nearest, shown};
use serde::Serialize;
use serde_json::Value;

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The document says so.
    Document,
    /// Nobody says so: it was chosen.
    Assumed,
    /// It follows from what the document says.
    Derived,
}

impl Origin {
    /// As they are written.
    const NAMES: [(&str, Self); 3] =
        [("document", Self::Document), ("assumed", Self::Assumed), ("derived", Self::Derived)];
}

/// A number of a scenario, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Sourced {
    /// Where it is written, such as `query[0].hold`.
    pub path: String,
    /// As it is written.
    pub value: String,
    /// Where it comes from; absent where nobody says.
    pub is: Option<Origin>,
    /// Why this one, where somebody says.
    pub why: Option<String>,
}

/// Keys below which there are words, and names of what is written elsewhere.
const WORDS: &[&str] = &[
    "schema_version",
    "name",
    "description",
    "text",
    "answer",
    "captions",
    "source",
    "why",
    "provenance",
    "user",
    "query",
    "pool",
    "version",
    "on",
];

/// One step of a path: a key of a table, or an entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Entry(usize),
}

impl Scenario {
    /// Every number that is written: each value that is a number or has a digit, without names, descriptions and captions, with
    /// where it comes from. The longest path of a `[[provenance]]` that leads to it decides.
    ///
    /// ```
    /// use poolwise::scenario::{Origin, Scenario};
    /// let scenario = Scenario::read(serde_json::json!({
    ///     "pool": { "max_size": 20, "acquire_timeout": "5s" },
    ///     "provenance": [{ "of": "pool", "is": "assumed" }, { "of": "pool.max_size", "is": "document" }],
    /// }))?;
    /// let found: Vec<_> = scenario.numbers().into_iter().map(|n| (n.path, n.is)).collect();
    /// let expected = [("pool.acquire_timeout", Origin::Assumed), ("pool.max_size", Origin::Document)];
    /// assert_eq!(found, expected.map(|(path, is)| (path.to_owned(), Some(is))));
    /// # Ok::<(), poolwise::problem::Problems>(())
    /// ```
    pub fn numbers(&self) -> Vec<Sourced> {
        // Variants and assertions ask; they tell of nothing that was.
        let mut document = self.as_written();
        for asks in ["variant", "assert"] {
            document.as_object_mut().and_then(|table| table.remove(asks));
        }
        let known: Vec<(Vec<Step>, Option<Origin>, Option<String>)> = (self.provenance.iter())
            .filter_map(|entry| {
                let path = resolve(&document, &entry.of.as_ref()?.to_string()).ok()?;
                let is = entry.is.as_ref().and_then(|is| choice(&is.to_string(), &Origin::NAMES).ok());
                Some((path, is, entry.why.as_ref().map(ToString::to_string)))
            })
            .collect();
        let mut found = Vec::new();
        leaves(&document, &mut Vec::new(), &mut |path, value| {
            let longest = known.iter().filter(|(of, ..)| path.starts_with(of)).max_by_key(|(of, ..)| of.len());
            let (is, why) = longest.map_or((None, None), |(_, is, why)| (*is, why.clone()));
            found.push(Sourced { path: written(path), value, is, why });
        });
        found
    }

    fn as_written(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Check {
    /// What is wrong is noted; empty where nobody says where anything comes from.
    pub(super) fn provenance(&mut self, s: &Scenario) -> Vec<Sourced> {
        if s.provenance.is_empty() {
            return Vec::new();
        }
        if s.provenance.len() > LIST_MAX {
            let message = format!("{} entries are more than the {LIST_MAX} that are read", s.provenance.len());
            self.problems.error("provenance", message);
            return Vec::new();
        }
        let document = s.as_written();
        let mut told: Vec<(usize, Vec<Step>)> = Vec::new();
        for (n, ProvenanceSection { of, is, .. }) in s.provenance.iter().enumerate() {
            let path = format!("provenance[{n}].of");
            if of.is_none() {
                let message = "is missing; a path such as pool.max_size, or the beginning of one, such as pool";
                self.problems.error(path, message);
            } else if let Some(of) = self.optional(&path, of, |t| resolve(&document, t)) {
                if let Some((earlier, _)) = told.iter().find(|(_, other)| *other == of) {
                    let message = format!("{} is told by provenance[{earlier}] already: leave one out", written(&of));
                    self.problems.error(path, message);
                }
                told.push((n, of));
            }
            self.required(&format!("provenance[{n}].is"), is, |t| choice(t, &Origin::NAMES));
        }
        s.numbers()
    }
}

/// The steps of a path that is written in a document; an entry of a list goes by its name or its number.
fn resolve(document: &Value, path: &str) -> Result<Vec<Step>, String> {
    let mut place = document;
    let mut steps = Vec::new();
    for key in path.trim().replace('[', ".").replace(']', "").split('.') {
        let fail = |names: Vec<&str>| {
            let meant = nearest(key, names.iter().copied()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
            let here = if steps.is_empty() { String::new() } else { format!(" in {}", written(&steps)) };
            let known = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            format!("nothing is written at {}: no {}{here}{meant} (written there: {known})", shown(path), shown(key))
        };
        let (step, inner) = match place {
            Value::Object(table) => {
                let inner = table.get(key).ok_or_else(|| fail(table.keys().map(String::as_str).collect()))?;
                (Step::Key(key.to_owned()), inner)
            }
            Value::Array(list) => {
                let named = list.iter().position(|entry| entry["name"] == key);
                let place = key.parse().ok().or(named).filter(|n| *n < list.len());
                let names = || list.iter().filter_map(|entry| entry["name"].as_str()).collect();
                let n =
                    place.ok_or_else(|| format!("{}; its {} entries are counted from 0", fail(names()), list.len()))?;
                (Step::Entry(n), &list[n])
            }
            _ => return Err(fail(Vec::new())),
        };
        steps.push(step);
        place = inner;
    }
    Ok(steps)
}

/// Every value that is a number or has a digit.
fn leaves(value: &Value, path: &mut Vec<Step>, tell: &mut impl FnMut(&[Step], String)) {
    match value {
        Value::Object(table) => {
            for (key, inner) in table {
                let words = WORDS.contains(&key.as_str()) && !(inner.is_object() || is_tables(inner));
                if words || key == "provenance" {
                    continue;
                }
                path.push(Step::Key(key.clone()));
                leaves(inner, path, tell);
                path.pop();
            }
        }
        Value::Array(list) => {
            for (n, inner) in list.iter().enumerate() {
                path.push(Step::Entry(n));
                leaves(inner, path, tell);
                path.pop();
            }
        }
        Value::Number(number) => tell(path, number.to_string()),
        Value::String(text) if text.chars().any(|c| c.is_ascii_digit()) => tell(path, text.clone()),
        _ => {}
    }
}

/// `query` and `pool` are sections too, where they are tables.
fn is_tables(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_object))
}

fn written(path: &[Step]) -> String {
    let mut out = String::new();
    for step in path {
        match step {
            Step::Key(key) if out.is_empty() => out.push_str(key),
            Step::Key(key) => {
                out.push('.');
                out.push_str(key);
            }
            Step::Entry(n) => out.push_str(&format!("[{n}]")),
        }
    }
    out
}
