//! A container whose process cannot be started at all.

use k8shawk_sdk::analysis::{Finding, Severity};
use k8shawk_sdk::facts;
use k8shawk_sdk::shorten;

use super::container::Container;
use super::log::Log;
use super::subject::Subject;
use crate::json::{items, text};

/// What a runtime or a shell says, in lower case, with the class and what it means. The first
/// row that matches wins.
const TEXTS: &[(&str, &str, &str)] = &[
    (
        "exec format error",
        "image-wrong-architecture",
        "the program is not built for the node's architecture (or a script has no #! line)",
    ),
    (
        "chdir to cwd",
        "bad-working-directory",
        "its working directory cannot be entered",
    ),
    (
        "mkdir /",
        "bad-working-directory",
        "its working directory cannot be created",
    ),
    (
        "executable file not found in $path",
        "command-not-found",
        "its command is not in the image's $PATH",
    ),
    (
        "no command specified",
        "command-not-found",
        "neither the pod nor the image names a command",
    ),
    (
        "is a directory",
        "command-not-executable",
        "its command is a directory",
    ),
    (
        "permission denied",
        "command-not-executable",
        "its command exists but is not executable",
    ),
    (
        "unable to find user",
        "user-not-found",
        "the user it should run as does not exist in the image",
    ),
    (
        "unable to find group",
        "user-not-found",
        "the group it should run as does not exist in the image",
    ),
    (
        "seccomp",
        "security-profile-missing",
        "its seccomp profile is not on the node",
    ),
    (
        "apparmor",
        "security-profile-missing",
        "its AppArmor profile is not on the node",
    ),
    (
        "onto a file (or vice-versa)",
        "volume-mount-failed",
        "a file would be mounted over a directory, or a directory over a file",
    ),
    (
        "not a directory",
        "volume-mount-failed",
        "a mount path is not a directory",
    ),
    (
        "error mounting",
        "volume-mount-failed",
        "a volume cannot be mounted into the container",
    ),
    (
        "read-only file system",
        "volume-mount-failed",
        "a mount point cannot be created on a read-only file system",
    ),
    (
        "no such file or directory",
        "command-not-found",
        "its command does not exist in the image",
    ),
    (
        "command not found",
        "command-not-found",
        "its command does not exist in the image",
    ),
    (
        "not found",
        "command-not-found",
        "its command does not exist in the image",
    ),
];

/// Reasons of a container that the runtime could not start.
const REASONS: &[&str] = &[
    "StartError",
    "ContainerCannotRun",
    "RunContainerError",
    "CreateContainerError",
];

/// Why this container's process could not be started.
pub fn diagnose(subject: &Subject, container: &Container) -> Option<Finding> {
    let exit = container.exit();
    let reason = container.waiting();
    let refused = REASONS.contains(&reason) || exit.is_some_and(|e| REASONS.contains(&e.reason));
    let shell = exit.is_some_and(|e| matches!(e.code, 126 | 127) && e.reason != "OOMKilled");
    let log = Log::of(subject, container);
    // Where the runtime reaches its exec call and that fails, only the log says so.
    let handed = exit
        .and(log.last())
        .filter(|line| line.starts_with("exec "));
    if !refused && !shell && handed.is_none() {
        return None;
    }
    let mut told = exit.map_or("", |e| e.message).to_owned();
    if REASONS.contains(&reason) {
        told = format!("{} {told}", container.waiting_message());
    }
    let line = handed
        .cloned()
        .or_else(|| shell.then(|| log.last_with(SHELL)).flatten());
    if let Some(line) = &line {
        told = format!("{told} {line}");
    }
    let (class, meaning) = class(&told, exit.map_or(128, |e| e.code));
    let mut draft = subject.draft(class, Severity::High);
    let mut cited = String::new();
    if REASONS.contains(&reason) {
        cited.push_str(&container.cite_waiting(&mut draft));
    }
    if let Some(exit) = &exit {
        cited.push_str(&container.cite_exit(&mut draft, exit));
    }
    let code = exit.map_or(String::new(), |e| format!(" (exit code {})", e.code));
    draft
        .title(format!(
            "{} of pod {} does not start: {meaning}",
            container.called(),
            subject.object.name
        ))
        .say(format!(
            "The {} of pod {} (image \"{}\") does not start{code}: {meaning} {cited}.",
            container.called(),
            subject.object.name,
            container.image()
        ))
        .fact(facts::CONTAINER, container.name())
        .confidence(if told.trim().is_empty() { 70 } else { 93 });
    if let Some(words) = runtimes_words(&told).filter(|_| line.is_none()) {
        draft.say(format!("The runtime says: {words} {cited}."));
    }
    if let Some(line) = &line {
        let cited = draft.cite(log.source(container), line);
        draft.say(format!("Its log says \"{line}\" {cited}."));
    }
    let detail = detail(container, class, &told);
    if !detail.is_empty() {
        let cited = draft.cite(format!("spec of container {}", container.name()), &detail);
        draft.say(format!("{} {cited}.", detail.trim_end_matches('.')));
    }
    Some(draft.finish())
}

/// What the runtime writes around its own reason, the innermost first.
const AROUND: &[&str] = &[
    "error during container init: ",
    "starting container process caused: ",
    "unable to start container process: ",
    "OCI runtime create failed: ",
    "failed to create containerd task: ",
];

/// Longest reason of the runtime that is quoted, in characters.
const WORDS: usize = 200;

/// The runtime's own reason, without what it wraps around it.
fn runtimes_words(told: &str) -> Option<String> {
    let inner = AROUND.iter().find_map(|before| told.rsplit_once(before));
    let words = inner.map(|(_, words)| words.trim())?;
    let short = shorten(words, WORDS).into_owned();
    (!short.is_empty()).then_some(short)
}

const SHELL: &[&str] = &[
    "not found",
    "no such file",
    "permission denied",
    "exec format error",
    "is a directory",
];

fn class(told: &str, code: i64) -> (&'static str, &'static str) {
    let lower = told.to_ascii_lowercase();
    match TEXTS.iter().find(|(needle, ..)| lower.contains(needle)) {
        Some((_, class, meaning)) => (class, meaning),
        None if code == 126 => (
            "command-not-executable",
            "its command exists but cannot be executed",
        ),
        None if code == 127 => (
            "command-not-found",
            "a command that it calls does not exist in the image",
        ),
        None => (
            "container-start-failed",
            "the container runtime refuses to start it",
        ),
    }
}

/// The command, the working directory or the mount that the class is about.
fn detail(container: &Container, class: &str, told: &str) -> String {
    let command = words(container, "/command");
    let args = words(container, "/args");
    match class {
        "bad-working-directory" => match text(container.spec, "/workingDir") {
            "" => "The working directory is the image's default.".to_owned(),
            dir => format!("Its workingDir is \"{dir}\"."),
        },
        "volume-mount-failed" => {
            let paths: Vec<&str> = items(container.spec, "/volumeMounts")
                .iter()
                .map(|m| text(m, "/mountPath"))
                .filter(|path| told.contains(path))
                .collect();
            match paths.is_empty() {
                true => String::new(),
                false => format!("The mount path is {}.", paths.join(", ")),
            }
        }
        _ if !command.is_empty() => format!(
            "Its command is {command}{}.",
            if args.is_empty() {
                String::new()
            } else {
                format!(" with args {args}")
            }
        ),
        _ if !args.is_empty() => format!("It runs the image's entrypoint with args {args}."),
        _ => "It runs the image's entrypoint and command.".to_owned(),
    }
}

fn words(container: &Container, pointer: &str) -> String {
    match items(container.spec, pointer) {
        [] => String::new(),
        words => {
            let shown = serde_json::to_string(words).unwrap_or_default();
            shorten(&shown, 160).into_owned()
        }
    }
}
