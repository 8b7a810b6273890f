//! What a command that simulates takes besides its own: a seed, and on how many threads.

use clap::Args;
use poolwise::experiment::Options;
use poolwise::problem::Problems;

#[derive(Args)]
pub struct Chance {
    /// Keys all chance
    #[arg(long)]
    pub seed: Option<u64>,
    /// Threads; the result does not depend on them
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

impl Chance {
    pub fn options(&self, replications: Option<u32>) -> Options {
        Options { seed: self.seed, replications, precision: None }
    }

    pub fn use_threads(&self) -> Result<(), Problems> {
        use_threads(self.threads)
    }
}

pub fn use_threads(threads: Option<u16>) -> Result<(), Problems> {
    let Some(threads) = threads else { return Ok(()) };
    let built = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
    built.map_err(|e| Problems::one("--threads", e.to_string()))
}
