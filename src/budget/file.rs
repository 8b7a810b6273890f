//! The file that names the database and its services.

use super::service::{SHORT, in_own_names, is_news, path_of, put};
use crate::import::arrivals;
use crate::problem::{MISSING, Problem, Problems, nearest, shown};
use crate::scenario::{Model, Scenario, parse, set};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// The most services.
const SERVICES_MAX: usize = 1000;
/// The most connections that a database lets in.
const CONNECTIONS_MAX: u32 = 10_000_000;

/// A service with its pools.
#[derive(Clone, Debug)]
pub struct Service {
    /// What people call it.
    pub name: String,
    /// What it does, before a database that lets everybody in.
    pub model: Model,
    /// Instances that there are for a while beside the others when a deploy replaces them.
    pub surge: u32,
}

/// A database, and the services that share its connections.
#[derive(Clone, Debug)]
pub struct Budget {
    /// How many connections it accepts.
    pub max_connections: u32,
    /// How many of them the services can not have.
    pub reserved: u32,
    /// The services, in the order of the file.
    pub services: Vec<Service>,
}

impl Budget {
    /// Read a file in TOML or JSON: `[database]` with `max_connections` and perhaps `reserved`, and a `[[service]]` for each service
    /// with [`SHORT`] names, tables of a scenario such as `pool = { min_idle = 2 }`, or `scenario = "file.toml"` (relative to
    /// `folder`) and what differs from it. `surge` is how many instances a deploy adds for a while; 1 if absent.
    ///
    /// What a service's own scenario says of `database.max_connections` and `database.reserved` is left out: here the database is shared.
    ///
    /// # Errors
    /// Everything that is wrong, each with its place.
    ///
    /// ```
    /// use poolwise::budget::Budget;
    /// let text = "database.max_connections = 100\n[[service]]\nname = 'shop'\nrate = '80/s'\nhold = 'exponential(mean=20ms)'\n";
    /// let budget = Budget::read(text, "".as_ref())?;
    /// assert_eq!((budget.usable(), budget.services[0].surge), (100, 1));
    /// # Ok::<(), poolwise::problem::Problems>(())
    /// ```
    pub fn read(text: &str, folder: &Path) -> Result<Self, Problems> {
        let document = parse(text)?;
        let mut problems = Problems::default();
        let empty = Map::new();
        let root = document.as_object().unwrap_or(&empty);
        unknown(root, &["database", "service"], "", &mut problems);
        let (max_connections, reserved) = database(root.get("database"), &mut problems);
        let mut services = Vec::new();
        let mut names = BTreeSet::new();
        match root.get("service") {
            None => problems.error(
                "service",
                format!("{MISSING}; write a [[service]] for each, with name, rate, hold, instances and slo"),
            ),
            Some(Value::Array(list)) if list.len() <= SERVICES_MAX => {
                for (n, table) in list.iter().enumerate() {
                    let at = format!("service[{n}]");
                    let Some(table) = table.as_object() else {
                        problems.error(at, "expected a table: write [[service]]");
                        continue;
                    };
                    let before = problems.problems.len();
                    services.extend(service(table, n, folder, &mut problems));
                    problems.problems[before..].iter_mut().for_each(|p| p.path = below(&at, &p.path));
                    let name = table.get("name").map(written).unwrap_or_default();
                    if !name.is_empty() && !names.insert(name.clone()) {
                        problems.error(
                            format!("{at}.name"),
                            format!("{} is the name of an earlier service too", shown(&name)),
                        );
                    }
                }
            }
            Some(Value::Array(list)) => {
                problems.error(
                    "service",
                    format!("{} services are more than the {SERVICES_MAX} that are read", list.len()),
                );
            }
            Some(_) => problems.error("service", "expected a list: write [[service]] for each"),
        }
        let sound = problems.can_run() && !services.is_empty();
        if sound { Ok(Self { max_connections, reserved, services }) } else { Err(problems) }
    }

    /// The connections that the services can have.
    pub fn usable(&self) -> u32 {
        self.max_connections.saturating_sub(self.reserved)
    }
}

fn database(table: Option<&Value>, problems: &mut Problems) -> (u32, u32) {
    let Some(table) = table.and_then(Value::as_object) else {
        problems.error(
            "database",
            format!("{MISSING}; write [database] with max_connections = 200 and perhaps reserved = 10"),
        );
        return (0, 0);
    };
    unknown(table, &["max_connections", "reserved"], "database", problems);
    let mut count = |key: &str, least: u32| {
        let path = format!("database.{key}");
        let value = table.get(key)?;
        let read = written(value).parse::<u32>().ok().filter(|n| (least..=CONNECTIONS_MAX).contains(n));
        let why =
            || format!("expected a whole number from {least} to {CONNECTIONS_MAX}, found {}", shown(&written(value)));
        problems.keep(&path, read.ok_or_else(why)).or(Some(least))
    };
    let (most, reserved) = (count("max_connections", 1), count("reserved", 0).unwrap_or(0));
    match most {
        None => problems.error("database.max_connections", format!("{MISSING}; PostgreSQL's default is 100")),
        Some(most) if reserved >= most && problems.can_run() => {
            problems.error("database.reserved", format!("leaves none of the {most} connections to the services"));
        }
        Some(_) => {}
    }
    (most.unwrap_or(0), reserved)
}

/// One service, or the problems that it has, without its place.
fn service(table: &Map<String, Value>, n: usize, folder: &Path, problems: &mut Problems) -> Option<Service> {
    let mut own = Problems::default();
    let (mut document, beside) = own_scenario(table, folder, &mut own);
    let mut known = Vec::new();
    for (key, value) in table.iter().filter(|(key, _)| !["scenario", "surge"].contains(&key.as_str())) {
        match value {
            Value::Object(_) if own.keep(key, path_of(key)).is_some() => over(&mut document[key.as_str()], value),
            Value::Array(list) if key == "slo" || !list.iter().any(Value::is_object) => {
                known.push((key.clone(), list.iter().map(written).collect::<Vec<_>>().join(";")));
            }
            Value::Array(_) if own.keep(key, path_of(key)).is_some() => document[key.as_str()] = value.clone(),
            Value::Object(_) | Value::Array(_) => {}
            value => known.push((key.clone(), written(value))),
        }
    }
    put(&mut document, &known).unwrap_or_else(|e| own.problems.extend(e.problems));
    for key in ["max_connections", "reserved"] {
        // The database is shared: what one service knows of it counts for none.
        if let Some(table) = document.get_mut("database").and_then(Value::as_object_mut) {
            table.remove(key);
        }
    }
    let surge = match table.get("surge") {
        None => Some(1),
        Some(value) => {
            let read = written(value).parse::<u32>().ok().filter(|n| *n <= 10_000);
            own.keep(
                "surge",
                read.ok_or_else(|| format!("expected a whole number such as 1, found {}", shown(&written(value)))),
            )
        }
    };
    let name = table.get("name").map(written).or_else(|| document["name"].as_str().map(str::to_owned));
    let name = name.unwrap_or_else(|| format!("service {}", n + 1));
    if document["name"].is_null() {
        let _ = set(&mut document, "name", &name);
    }
    let wrong: Vec<String> = own.problems.iter().map(|p| p.path.clone()).collect();
    let checked = Scenario::read(document).and_then(|mut scenario| {
        arrivals::attach(&mut scenario, &beside)?;
        scenario.check()
    });
    let names: Vec<String> = table.keys().cloned().chain(SHORT.map(|short| short.name.to_owned())).collect();
    match checked {
        Ok(model) if own.can_run() => return surge.map(|surge| Service { name, model, surge }),
        Ok(_) => {}
        Err(e) => own.problems.extend(in_own_names(e, &names).problems.into_iter().filter(|p| is_news(p, &wrong))),
    }
    problems.problems.extend(own.problems);
    None
}

/// The scenario file that a service names, and the folder of the files that this one names.
fn own_scenario(table: &Map<String, Value>, folder: &Path, problems: &mut Problems) -> (Value, std::path::PathBuf) {
    let Some(file) = table.get("scenario").map(written) else { return (json!({}), folder.to_owned()) };
    let path = folder.join(&file);
    let text = std::fs::read_to_string(&path).map_err(|e| Problems::one("", format!("{file} can not be read: {e}")));
    let mut document =
        text.and_then(|text| parse(&text).map_err(|e| e.in_file(Path::new(&file)))).unwrap_or_else(|e| {
            let at = |p: Problem| Problem { path: below("scenario", &p.path), ..p };
            problems.problems.extend(e.problems.into_iter().map(at));
            json!({})
        });
    if let Some(table) = document.as_object_mut() {
        table.retain(|key, _| !["variant", "assert", "provenance"].contains(&key.as_str()));
    }
    (document, path.parent().unwrap_or(folder).to_owned())
}

/// Put a table over another: what it does not have stays.
fn over(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(table), Value::Object(new)) => {
            for (key, value) in new {
                over(table.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (place, value) => *place = value.clone(),
    }
}

/// A value as it would stand in a cell.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn below(outer: &str, inner: &str) -> String {
    if inner.is_empty() { outer.to_owned() } else { format!("{outer}.{inner}") }
}

fn unknown(table: &Map<String, Value>, known: &[&str], at: &str, problems: &mut Problems) {
    for key in table.keys().filter(|key| !known.contains(&key.as_str())) {
        let meant = nearest(key, known.iter().copied()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
        let path = if at.is_empty() { key.clone() } else { below(at, key) };
        problems.error(path, format!("unknown key{meant} (known here: {})", known.join(", ")));
    }
}
