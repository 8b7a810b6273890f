//! The answers of a sweep as a table for a terminal or for a spreadsheet.

use super::answer::{Answer, Numbers, Worlds};
use super::axis::{Axis, Uncertain};
use super::file::Header;
use crate::report::Estimate;
use crate::report::text::{columns, percent, time, time_of};

/// Rows that a table for a terminal shows.
const ROWS: usize = 200;
/// The estimates of a line for a spreadsheet, each with its half-width.
const NUMBERS: [&str; 10] = [
    "wait_mean",
    "wait_p50",
    "wait_p95",
    "wait_p99",
    "response_p99",
    "goodput",
    "utilisation",
    "timed_out_share",
    "wasted_share",
    "failed_requests",
];

/// The paths that vary: those of the axes, then those that chance draws.
pub fn paths(header: &Header) -> Vec<String> {
    let axes = header.over.iter().filter_map(|text| Axis::parse(text).ok()).map(|axis| axis.path);
    axes.chain(header.uncertain.iter().filter_map(|text| Uncertain::parse(text).ok()).map(|u| u.path)).collect()
}

/// The first line for a spreadsheet.
pub fn csv_head(header: &Header) -> String {
    let numbers = NUMBERS.iter().flat_map(|name| [(*name).to_owned(), format!("{name}_half_width")]);
    let first = ["variant", "world"].map(str::to_owned).into_iter();
    let last = ["verdict", "problem"].map(str::to_owned);
    let names = first.chain(paths(header)).chain(["replications".to_owned()]).chain(numbers).chain(last);
    line(names)
}

/// One variant for a spreadsheet: seconds, shares and counts per second.
pub fn csv_row(answer: &Answer) -> String {
    let numbers = match &answer.numbers {
        None => vec![String::new(); 1 + 2 * NUMBERS.len()],
        Some(numbers) => {
            let of = |e: Option<Estimate>| {
                let half = e.and_then(|e| e.half_width);
                [e.map(|e| e.mean), half].map(|number| number.map_or(String::new(), |x| x.to_string()))
            };
            let all = [numbers.replications.to_string()].into_iter();
            all.chain(estimates(numbers).into_iter().flat_map(of)).collect()
        }
    };
    let first = [answer.variant.to_string(), answer.world.to_string()].into_iter();
    let verdict = answer.meets.map_or("", |meets| meets.word()).to_owned();
    let last = [verdict, answer.problem.clone().unwrap_or_default()];
    line(first.chain(answer.values.iter().cloned()).chain(numbers).chain(last))
}

fn estimates(numbers: &Numbers) -> [Option<Estimate>; 10] {
    let Numbers { wait, response, goodput, utilisation, timed_out_share, wasted_share, failed_requests, .. } = numbers;
    [
        wait.mean,
        wait.p50,
        wait.p95,
        wait.p99,
        response.p99,
        *goodput,
        *utilisation,
        *timed_out_share,
        *wasted_share,
        *failed_requests,
    ]
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    let quoted = |cell: String| match cell.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    };
    cells.into_iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

/// A table for a terminal that grows row by row, and keeps no more rows than it shows.
#[derive(Clone, Debug)]
pub struct Table {
    header: Header,
    axes: usize,
    rows: Vec<Vec<String>>,
    more: u64,
    worlds: Worlds,
}

impl Table {
    /// With no row yet.
    pub fn new(header: &Header) -> Self {
        let names = paths(header);
        let axes = header.over.len();
        let mut head: Vec<String> = if header.worlds > 1 { names[..axes].to_vec() } else { names };
        head.extend(match header.worlds {
            1 => ["wait p50", "wait p99", "failed", "utilisation", ""].map(str::to_owned).to_vec(),
            _ => ["meets", "wait p99: p10", "p50", "p90", "failed: p90"].map(str::to_owned).to_vec(),
        });
        Self { header: header.clone(), axes, rows: vec![head], more: 0, worlds: Worlds::default() }
    }

    /// Add the next variant.
    pub fn add(&mut self, answer: &Answer) {
        if self.header.worlds == 1 {
            let row = || alone(answer);
            return if self.rows.len() <= ROWS { self.rows.push(row()) } else { self.more += 1 };
        }
        self.worlds.add(answer, self.axes);
        if self.worlds.worlds == self.header.worlds {
            let worlds = core::mem::take(&mut self.worlds);
            if self.rows.len() <= ROWS { self.rows.push(together(&worlds)) } else { self.more += 1 }
        }
    }

    /// The table.
    pub fn text(&self) -> String {
        let mut out = columns(&self.rows);
        if self.more > 0 {
            out += &format!("  … and {} more rows: --format csv has all\n", self.more);
        }
        let Header { replications, seed, slo, worlds, scenario, .. } = &self.header;
        let objectives = if slo.is_empty() { String::new() } else { format!("; objectives: {}", slo.join(", ")) };
        let drawn = if *worlds > 1 {
            format!("; {worlds} worlds of {}, the same for each row", paths(&self.header)[self.axes..].join(", "))
        } else {
            String::new()
        };
        out + &format!(
            "\n  {scenario}: {replications} replications of each, seed {seed}, the same requests in every row{drawn}{objectives}.\n"
        )
    }
}

fn alone(answer: &Answer) -> Vec<String> {
    let mut cells = answer.values.clone();
    match &answer.numbers {
        None => cells.extend(["–", "–", "–", "–"].map(str::to_owned)),
        Some(numbers) => {
            let share = |e: Option<Estimate>| e.map_or("–".to_owned(), |e| percent(e.mean));
            cells.extend([time_of(&numbers.wait.p50), time_of(&numbers.wait.p99)]);
            cells.extend([share(numbers.failed_requests), share(numbers.utilisation)]);
        }
    }
    cells.push(match &answer.problem {
        Some(_) => "makes no sense".to_owned(),
        None => answer.meets.map_or(String::new(), |meets| meets.word().to_owned()),
    });
    cells
}

fn together(worlds: &Worlds) -> Vec<String> {
    let sound = f64::from((worlds.worlds - worlds.senseless).max(1));
    let of = |count: u32| format!("{} of worlds", percent(f64::from(count) / sound));
    let wait = |share: f64| {
        worlds.wait(share).map_or("–".to_owned(), |x| if x.is_finite() { time(x) } else { "grows".into() })
    };
    let failed = worlds.failed(0.9).map_or("–".to_owned(), percent);
    let mut cells = worlds.values.clone();
    cells.push(worlds.within.map_or("–".to_owned(), of));
    cells.extend([wait(0.1), wait(0.5), wait(0.9), failed]);
    cells
}
