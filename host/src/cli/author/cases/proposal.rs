//! A fix, as a case gives it to a policy or wants it of a fix plugin.

use std::collections::BTreeMap;

use k8shawk_core::ObjectRef;
use k8shawk_sandbox::RawProposal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// As it stands in a case.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    pub(super) action: String,
    pub(super) kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) namespace: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameters: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rationale: Option<String>,
}

impl Given {
    /// The proposal.
    pub(super) fn proposal(self) -> RawProposal {
        RawProposal {
            action: self.action,
            target: ObjectRef::of(&self.kind, &self.namespace, &self.name),
            parameters: self.parameters.unwrap_or_default().into_iter().collect(),
            rationale: self.rationale.unwrap_or_default(),
        }
    }
}

/// A proposal in the form of a case.
pub(super) fn answer(proposal: &RawProposal) -> Value {
    let (target, parameters) = (&proposal.target, &proposal.parameters);
    json!({
        "action": proposal.action,
        "kind": target.kind,
        "namespace": target.namespace,
        "name": target.name,
        "parameters": parameters.iter().cloned().collect::<BTreeMap<_, _>>(),
        "rationale": proposal.rationale,
    })
}
