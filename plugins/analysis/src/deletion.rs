//! Objects that should be gone: finalizers, holders, dead nodes, namespaces.

pub mod namespace;

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use k8shawk_sdk::facts;
use serde_json::Value;

use crate::case::Case;
use crate::controllers::seconds_since;
use crate::finding::Draft;
use crate::json::{deleting, items, name, named, number, reference, spoken, text};

/// Seconds after which a deletion may be stuck; a pod's timestamp is the end of its grace.
pub const STUCK: i64 = 20;

/// Finalizers with the controller that clears each.
const FINALIZERS: &[(&str, &str)] = &[
    (
        "kubernetes.io/pvc-protection",
        "kube-controller-manager, once no pod uses the claim",
    ),
    (
        "kubernetes.io/pv-protection",
        "kube-controller-manager, once no claim is bound to it",
    ),
    (
        "foregroundDeletion",
        "the garbage collector, once all dependents are gone",
    ),
    (
        "orphan",
        "the garbage collector, once the dependents are orphaned",
    ),
    (
        "service.kubernetes.io/load-balancer-cleanup",
        "the cloud controller manager",
    ),
    ("batch.kubernetes.io/job-tracking", "the Job controller"),
    (
        "external-provisioner.volume.kubernetes.io/finalizer",
        "the volume's CSI provisioner",
    ),
    ("external-attacher/", "the volume's CSI attacher"),
    ("snapshot.storage.kubernetes.io/", "the snapshot controller"),
    (
        "resources-finalizer.argocd.argoproj.io",
        "the Argo CD application controller",
    ),
    ("finalizers.fluxcd.io", "the Flux controllers"),
    (
        "customresourcecleanup.apiextensions.k8s.io",
        "the API server, once all instances are gone",
    ),
    ("kubernetes", "the namespace controller"),
];

/// Finalizers that protect data which is in use: never to be removed by hand.
const PROTECTING: &[&str] = &[
    "kubernetes.io/pvc-protection",
    "kubernetes.io/pv-protection",
];

/// Explain an incident about an object that is being deleted.
pub fn diagnose(case: &Case, object: &Value) -> Conclusion {
    let subject = spoken(&reference(object));
    let since = seconds_since(case, object, "/metadata/deletionTimestamp").unwrap_or_default();
    if since < STUCK {
        return Conclusion::Healthy(format!(
            "{subject} is being deleted, within its grace period"
        ));
    }
    let finalizers: Vec<&str> = items(object, "/metadata/finalizers")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if finalizers.is_empty() {
        return without_finalizer(case, object, since);
    }
    Conclusion::Findings(vec![held(case, object, &finalizers, since)])
}

fn held(case: &Case, object: &Value, finalizers: &[&str], since: i64) -> Finding {
    let owner = crate::owner::owner_of(case, object);
    let mut draft = Draft::new(
        "stuck-deletion-finalizer",
        Severity::Medium,
        reference(object),
        owner,
    );
    let all = finalizers.join(", ");
    let first = finalizers.first().copied().unwrap_or_default();
    let deleted = draft.cite(
        "metadata.deletionTimestamp",
        text(object, "/metadata/deletionTimestamp"),
    );
    let cited = draft.cite("metadata.finalizers", &all);
    draft
        .title(format!(
            "{} is stuck in deletion: finalizer {first}",
            spoken(&reference(object))
        ))
        .confidence(92)
        .say(format!(
            "{} has been terminating for {since} s {deleted}, held by finalizer \
             {all} {cited}.",
            spoken(&reference(object))
        ));
    let controller = FINALIZERS
        .iter()
        .find(|(known, _)| first.starts_with(known));
    match controller {
        Some((_, who)) => {
            draft.say(format!("It is cleared by {who} {cited}."));
        }
        None => controller_of(case, first, &mut draft),
    }
    let users = users(case, object);
    if !users.is_empty() {
        let cited = draft.cite("pods that still use it", users.join(", "));
        draft.say(format!(
            "It is still in use by pod {} {cited}.",
            users.join(", ")
        ));
    }
    let namespace = text(object, "/metadata/namespace");
    let ending = case
        .get("Namespace", "", namespace)
        .is_some_and(|found| deleting(&found));
    if ending {
        draft.shared(named("Namespace", "", namespace));
    } else if !PROTECTING.contains(&first) && first != "foregroundDeletion" {
        draft.fact(facts::FINALIZER, first);
        draft.unknown(
            "what the controller should have cleaned up: check before removing the \
                       finalizer",
        );
    }
    draft.finish()
}

/// Pods that use a claim which is being deleted.
fn users(case: &Case, object: &Value) -> Vec<String> {
    if text(object, "/kind") != "PersistentVolumeClaim" {
        return Vec::new();
    }
    let uses = |pod: &&Value| {
        let mut volumes = items(pod, "/spec/volumes").iter();
        volumes.any(|v| text(v, "/persistentVolumeClaim/claimName") == name(object))
    };
    let pods = case.list("Pod", text(object, "/metadata/namespace"));
    pods.iter()
        .filter(uses)
        .map(|pod| name(pod).to_owned())
        .collect()
}

/// A workload whose name resembles the finalizer, and whether it runs.
fn controller_of(case: &Case, finalizer: &str, draft: &mut Draft) {
    let ours =
        |word: &str| word.len() > 3 && !matches!(word, "finalizer" | "finalizers" | "cleanup");
    let words: Vec<&str> = finalizer
        .split(['.', '/', '-'])
        .filter(|w| ours(w) && *w != "example")
        .collect();
    let deployments = case.list("Deployment", "");
    let found = deployments
        .iter()
        .find(|d| words.iter().any(|word| name(d).contains(word)));
    match found {
        Some(deployment) => {
            let ready = number(deployment, "/status/readyReplicas").unwrap_or_default();
            let wanted = number(deployment, "/spec/replicas").unwrap_or(1);
            let status = format!("ready {ready} of {wanted}");
            let cited = draft.cite(
                format!("{} status", spoken(&reference(deployment))),
                &status,
            );
            draft.say(format!(
                "Judging by its name, {} should clear it; it has {status} {cited}.",
                spoken(&reference(deployment))
            ));
        }
        None if case.unreadable("Deployment", "") => {
            draft.unknown(format!("which controller clears {finalizer}"));
        }
        None => {
            let domain = finalizer.split('/').next().unwrap_or(finalizer);
            let cited = draft.cite(
                "Deployments of the cluster",
                format!("none with a name like {finalizer}"),
            );
            draft.say(format!(
                "It belongs to the controller of \"{domain}\", and no Deployment in \
                 the cluster has a similar name {cited}."
            ));
        }
    }
}

/// A pod whose kubelet cannot confirm the end, or an object that nothing visible holds.
fn without_finalizer(case: &Case, object: &Value, since: i64) -> Conclusion {
    let owner = crate::owner::owner_of(case, object);
    let subject = spoken(&reference(object));
    let node = text(object, "/spec/nodeName");
    let mut draft = Draft::new("stuck-deletion", Severity::Medium, reference(object), owner);
    let cited = draft.cite(
        "metadata.deletionTimestamp",
        text(object, "/metadata/deletionTimestamp"),
    );
    draft
        .title(format!("{subject} does not terminate"))
        .confidence(60)
        .say(format!(
            "{subject} should have terminated {since} s ago {cited}."
        ));
    if !node.is_empty() && case.is_missing("Node", "", node) {
        let gone = draft.cite(format!("Node {node}"), "does not exist");
        draft
            .confidence(92)
            .fact(facts::STALE_POD, name(object))
            .say(format!(
                "Its node {node} no longer exists, so no kubelet can confirm that it stopped \
                 {gone}."
            ));
        return Conclusion::Findings(vec![draft.finish()]);
    }
    let cause = case
        .get("Node", "", node)
        .and_then(|found| crate::node::diagnose(case, &found));
    if let Some(cause) = cause {
        let quoted = draft.cite(
            format!("cause of Node {node} ({})", cause.class),
            &cause.cause,
        );
        draft
            .confidence(88)
            .fact(facts::NODE, node)
            .shared(named("Node", "", node))
            .say(format!(
                "Its node {node} is not responding: {} {quoted}.",
                cause.title
            ));
        return Conclusion::Findings(vec![draft.finish()]);
    }
    for event in crate::undetermined::warnings(case, &reference(object))
        .iter()
        .take(2)
    {
        let (reason, said) = (&event.reason, &event.message);
        let cited = draft.cite(format!("event {reason}"), said);
        draft.say(format!("Event {reason}: \"{said}\" {cited}."));
    }
    draft.unknown(crate::undetermined::describe(&reference(object)));
    Conclusion::Findings(vec![draft.finish()])
}
