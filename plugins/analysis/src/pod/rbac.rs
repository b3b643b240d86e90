//! A process whose ServiceAccount may not do what it tries.

use k8shawk_sdk::analysis::Finding;
use serde_json::Value;

use super::container::{Container, Exit};
use super::exit;
use super::log::Log;
use super::subject::{Subject, between_marks};
use crate::json::{items, name, text};

/// A refusal of the API server, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal<'t> {
    /// `system:serviceaccount:namespace:name`, or another user.
    pub user: &'t str,
    /// Verb.
    pub verb: &'t str,
    /// Resource, such as `pods`.
    pub resource: &'t str,
    /// API group; empty for the core group.
    pub group: &'t str,
    /// Namespace; empty at the scope of the cluster.
    pub namespace: &'t str,
}

/// Why the API server refuses this process.
pub fn diagnose(
    subject: &Subject,
    container: &Container,
    exit: &Exit,
    log: &Log,
) -> Option<Finding> {
    let line = log.last_with(&[
        "is forbidden: user",
        "cannot list resource",
        "cannot get resource",
    ])?;
    let unescaped = line.replace("\\\"", "\"");
    let refusal = parse(&unescaped)?;
    let account = refusal.user.rsplit(':').next().unwrap_or_default();
    let (mut draft, cited) = exit::draft(subject, container, exit, log, "rbac-denied", &line);
    let scope = match refusal.namespace {
        "" => "at the scope of the cluster".to_owned(),
        namespace => format!("in namespace {namespace}"),
    };
    let kind = if refusal.namespace.is_empty() {
        "ClusterRole"
    } else {
        "Role"
    };
    draft
        .title(format!(
            "ServiceAccount {account} may not {} {}",
            refusal.verb, refusal.resource
        ))
        .say(format!(
            "The API server refuses it: {} may not {} {} {scope} {cited}.",
            refusal.user, refusal.verb, refusal.resource
        ))
        .say(format!(
            "Missing permission: a {kind} with apiGroups [\"{}\"], resources [\"{}\"] and \
                      verbs [\"{}\"], bound to this account.",
            refusal.group, refusal.resource, refusal.verb
        ))
        .say(bindings(subject, &refusal, account))
        .confidence(95);
    Some(draft.finish())
}

/// Take a refusal apart.
pub fn parse(line: &str) -> Option<Refusal<'_>> {
    let user =
        between_marks(line, "User \"", "\"").or_else(|| between_marks(line, "user \"", "\""))?;
    let verb = between_marks(line, " cannot ", " resource")?;
    let resource = between_marks(line, "resource \"", "\"")?;
    let group = between_marks(line, "API group \"", "\"").unwrap_or_default();
    let namespace = between_marks(line, "in the namespace \"", "\"").unwrap_or_default();
    Some(Refusal {
        user,
        verb,
        resource,
        group,
        namespace,
    })
}

/// What is bound to the account today.
fn bindings(subject: &Subject, refusal: &Refusal, account: &str) -> String {
    let own = subject.namespace();
    let namespace = if refusal.namespace.is_empty() {
        own
    } else {
        refusal.namespace
    };
    if subject.case.unreadable("RoleBinding", namespace) {
        return String::new();
    }
    let list = subject.case.list("RoleBinding", namespace);
    let bound: Vec<String> = list
        .iter()
        .filter(|binding| {
            items(binding, "/subjects")
                .iter()
                .any(|s| is_account(s, account, own))
        })
        .map(|binding| {
            format!(
                "RoleBinding {} ({} {})",
                name(binding),
                text(binding, "/roleRef/kind"),
                text(binding, "/roleRef/name")
            )
        })
        .collect();
    match bound.is_empty() {
        true => format!("No RoleBinding of namespace {namespace} names the account."),
        false => format!(
            "It is bound in namespace {namespace} by {}.",
            bound.join(", ")
        ),
    }
}

fn is_account(subject: &Value, account: &str, namespace: &str) -> bool {
    let bound = text(subject, "/namespace");
    text(subject, "/kind") == "ServiceAccount"
        && text(subject, "/name") == account
        && (bound.is_empty() || bound == namespace)
}
