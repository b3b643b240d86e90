//! Who explains an incident, by the kind of its object.

use std::rc::Rc;

use k8shawk_sdk::analysis::{Conclusion, Finding, Incident, ObjectRef};
use k8shawk_sdk::cluster::Cluster;
use k8shawk_sdk::workloads;
use serde_json::Value;

use crate::case::Case;
use crate::controllers::{cronjob, job, seconds_since, workload};
use crate::json::{deleting, named, spoken, text};
use crate::owner::root_owner;
use crate::routing::{ingress, network_policy, service};
use crate::{
    apiservice, autoscaling, certificate, deletion, disruption, node, pod, quota, storage,
    undetermined, webhook,
};

/// Most findings of one incident.
const MOST: usize = 4;

type Explain = fn(&Case, &Value) -> Conclusion;

/// Kinds that are explained by themselves, whatever owns them.
const OWN: &[(&str, Explain)] = &[
    ("Node", |case, node| {
        one(case, node, node::diagnose(case, node))
    }),
    ("PersistentVolumeClaim", |case, claim| {
        one(case, claim, storage::diagnose_claim(case, claim))
    }),
    ("Service", service::diagnose),
    ("Ingress", ingress::diagnose),
    ("NetworkPolicy", network_policy::diagnose),
    ("HorizontalPodAutoscaler", autoscaling::diagnose),
    ("PodDisruptionBudget", disruption::diagnose),
    ("Secret", certificate::diagnose),
    ("APIService", apiservice::diagnose),
    ("Namespace", deletion::namespace::diagnose),
    ("ResourceQuota", quota::diagnose),
    ("ValidatingWebhookConfiguration", webhook::diagnose),
    ("MutatingWebhookConfiguration", webhook::diagnose),
    ("CronJob", cronjob::diagnose),
    ("Job", job::diagnose),
    ("Deployment", workload::diagnose),
    ("ReplicaSet", workload::diagnose),
    ("ReplicationController", workload::diagnose),
    ("StatefulSet", workload::diagnose),
    ("DaemonSet", workload::diagnose),
];

/// A case of an incident, in which every rule may ask why a workload fails.
pub fn case<'a>(incident: &'a Incident, cluster: &'a dyn Cluster) -> Case<'a> {
    Case::new(incident, cluster, workload::diagnose)
}

/// Find the cause of the case's incident.
pub fn conclude(case: &Case) -> Conclusion {
    let conclusion = match subject(case) {
        Ok(subject) => explain(case, &subject),
        Err(conclusion) => conclusion,
    };
    match conclusion {
        Conclusion::Findings(findings) => Conclusion::Findings(finish(case, findings)),
        healthy => healthy,
    }
}

/// The object to explain: a workload for what it owns, else the incident's object.
fn subject(case: &Case) -> Result<Rc<Value>, Conclusion> {
    let incident = case.incident;
    if let Some(ending) = ending(case) {
        return Ok(ending);
    }
    let wanted = match incident.object.kind.as_str() {
        "Endpoints" | "EndpointSlice" => service_of_slice(&incident.object),
        "Pod" | "ReplicaSet" if workloads::ALL.contains(&&*incident.owner.kind) => {
            incident.owner.clone()
        }
        _ => incident.object.clone(),
    };
    for object in [&wanted, &incident.object, &incident.owner] {
        if let Some(found) = case.get(&object.kind, &object.namespace, &object.name) {
            return Ok(found);
        }
    }
    let gone = [&wanted, &incident.owner]
        .iter()
        .all(|o| case.is_missing(&o.kind, &o.namespace, &o.name));
    if gone {
        return Err(Conclusion::Healthy(format!(
            "{} no longer exists",
            spoken(&wanted)
        )));
    }
    Err(Conclusion::Findings(vec![undetermined::unreadable(case)]))
}

/// The incident's own object where its deletion is stuck, whatever owns it.
fn ending(case: &Case) -> Option<Rc<Value>> {
    let object = &case.incident.object;
    let found = case.get(&object.kind, &object.namespace, &object.name)?;
    let since = seconds_since(case, &found, "/metadata/deletionTimestamp")?;
    (since >= deletion::STUCK).then_some(found)
}

/// An EndpointSlice is named after its Service, with a random suffix.
fn service_of_slice(slice: &ObjectRef) -> ObjectRef {
    let service = match slice.kind.as_str() {
        "Endpoints" => slice.name.as_str(),
        _ => slice
            .name
            .rsplit_once('-')
            .map_or(&*slice.name, |(service, _)| service),
    };
    named("Service", &slice.namespace, service)
}

/// Explain an object that was read.
pub fn explain(case: &Case, object: &Value) -> Conclusion {
    let kind = text(object, "/kind");
    if deleting(object) && kind != "Namespace" {
        return deletion::diagnose(case, object);
    }
    if kind == "Pod" {
        return explain_pod(case, object);
    }
    match OWN.iter().find(|(known, _)| *known == kind) {
        Some((_, explain)) => explain(case, object),
        None => explain_other(case, object),
    }
}

/// A pod counts with its siblings, except where nothing but itself owns it.
fn explain_pod(case: &Case, pod: &Value) -> Conclusion {
    let owner = root_owner(case, pod);
    let owning = ["Job"].iter().chain(workloads::ALL);
    let direct = crate::json::items(pod, "/metadata/ownerReferences").first();
    let direct = direct.map(|o| named(text(o, "/kind"), &owner.namespace, text(o, "/name")));
    for above in [Some(owner.clone()), direct].into_iter().flatten() {
        if !owning.clone().any(|kind| *kind == above.kind) {
            continue;
        }
        if let Some(found) = case.get(&above.kind, &above.namespace, &above.name) {
            return explain(case, &found);
        }
    }
    match pod::diagnose(case, pod) {
        Some(mut finding) => {
            network_policy::refine(case, pod, &mut finding);
            Conclusion::Findings(vec![finding])
        }
        None => undetermined::pod(case, pod),
    }
}

/// An object of a kind that nobody here knows: its pods, else its conditions.
fn explain_other(case: &Case, object: &Value) -> Conclusion {
    match workload::explain_pods_of_stranger(case, object) {
        found if !found.is_empty() => Conclusion::Findings(found),
        _ => undetermined::explain(case, object),
    }
}

fn one(case: &Case, object: &Value, finding: Option<Finding>) -> Conclusion {
    match finding {
        Some(finding) => Conclusion::Findings(vec![finding]),
        None => undetermined::explain(case, object),
    }
}

/// Sort, bound, and say what could not be read.
fn finish(case: &Case, mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|f| std::cmp::Reverse((f.severity as u8, f.confidence)));
    findings.truncate(MOST);
    let unread = case.unread();
    for finding in &mut findings {
        if finding.owner.kind.is_empty() {
            finding.owner = case.incident.owner.clone();
        }
        if !unread.is_empty() {
            finding
                .unknown
                .push(format!("could not be read: {}", unread.join(", ")));
        }
    }
    findings
}

#[cfg(test)]
mod tests;
