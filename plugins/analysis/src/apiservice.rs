//! An aggregated API that does not answer.

use k8shawk_sdk::analysis::{Conclusion, Severity};
use serde_json::Value;

use crate::case::Case;
use crate::finding::Draft;
use crate::json::{condition, name, reference, text};
use crate::routing::backend::{self, Backend};

/// Explain an incident about an APIService.
pub fn diagnose(case: &Case, api: &Value) -> Conclusion {
    let available = condition(api, "Available").filter(|c| text(c, "/status") != "True");
    let Some(condition) = available else {
        return Conclusion::Healthy(format!("APIService {} is available", name(api)));
    };
    let subject = reference(api);
    let mut draft = Draft::new(
        "apiservice-unavailable",
        Severity::High,
        subject.clone(),
        subject.clone(),
    );
    let (reason, said) = (text(condition, "/reason"), text(condition, "/message"));
    let cited = draft.cite("status.conditions[Available]", format!("{reason}: {said}"));
    draft
        .title(format!("APIService {} is not available", name(api)))
        .confidence(85)
        .shared(subject)
        .say(format!(
            "APIService {} is not available ({reason}): \"{said}\" {cited}.",
            name(api)
        ));
    let (namespace, service) = (
        text(api, "/spec/service/namespace"),
        text(api, "/spec/service/name"),
    );
    if !service.is_empty() {
        let state = backend::state(case, namespace, service);
        let spoken = state.spoken(namespace, service);
        let cited = draft.cite(format!("Service {namespace}/{service}"), &spoken);
        draft.say(format!("Its backend: {spoken} {cited}."));
        if state.is_down() {
            draft.confidence(95);
        }
        if let Backend::Down(_, Some(cause)) = &state {
            let cited = draft.cite(
                format!("cause of the backend ({})", cause.class),
                &cause.cause,
            );
            draft.say(format!(
                "Cause at the backend: {}: {} {cited}.",
                cause.class, cause.title
            ));
            draft.shared(cause.owner.clone());
        }
    }
    draft.say(
        "Until it answers, API discovery fails: namespace deletions can hang and clients get \
         errors.",
    );
    Conclusion::Findings(vec![draft.finish()])
}

/// APIServices that are not available now, as `name (reason)`.
pub fn unavailable(case: &Case) -> Vec<(String, String)> {
    case.list("APIService", "")
        .iter()
        .filter_map(|api| {
            let bad = condition(api, "Available").filter(|c| text(c, "/status") == "False")?;
            Some((name(api).to_owned(), text(bad, "/reason").to_owned()))
        })
        .collect()
}
