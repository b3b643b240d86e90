//! `k8shawk explain`: what a failure class means, what tells it from its neighbours, and how people
//! fix it.

use clap::ValueEnum;
use k8shawk_core::classes::{self, Class, TOPICS};
use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;

use super::{Explain, Misuse};
use crate::services::terminal::Terminal;

/// How to print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    /// For people, on a terminal.
    #[default]
    Text,
    /// The chapter of the book.
    Markdown,
}

/// Most names that are offered where the one that was typed is unknown.
const OFFERED: usize = 5;
/// From which similarity of their letters on a name is offered, of 1.
const SIMILAR: f64 = 0.6;
/// How many are offered where no name is similar: the nearest anyway.
const NEAREST: usize = 3;
/// Fewest letters of a word that says something.
const SHORTEST: usize = 3;

/// One class, or a list of all.
///
/// # Errors
/// [`Misuse`] with near names where there is no such class.
pub fn explain(arguments: &Explain) -> anyhow::Result<bool> {
    let terminal = Terminal::stdout();
    match (&arguments.class, arguments.output) {
        (Some(name), _) => match (classes::named(&name.to_lowercase()), classes::behind(name)) {
            (Some(class), _) => one(&terminal, class),
            (None, Some((word, of))) => word_of_kubernetes(&terminal, word, &of),
            (None, None) => return Err(unknown(name).into()),
        },
        (None, ExplainFormat::Text) => list(&terminal),
        (None, ExplainFormat::Markdown) => terminal.print(&book()),
    }
    Ok(true)
}

fn one(terminal: &Terminal, class: &Class) {
    terminal.print(&terminal.bold(&class.name.into()));
    let parts = [
        ("what", class.means),
        ("tell by", class.apart),
        ("fix by", class.people),
    ];
    for (label, text) in parts {
        terminal.labelled(label, &text.into());
    }
    let proposes = match class.fix {
        "none" => "proposes no fix for it, and names the next check".into(),
        fix => redacted!("may propose, where the evidence makes it safe: {}", fix),
    };
    terminal.labelled("k8shawk", &proposes);
}

/// What kubectl shows is no cause yet: the classes that it can be, a line each; where it can be one
/// alone, that class.
fn word_of_kubernetes(terminal: &Terminal, word: &'static str, classes: &[&Class]) {
    if let [class] = classes {
        terminal.print(&redacted!("{} is the class {}:", word, class.name));
        return one(terminal, class);
    }
    terminal.print(&redacted!(
        "{} is what Kubernetes shows; the cause is one of these classes:",
        terminal.bold(&word.into())
    ));
    for class in classes {
        let name = terminal.bold(&class.name.into());
        terminal.paragraph(2, &redacted!("{}: {}", name, class.means));
    }
    terminal.print(&"k8shawk explain CLASS: how to recognize it, and how people fix it".into());
}

fn list(terminal: &Terminal) {
    for topic in TOPICS {
        terminal.print(&terminal.bold(&topic.title.into()));
        for class in topic.classes {
            terminal.print(&redacted!("  {}", class.name));
            terminal.paragraph(4, &class.means.into());
        }
    }
    terminal.print(
        &"\nk8shawk explain CLASS: what tells it from its neighbours, and how people fix it".into(),
    );
}

/// Names of classes, and words of Kubernetes, near the one that was typed, the nearest first: because the class or its text has a word
/// that begins so, as `OOMKilled` of `out-of-memory` begins with `oom`, or by its letters.
fn near(typed: &str) -> Vec<&'static str> {
    let typed = typed.to_lowercase();
    let words: Vec<&str> = split(&typed)
        .filter(|word| word.len() >= SHORTEST)
        .collect();
    let says = |text: &str| {
        let text = text.to_lowercase();
        let begins = |word: &&str| split(&text).any(|other| other.starts_with(word));
        words.iter().any(begins)
    };
    let letters = |name: &str| strsim::normalized_damerau_levenshtein(&typed, &name.to_lowercase());
    let likeness = |class: &Class| {
        let letters = letters(class.name);
        match (says(class.name), says(class.means) || says(class.apart)) {
            (true, _) => 2.0 + letters,
            (_, true) => 1.0 + letters,
            _ => letters,
        }
    };
    let of_classes = classes::all().map(|class| (likeness(class), class.name));
    let of_words = classes::said().map(|word| (letters(word), word));
    let mut found: Vec<(f64, &str)> = of_classes.chain(of_words).collect();
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    let similar = found
        .iter()
        .filter(|(likeness, _)| *likeness >= SIMILAR)
        .count();
    let names = found.into_iter().map(|(_, name)| name);
    names.take(similar.clamp(NEAREST, OFFERED)).collect()
}

/// The words of a text.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

fn unknown(typed: &str) -> Misuse {
    Misuse(format!(
        "there is no failure class {typed:?}; nearest: {}; `k8shawk explain` lists all",
        near(typed).join(", ")
    ))
}

/// What stands before the table in the book.
const BEFORE: &str = "# Failure classes

These are the classes that the shipped analysis names; `k8shawk explain CLASS` prints the same. A fix
is proposed only where the evidence makes its values safe; otherwise the incident has no safe fix and
names the next check. \"rollout-undo\" stands for: where the Deployment has an earlier revision that
ran, and what changed since can be the cause. It can be proposed for classes that say \"none\" here
too, where that holds; it is never proposed for causes outside the workload, such as a node, a
webhook or a dependency. A pod of a StatefulSet that has an old revision and is not ready may get
delete-pod, whatever its class.

A finding that fits no pattern has the class `undetermined` and quotes the strongest facts.
";

/// What stands after it.
const AFTER: &str = "
## What is no incident

A rollout in progress, completed pods, a pod in its grace period, a failed probe without a restart, a
claim that waits for its first consumer, a Service without selector, an old restart of a healthy pod,
suspended Jobs, workloads scaled to zero. The `harmless-*` folders of `tests/faults` hold these on a
real cluster.";

/// The chapter of the book.
fn book() -> Redacted {
    let mut text = Redacted::from(BEFORE);
    for topic in TOPICS {
        text.push(&redacted!("\n## {}\n", topic.title));
        for class in topic.classes {
            text.push(&redacted!(
                "\n### `{}`\n\n{}\n\n- **How to recognize it**: {}\n- **How people fix it**: {}\n- **What K8sHawk may propose**: {}\n",
                class.name,
                class.means,
                class.apart,
                class.people,
                class.fix
            ));
        }
    }
    text.push(&AFTER.into());
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rstest::rstest;

    use super::*;

    #[test]
    fn the_book_says_what_the_command_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/classes.md");
        let written = std::fs::read_to_string(path).unwrap();
        let same = written.trim_end() == book().as_str().trim_end();
        assert!(
            same,
            "write it again: k8shawk explain -o markdown > docs/src/classes.md"
        );
    }

    #[rstest]
    #[case("out-of-memry", "out-of-memory")]
    #[case("OOMKilled", "out-of-memory")]
    #[case("oom-kiled", "out-of-memory")]
    #[case("hpa", "hpa-at-max")]
    #[case("ErrImageNeverPull", "image-never-pull")]
    #[case("CreateContainerConfigError", "missing-configmap")]
    #[case("quota", "quota-exceeded")]
    fn near_names_are_offered_for_what_people_type(#[case] typed: &str, #[case] class: &str) {
        assert!(near(typed).contains(&class), "{:?}", near(typed));
        assert!(unknown(typed).to_string().contains(class));
    }

    #[test]
    fn what_is_like_nothing_gets_the_nearest_names_and_is_told_where_all_are() {
        let told = unknown("zzzz").to_string();
        assert!(told.contains("`k8shawk explain` lists all"), "{told}");
        assert_eq!(near("zzzz").len(), NEAREST);
        assert_eq!(near("CrashLopBackOf").first(), Some(&"CrashLoopBackOff"));
    }
}
