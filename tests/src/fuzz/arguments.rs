//! The arguments of a read: what the grant does not cover is refused, and what passes is a name.
//!
//! An input is the text of a grant, a zero byte, the word of a read, and its arguments, each after a
//! zero byte.

use std::sync::Arc;

use k8shawk_core::grant::{Grant, Scope};
use k8shawk_core::guard::{Guard, MAX_LOG_LINES, Read, Refusal};
use k8shawk_core::kinds;

use super::shown;

pub(super) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.split('\0');
    let grant = parts.next().unwrap_or_default();
    let Ok(grant) = Grant::parse(grant) else {
        return;
    };
    let grant = Arc::new(grant);
    let guard = Guard::new(grant.clone());
    let (word, arguments) = (parts.next(), parts.collect::<Vec<_>>());
    let Some(read) = word.and_then(|word| read(word, &arguments)) else {
        return;
    };
    match guard.permit(read.clone()) {
        Ok(permit) => {
            assert!(is_covered(&grant, &read), "{read:?} is not granted");
            is_what_was_asked(permit.read(), &read);
            is_permitted(&grant, permit.read());
        }
        Err(Refusal::Denied { .. }) => assert!(!is_covered(&grant, &read), "{read:?} is granted"),
        Err(Refusal::Invalid(why)) => shown::is_line(&why),
    }
}

fn read(word: &str, arguments: &[&str]) -> Option<Read> {
    let at = |n: usize| arguments.get(n).copied().unwrap_or_default().to_owned();
    let (kind, namespace, name) = (at(0), at(1), at(2));
    Some(match word {
        "get" => Read::Get {
            kind,
            namespace,
            name,
        },
        "list" => Read::List {
            kind,
            namespace,
            selector: name,
        },
        "describe" => Read::Describe {
            kind,
            namespace,
            name,
        },
        "logs" => Read::Logs {
            namespace: kind,
            pod: namespace,
            container: name,
            previous: !at(3).is_empty(),
            lines: MAX_LOG_LINES,
        },
        "top" => Read::Top {
            namespace: kind,
            pod: namespace,
        },
        "owners" => Read::Owners {
            kind,
            namespace,
            name,
        },
        "events" => Read::Events {
            kind,
            namespace,
            name,
        },
        _ => return None,
    })
}

/// A read that was let through is one that the grant covers, with names that are names.
pub(super) fn is_permitted(grant: &Grant, read: &Read) {
    assert!(is_covered(grant, read), "{read:?} is not granted");
    are_parts_of_a_url(read);
}

/// Kind, namespace and what else there is.
fn parts(read: &Read) -> (&str, &str, [&str; 2]) {
    match read {
        Read::Get {
            kind,
            namespace,
            name,
        }
        | Read::Owners {
            kind,
            namespace,
            name,
        }
        | Read::Describe {
            kind,
            namespace,
            name,
        }
        | Read::Events {
            kind,
            namespace,
            name,
        } => (kind, namespace, [name, ""]),
        Read::List {
            kind,
            namespace,
            selector,
        } => (kind, namespace, [selector, ""]),
        Read::Logs {
            namespace,
            pod,
            container,
            ..
        } => ("Pod", namespace, [pod, container]),
        Read::Top { namespace, pod } => ("Pod", namespace, [pod, ""]),
    }
}

/// Whether the grant covers all that such a read shows.
fn is_covered(grant: &Grant, read: &Read) -> bool {
    let (kind, namespace, _) = parts(read);
    let (verb, _) = read.verb_and_kind();
    let scope = match kinds::kind(kind).map(|kind| kind.namespaced) {
        None => return false,
        Some(false) => Scope::Cluster,
        Some(true) if namespace.is_empty() => Scope::AllNamespaces,
        Some(true) => Scope::Namespace(namespace),
    };
    grant.allows(verb, kind, scope)
}

/// A permit is for the read that was asked for; a kind without a namespace has none.
fn is_what_was_asked(permitted: &Read, asked: &Read) {
    let ((kind, namespace, names), was) = (parts(permitted), parts(asked));
    assert_eq!((kind, names), (was.0, was.2));
    let namespaced = kinds::kind(kind).is_some_and(|kind| kind.namespaced);
    let expected = if namespaced { was.1 } else { "" };
    assert_eq!(namespace, expected);
}

/// No other segment, query or host can be made of it.
fn are_parts_of_a_url(read: &Read) {
    let (_, namespace, names) = parts(read);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    let is_segment = |text: &str| text.chars().all(plain) && text != "." && !text.contains("..");
    assert!(is_segment(namespace), "{namespace:?}");
    match read {
        Read::List { selector, .. } => {
            let harmless = |c| plain(c) || "/=,".contains(c);
            assert!(selector.chars().all(harmless), "{selector:?}");
        }
        _ => assert!(names.into_iter().all(is_segment), "{names:?}"),
    }
}
