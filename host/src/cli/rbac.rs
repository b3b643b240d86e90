//! `k8shawk rbac`: the minimum permissions as manifests; and what `check` says of missing ones.

use k8shawk_core::count;
use k8shawk_core::rbac::{Account, Install, acting, manifests, rights};
use serde_json::Value;

use super::complaints::Complaints;
use super::output::say;
use super::{Misuse, Rbac, RbacFormat, output};
use crate::run::load;
use crate::run::rights::Rights;
use crate::run::settings::Settings;
use crate::services::cluster::{Cluster, ClusterError, Missing, Who};

/// Print the rights that the plugins, the grants and the enabled fixes need.
pub fn print(settings: &Settings, args: &Rbac) -> anyhow::Result<bool> {
    load::directories(settings)?;
    let needed = Rights::needed(settings).map_err(|fault| Misuse(fault.to_string()))?;
    let install = install(settings, args);
    let all = || manifests(&install, &needed.reader, &needed.executor);
    match args.output {
        RbacFormat::Yaml => {
            say!("# The minimum permissions, by `k8shawk rbac`.");
            for manifest in all() {
                say!("---");
                output::lines(block(&manifest, "").trim_end());
            }
        }
        RbacFormat::Json => output::document(&Value::Array(all()))?,
        RbacFormat::Rights => {
            say!("# By `k8shawk rbac -o rights`: a chart chooses from it by its values.");
            output::lines(block(&rights(&needed.reader, &needed.executor), "").trim_end());
        }
    }
    Ok(true)
}

fn install(settings: &Settings, args: &Rbac) -> Install {
    let config = &settings.config;
    let account = |what: &str| Account {
        namespace: args.into.clone(),
        name: format!("{}-{what}", args.name),
    };
    let namespaces = config.fixes.namespaces();
    Install {
        reader: account("reader"),
        executor: account("executor"),
        watched: config.namespace.clone(),
        fixed: namespaces.map(|names| names.map(str::to_owned).collect()),
    }
}

/// Block style for what holds lists of objects, one line for the rest.
fn block(value: &Value, indent: &str) -> String {
    let mut out = String::new();
    let Some(fields) = value.as_object() else {
        return services(value);
    };
    for (key, value) in fields {
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                out.push_str(&format!("{indent}{key}:\n"));
                for item in items {
                    out.push_str(&format!("{indent}- {}\n", services(item)));
                }
            }
            Value::Object(inner) if inner.values().any(Value::is_array) => {
                out.push_str(&format!("{indent}{key}:\n"));
                out.push_str(&block(value, &format!("{indent}  ")));
            }
            other => out.push_str(&format!("{indent}{key}: {}\n", services(other))),
        }
    }
    out
}

/// Flow style, in which texts are written as JSON.
fn services(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let pairs: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{key}: {}", services(value)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(services).collect();
            format!("[{}]", items.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// Say who reads and who writes, and name every missing permission.
pub async fn check(settings: &Settings, cluster: &Cluster, complaints: &mut Complaints) {
    let needed = match Rights::needed(settings) {
        Ok(needed) => needed,
        Err(error) => return complaints.add(error.to_string()),
    };
    let outcome = async {
        let writer = cluster.user(Who::Writer).await?;
        if let Some(fault) = stranger(cluster, &writer).await? {
            complaints.add(fault);
            return Ok(());
        }
        let reader = cluster.user(Who::Reader).await?;
        let missing = needed.missing(cluster, &settings.config).await?;
        let count = |who| missing.iter().filter(|(of, _)| *of == who).count();
        say!("reads as {}: {}", reader, told(count(Who::Reader)));
        say!("fixes as {}: {}", writer, told(count(Who::Writer)));
        for (who, lack) in &missing {
            let user = match who {
                Who::Reader => &reader,
                Who::Writer => &writer,
            };
            complaints.add(sentence(user, lack));
        }
        Ok::<(), ClusterError>(())
    };
    if let Err(error) = outcome.await {
        complaints.add(error.to_string());
    }
}

/// What to say where the account that writes may not act as the reader: all else follows from it.
async fn stranger(cluster: &Cluster, writer: &str) -> Result<Option<String>, ClusterError> {
    let Some(reader) = cluster.reader() else {
        return Ok(None);
    };
    let namespaces = [reader.namespace.clone()];
    let lacks = cluster
        .missing(Who::Writer, &[acting(reader)], &namespaces)
        .await?;
    Ok(lacks.first().map(|lack| sentence(writer, lack)))
}

fn told(missing: usize) -> String {
    match missing {
        0 => "all required permissions".to_owned(),
        number => format!("{} missing", count(number, "RBAC rule")),
    }
}

/// Who may not do what, where, and the rule that would allow it.
fn sentence(user: &str, lack: &Missing) -> String {
    let rule = &lack.rule;
    let within = match (rule.namespaced, lack.namespace.as_str()) {
        (false, _) => "",
        (true, "") => " in all namespaces",
        (true, name) => &format!(" in namespace {name}"),
    };
    let role = match lack.namespace.as_str() {
        "" => "ClusterRole".to_owned(),
        namespace => format!("Role in namespace {namespace}"),
    };
    let role = match Account::of_user(user) {
        Some(account) if rule.names.is_empty() => format!("{role} {}", account.name),
        Some(account) => format!("{role} {}-as-reader", account.name),
        None => format!("a {role}"),
    };
    let use_of = match rule.fixes.as_slice() {
        [] => String::new(),
        fixes => format!(", which {} needs", fixes.join(", ")),
    };
    format!(
        "missing permission: {user} may not {} {}{within}{use_of}; add to {role}: {}",
        lack.verbs.join(", "),
        rule.resource,
        services(&rule.policy())
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8shawk_core::rbac::Rule;
    use serde_json::json;

    #[test]
    fn a_rule_is_one_line() {
        let role = json!({"kind": "Role", "metadata": {"name": "x"}, "rules": [{"verbs": ["get"], "apiGroups": [""]}]});
        assert_eq!(
            block(&role, ""),
            "kind: \"Role\"\nmetadata: {name: \"x\"}\nrules:\n- {apiGroups: [\"\"], verbs: [\"get\"]}\n"
        );
    }

    #[test]
    fn a_right_that_lacks_is_told_with_the_rule_to_add() {
        let lack = Missing {
            rule: Rule {
                group: "apps",
                resource: "deployments".to_owned(),
                verbs: vec!["update"],
                namespaced: true,
                names: Vec::new(),
                fixes: vec!["scale"],
            },
            namespace: "shop".to_owned(),
            verbs: vec!["update"],
        };
        assert_eq!(
            sentence("system:serviceaccount:ops:k8shawk-executor", &lack),
            "missing permission: system:serviceaccount:ops:k8shawk-executor may not update deployments in \
             namespace shop, which scale needs; add to Role in namespace shop k8shawk-executor: \
             {apiGroups: [\"apps\"], resources: [\"deployments\"], verbs: [\"update\"]}"
        );
    }
}
