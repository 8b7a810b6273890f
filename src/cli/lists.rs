//! `poolwise keys` and `poolwise presets`: what can be written.

use super::Format;
use clap::Args;
use poolwise::catalogue::{FIELDS, Field};
use poolwise::pool::presets::{PRESETS, Preset, Setting, preset};
use poolwise::problem::{Problems, nearest, shown};
use poolwise::report::VERSION;
use poolwise::scenario::SCHEMA_VERSION;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Args)]
pub struct Keys {
    /// Words that stand in a key or in what it is, e.g. timeout; without any, every key
    #[arg(value_name = "QUERY")]
    words: Vec<String>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Args)]
pub struct Presets {
    /// Its name, e.g. hikaricp-6.0.0
    name: Option<String>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Keys {
    /// Print the keys that have every word.
    pub fn run(&self) -> Result<ExitCode, Problems> {
        let has = |field: &&Field, word: &String| {
            let word = word.to_lowercase();
            field.path.to_lowercase().contains(&word) || field.gloss.to_lowercase().contains(&word)
        };
        let found: Vec<&Field> = FIELDS.iter().filter(|field| self.words.iter().all(|word| has(field, word))).collect();
        if found.is_empty() {
            return Err(self.nothing());
        }
        let line = |f: &&Field| format!("{:32} {:14} {}\n", f.path, f.default, f.gloss);
        let about = json!({ "schema_version": SCHEMA_VERSION, "version": VERSION, "keys": found });
        self.format.print(&about, || found.iter().map(line).collect())
    }

    fn nothing(&self) -> Problems {
        let parts =
            || FIELDS.iter().flat_map(|field| field.path.split(['.', '[', ']'])).filter(|part| !part.is_empty());
        let meant = self.words.iter().find_map(|word| nearest(&word.to_lowercase(), parts()));
        let meant = meant.map(|m| format!("; did you mean {m}?")).unwrap_or_default();
        Problems::one("keys", format!("none is about {}{meant}", shown(&self.words.join(" "))))
    }
}

impl Presets {
    /// Print all presets, or the values of one.
    pub fn run(&self) -> Result<ExitCode, Problems> {
        match &self.name {
            None => {
                let line = |p: &Preset| format!("{:22} {}\n", p.name, p.gloss);
                let all: Vec<Value> = PRESETS.iter().map(about).collect();
                let all = json!({ "schema_version": SCHEMA_VERSION, "version": VERSION, "presets": all });
                self.format.print(&all, || PRESETS.iter().map(line).collect())
            }
            Some(name) => {
                let preset = named("presets", name)?;
                let one = json!({ "schema_version": SCHEMA_VERSION, "version": VERSION, "preset": about(preset) });
                self.format.print(&one, || table(preset))
            }
        }
    }
}

/// A preset by its name; `path` is where it was asked for.
pub fn named(path: &str, name: &str) -> Result<&'static Preset, Problems> {
    preset(name).ok_or_else(|| {
        let known = || PRESETS.iter().map(|p| p.name);
        let meant = nearest(name, known()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
        let all = known().collect::<Vec<_>>().join(", ");
        Problems::one(path, format!("no preset is called {}{meant} (known: {all})", shown(name)))
    })
}

fn table(preset: &Preset) -> String {
    let head =
        format!("# {} {}: {}\n# left out: {}\n", preset.product, preset.version, preset.gloss, preset.leaves_out);
    let line = |s: &Setting| format!("{:28} # {}\n", format!("{} = \"{}\"", s.key, s.value), s.source);
    head + "[pool]\n" + &preset.settings.iter().map(line).collect::<String>()
}

fn about(preset: &Preset) -> Value {
    let setting = |s: &Setting| json!({ "key": s.key, "value": s.value, "source": s.source });
    json!({
        "name": preset.name,
        "product": preset.product,
        "version": preset.version,
        "gloss": preset.gloss,
        "leaves_out": preset.leaves_out,
        "settings": preset.settings.iter().map(setting).collect::<Vec<_>>(),
    })
}
