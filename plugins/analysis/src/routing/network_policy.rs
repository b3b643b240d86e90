//! A NetworkPolicy that keeps a pod from what it depends on.

use k8shawk_sdk::analysis::{Conclusion, Finding};
use serde_json::Value;

use super::backend::selected;
use super::policy_match::{Direction, End, Port, allows, container_port, isolating};
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{is_ready, items, name, number, reference, spoken, text};
use crate::pod;

/// Words of a log line that a policy can be behind; refusal, as some network plugins reject.
const SIGNS: &[&str] = &[
    "timeout",
    "timed out",
    "etimedout",
    "timedout",
    "no route to host",
    "unreachable",
    "refused",
    "deadline exceeded",
    "name resolution",
    "eai_again",
    "bad address",
    "no such host",
    "resolve",
];

/// Words of a line about a name that does not resolve.
const NAMES: &[&str] = &[
    "name resolution",
    "eai_again",
    "bad address",
    "lookup ",
    "no such host",
    "resolve",
    ":53",
];

/// A policy on the way, and what it does not let through.
struct Wall {
    policies: Vec<Value>,
    direction: Direction,
    what: String,
}

/// Turn an unreachable dependency into an isolation, where a policy evidently is in the way.
pub fn refine(case: &Case, pod: &Value, finding: &mut Finding) {
    if !matches!(&*finding.class, "dependency-unreachable" | "dns-broken") {
        return;
    }
    let said = |e: &&k8shawk_sdk::analysis::Evidence| {
        let lower = e.excerpt.to_lowercase();
        e.source.contains("log") && SIGNS.iter().any(|sign| lower.contains(sign))
    };
    let Some(line) = finding
        .evidence
        .iter()
        .find(said)
        .map(|e| e.excerpt.clone())
    else {
        return;
    };
    if let Some(wall) = wall(case, pod, finding, &line) {
        rewrite(finding, pod, &wall);
    } else if finding.class == "dns-broken" {
        super::dns::explain(case, finding);
    } else {
        super::backend::blame(case, finding);
    }
}

fn wall(case: &Case, pod: &Value, finding: &Finding, line: &str) -> Option<Wall> {
    let lower = line.to_lowercase();
    if NAMES.iter().any(|sign| lower.contains(sign)) {
        return resolver(case, pod);
    }
    let target = finding.shared.as_ref().filter(|s| s.kind == "Service");
    let service = target.and_then(|t| case.get("Service", &t.namespace, &t.name));
    let Some(service) = service else {
        let known = target.is_some_and(|t| case.is_missing("Service", &t.namespace, &t.name));
        let local = target.is_some_and(|t| t.namespace == text(pod, "/metadata/namespace"));
        return (!known || !local)
            .then(|| outside(case, pod, &lower))
            .flatten();
    };
    let backends = selected(case, &service);
    let backend = backends.iter().find(|p| is_ready(p))?;
    let port = Port {
        number: target_port(&service, backend, line),
        protocol: "TCP",
    };
    let what = format!(
        "{} port {}",
        spoken(&reference(&service)),
        port.number
            .map_or_else(|| "(any)".to_owned(), |n| n.to_string())
    );
    blocked(
        case,
        pod,
        Direction::Egress,
        &End::Pod(backend),
        port,
        &what,
    )
    .or_else(|| {
        let what = format!("calls of {} to {what}", spoken(&reference(pod)));
        blocked(
            case,
            backend,
            Direction::Ingress,
            &End::Pod(pod),
            port,
            &what,
        )
    })
}

/// Policies that isolate the pod in this direction, none of which lets the connection through.
fn blocked(
    case: &Case,
    pod: &Value,
    direction: Direction,
    other: &End,
    port: Port,
    what: &str,
) -> Option<Wall> {
    let policies = isolating(case, pod, direction);
    let open = policies
        .iter()
        .any(|policy| allows(case, policy, direction, other, port));
    (!policies.is_empty() && !open).then(|| Wall {
        policies,
        direction,
        what: what.to_owned(),
    })
}

/// The way to the cluster's DNS.
fn resolver(case: &Case, pod: &Value) -> Option<Wall> {
    let pods = super::dns::pods(case);
    let server = pods.iter().find(|p| is_ready(p));
    let end = server.map_or(End::Outside(None), End::Pod);
    let port = Port {
        number: Some(53),
        protocol: "UDP",
    };
    let what = "the cluster's DNS, UDP port 53 in kube-system";
    server?;
    blocked(case, pod, Direction::Egress, &end, port, what)
}

fn outside(case: &Case, pod: &Value, line: &str) -> Option<Wall> {
    let words = line.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let address = words
        .map(|w| w.trim_matches('.'))
        .find(|w| w.parse::<std::net::Ipv4Addr>().is_ok());
    let what = match address {
        Some(address) => format!("the outside address {address}"),
        None => "hosts outside the cluster".to_owned(),
    };
    let port = Port {
        number: None,
        protocol: "TCP",
    };
    blocked(
        case,
        pod,
        Direction::Egress,
        &End::Outside(address),
        port,
        &what,
    )
}

/// The pod's port behind the Service port that the line names, or behind the only one.
fn target_port(service: &Value, backend: &Value, line: &str) -> Option<i64> {
    let ports = items(service, "/spec/ports");
    let named = |p: &&Value| {
        number(p, "/port")
            .is_some_and(|n| line.contains(&format!(":{n}")) || line.contains(&format!(" {n}")))
    };
    let port = ports.iter().find(named).or(match ports {
        [only] => Some(only),
        _ => None,
    })?;
    match port.get("targetPort") {
        None => number(port, "/port"),
        Some(target) => match target.as_str() {
            Some(named) => container_port(backend, named),
            None => target.as_i64(),
        },
    }
}

fn rewrite(finding: &mut Finding, pod: &Value, wall: &Wall) {
    let names: Vec<&str> = wall.policies.iter().map(name).collect();
    let Some(first) = wall.policies.first() else {
        return;
    };
    let many = if names.len() == 1 {
        "NetworkPolicy"
    } else {
        "NetworkPolicies"
    };
    let selected = if wall.direction == Direction::Egress {
        format!("pod {}", name(pod))
    } else {
        "the pods that it calls".to_owned()
    };
    let direction = wall.direction.word().to_lowercase();
    let mut draft = Draft::resume(finding.clone());
    let spec = first.get("spec").map(Value::to_string).unwrap_or_default();
    let cited = draft.cite(format!("NetworkPolicy {} spec", name(first)), spec);
    draft
        .title(format!(
            "{many} {} isolates pod {}",
            names.join(", "),
            name(pod)
        ))
        .confidence(90)
        .shared(reference(first))
        .say(format!(
            "{many} {} of namespace {} selects {selected} for {direction}, and none of its rules \
             allows {}: the traffic is dropped {cited}.",
            names.join(", "),
            text(first, "/metadata/namespace"),
            wall.what
        ))
        .unknown("whether the isolation is intended: ask the policy's owner before adding a rule");
    let mut changed = draft.finish();
    changed.class = "network-policy-isolates".to_owned();
    changed.object = reference(first);
    *finding = changed;
}

/// Explain an incident about a policy: which of its pods it isolates from what they call.
pub fn diagnose(case: &Case, policy: &Value) -> Conclusion {
    let pods = case.list("Pod", text(policy, "/metadata/namespace"));
    let mut findings: Vec<Finding> = Vec::new();
    for candidate in pods.iter().filter(|p| !is_ready(p)).take(5) {
        let Some(mut finding) = pod::diagnose(case, candidate) else {
            continue;
        };
        refine(case, candidate, &mut finding);
        if finding.class == "network-policy-isolates" && finding.object.name == name(policy) {
            findings.push(finding);
        }
    }
    findings.truncate(1);
    if findings.is_empty() {
        return Conclusion::Healthy(format!(
            "{} isolates no failing pod; a NetworkPolicy alone is not a fault",
            spoken(&reference(policy))
        ));
    }
    Conclusion::Findings(findings)
}
