//! A pod that fits no node.

use k8shawk_sdk::analysis::{Finding, Severity};

use super::constraint;
use super::container::shared;
use super::obstacle;
use super::subject::{Subject, cite_event, mentions, spell};
use super::verdict::{self, Part, Why};
use crate::finding::Draft;
use crate::json::{condition, items, name, text};
use crate::{near, node, storage};

/// Seconds within which a scheduler looks at a pod.
const PATIENCE: i64 = 30;

/// Why this pod has no node.
pub fn diagnose(subject: &Subject) -> Option<Finding> {
    if subject.phase() == "Failed" || !subject.node().is_empty() {
        return None;
    }
    let scheduled = condition(subject.pod, "PodScheduled");
    let gates: Vec<&str> = items(subject.pod, "/spec/schedulingGates")
        .iter()
        .map(|g| text(g, "/name"))
        .collect();
    if !gates.is_empty() {
        return Some(gated(subject, &gates));
    }
    let event = subject.event(&["FailedScheduling"]);
    let message = scheduled.map_or("", |c| text(c, "/message"));
    let message = if message.is_empty() {
        event.map_or("", |e| &e.message)
    } else {
        message
    };
    if message.is_empty() {
        return silent(subject);
    }
    let mut draft = subject.draft("unschedulable", Severity::Medium);
    let cited = match scheduled {
        Some(_) => draft.cite("status.conditions[PodScheduled]", message),
        None => event.map_or_else(String::new, |e| cite_event(&mut draft, e)),
    };
    if mentions(message, &["persistentvolumeclaim"])
        && let Some(found) = volumes(subject, message)
    {
        return Some(found);
    }
    let nodes = subject.case.list("Node", "");
    let parts = verdict::parse(message);
    let Some(part) = verdict::decisive(&parts) else {
        return Some(unparsed(subject, draft, message, &cited));
    };
    let free = nodes.iter().find(|n| constraint::only_cordon(subject, n));
    let why = if free.is_some() {
        Why::Cordon
    } else {
        part.why
    };
    if why == Why::BadNode
        && let Some(bad) = nodes.iter().find(|n| node::fault(n).is_some())
    {
        draft.say(format!(
            "No node fits pod {}: \"{message}\" {cited}.",
            subject.object.name
        ));
        return Some(node::blame(
            subject.case,
            bad,
            reclassed(
                draft,
                node::fault(bad).map_or("node-not-ready", |f| f.class),
            ),
            &subject.object.name,
        ));
    }
    let mut draft = reclassed(draft, class(subject, why));
    draft.say(format!(
        "No node fits pod {}; the scheduler says \"{message}\" {cited}.",
        subject.object.name
    ));
    draft.confidence(93);
    if subject.case.unreadable("Node", "") {
        draft.unknown("How far the nodes fall short: no permission to read them.");
        draft.title(format!(
            "No node fits pod {}: {}",
            subject.object.name, part.text
        ));
        return Some(draft.finish());
    }
    obstacle::explain(subject, &nodes, &shown(why, part, &parts), &mut draft);
    Some(draft.finish())
}

/// The part that is explained: the decisive one, or the one of the cordon.
fn shown<'m>(why: Why, part: &Part<'m>, parts: &[Part<'m>]) -> Part<'m> {
    let of = parts.iter().find(|p| p.why == why).unwrap_or(part);
    Part {
        nodes: of.nodes,
        text: of.text,
        why,
    }
}

fn reclassed(draft: Draft, class: &str) -> Draft {
    let mut finding = draft.finish();
    class.clone_into(&mut finding.class);
    Draft::resume(finding)
}

fn class(subject: &Subject, why: Why) -> &'static str {
    match why {
        Why::Cordon => "unschedulable-cordon",
        Why::BadNode => "node-not-ready",
        Why::Taint => "unschedulable-taint",
        Why::Labels if subject.pod.pointer("/spec/nodeSelector").is_some() => {
            "unschedulable-node-selector"
        }
        Why::Labels | Why::Affinity => "unschedulable-affinity",
        Why::Ports => "unschedulable-ports",
        Why::Resource => "unschedulable-resources",
        Why::Extended => "unschedulable-extended-resource",
        Why::TooManyPods => "unschedulable-too-many-pods",
        Why::Volume => "unschedulable-volume",
        Why::Spread => "unschedulable-spread",
    }
}

fn gated(subject: &Subject, gates: &[&str]) -> Finding {
    let mut draft = subject.draft("scheduling-gated", Severity::Low);
    let cited = draft.cite("spec.schedulingGates", gates.join(", "));
    draft
        .title(format!(
            "Pod {} waits for its scheduling gate {}",
            subject.object.name,
            gates.join(", ")
        ))
        .say(format!(
            "Pod {} is held back on purpose: its scheduling gates {} have not been \
                      removed {cited}. The controller that set them must remove them.",
            subject.object.name,
            gates.join(", ")
        ))
        .confidence(95);
    draft.finish()
}

/// No scheduler has said anything on the pod.
fn silent(subject: &Subject) -> Option<Finding> {
    if subject.age() < PATIENCE || subject.phase() != "Pending" {
        return None;
    }
    let scheduler = match text(subject.pod, "/spec/schedulerName") {
        "" => "default-scheduler",
        name => name,
    };
    let mut draft = subject.draft("scheduler-missing", Severity::Medium);
    let cited = draft.cite("spec.schedulerName", scheduler);
    draft
        .title(format!(
            "No scheduler handles pod {} (schedulerName {scheduler})",
            subject.object.name
        ))
        .say(format!(
            "Pod {} has been Pending for {} and no scheduler has reported on it: it names \
                      scheduler \"{scheduler}\" {cited}, which shows no sign of running.",
            subject.object.name,
            spell(subject.age().min(31_536_000))
        ));
    if scheduler != "default-scheduler" {
        draft.say(near::clause(scheduler, ["default-scheduler"]).replace("; t", "T"));
        draft.confidence(88);
    } else {
        draft
            .say("The default scheduler seems to be down.")
            .confidence(70);
    }
    Some(draft.finish())
}

/// Claims that stand in the way: missing, or not bound for reasons of their own.
fn volumes(subject: &Subject, message: &str) -> Option<Finding> {
    let namespace = subject.namespace();
    for claim in storage::claims(subject.pod) {
        if subject
            .case
            .is_missing("PersistentVolumeClaim", namespace, claim)
        {
            return Some(missing_claim(subject, claim, message));
        }
        if let Some(pvc) = subject.case.get("PersistentVolumeClaim", namespace, claim)
            && let Some(found) =
                storage::explain(subject.case, &pvc, &subject.object, &subject.owner)
        {
            let mut draft = Draft::resume(found);
            let cited = draft.cite("status.conditions[PodScheduled]", message);
            draft.say(format!(
                "Pod {} cannot be scheduled until this is fixed {cited}.",
                subject.object.name
            ));
            return Some(draft.finish());
        }
    }
    None
}

fn missing_claim(subject: &Subject, claim: &str, message: &str) -> Finding {
    let namespace = subject.namespace();
    let mut draft = subject.draft("pvc-missing", Severity::Medium);
    let claims = subject.case.list("PersistentVolumeClaim", namespace);
    let near = near::clause(claim, claims.iter().map(name));
    let mut cited = draft.cite("spec.volumes[].persistentVolumeClaim.claimName", claim);
    cited.push_str(&draft.cite("status.conditions[PodScheduled]", message));
    draft
        .title(format!("PersistentVolumeClaim \"{claim}\" does not exist{near}"))
        .say(format!("Pod {} cannot be scheduled: it mounts the PersistentVolumeClaim \"{claim}\", which does not exist in namespace {namespace} {cited}{near}.", subject.object.name))
        .confidence(95)
        .shared(shared("PersistentVolumeClaim", namespace, claim));
    draft.finish()
}

fn unparsed(subject: &Subject, draft: Draft, message: &str, cited: &str) -> Finding {
    let mut draft = draft;
    draft
        .title(format!("Pod {} is not scheduled", subject.object.name))
        .say(format!(
            "No node fits pod {}; the scheduler says \"{message}\" {cited}.",
            subject.object.name
        ))
        .confidence(60);
    draft.finish()
}
