//! The keys of one case: taken out group by group, so that a key which nobody takes is a fault.

use k8shawk_core::point::Point;
use k8shawk_core::toml_fault::message;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// What is handed to the plugin as it stands, dates too.
const SETTINGS: &str = "settings";

/// The keys of one case that nobody has read yet.
pub(super) struct Keys(Table);

impl Keys {
    /// Of the table of a case. A date may stand in quotes or without.
    pub(super) fn new(mut table: Table) -> Keys {
        for (key, value) in &mut table {
            if key != SETTINGS {
                quote_dates(value);
            }
        }
        Keys(table)
    }

    /// Refuse what is neither for `every` case nor in one of the groups.
    ///
    /// # Errors
    /// A sentence with the key and all that a case of the point may have.
    pub(super) fn only(
        &self,
        point: Point,
        every: &[&str],
        groups: &[&[&str]],
    ) -> Result<(), String> {
        let known = || every.iter().chain(groups.iter().copied().flatten());
        match self.0.keys().find(|key| !known().any(|k| k == key)) {
            None => Ok(()),
            Some(key) => {
                let known: Vec<&str> = known().copied().collect();
                let plugin = point.plugin();
                Err(format!(
                    "unknown key {key:?}; a case of {plugin} may have {}",
                    known.join(", ")
                ))
            }
        }
    }

    /// Take out a group of keys.
    ///
    /// # Errors
    /// A sentence with the key and what may stand there.
    pub(super) fn take<T: DeserializeOwned>(&mut self, group: &[&str]) -> Result<T, String> {
        let mut taken = Table::new();
        for key in group {
            if let Some(value) = self.0.remove(*key) {
                taken.insert((*key).to_owned(), value);
            }
        }
        serde_path_to_error::deserialize(taken).map_err(|error| {
            let what = message(error.inner());
            match error.path().to_string().as_str() {
                // It is about the case as a whole.
                "." => what,
                path => format!("key {path:?}: {what}"),
            }
        })
    }
}

/// Dates become texts: what reads them wants RFC 3339.
fn quote_dates(value: &mut Value) {
    match value {
        Value::Datetime(date) => *value = Value::String(date.to_string()),
        Value::Array(items) => items.iter_mut().for_each(quote_dates),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| quote_dates(value)),
        Value::String(_) | Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => {}
    }
}
