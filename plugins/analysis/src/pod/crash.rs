//! A container that starts and then fails by itself.

mod heap;
mod words;

use k8shawk_sdk::analysis::{Finding, Severity};

use self::words::{EXPIRED, HEAP, telling};

use super::container::{Container, Exit};
use super::exit::{self, ended};
use super::log::Log;
use super::subject::{Subject, cite_event, spell};
use super::{dependency, rbac, setting};
use crate::finding::Draft;

/// Why this container's process ends by itself.
pub fn diagnose(subject: &Subject, container: &Container) -> Option<Finding> {
    let exit = container.exit()?;
    let log = Log::of(subject, container);
    if let Some(line) = log.last_with(HEAP) {
        return Some(heap::diagnose(subject, container, &exit, &log, &line));
    }
    if let Some(line) = log.last_with(EXPIRED) {
        return Some(expired(subject, container, &exit, &log, &line));
    }
    if let Some(found) = rbac::diagnose(subject, container, &exit, &log) {
        return Some(found);
    }
    if let Some(found) = dependency::diagnose(subject, container, &exit, &log) {
        return Some(found);
    }
    Some(application(subject, container, &exit, &log))
}

fn application(subject: &Subject, container: &Container, exit: &Exit, log: &Log) -> Finding {
    let telling = telling(log);
    let class = match &telling {
        Some((line, _))
            if setting::volume_of(subject, container, line).is_some()
                && line.to_ascii_lowercase().contains("no space left") =>
        {
            "volume-full"
        }
        _ => "application-error",
    };
    let mut draft = subject.draft(class, Severity::High);
    ended(subject, container, exit, &mut draft);
    match telling {
        Some((line, meaning)) => {
            let cited = draft.cite(log.source(container), &line);
            draft.title(format!(
                "{} of pod {} fails: {line}",
                container.called(),
                subject.object.name
            ));
            draft.say(format!("Its log ends with \"{line}\": {meaning} {cited}."));
            draft.confidence(85);
            let setting = setting::named(subject, container, &line);
            if !setting.is_empty() {
                let cited = draft.cite(format!("spec of container {}", container.name()), &setting);
                draft.say(format!("{} {cited}.", setting.trim_end_matches('.')));
            }
            if class == "volume-full" {
                setting::full(subject, container, &line, &mut draft);
            }
        }
        None => silent(subject, container, exit, log, &mut draft),
    }
    if let Some(event) = subject.event(&["BackOff"]) {
        let cited = cite_event(&mut draft, event);
        draft.say(format!(
            "The kubelet backs off before each restart {cited}."
        ));
    }
    draft.finish()
}

/// A container that ends without a word that we know.
fn silent(subject: &Subject, container: &Container, exit: &Exit, log: &Log, draft: &mut Draft) {
    let ran = super::subject::between(exit.started, exit.finished).map(|s| spell(s.max(0)));
    let ran = ran.map_or(String::new(), |s| format!(" after {s}"));
    let case = subject.case;
    let unread = log.last().is_none() && case.log_was_refused(&subject.object, container.name());
    let (meaning, confidence) = match exit.code {
        0 => (
            "its process exits without an error, but this container is supposed to keep running",
            80,
        ),
        137 => (
            "it got SIGKILL, and neither its status nor an event says why",
            45,
        ),
        139 => ("segmentation fault", 75),
        143 => ("it got SIGTERM, and no event says why", 45),
        _ if unread => ("its log could not be read", 45),
        _ => ("its log matches no known cause", 55),
    };
    draft.title(format!(
        "{} of pod {} terminates with exit code {}",
        container.called(),
        subject.object.name,
        exit.code
    ));
    draft
        .say(format!("It exited{ran}: {meaning}."))
        .confidence(confidence);
    match log.last() {
        Some(line) => {
            let cited = draft.cite(log.source(container), line);
            draft.say(format!("The last line of its log is \"{line}\" {cited}."));
        }
        // That it could not be read is said of every finding.
        None if unread => {}
        None => {
            draft.unknown(format!(
                "The {} wrote no log: run its command by hand, or check the files it writes.",
                container.called()
            ));
        }
    }
}

fn expired(
    subject: &Subject,
    container: &Container,
    exit: &Exit,
    log: &Log,
    line: &str,
) -> Finding {
    let (mut draft, cited) =
        exit::draft(subject, container, exit, log, "certificate-expired", line);
    draft
        .title(format!(
            "{} of pod {} hits an expired certificate",
            container.called(),
            subject.object.name
        ))
        .say(format!("Its log says \"{line}\" {cited}."))
        .confidence(85);
    match setting::expired_secret(subject) {
        Some((name, date)) => {
            let cited = draft.cite(format!("Secret {name} tls.notAfter"), &date);
            draft.say(format!(
                "The TLS Secret \"{name}\" in namespace {} expired on {date} {cited}.",
                subject.namespace()
            ));
            draft.shared(super::container::shared(
                "Secret",
                subject.namespace(),
                &name,
            ));
        }
        None => {
            draft.unknown(
                "Which certificate: no readable TLS Secret in this namespace has \
                           expired; it belongs to the remote side, or to a Secret that K8sHawk has \
                           no permission to read.",
            );
        }
    }
    draft.finish()
}
