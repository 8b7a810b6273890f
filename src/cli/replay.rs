//! `poolwise replay`: the report of an incident.

use super::chance::Chance;
use super::{Bar, as_json, print, tell, write_whole};
use clap::{Args, ValueEnum};
use poolwise::experiment::Experiment;
use poolwise::problem::Problems;
use poolwise::replay;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub struct Arguments {
    /// Scenario file, TOML or JSON; - reads standard input
    scenario: PathBuf,
    /// Where to write the report instead of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Set any key of the scenario, e.g. pool.max_size=40; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    #[command(flatten)]
    chance: Chance,
    /// Independent replications (default 10)
    #[arg(long)]
    replications: Option<u32>,
    /// How to write the report: for a terminal, for a ticket, for scripts, or as one page
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Markdown,
    Json,
    Html,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Problems> {
    let run = super::Run {
        file: Some(arguments.scenario.clone()),
        rate: None,
        hold: None,
        slo: Vec::new(),
        instances: None,
        sets: arguments.sets.clone(),
        seed: arguments.chance.seed,
        replications: arguments.replications,
        precision: None,
        threads: arguments.chance.threads,
        format: super::Format::Text,
    };
    let same = |path: &PathBuf| path.exists() && path.canonicalize().ok() == arguments.scenario.canonicalize().ok();
    if arguments.output.as_ref().is_some_and(same) {
        return Err(Problems::one("--output", "is the scenario itself"));
    }
    // All that is wrong at once, whatever of it is found first.
    let model = match (run.model(), run.options()?.check()) {
        (Ok(model), Ok(_)) => model,
        (Err(mut problems), Err(more)) => {
            problems.problems.extend(more.problems);
            return Err(problems);
        }
        (Err(problems), _) | (_, Err(problems)) => return Err(problems),
    };
    let mut experiment = Experiment::new(&model, &run.options()?)?;
    let bar = Bar::new();
    let report = experiment.finish(|progress| bar.show(progress));
    bar.clear();
    let answer = replay::replay(&model, report);
    tell(&answer.cautions);
    tell(&answer.report.cautions);
    let text = match arguments.format {
        Format::Text => replay::text(&answer),
        Format::Markdown => replay::markdown(&answer),
        Format::Json => as_json(&answer),
        Format::Html => replay::html(&answer),
    };
    match &arguments.output {
        None => print(&text)?,
        Some(path) => write_whole(path, &text)?,
    }
    Ok(ExitCode::SUCCESS)
}
