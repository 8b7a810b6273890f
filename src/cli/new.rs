//! `poolwise new`: a scenario to start from, with comments.

use super::lists::named;
use super::{print, say, write_whole};
use clap::Args;
use poolwise::pool::presets::{Preset, Setting};
use poolwise::problem::{Problems, nearest, plain, shown};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What one can start from: name, what it is, its text. `{name}` and `{pool}` are filled in.
const STARTS: &[(&str, &str, &str)] = &[
    ("steady", "the same load all day: how large should the pool be?", include_str!("new/steady.toml")),
    ("incident", "a query gets slow: what happens, and what would have helped?", include_str!("new/incident.toml")),
    ("spike", "a spike of traffic, with clients that retry", include_str!("new/spike.toml")),
    ("deploy", "a rolling deploy while traffic goes on", include_str!("new/deploy.toml")),
    ("fleet", "many instances that share a database through a pooler", include_str!("new/fleet.toml")),
    ("gate", "what must hold, for poolwise gate in continuous integration", include_str!("new/gate.toml")),
];

#[derive(Args)]
pub struct Arguments {
    /// Where to write it, e.g. shop.toml; without one, to standard output
    file: Option<PathBuf>,
    /// The pool's values, from a real pool: see poolwise presets
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// What to start from: see --list
    #[arg(long, value_name = "NAME", default_value = "steady")]
    from: String,
    /// Where the JSON Schema is, for a first line that editors read
    #[arg(long, value_name = "PATH")]
    schema: Option<String>,
    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
    /// What one can start from
    #[arg(long)]
    list: bool,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Problems> {
    if arguments.list {
        print(&STARTS.iter().map(|(name, gloss, _)| format!("{name:10} {gloss}\n")).collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let text = arguments.text()?;
    match &arguments.file {
        None => print(&text)?,
        Some(path) => {
            write_whole(path, &text)?;
            let path = plain(&path.display().to_string());
            let next = match arguments.from.as_str() {
                "incident" | "spike" | "deploy" => "replay",
                "gate" => "gate",
                _ => "recommend",
            };
            say(&format!("wrote {path}; next: edit it, then poolwise {next} {path}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Arguments {
    /// The scenario, or all that is wrong with what was asked.
    fn text(&self) -> Result<String, Problems> {
        let mut problems = Problems::default();
        let start = problems.keep("--from", start(&self.from));
        let preset = match self.preset.as_deref().map(|name| named("--preset", name)).transpose() {
            Ok(preset) => preset,
            Err(e) => {
                problems.problems.extend(e.problems);
                None
            }
        };
        if let Some(path) = &self.file {
            let shown = path.display().to_string();
            if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json")) {
                problems.error(shown, "is written in TOML, which has comments: name it .toml");
            } else if path.exists() && !self.force {
                problems.error(shown, "is there already: choose another name, or replace it with --force");
            }
        }
        if self.schema.as_deref().is_some_and(|schema| schema.contains(char::is_control)) {
            problems.error("--schema", "expected a path or an address on one line");
        }
        match start {
            Some(start) if problems.can_run() => Ok(self.fill(start, preset)),
            _ => Err(problems),
        }
    }

    fn fill(&self, start: &str, preset: Option<&Preset>) -> String {
        let stem = self.file.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
        let name = stem.unwrap_or_else(|| self.from.clone());
        let head = self.schema.as_ref().map(|schema| format!("#:schema {schema}\n")).unwrap_or_default();
        let text = start.replace("{name}", &toml::Value::String(name).to_string());
        head + &text.replace("{pool}\n", &pool(preset))
    }
}

fn start(name: &str) -> Result<&'static str, String> {
    let names = || STARTS.iter().map(|(name, ..)| *name);
    STARTS.iter().find(|(known, ..)| *known == name).map(|(.., text)| *text).ok_or_else(|| {
        let meant = nearest(name, names()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
        format!(
            "nothing to start from is called {}{meant} (known: {})",
            shown(name),
            names().collect::<Vec<_>>().join(", ")
        )
    })
}

/// `[pool]`: of a real pool its name and size, and its other values as comments.
fn pool(preset: Option<&Preset>) -> String {
    let Some(preset) = preset else {
        return "[pool]\n\
                # preset = \"hikaricp-6.0.0\" # the values of a real pool: see poolwise presets\n\
                max_size = 10             # the most connections of one instance's pool\n\
                acquire_timeout = \"5s\"    # how long a request waits for a connection before it fails\n"
            .to_owned();
    };
    let mut text = format!(
        "[pool]\n# {} {}: {}\n# left out: {}\npreset = \"{}\"\n",
        preset.product, preset.version, preset.gloss, preset.leaves_out, preset.name
    );
    let (size, others): (Vec<&Setting>, Vec<&Setting>) = preset.settings.iter().partition(|s| s.key == "max_size");
    for setting in size {
        let _ = writeln!(text, "max_size = {:17} # {}", setting.value, setting.source);
    }
    text += "# Its other values, which hold unless others are written:\n";
    for setting in others {
        let _ = writeln!(text, "# {:26} # {}", format!("{} = \"{}\"", setting.key, setting.value), setting.source);
    }
    text
}
