//! Files that people have become scenarios that are checked and run; what is broken in them is named by its line.

use crate::{repository, text_of};
use poolwise::import::{Given, Imported, Kind, Source, import};
use poolwise::plan;
use poolwise::problem::Problems;
use poolwise::scenario::{self, Origin, Scenario};
use poolwise::units::{Rate, Span};
use std::io::{BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

/// What stands on the command line beside the files.
fn given(options: &str) -> Given {
    let mut given = Given::default();
    let words: Vec<&str> = options.split_whitespace().collect();
    for pair in words.chunks(2) {
        let span = || Some(Span::parse(pair[1]).unwrap());
        match pair[0] {
            "--observed" => given.observed = span(),
            "--every" => given.every = span(),
            "--hold" => given.hold = Some(pair[1].into()),
            "--rate" => given.rate = Some(Rate::parse(pair[1]).unwrap().as_per_second()),
            "--unit" => given.unit = Some(Span::parse(&format!("1{}", pair[1])).unwrap().seconds()),
            other => panic!("{other} is no option of an import"),
        }
    }
    given
}

/// Import a file, or all files of a folder in the order of their names.
fn imported(kind: Kind, path: &Path, given: &Given) -> Result<Imported, Problems> {
    let files = if path.is_dir() { entries(path) } else { vec![path.to_owned()] };
    let source = |file: &PathBuf| -> Source<'static> {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        (name, Box::new(Cursor::new(std::fs::read(file).unwrap())))
    };
    import(kind, files.iter().map(source).collect(), given)
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|e| e.unwrap().path())
        .collect();
    found.sort();
    found
}

fn is(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// `NAME.expected` has every message about `NAME`, word by word; `NAME.options` what stands on the command line.
/// `POOLWISE_BLESS=1` writes the messages anew.
#[test]
fn every_broken_file_is_refused_with_its_lines() {
    let mut wrong = Vec::new();
    for (name, kind) in Kind::ALL {
        let mut count = 0;
        for path in entries(&repository("tests/bad/import").join(name)) {
            if is(&path, "expected") || is(&path, "options") {
                continue;
            }
            count += 1;
            let beside =
                |extension: &str| path.with_file_name(format!("{}.{extension}", path.file_name().unwrap().display()));
            let options = std::fs::read_to_string(beside("options")).unwrap_or_default();
            let said = match imported(kind, &path, &given(&options)) {
                Ok(_) => panic!("{} was accepted", path.display()),
                Err(problems) => format!("{problems}\n"),
            };
            if std::env::var_os("POOLWISE_BLESS").is_some() {
                std::fs::write(beside("expected"), &said).unwrap();
            }
            match std::fs::read_to_string(beside("expected")) {
                Ok(expected) if expected == said => {}
                Ok(expected) => wrong.push(format!("{}:\nexpected {expected}said     {said}", path.display())),
                Err(e) => wrong.push(format!("{} ({e}): {said}", beside("expected").display())),
            }
        }
        assert!(count >= 9, "only {count} broken files of {name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// No importer keeps a line of a gigabyte: it stops at the bound, and has not read on.
#[test]
fn a_line_of_a_gigabyte_is_refused_by_every_importer() {
    struct Endless<'a>(&'a std::cell::Cell<u64>, &'static [u8]);
    impl Read for Endless<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let done = self.0.get() as usize;
            for (n, byte) in into.iter_mut().enumerate() {
                *byte = self.1.get(done + n).copied().unwrap_or(b'1');
            }
            self.0.set((done + into.len()) as u64);
            Ok(into.len())
        }
    }
    for (name, kind) in Kind::ALL {
        let head: &[u8] = match kind {
            Kind::PgStatStatements => b"query,calls,mean_exec_time,stddev_exec_time\n\"",
            Kind::PgStatActivity => b"now,state\n",
            Kind::Arrivals => b"at_ms\n",
            _ => b"",
        };
        let count = std::cell::Cell::new(0);
        let text = BufReader::new(Endless(&count, head).take(1 << 30));
        let said =
            import(kind, vec![("endless".into(), Box::new(text))], &given("--observed 1h")).unwrap_err().to_string();
        let bound = if kind == Kind::K6 { "larger than 16 MiB" } else { "1 MiB" };
        assert!(said.contains(bound), "{name}: {said}");
        assert!(kind == Kind::K6 || said.contains("line "), "{name}: {said}");
        assert!(count.get() < 32 << 20, "{name}: {} bytes were read", count.get());
    }
}

/// Each good file becomes a scenario that can be written, read again, checked, and whose every number has its origin.
#[test]
fn good_files_of_every_kind_become_scenarios() {
    for (name, kind) in Kind::ALL {
        let folder = repository("tests/golden/import").join(name);
        let mut count = 0;
        for path in entries(&folder).iter().filter(|path| !is(path, "options")) {
            count += 1;
            let beside = path.with_file_name(format!("{}.options", path.file_name().unwrap().display()));
            let options = std::fs::read_to_string(beside).unwrap_or_default();
            let made = imported(kind, path, &given(&options)).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let text = toml::to_string(&made.scenario).unwrap();
            let read = Scenario::read(scenario::parse(&text).unwrap()).unwrap();
            if kind != Kind::Arrivals {
                read.check().unwrap_or_else(|e| panic!("{}: {e}\n{text}", path.display()));
            }
            for number in made.scenario.numbers() {
                assert!(number.is.is_some(), "{}: nobody says where {} comes from", path.display(), number.path);
            }
            for said in ["used: ", "not known: "] {
                assert!(made.notes.iter().any(|note| note.starts_with(said)), "{}: {:?}", path.display(), made.notes);
            }
        }
        assert!(count >= 1, "no good file of {name}");
    }
}

/// Rate, hold, size and the check of each, against what the file was made with.
#[test]
fn the_numbers_of_a_file_are_those_of_the_scenario() {
    for (kind, file, options, rate, hold, max, said) in [
        (
            Kind::Prometheus,
            "prometheus/micrometer",
            "--observed 60s",
            200.0,
            0.02,
            10,
            "= 4 connections busy, and 4 were: the numbers agree",
        ),
        (Kind::Prometheus, "prometheus/native", "--observed 60s", 100.0, 0.05, 20, "the numbers agree to 0 %"),
        (Kind::Prometheus, "prometheus/otel-new", "--observed 60s", 50.0, 0.1, 10, "the numbers disagree by 200 %"),
        (Kind::Prometheus, "prometheus/otel-old", "--observed 60s", 50.0, 0.1, 10, "the numbers agree to 0 %"),
        (
            Kind::Prometheus,
            "prometheus/go",
            "--rate 100/s",
            100.0,
            0.05,
            10,
            "Go's database/sql counts only those who waited",
        ),
        (Kind::Prometheus, "prometheus/pgbouncer-exporter", "--observed 60s", 300.0, 0.01, 20, "mean wait was 1ms"),
        (Kind::Pgbouncer, "pgbouncer/aligned.txt", "", 100.0, 0.05, 25, "the numbers agree to 0 %"),
        (Kind::Pgbouncer, "pgbouncer/two", "--observed 60s", 100.0, 0.02, 20, "mean wait was 1ms"),
        (Kind::Pgbench, "pgbench/closed.txt", "", 2400.0, 0.003_333, 8, "coordinated omission"),
        (Kind::K6, "k6/export.json", "", 100.5, 0.0142, 10, "whole response"),
        (Kind::Latencies, "latencies/holds.txt", "--observed 10s", 10.0, 0.0505, 10, "100 samples"),
    ] {
        let path = repository("tests/golden/import").join(file);
        let made = imported(kind, &path, &given(options)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let model = made.scenario.check().unwrap();
        // The offered load is that of one instance.
        let instances = made.scenario.fleet.instances.as_ref().map_or("1".into(), ToString::to_string);
        let load = rate * hold / instances.parse::<f64>().unwrap();
        assert!((model.offered_load() / load - 1.0).abs() < 0.15, "{file}: {} for {load}", model.offered_load());
        let found = made.scenario.traffic.sources()[0].rate.as_ref().unwrap().to_string();
        assert!((Rate::parse(&found).unwrap().as_per_second() / rate - 1.0).abs() < 0.01, "{file}: {found}");
        assert_eq!(made.scenario.pool.sections()[0].max_size.as_ref().unwrap().to_string(), max.to_string(), "{file}");
        assert!(made.notes.iter().any(|note| note.contains(said)), "{file}: {said}: {:#?}", made.notes);
    }
}

/// A million samples are kept as a histogram whose mean and percentiles are theirs.
#[test]
fn many_samples_are_read_as_they_come() {
    struct Generated(u32, Vec<u8>);
    impl Read for Generated {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            while self.1.len() < into.len() && self.0 < 1_000_000 {
                self.1.extend(format!("{}\n", 1 + self.0 % 1000).bytes());
                self.0 += 1;
            }
            let n = self.1.len().min(into.len());
            into[..n].copy_from_slice(&self.1[..n]);
            self.1.drain(..n);
            Ok(n)
        }
    }
    let text = BufReader::new(Generated(0, Vec::new()));
    let made =
        import(Kind::Latencies, vec![("many".into(), Box::new(text))], &given("--observed 1h --unit ms")).unwrap();
    let hold = made.scenario.query[0].hold.as_ref().unwrap().to_string();
    assert!(hold.len() < 2000, "{hold}");
    let model = made.scenario.check().unwrap();
    assert!((model.offered_load() / (1e6 / 3600.0 * 0.5005) - 1.0).abs() < 0.01, "{}", model.offered_load());
}

#[test]
fn a_real_export_becomes_a_scenario_with_its_load() {
    let path = repository("tests/golden/pg_stat_statements.csv");
    let made = imported(Kind::PgStatStatements, &path, &given("--observed 45s")).unwrap();
    // Eight statements; begin and commit hold no connection by themselves.
    assert_eq!(made.scenario.query.len(), 8);
    let model = made.scenario.check().unwrap();
    // The load by hand: total_exec_time of those eight over 45 s.
    let by_hand = [6736.076184, 4241.205605, 285.236273, 93.962885, 79.363486, 41.915751, 26.78131, 12.809817];
    let load = by_hand.iter().sum::<f64>() / 1e3 / 45.0;
    assert!((model.offered_load() / load - 1.0).abs() < 1e-3, "{} for {load}", model.offered_load());
    let notes = made.notes.join("\n");
    for said in [
        "8 statements",
        "left out: 2 rows",
        "A transaction holds its connection",
        "percentiles",
        "58 % of all execution time",
    ] {
        assert!(notes.contains(said), "{said}:\n{notes}");
    }
    let rate = made.scenario.numbers().into_iter().find(|number| number.path == "traffic.rate").unwrap();
    assert_eq!(rate.is, Some(Origin::Derived));
    let answer = plan::recommend(&model, &Default::default()).unwrap();
    assert!(answer.recommended.is_some(), "{}", answer.sentence);
}

fn statements(text: &'static str) -> Imported {
    let source = ("export.csv".to_owned(), Box::new(text.as_bytes()) as _);
    import(Kind::PgStatStatements, vec![source], &given("--observed 1s")).unwrap()
}

#[test]
fn quotes_line_ends_and_semicolons_are_read() {
    let text = "query;calls;mean_exec_time;stddev_exec_time\r\n\"select 1;\r\nselect \"\"x\"\"\";10;0.5;0.1\r\n";
    let made = statements(text);
    assert_eq!(made.scenario.query[0].name.as_ref().unwrap().to_string(), "select 1; select \"x\"");
}

#[test]
fn statements_of_the_same_text_stay_apart() {
    let made = statements("query,calls,mean_exec_time,stddev_exec_time\nselect 1,10,0.5,0.1\nselect 1,20,0.7,0\n");
    assert_eq!(made.scenario.query[1].name.as_ref().unwrap().to_string(), "select 1 #2");
    assert!(made.scenario.check().is_ok());
}

/// The columns of PostgreSQL 15 to 18 differ; what is used of them does not.
#[test]
fn every_version_of_pg_stat_statements_says_the_same() {
    let scenarios: Vec<Imported> = ["15", "16", "17", "18"]
        .iter()
        .map(|version| {
            let path = repository(&format!("tests/golden/import/pg-stat-statements/postgresql-{version}.csv"));
            imported(Kind::PgStatStatements, &path, &given("--observed 1h")).unwrap()
        })
        .collect();
    assert!(scenarios.iter().all(|made| made.scenario == scenarios[0].scenario), "{scenarios:#?}");
    // What ran within a function is part of the function's time.
    assert_eq!(scenarios[0].scenario.query.len(), 2);
    assert!(text_of("tests/golden/import/pg-stat-statements/postgresql-18.csv").contains("parallel_workers_launched"));
}
