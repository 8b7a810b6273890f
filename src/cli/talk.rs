//! How it talks to people: colours, progress, and whether at all. Data never depends on it.

use clap::{Args, ValueEnum};
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

/// Options of every command.
#[derive(Args)]
pub struct Options {
    /// Colours in messages, which then show the lines of the file: auto is where a terminal is
    #[arg(long, value_enum, global = true, default_value_t = When::Auto, value_name = "WHEN", help_heading = "Messages")]
    color: When,
    /// Neither progress nor cautions on stderr; errors are told all the same
    #[arg(long, short, global = true, help_heading = "Messages")]
    quiet: bool,
}

/// When something is done that depends on who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    // Without lines of their own: the help of every command would have them.
    Auto,
    Always,
    Never,
}

impl When {
    /// Whether, if it goes to a terminal or not.
    pub fn holds(self, terminal: bool) -> bool {
        match self {
            Self::Auto => terminal,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

static CHOSEN: OnceLock<(When, bool)> = OnceLock::new();

/// Keep what was chosen, once.
pub fn choose(options: &Options) {
    let _ = CHOSEN.set((options.color, options.quiet));
}

fn chosen() -> (When, bool) {
    CHOSEN.get().copied().unwrap_or((When::Auto, false))
}

/// Talk goes to stderr; when nobody listens there, that is no reason to stop.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Whether only errors are told.
pub fn quiet() -> bool {
    chosen().1
}

/// Whether progress is shown: to somebody who looks at a terminal.
pub fn progress() -> bool {
    !quiet() && std::io::stderr().is_terminal()
}

/// Whether messages show the lines of the file: on a terminal, or where colours are asked for. Scripts get one line a message.
pub fn spans() -> bool {
    chosen().0 == When::Always || std::io::stderr().is_terminal()
}

/// Whether messages have colours.
pub fn colours() -> bool {
    chosen().0.holds(std::io::stderr().is_terminal() && !declined())
}

/// `NO_COLOR` (<https://no-color.org>) counts when it is not empty.
fn declined() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb")
}

/// Columns of the terminal that `fallback` stands for where there is none, at most 120.
pub fn width(fallback: u16) -> usize {
    let seen = terminal_size::terminal_size().map_or(fallback, |(width, _)| width.0);
    usize::from(seen.clamp(40, 120))
}
