//! The command line as people expect it: help, completions, manual, data and talk apart, messages beside the lines they are about.

use crate::generated::hold_to;
use crate::repository;
use poolwise::pool::presets::PRESETS;
use poolwise::scenario;
use poolwise::scenario::Scenario;
use std::path::PathBuf;
use std::process::{Command, Output};

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolwise"));
    command.args(arguments).current_dir(repository("")).env_remove("NO_COLOR").envs(variables.iter().copied());
    command.output().unwrap()
}

fn out(arguments: &[&str]) -> String {
    let output = run(arguments, &[]);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn said(arguments: &[&str]) -> String {
    String::from_utf8(run(arguments, &[]).stderr).unwrap()
}

/// Every command that the help lists.
fn commands() -> Vec<String> {
    let help = out(&["help"]);
    let (before, _) = help.split_once("\nOptions:").unwrap();
    let listed = |line: &str| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && line.get(14..15) == Some(" ")).then(|| name.to_owned())
    };
    before.lines().filter_map(listed).filter(|name| name != "help").collect()
}

/// A folder of one test, taken away afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("poolwise-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.file(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn the_help_has_every_command_in_a_group_and_100_columns() {
    let help = out(&["help"]);
    assert!(commands().len() >= 22, "{:?}", commands());
    assert!(!help.contains("More:"), "a command is in no group of src/cli/help.rs:\n{help}");
    assert!(!help.contains('\x1b') && out(&["--color", "always", "--help"]).contains('\x1b'));
    for text in [help, out(&["recommend", "--help"]), out(&["-h"])] {
        let long = text.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None);
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    for name in commands() {
        let help = out(&[&name, "--help"]);
        let example = help
            .split("Usage:")
            .nth(1)
            .unwrap()
            .lines()
            .skip(1)
            .any(|line| line.starts_with("  ") && line.trim_start().contains(&format!("poolwise {name}")));
        assert!(example, "no example of {name} in:\n{help}");
        assert_eq!(out(&["help", &name]), help, "{name}");
    }
}

/// The book's reference is the help itself.
#[test]
fn the_books_reference_of_commands() {
    let mut text = String::new();
    for name in commands() {
        let help = out(&[&name, "--help"]);
        text += &format!("## poolwise {name}\n\n```text\n{}\n```\n\n", help.trim_end());
    }
    hold_to("book/src/generated/commands.md", &text);
}

#[test]
fn completions_and_manual_know_every_command() {
    let page = out(&["man"]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = out(&["completions", shell]);
        for name in commands() {
            assert!(script.contains(&name), "{shell} does not know {name}");
            assert!(page.contains(&format!("poolwise\\-{name}(1)")), "no {name} in:\n{page}");
        }
        assert!(script.contains("replications"), "{shell} does not know options");
    }
    let folder = Folder::new("man");
    let pages = folder.file("man1");
    out(&["man", &pages]);
    for name in commands() {
        let page = std::fs::read_to_string(format!("{pages}/poolwise-{name}.1")).unwrap();
        assert!(page.contains(".SH SYNOPSIS") && page.contains(&name), "{page}");
    }
    assert!(said(&["man", "Cargo.toml"]).contains("Cargo.toml: can not be written"));
    assert!(said(&["completions", "tcsh"]).contains("bash"));
}

const STEADY: &str = "book/src/scenarios/steady.toml";
/// An incident that is soon simulated.
const STORM: &str = "book/src/scenarios/reconnect-storm.toml";

/// A call of every command that answers in JSON.
const JSON: &[&[&str]] = &[
    &["recommend", STEADY, "--quick"],
    &["simulate", STEADY, "--replications", "2"],
    &["predict", STEADY],
    &["check", STEADY],
    &["compare", STEADY, "--set", "pool.max_size=40", "--replications", "2"],
    &["replay", STORM, "--replications", "2"],
    &["alerts", STORM, "--replications", "2"],
    &["diagnose", "--symptom", "pending=40"],
    &["diagnose", "--list"],
    &["fit", "tests/golden/pgbench_clients_sweep.csv", "--workload", "cpu5ms"],
    &["emit", "hikaricp", STEADY, "--size", "20"],
    &["emit", "--list"],
    &["gate", STEADY, "--replications", "10"],
    &["presets"],
    &["presets", "hikaricp-6.0.0"],
    &["keys"],
];

const FLEET: &str = "\
database.max_connections = 100
[[service]]
name = \"checkout\"
rate = \"100/s\"
hold = \"exponential(mean=20ms)\"
slo = \"wait.p99 <= 50ms\"
";

/// The same, and those that need a file of their own.
fn each_call(test: &str, then: impl Fn(&[&str])) {
    let folder = Folder::new(test);
    let fleet = folder.write("fleet.toml", FLEET);
    JSON.iter().for_each(|call| then(call));
    then(&["budget", &fleet]);
}

#[test]
fn json_has_its_version_and_stands_alone_on_stdout() {
    each_call("json", |call| {
        // `check` speaks JSON alone.
        let output = run(&[call, &["--format", "json"][..]].concat(), &[]);
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|e| panic!("{call:?}: {e}: {}", String::from_utf8_lossy(&output.stderr)));
        assert_eq!(answer["schema_version"], 1, "{call:?}");
        assert!([0, 1].contains(&output.status.code().unwrap()), "{call:?}");
    });
    let formats: Vec<String> = commands().into_iter().filter(|name| answers_in_json(&out(&[name, "--help"]))).collect();
    let tried = |name: &String| name == "budget" || JSON.iter().any(|call| call[0] == name);
    assert!(formats.iter().all(tried), "not all of these are tried: {formats:?}");
}

fn answers_in_json(help: &str) -> bool {
    let options = help.split("Usage:").nth(1).unwrap_or_default();
    options.contains("--format <") && [" json,", " json]", "- json"].iter().any(|word| options.contains(word))
}

/// Cautions and progress are no data: with and without them stdout has the same, and no colours where there is no terminal.
#[test]
fn data_goes_to_stdout_and_talk_to_stderr() {
    each_call("talk", |call| {
        let (loud, quiet) = (run(call, &[]), run(&[call, &["--quiet"][..]].concat(), &[]));
        // Settings begin with the command that wrote them.
        let same = String::from_utf8(quiet.stdout).unwrap().replacen(" --quiet\n", "\n", 1);
        assert_eq!(String::from_utf8_lossy(&loud.stdout), same, "{call:?}");
        assert!(!loud.stdout.is_empty() && quiet.stderr.is_empty(), "{call:?}");
        for stream in [&loud.stdout, &loud.stderr] {
            assert!(!stream.contains(&0x1b), "{call:?} has colours");
        }
        for line in String::from_utf8(loud.stderr).unwrap().lines() {
            assert!(line.starts_with("caution: "), "{call:?} says: {line}");
        }
    });
    let wrong = run(&["simulate", STEADY, "--set", "pool.max_size=no", "--quiet"], &[]);
    assert!(wrong.stdout.is_empty() && wrong.status.code() == Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().starts_with("error: pool.max_size: expected"), "errors are told");
}

const BROKEN: &str = "\
traffic.rate = \"5/s\"
[[query]]
name = \"checkout\"
hold = \"20 parsecs\"
[pool]
max_sise = 3
acquire_timeout = \"250\"
";

#[test]
fn messages_show_the_line_where_colours_are_asked_for() {
    let folder = Folder::new("spans");
    let file = folder.write("shop.toml", BROKEN);
    let plain = said(&["check", &file]);
    assert_eq!(
        plain.lines().filter(|line| line.starts_with("error: ")).count(),
        3,
        "scripts get a line each:\n{plain}"
    );
    assert_eq!(plain.lines().count(), 3, "{plain}");
    let shown = bare(&said(&["check", &file, "--color", "always"]));
    for part in [
        "error: pool.max_sise: unknown key; did you mean max_size?",
        &format!("{file}:6:1"),
        "6 | max_sise = 3\n  | ^^^^^^^^",
        "7 | acquire_timeout = \"250\"\n  |                   ^^^^^",
        &format!("{file}:4:8"),
        "4 | hold = \"20 parsecs\"\n  |        ^^^^^^^^^^^^",
    ] {
        assert!(shown.contains(part), "no {part:?} in:\n{shown}");
    }
    let json =
        folder.write("shop.json", "{ \"traffic\": { \"rate\": \"5/s\" },\n  \"query\": [{ \"hold\": \"no\" }] }");
    let shown = bare(&said(&["gate", &json, "--color", "always"]));
    let part = "2 |   \"query\": [{ \"hold\": \"no\" }] }\n  |                       ^^^^";
    assert!(shown.contains(part) && shown.contains(&format!("{json}:2:")), "{shown}");
    let syntax = folder.write("syntax.toml", "traffic.rate = \"5/s\"\n[pool\nmax_size = 3\n");
    let shown = bare(&said(&["check", &syntax, "--color", "always"]));
    assert!(shown.contains("2 | [pool\n") && shown.contains("error: line 2: "), "{shown}");
}

/// What was given on the command line is not in the file, whatever stands there.
#[test]
fn what_was_set_is_shown_as_it_is() {
    let folder = Folder::new("spans-set");
    let file = folder.write(
        "shop.toml",
        "traffic.rate = '5/s'\n[pool]\nmax_size = 3\n[[query]]\nname = 'a'\nhold = 'exponential(mean=9ms)'\n",
    );
    for set in ["pool.max_size=no", "pool.max_sise=3", "query.a.hold=no", "query[0].hold=no"] {
        let shown = bare(&said(&["check", &file, "--set", set, "--color", "always"]));
        assert!(shown.starts_with("error: ") && !shown.contains(" | "), "{set}:\n{shown}");
    }
    let shown = bare(&said(&["check", &file, "--rate", "no", "--set", "pool.min_idle=5", "--color", "always"]));
    assert!(shown.contains("error: traffic.rate: ") && !shown.contains(" | "), "{shown}");
}

#[test]
fn colours_are_as_asked_for() {
    let colours = |arguments: &[&str], variables: &[(&str, &str)]| {
        let call = [&["check", "tests/bad/unknown-keys.toml"], arguments].concat();
        run(&call, variables).stderr.contains(&0x1b)
    };
    assert!(colours(&["--color", "always"], &[]));
    assert!(colours(&["--color", "always"], &[("NO_COLOR", "1")]), "who asks for it on the command line means it");
    assert!(!colours(&["--color", "never"], &[]) && !colours(&[], &[]) && !colours(&[], &[("NO_COLOR", "1")]));
    assert!(said(&["check", STEADY, "--color", "sometimes"]).contains("auto, always, never"));
}

/// Without the codes of colours.
fn bare(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let first = parts.next().unwrap().to_owned();
    first + &parts.filter_map(|part| Some(part.split_once('m')?.1)).collect::<String>()
}

#[test]
fn charts_are_drawn_where_they_are_asked_for_and_never_in_json() {
    let sizes =
        ["recommend", "--quick", "--rate", "100/s", "--hold", "exponential(mean=20ms)", "--slo", "wait.p99 <= 20ms"];
    let chart = |call: &[&str], more: &[&str]| out(&[call, more].concat());
    let (without, with) = (chart(&sizes, &[]), chart(&sizes, &["--plot", "always"]));
    let drawn = with.strip_prefix(&without).expect("the text comes first");
    for part in ["wait p99 against max_size", "at most 20.0 ms", "●", "┊", "<-\n", "└──"] {
        assert!(drawn.contains(part), "no {part:?} in:\n{drawn}");
    }
    let rows: Vec<&str> = drawn.lines().filter(|line| line.contains('│')).collect();
    let table = without.lines().filter(|line| line.contains(" ms") && line.contains(" % ")).count();
    assert!(rows.len() >= 3 && rows.len() <= table, "{drawn}");
    // A larger pool waits less: the dots go to the left.
    let places: Vec<usize> = rows.iter().map(|row| row.chars().position(|c| c == '●').unwrap()).collect();
    assert!(places.is_sorted_by(|a, b| a >= b) && places.first() > places.last(), "{drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");

    let over_time = ["simulate", STORM, "--replications", "2"];
    let drawn = chart(&over_time, &["--plot", "always"]);
    assert!(drawn.contains("\n  in use   ▁") || drawn.contains("\n  in use   ▂"), "{drawn}");
    assert!(drawn.contains("█") && !chart(&over_time, &[]).contains('█'), "{drawn}");
    let json = chart(&over_time, &["--plot", "always", "--format", "json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
}

#[test]
fn every_start_with_every_preset_can_be_checked_and_simulated() {
    let list = out(&["new", "--list"]);
    let starts: Vec<&str> = list.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(starts.len() >= 5, "{list}");
    let count = starts.len();
    for (n, start) in starts.into_iter().enumerate() {
        for (preset, k) in PRESETS.iter().map(|preset| Some(preset.name)).chain([None]).zip(0..) {
            let chosen = preset.map_or_else(Vec::new, |name| vec!["--preset", name]);
            let text = out(&[&["new", "--from", start], &chosen[..]].concat());
            let scenario = scenario::parse(&text).and_then(Scenario::read).unwrap_or_else(|e| panic!("{start}: {e}"));
            let (model, _) = scenario.check_variants().unwrap_or_else(|e| panic!("{start} with {preset:?}: {e}"));
            let named = preset.is_none_or(|name| text.contains(&format!("preset = \"{name}\"\n")));
            assert!(named && text.contains("# "), "{text}");
            // Each start is simulated, and each preset, but not all of them with each other.
            if preset.is_some() && k % count != n {
                continue;
            }
            let options = poolwise::experiment::Options { seed: None, replications: Some(1), precision: None };
            let report = poolwise::experiment::simulate(&model, &options).unwrap();
            assert!(report.served.unwrap().mean > 0.0, "{start} with {preset:?}");
        }
    }
}

#[test]
fn new_writes_a_file_once() {
    let folder = Folder::new("new");
    let file = folder.file("my shop.toml");
    let call = ["new", &file, "--preset", "hikaricp-6.0.0", "--schema", "./scenario.schema.json"];
    let output = run(&call, &[]);
    assert!(output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().contains("poolwise recommend"));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("#:schema ./scenario.schema.json\n") && text.contains("name = \"my shop\""), "{text}");
    out(&["check", &file]);
    out(&["simulate", &file, "--replications", "1"]);
    std::fs::write(&file, "mine").unwrap();
    let refused = run(&call, &[]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("is there already"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    out(&[&call[..], &["--force"]].concat());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let wrong = said(&["new", &folder.file("x.json"), "--preset", "hikaricp-6.0.1", "--from", "stedy"]);
    for part in ["did you mean steady?", "did you mean hikaricp-6.0.0?", "is written in TOML"] {
        assert!(wrong.contains(part), "{wrong}");
    }
}

#[test]
fn keys_are_found_by_words() {
    let found = out(&["keys", "Timeout"]);
    assert!(found.contains("pool.acquire_timeout") && !found.contains("traffic.rate "), "{found}");
    let both = out(&["keys", "database", "connections"]);
    assert!(both.contains("database.max_connections") && both.lines().count() < out(&["keys"]).lines().count());
    let nothing = run(&["keys", "timout"], &[]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("none is about \"timout\"; did you mean timeout?"));
}
