//! One service in few words: short names for what is known of it, and any key of a scenario beside them.

use crate::problem::{MISSING, Problem, Problems, nearest, shown};
use crate::scenario::{Scenario, set};
use serde_json::{Value, json};

/// A short name, the key that it stands for, and what it is.
pub struct Short {
    /// As it is written.
    pub name: &'static str,
    /// The key of the scenario.
    pub path: &'static str,
    /// What it is.
    pub gloss: &'static str,
}

const fn short(name: &'static str, path: &'static str, gloss: &'static str) -> Short {
    Short { name, path, gloss }
}

/// The short names.
pub const SHORT: [Short; 12] = [
    short("name", "name", "what people call the service"),
    short("rate", "traffic.rate", "requests over all its instances, such as 800/s"),
    short("hold", HOLD, "how long a connection is held, such as lognormal(p50=5ms, p99=80ms)"),
    short("instances", "fleet.instances", "how many instances it has, each with one pool"),
    short("slo", SLO, "what is asked, such as wait.p99 <= 50ms; several parted by semicolons"),
    short("acquire_timeout", "pool.acquire_timeout", "how long a request waits for a connection"),
    short("max_waiters", "pool.max_waiters", "how many may wait"),
    short("preset", "pool.preset", "the real pool that it has"),
    short("timeout", "client.timeout", "how long a client waits for the answer"),
    short("retries", "client.retries", "how often a client tries again"),
    short("mean", MEAN, "the mean time for which a connection is held; with cv"),
    short("cv", CV, "the standard deviation of that time, divided by its mean"),
];

/// How a hold can be written.
const WAYS: &str = "hold, or mean and cv, or two percentiles or more such as p50 and p99";
const HOLD: &str = "query[0].hold";
const SLO: &str = "slo";
const MEAN: &str = "hold: mean";
const CV: &str = "hold: cv";

/// Whether a name is that of a percentile of the hold: `p50`, `p99.9`.
fn is_percentile(name: &str) -> bool {
    name.strip_prefix('p').and_then(|digits| digits.parse::<f64>().ok()).is_some_and(|p| p > 0.0 && p < 100.0)
}

/// The key that a name stands for: a short name, a percentile of the hold, or the path of a key of the scenario.
///
/// # Errors
/// That there is no such name, with the nearest.
pub fn path_of(name: &str) -> Result<String, String> {
    if let Some(known) = SHORT.iter().find(|short| short.name == name) {
        return Ok(known.path.to_owned());
    }
    if is_percentile(name) {
        return Ok(format!("hold: {name}"));
    }
    let shape = serde_json::to_value(Scenario::with_every_key()).unwrap_or_default();
    let tables: Vec<&String> = shape.as_object().into_iter().flat_map(|table| table.keys()).collect();
    let first = name.split(['.', '[']).next().unwrap_or_default();
    if tables.iter().any(|table| *table == first) {
        return Ok(name.to_owned());
    }
    let names = SHORT.iter().map(|short| short.name).chain(tables.iter().map(|table| table.as_str()));
    let meant = nearest(first, names).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
    let known = SHORT.map(|short| short.name).join(", ");
    Err(format!(
        "nothing is called {}{meant} (known: {known}, percentiles such as p50 and p99, and keys of a scenario such as pool.min_idle)",
        shown(name)
    ))
}

/// Put what is known of a service into a document, each by its name. What is empty is not known.
///
/// # Errors
/// Everything that can not be put there, with its name.
pub fn put(document: &mut Value, known: &[(String, String)]) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let known: Vec<&(String, String)> = known.iter().filter(|(_, value)| !value.trim().is_empty()).collect();
    for (name, value) in &known {
        let value = value.trim();
        match problems.keep(name, path_of(name)).as_deref() {
            None | Some(HOLD) => {}
            Some(SLO) => document[SLO] = listed(value).into(),
            Some(path) if path.starts_with("hold: ") => {}
            Some(path) => {
                // A service has one class of queries unless its scenario says otherwise.
                if path.starts_with("query[0]") && document["query"].is_null() {
                    document["query"] = json!([{}]);
                }
                let done = set(document, path, value);
                done.unwrap_or_else(|e| e.problems.into_iter().for_each(|p| problems.error(name.as_str(), p.message)));
            }
        }
    }
    match hold(&known) {
        Ok(None) => {}
        // Beside what is said of the class by its paths.
        Ok(Some(hold))
            if known.iter().any(|(name, _)| name.starts_with("query[0]")) && document["query"].is_array() =>
        {
            document["query"][0]["hold"] = hold.into();
        }
        Ok(Some(hold)) => document["query"] = json!([{ "hold": hold }]),
        Err((name, why)) => problems.error(name, why),
    }
    if document["query"].is_null()
        && problems.problems.iter().all(|p| !["hold", "mean", "cv"].contains(&p.path.as_str()))
    {
        problems.error("hold", format!("{MISSING}; say how long a connection is held: {WAYS}"));
    }
    if problems.can_run() { Ok(()) } else { Err(problems) }
}

/// Objectives, parted by semicolons.
fn listed(text: &str) -> Vec<String> {
    text.split(';').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// How long a connection is held, by what is known of it.
fn hold(known: &[&(String, String)]) -> Result<Option<String>, (&'static str, String)> {
    let of = |name: &str| known.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
    let percentiles: Vec<String> = known
        .iter()
        .filter(|(name, _)| is_percentile(name))
        .map(|(name, value)| format!("{name}={}", value.trim()))
        .collect();
    match (of("hold").or(of(HOLD)), of("mean"), of("cv"), percentiles.as_slice()) {
        (None, None, None, []) => Ok(None),
        (Some(hold), None, None, []) => Ok(Some(hold.to_owned())),
        (None, Some(mean), Some(cv), []) => Ok(Some(format!("lognormal(mean={mean}, cv={cv})"))),
        (None, Some(_), None, []) => Err(("mean", format!("says nothing of how holds spread: give {WAYS}"))),
        (None, None, Some(_), []) => {
            Err(("cv", format!("says how holds spread, and not how long they are: give {WAYS}")))
        }
        (None, None, None, [one]) => Err(("hold", format!("{} alone is not enough: give {WAYS}", shown(one)))),
        (None, None, None, several) => Ok(Some(format!("percentiles({})", several.join(", ")))),
        _ => Err(("hold", format!("is known in more than one way: give {WAYS}"))),
    }
}

/// Say problems in the names under which the values are written.
#[must_use]
pub fn in_own_names(problems: Problems, names: &[String]) -> Problems {
    let mut said = Problems::default();
    for mut problem in problems.problems {
        let is = |name: &&String| {
            path_of(name).is_ok_and(|path| path == problem.path || (path == SLO && problem.path.starts_with("slo[")))
        };
        let of_hold =
            |name: &&String| problem.path == HOLD && path_of(name).is_ok_and(|path| path.starts_with("hold: "));
        if let Some(name) = names.iter().find(is) {
            problem.path.clone_from(name);
        } else if names.iter().any(|name| of_hold(&name)) {
            "hold".clone_into(&mut problem.path);
        } else if let Some(short) =
            SHORT.iter().find(|short| short.path == problem.path && problem.message.starts_with(MISSING))
        {
            short.name.clone_into(&mut problem.path);
        }
        said.problems.push(problem);
    }
    said
}

/// Whether a problem says more than those that are known of these paths: a hold that can not be read is missing below.
pub(super) fn is_news(problem: &Problem, known: &[String]) -> bool {
    let of_hold = known.iter().any(|path| ["hold", "mean", "cv"].contains(&path.as_str()));
    problem.is_error() && !known.contains(&problem.path) && !(of_hold && problem.path == "query")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_into(known: &[(&str, &str)]) -> Result<Value, Problems> {
        let mut document = json!({});
        let known: Vec<_> = known.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        put(&mut document, &known).map(|()| document)
    }

    #[test]
    fn holds_can_be_written_by_their_path_too() {
        let document = put_into(&[("query[0].hold", "exponential(mean=9ms)"), ("query[0].leak", "1%")]).unwrap();
        assert_eq!(document["query"], json!([{ "hold": "exponential(mean=9ms)", "leak": "1%" }]));
        assert!(put_into(&[("rate", "5/s")]).unwrap_err().to_string().contains("hold: is missing"));
    }

    #[test]
    fn short_names_and_paths_reach_their_keys() {
        let all = [
            ("rate", "5/s"),
            ("p50", "5ms"),
            ("p99", "80ms"),
            ("slo", "wait.p99 <= 1s; wait.mean <= 9ms"),
            ("pool.min_idle", "2"),
        ];
        let document = put_into(&all).unwrap();
        assert_eq!(document["query"], json!([{ "hold": "percentiles(p50=5ms, p99=80ms)" }]));
        assert_eq!(document["slo"], json!(["wait.p99 <= 1s", "wait.mean <= 9ms"]));
        assert_eq!((&document["traffic"]["rate"], &document["pool"]["min_idle"]), (&json!("5/s"), &json!(2)));
        assert_eq!(
            put_into(&[("mean", "5ms"), ("cv", "2"), ("hold", " ")]).unwrap()["query"][0]["hold"],
            "lognormal(mean=5ms, cv=2)"
        );
    }

    #[test]
    fn what_can_not_be_is_said_with_the_way_out() {
        for (known, why) in [
            (vec![("mean", "5ms")], "says nothing of how holds spread"),
            (vec![("cv", "5")], "not how long they are"),
            (vec![("p99", "5ms")], "alone is not enough"),
            (vec![("hold", "5ms"), ("p99", "5ms")], "in more than one way"),
            (vec![("instance", "5")], "did you mean instances?"),
            (vec![("pol.max_size", "5")], "did you mean pool?"),
        ] {
            let problems = put_into(&known).unwrap_err().to_string();
            assert!(problems.contains(why), "{problems}");
        }
    }
}
