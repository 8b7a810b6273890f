//! The statistics of an answer: intervals that cover, a start that is removed, a precision that is reached, and no number where
//! there is none.

use crate::model;
use poolwise::experiment::{Experiment, Options, mser5, simulate};
use poolwise::random::{Purpose, Streams, unit};
use poolwise::report::{Estimate, Report, Stopped};
use poolwise::scenario::Model;
use poolwise::theory::{patience, predict};

/// M/M/4 at 0.8.
const MM4: [(&str, &str); 4] = [
    ("traffic.rate", "160/s"),
    ("query.0.hold", "exponential(mean=20ms)"),
    ("pool.max_size", "4"),
    ("pool.acquire_timeout", "none"),
];

fn with(keys: &[(&'static str, &'static str)], more: &[(&'static str, &'static str)]) -> Model {
    model(&[keys, more].concat())
}

fn seeded(seed: u64) -> Options {
    Options { seed: Some(seed), ..Options::default() }
}

#[test]
#[ignore]
fn measure_coverage() {
    for (dur, reps) in [("200s", 10), ("200s", 20), ("50s",10), ("10s",10)] {
    let plain = with(&MM4, &[("duration", dur)]);
    let patient = with(&MM4, &[("duration", dur), ("pool.acquire_timeout", "130ms")]);
    let w = predict(&plain).wait.unwrap();
    let k = patience::timeout(4, 160.0, 0.02, 0.13).unwrap();
    let w2 = predict(&patient).wait.unwrap();
    let n = 400;
    let mut hit = [0; 8];
    for seed in 0..n {
        let r = simulate(&plain, &Options { seed: Some(seed), replications: Some(reps), precision: None }).unwrap();
        let p = simulate(&patient, &Options { seed: Some(seed), replications: Some(reps), precision: None }).unwrap();
        for (i, (e, t)) in [
            (r.wait.mean, w.mean), (r.wait.p95, w.p95), (r.wait.p99, w.p99), (r.utilisation, 0.8),
            (p.wait.mean, w2.mean), (p.wait.p95, w2.p95), (p.wait.p99, w2.p99), (p.timed_out_share, k.timed_out),
        ].into_iter().enumerate() {
            hit[i] += u32::from(e.is_some_and(|e| e.contains(t)));
        }
    }
    println!("{dur} x {reps}: {:?} warm-up {}", hit.map(|h| f64::from(h) / n as f64), simulate(&plain, &seeded(1)).unwrap().warm_up);
    }
}
