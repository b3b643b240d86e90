//! Why a Job failed or does not end.

mod deadline;
mod last_words;
mod retry;

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use k8shawk_sdk::count;
use serde_json::Value;

use self::last_words::last_words;
use super::failure::{amend, failures};
use super::starting::starting;
use super::{children, failed_create, pods_of, refusal, seconds_since, workload};
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{condition_is, items, millis, name, number, reference, spoken, text};
use crate::routing::network_policy;

/// The causes of a Job's failure, or why it is healthy.
pub fn diagnose(case: &Case, job: &Value) -> Conclusion {
    let subject = spoken(&reference(job));
    if let Some(reason) = harmless(case, job) {
        return Conclusion::Healthy(format!("{subject} {reason}"));
    }
    let pods = pods_of(case, job);
    let failed = condition_is(job, "Failed", "True");
    let deadline = failed.filter(|c| text(c, "/reason") == "DeadlineExceeded");
    let mut causes: Vec<Finding> = Vec::new();
    for mut failure in failures(case, &pods) {
        network_policy::refine(
            case,
            &failure.representative().clone(),
            &mut failure.finding,
        );
        causes.push(failure.finding);
    }
    if let Some(refusal) = refusal::of(case, job, workload::present(case, job)) {
        causes.push(failed_create::explain(&refusal));
    }
    if let Some(deadline) = deadline {
        return Conclusion::Findings(vec![deadline::exceeded(
            case, job, deadline, &pods, &causes,
        )]);
    }
    if causes.is_empty() && failed.is_some() {
        causes.push(by_itself(case, job, &pods));
    }
    if causes.is_empty() {
        return running(case, job, &pods);
    }
    for cause in &mut causes {
        amend(cause, |draft| tell(job, draft));
        if failed.is_some() {
            retry::mark(case, job, cause);
        }
    }
    Conclusion::Findings(causes)
}

/// Why this Job is no incident.
fn harmless(case: &Case, job: &Value) -> Option<String> {
    if condition_is(job, "Complete", "True").is_some() {
        return Some("has completed".to_owned());
    }
    let failed = condition_is(job, "Failed", "True").is_some();
    if !failed && job.pointer("/spec/suspend").and_then(Value::as_bool) == Some(true) {
        return Some("is suspended on purpose".to_owned());
    }
    let later = superseded(case, job)?;
    Some(format!(
        "failed, but the later run {later} of its CronJob succeeded"
    ))
}

/// The later successful Job of the same CronJob.
fn superseded(case: &Case, job: &Value) -> Option<String> {
    let owner = items(job, "/metadata/ownerReferences")
        .iter()
        .find(|o| text(o, "/kind") == "CronJob")?;
    let cron = case.get(
        "CronJob",
        text(job, "/metadata/namespace"),
        text(owner, "/name"),
    )?;
    let created = millis(job, "/metadata/creationTimestamp")?;
    children(case, "Job", &cron)
        .iter()
        .filter(|other| condition_is(other, "Complete", "True").is_some())
        .find(|other| millis(other, "/metadata/creationTimestamp").is_some_and(|t| t > created))
        .map(|other| name(other).to_owned())
}

/// Limits and counters, for any cause.
fn tell(job: &Value, draft: &mut Draft) {
    let status = |at| number(job, at).unwrap_or_default();
    let limit = number(job, "/spec/backoffLimit").unwrap_or(6);
    let (failed, done) = (status("/status/failed"), status("/status/succeeded"));
    let cited = draft.cite(
        format!("{} status", spoken(&reference(job))),
        format!("failed {failed}, succeeded {done}, backoffLimit {limit}"),
    );
    let ended = condition_is(job, "Failed", "True");
    let sentence = match ended {
        Some(end) => {
            let (reason, said) = (text(end, "/reason"), text(end, "/message"));
            format!(
                "{} has failed and will not be retried ({reason}: \"{said}\"): {}, \
                 backoffLimit {limit} {cited}.",
                spoken(&reference(job)),
                count(failed, "failed pod")
            )
        }
        None => format!(
            "{} has {} so far and gives up at backoffLimit {limit} {cited}.",
            spoken(&reference(job)),
            count(failed, "failed pod")
        ),
    };
    draft.say(sentence);
}

/// The Job failed and the pods tell nothing, or are gone.
fn by_itself(case: &Case, job: &Value, pods: &[Value]) -> Finding {
    let owner = crate::owner::owner_of(case, job);
    let mut draft = Draft::new("job-failed", Severity::Medium, reference(job), owner);
    draft
        .title(format!("Job {} failed", name(job)))
        .confidence(60);
    let exits = pods
        .iter()
        .flat_map(|pod| items(pod, "/status/containerStatuses"));
    let exit = exits
        .filter_map(|status| status.pointer("/state/terminated"))
        .find(|end| number(end, "/exitCode").is_some_and(|code| code != 0));
    match exit {
        Some(end) => {
            let code = number(end, "/exitCode").unwrap_or_default();
            let cited = draft.cite("state.terminated", format!("exitCode {code}"));
            draft.say(format!(
                "Its last container terminated with exit code {code} {cited}."
            ));
            last_words(case, pods, &mut draft);
        }
        None => {
            draft.unknown("the exit code and log: its pods no longer exist");
            draft.confidence(45);
        }
    }
    draft.finish()
}

/// Neither failed nor complete, and no pod tells a cause.
fn running(case: &Case, job: &Value, pods: &[Value]) -> Conclusion {
    let subject = spoken(&reference(job));
    if number(job, "/status/active").unwrap_or_default() > 0 || !pods.is_empty() {
        let since = seconds_since(case, job, "/status/startTime").unwrap_or_default();
        return Conclusion::Healthy(format!("{subject} has been running for {since} s"));
    }
    starting(case, job, pods)
}
