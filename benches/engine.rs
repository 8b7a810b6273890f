//! Nanoseconds per request: both engines on plain and on full scenarios, beside the limit in the same run. Compare the rows of one
//! run with each other; absolute figures are the machine's. `engine_x_w1` belongs to `limit_x_w1`.

mod limit;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use poolwise::engine::{self, Fact, Levels, Observer, recursion};
use poolwise::experiment::Options;
use poolwise::plan;
use poolwise::random::Streams;
use poolwise::record::{Histogram, Recorder, Window};
use poolwise::scenario;
use poolwise::scenario::{Model, Scenario};
use poolwise::units::{SimTime, Span};

const W1: &str = "traffic.rate = '800/s'\npool = { max_size = 20, acquire_timeout = 'none' }\n[[query]]\nhold = 'exponential(mean=20ms)'";
const W2: &str = "traffic.rate = '1050/s'\npool = { max_size = 20, acquire_timeout = '250ms' }\n[[query]]\nhold = 'exponential(mean=20ms)'";
const LEAKY: &str = "\nleak = '0.00001%'\n";
const SIZES: [u32; 11] = [10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60];

fn main() {
    divan::main();
}

/// Records each wait and nothing else, as the plain limits do.
struct Waits {
    histogram: Histogram,
    sum: u64,
}

impl Waits {
    fn new() -> Self {
        Self { histogram: Histogram::new(8), sum: 0 }
    }

    #[inline]
    fn record(&mut self, wait: Span) {
        self.histogram.record(wait);
        self.sum += wait.nanos();
    }
}

impl Observer for Waits {
    #[inline]
    fn on(&mut self, _: SimTime, _: u32, fact: Fact, _: &Levels) {
        if let Fact::Granted { wait } | Fact::TimedOut { wait } = fact {
            self.record(wait);
        }
    }
}

fn read(text: &str) -> Model {
    scenario::parse(text).and_then(Scenario::read).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{e}"))
}

fn w3(size: u32) -> Model {
    read(&format!(
        "traffic.rate = '800/s'\npool = {{ max_size = {size}, acquire_timeout = 'none' }}\n[[query]]\nhold = 'lognormal(mean=20ms, cv=1.3108)'"
    ))
}

fn seconds(length: f64) -> SimTime {
    SimTime::ZERO + Span::from_seconds(length)
}

fn by_recursion(model: &Model, until: SimTime) -> Waits {
    let mut waits = Waits::new();
    recursion::run(black_box(model), Streams::new(1, 0), until, |passage| waits.record(passage.wait));
    waits
}

fn by_events(model: &Model, until: SimTime) -> Waits {
    let mut waits = Waits::new();
    engine::run(black_box(model), Streams::new(1, 0), until, &mut waits);
    waits
}

fn recorded(model: &Model, until: SimTime, series: bool) -> poolwise::record::Outcome {
    let mut recorder = Recorder::new(Window { from: SimTime::ZERO, until, series }, model);
    engine::run(black_box(model), Streams::new(1, 0), until, &mut recorder);
    recorder.finish()
}

/// Time a program on models of so many requests each.
fn time<T>(bencher: Bencher, models: &[Model], rate: f64, requests: u64, program: impl Fn(&Model, SimTime) -> T) {
    let until = seconds(requests as f64 / rate);
    let count = ItemsCount::new(requests * models.len() as u64);
    bencher.counter(count).bench_local(|| models.iter().map(|model| program(model, until)).collect::<Vec<_>>());
}

#[divan::bench(sample_count = 30)]
fn engine_recursion_w1(bencher: Bencher) {
    time(bencher, &[read(W1)], 800.0, 1_000_000, by_recursion);
}

#[divan::bench(sample_count = 30)]
fn engine_recursion_w2(bencher: Bencher) {
    time(bencher, &[read(W2)], 1050.0, 1_000_000, by_recursion);
}

#[divan::bench(sample_count = 15)]
fn engine_recursion_w3(bencher: Bencher) {
    time(bencher, &SIZES.map(w3), 800.0, 200_000, by_recursion);
}

#[divan::bench(sample_count = 30)]
fn engine_events_w1(bencher: Bencher) {
    time(bencher, &[read(W1)], 800.0, 1_000_000, by_events);
}

#[divan::bench(sample_count = 30)]
fn engine_events_w2(bencher: Bencher) {
    time(bencher, &[read(W2)], 1050.0, 1_000_000, by_events);
}

#[divan::bench(sample_count = 15)]
fn engine_events_w3(bencher: Bencher) {
    time(bencher, &SIZES.map(w3), 800.0, 200_000, by_events);
}

/// The general loop on the same plain model: what the rules of real pools and clients cost even where none is used.
#[divan::bench(sample_count = 30)]
fn engine_general_w1(bencher: Bencher) {
    time(bencher, &[read(W1)], 800.0, 1_000_000, |model, until| {
        let mut waits = Waits::new();
        engine::run_general(black_box(model), Streams::new(1, 0), until, &mut waits);
        waits
    });
}

/// A recommendation for the README's two heavy tails, on all cores: the goal is 100 ms. Items are requests that one size serves, about
/// 40 000 for each replication of each size in the table: beside `engine_recursion_w3` they say what a search costs over the bare waits.
#[divan::bench(args = ["1000/s lognormal(median=5ms, sigma=1.6972)", "300/s lognormal(median=2ms, sigma=2.1652)"], sample_count = 10)]
fn plan_heavy_tails(bencher: Bencher, case: &str) {
    let (rate, hold) = case.split_once(' ').expect("a rate and a hold");
    let model = read(&format!("traffic.rate = '{rate}'\nslo = ['wait.p99 <= 50ms']\n[[query]]\nhold = '{hold}'"));
    let answer = plan::recommend(&model, &Options::default()).expect("an answer");
    let replications: u32 = answer.table.iter().map(|row| row.replications).sum();
    let count = ItemsCount::new(u64::from(replications) * 40_000);
    bencher.counter(count).bench_local(|| plan::recommend(black_box(&model), &Options::default()));
}

/// With leaks and everything that a report needs.
#[divan::bench(sample_count = 30)]
fn engine_full_w1(bencher: Bencher) {
    time(bencher, &[read(&format!("{W1}{LEAKY}"))], 800.0, 1_000_000, |model, until| recorded(model, until, false));
}

#[divan::bench(sample_count = 30)]
fn engine_full_w2(bencher: Bencher) {
    time(bencher, &[read(&format!("{W2}{LEAKY}"))], 1050.0, 1_000_000, |model, until| recorded(model, until, false));
}

/// How the cost of a request grows with the pool: utilisation 0.8 each.
#[divan::bench(args = [10, 100, 1000, 10_000], sample_count = 15)]
fn engine_events_of_size(bencher: Bencher, size: u32) {
    let rate = f64::from(size) * 40.0;
    let model = read(&format!(
        "traffic.rate = '{rate}/s'\npool = {{ max_size = {size}, acquire_timeout = 'none' }}\n[[query]]\nhold = 'exponential(mean=20ms)'"
    ));
    time(bencher, &[model], rate, 500_000, by_events);
}

/// How it grows with the queue: overload without end, until so many wait; the order decides how a waiter is found.
#[divan::bench(args = ["fifo 10000", "fifo 1000000", "lifo 1000000", "random 1000000"], sample_count = 3)]
fn engine_events_with_queue(bencher: Bencher, case: &str) {
    let (order, waiting) = case.split_once(' ').expect("an order and a length");
    let waiting: f64 = waiting.parse().expect("a number");
    let model = read(&format!(
        "traffic.rate = '2000/s'\npool = {{ max_size = 20, acquire_timeout = 'none', order = '{order}' }}\n[[query]]\nhold = 'exponential(mean=20ms)'"
    ));
    // Half of what comes stays.
    time(bencher, &[model], 2000.0, (2.0 * waiting) as u64, by_events);
}

/// The bundled incident: ten instances, timeouts, a timeline, series.
#[divan::bench(sample_count = 10)]
fn engine_slow_query(bencher: Bencher) {
    let model = read(include_str!("../book/src/scenarios/slow-query.toml"));
    time(bencher, &[model], 120.0, 120 * 3600, |model, until| recorded(model, until, true));
}

/// Fifty instances of twenty connections each, 10 000 queries a second, and forty cores that all share, busy at 0.8, with everything
/// that a report needs. An item is a simulated second: items per second are times real time, and the goal is a hundred.
#[divan::bench(sample_count = 15)]
fn engine_shared_fleet(bencher: Bencher) {
    let model = read(
        "traffic.rate = '10000/s'\nfleet.instances = 50\npool = { max_size = 20, acquire_timeout = 'none' }\ndatabase.cores = 40\n\
         [[query]]\ncpu = 'lognormal(mean=3.2ms, cv=1.3108)'",
    );
    let until = seconds(20.0);
    bencher.counter(ItemsCount::new(20u32)).bench_local(|| recorded(&model, until, false));
}
