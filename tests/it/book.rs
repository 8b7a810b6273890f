//! The book's tables: what `book/tables/*.toml` asks for is simulated, written into the pages, and held to its claims over seeds; the
//! lessons are checked and become widgets.

use crate::generated::hold_to;
use crate::{repository, text_of};
use poolwise::experiment::{Options, simulate};
use poolwise::plan::recommend;
use poolwise::report::text::{percent, percent_within, time};
use poolwise::scenario::{self, Scenario, set};
use poolwise::theory;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A claim holds for each of so many seeds, the first of which is the table's.
const SEEDS: u64 = 3;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    scenario: String,
    replications: Option<u32>,
    rows: Vec<Row>,
    columns: Vec<Column>,
    #[serde(default)]
    claims: Vec<Claim>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    label: String,
    #[serde(default)]
    set: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Column {
    head: String,
    show: String,
}

/// `of`'s number is below or above `times` the number of `the`, or `value`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    of: String,
    show: String,
    is: String,
    times: Option<f64>,
    the: Option<String>,
    value: Option<f64>,
}

/// What is known of a row: the report, theory, and the smallest size, each only when it is asked for.
struct Known {
    report: Value,
    theory: Value,
    recommended: Value,
}

impl Known {
    /// With one seed all that is shown; with the others what is claimed is enough.
    fn of(table: &Table, row: &Row, seed: u64) -> Self {
        let mut document = scenario::parse(&text_of(&format!("book/src/{}.toml", table.scenario))).unwrap();
        for change in &row.set {
            let (path, value) = change.split_once('=').unwrap_or_else(|| panic!("{change}: path=value"));
            set(&mut document, path.trim(), value.trim()).unwrap_or_else(|e| panic!("{change}: {e}"));
        }
        let model = Scenario::read(document).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{}: {e}", row.label));
        let asked = |what: &str| {
            let columns = if seed == 1 { table.columns.as_slice() } else { &[] };
            let shown = columns.iter().map(|c| &c.show).chain(table.claims.iter().map(|c| &c.show));
            shown.into_iter().any(|show| match what {
                "report" => !show.starts_with("theory.") && show != "recommended",
                prefix => show.starts_with(prefix),
            })
        };
        let most = if seed == 1 { u32::MAX } else { 2 };
        let replications = Some(table.replications.unwrap_or(5).min(most));
        let options = Options { seed: Some(seed), replications, ..Options::default() };
        let json = |value: serde_json::Result<Value>| value.unwrap();
        Self {
            report: match asked("report") {
                true => json(serde_json::to_value(simulate(&model, &options).unwrap())),
                false => Value::Null,
            },
            theory: json(serde_json::to_value(theory::predict(&model))),
            recommended: match asked("recommended") {
                true => {
                    let options = Options { seed: Some(seed), ..Options::default() };
                    json(serde_json::to_value(recommend(&model, &options).unwrap().recommended))
                }
                false => Value::Null,
            },
        }
    }

    /// The value at a path, with half the width of its interval.
    fn number(&self, show: &str) -> Option<(f64, Option<f64>)> {
        let (root, path) = match show.strip_prefix("theory.") {
            Some(path) => (&self.theory, path),
            None if show == "recommended" => (&self.recommended, "max_size"),
            None => (&self.report, show),
        };
        let below = |value: &'_ Value, key: &str| match key.parse::<usize>() {
            Ok(place) => value.get(place).cloned(),
            Err(_) => value.get(key).cloned(),
        };
        let found = path.split('.').try_fold(root.clone(), |value, key| below(&value, key))?;
        match &found {
            Value::Object(estimate) => {
                Some((estimate.get("mean")?.as_f64()?, estimate.get("half_width").and_then(Value::as_f64)))
            }
            other => Some((other.as_f64()?, None)),
        }
    }
}

/// As people write it: the names of times and shares say what they are.
fn write_value(show: &str, value: f64) -> String {
    let show = show.trim_start_matches("theory.");
    let last = show.rsplit('.').next().unwrap();
    let timed =
        ["wait", "hold", "response", "attempt", "time_to_exhaustion", "onset", "recovered", "warm_up", "fires", "lead"];
    let shares = ["utilisation", "wait_probability", "failed_requests", "share_of_runs"];
    if show.split('.').any(|part| timed.contains(&part)) && last != "share_of_runs" {
        time(value)
    } else if shares.contains(&last) || last.ends_with("share") {
        percent(value)
    } else if value.fract() == 0.0 || value.abs() >= 1000.0 {
        format!("{value:.0}")
    } else {
        let digits = if value.abs() >= 10.0 { 1 } else { 2 };
        format!("{value:.digits$}")
    }
}

fn cell(known: &Known, show: &str) -> String {
    let text = match known.number(show) {
        None => "–".into(),
        Some((mean, Some(half))) if half > 0.0 && write_value(show, mean).ends_with(" %") => percent_within(mean, half),
        Some((mean, Some(half))) if half > 0.0 => format!("{} ± {}", write_value(show, mean), write_value(show, half)),
        Some((mean, _)) => write_value(show, mean),
    };
    text.replace(' ', "\u{a0}")
}

fn names(folder: &str, ending: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(repository(folder)) else { return Vec::new() };
    let file = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> =
        entries.map(file).filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect();
    names.sort();
    names
}

fn check_claims(name: &str, table: &Table, seed: u64, known: &BTreeMap<&str, Known>, wrong: &mut Vec<String>) {
    for claim in &table.claims {
        let number = |row: &str| {
            let known = known.get(row).unwrap_or_else(|| panic!("{name}: no row is called {row}"));
            known.number(&claim.show).map(|(mean, _)| mean)
        };
        let bound = match (&claim.the, claim.value) {
            (Some(row), None) => number(row).map(|value| value * claim.times.unwrap_or(1.0)),
            (None, Some(value)) => Some(value),
            _ => panic!("{name}: a claim has `the` or `value`: {claim:?}"),
        };
        let (is, bound) = (number(&claim.of), bound);
        let holds = match (is, bound, claim.is.as_str()) {
            (Some(is), Some(bound), "below") => is < bound,
            (Some(is), Some(bound), "above") => is > bound,
            (_, _, "below" | "above") => false,
            _ => panic!("{name}: a claim is below or above: {claim:?}"),
        };
        if !holds {
            wrong.push(format!("{name}, seed {seed}: {claim:?}: {is:?} against {bound:?}"));
        }
    }
}

#[test]
fn the_books_tables_and_what_is_claimed_of_them() {
    let mut wrong = Vec::new();
    for name in names("book/tables", ".toml") {
        let text = text_of(&format!("book/tables/{name}.toml"));
        let table: Table = toml::from_str(&text).unwrap_or_else(|e| panic!("book/tables/{name}.toml: {e}"));
        for seed in 1..=SEEDS {
            if seed > 1 && table.claims.is_empty() {
                break;
            }
            let claimed =
                |row: &&Row| table.claims.iter().any(|c| c.of == row.label || c.the.as_ref() == Some(&row.label));
            let rows = table.rows.iter().filter(|row| seed == 1 || claimed(row));
            let known: BTreeMap<&str, Known> =
                rows.map(|row| (row.label.as_str(), Known::of(&table, row, seed))).collect();
            check_claims(&name, &table, seed, &known, &mut wrong);
            if seed > 1 {
                continue;
            }
            let heads: String = table.columns.iter().map(|c| format!(" {} |", c.head)).collect();
            let mut page = format!("| |{heads}\n|---|{}\n", "--:|".repeat(table.columns.len()));
            for row in &table.rows {
                let cells = table.columns.iter().map(|c| format!(" {} |", cell(&known[row.label.as_str()], &c.show)));
                writeln!(page, "| {} |{}", row.label, cells.collect::<String>()).unwrap();
            }
            for column in &table.columns {
                let empty = table.rows.iter().all(|row| known[row.label.as_str()].number(&column.show).is_none());
                assert!(!empty, "{name}: nothing is known as {}", column.show);
            }
            hold_to(&format!("book/src/generated/tables/{name}.md"), &page);
        }
    }
    assert!(wrong.is_empty(), "what the book claims does not hold:\n{}", wrong.join("\n"));
}

/// A lesson is a scenario that can run; on a page it is a planner of its own.
#[test]
fn the_books_lessons() {
    for name in names("book/src/lessons", ".toml") {
        let document = scenario::parse(&text_of(&format!("book/src/lessons/{name}.toml"))).unwrap();
        Scenario::read(document.clone()).and_then(|s| s.check()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let json = document.to_string().replace('&', "&amp;").replace('\'', "&#39;").replace('<', "&lt;");
        hold_to(
            &format!("book/src/generated/lessons/{name}.html"),
            &format!("<pool-planner compact scenario='{json}'></pool-planner>\n"),
        );
    }
}

/// What is generated is asked for: nothing stale lies beside it.
#[test]
fn every_generated_table_has_its_question() {
    assert_eq!(names("book/src/generated/tables", ".md"), names("book/tables", ".toml"));
    assert_eq!(names("book/src/generated/lessons", ".html"), names("book/src/lessons", ".toml"));
}

/// What commands on pages call files, and what stands for them here. One that is none of these is the page's own: its first
/// block of TOML or CSV.
const FILES: [(&str, &str); 14] = [
    ("pools/sale.toml", "tests/example/scenarios/sale.toml"),
    ("shop.toml", "book/src/scenarios/steady.toml"),
    ("incidents/leak.toml", "book/src/scenarios/leak.toml"),
    ("before.prom", "tests/golden/import/prometheus/micrometer/1-before.prom"),
    ("after.prom", "tests/golden/import/prometheus/micrometer/2-after.prom"),
    ("now.prom", "tests/golden/hikaricp.prom"),
    ("activity.csv", "tests/golden/import/pg-stat-activity/samples.csv"),
    ("console.txt", "tests/golden/import/pgbouncer/aligned.txt"),
    ("pools.txt", "tests/golden/import/pgbouncer/two/1.txt"),
    ("stats.txt", "tests/golden/import/pgbouncer/two/2.txt"),
    ("pgbench_log.77", "tests/golden/import/pgbench/logs/pgbench_log.77"),
    ("pgbench_log.77.1", "tests/golden/import/pgbench/logs/pgbench_log.77.1"),
    ("holds.txt", "tests/golden/import/latencies/holds.txt"),
    ("counts.csv", "tests/golden/import/arrivals/counts.csv"),
];

/// Commands that ask for a server or a pooler: `make test-live` runs them.
const ELSEWHERE: [&str; 4] = ["for ", "curl ", "psql ", "pgbench "];

/// Every command on a page runs as it stands there, those of one page one after the other, and steps of jobs in YAML too.
#[test]
fn commands_on_pages_run() {
    let mut wrong = Vec::new();
    let mut ran = 0;
    for page in pages() {
        let text = text_of(&page);
        let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split_once("```"));
        let lines: Vec<String> = blocks.map(|(block, _)| block.replace("\\\n", " ")).collect();
        let mut commands: Vec<&str> =
            lines.iter().flat_map(|block| block.lines()).filter_map(|line| line.strip_prefix("$ ")).collect();
        let jobs = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).flat_map(str::lines);
        let steps = jobs.filter_map(|line| line.trim().strip_prefix("- "));
        commands.extend(steps.map(|step| step.trim_start_matches("run: ")).filter(|step| step.starts_with("poolwise")));
        if !commands.iter().any(|line| line.contains("poolwise")) {
            continue;
        }
        let sandbox = Sandbox::new(&text);
        let elsewhere = |line: &&&str| ELSEWHERE.iter().any(|tool| line.starts_with(tool));
        for line in commands.iter().filter(|line| !elsewhere(line)) {
            ran += 1;
            let done = if line.starts_with("k6 ") { sandbox.k6(line) } else { sandbox.run(line) };
            if let Err(why) = done {
                wrong.push(format!("{page}: {line}: {why}"));
            }
        }
    }
    assert!(wrong.is_empty() && ran > 10, "{ran} ran\n{}", wrong.join("\n"));
}

/// The text below a heading of a page.
fn part<'a>(text: &'a str, heading: &str) -> &'a str {
    let (_, below) = text.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    below.split("\n## ").next().unwrap()
}

/// Who comes from an alert finds the same parts in the same order on each page, and a page for each mechanism.
#[test]
fn runbooks_have_the_same_parts() {
    const PARTS: [&str; 8] =
        ["What it means", "Who is hit", "Verify", "Tell it apart from", "Mitigate", "Stop if", "Prevent", "Try it"];
    let mut mechanisms = Vec::new();
    let overview = ["book/src/runbooks/index.md", "book/src/runbooks/metrics.md"].map(String::from);
    for page in pages().iter().filter(|page| page.contains("/runbooks/") && !overview.contains(page)) {
        let text = text_of(page);
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(headings, PARTS, "{page}");
        let has = |heading: &str, what: &str| {
            assert!(part(&text, heading).contains(what), "{page}: {heading} has no {what}");
        };
        has("Verify", "```console\n$ poolwise diagnose ");
        has("Verify", "You would see");
        has("Mitigate", "/generated/tables/");
        has("Mitigate", "| lever | works | why |");
        has("Mitigate", "| no |");
        for kind in ["- **Alert:** ", "- **Gate:** ", "- **Setting:** "] {
            has("Prevent", kind);
        }
        let tried = part(&text, "Try it");
        assert!(tried.contains("/generated/lessons/") || tried.contains("<pool-planner "), "{page}: no planner");
        let named = text.lines().nth(2).unwrap();
        mechanisms.extend(named.split(" · ").map(|name| name.trim_matches('`').to_owned()));
    }
    mechanisms.sort();
    let mut all: Vec<&str> = poolwise::diagnose::MECHANISMS.iter().map(|mechanism| mechanism.name).collect();
    all.sort_unstable();
    assert_eq!(mechanisms, all);
}

/// In a lesson the question comes first, then the planner that answers it, then the answer and its numbers.
#[test]
fn lessons_ask_before_they_answer() {
    for page in pages().iter().filter(|page| page.contains("/learn/")) {
        let text = text_of(page);
        let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{page} has no {what}"));
        let planner = ["/generated/lessons/", "<pool-planner "].iter().filter_map(|what| text.find(what)).min();
        let planner = planner.unwrap_or_else(|| panic!("{page} has no planner"));
        let (question, answer) =
            (place("**Before you turn the knob:**"), text.rfind("<summary>The answer</summary>").unwrap());
        assert!(question < planner && planner < answer, "{page}");
        assert!(place("/generated/tables/") > question && place("\n## What to take along\n") > answer, "{page}");
    }
}

fn pages() -> Vec<String> {
    let summary = text_of("book/src/SUMMARY.md");
    let links = summary.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    links.map(|(path, _)| format!("book/src/{path}")).collect()
}

/// A folder with what the commands of a page name, so that nothing is written into the repository.
struct Sandbox {
    folder: std::path::PathBuf,
    /// The page's own files, by their endings.
    own: [(&'static str, Option<String>); 3],
}

impl Sandbox {
    fn new(page: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("poolwise-pages-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        for inner in ["incidents", "pools"] {
            std::fs::create_dir_all(folder.join(inner)).unwrap();
        }
        for part in ["book", "tests"] {
            std::os::unix::fs::symlink(repository(part), folder.join(part)).unwrap();
        }
        let binary = folder.join("bin");
        std::fs::create_dir_all(&binary).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_poolwise"), binary.join("poolwise")).unwrap();
        for (name, source) in FILES.iter().filter(|(_, source)| repository(source).exists()) {
            std::fs::copy(repository(source), folder.join(name)).unwrap();
        }
        // One workload, as the page measures it.
        let sweep = text_of("tests/golden/pgbench_clients_sweep.csv");
        let one = sweep.lines().filter(|row| row.starts_with("workload") || row.starts_with("select,"));
        std::fs::write(folder.join("sweep.txt"), one.map(|row| format!("{row}\n")).collect::<String>()).unwrap();
        // As the page exports it: with the moment of the export before each row.
        let export = text_of("tests/golden/import/pg-stat-statements/postgresql-17.csv");
        let at = |(n, row): (usize, &str)| format!("{},{row}\n", if n == 0 { "at" } else { "2026-01-05 18:00:00+00" });
        std::fs::write(folder.join("export.csv"), export.lines().enumerate().map(at).collect::<String>()).unwrap();
        let block = |kind: &str| {
            let rest = page.split(&format!("```{kind}\n")).nth(1)?;
            rest.split_once("```").map(|(text, _)| text.to_owned())
        };
        Self { folder, own: [(".toml", block("toml")), (".csv", block("csv")), (".txt", block("text"))] }
    }

    fn run(&self, line: &str) -> Result<(), String> {
        let words = line.split_whitespace().map(|word| word.trim_matches(['\'', '"', ';']));
        for name in words.filter(|word| !word.contains(['*', '/', '='])) {
            let path = self.folder.join(name);
            let own = self.own.iter().find(|(ending, _)| name.ends_with(ending)).and_then(|(_, text)| text.as_ref());
            if line.contains(&format!("new {name}")) {
                let _ = std::fs::remove_file(path);
            } else if let (false, Some(own)) = (path.exists() || line.contains(&format!("-o {name}")), own) {
                std::fs::write(path, own).unwrap();
            }
        }
        let (ours, tools) = (self.folder.join("bin"), repository(".tools/bin"));
        let known = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{known}:{}", ours.display(), tools.display());
        let mut shell = std::process::Command::new("sh");
        let output = shell.args(["-c", line]).env("PATH", path).current_dir(&self.folder).output().unwrap();
        // 1 and 3 are answers: an assertion that fails, no size that helps.
        match output.status.code() {
            Some(0 | 1 | 3) => Ok(()),
            _ => Err(String::from_utf8_lossy(&output.stderr).lines().take(4).collect::<Vec<_>>().join(" / ")),
        }
    }

    /// Stands in for k6, which no registry has: takes the options that k6 has for this, and writes what a run of it wrote, with
    /// those statistics of its trends that are asked for.
    fn k6(&self, line: &str) -> Result<(), String> {
        let (mut summary, mut wanted) = (None, Vec::new());
        let mut words = line.strip_prefix("k6 run ").ok_or("k6 has no such command")?.split_whitespace();
        let script = words.next_back().filter(|word| word.ends_with(".js")).ok_or("k6 runs a script")?;
        for word in words {
            match word.split_once('=') {
                Some(("--summary-export", name)) => summary = Some(name),
                Some(("--summary-trend-stats", list)) => wanted = list.trim_matches('\'').split(',').collect(),
                _ => return Err(format!("{word} before {script}: no option of k6 run that is known here")),
            }
        }
        let export = text_of("tests/golden/import/k6/export.json");
        let mut export: serde_json::Value = serde_json::from_str(&export).unwrap();
        for (_, metric) in export["metrics"].as_object_mut().unwrap() {
            let statistics = metric.as_object_mut().unwrap();
            if statistics.contains_key("avg") {
                statistics.retain(|name, _| wanted.contains(&name.as_str()));
            }
        }
        let name = summary.ok_or("without --summary-export nothing is written")?;
        std::fs::write(self.folder.join(name), export.to_string()).map_err(|error| error.to_string())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
