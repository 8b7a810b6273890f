//! Advice in words and tables for a terminal.

use super::Advice;
use crate::plan;
use crate::report::text::columns;
use core::fmt::Write;

/// A factor as people say it: `1.34` is 34 %.
fn more(factor: f64) -> String {
    match factor {
        f if f < 2.0 => format!("{:.0} %", 100.0 * (f - 1.0)),
        f => format!("{f:.1} times"),
    }
}

/// Each answer with what it rests on, a paragraph for each.
pub fn sentences(advice: &Advice) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(band) = &advice.band {
        let highest = match band.highest {
            Some(most) if most == band.lowest => format!("and not one more: {}", band.highest_because),
            Some(most) => format!("up to {most}: {}", band.highest_because),
            None => format!("and no upper edge is known: {}", band.highest_because),
        };
        let stays = advice.aftermath.as_ref().is_some_and(|aftermath| aftermath.stuck > 0);
        let safe = match (advice.uncertain.is_some(), stays) {
            (true, _) => "With each range at its middle, safe",
            (false, true) => "Safe for the usual load, not after an overload,",
            (false, false) => "Safe",
        };
        all.push(format!("{safe} from {} ({}) {highest}.", band.lowest, band.lowest_because));
    }
    if let Some(headroom) = advice.headroom {
        let words = |factor: f64, what: &str| match factor {
            f if f < 1.02 => format!("no more {what}"),
            f if f < 2.0 => format!("{} more {what}", more(f)),
            f => format!("{} the {what}", more(f)),
        };
        all.push(format!(
            "Headroom: it bears {}, or {} of each request; beyond, an objective is not surely met.",
            words(headroom.traffic, "traffic"),
            words(headroom.work, "work")
        ));
    }
    if let Some(aftermath) = &advice.aftermath {
        all.push(format!("Overload: {}.", aftermath.sentence));
    }
    if let Some(stuck) = &advice.stuck {
        all.push(format!("The bottleneck is {}: {}.", stuck.bottleneck, stuck.because));
    }
    all
}

/// Words in columns that begin at the left.
fn table(out: &mut String, title: &str, rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    let width = |n: usize| rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let line = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(n, cell)| format!("{cell:<0$}", width(n)));
        format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    let lines: String = rows.iter().map(line).collect();
    let _ = write!(out, "\n{title}\n{lines}");
}

/// Advice for a terminal.
pub fn text(advice: &Advice) -> String {
    let mut out = plan::text(&advice.recommendation);
    for sentence in sentences(advice) {
        let _ = write!(out, "\n{sentence}\n");
    }
    let size = |size: Option<u32>| size.map_or("none".to_owned(), |size| size.to_string());
    let moved = |m: &super::Moved| vec![m.what.clone(), size(m.max_size)];
    let moves: Vec<_> = advice.sensitivity.iter().map(moved).collect();
    table(&mut out, "Smallest pool when an input is other than thought:", &moves);
    let survived = |s: &super::Survived| {
        let word = if s.as_it_is { "survived with" } else { "needs" };
        vec![s.name.clone(), s.what.clone(), format!("{word} {}", size(s.smallest)), s.asked.join(", ")]
    };
    let cases: Vec<_> = advice.survival.iter().map(survived).collect();
    table(&mut out, "Cases to be survived:", &cases);
    if let Some(uncertain) = &advice.uncertain {
        let head = ["max_size", "enough in", "too many on average", "lacks at most", "mean regret"];
        let row = |r: &super::Regret| {
            let mark = if r.max_size == uncertain.max_size { "  <- least regret" } else { "" };
            vec![
                r.max_size.to_string(),
                format!("{:.0} %", 100.0 * r.enough),
                format!("{:.1}", r.too_many),
                r.lacks.to_string(),
                format!("{:.1}{mark}", r.regret),
            ]
        };
        let rows = core::iter::once(head.map(str::to_owned).to_vec()).chain(uncertain.table.iter().map(row));
        let title = "Over the uncertain inputs (a missing connection counts as ten that are too many):";
        let _ = write!(out, "\n{title}\n\n{}", columns(&rows.collect::<Vec<_>>()));
    }
    if let Some(stuck) = &advice.stuck {
        let row = |r: &super::Remedy| {
            vec![r.what.clone(), r.max_size.map_or("–".to_owned(), |size| format!("then a pool of {size} is enough"))]
        };
        let remedies: Vec<_> = stuck.remedies.iter().map(row).collect();
        table(&mut out, "What would help, each simulated:", &remedies);
    }
    let reason = |r: &crate::emit::Reason| vec![r.key.to_owned(), r.value.clone(), r.why.clone()];
    let settings: Vec<_> = advice.settings.iter().map(reason).collect();
    table(&mut out, "Settings that fit together (poolwise emit writes them for your pool):", &settings);
    out
}
