//! One container of a pod: at most one observation, by what explains most.

use super::{Container, ContainerStatus, Pod, Terminated};
use crate::count;
use crate::inventory::observation::{Scene, Sighting};
use crate::inventory::shape::Entry;
use crate::inventory::wire::Time;

/// A crash longer ago than this in a container that is ready since is history.
const HISTORY_SECONDS: i64 = 6 * 3600;
const CRASH_LOOP: &str = "CrashLoopBackOff";

/// What is wrong with a container.
pub(super) fn observe(scene: Scene<'_>, pod: &Pod, seen: &Container<'_>) -> Option<Sighting> {
    let status = seen.status?;
    if status.completed() {
        return None;
    }
    waits(pod, scene.entry, seen, status)
        .or_else(|| crashed(scene, seen, status))
        .or_else(|| loops(seen, status))
}

/// True for the waiting reasons that every start goes through.
pub(super) fn is_benign(reason: &str) -> bool {
    matches!(reason, "" | "ContainerCreating" | "PodInitializing")
}

/// A sidecar is an init container that keeps running.
fn runs_once(seen: &Container<'_>) -> bool {
    seen.init && &*seen.spec.restart_policy != "Always"
}

/// Waiting for something other than the end of a back-off after a crash.
fn waits(
    pod: &Pod,
    entry: &Entry,
    seen: &Container<'_>,
    status: &ContainerStatus,
) -> Option<Sighting> {
    let waiting = status.state.waiting.as_ref()?;
    if is_benign(&waiting.reason) || &*waiting.reason == CRASH_LOOP {
        return None;
    }
    // The kubelet shows the failed pull and the back-off after it in turn: one fact.
    let family = match &*waiting.reason {
        "ErrImagePull" | "ImagePullBackOff" => "ImagePullBackOff",
        other => other,
    };
    let message = format!(
        "{}{}",
        describe(seen, status, &waiting.reason),
        colon(&waiting.message)
    );
    let since = status.last_end().map_or(Time(None), |end| end.finished_at);
    Some(
        Sighting::new(&waiting.reason, message)
            .key(format!("{family}/{}", seen.spec.name))
            .since(since.or(pod.begin(entry)))
            .count(status.restart_count.unwrap_or(0)),
    )
}

/// Ended with an error, and either did so before or does not run.
fn crashed(scene: Scene<'_>, seen: &Container<'_>, status: &ContainerStatus) -> Option<Sighting> {
    let end = status.last_end()?;
    let oom = &*end.reason == "OOMKilled";
    let restarts = status.restart_count.unwrap_or(0);
    let runs = status.state.running.is_some();
    if (end.exit_code == Some(0) && !oom) || (restarts == 0 && runs) {
        return None;
    }
    let ago = scene.since(end.finished_at);
    if runs && status.ready && ago.is_some_and(|ago| ago > HISTORY_SECONDS) {
        return None;
    }
    let (reason, key) = if oom {
        ("OOMKilled", "OOMKilled")
    } else if runs_once(seen) {
        ("InitFailed", "InitFailed")
    } else if status.state.name_and_reason() == ("waiting", CRASH_LOOP) {
        (CRASH_LOOP, CRASH_LOOP)
    } else {
        ("ContainerFailed", CRASH_LOOP)
    };
    let message = format!(
        "{}{}",
        describe(seen, status, reason),
        colon(&last_words(end))
    );
    Some(
        Sighting::new(reason, message)
            .key(format!("{key}/{}", seen.spec.name))
            .since(end.finished_at)
            .count(restarts),
    )
}

/// Ends without an error, again and again.
fn loops(seen: &Container<'_>, status: &ContainerStatus) -> Option<Sighting> {
    let waiting = status
        .state
        .waiting
        .as_ref()
        .filter(|w| &*w.reason == CRASH_LOOP)?;
    let message = format!(
        "{}{}",
        describe(seen, status, CRASH_LOOP),
        colon(&waiting.message)
    );
    let since = status.last_end().map_or(Time(None), |end| end.finished_at);
    Some(
        Sighting::new(CRASH_LOOP, message)
            .key(format!("{CRASH_LOOP}/{}", seen.spec.name))
            .since(since)
            .count(status.restart_count.unwrap_or(0)),
    )
}

/// `container app: OOMKilled, restarted 3 times, last exit code 137 (OOMKilled)`.
fn describe(seen: &Container<'_>, status: &ContainerStatus, reason: &str) -> String {
    let kind = match (seen.init, runs_once(seen)) {
        (true, true) => "init container",
        (true, false) => "sidecar",
        _ => "container",
    };
    let mut text = format!("{kind} {}: {reason}", seen.spec.name);
    if let Some(restarts) = status.restart_count.filter(|r| *r > 0) {
        text = format!("{text}, {}", count(restarts, "restart"));
    }
    match status.last_end() {
        Some(end) => format!("{text}, last {}", exit(end)),
        None => text,
    }
}

/// `exit code 1 (Error)`.
pub(super) fn exit(end: &Terminated) -> String {
    let code = end
        .exit_code
        .map_or_else(|| "unknown".to_owned(), |code| code.to_string());
    if end.reason.is_empty() {
        format!("exit code {code}")
    } else {
        format!("exit code {code} ({})", end.reason)
    }
}

/// The last line of a termination message.
fn last_words(end: &Terminated) -> String {
    end.message
        .lines()
        .last()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn colon(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    }
}
