//! `poolwise sweep` and `poolwise merge`: many variants on many machines.

use super::chance::Chance;
use super::{beside, progress_bar, read, say};
use clap::{Args, ValueEnum};
use poolwise::import::arrivals;
use poolwise::problem::{Problems, shown};
use poolwise::scenario::{self, Scenario, set};
use poolwise::sweep::text::{Table, csv_head, csv_row};
use poolwise::sweep::{self, Answer, Asked, Done, Header, Parts, Plan, Shard};
use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub const HELP: &str = "\
Examples:
  poolwise sweep shop.toml --over 'pool.max_size=5..40' --over 'traffic.rate=500/s,800/s' --format table
  poolwise sweep shop.toml --over 'pool.max_size=5..40' --uncertain 'traffic.rate=500/s..1200/s' --worlds 200 --shard 3/8 -o part3.ndjson
  poolwise merge part*.ndjson -o all.ndjson

A shard that is there, whole and of this sweep is not made again: repeat a command that was interrupted as it is.";

pub const MERGE_HELP: &str = "\
Examples:
  poolwise merge part*.ndjson -o all.ndjson
  poolwise merge all.ndjson --format csv > answers.csv";

#[derive(Args)]
pub struct Arguments {
    /// Scenario file, TOML or JSON; - reads standard input
    scenario: PathBuf,
    /// A key with the values to try, e.g. 'pool.max_size=5..40', '5..40 by 5' or 'traffic.rate=500/s,800/s'; repeated, every combination
    #[arg(long, value_name = "PATH=VALUES")]
    over: Vec<String>,
    /// A key that nobody knows exactly, e.g. 'traffic.rate=500/s..1200/s': each world draws a value; may be repeated
    #[arg(long, value_name = "PATH=LEAST..MOST", requires = "worlds")]
    uncertain: Vec<String>,
    /// In how many worlds the uncertain keys are drawn
    #[arg(long)]
    worlds: Option<u32>,
    /// Set any key of the scenario before, e.g. pool.acquire_timeout=2s; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    #[command(flatten)]
    chance: Chance,
    /// Independent replications of each variant (default 5)
    #[arg(long)]
    replications: Option<u32>,
    /// Only part i of n, counted from 1, e.g. 3/8: merge joins them
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// How to write: lines that merge joins, or the answers; a table and CSV are of all shards
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// Where to write instead of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Make it again although it is there
    #[arg(long)]
    force: bool,
}

#[derive(Args)]
pub struct MergeArguments {
    /// All shards of one sweep, in any order, or one file that has them all
    #[arg(required = true, value_name = "FILE")]
    parts: Vec<PathBuf>,
    /// How to write: lines, or the answers
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// Where to write instead of standard output
    #[arg(long, short)]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line of JSON for each variant, with histograms that add up
    Ndjson,
    /// A line of numbers for each variant
    Csv,
    /// For a terminal
    Table,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Problems> {
    arguments.chance.use_threads()?;
    let (plan, shard) = arguments.prepare()?;
    let wanted = plan.header().with(shard);
    if let Some(path) = arguments.output.as_ref().filter(|_| arguments.format == Format::Ndjson && !arguments.force)
        && sweep::is_there(path, &wanted)
    {
        say(&format!("{} is there and whole: nothing to do (--force makes it again)", path.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let bar = progress_bar("simulating {wide_bar} {pos}/{len} variants, {eta} left");
    let tell = |done: Done| {
        bar.set_length(done.total);
        bar.set_position(done.variants);
    };
    let done = to(arguments.output.as_deref(), |out| match arguments.format {
        Format::Ndjson => sweep::write(&plan, shard, out, tell),
        format => {
            let mut answers = Answers::new(plan.header(), format, out)?;
            let done = sweep::each(&plan, shard, &mut { tell }, |line| answers.add(&Answer::of(&line, plan.header())))?;
            answers.finish()?;
            Ok(done)
        }
    })?;
    bar.finish_and_clear();
    match done.senseless {
        0 => {}
        n => say(&format!("caution: {n} of {} variants make no sense together: their lines say why", done.total)),
    }
    Ok(ExitCode::SUCCESS)
}

pub fn merge(arguments: &MergeArguments) -> Result<ExitCode, Problems> {
    if arguments.output.as_ref().is_some_and(|output| arguments.parts.iter().any(|part| same(output, part))) {
        return Err(Problems::one("--output", "is one of the parts"));
    }
    let parts = Parts::verify(&arguments.parts)?;
    let mut failed = None;
    to(arguments.output.as_deref(), |out| {
        let written = match arguments.format {
            Format::Ndjson => parts.write(out),
            format => answers(&parts, format, out),
        };
        // What a file says of itself is more than that something could not be written.
        written.map_err(|problems| {
            failed = Some(problems);
            io::Error::other("")
        })
    })
    .map_err(|e| failed.unwrap_or(e))?;
    Ok(ExitCode::SUCCESS)
}

fn answers(parts: &Parts, format: Format, out: &mut dyn Write) -> Result<(), Problems> {
    let failed = |e: io::Error| Problems::one("", format!("can not be written: {e}"));
    let mut answers = Answers::new(parts.header(), format, out).map_err(failed)?;
    parts.each(&mut |line| answers.add(&Answer::of(&line, parts.header())).map_err(failed))?;
    answers.finish().map_err(failed)
}

/// Answers as they come.
struct Answers<'a> {
    out: &'a mut dyn Write,
    /// Without one, for a spreadsheet.
    table: Option<Table>,
}

impl<'a> Answers<'a> {
    fn new(header: &Header, format: Format, out: &'a mut dyn Write) -> io::Result<Self> {
        let table = (format == Format::Table).then(|| Table::new(header));
        if table.is_none() {
            out.write_all(csv_head(header).as_bytes())?;
        }
        Ok(Self { out, table })
    }

    fn add(&mut self, answer: &Answer) -> io::Result<()> {
        match &mut self.table {
            Some(table) => table.add(answer),
            None => self.out.write_all(csv_row(answer).as_bytes())?,
        }
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        if let Some(table) = self.table {
            self.out.write_all(table.text().as_bytes())?;
        }
        self.out.flush()
    }
}

impl Arguments {
    /// All that is wrong at once.
    fn prepare(&self) -> Result<(Plan, Shard), Problems> {
        let mut problems = Problems::default();
        if self.output.as_ref().is_some_and(|output| same(output, &self.scenario)) {
            problems.error("--output", "is the scenario itself");
        }
        if self.shard.is_some() && self.format != Format::Ndjson {
            problems.error("--format", "a shard has no whole answers: write ndjson, and ask merge for a table or CSV");
        }
        let shard = self.shard.as_deref().map_or(Ok((1, 1)), part);
        let shard = problems.keep("--shard", shard);
        let options = self.chance.options(self.replications);
        let asked = Asked { over: self.over.clone(), uncertain: self.uncertain.clone(), worlds: self.worlds, options };
        let planned = self.scenario().and_then(|scenario| Plan::new(scenario, &asked));
        let both = planned.and_then(|plan| {
            let (index, of) = shard.unwrap_or((1, 1));
            let shard = plan.shard(index, of)?;
            Ok((plan, shard))
        });
        match both {
            Ok(both) if problems.can_run() => Ok(both),
            Ok(_) => Err(problems),
            Err(e) => {
                problems.problems.extend(e.problems);
                Err(problems)
            }
        }
    }

    fn scenario(&self) -> Result<Scenario, Problems> {
        let mut document = scenario::parse(&read(&self.scenario)?).map_err(|e| e.in_file(&self.scenario))?;
        let mut problems = Problems::default();
        for text in &self.sets {
            match text.split_once('=') {
                Some((path, value)) => {
                    super::spans::apart(path);
                    set(&mut document, path.trim(), value.trim())
                        .unwrap_or_else(|e| problems.problems.extend(e.problems));
                }
                None => problems.error(format!("--set {text}"), "expected path=value, such as pool.max_size=40"),
            }
        }
        let read = Scenario::read(document).and_then(|mut scenario| {
            arrivals::attach(&mut scenario, beside(Some(&self.scenario)))?;
            Ok(scenario)
        });
        match read {
            Ok(scenario) if problems.can_run() => Ok(scenario),
            other => {
                problems.problems.extend(other.err().unwrap_or_default().problems);
                Err(problems)
            }
        }
    }
}

fn part(text: &str) -> Result<(u32, u32), String> {
    let read = text.split_once('/').and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
    read.ok_or_else(|| format!("expected i/n, such as 3/8; found {}", shown(text)))
}

fn same(one: &Path, other: &Path) -> bool {
    one.exists() && one.canonicalize().ok() == other.canonicalize().ok()
}

/// Write to a file, beside it first and moved when it is whole, or to standard output. A reader that has gone away is no error.
fn to<T>(path: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> Result<T, Problems>
where
    T: Default,
{
    let Some(path) = path else {
        let gone = Cell::new(false);
        let mut out = BufWriter::new(Pipe { out: io::stdout().lock(), gone: &gone });
        let written = write(&mut out).and_then(|done| out.flush().map(|()| done));
        // What is left in the buffer has nobody to go to.
        drop(out.into_parts());
        return match written {
            Err(_) if gone.get() => Ok(T::default()),
            other => other.map_err(|e| Problems::one("standard output", e.to_string())),
        };
    };
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let special = target.metadata().is_ok_and(|about| !about.is_file());
    let beside = target.with_extension(format!("{}.partial", std::process::id()));
    let file = if special { File::options().write(true).open(&target) } else { File::create_new(&beside) };
    let written = file.and_then(|file| {
        let mut out = BufWriter::with_capacity(1 << 16, file);
        let done = write(&mut out).and_then(|done| out.flush().map(|()| done));
        if special {
            return done;
        }
        let moved = done.and_then(|done| std::fs::rename(&beside, &target).map(|()| done));
        moved.inspect_err(|_| drop(std::fs::remove_file(&beside)))
    });
    written.map_err(|e| Problems::one(path.display().to_string(), format!("can not be written: {e}")))
}

/// Standard output that knows when its reader has gone away (`| head`).
struct Pipe<'a> {
    out: io::StdoutLock<'a>,
    gone: &'a Cell<bool>,
}

impl Pipe<'_> {
    fn look<T>(&self, done: io::Result<T>) -> io::Result<T> {
        done.inspect_err(|e| self.gone.set(e.kind() == io::ErrorKind::BrokenPipe))
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let done = self.out.write(bytes);
        self.look(done)
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.out.flush();
        self.look(done)
    }
}
