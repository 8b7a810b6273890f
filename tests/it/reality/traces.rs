//! Recorded runs of real pools, and what is measured in them: nothing here asks the simulator.

use crate::repository;
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// What came of an attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    Served,
    TimedOut,
    /// The connection was never closed.
    Leaked,
    /// The pool said no before its timeout.
    Refused,
    /// The connection ended while it was in use.
    Lost,
}

impl End {
    /// Whether it had a connection.
    pub fn had_one(self) -> bool {
        !matches!(self, Self::TimedOut | Self::Refused)
    }
}

/// One attempt at a real pool; times in microseconds.
#[derive(Clone, Copy)]
pub struct Attempt {
    pub at: u64,
    /// Whether it is a retry.
    pub again: bool,
    pub wait: u64,
    /// Of one that was not served: the hold that it would have asked for.
    pub hold: u64,
    pub out: End,
    connection: i64,
    /// Nested runs: the wait for the second connection.
    pub second: u64,
}

impl Attempt {
    /// When its wait ended.
    pub fn granted(&self) -> u64 {
        self.at + self.wait
    }
}

/// Which pool was driven.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    HikariCp,
    Bb8,
    Deadpool,
    Sqlx,
    PgBouncer,
    R2d2,
}

/// How it was driven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Load {
    Steady,
    /// ρ 0.5, 2.0 from 15 s to 25 s, 0.5.
    Spike,
    /// The same; up to three retries, at once or with full jitter from 0.2 s.
    Retries(&'static str),
    /// Holds eight times as long from 15 s to 35 s.
    Slow,
    /// One in 200 never comes back.
    Leak,
    /// 3 s of every 18 s.
    Burst,
}

/// One recorded run.
#[derive(Clone, Copy)]
pub struct Run {
    pub name: &'static str,
    pub product: Product,
    pub load: Load,
    pub size: u32,
    pub timeout: &'static str,
    /// How long requests came, in seconds.
    pub seconds: u64,
}

const fn run(name: &'static str, product: Product, load: Load, size: u32, timeout: &'static str, seconds: u64) -> Run {
    Run { name, product, load, size, timeout, seconds }
}

use Load::{Burst, Leak, Retries, Slow, Spike, Steady};
use Product::{Bb8, Deadpool, HikariCp, PgBouncer, Sqlx};

/// Every run of single connections, by name.
pub const RUNS: [Run; 29] = [
    run("bb8_exp_rho0.85_s1", Bb8, Steady, 10, "30s", 48),
    run("bb8_spike_s1", Bb8, Spike, 10, "2s", 52),
    run("deadpool_exp_rho0.85_s1", Deadpool, Steady, 10, "30s", 48),
    run("hk279_burst_fixed_s1", HikariCp, Burst, 10, "30s", 39),
    run("hk279_burst_min1_s1", HikariCp, Burst, 10, "30s", 39),
    run("hk279_det_rho0.9_s1", HikariCp, Steady, 5, "30s", 48),
    run("hk279_exp_rho0.5_s1", HikariCp, Steady, 10, "30s", 48),
    run("hk279_exp_rho0.7_s1", HikariCp, Steady, 10, "30s", 48),
    run("hk279_exp_rho0.85_s1", HikariCp, Steady, 10, "30s", 48),
    run("hk279_exp_rho0.85_s2", HikariCp, Steady, 10, "30s", 48),
    run("hk279_exp_rho0.95_s1", HikariCp, Steady, 10, "30s", 48),
    run("hk279_exp_rho0.95_s2", HikariCp, Steady, 10, "30s", 48),
    run("hk279_leak_s1", HikariCp, Leak, 20, "1s", 45),
    run("hk279_leak_s2", HikariCp, Leak, 20, "1s", 45),
    run("hk279_logn_rho0.7_s1", HikariCp, Steady, 10, "30s", 48),
    run("hk279_logn_rho0.85_s1", HikariCp, Steady, 10, "30s", 48),
    run("hk279_over_rho0.95_to250_s1", HikariCp, Steady, 10, "250ms", 48),
    run("hk279_over_rho1.2_to250_s1", HikariCp, Steady, 10, "250ms", 48),
    run("hk279_slow_s1", HikariCp, Slow, 10, "1s", 52),
    run("hk279_spike_retry_exp_s1", HikariCp, Retries("200ms"), 10, "2s", 52),
    run("hk279_spike_retry_imm_s1", HikariCp, Retries("0s"), 10, "2s", 52),
    run("hk279_spike_s1", HikariCp, Spike, 10, "2s", 52),
    // Of the 15 connections that their role may have the first pool took 10.
    run("hk279_two_stag_A_s1", HikariCp, Steady, 10, "1s", 40),
    run("hk279_two_stag_B_s1", HikariCp, Steady, 5, "1s", 40),
    run("hk600_exp_rho0.85_s1", HikariCp, Steady, 10, "30s", 48),
    run("hk600_spike_s1", HikariCp, Spike, 10, "2s", 52),
    run("pgb_exp_rho0.85_qwt120_s1", PgBouncer, Steady, 10, "2m", 48),
    run("sqlx_exp_rho0.85_s1", Sqlx, Steady, 10, "30s", 48),
    run("sqlx_spike_s1", Sqlx, Spike, 10, "2s", 52),
];

/// The attempts of a recorded run.
pub fn attempts(name: &str) -> Vec<Attempt> {
    read(&repository(&format!("tests/reality/{name}.csv.gz")))
}

/// The attempts of a run, in the order in which they came.
pub fn read(path: &Path) -> Vec<Attempt> {
    let path = path.display();
    let file = std::fs::File::open(path.to_string()).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut now = 0;
    let mut list = Vec::new();
    for line in text.lines().skip(1) {
        let cells: Vec<i64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        let [gap, again, wait, hold, out, last] = cells[..] else { panic!("{path}: {line}") };
        now += gap as u64;
        let out = match out {
            0 => End::Served,
            3 => End::Leaked,
            4 => End::Refused,
            5 => End::Lost,
            _ => End::TimedOut,
        };
        let (wait, hold, second) = (wait as u64, hold as u64, last.max(0) as u64);
        list.push(Attempt { at: now, again: again > 0, wait, hold, out, connection: last, second });
    }
    list
}

/// From the end of a hold to the begin of the next one of the same connection, where the next had waited for more than 5 ms and
/// thus was in the queue; a gap of more than 2 ms is a machine that stood.
fn hand_overs(attempts: &[Attempt]) -> Vec<u64> {
    let mut uses: BTreeMap<i64, Vec<&Attempt>> = BTreeMap::new();
    for attempt in attempts.iter().filter(|attempt| attempt.out == End::Served) {
        uses.entry(attempt.connection).or_default().push(attempt);
    }
    let mut gaps = Vec::new();
    for list in uses.values_mut() {
        list.sort_by_key(|attempt| attempt.granted());
        for pair in list.windows(2).filter(|pair| pair[1].wait > 5_000) {
            gaps.push(pair[1].granted().saturating_sub(pair[0].granted() + pair[0].hold));
        }
    }
    gaps.retain(|gap| *gap < 2_000);
    gaps
}

/// When each connection was used for the first time, in order.
pub fn first_uses(attempts: &[Attempt]) -> Vec<u64> {
    let mut first: BTreeMap<i64, u64> = BTreeMap::new();
    for attempt in attempts.iter().filter(|attempt| attempt.out == End::Served) {
        let moment = first.entry(attempt.connection).or_insert(u64::MAX);
        *moment = attempt.granted().min(*moment);
    }
    let mut moments: Vec<u64> = first.into_values().collect();
    moments.sort_unstable();
    moments
}

/// The mean hand-over of a run, in microseconds.
pub fn hand_over(attempts: &[Attempt]) -> f64 {
    let gaps = hand_overs(attempts);
    gaps.iter().sum::<u64>() as f64 / gaps.len() as f64
}

/// The seconds of a run in which the machine stood: connections were free for more than 50 ms in all though somebody waited,
/// `usual` microseconds at each hand-over left out.
pub fn stood(attempts: &[Attempt], size: u32, usual: f64) -> Vec<u64> {
    let mut steps: Vec<(u64, i64, i64)> = Vec::new();
    let mut handed: BTreeMap<u64, f64> = BTreeMap::new();
    for attempt in attempts {
        let granted = attempt.granted();
        steps.push((attempt.at, 1, 0));
        steps.push((granted, -1, 0));
        if attempt.out != End::TimedOut {
            *handed.entry(granted / 1_000_000).or_default() += usual;
            steps.push((granted, 0, 1));
            steps.push((granted + attempt.hold, 0, -1));
        }
    }
    steps.sort_unstable();
    let mut free: BTreeMap<u64, f64> = BTreeMap::new();
    let (mut waiting, mut busy, mut before) = (0i64, 0i64, 0u64);
    for (at, waits, uses) in steps {
        let unused = waiting.min(i64::from(size) - busy).max(0) as u64;
        *free.entry(before / 1_000_000).or_default() += ((at - before) * unused) as f64;
        (waiting, busy, before) = (waiting + waits, busy + uses, at);
    }
    let lost = |second: &u64| free[second] - handed.get(second).copied().unwrap_or_default();
    free.keys().copied().filter(|second| lost(second) > 50_000.0).collect()
}
