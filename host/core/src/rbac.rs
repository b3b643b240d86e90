//! The minimum permissions: the RBAC rules that the grants and the enabled fixes need, and no
//! others.
//!
//! Two accounts. The *reader* makes every read and has no write, and no Secret. The *executor*
//! makes dry runs and fixes, reads nothing, and may act as the reader.

mod account;
mod manifest;

use std::collections::{BTreeMap, BTreeSet};

use crate::fix::{self, Enabled};
use crate::grant::{Grant, Verb};
use crate::kinds::{self, KINDS, Kind};

pub use account::Account;
pub use manifest::{Install, manifests, rights};

/// One rule: verbs on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// API group; empty for core.
    pub group: &'static str,
    /// Plural, such as `pods`, or with a subresource, such as `pods/log`.
    pub resource: String,
    /// Verbs of the API.
    pub verbs: Vec<&'static str>,
    /// True where a namespace can bound it.
    pub namespaced: bool,
    /// The names that it is bound to; any where empty.
    pub names: Vec<String>,
    /// What needs it: the fixes of the executor's rules, nothing for the reader's.
    pub fixes: Vec<&'static str>,
}

/// A place in the API, as it is sorted in what is printed.
type Place = (&'static str, String, bool);

/// Rules of the reader: the watches of `run`, the grants, and what is looked at before and after
/// a fix. Never a write, never a Secret.
pub fn reader(watched: &[&str], grants: &[Grant], fixes: &Enabled) -> Vec<Rule> {
    let mut verbs: BTreeMap<Place, BTreeSet<&'static str>> = BTreeMap::new();
    let mut add = |place: Place, more: &[&'static str]| {
        verbs.entry(place).or_default().extend(more);
    };
    let readable = || KINDS.iter().filter(|kind| kind.kind != "Secret");
    for kind in readable().filter(|kind| watched.contains(&kind.kind)) {
        // `get`: an incident's objects are read again around a fix.
        add(place(kind), &["get", "list", "watch"]);
    }
    for kind in readable() {
        let granted = |verb| grants.iter().any(|grant| grant.names(verb, kind.kind));
        if granted(Verb::Get) || granted(Verb::Describe) {
            add(place(kind), &["get"]);
        }
        if granted(Verb::List) {
            add(place(kind), &["list"]);
        }
    }
    let used = |verb| grants.iter().any(|grant| grant.uses(verb));
    if used(Verb::Logs) {
        add(("", "pods/log".to_owned(), true), &["get"]);
    }
    if used(Verb::Top) {
        add(("metrics.k8s.io", "pods".to_owned(), true), &["list"]);
    }
    let reached = |action| {
        let kinds = fix::targets(action).into_iter();
        kinds.filter(move |kind| fixes.reaches(action, kind))
    };
    let mut reaches_some = false;
    for action in fixes.actions() {
        let mut targets = reached(action).peekable();
        if targets.peek().is_none() {
            continue;
        }
        reaches_some = true;
        targets.for_each(|kind| add(place(kind), &["get"]));
        for (verb, kind) in fix::reads(action) {
            kinds::kind(kind)
                .into_iter()
                .for_each(|kind| add(place(kind), &[verb]));
        }
    }
    if reaches_some {
        // Whether a Service leads somewhere again.
        kinds::kind("EndpointSlice")
            .into_iter()
            .for_each(|kind| add(place(kind), &["list"]));
    }
    let rule = |((group, resource, namespaced), verbs): (Place, BTreeSet<&'static str>)| Rule {
        group,
        resource,
        verbs: verbs.into_iter().collect(),
        namespaced,
        names: Vec::new(),
        fixes: Vec::new(),
    };
    verbs.into_iter().map(rule).collect()
}

/// Rules of the executor: for each enabled fix its verbs, on the kinds that it may target.
pub fn executor(fixes: &Enabled) -> Vec<Rule> {
    let mut users: BTreeMap<(Place, &'static str), Vec<&'static str>> = BTreeMap::new();
    for action in fixes.actions() {
        let reached = |kind: &&Kind| fixes.reaches(action, kind);
        for kind in fix::targets(action).into_iter().filter(reached) {
            for (verb, subresource) in fix::writes(action, kind.kind) {
                let (group, mut resource, namespaced) = place(kind);
                if !subresource.is_empty() {
                    resource = format!("{resource}/{subresource}");
                }
                let key = ((group, resource, namespaced), *verb);
                users.entry(key).or_default().push(action);
            }
        }
    }
    let rule = |(((group, resource, namespaced), verb), fixes)| Rule {
        group,
        resource,
        verbs: vec![verb],
        namespaced,
        names: Vec::new(),
        fixes,
    };
    users.into_iter().map(rule).collect()
}

/// The executor's right to act as the reader, and as nobody else.
pub fn acting(reader: &Account) -> Rule {
    Rule {
        group: "",
        resource: "serviceaccounts".to_owned(),
        verbs: vec!["impersonate"],
        namespaced: true,
        names: vec![reader.name.clone()],
        fixes: Vec::new(),
    }
}

fn place(kind: &Kind) -> Place {
    (kind.group, kind.plural.to_owned(), kind.namespaced)
}

#[cfg(test)]
mod tests;
