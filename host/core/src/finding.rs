//! Causes with their evidence.

use serde::{Deserialize, Serialize};

use crate::object::ObjectRef;
use crate::severity::Severity;
use crate::sources;

/// Class of a finding that names no cause.
pub const UNDETERMINED: &str = "undetermined";

/// A quoted fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Short id, unique in the finding, such as `e1`.
    pub id: String,
    /// Where it was read: a field path, an event, a log line.
    pub source: String,
    /// The text as it was read, trimmed.
    pub excerpt: String,
}

/// A fact that a fix plugin can use without reading it from prose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Name, such as `container`.
    pub key: String,
    /// Value.
    pub value: String,
}

/// A cause with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Failure class, such as `image-not-found`.
    pub class: String,
    /// One line for people.
    pub title: String,
    /// Sentences that name the discriminating facts and cite evidence as `[e1]`.
    pub cause: String,
    /// 0 to 100.
    pub confidence: u8,
    /// How bad it is.
    pub severity: Severity,
    /// The object that fails, or that causes the failure.
    pub object: ObjectRef,
    /// The root owner of `object`.
    pub owner: ObjectRef,
    /// Evidence, in the order of its ids.
    pub evidence: Vec<Evidence>,
    /// What stays unknown, or what a person should check next.
    pub unknown: Vec<String>,
    /// Claims that cite no evidence.
    #[serde(default)]
    pub unsupported: Vec<String>,
    /// Facts for fix plugins.
    #[serde(default)]
    pub facts: Vec<Fact>,
    /// Other objects that fail for the same cause.
    #[serde(default)]
    pub victims: Vec<ObjectRef>,
    /// The cause that other incidents may share.
    #[serde(default)]
    pub shared: Option<ObjectRef>,
}

impl Finding {
    /// True where nobody found the cause.
    pub fn is_undetermined(&self) -> bool {
        self.class == UNDETERMINED
    }

    /// What changed before it broke, where that is known.
    pub fn change(&self) -> Option<&Evidence> {
        self.evidence
            .iter()
            .find(|e| e.source == sources::TEMPLATES)
    }

    /// True where both say the same in everything but words: class, objects and facts.
    pub fn is_same_cause(&self, other: &Finding) -> bool {
        self.class == other.class
            && self.object == other.object
            && self.owner == other.owner
            && self.facts == other.facts
            && self.victims == other.victims
            && self.shared == other.shared
    }
}

/// What an analysis concludes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conclusion {
    /// Causes, the most confident first.
    Findings(Vec<Finding>),
    /// Nothing is broken now, and how the plugin knows.
    Healthy(String),
}
