//! How a container ended, in a sentence.

use k8shawk_sdk::analysis::Severity;
use k8shawk_sdk::count;
use k8shawk_sdk::facts;

use super::container::{Container, Exit, Role};
use super::log::Log;
use super::subject::Subject;
use crate::finding::Draft;

/// The first sentence of a cause that lies in the process: who ended how.
pub fn ended(subject: &Subject, container: &Container, exit: &Exit, draft: &mut Draft) {
    let cited = container.cite_exit(draft, exit);
    let often = match container.restarts() {
        0 => String::new(),
        n => format!(" after {}", count(n, "restart")),
    };
    draft.say(format!(
        "The {} of pod {} terminated with exit code {}{}{often} {cited}.",
        container.called(),
        subject.object.name,
        exit.code,
        manner(exit)
    ));
    draft.fact(facts::CONTAINER, container.name());
    if container.role == Role::Init {
        draft.say("It is an init container, so the pod's other containers never start.");
    }
}

/// The signal behind an exit code, or `Completed` as the kubelet calls a good end.
fn manner(exit: &Exit) -> &'static str {
    match exit.code {
        0 => " (Completed)",
        134 => " (SIGABRT)",
        137 => " (SIGKILL)",
        139 => " (SIGSEGV)",
        143 => " (SIGTERM)",
        _ => "",
    }
}

/// A finding of this class on a process that ended, with the `line` of its log that says why, and the
/// citation of that line.
pub fn draft(
    subject: &Subject,
    container: &Container,
    exit: &Exit,
    log: &Log,
    class: &str,
    line: &str,
) -> (Draft, String) {
    let mut draft = subject.draft(class, Severity::High);
    ended(subject, container, exit, &mut draft);
    let cited = draft.cite(log.source(container), line);
    (draft, cited)
}
