//! The cluster of a case: what it names, and nothing else, or what was recorded of one.

mod event;
mod refused;
mod usage;

use std::path::PathBuf;
use std::sync::Arc;

use k8shawk_core::guard::Reader;
use k8shawk_core::kinds;
use k8shawk_sandbox::CallContext;
use serde::Deserialize;
use serde_json::Value;

use self::refused::{Reads, Refused};
use super::place::Place;
use super::recording::Recording;
use crate::services::cluster::declared::Declared;

/// Its keys.
pub(super) const KEYS: &[&str] = &[
    "bundle",
    "objects",
    "events",
    "logs",
    "usage",
    "denied",
    "unavailable",
];

/// As it stands in a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    #[serde(default)]
    bundle: Option<PathBuf>,
    /// What every read is answered from, each with its `kind` and `metadata`.
    #[serde(default)]
    objects: Vec<Value>,
    #[serde(default)]
    events: Vec<event::Given>,
    #[serde(default)]
    logs: Vec<Log>,
    #[serde(default)]
    usage: Option<Vec<usage::Given>>,
    /// Reads that the cluster refuses.
    #[serde(default)]
    denied: Vec<Reads>,
    /// Reads that the cluster does not serve.
    #[serde(default)]
    unavailable: Vec<Reads>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    namespace: String,
    pod: String,
    container: String,
    #[serde(default)]
    previous: bool,
    text: String,
}

/// A cluster that answers.
pub(super) struct Cluster {
    /// The present, milliseconds since the Unix epoch.
    pub(super) now_ms: i64,
    /// What was recorded; none for a cluster that the case describes itself.
    pub(super) recording: Option<Recording>,
    reader: Arc<dyn Reader>,
}

impl Cluster {
    /// What one call is given.
    pub(super) fn context(&self) -> CallContext {
        CallContext {
            reader: self.reader.clone(),
            now_ms: self.now_ms,
        }
    }
}

impl Given {
    /// The cluster. A recording has the time of its first frame where the case names no other.
    ///
    /// # Errors
    /// A sentence with the key and what may stand there.
    pub(super) fn cluster(self, place: &Place<'_>) -> Result<Cluster, String> {
        let refused = (self.denied.clone(), self.unavailable.clone());
        let (reader, recording, now_ms) = match &self.bundle {
            Some(_) if self.describes() => {
                return Err(
                    "key \"bundle\": objects, events, logs and usage come from the recording"
                        .to_owned(),
                );
            }
            Some(path) => {
                let recording = Recording::read(place.directory, path)?;
                let now_ms = place.now_ms.unwrap_or(recording.time());
                (recording.reader(), Some(recording), now_ms)
            }
            None => {
                let now_ms = place.now_ms.unwrap_or_default();
                (self.declared(now_ms)?, None, now_ms)
            }
        };
        let (denied, unavailable) = refused;
        Ok(Cluster {
            now_ms,
            recording,
            reader: Arc::new(Refused {
                denied,
                unavailable,
                reader,
            }),
        })
    }

    fn describes(&self) -> bool {
        let none = self.objects.is_empty() && self.events.is_empty() && self.logs.is_empty();
        !none || self.usage.is_some()
    }

    fn declared(self, now_ms: i64) -> Result<Arc<dyn Reader>, String> {
        for (at, object) in self.objects.iter().enumerate() {
            whole(object).map_err(|why| format!("key \"objects[{at}]\": {why}"))?;
        }
        let events = self.events.into_iter().enumerate();
        let declared = Declared {
            at: now_ms,
            objects: self.objects,
            events: events.map(|(at, e)| e.object(at, now_ms)).collect(),
            logs: self.logs.into_iter().map(Log::into).collect(),
            usage: self
                .usage
                .map(|usage| usage.into_iter().map(usage::Given::measured).collect()),
        };
        Ok(Arc::new(declared.reader()))
    }
}

/// An object that no read could find would be one in vain.
fn whole(object: &Value) -> Result<(), String> {
    let text = |pointer| object.pointer(pointer).and_then(Value::as_str);
    let kind = text("/kind").ok_or("missing field `kind`, such as \"Pod\"")?;
    let known = kinds::kind(kind)
        .ok_or_else(|| format!("kind {kind:?} is not one that can be read, such as \"Pod\""))?;
    text("/metadata/name").ok_or("missing field `metadata.name`")?;
    match text("/metadata/namespace") {
        None if known.namespaced => Err(format!("missing field `metadata.namespace` of a {kind}")),
        Some(_) if !known.namespaced => Err(format!("a {kind} is in no namespace")),
        _ => Ok(()),
    }
}

impl From<Log> for k8shawk_core::bundle::Log {
    fn from(log: Log) -> Self {
        k8shawk_core::bundle::Log {
            namespace: log.namespace,
            pod: log.pod,
            container: log.container,
            previous: log.previous,
            text: log.text,
        }
    }
}

#[cfg(test)]
mod tests;
