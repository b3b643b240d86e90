//! Who controls whom.

use super::Inventory;
use super::shape::Entry;
use crate::object::ObjectRef;

/// Longest chain that is walked: a custom controller may own what owns a workload.
const DEPTH: usize = 6;
/// Owners of removed objects that are remembered: late events name them.
const REMEMBERED: usize = 2048;

/// Root owners of objects that are gone, by uid.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    owners: std::collections::HashMap<String, ObjectRef>,
    order: std::collections::VecDeque<String>,
}

impl Gone {
    pub(crate) fn remember(&mut self, uid: &str, owner: ObjectRef) {
        if uid.is_empty() || self.owners.insert(uid.to_owned(), owner).is_some() {
            return;
        }
        self.order.push_back(uid.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.owners.remove(&oldest);
        }
    }

    pub(crate) fn owner(&self, uid: &str) -> Option<&ObjectRef> {
        self.owners.get(uid)
    }
}

impl Inventory {
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
