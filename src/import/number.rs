//! Numbers and moments as databases and tools write them.

use crate::problem::shown;

/// Durations are read up to a day, as the means of holds are in a scenario.
pub(super) const SECONDS_MAX: f64 = 86_400.0;

/// A number from 0, with a point for decimals.
pub(super) fn number(what: &str, text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(x) if x >= 0.0 && x.is_finite() => Ok(x),
        Ok(_) => Err(format!("{what} must be a number from 0, found {}", shown(text))),
        Err(_) => {
            let hint = if text.contains(',') { " (decimals need a point: export with lc_numeric = 'C')" } else { "" };
            Err(format!("{what} must be a number, found {}{hint}", shown(text)))
        }
    }
}

/// A whole number up to 10^15: beyond it, not every whole number is one.
pub(super) fn whole(what: &str, text: &str) -> Result<u64, String> {
    let x = number(what, text)?;
    if x.fract() != 0.0 || x > 1e15 {
        return Err(format!("{what} must be a whole number up to 10^15, found {}", shown(text)));
    }
    Ok(x as u64)
}

/// A number of units of `seconds` each, as seconds up to a day.
pub(super) fn duration(what: &str, text: &str, seconds: f64) -> Result<f64, String> {
    let found = number(what, text)? * seconds;
    if found > SECONDS_MAX {
        return Err(format!("{what} must be at most a day, found {}: is the unit right?", shown(text)));
    }
    Ok(found)
}

/// A moment, in microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i64);

impl Moment {
    /// Read a moment as PostgreSQL writes it, `2026-01-05 12:00:00.123456+01`, or ISO 8601, `2026-01-05T12:00:00Z`. Without an
    /// offset it is taken as UTC.
    ///
    /// # Errors
    /// What was found and what is allowed.
    ///
    /// ```
    /// use poolwise::import::Moment;
    /// let noon = Moment::parse("2026-01-05 12:00:00+00").unwrap();
    /// assert_eq!(Moment::parse("2026-01-05T13:00:01.5+01:00").unwrap().since(noon), 1.5);
    /// assert!(Moment::parse("05/01/2026").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        read_moment(text.trim()).map(Self).ok_or_else(|| {
            format!(
                "must be a moment such as 2026-01-05 12:00:00+00 (export with datestyle = 'ISO'), found {}",
                shown(text)
            )
        })
    }

    /// The seconds from `earlier` to this; negative if it is later.
    pub fn since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / 1e6
    }
}

fn read_moment(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once([' ', 'T'])?;
    let mut parts = date.split('-').map(|part| digits(part, 4));
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some()
        || !(1970..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
    {
        return None;
    }
    let end = rest.find(['+', '-', 'Z', ' ']).unwrap_or(rest.len());
    let (clock, offset) = rest.split_at(end);
    let (clock, micros) = match clock.split_once('.') {
        None => (clock, 0),
        Some((clock, fraction)) => {
            let kept = fraction.get(..fraction.len().min(6))?;
            let scale = (0..6 - kept.len()).fold(1, |scale, _| scale * 10);
            digits(fraction, 9)?;
            (clock, digits(kept, 6)? * scale)
        }
    };
    let mut parts = clock.split(':').map(|part| digits(part, 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - read_offset(offset.trim())?;
    Some(seconds * 1_000_000 + micros)
}

/// Seconds east of Greenwich.
fn read_offset(text: &str) -> Option<i64> {
    if text.is_empty() || text == "Z" || text == "UTC" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let text = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match text.split_once(':') {
        Some((hours, minutes)) => (digits(hours, 2)?, digits(minutes, 2)?),
        None if text.len() == 4 => (digits(text.get(..2)?, 2)?, digits(text.get(2..)?, 2)?),
        None => (digits(text, 2)?, 0),
    };
    (hours <= 16 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

fn digits(text: &str, most: usize) -> Option<i64> {
    let fine = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    if fine { text.parse().ok() } else { None }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March, so that a leap day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_years = 365 * year + year / 4 - year / 100 + year / 400;
    of_years + (153 * month + 2) / 5 + day - 719_469
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (text, micros) in [
            ("1970-01-01 00:00:00+00", 0),
            ("1970-01-02T00:00:00.000001Z", 86_400_000_001),
            ("2000-02-29 12:00:00", 951_825_600_000_000),
            ("2000-03-01 00:00:00 UTC", 951_868_800_000_000),
            ("2026-01-05 12:00:00.5+05:30", 1_767_594_600_500_000),
            ("2026-01-05 12:00:00-0330", 1_767_627_000_000_000),
        ] {
            assert_eq!(Moment::parse(text), Ok(Moment(micros)), "{text}");
        }
        for text in ["", "now", "2026-01-05", "2026-13-05 00:00:00", "05.01.2026 12:00:00", "2026-01-05 12:00", "é T"]
        {
            assert!(Moment::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_are_from_zero_and_have_a_point() {
        assert_eq!(number("x", " 1.5 "), Ok(1.5));
        assert!(number("x", "0,5").unwrap_err().contains("lc_numeric"));
        assert!(number("x", "-1").unwrap_err().contains("from 0"));
        assert!(number("x", "NaN").unwrap_err().contains("from 0"));
        assert!(whole("x", "1.5").is_err());
        assert!(duration("x", "1e9", 1e-3).unwrap_err().contains("at most a day"));
    }
}
