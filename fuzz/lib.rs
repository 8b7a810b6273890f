//! What every target asks of an importer: any bytes give a scenario that can be written, read again and checked, or problems that
//! say something; never a panic, and never without end.

use poolwise::import::{Given, Kind, import};
use poolwise::scenario::{self, Scenario};
use poolwise::units::Span;

/// Import the bytes as one file, and, where a byte divides them, as two.
pub fn imports(kind: Kind, data: &[u8]) {
    let given = |observed: bool| Given {
        observed: observed.then(|| Span::from_seconds(60.0)),
        every: (kind == Kind::Arrivals).then(|| Span::from_seconds(60.0)),
        unit: observed.then_some(1e-3),
        ..Given::default()
    };
    let parts: Vec<&[u8]> = match (kind, data.iter().position(|byte| *byte == 0x1e)) {
        (Kind::Prometheus | Kind::Pgbouncer | Kind::Pgbench, Some(at)) => vec![&data[..at], &data[at + 1..]],
        _ => vec![data],
    };
    for observed in [false, true] {
        let sources = parts.iter().map(|part| ("file".to_owned(), Box::new(*part) as _)).collect();
        match import(kind, sources, &given(observed)) {
            Ok(imported) => {
                let text = toml::to_string(&imported.scenario).expect("a scenario can be written");
                let read = scenario::parse(&text).and_then(Scenario::read).expect("what was written can be read");
                // A trace is read from its file, which is not there.
                if kind != Kind::Arrivals {
                    read.check().expect("what was imported can be checked");
                }
            }
            Err(problems) => {
                assert!(!problems.can_run(), "an error says what is wrong");
                assert!(problems.problems.iter().all(|problem| !problem.message.is_empty()));
            }
        }
    }
}
