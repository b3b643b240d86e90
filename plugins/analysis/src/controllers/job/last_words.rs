//! The last line that a Job's newest pod logged.

use serde_json::Value;

use crate::case::Case;
use crate::finding::Draft;
use crate::json::{items, name, reference, text};

/// Quote it, or say that no pod is left.
pub fn last_words(case: &Case, pods: &[Value], draft: &mut Draft) {
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
