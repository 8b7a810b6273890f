//! A comparison as a table for a terminal, for Markdown or for a spreadsheet, row by row as they come.

use super::{Compared, ComparedMeasure, ComparedRow, Effect};
use crate::report::text::{percent, time};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For a terminal, with columns for names of at most so many characters.
    Terminal(usize),
    /// Markdown.
    Markdown,
    /// Comma-separated values: one line for each measure of each row, numbers in seconds, shares and counts per second.
    Csv,
}

const HEAD: [&str; 8] = ["", "failed", "difference", "users down", "slow", "goodput", "wait p99", "what is known"];
/// Characters of each column for a terminal but the first and the last.
const WIDTHS: [usize; 6] = [8, 24, 14, 14, 16, 17];

/// What stands before the rows.
pub fn head(form: Form) -> String {
    match form {
        Form::Terminal(_) => line(form, &HEAD.map(str::to_owned)),
        Form::Markdown => line(form, &HEAD.map(str::to_owned)) + "|---|---|---|---|---|---|---|---|\n",
        Form::Csv => "name,set,measure,value,half_width,difference,difference_half_width,effect,answer\n".to_owned(),
    }
}

/// One row, with the line break.
pub fn row(form: Form, row: &ComparedRow) -> String {
    if form == Form::Csv {
        return row.measures.iter().map(|measure| values(row, measure)).collect();
    }
    let find = |name: &str| row.measures.iter().find(|m| m.measure == name);
    let cell = |name: &str, show: &dyn Fn(f64) -> String| find(name).map_or("–".to_owned(), |m| marked(m, show));
    let failed = find("impact.failed_requests");
    let share = failed.and_then(|m| m.value).map_or("–".to_owned(), |value| percent(value.mean));
    let answer = row.answer.clone().unwrap_or_default();
    let cells = [
        row.name.clone(),
        share,
        failed.map_or(String::new(), points),
        cell("impact.users_mostly_down", &percent),
        cell("impact.slow_requests", &percent),
        cell("goodput", &|x| format!("{x:.1}/s")),
        cell("wait.p99", &time),
        answer,
    ];
    line(form, &cells.map(|text| crate::problem::plain(&text)))
}

/// What stands behind the rows.
pub fn foot(form: Form, all: &Compared) -> String {
    if form == Form::Csv {
        return String::new();
    }
    let warm_up = if all.warm_up > 0.0 { format!(" after {} of warm-up", time(all.warm_up)) } else { String::new() };
    let indent = if form == Form::Markdown { "" } else { "  " };
    format!(
        "\n{indent}{} replications of {} each{warm_up}, seed {}, the same requests in every row; intervals of the differences at {:.0} %.\n",
        all.replications,
        time(all.measured),
        all.seed,
        all.confidence * 100.0
    )
}

fn line(form: Form, cells: &[String; 8]) -> String {
    let Form::Terminal(width) = form else {
        let cells = cells.each_ref().map(|cell| cell.replace('|', "\\|"));
        return format!("| {} |\n", cells.join(" | "));
    };
    let mut out = format!("  {:width$}", cells[0]);
    for (cell, width) in cells[1..].iter().zip(WIDTHS) {
        out += &format!("  {cell:>width$}");
    }
    out += &format!("  {}", cells[7]);
    out.trim_end().to_owned() + "\n"
}

/// A value, and what the change does to it.
fn marked(measure: &ComparedMeasure, show: &dyn Fn(f64) -> String) -> String {
    let value = measure.value.map_or("–".to_owned(), |value| show(value.mean));
    match measure.effect {
        Some(Effect::NoDifference) => format!("{value} same"),
        Some(effect) => format!("{value} {}", effect.word()),
        None => value,
    }
}

/// The difference of two shares, in points of a hundred.
fn points(measure: &ComparedMeasure) -> String {
    let points = |share: f64| percent(share.abs()).replace(" %", "");
    match (measure.difference, measure.effect, measure.at_most) {
        (None, ..) => String::new(),
        (_, Some(Effect::NoDifference), Some(0.0)) => Effect::NoDifference.word().to_owned(),
        (_, Some(Effect::NoDifference), Some(most)) => format!("none (at most {})", points(most)),
        (Some(difference), ..) => {
            let sign = if difference.mean < 0.0 { "−" } else { "+" };
            let half = difference.half_width.map_or(String::new(), |half| format!(" ± {}", points(half)));
            format!("{sign}{}{half} points", points(difference.mean))
        }
    }
}

/// One measure as comma-separated values.
fn values(row: &ComparedRow, measure: &ComparedMeasure) -> String {
    let number = |x: Option<f64>| x.map_or(String::new(), |x| x.to_string());
    let (value, difference) = (measure.value, measure.difference);
    let cells = [
        row.name.clone(),
        row.set.join("; "),
        measure.measure.to_owned(),
        number(value.map(|e| e.mean)),
        number(value.and_then(|e| e.half_width)),
        number(difference.map(|e| e.mean)),
        number(difference.and_then(|e| e.half_width)),
        measure.effect.map_or(String::new(), |effect| effect.word().to_owned()),
        row.answer.clone().unwrap_or_default(),
    ];
    cells.map(|cell| quoted(&cell)).join(",") + "\n"
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}
