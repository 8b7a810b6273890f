//! Recorded arrivals from a CSV file, one line after the other: ten million take no more than their moments.

use super::guard::{Guard, Reader, stopped};
use super::measured::{Class, Flow, Given, Hold, Known, Measured};
use crate::problem::{Problems, shown};
use crate::scenario::{Recorded, Scenario, TraceSection, Written};
use crate::units::{SimTime, Span};
use crate::workload::arrivals::{Counts, Trace};
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

/// After so many bad lines nobody reads on.
const ERRORS_MAX: usize = 20;
/// Times are read up to ten years, as durations are.
const LONGEST: f64 = 3650.0 * 86_400e9;
/// The units of the columns with plain numbers, in nanoseconds.
const UNITS: [(&str, f64); 4] = [("_s", 1e9), ("_ms", 1e6), ("_us", 1e3), ("_ns", 1.0)];

/// Read the file of every `trace = { file = … }`, relative to `folder`.
///
/// # Errors
/// What [`read`] says of a file, with its name; or that it can not be opened.
pub fn attach(scenario: &mut Scenario, folder: &Path) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let paths: Vec<String> = (0..scenario.traffic.sources().len()).map(|n| scenario.traffic.path(n)).collect();
    for (source, path) in scenario.traffic.sources_mut().iter_mut().zip(paths) {
        let Some(trace) = &mut source.trace else { continue };
        if let Err(more) = load(trace, folder, &format!("{path}.trace")) {
            problems.problems.extend(more.problems);
        }
    }
    if problems.can_run() { Ok(()) } else { Err(problems) }
}

fn load(trace: &mut TraceSection, folder: &Path, path: &str) -> Result<(), Problems> {
    let Some(file) = &trace.file else { return Ok(()) };
    let name = folder.join(file.to_string());
    let at = |key: &str| format!("{path}.{key}");
    let every = trace.every.as_ref().map(|text| Span::parse(&text.to_string())).transpose();
    let every = every.map_err(|why| Problems::one(at("every"), why))?;
    let opened = std::fs::File::open(&name)
        .map_err(|e| Problems::one(at("file"), format!("{} can not be read: {e}", name.display())))?;
    let recorded = read(std::io::BufReader::with_capacity(1 << 16, opened), every).map_err(|e| e.in_file(&name))?;
    trace.loaded = Some(recorded);
    Ok(())
}

/// The most arrivals or intervals that a scenario without a file repeats: more make a page slow.
const INLINE_MAX: usize = 50_000;

/// Write what was read from files into the scenario itself, for whoever has no files.
///
/// # Errors
/// When there is more than a scenario can well repeat.
pub fn inline(scenario: &mut Scenario) -> Result<(), Problems> {
    for trace in scenario.traffic.sources_mut().iter_mut().filter_map(|source| source.trace.as_mut()) {
        let Some(recorded) = trace.loaded.take() else { continue };
        let text = |span: Span| Written::Text(span.to_string());
        let count = match &recorded {
            Recorded::Trace(all) => all.count(),
            Recorded::Counts(all) => all.intervals().0.len(),
        };
        if count > INLINE_MAX {
            let message =
                format!("{count} are more than the {INLINE_MAX} that fit into a scenario: use the command line");
            return Err(Problems::one("traffic.trace", message));
        }
        *trace = match recorded {
            Recorded::Trace(all) => TraceSection {
                at: all.arrivals().map(|(at, _)| text(at.since(SimTime::ZERO))).collect(),
                hold: all.arrivals().filter_map(|(_, hold)| hold.map(text)).collect(),
                ..TraceSection::default()
            },
            Recorded::Counts(all) => TraceSection {
                counts: all.intervals().0.iter().map(|count| Written::Whole(i64::from(*count))).collect(),
                every: Some(text(all.intervals().1)),
                ..TraceSection::default()
            },
        };
    }
    Ok(())
}

/// Read arrivals in order of time.
///
/// The first line names the columns: `at` with units (`1.2s`), or plain numbers as `at_s`, `at_ms`, `at_us`, `at_ns`, counted from
/// the start of the run; beside it perhaps `hold` alike. Or `count`: how many came in each interval of length `every`. Other
/// columns are passed over. Eight bytes are kept per arrival, sixteen with holds.
///
/// # Errors
/// Each line that can not be read or is earlier than the one before, with its number; at most twenty of them. Columns that are
/// missing, with those that are there.
///
/// ```
/// use poolwise::import::arrivals::read;
/// assert!(read("at_ms,hold_ms\n0,5\n1.5,7\n".as_bytes(), None).is_ok());
/// let late = read("at\n2s\n1s\n".as_bytes(), None).unwrap_err();
/// assert!(late.to_string().contains("line 3: 1s is earlier than the arrival before, at 2s"));
/// ```
pub fn read(input: impl BufRead, every: Option<Span>) -> Result<Recorded, Problems> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(Guard::new(input, Some(b',')));
    let columns = Columns::of(reader.headers().map_err(|e| Problems::one("line 1", reason(&e)))?, every)?;
    let mut problems = Problems::default();
    let (mut moments, mut holds, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    let mut before = Span::ZERO;
    let mut record = csv::StringRecord::new();
    while problems.problems.len() < ERRORS_MAX {
        let more = reader.read_record(&mut record);
        let line = || record.position().map_or(0, csv::Position::line);
        match more {
            Ok(false) => break,
            Ok(true) => {}
            Err(e) => {
                if let csv::ErrorKind::Io(error) = e.kind() {
                    let (line, why) = stopped(error);
                    problems.error(line.map(|line| format!("line {line}")).unwrap_or_default(), why);
                    break;
                }
                let line = e.position().map_or_else(line, csv::Position::line);
                problems.error(format!("line {line}"), reason(&e));
                continue;
            }
        }
        let mut bad = |why: String| problems.error(format!("line {}", line()), why);
        let read = |column: &Column| record.get(column.place).map_or(Err(String::new()), |text| column.span(text));
        match &columns {
            Columns::Counts { place, .. } => match record.get(*place).unwrap_or_default() {
                text if text.parse::<u32>().is_ok() => counts.push(text.parse().unwrap_or_default()),
                text => bad(format!("count must be a whole number from 0, found {}", shown(text))),
            },
            Columns::Moments { at, hold } => {
                match read(at) {
                    Ok(now) if now < before => {
                        bad(format!("{now} is earlier than the arrival before, at {before}"));
                    }
                    Ok(now) => {
                        before = now;
                        moments.push(SimTime::ZERO + now);
                    }
                    Err(why) => bad(why),
                }
                match hold.as_ref().map(read) {
                    None => {}
                    Some(Ok(hold)) => holds.push(hold),
                    Some(Err(why)) => bad(why),
                }
            }
        }
    }
    if problems.problems.len() >= ERRORS_MAX {
        problems.error("", "there may be more: reading stopped here");
    }
    if !problems.can_run() {
        return Err(problems);
    }
    let made = match columns {
        Columns::Moments { .. } => Trace::new(moments, holds).map(|trace| Recorded::Trace(Arc::new(trace))),
        Columns::Counts { every, .. } => Counts::new(counts, every).map(|counts| Recorded::Counts(Arc::new(counts))),
    };
    made.map_err(|why| Problems::one("", why))
}

/// The arrivals as a scenario: it names the file, as `file`, and does not repeat it.
///
/// # Errors
/// What [`read`] says of the file.
pub fn measured(input: Reader<'_>, file: &str, given: &Given) -> Result<Measured, Problems> {
    let recorded = read(input, given.every)?;
    let mut flow = Flow { name: "all".into(), ..Flow::default() };
    let mut measured = Measured {
        name: "recorded arrivals".into(),
        way_out: "or record it: a column hold_ms beside at_ms".into(),
        ..Measured::default()
    };
    match &recorded {
        Recorded::Trace(trace) => {
            let end = trace.end().since(SimTime::ZERO);
            measured.used.push(format!("{} arrivals from 0 to {end}", trace.count()));
            flow.classes = trace.hold_moments().map(|(mean, second)| {
                measured.used.push("the recorded hold of each arrival; query.hold has their mean and spread".into());
                let hold = Hold::of_moments(mean, (second - mean * mean).max(0.0).sqrt());
                Known::derived(vec![Class { name: "all".into(), weight: 1, hold }], "the recorded holds")
            });
        }
        Recorded::Counts(counts) => {
            measured.used.push(format!("counts of arrivals from 0 to {}", counts.end().since(SimTime::ZERO)));
            measured.unknown.push("when in its interval each came: they are spread at random".into());
        }
    }
    measured.unknown.push("how many instances shared the arrivals, and what comes at the next peak".into());
    measured.trace = Some(TraceSection {
        file: Some(file.into()),
        every: given.every.map(|every| every.to_string().into()),
        loaded: Some(recorded),
        ..TraceSection::default()
    });
    measured.flows = vec![flow];
    Ok(measured)
}

fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} fields, and the line with the columns {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "is not text in UTF-8".into(),
        csv::ErrorKind::Io(error) => stopped(error).1,
        _ => error.to_string(),
    }
}

/// What the file has, by its first line.
enum Columns {
    Moments { at: Column, hold: Option<Column> },
    Counts { place: usize, every: Span },
}

/// A column of times.
struct Column {
    name: String,
    place: usize,
    /// Nanoseconds of a plain number; `None`: each value has its unit.
    unit: Option<f64>,
}

impl Columns {
    fn of(headers: &csv::StringRecord, every: Option<Span>) -> Result<Self, Problems> {
        let fail = |why: String| Err(Problems::one("line 1", why));
        let names: Vec<String> = headers.iter().map(str::to_ascii_lowercase).collect();
        let place = |name: &str| names.iter().position(|found| found == name);
        let times = |key: &str| {
            let plain = place(key).map(|place| Column { name: key.to_owned(), place, unit: None });
            let units = UNITS.iter().filter_map(|(suffix, unit)| {
                let name = format!("{key}{suffix}");
                Some(Column { place: place(&name)?, name, unit: Some(*unit) })
            });
            plain.into_iter().chain(units).collect::<Vec<_>>()
        };
        let (at, hold) = (times("at"), times("hold"));
        for columns in [&at, &hold] {
            if let [one, other, ..] = columns.as_slice() {
                return fail(format!("has the columns {} and {}: one of them is enough", one.name, other.name));
            }
        }
        let hold = hold.into_iter().next();
        match (at.into_iter().next(), place("count"), every) {
            (Some(_), Some(_), _) => fail("has the columns at and count: one of them is enough".into()),
            (Some(_), None, Some(_)) => fail("has moments: every goes with a column count only".into()),
            (Some(at), None, None) => Ok(Self::Moments { at, hold }),
            (None, Some(_), None) => {
                fail("has counts: write every, the length of an interval, beside file (or --every 1m)".into())
            }
            (None, Some(place), Some(every)) => Ok(Self::Counts { place, every }),
            (None, None, _) => {
                let list = headers.iter().take(12).map(shown).collect::<Vec<_>>().join(", ");
                let hint =
                    if list.contains(';') { " (write commas between columns, and a point for decimals)" } else { "" };
                let found = if list.is_empty() { "nothing" } else { &list };
                fail(format!(
                    "names the columns, and one of at, at_s, at_ms, at_us, at_ns, count must be there; found {found}{hint}"
                ))
            }
        }
    }
}

impl Column {
    fn span(&self, text: &str) -> Result<Span, String> {
        let Some(unit) = self.unit else {
            return Span::parse(text).map_err(|why| format!("{}: {why}", self.name));
        };
        match text.parse::<f64>() {
            Ok(number) if (0.0..=LONGEST).contains(&(number * unit)) => {
                Ok(Span::from_nanos((number * unit + 0.5) as u64))
            }
            Ok(number) if number * unit > LONGEST => Err(format!(
                "{} counts from the start of the run, at most ten years: {} looks like a date; subtract the first",
                self.name,
                shown(text)
            )),
            _ => Err(format!(
                "{} must be a number from 0, with a point for decimals and no unit; found {}",
                self.name,
                shown(text)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Read};

    /// `lines` arrivals, 25 ns apart, made while they are read.
    struct Generated {
        lines: u64,
        next: u64,
        left: Vec<u8>,
    }

    impl Generated {
        fn new(lines: u64) -> Self {
            Self { lines, next: 0, left: b"at_ns,hold_us,note\n".to_vec() }
        }
    }

    impl Read for Generated {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            while self.left.len() < buffer.len() && self.next < self.lines {
                self.left.extend(format!("{},{},x\n", 25 * self.next, self.next % 7).into_bytes());
                self.next += 1;
            }
            let n = self.left.len().min(buffer.len());
            buffer[..n].copy_from_slice(&self.left[..n]);
            self.left.drain(..n);
            Ok(n)
        }
    }

    #[test]
    fn a_million_lines_are_read_as_they_come() {
        let lines = 1_000_000;
        let Recorded::Trace(trace) = read(BufReader::new(Generated::new(lines)), None).unwrap() else {
            panic!("these are moments")
        };
        assert_eq!((trace.count() as u64, trace.end().nanos()), (lines, 25 * (lines - 1)));
        // 0 to 6 µs in turn.
        let mean = trace.hold_moments().unwrap().0;
        assert!((mean - 3e-6).abs() < 1e-11, "{mean}");
    }

    #[test]
    fn every_spelling_of_a_moment_is_read() {
        for text in [
            "at\n0ms\n1.5s\n",
            "AT_S\n0\n1.5\n",
            "at_ms \n 0\n1500\n",
            "at_us\n0\n1.5e6\n",
            "id,at_ns\na,0\n\"b\",1500000000\n",
            "\u{feff}at\r\n0s\r\n1500ms",
        ] {
            let Ok(Recorded::Trace(trace)) = read(text.as_bytes(), None) else {
                panic!("{text:?}: {:?}", read(text.as_bytes(), None))
            };
            assert_eq!(
                (trace.count(), trace.end().nanos(), trace.hold_moments()),
                (2, 1_500_000_000, None),
                "{text:?}"
            );
        }
    }

    #[test]
    fn counts_are_read_with_their_interval() {
        let minute = Some(Span::from_seconds(60.0));
        let read = read("from,count\n12:00,10\n12:01,0\n12:02,5\n".as_bytes(), minute).unwrap();
        let expected = Counts::new(vec![10, 0, 5], Span::from_seconds(60.0)).unwrap();
        assert_eq!(read, Recorded::Counts(Arc::new(expected)));
    }

    #[test]
    fn bad_lines_are_named() {
        let minute = Some(Span::from_seconds(60.0));
        for (text, every, expected) in [
            ("", None, vec!["line 1: names the columns, and one of at"]),
            ("at_ms\n", None, vec!["there is no arrival in it"]),
            ("count\n0\n0\n", minute, vec!["there is no arrival in it"]),
            ("at_ms,hold_ms\n0,5\n2\n3,1\n", None, vec!["line 3: has 1 fields, and the line with the columns 2"]),
            (
                "at_ms,hold_ms\n0,5\n2,\nx,1\n1,7\n",
                None,
                vec![
                    "line 3: hold_ms must be a number from 0",
                    "line 4: at_ms must be a number from 0, with a point for decimals and no unit; found \"x\"",
                    "line 5: 1ms is earlier than the arrival before, at 2ms",
                ],
            ),
            ("at\n1s\n5\n", None, vec!["line 3: at: expected a duration", "has no unit"]),
            (
                "at_s\n1763719456.25\n",
                None,
                vec!["line 2: at_s counts from the start of the run", "subtract the first"],
            ),
            ("count\n5\n-1\n2.5\n", minute, vec!["line 3: count must be", "line 4: count must be"]),
            ("count\n5\n", None, vec!["line 1: has counts: write every"]),
            ("at\n5s\n", minute, vec!["line 1: has moments: every goes with"]),
            ("at,at_ms\n5s,5\n", None, vec!["line 1: has the columns at and at_ms"]),
            ("at;hold\n5s;5ms\n", None, vec!["line 1: names the columns", "found \"at;hold\""]),
        ] {
            let said = read(text.as_bytes(), every).unwrap_err().to_string();
            for part in &expected {
                assert!(said.contains(part), "{text:?}: {said}");
            }
        }
        let many = format!("at_ms\n{}", "x\n".repeat(1000));
        let said = read(many.as_bytes(), None).unwrap_err();
        assert_eq!(said.problems.len(), ERRORS_MAX + 1);
    }
}
