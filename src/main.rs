//! The command line: data on stdout, talk on stderr; exit code 0 done, 1 an assertion of a gate fails, 2 bad input, 3 no size meets
//! the objectives.

use clap::{Args, Parser, Subcommand, ValueEnum};
use poolwise::diagnose::{self, Symptoms};
use poolwise::experiment::{Experiment, Options, Progress};
use poolwise::import::{arrivals, prometheus, sweep};
use poolwise::problem::{Problem, Problems, Severity};
use poolwise::scenario::{self, Model, SCHEMA_VERSION, Scenario, set};
use poolwise::units::{Probability, Span};
use poolwise::{advise, fit, plan, report, theory};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[path = "cli/alerts.rs"]
mod alerts;
#[path = "cli/budget.rs"]
mod budget;
#[path = "cli/chance.rs"]
mod chance;
#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/completions.rs"]
mod completions;
#[path = "cli/emit.rs"]
mod emit;
#[path = "cli/gate.rs"]
mod gate;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/lists.rs"]
mod lists;
#[path = "cli/new.rs"]
mod new;
#[path = "cli/places.rs"]
mod places;
#[path = "cli/plot.rs"]
mod plot;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/services.rs"]
mod services;
#[path = "cli/spans.rs"]
mod spans;
#[path = "cli/sweep.rs"]
mod sweeping;
#[path = "cli/talk.rs"]
mod talk;

/// Size a connection pool, and see what it does under load.
#[derive(Parser)]
#[command(name = "poolwise", version, about, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    talk: talk::Options,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  poolwise recommend --rate 1000/s --hold 'lognormal(p50=5ms, p99=80ms)' --slo 'wait.p99 <= 50ms'
  poolwise simulate book/src/scenarios/slow-query.toml --set pool.max_size=40
  poolwise compare book/src/scenarios/slow-query.toml --variant 'larger pools: pool.max_size=40'
  poolwise new shop.toml --preset hikaricp-6.0.0

Exit codes: 0 done, 1 an assertion of a gate does not hold, 2 bad input, 3 no size is enough.";

const FIT_HELP: &str = "\
Measure with:
  for n in 1 2 4 8 16 32 64 128; do pgbench -n -S -T 30 -j 2 -c $n bench; done > sweep.txt
  poolwise fit sweep.txt";

/// So many replications of a scenario are diagnosed: which signs there are does not hang on the digits of a mean.
const DIAGNOSED: u32 = 3;

const DIAGNOSE_HELP: &str = "\
Examples:
  poolwise diagnose --metrics before.prom --metrics now.prom --apart 60s --symptom cpu=97%
  poolwise diagnose --symptom max=20 --symptom active=20 --symptom pending=40 --symptom lock_waiters=18
  poolwise diagnose book/src/scenarios/slow-query.toml

A symptom that was given replaces what the metrics or the run say. `poolwise diagnose --list` names them all.";

#[derive(Subcommand)]
enum Command {
    /// The smallest pool that meets the objectives, and why not one less
    Recommend(Recommend),
    /// What a pool of the given size does: waits, timeouts, utilisation; over time if something changes
    Simulate(Simulate),
    /// What would have been different: the scenario and its variants on the same requests, row by row
    Compare(compare::Arguments),
    /// The report of an incident: what happened in plain sentences, and all that was done and seen on one time axis
    Replay(replay::Arguments),
    /// Which alerts tell of incidents in time, over a set of scenarios, and rules for Prometheus
    #[command(after_help = alerts::HELP, arg_required_else_help = true)]
    Alerts(alerts::Arguments),
    /// The settings of a real pool, to be pasted: HikariCP, PgBouncer, Django and others
    #[command(after_help = emit::HELP, arg_required_else_help = true)]
    Emit(emit::Arguments),
    /// Whether what scenario files assert holds: a gate for continuous integration
    #[command(after_help = gate::HELP, arg_required_else_help = true)]
    Gate(gate::Arguments),
    /// Whether the pools of many services fit one database, and how to share what there is
    #[command(after_help = budget::HELP, arg_required_else_help = true)]
    Budget(budget::Arguments),
    /// A CSV of services in, a CSV of recommended sizes out
    #[command(after_help = services::HELP, arg_required_else_help = true)]
    Services(services::Arguments),
    /// Simulate every combination of many values, or one of n shards of them
    #[command(after_help = sweeping::HELP, arg_required_else_help = true)]
    Sweep(sweeping::Arguments),
    /// Join the shards of a sweep to the very bytes of one run
    #[command(after_help = sweeping::MERGE_HELP, arg_required_else_help = true)]
    Merge(sweeping::MergeArguments),
    /// What queueing theory says, at once
    Predict(Run),
    /// Check a scenario and print it as JSON
    Check(Run),
    /// A scenario to start from, with comments
    New(new::Arguments),
    /// The JSON Schema of scenario files, for completion and checks in editors
    Schema,
    /// The presets of real pools, or the values of one with their sources
    Presets(lists::Presets),
    /// Every key of a scenario with its default, or those about something
    Keys(lists::Keys),
    /// What a shell needs to complete commands and options
    Completions(completions::Completions),
    /// The manual page, or in a folder those of every command
    Man(completions::Man),
    /// What a database can do, from a load test's throughput at several concurrencies
    #[command(after_help = FIT_HELP, arg_required_else_help = true)]
    Fit {
        /// CSV with columns such as clients and tps, or what pgbench printed, run after run; - reads standard input
        file: PathBuf,
        /// The workload to fit, where the file has several
        #[arg(long)]
        workload: Option<String>,
        /// How to print the answer
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// What empties a pool, from what is seen of it: metrics, single symptoms, or a simulated run of a scenario
    #[command(after_help = DIAGNOSE_HELP, arg_required_else_help = true)]
    Diagnose(Diagnose),
    /// Make a scenario of what a database, a pool or a load test exports
    #[command(subcommand, after_help = import::HELP)]
    Import(import::Import),
}

#[derive(Args)]
struct Recommend {
    #[command(flatten)]
    run: Run,
    /// The size and the sizes around it alone: no headroom, no cases to be survived, no ranges
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    plot: plot::Options,
}

#[derive(Args)]
struct Simulate {
    #[command(flatten)]
    run: Run,
    #[command(flatten)]
    plot: plot::Options,
}

#[derive(Args)]
struct Diagnose {
    #[command(flatten)]
    run: Run,
    /// A scrape in Prometheus' text format; given twice, the earlier first, it gives rates
    #[arg(long, value_name = "FILE")]
    metrics: Vec<PathBuf>,
    /// How far apart two scrapes are, e.g. 60s, where they do not say it
    #[arg(long, requires = "metrics")]
    apart: Option<String>,
    /// What was seen, e.g. hold=40ms or deployed=yes; may be repeated
    #[arg(long = "symptom", value_name = "NAME=VALUE")]
    symptoms: Vec<String>,
    /// Every symptom, with what it is
    #[arg(long)]
    list: bool,
}

#[derive(Args)]
struct Run {
    /// Scenario file, TOML or JSON; - reads standard input
    file: Option<PathBuf>,
    /// Requests over the whole fleet, e.g. 1000/s
    #[arg(long, allow_hyphen_values = true)]
    rate: Option<String>,
    /// How long a connection is held, e.g. 'lognormal(p50=5ms, p99=80ms)' or 'percentiles(p50=5ms, p95=60ms, p99=400ms)'
    #[arg(long)]
    hold: Option<String>,
    /// Objective, e.g. 'wait.p99 <= 50ms'; may be repeated
    #[arg(long)]
    slo: Vec<String>,
    /// Application instances, each with one pool
    #[arg(long, allow_hyphen_values = true)]
    instances: Option<String>,
    /// Set any key of the scenario, e.g. pool.max_size=40; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// Keys all chance
    #[arg(long, help_heading = "Simulation")]
    seed: Option<u64>,
    /// Independent replications of simulate (default 10) and diagnose (3); with --precision the most of them (default 200)
    #[arg(long, help_heading = "Simulation")]
    replications: Option<u32>,
    /// Let simulate stop once mean and p99 wait are known to within this, e.g. 2%
    #[arg(long, allow_hyphen_values = true, help_heading = "Simulation")]
    precision: Option<String>,
    /// Threads; the result does not depend on them
    #[arg(long, help_heading = "Simulation", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn main() -> ExitCode {
    let cli: Cli = help::parse();
    talk::choose(&cli.talk);
    match run(cli.command) {
        Ok(code) => code,
        Err(problems) => {
            tell(&problems.problems);
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Problems> {
    match command {
        Command::Import(asked) => import::run(&asked),
        Command::New(arguments) => new::run(&arguments),
        Command::Schema => {
            print(&as_json(&poolwise::schema::schema()))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Presets(asked) => asked.run(),
        Command::Keys(asked) => asked.run(),
        Command::Completions(asked) => asked.run(),
        Command::Man(asked) => asked.run(),
        Command::Recommend(run) => recommend(&run),
        Command::Simulate(run) => simulate(&run),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Gate(arguments) => gate::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Alerts(arguments) => alerts::run(&arguments),
        Command::Emit(arguments) => emit::run(&arguments),
        Command::Budget(arguments) => budget::run(&arguments),
        Command::Services(arguments) => services::run(&arguments),
        Command::Sweep(arguments) => sweeping::run(&arguments),
        Command::Merge(arguments) => sweeping::merge(&arguments),
        Command::Predict(run) => {
            let prediction = theory::predict(&run.model()?);
            tell(&prediction.cautions);
            run.print(&prediction, || theory::text(&prediction))
        }
        Command::Fit { file, workload, format } => {
            let points = sweep::read(&read(&file)?, workload.as_deref()).map_err(|e| e.in_file(&file))?;
            let answer = fit::fit(&points).map_err(|e| e.in_file(&file))?;
            tell(&answer.cautions);
            format.print(&answer, || fit::text(&answer))
        }
        Command::Diagnose(seen) => seen.diagnose(),
        Command::Check(run) => {
            let mut scenario = run.scenario()?;
            tell(&scenario.check_variants()?.0.cautions().problems);
            scenario.schema_version.get_or_insert_with(|| SCHEMA_VERSION.into());
            print(&as_json(&scenario))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn recommend(asked: &Recommend) -> Result<ExitCode, Problems> {
    let run = &asked.run;
    if !asked.quick {
        return advise_fully(asked);
    }
    let mut search = plan::Search::new(&run.model()?, &run.options()?)?;
    let bar = Bar::new();
    let answer = search.finish(|progress| bar.show(progress));
    bar.clear();
    tell(&answer.cautions);
    run.print(&answer, || plan::text(&answer) + &asked.plot.sizes(&answer))?;
    Ok(if answer.recommended.is_some() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn advise_fully(asked: &Recommend) -> Result<ExitCode, Problems> {
    let run = &asked.run;
    chance::use_threads(run.threads)?;
    let bar = Bar::new();
    let answer = advise::advise(&run.scenario()?, &run.options()?, |_, progress| bar.show(progress))?;
    bar.clear();
    tell(&answer.recommendation.cautions);
    run.print(&answer, || advise::text::text(&answer) + &asked.plot.sizes(&answer.recommendation))?;
    Ok(if answer.recommendation.recommended.is_some() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn simulate(asked: &Simulate) -> Result<ExitCode, Problems> {
    let run = &asked.run;
    let mut experiment = Experiment::new(&run.model()?, &run.options()?)?;
    let bar = Bar::new();
    let answer = experiment.finish(|progress| bar.show(progress));
    bar.clear();
    tell(&answer.cautions);
    run.print(&answer, || report::text::report(&answer) + &asked.plot.over_time(&answer))
}

impl Diagnose {
    fn diagnose(&self) -> Result<ExitCode, Problems> {
        if self.list {
            let line = |s: &diagnose::Symptom| format!("{:24} {:6} {}\n", s.name, s.kind.word(), s.gloss());
            let about = |s: &diagnose::Symptom| json!({ "name": s.name, "kind": s.kind.word(), "gloss": s.gloss() });
            let all: Vec<Value> = diagnose::SYMPTOMS.iter().map(about).collect();
            let all = json!({ "schema_version": SCHEMA_VERSION, "version": report::VERSION, "symptoms": all });
            return self.run.print(&all, || diagnose::SYMPTOMS.iter().map(line).collect());
        }
        let mut problems = Problems::default();
        let mut keep = |read: Result<Symptoms, Problems>| {
            read.unwrap_or_else(|e| {
                problems.problems.extend(e.problems);
                Symptoms::default()
            })
        };
        let pairs = self.symptoms.iter().map(|text| text.split_once('=').unwrap_or((text, "")));
        let given = keep(Symptoms::read(pairs.map(|(name, value)| (name.trim(), value))));
        let metrics = keep(self.metrics());
        if !problems.can_run() {
            return Err(problems);
        }
        // A scenario last: it is simulated only when all else is sound.
        let simulated =
            if self.run.file.is_some() || self.run.rate.is_some() { self.simulated()? } else { Symptoms::default() };
        let answer = diagnose::diagnose(&simulated.with(&metrics).with(&given));
        self.run.print(&answer, || diagnose::text(&answer))
    }

    fn metrics(&self) -> Result<Symptoms, Problems> {
        let apart = self.apart.as_deref().map(Span::parse).transpose().map_err(|why| Problems::one("--apart", why))?;
        let (first, second) = match self.metrics.as_slice() {
            [] => return Ok(Symptoms::default()),
            [only] => (only, None),
            [first, second] => (first, Some(second)),
            more => return Err(Problems::one("--metrics", format!("takes one scrape or two, not {}", more.len()))),
        };
        let text = read(first)?;
        let mut imported = prometheus::read(&text, None, None).map_err(|e| e.in_file(first))?;
        if let Some(second) = second {
            let later = read(second)?;
            let both = prometheus::read(&text, Some(&later), apart.map(Span::seconds));
            imported = both.map_err(|e| e.in_file(second))?;
        }
        imported.notes.iter().for_each(|note| say(note));
        Ok(imported.symptoms)
    }

    fn simulated(&self) -> Result<Symptoms, Problems> {
        let model = self.run.model()?;
        let mut options = self.run.options()?;
        if options.precision.is_none() {
            options.replications = options.replications.or(Some(DIAGNOSED));
        }
        let mut experiment = Experiment::new(&model, &options)?;
        let bar = Bar::new();
        let report = experiment.finish(|progress| bar.show(progress));
        bar.clear();
        Ok(diagnose::symptoms_of(&report, &model))
    }
}

/// Write beside the target and move it there: never half a file. What is no regular file (a device, a pipe) is written to as it is.
fn write_whole(path: &Path, text: &str) -> Result<(), Problems> {
    // Through a link to the file that is meant.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let beside = target.with_extension(format!("{}.partial", std::process::id()));
    let special = target.metadata().is_ok_and(|about| !about.is_file());
    let written = if special {
        std::fs::OpenOptions::new().write(true).open(&target).and_then(|mut file| file.write_all(text.as_bytes()))
    } else {
        std::fs::File::create_new(&beside).and_then(|mut file| {
            let moved = file.write_all(text.as_bytes()).and_then(|()| std::fs::rename(&beside, &target));
            moved.inspect_err(|_| drop(std::fs::remove_file(&beside)))
        })
    };
    written.map_err(|e| Problems::one(path.display().to_string(), format!("can not be written: {e}")))
}

impl Run {
    fn scenario(&self) -> Result<Scenario, Problems> {
        let mut document = match &self.file {
            Some(path) => scenario::parse(&read(path)?).map_err(|e| e.in_file(path))?,
            None => json!({}),
        };
        let mut problems = Problems::default();
        // Its variants are those of the scenario as it is written.
        if let (true, Some(table)) = (self.changes_the_file(), document.as_object_mut()) {
            table.remove("variant");
        }
        if self.file.is_none() && (self.rate.is_none() || self.hold.is_none()) {
            problems.error("", "give a scenario file, or --rate and --hold: see --help for examples");
            return Err(problems);
        }
        self.set_apart();
        if let (Some(hold), Some(document)) = (&self.hold, document.as_object_mut()) {
            document.insert("query".into(), json!([{ "hold": hold }]));
        }
        let given = [("traffic.rate", &self.rate), ("fleet.instances", &self.instances)];
        for (path, text) in given.into_iter().filter_map(|(path, text)| Some((path, text.as_ref()?))) {
            set(&mut document, path, text).unwrap_or_else(|e| problems.problems.extend(e.problems));
        }
        if let (false, Some(document)) = (self.slo.is_empty(), document.as_object_mut()) {
            document.insert("slo".into(), Value::from(self.slo.clone()));
        }
        for text in &self.sets {
            match text.split_once('=') {
                Some((path, value)) => set(&mut document, path.trim(), value.trim())
                    .unwrap_or_else(|e| problems.problems.extend(e.problems)),
                None => problems.error(format!("--set {text}"), "expected path=value, such as pool.max_size=40"),
            }
        }
        let read = Scenario::read(document)
            .and_then(|mut scenario| arrivals::attach(&mut scenario, beside(self.file.as_deref())).map(|()| scenario));
        match (read, problems.can_run()) {
            (Ok(scenario), true) => Ok(scenario),
            (Ok(scenario), false) => {
                problems.problems.extend(scenario.check().err().unwrap_or_default().problems);
                Err(problems)
            }
            (Err(more), _) => {
                problems.problems.extend(more.problems);
                Err(problems)
            }
        }
    }

    /// What is given here is not looked for in the file.
    fn set_apart(&self) {
        let given =
            [("query", self.hold.is_some()), ("traffic.rate", self.rate.is_some()), ("slo", !self.slo.is_empty())];
        given.iter().filter(|(_, given)| *given).for_each(|(path, _)| spans::apart(path));
        if self.instances.is_some() {
            spans::apart("fleet.instances");
        }
        self.sets.iter().filter_map(|text| text.split_once('=')).for_each(|(path, _)| spans::apart(path));
    }

    fn changes_the_file(&self) -> bool {
        let given = [&self.rate, &self.hold, &self.instances].into_iter().any(Option::is_some);
        given || !self.sets.is_empty() || !self.slo.is_empty()
    }

    fn model(&self) -> Result<Model, Problems> {
        chance::use_threads(self.threads)?;
        self.scenario()?.check()
    }

    fn options(&self) -> Result<Options, Problems> {
        let share = |text: &String| Probability::parse(text).map(Probability::value);
        let precision = self.precision.as_ref().map(share).transpose();
        let precision = precision.map_err(|why| Problems::one("--precision", why))?;
        Ok(Options { seed: self.seed, replications: self.replications, precision })
    }

    fn print(&self, answer: &impl Serialize, text: impl Fn() -> String) -> Result<ExitCode, Problems> {
        self.format.print(answer, text)
    }
}

/// Where the files that a scenario names are: beside its own; without one, or from standard input, where the command runs.
fn beside(file: Option<&Path>) -> &Path {
    file.filter(|file| *file != Path::new("-")).and_then(Path::parent).unwrap_or(Path::new(""))
}

impl Format {
    fn print(self, answer: &impl Serialize, text: impl Fn() -> String) -> Result<ExitCode, Problems> {
        match self {
            Self::Text => print(&text())?,
            Self::Json => print(&as_json(answer))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_json(value: &impl Serialize) -> String {
    // Only a map with keys that are no texts could fail, and there is none.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// What is good to know, unless nobody wants to.
fn say(line: &str) {
    if !talk::quiet() {
        talk::line(line);
    }
}

fn tell(problems: &[Problem]) {
    const MOST: usize = 50;
    let told = |problem: &&Problem| !talk::quiet() || problem.severity == Severity::Error;
    let problems: Vec<&Problem> = problems.iter().filter(told).collect();
    for problem in problems.iter().take(MOST) {
        let shown = if talk::spans() { spans::show(problem, talk::colours(), talk::width(100)) } else { None };
        talk::line(&shown.map_or_else(|| problem.to_string(), |text| text + "\n"));
    }
    if problems.len() > MOST {
        talk::line(&format!("… and {} more", problems.len() - MOST));
    }
}

/// A reader that has gone away (`| head`) is no error.
fn print(text: &str) -> Result<(), Problems> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Problems::one("standard output", e.to_string())),
        _ => Ok(()),
    }
}

fn read(path: &Path) -> Result<String, Problems> {
    const MOST: u64 = 256 << 20;
    let mut text = String::new();
    let result = if path == Path::new("-") {
        std::io::stdin().take(MOST).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text))
    };
    match result {
        Ok(size) if size as u64 == MOST => Err(Problems::one(path.display().to_string(), "is larger than 256 MB")),
        Ok(_) => {
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            spans::remember(path, &text);
            Ok(text)
        }
        Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
            Err(Problems::one(path.display().to_string(), "is not text in UTF-8: save it as UTF-8"))
        }
        Err(e) => Err(Problems::one(path.display().to_string(), format!("can not be read: {e}"))),
    }
}

/// A bar on the terminal; nothing where there is none.
fn progress_bar(template: &str) -> indicatif::ProgressBar {
    let bar = if talk::progress() { indicatif::ProgressBar::new(0) } else { indicatif::ProgressBar::hidden() };
    let style = indicatif::ProgressStyle::with_template(&format!("  {template}"));
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}

/// Progress on the terminal; nothing where there is none.
struct Bar(indicatif::ProgressBar);

impl Bar {
    fn new() -> Self {
        Self(progress_bar("simulating {wide_bar} {pos}/{len} replications"))
    }

    fn show(&self, progress: Progress) {
        self.0.set_length(progress.total.into());
        self.0.set_position(progress.done.into());
    }

    fn clear(&self) {
        self.0.finish_and_clear();
    }
}
