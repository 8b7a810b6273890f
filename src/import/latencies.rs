//! Plain latency samples: one on each line.

use super::durations::Durations;
use super::guard::{Faults, Lines, Reader};
use super::measured::{Class, Flow, Given, Hold, Known, Measured, time};
use super::number::{SECONDS_MAX, duration};
use crate::problem::{Problems, shown};
use crate::units::Span;

/// The units that a heading may end with, in seconds.
const UNITS: [(&str, f64); 10] = [
    ("_ns", 1e-9),
    ("_us", 1e-6),
    ("_ms", 1e-3),
    ("_s", 1.0),
    ("_seconds", 1.0),
    ("_millis", 1e-3),
    ("(ns)", 1e-9),
    ("(us)", 1e-6),
    ("(ms)", 1e-3),
    ("(s)", 1.0),
];

/// Read samples: a duration such as `12.5ms`, or a number in [`Given::unit`], or in the unit of a heading such as `latency_ms`. Empty
/// lines and what stands behind `#` are passed over. The rate is their count over [`Given::observed`].
///
/// # Errors
/// Every line that is no duration, with its number.
pub fn read(input: Reader<'_>, given: &Given) -> Result<Measured, Problems> {
    let (mut lines, mut faults) = (Lines::new(input), Faults::default());
    let mut samples = Durations::default();
    let mut unit = given.unit;
    let mut begun = false;
    while let Some((number, line)) = lines.next(&mut faults) {
        let text = line.split('#').next().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        let heading =
            !begun && text.starts_with(|c: char| c.is_alphabetic() || c == '"') && text.parse::<f64>().is_err();
        begun = true;
        if heading {
            let name = text.trim_matches('"').to_ascii_lowercase();
            unit = unit.or_else(|| UNITS.iter().find(|(end, _)| name.ends_with(end)).map(|(_, seconds)| *seconds));
            continue;
        }
        if let Some(seconds) = faults.keep(number, sample(text, unit)) {
            samples.record(seconds);
        }
    }
    if samples.count() == 0 && faults.is_empty() {
        faults.add(None, "there is no sample in it: expected one duration on each line");
    }
    faults.finish()?;
    Ok(measured(&samples, given))
}

fn sample(text: &str, unit: Option<f64>) -> Result<f64, String> {
    if text.contains([',', ';', '\t']) {
        let way_out = "one on each line, and decimals with a point";
        return Err(format!("a sample must be a single duration, found {}: {way_out}", shown(text)));
    }
    match (text.parse::<f64>(), unit) {
        (Ok(_), Some(unit)) => duration("a sample", text, unit),
        (Ok(x), None) if x >= 0.0 => Err(format!("{} has no unit: give --unit ms, or write 12.5ms", shown(text))),
        (Ok(_), None) => Err(format!("a sample must be from 0, found {}", shown(text))),
        (Err(_), _) => {
            let read = Span::parse(text)?.seconds();
            if read > SECONDS_MAX {
                Err(format!("a sample must be at most a day, found {}", shown(text)))
            } else {
                Ok(read)
            }
        }
    }
}

fn measured(samples: &Durations, given: &Given) -> Measured {
    let hold = Hold { text: samples.distribution(), mean: Some(samples.mean()) };
    let rate = given.observed.map(|observed| {
        let rate = samples.count() as f64 / observed.seconds();
        Known::derived(rate, format!("{} samples in {observed}, given by --observed", samples.count()))
    });
    let high = [(500, "p50"), (990, "p99"), (999, "p99.9")];
    let high = high.iter().filter_map(|(share, name)| Some(format!("{name} {}", time(samples.quantile(*share)?))));
    let parts: Vec<String> = [format!("mean {}", time(samples.mean()))].into_iter().chain(high).collect();
    let class = Class { name: "all".into(), weight: 1, hold };
    Measured {
        name: "latency samples".into(),
        flows: vec![Flow {
            name: "all".into(),
            rate,
            classes: Some(Known::read(vec![class], "the samples, as a histogram")),
            ..Flow::default()
        }],
        used: vec![format!("{} samples: {}, at most {}", samples.count(), parts.join(", "), time(samples.most()))],
        unknown: vec![
            "what was measured: a hold is the time from getting a connection to giving it back, without the wait for it".into(),
            "the order of the samples, and with it bursts and slow moments".into(),
        ],
        ..Measured::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, unit: Option<f64>) -> Result<Measured, Problems> {
        super::read(Box::new(text.as_bytes()), &Given { unit, ..Given::default() })
    }

    #[test]
    fn every_spelling_of_a_sample_is_read() {
        for (text, unit) in [
            ("2ms\n4ms # slow\n\n6ms\n", None),
            ("2\r\n4\r\n6", Some(1e-3)),
            ("latency_ms\n2\n4\n6\n", None),
            ("\u{feff}\"Latency (s)\"\n0.002\n4e-3\n0.006\n", None),
        ] {
            let found = read(text, unit).unwrap();
            assert!((found.flows[0].hold().unwrap() - 0.004).abs() < 1e-12, "{text}");
        }
    }
}
