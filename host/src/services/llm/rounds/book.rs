//! The evidence of a conversation, and which reads gave it.

use std::collections::BTreeSet;

use k8shawk_core::ObjectRef;
use k8shawk_core::guard::Read;
use k8shawk_core::kinds;
use k8shawk_core::llm::{Case, Noted, ToolRecord, next_id, patterns_evidence};

use super::Plan;

/// Evidence by id, and the objects that the model has been shown.
pub(super) struct Book {
    pub notes: Vec<Noted>,
    pub seen: Vec<ObjectRef>,
    ids: BTreeSet<String>,
    reads: Vec<Made>,
}

/// A read that was made.
struct Made {
    read: Read,
    id: String,
    /// Why it gave nothing.
    failed: Option<String>,
}

impl Book {
    pub fn new(case: &Case<'_>, seen: Vec<ObjectRef>) -> Book {
        let notes = patterns_evidence(case);
        let ids = notes.iter().map(|n| n.id.clone()).collect();
        Book {
            notes,
            seen,
            ids,
            reads: Vec::new(),
        }
    }

    /// Read it, or point at the evidence that the same read gave before.
    pub fn plan(&mut self, call: String, name: &'static str, read: Read) -> Plan {
        if let Some(earlier) = self.reads.iter().find(|made| made.read == read) {
            let (text, known) = match &earlier.failed {
                Some(why) => (format!("You have asked for that: {why}."), None),
                None => {
                    let text = format!("You have read that: see [{}].", earlier.id);
                    (text, Some(earlier.id.clone()))
                }
            };
            return Plan {
                known,
                ..Plan::told(call, name, text)
            };
        }
        let id = next_id(&self.ids);
        self.ids.insert(id.clone());
        self.reads.push(Made {
            read: read.clone(),
            id: id.clone(),
            failed: None,
        });
        Plan {
            object: object(&read),
            read: Some(read),
            pending: true,
            known: Some(id),
            ..Plan::told(call, name, String::new())
        }
    }

    /// A read that gave nothing is no evidence, and is not made again.
    pub fn failed(&mut self, id: Option<&str>, why: &str) {
        let made = self
            .reads
            .iter_mut()
            .find(|made| Some(made.id.as_str()) == id);
        if let Some(made) = made {
            made.failed = Some(why.to_owned());
        }
    }

    pub fn note(&mut self, id: &str, record: &ToolRecord, object: Option<ObjectRef>) {
        if let Ok(text) = &record.answer {
            self.notes.push(Noted {
                id: id.to_owned(),
                source: format!("kubectl {}", record.read),
                text: text.clone(),
            });
        }
        self.seen.extend(object.filter(|_| record.found));
    }
}

/// The one object that a read is about.
fn object(read: &Read) -> Option<ObjectRef> {
    let (kind, namespace, name) = match read {
        Read::Get {
            kind,
            namespace,
            name,
        }
        | Read::Describe {
            kind,
            namespace,
            name,
        } => (kind.as_str(), namespace, name),
        Read::Logs { namespace, pod, .. } => ("Pod", namespace, pod),
        _ => return None,
    };
    let known = kinds::kind(kind)?;
    Some(ObjectRef::of(known.kind, namespace, name))
}
