//! The finding that a plugin is given.

use std::collections::BTreeMap;

use k8shawk_core::ObjectRef;
use k8shawk_core::finding::{Evidence, Fact, Finding};
use k8shawk_core::severity::Severity;
use serde::Deserialize;

use super::object::Object;

/// As it stands in a case.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    class: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    cause: String,
    /// 90 where none.
    #[serde(default)]
    confidence: Option<u8>,
    /// Of the incident where none.
    #[serde(default)]
    severity: Option<Severity>,
    /// Of the incident where none.
    #[serde(default)]
    object: Option<Object>,
    /// Of the incident where none.
    #[serde(default)]
    owner: Option<Object>,
    #[serde(default)]
    evidence: Vec<Quoted>,
    #[serde(default)]
    unknown: Vec<String>,
    #[serde(default)]
    facts: BTreeMap<String, String>,
    #[serde(default)]
    victims: Vec<Object>,
    #[serde(default)]
    shared: Option<Object>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quoted {
    source: String,
    excerpt: String,
}

/// What a finding is about where it does not say so itself.
pub(super) struct About {
    /// What fails.
    pub(super) object: ObjectRef,
    /// Its root owner.
    pub(super) owner: ObjectRef,
    /// How bad it is.
    pub(super) severity: Severity,
}

impl Given {
    /// One that says its class alone.
    pub(super) fn of(class: &str) -> Given {
        Given {
            class: class.to_owned(),
            ..Given::default()
        }
    }

    /// What it is about, where it says so.
    pub(super) fn object(&self) -> Option<ObjectRef> {
        self.object.clone().map(ObjectRef::from)
    }

    /// The finding. Evidence is `e1`, `e2`, ... in its order.
    ///
    /// # Errors
    /// A sentence with the key and what may stand there.
    pub(super) fn finding(self, about: Option<About>) -> Result<Finding, String> {
        let confidence = self.confidence.unwrap_or(90);
        if confidence > 100 {
            return Err("key \"finding.confidence\": must be 0 to 100".to_owned());
        }
        let named = self.object.map(ObjectRef::from);
        let about = match (named, about) {
            (Some(object), Some(about)) => About { object, ..about },
            (Some(object), None) => About {
                owner: object.clone(),
                object,
                severity: Severity::High,
            },
            (None, Some(about)) => about,
            (None, None) => return Err("key \"finding\": missing field `object`".to_owned()),
        };
        Ok(Finding {
            class: self.class,
            title: self.title,
            cause: self.cause,
            confidence,
            severity: self.severity.unwrap_or(about.severity),
            object: about.object,
            owner: self.owner.map_or(about.owner, ObjectRef::from),
            evidence: quoted(self.evidence),
            unknown: self.unknown,
            unsupported: Vec::new(),
            facts: facts(self.facts),
            victims: self.victims.into_iter().map(ObjectRef::from).collect(),
            shared: self.shared.map(ObjectRef::from),
        })
    }
}

fn quoted(given: Vec<Quoted>) -> Vec<Evidence> {
    let numbered = given.into_iter().enumerate();
    let evidence = numbered.map(|(at, quoted)| Evidence {
        id: format!("e{}", at + 1),
        source: quoted.source,
        excerpt: quoted.excerpt,
    });
    evidence.collect()
}

fn facts(given: BTreeMap<String, String>) -> Vec<Fact> {
    let facts = given.into_iter();
    facts.map(|(key, value)| Fact { key, value }).collect()
}
