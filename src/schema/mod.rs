//! The JSON Schema of scenario files, for editors and for programs that write scenarios: made of the catalogue, so that it knows every
//! key, and what the key means.

mod choices;
mod patterns;

pub use choices::choices;
pub use patterns::pattern;

use crate::catalogue::{FIELDS, Field, Quantity};
use crate::scenario::{SCHEMA_VERSION, Scenario};
use serde_json::{Map, Value, json};

/// The schema of a scenario, draft 2020-12.
///
/// It accepts every scenario that [`Scenario::read`] and [`Scenario::check`] accept, and refuses unknown keys, tables where values
/// belong, and values without their unit. What keys say together (a minimum above its maximum, a name that does not exist) it can not
/// know: `check` does.
///
/// ```
/// let schema = poolwise::schema::schema();
/// let query = &schema["properties"]["query"]["items"]["properties"];
/// assert!(query["hold"]["description"].as_str().unwrap().starts_with("how long a request holds"));
/// ```
pub fn schema() -> Value {
    let shape = serde_json::to_value(Scenario::with_every_key()).unwrap_or_default();
    let mut schema = Map::new();
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("title".into(), "A scenario of poolwise".into());
    let about = format!("Format {SCHEMA_VERSION}. Values carry their unit: \"250ms\", \"120/s\", \"0.1%\".");
    schema.insert("description".into(), about.into());
    if let Value::Object(table) = of(&shape, "") {
        schema.extend(table);
    }
    if let Some(Value::Object(keys)) = schema.get_mut("properties") {
        keys.insert("$schema".into(), json!({ "type": "string", "description": "where this schema is" }));
    }
    Value::Object(schema)
}

/// Tables may also be lists of tables where an instance has several pools, or requests come from several sources.
const ONE_OR_MANY: [&str; 2] = ["traffic", "pool"];

fn of(shape: &Value, path: &str) -> Value {
    match shape {
        Value::Object(table) => {
            let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            let keys = table.iter().map(|(key, inner)| (key.clone(), of(inner, &below(key))));
            let keys: Map<String, Value> = keys.collect();
            let one = json!({ "type": "object", "additionalProperties": false, "properties": keys });
            if ONE_OR_MANY.contains(&path) {
                return json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] });
            }
            one
        }
        Value::Array(list) => {
            let inside = list.first().map_or(Value::Bool(true), |inner| of(inner, &format!("{path}[]")));
            json!({ "type": "array", "items": inside })
        }
        _ => FIELDS.iter().find(|field| field.path == path).map_or(Value::Bool(true), key),
    }
}

/// One key: what it is, its default, and what may be written.
fn key(field: &Field) -> Value {
    let mut about = Map::new();
    let default = match field.default {
        "" => String::new(),
        default => format!(" (default: {default})"),
    };
    about.insert("description".into(), format!("{}{default}", field.gloss).into());
    if !matches!(field.default, "" | "none") && !field.path.ends_with("[]") {
        about.insert("default".into(), written(field));
    }
    let texts = match choices(field.path) {
        Some(words) => json!({ "type": "string", "enum": words }),
        None => match pattern(field.quantity) {
            Some(pattern) => json!({ "type": "string", "pattern": pattern }),
            None => json!({ "type": "string" }),
        },
    };
    let numbers = match field.quantity {
        Quantity::Count => Some(json!({ "type": "integer", "minimum": 0 })),
        Quantity::Share => Some(json!({ "type": "number", "minimum": 0, "maximum": 1 })),
        Quantity::Number => Some(json!({ "type": "number" })),
        // A name may be a number, and a threshold a plain one.
        Quantity::Text if choices(field.path).is_none() => Some(json!({ "type": "number" })),
        _ => None,
    };
    match numbers {
        Some(numbers) => drop(about.insert("anyOf".into(), json!([numbers, texts]))),
        None => about.extend(texts.as_object().cloned().unwrap_or_default()),
    }
    let examples = examples(field.quantity);
    if !examples.is_empty() && choices(field.path).is_none() {
        about.insert("examples".into(), json!(examples));
    }
    Value::Object(about)
}

/// A default as it would be written: numbers without quotes.
fn written(field: &Field) -> Value {
    match field.quantity {
        Quantity::Count | Quantity::Number => {
            serde_json::from_str(field.default).unwrap_or_else(|_| field.default.into())
        }
        _ => field.default.into(),
    }
}

/// What editors offer where nothing is written yet.
fn examples(quantity: Quantity) -> &'static [&'static str] {
    match quantity {
        Quantity::Duration => &["250ms", "1.5s", "2m"],
        Quantity::Rate => &["120/s", "90/min"],
        Quantity::Share => &["5%", "0.1%"],
        Quantity::Distribution => {
            &["exponential(mean=20ms)", "lognormal(p50=5ms, p99=80ms)", "percentiles(p50=5ms, p95=60ms, p99=400ms)"]
        }
        Quantity::Memory => &["10MB", "1.5GiB"],
        Quantity::Objective => &["wait.p99 <= 50ms", "impact.failed_requests <= 0.1%"],
        Quantity::Text | Quantity::Count | Quantity::Number => &[],
    }
}
