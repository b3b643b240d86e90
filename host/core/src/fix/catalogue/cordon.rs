//! `cordon`: keep new pods off a node.

use serde::{Deserialize, Serialize};

use super::edit::{line, replace, set};
use crate::fix::Action;
use super::entry::{Act, Before, Entry, Found, Planned, Postcondition, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "cordon",
    targets: &[(&["Node"], Sends::Replace)],
    reads: &[],
    parameters: "",
    risk: Risk::Medium,
    like: "`kubectl cordon`",
    parse: |_| Ok(Cordon {}.into()),
};

/// It has no values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cordon {}

impl Act for Cordon {
    fn plan(&self, found: &Found<'_>) -> Planned {
        replace(found.current, |node| {
            set(node, &["spec", "unschedulable"], true);
            Ok(())
        })
    }

    fn inverse(&self, _before: &Before<'_>) -> Option<Action> {
        Some(Action::Uncordon(Default::default()))
    }

    fn postcondition(&self) -> Postcondition {
        Postcondition::SetAside
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        line(target, format!("cordon {}", target.name))
    }
}
