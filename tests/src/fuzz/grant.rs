//! A grant: what it covers is what its text says, read in another way.

use k8shawk_core::ObjectRef;
use k8shawk_core::fix::{self, Risk};
use k8shawk_core::grant::{Grant, Scope, Verb};
use toml::{Table, Value};

use super::shown;

/// Kinds with and without a namespace, and one that nobody may read.
const KINDS: [&str; 4] = ["Pod", "Deployment", "Node", "Widget"];

pub(super) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match Grant::parse(text) {
        Ok(grant) => covers_what_it_says(&grant, text),
        Err(error) => shown::is_message(&error.to_string(), "line "),
    }
}

fn covers_what_it_says(grant: &Grant, text: &str) {
    let said: Table = toml::from_str(text).unwrap_or_default();
    let limits = grant.limits;
    assert!((1..=60_000).contains(&limits.deadline.as_millis()));
    assert!((1..=512).contains(&(limits.memory >> 20)));
    assert!((1..=16_384).contains(&(limits.output >> 10)));
    for namespace in namespaces(&said) {
        for scope in [
            Scope::Cluster,
            Scope::AllNamespaces,
            Scope::Namespace(&namespace),
        ] {
            reads(grant, &said, scope);
        }
        releases(grant, &said, &namespace);
    }
}

fn reads(grant: &Grant, said: &Table, scope: Scope<'_>) {
    for verb in Verb::ALL {
        for kind in KINDS {
            let expected = tables(said, "allow").any(|allow| {
                has(allow, "verbs", verb.as_str())
                    && (has(allow, "kinds", "*") || has(allow, "kinds", kind))
                    && lets_through(allow, scope)
            });
            let is = grant.allows(verb, kind, scope);
            assert_eq!(is, expected, "{verb:?} {kind} {scope:?}");
        }
    }
}

fn releases(grant: &Grant, said: &Table, namespace: &str) {
    let granted = has(said, "may", "auto");
    for action in fix::actions() {
        for risk in [Risk::Low, Risk::Medium, Risk::High] {
            for (kind, scope) in [
                ("Pod", Scope::Namespace(namespace)),
                ("Node", Scope::Cluster),
            ] {
                let target = ObjectRef::new("v1", kind, namespace, "x");
                let expected = granted
                    && tables(said, "auto").any(|auto| {
                        (has(auto, "actions", "*") || has(auto, "actions", action))
                            && (risk == Risk::Low || risk == Risk::Medium && is(auto, "medium"))
                            && lets_through(auto, scope)
                    });
                let may = grant.may_release(action, risk, &target);
                assert_eq!(may, expected, "{action} {risk:?} {kind} {namespace}");
            }
        }
    }
}

fn is(auto: &Table, risk: &str) -> bool {
    auto.get("risk").and_then(Value::as_str) == Some(risk)
}

/// The tables of `[[name]]`.
fn tables<'t>(said: &'t Table, name: &str) -> impl Iterator<Item = &'t Table> {
    let all = said.get(name).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_table)
}

/// The texts of a list.
fn texts<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = &'t str> {
    let all = table.get(key).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_str)
}

fn has(table: &Table, key: &str, word: &str) -> bool {
    texts(table, key).any(|text| text == word)
}

/// Included by one pattern, and excluded by none.
fn lets_through(table: &Table, scope: Scope<'_>) -> bool {
    let (mut included, mut excluded) = (false, false);
    for text in texts(table, "namespaces") {
        match text.strip_prefix('!') {
            Some(pattern) => {
                excluded |= match scope {
                    Scope::AllNamespaces => true,
                    Scope::Cluster => false,
                    Scope::Namespace(name) => fits(pattern, name),
                }
            }
            None => {
                included |= match scope {
                    Scope::Namespace(name) => fits(text, name),
                    Scope::Cluster | Scope::AllNamespaces => text == "*",
                }
            }
        }
    }
    included && !excluded
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((prefix, _)) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// Names that the patterns are about, and names beside them.
fn namespaces(said: &Table) -> Vec<String> {
    let patterns = tables(said, "allow").chain(tables(said, "auto"));
    let patterns = patterns.flat_map(|table| texts(table, "namespaces"));
    let names = patterns.take(8).flat_map(|pattern| {
        let name = pattern.replace(['!', '*'], "");
        [format!("{name}-x"), name]
    });
    let names = names.filter(|name| !name.is_empty());
    names.chain(["default".to_owned()]).collect()
}
