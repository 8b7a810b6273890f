//! How fast the corpus runs, and how much memory many requests take.
//!
//! `cargo run --release --example speed` prints simulated seconds per second for every scenario of the corpus;
//! `cargo run --release --example speed -- 1000000000` simulates so many requests by each engine and prints the memory that the
//! process took at most (Linux).
#![expect(clippy::disallowed_methods, reason = "this measures time, which the library must not")]

use poolwise::engine::{self, recursion};
use poolwise::random::Streams;
use poolwise::record::{Outcome, Recorder, Window};
use poolwise::scenario;
use poolwise::scenario::{Model, Scenario};
use poolwise::units::{SimTime, Span};
use std::time::Instant;

fn main() {
    match std::env::args().nth(1).map(|text| text.replace('_', "").parse::<f64>()) {
        None => corpus(),
        Some(Ok(requests)) => many(requests),
        Some(Err(why)) => {
            eprintln!("expected a number of requests, or nothing for the corpus: {why}");
            std::process::exit(2);
        }
    }
}

fn read(text: &str) -> Model {
    scenario::parse(text).and_then(Scenario::read).and_then(|s| s.check()).unwrap_or_else(|problems| {
        eprintln!("{problems}");
        std::process::exit(2);
    })
}

/// Run for so many seconds with everything recorded.
fn simulate(model: &Model, seconds: f64, by_recursion: bool) -> (Outcome, f64) {
    let until = SimTime::ZERO + Span::from_seconds(seconds);
    let series = !by_recursion;
    let mut recorder = Recorder::new(Window { from: SimTime::ZERO, until, series }, model);
    let start = Instant::now();
    let streams = Streams::new(1, 0);
    let outcome = if by_recursion {
        recursion::run_sizes(model, &[(model.max_size(), until)], streams, |_, passages| recorder.pass(passages));
        recorder.finish_passages()
    } else {
        engine::run(model, streams, until, &mut recorder);
        recorder.finish()
    };
    (outcome, start.elapsed().as_secs_f64())
}

fn corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/book/src/scenarios");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    println!(
        "{:24} {:>12} {:>12} {:>16} {:>14}",
        "scenario", "simulated s", "requests", "simulated s / s", "ns / request"
    );
    for file in files {
        let model = read(&std::fs::read_to_string(&file).unwrap_or_default());
        // An hour, or as long as its story lasts; again and again for at least half a second.
        let length = if model.changes_over_time() { model.length().seconds() } else { 3600.0 };
        let (mut runs, mut wall, mut requests) = (0.0, 0.0, 0);
        while wall < 0.5 {
            let (outcome, took) = simulate(&model, length, false);
            (runs, wall, requests) = (runs + 1.0, wall + took, outcome.offered);
        }
        let each = wall / runs;
        println!(
            "{:24} {length:>12.0} {requests:>12} {:>16.0} {:>14.0}",
            model.name(),
            length / each,
            each * 1e9 / requests as f64
        );
    }
}

fn many(requests: f64) {
    let model = read(
        "traffic.rate = '800/s'\npool = { max_size = 20, acquire_timeout = '30s' }\n[[query]]\nhold = 'exponential(mean=20ms)'",
    );
    for (name, by_recursion) in [("recursion", true), ("events", false)] {
        let (outcome, took) = simulate(&model, requests / 800.0, by_recursion);
        println!("{name:10} {} requests in {took:.1} s; at most {} in memory so far", outcome.offered, most_memory());
    }
}

/// What the system says of the memory that this process took at most.
fn most_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("an unknown amount is".into(), |amount| amount.trim().to_owned())
}
