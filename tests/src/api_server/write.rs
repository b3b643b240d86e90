//! Writes: optimistic concurrency, preconditions and dry runs as the API server has them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::State;
use super::audit::{Entry, Verb};
use super::objects::Key;
use super::path::Addressed;
use super::refusal::Refusal;

/// A write that is asked for.
pub(super) struct Write<'r> {
    pub(super) user: &'r str,
    pub(super) target: &'r Addressed,
    pub(super) dry_run: bool,
    /// False where the answer will be lost.
    pub(super) answered: bool,
}

impl Write<'_> {
    fn key(&self, name: &str) -> Key {
        Key {
            kind: self.target.kind.kind,
            namespace: self.target.namespace.clone(),
            name: name.to_owned(),
        }
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl State {
    fn existing(&self, key: &Key) -> Result<Arc<Value>, Refusal> {
        let found = self.objects.get(key).cloned();
        found.ok_or_else(|| Refusal::missing(key.kind, &key.name))
    }

    fn accepted(&mut self, write: &Write<'_>, verb: Verb, key: &Key, object: &Value) {
        self.audit.push(Entry {
            user: write.user.to_owned(),
            verb,
            key: key.clone(),
            uid: text(object, "/metadata/uid").to_owned(),
            version: self.objects.version(),
            answered: write.answered,
        });
    }

    /// POST of an object.
    pub(super) fn create(&mut self, write: &Write<'_>, object: Value) -> Result<Value, Refusal> {
        let mut object = well_formed(write.target, object)?;
        if !text(&object, "/metadata/resourceVersion").is_empty() {
            return Err(Refusal::bad(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let mut name = text(&object, "/metadata/name").to_owned();
        if name.is_empty() {
            let begin = text(&object, "/metadata/generateName");
            if begin.is_empty() {
                return Err(Refusal::bad("name or generateName is required"));
            }
            name = format!("{begin}{:05x}", self.objects.version() % 0xf_ffff);
        }
        let key = write.key(&name);
        if self.objects.get(&key).is_some() {
            return Err(Refusal::exists(key.kind, &name));
        }
        let uid = self.objects.uid();
        let metadata = &mut object["metadata"];
        metadata["name"] = json!(name);
        metadata["uid"] = json!(uid);
        metadata["creationTimestamp"] = json!(now());
        metadata["generation"] = json!(1);
        if write.target.kind.namespaced {
            metadata["namespace"] = json!(write.target.namespace);
        }
        if let Some(fields) = object.as_object_mut() {
            fields.remove("status");
        }
        if write.dry_run {
            return Ok(object);
        }
        let stored = self.objects.put(&key, object);
        self.accepted(write, Verb::Create, &key, &stored);
        Ok(Value::clone(&stored))
    }

    /// PUT of an object: only on the version that it names.
    pub(super) fn replace(&mut self, write: &Write<'_>, object: Value) -> Result<Value, Refusal> {
        let key = write.key(&write.target.name);
        let current = self.existing(&key)?;
        let mut object = well_formed(write.target, object)?;
        if text(&object, "/metadata/name") != key.name {
            return Err(Refusal::bad(
                "the name of the object does not match the path",
            ));
        }
        let asked = text(&object, "/metadata/resourceVersion");
        if !asked.is_empty() && asked != text(&current, "/metadata/resourceVersion") {
            let why = "the object has been modified; please apply your changes to the latest version and try again";
            return Err(Refusal::conflict(&key.name, why));
        }
        let uid = text(&object, "/metadata/uid");
        if !uid.is_empty() && uid != text(&current, "/metadata/uid") {
            return Err(Refusal::conflict(
                &key.name,
                "the UID in the precondition does not match",
            ));
        }
        keep(&mut object, &current);
        self.store(write, Verb::Replace, &key, object)
    }

    /// PATCH of an object by a JSON merge patch.
    pub(super) fn patch(&mut self, write: &Write<'_>, patch: &Value) -> Result<Value, Refusal> {
        let key = write.key(&write.target.name);
        let current = self.existing(&key)?;
        let mut object = Value::clone(&current);
        merge(&mut object, patch);
        let asked = text(patch, "/metadata/resourceVersion");
        if !asked.is_empty() && asked != text(&current, "/metadata/resourceVersion") {
            return Err(Refusal::conflict(&key.name, "the object has been modified"));
        }
        keep(&mut object, &current);
        self.store(write, Verb::Patch, &key, object)
    }

    fn store(
        &mut self,
        write: &Write<'_>,
        verb: Verb,
        key: &Key,
        object: Value,
    ) -> Result<Value, Refusal> {
        if write.dry_run {
            return Ok(object);
        }
        let emptied = is_deleting(&object) && finalizers(&object) == 0;
        let stored = self.objects.put(key, object);
        if emptied {
            self.take_away(key);
        }
        self.accepted(write, verb, key, &stored);
        Ok(Value::clone(&stored))
    }

    /// DELETE of an object, or its eviction. One with finalizers is only marked.
    pub(super) fn delete(
        &mut self,
        write: &Write<'_>,
        verb: Verb,
        options: &Value,
    ) -> Result<Value, Refusal> {
        let key = write.key(&write.target.name);
        let current = self.existing(&key)?;
        for field in ["uid", "resourceVersion"] {
            let asked = text(options, &format!("/preconditions/{field}"));
            if !asked.is_empty() && asked != text(&current, &format!("/metadata/{field}")) {
                let why = format!("the {field} in the precondition does not match");
                return Err(Refusal::conflict(&key.name, &why));
            }
        }
        if verb == Verb::Evict && !self.may_be_evicted(&key, &current) {
            return Err(Refusal::budget());
        }
        if write.dry_run || options["dryRun"] == json!(["All"]) {
            return Ok(Value::clone(&current));
        }
        if finalizers(&current) > 0 {
            let mut marked = Value::clone(&current);
            if !is_deleting(&marked) {
                marked["metadata"]["deletionTimestamp"] = json!(now());
            }
            self.objects.put(&key, marked);
        } else {
            self.take_away(&key);
        }
        self.accepted(write, verb, &key, &current);
        Ok(Value::clone(&current))
    }

    /// Remove an object and, as the garbage collector does, what it owned.
    pub(super) fn take_away(&mut self, key: &Key) {
        let Some(gone) = self.objects.remove(key) else {
            return;
        };
        let uid = text(&gone, "/metadata/uid").to_owned();
        let owned = |object: &Value| {
            let owners = object["metadata"]["ownerReferences"].as_array();
            owners.is_some_and(|o| o.iter().any(|o| text(o, "/uid") == uid))
        };
        let dependants: Vec<Key> = self
            .objects
            .all()
            .filter(|(_, object)| owned(object))
            .map(|(key, _)| key.clone())
            .collect();
        dependants.iter().for_each(|key| self.take_away(key));
    }

    fn may_be_evicted(&self, pod: &Key, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        let covers = |budget: &Value| {
            let wanted = budget["spec"]["selector"]["matchLabels"].as_object();
            wanted.is_some_and(|w| w.iter().all(|(key, value)| labels[key] == *value))
        };
        let mut budgets = self.objects.of("PodDisruptionBudget", &pod.namespace);
        budgets
            .all(|(_, b)| !covers(b) || b["status"]["disruptionsAllowed"].as_u64().unwrap_or(0) > 0)
    }
}

fn finalizers(object: &Value) -> usize {
    object["metadata"]["finalizers"]
        .as_array()
        .map_or(0, Vec::len)
}

fn is_deleting(object: &Value) -> bool {
    object["metadata"]["deletionTimestamp"].is_string()
}

fn well_formed(target: &Addressed, mut object: Value) -> Result<Value, Refusal> {
    let kind = text(&object, "/kind");
    if !object.is_object() || !object["metadata"].is_object() {
        return Err(Refusal::bad("the body is no object with metadata"));
    }
    if !kind.is_empty() && kind != target.kind.kind {
        let why = format!("{kind} in the body is not {} of the path", target.kind.kind);
        return Err(Refusal::bad(why));
    }
    object["kind"] = json!(target.kind.kind);
    object["apiVersion"] = json!(target.kind.api_version());
    Ok(object)
}

/// What a client cannot change: the identity, and the status, which has a path of its own.
fn keep(object: &mut Value, current: &Value) {
    for field in [
        "uid",
        "creationTimestamp",
        "namespace",
        "deletionTimestamp",
        "generation",
    ] {
        match &current["metadata"][field] {
            Value::Null => {
                if let Some(metadata) = object["metadata"].as_object_mut() {
                    metadata.remove(field);
                }
            }
            kept => object["metadata"][field] = kept.clone(),
        }
    }
    if let Some(fields) = object.as_object_mut() {
        match current.get("status") {
            Some(status) => fields.insert("status".to_owned(), status.clone()),
            None => fields.remove("status"),
        };
    }
    if object["spec"] != current["spec"]
        && let Some(generation) = current["metadata"]["generation"].as_u64()
    {
        object["metadata"]["generation"] = json!(generation + 1);
    }
    object["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"].clone();
}

/// RFC 7396.
fn merge(object: &mut Value, patch: &Value) {
    let Value::Object(fields) = patch else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (key, value) in fields {
        match value {
            Value::Null => {
                if let Some(object) = object.as_object_mut() {
                    object.remove(key);
                }
            }
            value => merge(&mut object[key], value),
        }
    }
}
