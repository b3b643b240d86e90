//! Why a workload has not the pods that it should have.

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use k8shawk_sdk::count;
use k8shawk_sdk::facts;
use serde_json::Value;

use super::failure::{Failure, amend, failures};
use super::starting::starting;
use super::{daemonset, failed_create, pods_of, refusal, rollout, statefulset};
use crate::case::Case;
use crate::finding::{Draft, fact};
use crate::json::{condition, deleting, is_ready, name, number, reference, spoken, text};
use crate::routing::{dns, network_policy};
use crate::undetermined;

/// The causes of a workload's failure, or why it is healthy.
pub fn diagnose(case: &Case, workload: &Value) -> Conclusion {
    let pods = pods_of(case, workload);
    let findings = causes(case, workload, &pods);
    if !findings.is_empty() {
        return Conclusion::Findings(findings);
    }
    match text(workload, "/kind") {
        "StatefulSet" => statefulset::without_cause(case, workload, &pods),
        "DaemonSet" => daemonset::without_cause(case, workload, &pods),
        _ => without_cause(case, workload, &pods),
    }
}

/// Causes by the pods of an object of a kind that is not known here.
pub fn explain_pods_of_stranger(case: &Case, object: &Value) -> Vec<Finding> {
    let listed = case.list("Pod", text(object, "/metadata/namespace"));
    let mine = reference(object);
    let belongs = |pod: &&Value| {
        let owner = crate::owner::root_owner(case, pod);
        owner.kind == mine.kind && owner.name == mine.name
    };
    let pods: Vec<Value> = listed.iter().filter(belongs).cloned().collect();
    failures(case, &pods)
        .into_iter()
        .map(|f| f.finding)
        .collect()
}

/// Pods of a workload that count against its replicas.
pub fn present(case: &Case, workload: &Value) -> i64 {
    counted(&pods_of(case, workload))
}

/// How many of them count against the replicas.
fn counted(pods: &[Value]) -> i64 {
    let over = |pod: &&Value| matches!(text(pod, "/status/phase"), "Succeeded" | "Failed");
    let those = pods
        .iter()
        .filter(|pod| !deleting(pod) && !over(pod))
        .count();
    i64::try_from(those).unwrap_or(i64::MAX)
}

fn causes(case: &Case, workload: &Value, pods: &[Value]) -> Vec<Finding> {
    let live = usize::try_from(counted(pods)).unwrap_or_default();
    let mut found: Vec<Finding> = Vec::new();
    for mut failure in failures(case, pods) {
        failure.count(live.max(failure.pods.len()));
        network_policy::refine(
            case,
            &failure.representative().clone(),
            &mut failure.finding,
        );
        dress(case, workload, &mut failure, pods);
        dns::broaden(case, workload, &mut failure.finding);
        found.push(failure.finding);
    }
    if let Some(refusal) = refusal::of(case, workload, counted(pods)) {
        let mut finding = failed_create::explain(&refusal);
        if let Some(set) = refusal::set_of(&refusal) {
            rollout::enrich(case, workload, &set, &mut finding);
        }
        found.push(finding);
    }
    found
}

/// Add what the workload knows to a cause of its pods.
fn dress(case: &Case, workload: &Value, failure: &mut Failure, pods: &[Value]) {
    match text(workload, "/kind") {
        "Deployment" => {
            let pod = failure.representative();
            if let Some(set) = rollout::set_of(case, workload, pod) {
                rollout::enrich(case, workload, &set, &mut failure.finding);
            }
        }
        "StatefulSet" => statefulset::enrich(case, workload, failure),
        "DaemonSet" => daemonset::enrich(workload, failure),
        _ => {}
    }
    fits(workload, failure, pods);
}

/// Classes of pods for which there is no room.
const NO_ROOM: &[&str] = &[
    "unschedulable-ports",
    "unschedulable-resources",
    "unschedulable-affinity",
    "unschedulable-extended-resource",
    "unschedulable-too-many-pods",
];

/// Where pods of the same template run already, as many as run are what fits.
fn fits(workload: &Value, failure: &mut Failure, pods: &[Value]) {
    let scalable = matches!(text(workload, "/kind"), "Deployment" | "StatefulSet");
    let template = |pod: &Value| {
        let hash = ["pod-template-hash", "controller-revision-hash"];
        let labels = pod.pointer("/metadata/labels");
        hash.iter()
            .find_map(|key| labels?.get(key)?.as_str().map(str::to_owned))
    };
    let same = pods
        .iter()
        .all(|pod| template(pod) == template(failure.representative()));
    let running = pods.iter().filter(|pod| is_ready(pod)).count();
    if !scalable || !same || running == 0 || !NO_ROOM.contains(&&*failure.finding.class) {
        return;
    }
    if fact(&failure.finding, facts::SUGGESTED_REPLICAS).is_none() {
        amend(&mut failure.finding, |draft| {
            draft.fact(facts::SUGGESTED_REPLICAS, running.to_string());
        });
    }
}

/// No pod tells a cause: the workload is healthy, on its way, stuck, or not understood.
fn without_cause(case: &Case, workload: &Value, pods: &[Value]) -> Conclusion {
    let subject = spoken(&reference(workload));
    let wanted = number(workload, "/spec/replicas").unwrap_or(1);
    if wanted == 0 {
        if let Some(broken) = dns::scaled_to_zero(case, workload) {
            return Conclusion::Findings(vec![broken]);
        }
        return Conclusion::Healthy(format!("{subject} is scaled to zero on purpose"));
    }
    if workload.pointer("/spec/paused").and_then(Value::as_bool) == Some(true) {
        return Conclusion::Healthy(format!("{subject} is paused on purpose"));
    }
    let ready_pods = pods
        .iter()
        .filter(|pod| is_ready(pod) && !deleting(pod))
        .count();
    if i64::try_from(ready_pods).unwrap_or_default() >= wanted {
        return Conclusion::Healthy(format!(
            "{ready_pods} of {} of {subject} ready",
            count(wanted, "pod")
        ));
    }
    let progressing = condition(workload, "Progressing");
    match progressing.map(|c| (text(c, "/status"), text(c, "/reason"))) {
        Some(("False", "ProgressDeadlineExceeded")) => {
            Conclusion::Findings(vec![stuck(case, workload, pods)])
        }
        Some(("True", "NewReplicaSetAvailable")) | None => starting(case, workload, pods),
        Some(("True", _)) => {
            Conclusion::Healthy(format!("the rollout of {subject} is in progress"))
        }
        _ => starting(case, workload, pods),
    }
}

/// A rollout that made no progress although none of its pods tells why.
fn stuck(case: &Case, deployment: &Value, pods: &[Value]) -> Finding {
    let object = reference(deployment);
    let owner = crate::owner::owner_of(case, deployment);
    let mut draft = Draft::new("rollout-stuck", Severity::Medium, object, owner);
    draft
        .title(format!("the rollout of {} is stuck", name(deployment)))
        .confidence(60);
    let ready_pods = pods.iter().filter(|pod| is_ready(pod)).count();
    let wanted = number(deployment, "/spec/replicas").unwrap_or(1);
    let updated = number(deployment, "/status/updatedReplicas").unwrap_or_default();
    let cited = draft.cite(
        "status",
        format!("replicas wanted {wanted}, updated {updated}, ready {ready_pods}"),
    );
    draft.say(format!(
        "{ready_pods} of {} ready, {updated} of the new revision, and none of them shows a cause \
         {cited}.",
        count(wanted, "pod")
    ));
    draft.unknown(undetermined::describe(&reference(deployment)));
    let mut finding = draft.finish();
    if let Some(newest) = rollout::revisions(case, deployment).first() {
        rollout::enrich(case, deployment, newest, &mut finding);
    }
    finding
}
