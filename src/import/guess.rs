//! What kind of export a text is, from its first lines.

use super::Kind;

/// So much of a text is looked at.
const HEAD: usize = 20;

/// The kind of an export; `None` where nothing speaks for one. A guess: the importer says what is wrong with a file of another kind.
///
/// ```
/// use poolwise::import::{Kind, guess};
/// assert_eq!(guess("queryid,calls,total_exec_time\n1,2,3\n"), Some(Kind::PgStatStatements));
/// assert_eq!(guess("# TYPE hikaricp_connections gauge\nhikaricp_connections 10\n"), Some(Kind::Prometheus));
/// assert_eq!(guess("12.5ms\n9ms\n"), Some(Kind::Latencies));
/// assert_eq!(guess("hello"), None);
/// ```
pub fn guess(text: &str) -> Option<Kind> {
    let head: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(HEAD).collect();
    let first = head.first()?;
    let has = |words: &[&str]| words.iter().all(|word| head.iter().any(|line| line.contains(word)));
    let columns: Vec<String> =
        first.split([',', ';', '|', '\t']).map(|name| name.trim().trim_matches('"').to_lowercase()).collect();
    let column = |name: &str| columns.iter().any(|known| known == name);
    if first.starts_with('{') {
        return has(&["metrics"]).then_some(Kind::K6);
    }
    if column("calls") && (column("total_exec_time") || column("total_time") || column("mean_exec_time")) {
        return Some(Kind::PgStatStatements);
    }
    if column("state") && (column("xact_start") || column("backend_type") || column("query_start")) {
        return Some(Kind::PgStatActivity);
    }
    if has(&["cl_active"]) || has(&["total_xact_count"]) || has(&["total_query_count"]) || has(&["avg_xact_time"]) {
        return Some(Kind::Pgbouncer);
    }
    if has(&["pgbench"])
        || has(&["transaction type"])
        || has(&["number of clients"])
        || head.iter().all(|line| is_log(line))
    {
        return Some(Kind::Pgbench);
    }
    if head.iter().any(|line| line.starts_with("# TYPE") || line.starts_with("# HELP")) || is_sample(first) {
        return Some(Kind::Prometheus);
    }
    if ["at", "at_s", "at_ms", "at_us", "at_ns", "count"].iter().any(|name| column(name)) {
        return Some(Kind::Arrivals);
    }
    let is_time = |line: &&&str| line.starts_with(|c: char| c.is_ascii_digit());
    (head.iter().filter(is_time).count() + 1 >= head.len() && head.iter().any(|line| is_time(&line)))
        .then_some(Kind::Latencies)
}

/// A line of `pgbench -l`: client, transaction, time, script, seconds, microseconds.
fn is_log(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.len() >= 6 && words.iter().all(|word| word.parse::<u64>().is_ok())
}

/// A sample of Prometheus without its comments: a name, perhaps labels, a number.
fn is_sample(line: &str) -> bool {
    let named = line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let value = line.rsplit_once(' ').is_some_and(|(_, value)| value.parse::<f64>().is_ok());
    named && value && (line.contains('{') || line.split_whitespace().count() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => files(&path, found),
                false if path.extension().is_some_and(|ending| ending == "options") => {}
                false => found.push(path),
            }
        }
    }

    /// Every example of an export that the tests have is known for what it is.
    #[test]
    fn examples_are_known_for_what_they_are() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/import");
        let mut wrong = Vec::new();
        let mut seen = 0;
        for (name, kind) in Kind::ALL {
            let mut paths = Vec::new();
            files(&folder.join(name), &mut paths);
            seen += paths.len();
            for path in paths {
                let found = guess(&std::fs::read_to_string(&path).unwrap());
                if found != Some(kind) {
                    wrong.push(format!("{}: {found:?}", path.display()));
                }
            }
        }
        assert!(wrong.is_empty() && seen > 20, "{seen} seen\n{}", wrong.join("\n"));
    }
}
