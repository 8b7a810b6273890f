//! `poolwise budget`: whether the pools of many services fit one database.

use super::chance::Chance;
use super::{Format, beside, progress_bar, read, tell};
use clap::Args;
use poolwise::budget::{Budget, share, text};
use poolwise::problem::Problems;
use std::path::PathBuf;
use std::process::ExitCode;

pub const HELP: &str = "\
Examples:
  poolwise budget fleet.toml
  poolwise budget fleet.toml --format json

A file such as
  [database]
  max_connections = 200
  reserved = 10

  [[service]]
  name = \"shop\"
  rate = \"800/s\"
  hold = \"lognormal(p50=5ms, p99=80ms)\"
  instances = 6
  slo = \"wait.p99 <= 50ms\"

Exit codes: 0 it fits, 2 bad input, 3 it does not fit, or no size meets the objectives of a service.";

#[derive(Args)]
pub struct Arguments {
    /// File with [database] and a [[service]] for each service, TOML or JSON; - reads standard input
    file: PathBuf,
    #[command(flatten)]
    chance: Chance,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Problems> {
    arguments.chance.use_threads()?;
    let (file, options) = (&arguments.file, arguments.chance.options(None));
    let mut problems = options.check().err().unwrap_or_default();
    let budget = Budget::read(&read(file)?, beside(Some(file))).map_err(|e| e.in_file(file));
    let budget = budget.map_err(|e| problems.problems.extend(e.problems));
    let Some(budget) = budget.ok().filter(|_| problems.can_run()) else { return Err(problems) };
    let bar = progress_bar("{msg} {wide_bar} {pos}/{len}");
    let answer = share(&budget, &options, &|what, done, total| {
        bar.set_message(what);
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    tell(&answer.cautions);
    arguments.format.print(&answer, || text(&answer))?;
    Ok(if answer.fits { ExitCode::SUCCESS } else { ExitCode::from(3) })
}
