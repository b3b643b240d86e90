//! `rollout-undo`: return a Deployment to an earlier revision.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::{done, fails, line, named, set};
use super::entry::{Act, Before, Entry, Found, Planned, Related, Risk, Sends};
use crate::fix::{Action, Operation};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "rollout-undo",
    targets: &[(&["Deployment"], Sends::Replace)],
    reads: &[("list", "ReplicaSet")],
    parameters: "`revision`",
    risk: Risk::Medium,
    like: "`kubectl rollout undo --to-revision=N`",
    parse: |values| {
        let revision = values.number("revision")?;
        Ok(RolloutUndo { revision }.into())
    },
};

/// Where a Deployment and its ReplicaSets say which revision they have.
const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

/// The revision to return to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutUndo {
    /// Its number.
    pub revision: u64,
}

impl Act for RolloutUndo {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("revision", self.revision.to_string())]
    }

    fn reads(&self) -> Related {
        Related::All("ReplicaSet")
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        let (current, revision) = (found.current, self.revision);
        let uid = current.pointer("/metadata/uid");
        let of_revision = found.related.iter().find(|set| {
            let owner = set.pointer("/metadata/ownerReferences/0/uid");
            owner.is_some() && owner == uid && revision_of(set) == Some(revision)
        });
        let Some(template) = of_revision.and_then(|set| set.pointer("/spec/template")) else {
            return fails(format!("revision {revision} no longer exists"));
        };
        let mut template = template.clone();
        if let Some(labels) = template
            .pointer_mut("/metadata/labels")
            .and_then(Value::as_object_mut)
        {
            labels.remove("pod-template-hash");
        }
        if current.pointer("/spec/template") == Some(&template) {
            return done(format!("the Deployment is already at revision {revision}"));
        }
        let mut object = current.clone();
        set(&mut object, &["spec", "template"], template);
        Ok(Operation::Replace { object })
    }

    /// What is sent still says the revision that it replaces.
    fn inverse(&self, before: &Before<'_>) -> Option<Action> {
        let Operation::Replace { object } = before.sent else {
            return None;
        };
        let revision = revision_of(object)?;
        Some(RolloutUndo { revision }.into())
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (object, revision) = (named(target), self.revision);
        line(
            target,
            format!("rollout undo {object} --to-revision={revision}"),
        )
    }
}

fn revision_of(object: &Value) -> Option<u64> {
    object.pointer(REVISION)?.as_str()?.parse().ok()
}
