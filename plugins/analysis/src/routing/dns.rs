//! The cluster's DNS: CoreDNS's own cause.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::{classes, facts};
use serde_json::Value;

use crate::case::Case;
use crate::controllers::failure::amend;
use crate::finding::{Draft, fact};
use crate::json::{is_ready, name, number, reference, text};
use crate::routing::backend::first_of;

const NAMESPACE: &str = "kube-system";

/// Label of the DNS server's pods, whatever the server.
const LABEL: (&str, &str) = ("k8s-app", "kube-dns");

/// Replicas that clusters give their DNS.
const REPLICAS: &str = "2";

/// Facts of the server's own cause from which a fix follows, for its victims too.
const CURES: &[&str] = &[facts::SCALED_TO_ZERO, facts::SUGGESTED_REPLICAS];

/// Classes of CoreDNS's pods that a restart cannot cure.
const NOT_BY_RESTART: &[&str] = &[
    "application",
    "configuration",
    "image",
    "registry",
    "missing",
    "unschedulable",
    "memory",
    "quota",
];

/// Pods of the cluster's DNS.
pub fn pods(case: &Case) -> Vec<Value> {
    let listed = case.list("Pod", NAMESPACE);
    listed
        .iter()
        .filter(|pod| crate::json::has_labels(pod, &[LABEL]))
        .cloned()
        .collect()
}

/// True where the workload is the cluster's DNS server.
fn is_dns(workload: &Value) -> bool {
    let template = workload.pointer("/spec/template").unwrap_or(&Value::Null);
    text(workload, "/metadata/namespace") == NAMESPACE
        && (name(workload) == "coredns" || crate::json::has_labels(template, &[LABEL]))
}

/// The DNS server at zero replicas is no decision that anybody can want.
pub fn scaled_to_zero(case: &Case, workload: &Value) -> Option<Finding> {
    let others = pods(case).iter().any(is_ready);
    if !is_dns(workload) || others || case.is_missing("Service", NAMESPACE, "kube-dns") {
        return None;
    }
    let object = reference(workload);
    let mut draft = Draft::new(
        "dns-broken",
        Severity::Critical,
        object.clone(),
        object.clone(),
    );
    let cited = draft.cite("spec.replicas", "0");
    draft
        .title(format!(
            "the cluster has no DNS: {} is scaled to zero",
            name(workload)
        ))
        .confidence(95)
        .shared(object)
        .fact(
            facts::SCALED_TO_ZERO,
            format!("{NAMESPACE}/{}", name(workload)),
        )
        .fact(facts::SUGGESTED_REPLICAS, REPLICAS)
        .say(format!(
            "Deployment {NAMESPACE}/{} has 0 replicas and no other pod serves Service kube-dns, \
             so no name resolves in the cluster {cited}.",
            name(workload)
        ));
    Some(draft.finish())
}

/// A cause of the DNS server's pods becomes `dns-broken` while none of them is ready.
pub fn broaden(case: &Case, workload: &Value, finding: &mut Finding) {
    if !is_dns(workload) || pods(case).iter().any(is_ready) {
        return;
    }
    let curable = !NOT_BY_RESTART
        .iter()
        .any(|word| classes::says(&finding.class, word));
    let own = std::mem::replace(&mut finding.class, "dns-broken".to_owned());
    finding.severity = Severity::Critical;
    finding.title = format!("cluster DNS is down: {}", finding.title);
    finding.shared = Some(reference(workload));
    let status = format!(
        "ready {} of {}",
        number(workload, "/status/readyReplicas").unwrap_or_default(),
        number(workload, "/spec/replicas").unwrap_or(1)
    );
    amend(finding, |draft| {
        let cited = draft.cite("Deployment status", status);
        draft.say(format!(
            "No pod of cluster DNS is ready, so no name resolves in the \
             cluster; cause: {own} {cited}."
        ));
        if curable {
            draft.fact(facts::RESTART, format!("{NAMESPACE}/{}", name(workload)));
        }
    });
}

/// Add CoreDNS's own cause to a victim's finding.
pub fn explain(case: &Case, finding: &mut Finding) {
    let Some(shared) = finding.shared.clone().filter(|s| s.kind == "Deployment") else {
        return;
    };
    let same = finding.owner.kind == shared.kind && finding.owner.name == shared.name;
    let Some(server) = case.get(&shared.kind, &shared.namespace, &shared.name) else {
        return;
    };
    if same {
        return;
    }
    let cause = case
        .deeper(|| first_of(case.explain_workload(&server)))
        .flatten();
    let Some(cause) = cause else { return };
    let zero = fact(&cause, facts::SCALED_TO_ZERO).is_some();
    amend(finding, |draft| {
        for key in CURES.iter().filter(|_| zero) {
            if let Some(value) = fact(&cause, key) {
                draft.fact(key, value);
            }
        }
        let cited = draft.cite(
            format!("cause of {} ({})", shared.name, cause.class),
            &cause.cause,
        );
        draft.say(format!(
            "The cause is in {}: {} {cited}.",
            shared.name, cause.title
        ));
    });
}
