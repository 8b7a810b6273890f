//! Inputs that nobody knows exactly: the answer over many worlds.

use super::reach::smallest;
use crate::experiment::Options;
use crate::order::places;
use crate::problem::Problems;
use crate::random::{Purpose, Streams, unit};
use crate::scenario::Scenario;
use crate::units::{Rate, Span, to_digits};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Worlds that are drawn.
pub(super) const WORLDS: u32 = 32;
/// A connection that is missing costs so many that are too many: waiting users against idle connections.
const MISSING: f64 = 10.0;
/// The widest range.
const WIDEST: f64 = 1000.0;
/// Where texts stand that are no inputs.
const TEXTS: [&str; 9] = ["name", "description", "text", "answer", "source", "note", "stated", "read_as", "file"];

/// One size over all worlds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Regret {
    /// Connections of one instance's pool.
    pub max_size: u32,
    /// In how large a share of the worlds it is enough.
    pub enough: f64,
    /// Connections that it has too many on average, over the worlds in which it is enough.
    pub too_many: f64,
    /// The most that it lacks in a world.
    pub lacks: u32,
    /// Its mean regret, in connections: a missing one counts as ten that are too many.
    pub regret: f64,
}

/// The answer where inputs are ranges.
///
/// Worlds are drawn by Latin hypercube (M. D. McKay, R. J. Beckman, W. J. Conover, 1979): each range is cut into as many parts as there
/// are worlds, and each part is used once. Within a range all factors are equally likely (uniform on the logarithm), or all values
/// where the range begins at zero. In each world the smallest size that meets the objectives is found, and the size with the least mean
/// regret over all is the answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Uncertain {
    /// Paths and ranges.
    pub inputs: Vec<(String, String)>,
    /// How many worlds were drawn.
    pub worlds: u32,
    /// Worlds in which no size meets the objectives; they are left out of the table.
    pub without_an_answer: u32,
    /// The size with the least regret.
    pub max_size: u32,
    /// The answer in words.
    pub sentence: String,
    /// The sizes that are the smallest in some world.
    pub table: Vec<Regret>,
}

/// A range within a text of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Range {
    /// Where the text stands, as a JSON pointer, and as people write it.
    pointer: String,
    path: String,
    /// What stands before the range, its two ends, and what stands behind it.
    before: String,
    ends: [String; 2],
    behind: String,
}

/// All ranges of a scenario, such as `800/s..1200/s`, also within the arguments of a distribution.
pub(super) fn ranges(scenario: &Scenario) -> Result<Vec<Range>, Problems> {
    let document = serde_json::to_value(scenario).unwrap_or_default();
    let mut found = Vec::new();
    walk(&document, "", "", &mut found);
    let mut problems = Problems::default();
    for range in &found {
        if let Some(why) = known(&range.path) {
            problems.error(range.path.clone(), why);
        } else if let Err(why) = range.value(0.5) {
            problems.error(range.path.clone(), why);
        }
    }
    if problems.can_run() { Ok(found) } else { Err(problems) }
}

/// Why a number is no uncertain input, if it is none.
fn known(path: &str) -> Option<&'static str> {
    match path {
        "pool.max_size" | "pool[0].max_size" => {
            Some("is what is looked for and has no range: write one size, or leave it out")
        }
        _ if path.contains("slo[") => Some("is what you ask for and has no range: write one limit"),
        _ => None,
    }
}

fn walk(value: &Value, pointer: &str, path: &str, found: &mut Vec<Range>) {
    match value {
        Value::Object(table) => {
            for (key, below) in table.iter().filter(|(key, _)| !TEXTS.contains(&key.as_str())) {
                let dot = if path.is_empty() { "" } else { "." };
                walk(below, &format!("{pointer}/{key}"), &format!("{path}{dot}{key}"), found);
            }
        }
        Value::Array(list) => {
            for (n, below) in list.iter().enumerate() {
                walk(below, &format!("{pointer}/{n}"), &format!("{path}[{n}]"), found);
            }
        }
        Value::String(text) => found.extend(range_in(text, pointer, path)),
        _ => {}
    }
}

/// The first range in a text; those behind it are found once it is replaced.
fn range_in(text: &str, pointer: &str, path: &str) -> Option<Range> {
    let at = text.find("..")?;
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '/' | '%');
    let from = text[..at].rfind(|c| !part(c)).map_or(0, |n| n + 1);
    let rest = &text[at + 2..];
    let until = rest.find(|c| !part(c)).unwrap_or(rest.len());
    Some(Range {
        pointer: pointer.to_owned(),
        path: path.to_owned(),
        before: text[..from].to_owned(),
        ends: [text[from..at].to_owned(), rest[..until].to_owned()],
        behind: rest[until..].to_owned(),
    })
}

impl Range {
    /// The value at a point from 0 to 1, as it would have been written.
    fn value(&self, point: f64) -> Result<String, String> {
        let [low, high] = &self.ends;
        let between = |low: f64, high: f64| {
            let exact = if low <= 0.0 { low + point * (high - low) } else { low * crate::math::pow(high / low, point) };
            // Nobody who gives a range knows more.
            to_digits(exact, 4)
        };
        let ordered = |low: f64, high: f64| {
            let wrong =
                || format!("the range {}..{} must rise: write the smaller end first", self.ends[0], self.ends[1]);
            if low > high || low < 0.0 {
                return Err(wrong());
            }
            if low > 0.0 && high / low > WIDEST {
                return Err(format!(
                    "{}..{} spans more than a factor of {WIDEST}: nothing follows from so little",
                    self.ends[0], self.ends[1]
                ));
            }
            Ok(between(low, high))
        };
        if let (Ok(low), Ok(high)) = (low.parse::<i64>(), high.parse::<i64>()) {
            return Ok(format!("{}", ordered(low as f64, high as f64)?.round()));
        }
        if let (Ok(low), Ok(high)) = (low.parse::<f64>(), high.parse::<f64>()) {
            return Ok(format!("{}", ordered(low, high)?));
        }
        if let (Some(low), Some(high)) = (low.strip_suffix('%'), high.strip_suffix('%'))
            && let (Ok(low), Ok(high)) = (low.parse::<f64>(), high.parse::<f64>())
        {
            return Ok(format!("{}%", ordered(low, high)?));
        }
        if let (Ok(low), Ok(high)) = (Rate::parse(low), Rate::parse(high)) {
            return Ok(format!("{}/s", ordered(low.as_per_second(), high.as_per_second())?));
        }
        if let (Ok(low), Ok(high)) = (Span::parse(low), Span::parse(high)) {
            return Ok(Span::from_seconds(ordered(low.seconds(), high.seconds())?).to_string());
        }
        Err(format!("{low}..{high} is no range: both ends are numbers, shares, rates or times, as in 800/s..1200/s"))
    }
}

/// The scenario with each range at a point of its own.
fn at(scenario: &Scenario, ranges: &[Range], points: &[f64]) -> Result<Scenario, Problems> {
    if ranges.is_empty() {
        return Ok(scenario.clone());
    }
    let mut document = serde_json::to_value(scenario).unwrap_or_default();
    for (range, point) in ranges.iter().zip(points) {
        let Some(place) = document.pointer_mut(&range.pointer) else { continue };
        let value = range.value(*point).unwrap_or_default();
        let mut text = format!("{}{value}{}", range.before, range.behind);
        // A distribution may have several: they move together.
        while let Some(next) = range_in(&text, &range.pointer, &range.path) {
            let value = next.value(*point).map_err(|why| Problems::one(range.path.clone(), why))?;
            text = format!("{}{value}{}", next.before, next.behind);
        }
        *place = text.into();
    }
    let mut certain = Scenario::read(document)?;
    // What was read from files is not part of a document.
    for (new, old) in certain.traffic.sources_mut().iter_mut().zip(scenario.traffic.sources()) {
        if let (Some(new), Some(old)) = (&mut new.trace, &old.trace) {
            new.loaded.clone_from(&old.loaded);
        }
    }
    Ok(certain)
}

/// What is wrong with a value is told of its range, which somebody wrote: nobody wrote the value.
fn told(mut problems: Problems, ranges: &[Range], place: &str) -> Problems {
    for problem in &mut problems.problems {
        if let Some(range) = ranges.iter().find(|range| range.path == problem.path) {
            problem.message += &format!(" ({place} {})", range.ends.join(".."));
        }
    }
    problems
}

pub(super) fn at_the_middle(scenario: &Scenario, ranges: &[Range]) -> Result<Scenario, Problems> {
    let middle = at(scenario, ranges, &vec![0.5; ranges.len()])?;
    if !ranges.is_empty() {
        middle.check().map_err(|problems| told(problems, ranges, "the middle of"))?;
    }
    Ok(middle)
}

/// The smallest size in one of the worlds, if any is enough there.
pub(super) fn needs(
    scenario: &Scenario,
    ranges: &[Range],
    world: u32,
    options: &Options,
) -> Result<Option<u32>, Problems> {
    let seed = options.check()?.0;
    let points: Vec<f64> = (0..ranges.len()).map(|range| point(seed, range as u64, world)).collect();
    let model = at(scenario, ranges, &points)?.check().map_err(|problems| told(problems, ranges, "drawn from"))?;
    smallest(&model, options)
}

/// The size with the least regret, from what each world needs; nothing when in no world any size is enough.
pub(super) fn least_regret(ranges: &[Range], worlds: &[Option<u32>]) -> Option<Uncertain> {
    let mut needs: BTreeMap<u32, u32> = BTreeMap::new();
    worlds.iter().flatten().for_each(|size| *needs.entry(*size).or_default() += 1);
    let without_an_answer = worlds.iter().filter(|size| size.is_none()).count() as u32;
    let table: Vec<Regret> = needs.keys().map(|size| regret(*size, &needs)).collect();
    let best = table.iter().min_by(|a, b| a.regret.total_cmp(&b.regret))?;
    let left_out = match without_an_answer {
        0 => String::new(),
        n => format!(" In {n} of the {WORLDS} no size is enough."),
    };
    let size = best.max_size;
    let connections = if size == 1 { "connection" } else { "connections" };
    let share = |size| 100.0 * enough(&table, size);
    let less = if size == 1 { String::new() } else { format!("{} in {:.0} %, ", size - 1, share(size - 1)) };
    let sentence = format!(
        "Use {size} {connections} on each instance: enough in {:.0} % of the {WORLDS} worlds that were drawn from the ranges, {less}{} in \
         {:.0} %.{left_out}",
        share(size),
        size + 1,
        share(size + 1)
    );
    let inputs = ranges.iter().map(|range| (range.path.clone(), range.ends.join(".."))).collect();
    Some(Uncertain { inputs, worlds: WORLDS, without_an_answer, max_size: size, sentence, table })
}

/// The share of worlds in which a size is enough.
pub(super) fn enough(table: &[Regret], size: u32) -> f64 {
    table.iter().rev().find(|row| row.max_size <= size).map_or(0.0, |row| row.enough)
}

/// Where a world lies within a range: each of as many equal parts is used by one world, in an order of the range's own.
fn point(seed: u64, range: u64, world: u32) -> f64 {
    let streams = Streams::new(seed, 0);
    let luck = |part: usize| streams.number(Purpose::World, [range, part as u64, 0]);
    let order = places(WORLDS as usize, &|a, b| luck(a).cmp(&luck(b)));
    let within = unit(streams.number(Purpose::World, [range, u64::from(world), 1]));
    (order[world as usize] as f64 + within) / f64::from(WORLDS)
}

fn regret(size: u32, needs: &BTreeMap<u32, u32>) -> Regret {
    let (mut enough, mut all, mut too_many, mut regret) = (0.0, 0.0, 0.0, 0.0);
    for (needed, count) in needs {
        let count = f64::from(*count);
        all += count;
        if *needed <= size {
            enough += count;
            too_many += count * f64::from(size - needed);
            regret += count * f64::from(size - needed);
        } else {
            regret += count * MISSING * f64::from(needed - size);
        }
    }
    let lacks = needs.keys().next_back().map_or(0, |most| most.saturating_sub(size));
    Regret {
        max_size: size,
        enough: enough / f64::from(WORLDS),
        too_many: too_many / f64::max(enough, 1.0),
        lacks,
        regret: regret / all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_not_enough_where_none_is() {
        let needs = BTreeMap::from([(4, 20), (5, 4)]);
        let share = |size| regret(size, &needs).enough;
        assert_eq!((share(4), share(5)), (20.0 / f64::from(WORLDS), 24.0 / f64::from(WORLDS)));
    }
}
