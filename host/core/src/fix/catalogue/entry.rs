//! What every action of the catalogue has to say of itself.

use std::fmt;

use serde_json::Value;

use crate::diff::Diff;
use crate::fix::parameters::Parameters;
use crate::fix::{Action, FixError, Operation, Precondition};
use crate::object::ObjectRef;

/// How much harm a fix could do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Undone in seconds; touches one object that its owner recreates.
    Low,
    /// Changes a workload.
    Medium,
    /// May lose data or capacity.
    High,
}

impl Risk {
    /// The word that people see.
    pub fn as_str(self) -> &'static str {
        match self {
            Risk::Low => "low",
            Risk::Medium => "medium",
            Risk::High => "high",
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which operation an action becomes, and so which rights it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fix) enum Sends {
    /// [`Operation::Replace`].
    Replace,
    /// [`Operation::Delete`].
    Delete,
    /// [`Operation::Evict`].
    Evict,
    /// [`Operation::Recreate`].
    Recreate,
}

impl Sends {
    /// Verb and subresource of each request that changes something.
    pub(in crate::fix) fn requests(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Sends::Replace => &[("update", "")],
            Sends::Delete => &[("delete", "")],
            Sends::Evict => &[("create", "eviction")],
            Sends::Recreate => &[("delete", ""), ("create", "")],
        }
    }
}

/// The kinds that every kind which can be targeted is among.
pub(in crate::fix) const ANY_KIND: &[&str] = &[];

/// One row of the catalogue.
#[derive(Debug)]
pub(in crate::fix) struct Entry {
    /// Name, as plugins, people, metrics and configuration write it.
    pub name: &'static str,
    /// Kinds that it may target, with what it sends for them; [`ANY_KIND`] where any will do.
    pub targets: &'static [(&'static [&'static str], Sends)],
    /// What [`Act::reads`] may ask for: verb and kind.
    pub reads: &'static [(&'static str, &'static str)],
    /// Its parameters, as the documentation tells them.
    pub parameters: &'static str,
    /// How much harm it could do.
    pub risk: Risk,
    /// What people do instead, as the documentation tells it.
    pub like: &'static str,
    /// Its values, taken out of the parameters.
    pub parse: fn(&mut Parameters<'_>) -> Result<Action, FixError>,
}

/// The object that a fix is planned on, and what was read with it.
#[derive(Debug, Clone, Copy)]
pub(in crate::fix) struct Found<'a> {
    /// The target as it is now.
    pub current: &'a Value,
    /// What [`Act::reads`] asks for, as far as it exists.
    pub related: &'a [Value],
    /// The RFC 3339 time that a restart is marked with.
    pub restart_at: &'a str,
}

/// What is read beside the target before a fix is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Related {
    /// Nothing.
    Nothing,
    /// The objects of this kind in the target's namespace.
    All(&'static str),
    /// These objects, by kind and name, in the target's namespace where they have one.
    Named(&'static str, Vec<String>),
}

/// What must hold of the target once the fix has worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Postcondition {
    /// Its own status says that it is well.
    Well,
    /// It is gone, or another object has its name.
    Gone,
    /// It is set aside on purpose: its status says nothing.
    SetAside,
    /// Ready endpoints lead to this port.
    EndpointsOn(u16),
}

/// What the dry run said was there before, and what was sent.
#[derive(Debug, Clone, Copy)]
pub(in crate::fix) struct Before<'a> {
    /// What the dry run changed.
    pub diff: &'a Diff,
    /// What was sent.
    pub sent: &'a Operation,
}

impl Before<'_> {
    /// The value of a field before the fix; none where the fix did not change it.
    pub(in crate::fix) fn value(&self, path: &str) -> Option<String> {
        let line = self.diff.lines.iter().find(|line| line.path == path)?;
        line.before.clone()
    }

    /// The same for a field of a container.
    pub(in crate::fix) fn of_container(&self, name: &str, field: &str) -> Option<String> {
        ["containers", "initContainers"]
            .iter()
            .find_map(|list| self.value(&format!("spec.template.spec.{list}[{name}].{field}")))
    }
}

pub(in crate::fix) type Planned = Result<Operation, Precondition>;

/// What an action does, with its values.
pub(in crate::fix) trait Act {
    /// Values by name, as people and plugins write them.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// True where the target must be on its way out; any other must not.
    fn wants_deletion(&self) -> bool {
        false
    }

    /// What is read beside the target.
    fn reads(&self) -> Related {
        Related::Nothing
    }

    /// The operation, or the precondition that does not hold.
    fn plan(&self, found: &Found<'_>) -> Planned;

    /// The action that leads back to what was there before; none where no fix can.
    fn inverse(&self, _before: &Before<'_>) -> Option<Action> {
        None
    }

    /// What must hold of the target afterwards.
    fn postcondition(&self) -> Postcondition {
        Postcondition::Well
    }

    /// The command line that does the same, for people. What no kubectl command does is said in
    /// words behind a `#`.
    fn kubectl(&self, target: &ObjectRef) -> String;
}
