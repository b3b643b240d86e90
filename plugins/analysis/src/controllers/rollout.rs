//! What a Deployment's rollout adds to the cause: which revision fails, what changed in it,
//! and which earlier revision is known to be good.

use k8shawk_sdk::analysis::Finding;
use k8shawk_sdk::count;
use k8shawk_sdk::{classes, facts, sources};
use serde_json::Value;

use super::failure::amend;
use super::revision::{self, Change, number_of, template};
use super::{children, owned_by};
use crate::case::Case;
use crate::finding::fact;
use crate::json::{condition, items, name, number, text};
use crate::pod::image::registry;

/// Runs of words of a failure class, and the parts of a pod template that can explain it. The
/// first row that fits decides; a class without a row may come from any part.
const EXPLAINS: &[(&[&str], &[&str])] = &[
    (
        &[
            "node-not-ready",
            "node-unreachable",
            "node-pressure",
            "node-shutdown",
            "evicted",
            "preempted",
            "dns",
            "network-policy",
            "webhook",
            "admission-policy",
        ],
        &[],
    ),
    (&["quota"], &["resources"]),
    (
        &["registry-unauthorised", "pull-secret"],
        &["image", "imagePullSecrets", "serviceAccountName"],
    ),
    (&["image", "registry"], &["image", "imagePullPolicy"]),
    (
        &["dependency"],
        &["env", "envFrom", "command", "args", "volumes"],
    ),
    (
        &["unschedulable", "scheduling", "scheduler"],
        &[
            "resources",
            "nodeSelector",
            "nodeName",
            "affinity",
            "tolerations",
            "volumes",
            "topologySpreadConstraints",
            "ports",
            "hostNetwork",
            "schedulerName",
            "schedulingGates",
            "priorityClassName",
            "resourceClaims",
        ],
    ),
    (
        &["missing-configmap", "missing-secret", "missing-config-key"],
        &["env", "envFrom", "volumes", "volumeMounts"],
    ),
    (&["volume", "pvc"], &["volumes", "volumeMounts"]),
    (&["limit-range"], &["resources"]),
    (&["service-account"], &["serviceAccountName"]),
    (&["priority-class"], &["priorityClassName"]),
    (
        &["memory", "oom"],
        &["resources", "image", "env", "envFrom", "command", "args"],
    ),
];

/// ReplicaSets of a Deployment, the newest revision first.
pub fn revisions(case: &Case, deployment: &Value) -> Vec<Value> {
    let mut sets = children(case, "ReplicaSet", deployment);
    sets.sort_by_key(|set| std::cmp::Reverse(number_of(set).unwrap_or_default()));
    sets
}

/// Add the rollout to a cause: `failing` is the ReplicaSet whose pods fail or are refused.
pub fn enrich(case: &Case, deployment: &Value, failing: &Value, finding: &mut Finding) {
    progress(deployment, finding);
    let sets = revisions(case, deployment);
    let this = number_of(failing).unwrap_or_default();
    let newest = sets.first().and_then(number_of).unwrap_or_default();
    let Some(before) = sets
        .iter()
        .find(|set| number_of(set).is_some_and(|n| n < this))
    else {
        return;
    };
    if this < newest {
        amend(finding, |draft| {
            let cited = draft.cite(
                "annotations deployment.kubernetes.io/revision",
                format!("{this} fails, {newest} is the newest"),
            );
            draft.say(format!(
                "The failing pods belong to the older {}; the newest is revision {newest} {cited}.",
                revision::spoken(failing)
            ));
        });
        return;
    }
    let relevant = |earlier: &Value| differences(earlier, failing, finding);
    let good = sets
        .iter()
        .filter(|set| number_of(set).is_some_and(|n| n < this))
        .filter(|set| !relevant(set).is_empty() && independent(set, finding))
        .find_map(|set| known_good(case, deployment, set).map(|why| (set, why)));
    match good {
        Some((set, why)) => tell_good(finding, failing, set, &why),
        None => tell_changed(finding, failing, before),
    }
}

/// The ReplicaSet of a Deployment that controls `pod`.
pub fn set_of(case: &Case, deployment: &Value, pod: &Value) -> Option<Value> {
    children(case, "ReplicaSet", deployment)
        .into_iter()
        .find(|set| owned_by(pod, set))
}

fn progress(deployment: &Value, finding: &mut Finding) {
    let stuck = condition(deployment, "Progressing")
        .filter(|c| text(c, "/reason") == "ProgressDeadlineExceeded");
    let Some(stuck) = stuck else { return };
    let seconds = number(deployment, "/spec/progressDeadlineSeconds").unwrap_or(600);
    amend(finding, |draft| {
        let cited = draft.cite("status.conditions[Progressing]", text(stuck, "/message"));
        draft.say(format!(
            "The rollout is stuck: it made no progress within {seconds} s \
             (ProgressDeadlineExceeded: \"{}\") {cited}.",
            text(stuck, "/message")
        ));
    });
}

/// False where an earlier revision would meet the same registry that does not serve now.
fn independent(set: &Value, finding: &Finding) -> bool {
    let down = finding.shared.as_ref().filter(|s| s.kind == "Registry");
    let Some(down) = down else { return true };
    let spec = template(set).unwrap_or(&Value::Null);
    ["/spec/initContainers", "/spec/containers"]
        .iter()
        .flat_map(|list| items(spec, list))
        .all(|container| registry(text(container, "/image")) != down.name)
}

/// Why an earlier revision counts as good; `None` where that is not known.
fn known_good(case: &Case, deployment: &Value, set: &Value) -> Option<String> {
    let ready = number(set, "/status/readyReplicas").unwrap_or_default();
    if ready > 0 {
        let wanted = number(set, "/spec/replicas").unwrap_or(ready);
        return Some(format!(
            "still has {ready} of {} ready",
            count(wanted, "pod")
        ));
    }
    let progressing = condition(deployment, "Progressing").map(|c| text(c, "/message"));
    if progressing.is_some_and(|m| m.contains(name(set)) && m.contains("successfully")) {
        return Some("was fully rolled out".to_owned());
    }
    (!failed_before(case, set))
        .then(|| "ran before it, and no warning about its pods is recorded".to_owned())
}

/// Reasons of pod events that say that a revision failed too.
const BAD: &[&str] = &["BackOff", "Failed"];

fn failed_before(case: &Case, set: &Value) -> bool {
    let prefix = format!("{}-", name(set));
    let all = crate::json::named("Pod", text(set, "/metadata/namespace"), "");
    case.events(&all)
        .iter()
        .any(|e| e.name.starts_with(&prefix) && BAD.contains(&e.reason.as_str()))
}

/// The differences that can explain the finding.
fn differences(from: &Value, to: &Value, finding: &Finding) -> Vec<Change> {
    let (Some(old), Some(new)) = (template(from), template(to)) else {
        return Vec::new();
    };
    let row = EXPLAINS
        .iter()
        .find(|(words, _)| words.iter().any(|w| classes::says(&finding.class, w)));
    let container = fact(finding, facts::CONTAINER);
    revision::changes(old, new)
        .into_iter()
        .filter(|c| row.is_none_or(|(_, parts)| parts.contains(&c.part)))
        .filter(|c| c.container.is_empty() || container.is_none_or(|named| named == c.container))
        .collect()
}

fn tell_good(finding: &mut Finding, failing: &Value, good: &Value, why: &str) {
    let diff = joined(&differences(good, failing, finding));
    let tag = last_tag(finding, good, failing);
    amend(finding, |draft| {
        let cited = draft.cite(sources::TEMPLATES, &diff);
        let status = draft.cite(
            format!("ReplicaSet {} status", name(good)),
            format!(
                "replicas {}, ready {}",
                number(good, "/status/replicas").unwrap_or_default(),
                number(good, "/status/readyReplicas").unwrap_or_default()
            ),
        );
        draft.say(format!(
            "It began with {}: {diff} {cited}. The earlier {} {why} {status}.",
            revision::spoken(failing),
            revision::spoken(good),
        ));
        if let Some(number) = number_of(good) {
            draft.fact(facts::GOOD_REVISION, number.to_string());
        }
        if let Some(image) = tag {
            draft.fact(facts::SUGGESTED_IMAGE, image);
        }
    });
}

/// Without a good revision: what the change was, as a hint.
fn tell_changed(finding: &mut Finding, failing: &Value, before: &Value) {
    let (Some(old), Some(new)) = (template(before), template(failing)) else {
        return;
    };
    let all = revision::changes(old, new);
    if all.is_empty() {
        return;
    }
    let diff = joined(&all);
    let explains = !differences(before, failing, finding).is_empty();
    let served = independent(before, finding);
    amend(finding, |draft| {
        let cited = draft.cite(sources::TEMPLATES, &diff);
        let tail = match (explains, served) {
            (true, true) => "; the earlier revision is not known to be good",
            (true, false) => "; the earlier revision needs the same registry",
            (false, _) => "; that does not explain this failure",
        };
        let (new, old) = (revision::spoken(failing), revision::spoken(before));
        draft.say(format!(
            "{new} differs from {old} in: {diff} {cited}{tail}."
        ));
    });
}

fn joined(changes: &[Change]) -> String {
    changes
        .iter()
        .take(6)
        .map(|c| c.text.as_str())
        .collect::<Vec<_>>()
        .join("; ")
}

/// The good revision's image of the failing container, where only the tag differs.
fn last_tag(finding: &Finding, good: &Value, failing: &Value) -> Option<String> {
    if fact(finding, facts::SUGGESTED_IMAGE).is_some() || !finding.class.contains("image") {
        return None;
    }
    let container = fact(finding, facts::CONTAINER)?;
    let image = |set: &Value| {
        let containers = template(set)?.pointer("/spec/containers")?.as_array()?;
        let found = containers.iter().find(|c| text(c, "/name") == container)?;
        Some(text(found, "/image").to_owned())
    };
    let (old, new) = (image(good)?, image(failing)?);
    (old != new && repository(&old) == repository(&new)).then_some(old)
}

/// An image without its tag or digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}
