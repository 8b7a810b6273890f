//! A parsed document (TOML, JSON, a JavaScript object) on its way to a scenario.

use super::Scenario;
use super::sections::{POOL, TRAFFIC};
use crate::problem::{Problems, nearest, shown};
use serde_json::Value;

impl Scenario {
    /// Read a scenario from a document (parsed TOML or JSON, or a JavaScript object).
    ///
    /// # Errors
    /// Every unknown key, with the nearest known one, every table, list or value that stands where another belongs, and with them
    /// what [`Scenario::check`] finds wrong in the rest.
    pub fn read(mut document: Value) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let shape = serde_json::to_value(Self::with_every_key()).unwrap_or_default();
        // Editors read there which schema a file has; it says nothing of the scenario.
        if let Some(table) = document.as_object_mut()
            && table.get("$schema").is_some_and(Value::is_string)
        {
            table.remove("$schema");
        }
        compare(&mut document, &shape, "", &mut problems);
        if problems.can_run() {
            return serde_json::from_value(document).map_err(|e| Problems::one("", e.to_string()));
        }
        // What does not fit has been taken out: the rest may be wrong too, and all is said at once. What is missing now may
        // only be misspelt.
        if let Some(Err(more)) = serde_json::from_value(document).ok().map(|rest: Self| rest.check()) {
            problems.problems.extend(more.problems.into_iter().filter(|p| !p.is_missing()));
        }
        Err(problems)
    }
}

/// Set a value in a document by its path: `pool.max_size`, `query[0].hold`, or `query.checkout.hold` by name. Tables that are
/// missing are made; an unknown key is found by [`Scenario::read`]. A table or a list, or a table in a list, that is set to `none`
/// is taken out.
///
/// # Errors
/// When the path goes through a value, or names a list entry that is not there.
///
/// ```
/// let mut document = serde_json::json!({ "query": [{ "name": "checkout" }], "timeline": [{ "name": "deploy" }] });
/// poolwise::scenario::set(&mut document, "query.checkout.leak", "1%").unwrap();
/// poolwise::scenario::set(&mut document, "pool.max_size", "20").unwrap();
/// poolwise::scenario::set(&mut document, "timeline.deploy", "none").unwrap();
/// assert_eq!(document["query"][0]["leak"], "1%");
/// assert_eq!(document["timeline"], serde_json::json!([]));
/// ```
pub fn set(document: &mut Value, path: &str, text: &str) -> Result<(), Problems> {
    set_at(document, path, text).map(drop)
}

/// The same; says where the value stands, with places in lists instead of names.
pub(super) fn set_at(document: &mut Value, path: &str, text: &str) -> Result<String, Problems> {
    let fail = |why: String| Err(Problems::one(path, why));
    if path.matches(['.', '[']).count() > 8 {
        return fail("no key of a scenario lies so deep".into());
    }
    let mut place = &mut *document;
    let (mut stands, mut pointer) = (String::new(), String::new());
    let normal = path.replace('[', ".").replace(']', "");
    for key in normal.split('.') {
        if key.is_empty() {
            return fail("a path is written as in \"pool.max_size\" or \"query[0].hold\"".into());
        }
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        place = match place {
            Value::Object(table) => {
                stands += &if stands.is_empty() { key.to_owned() } else { format!(".{key}") };
                pointer += &format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                table.entry(key).or_insert(Value::Null)
            }
            Value::Array(list) => {
                let count = list.len();
                let named = |list: &[Value]| list.iter().position(|entry| entry["name"] == key);
                let found = key.parse().ok().or_else(|| named(list)).filter(|n| *n < count);
                let Some(n) = found else {
                    let names = list.iter().filter_map(|entry| entry["name"].as_str());
                    let meant = nearest(key, names).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
                    return fail(format!("no entry {} in this list of {count} (counted from 0){meant}", shown(key)));
                };
                stands += &format!("[{n}]");
                pointer += &format!("/{n}");
                &mut list[n]
            }
            _ => return fail(format!("{} is a value and has nothing below it", shown(key))),
        };
    }
    if text == "none" && (place.is_object() || place.is_array()) {
        take_out(document, &pointer);
        return Ok(stands);
    }
    *place = match text.parse::<i64>() {
        Ok(n) => n.into(),
        Err(_) => text.into(),
    };
    Ok(stands)
}

fn take_out(document: &mut Value, pointer: &str) {
    let (around, last) = pointer.rsplit_once('/').unwrap_or_default();
    match (document.pointer_mut(around), last.parse::<usize>()) {
        (Some(Value::Array(list)), Ok(n)) => drop(list.remove(n)),
        (Some(Value::Object(table)), _) => drop(table.remove(&last.replace("~1", "/").replace("~0", "~"))),
        _ => {}
    }
}

/// Hold a document to the shape of a scenario with every key; note what differs, and take it out. Whether it fits.
fn compare(found: &mut Value, shape: &Value, path: &str, problems: &mut Problems) -> bool {
    match (found, shape) {
        (Value::Object(table), Value::Object(known)) => {
            table.retain(|key, value| {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let Some(inner) = known.get(key) else {
                    let names = known.keys().map(String::as_str);
                    let meant = nearest(key, names).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
                    let all = known.keys().cloned().collect::<Vec<_>>().join(", ");
                    problems.error(below, format!("unknown key{meant} (known here: {all})"));
                    return false;
                };
                compare(value, inner, &below, problems)
            });
            true
        }
        (Value::Array(list), Value::Array(known)) => each(list, &known[0], path, problems),
        // One table, or a list of them.
        (Value::Array(list), Value::Object(_)) if path == TRAFFIC || path == POOL => each(list, shape, path, problems),
        (Value::Number(_) | Value::String(_), Value::Number(_)) => true,
        (found, shape) => {
            let word = |value: &Value| match value {
                Value::Object(_) => "a table",
                Value::Array(_) => "a list",
                Value::Number(_) => "a value",
                Value::String(_) => "a text",
                Value::Bool(_) => "true or false",
                Value::Null => "nothing",
            };
            // Tables in a list are written so; the places in lists around it are left out.
            let tables = matches!(shape, Value::Array(known) if known[0].is_object());
            let digits: &[_] = &['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
            let name = path.replace(digits, "").replace("[]", "");
            let example = match (shape, tables) {
                (_, true) => format!(": write [[{name}]]"),
                (Value::Array(_), false) => ": write it in square brackets".to_owned(),
                _ => String::new(),
            };
            problems.error(path, format!("expected {}, found {}{example}", word(shape), word(found)));
            false
        }
    }
}

/// Compare every entry of a list, so that each is said.
fn each(list: &mut [Value], shape: &Value, path: &str, problems: &mut Problems) -> bool {
    let fit = list
        .iter_mut()
        .enumerate()
        .filter_map(|(n, value)| (!compare(value, shape, &format!("{path}[{n}]"), problems)).then_some(()));
    fit.count() == 0
}
