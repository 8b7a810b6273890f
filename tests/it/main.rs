//! One integration binary: each module holds the project to one promise.

mod advise;
mod alerts;
mod anything;
mod architecture;
mod bad_input;
mod book;
mod budget;
mod catalogue;
mod changes;
mod checks;
mod cli;
mod command_line;
mod compare;
mod contention;
mod database;
mod determinism;
mod diagnose;
mod emit;
mod engines;
mod fit;
mod fleet;
mod gate;
mod generated;
mod impact;
mod import;
mod incidents;
mod presets;
mod published;
mod reality;
mod recommend;
mod reference;
mod refusals;
mod replay;
mod schema;
mod sharing;
mod simulate;
mod statistics;
mod sweep;
mod theory;
mod traffic;
mod twin;

use poolwise::scenario;
use poolwise::scenario::{Model, Scenario, set};
use std::path::{Path, PathBuf};

/// A file of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub fn text_of(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A scenario of the corpus.
pub fn corpus(name: &str) -> Model {
    let text = text_of(&format!("book/src/scenarios/{name}.toml"));
    Scenario::read(scenario::parse(&text).unwrap()).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// A model from a few keys.
pub fn model(keys: &[(&str, &str)]) -> Model {
    let mut document = serde_json::json!({ "query": [{}] });
    for (path, value) in keys {
        set(&mut document, path, value).unwrap();
    }
    Scenario::read(document).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{e}"))
}

/// A model from a whole document.
pub fn scenario_of(document: serde_json::Value) -> Model {
    Scenario::read(document).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{e}"))
}

/// Every scenario of the corpus, by name.
pub fn corpus_names() -> Vec<String> {
    let folder = std::fs::read_dir(repository("book/src/scenarios")).unwrap();
    let mut names: Vec<String> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .collect();
    names.sort();
    names
}
