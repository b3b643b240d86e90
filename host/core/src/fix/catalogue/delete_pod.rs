//! `delete-pod`: delete one pod that its owner recreates.

use serde::{Deserialize, Serialize};

use super::edit::{line, needs_controller};
use crate::fix::Operation;
use super::entry::{Act, Entry, Found, Planned, Postcondition, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "delete-pod",
    targets: &[(&["Pod"], Sends::Delete)],
    reads: &[],
    parameters: "",
    risk: Risk::Low,
    like: "`kubectl delete pod NAME`",
    parse: |_| Ok(DeletePod {}.into()),
};

/// It has no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletePod {}

impl Act for DeletePod {
    fn plan(&self, found: &Found<'_>) -> Planned {
        needs_controller(found.current)?;
        Ok(Operation::Delete {
            object: found.current.clone(),
        })
    }

    fn postcondition(&self) -> Postcondition {
        Postcondition::Gone
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        line(target, format!("delete pod {}", target.name))
    }
}
