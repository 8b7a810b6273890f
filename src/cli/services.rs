//! `poolwise services`: a CSV of services in, a CSV of answers out.

use super::chance::Chance;
use super::{print, progress_bar, read, say, tell, write_whole};
use clap::Args;
use poolwise::budget::SHORT;
use poolwise::budget::services::{self, HEAD, Row, Sized, csv_row};
use poolwise::problem::{Problem, Problems};
use std::path::PathBuf;
use std::process::ExitCode;

pub const HELP: &str = "\
Examples:
  poolwise services services.csv > sizes.csv
  poolwise services --columns

A file such as
  name,rate,p50,p99,instances,slo,pool.acquire_timeout
  shop,800/s,5ms,80ms,4,wait.p99 <= 20ms,2s

Exit codes: 0 done, 2 bad input (with --keep-going the good rows are answered all the same), 3 no size meets the objectives of some.";

#[derive(Args)]
pub struct Arguments {
    /// CSV with a row for each service; - reads standard input
    #[arg(required_unless_present = "columns")]
    file: Option<PathBuf>,
    /// The short names of columns; every key of a scenario is one too
    #[arg(long)]
    columns: bool,
    /// Answer the good rows although others are bad: those get their problem as the answer
    #[arg(long)]
    keep_going: bool,
    /// Set any key in every row, e.g. pool.acquire_timeout=2s; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    #[command(flatten)]
    chance: Chance,
    /// Where to write the answers instead of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Problems> {
    if arguments.columns {
        print(&SHORT.iter().map(|s| format!("{:16} {:22} {}\n", s.name, s.path, s.gloss)).collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    arguments.chance.use_threads()?;
    let (rows, bad) = arguments.prepare()?;
    let options = arguments.chance.options(None);
    let bar = progress_bar("sizing {wide_bar} {pos}/{len} services, {eta} left");
    bar.set_length(rows.len() as u64);
    let (mut text, mut sizeless, mut failed) = (HEAD.to_owned(), 0, bad);
    let streams = arguments.output.is_none();
    let mut sound = rows.iter().map(|row| row.model.is_ok());
    let done = services::size_all(&rows, &options, |sized: Sized| {
        // What is wrong with the file itself is known already.
        let sound = sound.next() == Some(true);
        match &sized.answer {
            Ok(answer) => sizeless += u32::from(answer.recommended.is_none()),
            Err(problems) if sound => failed.problems.extend(problems.problems.clone()),
            Err(_) => {}
        }
        text += &csv_row(&sized);
        bar.inc(1);
        let ready = if streams { std::mem::take(&mut text) } else { String::new() };
        bar.suspend(|| print(&ready))
    });
    bar.finish_and_clear();
    done?;
    if let Some(path) = &arguments.output {
        write_whole(path, &text)?;
    }
    if !failed.problems.is_empty() {
        tell(&failed.problems);
        return Ok(ExitCode::from(2));
    }
    if sizeless > 0 {
        say(&format!("{sizeless} of {} services have no pool size that meets their objectives", rows.len()));
        return Ok(ExitCode::from(3));
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    /// The rows, and what is wrong with some; all that is wrong, unless it is to go on.
    fn prepare(&self) -> Result<(Vec<Row>, Problems), Problems> {
        let path = self.file.clone().unwrap_or_default();
        let mut problems = Problems::default();
        if let Err(e) = self.chance.options(None).check() {
            problems.problems.extend(e.problems);
        }
        for text in self.sets.iter().filter(|text| !text.contains('=')) {
            problems.error(format!("--set {text}"), "expected path=value, such as pool.max_size=40");
        }
        if self.output.as_ref().is_some_and(|o| o.exists() && o.canonicalize().ok() == path.canonicalize().ok()) {
            problems.error("--output", "is the file of the services itself");
        }
        let rows = services::read(&read(&path)?, &self.sets).map_err(|e| {
            let mut all = problems.clone();
            all.problems.extend(e.in_file(&path).problems);
            all
        })?;
        if !problems.can_run() {
            return Err(problems);
        }
        let of = |e: &Problems| e.clone().in_file(&path).problems;
        let bad: Vec<Problem> = rows.iter().filter_map(|row| row.model.as_ref().err()).flat_map(of).collect();
        let bad = Problems { problems: bad };
        let none = rows.iter().all(|row| row.model.is_err());
        if !bad.problems.is_empty() && (!self.keep_going || none) { Err(bad) } else { Ok((rows, bad)) }
    }
}
