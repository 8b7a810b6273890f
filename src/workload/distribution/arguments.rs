//! The notation `name(key=value, …)`, taken apart: what every distribution reads its parameters from.

use super::percentile::Percentile;
use crate::order::sort_by;
use crate::problem::{nearest, shown};
use crate::units::{Probability, Span};
use core::fmt::Display;

/// The most parts of a list of samples.
pub(super) const SAMPLES_MAX: usize = 1_000_000;
/// The most parts of anything else.
const PARTS_MAX: usize = 1000;
/// The longest time that is read, in seconds: ten days. Up to here a time in seconds still tells whole nanoseconds apart.
const TIME_MAX: f64 = 864_000.0;
/// How deep brackets may be nested: a mixture may hold mixtures, up to four in one another.
pub(super) const DEPTH_MAX: usize = 4;
/// Among the known names: any percentile.
pub(super) const ANY_PERCENTILE: &str = "p50 and its like";

/// A name and what stands between its brackets, split at commas.
pub(super) struct Arguments<'a> {
    pub(super) name: &'a str,
    pub(super) parts: Vec<&'a str>,
}

/// Parameters by name.
pub(super) struct Named<'a> {
    name: &'a str,
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Arguments<'a> {
    /// In one pass, so that megabytes of nonsense take no longer than to read them.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        let wanted = "expected a distribution such as \"lognormal(p50=5ms, p99=80ms)\" or \"exponential(mean=20ms)\"";
        let trimmed = text.trim();
        let Some((name, rest)) = trimmed.split_once('(') else {
            return Err(format!("{wanted}, found {}", shown(trimmed)));
        };
        let missing = || format!("{wanted}: the closing bracket is missing in {}", shown(trimmed));
        let inner = rest.strip_suffix(')').ok_or_else(missing)?;
        let (mut parts, mut depth, mut from) = (Vec::new(), 0usize, 0);
        for (at, byte) in inner.bytes().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 0 => return Err(format!("{wanted}: a bracket too many in {}", shown(trimmed))),
                b')' => depth -= 1,
                b',' if depth == 0 => {
                    parts.push(&inner[from..at]);
                    from = at + 1;
                }
                _ => {}
            }
            if depth > DEPTH_MAX {
                return Err(format!("more than {DEPTH_MAX} brackets in one another in {}", shown(trimmed)));
            }
            if parts.len() > SAMPLES_MAX {
                return Err(format!("more than {SAMPLES_MAX} parts in {}", shown(trimmed)));
            }
        }
        if depth > 0 {
            return Err(missing());
        }
        parts.push(&inner[from..]);
        let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
        Ok(Self { name: name.trim(), parts })
    }

    /// The parts of a list, which has an end and is not empty.
    pub(super) fn list(&self, most: usize, example: &str) -> Result<&[&'a str], String> {
        match self.parts.len() {
            0 => Err(format!("{} is empty: write {example}", self.name)),
            n if n > most => Err(format!("{} has {n} parts, more than the {most} that are read", self.name)),
            _ => Ok(&self.parts),
        }
    }

    /// The parts as `key=value`; `alone` names those that may be written as values alone, all of them, in this order.
    pub(super) fn named(&self, known: &[&str], alone: &[&'a str]) -> Result<Named<'a>, String> {
        let parts = if self.parts.is_empty() { &[] } else { self.list(PARTS_MAX, "")? };
        let lone = parts.iter().filter(|part| !part.contains('='));
        let all_alone = lone.clone().count() == parts.len() && parts.len() <= alone.len();
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for (n, part) in parts.iter().enumerate() {
            let (key, value) = match part.split_once('=') {
                Some((key, value)) => (key.trim(), value.trim()),
                None if all_alone => (alone[n], *part),
                None if parts.len() == 1 => {
                    let known = known.join(", ");
                    return Err(format!("{}(…) wants names: {} of what? (known: {known})", self.name, shown(part)));
                }
                None => {
                    return Err(format!(
                        "{} stands alone: parameters are written key=value, decimals with a point",
                        shown(part)
                    ));
                }
            };
            if pairs.iter().any(|before| before.0 == key) {
                return Err(format!("{} is given twice", shown(key)));
            }
            pairs.push((key, value));
        }
        // What stands alone is the graver mistake, and often the cause of this one: decimals with a comma.
        for (key, _) in &pairs {
            let meant = if Percentile::is_meant(key) { ANY_PERCENTILE } else { key };
            if !known.contains(&meant) {
                let meant = nearest(key, known.iter().copied().filter(|known| !known.contains(' ')));
                let meant = meant.map(|m| format!("; did you mean {m}?")).unwrap_or_default();
                let known = known.join(", ");
                return Err(format!("unknown parameter {} of {}{meant} (known: {known})", shown(key), self.name));
            }
        }
        Ok(Named { name: self.name, pairs })
    }
}

impl<'a> Named<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        self.pairs.iter().find(|pair| pair.0 == key).map(|pair| pair.1)
    }

    /// A time above zero, in seconds.
    pub(super) fn time(&self, key: &str) -> Result<Option<f64>, String> {
        self.get(key).map(|text| time(key, text)).transpose()
    }

    /// A time that may be zero, in seconds.
    pub(super) fn time_or_zero(&self, key: &str) -> Result<Option<f64>, String> {
        match self.get(key).map(Span::parse) {
            Some(Ok(Span::ZERO)) => Ok(Some(0.0)),
            _ => self.time(key),
        }
    }

    /// A plain number above zero.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, String> {
        let Some(text) = self.get(key) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(value) if value > 0.0 && value.is_finite() => Ok(Some(value)),
            _ => Err(format!("{key} must be a number above 0, found {}", shown(text))),
        }
    }

    /// A plain number within limits.
    pub(super) fn number_within(&self, key: &str, [least, most]: [f64; 2]) -> Result<Option<f64>, String> {
        let Some(text) = self.get(key) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(value) if (least..=most).contains(&value) => Ok(Some(value)),
            _ => Err(format!("{key} must be a number from {least} to {most}, found {}", shown(text))),
        }
    }

    /// A whole number within limits.
    pub(super) fn count(&self, key: &str, most: u32) -> Result<Option<u32>, String> {
        let Some(text) = self.get(key) else { return Ok(None) };
        match text.parse::<u32>() {
            Ok(value) if (1..=most).contains(&value) => Ok(Some(value)),
            _ => Err(format!("{key} must be a whole number from 1 to {most}, found {}", shown(text))),
        }
    }

    /// A share, neither nothing nor all.
    pub(super) fn share(&self, key: &str) -> Result<Option<f64>, String> {
        let Some(text) = self.get(key) else { return Ok(None) };
        match Probability::parse(text).map_err(|why| format!("{key}: {why}"))?.value() {
            share if share > 0.0 && share < 1.0 => Ok(Some(share)),
            _ => Err(format!("{key} must be above 0% and below 100%, found {}", shown(text))),
        }
    }

    /// All the percentiles among them, in order; their times must rise.
    pub(super) fn percentiles(&self) -> Result<Vec<Percentile>, String> {
        let meant = self.pairs.iter().filter(|(key, _)| Percentile::is_meant(key));
        let read =
            |(key, text): &(&str, &str)| Ok(Percentile { percent: Percentile::percent(key)?, value: time(key, text)? });
        let mut points = meant.map(read).collect::<Result<Vec<_>, String>>()?;
        sort_by(&mut points, |a, b| a.percent.total_cmp(&b.percent));
        points.windows(2).try_for_each(|pair| pair[0].is_below(&pair[1]))?;
        Ok(points)
    }

    pub(super) fn needs(&self, example: &str) -> String {
        format!("{} lacks a parameter: write {example}", self.name)
    }
}

/// A time above zero, in seconds.
pub(super) fn time(what: impl Display, text: &str) -> Result<f64, String> {
    let span = Span::parse(text).map_err(|why| format!("{what}: {why}"))?;
    if span == Span::ZERO {
        return Err(format!("{what} must be above 0, found {}", shown(text)));
    }
    if span.seconds() > TIME_MAX {
        return Err(format!("{what} must be at most ten days, found {}: check the units", shown(text)));
    }
    Ok(span.seconds())
}

/// A share as it is written: in percent with at most twelve decimals, where that reads back to the same number.
pub(super) fn share_text(share: f64) -> String {
    let percent = format!("{}%", (share * 1e14).round() / 1e12);
    if Probability::parse(&percent).is_ok_and(|read| read.value() == share) { percent } else { share.to_string() }
}
