//! The cluster of a case: the objects that it names, and nothing else.

use std::sync::Arc;

use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading};
use k8shawk_core::selector::Selector;
use serde::Deserialize;
use serde_json::Value;

/// Its keys.
pub(super) const KEYS: &[&str] = &["objects", "denied"];

/// As it stands in a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    #[serde(default)]
    objects: Vec<Value>,
    #[serde(default)]
    denied: Vec<String>,
}

impl Given {
    /// What answers the reads of the plugin.
    pub(super) fn reader(self) -> Arc<dyn Reader> {
        Arc::new(Objects {
            all: self.objects,
            denied: self.denied,
        })
    }
}

/// What `get` and `list` answer.
struct Objects {
    /// Each with its `kind` and `metadata`.
    all: Vec<Value>,
    /// Kinds whose reads are refused.
    denied: Vec<String>,
}

impl Reader for Objects {
    fn read(&self, permit: Permit) -> Reading<'_> {
        let answer = self.answer(permit.into_read());
        Box::pin(async { answer })
    }
}

impl Objects {
    fn answer(&self, read: Read) -> Result<Answer, ReadError> {
        match read {
            Read::Get {
                kind,
                namespace,
                name,
            } => {
                let object = self
                    .of(&kind, &namespace)?
                    .find(|o| meta(o, "name") == name);
                object.map_or(Err(ReadError::NotFound), |o| {
                    Ok(Answer::Text(o.to_string()))
                })
            }
            Read::List {
                kind,
                namespace,
                selector,
            } => {
                let selector = Selector::parse(&selector).ok_or_else(|| {
                    ReadError::Unavailable(format!("{selector:?} is no selector"))
                })?;
                let found = self.of(&kind, &namespace)?;
                let found = found.filter(|o| selector.fits(|key| label(o, key)));
                Ok(Answer::Text(
                    Value::Array(found.cloned().collect()).to_string(),
                ))
            }
            // A case has no events, logs or usage.
            _ => Err(ReadError::NotFound),
        }
    }

    fn of(&self, kind: &str, namespace: &str) -> Result<impl Iterator<Item = &Value>, ReadError> {
        if self.denied.iter().any(|denied| denied == kind) {
            return Err(ReadError::Denied);
        }
        let fits = move |o: &&Value| {
            o["kind"] == kind && (namespace.is_empty() || meta(o, "namespace") == namespace)
        };
        Ok(self.all.iter().filter(fits))
    }
}

fn meta<'o>(object: &'o Value, key: &str) -> &'o str {
    let value = object
        .get("metadata")
        .and_then(|metadata| metadata.get(key));
    value.and_then(Value::as_str).unwrap_or_default()
}

fn label<'o>(object: &'o Value, key: &str) -> Option<&'o str> {
    object.get("metadata")?.get("labels")?.get(key)?.as_str()
}
