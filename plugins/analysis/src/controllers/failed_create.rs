//! Why the API server refuses to create a pod.

mod missing;
mod quota;

use k8shawk_sdk::analysis::Finding;

use super::refusal::{Refusal, finish};
use crate::json::{name, named, reference, text};
use crate::message::between;
use crate::webhook;

type Explain = fn(&Refusal) -> Finding;

/// Text of the API server's answer, and who explains it. The first that fits decides.
const ANSWERS: &[(&str, Explain)] = &[
    ("exceeded quota:", quota::exceeded),
    ("failed quota:", quota::unspecified),
    ("failed calling webhook", webhook::down),
    ("failed to call webhook", webhook::down),
    ("ValidatingAdmissionPolicy", admission_policy),
    ("denied the request", webhook::refused),
    ("violates PodSecurity", pod_security),
    ("no PriorityClass with name", missing::priority_class),
    ("error looking up service account", missing::service_account),
    (" usage per ", limit_range),
    ("limit to request ratio", limit_range),
    ("RuntimeClass", missing::runtime_class),
    ("it is being terminated", terminating),
    (" cannot create resource", forbidden),
    (" is invalid:", invalid),
    ("Invalid value", invalid),
];

/// The cause behind a refusal.
pub fn explain(refusal: &Refusal) -> Finding {
    ANSWERS
        .iter()
        .find(|(needle, _)| refusal.message.contains(needle))
        .map_or_else(|| unrecognised(refusal), |(_, explain)| explain(refusal))
}

/// `violates PodSecurity "restricted:latest": FIELD (container "x" must ...), ...`
fn pod_security(refusal: &Refusal) -> Finding {
    let level = between(&refusal.message, "violates PodSecurity \"", &['"']).unwrap_or("unknown");
    let rest = refusal
        .message
        .split_once("violates PodSecurity")
        .map_or("", |(_, rest)| rest);
    let fields = rest.split_once("\": ").map_or(rest, |(_, fields)| fields);
    let (mut draft, cited) = refusal.draft("pod-security-refused", reference(refusal.workload));
    let namespace = refusal.namespace();
    let enforced = refusal
        .case
        .get("Namespace", "", namespace)
        .and_then(|found| {
            let labels = found.pointer("/metadata/labels")?;
            Some(
                labels
                    .get("pod-security.kubernetes.io/enforce")?
                    .as_str()?
                    .to_owned(),
            )
        });
    if let Some(enforced) = enforced {
        let label = draft.cite(
            "Namespace label pod-security.kubernetes.io/enforce",
            &enforced,
        );
        draft.say(format!(
            "Namespace {namespace} enforces level \"{enforced}\" {label}."
        ));
    }
    draft.unknown("which to change: the named fields of the pod template, or the level");
    let sentence = format!("The pod violates Pod Security \"{level}\": {fields} {cited}.");
    finish(
        draft,
        format!("{} violates Pod Security {level}", name(refusal.workload)),
        sentence,
        95,
    )
}

/// `maximum memory usage per Container is 512Mi, but limit is 1Gi`
fn limit_range(refusal: &Refusal) -> Finding {
    let ranges = refusal.case.list("LimitRange", refusal.namespace());
    let names: Vec<&str> = ranges.iter().map(name).collect();
    let guilty = match names.as_slice() {
        [only] => named("LimitRange", refusal.namespace(), only),
        _ => reference(refusal.workload),
    };
    let (mut draft, cited) = refusal.draft("limit-range-refused", guilty.clone());
    if guilty.kind == "LimitRange" {
        draft.shared(guilty);
    }
    let rule = refusal
        .message
        .split_once("is forbidden: ")
        .map_or(&*refusal.message, |(_, r)| r);
    let which = match names.as_slice() {
        [] => "A LimitRange".to_owned(),
        names => format!("LimitRange {}", names.join(" or ")),
    };
    let sentence = format!("{which} refuses the pod: {rule} {cited}.");
    finish(
        draft,
        format!(
            "a LimitRange refuses the pods of {}",
            name(refusal.workload)
        ),
        sentence,
        95,
    )
}

/// `ValidatingAdmissionPolicy 'NAME' with binding 'B' denied request: TEXT`
fn admission_policy(refusal: &Refusal) -> Finding {
    let policy = between(&refusal.message, "ValidatingAdmissionPolicy '", &['\'']).unwrap_or("?");
    let guilty = named("ValidatingAdmissionPolicy", "", policy);
    let (mut draft, cited) = refusal.draft("admission-policy-refused", guilty.clone());
    draft.shared(guilty);
    let said = refusal
        .message
        .split_once("denied request: ")
        .map_or("", |(_, said)| said);
    let binding = between(&refusal.message, "with binding '", &['\''])
        .map(|binding| format!(" (bound by {binding})"))
        .unwrap_or_default();
    let sentence =
        format!("ValidatingAdmissionPolicy {policy}{binding} denies the pod: \"{said}\" {cited}.");
    finish(
        draft,
        format!(
            "policy {policy} denies the pods of {}",
            name(refusal.workload)
        ),
        sentence,
        95,
    )
}

fn terminating(refusal: &Refusal) -> Finding {
    let namespace = named("Namespace", "", refusal.namespace());
    let (mut draft, cited) = refusal.draft("namespace-stuck", namespace.clone());
    draft.shared(namespace);
    let sentence = format!(
        "Namespace {} is being deleted and takes no new objects {cited}.",
        refusal.namespace()
    );
    finish(
        draft,
        format!("namespace {} is being deleted", refusal.namespace()),
        sentence,
        90,
    )
}

/// `User "U" cannot create resource "pods" in API group "" in the namespace "N"`
fn forbidden(refusal: &Refusal) -> Finding {
    let user = between(&refusal.message, "User \"", &['"']).unwrap_or("?");
    let resource = between(&refusal.message, "create resource \"", &['"']).unwrap_or("?");
    let (draft, cited) = refusal.draft("rbac-denied", reference(refusal.workload));
    let sentence = format!(
        "\"{user}\" may not create {resource} in namespace {}: a Role with verb create \
         on {resource} and its RoleBinding are missing {cited}.",
        refusal.namespace()
    );
    finish(
        draft,
        format!("{user} may not create {resource}"),
        sentence,
        90,
    )
}

/// The pod template breaks the API's own rules.
fn invalid(refusal: &Refusal) -> Finding {
    let (draft, cited) = refusal.draft("pod-template-invalid", reference(refusal.workload));
    let said = refusal
        .message
        .split_once("is invalid: ")
        .map_or(&*refusal.message, |(_, s)| s);
    let sentence = format!("The pod template is invalid: {said} {cited}.");
    finish(
        draft,
        format!("the pod template of {} is invalid", name(refusal.workload)),
        sentence,
        85,
    )
}

fn unrecognised(refusal: &Refusal) -> Finding {
    let (mut draft, cited) = refusal.draft("undetermined", reference(refusal.workload));
    draft.unknown(format!(
        "why the API server refuses: kubectl describe {} {} -n {}",
        text(refusal.workload, "/kind").to_lowercase(),
        name(refusal.workload),
        refusal.namespace()
    ));
    let sentence = format!("The API server answered: \"{}\" {cited}.", refusal.message);
    finish(
        draft,
        format!("pods of {} cannot be created", name(refusal.workload)),
        sentence,
        40,
    )
}
