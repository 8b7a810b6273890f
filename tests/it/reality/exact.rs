//! The engine against exact formulas: one case of each, with its interval. `tests/it/theory.rs` and its neighbours hold many more, over
//! several seeds.

use crate::model;
use poolwise::experiment::{Options, simulate};
use poolwise::report::text::{percent, time};
use poolwise::report::{Estimate, Report};
use poolwise::theory::{erlang, finite, mdc, mg1, patience, repair};
use std::fmt::Write;

struct Case {
    what: &'static str,
    keys: &'static str,
    of: fn(&Report) -> Option<Estimate>,
    truth: f64,
    show: fn(f64) -> String,
}

fn cases() -> Vec<Case> {
    let barrer = patience::timeout(10, 490.0, 0.02, 0.05).unwrap();
    let limited = finite::limited(10, 450.0, 0.02, 5).unwrap();
    let closed = repair::closed(32, 0.1, 5, 0.02).unwrap();
    let case = |what, keys, of, truth, show| Case { what, keys, of, truth, show };
    vec![
        case(
            "M/M/10, ρ 0.9: who waits (Erlang C)",
            "traffic.rate=450/s query.0.hold=exponential(mean=20ms) pool.max_size=10 pool.acquire_timeout=none duration=200s",
            |r| r.wait_probability,
            erlang::erlang_c(10, 9.0).unwrap(),
            percent,
        ),
        case(
            "M/M/10+D, ρ 0.98, patience 50 ms: who times out (Barrer)",
            "traffic.rate=490/s query.0.hold=exponential(mean=20ms) pool.max_size=10 pool.acquire_timeout=50ms duration=200s",
            |r| r.timed_out_share,
            barrer.timed_out,
            percent,
        ),
        case(
            "the same: the mean wait",
            "traffic.rate=490/s query.0.hold=exponential(mean=20ms) pool.max_size=10 pool.acquire_timeout=50ms duration=200s",
            |r| r.wait.mean,
            barrer.mean_wait,
            time,
        ),
        case(
            "M/M/10/15, ρ 0.9: who is turned away",
            "traffic.rate=450/s query.0.hold=exponential(mean=20ms) pool.max_size=10 pool.max_waiters=5 pool.acquire_timeout=none duration=120s",
            |r| r.impact.failed_requests,
            limited.rejected,
            percent,
        ),
        case(
            "M/D/10, ρ 0.9: the mean wait (Crommelin)",
            "traffic.rate=450/s query.0.hold=deterministic(20ms) pool.max_size=10 pool.acquire_timeout=none duration=200s",
            |r| r.wait.mean,
            mdc::mean_wait(10, 450.0, 0.02).unwrap(),
            time,
        ),
        case(
            "M/G/1, ρ 0.7, lognormal of cv 1.5: the mean wait (Pollaczek, Khinchine)",
            "traffic.rate=35/s query.0.hold=lognormal(mean=20ms,cv=1.5) pool.max_size=1 pool.acquire_timeout=none duration=2000s",
            |r| r.wait.mean,
            mg1::mean_wait(35.0, 0.02, 2.25).unwrap(),
            time,
        ),
        case(
            "32 clients, 5 connections: answers per second (machine repair, Palm)",
            "traffic.clients=32 traffic.think=exponential(mean=100ms) query.0.hold=exponential(mean=20ms) pool.max_size=5 pool.acquire_timeout=none duration=100s",
            |r| r.throughput,
            closed.throughput,
            |rate| format!("{rate:.1}/s"),
        ),
        case(
            "the same: the mean wait",
            "traffic.clients=32 traffic.think=exponential(mean=100ms) query.0.hold=exponential(mean=20ms) pool.max_size=5 pool.acquire_timeout=none duration=100s",
            |r| r.wait.mean,
            closed.wait,
            time,
        ),
    ]
}

/// The table, and how many intervals of how many hold what is exact.
pub fn table() -> (String, usize, usize) {
    let mut text = String::from("| case | exact | simulated | covers |\n|---|--:|--:|---|\n");
    let (mut covered, cases) = (0, cases());
    for case in &cases {
        let keys: Vec<(&str, &str)> = case.keys.split(' ').map(|key| key.split_once('=').unwrap()).collect();
        let options = Options { seed: Some(1), replications: Some(10), ..Options::default() };
        let found = (case.of)(&simulate(&model(&keys), &options).unwrap()).unwrap();
        let covers = found.contains(case.truth);
        covered += usize::from(covers);
        let half = (case.show)(found.half_width.unwrap());
        let [exact, found] = [case.truth, found.mean].map(case.show);
        let row = format!("{} | {exact} | {found} ± {half} | {}", case.what, if covers { "yes" } else { "no" });
        writeln!(text, "| {row} |").unwrap();
    }
    (text, covered, cases.len())
}
