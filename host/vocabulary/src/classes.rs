//! Failure classes: those that the shipped analysis names, what each means, and how a class is read.

mod configuration;
mod deletion;
mod images;
mod places;
mod refused;
mod routing;
mod running;
mod said;
mod unknown;
mod volumes;
mod workloads;

use std::sync::LazyLock;

pub use said::{behind, said};

/// A failure class, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: &'static str,
    /// What is wrong, in a sentence.
    pub means: &'static str,
    /// What tells it from the classes near it.
    pub apart: &'static str,
    /// How people fix it.
    pub people: &'static str,
    /// Which fixes may be proposed, by their names; `none` where none is.
    pub fix: &'static str,
}

/// Classes of one topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// Its heading.
    pub title: &'static str,
    /// The classes, those near each other together.
    pub classes: &'static [Class],
}

/// No fix of the catalogue fits.
const NONE: &str = "none";
/// Where an earlier revision ran.
const ROLLBACK: &str = "rollout-undo";
const ROLLBACK_OR_IMAGE: &str = "rollout-undo, set-image";
const ROLLBACK_OR_RESOURCES: &str = "set-resources, rollout-undo";
/// Where an earlier revision ran, or one existing name is near.
const REFERENCE: &str = "rollout-undo, patch-reference";

/// Every class that the shipped analysis can give, by topic.
pub const TOPICS: &[Topic] = &[
    topic("Images", images::CLASSES),
    topic("Starting and running", running::CLASSES),
    topic("Configuration", configuration::CLASSES),
    topic("Places and nodes", places::CLASSES),
    topic("Volumes", volumes::CLASSES),
    topic("Refused by the API server", refused::CLASSES),
    topic("Workloads", workloads::CLASSES),
    topic("Routing and scaling", routing::CLASSES),
    topic("Deletion", deletion::CLASSES),
    topic("What fits no pattern", unknown::CLASSES),
];

const fn topic(title: &'static str, classes: &'static [Class]) -> Topic {
    Topic { title, classes }
}

static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| all().map(|class| class.name).collect());

/// Every class, in the order of the topics.
pub fn all() -> impl Iterator<Item = &'static Class> {
    TOPICS.iter().flat_map(|topic| topic.classes)
}

/// The names of every class.
pub fn names() -> &'static [&'static str] {
    &NAMES
}

/// The class of a name.
pub fn named(name: &str) -> Option<&'static Class> {
    all().find(|class| class.name == name)
}

/// True where `class` contains the words of `part`, whole and consecutive: `node-pressure` is part
/// of `evicted-node-pressure`, and neither `node` of `nodeport-taken` nor `evict` of `evicted`.
pub fn says(class: &str, part: &str) -> bool {
    let (class, part): (Vec<&str>, Vec<&str>) =
        (class.split('-').collect(), part.split('-').collect());
    class.windows(part.len()).any(|words| words == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_class_is_whole_words_in_a_row() {
        assert!(says("evicted-node-pressure", "node-pressure"));
        assert!(says("webhook-down", "webhook-down"));
        assert!(!says("evicted-node-pressure", "evict"));
        assert!(!says("evicted-node-pressure", "evicted-pressure"));
        assert!(!says("node", "node-pressure"));
    }

    #[test]
    fn no_class_is_listed_twice() {
        let mut all = names().to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), names().len());
    }

    #[test]
    fn every_class_says_all_of_it_in_sentences() {
        for class in all() {
            for text in [class.means, class.apart, class.people] {
                let sentence = text.len() > 15 && text.ends_with(['.', ')']);
                assert!(sentence, "{}: {text:?}", class.name);
            }
            assert!(!class.fix.is_empty(), "{}", class.name);
        }
    }

    #[test]
    fn a_text_names_no_class_that_is_not_listed() {
        let known = names();
        let topics = |word: &str| {
            known
                .iter()
                .any(|class| class.split('-').next() == word.split('-').next())
        };
        for class in all() {
            let words = class
                .apart
                .split(|c: char| !(c.is_ascii_lowercase() || c == '-'));
            for word in words.filter(|w| w.matches('-').count() >= 2) {
                assert!(
                    !topics(word) || known.contains(&word),
                    "{}: {word}",
                    class.name
                );
            }
        }
    }
}
