//! The limit that the engine is measured against: programs that do one thing, as fast as their authors can make them.
//!
//! They take the engine's draws and clock (whole nanoseconds) and record each wait, and have no fleet, no query classes, no
//! timeline and no observer. [`recursion`] has no events either; [`events`] visits each event in order; [`full`] adds leaks, the
//! histograms of hold and sojourn, and the integrals of active and pending; [`sharing`] has shared cores in place of connections. Before each is timed, its mean wait is compared with
//! the formula (see [`known`]).

mod draws;
mod events;
mod full;
mod known;
mod recursion;
mod sharing;
mod tally;
mod tournament;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use draws::{Exponential, Lognormal};

/// Requests of a run with one size of pool.
const REQUESTS: u64 = 1_000_000;
/// Requests of each size of the sweep.
const SWEPT: u64 = 200_000;
/// Every size of the sweep is fed 800 requests a second of 20 ms: from far too small to far too large.
const SIZES: [usize; 11] = [10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60];
const TIMEOUT: u64 = 250_000_000;
const NONE: u64 = u64::MAX;
/// The share of requests that never give their connection back. It is drawn for each; in a run of this length it hits none.
const LEAK: f64 = 1e-7;

/// What a program is fed.
#[derive(Clone, Copy)]
struct Load<H> {
    requests: u64,
    gap: Exponential,
    hold: H,
    /// Nanoseconds a request waits before it gives up; read only when the program is built with patience.
    timeout: u64,
    leak: f64,
    seed: u64,
}

/// M/M/20 at utilisation 0.8.
fn w1() -> Load<Exponential> {
    Load {
        requests: REQUESTS,
        gap: Exponential { mean: 1.0 / 800.0 },
        hold: Exponential { mean: 0.02 },
        timeout: NONE,
        leak: LEAK,
        seed: 1,
    }
}

/// The same at 1.05, and whoever waits 250 ms gives up.
fn w2() -> Load<Exponential> {
    Load { gap: Exponential { mean: 1.0 / 1050.0 }, timeout: TIMEOUT, ..w1() }
}

/// Lognormal holds with a mean of 20 ms, for the sweep.
fn w3() -> Load<Lognormal> {
    let Load { gap, timeout, leak, seed, .. } = w1();
    Load { requests: SWEPT, gap, hold: Lognormal::with_mean(0.02, 1.0), timeout, leak, seed }
}

/// Call a program for a number of connections with the smallest tournament that holds them.
macro_rules! sized {
    ($program:ident, $c:expr, $load:expr) => {
        match $c {
            ..=16 => $program::run::<32, false, _>($c, $load),
            17..=32 => $program::run::<64, false, _>($c, $load),
            33..=64 => $program::run::<128, false, _>($c, $load),
            _ => unreachable!("no size of the sweep"),
        }
    };
}

/// Time `program` of one argument on `load`.
fn time<H: Copy, T>(bencher: Bencher, load: Load<H>, pools: u64, program: impl Fn(Load<H>) -> T) {
    bencher.counter(ItemsCount::new(load.requests * pools)).bench_local(|| program(black_box(load)));
}

#[divan::bench(sample_count = 30)]
fn limit_recursion_w1(bencher: Bencher) {
    known::erlang_c(|load| recursion::run::<64, false, _>(20, load), w1());
    time(bencher, w1(), 1, |load| recursion::run::<64, false, _>(20, load));
}

#[divan::bench(sample_count = 30)]
fn limit_recursion_w2(bencher: Bencher) {
    known::fixed_patience(|load| recursion::run::<64, true, _>(20, load), w2());
    time(bencher, w2(), 1, |load| recursion::run::<64, true, _>(20, load));
}

#[divan::bench(sample_count = 15)]
fn limit_recursion_w3(bencher: Bencher) {
    known::pollaczek_khinchine(|load| recursion::run::<32, false, _>(1, load), w3());
    time(bencher, w3(), SIZES.len() as u64, |load| SIZES.map(|c| sized!(recursion, c, load)));
}

/// The draws are made once for all sizes; ns per request and size.
#[divan::bench(sample_count = 15)]
fn limit_recursion_w3_shared_draws(bencher: Bencher) {
    let apart = SIZES.map(|c| sized!(recursion, c, w3()));
    assert!(recursion::sweep(&SIZES, w3()) == apart, "sharing draws changes nothing");
    time(bencher, w3(), SIZES.len() as u64, |load| recursion::sweep(&SIZES, load));
}

/// How the tournament grows: w1 with 10 000 connections and their load.
#[divan::bench(sample_count = 30)]
fn limit_recursion_ten_thousand(bencher: Bencher) {
    let load = Load { gap: Exponential { mean: 1.0 / 400_000.0 }, ..w1() };
    time(bencher, load, 1, |load| recursion::run::<32768, false, _>(10_000, load));
}

#[divan::bench(sample_count = 30)]
fn limit_events_w1(bencher: Bencher) {
    known::erlang_c(|load| events::run::<64, false, _>(20, load), w1());
    time(bencher, w1(), 1, |load| events::run::<64, false, _>(20, load));
}

#[divan::bench(sample_count = 30)]
fn limit_events_w2(bencher: Bencher) {
    let waits = events::run::<64, true, _>(20, w2());
    assert!(waits == recursion::run::<64, true, _>(20, w2()), "events and recursion agree");
    time(bencher, w2(), 1, |load| events::run::<64, true, _>(20, load));
}

#[divan::bench(sample_count = 15)]
fn limit_events_w3(bencher: Bencher) {
    for c in SIZES {
        assert!(sized!(events, c, w3()) == sized!(recursion, c, w3()), "events and recursion agree, {c}");
    }
    time(bencher, w3(), SIZES.len() as u64, |load| SIZES.map(|c| sized!(events, c, load)));
}

#[divan::bench(sample_count = 30)]
fn limit_full_w1(bencher: Bencher) {
    known::erlang_c(|load| full::run::<64, false, _>(20, load).waits, w1());
    time(bencher, w1(), 1, |load| full::run::<64, false, _>(20, load));
}

#[divan::bench(sample_count = 30)]
fn limit_full_w2(bencher: Bencher) {
    let waits = full::run::<64, true, _>(20, w2()).waits;
    assert!(waits == recursion::run::<64, true, _>(20, w2()), "full and recursion agree");
    known::conserved(&full::run::<64, true, _>(20, Load { leak: 1e-5, ..w2() }), 1_000_000);
    time(bencher, w2(), 1, |load| full::run::<64, true, _>(20, load));
}

#[divan::bench(sample_count = 15)]
fn limit_full_w3(bencher: Bencher) {
    for c in SIZES {
        assert!(sized!(full, c, w3()).waits == sized!(recursion, c, w3()), "full and recursion agree, {c}");
    }
    time(bencher, w3(), SIZES.len() as u64, |load| SIZES.map(|c| sized!(full, c, load)));
}

/// 10 000 queries a second of 3.2 ms on forty cores: an item is a simulated second, as in `engine_shared_fleet`.
#[divan::bench(sample_count = 15)]
fn limit_shared_fleet(bencher: Bencher) {
    let load = |requests| Load {
        requests,
        gap: Exponential { mean: 1.0 / 10_000.0 },
        hold: Lognormal::with_mean(0.0032, 1.0),
        timeout: NONE,
        leak: LEAK,
        seed: 1,
    };
    known::shared_cores(|load| sharing::run(40, load), 40, 0.0032, load(REQUESTS));
    bencher.counter(ItemsCount::new(20u32)).bench_local(|| sharing::run(40, black_box(load(200_000))));
}
