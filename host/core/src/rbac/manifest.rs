//! Rules as manifests of Kubernetes, and as the table that the chart chooses from.

use std::slice;

use serde_json::{Value, json};

use super::{Account, Rule, acting};
use crate::fix::stays_inside;

/// Where and under which names K8sHawk is installed.
#[derive(Debug, Clone)]
pub struct Install {
    /// The account that reads.
    pub reader: Account,
    /// The account that writes.
    pub executor: Account,
    /// The one namespace that is watched; all where none.
    pub watched: Option<String>,
    /// The namespaces of the fixes; all where none.
    pub fixed: Option<Vec<String>>,
}

const GROUP: &str = "rbac.authorization.k8s.io";

/// A role with its binding, in a namespace or for the cluster.
struct Bound<'a> {
    name: String,
    namespace: Option<&'a str>,
    rules: Vec<&'a Rule>,
    to: &'a Account,
}

/// Both accounts, their roles and the bindings, in the order in which they can be applied.
pub fn manifests(install: &Install, reading: &[Rule], writing: &[Rule]) -> Vec<Value> {
    let Install {
        reader,
        executor,
        watched,
        fixed,
    } = install;
    let mut all = vec![account(reader), account(executor)];
    let acting = acting(reader);
    let all_roles = roles(reader, watched.as_ref().map(slice::from_ref), reading)
        .into_iter()
        .chain([Bound {
            name: format!("{}-as-reader", executor.name),
            namespace: Some(&reader.namespace),
            rules: vec![&acting],
            to: executor,
        }])
        .chain(roles(executor, fixed.as_deref(), writing));
    for role in all_roles.filter(|role| !role.rules.is_empty()) {
        all.extend([role.role(), role.binding()]);
    }
    all
}

fn scoped(rules: &[Rule], namespaced: bool) -> Vec<&Rule> {
    rules
        .iter()
        .filter(|r| r.namespaced == namespaced)
        .collect()
}

/// The roles of an account: one for the cluster where it is bound to no namespaces, else what
/// has no namespace for the cluster, and the rest in each of them.
fn roles<'a>(to: &'a Account, within: Option<&'a [String]>, rules: &'a [Rule]) -> Vec<Bound<'a>> {
    let bound = |namespace, rules| Bound {
        name: to.name.clone(),
        namespace,
        rules,
        to,
    };
    let Some(namespaces) = within else {
        return vec![bound(None, rules.iter().collect())];
    };
    let inside = |name: &'a String| bound(Some(name.as_str()), scoped(rules, true));
    std::iter::once(bound(None, scoped(rules, false)))
        .chain(namespaces.iter().map(inside))
        .collect()
}

fn account(account: &Account) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": account.name, "namespace": account.namespace},
        "automountServiceAccountToken": false,
    })
}

impl Bound<'_> {
    fn metadata(&self) -> Value {
        match self.namespace {
            Some(namespace) => json!({"name": self.name, "namespace": namespace}),
            None => json!({"name": self.name}),
        }
    }

    fn kind(&self) -> &'static str {
        match self.namespace {
            Some(_) => "Role",
            None => "ClusterRole",
        }
    }

    fn role(&self) -> Value {
        json!({
            "apiVersion": format!("{GROUP}/v1"),
            "kind": self.kind(),
            "metadata": self.metadata(),
            "rules": self.rules.iter().map(|rule| rule.policy()).collect::<Vec<_>>(),
        })
    }

    fn binding(&self) -> Value {
        json!({
            "apiVersion": format!("{GROUP}/v1"),
            "kind": format!("{}Binding", self.kind()),
            "metadata": self.metadata(),
            "roleRef": {"apiGroup": GROUP, "kind": self.kind(), "name": self.name},
            "subjects": [{
                "kind": "ServiceAccount",
                "name": self.to.name,
                "namespace": self.to.namespace,
            }],
        })
    }
}

impl Rule {
    /// The rule as it stands in a role.
    pub fn policy(&self) -> Value {
        let mut policy = json!({
            "apiGroups": [self.group],
            "resources": [self.resource],
            "verbs": self.verbs,
        });
        if let (false, Some(fields)) = (self.names.is_empty(), policy.as_object_mut()) {
            fields.insert("resourceNames".to_owned(), json!(self.names));
        }
        policy
    }
}

/// The fixes of a rule that need it only where fixes may happen in every namespace.
fn only_everywhere(rule: &Rule) -> Vec<&'static str> {
    let fixes = rule.fixes.iter().copied();
    fixes
        .filter(|action| !rule.namespaced && stays_inside(action))
        .collect()
}

/// The table that a chart chooses rules from: those of the reader by their scope, those of the
/// executor with the fixes that need them.
pub fn rights(reading: &[Rule], writing: &[Rule]) -> Value {
    let policies = |namespaced| -> Vec<Value> {
        scoped(reading, namespaced)
            .iter()
            .map(|r| r.policy())
            .collect()
    };
    let executor: Vec<Value> = writing
        .iter()
        .map(|rule| {
            let mut row =
                json!({"fixes": rule.fixes, "namespaced": rule.namespaced, "rule": rule.policy()});
            let everywhere = only_everywhere(rule);
            if let (false, Some(fields)) = (everywhere.is_empty(), row.as_object_mut()) {
                fields.insert("everywhere".to_owned(), json!(everywhere));
            }
            row
        })
        .collect();
    json!({
        "reader": {"cluster": policies(false), "namespaced": policies(true)},
        "executor": executor,
    })
}
