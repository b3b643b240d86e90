//! One finding that an analysis must come to.

use std::collections::BTreeMap;

use k8shawk_core::finding::Finding;
use k8shawk_core::severity::Severity;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::author::cases::difference::Differences;
use crate::cli::author::cases::object::Object;

/// As it stands in a case; what it does not name may be anything.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    /// A part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    /// A part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<Object>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Object>,
    /// Each is a part of one piece of evidence, `source: excerpt`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    evidence: Vec<String>,
    /// Each is a part of one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
    /// Hints for the fix plugins, each with its value; there may be more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    facts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    victims: Option<Vec<Object>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<Object>,
}

impl Expected {
    pub(super) fn compare(&self, key: &str, found: &Finding, into: &mut Differences) {
        let of = |name: &str| format!("{key}.{name}");
        into.equal(&of("class"), self.class.as_ref(), &found.class);
        into.has(&of("title"), self.title.as_ref(), &found.title);
        into.has(&of("cause"), self.cause.as_ref(), &found.cause);
        into.equal(
            &of("confidence"),
            self.confidence.as_ref(),
            &found.confidence,
        );
        into.equal(&of("severity"), self.severity.as_ref(), &found.severity);
        into.equal(
            &of("object"),
            self.object.as_ref(),
            &Object::of(&found.object),
        );
        into.equal(&of("owner"), self.owner.as_ref(), &Object::of(&found.owner));
        into.some_have(&of("evidence"), &self.evidence, &evidence(found));
        into.some_have(&of("unknown"), &self.unknown, &found.unknown);
        for (name, value) in &self.facts {
            let fact = found.facts.iter().find(|fact| fact.key == *name);
            let got = fact.map(|fact| fact.value.clone());
            into.equal(
                &of(&format!("facts.{name}")),
                Some(&Some(value.clone())),
                &got,
            );
        }
        let victims: Vec<Object> = found.victims.iter().map(Object::of).collect();
        into.equal(&of("victims"), self.victims.as_ref(), &victims);
        let shared = self.shared.clone().map(Some);
        into.equal(
            &of("shared"),
            shared.as_ref(),
            &found.shared.as_ref().map(Object::of),
        );
    }
}

/// A finding in the form of a case.
pub(super) fn answer(found: &Finding) -> Value {
    let facts = found.facts.iter();
    let facts: BTreeMap<&str, &str> = facts.map(|f| (f.key.as_str(), f.value.as_str())).collect();
    json!({
        "class": found.class,
        "title": found.title,
        "cause": found.cause,
        "confidence": found.confidence,
        "severity": found.severity,
        "object": Object::of(&found.object),
        "owner": Object::of(&found.owner),
        "evidence": evidence(found),
        "facts": facts,
    })
}

fn evidence(found: &Finding) -> Vec<String> {
    let all = found.evidence.iter();
    all.map(|e| format!("{}: {}", e.source, e.excerpt))
        .collect()
}
