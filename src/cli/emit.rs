//! `poolwise emit`: the settings of a real pool, to be pasted.

use super::{Bar, as_json, print, say, tell, write_whole};
use clap::Args;
use poolwise::advise;
use poolwise::emit::{Settings, TARGETS, Target, emit, target};
use poolwise::problem::{Problems, nearest, shown};
use poolwise::scenario::{Model, SCHEMA_VERSION, Scenario};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

pub const HELP: &str = "\
Examples:
  poolwise emit --list
  poolwise emit hikaricp book/src/scenarios/steady.toml > application.yml
  poolwise emit pgbouncer --rate 1000/s --hold 'lognormal(p50=5ms, p99=80ms)' --slo 'wait.p99 <= 20ms'
  poolwise emit django shop.toml --size 12 --set client.timeout=3s

Without --size it takes the size that recommend recommends.";

#[derive(Args)]
pub struct Arguments {
    /// Which pool: see --list
    #[arg(required_unless_present = "list")]
    target: Option<String>,
    /// Every pool that settings can be written for, with its version
    #[arg(long)]
    list: bool,
    /// Connections of each instance's pool, instead of the recommended number
    #[arg(long, value_name = "CONNECTIONS", value_parser = clap::value_parser!(u32).range(1..))]
    size: Option<u32>,
    /// Where to write the settings instead of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
    #[command(flatten)]
    run: super::Run,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Problems> {
    if arguments.list {
        let line = |t: &Target| format!("{:14} {} ({})\n", t.name, t.version, t.file);
        let all: Vec<_> = TARGETS.iter().map(of_the_target).collect();
        let all = json!({ "schema_version": SCHEMA_VERSION, "version": poolwise::report::VERSION, "targets": all });
        return arguments.run.format.print(&all, || TARGETS.iter().map(line).collect());
    }
    let Prepared { target, written, scenario, model } = arguments.prepare()?;
    super::chance::use_threads(arguments.run.threads)?;
    let size = match arguments.size {
        Some(size) => {
            tell(&model.cautions().problems);
            size
        }
        None => {
            let bar = Bar::new();
            let answer = advise::size(&written, &arguments.run.options()?, |_, progress| bar.show(progress))?;
            bar.clear();
            tell(&answer.cautions);
            say(&answer.sentence);
            match answer.recommended {
                Some(recommended) => recommended.max_size,
                None => return Ok(ExitCode::from(3)),
            }
        }
    };
    let settings = Settings::of(&scenario, &model, size, command());
    let text = match arguments.run.format {
        super::Format::Text => emit(target, &settings),
        super::Format::Json => as_json(&about(target, &settings)),
    };
    match &arguments.output {
        None => print(&text)?,
        Some(path) => write_whole(path, &text)?,
    }
    Ok(ExitCode::SUCCESS)
}

struct Prepared {
    target: &'static Target,
    /// The scenario with its ranges.
    written: Scenario,
    /// With each range at its middle.
    scenario: Scenario,
    model: Model,
}

impl Arguments {
    /// Target, scenario and its model, or all that is wrong with them.
    fn prepare(&self) -> Result<Prepared, Problems> {
        let mut problems = Problems::default();
        let found = problems.keep("TARGET", known(self.target.as_deref().unwrap_or_default()));
        let same = |output: &PathBuf| {
            let of = |path: &PathBuf| path.canonicalize().ok();
            output.exists() && self.run.file.as_ref().is_some_and(|file| of(file) == of(output))
        };
        if self.output.as_ref().is_some_and(same) {
            problems.error("--output", "is the scenario itself");
        }
        let sized = self.run.scenario().and_then(|written| {
            let scenario = advise::certain(&written)?;
            scenario.check()?;
            Ok((self.sized(&scenario).check()?, scenario, written))
        });
        match (found, sized) {
            (Some(target), Ok((model, scenario, written))) if problems.can_run() => {
                Ok(Prepared { target, written, scenario, model })
            }
            (_, sized) => {
                problems.problems.extend(sized.err().unwrap_or_default().problems);
                Err(problems)
            }
        }
    }

    /// With --size, the scenario as it is with that size, checked like any other. A smaller pool keeps no more open than it has.
    fn sized(&self, scenario: &Scenario) -> Scenario {
        let mut scenario = scenario.clone();
        if let (Some(size), Some(pool)) = (self.size, scenario.pool.first_mut()) {
            let keeps = pool.min_idle.as_ref().and_then(|written| written.to_string().parse::<u32>().ok());
            pool.max_size = Some(size.into());
            if keeps.is_some_and(|keeps| keeps > size) {
                pool.min_idle = Some(size.into());
            }
        }
        scenario
    }
}

fn known(name: &str) -> Result<&'static Target, String> {
    target(name).ok_or_else(|| {
        let names = || TARGETS.iter().flat_map(|t| t.also.iter().chain([&t.name])).copied();
        let meant = nearest(name, names()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
        let all = TARGETS.iter().map(|t| t.name).collect::<Vec<_>>().join(", ");
        format!("no pool is called {}{meant} (known: {all})", shown(name))
    })
}

/// The command as a shell reads it.
fn command() -> String {
    let plain = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || "-_./=:,+@%".contains(c));
    let quoted = |word: String| if plain(&word) { word } else { format!("'{}'", word.replace('\'', r"'\''")) };
    let words = std::env::args_os().skip(1).map(|word| quoted(word.to_string_lossy().into_owned()));
    ["poolwise".to_owned()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

fn about(target: &Target, settings: &Settings) -> serde_json::Value {
    let keys = target.keys.iter().map(|k| json!({ "key": k.key, "default": k.default, "source": k.source }));
    json!({
        "schema_version": SCHEMA_VERSION,
        "version": poolwise::report::VERSION,
        "scenario": settings.scenario,
        "scenario_hash": format!("{:016x}", settings.hash),
        "target": of_the_target(target),
        "keys": keys.collect::<Vec<_>>(),
        "instances": settings.instances,
        "settings": settings.aligned,
        "text": emit(target, settings),
    })
}

fn of_the_target(target: &Target) -> serde_json::Value {
    json!({ "name": target.name, "product": target.product, "version": target.version, "file": target.file })
}
