//! What a StatefulSet adds to the cause of its pods: ordinals, order, Service, revision.

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use k8shawk_sdk::count;
use k8shawk_sdk::facts;
use serde_json::Value;

use super::failure::{Failure, amend};
use super::revision;
use super::starting::starting;
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{is_ready, items, name, number, reference, spoken, text};
use crate::near;

/// The ordinal in a pod's name.
pub fn ordinal(pod: &Value) -> Option<i64> {
    name(pod).rsplit_once('-')?.1.parse().ok()
}

/// Add ordinal, order, revision and Service to the cause.
pub fn enrich(case: &Case, set: &Value, failure: &mut Failure) {
    failure
        .pods
        .sort_by_key(|pod| ordinal(pod).unwrap_or(i64::MAX));
    let Some(pod) = failure
        .pods
        .iter()
        .find(|pod| !is_ready(pod))
        .or(failure.pods.first())
    else {
        return;
    };
    let (pod, failing) = (pod.clone(), ordinal(pod).unwrap_or_default());
    let wanted = number(set, "/spec/replicas").unwrap_or(1);
    let first = number(set, "/spec/ordinals/start").unwrap_or_default();
    let last = first + wanted - 1;
    let parallel = text(set, "/spec/podManagementPolicy") == "Parallel";
    amend(&mut failure.finding, |draft| {
        let cited = draft.cite(
            "StatefulSet spec",
            format!(
                "replicas {wanted}, podManagementPolicy {}",
                if parallel { "Parallel" } else { "OrderedReady" }
            ),
        );
        let waits = if !parallel && failing < last {
            format!(
                "; ordinals {} to {last} wait for it, as pods are created in order",
                failing + 1
            )
        } else {
            String::new()
        };
        draft.say(format!(
            "Pod {} is ordinal {failing} of {}{waits} {cited}.",
            name(&pod),
            spoken(&reference(set))
        ));
        changed(case, set, &pod, draft);
        if let Some(missing) = missing_service(case, set) {
            let cited = draft.cite("spec.serviceName", text(set, "/spec/serviceName"));
            draft.say(format!("{missing} {cited}."));
        }
    });
}

/// The revision of a failing pod: new, or one that was already taken back.
fn changed(case: &Case, set: &Value, pod: &Value, draft: &mut Draft) {
    let namespace = text(set, "/metadata/namespace");
    let hash = text(pod, "/metadata/labels/controller-revision-hash");
    let (current, update) = (
        text(set, "/status/currentRevision"),
        text(set, "/status/updateRevision"),
    );
    if hash.is_empty() || update.is_empty() {
        return;
    }
    if hash != update {
        let cited = draft.cite("pod label controller-revision-hash", hash);
        draft.say(format!(
            "The pod is still on revision {hash}, the StatefulSet is at {update}: an OrderedReady \
             StatefulSet does not replace a pod that is not ready, so the pod must be deleted by \
             hand {cited}."
        ));
        draft.fact(facts::STALE_POD, name(pod));
        return;
    }
    let revisions = case.list("ControllerRevision", namespace);
    let of = |named: &str| revisions.iter().find(|r| name(r) == named);
    let (Some(old), Some(new)) = (of(current), of(update)) else {
        return;
    };
    let (Some(old), Some(new)) = (revision::template(old), revision::template(new)) else {
        return;
    };
    let changes = revision::changes(old, new);
    if current == update || changes.is_empty() {
        return;
    }
    let diff: Vec<String> = changes.into_iter().take(6).map(|c| c.text).collect();
    let diff = diff.join("; ");
    let cited = draft.cite("the two ControllerRevisions", &diff);
    draft.say(format!(
        "Revision {update} differs from {current} in: {diff} {cited}."
    ));
}

/// A sentence where the headless Service does not exist.
fn missing_service(case: &Case, set: &Value) -> Option<String> {
    let (namespace, service) = (
        text(set, "/metadata/namespace"),
        text(set, "/spec/serviceName"),
    );
    if service.is_empty() || !case.is_missing("Service", namespace, service) {
        return None;
    }
    let all = case.list("Service", namespace);
    let near = near::clause(service, all.iter().map(name));
    Some(format!(
        "Its headless Service \"{service}\" does not exist in {namespace}{near}, so its pods have \
         no DNS names"
    ))
}

/// No pod tells a cause.
pub fn without_cause(case: &Case, set: &Value, pods: &[Value]) -> Conclusion {
    let wanted = number(set, "/spec/replicas").unwrap_or(1);
    let subject = spoken(&reference(set));
    if wanted == 0 {
        return Conclusion::Healthy(format!("{subject} is scaled to zero on purpose"));
    }
    let ready_pods = pods.iter().filter(|pod| is_ready(pod)).count();
    let complete = i64::try_from(ready_pods).unwrap_or_default() >= wanted;
    if let Some(sentence) = missing_service(case, set) {
        return Conclusion::Findings(vec![without_service(case, set, &sentence)]);
    }
    if !complete {
        if let Some(stuck) = behind(case, set, pods) {
            return Conclusion::Findings(vec![stuck]);
        }
        return starting(case, set, pods);
    }
    Conclusion::Healthy(format!(
        "{ready_pods} of {} of {subject} ready",
        count(wanted, "pod")
    ))
}

fn without_service(case: &Case, set: &Value, sentence: &str) -> Finding {
    let service = text(set, "/spec/serviceName");
    let owner = crate::owner::owner_of(case, set);
    let mut draft = Draft::new(
        "statefulset-service-missing",
        Severity::Medium,
        reference(set),
        owner,
    );
    let cited = draft.cite("spec.serviceName", service);
    draft
        .title(format!(
            "the headless Service {service} of {} does not exist",
            name(set)
        ))
        .say(format!("{sentence} {cited}."))
        .confidence(80);
    draft.finish()
}

/// A partition, or an ordinal that is missing although nothing refuses it.
fn behind(case: &Case, set: &Value, pods: &[Value]) -> Option<Finding> {
    let wanted = number(set, "/spec/replicas").unwrap_or(1);
    let first = number(set, "/spec/ordinals/start").unwrap_or_default();
    let have: Vec<i64> = pods.iter().filter_map(ordinal).collect();
    let missing = (first..first + wanted).find(|n| !have.contains(n))?;
    let claims: Vec<String> = items(set, "/spec/volumeClaimTemplates")
        .iter()
        .map(|claim| format!("{}-{}-{missing}", name(claim), name(set)))
        .collect();
    let namespace = text(set, "/metadata/namespace");
    let pending = claims.iter().find_map(|claim| {
        let found = case.get("PersistentVolumeClaim", namespace, claim)?;
        crate::storage::diagnose_claim(case, &found)
    });
    if pending.is_some() {
        return pending;
    }
    if super::age(case, set) < 120 || pods.iter().any(|pod| super::age(case, pod) < 120) {
        return None;
    }
    let owner = crate::owner::owner_of(case, set);
    let mut draft = Draft::new("statefulset-stuck", Severity::Medium, reference(set), owner);
    let cited = draft.cite(
        "pods of the StatefulSet",
        format!("ordinals {have:?} of {wanted}"),
    );
    draft
        .title(format!("ordinal {missing} of {} is missing", name(set)))
        .say(format!(
            "{} wants {}, but ordinal {missing} does not exist and no event says why {cited}.",
            spoken(&reference(set)),
            count(wanted, "pod")
        ))
        .confidence(45)
        .unknown(crate::undetermined::describe(&reference(set)));
    Some(draft.finish())
}
