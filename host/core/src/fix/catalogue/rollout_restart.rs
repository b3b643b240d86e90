//! `rollout-restart`: restart a workload's pods, one after the other.

use serde::{Deserialize, Serialize};

use super::edit::{line, named, replace, set};
use super::entry::{Act, Entry, Found, Planned, Risk, Sends};
use crate::object::ObjectRef;
use crate::workloads;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "rollout-restart",
    targets: &[(workloads::ROLLED_OUT, Sends::Replace)],
    reads: &[],
    parameters: "",
    risk: Risk::Medium,
    like: "`kubectl rollout restart`",
    parse: |_| Ok(RolloutRestart {}.into()),
};

/// Where kubectl marks a restart, too.
const MARK: &[&str] = &[
    "spec",
    "template",
    "metadata",
    "annotations",
    "kubectl.kubernetes.io/restartedAt",
];

/// It has no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutRestart {}

impl Act for RolloutRestart {
    fn plan(&self, found: &Found<'_>) -> Planned {
        replace(found.current, |object| {
            set(object, MARK, found.restart_at);
            Ok(())
        })
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        line(target, format!("rollout restart {}", named(target)))
    }
}
