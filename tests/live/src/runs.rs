//! The list of runs: which pool is driven, and how.

use crate::random::Random;
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Product {
    Bb8,
    Deadpool,
    Sqlx,
    R2d2,
    PgBouncer,
}

use Product::{Bb8, Deadpool, PgBouncer, R2d2, Sqlx};

const RUST: [Product; 4] = [Bb8, Deadpool, Sqlx, R2d2];
const ALL: [Product; 5] = [Bb8, Deadpool, Sqlx, R2d2, PgBouncer];

impl Product {
    pub fn name(self) -> &'static str {
        match self {
            Bb8 => "bb8",
            Deadpool => "deadpool",
            Sqlx => "sqlx",
            R2d2 => "r2d2",
            PgBouncer => "pgbouncer",
        }
    }
}

/// How long a request asks to hold its connection; `Display` is how a scenario writes it.
#[derive(Clone, Copy)]
pub enum Law {
    /// The mean in milliseconds.
    Exponential(f64),
    /// The median in milliseconds, σ = 1.
    Lognormal(f64),
}

impl Law {
    /// Whole milliseconds: the server's timer knows nothing shorter.
    pub fn draw(self, random: &mut Random) -> u64 {
        let hold = match self {
            Self::Exponential(mean) => mean * random.exponential(),
            Self::Lognormal(median) => median * random.lognormal(1.0),
        };
        hold.ceil() as u64
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Exponential(mean) => write!(f, "exponential(mean={mean}ms)"),
            Self::Lognormal(median) => write!(f, "lognormal(median={median}ms, sigma=1)"),
        }
    }
}

/// One run.
#[derive(Clone)]
pub struct Run {
    pub name: String,
    pub pool: Product,
    pub load: &'static str,
    pub size: u32,
    pub timeout: Duration,
    /// How long requests come.
    pub seconds: f64,
    /// From when on how many come per second.
    pub steps: Vec<(f64, f64)>,
    pub hold: Law,
    pub seed: u64,
    /// Whoever is given a connection within this time holds it so many times as long.
    pub slow: Option<(f64, f64, u64)>,
    /// The share of requests that never give their connection back.
    pub leak: f64,
    /// Three retries; the first after so much at most, by chance, each further one after twice that.
    pub retries: Option<Duration>,
    /// The server lets in so many connections of the pool.
    pub limit: Option<u32>,
    /// So many workers, each of whom takes a second connection while it holds one, and thinks for 30 ms before it begins again.
    pub workers: Option<u32>,
    /// When the server goes down, and when it is started again.
    pub down: Option<(f64, f64)>,
}

/// What a worker does with its first connection before it takes the second, and how long it thinks, in milliseconds.
pub const BETWEEN: Law = Law::Exponential(10.0);
pub const THINK: u64 = 30;

impl Run {
    fn new(pool: Product, load: &'static str, number: u64) -> Self {
        // What goes on side by side does not come in step.
        let seed = 10 * number + pool as u64;
        Self {
            name: format!("{}_{load}", pool.name()),
            pool,
            load,
            size: 6,
            timeout: Duration::from_secs(30),
            seconds: 40.0,
            steps: vec![(0.0, 102.0)],
            hold: Law::Exponential(50.0),
            seed,
            slow: None,
            leak: 0.0,
            retries: None,
            limit: None,
            workers: None,
            down: None,
        }
    }

    /// A share of it, for those in a hurry.
    fn lasting(mut self, seconds: f64) -> Self {
        self.seconds = seconds;
        self
    }

    /// The same with other seeds.
    pub fn with(self, luck: u64) -> Self {
        Self { seed: self.seed + 1000 * luck, ..self }
    }

    /// What the manifest says of what is done.
    pub fn entry(&self) -> Value {
        json!({
            "name": self.name, "pool": self.pool.name(), "load": self.load, "size": self.size,
            "timeout_ms": self.timeout.as_millis() as u64, "seconds": self.seconds, "steps": self.steps,
            "hold": self.hold.to_string(), "seed": self.seed, "slow": self.slow, "leak": self.leak,
            "backoff_ms": self.retries.map(|backoff| backoff.as_millis() as u64), "limit": self.limit, "workers": self.workers,
        })
    }
}

fn steady(pool: Product) -> Run {
    Run::new(pool, "steady", 1)
}

fn lognormal(pool: Product) -> Run {
    Run { steps: vec![(0.0, 90.0)], hold: Law::Lognormal(30.0), ..Run::new(pool, "lognormal", 2) }
}

fn overload(pool: Product) -> Run {
    // PgBouncer looks for whom it has kept waiting three times a second.
    let timeout = Duration::from_millis(if pool == PgBouncer { 1000 } else { 250 });
    Run { steps: vec![(0.0, 144.0)], timeout, seconds: 30.0, ..Run::new(pool, "overload", 3) }
}

fn spike(pool: Product) -> Run {
    let steps = vec![(0.0, 60.0), (10.0, 240.0), (16.0, 60.0)];
    Run { steps, timeout: Duration::from_secs(1), seconds: 30.0, ..Run::new(pool, "spike", 4) }
}

fn leak(pool: Product) -> Run {
    let (size, timeout) = (10, Duration::from_secs(1));
    Run { steps: vec![(0.0, 100.0)], size, timeout, leak: 0.01, ..Run::new(pool, "leak", 5) }
}

fn slow(pool: Product) -> Run {
    let timeout = Duration::from_secs(1);
    Run { steps: vec![(0.0, 60.0)], timeout, slow: Some((12.0, 24.0, 8)), ..Run::new(pool, "slow", 6) }
}

fn retries(pool: Product, backoff: u64) -> Run {
    let load = if backoff == 0 { "retry_at_once" } else { "retry_later" };
    let retries = Some(Duration::from_millis(backoff));
    Run { load, name: format!("{}_{load}", pool.name()), retries, ..spike(pool) }
}

fn refusal(pool: Product) -> Run {
    let timeout = Duration::from_secs(1);
    Run { steps: vec![(0.0, 70.0)], timeout, limit: Some(4), ..Run::new(pool, "refusal", 8) }.lasting(30.0)
}

fn nested(pool: Product, workers: u32) -> Run {
    let load = if workers == 5 { "nested5" } else { "nested6" };
    let (timeout, hold) = (Duration::from_secs(1), Law::Exponential(20.0));
    Run { steps: Vec::new(), timeout, hold, workers: Some(workers), ..Run::new(pool, load, 9) }.lasting(20.0)
}

fn restart(pool: Product) -> Run {
    let timeout = Duration::from_secs(1);
    Run { steps: vec![(0.0, 60.0)], timeout, down: Some((10.0, 12.0)), ..Run::new(pool, "restart", 10) }
}

/// What goes on side by side: holds sleep, so that a few runs do not disturb each other.
pub type Group = Vec<Run>;

/// All of it, in some seven minutes.
pub fn full() -> Vec<Group> {
    let of = |pools: &[Product], run: fn(Product) -> Run| pools.iter().map(|pool| run(*pool)).collect::<Group>();
    let nested = |workers| RUST.iter().map(|pool| nested(*pool, workers)).collect::<Group>();
    vec![
        of(&ALL, steady),
        of(&ALL, lognormal),
        of(&ALL, overload),
        of(&ALL, spike),
        of(&RUST, leak),
        of(&ALL, slow),
        vec![retries(Bb8, 0), retries(Deadpool, 200), retries(R2d2, 200)],
        // When it falls over it takes the processors with it.
        vec![retries(Sqlx, 0)],
        of(&RUST, refusal),
        nested(5),
        nested(6),
        of(&ALL, restart),
    ]
}

/// A part that takes half a minute, all of it side by side.
pub fn short() -> Vec<Group> {
    let mut group: Group = ALL.iter().map(|pool| steady(*pool).lasting(12.0)).collect();
    group.extend([overload(Deadpool).lasting(12.0), spike(Sqlx).lasting(22.0)]);
    vec![group]
}
