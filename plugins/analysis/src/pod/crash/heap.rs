//! A process that uses up the heap that its own runtime allows.

use k8shawk_sdk::analysis::Finding;
use k8shawk_sdk::facts;
use serde_json::Value;

use super::super::container::{Container, Exit};
use super::super::exit;
use super::super::log::Log;
use super::super::subject::Subject;
use crate::json::{items, text};

/// How runtimes are told the bound of their heap.
const SETTINGS: &[&str] = &[
    "-Xmx",
    "-XX:MaxRAMPercentage",
    "-XX:MaxHeapSize",
    "--max-old-space-size",
    "--max_old_space_size",
    "GOMEMLIMIT",
    "memory_limit",
];

/// The finding on a container whose log says so in `line`.
pub fn diagnose(
    subject: &Subject,
    container: &Container,
    exit: &Exit,
    log: &Log,
    line: &str,
) -> Finding {
    let (mut draft, cited) = exit::draft(subject, container, exit, log, "heap-exhausted", line);
    let limit = match container.resource("limits", "memory") {
        "" => "no memory limit".to_owned(),
        limit => format!("a memory limit of {limit}"),
    };
    draft
        .title(format!(
            "{} of pod {} runs out of heap",
            container.called(),
            subject.object.name
        ))
        .say(format!(
            "Its log says \"{line}\" {cited}: the process reached its heap limit, and the \
                      container has {limit}. Raise the runtime's heap setting (-Xmx, \
                      --max-old-space-size) together with the memory limit."
        ))
        .confidence(90);
    if let Some((place, setting)) = setting(container) {
        let cited = draft.cite(
            format!("spec of container {}", container.name()),
            format!("{place}: {setting}"),
        );
        draft.say(format!(
            "The heap limit is set by {setting} in its {place} {cited}."
        ));
    }
    if let Some(bytes) = k8shawk_sdk::quantity::units(container.resource("limits", "memory")) {
        draft.fact(
            facts::SUGGESTED_MEMORY,
            crate::pod::memory::next_memory(bytes),
        );
    }
    draft.finish()
}

/// The word that sets the bound, and where it stands.
fn setting<'p>(container: &Container<'p>) -> Option<(String, &'p str)> {
    let word = |text: &'p str| {
        let mut words = text.split(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | ';'));
        words.find(|word| SETTINGS.iter().any(|s| word.starts_with(s)))
    };
    let variable = items(container.spec, "/env").iter().find_map(|v| {
        let (name, value) = (text(v, "/name"), text(v, "/value"));
        let by_name = SETTINGS.contains(&name).then_some(value);
        Some((format!("variable {name}"), word(value).or(by_name)?))
    });
    let argument = ["command", "args"].into_iter().find_map(|field| {
        let list = items(container.spec, &format!("/{field}"));
        let found = list.iter().filter_map(Value::as_str).find_map(word)?;
        Some((field.to_owned(), found))
    });
    variable.or(argument)
}
