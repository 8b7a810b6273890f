//! The limit that the engine is measured against: M/G/c, first come first served, as a hand-tuned recursion (Kiefer and
//! Wolfowitz 1955) and nothing else. It makes the same draws as the engine and records each wait, but it has no events, no
//! timeouts and no pool.

use poolwise::random::{Generator, Purpose, Streams};
use poolwise::record::Histogram;
use poolwise::units::Span;
use rand_distr::{Distribution, Exp1};

/// Mean wait in nanoseconds of `requests` requests on `C` connections, with exponential gaps and holds of the given means in
/// nanoseconds.
pub fn mmc<const C: usize>(requests: u64, gap: f64, hold: f64, seed: u64) -> f64 {
    let streams = Streams::new(seed, 0);
    let (mut arrivals, mut holds) = (streams.of(Purpose::Arrival, 0), streams.of(Purpose::Hold, 0));
    let draw = |mean: f64, rng: &mut Generator| (mean * <Exp1 as Distribution<f64>>::sample(&Exp1, rng) + 0.5) as u64;
    let mut waits = Histogram::new(8);
    let mut sum = 0u64;
    let mut now = 0u64;
    // When each connection becomes free, in rising order.
    let mut free = [0u64; C];
    for _ in 0..requests {
        now += draw(gap, &mut arrivals);
        let start = now.max(free[0]);
        let wait = start - now;
        waits.record(Span::from_nanos(wait));
        sum += wait;
        let end = start + draw(hold, &mut holds);
        // Counting what lies before compiles to vector compares; then one move of memory.
        let place = free.iter().filter(|moment| **moment < end).count().max(1);
        free.copy_within(1..place, 0);
        free[place - 1] = end;
    }
    std::hint::black_box(waits.count());
    sum as f64 / requests as f64
}
