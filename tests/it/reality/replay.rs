//! A recorded run again: its arrivals and its holds go in, waits come out.

use super::constants::{Constants, Cost, micros};
use super::traces::{Attempt, End, Load, Product, Run};
use crate::scenario_of;
use poolwise::engine::{self, Cut, Fact, Levels, Observer};
use poolwise::random::{Streams, mix};
use poolwise::scenario::Model;
use poolwise::units::{SimTime, Span};
use serde_json::{Value, json};

/// An attempt as both worlds tell it, in seconds.
#[derive(Clone, Copy)]
pub struct Ended {
    pub asked: f64,
    pub wait: f64,
    pub served: bool,
}

/// What came of every attempt.
#[derive(Default)]
pub struct Watch {
    pub ended: Vec<Ended>,
    /// When each connection was taken that never came back, in seconds.
    pub leaked: Vec<f64>,
    /// How many connections ended while they were in use.
    pub lost: u32,
}

impl Watch {
    fn end(&mut self, now: SimTime, wait: Span, served: bool) {
        self.ended.push(Ended { asked: now.seconds() - wait.seconds(), wait: wait.seconds(), served });
    }
}

impl Observer for Watch {
    fn on(&mut self, now: SimTime, _: u32, fact: Fact, _: &Levels) {
        match fact {
            Fact::Granted { wait } => self.end(now, wait, true),
            Fact::TimedOut { wait } | Fact::Refused { wait } => self.end(now, wait, false),
            Fact::Cut { why: Cut::Lost } => self.lost += 1,
            Fact::Leaked { hold } => self.leaked.push(now.seconds() - hold.seconds()),
            _ => {}
        }
    }
}

/// What is compared: the waits of those served in seconds, and the share that timed out.
#[derive(Clone, Copy)]
pub struct Waits {
    pub mean: f64,
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub timed_out: f64,
}

pub fn waits(ended: impl Iterator<Item = Ended>) -> Waits {
    let (mut served, mut all) = (Vec::new(), 0usize);
    for attempt in ended {
        all += 1;
        served.extend(attempt.served.then_some(attempt.wait));
    }
    served.sort_by(f64::total_cmp);
    let at = |share: f64| served[((share * served.len() as f64) as usize).min(served.len() - 1)];
    Waits {
        mean: served.iter().sum::<f64>() / served.len() as f64,
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
        timed_out: (all - served.len()) as f64 / all as f64,
    }
}

/// The recorded attempts in the same form.
pub fn recorded(attempts: &[Attempt]) -> impl Iterator<Item = Ended> {
    attempts.iter().map(|a| Ended { asked: a.at as f64 / 1e6, wait: a.wait as f64 / 1e6, served: a.out.had_one() })
}

/// Which part of a run is judged, in seconds of its arrivals.
fn judged(run: &Run, attempts: &[Attempt]) -> (f64, f64) {
    let last_leak = attempts.iter().filter(|a| a.out == End::Leaked).map(Attempt::granted).max();
    let until = match run.load {
        // Then nobody is served any more.
        Load::Leak => last_leak.unwrap() as f64 / 1e6 - 1.0,
        _ => f64::INFINITY,
    };
    // What was measured on its first half is judged on the second.
    let from = if run.product == Product::PgBouncer { run.seconds as f64 / 2.0 } else { 0.0 };
    (from, until)
}

/// Who is served first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// As the pool's preset says.
    Preset,
    /// First come, first served; the hand-over is the same.
    FirstCome,
}

/// The pool of a run, and what is added to each hold, in microseconds.
pub fn pool(run: &Run, by: By, constants: &Constants) -> (Value, f64) {
    let (mut pool, added) = fixed_pool(run.product, run.size, run.timeout, by, constants.cost(run.product));
    if run.name.contains("min1") {
        for (key, value) in
            [("min_idle", "1"), ("idle_timeout", "10s"), ("housekeeping", "500ms"), ("open_pause", "0s")]
        {
            pool[key] = value.into();
        }
    }
    (pool, added)
}

/// A pool that is full from the start, and what is added to each hold, in microseconds.
pub fn fixed_pool(product: Product, size: u32, timeout: &str, by: By, cost: Cost) -> (Value, f64) {
    let preset = match product {
        Product::HikariCp => "hikaricp-6.0.0",
        Product::Bb8 => "bb8-0.9.1",
        Product::Deadpool => "deadpool-0.13.1",
        Product::Sqlx => "sqlx-0.8.6",
        Product::PgBouncer => "pgbouncer-1.24.1",
        Product::R2d2 => "r2d2-0.8.10",
    };
    let mut pool = json!({
        "preset": preset, "max_size": size, "min_idle": size, "acquire_timeout": timeout,
        "max_lifetime": "none", "idle_timeout": "none", "housekeeping": "none",
    });
    let mut set = |key: &str, value: String| pool[key] = value.into();
    let woken = cost.hand_over - cost.check;
    let added = match (by, product) {
        (By::FirstCome, _) => {
            set("order", "fifo".into());
            set("wake_up", "0s".into());
            set("validation", "0s".into());
            cost.hand_over
        }
        // Whoever is woken must be faster than who comes: all of the hand-over is at risk.
        (By::Preset, Product::HikariCp) => {
            set("wake_up", micros(woken));
            0.0
        }
        // The check comes after.
        (By::Preset, Product::Bb8 | Product::R2d2) => {
            set("wake_up", micros(woken));
            set("validation", micros(cost.check));
            0.0
        }
        (By::Preset, Product::Sqlx) => {
            set("validation", micros(cost.check));
            woken
        }
        (By::Preset, Product::Deadpool | Product::PgBouncer) => cost.hand_over,
    };
    (pool, added)
}

/// A run again: what came of its attempts. `nudge` 0 takes the holds as recorded; any other moves each by up to 50 µs, as much as
/// one hand-over differs from another: what then changes is chance.
pub fn replayed(run: &Run, attempts: &[Attempt], by: By, constants: &Constants, nudge: u64) -> Vec<Ended> {
    let mut seen = Watch::default();
    let model = model(run, attempts, by, constants, nudge);
    engine::run(&model, Streams::new(1, 0), SimTime::ZERO + Span::from_seconds(200.0), &mut seen);
    seen.ended
}

/// The waits of the part that is judged.
pub fn judge(run: &Run, attempts: &[Attempt], ended: impl Iterator<Item = Ended>) -> Waits {
    let (from, until) = judged(run, attempts);
    waits(ended.filter(|a| a.asked >= from && a.asked < until))
}

fn model(run: &Run, attempts: &[Attempt], by: By, constants: &Constants, nudge: u64) -> Model {
    let (pool, added) = pool(run, by, constants);
    // A connection that leaks is taken away at the recorded moment, whoever has it here.
    let leaks: Vec<u64> = attempts.iter().filter(|a| a.out == End::Leaked).map(Attempt::granted).collect();
    let last = leaks.iter().max().copied().unwrap_or(u64::MAX);
    let mut taken = leaks.clone();
    taken.sort_unstable();
    taken.pop();
    let timeline: Vec<Value> = (taken.iter().zip(1..))
        .map(|(at, n)| json!({ "at": format!("{at}us"), "change": "resize_pool", "max_size": run.size - n }))
        .collect();
    let kept = || attempts.iter().filter(|a| a.out != End::Leaked && a.at < last);
    let at: Vec<String> = kept().map(|a| format!("{}us", a.at)).collect();
    let nudged = |a: &Attempt| if nudge == 0 { 0.0 } else { (mix(a.at ^ (nudge << 40)) % 101) as f64 - 50.0 };
    let hold: Vec<String> = kept().map(|a| micros((a.hold as f64 + added + nudged(a)).max(0.0))).collect();
    let mut document = json!({
        "duration": "60s",
        "traffic": { "trace": { "at": at, "hold": hold } },
        "query": [{ "hold": "deterministic(40ms)" }],
        "pool": pool,
        "database": { "connect": format!("deterministic({})", micros(constants.connect)) },
    });
    if !timeline.is_empty() {
        document["timeline"] = timeline.into();
    }
    scenario_of(document)
}
