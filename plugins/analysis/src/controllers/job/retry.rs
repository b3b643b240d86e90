//! Whether a failed Job is worth another run.

use k8shawk_sdk::analysis::{Evidence, Finding};
use k8shawk_sdk::count;
use k8shawk_sdk::facts;
use serde_json::Value;

use crate::case::Case;
use crate::controllers::failure::amend;
use crate::finding::fact;
use crate::json::{condition_is, reference, spoken};

/// Words of a log line that tell of a disturbance that passes by itself.
const TRANSIENT: &[&str] = &[
    "i/o timeout",
    "connection reset by peer",
    "temporary failure",
    "etimedout",
    "tls handshake timeout",
    "too many requests",
    "service unavailable",
    "503 ",
    "deadlock",
    "try again",
];

/// Mark the Job as worth another run where its cause is evidently gone or transient.
pub fn mark(case: &Case, job: &Value, cause: &mut Finding) {
    let Some(reason) = gone(case, cause).or_else(|| transient(cause)) else {
        return;
    };
    let object = reference(job);
    amend(cause, |draft| {
        let cited = draft.cite("state of the cause now", &reason);
        draft.say(format!("A retry can succeed: {reason} {cited}."));
        draft.fact(facts::RETRYABLE, &reason);
    });
    if cause.object.kind == "Pod" {
        cause.object = object;
    }
}

/// The missing object, or the dependency's endpoints, exist now.
pub fn gone(case: &Case, cause: &Finding) -> Option<String> {
    let shared = cause.shared.as_ref()?;
    let found = case.get(&shared.kind, &shared.namespace, &shared.name)?;
    match shared.kind.as_str() {
        "ConfigMap" | "Secret"
            if cause.class.starts_with("missing-") && !cause.class.contains("key") =>
        {
            Some(format!("{} exists now", spoken(shared)))
        }
        "ServiceAccount" if cause.class == "service-account-missing" => {
            Some(format!("{} exists now", spoken(shared)))
        }
        "Service" if cause.class == "dependency-unreachable" => {
            let ready =
                crate::routing::backend::ready_endpoints(case, &found).filter(|n| *n > 0)?;
            Some(format!(
                "{} has {} now",
                spoken(shared),
                count(ready, "ready endpoint")
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
        "the log shows a transient error: \"{}\"",
        quoted.excerpt
    ))
}
