//! Probes that kill a healthy process, and probes that never pass.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::facts;
use k8shawk_sdk::{count, shorten};

use super::container::{Container, Role};
use super::log::Log;
use super::probed::{Probe, explain};
use super::subject::{Subject, cite_event, mentions, spell};
use super::{backend, cpu};
use crate::finding::Draft;
use crate::json::{condition, items, text};

/// Seconds in which a probe may fail without being a fault.
const GRACE: i64 = 60;

/// Seconds that a start may take under its startup probe without being a fault.
const SLOW_START: i64 = 300;

/// Exit codes of a process that was told to end: it obeyed, or got SIGKILL or SIGTERM.
const TOLD_TO_END: &[i64] = &[0, 137, 143];

/// Whether a liveness or startup probe kills this container.
pub fn diagnose_kills(subject: &Subject, container: &Container) -> Option<Finding> {
    let exit = container.exit()?;
    let killed = |kind: &str| {
        let words = format!("{kind} probe");
        subject.newest(|reason, message| {
            reason == "Killing"
                && message.to_ascii_lowercase().contains(&words)
                && message.contains(container.name())
        })
    };
    let (kind, killing) = match (killed("startup"), killed("liveness")) {
        (Some(event), _) => ("startup", Some(event)),
        (None, Some(event)) => ("liveness", Some(event)),
        _ => {
            let kind = ["startup", "liveness"].into_iter().find(|kind| {
                Probe::of(container, kind).is_some() && unhealthy(subject, kind).is_some()
            });
            let silent =
                Probe::of(container, "liveness").is_some() && matches!(exit.code, 137 | 143);
            (kind.or(silent.then_some("liveness"))?, None)
        }
    };
    // An exit with an error code of its own is the application's, unless the kubelet said so.
    if killing.is_none() && !TOLD_TO_END.contains(&exit.code) {
        return None;
    }
    let probe = Probe::of(container, kind)?;
    let answer = unhealthy(subject, kind);
    if let Some(found) = cpu::diagnose(subject, container, &probe, answer) {
        return Some(found);
    }
    let class = if kind == "startup" {
        "startup-probe-kills"
    } else {
        "liveness-probe-kills"
    };
    let mut draft = subject.draft(class, Severity::High);
    let mut cited = container.cite_exit(&mut draft, &exit);
    if let Some(killing) = killing {
        cited.push_str(&cite_event(&mut draft, killing));
    }
    let got = got(&mut draft, answer);
    let spec = draft.cite(probe.path(), probe.describe());
    draft
        .title(format!("The {kind} probe kills {} of pod {}", container.called(), subject.object.name))
        .say(format!("The kubelet kills {} of pod {} because its {kind} probe fails; its last run ended with exit code {} after {}, not for memory {cited}.", container.called(), subject.object.name, exit.code, count(container.restarts(), "restart")))
        .say(format!("The probe is {} {spec}.", probe.describe()))
        .say(got)
        .say(explain(container, &probe, answer.map_or("", |e| &e.message)))
        .say(listening(subject, container, &mut Vec::new()))
        .fact(facts::CONTAINER, container.name())
        .confidence(match (killing.is_some(), answer.is_some()) {
            (true, _) => 95,
            (false, true) => 85,
            (false, false) => 55,
        });
    if answer.is_none() {
        draft.unknown("The probe's result: its event has expired.");
    }
    Some(draft.finish())
}

/// Whether a container runs without ever becoming ready.
pub fn diagnose_readiness(subject: &Subject) -> Option<Finding> {
    if subject.phase() != "Running" || backend::serves(subject.pod) {
        return None;
    }
    let waits = |c: &Container| c.running() && !c.ready() && c.role != Role::Init;
    let slow = |c: &Container| subject.since(c.running_since()).is_none_or(|s| s >= GRACE);
    for container in subject.containers().iter().filter(|c| waits(c) && slow(c)) {
        let starting = Probe::of(container, "startup").filter(|_| !container.started());
        if let Some(probe) = starting.or_else(|| Probe::of(container, "readiness")) {
            // A startup probe that still has time is no fault, within reason.
            let window = if probe.kind == "startup" {
                probe.window().min(SLOW_START)
            } else {
                0
            };
            let ran = subject.since(container.running_since()).unwrap_or(i64::MAX);
            return (ran >= window).then(|| never_passes(subject, container, &probe));
        }
    }
    gates(subject)
}

fn never_passes(subject: &Subject, container: &Container, probe: &Probe) -> Finding {
    let answer = unhealthy(subject, probe.kind);
    if let Some(found) = cpu::diagnose(subject, container, probe, answer) {
        return found;
    }
    let mut draft = subject.draft("readiness-never-passes", Severity::High);
    let cited = draft.cite(format!("{}.ready", container.path()), "false");
    let got = got(&mut draft, answer);
    let spec = draft.cite(probe.path(), probe.describe());
    let long = subject
        .since(container.running_since())
        .map_or(String::new(), |s| format!(" for {}", spell(s)));
    draft
        .title(format!(
            "The {} probe of {} in pod {} fails",
            probe.kind,
            container.called(),
            subject.object.name
        ))
        .say(format!(
            "The {} of pod {} has been running{long} but is not ready: its {} probe fails {cited}.",
            container.called(),
            subject.object.name,
            probe.kind
        ))
        .say(format!("The probe is {} {spec}.", probe.describe()))
        .say(got)
        .say(explain(container, probe, answer.map_or("", |e| &e.message)))
        .fact(facts::CONTAINER, container.name())
        .confidence(if answer.is_some() { 92 } else { 70 });
    let mut lines = Vec::new();
    let said = listening(subject, container, &mut lines);
    if let Some(line) = lines.first() {
        let cited = draft.cite(format!("log of {}", container.name()), line);
        draft.say(format!("{said} {cited}"));
    }
    if answer.is_none() {
        draft.unknown("The probe's result: its event has expired.");
    }
    draft.finish()
}

/// The newest failure of this kind of probe.
fn unhealthy<'s>(subject: &'s Subject, kind: &str) -> Option<&'s EventRow> {
    let words = format!("{kind} probe");
    subject.newest(|reason, message| {
        matches!(reason, "Unhealthy" | "ProbeWarning" | "ProbeError")
            && mentions(message, &[&words])
    })
}

/// Longest answer of a probe that is quoted, in characters.
const ANSWER: usize = 200;

/// What the probe got, in the kubelet's words.
fn got(draft: &mut Draft, answer: Option<&EventRow>) -> String {
    let Some(event) = answer else {
        return String::new();
    };
    let cited = cite_event(draft, event);
    let message = event.message.as_str();
    let words = message
        .split_once("probe failed: ")
        .map_or(message, |(_, words)| words);
    let line = words.lines().next().unwrap_or_default().replace('"', "'");
    let short = shorten(line.trim(), ANSWER);
    format!("It got \"{short}\" {cited}.")
}

/// What the process says that it listens on.
fn listening(subject: &Subject, container: &Container, lines: &mut Vec<String>) -> String {
    let log = Log::of(subject, container);
    match log.last_with(&[
        "listening on",
        "listening at",
        "listening at:",
        "running on http",
        "started server on",
        "serving on",
        "listen on",
    ]) {
        Some(line) => {
            let said = format!("Its log says \"{line}\".");
            lines.push(line);
            said
        }
        None => String::new(),
    }
}

/// A readiness gate that nothing sets.
fn gates(subject: &Subject) -> Option<Finding> {
    let settled =
        condition(subject.pod, "ContainersReady").filter(|c| text(c, "/status") == "True")?;
    let since = subject
        .since(text(settled, "/lastTransitionTime"))
        .unwrap_or(i64::MAX);
    let gate = items(subject.pod, "/spec/readinessGates")
        .iter()
        .map(|g| text(g, "/conditionType"))
        .find(|g| condition(subject.pod, g).is_none_or(|c| text(c, "/status") != "True"))?;
    if since < GRACE {
        return None;
    }
    let mut draft: Draft = subject.draft("readiness-never-passes", Severity::Medium);
    let state = condition(subject.pod, gate)
        .map_or_else(|| "not set".to_owned(), |c| text(c, "/status").to_owned());
    let cited = draft.cite("spec.readinessGates", format!("{gate}: {state}"));
    draft
        .title(format!(
            "Pod {} waits for its readiness gate {gate}",
            subject.object.name
        ))
        .say(format!(
            "All containers of pod {} are ready, but its readiness gate \"{gate}\" is \
                      {state} {cited}: its controller has not set this condition.",
            subject.object.name
        ))
        .confidence(90);
    Some(draft.finish())
}
