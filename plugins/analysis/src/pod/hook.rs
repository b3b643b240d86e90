//! A postStart hook that fails, and a run cut short by its own deadline.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::facts;
use serde_json::Value;

use super::container::Container;
use super::subject::{Subject, cite_event};
use crate::json::text;

/// Whether a postStart hook keeps this container from running.
pub fn diagnose(subject: &Subject, container: &Container) -> Option<Finding> {
    let waiting = matches!(
        container.stuck(),
        Some("PostStartHookError" | "PreStartHookError")
    );
    let hook = container.spec.pointer("/lifecycle/postStart");
    let event = subject.event(&["FailedPostStartHook"]).filter(|e| {
        hook.is_some()
            && (subject.containers().len() == 1 || e.message.contains(container.name()) || waiting)
    });
    if !waiting && event.is_none() {
        return None;
    }
    let mut draft = subject.draft("post-start-hook-failed", Severity::High);
    let mut cited = String::new();
    if waiting {
        cited.push_str(&container.cite_waiting(&mut draft));
    }
    if let Some(event) = event {
        cited.push_str(&cite_event(&mut draft, event));
    }
    draft
        .title(format!("The postStart hook of {} in pod {} fails", container.called(), subject.object.name))
        .say(format!("The kubelet kills {} of pod {} because its postStart hook fails, not because the process itself does {cited}.", container.called(), subject.object.name))
        .fact(facts::CONTAINER, container.name())
        .confidence(93);
    if let Some(hook) = hook {
        let cited = draft.cite(
            format!("spec.containers[{}].lifecycle.postStart", container.name()),
            hook.to_string(),
        );
        draft.say(format!("The hook {} {cited}.", does(hook)));
    }
    Some(draft.finish())
}

/// What a hook does, in words.
fn does(hook: &Value) -> String {
    let command = hook.pointer("/exec/command").map(Value::to_string);
    let request = hook.pointer("/httpGet").map(|get| {
        let port = get.get("port").map(Value::to_string).unwrap_or_default();
        format!("calls {} on port {port}", text(get, "/path"))
    });
    match (command, request) {
        (Some(command), _) => format!("runs {command}"),
        (None, Some(request)) => request,
        (None, None) => format!("is {hook}"),
    }
}
