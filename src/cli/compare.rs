//! `poolwise compare`: rows on stdout as they are finished.

use super::chance::Chance;
use super::{Bar, as_json, beside, print, read, tell};
use clap::{Args, ValueEnum};
use poolwise::compare::text::{Form, foot, head, row};
use poolwise::compare::{ComparedRow, Comparison};
use poolwise::import::arrivals;
use poolwise::problem::{Problems, nearest, shown};
use poolwise::scenario::{self, Model, Scenario, Variant};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Args)]
pub struct Arguments {
    /// Scenario file, TOML or JSON; - reads standard input
    scenario: PathBuf,
    /// Change any key, e.g. pool.max_size=40; repeated, all together make one variant instead of the scenario's own
    #[arg(long = "set", value_name = "PATH=VALUE")]
    sets: Vec<String>,
    /// A variant instead of the scenario's own, e.g. 'small: pool.max_size=5; pool.max_waiters=10'; may be repeated
    #[arg(long = "variant", value_name = "NAME: PATH=VALUE; …")]
    variants: Vec<String>,
    /// Only the variant of this name; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    #[command(flatten)]
    chance: Chance,
    /// Independent replications of each row (default 5)
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
    Markdown,
    Csv,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Problems> {
    arguments.chance.use_threads()?;
    let (model, variants) = arguments.variants()?;
    let options = arguments.chance.options(arguments.replications);
    let mut comparison = Comparison::new(&model, variants, &options)?;
    let form = match arguments.format {
        Format::Text => Form::Terminal(comparison.names().map(|name| name.chars().count()).max().unwrap_or(0)),
        Format::Markdown => Form::Markdown,
        Format::Csv => Form::Csv,
        Format::Json => {
            let bar = Bar::new();
            let answer = comparison.finish(|progress, _| bar.show(progress));
            bar.clear();
            caution(&answer.cautions, &answer.rows);
            print(&as_json(&answer))?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let bar = Bar::new();
    let mut printed = bar.0.suspend(|| print(&head(form)));
    let answer = comparison.finish(|progress, rows| {
        bar.show(progress);
        let text: String = rows.iter().map(|finished| row(form, finished)).collect();
        if printed.is_ok() && !text.is_empty() {
            printed = bar.0.suspend(|| print(&text));
        }
    });
    bar.clear();
    printed?;
    print(&foot(form, &answer))?;
    caution(&answer.cautions, &answer.rows);
    Ok(ExitCode::SUCCESS)
}

fn caution(itself: &[poolwise::problem::Problem], rows: &[ComparedRow]) {
    let all: Vec<_> = itself.iter().chain(rows.iter().flat_map(|row| &row.cautions)).cloned().collect();
    tell(&all);
}

impl Arguments {
    /// The scenario and what it is compared with.
    fn variants(&self) -> Result<(Model, Vec<Variant>), Problems> {
        let mut document = scenario::parse(&read(&self.scenario)?).map_err(|e| e.in_file(&self.scenario))?;
        let mut given: Vec<Value> = self.variants.iter().map(|text| variant(text)).collect();
        if !self.sets.is_empty() {
            given.push(json!({ "name": self.sets.join("; "), "set": self.sets }));
        }
        if let (false, Some(table)) = (given.is_empty(), document.as_object_mut()) {
            super::spans::apart("variant");
            table.insert("variant".into(), given.into());
        }
        let mut scenario = Scenario::read(document)?;
        arrivals::attach(&mut scenario, beside(Some(&self.scenario)))?;
        let (model, variants) = scenario.check_variants()?;
        if variants.is_empty() {
            let ways = "--set path=value, --variant 'name: path=value; path=value', or [[variant]] in the scenario";
            return Err(Problems::one("", format!("there is nothing to compare: give {ways}")));
        }
        Ok((model, self.chosen(variants)?))
    }

    fn chosen(&self, variants: Vec<Variant>) -> Result<Vec<Variant>, Problems> {
        let mut problems = Problems::default();
        let names = || variants.iter().map(|variant| variant.name.as_str());
        for name in self.only.iter().filter(|name| names().all(|known| known != *name)) {
            let meant = nearest(name, names()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
            let known = names().collect::<Vec<_>>().join(", ");
            problems.error("--only", format!("no variant is called {}{meant} (there are: {known})", shown(name)));
        }
        if !problems.can_run() {
            return Err(problems);
        }
        let wanted = |variant: &Variant| self.only.is_empty() || self.only.contains(&variant.name);
        Ok(variants.into_iter().filter(wanted).collect())
    }
}

/// `name: path=value; path=value`; without a name it is called by what it changes.
fn variant(text: &str) -> Value {
    let named = text.split_once(':').filter(|(name, _)| !name.contains('='));
    let (name, changes) = named.unwrap_or((text, text));
    let set: Vec<&str> = changes.split(';').map(str::trim).filter(|change| !change.is_empty()).collect();
    json!({ "name": name.trim(), "set": set })
}
