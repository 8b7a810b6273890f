//! A CSV of services: a size for each row.

use super::service::{in_own_names, is_news, path_of, put};
use crate::experiment::{Options, in_parallel};
use crate::plan::{Recommendation, recommend};
use crate::problem::{Problem, Problems, plain, shown};
use crate::report::Estimate;
use crate::scenario::{Model, Scenario};
use serde_json::json;
use std::collections::BTreeSet;

/// The most rows.
const ROWS_MAX: usize = 1_000_000;
/// Rows that are under way at once.
const AT_ONCE: usize = 16;

/// A row of the file.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its line, counted from 1.
    pub line: u64,
    /// What the service is called; by its line where nothing is written.
    pub name: String,
    /// The service, or what is wrong with it, in the names of the columns and with the line.
    pub model: Result<Model, Problems>,
}

/// What was found for a row.
#[derive(Clone, Debug)]
pub struct Sized {
    /// Its line.
    pub line: u64,
    /// What the service is called.
    pub name: String,
    /// The recommendation, or why there is none.
    pub answer: Result<Recommendation, Problems>,
}

/// Read a CSV whose first line names the columns: [`SHORT`](super::SHORT) names, percentiles of the hold such as `p50`, and paths of
/// keys of a scenario such as `pool.min_idle`. Columns are parted by commas, or by semicolons or tabs where the first line has no
/// comma; an empty cell says nothing. `sets` are further keys of every row, each as `path=value`.
///
/// # Errors
/// Columns that nobody knows, and a file that has no rows. What is wrong with a row is said in the row.
///
/// ```
/// use poolwise::budget::services::read;
/// let rows = read("name,rate,p50,p99,slo\nshop,80/s,5ms,60ms,wait.p99 <= 20ms\n", &[])?;
/// assert!(rows[0].model.is_ok());
/// let rows = read("name,rate,hold,slo\nshop,fast,5ms,\n", &[])?;
/// assert!(rows[0].model.as_ref().unwrap_err().to_string().contains("line 2: rate: expected a rate"));
/// # Ok::<(), poolwise::problem::Problems>(())
/// ```
pub fn read(text: &str, sets: &[String]) -> Result<Vec<Row>, Problems> {
    // Behind a carriage return the CSV reader counts lines one too low.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [b',', b';', b'\t'].into_iter().find(|d| first.contains(char::from(*d))).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let names: Vec<String> = match reader.headers() {
        Ok(names) => names.iter().map(|name| name.trim().to_owned()).collect(),
        Err(e) => return Err(Problems::one("line 1", plain(&e.to_string()))),
    };
    columns(&names, &text)?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().map_or(String::new(), |at| format!("line {}", at.line()));
            Problems::one(line, "can not be read as CSV")
        })?;
        if rows.len() == ROWS_MAX {
            return Err(Problems::one("", format!("has more than {ROWS_MAX} rows: divide the file")));
        }
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(row(&names, &record, sets));
        }
    }
    match rows.is_empty() {
        true => Err(Problems::one("", "has no rows: write one for each service below the names of the columns")),
        false => Ok(rows),
    }
}

fn columns(names: &[String], text: &str) -> Result<(), Problems> {
    let mut problems = Problems::default();
    if text.contains('\0') {
        return Err(Problems::one("line 1", "is no text: this is no CSV"));
    }
    if names.iter().all(String::is_empty) {
        return Err(Problems::one("line 1", "is empty: it names the columns, such as name,rate,hold,instances,slo"));
    }
    let mut seen = BTreeSet::new();
    for (n, name) in names.iter().enumerate() {
        if name.is_empty() {
            problems.error("line 1", format!("column {} has no name", n + 1));
        } else if !seen.insert(name) {
            problems.error("line 1", format!("column {} is there twice", shown(name)));
        } else {
            problems.keep("line 1", path_of(name));
        }
    }
    if problems.can_run() { Ok(()) } else { Err(problems) }
}

fn row(names: &[String], record: &csv::StringRecord, sets: &[String]) -> Row {
    let line = record.position().map_or(0, csv::Position::line);
    let cells: Vec<(String, String)> = names.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
    let written = cells.iter().find(|(name, _)| name == "name").map(|(_, cell)| cell.trim().to_owned());
    let name = written.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("line {line}"));
    let model = if record.len() == names.len() {
        made(&cells, names, sets)
    } else {
        let message = format!(
            "has {} cells, and there are {} columns: quote a cell with a comma in it",
            record.len(),
            names.len()
        );
        Err(Problems::one("", message))
    };
    Row { line, name, model: model.map_err(|problems| at_line(problems, line)) }
}

fn made(cells: &[(String, String)], names: &[String], sets: &[String]) -> Result<Model, Problems> {
    let mut document = json!({});
    let mut problems = Problems::default();
    for text in sets {
        let (path, value) = text.split_once('=').unwrap_or((text, ""));
        crate::scenario::set(&mut document, path.trim(), value.trim())
            .unwrap_or_else(|e| problems.problems.extend(e.problems));
    }
    put(&mut document, cells).unwrap_or_else(|e| problems.problems.extend(e.problems));
    // What is wrong with a cell says more than that its key is missing.
    let known: Vec<String> = problems.problems.iter().map(|p| p.path.clone()).collect();
    let checked = Scenario::read(document).and_then(|scenario| scenario.check());
    let checked = checked.map_err(|e| in_own_names(e, names));
    match checked {
        Ok(model) if !problems.can_run() => drop(model),
        Ok(model) => return Ok(model),
        Err(e) => problems.problems.extend(e.problems.into_iter().filter(|p| is_news(p, &known))),
    }
    Err(problems)
}

fn at_line(problems: Problems, line: u64) -> Problems {
    let at = |p: Problem| {
        let colon = if p.path.is_empty() { "" } else { ": " };
        Problem { path: format!("line {line}{colon}{}", p.path), ..p }
    };
    Problems { problems: problems.problems.into_iter().map(at).collect() }
}

/// The size of each row, in order, a few at a time on all cores; `take` gets each as soon as those before it are there.
///
/// # Errors
/// What `take` fails with.
pub fn size_all<E>(rows: &[Row], options: &Options, mut take: impl FnMut(Sized) -> Result<(), E>) -> Result<(), E> {
    for some in rows.chunks(AT_ONCE) {
        let answers = in_parallel(0..some.len() as u32, |n| {
            let Row { line, name, model } = &some[n as usize];
            let answer = model.clone().and_then(|model| recommend(&model, options).map_err(|e| at_line(e, *line)));
            Sized { line: *line, name: name.clone(), answer }
        });
        answers.into_iter().try_for_each(&mut take)?;
    }
    Ok(())
}

/// The first line of the answers. Times are in seconds.
pub const HEAD: &str =
    "line,name,max_size,total,offered_load,utilisation,wait_p99,wait_p99_half_width,failed_requests,sentence,problem\n";

/// One line of the answers.
pub fn csv_row(sized: &Sized) -> String {
    let (mut cells, mut words) = (vec![String::new(); 7], [String::new(), String::new()]);
    match &sized.answer {
        Err(problems) => {
            let errors = problems.problems.iter().filter(|p| p.is_error());
            words[1] = errors.map(|p| format!("{}: {}", p.path, p.message)).collect::<Vec<_>>().join("; ");
        }
        Ok(answer) => {
            cells[2] = number(Some(answer.offered_load));
            words[0].clone_from(&answer.sentence);
            let found = answer.recommended;
            match found.and_then(|found| answer.table.iter().find(|row| row.max_size == found.max_size)) {
                None => words[1] = "no pool size meets the objectives".to_owned(),
                Some(row) => {
                    cells[0] = row.max_size.to_string();
                    cells[1] = found.map_or(String::new(), |found| found.total.to_string());
                    cells[3] = number(row.utilisation.map(|e| e.mean));
                    cells[4] = number(row.wait.p99.map(|e| e.mean));
                    cells[5] = number(row.wait.p99.and_then(|e: Estimate| e.half_width));
                    cells[6] = number(row.failed_requests.map(|e| e.mean));
                }
            }
        }
    }
    let all = [sized.line.to_string(), sized.name.clone()].into_iter().chain(cells).chain(words);
    all.map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

fn number(value: Option<f64>) -> String {
    value.map_or(String::new(), |x| x.to_string())
}

fn quoted(cell: String) -> String {
    match cell.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}
