//! `poolwise gate`: whether what scenario files assert holds.

use super::chance::Chance;
use super::{Bar, as_json, beside, print, read, spans, tell};
use clap::{Args, ValueEnum};
use poolwise::gate::junit::junit;
use poolwise::gate::text::{markdown, text};
use poolwise::gate::{Answer, Gate, Verdict};
use poolwise::import::arrivals;
use poolwise::problem::{Problem, Problems};
use poolwise::scenario::{self, Scenario, set};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub const HELP: &str = "\
Examples:
  poolwise gate book/src/scenarios/steady.toml
  poolwise gate pools/*.toml --format junit > gate.xml
  poolwise gate checkout.toml --set pool.max_size=12 --set database.cores=4

A scenario file says what must hold:
  [[assert]]
  that = \"wait.p99 <= 50ms\"

Exit codes: 0 all hold, 1 an assertion does not, 2 bad input, 3 no pool size meets the objectives.";

#[derive(Args)]
pub struct Arguments {
    /// Scenario files with [[assert]], TOML or JSON; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Set any key in every file, e.g. pool.max_size=40; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    #[command(flatten)]
    chance: Chance,
    /// The most replications of a number (default 80), and in how many never and within must hold (default 10)
    #[arg(long)]
    replications: Option<u32>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    /// XML for a server of continuous integration
    Junit,
    /// A table for a comment on a merge request
    Markdown,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Problems> {
    arguments.chance.use_threads()?;
    let mut gate = arguments.prepare()?;
    let bar = Bar::new();
    let answer = gate.finish(|progress| bar.show(progress));
    bar.clear();
    caution(&answer);
    print(&match arguments.format {
        Format::Text => text(&answer),
        Format::Json => as_json(&answer),
        Format::Junit => junit(&answer),
        Format::Markdown => markdown(&answer),
    })?;
    Ok(code(&answer))
}

/// That there is no size at all is said before that some assertion fails.
fn code(answer: &Answer) -> ExitCode {
    match answer.assertions().any(|one| one.verdict == Verdict::NoSize) {
        true => ExitCode::from(3),
        false if answer.holds => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    }
}

/// What may surprise, said of each file.
fn caution(answer: &Answer) {
    let of = |file: &str, problem: &Problem| Problem { path: format!("{file}: {}", problem.path), ..problem.clone() };
    let all = answer.files.iter().flat_map(|file| file.cautions.iter().map(|problem| of(&file.file, problem)));
    tell(&all.collect::<Vec<_>>());
}

impl Arguments {
    /// All that is wrong at once: the options and every file.
    fn prepare(&self) -> Result<Gate, Problems> {
        let mut problems = Problems::default();
        if self.files.iter().filter(|path| *path == Path::new("-")).count() > 1 {
            return Err(Problems::one("-", "standard input can be read once only"));
        }
        let options = self.chance.options(self.replications);
        let mut scenarios: Vec<(String, Scenario)> = Vec::new();
        for path in &self.files {
            match scenario(path, &self.sets) {
                Ok(scenario) => scenarios.push((path.display().to_string(), scenario)),
                Err(e) => problems.problems.extend(e.in_file(path).problems),
            }
        }
        // With no sound file left, the options are still to be judged.
        let gate = if scenarios.is_empty() {
            options.check().map(|_| None)
        } else {
            Gate::new(&scenarios, &options).map(Some)
        };
        match gate {
            Ok(Some(gate)) if problems.can_run() => Ok(gate),
            Ok(_) => Err(problems),
            Err(e) => {
                problems.problems.extend(e.problems);
                Err(problems)
            }
        }
    }
}

/// The scenario of a file, which makes sense.
fn scenario(path: &Path, sets: &[String]) -> Result<Scenario, Problems> {
    // A file that can not be read says its name itself.
    let text = read(path).map_err(|e| match e.problems.as_slice() {
        [only] => Problems::one("", only.message.clone()),
        _ => e,
    })?;
    let mut document = scenario::parse(&text)?;
    // Its variants are those of the scenario as it is written.
    if let (false, Some(table)) = (sets.is_empty(), document.as_object_mut()) {
        table.remove("variant");
    }
    let mut problems = Problems::default();
    for text in sets {
        match text.split_once('=') {
            Some((path, value)) => {
                spans::apart(path);
                set(&mut document, path.trim(), value.trim()).unwrap_or_else(|e| problems.problems.extend(e.problems))
            }
            None => problems.error(format!("--set {text}"), "expected path=value, such as pool.max_size=40"),
        }
    }
    let read = Scenario::read(document).and_then(|mut scenario| {
        arrivals::attach(&mut scenario, beside(Some(path)))?;
        scenario.check().map(|_| scenario)
    });
    match read {
        Ok(scenario) if problems.can_run() => Ok(scenario),
        Ok(_) => Err(problems),
        Err(e) => {
            problems.problems.extend(e.problems);
            Err(problems)
        }
    }
}
