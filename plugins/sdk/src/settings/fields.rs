//! The keys of a table in the settings, taken one by one so that what is left is unknown.

use serde_json::Value;

/// A table under reading; every error names the key.
pub struct Fields<'a> {
    at: String,
    left: Vec<(&'a str, &'a Value)>,
}

impl<'a> Fields<'a> {
    /// The table that stands at `at`.
    ///
    /// # Errors
    /// Where it is no table.
    pub fn of(at: String, value: &'a Value) -> Result<Self, String> {
        let table = value
            .as_object()
            .ok_or_else(|| format!("{at} is not a table"))?;
        Ok(Fields {
            at,
            left: table.iter().map(|(k, v)| (k.as_str(), v)).collect(),
        })
    }

    /// The key with its table, for messages.
    pub fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.at)
    }

    fn take(&mut self, name: &str) -> Option<&'a Value> {
        let position = self.left.iter().position(|(key, _)| *key == name)?;
        Some(self.left.swap_remove(position).1)
    }

    /// A text that is not empty.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn text(&mut self, name: &str) -> Result<Option<&'a str>, String> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        match value.as_str().map(str::trim) {
            Some(text) if !text.is_empty() => Ok(Some(text)),
            _ => Err(format!("{} is not a string", self.key(name))),
        }
    }

    /// A list of strings with at least one entry.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn texts(&mut self, name: &str) -> Result<Option<Vec<&'a str>>, String> {
        self.take(name)
            .map(|value| texts(&self.key(name), value))
            .transpose()
    }

    /// `true`; `false` counts as absent.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn flag(&mut self, name: &str) -> Result<bool, String> {
        match self.take(name) {
            None => Ok(false),
            Some(value) => value
                .as_bool()
                .ok_or_else(|| format!("{} is not true or false", self.key(name))),
        }
    }

    /// A whole number from 1 to 100.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn count(&mut self, name: &str) -> Result<Option<u32>, String> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let number = value.as_u64().and_then(|n| u32::try_from(n).ok());
        match number {
            Some(number) if (1..=100).contains(&number) => Ok(Some(number)),
            _ => Err(format!("{} is not a number from 1 to 100", self.key(name))),
        }
    }

    /// Refuse what was not taken.
    ///
    /// # Errors
    /// Where a key is unknown.
    pub fn end(self) -> Result<(), String> {
        match self.left.first() {
            None => Ok(()),
            Some((key, _)) => Err(format!("{}.{key} is not a known key", self.at)),
        }
    }
}

/// A list of strings with at least one entry.
///
/// # Errors
/// Where it is something else.
pub fn texts<'a>(key: &str, value: &'a Value) -> Result<Vec<&'a str>, String> {
    let fault = || format!("{key} is not a list of strings");
    let list = value.as_array().ok_or_else(fault)?;
    let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    match texts {
        Some(texts) if !texts.is_empty() && texts.iter().all(|t| !t.trim().is_empty()) => Ok(texts),
        Some(texts) if texts.is_empty() => Err(format!("{key} is empty")),
        _ => Err(fault()),
    }
}
