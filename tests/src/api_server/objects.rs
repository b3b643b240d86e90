//! The objects with their versions, and what happened to them recently.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

/// Changes that a watch can resume after.
const REMEMBERED: usize = 20_000;

/// Where an object lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Kind.
    pub kind: &'static str,
    /// Namespace, empty for a cluster-scoped kind.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// One change.
#[derive(Debug, Clone)]
pub(super) struct Happened {
    pub(super) version: u64,
    pub(super) key: Key,
    /// None before a creation.
    pub(super) before: Option<Arc<Value>>,
    /// None after a deletion.
    pub(super) after: Option<Arc<Value>>,
}

/// Everything that is stored; every change gets the next version.
#[derive(Debug, Default)]
pub(super) struct Objects {
    map: BTreeMap<Key, Arc<Value>>,
    version: u64,
    made: u64,
    history: VecDeque<Happened>,
    /// Versions up to this one cannot be resumed at.
    compacted: u64,
}

impl Objects {
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    pub(super) fn compacted(&self) -> u64 {
        self.compacted
    }

    /// Forget what happened: a watch that resumes must list again.
    pub(super) fn compact(&mut self) {
        self.history.clear();
        self.compacted = self.version;
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.map.get(key)
    }

    /// Objects of a kind in a namespace (in all, where it is empty), in the order of their keys.
    pub(super) fn of<'o>(
        &'o self,
        kind: &'static str,
        namespace: &'o str,
    ) -> impl Iterator<Item = (&'o Key, &'o Arc<Value>)> {
        let from = Key {
            kind,
            namespace: namespace.to_owned(),
            name: String::new(),
        };
        let in_scope = move |key: &Key| {
            key.kind == kind && (namespace.is_empty() || key.namespace == namespace)
        };
        self.map
            .range(from..)
            .take_while(move |(key, _)| in_scope(key))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.map.iter()
    }

    /// Changes after a version.
    pub(super) fn since(&self, version: u64) -> impl Iterator<Item = &Happened> {
        let at = self.history.partition_point(|h| h.version <= version);
        self.history.range(at..)
    }

    /// A uid that was never given before.
    pub(super) fn uid(&mut self) -> String {
        self.made += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.made)
    }

    /// Store an object as it is, under the next version. A change that changes nothing is none.
    pub(super) fn put(&mut self, key: &Key, mut object: Value) -> Arc<Value> {
        let before = self.map.get(key).cloned();
        if let Some(before) = &before {
            object["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
            if object == **before {
                return before.clone();
            }
        }
        object["metadata"]["resourceVersion"] = json!((self.version + 1).to_string());
        let after = Arc::new(object);
        self.map.insert(key.clone(), after.clone());
        self.happened(key, before, Some(after.clone()));
        after
    }

    /// Store an object with the version that it has; no watch sees it.
    pub(super) fn load(&mut self, key: Key, object: Value) {
        let version = object["metadata"]["resourceVersion"].as_str();
        let version = version.and_then(|v| v.parse().ok()).unwrap_or_default();
        self.version = self.version.max(version);
        self.compacted = self.version;
        self.map.insert(key, Arc::new(object));
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        let before = self.map.remove(key)?;
        self.happened(key, Some(before.clone()), None);
        Some(before)
    }

    fn happened(&mut self, key: &Key, before: Option<Arc<Value>>, after: Option<Arc<Value>>) {
        self.version += 1;
        self.history.push_back(Happened {
            version: self.version,
            key: key.clone(),
            before,
            after,
        });
        if self.history.len() > REMEMBERED
            && let Some(forgotten) = self.history.pop_front()
        {
            self.compacted = forgotten.version;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key {
            kind: "Pod",
            namespace: "a".to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn every_change_has_the_next_version_and_no_change_has_none() {
        let mut objects = Objects::default();
        let object = json!({"metadata": {"name": "x"}, "spec": {"a": 1}});
        objects.put(&key("x"), object.clone());
        objects.put(&key("x"), object);
        assert_eq!(objects.version(), 1);
        objects.put(&key("y"), json!({"metadata": {"name": "y"}}));
        objects.remove(&key("x"));
        let seen: Vec<u64> = objects.since(1).map(|h| h.version).collect();
        assert_eq!(seen, [2, 3]);
        assert_eq!(objects.of("Pod", "a").count(), 1);
        assert_eq!(objects.of("Pod", "b").count(), 0);
    }
}
