//! Problems beside the lines of the file that they are about.

use super::places::{Part, Place, places, steps};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use poolwise::catalogue::FIELDS;
use poolwise::problem::{Problem, Severity, plain};
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Longer files are not kept for messages.
const LONGEST: usize = 4 << 20;

#[derive(Default)]
struct Known {
    /// Names and texts of the files that were read.
    files: Vec<(String, String)>,
    /// Paths whose values come from elsewhere, such as `--set`.
    apart: Vec<String>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known { files: Vec::new(), apart: Vec::new() });

fn known() -> MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keep a file for messages about it.
pub fn remember(path: &Path, text: &str) {
    if text.len() <= LONGEST {
        known().files.push((path.display().to_string(), text.to_owned()));
    }
}

/// What is wrong at this path, or below, is not the file's fault: its value was given otherwise.
pub fn apart(path: &str) {
    known().apart.push(path.trim().to_owned());
}

/// A problem with the line that it is about; `None` where there is no such line.
pub fn show(problem: &Problem, colours: bool, width: usize) -> Option<String> {
    let known = known();
    let (name, text, path) = file_of(&known.files, &problem.path)?;
    let range = line(text, path, name.ends_with(".toml")).or_else(|| place(text, path, problem, &known.apart))?;
    let colon = if path.is_empty() { "" } else { ": " };
    // What is known there is long: it goes below.
    let message = plain(&problem.message);
    let (message, more) = match message.split_once(" (known here: ") {
        Some((before, known)) => (before.to_owned(), Some(format!("known here: {}", known.trim_end_matches(')')))),
        None => (message, None),
    };
    let title = format!("{}{colon}{message}", plain(path));
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Caution => Level::WARNING.with_name("caution"),
    };
    let snippet = Snippet::source(text).path(plain(name)).annotation(AnnotationKind::Primary.span(range));
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    let more = more.map(|more| Level::HELP.message(more));
    let group = level.primary_title(title).element(snippet).elements(more);
    Some(renderer.term_width(width).render(&[group]))
}

/// The file that a path names before its colon, else the only one that is a scenario; and the path within.
fn file_of<'a>(files: &'a [(String, String)], path: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
    let named = files.iter().find_map(|(name, text)| {
        let rest = path.strip_prefix(name.as_str())?.strip_prefix(": ")?;
        Some((name.as_str(), text.as_str(), rest))
    });
    named.or_else(|| {
        let first = *steps(path).first()?;
        let of_a_scenario = FIELDS.iter().any(|field| field.path.split(['.', '[']).next() == Some(first));
        let mut scenarios = files.iter().filter(|(_, text)| places(text).is_some());
        let ((name, text), None) = (scenarios.next()?, scenarios.next()) else { return None };
        let there = of_a_scenario || places(text)?.follow(&[first]).0 > 0;
        there.then_some((name, text, path))
    })
}

/// `line 7` of the file, without what is before and behind the text in it; of broken TOML what is broken.
fn line(text: &str, path: &str, toml: bool) -> Option<Range<usize>> {
    let number: usize = path.strip_prefix("line ")?.split(':').next()?.parse().ok()?;
    let mut from = 0;
    let wanted = text.split_inclusive('\n').nth(number.checked_sub(1)?)?;
    text.split_inclusive('\n').take(number - 1).for_each(|line| from += line.len());
    let all = from..from + wanted.len().max(1);
    let broken = if toml { toml::de::DeTable::parse(text).err().and_then(|e| e.span()) } else { None };
    if let Some(broken) = broken.filter(|span| all.contains(&span.start) && span.end <= all.end && !span.is_empty()) {
        return Some(broken);
    }
    let start = from + wanted.len() - wanted.trim_start().len();
    Some(start..(from + wanted.trim_end().len()).max(start + 1))
}

fn place(text: &str, path: &str, problem: &Problem, apart: &[String]) -> Option<Range<usize>> {
    let root = places(text)?;
    let wanted = root.numbered(&steps(path));
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    if wanted.is_empty() || apart.iter().any(|other| given(&root, other, &wanted)) {
        return None;
    }
    let (gone, found) = root.follow(&wanted);
    let unknown = problem.message.starts_with("unknown key");
    let part = if unknown && gone == wanted.len() { Part::Key } else { Part::Value };
    (gone > 0).then(|| found.bytes(part, text))
}

/// Whether what is wanted was given at another path: there, below it, or in a list that it changed.
fn given(root: &Place, other: &str, wanted: &[&str]) -> bool {
    let mut other = root.numbered(&steps(other));
    // An entry that is taken out moves those behind it.
    if other.last().is_some_and(|last| last.parse::<usize>().is_ok()) {
        other.pop();
    }
    !other.is_empty() && other.len() <= wanted.len() && other.iter().zip(wanted).all(|(a, b)| a == b)
}
