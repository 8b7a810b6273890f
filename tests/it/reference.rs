//! The book's reference: what can be written, made of the catalogue.

use crate::generated::hold_to;
use poolwise::alert;
use poolwise::catalogue::{FIELDS, Field, KNOBS, Kind, Quantity};
use poolwise::emit::TARGETS;
use poolwise::scenario::{LEVELS, MEASURES};
use poolwise::slo;
use poolwise::timeline;
use poolwise::workload::distribution;
use std::fmt::Write;

/// The title of each table of a scenario, in the order of the page.
const PARTS: [(&str, &str); 16] = [
    ("", "The scenario itself"),
    ("traffic", "When requests come"),
    ("query", "What a request does"),
    ("client", "Who asks, and asks again"),
    ("users", "Users"),
    ("pool", "The pool"),
    ("fleet", "Instances"),
    ("pooler", "A pooler between"),
    ("database", "The database"),
    ("timeline", "What happens"),
    ("version", "Versions of the application"),
    ("alert", "Alerts"),
    ("slo", "Objectives"),
    ("survive", "Cases to be survived"),
    ("assert", "Assertions"),
    ("rest", "Incidents, variants and where numbers come from"),
];

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn quantity(field: &Field) -> &'static str {
    match field.quantity {
        Quantity::Text => "text",
        Quantity::Count => "whole number",
        Quantity::Number => "number",
        Quantity::Duration => "duration, `250ms`",
        Quantity::Rate => "rate, `120/s`",
        Quantity::Share => "share, `0.1%`",
        Quantity::Distribution => "distribution",
        Quantity::Memory => "memory, `10MB`",
        Quantity::Objective => "objective",
    }
}

fn part_of(field: &Field) -> &'static str {
    let first = match field.path.split_once(['.', '[']) {
        Some((first, _)) => first,
        None if PARTS.iter().any(|(part, _)| *part == field.path) => field.path,
        None => "",
    };
    // A list of plain values, such as slo[].
    let first = if field.path.starts_with("slo") { "slo" } else { first };
    PARTS.iter().map(|(part, _)| *part).find(|part| *part == first).unwrap_or("rest")
}

/// Every key with its unit and default, in parts.
#[test]
fn the_keys() {
    let mut text = String::new();
    let mut told = 0;
    for (part, title) in PARTS {
        let fields: Vec<&Field> = FIELDS.iter().filter(|field| part_of(field) == part).collect();
        if fields.is_empty() {
            continue;
        }
        told += fields.len();
        write!(text, "## {title}\n\n| key | value | default | |\n|---|---|---|---|\n").unwrap();
        for field in fields {
            let default =
                if field.default.is_empty() { "must be written".into() } else { format!("`{}`", cell(field.default)) };
            writeln!(text, "| `{}` | {} | {default} | {} |", field.path, quantity(field), cell(field.gloss)).unwrap();
        }
        text.push('\n');
    }
    assert_eq!(told, FIELDS.len(), "a key belongs to no part");
    hold_to("book/src/generated/keys.md", &text);
}

fn kinds(text: &mut String, title: &str, head: &str, kinds: &[Kind]) {
    write!(text, "## {title}\n\n| {head} | takes | |\n|---|---|---|\n").unwrap();
    for kind in kinds {
        let takes = if kind.takes.is_empty() { String::new() } else { format!("`{}`", cell(kind.takes)) };
        writeln!(text, "| `{}` | {takes} | {} |", kind.name, cell(kind.gloss)).unwrap();
    }
    text.push('\n');
}

/// Distributions, changes, metrics of alerts, objectives and assertions; where the planner's numbers are found; the pools that settings
/// are written for.
#[test]
fn the_choices() {
    let mut text = String::new();
    kinds(&mut text, "Distributions", "distribution", distribution::KINDS);
    kinds(&mut text, "Changes", "change", timeline::KINDS);
    let metrics: Vec<Kind> = alert::METRICS.iter().map(|(_, kind)| *kind).collect();
    kinds(&mut text, "Metrics of alerts", "metric", &metrics);
    let names = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let objectives = names(slo::METRICS.iter().map(|(name, _)| *name).collect());
    write!(text, "## Objectives\n\nEach as `name <= value`, and `goodput >= share`: {objectives}.\n\n").unwrap();
    let numbers = names(MEASURES.iter().map(|(name, _)| *name).collect());
    let levels: Vec<Kind> = LEVELS.iter().map(|(_, kind)| *kind).collect();
    write!(text, "## Numbers that can be asserted\n\nThe times of the objectives, and {numbers}.\n\n").unwrap();
    kinds(&mut text, "Levels that can be asserted", "level", &levels);
    text += "## Where the planner's numbers are found\n\n| | what it is | where to find it |\n|---|---|---|\n";
    for knob in KNOBS {
        writeln!(text, "| {} | {} | {} |", knob.label, cell(knob.gloss), cell(knob.find)).unwrap();
    }
    text +=
        "\n## Pools that settings are written for\n\n| `poolwise emit` | pool | version | file |\n|---|---|---|---|\n";
    for target in TARGETS {
        writeln!(text, "| `{}` | {} | {} | `{}` |", target.name, target.product, target.version, target.file).unwrap();
    }
    hold_to("book/src/generated/choices.md", &text);
}
