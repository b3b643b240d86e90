//! What one analysis works on: the incident and a memory of what was read for it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use k8shawk_sdk::analysis::{Conclusion, Incident, ObjectRef, ReadError};
use k8shawk_sdk::cluster::Cluster;
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::kinds;
use serde_json::Value;

/// Lines of a log that are read.
const LINES: u32 = 60;

/// How many causes may be asked for within one another.
const DEEPEST: u8 = 2;

type Listed = Rc<Vec<Value>>;

/// Why a workload fails, or why it is healthy.
pub type ExplainWorkload = fn(&Case, &Value) -> Conclusion;

/// An incident under analysis. The same object or list is read once.
pub struct Case<'a> {
    /// The incident as triage opened it.
    pub incident: &'a Incident,
    /// The granted verbs; prefer [`Case::get`] and [`Case::list`], which remember.
    pub cluster: &'a dyn Cluster,
    workloads: ExplainWorkload,
    gets: RefCell<HashMap<String, Option<Rc<Value>>>>,
    lists: RefCell<HashMap<String, Listed>>,
    logs: RefCell<HashMap<String, String>>,
    events: RefCell<HashMap<String, Vec<EventRow>>>,
    denied: RefCell<Vec<String>>,
    depth: Cell<u8>,
}

impl<'a> Case<'a> {
    /// A case with an empty memory. Rules about workloads call those about what a workload depends on,
    /// and these ask `workloads` in turn: that way back leads over the case, so that no rule imports
    /// one that imports it.
    pub fn new(
        incident: &'a Incident,
        cluster: &'a dyn Cluster,
        workloads: ExplainWorkload,
    ) -> Self {
        Case {
            incident,
            cluster,
            workloads,
            gets: RefCell::default(),
            lists: RefCell::default(),
            logs: RefCell::default(),
            events: RefCell::default(),
            denied: RefCell::default(),
            depth: Cell::default(),
        }
    }

    /// One object; `None` where it does not exist **or** is not readable: ask
    /// [`Case::is_missing`] before a cause says that something is missing.
    pub fn get(&self, kind: &str, namespace: &str, name: &str) -> Option<Rc<Value>> {
        let key = format!("{kind}/{namespace}/{name}");
        if let Some(known) = self.gets.borrow().get(&key) {
            return known.clone();
        }
        let found = match self.cluster.get(kind, namespace, name) {
            Ok(value) => Some(Rc::new(value)),
            Err(ReadError::NotFound) => None,
            Err(_) => {
                self.denied.borrow_mut().push(key.clone());
                None
            }
        };
        self.gets.borrow_mut().insert(key, found.clone());
        found
    }

    /// True only where the cluster said that there is no such object.
    pub fn is_missing(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let key = format!("{kind}/{namespace}/{name}");
        self.get(kind, namespace, name).is_none() && !self.denied.borrow().contains(&key)
    }

    /// The objects of a kind; empty where they are not readable (see [`Case::unread`]).
    pub fn list(&self, kind: &str, namespace: &str) -> Listed {
        self.select(kind, namespace, "")
    }

    /// Those of them that have the labels of a selector, `key=value,...`: what the cluster need not
    /// send is not waited for.
    pub fn select(&self, kind: &str, namespace: &str, selector: &str) -> Listed {
        let key = format!("{kind}/{namespace}?{selector}");
        if let Some(known) = self.lists.borrow().get(&key) {
            return known.clone();
        }
        let listed = self.cluster.list(kind, namespace, selector);
        let mut found = listed.unwrap_or_else(|_| {
            self.denied.borrow_mut().push(format!("{kind}/{namespace}"));
            Vec::new()
        });
        // The items of a list do not say their kind by themselves.
        let api_version = kinds::api_version(kind);
        for item in found.iter_mut().filter_map(Value::as_object_mut) {
            item.entry("kind").or_insert_with(|| kind.into());
            item.entry("apiVersion")
                .or_insert_with(|| api_version.as_str().into());
        }
        let found = Rc::new(found);
        self.lists.borrow_mut().insert(key, found.clone());
        found
    }

    /// Why a workload fails; asked within another cause, it belongs into [`Case::deeper`].
    pub fn explain_workload(&self, workload: &Value) -> Conclusion {
        (self.workloads)(self, workload)
    }

    /// Ask for the cause of another object in the midst of a cause; `None` where that was done
    /// too often, as two objects may each depend on the other.
    pub fn deeper<T>(&self, ask: impl FnOnce() -> T) -> Option<T> {
        let depth = self.depth.get();
        if depth >= DEEPEST {
            return None;
        }
        self.depth.set(depth + 1);
        let answer = ask();
        self.depth.set(depth);
        Some(answer)
    }

    /// True where the objects of this kind could not be read: their absence proves nothing.
    pub fn unreadable(&self, kind: &str, namespace: &str) -> bool {
        self.list(kind, namespace);
        self.was_refused(kind, namespace)
    }

    /// True where a list of these objects was asked for and could not be read.
    pub fn was_refused(&self, kind: &str, namespace: &str) -> bool {
        let list = format!("{kind}/{namespace}");
        self.denied.borrow().contains(&list)
    }

    /// What could not be read, as `Kind/namespace/name`; a log in words.
    pub fn unread(&self) -> Vec<String> {
        self.denied.borrow().clone()
    }

    /// Events of an object, oldest first; empty where they are not readable.
    pub fn events(&self, object: &ObjectRef) -> Vec<EventRow> {
        let (kind, namespace, name) = (&object.kind, &object.namespace, &object.name);
        let key = format!("{kind}/{namespace}/{name}");
        if let Some(known) = self.events.borrow().get(&key) {
            return known.clone();
        }
        let found = self
            .cluster
            .events(kind, namespace, name)
            .unwrap_or_default();
        self.events.borrow_mut().insert(key, found.clone());
        found
    }

    /// Last lines of a container; empty where there are none, and where they could not be read (see
    /// [`Case::unread`]).
    pub fn logs(&self, pod: &ObjectRef, container: &str, previous: bool) -> String {
        let (namespace, name) = (&pod.namespace, &pod.name);
        let key = format!("{namespace}/{name}/{container}/{previous}");
        if let Some(known) = self.logs.borrow().get(&key) {
            return known.clone();
        }
        let read = self
            .cluster
            .logs(namespace, name, container, previous, LINES);
        let found = read.unwrap_or_else(|error| {
            if !matches!(error, ReadError::NotFound) {
                self.deny(log_of(pod, container));
            }
            String::new()
        });
        self.logs.borrow_mut().insert(key, found.clone());
        found
    }

    /// True where a log of this container was asked for and could not be read.
    pub fn log_was_refused(&self, pod: &ObjectRef, container: &str) -> bool {
        self.denied.borrow().contains(&log_of(pod, container))
    }

    /// Remember once what could not be read.
    fn deny(&self, what: String) {
        let mut denied = self.denied.borrow_mut();
        if !denied.contains(&what) {
            denied.push(what);
        }
    }
}

fn log_of(pod: &ObjectRef, container: &str) -> String {
    format!("log of {}/{} ({container})", pod.namespace, pod.name)
}
