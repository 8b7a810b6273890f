//! A CSV file, row by row: columns by name, in any order, with the separator that the first line has.

use super::guard::{Faults, Guard, stopped};
use crate::problem::{Problems, shown};
use std::io::BufRead;

/// A table whose columns are known; a row is kept until the next is read.
pub(super) struct Table<R> {
    reader: csv::Reader<Guard<R>>,
    headers: Vec<String>,
    record: csv::StringRecord,
}

/// One row.
pub(super) struct Row<'a> {
    /// The line where it begins.
    pub(super) line: u64,
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    /// What stands in the column; empty where there is none.
    pub(super) fn text(&self, column: Option<usize>) -> &str {
        column.and_then(|place| self.record.get(place)).unwrap_or_default().trim()
    }
}

impl<R: BufRead> Table<R> {
    /// Read the names of the columns. A comma stands between them, or a semicolon where spreadsheets of some locales write one, or a
    /// tab where psql was told so.
    ///
    /// # Errors
    /// What makes the first line unreadable.
    pub(super) fn open(mut input: R) -> Result<Self, Problems> {
        let head = input.fill_buf().map_err(|e| Problems::one("", stopped(&e).1))?;
        let delimiter = delimiter(head);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(Guard::new(input, Some(delimiter)));
        let headers = match reader.headers() {
            Ok(headers) => headers.iter().map(|name| name.trim().to_ascii_lowercase()).collect(),
            Err(e) => return Err(Problems::one("line 1", reason(&e))),
        };
        Ok(Self { reader, headers, record: csv::StringRecord::new() })
    }

    /// Where the column is, by the first of these names that is there.
    pub(super) fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.headers.iter().position(|found| found == name))
    }

    /// Nothing, if all these columns are there once; else what is missing, what is there, and the `way out`.
    pub(super) fn require(&self, columns: &[&str], way_out: &str) -> Result<(), Problems> {
        let mut problems = Problems::default();
        for column in columns.iter().filter(|column| self.headers.iter().filter(|h| h == *column).count() > 1) {
            problems.error("line 1", format!("the column {column} stands there twice: leave one out"));
        }
        let missing: Vec<_> =
            columns.iter().filter(|column| !self.headers.iter().any(|h| h == *column)).copied().collect();
        if !missing.is_empty() {
            let verb = if missing.len() == 1 { "column" } else { "columns" };
            let is = if missing.len() == 1 { "is" } else { "are" };
            let way_out = if way_out.is_empty() { String::new() } else { format!(" ({way_out})") };
            problems.error(
                "line 1",
                format!("the {verb} {} {is} missing; found {}{way_out}", missing.join(", "), self.names()),
            );
        }
        if problems.can_run() { Ok(()) } else { Err(problems) }
    }

    /// The first names, for a message.
    pub(super) fn names(&self) -> String {
        match self.headers.as_slice() {
            [] => "nothing".into(),
            names => names.iter().take(12).map(|name| shown(name)).collect::<Vec<_>>().join(", "),
        }
    }

    /// The next row that can be read; rows that can not are noted.
    pub(super) fn next(&mut self, faults: &mut Faults) -> Option<Row<'_>> {
        while !faults.full() {
            match self.reader.read_record(&mut self.record) {
                Ok(false) => return None,
                Ok(true) => break,
                Err(e) => {
                    if let csv::ErrorKind::Io(error) = e.kind() {
                        let (line, why) = stopped(error);
                        faults.add(line, why);
                        return None;
                    }
                    let line = e.position().or(self.record.position()).map(csv::Position::line);
                    faults.add(line, reason(&e));
                }
            }
        }
        if faults.full() {
            return None;
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        Some(Row { line, record: &self.record })
    }
}

/// Why a row is none.
pub(super) fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!(
            "is not a CSV row like those before: {len} fields where {expected_len} belong (or a quote is not closed)"
        ),
        csv::ErrorKind::Utf8 { .. } => "is not text in UTF-8: save the file as UTF-8".into(),
        csv::ErrorKind::Io(error) => stopped(error).1,
        _ => error.to_string(),
    }
}

/// What stands most often in the first line.
pub(super) fn delimiter(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|byte| **byte == delimiter).count();
    [b',', b';', b'\t'].into_iter().max_by_key(|d| (count(*d), *d == b',')).unwrap_or(b',')
}
