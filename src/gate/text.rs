//! A gate's answer for a terminal, and for a comment on a merge request.

use super::{Answer, Gated, Judged, Verdict};
use core::fmt::Write;

/// For a terminal: a line for each assertion, what would make it hold below those that do not, and a summary.
pub fn text(answer: &Answer) -> String {
    let width = |of: fn(&Gated, &Judged) -> usize| {
        let all = answer.files.iter().flat_map(|file| file.assertions.iter().map(move |one| of(file, one)));
        all.max().unwrap_or(0)
    };
    let file_width = width(|file, _| file.file.chars().count());
    let title_width = width(|_, one| title(one).chars().count());
    let mut out = String::new();
    for file in &answer.files {
        for one in &file.assertions {
            let _ = writeln!(
                out,
                "{} {:file_width$}  {:title_width$}  {}",
                mark(one.verdict),
                file.file,
                title(one),
                measured(one)
            );
            if let Some(lever) = &one.lever {
                let _ = writeln!(out, "    {lever}");
            }
        }
    }
    let _ = writeln!(out, "{}", answer.sentence);
    out
}

/// As a table in Markdown, with a summary above it.
pub fn markdown(answer: &Answer) -> String {
    let mut out = format!("**{}**\n\n| | file | assertion | measured |\n|---|---|---|---|\n", answer.sentence);
    for file in &answer.files {
        for one in &file.assertions {
            let lever = one.lever.as_ref().map_or(String::new(), |lever| format!(". {lever}"));
            let name = one.name.as_ref().map_or(String::new(), |name| format!("{}: ", cell(name)));
            let _ = writeln!(
                out,
                "| {} | {} | {name}`{}`{} | {} |",
                mark(one.verdict),
                cell(&file.file),
                cell(&one.that).replace('`', "'"),
                window(one),
                cell(&(measured(one) + &lever))
            );
        }
    }
    out
}

/// The summary.
pub(super) fn sentence(files: &[Gated]) -> String {
    let all = || files.iter().flat_map(|file| &file.assertions);
    let holds = all().filter(|one| one.verdict == Verdict::Holds).count();
    let count = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
    let mut said = match all().count() {
        1 if holds == 1 => "The assertion holds".to_owned(),
        1 => "The assertion does not hold".to_owned(),
        n if n == holds => format!("All {n} assertions hold"),
        n => format!("{holds} of {n} assertions hold"),
    };
    said += &format!(", in {}.", count(files.len(), "file"));
    let unsure = all().filter(|one| one.verdict == Verdict::NotSurely).count();
    if unsure > 0 {
        let is = if unsure == 1 { "is" } else { "are" };
        let _ = write!(said, " {} {is} not surely within.", count(unsure, "assertion"));
    }
    let none = all().filter(|one| one.verdict == Verdict::NoSize).count();
    if none > 0 {
        let _ = write!(said, " For {} no pool size would do.", count(none, "assertion"));
    }
    said
}

fn mark(verdict: Verdict) -> char {
    if verdict == Verdict::Holds { '✓' } else { '✗' }
}

/// The name with what it says, and over which part of the run.
fn title(one: &Judged) -> String {
    let name = one.name.as_ref().map_or(String::new(), |name| format!("{name}: "));
    format!("{name}{}{}", one.that, window(one))
}

fn window(one: &Judged) -> String {
    let at = |seconds: f64| crate::units::Span::from_seconds(seconds);
    match (one.from, one.until) {
        (Some(from), Some(until)) => format!(" from {} until {}", at(from), at(until)),
        (Some(from), None) => format!(" from {}", at(from)),
        (None, Some(until)) => format!(" until {}", at(until)),
        (None, None) => String::new(),
    }
}

/// What was measured, and where the verdict is more than the mark says, that.
pub(super) fn measured(one: &Judged) -> String {
    match one.verdict {
        Verdict::NotSurely => format!("{}: not surely, after {} runs", one.measured, one.replications),
        _ => one.measured.clone(),
    }
}

/// Text within a cell of a table in Markdown.
fn cell(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .replace('|', "\\|")
        .replace('<', "&lt;")
}
