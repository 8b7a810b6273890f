//! The JSON Schema of scenarios accepts what the readers accept, and refuses what no scenario can have.

use crate::generated::hold_to;
use crate::{corpus_names, repository, text_of};
use boon::{Compiler, SchemaIndex, Schemas};
use poolwise::catalogue::{FIELDS, Quantity};
use poolwise::scenario;
use poolwise::scenario::{Scenario, set};
use poolwise::schema::{choices, pattern, schema};
use poolwise::units::{Bytes, Probability, Rate, Span};
use poolwise::workload::Distribution;
use poolwise::workload::distribution::KINDS;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A validator that is not of this project.
fn compiled(schema: Value) -> (Schemas, SchemaIndex) {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("http://localhost/scenario.json", schema).unwrap();
    let index = compiler.compile("http://localhost/scenario.json", &mut schemas).unwrap();
    (schemas, index)
}

fn refusal(scenario: &Value) -> Option<String> {
    thread_local!(static ONCE: (Schemas, SchemaIndex) = compiled(schema()));
    ONCE.with(|(schemas, index)| schemas.validate(scenario, *index).err().map(|e| format!("{e:#}")))
}

#[test]
fn the_schema_in_the_book_is_the_one_that_is_printed() {
    hold_to("book/src/scenario.schema.json", &(serde_json::to_string_pretty(&schema()).unwrap() + "\n"));
}

#[test]
fn it_is_a_schema_of_the_draft_that_it_names() {
    let (schemas, index) = {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let index = compiler.compile("https://json-schema.org/draft/2020-12/schema", &mut schemas).unwrap();
        (schemas, index)
    };
    assert_eq!(schema()["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(schemas.validate(&schema(), index).is_ok());
}

#[test]
fn every_scenario_of_the_corpus_is_accepted() {
    for name in corpus_names() {
        let mut scenario = scenario::parse(&text_of(&format!("book/src/scenarios/{name}.toml"))).unwrap();
        assert_eq!(refusal(&scenario), None, "{name}");
        // As `poolwise check` prints it, and with a line for editors.
        let read = Scenario::read(scenario.clone()).unwrap();
        assert_eq!(refusal(&serde_json::to_value(read).unwrap()), None, "{name}");
        scenario["$schema"] = "./scenario.schema.json".into();
        assert_eq!(refusal(&scenario), None, "{name}");
        assert!(Scenario::read(scenario.clone()).is_ok(), "{name}");
        scenario["$schema"] = 3.into();
        assert!(refusal(&scenario).is_some() && Scenario::read(scenario).is_err(), "{name}");
    }
}

#[test]
fn every_bad_file_with_an_unknown_key_or_a_wrong_shape_is_refused() {
    let mut count = 0;
    for entry in std::fs::read_dir(repository("tests/bad")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".toml") {
            continue;
        }
        let Ok(scenario) = scenario::parse(&text_of(&format!("tests/bad/{name}"))) else { continue };
        let Err(problems) = Scenario::read(scenario.clone()) else { continue };
        let of_the_shape = |message: &str| message.starts_with("unknown key") || message.starts_with("expected a ta");
        if problems.problems.iter().any(|p| of_the_shape(&p.message)) {
            assert!(refusal(&scenario).is_some(), "{name} was accepted");
            count += 1;
        }
    }
    assert!(count >= 3, "only {count} such files were found");
}

#[test]
fn values_without_their_unit_are_refused_where_they_stand() {
    for (path, value) in [
        ("pool.acquire_timeout", "250"),
        ("pool.acquire_timeout", "5 parsecs"),
        ("pool.acquire_timeout", "-5ms"),
        ("pool.order", "fifoo"),
        ("pool.preset", "hikaricp"),
        ("pool.max_size", "many"),
        ("traffic.rate", "-5/s"),
        ("traffic.rate", "5ms"),
        ("query.0.hold", "exponentail(mean=20ms)"),
        ("query.0.leak", "half"),
        ("database.memory", "10"),
        ("slo", "wait.p99"),
    ] {
        let mut document = json!({ "query": [{ "hold": "exponential(mean=20ms)" }] });
        assert_eq!(refusal(&document), None);
        set(&mut document, path, value).unwrap();
        let why = refusal(&document).unwrap_or_else(|| panic!("{path} = {value} was accepted"));
        let place = format!("/{}", path.replace('.', "/"));
        assert!(why.contains(&place), "no {place} in:\n{why}");
    }
}

/// Every key of the catalogue is in the schema, with its gloss, its default and no more.
#[test]
fn every_key_is_explained() {
    let schema = schema();
    for field in FIELDS {
        let mut at = &schema;
        for step in field.path.split('.') {
            let (key, list) = step.strip_suffix("[]").map_or((step, false), |key| (key, true));
            let table = if at["anyOf"].is_array() { &at["anyOf"][0] } else { at };
            at = &table["properties"][key];
            at = if list { &at["items"] } else { at };
        }
        let said = at["description"].as_str().unwrap_or_else(|| panic!("{} is missing", field.path));
        assert!(said.starts_with(field.gloss), "{}: {said}", field.path);
        let default = at["default"].as_str().map(str::to_owned).or_else(|| Some(at["default"].as_f64()?.to_string()));
        if !matches!(field.default, "" | "none") && !field.path.ends_with("[]") {
            assert_eq!(default.as_deref(), Some(field.default), "{}", field.path);
            let mut one = at.clone();
            one["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
            let (schemas, index) = compiled(one);
            assert!(schemas.validate(&at["default"], index).is_ok(), "{}: its default is refused", field.path);
        }
    }
}

/// Keys that take one of a few words take those that the reader names when it refuses another.
#[test]
fn the_words_of_a_key_are_those_that_its_reader_knows() {
    let mut known = 0;
    for field in FIELDS.iter().filter(|field| field.quantity == Quantity::Text) {
        let path = field.path.replace("[]", ".0");
        let mut document = json!({});
        for list in ["query", "timeline", "alert", "survive", "provenance", "assert", "variant", "version"] {
            document[list] = json!([{}]);
        }
        if path.contains("version.0.query") || path.contains(".0.set.0") {
            continue;
        }
        set(&mut document, &path, "nonsense-of-a-test").unwrap();
        let problems = Scenario::read(document).and_then(|s| s.check()).unwrap_err().problems;
        let place = field.path.replace("[]", "[0]");
        let said = problems.iter().filter(|p| p.path == place).find_map(|p| {
            // What is known besides may be names of the scenario itself.
            let marks: &[&str] = match choices(field.path) {
                Some(_) => &["expected one of ", "(known: "],
                None => &["expected one of "],
            };
            let from = marks.iter().find_map(|mark| p.message.split_once(mark))?.1;
            Some(from.split([')']).next()?.split(", found").next()?.to_owned())
        });
        let mut words = choices(field.path).map(|words| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
        if let Some(words) = &mut words {
            words.retain(|word| field.path != "pool.preset" || word != "none");
        }
        match (words, said) {
            (Some(words), Some(said)) => {
                assert_eq!(words.join(", "), said, "{}", field.path);
                known += 1;
            }
            (Some(_), None) => panic!("{}: its reader names no words: {problems:?}", field.path),
            // Several words, with commas between them.
            (None, Some(_)) => assert!(["pool.retire"].contains(&field.path), "{} takes only some words", field.path),
            (None, None) => {}
        }
    }
    assert!(known >= 18, "only {known}");
}

/// Texts that are nearly values: the parser says which are.
fn nearly() -> impl Strategy<Value = String> {
    const PIECES: [&str; 38] = [
        "1", "20", "0", "007", "1.5", ".5", "5.", ".", "+", "-", "-0", "-.0", "1e3", "2E-3", "e", "0e5", " ", "\t",
        "/", "/s", "/ min", "/hour", "/m", "ns", "us", "µs", "μs", "ms", "s", "min", "m", "h", "d", "%", "kB", "MiB",
        "gb", "b",
    ];
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_a_parser_accepts_matches_its_pattern(text in nearly()) {
        thread_local!(static PATTERNS: Vec<(Quantity, Schemas, SchemaIndex)> = QUANTITIES.map(|quantity| {
            let (schemas, index) = compiled(json!({ "pattern": pattern(quantity).unwrap() }));
            (quantity, schemas, index)
        }).into_iter().collect());
        PATTERNS.with(|all| for (quantity, schemas, index) in all {
            let read = match quantity {
                Quantity::Duration => Span::parse(&text).is_ok(),
                Quantity::Rate => Rate::parse(&text).is_ok(),
                Quantity::Share => Probability::parse(&text).is_ok(),
                Quantity::Memory => Bytes::parse(&text).is_ok(),
                Quantity::Count => text.trim().parse::<u64>().is_ok(),
                _ => text.trim().parse::<f64>().is_ok(),
            };
            let matches = schemas.validate(&Value::from(text.as_str()), *index).is_ok();
            assert!(matches || !read, "{quantity:?} refuses {text:?}");
        });
    }
}

const QUANTITIES: [Quantity; 6] =
    [Quantity::Duration, Quantity::Rate, Quantity::Share, Quantity::Memory, Quantity::Count, Quantity::Number];

#[test]
fn every_kind_of_distribution_and_every_range_matches() {
    let accepted = |quantity, text: &str| {
        let (schemas, index) = compiled(json!({ "pattern": pattern(quantity).unwrap() }));
        schemas.validate(&Value::from(text), index).is_ok()
    };
    for kind in KINDS {
        for parameters in kind.takes.split(" | ") {
            let text = format!(" {}({parameters})", kind.name);
            assert!(Distribution::parse(&text).is_ok() && accepted(Quantity::Distribution, &text), "{text}");
        }
    }
    for (quantity, text) in [
        (Quantity::Rate, "800/s..1200/s"),
        (Quantity::Duration, "5ms..1s"),
        (Quantity::Share, "1%..2%"),
        (Quantity::Count, "2..8"),
        (Quantity::Distribution, "exponential(mean=5ms..20ms)"),
    ] {
        assert!(accepted(quantity, text), "{text}");
    }
}
