//! Reading what an assertion says.

use super::{Claim, Level, Measure, Moment};
use crate::problem::{nearest, shown};
use crate::scenario::POOL_MAX;
use crate::units::{SimTime, Span};

/// What an assertion can speak of by name.
#[derive(Clone, Debug, Default)]
pub(in crate::scenario) struct Names {
    /// The alerts, by place; empty where one has none.
    pub(in crate::scenario) alerts: Vec<String>,
    /// The entries of the timeline as they are written: name, if any, and change.
    pub(in crate::scenario) entries: Vec<(Option<String>, String)>,
    /// When the incident begins, where there is one.
    pub(in crate::scenario) incident: Option<SimTime>,
}

const EXAMPLES: &str = "such as \"wait.p99 <= 50ms\", \"never: pending > 100\", \"never: alert PoolPending\", \
    \"recovered within 10m of deploy\", \"pending <= 5 within 2m of 30m\", \"alert Errors5 fires within 2m of onset\" or \
    \"recommended <= 40\"";

impl Claim {
    /// Read what an assertion says.
    ///
    /// # Errors
    /// A sentence that says what was found and what is allowed.
    pub(in crate::scenario) fn parse(text: &str, names: &Names) -> Result<Self, String> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("never").map(str::trim_start).and_then(|rest| rest.strip_prefix(':')) {
            return never(rest.trim(), names);
        }
        if let Some((what, rest)) = text.split_once(" within ") {
            return within(what.trim(), rest.trim(), names);
        }
        if let Some((_, value)) = text.split_once("<=").filter(|(name, _)| name.trim() == "recommended") {
            return size(value.trim());
        }
        bound(text)
    }
}

fn bound(text: &str) -> Result<Claim, String> {
    let sides = text.split_once("<=").map(|sides| (sides, false)).or(text.split_once(">=").map(|sides| (sides, true)));
    let Some(((name, value), more)) = sides else {
        let hint = if text.contains(['<', '>', '≤', '≥']) { " (write <= or >=)" } else { "" };
        return Err(format!("expected an assertion {EXAMPLES}, found {}{hint}", shown(text)));
    };
    let (name, value) = (name.trim(), value.trim());
    let Some(measure) = Measure::named(name) else {
        return Err(match Level::named(name) {
            Some(_) => format!(
                "{name} changes over time: write \"never: {name} > {value}\", or \"{name} <= {value} within 5m of …\""
            ),
            None => unknown("metric", name, Measure::names().chain(["recommended"])),
        });
    };
    if measure.wants_more() != more {
        let way = if more { "<=" } else { ">=" };
        return Err(format!("{name} can be bounded by {way} only, found {}", shown(text)));
    }
    Ok(Claim::Bound { measure, limit: measure.limit(name, value)? })
}

fn never(text: &str, names: &Names) -> Result<Claim, String> {
    if let Some(name) = text.strip_prefix("alert ") {
        return Ok(Claim::Silent { alert: alert(name, names)? });
    }
    let Some((name, value)) = text.split_once('>').filter(|(_, value)| !value.starts_with('=')) else {
        return Err(format!(
            "expected what must not be, such as \"never: pending > 100\" or \"never: alert PoolPending\"; found {}",
            shown(text)
        ));
    };
    let name = name.trim();
    let level = level(name, value)?;
    Ok(Claim::Never { level, above: level.unit().read(value.trim())? })
}

fn within(what: &str, rest: &str, names: &Names) -> Result<Claim, String> {
    let Some((time, moment)) = rest.split_once(" of ") else {
        return Err(format!("expected \"within 10m of …\" with a moment behind it, found {}", shown(rest)));
    };
    let within = Span::parse(time)?;
    let of = self::moment(moment, names)?;
    if what == "recovered" {
        return Ok(Claim::Recovered { within, of });
    }
    if let Some(name) = what.strip_prefix("alert ") {
        let name = name.strip_suffix(" fires").unwrap_or(name);
        return Ok(Claim::Fires { alert: alert(name, names)?, within, of });
    }
    let Some((name, value)) = what.split_once("<=") else {
        return Err(format!(
            "expected \"recovered\", \"alert NAME fires\" or a level such as \"pending <= 5\" before \"within\"; found {}",
            shown(what)
        ));
    };
    let level = level(name.trim(), value)?;
    Ok(Claim::Back { level, at_most: level.unit().read(value.trim())?, within, of })
}

fn size(value: &str) -> Result<Claim, String> {
    if value == "pool.max_size" {
        return Ok(Claim::Size { at_most: None });
    }
    match value.parse::<u32>() {
        Ok(n) if (1..=POOL_MAX).contains(&n) => Ok(Claim::Size { at_most: Some(n) }),
        _ => Err(format!(
            "recommended is bounded by a whole number from 1 to {POOL_MAX}, or by pool.max_size; found {}",
            shown(value)
        )),
    }
}

fn level(name: &str, value: &str) -> Result<Level, String> {
    Level::named(name).ok_or_else(|| match Measure::named(name) {
        Some(measure) => {
            let sign = if measure.wants_more() { ">=" } else { "<=" };
            format!("{name} is one number of the whole window: write \"{name} {sign} {}\"", value.trim())
        }
        None => unknown("level", name, Level::names()),
    })
}

fn unknown(what: &str, name: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    let meant = nearest(name, known.clone()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
    format!("unknown {what} {}{meant} (known: {})", shown(name), known.collect::<Vec<_>>().join(", "))
}

/// A name, with or without quotes.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let within = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    within('"').or_else(|| within('\'')).unwrap_or(text)
}

fn alert(text: &str, names: &Names) -> Result<usize, String> {
    let name = bare(text);
    names.alerts.iter().position(|known| known == name).ok_or_else(|| {
        let known: Vec<&str> = names.alerts.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        missing("alert", name, &known, "write [[alert]]")
    })
}

fn missing(what: &str, name: &str, known: &[&str], way: &str) -> String {
    let meant = nearest(name, known.iter().copied()).map(|m| format!("; did you mean {m}?")).unwrap_or_default();
    let all = if known.is_empty() { format!("there is none: {way}") } else { known.join(", ") };
    format!("no {what} is called {}{meant} (known: {all})", shown(name))
}

fn moment(text: &str, names: &Names) -> Result<Moment, String> {
    let name = bare(text);
    let entry = names.entries.iter().position(|(known, _)| known.as_deref() == Some(name));
    if let Some(place) = entry {
        return Ok(Moment::Entry(place));
    }
    match name {
        "onset" => return Ok(Moment::Onset),
        "incident" => {
            let missing = "there is no [incident] whose beginning that would be: write its from, or name a moment";
            return names.incident.map(Moment::At).ok_or_else(|| missing.into());
        }
        _ => {}
    }
    if let Ok(at) = Span::parse(name) {
        return Ok(Moment::At(SimTime::ZERO + at));
    }
    let of_kind: Vec<usize> = (0..names.entries.len()).filter(|n| names.entries[*n].1 == name).collect();
    match of_kind.as_slice() {
        [only] => Ok(Moment::Entry(*only)),
        [] => {
            let named = names.entries.iter().filter_map(|(name, _)| name.as_deref());
            let known: Vec<&str> = named.chain(["onset"]).chain(names.incident.map(|_| "incident")).collect();
            Err(missing("moment", name, &known, "write [[timeline]]") + "; a time such as 30m is one too")
        }
        several => {
            Err(format!("{} entries of the timeline are a {name}: give the one that is meant a name", several.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Unit;
    use super::*;

    fn names() -> Names {
        Names {
            alerts: vec!["PoolPending".into(), "too many errors".into()],
            entries: vec![
                (Some("back to of old".into()), "deploy".into()),
                (None, "rollback".into()),
                (None, "note".into()),
                (None, "note".into()),
            ],
            incident: None,
        }
    }

    #[test]
    fn every_form_is_read() {
        let (minute, at) = (Span::parse("1m").unwrap(), |text| SimTime::ZERO + Span::parse(text).unwrap());
        for (text, claim) in [
            ("goodput >= 80/s", Claim::Bound { measure: Measure::Goodput, limit: 80.0 }),
            ("utilisation<=80%", Claim::Bound { measure: Measure::Utilisation, limit: 0.8 }),
            ("never: pending > 100", Claim::Never { level: Level::Pending, above: 100.0 }),
            ("never : usage > 90%", Claim::Never { level: Level::Usage, above: 0.9 }),
            ("never: wait_p99 > 1s", Claim::Never { level: Level::WaitP99, above: 1.0 }),
            ("never: failed > 0", Claim::Never { level: Level::Failed, above: 0.0 }),
            ("never: alert 'too many errors'", Claim::Silent { alert: 1 }),
            ("recovered within 1m of back to of old", Claim::Recovered { within: minute, of: Moment::Entry(0) }),
            ("recovered within 1m of rollback", Claim::Recovered { within: minute, of: Moment::Entry(1) }),
            (
                "alert PoolPending fires within 1m of onset",
                Claim::Fires { alert: 0, within: minute, of: Moment::Onset },
            ),
            (
                "pending <= 5 within 1m of 30m",
                Claim::Back { level: Level::Pending, at_most: 5.0, within: minute, of: Moment::At(at("30m")) },
            ),
            ("recommended <= pool.max_size", Claim::Size { at_most: None }),
            ("recommended <= 40", Claim::Size { at_most: Some(40) }),
        ] {
            assert_eq!(Claim::parse(text, &names()), Ok(claim), "{text}");
        }
        for name in Measure::names() {
            let measure = Measure::named(name).unwrap();
            let value = match measure.unit() {
                Unit::Seconds => "1s",
                Unit::Share => "1%",
                Unit::PerSecond => "1/s",
                Unit::Number => "1",
            };
            let sign = if measure.wants_more() { ">=" } else { "<=" };
            assert!(Claim::parse(&format!("{name} {sign} {value}"), &names()).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_says_nothing_is_refused_with_the_way_out() {
        for (text, why) in [
            ("", "expected an assertion such as"),
            ("wait.p99 < 50ms", "write <= or >="),
            ("wiat.p99 <= 50ms", "did you mean wait.p99?"),
            ("pending <= 3", "write \"never: pending > 3\""),
            ("goodput <= 3/s", "bounded by >= only"),
            ("goodput >= 3s", "expected a rate"),
            ("never: wait.p99 > 1s", "write \"wait.p99 <= 1s\""),
            ("never: pendign > 1", "did you mean pending?"),
            ("never: pending >= 1", "expected what must not be"),
            ("never: alert PoolPendign", "did you mean PoolPending?"),
            ("recovered within 10m", "\"within 10m of …\""),
            ("recovered within soon of onset", "expected a duration"),
            ("recovered within 1m of incident", "there is no [incident]"),
            ("recovered within 1m of note", "2 entries of the timeline are a note"),
            ("recovered within 1m of rolback", "no moment is called"),
            ("happy within 1m of onset", "before \"within\""),
            ("recommended <= 0", "a whole number from 1"),
        ] {
            let message = Claim::parse(text, &names()).unwrap_err();
            assert!(message.contains(why), "{text}: {message}");
        }
    }
}
