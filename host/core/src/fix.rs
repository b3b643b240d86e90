//! The typed fix catalogue: what may be done to a cluster, and nothing else.
//!
//! A [`Fix`] is a value. [`Fix::parse`] is the only way in for text from plugins and models;
//! [`Fix::plan`] turns it into one [`Operation`] on the object as it is now, or says which
//! precondition does not hold. Everything that an action is stands in its file of `catalogue`.

mod catalogue;
mod enabled;
mod operation;
mod parameters;
mod trace;

use crate::shorten;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diff::Diff;
use crate::kinds::{self, Kind};
use crate::object::{ObjectRef, is_name};
use catalogue::CATALOGUE;
use catalogue::entry::{Before, Entry, Found, Sends};
use parameters::Parameters;

pub use catalogue::Action;
pub use catalogue::entry::{Postcondition, Related, Risk};
pub use enabled::{Enabled, stays_inside};
pub(crate) use operation::as_written;
pub use operation::{Half, Operation, Precondition, Write};
pub use parameters::FixError;
pub use trace::Trace;

/// Kinds that no fix targets. A Secret would be read and stored with its values; rights, and what
/// stands in the way of every request, are not ours to change; nobody waits for an Event or a
/// Lease to go.
const NEVER: &[&str] = &[
    "Secret",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "Event",
    "Lease",
];

/// What is left of every kind without those, in words.
const ANY_KIND_TOLD: &str =
    "any kind that can be read but Secrets, rights, webhooks, API services, Events and Leases";

/// Every action of the catalogue.
pub fn actions() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().map(|entry| entry.name)
}

/// The catalogue as rows of the table in its documentation.
pub fn documented() -> impl Iterator<Item = String> {
    CATALOGUE.iter().map(|entry| entry.documented())
}

/// The catalogue as a model is offered it: each action with its kinds and its parameters.
pub fn offered() -> impl Iterator<Item = String> {
    CATALOGUE.iter().map(|entry| entry.offered())
}

fn entry(action: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|e| e.name == action).copied()
}

impl Entry {
    /// What it sends for a target of this kind; none where it cannot target one.
    fn sends(&self, kind: &str) -> Option<Sends> {
        let fits = |kinds: &[&str]| kinds.is_empty() || kinds.contains(&kind);
        let row = self.targets.iter().find(|(kinds, _)| fits(kinds));
        row.filter(|_| !NEVER.contains(&kind))
            .map(|(_, sends)| *sends)
    }

    /// The kinds that it may target, in words.
    fn kinds(&self) -> String {
        let kinds: Vec<&str> = self.targets.iter().flat_map(|(k, _)| *k).copied().collect();
        match kinds.is_empty() {
            true => ANY_KIND_TOLD.to_owned(),
            false => kinds.join(", "),
        }
    }

    fn offered(&self) -> String {
        let parameters = match self.parameters {
            "" => String::new(),
            parameters => format!(": {}", parameters.replace('`', "")),
        };
        format!("{} ({}){parameters}", self.name, self.kinds())
    }

    fn documented(&self) -> String {
        let kinds = self.kinds();
        let parameters = match self.parameters {
            "" => String::new(),
            parameters => format!(" {parameters}"),
        };
        let (name, risk, like) = (self.name, self.risk, self.like);
        format!("| `{name}` | {kinds} |{parameters} | {risk} | {like} |")
    }
}

/// The kinds that an action may target; none where there is no such action.
pub fn targets(action: &str) -> Vec<&'static Kind> {
    let entry = entry(action);
    let may = |kind: &&Kind| entry.is_some_and(|e| e.sends(kind.kind).is_some());
    kinds::KINDS.iter().filter(may).collect()
}

/// The parameters of an action, by name; none where there is no such action.
pub fn parameters(action: &str) -> Vec<&'static str> {
    // What is in code style in the documentation is a name, or an example with more than letters.
    let told = entry(action).map_or("", |entry| entry.parameters);
    let words = told.split('`').skip(1).step_by(2);
    let is_name = |word: &&str| word.bytes().all(|b| b.is_ascii_alphanumeric());
    words.filter(is_name).collect()
}

/// What an action does to the API for a target of this kind: verb and subresource of each request
/// that changes something.
pub fn writes(action: &str, kind: &str) -> &'static [(&'static str, &'static str)] {
    let sends = entry(action).and_then(|entry| entry.sends(kind));
    sends.map_or(&[], Sends::requests)
}

/// What an action reads beside its target before it is planned: verb and kind.
pub fn reads(action: &str) -> &'static [(&'static str, &'static str)] {
    entry(action).map_or(&[], |entry| entry.reads)
}

/// One typed fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// The object that is changed.
    pub target: ObjectRef,
    /// What is done to it.
    #[serde(flatten)]
    pub action: Action,
}

impl Action {
    /// Name in the catalogue.
    pub fn name(&self) -> &'static str {
        self.entry().name
    }

    /// Parameters by name, as people and plugins write them.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let pairs = self.act().parameters().into_iter();
        pairs
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

impl Fix {
    /// Parse a proposal.
    ///
    /// # Errors
    /// [`FixError`] names what is not in the catalogue.
    pub fn parse(
        action: &str,
        target: ObjectRef,
        parameters: &[(String, String)],
    ) -> Result<Fix, FixError> {
        let entry = entry(action)
            .ok_or_else(|| FixError::UnknownAction(shorten(action, 64).into_owned()))?;
        if entry.sends(&target.kind).is_none() {
            return Err(FixError::WrongKind {
                action: action.to_owned(),
                kind: target.kind,
            });
        }
        let mut values = Parameters::of(action, parameters);
        for name in [&target.name, &target.namespace, &target.kind] {
            if !is_name(name) {
                return Err(values.fault(format!("{name:?} is not a Kubernetes name")));
            }
        }
        let action = (entry.parse)(&mut values)?;
        values.end()?;
        Ok(Fix { target, action })
    }

    /// What is done to which object, in a few words.
    pub fn summary(&self) -> String {
        format!("{} on {}", self.action.name(), self.target)
    }

    /// How much harm it could do.
    pub fn risk(&self) -> Risk {
        self.action.entry().risk
    }

    /// The kubectl command line that does the same: shown, never run.
    pub fn kubectl(&self) -> String {
        self.action.act().kubectl(&self.target)
    }

    /// What must hold of the target once the fix has worked.
    pub fn postcondition(&self) -> Postcondition {
        self.action.act().postcondition()
    }

    /// What [`Fix::plan`] needs beside the target.
    pub fn related(&self) -> Related {
        self.action.act().reads()
    }

    /// Plan the change of `current`, the target as it is now, with what [`Fix::related`] asks for.
    /// `restart_at` is the RFC 3339 time that a restart is marked with.
    ///
    /// # Errors
    /// [`Precondition`] says what does not hold.
    pub fn plan(
        &self,
        current: &Value,
        related: &[Value],
        restart_at: &str,
    ) -> Result<Operation, Precondition> {
        let action = self.action.act();
        let deleting = current.pointer("/metadata/deletionTimestamp").is_some();
        if deleting != action.wants_deletion() {
            let is = if deleting { "is" } else { "is not" };
            return Err(Precondition::Fails(format!(
                "the object {is} being deleted"
            )));
        }
        action.plan(&Found {
            current,
            related,
            restart_at,
        })
    }

    /// The fix that leads back to what the dry run said was there before `sent`; none where what
    /// a fix took away cannot be brought back by another fix.
    pub fn inverse(&self, diff: &Diff, sent: &Operation) -> Option<Fix> {
        let action = self.action.act().inverse(&Before { diff, sent })?;
        // Through the only door for values: a redacted one does not parse.
        let parameters: Vec<(String, String)> = action.parameters().into_iter().collect();
        Fix::parse(action.name(), self.target.clone(), &parameters).ok()
    }
}

#[cfg(test)]
mod tests;
