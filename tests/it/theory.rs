//! Formulas against the simulation, where both know the same system: timeouts, limits on waiters, constant and general holds, and
//! closed loops.

use crate::model;
use poolwise::experiment::{Options, simulate};
use poolwise::report::{Estimate, Report};
use poolwise::theory::{finite, mdc, mg1, patience, repair};

/// A statistic of a report, and what theory says of it.
type Statistic = (&'static str, fn(&Report) -> Option<Estimate>, f64);

/// Each statistic lies in its 95 % interval for at least two of four seeds: a right one misses three or four times with probability
/// 4 x 0.05³ x 0.95 + 0.05⁴ < 5e-4, so that all forty or so of this file together raise a false alarm in one of fifty cases. An
/// interval must also be narrow: within `width` of the truth.
fn agree(keys: &[(&str, &str)], width: f64, statistics: &[Statistic]) {
    let model = model(keys);
    let options = |seed| Options { seed: Some(seed), replications: Some(10), ..Options::default() };
    let reports: Vec<Report> = (1..=4).map(|seed| simulate(&model, &options(seed)).unwrap()).collect();
    for (name, of, truth) in statistics {
        let found: Vec<Estimate> = reports.iter().map(|report| of(report).unwrap()).collect();
        let said = || format!("{keys:?}\n{name}: theory {truth}, found {found:#?}");
        let missed = found.iter().filter(|estimate| !estimate.contains(*truth)).count();
        assert!(missed <= 2, "{} missed {missed} times", said());
        assert!(found.iter().all(|estimate| estimate.half_width.unwrap() < width * truth), "{} is too wide", said());
    }
}

/// M/M/c+D (D. Y. Barrer 1957): near the limit and beyond it, with a short patience and a long one.
#[test]
fn an_acquire_timeout_is_barrers_queue() {
    for (rate, timeout, patience, length) in
        [(480.0, "20ms", 0.02, "200s"), (490.0, "50ms", 0.05, "400s"), (650.0, "50ms", 0.05, "50s")]
    {
        let truth = patience::timeout(10, rate, 0.02, patience).unwrap();
        let keys = [
            ("traffic.rate", &*format!("{rate}/s")),
            ("query.0.hold", "exponential(mean=20ms)"),
            ("pool.max_size", "10"),
            ("pool.acquire_timeout", timeout),
            ("duration", length),
        ];
        let statistics: [Statistic; 4] = [
            ("timed_out_share", |r| r.timed_out_share, truth.timed_out),
            ("wait_probability", |r| r.wait_probability, truth.wait_probability),
            ("wait.mean", |r| r.wait.mean, truth.mean_wait),
            ("utilisation", |r| r.utilisation, rate * 0.02 * (1.0 - truth.timed_out) / 10.0),
        ];
        agree(&keys, 0.06, &statistics);
    }
}

/// M/M/c/K: who finds the queue full is turned away; those let in wait less.
#[test]
fn a_limit_on_waiters_is_a_finite_queue() {
    for (rate, waiters) in [(450.0, 5), (700.0, 20)] {
        let truth = finite::limited(10, rate, 0.02, waiters).unwrap();
        let keys = [
            ("traffic.rate", &*format!("{rate}/s")),
            ("query.0.hold", "exponential(mean=20ms)"),
            ("pool.max_size", "10"),
            ("pool.max_waiters", &*waiters.to_string()),
            ("pool.acquire_timeout", "none"),
            ("duration", "120s"),
        ];
        let statistics: [Statistic; 4] = [
            ("rejected", |r| r.impact.failed_requests, truth.rejected),
            ("wait_probability", |r| r.wait_probability, truth.wait_probability),
            ("wait.mean", |r| r.wait.mean, truth.mean_wait),
            ("pending", |r| r.pending, truth.mean_queue),
        ];
        agree(&keys, 0.06, &statistics);
    }
}

/// M/D/c (C. D. Crommelin 1932): holds that are all the same halve the wait, or nearly.
#[test]
fn constant_holds_wait_as_crommelin_says() {
    for (c, rate, length) in [(1, 40.0, "2000s"), (10, 450.0, "300s"), (50, 2350.0, "200s")] {
        let keys = [
            ("traffic.rate", &*format!("{rate}/s")),
            ("query.0.hold", "deterministic(20ms)"),
            ("pool.max_size", &*c.to_string()),
            ("pool.acquire_timeout", "none"),
            ("duration", length),
        ];
        agree(&keys, 0.06, &[("wait.mean", |r| r.wait.mean, mdc::mean_wait(c, rate, 0.02).unwrap())]);
    }
}

/// M/G/1 (F. Pollaczek 1930, A. Y. Khinchine 1932): one connection, and holds of any spread.
#[test]
fn one_connection_waits_as_pollaczek_and_khinchine_say() {
    for (hold, scv, length) in [
        ("uniform(low=0ms, high=40ms)", 1.0 / 3.0, "1000s"),
        ("exponential(mean=20ms)", 1.0, "2000s"),
        ("lognormal(mean=20ms, cv=1.5)", 2.25, "4000s"),
        // Half of the holds take 5 ms and half 35 ms: 0.5 (5² + 35²) / 20² - 1.
        ("samples(5ms, 35ms)", 0.5625, "1500s"),
    ] {
        let keys = [
            ("traffic.rate", "35/s"),
            ("query.0.hold", hold),
            ("pool.max_size", "1"),
            ("pool.acquire_timeout", "none"),
            ("duration", length),
        ];
        agree(&keys, 0.06, &[("wait.mean", |r| r.wait.mean, mg1::mean_wait(35.0, 0.02, scv).unwrap())]);
    }
}

/// The machine-repair model (C. Palm 1947): clients who think, few and many of them.
#[test]
fn a_closed_loop_is_the_machine_repair_model() {
    for (clients, length) in [(20, "200s"), (32, "100s"), (40, "60s")] {
        let truth = repair::closed(clients, 0.1, 5, 0.02).unwrap();
        let keys = [
            ("traffic.clients", &*clients.to_string()),
            ("traffic.think", "exponential(mean=100ms)"),
            ("query.0.hold", "exponential(mean=20ms)"),
            ("pool.max_size", "5"),
            ("pool.acquire_timeout", "none"),
            ("duration", length),
        ];
        let statistics: [Statistic; 4] = [
            ("throughput", |r| r.throughput, truth.throughput),
            ("utilisation", |r| r.utilisation, truth.utilisation),
            ("wait.mean", |r| r.wait.mean, truth.wait),
            ("response.mean", |r| r.response.mean, truth.response),
        ];
        agree(&keys, 0.06, &statistics);
    }
}
