//! The catalogue explains every key that a scenario has, and no other.

use poolwise::catalogue::{FIELDS, KNOBS, Quantity};
use poolwise::scenario::Scenario;
use poolwise::slo::Objective;
use poolwise::units::{Bytes, Probability, Rate, Span};
use poolwise::workload::Distribution;
use serde_json::Value;
use std::collections::BTreeSet;

fn keys(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(table) => {
            for (key, inner) in table {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                keys(inner, &below, found);
            }
        }
        Value::Array(list) => keys(&list[0], &format!("{path}[]"), found),
        _ => drop(found.insert(path.to_owned())),
    }
}

#[test]
fn every_key_is_explained_and_nothing_else() {
    let mut real = BTreeSet::new();
    keys(&serde_json::to_value(Scenario::with_every_key()).unwrap(), "", &mut real);
    let explained: BTreeSet<String> = FIELDS.iter().map(|f| f.path.to_owned()).collect();
    assert_eq!(real, explained);
}

#[test]
fn every_default_can_be_read() {
    for field in FIELDS.iter().filter(|f| !f.default.is_empty() && f.default != "none") {
        let read = match field.quantity {
            Quantity::Duration => Span::parse(field.default).map(drop),
            Quantity::Rate => Rate::parse(field.default).map(drop),
            Quantity::Share => Probability::parse(field.default).map(drop),
            Quantity::Distribution => Distribution::parse(field.default).map(drop),
            Quantity::Objective => Objective::parse(field.default).map(drop),
            Quantity::Count | Quantity::Number => field.default.parse::<f64>().map(drop).map_err(|e| e.to_string()),
            Quantity::Memory => Bytes::parse(field.default).map(drop),
            Quantity::Text => Ok(()),
        };
        assert_eq!(read, Ok(()), "{}", field.path);
    }
}

#[test]
fn every_example_in_the_catalogue_can_be_read() {
    for kind in poolwise::workload::distribution::KINDS {
        for parameters in kind.takes.split(" | ") {
            let text = format!("{}({parameters})", kind.name);
            assert!(Distribution::parse(&text).is_ok(), "{text}: {:?}", Distribution::parse(&text));
        }
    }
}

#[test]
fn every_knob_starts_within_its_slider_and_sets_a_key() {
    for knob in KNOBS {
        assert!((knob.least..=knob.most).contains(&knob.start) && knob.least > 0.0, "{}", knob.path);
        let known = FIELDS.iter().any(|f| f.path == knob.path);
        assert!(known || knob.path.starts_with("hold.") || knob.path == "slo.wait_p99", "{}", knob.path);
    }
}
