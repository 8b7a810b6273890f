//! Help: commands in groups, and examples for each.

use clap::{ColorChoice, Command, CommandFactory, FromArgMatches};
use std::fmt::Write;

/// Commands by what people want; what stands in none is listed last.
const GROUPS: &[(&str, &[&str])] = &[
    ("Size a pool", &["recommend", "predict", "emit"]),
    ("Size many", &["budget", "services", "sweep", "merge"]),
    ("See what it does", &["simulate", "compare", "replay"]),
    ("Find what is wrong, and be told in time", &["diagnose", "alerts", "gate"]),
    ("Start from what was measured", &["import", "fit"]),
    ("Write scenarios", &["new", "check", "keys", "presets", "schema"]),
    ("This program", &["completions", "man", "help"]),
];

/// Examples of the commands that bring none.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "recommend",
        "\
Examples:
  poolwise recommend --rate 1000/s --hold 'lognormal(p50=5ms, p99=80ms)' --slo 'wait.p99 <= 20ms'
  poolwise recommend --rate 800/s..1200/s --hold 'exponential(mean=20ms)' --instances 4
  poolwise recommend shop.toml --set database.cores=8 --format json

Exit codes: 0 done, 2 bad input, 3 no pool size meets the objectives.",
    ),
    (
        "simulate",
        "\
Examples:
  poolwise simulate book/src/scenarios/slow-query.toml --set pool.max_size=40
  poolwise simulate --rate 200/s --hold 'exponential(mean=20ms)' --set pool.max_size=6 --precision 2%
  poolwise simulate shop.toml --format json | jq .wait.p99.mean",
    ),
    (
        "compare",
        "\
Examples:
  poolwise compare book/src/scenarios/slow-query.toml
  poolwise compare shop.toml --set pool.max_size=40
  poolwise compare shop.toml --variant 'small: pool.max_size=5; pool.max_waiters=10' --format markdown",
    ),
    (
        "replay",
        "\
Examples:
  poolwise replay book/src/scenarios/leak.toml
  poolwise replay book/src/scenarios/slow-query.toml --format html -o incident.html",
    ),
    (
        "predict",
        "\
Examples:
  poolwise predict --rate 1000/s --hold 'exponential(mean=20ms)' --set pool.max_size=25
  poolwise predict shop.toml --format json",
    ),
    (
        "check",
        "\
Examples:
  poolwise check shop.toml > /dev/null
  poolwise check shop.toml --set pool.preset=hikaricp-6.0.0

Every problem is told at once on stderr. Exit codes: 0 sound, 2 not.",
    ),
    (
        "new",
        "\
Examples:
  poolwise new shop.toml --preset hikaricp-6.0.0
  poolwise new outage.toml --from incident && poolwise replay outage.toml
  poolwise new --list",
    ),
    (
        "schema",
        "\
Examples:
  poolwise schema > scenario.schema.json

In a TOML file the first line tells editors (Taplo, Even Better TOML) where it is:
  #:schema ./scenario.schema.json
In a JSON file a key does:
  { \"$schema\": \"./scenario.schema.json\" }",
    ),
    (
        "presets",
        "\
Examples:
  poolwise presets
  poolwise presets hikaricp-6.0.0 >> shop.toml",
    ),
    (
        "keys",
        "\
Examples:
  poolwise keys
  poolwise keys timeout
  poolwise keys database connections",
    ),
    (
        "completions",
        "\
Examples:
  poolwise completions bash > ~/.local/share/bash-completion/completions/poolwise
  poolwise completions zsh > \"${fpath[1]}/_poolwise\"
  poolwise completions fish > ~/.config/fish/completions/poolwise.fish",
    ),
    (
        "man",
        "\
Examples:
  poolwise man | man -l -
  poolwise man ~/.local/share/man/man1",
    ),
];

/// The command line with its help.
pub fn command<C: CommandFactory>() -> Command {
    let mut command = C::command().bin_name("poolwise");
    for (name, examples) in EXAMPLES {
        if command.find_subcommand(name).is_some() {
            command = command.mut_subcommand(name, |one| one.after_help(*examples));
        }
    }
    let groups = grouped(&command);
    let options = heading("Options");
    let template = format!("{{about}}\n\n{{usage-heading}} {{usage}}\n\n{groups}{options}\n{{options}}{{after-help}}");
    command.help_template(template)
}

/// As other headings of the help are; without colours the codes are taken out.
fn heading(title: &str) -> String {
    let style = clap::builder::Styles::styled().get_header().to_owned();
    format!("{style}{title}:{style:#}")
}

/// What was asked for; ends the program where that is help, or no command.
pub fn parse<C: CommandFactory + FromArgMatches>() -> C {
    let matches = command::<C>().color(colours()).get_matches();
    C::from_arg_matches(&matches).unwrap_or_else(|e| e.exit())
}

/// Help is printed before options are read: `--color` is looked for among the words.
fn colours() -> ColorChoice {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let given = |when: &str| {
        let apart = words.windows(2).any(|pair| pair[0] == "--color" && pair[1] == when);
        apart || words.iter().any(|word| *word == *format!("--color={when}"))
    };
    match (given("never"), given("always")) {
        (true, _) => ColorChoice::Never,
        (_, true) => ColorChoice::Always,
        _ => ColorChoice::Auto,
    }
}

fn grouped(command: &Command) -> String {
    let mut text = String::new();
    let known: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
    let others: Vec<&str> = command.get_subcommands().map(Command::get_name).filter(|n| !known.contains(n)).collect();
    for (title, names) in GROUPS.iter().map(|(title, names)| (*title, *names)).chain([("More", others.as_slice())]) {
        let lines: String = names.iter().filter_map(|name| line(command, name)).collect();
        if !lines.is_empty() {
            let _ = writeln!(text, "{}\n{lines}", heading(title));
        }
    }
    text
}

/// One command with what it does, in 100 columns.
fn line(command: &Command, name: &str) -> Option<String> {
    const INDENT: usize = 15;
    let about = match name {
        "help" => "This, or the help of a command".to_owned(),
        _ => command.find_subcommand(name)?.get_about()?.to_string(),
    };
    let mut lines = vec![format!("  {name:12} ")];
    for word in about.split_whitespace() {
        let last = lines.last_mut()?;
        if last.chars().count() + word.chars().count() > 98 {
            lines.push(" ".repeat(INDENT));
        }
        let last = lines.last_mut()?;
        let space = if last.chars().count() > INDENT { " " } else { "" };
        last.push_str(space);
        last.push_str(word);
    }
    Some(lines.join("\n") + "\n")
}
