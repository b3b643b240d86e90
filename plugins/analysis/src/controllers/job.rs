//! Why a Job failed or does not end.

use k8shawk_sdk::analysis::{Conclusion, Evidence, Finding, Severity};
use k8shawk_sdk::facts;
use serde_json::Value;

use super::failure::{amend, failures};
use super::{children, failed_create, pods_of, refusal, seconds_since, workload};
use crate::case::Case;
use crate::finding::{Draft, fact};
use crate::json::{condition_is, items, millis, name, named, number, reference, spoken, text};
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
        return Conclusion::Findings(vec![beyond_deadline(case, job, deadline, &pods, &causes)]);
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
            retry(case, job, cause);
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
    let count = |at| number(job, at).unwrap_or_default();
    let limit = number(job, "/spec/backoffLimit").unwrap_or(6);
    let (failed, done) = (count("/status/failed"), count("/status/succeeded"));
    let cited = draft.cite(
        format!("{} status", spoken(&reference(job))),
        format!("failed {failed}, succeeded {done}, backoffLimit {limit}"),
    );
    let ended = condition_is(job, "Failed", "True");
    let sentence = match ended {
        Some(end) => {
            let (reason, said) = (text(end, "/reason"), text(end, "/message"));
            format!(
                "{} has failed for good ({reason}: \"{said}\") after {failed} failed pods, with \
                 backoffLimit {limit} {cited}.",
                spoken(&reference(job))
            )
        }
        None => format!(
            "{} has {failed} failed pods so far and gives up at backoffLimit {limit} {cited}.",
            spoken(&reference(job))
        ),
    };
    draft.say(sentence);
}

/// `activeDeadlineSeconds` is over: the deadline is the class, the pods tell what took so long.
fn beyond_deadline(
    case: &Case,
    job: &Value,
    end: &Value,
    pods: &[Value],
    causes: &[Finding],
) -> Finding {
    let owner = crate::dispatch::owner_of(case, job);
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
            "Job {} ran beyond its deadline of {seconds} s",
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
            draft.say(format!("Its pod did not get on: {} {cited}.", cause.title));
            if let Some(reason) = gone(case, cause) {
                let cited = draft.cite("state of that cause now", &reason);
                draft.say(format!("Another run can succeed: {reason} {cited}."));
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
/// missing. True where it exists by now.
fn refused_start(case: &Case, job: &Value, draft: &mut Draft) -> bool {
    let namespace = text(job, "/metadata/namespace");
    let prefix = format!("{}-", name(job));
    let events = case.events(&named("Pod", namespace, ""));
    let of_job =
        |e: &&Value| text(e, "/name").starts_with(&prefix) && text(e, "/type") == "Warning";
    let Some(event) = events.iter().rev().find(of_job) else {
        return false;
    };
    let said = text(event, "/message");
    let cited = draft.cite(format!("event {} of its pod", text(event, "/reason")), said);
    draft.say(format!("Its pod did not start: \"{said}\" {cited}."));
    let missing = [("configmap \"", "ConfigMap"), ("secret \"", "Secret")]
        .iter()
        .find_map(|(before, kind)| Some((*kind, failed_create::between(said, before, &['"'])?)));
    let Some((kind, wanted)) = missing else {
        return false;
    };
    if case.get(kind, namespace, wanted).is_none() {
        return false;
    }
    let reason = format!("{kind} {wanted} exists by now");
    let cited = draft.cite(format!("{kind} {namespace}/{wanted}"), &reason);
    draft
        .fact(facts::RETRYABLE, &reason)
        .say(format!("Another run can succeed: {reason} {cited}."));
    true
}

fn last_words(case: &Case, pods: &[Value], draft: &mut Draft) {
    let newest = pods
        .iter()
        .max_by_key(|p| text(p, "/metadata/creationTimestamp").to_owned());
    let Some(pod) = newest else {
        draft.unknown("what its pods did: they were deleted at the deadline");
        return;
    };
    for container in items(pod, "/spec/containers") {
        let log = case.logs(&reference(pod), text(container, "/name"), false);
        let Some(line) = log.lines().rev().find(|line| !line.trim().is_empty()) else {
            continue;
        };
        let cited = draft.cite(format!("log of {}", name(pod)), line);
        draft.say(format!(
            "The last line of its log is \"{}\" {cited}.",
            line.trim()
        ));
        return;
    }
}

/// The Job failed and the pods tell nothing, or are gone.
fn by_itself(case: &Case, job: &Value, pods: &[Value]) -> Finding {
    let owner = crate::dispatch::owner_of(case, job);
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
                "Its last container ended with exit code {code} {cited}."
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
        return Conclusion::Healthy(format!("{subject} is running, for {since} s so far"));
    }
    workload::starting(case, job, pods)
}

/// Words of a log line that tell of a disturbance that passes by itself.
const TRANSIENT: &[&str] = &[
    "i/o timeout",
    "connection reset by peer",
    "temporary failure",
    "etimedout",
    "tls handshake timeout",
    "too many requests",
    "service unavailable",
    "503",
    "deadlock",
    "try again",
];

/// Mark the Job as worth another run where its cause is evidently gone or transient.
fn retry(case: &Case, job: &Value, cause: &mut Finding) {
    let Some(reason) = gone(case, cause).or_else(|| transient(cause)) else {
        return;
    };
    let object = reference(job);
    amend(cause, |draft| {
        let cited = draft.cite("state of the cause now", &reason);
        draft.say(format!("Another run can succeed: {reason} {cited}."));
        draft.fact(facts::RETRYABLE, &reason);
    });
    if cause.object.kind == "Pod" {
        cause.object = object;
    }
}

/// The missing object, or the dependency's endpoints, exist by now.
fn gone(case: &Case, cause: &Finding) -> Option<String> {
    let shared = cause.shared.as_ref()?;
    let found = case.get(&shared.kind, &shared.namespace, &shared.name)?;
    match shared.kind.as_str() {
        "ConfigMap" | "Secret"
            if cause.class.starts_with("missing-") && !cause.class.contains("key") =>
        {
            Some(format!("{} exists by now", spoken(shared)))
        }
        "ServiceAccount" if cause.class == "service-account-missing" => {
            Some(format!("{} exists by now", spoken(shared)))
        }
        "Service" if cause.class == "dependency-unreachable" => {
            let ready =
                crate::routing::backend::ready_endpoints(case, &found).filter(|n| *n > 0)?;
            Some(format!(
                "{} has {ready} ready endpoints by now",
                spoken(shared)
            ))
        }
        "Node" => {
            condition_is(&found, "Ready", "True")?;
            Some(format!("{} is ready again", spoken(shared)))
        }
        _ => None,
    }
}

fn transient(cause: &Finding) -> Option<String> {
    let eligible = matches!(
        &*cause.class,
        "application-error" | "dependency-unreachable" | "job-failed"
    );
    let isolated = fact(cause, facts::CONTAINER).is_some() || cause.class == "job-failed";
    if !eligible || !isolated {
        return None;
    }
    let line = |e: &&Evidence| {
        let lower = e.excerpt.to_lowercase();
        e.source.contains("log") && TRANSIENT.iter().any(|word| lower.contains(word))
    };
    let quoted = cause.evidence.iter().find(line)?;
    Some(format!(
        "the log tells of a passing disturbance: \"{}\"",
        quoted.excerpt
    ))
}
