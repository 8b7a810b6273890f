//! A reader that bounds what a file may make anyone keep in memory, and that turns bytes into numbered lines.

use crate::problem::Problems;
use std::io::{self, BufRead, Read};

/// The longest line, and the longest record of a CSV file, in bytes.
pub const LINE_MAX: usize = 1 << 20;
/// After so many bad lines nobody reads on.
const ERRORS_MAX: usize = 20;

/// What a file is read from: files, standard input, texts.
pub type Reader<'a> = Box<dyn BufRead + 'a>;

/// What stops the reading of a file, as an [`io::Error`] carries it.
#[derive(Debug)]
struct Stop {
    line: u64,
    why: String,
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

impl std::error::Error for Stop {}

/// Passes on what `inner` reads until a line is longer than [`LINE_MAX`] or has a NUL byte. In a CSV file a line goes on within
/// quotes.
pub(super) struct Guard<R> {
    inner: R,
    /// What stands between the fields of a CSV file.
    delimiter: Option<u8>,
    line: u64,
    /// Bytes since the last end of a line.
    length: usize,
    /// Bytes of the inner buffer that were looked at.
    seen: usize,
    quoted: bool,
    before: u8,
    opened: u64,
}

impl<R: BufRead> Guard<R> {
    pub(super) fn new(inner: R, delimiter: Option<u8>) -> Self {
        Self { inner, delimiter, line: 1, length: 0, seen: 0, quoted: false, before: b'\n', opened: 1 }
    }

    /// Look at the next bytes.
    fn look(&mut self, from: usize) -> io::Result<()> {
        let bytes = self.inner.fill_buf()?;
        for &byte in bytes.get(from..).unwrap_or_default() {
            self.length += 1;
            match byte {
                0 => {
                    let why = "has a NUL byte, which no text has: is it UTF-16, or compressed? Save it as UTF-8";
                    return Err(stop(self.line, why.into()));
                }
                b'\n' => {
                    self.line += 1;
                    if !self.quoted {
                        self.length = 0;
                    }
                }
                b'"' if self.delimiter.is_some() => {
                    let opens = matches!(self.before, b'\n' | CLOSED) || self.delimiter == Some(self.before);
                    if self.quoted {
                        self.quoted = false;
                        self.before = CLOSED;
                        continue;
                    } else if opens {
                        self.quoted = true;
                        self.opened = self.line;
                    }
                }
                _ => {}
            }
            self.before = byte;
            if self.length > LINE_MAX {
                return Err(match self.quoted {
                    true => {
                        stop(self.opened, "opens a quote that is not closed within 1 MiB: is a quote missing?".into())
                    }
                    false => stop(
                        self.line,
                        "is longer than 1 MiB, the most that is read of a line: is it a text file, with ends of lines?"
                            .into(),
                    ),
                });
            }
        }
        Ok(())
    }
}

/// Stands for a quote that has closed a field: another one right behind it is a quote within the field.
const CLOSED: u8 = 1;

fn stop(line: u64, why: String) -> io::Error {
    io::Error::other(Stop { line, why })
}

impl<R: BufRead> BufRead for Guard<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.look(self.seen)?;
        let bytes = self.inner.fill_buf()?;
        self.seen = bytes.len();
        Ok(bytes)
    }

    fn consume(&mut self, amount: usize) {
        self.seen -= amount;
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Guard<R> {
    /// What CSV readers read: without the carriage return before an end of line, behind which they count lines one too low.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let bytes = self.fill_buf()?;
            let n = bytes.len().min(into.len());
            let mut written = 0;
            for (place, byte) in bytes[..n].iter().enumerate() {
                if *byte == b'\r' && bytes.get(place + 1).is_none_or(|next| *next == b'\n') {
                    continue;
                }
                into[written] = *byte;
                written += 1;
            }
            self.consume(n);
            if written > 0 || n == 0 {
                return Ok(written);
            }
        }
    }
}

/// Why a reader stopped, as a problem of the line where it did.
pub(super) fn stopped(error: &io::Error) -> (Option<u64>, String) {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Stop>()) {
        Some(stop) => (Some(stop.line), stop.why.clone()),
        None => (None, format!("can not be read: {error}")),
    }
}

/// The problems of a file, by line; after twenty nobody reads on.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Problems,
    ended: bool,
}

impl Faults {
    pub(super) fn line(&mut self, line: u64, why: impl Into<String>) {
        self.add(Some(line), why);
    }

    /// A problem of a line, or of the whole file.
    pub(super) fn add(&mut self, line: Option<u64>, why: impl Into<String>) {
        if self.full() {
            return;
        }
        self.found.error(line.map(|line| format!("line {line}")).unwrap_or_default(), why);
        if self.full() {
            self.found.error("", "there may be more: reading stopped here");
            self.ended = true;
        }
    }

    /// Keep the value, or note why there is none.
    pub(super) fn keep<T>(&mut self, line: u64, read: Result<T, String>) -> Option<T> {
        read.map_err(|why| self.line(line, why)).ok()
    }

    pub(super) fn full(&self) -> bool {
        self.ended || self.found.problems.len() >= ERRORS_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.problems.is_empty()
    }

    /// All that was found, if anything was.
    pub(super) fn finish(self) -> Result<(), Problems> {
        if self.is_empty() { Ok(()) } else { Err(self.found) }
    }
}

/// The lines of a text, each with its number, without its end.
pub(super) struct Lines<R> {
    guard: Guard<R>,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { guard: Guard::new(input, None), buffer: Vec::new(), number: 0 }
    }

    /// The next line; `None` at the end, or when reading has to stop, which is noted.
    pub(super) fn next(&mut self, faults: &mut Faults) -> Option<(u64, &str)> {
        loop {
            if faults.full() {
                return None;
            }
            self.buffer.clear();
            match self.guard.read_until(b'\n', &mut self.buffer) {
                Ok(0) => return None,
                Ok(_) => self.number += 1,
                Err(e) => {
                    let (line, why) = stopped(&e);
                    faults.add(line, why);
                    return None;
                }
            }
            if core::str::from_utf8(&self.buffer).is_ok() {
                break;
            }
            faults.line(self.number, "is not text in UTF-8: save the file as UTF-8");
        }
        let text = core::str::from_utf8(&self.buffer).unwrap_or_default();
        let text = if self.number == 1 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        Some((self.number, text.trim_end_matches(['\n', '\r'])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn lines_of(input: impl BufRead) -> (Vec<(u64, String)>, Vec<String>) {
        let (mut lines, mut faults, mut found) = (Lines::new(input), Faults::default(), Vec::new());
        while let Some((number, text)) = lines.next(&mut faults) {
            found.push((number, text.to_owned()));
        }
        (found, faults.found.problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lines_are_numbered_and_bare() {
        let (found, faults) = lines_of("\u{feff}a\r\n\nb".as_bytes());
        assert_eq!(found, [(1, "a".into()), (2, String::new()), (3, "b".into())]);
        assert!(faults.is_empty());
    }

    /// A gigabyte without an end of line is refused after its first mebibyte.
    #[test]
    fn a_line_of_a_gigabyte_is_refused_unread() {
        struct Counted(u64);
        impl Read for Counted {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                into.fill(b'7');
                self.0 += into.len() as u64;
                Ok(into.len())
            }
        }
        let mut input = BufReader::new(Counted(0).take(1 << 30));
        let (found, faults) = lines_of(&mut input);
        assert!(found.is_empty());
        assert!(faults[0].starts_with("error: line 1: is longer than 1 MiB"), "{faults:?}");
        assert!(input.get_ref().get_ref().0 < 2 << 20, "{} bytes were read", input.get_ref().get_ref().0);
    }

    #[test]
    fn bytes_that_are_no_text_are_named_by_their_line() {
        let (found, faults) = lines_of(&b"a\nb\xff\nc\n"[..]);
        assert_eq!((found.len(), faults.len()), (2, 1));
        assert!(faults[0].contains("line 2: is not text in UTF-8"), "{faults:?}");
        let (_, faults) = lines_of(&b"a\nb\0\nc\n"[..]);
        assert!(faults[0].contains("line 2: has a NUL byte"), "{faults:?}");
    }

    #[test]
    fn a_quote_may_go_on_over_lines_but_not_for_ever() {
        let all = |text: &str| {
            let mut guard = Guard::new(text.as_bytes(), Some(b','));
            let mut out = String::new();
            guard.read_to_string(&mut out).map(|_| out).map_err(|e| e.to_string())
        };
        let many = "x\n".repeat(LINE_MAX);
        assert!(all(&format!("a,b\n1,\"say \"\"hi\"\"\"\n{many}")).is_ok());
        // An inch mark within a field opens nothing.
        assert!(all(&format!("a,b\n1,5\" pipe\n{many}")).is_ok());
        let said = all(&format!("a,b\n1,\"open\n{many}")).unwrap_err();
        assert!(said.starts_with("line 2: opens a quote"), "{said}");
    }

    #[test]
    fn not_more_than_twenty_lines_are_named() {
        let (_, faults) = lines_of(&b"\xff\n".repeat(1000)[..]);
        assert_eq!(faults.len(), ERRORS_MAX + 1);
    }
}
