//! The objects that are held, and how one finds another.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::owner::Gone;
use super::shape::Entry;
use super::wire::Text;
use crate::kinds;
use crate::object::ObjectRef;

/// Longest chain of owners that is walked: a custom controller may own what owns a workload.
const DEPTH: usize = 6;

/// Entries of a kind by namespace and name.
type Namespaces = BTreeMap<Text, BTreeMap<Text, Entry>>;

/// Light projections of objects by kind, namespace and name.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub(super) kinds: BTreeMap<&'static str, Namespaces>,
    unreadable: BTreeSet<&'static str>,
    scope: Option<String>,
    gone: Gone,
}

impl Objects {
    /// None, and none of them is called missing before its kind was listed.
    pub(crate) fn unlisted() -> Self {
        let unreadable = kinds::KINDS.iter().map(|kind| kind.kind).collect();
        Objects {
            unreadable,
            ..Objects::default()
        }
    }

    pub(crate) fn scope_to(&mut self, namespace: &str) {
        self.scope = (!namespace.is_empty()).then(|| namespace.to_owned());
    }

    /// Say whether a kind can be read: nothing of a kind that cannot is ever called missing.
    pub(crate) fn set_readable(&mut self, kind: &str, readable: bool) {
        if let Some(kind) = kinds::kind(kind) {
            if readable {
                self.unreadable.remove(kind.kind);
            } else {
                self.unreadable.insert(kind.kind);
            }
        }
    }

    /// Insert or replace an entry; one that is not worth keeping only replaces.
    pub(crate) fn hold(&mut self, entry: Entry) {
        let namespaces = self.kinds.entry(entry.kind.kind).or_default();
        if entry.is_kept() {
            let names = namespaces.entry(entry.meta.namespace.clone()).or_default();
            names.insert(entry.meta.name.clone(), entry);
        } else if let Some(names) = namespaces.get_mut(&*entry.meta.namespace) {
            names.remove(&*entry.meta.name);
        }
    }

    /// Forget an object. A uid that differs from the known one leaves it alone.
    pub(crate) fn remove(&mut self, object: &ObjectRef) {
        let Some(entry) = self.entry(object) else {
            return;
        };
        if entry.controller().is_some() {
            let (uid, root) = (entry.meta.uid.clone(), self.root_of(entry));
            self.gone.remember(&uid, root);
        }
        let namespaces = self.kinds.get_mut(object.kind.as_str());
        if let Some(names) = namespaces.and_then(|n| n.get_mut(object.namespace.as_str())) {
            names.remove(object.name.as_str());
        }
    }

    /// Forget what a complete list of a kind did not name; the listed objects themselves were
    /// applied before. An empty `namespace` is all of them. The kind is readable from now on.
    pub(crate) fn replace_kind(&mut self, kind: &str, namespace: &str, listed: &[ObjectRef]) {
        let kept: HashSet<(&str, &str)> = listed
            .iter()
            .map(|o| (o.namespace.as_str(), o.name.as_str()))
            .collect();
        let stale: Vec<ObjectRef> = self
            .of_kind(kind)
            .filter(|entry| namespace.is_empty() || *entry.meta.namespace == *namespace)
            .filter(|entry| !kept.contains(&(&*entry.meta.namespace, &*entry.meta.name)))
            .map(Entry::reference)
            .collect();
        for object in stale {
            self.remove(&object);
        }
        self.set_readable(kind, true);
    }

    /// The root of the controller chain, else the object itself. An owner that is not held ends
    /// the chain and is the answer. Owners of objects that were removed lately are remembered.
    pub(crate) fn root_owner(&self, object: &ObjectRef) -> ObjectRef {
        match self.entry(object) {
            Some(entry) => self.root_of(entry),
            None => self.gone.owner(&object.uid).unwrap_or(object).clone(),
        }
    }

    /// Every entry, by kind, namespace and name.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Entry> {
        let namespaces = self.kinds.values().flat_map(BTreeMap::values);
        namespaces.flat_map(BTreeMap::values)
    }

    pub(crate) fn is_readable(&self, kind: &str, namespace: &str) -> bool {
        let in_scope = match &self.scope {
            Some(scope) => namespace.is_empty() || namespace == scope,
            None => true,
        };
        in_scope && !self.unreadable.contains(kind)
    }

    /// True where an object is what this inventory is about: not another namespace than the one
    /// that is watched, as its trouble is for the host that watches it.
    pub(crate) fn concerns(&self, entry: &Entry) -> bool {
        let home = kinds::home(entry.kind.kind, &entry.meta.namespace, &entry.meta.name);
        match &self.scope {
            Some(scope) => home.is_empty() || home == scope,
            None => true,
        }
    }

    pub(crate) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Entry> {
        self.kinds.get(kind)?.get(namespace)?.get(name)
    }

    /// The entry of a reference; a uid counts only where both have one.
    pub(crate) fn entry(&self, object: &ObjectRef) -> Option<&Entry> {
        self.find(&object.kind, &object.namespace, &object.name)
            .filter(|entry| {
                object.uid.is_empty() || entry.meta.uid.is_empty() || *entry.meta.uid == *object.uid
            })
    }

    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Entry> {
        self.kinds
            .get(kind)
            .into_iter()
            .flat_map(BTreeMap::values)
            .flat_map(BTreeMap::values)
    }

    pub(crate) fn in_namespace(&self, kind: &str, namespace: &str) -> impl Iterator<Item = &Entry> {
        let names = self
            .kinds
            .get(kind)
            .and_then(|namespaces| namespaces.get(namespace));
        names.into_iter().flat_map(BTreeMap::values)
    }

    /// The entry that controls another, if it is held.
    pub(crate) fn controller_of(&self, entry: &Entry) -> Option<&Entry> {
        let owner = entry.controller()?;
        self.find(&owner.kind, &entry.meta.namespace, &owner.name)
            .filter(|held| owner.uid.is_empty() || held.meta.uid == owner.uid)
    }

    /// The last entry of the controller chain that is held. Chains may form a circle.
    pub(crate) fn root_entry<'a>(&'a self, entry: &'a Entry) -> &'a Entry {
        let mut last = entry;
        for _ in 0..DEPTH {
            match self.controller_of(last) {
                Some(owner) => last = owner,
                None => break,
            }
        }
        last
    }

    /// The root owner of an entry: the last one of its chain that is known, by an entry or by
    /// a reference.
    pub(crate) fn root_of(&self, entry: &Entry) -> ObjectRef {
        let last = self.root_entry(entry);
        match last.controller() {
            Some(owner) => {
                let namespace = if &*owner.kind == "Node" {
                    ""
                } else {
                    &*last.meta.namespace
                };
                ObjectRef {
                    uid: owner.uid.to_string(),
                    ..ObjectRef::new(&owner.api_version, &owner.kind, namespace, &owner.name)
                }
            }
            None => last.reference(),
        }
    }
}
