//! A file of a sweep: a first line that says what it is, a line for each variant, and a last line that says that nothing is missing.

use crate::problem::{Problems, plain};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Read, Write};

/// The longest line that is read.
const LINE_MAX: u64 = 64 << 20;

/// What the first line says: which sweep it is of, and which part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of these names.
    pub schema_version: u32,
    /// The version of poolwise: another one may give other numbers.
    pub version: String,
    /// The scenario's name.
    pub scenario: String,
    /// Which scenario: [`crate::emit::hash`], and the recordings that it names.
    pub scenario_hash: String,
    /// The seed.
    pub seed: u64,
    /// Replications of each variant.
    pub replications: u32,
    /// The axes as they were written.
    pub over: Vec<String>,
    /// The ranges that chance draws from, as they were written.
    pub uncertain: Vec<String>,
    /// How many worlds were drawn.
    pub worlds: u32,
    /// How many variants there are.
    pub variants: u64,
    /// What is asked of each variant, unless that varies.
    pub slo: Vec<String>,
    /// Which part it is.
    pub shard: Shard,
}

/// A part of a sweep: replications one after another, those of variant 0 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its number, counted from 1.
    pub index: u32,
    /// How many parts there are.
    pub of: u32,
    /// The first replication, counted over all variants.
    pub from: u64,
    /// The first that is not in it.
    pub until: u64,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Trailer {
    /// Lines between the first and this one.
    lines: u64,
    /// Of all bytes before this line.
    checksum: String,
}

impl Header {
    /// Shard `index` of `of`.
    pub(super) fn shard_of(&self, index: u32, of: u32) -> Shard {
        let all = u128::from(self.variants) * u128::from(self.replications);
        let until = |index: u32| (all * u128::from(index) / u128::from(of)) as u64;
        Shard { index, of, from: until(index - 1), until: until(index) }
    }

    /// The same of another part.
    #[must_use]
    pub fn with(&self, shard: Shard) -> Self {
        Self { shard, ..self.clone() }
    }

    /// The same of all parts together.
    pub(super) fn whole(&self) -> Self {
        self.with(self.shard_of(1, 1))
    }

    /// The variants of this part with the replications of each: variant, first replication, first that is not among them.
    pub(super) fn items(&self) -> impl Iterator<Item = (u64, u32, u32)> + use<> {
        let (each, Shard { from, until, .. }) = (u64::from(self.replications), self.shard);
        let variants = if from < until { from / each..until.div_ceil(each) } else { 0..0 };
        variants.map(move |variant| {
            let start = variant * each;
            let within = |unit: u64| (unit.clamp(start, start + each) - start) as u32;
            (variant, within(from), within(until))
        })
    }

    /// Whether what it says can be: a file from anywhere is no reason to divide by zero.
    fn is_sound(&self) -> bool {
        let shard = self.shard;
        let known = (1..=10_000).contains(&self.replications) && self.variants <= 1 << 40;
        known && shard.of >= 1 && (1..=shard.of).contains(&shard.index) && shard == self.shard_of(shard.index, shard.of)
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }
}

/// FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo): enough to see that bytes are missing or other ones.
#[derive(Clone, Copy, Debug)]
struct Checksum(u64);

impl Checksum {
    fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |key, byte| (key ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    }

    fn text(self) -> String {
        format!("{:016x}", self.0)
    }
}

/// Writes a file line by line, and its last line at the end.
pub(super) struct Writer<'a> {
    out: &'a mut dyn Write,
    checksum: Checksum,
    lines: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(out: &'a mut dyn Write, header: &Header) -> io::Result<Self> {
        let mut writer = Self { out, checksum: Checksum::new(), lines: 0 };
        writer.put(&header.text())?;
        Ok(writer)
    }

    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.lines += 1;
        self.put(text)
    }

    pub(super) fn finish(self) -> io::Result<()> {
        let trailer = Trailer { lines: self.lines, checksum: self.checksum.text() };
        self.out.write_all((serde_json::to_string(&trailer).unwrap_or_default() + "\n").as_bytes())?;
        self.out.flush()
    }

    fn put(&mut self, text: &str) -> io::Result<()> {
        self.checksum.add(text.as_bytes());
        self.out.write_all(text.as_bytes())
    }
}

/// Reads a file line by line.
pub(super) struct Reader<R> {
    file: R,
    line: u64,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(file: R) -> Self {
        Self { file, line: 0 }
    }

    /// The next line with its break; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<String>, Problems> {
        let mut bytes = Vec::new();
        self.line += 1;
        let at = format!("line {}", self.line);
        let read = (&mut self.file).take(LINE_MAX).read_until(b'\n', &mut bytes);
        read.map_err(|e| Problems::one(&at, format!("can not be read: {e}")))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.last() != Some(&b'\n') {
            let why = if bytes.len() as u64 == LINE_MAX { "is longer than 64 MB" } else { UNFINISHED };
            return Err(Problems::one(at, why));
        }
        String::from_utf8(bytes).map(Some).map_err(|_| Problems::one(at, "is no text: this is no file of a sweep"))
    }

    /// The first line.
    pub(super) fn header(&mut self) -> Result<Header, Problems> {
        let Some(text) = self.next()? else {
            return Err(Problems::one("", "is empty: it has not been written yet, or its run did not finish"));
        };
        let header: Header = serde_json::from_str(&text).map_err(|e| {
            let why = format!(
                "is not the first line of a sweep's file ({}): give what poolwise sweep wrote",
                plain(&e.to_string())
            );
            Problems::one("line 1", why)
        })?;
        if header.is_sound() {
            Ok(header)
        } else {
            Err(Problems::one("line 1", "says what can not be: was it edited?"))
        }
    }

    /// Read to the end, holding all to the last line. The header.
    pub(super) fn verify(mut self) -> Result<Header, Problems> {
        let header = self.header()?;
        let wanted = header.items().count() as u64;
        let mut checksum = Checksum::new();
        checksum.add(header.text().as_bytes());
        let mut lines = 0;
        let trailer: Trailer = loop {
            let Some(text) = self.next()? else {
                let why = format!("{UNFINISHED}: {lines} of {wanted} variants are there, and no last line");
                return Err(Problems::one(format!("line {}", self.line), why));
            };
            if text.starts_with("{\"lines\":") {
                let read = serde_json::from_str(&text);
                break read
                    .map_err(|_| Problems::one(format!("line {}", self.line), "is no last line of a sweep's file"))?;
            }
            checksum.add(text.as_bytes());
            lines += 1;
        };
        let at = format!("line {}", self.line);
        if (trailer.lines, trailer.checksum) != (lines, checksum.text()) || lines != wanted {
            return Err(Problems::one(at, "does not fit what stands above it: lines are missing or were changed"));
        }
        match self.next()? {
            None => Ok(header),
            Some(_) => Err(Problems::one(
                format!("line {}", self.line),
                "stands behind the last line: are these two files in one?",
            )),
        }
    }
}

const UNFINISHED: &str = "ends too early: the run that wrote it did not finish";
