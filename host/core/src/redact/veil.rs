//! Values of environment variables, of ConfigMaps, of annotations and of arguments on their way to
//! a model: what is harmless by its form leaves, everything else leaves as a token. One value has
//! one token within a conversation, so that "the same value as there" can still be said.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::form::{is_flag, is_harmless, is_random};
use super::{REDACTED, is_secret_name, redact};

/// What a token begins with.
const TOKEN: &str = "value-";
/// Hexadecimal digits of a token.
const DIGITS: usize = 8;

/// The values of one conversation.
pub struct Veil {
    key: [u8; 32],
}

/// True for the token of a value.
pub(super) fn is_token(text: &str) -> bool {
    text.strip_prefix(TOKEN).is_some_and(|digits| {
        digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

impl Veil {
    /// For a conversation; nobody outside of it knows the nonce.
    pub fn new(nonce: &str) -> Veil {
        Veil {
            key: Sha256::digest(format!("k8shawk values {nonce}").as_bytes()).into(),
        }
    }

    fn token(&self, value: &str) -> String {
        let mut digest = Sha256::new();
        digest.update(self.key);
        digest.update(value.as_bytes());
        let digest = digest.finalize();
        let hex: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        format!("{TOKEN}{}", hex.get(..DIGITS).unwrap_or_default())
    }

    /// The value of a variable or of a key.
    pub fn value(&self, name: &str, value: &str) -> String {
        let text = value.trim();
        if text.is_empty() || text == REDACTED || is_token(text) {
            return value.to_owned();
        }
        if is_secret_name(name) {
            return self.token(value);
        }
        if is_harmless(text) {
            return value.to_owned();
        }
        if text.starts_with(['{', '['])
            && let Ok(inner) = serde_json::from_str::<Value>(text)
        {
            return self.leaves(name, inner).to_string();
        }
        // The password of a URL goes, its host stays.
        let clean = redact(text);
        if clean != text && is_harmless(&clean) {
            return clean;
        }
        if text.contains('\n') {
            return value
                .split('\n')
                .map(|line| self.line(line))
                .collect::<Vec<_>>()
                .join("\n");
        }
        self.token(value)
    }

    /// A line of a file: its key stays, and each word that is harmless by its form.
    fn line(&self, line: &str) -> String {
        let clean = redact(line);
        let text = clean.trim_start();
        let indent = clean.get(..clean.len() - text.len()).unwrap_or_default();
        if text.is_empty() || text.starts_with("#!") {
            return clean;
        }
        match text.find([':', '=']) {
            Some(at) if text.get(..at).is_some_and(is_key) => {
                let (name, value) = text.split_at(at + 1);
                let value_start = value.len() - value.trim_start().len();
                let (blank, value) = value.split_at(value_start);
                let plain = name.trim_matches(|c: char| !c.is_ascii_alphanumeric());
                let shown = if is_secret_name(plain) && !value.is_empty() && value != REDACTED {
                    self.token(value)
                } else {
                    self.words(value)
                };
                format!("{indent}{name}{blank}{shown}")
            }
            _ => format!("{indent}{}", self.words(text)),
        }
    }

    /// Words, each by its form; what joins them stays.
    fn words(&self, text: &str) -> String {
        if is_harmless(text) || text.contains(REDACTED) {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        for piece in
            text.split_inclusive(|c: char| c.is_whitespace() || "\"'`,;(){}[]|<>&".contains(c))
        {
            let word = piece
                .trim_end_matches(|c: char| c.is_whitespace() || "\"'`,;(){}[]|<>&".contains(c));
            let end = piece.get(word.len()..).unwrap_or_default();
            if word.is_empty() || is_plain(word) {
                out.push_str(word);
            } else {
                out.push_str(&self.setting(word));
            }
            out.push_str(end);
        }
        out
    }

    /// `NAME=value`, or a word.
    fn setting(&self, word: &str) -> String {
        match word.split_once('=') {
            Some((name, value)) if is_key(name) => {
                let plain = name.trim_start_matches('-');
                format!("{name}={}", self.value(plain, value))
            }
            _ => self.token(word),
        }
    }

    /// An object as it may be shown: every place that holds literal values.
    pub fn object(&self, value: Value) -> Value {
        match value {
            Value::Array(items) => items.into_iter().map(|i| self.object(i)).collect(),
            Value::Object(fields) => Value::Object(self.fields(fields)),
            other => other,
        }
    }

    fn fields(&self, fields: Map<String, Value>) -> Map<String, Value> {
        let name = fields
            .get("name")
            .and_then(Value::as_str)
            .map(ToOwned::to_owned);
        let data = !fields.contains_key("spec") && !fields.contains_key("status");
        let shown = |(key, value): (String, Value)| {
            let shown = match (key.as_str(), value) {
                ("value", Value::String(text)) if name.is_some() => {
                    Value::String(self.value(name.as_deref().unwrap_or_default(), &text))
                }
                ("data" | "stringData" | "binaryData", value) if data => self.leaves("", value),
                ("annotations", Value::Object(all)) => Value::Object(self.annotations(all)),
                ("args" | "command", Value::Array(items)) => Value::Array(self.items(items)),
                (key, Value::String(text)) if is_secret_name(key) && !text.is_empty() => {
                    Value::String(self.value(key, &text))
                }
                (_, other) => self.object(other),
            };
            (key, shown)
        };
        fields.into_iter().map(shown).collect()
    }

    /// Every text within a value, by its name and its form.
    fn leaves(&self, name: &str, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.value(name, &text)),
            Value::Array(items) => items.into_iter().map(|i| self.leaves(name, i)).collect(),
            Value::Object(fields) => {
                let beside = fields
                    .get("name")
                    .and_then(Value::as_str)
                    .map(ToOwned::to_owned);
                let shown = |(key, value): (String, Value)| {
                    let called = match (key.as_str(), &beside) {
                        ("value", Some(beside)) => beside.clone(),
                        _ => key.clone(),
                    };
                    let shown = self.leaves(&called, value);
                    (key, shown)
                };
                Value::Object(fields.into_iter().map(shown).collect())
            }
            other => other,
        }
    }

    fn annotations(&self, all: Map<String, Value>) -> Map<String, Value> {
        let shown = |(key, value): (String, Value)| {
            let shown = match value {
                Value::String(text) => Value::String(self.annotation(&key, &text)),
                other => other,
            };
            (key, shown)
        };
        all.into_iter().map(shown).collect()
    }

    /// An annotation: what is JSON is shown by its leaves.
    fn annotation(&self, key: &str, text: &str) -> String {
        if !text.trim_start().starts_with(['{', '[']) && !is_secret_name(key) {
            return redact(text);
        }
        match serde_json::from_str::<Value>(text) {
            Ok(inner) if inner.is_object() => self.object(inner).to_string(),
            _ => self.value(key, text),
        }
    }

    fn items(&self, items: Vec<Value>) -> Vec<Value> {
        let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
        if texts.len() < items.len() {
            return items.into_iter().map(|i| self.object(i)).collect();
        }
        self.arguments(&texts)
            .into_iter()
            .map(Value::String)
            .collect()
    }

    /// A command line, word by word.
    fn arguments(&self, items: &[&str]) -> Vec<String> {
        let mut secret = false;
        let mut shown = Vec::with_capacity(items.len());
        for item in items {
            let name = item.trim_start_matches('-');
            let flag = name.len() < item.len();
            shown.push(if secret && !flag {
                self.token(item)
            } else {
                self.argument(item)
            });
            secret = flag && !name.contains('=') && is_secret_name(name);
        }
        shown
    }

    fn argument(&self, item: &str) -> String {
        if item.trim().contains(char::is_whitespace) {
            return self.script(item);
        }
        if is_harmless(item) || is_flag(item) {
            return item.to_owned();
        }
        let clean = redact(item);
        if clean.contains(REDACTED) {
            return clean;
        }
        self.setting(item)
    }

    /// A script: assignments by their form, words that look like chance as tokens.
    fn script(&self, text: &str) -> String {
        let clean = redact(text);
        let ends = |c: char| c.is_whitespace() || "\"'`;(){}|<>&".contains(c);
        let mut out = String::with_capacity(clean.len());
        for piece in clean.split_inclusive(ends) {
            let word = piece.trim_end_matches(ends);
            let end = piece.get(word.len()..).unwrap_or_default();
            let assigned = word.split_once('=').filter(|(name, value)| {
                is_key(name) && !is_harmless(value) && !value.starts_with('$')
            });
            match assigned {
                Some((name, value)) if !value.contains(REDACTED) => {
                    out.push_str(&format!(
                        "{name}={}",
                        self.value(name.trim_start_matches('-'), value)
                    ));
                }
                None if !is_harmless(word)
                    && word
                        .split(['/', '.', '-', '_', ':', '=', ',', '$', '%'])
                        .any(is_random) =>
                {
                    out.push_str(&self.token(word));
                }
                _ => out.push_str(word),
            }
            out.push_str(end);
        }
        out
    }
}

/// A key of a file, a variable, a flag.
fn is_key(text: &str) -> bool {
    let text = text.trim().trim_matches(['"', '\'']);
    let text = text.strip_prefix("- ").unwrap_or(text);
    !text.is_empty()
        && text.len() <= 80
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-/ ".contains(c))
        && text
            .split(['_', '.', '-', '/', ' '])
            .all(|part| !is_random(part))
        && text.split_whitespace().count() <= 3
}

/// A word that is harmless also within a line.
fn is_plain(word: &str) -> bool {
    is_harmless(word) || word.chars().all(|c| !c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests;
