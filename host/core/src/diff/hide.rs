//! What of an object people are not shown: by where it stands, never by how its name sounds.

use serde_json::Value;

use crate::redact::{REDACTED, redact};

/// Fields at the root of an object that hold its data.
const DATA: &[&str] = &["data", "stringData", "binaryData"];
/// Free text in which people put what belongs into a Secret: it passes the redaction of texts.
const WORDS: &[&str] = &["args", "command", "annotations", "httpHeaders"];
/// A copy of the whole object, with its environment.
const COPY: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What a value is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    /// The object itself.
    Root,
    /// A field like any other.
    Field,
    /// The list of environment variables of a container.
    Environment,
    /// One environment variable.
    Variable,
    /// The value of a variable, or data: hidden.
    Hidden,
    /// Free text.
    Words,
}

impl Within {
    /// What a field of this is.
    pub(super) fn field(self, key: &str) -> Within {
        match self {
            Within::Hidden | Within::Environment => Within::Hidden,
            Within::Root if DATA.contains(&key) => Within::Hidden,
            Within::Variable if key == "value" => Within::Hidden,
            _ if key == COPY => Within::Hidden,
            Within::Words => Within::Words,
            _ if key == "env" => Within::Environment,
            _ if WORDS.contains(&key) => Within::Words,
            Within::Root | Within::Field | Within::Variable => Within::Field,
        }
    }

    /// What an item of this list is.
    pub(super) fn item(self) -> Within {
        match self {
            Within::Environment => Within::Variable,
            other => other,
        }
    }

    /// A value that stands here, in one text.
    pub(super) fn shown(self, value: &Value) -> String {
        match self.hidden(value) {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    fn hidden(self, value: &Value) -> Value {
        match value {
            Value::Null => Value::Null,
            Value::Object(map) => {
                let fields = map.iter();
                let fields = fields.map(|(k, v)| (k.clone(), self.field(k).hidden(v)));
                Value::Object(fields.collect())
            }
            Value::Array(items) => {
                let items = items.iter().map(|item| self.item().hidden(item));
                Value::Array(items.collect())
            }
            _ if matches!(self, Within::Hidden | Within::Environment) => REDACTED.into(),
            Value::String(text) if self == Within::Words => redact(text).into(),
            other => other.clone(),
        }
    }
}
