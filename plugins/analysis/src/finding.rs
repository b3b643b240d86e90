//! Building a finding whose every claim cites its evidence.

use k8shawk_sdk::analysis::{Evidence, Fact, Finding, ObjectRef, Severity};
use k8shawk_sdk::facts;
use k8shawk_sdk::shorten;

use crate::near;

/// Longest excerpt kept, in characters.
const EXCERPT: usize = 400;

/// A finding under construction.
pub struct Draft {
    finding: Finding,
}

impl Draft {
    /// Start a finding on `object`, whose root owner is `owner`.
    pub fn new(class: &str, severity: Severity, object: ObjectRef, owner: ObjectRef) -> Self {
        Draft {
            finding: Finding {
                class: class.to_owned(),
                title: String::new(),
                cause: String::new(),
                confidence: 50,
                severity,
                object,
                owner,
                evidence: Vec::new(),
                unknown: Vec::new(),
                facts: Vec::new(),
                victims: Vec::new(),
                shared: None,
            },
        }
    }

    /// Go on with a finding that another module made.
    pub fn resume(finding: Finding) -> Self {
        Draft { finding }
    }

    /// Quote a fact; returns its id in brackets, such as `[e1]`, for use in the cause.
    pub fn cite(&mut self, source: impl Into<String>, excerpt: impl AsRef<str>) -> String {
        let id = format!("e{}", self.finding.evidence.len() + 1);
        let cited = format!("[{id}]");
        self.finding.evidence.push(Evidence {
            id,
            source: source.into(),
            excerpt: trimmed(excerpt.as_ref()),
        });
        cited
    }

    /// One line for people.
    pub fn title(&mut self, title: impl Into<String>) -> &mut Self {
        self.finding.title = title.into();
        self
    }

    /// Add a sentence to the cause; an empty one adds nothing.
    pub fn say(&mut self, sentence: impl AsRef<str>) -> &mut Self {
        if sentence.as_ref().is_empty() {
            return self;
        }
        if !self.finding.cause.is_empty() {
            self.finding.cause.push(' ');
        }
        self.finding.cause.push_str(sentence.as_ref());
        self
    }

    /// 0 to 100.
    pub fn confidence(&mut self, percent: u8) -> &mut Self {
        self.finding.confidence = percent.min(100);
        self
    }

    /// What stays unknown, or what a person should check next.
    pub fn unknown(&mut self, what: impl Into<String>) -> &mut Self {
        self.finding.unknown.push(what.into());
        self
    }

    /// A fact for the fix plugins; names are in `k8shawk_sdk::facts`.
    pub fn fact(&mut self, key: &str, value: impl Into<String>) -> &mut Self {
        self.finding.facts.push(Fact {
            key: key.to_owned(),
            value: value.into(),
        });
        self
    }

    /// The facts for a fix where an object that is named does not exist, and `wanted` is a slip of
    /// exactly one of the existing `names`.
    pub fn slip<'n>(
        &mut self,
        kind: &str,
        wanted: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> &mut Self {
        if let Some(near) = near::slip(wanted, names) {
            self.fact(facts::MISSING_KIND, kind)
                .fact(facts::MISSING_NAME, wanted)
                .fact(facts::NEAR_NAME, near);
        }
        self
    }

    /// The cause that other incidents may share.
    pub fn shared(&mut self, object: ObjectRef) -> &mut Self {
        self.finding.shared = Some(object);
        self
    }

    /// The root owner, where it is not the one that the draft began with.
    pub fn owner(&mut self, owner: ObjectRef) -> &mut Self {
        self.finding.owner = owner;
        self
    }

    /// Another object that fails for this cause.
    pub fn victim(&mut self, object: ObjectRef) -> &mut Self {
        self.finding.victims.push(object);
        self
    }

    /// The finished finding.
    pub fn finish(self) -> Finding {
        self.finding
    }
}

/// Value of a fact of a finding.
pub fn fact<'f>(finding: &'f Finding, key: &str) -> Option<&'f str> {
    finding
        .facts
        .iter()
        .find(|f| f.key == key)
        .map(|f| f.value.as_str())
}

fn trimmed(text: &str) -> String {
    shorten(text.trim(), EXCERPT).into_owned()
}
