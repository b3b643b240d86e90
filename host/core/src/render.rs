//! Objects as compact text: in the manner of YAML, without what says nothing ([`meaningful`]).

mod conditions;
mod pod;
mod sense;

use serde_json::{Map, Value};

use crate::redact::{is_secret_name, redact};
use crate::truncate::truncate;

pub(crate) use sense::meaningful;

/// Longest text of one field.
const FIELD: usize = 600;
/// Longest text of what stands on one line between braces.
const FLOW: usize = 100;

/// The value in the manner of YAML.
pub(crate) fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(fields) => lines(&mut out, 0, fields),
        Value::Array(items) => items.iter().for_each(|i| item(&mut out, 0, i)),
        scalar => out.push_str(&plain(scalar)),
    }
    out
}

/// What an object is comes before what it has.
fn ordered(fields: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    const FIRST: [&str; 3] = ["kind", "metadata", "name"];
    let early = FIRST.iter().filter_map(|key| fields.get_key_value(*key));
    let late = fields
        .iter()
        .filter(|(key, _)| !FIRST.contains(&key.as_str()));
    early.chain(late)
}

fn lines(out: &mut String, depth: usize, fields: &Map<String, Value>) {
    for (key, value) in ordered(fields) {
        field(out, depth, key, value);
    }
}

fn field(out: &mut String, depth: usize, key: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    if let Some(short) = on_one_line(key, value) {
        out.push_str(&format!("{indent}{short}\n"));
        return;
    }
    match value {
        Value::Object(fields) => {
            out.push_str(&format!("{indent}{key}:\n"));
            lines(out, depth + 1, fields);
        }
        Value::Array(items) => {
            out.push_str(&format!("{indent}{key}:\n"));
            items.iter().for_each(|i| item(out, depth, i));
        }
        scalar => out.push_str(&format!("{indent}{key}: {}\n", plain(scalar))),
    }
}

/// An item begins with a dash.
fn item(out: &mut String, depth: usize, value: &Value) {
    let indent = "  ".repeat(depth);
    if let Some(short) = on_one_line("-", value) {
        let short = short.replacen("-: ", "- ", 1);
        out.push_str(&format!("{indent}{short}\n"));
        return;
    }
    let mut inner = String::new();
    match value {
        Value::Object(fields) => lines(&mut inner, depth + 1, fields),
        Value::Array(items) => items.iter().for_each(|i| item(&mut inner, depth + 1, i)),
        scalar => inner = format!("{indent}  {}\n", plain(scalar)),
    }
    let body = inner.get(indent.len() + 2..).unwrap_or_default();
    out.push_str(&format!("{indent}- {body}"));
}

/// A short object or list on the line of its key. Not where anything of it looks like a secret:
/// the end of one is known by the end of its line.
fn on_one_line(key: &str, value: &Value) -> Option<String> {
    if !value.is_object() && !value.is_array() {
        return None;
    }
    let line = format!("{key}: {}", flow(value)?);
    (line.len() <= FLOW && redact(&line) == line).then_some(line)
}

fn flow(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => {
            let literal = |key: &str| key == "value" || is_secret_name(key);
            let short = |(key, value): (&String, &Value)| {
                (!literal(key)).then_some(())?;
                Some(format!("{key}: {}", flow(value)?))
            };
            let all: Option<Vec<String>> = ordered(fields).map(short).collect();
            Some(format!("{{{}}}", all?.join(", ")))
        }
        // Several objects stand below each other.
        Value::Array(items) if items.len() > 1 && items.iter().any(Value::is_object) => None,
        Value::Array(items) => {
            let all: Option<Vec<String>> = items.iter().map(flow).collect();
            Some(format!("[{}]", all?.join(", ")))
        }
        scalar => {
            let text = plain(scalar);
            let joins = |c: char| "{}[],\\\"'#".contains(c);
            (!text.contains(joins) && !text.contains(": ")).then_some(text)
        }
    }
}

/// A scalar without its secrets, on one line.
fn plain(value: &Value) -> String {
    match value {
        // Redacted while its line ends are still there: they show where a secret ends.
        Value::String(text) => truncate(&redact(text).trim_end().replace('\n', "\\n"), FIELD),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
