//! Reading the cluster: one trait, so that an analysis runs in the sandbox over the granted
//! capabilities and in a unit test over a recorded bundle.

use crate::analysis::{ReadError, events, get, logs, top};
use crate::event::EventRow;
use serde_json::Value;

/// Usage of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Container name.
    pub container: String,
    /// CPU in thousandths of a core.
    pub cpu_milli: u64,
    /// Memory in bytes.
    pub memory_bytes: u64,
}

/// The read-only verbs that an analysis may use.
///
/// # Errors
/// Every verb fails with a [`ReadError`]; `Denied` says nothing on whether the object exists.
pub trait Cluster {
    /// One object.
    fn get(&self, kind: &str, namespace: &str, name: &str) -> Result<Value, ReadError>;
    /// The objects of a kind; an empty `namespace` means all, an empty `selector` every one.
    fn list(&self, kind: &str, namespace: &str, selector: &str) -> Result<Vec<Value>, ReadError>;
    /// The last `lines` lines of a container or of its previous run.
    fn logs(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        lines: u32,
    ) -> Result<String, ReadError>;
    /// Recent events of an object (of all objects of the kind where `name` is empty), oldest
    /// first.
    fn events(&self, kind: &str, namespace: &str, name: &str) -> Result<Vec<EventRow>, ReadError>;
    /// Usage of a pod's containers.
    fn top(&self, namespace: &str, pod: &str) -> Result<Vec<Usage>, ReadError>;
}

/// The capabilities that the host grants.
pub struct Granted;

impl Cluster for Granted {
    fn get(&self, kind: &str, namespace: &str, name: &str) -> Result<Value, ReadError> {
        get::get(kind, namespace, name).and_then(|text| parse(&text))
    }

    fn list(&self, kind: &str, namespace: &str, selector: &str) -> Result<Vec<Value>, ReadError> {
        get::list(kind, namespace, selector).and_then(|text| parse(&text))
    }

    fn logs(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        lines: u32,
    ) -> Result<String, ReadError> {
        logs::logs(namespace, pod, container, previous, lines)
    }

    fn events(&self, kind: &str, namespace: &str, name: &str) -> Result<Vec<EventRow>, ReadError> {
        events::events(kind, namespace, name).and_then(|text| parse(&text))
    }

    fn top(&self, namespace: &str, pod: &str) -> Result<Vec<Usage>, ReadError> {
        let usage = top::top(namespace, pod)?;
        Ok(usage
            .into_iter()
            .map(|u| Usage {
                container: u.container,
                cpu_milli: u.cpu_milli,
                memory_bytes: u.memory_bytes,
            })
            .collect())
    }
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ReadError> {
    serde_json::from_str(text)
        .map_err(|e| ReadError::Unavailable(format!("answer is not JSON: {e}")))
}
