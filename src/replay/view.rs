//! The series of a report, as the parts of a replay ask it.

use crate::record;
use crate::report::text::percent;
use crate::report::{Column, Columns, Moment, Report};
use core::ops::Range;

/// A series with the moments that matter.
pub(super) struct View<'a> {
    pub series: Option<&'a Columns>,
    /// Seconds of one part of the series.
    pub width: f64,
    /// The moment from which people count.
    pub zero: f64,
    /// The end of the run.
    pub end: f64,
    /// When 5 % of the requests begin to fail, and when hardly any fail any more.
    pub onset: Option<Moment>,
    pub recovered: Option<Moment>,
    /// The database's cores, where queries share a limited number.
    pub cores: Option<f64>,
    /// The parts of the series in which it was at its worst; empty where nothing happened.
    pub plateau: Vec<usize>,
}

/// A part of the run belongs to the plateau if at least this share of the failing parts' median fails.
const PLATEAU: f64 = 0.5;
/// A part fails from this share on, and from so many lost requests on: as where each run tells it.
const FAILING: f64 = record::FAILING.0 as f64 / 100.0;
const LEAST: f64 = record::FAILING.1 as f64;
/// It is over below this share.
const UNWELL: f64 = record::UNWELL.0 / 100.0;

impl<'a> View<'a> {
    pub fn new(report: &'a Report, cores: Option<f64>) -> Self {
        let series = report.series.as_ref();
        let width = series.and_then(|series| series.t.0.first()).map_or(1.0, |middle| 2.0 * middle);
        let incident = report.incident.as_ref().map(|incident| incident.from);
        let (onset, recovered) = (report.onset, report.recovered);
        let end = report.warm_up + report.measured;
        let mut view = Self { series, width, zero: 0.0, end, cores, onset, recovered, plateau: Vec::new() };
        if report.incident.is_none() && report.impact.users_any_failure.is_none() {
            view.failing();
        }
        view.zero = incident.or(view.onset.map(|onset| onset.mean)).unwrap_or(0.0);
        view.plateau = view.worst();
        view
    }

    /// Where no run tells when it began, the series of all runs together does.
    fn failing(&mut self) {
        let Some(series) = self.series else { return };
        let share = |n: usize| self.share_in(n..n + 1).unwrap_or(0.0);
        let bins = 0..series.t.0.len();
        let moment = |n: usize| Moment { mean: n as f64 * self.width, half_width: None, share_of_runs: 1.0 };
        let lost = |n: usize| series.failed.0[n] * self.width >= LEAST;
        let onset = bins.clone().find(|n| share(*n) >= FAILING && lost(*n));
        let last = onset.and_then(|onset| bins.skip(onset).rfind(|n| share(*n) >= UNWELL && lost(*n)));
        (self.onset, self.recovered) = (onset.map(moment), last.map(|last| moment(last + 1)));
    }

    fn worst(&self) -> Vec<usize> {
        let (Some(series), Some(onset)) = (self.series, &self.onset) else { return Vec::new() };
        let until = self.recovered.as_ref().map_or(self.end, |recovered| recovered.mean);
        let all = 0..series.t.0.len();
        // A part of a bin's width: the onset is a mean over runs.
        let during = all.filter(|n| (onset.mean - self.width..=until).contains(&series.t.0[*n]));
        let failing: Vec<(usize, f64)> =
            during.filter_map(|n| Some((n, self.share_in(n..n + 1)?))).filter(|(_, share)| *share >= FAILING).collect();
        let mut shares: Vec<f64> = failing.iter().map(|(_, share)| *share).collect();
        shares.sort_by(f64::total_cmp);
        let Some(median) = shares.get(shares.len() / 2) else { return Vec::new() };
        failing.iter().filter(|(_, share)| *share >= PLATEAU * median).map(|(n, _)| *n).collect()
    }

    /// Requests lost, as a share of the attempts that came, over some parts of the series.
    pub fn share_in(&self, bins: Range<usize>) -> Option<f64> {
        let series = self.series?;
        let sum = |column: &Column| column.0.get(bins.clone()).map_or(0.0, |values| values.iter().sum::<f64>());
        let offered = sum(&series.offered);
        // Who waits long fails after the last has come.
        (offered > 0.0).then(|| (sum(&series.failed) / offered).min(1.0))
    }

    /// The parts of the series that lie between two moments.
    pub fn bins(&self, from: f64, until: f64) -> Range<usize> {
        let count = self.series.map_or(0, |series| series.t.0.len());
        let first = (libm::ceil(from / self.width - 1e-6).max(0.0) as usize).min(count);
        let last = (libm::floor(until / self.width + 1e-6).max(0.0) as usize).min(count);
        first..last.max(first)
    }

    pub fn share(&self, from: f64, until: f64) -> Option<f64> {
        // The part in which a moment lies counts from its beginning.
        let first = libm::floor(from / self.width + 1e-6).max(0.0) * self.width;
        self.share_in(self.bins(first, until)).filter(|_| from < self.end)
    }

    /// The mean over the plateau.
    pub fn worst_mean(&self, of: impl Fn(&Columns) -> &Column) -> Option<f64> {
        let series = self.series?;
        mean(self.plateau.iter().map(|n| of(series).0[*n]))
    }

    /// The median before a moment.
    pub fn median_before(&self, at: f64, of: impl Fn(&Columns) -> &Column) -> Option<f64> {
        let series = self.series?;
        let bins = self.bins(0.0, at);
        let mut values: Vec<f64> = of(series).0.get(bins)?.iter().copied().filter(|x| x.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// When the plateau begins and ends.
    pub fn worst_span(&self) -> Option<(f64, f64)> {
        let (first, last) = (*self.plateau.first()? as f64, *self.plateau.last()? as f64 + 1.0);
        Some((first * self.width, (last * self.width).min(self.end)))
    }

    /// Nothing where it happened in all runs.
    pub fn in_runs(&self, share: f64) -> String {
        if share < 1.0 { format!(" (in {} of the runs)", percent(share)) } else { String::new() }
    }

    /// The run's clock, as a scenario writes it.
    pub fn clock(&self, at: f64) -> String {
        clock(at, self.end)
    }
}

/// A moment of a run, as a scenario writes it.
pub(super) fn clock(at: f64, end: f64) -> String {
    let (value, unit) = if end >= 600.0 { (at / 60.0, "m") } else { (at, "s") };
    // No "-0".
    format!("{}{unit}", libm::round(value * 10.0) / 10.0 + 0.0)
}

/// A moment from the beginning of the incident.
pub(super) fn since(seconds: f64, end: f64) -> String {
    let (value, unit) = if end >= 600.0 { (seconds / 60.0, "min") } else { (seconds, "s") };
    let value = libm::round(value * 10.0) / 10.0;
    match value {
        v if v < 0.0 => format!("−{} {unit}", -v),
        v => format!("+{} {unit}", v.abs()),
    }
}

pub(super) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) =
        values.filter(|x| x.is_finite()).fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// So many values in place of many: means over equal stretches; NaN where there is none.
pub(super) fn resample(values: &[f64], count: usize) -> Vec<f64> {
    if values.len() <= count {
        return values.to_vec();
    }
    let edge = |n: usize| n * values.len() / count;
    (0..count).map(|n| mean(values[edge(n)..edge(n + 1)].iter().copied()).unwrap_or(f64::NAN)).collect()
}

/// Steps of an axis in seconds, at most so many of them over the whole, as moments from its zero.
pub(super) fn ticks(end: f64, zero: f64, most: usize) -> Vec<f64> {
    let steps = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10800.0];
    let steps = steps.into_iter().chain([6.0, 12.0, 24.0, 48.0, 120.0, 240.0, 1200.0].map(|hours| hours * 3600.0));
    let step = steps.into_iter().find(|step| end / step <= most as f64).unwrap_or(end);
    let first = libm::ceil(-zero / step - 1e-9);
    (0..=most).map(|n| (first + n as f64) * step).take_while(|at| at + zero <= end + 1e-6).map(|at| at + 0.0).collect()
}
