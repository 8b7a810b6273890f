//! What a user is told when something is wrong: the only error type that leaves the library.

use core::fmt;
use serde::{Deserialize, Serialize};

/// How bad a [`Problem`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Can not run.
    Error,
    /// Runs, and may surprise.
    Caution,
}

/// One thing that is wrong, where, and the way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Problem {
    /// Where: a path such as `pool.max_size` or `query[2].hold`, or a line such as `line 7`.
    pub path: String,
    /// Whether it stops the run.
    pub severity: Severity,
    /// What was found, what is allowed, and the way out.
    pub message: String,
}

impl Problem {
    /// Whether it says that something is not there, or not there yet: the file of a trace is read once all else is sound.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub(crate) fn is_missing(&self) -> bool {
        self.message.starts_with(MISSING) || self.path == "query" || self.path.ends_with("trace.file")
    }
}

/// How a message about a missing key begins.
pub(crate) const MISSING: &str = "is missing";

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Caution => "caution",
        };
        let colon = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{word}: {}{colon}{}", plain(&self.path), plain(&self.message))
    }
}

/// All the problems of one input, in the order of the input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "wasm", derive(tsify::Tsify))]
pub struct Problems {
    /// The problems; at least one of them an error when this is returned as one.
    pub problems: Vec<Problem>,
}

impl Problems {
    /// A list with one error.
    pub fn one(path: impl Into<String>, message: impl Into<String>) -> Self {
        let mut all = Self::default();
        all.error(path, message);
        all
    }

    /// Add something that can not run.
    pub fn error(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { path: path.into(), severity: Severity::Error, message: message.into() });
    }

    /// Add something that runs and may surprise.
    pub fn caution(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { path: path.into(), severity: Severity::Caution, message: message.into() });
    }

    /// Keep the value, or note the error at `path`.
    pub fn keep<T>(&mut self, path: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.error(path, message)).ok()
    }

    /// The same, with the file's name before each path.
    #[must_use]
    pub fn in_file(mut self, file: &std::path::Path) -> Self {
        for problem in &mut self.problems {
            let colon = if problem.path.is_empty() { "" } else { ": " };
            problem.path = format!("{}{colon}{}", file.display(), problem.path);
        }
        self
    }

    /// Whether nothing stops the run.
    pub fn can_run(&self) -> bool {
        self.problems.iter().all(|p| p.severity == Severity::Caution)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The known name nearest to a misspelt one, when it is near enough to be meant.
///
/// ```
/// use poolwise::problem::nearest;
/// assert_eq!(nearest("max_sise", ["max_size", "max_waiters"]), Some("max_size"));
/// assert_eq!(nearest("colour", ["max_size", "max_waiters"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = 1 + word.chars().count() / 3;
    known.into_iter().map(|k| (distance(word, k), k)).filter(|(d, _)| *d <= allowed).min().map(|(_, k)| k)
}

/// Levenshtein's distance, with a swap of neighbours counted as one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    best = best.min(rows[i - 2][j - 2] + 1);
                }
                best
            };
        }
    }
    rows[a.len()][b.len()]
}

/// A text that came from a file, for a terminal: no control characters, and not longer than a screen.
pub fn plain(text: &str) -> String {
    let most = 2000;
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(most).collect();
    if text.chars().nth(most).is_some() { clean + "…" } else { clean }
}

/// What a message shows of a value: quoted, without control characters, and not longer than anyone would read.
pub fn shown(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(48).collect();
    if text.chars().count() > 48 { format!("\"{clean}…\"") } else { format!("\"{clean}\"") }
}
