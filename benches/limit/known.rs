//! A limit must be right before it is fast: the programs' means against formulas.

use super::Load;
use super::draws::{Exponential, Lognormal};
use super::full::Outcome;
use super::tally::Tally;
use poolwise::math::exp;
use poolwise::theory::erlang;

const C: u32 = 20;

/// M/M/20: the mean wait by Erlang C.
pub fn erlang_c(program: impl Fn(Load<Exponential>) -> Tally, load: Load<Exponential>) {
    let offered = load.hold.mean / load.gap.mean;
    let waits = erlang::erlang_c(C, offered).expect("a steady state");
    near(program, load, waits * load.hold.mean / (f64::from(C) - offered), "Erlang C");
}

/// M/M/20 with a fixed patience τ: the mean of what is waited, by patience or service.
///
/// The virtual wait of an arrival has the density f(x) = λ p e^(−(cμ − λ) x) up to τ, where p is the probability of c − 1 busy
/// connections, and falls like e^(−cμ x) beyond, where nobody joins (level crossings; D. Y. Barrer, 1957). Whoever meets x waits
/// min(x, τ).
pub fn fixed_patience(program: impl Fn(Load<Exponential>) -> Tally, load: Load<Exponential>) {
    let (rate, patience) = (1.0 / load.gap.mean, load.timeout as f64 / 1e9);
    let service = f64::from(C) / load.hold.mean;
    let surplus = rate - service;
    let offered = rate * load.hold.mean;
    // In units of p, the probability of C - 1 busy connections.
    let some_idle = 1.0 / erlang::erlang_b(C - 1, offered);
    let growth = exp(surplus * patience);
    let all_busy = rate * (growth - 1.0) / surplus;
    let beyond = rate * growth / service;
    let inside = rate * ((patience * growth) / surplus - (growth - 1.0) / (surplus * surplus));
    let mean = (inside + beyond * patience) / (some_idle + all_busy + beyond);
    near(program, load, mean, "fixed patience");
}

/// M/G/1 at half load, holds of 20 ms: the mean wait by Pollaczek and Khinchine.
pub fn pollaczek_khinchine(program: impl Fn(Load<Lognormal>) -> Tally, load: Load<Lognormal>) {
    let mean = 0.02;
    let second_moment = mean * mean * exp(load.hold.sigma * load.hold.sigma);
    let load = Load { gap: Exponential { mean: 2.0 * mean }, ..load };
    near(program, load, second_moment / (2.0 * mean) / (2.0 * 0.5), "Pollaczek and Khinchine");
}

/// Processor sharing by so many cores: the mean sojourn is that of M/M/c, whatever the spread of the work.
pub fn shared_cores(program: impl Fn(Load<Lognormal>) -> Tally, cores: u32, work: f64, load: Load<Lognormal>) {
    let offered = work / load.gap.mean;
    let waits = erlang::erlang_c(cores, offered).expect("a steady state");
    near(program, load, work + waits * work / (f64::from(cores) - offered), "shared cores");
}

/// Nothing is lost, and Little's law holds to the nanosecond.
pub fn conserved(outcome: &Outcome, requests: u64) {
    let Outcome { waits, holds, sojourns, timed_out, leaked, stuck, .. } = outcome;
    assert_eq!(waits.count() + stuck, requests);
    assert_eq!(holds.count() + timed_out + stuck, requests);
    assert_eq!(sojourns.count(), holds.count());
    assert!(*leaked > 0 && *timed_out > 0, "this check is of leaks and timeouts");
    if *stuck == 0 {
        assert_eq!(outcome.pending, waits.sum);
        let served = waits.sum - timed_out * 250_000_000;
        assert_eq!(sojourns.sum, holds.sum + served);
    }
    assert!(outcome.active >= holds.sum && outcome.active <= outcome.end * u64::from(C));
}

/// The mean of twenty short runs within five standard errors of `known`: under Student's t with 19 degrees of freedom a false
/// alarm has a probability below 1e-4, and seeds are fixed. The empty start is cut off: a run of the same seed goes through the
/// same requests, so the short one is the beginning of the long one.
fn near<H: Copy>(program: impl Fn(Load<H>) -> Tally, load: Load<H>, known: f64, formula: &str) {
    let (runs, start, length) = (20, 20_000, 200_000);
    let sum = |seed, requests| program(Load { requests, seed, ..load }).sum as f64 / 1e9;
    let mean_of = |seed| (sum(seed, length) - sum(seed, start)) / (length - start) as f64;
    let means: Vec<f64> = (1000..1000 + runs).map(mean_of).collect();
    let mean = means.iter().sum::<f64>() / runs as f64;
    let square = means.iter().map(|m| (m - mean) * (m - mean)).sum::<f64>() / (runs - 1) as f64;
    let error = f64::sqrt(square / runs as f64);
    assert!((mean - known).abs() < 5.0 * error, "{formula} says {known}, found {mean} ± {error}");
    assert!(error < 0.05 * known, "{formula}: a test that could not fail, ± {error}");
}
