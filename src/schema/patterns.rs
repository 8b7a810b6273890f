//! Regular expressions of values with units: they accept whatever the parsers of [`crate::units`] accept.

use crate::catalogue::Quantity;
use crate::workload::distribution::KINDS;

/// A number without a sign, as it stands before a unit.
const NUMBER: &str = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?";
/// A nought with a sign, which is a nought all the same.
const MINUS_NOUGHT: &str = r"-(?:0+\.?0*|\.0+)(?:[eE][+-]?[0-9]+)?";

/// The regular expression (ECMA-262, as JSON Schema has it) of what may be written for a quantity; `None` where any text may.
///
/// A range such as `800/s..1200/s`, and `none` where nothing is meant, are accepted too.
///
/// ```
/// use poolwise::{catalogue::Quantity, schema::pattern};
/// assert!(pattern(Quantity::Duration).unwrap().starts_with('^'));
/// assert!(pattern(Quantity::Text).is_none());
/// ```
pub fn pattern(quantity: Quantity) -> Option<String> {
    let signed = format!(r"(?:\+?{NUMBER}|{MINUS_NOUGHT})");
    let value = match quantity {
        Quantity::Text => return None,
        Quantity::Count => r"\+?[0-9]+".to_owned(),
        Quantity::Number => format!("[+-]?{NUMBER}"),
        Quantity::Duration => format!(r"(?:{NUMBER}\s*(?:ns|us|µs|μs|ms|sec|s|min|m|h|d)\s*)+"),
        Quantity::Rate => format!(r"{signed}\s*/\s*(?:s|sec|second|m|min|minute|h|hour)"),
        Quantity::Share => format!(r"{signed}\s*%?"),
        Quantity::Memory => format!(r"{NUMBER}\s*(?:[kKmMgGtT][iI]?)?[bB]"),
        Quantity::Objective => r"[a-z_0-9.]+\s*<=\s*[^<>=]+".to_owned(),
        Quantity::Distribution => {
            let kinds = KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join("|");
            format!(r"(?:{kinds})\s*\([\s\S]*\)")
        }
    };
    let whole = match quantity {
        Quantity::Objective => value,
        // Its arguments may have ranges, which the parentheses accept.
        Quantity::Distribution => format!("none|{value}"),
        _ => format!(r"none|{value}|{value}\.\.{value}"),
    };
    Some(format!(r"^\s*(?:{whole})\s*$"))
}
