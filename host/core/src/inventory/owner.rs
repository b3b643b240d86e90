//! Who controlled what is gone.

use crate::object::ObjectRef;

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
