//! What `tests/live` has written: the manifest of its runs, and the attempts of each.

use crate::reality::traces::{Attempt, Product, read};
use serde_json::Value;
use std::path::Path;

/// All runs of one day on one machine.
pub struct Live {
    pub date: String,
    pub cores: u64,
    pub versions: [String; 2],
    /// Whether the runs went before everything else on the machine.
    pub first_in_line: bool,
    /// How long openings took, one after another, in microseconds.
    pub connect: Vec<f64>,
    pub runs: Vec<Done>,
}

/// One run: what was done, and what came of it.
pub struct Done {
    pub name: String,
    pub seed: u64,
    pub product: Product,
    pub load: String,
    pub size: u32,
    /// In milliseconds.
    pub timeout: u64,
    /// How long requests came.
    pub seconds: f64,
    /// From when on how many came per second.
    pub steps: Vec<(f64, f64)>,
    pub hold: String,
    /// From when, until when and how many times as long connections were held.
    pub slow: Option<(f64, f64, f64)>,
    pub leak: f64,
    /// The longest pause before the first of three retries, in milliseconds.
    pub backoff: Option<u64>,
    /// How many connections of the pool the server let in.
    pub limit: Option<u64>,
    pub workers: Option<u64>,
    /// From when until when the server was down.
    pub down: Option<(f64, f64)>,
    /// How many requests there were, retries not counted.
    pub requests: Option<u64>,
    /// The mean hold that was asked for by those who had a connection, in microseconds.
    pub asked: f64,
    /// How late requests came, in microseconds: the median and the 99th percentile.
    pub late: Option<(f64, f64)>,
    pub attempts: Vec<Attempt>,
    /// Whether it is one of those that constants are measured on.
    pub calibrates: bool,
}

fn product(name: &str) -> Product {
    match name {
        "bb8" => Product::Bb8,
        "deadpool" => Product::Deadpool,
        "sqlx" => Product::Sqlx,
        "r2d2" => Product::R2d2,
        "pgbouncer" => Product::PgBouncer,
        other => panic!("{other}"),
    }
}

fn numbers(value: &Value) -> Option<Vec<f64>> {
    value.as_array().map(|list| list.iter().map(|x| x.as_f64().unwrap()).collect())
}

impl Live {
    pub fn read(folder: &Path) -> Self {
        let file = folder.join("runs.json");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let all: Value = serde_json::from_str(&text).unwrap();
        let word = |key: &str| all[key].as_str().unwrap().to_owned();
        let mut runs: Vec<Done> =
            all["runs"].as_array().unwrap().iter().map(|entry| Done::read(folder, entry)).collect();
        // Of each product's runs every second one, of one product from the first on and of the next from the second, so that each load
        // is judged somewhere; of a short form all.
        let short = word("form") == "short";
        for n in 0..runs.len() {
            let product = runs[n].product;
            let place = runs[..n].iter().filter(|earlier| earlier.product == product).count();
            let from = usize::from(matches!(product, Product::Deadpool | Product::R2d2));
            runs[n].calibrates = short || (place + from) % 2 == 0;
        }
        Self {
            date: word("date"),
            cores: all["cores"].as_u64().unwrap(),
            versions: [word("postgresql"), word("pgbouncer")],
            first_in_line: all["first_in_line"].as_bool().unwrap(),
            connect: numbers(&all["connect_us"]).unwrap(),
            runs,
        }
    }
}

impl Done {
    fn read(folder: &Path, entry: &Value) -> Self {
        let word = |key: &str| entry[key].as_str().unwrap().to_owned();
        let name = word("name");
        let late = &entry["late_us"];
        Self {
            seed: entry["seed"].as_u64().unwrap(),
            product: product(&word("pool")),
            load: word("load"),
            size: entry["size"].as_u64().unwrap() as u32,
            timeout: entry["timeout_ms"].as_u64().unwrap(),
            seconds: entry["seconds"].as_f64().unwrap(),
            steps: (entry["steps"].as_array().unwrap().iter())
                .map(|step| numbers(step).map(|pair| (pair[0], pair[1])).unwrap())
                .collect(),
            hold: word("hold"),
            slow: numbers(&entry["slow"]).map(|slow| (slow[0], slow[1], slow[2])),
            leak: entry["leak"].as_f64().unwrap(),
            backoff: entry["backoff_ms"].as_u64(),
            limit: entry["limit"].as_u64(),
            workers: entry["workers"].as_u64(),
            down: numbers(&entry["down"]).map(|down| (down[0], down[1])),
            requests: entry["requests"].as_u64(),
            asked: entry["asked_us"].as_f64().unwrap(),
            late: late["p50"].as_f64().zip(late["p99"].as_f64()),
            attempts: read(&folder.join(format!("{name}.csv.gz"))),
            calibrates: false,
            name,
        }
    }
}
