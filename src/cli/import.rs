//! `poolwise import`: a scenario of what databases, pools and load tests export.

use super::{print, say, write_whole};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use poolwise::import::{Given, Kind, Moment, Source, import};
use poolwise::problem::{Problems, plain};
use poolwise::report::VERSION;
use poolwise::scenario::Scenario;
use poolwise::units::{Rate, Span};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub const HELP: &str = "\
Examples:
  poolwise import pg-stat-statements export.csv --observed 6h -o shop.toml
  poolwise import prometheus before.prom after.prom --observed 60s -o shop.toml
  poolwise import pgbouncer pools.txt stats.txt -o pooler.toml
  poolwise recommend shop.toml

The scenario says where each of its numbers comes from, and what can not be known.";

#[derive(Subcommand)]
pub enum Import {
    #[command(about = Kind::PgStatStatements.about(), after_help = Kind::PgStatStatements.how())]
    PgStatStatements {
        #[command(flatten)]
        common: Common,
        /// When the export was made, e.g. '2026-01-05 12:00:00+00': with stats_since, from PostgreSQL 17 on, in place of --observed
        #[arg(long)]
        at: Option<String>,
    },
    #[command(about = Kind::PgStatActivity.about(), after_help = Kind::PgStatActivity.how())]
    PgStatActivity(Common),
    #[command(about = Kind::Prometheus.about(), after_help = Kind::Prometheus.how())]
    Prometheus(Common),
    #[command(about = Kind::Pgbouncer.about(), after_help = Kind::Pgbouncer.how())]
    Pgbouncer(Common),
    #[command(about = Kind::Pgbench.about(), after_help = Kind::Pgbench.how())]
    Pgbench(Common),
    #[command(about = Kind::K6.about(), after_help = Kind::K6.how())]
    K6(Common),
    #[command(about = Kind::Latencies.about(), after_help = Kind::Latencies.how())]
    Latencies {
        #[command(flatten)]
        common: Common,
        /// The unit of numbers without one: ns, us, ms, s or m
        #[arg(long)]
        unit: Option<String>,
    },
    #[command(about = Kind::Arrivals.about(), after_help = Kind::Arrivals.how())]
    Arrivals {
        #[command(flatten)]
        common: Common,
        /// The length of an interval of counts, e.g. 1m
        #[arg(long)]
        every: Option<String>,
    },
}

#[derive(Args)]
pub struct Common {
    /// What is to be read; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How long the numbers cover, e.g. 45s or 6h; of two scrapes, the time between them
    #[arg(long, visible_alias = "apart")]
    observed: Option<String>,
    /// Requests over the whole fleet, e.g. 200/s, where the files do not say it
    #[arg(long)]
    rate: Option<String>,
    /// How long a connection is held, e.g. 'lognormal(p50=5ms, p99=80ms)', where the files do not say it
    #[arg(long)]
    hold: Option<String>,
    /// Where to write the scenario instead of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
}

pub fn run(asked: &Import) -> Result<ExitCode, Problems> {
    let (mut at, mut unit, mut every) = (&None, &None, &None);
    let (kind, common) = match asked {
        Import::PgStatStatements { common, at: moment } => {
            at = moment;
            (Kind::PgStatStatements, common)
        }
        Import::PgStatActivity(common) => (Kind::PgStatActivity, common),
        Import::Prometheus(common) => (Kind::Prometheus, common),
        Import::Pgbouncer(common) => (Kind::Pgbouncer, common),
        Import::Pgbench(common) => (Kind::Pgbench, common),
        Import::K6(common) => (Kind::K6, common),
        Import::Latencies { common, unit: name } => {
            unit = name;
            (Kind::Latencies, common)
        }
        Import::Arrivals { common, every: length } => {
            every = length;
            (Kind::Arrivals, common)
        }
    };
    let mut problems = Problems::default();
    let mut span =
        |path: &str, text: &Option<String>| text.as_ref().and_then(|text| problems.keep(path, Span::parse(text)));
    let (observed, every) = (span("--observed", &common.observed), span("--every", every));
    let unit = unit.as_ref().and_then(|name| problems.keep("--unit", read_unit(name)));
    let at = at.as_ref().and_then(|text| problems.keep("--at", Moment::parse(text)));
    let rate = common.rate.as_ref().and_then(|text| problems.keep("--rate", Rate::parse(text)));
    let given = Given { observed, at, rate: rate.map(Rate::as_per_second), hold: common.hold.clone(), unit, every };
    if !problems.can_run() {
        return Err(problems);
    }
    common.not_over_a_source()?;
    let bar = progress(&common.files);
    let sources = common.files.iter().map(|file| common.source(kind, file, &bar)).collect::<Result<Vec<_>, _>>()?;
    let imported = import(kind, sources, &given);
    bar.finish_and_clear();
    let imported = imported?;
    imported.notes.iter().for_each(|note| say(note));
    common.write(&text_of(&imported.scenario, &imported.notes, &common.files)?)
}

fn read_unit(name: &str) -> Result<f64, String> {
    Span::parse(&format!("1{}", name.trim()))
        .map(Span::seconds)
        .map_err(|_| format!("must be ns, us, ms, s, m, h or d, found {}", poolwise::problem::shown(name)))
}

impl Common {
    fn not_over_a_source(&self) -> Result<(), Problems> {
        let Some(output) = &self.output else { return Ok(()) };
        let same = |file: &PathBuf| output.exists() && output.canonicalize().ok() == file.canonicalize().ok();
        if self.files.iter().any(same) { Err(Problems::one("--output", "is the export itself")) } else { Ok(()) }
    }

    /// The file with its name: as it was given, or, where the scenario names it, as it is found from there.
    fn source(&self, kind: Kind, file: &Path, bar: &ProgressBar) -> Result<Source<'static>, Problems> {
        let fail = |why: String| Problems::one(file.display().to_string(), why);
        let standard = file == Path::new("-");
        if standard && kind == Kind::Arrivals {
            return Err(fail("a scenario names the file of its arrivals: write them to one first".into()));
        }
        let input: Box<dyn Read> = if standard {
            Box::new(std::io::stdin())
        } else {
            let opened = std::fs::File::open(file).map_err(|e| fail(format!("can not be read: {e}")))?;
            if opened.metadata().is_ok_and(|about| about.is_dir()) {
                return Err(fail("is a folder: give the file".into()));
            }
            Box::new(opened)
        };
        let name = if kind == Kind::Arrivals { self.name_in_the_scenario(file) } else { file.to_owned() };
        let reader = BufReader::with_capacity(1 << 16, bar.wrap_read(input));
        Ok((name.display().to_string(), Box::new(reader)))
    }

    fn name_in_the_scenario(&self, file: &Path) -> PathBuf {
        let folder = self.output.as_deref().map_or(Path::new(""), |path| path.parent().unwrap_or(Path::new("")));
        let beside = file.strip_prefix(folder).ok().filter(|_| file.is_relative() == folder.is_relative());
        match beside {
            Some(path) => path.to_owned(),
            None => file.canonicalize().unwrap_or_else(|_| file.to_owned()),
        }
    }

    fn write(&self, text: &str) -> Result<ExitCode, Problems> {
        match &self.output {
            None => print(text)?,
            Some(path) => write_whole(path, text)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn text_of(scenario: &Scenario, notes: &[String], files: &[PathBuf]) -> Result<String, Problems> {
    let toml = toml::to_string(scenario).map_err(|e| Problems::one("", e.to_string()))?;
    let head: String = notes.iter().map(|note| format!("# {}\n", plain(note))).collect();
    let names: Vec<String> = files.iter().map(|file| plain(&file.display().to_string())).collect();
    Ok(format!("# Made from {} by poolwise {VERSION}.\n{head}\n{toml}", names.join(", ")))
}

/// How much is read, by bytes; nothing where there is no terminal, and a spinner where the size is not known.
fn progress(files: &[PathBuf]) -> ProgressBar {
    if !super::talk::progress() {
        return ProgressBar::hidden();
    }
    let sizes: Option<u64> = files.iter().map(|file| Some(file.metadata().ok().filter(|m| m.is_file())?.len())).sum();
    let (bar, template) = match sizes {
        Some(bytes) => (ProgressBar::new(bytes), "  reading {wide_bar} {bytes} of {total_bytes}"),
        None => (ProgressBar::new_spinner(), "  reading {spinner} {bytes}"),
    };
    ProgressStyle::with_template(template).map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}
