//! A Job that ran longer than it may.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::facts;
use serde_json::Value;

use super::last_words::last_words;
use super::retry;
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{millis, name, named, number, reference, spoken, text};
use crate::message::between;

/// `activeDeadlineSeconds` is over: the deadline is the class, the pods tell what took so long.
pub fn exceeded(
    case: &Case,
    job: &Value,
    end: &Value,
    pods: &[Value],
    causes: &[Finding],
) -> Finding {
    let owner = crate::owner::owner_of(case, job);
    let mut draft = Draft::new(
        "job-deadline-exceeded",
        Severity::Medium,
        reference(job),
        owner,
    );
    let seconds = number(job, "/spec/activeDeadlineSeconds").unwrap_or_default();
    let cited = draft.cite("status.conditions[Failed]", text(end, "/message"));
    draft
        .title(format!(
            "Job {} exceeded its deadline of {seconds} s",
            name(job)
        ))
        .confidence(92)
        .say(format!(
            "{} was stopped because it ran longer than activeDeadlineSeconds {seconds} \
             (DeadlineExceeded) {cited}.",
            spoken(&reference(job))
        ));
    let started = millis(job, "/status/startTime").zip(millis(end, "/lastTransitionTime"));
    if let Some((start, stop)) = started {
        let span = format!("{} s", (stop - start) / 1000);
        let cited = draft.cite("status.startTime to the failure", &span);
        draft.say(format!("It ran for {span} {cited}."));
    }
    match causes.first() {
        Some(cause) => {
            let cited = draft.cite(format!("cause of its pod ({})", cause.class), &cause.cause);
            draft.say(format!(
                "Its pod made no progress: {} {cited}.",
                cause.title
            ));
            if let Some(reason) = retry::gone(case, cause) {
                let cited = draft.cite("state of that cause now", &reason);
                draft.say(format!("A retry can succeed: {reason} {cited}."));
                draft.fact(facts::RETRYABLE, &reason);
            }
        }
        None if refused_start(case, job, &mut draft) => return draft.finish(),
        None => last_words(case, pods, &mut draft),
    }
    draft.unknown("whether the work needs more time or hangs: compare with earlier runs");
    draft.finish()
}

/// What events tell of pods that were deleted at the deadline: a ConfigMap or Secret that was
/// missing. True where it exists now.
fn refused_start(case: &Case, job: &Value, draft: &mut Draft) -> bool {
    let namespace = text(job, "/metadata/namespace");
    let prefix = format!("{}-", name(job));
    let events = case.events(&named("Pod", namespace, ""));
    let of_job = |e: &&EventRow| e.name.starts_with(&prefix) && e.kind == "Warning";
    let Some(event) = events.iter().rev().find(of_job) else {
        return false;
    };
    let said = event.message.as_str();
    let cited = draft.cite(format!("event {} of its pod", event.reason), said);
    draft.say(format!("Its pod did not start: \"{said}\" {cited}."));
    let missing = [("configmap \"", "ConfigMap"), ("secret \"", "Secret")]
        .iter()
        .find_map(|(before, kind)| Some((*kind, between(said, before, &['"'])?)));
    let Some((kind, wanted)) = missing else {
        return false;
    };
    if case.get(kind, namespace, wanted).is_none() {
        return false;
    }
    let reason = format!("{kind} {wanted} exists now");
    let cited = draft.cite(format!("{kind} {namespace}/{wanted}"), &reason);
    draft
        .fact(facts::RETRYABLE, &reason)
        .say(format!("A retry can succeed: {reason} {cited}."));
    true
}
