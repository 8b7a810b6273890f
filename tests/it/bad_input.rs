//! Every file of `tests/bad` is refused with the messages that it names in its first lines, and with no others.

use crate::{repository, text_of};
use poolwise::fit::fit;
use poolwise::import::{Given, Kind, import, sweep};
use poolwise::problem::{Problems, Severity};
use poolwise::scenario::{self, Scenario};
use poolwise::units::Span;

fn problems_of(name: &str, text: &str) -> Problems {
    if name.ends_with(".sweep.csv") {
        let read = sweep::read(text, None).and_then(|points| fit(&points));
        read.map(drop).expect_err(&format!("{name} was accepted"))
    } else if name.ends_with(".csv") {
        let given = Given { observed: Span::parse("45s").ok(), ..Given::default() };
        import(Kind::PgStatStatements, vec![(String::new(), Box::new(text.as_bytes()))], &given).unwrap_err()
    } else {
        let read = scenario::parse(text).and_then(Scenario::read).and_then(|s| s.check());
        read.map(drop).expect_err(&format!("{name} was accepted"))
    }
}

/// A scenario says what it expects in lines `#! part of a message`; a CSV in a file beside it, `NAME.expected`.
fn expected(name: &str, text: &str) -> Vec<String> {
    let lines = if name.ends_with(".csv") { text_of(&format!("tests/bad/{name}.expected")) } else { text.to_owned() };
    let marked =
        lines.lines().filter_map(|line| if name.ends_with(".csv") { Some(line) } else { line.strip_prefix("#! ") });
    marked.map(str::to_owned).collect()
}

#[test]
fn every_bad_file_is_refused_with_all_its_reasons() {
    let mut count = 0;
    for entry in std::fs::read_dir(repository("tests/bad")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // Folders have tests of their own.
        if name.ends_with(".expected") || entry.path().is_dir() {
            continue;
        }
        let text = text_of(&format!("tests/bad/{name}"));
        let problems = problems_of(&name, &text);
        let errors: Vec<_> =
            problems.problems.iter().filter(|p| p.severity == Severity::Error).map(|p| p.to_string()).collect();
        let expected = expected(&name, &text);
        assert!(!expected.is_empty(), "{name} names no message");
        for part in &expected {
            assert!(
                errors.iter().any(|e| e.contains(part.as_str())),
                "{name}: no message has {part:?}:\n{}",
                errors.join("\n")
            );
        }
        assert_eq!(errors.len(), expected.len(), "{name}:\n{}", errors.join("\n"));
        count += 1;
    }
    assert!(count >= 10, "only {count} bad files were found");
}
