//! The newest answer of the API server to a controller that tried to make a pod.

use k8shawk_sdk::analysis::{Finding, ObjectRef, Severity};
use k8shawk_sdk::count;
use k8shawk_sdk::event::EventRow;
use serde_json::Value;

use super::{children, rollout};
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{condition_is, name, named, number, reference, spoken, text};

/// A refused creation of a pod (or of a Job, or of a claim).
pub struct Refusal<'c, 'a> {
    /// The case that it belongs to.
    pub case: &'c Case<'a>,
    /// The workload that lacks the pods.
    pub workload: &'c Value,
    /// The controller that was refused: a ReplicaSet, or the workload itself.
    pub creator: ObjectRef,
    /// The answer.
    pub message: String,
    /// Where the answer was read.
    pub source: String,
    /// Pods that exist.
    pub present: i64,
    /// Pods that are wanted.
    pub wanted: i64,
    /// Pods that the creator still wants to make: in a rollout more than are wanted in all.
    pub lacking: i64,
}

impl Refusal<'_, '_> {
    /// Pods that are still to be made, at least one.
    pub fn missing(&self) -> i64 {
        self.lacking.max(1)
    }

    /// Medium while something runs or nothing ran yet with it, as nothing is down that was up.
    pub fn severity(&self) -> Severity {
        if self.present == 0 && self.wanted > 0 {
            Severity::High
        } else {
            Severity::Medium
        }
    }

    /// Namespace of the workload.
    pub fn namespace(&self) -> &str {
        text(self.workload, "/metadata/namespace")
    }

    /// A finding on `object` that begins with how many pods are missing, and cites the answer.
    pub fn draft(&self, class: &str, object: ObjectRef) -> (Draft, String) {
        let owner = crate::owner::root_owner(self.case, self.workload);
        let mut draft = Draft::new(class, self.severity(), object, owner);
        let cited = draft.cite(&self.source, &self.message);
        let status = draft.cite(
            format!("{} status", spoken(&self.creator)),
            format!("{} of {} created", self.present, count(self.wanted, "pod")),
        );
        let who = spoken(&reference(self.workload));
        let (present, wanted) = (self.present, self.wanted);
        draft.say(if present < wanted {
            format!(
                "{who} has {present} of {}: the API server refuses to create more {status}.",
                count(wanted, "pod")
            )
        } else {
            format!(
                "{who} keeps {}: the API server refuses to create the new ones of {} {status}.",
                count(present, "old pod"),
                spoken(&self.creator)
            )
        });
        (draft, cited)
    }

    /// Pod template of the workload.
    pub fn template(&self) -> &Value {
        let at = ["/spec/template", "/spec/jobTemplate/spec/template"];
        at.iter()
            .find_map(|at| self.workload.pointer(at))
            .unwrap_or(&Value::Null)
    }
}

/// A draft of a refusal with all that is left to say.
pub fn finish(mut draft: Draft, title: String, sentence: String, confidence: u8) -> Finding {
    draft.title(title).say(sentence).confidence(confidence);
    draft.finish()
}

/// The refusal that keeps `workload` from having all its pods; `None` where it has them or
/// nothing was refused.
pub fn of<'c, 'a>(
    case: &'c Case<'a>,
    workload: &'c Value,
    present: i64,
) -> Option<Refusal<'c, 'a>> {
    let refused = |creator: &Value, present: i64, wanted: i64| {
        if present >= wanted {
            return None;
        }
        let (source, message) = answer(case, workload, creator)?;
        let creator = reference(creator);
        let lacking = wanted - present;
        Some(Refusal {
            case,
            workload,
            creator,
            message,
            source,
            present,
            wanted,
            lacking,
        })
    };
    match text(workload, "/kind") {
        "Deployment" => rollout::revisions(case, workload).iter().find_map(|set| {
            let read = |at| number(set, at).unwrap_or_default();
            let lacking = refused(set, read("/status/replicas"), read("/spec/replicas"))?;
            let wanted = number(workload, "/spec/replicas").unwrap_or(lacking.wanted);
            Some(Refusal {
                present,
                wanted,
                ..lacking
            })
        }),
        "DaemonSet" => {
            let wanted = number(workload, "/status/desiredNumberScheduled").unwrap_or(1);
            refused(workload, present, wanted)
        }
        "Job" => {
            let open = !finished(workload);
            let wanted = number(workload, "/spec/parallelism").unwrap_or(1);
            open.then(|| refused(workload, present, wanted)).flatten()
        }
        "CronJob" => refused(workload, 0, 1),
        _ => refused(
            workload,
            present,
            number(workload, "/spec/replicas").unwrap_or(1),
        ),
    }
}

/// True where a Job ended, one way or the other.
pub fn finished(job: &Value) -> bool {
    ["Complete", "Failed"]
        .iter()
        .any(|kind| condition_is(job, kind, "True").is_some())
}

/// The condition ReplicaFailure, else the newest event FailedCreate, else the incident's signal.
fn answer(case: &Case, workload: &Value, creator: &Value) -> Option<(String, String)> {
    let holders = [creator, workload];
    let failing = holders
        .iter()
        .find_map(|holder| condition_is(holder, "ReplicaFailure", "True"));
    if let Some(condition) = failing {
        let source = "status.conditions[ReplicaFailure].message";
        return Some((source.to_owned(), text(condition, "/message").to_owned()));
    }
    let event = case
        .events(&reference(creator))
        .into_iter()
        .rev()
        .find(refusing);
    if let Some(event) = event {
        let source = format!("event {} of {}", event.reason, name(creator));
        return Some((source, event.message.to_owned()));
    }
    let signals = case.incident.signals.iter().rev();
    let signal = signals
        .filter(|s| matches!(s.reason.as_str(), "FailedCreate" | "ReplicaFailure"))
        .find(|s| s.object.name == name(creator) || s.object.name == name(workload))?;
    Some((format!("signal {}", signal.reason), signal.message.clone()))
}

fn refusing(event: &EventRow) -> bool {
    matches!(
        event.reason.as_str(),
        "FailedCreate" | "ReplicaSetCreateError"
    )
}

/// Other workloads of the namespace that the same text refuses.
pub fn victims(refusal: &Refusal, needle: &str) -> Vec<ObjectRef> {
    let namespace = refusal.namespace();
    let mine = reference(refusal.workload);
    let mut found: Vec<ObjectRef> = Vec::new();
    for kind in ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"] {
        for event in refusal.case.events(&named(kind, namespace, "")) {
            if !refusing(&event) || !event.message.contains(needle) {
                continue;
            }
            let creator = refusal.case.get(kind, namespace, &event.name);
            let Some(creator) = creator else { continue };
            let owner = crate::owner::root_owner(refusal.case, &creator);
            let known = found
                .iter()
                .any(|v| v.kind == owner.kind && v.name == owner.name);
            if !known && (owner.kind != mine.kind || owner.name != mine.name) {
                found.push(owner);
            }
        }
    }
    found
}

/// The ReplicaSet that was refused, to compare it with earlier revisions.
pub fn set_of(refusal: &Refusal) -> Option<Value> {
    let sets = children(refusal.case, "ReplicaSet", refusal.workload);
    sets.into_iter()
        .find(|set| name(set) == refusal.creator.name)
}
