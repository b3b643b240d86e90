//! `remove-finalizer`: remove a finalizer from an object that is being deleted.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::{done, fails, line, named, replace};
use crate::fix::Precondition;
use super::entry::{ANY_KIND, Act, Entry, Found, Planned, Postcondition, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "remove-finalizer",
    targets: &[(ANY_KIND, Sends::Replace)],
    reads: &[],
    parameters: "`finalizer`",
    risk: Risk::High,
    like: "`kubectl edit`",
    parse: |values| {
        let finalizer = values.word("finalizer", "-._/")?;
        Ok(RemoveFinalizer { finalizer }.into())
    },
};

/// The finalizer that is removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveFinalizer {
    /// Its name, such as `example.com/guard`.
    pub finalizer: String,
}

impl Act for RemoveFinalizer {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("finalizer", self.finalizer.clone())]
    }

    fn wants_deletion(&self) -> bool {
        true
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        replace(found.current, |object| self.remove(object))
    }

    fn postcondition(&self) -> Postcondition {
        Postcondition::Gone
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (object, finalizer) = (named(target), &self.finalizer);
        line(
            target,
            format!("edit {object}  # remove {finalizer} from metadata.finalizers"),
        )
    }
}

impl RemoveFinalizer {
    /// A Namespace keeps its own in the spec, behind another API: it is never removed by hand.
    fn remove(&self, object: &mut Value) -> Result<(), Precondition> {
        let finalizer = &self.finalizer;
        let list = object
            .pointer_mut("/metadata/finalizers")
            .and_then(Value::as_array_mut);
        let Some(list) = list else {
            return fails("the object has no finalizer");
        };
        let before = list.len();
        list.retain(|f| f.as_str() != Some(finalizer));
        if list.len() == before {
            return done(format!("the object has no finalizer {finalizer:?}"));
        }
        Ok(())
    }
}
