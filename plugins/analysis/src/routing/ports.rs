//! Whether the pods behind a Service serve the port that it sends to.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::facts;
use serde_json::Value;

use super::listening;
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{is_ready, items, name, number, reference, spoken, text};
use crate::near;

/// A port that a container declares.
struct Declared {
    container: String,
    name: String,
    number: i64,
}

/// The first port of the Service whose target nobody serves, where that is known.
pub fn mismatch(case: &Case, service: &Value, pods: &[Value]) -> Option<Finding> {
    let pod = pods
        .iter()
        .find(|pod| is_ready(pod))
        .or_else(|| pods.first())?;
    let declared = declared(pod);
    items(service, "/spec/ports").iter().find_map(|port| {
        let target = port.get("targetPort").or_else(|| port.get("port"))?;
        match target.as_str() {
            Some(named) if named.parse::<i64>().is_err() => {
                by_name(case, service, pod, port, named, &declared)
            }
            Some(number) => by_number(case, service, pod, port, number.parse().ok()?, &declared),
            None => by_number(case, service, pod, port, target.as_i64()?, &declared),
        }
    })
}

fn declared(pod: &Value) -> Vec<Declared> {
    let sidecars = items(pod, "/spec/initContainers")
        .iter()
        .filter(|c| text(c, "/restartPolicy") == "Always");
    items(pod, "/spec/containers")
        .iter()
        .chain(sidecars)
        .flat_map(|container| {
            items(container, "/ports").iter().map(|port| Declared {
                container: text(container, "/name").to_owned(),
                name: text(port, "/name").to_owned(),
                number: number(port, "/containerPort").unwrap_or_default(),
            })
        })
        .collect()
}

/// Service port in words: its name or number.
fn called(port: &Value) -> String {
    number(port, "/port").unwrap_or_default().to_string()
}

fn listed(declared: &[Declared]) -> String {
    let each = declared.iter().map(|d| match d.name.as_str() {
        "" => format!("{} ({})", d.number, d.container),
        named => format!("{named}={} ({})", d.number, d.container),
    });
    let all = each.collect::<Vec<_>>().join(", ");
    if all.is_empty() {
        "none".to_owned()
    } else {
        all
    }
}

fn draft(case: &Case, service: &Value, target: &str, port: &Value) -> (Draft, String) {
    let owner = crate::owner::owner_of(case, service);
    let mut draft = Draft::new(
        "service-target-port-mismatch",
        Severity::High,
        reference(service),
        owner,
    );
    draft.title(format!(
        "port {} of Service {} goes to {target}, which its pods do not serve",
        called(port),
        name(service)
    ));
    draft.fact(facts::PORT, called(port));
    let cited = draft.cite("spec.ports[].targetPort", target);
    (draft, cited)
}

/// A port that no container names is certain to have no endpoints.
fn by_name(
    case: &Case,
    service: &Value,
    pod: &Value,
    port: &Value,
    wanted: &str,
    declared: &[Declared],
) -> Option<Finding> {
    if declared.iter().any(|d| d.name == wanted) {
        return None;
    }
    let (mut draft, cited) = draft(case, service, wanted, port);
    let names = declared
        .iter()
        .map(|d| d.name.as_str())
        .filter(|n| !n.is_empty());
    let near = near::only_near(wanted, names);
    let has = draft.cite(
        format!("container ports of pod {}", name(pod)),
        listed(declared),
    );
    draft.confidence(96).say(format!(
        "Port {} of {} has targetPort \"{wanted}\" {cited}, but its pods declare no port of \
         that name: they declare {} {has}.",
        called(port),
        spoken(&reference(service)),
        listed(declared)
    ));
    let only = match (near, declared) {
        (Some(near), _) => Some(near.to_owned()),
        (None, [only]) if only.name.is_empty() => Some(only.number.to_string()),
        (None, [only]) => Some(only.name.clone()),
        _ => None,
    };
    if let Some(only) = only {
        draft.fact(facts::SUGGESTED_TARGET_PORT, &only);
        draft.say(format!("The intended port is {only} {has}."));
    }
    Some(draft.finish())
}

/// A number that nobody declares is a fault only where another port is seen to be served.
fn by_number(
    case: &Case,
    service: &Value,
    pod: &Value,
    port: &Value,
    wanted: i64,
    declared: &[Declared],
) -> Option<Finding> {
    if declared.iter().any(|d| d.number == wanted) {
        return None;
    }
    let hints = listening::ports(case, pod);
    if hints.iter().any(|(port, _)| *port == wanted) {
        return None;
    }
    let taken: Vec<i64> = items(service, "/spec/ports")
        .iter()
        .filter_map(|p| number(p, "/targetPort").or_else(|| number(p, "/port")))
        .collect();
    let mut others: Vec<(i64, String)> = declared
        .iter()
        .map(|d| (d.number, format!("containers[{}].ports", d.container)))
        .chain(hints)
        .filter(|(port, _)| !taken.contains(port))
        .collect();
    others.sort_by_key(|(port, _)| *port);
    others.dedup_by_key(|(port, _)| *port);
    let (first, source) = others.first()?.clone();
    let shown = others
        .iter()
        .map(|(p, _)| p.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    let (mut draft, cited) = draft(case, service, &wanted.to_string(), port);
    let seen = draft.cite(format!("{source} of pod {}", name(pod)), &shown);
    draft.say(format!(
        "Port {} of {} sends to {wanted} {cited}, but no container of its pods declares or \
         serves that port: what they serve is {shown} {seen}.",
        called(port),
        spoken(&reference(service)),
    ));
    if others.len() == 1 {
        draft
            .confidence(90)
            .fact(facts::SUGGESTED_TARGET_PORT, first.to_string());
    } else {
        draft
            .confidence(70)
            .unknown("which of these ports the Service should use");
    }
    Some(draft.finish())
}
