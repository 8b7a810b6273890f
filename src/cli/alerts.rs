//! `poolwise alerts`: which alerts tell of incidents in time, and rules for Prometheus.

use super::chance::Chance;
use super::{Bar, as_json, beside, print, read, tell, write_whole};
use clap::{Args, ValueEnum};
use poolwise::alerting::prometheus::{Exporter, rules};
use poolwise::alerting::text::{markdown, text};
use poolwise::alerting::{Ranker, Ranking};
use poolwise::import::arrivals;
use poolwise::problem::{Problem, Problems, shown};
use poolwise::scenario::{self, Model, Scenario};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub const HELP: &str = "\
Examples:
  poolwise alerts book/src/scenarios/slow-query.toml book/src/scenarios/leak.toml
  poolwise alerts incidents/*.toml --format prometheus --runbook https://runbooks.example/pool -o pool-alerts.yml
  promtool check rules pool-alerts.yml";

#[derive(Args)]
pub struct Arguments {
    /// Scenario files, TOML or JSON; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    scenarios: Vec<PathBuf>,
    #[command(flatten)]
    chance: Chance,
    /// Independent replications of each scenario, and of each healthy run (default 5)
    #[arg(long)]
    replications: Option<u32>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Who exports the metrics of the pools, for the format prometheus (default hikaricp)
    #[arg(long, value_enum)]
    exporter: Option<Source>,
    /// Where people read on, for the format prometheus
    #[arg(long, value_name = "URL")]
    runbook: Option<String>,
    /// Where to write the answer instead of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
    Prometheus,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Source {
    /// HikariCP by Micrometer, as Spring Boot has it
    Hikaricp,
    /// HikariCP by its own tracker for Prometheus
    HikaricpNative,
    /// OpenTelemetry's semantic conventions
    Otel,
    /// Go's database/sql by client_golang
    GoSql,
    /// PgBouncer by pgbouncer_exporter
    Pgbouncer,
}

impl Source {
    fn exporter(self) -> Exporter {
        match self {
            Self::Hikaricp => Exporter::Hikaricp,
            Self::HikaricpNative => Exporter::HikaricpNative,
            Self::Otel => Exporter::Otel,
            Self::GoSql => Exporter::GoSql,
            Self::Pgbouncer => Exporter::Pgbouncer,
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Problems> {
    arguments.chance.use_threads()?;
    let mut ranker = arguments.prepare()?;
    let bar = Bar::new();
    let ranking = ranker.finish(|progress| bar.show(progress));
    bar.clear();
    caution(&ranking);
    let answer = match arguments.format {
        Format::Text => text(&ranking),
        Format::Json => as_json(&ranking),
        Format::Markdown => markdown(&ranking),
        Format::Prometheus => {
            rules(&ranking, arguments.exporter.unwrap_or(Source::Hikaricp).exporter(), arguments.runbook.as_deref())
        }
    };
    match &arguments.output {
        None => print(&answer)?,
        Some(path) => write_whole(path, &answer)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What may surprise, said of each scenario.
fn caution(ranking: &Ranking) {
    let of = |name: &str, problem: &Problem| Problem { path: format!("{name}: {}", problem.path), ..problem.clone() };
    let all = ranking.scenarios.iter().flat_map(|s| s.cautions.iter().map(|problem| of(&s.name, problem)));
    tell(&all.collect::<Vec<_>>());
}

impl Arguments {
    /// All that is wrong at once: the options and every scenario.
    fn prepare(&self) -> Result<Ranker, Problems> {
        let mut problems = Problems::default();
        let options = self.chance.options(self.replications);
        if let Err(e) = options.check() {
            problems.problems.extend(e.problems);
        }
        let given = [("--exporter", self.exporter.is_some()), ("--runbook", self.runbook.is_some())];
        for (option, _) in given.into_iter().filter(|(_, given)| *given && self.format != Format::Prometheus) {
            problems.error(option, "has a meaning for --format prometheus only");
        }
        let is_address = |url: &str| {
            let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty()) && !url.contains(|c: char| c.is_whitespace() || c.is_control())
        };
        if let Some(url) = self.runbook.as_deref().filter(|url| !is_address(url)) {
            let message = format!("expected an address such as https://runbooks.example/pool, found {}", shown(url));
            problems.error("--runbook", message);
        }
        if self.scenarios.iter().filter(|path| *path == Path::new("-")).count() > 1 {
            problems.error("-", "standard input can be read once only");
            return Err(problems);
        }
        let same =
            |path: &PathBuf, output: &Path| path.exists() && path.canonicalize().ok() == output.canonicalize().ok();
        if let Some(output) = &self.output
            && self.scenarios.iter().any(|path| same(path, output))
        {
            problems.error("--output", "is one of the scenarios");
        }
        let mut models: Vec<(PathBuf, Model)> = Vec::new();
        for path in &self.scenarios {
            match model(path) {
                Ok(model) => models.push((path.clone(), model)),
                Err(e) => problems.problems.extend(e.in_file(path).problems),
            }
        }
        if !problems.can_run() {
            return Err(problems);
        }
        Ranker::new(&named(models), &options)
    }
}

fn model(path: &Path) -> Result<Model, Problems> {
    // A file that can not be read says its name itself.
    let text = read(path).map_err(|e| match e.problems.as_slice() {
        [only] => Problems::one("", only.message.clone()),
        _ => e,
    })?;
    let mut scenario = Scenario::read(scenario::parse(&text)?)?;
    arrivals::attach(&mut scenario, beside(Some(path)))?;
    scenario.check()
}

/// Each by the name that it has, or by its file where two have the same.
fn named(models: Vec<(PathBuf, Model)>) -> Vec<(String, Model)> {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<String> =
        models.iter().map(|(_, model)| model.name().to_owned()).filter(|name| !seen.insert(name.clone())).collect();
    let name = |(path, model): (PathBuf, Model)| match twice.contains(model.name()) {
        true => (path.display().to_string(), model),
        false => (model.name().to_owned(), model),
    };
    models.into_iter().map(name).collect()
}
