//! The one guard before every read that a plugin or the model causes.
//!
//! A reader of the cluster demands a [`Permit`]; only [`Guard::permit`] makes one, from a
//! [`Grant`]. So the check cannot be forgotten: the code would not compile.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::describe::Described;
use crate::grant::{Grant, Scope, Verb};
use crate::kinds;
use crate::object::is_name;

/// Most lines of a log that one read returns.
pub const MAX_LOG_LINES: u32 = 200;

/// One read that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Read {
    /// One object.
    Get {
        /// Kind.
        kind: String,
        /// Namespace, empty for a cluster-scoped kind.
        namespace: String,
        /// Name.
        name: String,
    },
    /// Objects of a kind.
    List {
        /// Kind.
        kind: String,
        /// Namespace, empty for all.
        namespace: String,
        /// Label selector of equalities, empty for every object.
        selector: String,
    },
    /// One object and its events as text.
    Describe {
        /// Kind.
        kind: String,
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
    },
    /// Lines of a container.
    Logs {
        /// Namespace.
        namespace: String,
        /// Pod.
        pod: String,
        /// Container.
        container: String,
        /// The run before the present one.
        previous: bool,
        /// At most this many lines, from the end.
        lines: u32,
    },
    /// Usage of a pod's containers.
    Top {
        /// Namespace.
        namespace: String,
        /// Pod, empty for every pod of the namespace.
        pod: String,
    },
    /// What manages one object, and which object owns it: see [`Owned`](crate::owners::Owned), as
    /// JSON text.
    Owners {
        /// Kind.
        kind: String,
        /// Namespace, empty for a cluster-scoped kind.
        namespace: String,
        /// Name.
        name: String,
    },
    /// Events of an object.
    Events {
        /// Kind.
        kind: String,
        /// Namespace.
        namespace: String,
        /// Name, empty for every object of the kind.
        name: String,
    },
}

/// Why a read is refused; for the record, never for the plugin that asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The arguments do not parse: a fault of the caller that may be told.
    #[error("{0}")]
    Invalid(String),
    /// No `[[allow]]` of the grant covers it.
    #[error("the grant does not allow `{verb} {kind}` in {scope}")]
    Denied {
        /// Verb that was asked for.
        verb: &'static str,
        /// Kind that was asked for.
        kind: String,
        /// Namespace or scope that was asked for.
        scope: String,
    },
}

/// Why a permitted read gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
pub enum ReadError {
    /// The cluster refuses it (RBAC).
    #[error("the cluster refuses the read")]
    Denied,
    /// There is no such object.
    #[error("not found")]
    NotFound,
    /// The cluster does not serve it, as usage where nothing measures it: do without.
    #[error("{0}")]
    Unavailable(String),
    /// The cluster did not answer, or is overloaded: nothing may be concluded before it was asked
    /// again.
    #[error("{0}")]
    Later(String),
}

/// Usage of one container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Pod.
    pub pod: String,
    /// Container.
    pub container: String,
    /// CPU in thousandths of a core.
    pub cpu_milli: u64,
    /// Memory in bytes.
    pub memory_bytes: u64,
}

/// What a read returns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// JSON text (get, list, events) or plain text (logs).
    Text(String),
    /// An object and its events (describe).
    Described(Box<Described>),
    /// Usage (top).
    Usage(Vec<Usage>),
}

impl Answer {
    /// At most about how much memory it takes where it goes to, bytes.
    pub fn size(&self) -> usize {
        match self {
            Answer::Text(text) => text.len(),
            Answer::Described(described) => described.size(),
            Answer::Usage(usage) => usage
                .iter()
                .map(|u| u.pod.len() + u.container.len() + size_of::<Usage>())
                .sum(),
        }
    }
}

/// Authority for one read: not `Clone`, not `Deserialize`, consumed by the reader.
#[derive(Debug)]
pub struct Permit {
    read: Read,
}

impl Permit {
    /// What may be read; the permit stays.
    pub fn read(&self) -> &Read {
        &self.read
    }

    /// What may be read.
    pub fn into_read(self) -> Read {
        self.read
    }
}

/// The answer of a reader, later.
pub type Reading<'a> = Pin<Box<dyn Future<Output = Result<Answer, ReadError>> + Send + 'a>>;

/// A source of cluster state: a live cluster, a snapshot of one, or a recorded bundle.
pub trait Reader: Send + Sync {
    /// Read what the permit is for. Secrets come without their values.
    fn read(&self, permit: Permit) -> Reading<'_>;
}

/// The check that makes permits.
#[derive(Debug, Clone)]
pub struct Guard {
    grant: Arc<Grant>,
}

impl Guard {
    /// A guard that enforces one grant.
    pub fn new(grant: Arc<Grant>) -> Self {
        Guard { grant }
    }

    /// Check one read.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] where an argument does not parse, [`Refusal::Denied`] where the
    /// grant does not cover it. Neither depends on whether the object exists.
    pub fn permit(&self, read: Read) -> Result<Permit, Refusal> {
        let (verb, kind, namespace) = read.coordinates();
        let known = kinds::kind(kind).ok_or_else(|| {
            Refusal::Invalid(format!("kind {kind:?} is not one that can be read"))
        })?;
        read.check_names()?;
        let scope = match (known.namespaced, namespace) {
            (false, _) => Scope::Cluster,
            (true, "") => Scope::AllNamespaces,
            (true, namespace) => Scope::Namespace(namespace),
        };
        if scope == Scope::AllNamespaces && !read.may_span_namespaces() {
            return Err(Refusal::Invalid(format!(
                "{} {kind} needs a namespace",
                verb.as_str()
            )));
        }
        if self.grant.allows(verb, kind, scope) {
            // What was granted is the cluster scope: with a namespace that was named beside it,
            // as for events, a reader would look into that namespace.
            let read = match scope {
                Scope::Cluster => read.without_namespace(),
                Scope::AllNamespaces | Scope::Namespace(_) => read,
            };
            return Ok(Permit { read });
        }
        Err(Refusal::Denied {
            verb: verb.as_str(),
            kind: kind.to_owned(),
            scope: match scope {
                Scope::Cluster => "the cluster scope".to_owned(),
                Scope::AllNamespaces => "all namespaces".to_owned(),
                Scope::Namespace(n) => format!("namespace {n}"),
            },
        })
    }
}

impl Read {
    /// The verb of the read, and the kind that it is about.
    pub fn verb_and_kind(&self) -> (Verb, &str) {
        let (verb, kind, _) = self.coordinates();
        (verb, kind)
    }

    fn coordinates(&self) -> (Verb, &str, &str) {
        match self {
            Read::Get {
                kind, namespace, ..
            }
            | Read::Owners {
                kind, namespace, ..
            } => (Verb::Get, kind, namespace),
            Read::List {
                kind, namespace, ..
            } => (Verb::List, kind, namespace),
            Read::Describe {
                kind, namespace, ..
            } => (Verb::Describe, kind, namespace),
            Read::Logs { namespace, .. } => (Verb::Logs, "Pod", namespace),
            Read::Top { namespace, .. } => (Verb::Top, "Pod", namespace),
            Read::Events {
                kind, namespace, ..
            } => (Verb::Events, kind, namespace),
        }
    }

    fn without_namespace(mut self) -> Read {
        match &mut self {
            Read::Get { namespace, .. }
            | Read::Owners { namespace, .. }
            | Read::List { namespace, .. }
            | Read::Describe { namespace, .. }
            | Read::Logs { namespace, .. }
            | Read::Top { namespace, .. }
            | Read::Events { namespace, .. } => namespace.clear(),
        }
        self
    }

    fn may_span_namespaces(&self) -> bool {
        match self {
            Read::List { .. } => true,
            Read::Events { name, .. } => name.is_empty(),
            _ => false,
        }
    }

    /// Names become parts of a URL: nothing but what Kubernetes itself allows gets through.
    fn check_names(&self) -> Result<(), Refusal> {
        let names: [&str; 3] = match self {
            Read::Get {
                namespace, name, ..
            }
            | Read::Owners {
                namespace, name, ..
            }
            | Read::Describe {
                namespace, name, ..
            } => {
                if name.is_empty() {
                    return Err(Refusal::Invalid("a name is needed".to_owned()));
                }
                [namespace, name, ""]
            }
            Read::Events {
                namespace, name, ..
            } => [namespace, name, ""],
            Read::List { namespace, .. } => [namespace, "", ""],
            Read::Logs {
                namespace,
                pod,
                container,
                ..
            } => [namespace, pod, container],
            Read::Top { namespace, pod } => [namespace, pod, ""],
        };
        match names.iter().find(|n| !is_name(n)) {
            Some(bad) => Err(Refusal::Invalid(format!(
                "{bad:?} is not a Kubernetes name"
            ))),
            None => self.check_selector(),
        }
    }

    fn check_selector(&self) -> Result<(), Refusal> {
        let Read::List { selector, .. } = self else {
            return Ok(());
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,".contains(c);
        if selector.chars().all(plain) {
            Ok(())
        } else {
            Err(Refusal::Invalid(format!(
                "{selector:?} is not a selector of equalities"
            )))
        }
    }
}

#[cfg(test)]
mod tests;
