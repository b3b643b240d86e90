//! What a pod template names and the cluster does not have.

use k8shawk_sdk::analysis::Finding;

use crate::controllers::refusal::{Refusal, finish};
use crate::finding::Draft;
use crate::json::{name, named, reference};
use crate::message::between;
use crate::near;

/// `no PriorityClass with name NAME was found`
pub fn priority_class(refusal: &Refusal) -> Finding {
    let wanted =
        between(&refusal.message, "no PriorityClass with name ", &[' ', ',']).unwrap_or("?");
    let (draft, cited) = refusal.draft("priority-class-missing", reference(refusal.workload));
    missing(refusal, draft, "PriorityClass", "", wanted, &cited)
}

/// `error looking up service account NS/NAME: serviceaccount "NAME" not found`
pub fn service_account(refusal: &Refusal) -> Finding {
    let path = between(
        &refusal.message,
        "error looking up service account ",
        &[':', ' '],
    );
    let (namespace, wanted) = path.and_then(|p| p.split_once('/')).unwrap_or(("", "?"));
    let (draft, cited) = refusal.draft("service-account-missing", reference(refusal.workload));
    missing(refusal, draft, "ServiceAccount", namespace, wanted, &cited)
}

/// `pod rejected: RuntimeClass "NAME" not found`
pub fn runtime_class(refusal: &Refusal) -> Finding {
    let wanted = between(&refusal.message, "RuntimeClass \"", &['"']).unwrap_or("?");
    let (draft, cited) = refusal.draft("runtime-class-missing", reference(refusal.workload));
    missing(refusal, draft, "RuntimeClass", "", wanted, &cited)
}

/// A named object that the pod refers to does not exist.
fn missing(
    refusal: &Refusal,
    mut draft: Draft,
    kind: &str,
    namespace: &str,
    wanted: &str,
    cited: &str,
) -> Finding {
    let existing = refusal.case.list(kind, namespace);
    let close = near::clause(wanted, existing.iter().map(name));
    draft.shared(named(kind, namespace, wanted));
    if refusal.present == 0 && refusal.case.is_missing(kind, namespace, wanted) {
        draft.slip(kind, wanted, existing.iter().map(name));
    }
    let place = if namespace.is_empty() {
        String::new()
    } else {
        format!(" in {namespace}")
    };
    if refusal.case.get(kind, namespace, wanted).is_some() {
        let exists = draft.cite(format!("{kind} {wanted}"), "exists now");
        draft.say(format!(
            "It exists now {exists}; the next attempt should succeed."
        ));
    } else if !refusal.case.is_missing(kind, namespace, wanted) {
        draft.unknown(format!(
            "whether {kind} {wanted} still does not exist: it could not be read"
        ));
    }
    let sentence = format!(
        "The pod template names {kind} \"{wanted}\", which does not exist{place}{close} {cited}."
    );
    let title = format!(
        "{kind} {wanted} of {} does not exist",
        name(refusal.workload)
    );
    finish(draft, title, sentence, 95)
}
