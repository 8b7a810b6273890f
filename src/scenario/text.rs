//! Scenario files: TOML or JSON text into the document that [`Scenario::read`](super::Scenario::read) takes.

use crate::problem::Problems;
use serde_json::Value;

/// Parse TOML, or JSON if the text begins with a brace.
///
/// # Errors
/// The line and what was expected there.
///
/// ```
/// let document = poolwise::scenario::parse("traffic.rate = '5/s'").unwrap();
/// assert_eq!(document["traffic"]["rate"], "5/s");
/// ```
pub fn parse(text: &str) -> Result<Value, Problems> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|e| Problems::one(format!("line {}", e.line()), e.to_string()));
    }
    match text.parse::<toml::Table>() {
        Ok(table) => Ok(plain(toml::Value::Table(table))),
        Err(e) => {
            let line = 1 + text[..e.span().map_or(0, |span| span.start.min(text.len()))].matches('\n').count();
            Err(Problems::one(format!("line {line}"), e.message().replace('\n', "; ")))
        }
    }
}

/// TOML's values as JSON's. What JSON can not write (`nan`, `inf`, a date) stays as its text, so that the message about it can
/// show it.
fn plain(value: toml::Value) -> Value {
    match value {
        toml::Value::Table(table) => Value::Object(table.into_iter().map(|(key, value)| (key, plain(value))).collect()),
        toml::Value::Array(list) => Value::Array(list.into_iter().map(plain).collect()),
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(n) => n.into(),
        toml::Value::Boolean(truth) => truth.into(),
        toml::Value::Float(x) if x.is_finite() => x.into(),
        other => Value::String(other.to_string()),
    }
}
