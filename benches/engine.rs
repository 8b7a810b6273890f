//! Requests simulated per second: the engine on plain and on full scenarios, beside the limit in the same run. Compare the
//! rows of one run with each other; absolute figures are the machine's.

mod limit;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use poolwise::engine::{self, Fact, Levels, Observer};
use poolwise::import::document;
use poolwise::random::Streams;
use poolwise::record::{Recorder, Window};
use poolwise::scenario::{Model, Scenario};
use poolwise::units::{SimTime, Span};

const REQUESTS: u64 = 400_000;

fn main() {
    divan::main();
}

/// Counts arrivals and nothing else: what the engine costs without its recorder.
#[derive(Default)]
struct Count(u64);

impl Observer for Count {
    fn on(&mut self, _: SimTime, _: u32, fact: Fact, _: &Levels) {
        self.0 += u64::from(matches!(fact, Fact::Arrived { .. }));
    }
}

fn mm20() -> Model {
    let text = "traffic.rate = '800/s'\npool = { max_size = 20, acquire_timeout = 'none' }\n[[query]]\nhold = 'exponential(mean=20ms)'";
    read(text)
}

fn read(text: &str) -> Model {
    document::parse(text).and_then(Scenario::read).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{e}"))
}

fn seconds(length: f64) -> SimTime {
    SimTime::ZERO + Span::from_seconds(length)
}

fn run(bencher: Bencher, model: &Model, until: SimTime, series: bool) {
    let mut count = Count::default();
    engine::run(model, Streams::new(1, 0), until, &mut count);
    bencher.counter(ItemsCount::new(count.0)).bench_local(|| {
        let mut recorder = Recorder::new(Window { from: SimTime::ZERO, until, series }, 20);
        engine::run(black_box(model), Streams::new(1, 0), until, &mut recorder);
        recorder.finish()
    });
}

#[divan::bench]
fn mm20_engine_unrecorded(bencher: Bencher) {
    let model = mm20();
    bencher.counter(ItemsCount::new(REQUESTS)).bench_local(|| {
        let mut count = Count::default();
        engine::run(black_box(&model), Streams::new(1, 0), seconds(REQUESTS as f64 / 800.0), &mut count);
        count.0
    });
}

#[divan::bench]
fn mm20_engine(bencher: Bencher) {
    run(bencher, &mm20(), seconds(REQUESTS as f64 / 800.0), false);
}

/// The bundled incident: ten instances, timeouts, a timeline, series.
#[divan::bench]
fn slow_query_engine(bencher: Bencher) {
    run(bencher, &read(include_str!("../book/src/scenarios/slow-query.toml")), seconds(3600.0), true);
}
