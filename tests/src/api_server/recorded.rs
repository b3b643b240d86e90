//! From a recorded incident to objects of this server.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use k8shawk_core::bundle::{Bundle, Frame, Log};
use k8shawk_core::kinds;
use serde_json::{Value, json};

use super::objects::Key;
use super::{Shared, State};

/// What becomes of an incident once its recorded fix was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cure {
    /// The objects become what was recorded after the fix.
    Heals,
    /// Nothing changes.
    Stays,
}

/// A recorded incident in a namespace of its own.
#[derive(Debug)]
pub struct Instance {
    /// Its namespace.
    pub namespace: String,
    /// What was recorded.
    pub bundle: String,
    /// What the recorded fix changes.
    pub target: Option<Key>,
    /// Name of the recorded fix's action.
    pub action: Option<&'static str>,
    /// What comes of that.
    pub cure: Cure,
    frames: Vec<Frame>,
}

/// Where an object lives; none for a kind that is not served.
pub(super) fn key(object: &Value) -> Option<Key> {
    let text = |p| {
        object
            .pointer(p)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    Some(Key {
        kind: kinds::kind(text("/kind"))?.kind,
        namespace: text("/metadata/namespace").to_owned(),
        name: text("/metadata/name").to_owned(),
    })
}

/// The first frame as it is, events among its objects.
pub(super) fn as_recorded(state: &mut State, bundle: &Bundle) {
    let Some(frame) = bundle.frames.first() else {
        return;
    };
    for object in frame.objects.iter().chain(&events(frame)) {
        if let Some(key) = key(object) {
            state.objects.load(key, object.clone());
        }
    }
    state.logs.extend(frame.logs.iter().cloned());
    let namespace = bundle.subject.split('/').next().unwrap_or_default();
    let usage = frame.usage.iter().flatten();
    state
        .usage
        .extend(usage.map(|u| (namespace.to_owned(), u.clone())));
}

/// The events of a frame as objects.
fn events(frame: &Frame) -> Vec<Value> {
    let complete = |event: &Value| {
        let mut event = event.clone();
        event["kind"] = json!("Event");
        event["apiVersion"] = json!("v1");
        event
    };
    frame.events.iter().map(complete).collect()
}

impl Instance {
    pub(super) fn of(
        bundle: &Bundle,
        namespace: &str,
        cure: Cure,
        shared: &Shared,
    ) -> Result<Instance> {
        let recorded = bundle.subject.split('/').next().unwrap_or_default();
        let begun = bundle.frames.first().map_or(0, |frame| frame.at);
        let shift = jiff::Timestamp::now().as_millisecond() - begun;
        let mut text = serde_json::to_string(&bundle.frames)?.replace(recorded, namespace);
        for (old, new) in uids(bundle, recorded, shared) {
            text = text.replace(&old, &new);
        }
        let mut frames: Vec<Value> = serde_json::from_str(&text)?;
        frames.iter_mut().for_each(|frame| later(frame, shift));
        let frames: Vec<Frame> = serde_json::from_value(Value::Array(frames))?;
        let first = frames.first().context("it has no frame")?;
        ensure!(!first.objects.is_empty(), "it has no object");
        let fix = bundle.dry_runs.first().map(|run| &run.fix);
        Ok(Instance {
            namespace: namespace.to_owned(),
            bundle: bundle.title.clone(),
            target: fix.and_then(|fix| {
                Some(Key {
                    kind: kinds::kind(&fix.target.kind)?.kind,
                    namespace: namespace.to_owned(),
                    name: fix.target.name.clone(),
                })
            }),
            action: fix.map(|fix| fix.action.name()),
            cure,
            frames,
        })
    }

    /// Its objects come into being; what several incidents share is there already.
    pub(super) fn appear(&self, state: &mut State) {
        let Some(frame) = self.frames.first() else {
            return;
        };
        for object in frame.objects.iter().chain(&events(frame)) {
            let Some(key) = key(object) else { continue };
            // Other tests had namespaces in the cluster that was recorded.
            if key.kind == "Namespace" && key.name != self.namespace && key.name != "default" {
                continue;
            }
            let shared = key.namespace.is_empty() && key.name != self.namespace;
            if !(shared && state.objects.get(&key).is_some()) {
                state.objects.put(&key, object.clone());
            }
        }
        state.logs.extend(frame.logs.iter().cloned());
        let usage = frame.usage.iter().flatten();
        state
            .usage
            .extend(usage.map(|u| (self.namespace.clone(), u.clone())));
    }

    /// The objects become what was recorded last; the target keeps what was written to it.
    pub(super) fn heal(&self, state: &mut State) {
        let (Some(first), Some(last)) = (self.frames.first(), self.frames.last()) else {
            return;
        };
        let target = self.target.clone();
        let healed = self.renamed(state, last);
        let kept: Vec<Key> = healed.iter().filter_map(key).collect();
        let ours = |key: &Key| key.namespace == self.namespace;
        let gone = first.objects.iter().filter_map(key);
        for key in
            gone.filter(|key| ours(key) && !kept.contains(key) && Some(key) != target.as_ref())
        {
            state.take_away(&key);
        }
        for object in healed {
            let Some(key) = key(&object).filter(ours) else {
                continue;
            };
            let current = state.objects.get(&key).map(|o| Value::clone(o));
            match current {
                Some(mut current) if Some(&key) == target.as_ref() => {
                    current["status"] = object["status"].clone();
                    observed(&mut current);
                    state.objects.put(&key, current);
                }
                None if Some(&key) == target.as_ref() => {}
                _ => drop(state.objects.put(&key, object)),
            }
        }
        let logs = last.logs.iter().filter(|l| l.namespace == self.namespace);
        let logs: Vec<Log> = logs.cloned().collect();
        state.logs.retain(|l| l.namespace != self.namespace);
        state.logs.extend(logs);
    }

    /// The objects of a frame, where the target has the uid that it has now: it may be another one.
    fn renamed(&self, state: &State, frame: &Frame) -> Vec<Value> {
        let Some(target) = &self.target else {
            return frame.objects.clone();
        };
        let recorded = frame
            .objects
            .iter()
            .find(|o| key(o).as_ref() == Some(target));
        let uid = |object: &Value| object["metadata"]["uid"].as_str().map(str::to_owned);
        let pair = recorded
            .and_then(uid)
            .zip(state.objects.get(target).and_then(|o| uid(o)));
        let Some((old, new)) = pair.filter(|(old, new)| old != new) else {
            return frame.objects.clone();
        };
        let renamed = |object: &Value| {
            let text = object.to_string().replace(&old, &new);
            serde_json::from_str(&text).unwrap_or_default()
        };
        frame.objects.iter().map(renamed).collect()
    }
}

/// The controller of the object has seen its newest form.
pub(super) fn observed(object: &mut Value) {
    if object["status"]["observedGeneration"].is_number() {
        object["status"]["observedGeneration"] = object["metadata"]["generation"].clone();
    }
}

/// New uids for everything of the namespace.
fn uids(bundle: &Bundle, namespace: &str, shared: &Shared) -> BTreeMap<String, String> {
    let mut uids = BTreeMap::new();
    let mut state = shared.state();
    let objects = bundle
        .frames
        .iter()
        .flat_map(|f| f.objects.iter().chain(&f.events));
    for object in objects {
        let text = |p| {
            object
                .pointer(p)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let ours = text("/metadata/namespace") == namespace
            || (text("/kind") == "Namespace" && text("/metadata/name") == namespace);
        let uid = text("/metadata/uid");
        if ours && uid.len() > 8 && !uids.contains_key(uid) {
            uids.insert(uid.to_owned(), state.objects.uid());
        }
    }
    uids
}

/// Every time in a value, so many milliseconds later.
fn later(value: &mut Value, shift: i64) {
    match value {
        Value::String(text) if text.ends_with('Z') && (20..=32).contains(&text.len()) => {
            if let Ok(time) = text.parse::<jiff::Timestamp>()
                && let Ok(time) = time.checked_add(jiff::SignedDuration::from_millis(shift))
            {
                let form = match text.contains('.') {
                    true => "%Y-%m-%dT%H:%M:%S%.6fZ",
                    false => "%Y-%m-%dT%H:%M:%SZ",
                };
                *text = time.strftime(form).to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| later(item, shift)),
        Value::Object(fields) => fields.values_mut().for_each(|field| later(field, shift)),
        _ => {}
    }
}
