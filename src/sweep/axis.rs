//! What varies: values that are tried one after another, and ranges that chance draws from.

use crate::problem::shown;
use crate::random::{Purpose, Streams, unit};
use crate::units::{Probability, Rate, Span};

/// The most values of one axis.
const VALUES_MAX: i64 = 1_000_000;

/// A key of the scenario with the values that are tried: `pool.max_size=5..40`, `traffic.rate=500/s,800/s`.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The path of the key.
    pub path: String,
    values: Values,
}

#[derive(Clone, Debug, PartialEq)]
enum Values {
    /// Whole numbers: the first, the distance to the next, and how many.
    Every { from: i64, step: i64, count: u64 },
    /// As they are written.
    Listed(Vec<String>),
}

impl Axis {
    /// Read `PATH=FIRST..LAST`, `PATH=FIRST..LAST by STEP` (whole numbers, the last among them) or `PATH=VALUE,VALUE,…`. A comma
    /// within brackets parts nothing.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    ///
    /// ```
    /// use poolwise::sweep::Axis;
    /// let axis = Axis::parse("query[0].hold=lognormal(p50=5ms, p99=80ms), exponential(mean=9ms)").unwrap();
    /// assert_eq!((axis.count(), axis.value(1).as_str()), (2, "exponential(mean=9ms)"));
    /// assert_eq!(Axis::parse("pool.max_size=5..40 by 5").unwrap().value(7), "40");
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let (path, written) = parted(text)?;
        let values = match written.split_once("..") {
            Some((from, rest)) => Self::every(from, rest)?,
            None => {
                let listed = listed(written);
                if let Some(n) = listed.iter().position(String::is_empty) {
                    return Err(format!("value {} of {} is empty", n + 1, shown(written)));
                }
                if let Some(twice) = listed.iter().enumerate().find(|(n, value)| listed[..*n].contains(value)) {
                    return Err(format!("{} stands there twice", shown(twice.1)));
                }
                Values::Listed(listed)
            }
        };
        Ok(Self { path, values })
    }

    fn every(from: &str, rest: &str) -> Result<Values, String> {
        let wanted = "expected whole numbers such as 5..40 or 5..40 by 5, or a list such as 500/s,800/s";
        let (until, step) = rest.split_once(" by ").unwrap_or((rest, "1"));
        let read = |text: &str| {
            let number = text.trim().parse::<i64>().ok().filter(|n| n.abs() <= 1 << 53);
            number.ok_or_else(|| format!("{wanted}; found {}", shown(text.trim())))
        };
        let (from, until, step) = (read(from)?, read(until)?, read(step)?);
        if step < 1 || until < from {
            return Err(format!("{wanted}: the last is no less than the first, and the step is at least 1"));
        }
        let count = (until - from) / step + 1;
        if count > VALUES_MAX {
            return Err(format!("{count} values are more than {VALUES_MAX}: take larger steps"));
        }
        Ok(Values::Every { from, step, count: count as u64 })
    }

    /// How many values are tried; at least one.
    pub fn count(&self) -> u64 {
        match &self.values {
            Values::Every { count, .. } => *count,
            Values::Listed(values) => values.len() as u64,
        }
    }

    /// The values that are looked at before all: the ends of a range, every value of a list.
    pub(super) fn looked_at(&self) -> Vec<u64> {
        match &self.values {
            Values::Every { count: 1, .. } => vec![0],
            Values::Every { count, .. } => vec![0, count - 1],
            Values::Listed(values) => (0..values.len() as u64).collect(),
        }
    }

    /// Value number `n`, counted from 0, below [`count`](Self::count).
    pub fn value(&self, n: u64) -> String {
        match &self.values {
            Values::Every { from, step, .. } => (from + step * n as i64).to_string(),
            Values::Listed(values) => values[n as usize].clone(),
        }
    }
}

/// A key of the scenario whose value nobody knows exactly: `traffic.rate=500/s..1200/s`. In each world chance draws it, each value
/// of the range as likely as any other.
#[derive(Clone, Debug, PartialEq)]
pub struct Uncertain {
    /// The path of the key.
    pub path: String,
    range: Range,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Range {
    Whole(i64, i64),
    Rate(f64, f64),
    Share(f64, f64),
    Time(f64, f64),
    Number(f64, f64),
}

impl Uncertain {
    /// Read `PATH=LEAST..MOST`: whole numbers, rates, shares, durations or other numbers.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    ///
    /// ```
    /// use poolwise::sweep::Uncertain;
    /// assert!(Uncertain::parse("traffic.rate=500/s..1200/s").is_ok());
    /// assert!(Uncertain::parse("traffic.rate=500/s..20ms").unwrap_err().contains("of one kind"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let (path, written) = parted(text)?;
        let wanted = "expected a range of one kind, such as 500/s..1200/s, 2ms..9ms, 1%..5% or 4..16";
        let Some((least, most)) = written.split_once("..").map(|(least, most)| (least.trim(), most.trim())) else {
            return Err(format!("{wanted}; found {}", shown(written)));
        };
        let range = Range::read(least, most).ok_or_else(|| format!("{wanted}; found {}", shown(written)))?;
        if !range.rises() {
            return Err(format!("{wanted}: {} is not below {}", shown(least), shown(most)));
        }
        Ok(Self { path, range })
    }

    /// Its value in world number `world`, as number `place` of the uncertain keys: the same whatever else is varied.
    pub fn draw(&self, seed: u64, world: u32, place: u64) -> String {
        let share = unit(Streams::new(seed, world).number(Purpose::World, [place, 0, 0]));
        let between = |least: f64, most: f64| least + (most - least) * share;
        match self.range {
            Range::Whole(least, most) => (least + ((most - least + 1) as f64 * share) as i64).to_string(),
            Range::Rate(least, most) => Rate::per_second(between(least, most)).to_string(),
            Range::Share(least, most) => between(least, most).to_string(),
            Range::Time(least, most) => Span::from_seconds(between(least, most)).to_string(),
            Range::Number(least, most) => between(least, most).to_string(),
        }
    }
}

impl Range {
    fn read(least: &str, most: &str) -> Option<Self> {
        fn both<T>(least: &str, most: &str, read: impl Fn(&str) -> Option<T>) -> Option<(T, T)> {
            Some((read(least)?, read(most)?))
        }
        let whole = |text: &str| text.parse::<i64>().ok().filter(|n| n.abs() <= 1 << 53);
        let number = |text: &str| text.parse::<f64>().ok().filter(|x| x.is_finite());
        let share = |text: &str| Probability::parse(text).ok().filter(|_| text.ends_with('%')).map(Probability::value);
        let kinds = [
            both(least, most, whole).map(|(least, most)| Self::Whole(least, most)),
            both(least, most, number).map(|(least, most)| Self::Number(least, most)),
            both(least, most, share).map(|(least, most)| Self::Share(least, most)),
            both(least, most, |text| Rate::parse(text).ok().map(Rate::as_per_second))
                .map(|(least, most)| Self::Rate(least, most)),
            both(least, most, |text| Span::parse(text).ok().map(Span::seconds))
                .map(|(least, most)| Self::Time(least, most)),
        ];
        kinds.into_iter().flatten().next()
    }

    fn rises(self) -> bool {
        match self {
            Self::Whole(least, most) => least < most,
            Self::Rate(least, most)
            | Self::Share(least, most)
            | Self::Time(least, most)
            | Self::Number(least, most) => least < most,
        }
    }
}

/// A path, and what stands behind the equals sign.
fn parted(text: &str) -> Result<(String, &str), String> {
    let parts = text.split_once('=').map(|(path, values)| (path.trim(), values.trim()));
    match parts {
        Some((path, values)) if !path.is_empty() && !values.is_empty() => Ok((path.to_owned(), values)),
        _ => Err(format!("expected path=values, such as pool.max_size=5..40; found {}", shown(text))),
    }
}

/// The parts between commas that stand in no bracket.
fn listed(text: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0i32);
    for c in text.chars() {
        depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
        match parts.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_axis_is_refused_with_the_reason() {
        for (text, why) in [
            ("pool.max_size", "expected path=values"),
            ("=5", "expected path=values"),
            ("pool.max_size=40..5", "no less than the first"),
            ("pool.max_size=5..40 by 0", "at least 1"),
            ("traffic.rate=500/s..800/s", "a list such as"),
            ("pool.max_size=0..9000000", "larger steps"),
            ("pool.max_size=5,,7", "value 2"),
            ("pool.max_size=5,7,5", "twice"),
        ] {
            let message = Axis::parse(text).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
        assert!(Uncertain::parse("traffic.rate=800/s").unwrap_err().contains("expected a range"));
        assert!(Uncertain::parse("traffic.rate=800/s..500/s").unwrap_err().contains("is not below"));
    }

    #[test]
    fn draws_lie_in_their_range_and_depend_on_the_world_alone() {
        for (text, unit) in
            [("a=4..6", ""), ("a=0.5..1.5", ""), ("a=500/s..900/s", "/s"), ("a=1%..2%", ""), ("a=1s..9s", "s")]
        {
            let uncertain = Uncertain::parse(text).unwrap();
            let all: Vec<String> = (0..200).map(|world| uncertain.draw(7, world, 0)).collect();
            assert!(all.iter().all(|drawn| drawn.ends_with(unit)), "{all:?}");
            assert!(Range::read(&all[0], &all[1]).is_some(), "{all:?}");
            let different = all.iter().collect::<std::collections::BTreeSet<_>>().len();
            assert_eq!(different, if text == "a=4..6" { 3 } else { 200 });
            let other: Vec<String> = (0..200).map(|world| uncertain.draw(8, world, 0)).collect();
            assert_ne!(all, other);
        }
    }
}
