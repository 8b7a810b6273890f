//! Small charts for a terminal: waits against pool sizes, and what happens over time.

use super::talk::{When, width};
use clap::Args;
use poolwise::math::ln;
use poolwise::plan::Recommendation;
use poolwise::replay::sparkline;
use poolwise::report::text::time;
use poolwise::report::{Column, Report};
use poolwise::slo::{Metric, Objective, Stat};
use std::fmt::Write;
use std::io::IsTerminal;

#[derive(Args)]
pub struct Options {
    /// A small chart below the text: auto is where a terminal is
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    plot: When,
}

impl Options {
    fn columns(&self) -> Option<usize> {
        let terminal = std::io::stdout().is_terminal();
        let columns = if terminal { width(80) } else { 80 };
        self.plot.holds(terminal).then_some(columns.min(100))
    }

    /// The p99 of waits against pool sizes.
    pub fn sizes(&self, answer: &Recommendation) -> String {
        self.columns().map_or_else(String::new, |columns| sizes(answer, columns))
    }

    /// What came, failed, was in use and waited, over time.
    pub fn over_time(&self, report: &Report) -> String {
        self.columns().map_or_else(String::new, |columns| over_time(report, columns))
    }
}

/// A wait with the ends of its interval, in seconds.
struct Dot {
    size: u32,
    low: f64,
    mean: f64,
    high: f64,
    recommended: bool,
}

/// What columns of a chart stand for.
struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    columns: usize,
}

/// From how many times as much on equal steps multiply.
const WIDE: f64 = 30.0;

impl Scale {
    /// Wide enough for all values.
    fn of(values: impl Iterator<Item = f64> + Clone, columns: usize) -> Self {
        let high = values.clone().fold(0.0, f64::max);
        let low = values.filter(|value| *value > 0.0).fold(high, f64::min);
        let logarithmic = low > 0.0 && high > WIDE * low;
        Self { low: if logarithmic { low } else { 0.0 }, high, logarithmic, columns }
    }

    fn column(&self, value: f64) -> usize {
        let part = match self.logarithmic {
            true => ln(value.max(self.low) / self.low) / ln(self.high / self.low),
            false => value / self.high,
        };
        (part.clamp(0.0, 1.0) * (self.columns - 1) as f64).round() as usize
    }
}

fn sizes(answer: &Recommendation, columns: usize) -> String {
    let dot = |row: &poolwise::plan::SizeRow| {
        let p99 = row.wait.p99?;
        let half = p99.half_width.unwrap_or(0.0);
        let recommended = answer.recommended.is_some_and(|found| found.max_size == row.max_size);
        let (low, high) = ((p99.mean - half).max(0.0), p99.mean + half);
        Some(Dot { size: row.max_size, low, mean: p99.mean, high, recommended })
    };
    let dots: Vec<Dot> = answer.table.iter().filter_map(dot).collect();
    let objective =
        |text: &String| Objective::parse(text).ok().filter(|o| o.metric == Metric::Wait(Stat::Percentile(990)));
    let limit = answer.slo.iter().filter_map(objective).map(|objective| objective.at_most).reduce(f64::min);
    let values = dots.iter().flat_map(|dot| [dot.low, dot.mean, dot.high]).chain(limit);
    let named = dots.iter().map(|dot| dot.size.to_string().len()).max().unwrap_or(1);
    let scale = Scale::of(values, columns.saturating_sub(named + 20).max(20));
    if dots.len() < 2 || scale.high <= 0.0 {
        return String::new();
    }
    let asked = limit.map_or_else(String::new, |at_most| format!("; ┊ at most {}", time(at_most)));
    let steps = if scale.logarithmic { "; logarithmic" } else { "" };
    let confidence = answer.confidence * 100.0;
    let mut out = format!("\n  wait p99 against max_size (├─●─┤ interval at {confidence:.0} %{asked}{steps})\n");
    for dot in &dots {
        let mark = if dot.recommended { "  <-" } else { "" };
        let _ = writeln!(out, "  {:>named$} │{}  {:>8}{mark}", dot.size, row(dot, limit, &scale), time(dot.mean));
    }
    let (left, right) = (time(scale.low), time(scale.high));
    let between = scale.columns.saturating_sub(left.chars().count() + right.chars().count());
    let _ = writeln!(out, "  {:named$} └{}", "", "─".repeat(scale.columns));
    let _ = writeln!(out, "  {:named$}  {left}{:between$}{right}", "", "");
    out
}

/// The interval of one size, before the line of what is asked for.
fn row(dot: &Dot, limit: Option<f64>, scale: &Scale) -> String {
    let mut line = vec![' '; scale.columns];
    if let Some(limit) = limit {
        line[scale.column(limit)] = '┊';
    }
    let (low, mean, high) = (scale.column(dot.low), scale.column(dot.mean), scale.column(dot.high));
    line[low..=high].fill('─');
    if low < mean {
        line[low] = '├';
    }
    if high > mean {
        line[high] = '┤';
    }
    line[mean] = '●';
    line.into_iter().collect()
}

fn over_time(report: &Report, columns: usize) -> String {
    let Some(series) = &report.series else { return String::new() };
    type Show = fn(f64) -> String;
    let rows: [(&str, &Column, Show); 5] = [
        ("offered", &series.offered, per_second),
        ("failed", &series.failed, per_second),
        ("in use", &series.active, number),
        ("waiting", &series.pending, number),
        ("wait p99", &series.wait_p99, time),
    ];
    let room = columns.saturating_sub(32).max(20);
    let mut out = format!("\n  over {}\n", time(report.measured));
    for (name, column, show) in rows {
        let most = column.0.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
        if most > 0.0 {
            let blocks = sparkline(&column.0, most, room);
            let blank = room.saturating_sub(blocks.chars().count());
            let _ = writeln!(out, "  {name:9}{blocks}{:blank$}  up to {}", "", show(most));
        }
    }
    out
}

fn per_second(rate: f64) -> String {
    format!("{}/s", number(rate))
}

fn number(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}
