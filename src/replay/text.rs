//! A replay for a terminal, and as Markdown for a ticket.

use super::spark::{axis, sparkline};
use super::summary::count;
use super::tables::{self, LOST, Table, end, highest, idle, rows, when};
use super::{Replay, summary::Sentence};
use crate::problem::plain;
use crate::report::text::percent;
use core::fmt::Write;

/// Characters of a line of blocks.
const WIDTH: usize = 72;
/// Characters before it.
const NAMES: usize = 12;
/// Characters of a line of prose.
const PROSE: usize = 100;
/// So many instances are shown on a terminal.
const INSTANCES: usize = 40;

/// The summary, the timeline, lines of blocks and the numbers, for a terminal. There are no colours.
pub fn text(replay: &Replay) -> String {
    let mut out = format!("{}\n\n", plain(&replay.scenario));
    let mut about = None;
    for Sentence { about: this, text } in &replay.summary.sentences {
        // A paragraph for each subject.
        if about.is_some_and(|last| last != *this) {
            out.push('\n');
        }
        about = Some(*this);
        out += &wrapped(&plain(text), "  ");
    }
    if !replay.timeline.is_empty() {
        let _ = writeln!(out, "\n  {:>10}  {:>7}  {:2} {:>8}  what", "since", "clock", "", "lost");
    }
    for event in &replay.timeline {
        let [moment, clock] = when(event, end(replay));
        let letter = event.letter.as_deref().unwrap_or_default();
        let lost = event.errors.map_or("–".to_owned(), percent);
        let _ = writeln!(out, "  {moment:>10}  {clock:>7}  {letter:2} {lost:>8}  {}", plain(&event.text));
        if let Some(outcome) = &event.outcome {
            let _ = writeln!(out, "  {:>35}{}", "", plain(&outcome.words));
        }
    }
    out += &lines(replay);
    let _ = write!(out, "\n{}", crate::report::text::report(&replay.report));
    out
}

/// The summary as a list, tables, and lines of blocks in a code block.
pub fn markdown(replay: &Replay) -> String {
    let mut out = format!("# {}\n\n", escaped(&replay.scenario));
    for sentence in &replay.summary.sentences {
        let _ = writeln!(out, "- {}", escaped(&sentence.text));
    }
    if !replay.timeline.is_empty() {
        out += &table(&tables::timeline(replay));
    }
    let lines = lines(replay);
    if !lines.is_empty() {
        // Nothing that a user wrote stands in it.
        let _ = write!(out, "\n## Over time\n\n```text{lines}```\n");
    }
    out += &table(&tables::impact(replay));
    if !replay.report.alerts.is_empty() {
        out += &table(&tables::alerts(replay));
    }
    if !replay.report.provenance.is_empty() {
        let table = table(&tables::provenance(replay)).replace("\n## Where", "\n<details><summary>Where");
        // The line after the head is empty, as Markdown within HTML needs it.
        let (head, body) = table.split_once("\n\n").unwrap_or((&table, ""));
        let _ = write!(out, "{head}</summary>\n\n{body}\n</details>\n");
    }
    let report = &replay.report;
    let _ = write!(
        out,
        "\n{} replications, seed {}, intervals at {:.0} %, poolwise {}.\n",
        report.replications,
        report.seed,
        report.confidence * 100.0,
        replay.version
    );
    out
}

fn wrapped(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut length = 0;
    for word in text.split(' ') {
        let count = word.chars().count();
        if length > 0 && length + 1 + count > PROSE {
            out.push('\n');
            length = 0;
        }
        if length == 0 {
            out += indent;
        } else {
            out.push(' ');
            length += 1;
        }
        out += word;
        length += count;
    }
    out + "\n"
}

/// What is seen over time, one line of blocks each, with the axis below.
fn lines(replay: &Replay) -> String {
    let Some(series) = &replay.report.series else { return String::new() };
    let end = end(replay);
    let mut out = String::from("\n");
    let mut line = |name: &str, blocks: &str, said: &str| {
        let blank = WIDTH.saturating_sub(blocks.chars().count());
        let _ = writeln!(out, "  {name:NAMES$}{blocks}{:blank$}  {said}", "");
    };
    for row in rows(replay, series) {
        let most = highest(&row.values);
        let most = if row.name == LOST { percent(most) } else { count(most) + row.unit };
        line(row.name, &sparkline(&row.values, row.most, WIDTH), &format!("up to {most}"));
    }
    let [letters, moments] = axis(&replay.timeline, replay.zero, end, WIDTH);
    let unit = if end >= 600.0 { "min since the beginning" } else { "s since the beginning" };
    let marks = "letters: changes, !: alerts";
    line("", &letters, marks);
    line("", &moments, unit);
    let instances = &series.per_instance;
    if !instances.is_empty() {
        line("in use of each instance", "", "");
    }
    for instance in instances.iter().take(INSTANCES) {
        let size = highest(&instance.size.0);
        let there = instance.active.0.iter().zip(&instance.size.0);
        let active: Vec<f64> = there.map(|(active, size)| if *size > 0.0 { *active } else { f64::NAN }).collect();
        let said = format!(
            "of {}; up to {} in use, {} idle, {} waiting",
            count(size),
            count(highest(&active)),
            count(highest(&idle(&instance.total.0, &instance.active.0))),
            count(highest(&instance.pending.0))
        );
        line(&format!("#{}", instance.instance), &sparkline(&active, size, WIDTH), &said);
    }
    if instances.len() > INSTANCES {
        line("", &format!("and {} more", instances.len() - INSTANCES), "");
    }
    out.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn table(table: &Table) -> String {
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(table.head.len()));
    let rows: String = table.rows.iter().map(|cells| row(cells)).collect();
    format!("\n## {}\n\n{}{rule}{rows}", table.title, row(&table.head))
}

/// A text as Markdown shows it, within a line.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in plain(text).chars() {
        if "\\`*_[]<>|&#~$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_markdown_is_escaped() {
        assert_eq!(escaped("a|b\n<b>&`x` [y](z) *w*"), "a\\|b \\<b\\>\\&\\`x\\` \\[y\\](z) \\*w\\*");
    }

    #[test]
    fn prose_is_wrapped_between_words() {
        let text = "word ".repeat(50);
        let all = wrapped(text.trim(), "  ");
        assert!(all.lines().all(|line| line.chars().count() <= PROSE + 2 && line.starts_with("  word")), "{all}");
        assert_eq!(all.split_whitespace().count(), 50);
    }
}
