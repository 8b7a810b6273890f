//! Time, rate and probability, and how people write them: `"250ms"`, `"120/s"`, `"0.1%"`.

use crate::problem::shown;
use core::fmt;
use core::ops::{Add, AddAssign, Sub};

/// Nanoseconds in a second.
const SECOND: f64 = 1e9;
/// Units of duration, in nanoseconds. `min` is read, `m` is written.
const UNITS: [(&str, f64); 11] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3), // the micro sign
    ("μs", 1e3), // the Greek letter
    ("ms", 1e6),
    ("s", 1e9),
    ("sec", 1e9),
    ("min", 60e9),
    ("m", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
];
/// The longest duration that is read: ten years.
const LONGEST: f64 = 3650.0 * 86_400e9;

/// A moment: whole nanoseconds since the start of the run. 2⁶⁴ ns is 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct SimTime(u64);

/// A length of time in whole nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "wasm", derive(serde::Serialize, serde::Deserialize))]
pub struct Span(u64);

impl SimTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// A moment that is never reached.
    pub const NEVER: Self = Self(u64::MAX);

    /// From nanoseconds since the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    pub fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / SECOND
    }

    /// The time from `earlier` to here; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From whole nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// From seconds, rounded to whole nanoseconds. What is negative or not a number becomes zero; what is longer than
    /// 292 years becomes 292 years.
    #[inline]
    pub fn from_seconds(seconds: f64) -> Self {
        // `as` saturates and sends NaN to 0: both are what is documented. The signed form is one instruction on most machines.
        Self(((seconds * SECOND + 0.5) as i64).max(0) as u64)
    }

    /// The same of each: together, where none of them is far.
    pub(crate) fn all_from_seconds(spans: &mut [Self], seconds: &[f64]) {
        /// What is added to it loses its fraction; the whole number stands in the lowest bits.
        const WHOLE: f64 = (1u64 << 52) as f64;
        let near = 0.0..WHOLE / SECOND / 2.0;
        if !seconds.iter().all(|seconds| near.contains(seconds)) {
            return spans.iter_mut().zip(seconds).for_each(|(span, seconds)| *span = Self::from_seconds(*seconds));
        }
        for (span, seconds) in spans.iter_mut().zip(seconds) {
            let nanos = seconds * SECOND + 0.5;
            let whole = nanos + WHOLE;
            let rounded_up = whole - WHOLE > nanos;
            *span = Self(whole.to_bits() - WHOLE.to_bits() - u64::from(rounded_up));
        }
    }

    /// Whole nanoseconds.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// Seconds.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / SECOND
    }

    /// This span `factor` times, rounded to whole nanoseconds.
    pub fn scaled(self, factor: f64) -> Self {
        Self((self.0 as f64 * factor + 0.5) as u64)
    }

    /// Nanoseconds in all of so many that last as long.
    #[inline]
    pub(crate) fn times(self, count: u32) -> u128 {
        match cfg!(target_family = "wasm") {
            true => self.times_if_short(count),
            false => u128::from(self.0) * u128::from(count),
        }
    }

    /// The same where a product of 128 bits is a call: most spans are shorter than four seconds, and for them one of 64 bits is enough.
    #[inline]
    fn times_if_short(self, count: u32) -> u128 {
        match u32::try_from(self.0) {
            Ok(nanos) => u128::from(u64::from(nanos) * u64::from(count)),
            Err(_) => u128::from(self.0) * u128::from(count),
        }
    }

    /// Read `"250ms"`, `"1.5s"`, `"1m30s"`, `"2h"`.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed. A number without a unit is an error: the unit is part of the
    /// value.
    ///
    /// ```
    /// use poolwise::units::Span;
    /// assert_eq!(Span::parse("1m30s").unwrap().seconds(), 90.0);
    /// assert!(Span::parse("120/s").unwrap_err().contains("found the rate"));
    /// assert!(Span::parse("250").unwrap_err().contains("unit"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = "expected a duration such as \"250ms\", \"1.5s\" or \"2m\"";
        let trimmed = text.trim();
        if trimmed.contains('/') {
            return Err(format!("{wanted}, found the rate {}", shown(trimmed)));
        }
        let mut rest = trimmed;
        let mut nanos = 0.0;
        while !rest.is_empty() {
            let (number, tail) = split_number(rest);
            if number.is_empty() {
                return Err(format!("{wanted}, found {}{}", shown(trimmed), locale_hint(trimmed)));
            }
            let tail = tail.trim_start();
            let letters = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
            let (unit, after) = tail.split_at(letters);
            let value: f64 = number.parse().map_err(|_| format!("{wanted}, found {}", shown(trimmed)))?;
            let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err(if unit.is_empty() {
                    format!("{wanted}: {} has no unit{}", shown(trimmed), locale_hint(trimmed))
                } else {
                    format!("{wanted}: unknown unit {}; known are ns, us, ms, s, m, h, d", shown(unit))
                });
            };
            nanos += value * scale;
            rest = after.trim_start();
        }
        if trimmed.is_empty() {
            return Err(format!("{wanted}, found nothing"));
        }
        if nanos.is_nan() || nanos > LONGEST {
            return Err(format!("{wanted}, at most ten years; found {}", shown(trimmed)));
        }
        Ok(Self((nanos + 0.5) as u64))
    }
}

/// The leading number of `text` (digits, one point, an exponent) and the rest.
fn split_number(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let exponent_sign = end > 0 && matches!(bytes[end], b'-' | b'+') && matches!(bytes[end - 1], b'e' | b'E');
        let exponent = matches!(bytes[end], b'e' | b'E')
            && end > 0
            && bytes.get(end + 1).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+'));
        if bytes[end].is_ascii_digit() || bytes[end] == b'.' || exponent || exponent_sign {
            end += 1;
        } else {
            break;
        }
    }
    text.split_at(end)
}

fn locale_hint(text: &str) -> &'static str {
    if text.contains(',') {
        " (no separators between digits; decimals with a point)"
    } else if text.starts_with('-') {
        " (negative)"
    } else {
        ""
    }
}

impl Sub for SimTime {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        debug_assert!(self >= earlier);
        Span(self.0 - earlier.0)
    }
}

impl Add<Span> for SimTime {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Span {
    /// Exactly, in the largest unit that needs no more than three decimals: `1.5s`, `250ms`, `2h`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0;
        let whole = [("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000)];
        if let Some((unit, size)) = whole.into_iter().find(|(_, size)| nanos >= *size && nanos.is_multiple_of(*size)) {
            return write!(f, "{}{unit}", nanos / size);
        }
        let decimal = [("s", 1_000_000_000u64), ("ms", 1_000_000), ("us", 1_000)];
        match decimal.into_iter().find(|(_, size)| nanos >= *size && nanos.is_multiple_of(size / 1000)) {
            Some((unit, size)) => write!(f, "{}{unit}", nanos as f64 / size as f64),
            None if nanos == 0 => f.write_str("0s"),
            None => write!(f, "{nanos}ns"),
        }
    }
}

/// Events per second; finite and not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// From events per second.
    pub fn per_second(rate: f64) -> Self {
        debug_assert!(rate >= 0.0 && rate.is_finite());
        Self(rate)
    }

    /// Events per second.
    pub fn as_per_second(self) -> f64 {
        self.0
    }

    /// Read `"120/s"`, `"90/min"`, `"3600/h"`; 0, or from one per hour to 10⁹ per second.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    ///
    /// ```
    /// use poolwise::units::Rate;
    /// assert_eq!(Rate::parse("90/min").unwrap().as_per_second(), 1.5);
    /// assert!(Rate::parse("12ms").unwrap_err().contains("found the duration"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = "expected a rate such as \"120/s\" or \"90/min\"";
        let trimmed = text.trim();
        let Some((number, unit)) = trimmed.split_once('/') else {
            let what = if Span::parse(trimmed).is_ok() { "the duration " } else { "" };
            return Err(format!("{wanted}, found {what}{}", shown(trimmed)));
        };
        let per = match unit.trim() {
            "s" | "sec" | "second" => 1.0,
            "m" | "min" | "minute" => 60.0,
            "h" | "hour" => 3600.0,
            _ => return Err(format!("{wanted}: unknown unit {}; known are /s, /min, /h", shown(unit))),
        };
        let value: f64 =
            number.trim().parse().map_err(|_| format!("{wanted}, found {}{}", shown(trimmed), locale_hint(trimmed)))?;
        let rate = value / per;
        let least = 1.0 / 3600.0;
        if rate != 0.0 && !(least..=1e9).contains(&rate) {
            return Err(format!("{wanted}, 0 or from 1/h to 10^9/s; found {}", shown(trimmed)));
        }
        Ok(Self(rate))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Probability(f64);

impl Probability {
    /// Read `"0.1%"` or `"0.001"`.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    ///
    /// ```
    /// use poolwise::units::Probability;
    /// assert_eq!(Probability::parse("25%").unwrap().value(), 0.25);
    /// assert!(Probability::parse("2").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = "expected a share such as \"0.1%\" or \"0.001\"";
        let trimmed = text.trim();
        let (number, scale) = match trimmed.strip_suffix('%') {
            Some(percent) => (percent.trim(), 100.0),
            None => (trimmed, 1.0),
        };
        let value: f64 =
            number.parse().map_err(|_| format!("{wanted}, found {}{}", shown(trimmed), locale_hint(trimmed)))?;
        let value = value / scale;
        if !(0.0..=1.0).contains(&value) {
            return Err(format!("{wanted}, from 0 to 1 (0% to 100%); found {}", shown(trimmed)));
        }
        Ok(Self(value))
    }

    /// The number from 0 to 1.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Probability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0 * 100.0)
    }
}

/// An amount of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(u64);

/// Units of memory, the largest first. What is written with a B alone is decimal, as makers count; with an i it is binary.
const MEMORY: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

impl Bytes {
    /// From bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// How many bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Read `"10MB"`, `"1.5GiB"` or `"512kB"`, above 0 and at most 1000 TB.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    ///
    /// ```
    /// use poolwise::units::Bytes;
    /// assert_eq!(Bytes::parse("1.5GiB").unwrap().get(), 3 << 29);
    /// assert!(Bytes::parse("10").unwrap_err().contains("has no unit"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let wanted = "expected an amount of memory such as \"10MB\" or \"1.5GiB\"";
        let trimmed = text.trim();
        let (number, unit) = split_number(trimmed);
        let unit = unit.trim();
        let value: f64 =
            number.parse().map_err(|_| format!("{wanted}, found {}{}", shown(trimmed), locale_hint(trimmed)))?;
        let known = MEMORY.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let Some((_, scale)) = known else {
            let names = "kB, MB, GB, TB, KiB, MiB, GiB, TiB";
            return Err(match unit {
                "" => format!("{wanted}: {} has no unit", shown(trimmed)),
                _ => format!("{wanted}: unknown unit {}; known are {names}", shown(unit)),
            });
        };
        let bytes = value * *scale as f64;
        if !(1.0..=1e15).contains(&bytes) {
            return Err(format!("{wanted}, above 0 and at most 1000 TB; found {}", shown(trimmed)));
        }
        Ok(Self(bytes as u64))
    }
}

impl fmt::Display for Bytes {
    /// With three digits in a decimal unit: `1.5GB`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = MEMORY.iter().filter(|(name, _)| !name.contains('i'));
        let (unit, size) = decimal.clone().find(|(_, size)| self.0 >= *size).unwrap_or(&("B", 1));
        let value = self.0 as f64 / *size as f64;
        let rounded = libm::round(value * 100.0) / 100.0;
        write!(f, "{rounded}{unit}")
    }
}

/// Rounded to so many significant digits: as people would write a number of which no more is known.
///
/// ```
/// assert_eq!(poolwise::units::to_digits(0.003_499_696, 3), 0.0035);
/// ```
pub fn to_digits(exact: f64, digits: usize) -> f64 {
    format!("{exact:.0$e}", digits.saturating_sub(1)).parse().unwrap_or(exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_and_written() {
        for (text, bytes) in [("10MB", 10_000_000), ("1.5GiB", 3 << 29), ("512 kb", 512_000), ("1B", 1)] {
            assert_eq!(Bytes::parse(text), Ok(Bytes::new(bytes)), "{text}");
        }
        assert_eq!(Bytes::new(1_500_000_000).to_string(), "1.5GB");
        for (text, why) in
            [("10", "has no unit"), ("-1MB", "(negative)"), ("0MB", "above 0"), ("3 parsecs", "unknown unit")]
        {
            assert!(Bytes::parse(text).unwrap_err().contains(why), "{text}");
        }
    }

    /// Near the halves of a nanosecond, and where some are too far to be taken together.
    #[test]
    fn seconds_become_the_same_spans_together() {
        let halves = (0..2_000i64).map(|n| ((n * n * n) as f64 + 0.5) / SECOND);
        let near: Vec<f64> = halves.flat_map(|s| [s.next_down(), s, s.next_up()]).chain([0.0, 2.2e6]).collect();
        let far = [-1.0, f64::NAN, f64::INFINITY, 1e-300, 3e6, 1e12];
        for seconds in [near.clone(), [near.as_slice(), far.as_slice()].concat()] {
            let mut spans = vec![Span::ZERO; seconds.len()];
            Span::all_from_seconds(&mut spans, &seconds);
            let each: Vec<_> = seconds.iter().map(|seconds| Span::from_seconds(*seconds)).collect();
            assert_eq!(spans, each);
        }
    }

    #[test]
    fn many_spans_last_as_long_as_each_together() {
        for nanos in [0, 1, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            for count in [0, 1, u32::MAX] {
                let span = Span::from_nanos(nanos);
                let product = u128::from(nanos) * u128::from(count);
                assert_eq!([span.times(count), span.times_if_short(count)], [product; 2], "{nanos} times {count}");
            }
        }
    }

    #[test]
    fn a_span_is_written_so_that_it_is_read_back() {
        for nanos in [0, 1, 999, 1_000, 1_500, 250_000_000, 1_500_000_000, 90_000_000_000, 7_200_000_000_000, 1_000_001]
        {
            let span = Span::from_nanos(nanos);
            assert_eq!(Span::parse(&span.to_string()), Ok(span), "{span}");
        }
        assert_eq!(Span::ZERO.to_string(), "0s");
    }

    #[test]
    fn what_is_not_a_duration_is_refused_with_the_reason() {
        for (text, why) in [
            ("5", "has no unit"),
            ("5 parsecs", "unknown unit"),
            ("-5ms", "(negative)"),
            ("0,5s", "decimals with a point"),
            ("nan", "found \"nan\""),
            ("", "found nothing"),
            ("1e300s", "at most ten years"),
            ("1.2.3s", "found"),
            ("10/s", "found the rate"),
        ] {
            let message = Span::parse(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }

    #[test]
    fn what_is_not_a_rate_is_refused_with_the_reason() {
        for (text, why) in [
            ("-5/s", "from 1/h"),
            ("nan/s", "from 1/h"),
            ("inf/s", "from 1/h"),
            ("5/fortnight", "unknown unit"),
            ("1,5/s", "point"),
        ] {
            let message = Rate::parse(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
