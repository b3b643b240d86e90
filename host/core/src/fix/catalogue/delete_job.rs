//! `delete-job`: delete a Job and its pods.

use serde::{Deserialize, Serialize};

use super::edit::line;
use crate::fix::Operation;
use super::entry::{Act, Entry, Found, Planned, Postcondition, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "delete-job",
    targets: &[(&["Job"], Sends::Delete)],
    reads: &[],
    parameters: "",
    risk: Risk::Medium,
    like: "`kubectl delete job`",
    parse: |_| Ok(DeleteJob {}.into()),
};

/// It has no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteJob {}

impl Act for DeleteJob {
    fn plan(&self, found: &Found<'_>) -> Planned {
        Ok(Operation::Delete {
            object: found.current.clone(),
        })
    }

    fn postcondition(&self) -> Postcondition {
        Postcondition::Gone
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        line(target, format!("delete job {}", target.name))
    }
}
