//! Joining the parts of a sweep.

use super::file::{Header, Reader, Writer};
use super::line::Line;
use crate::problem::{Problems, shown};
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

/// The parts of one sweep, all there and whole.
#[derive(Clone, Debug)]
pub struct Parts {
    /// In their order.
    files: Vec<(PathBuf, Header)>,
    whole: Header,
}

impl Parts {
    /// Look at files, in any order: each is read to its end.
    ///
    /// # Errors
    /// Every file that is none of a sweep, that is cut off or was changed, that is of another sweep or of another version than the
    /// first, that is there twice; and which shards are missing.
    pub fn verify(paths: &[PathBuf]) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut files: Vec<(PathBuf, Header)> = Vec::new();
        // What is cut off is not missing: that it must be made again is said once.
        let mut broken = Vec::new();
        for path in paths {
            match open(path).and_then(Reader::verify) {
                Ok(header) => files.push((path.clone(), header)),
                Err(e) => {
                    let index = open(path).and_then(|mut file| file.header()).map(|header| header.shard);
                    let again =
                        index.as_ref().map(|s| format!(": run --shard {}/{} again", s.index, s.of)).unwrap_or_default();
                    broken.extend(index.map(|shard| shard.index));
                    let said = e.problems.into_iter().map(|p| (p.path, p.message + &again));
                    said.for_each(|(at, message)| {
                        problems.problems.extend(Problems::one(at, message).in_file(path).problems)
                    });
                }
            }
        }
        files.sort_by_key(|(_, header)| header.shard.index);
        if let Some((first, rest)) = files.split_first() {
            rest.iter().for_each(|other| foreign(first, other, &mut problems));
            for pair in files.windows(2).filter(|pair| pair[0].1 == pair[1].1) {
                let index = pair[0].1.shard.index;
                let message = format!("is shard {index}, as is {}: give one of them", pair[0].0.display());
                problems.error(pair[1].0.display().to_string(), message);
            }
            let of = first.1.shard.of;
            let there = |index: &u32| broken.contains(index) || files.iter().any(|(_, h)| h.shard.index == *index);
            let missing: Vec<u32> = (1..=of).filter(|index| !there(index)).collect();
            if !missing.is_empty() {
                let which = ranges(&missing);
                let (shards, are) = if missing.len() == 1 { ("shard", "is") } else { ("shards", "are") };
                problems.error(
                    "",
                    format!("{shards} {which} of {of} {are} missing: run sweep with --shard i/{of} for each"),
                );
            }
        } else if paths.is_empty() {
            problems.error("", "there is no file to merge");
        }
        match files.first() {
            Some((_, header)) if problems.can_run() => Ok(Self { whole: header.whole(), files }),
            _ => Err(problems),
        }
    }

    /// What stands in the first line of all together.
    pub fn header(&self) -> &Header {
        &self.whole
    }

    /// Write all together: the bytes that one run would have written. One line of each file is in memory at a time.
    ///
    /// # Errors
    /// When a file can not be read any more, or the answer can not be written.
    pub fn write(&self, out: &mut dyn Write) -> Result<(), Problems> {
        let failed = |e: io::Error| Problems::one("", format!("can not be written: {e}"));
        let mut writer = Writer::new(out, &self.whole).map_err(failed)?;
        self.texts(&mut |text| writer.line(text).map_err(failed))?;
        writer.finish().map_err(failed)
    }

    /// Each variant with all its replications, in order.
    ///
    /// # Errors
    /// When a file can not be read any more, and what `take` fails with.
    pub fn each(&self, take: &mut dyn FnMut(Line) -> Result<(), Problems>) -> Result<(), Problems> {
        self.texts(&mut |text| take(read(text)?))
    }

    fn texts(&self, take: &mut dyn FnMut(&str) -> Result<(), Problems>) -> Result<(), Problems> {
        // A variant whose replications lie in several files.
        let mut begun: Option<Line> = None;
        for (path, header) in &self.files {
            let mut file = open(path)?;
            file.header().map_err(|e| e.in_file(path))?;
            for (_, from, until) in header.items() {
                let text = file.next().and_then(|text| text.ok_or_else(changed)).map_err(|e| e.in_file(path))?;
                if (from, until) == (0, header.replications) {
                    take(&text)?;
                    continue;
                }
                let line = read(&text).map_err(|e| e.in_file(path))?;
                let joined = match begun.take() {
                    None => line,
                    Some(before) => before.join(line).ok_or_else(|| differs().in_file(path))?,
                };
                if until == header.replications { take(&joined.text())? } else { begun = Some(joined) }
            }
        }
        Ok(())
    }
}

fn changed() -> Problems {
    Problems::one("", "has changed while it was read")
}

fn differs() -> Problems {
    Problems::one(
        "",
        "does not go on where the shard before it ends, though it says so: were both made by the same program?",
    )
}

fn read(text: &str) -> Result<Line, Problems> {
    serde_json::from_str(text).map_err(|e| Problems::one("", format!("has a line that is none of a sweep: {e}")))
}

fn open(path: &Path) -> Result<Reader<BufReader<File>>, Problems> {
    let file = File::open(path).map_err(|e| Problems::one("", format!("can not be read: {e}")))?;
    Ok(Reader::new(BufReader::with_capacity(1 << 16, file)))
}

/// What makes a file no part of the sweep that another is of.
fn foreign((first, one): &(PathBuf, Header), (path, other): &(PathBuf, Header), problems: &mut Problems) {
    let differences = [
        (
            "version",
            one.version == other.version && one.schema_version == other.schema_version,
            (&one.version, &other.version),
        ),
        ("scenario", one.scenario_hash == other.scenario_hash, (&one.scenario_hash, &other.scenario_hash)),
    ];
    let what = differences.into_iter().find(|(_, same, _)| !same);
    let of = first.display();
    let message = match what {
        Some((what, _, (one, other))) => format!("is of another {what} ({}) than {of} ({})", shown(other), shown(one)),
        None if other.with(one.shard) != *one => {
            let rest = [
                ("seed", one.seed == other.seed),
                ("replications", one.replications == other.replications),
                ("worlds", one.worlds == other.worlds),
                ("--over", one.over == other.over),
                ("--uncertain", one.uncertain == other.uncertain),
            ];
            let names: Vec<_> = rest.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect();
            let names = names.join(", ");
            format!("is of another sweep than {of}: it has another {names}")
        }
        None if other.shard.of != one.shard.of => {
            format!("is one of {} shards, and {of} one of {}: all are divided alike", other.shard.of, one.shard.of)
        }
        None => return,
    };
    problems.error(path.display().to_string(), message);
}

/// `2, 5-7 and 9`.
fn ranges(numbers: &[u32]) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for &n in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => parts.push((n, n)),
        }
    }
    let mut words: Vec<String> =
        parts.into_iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") }).collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_shortly() {
        assert_eq!(ranges(&[2, 5, 6, 7, 9]), "2, 5-7 and 9");
        assert_eq!(ranges(&[3]), "3");
    }
}
