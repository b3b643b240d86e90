//! A fix, as a case gives it to a policy or wants it of a fix plugin.

use std::collections::BTreeMap;

use k8shawk_core::fix::{actions, parameters};
use k8shawk_core::{ObjectRef, kinds};
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
    /// That the catalogue has its action with these parameters, and that its kind can be read. What fits what is for
    /// the plugin to judge. `key` is where it stands in its case.
    ///
    /// # Errors
    /// A sentence with the key and all that may stand there.
    pub(super) fn known(&self, key: &str) -> Result<(), String> {
        self::action(&format!("{key}.action"), &self.action)?;
        let kind = self.kind.as_str();
        if kinds::kind(kind).is_none() {
            let all: Vec<&str> = kinds::KINDS.iter().map(|known| known.kind).collect();
            let all = all.join(", ");
            return Err(format!(
                "key \"{key}.kind\": {kind:?} is no kind of these: {all}"
            ));
        }
        let has = parameters(&self.action);
        let mut given = self.parameters.iter().flat_map(BTreeMap::keys);
        match given.find(|name| !has.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let has = match has.is_empty() {
                    true => "none".to_owned(),
                    false => has.join(", "),
                };
                let action = &self.action;
                Err(format!(
                    "key \"{key}.parameters\": {action} has no parameter {name:?}; it has {has}"
                ))
            }
        }
    }

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

/// That an action is one of the catalogue.
///
/// # Errors
/// A sentence with the key and all actions.
pub(super) fn action(key: &str, action: &str) -> Result<(), String> {
    if actions().any(|known| known == action) {
        return Ok(());
    }
    let all = actions().collect::<Vec<_>>().join(", ");
    Err(format!(
        "key {key:?}: {action:?} is no action of the catalogue: {all}"
    ))
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
