//! What a case wanted, and what came instead.

use serde::Serialize;
use serde_json::Value;

/// One key of an answer that is not as wanted.
pub(super) struct Difference {
    /// The key of the case, such as `verdict.reason`.
    pub(super) key: String,
    /// How the answer is compared.
    pub(super) relation: Relation,
    /// What the case wants.
    pub(super) expected: Value,
    /// What the plugin answered.
    pub(super) got: Value,
}

/// How an answer is compared with what a case wants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// It is the same.
    Equal,
    /// It has this text in it.
    Has,
}

/// All differences of one case.
#[derive(Default)]
pub(super) struct Differences(Vec<Difference>);

impl Differences {
    /// The answer is the same; whatever it is, where the case does not say.
    pub(super) fn equal<T: PartialEq + Serialize>(&mut self, key: &str, want: Option<&T>, got: &T) {
        if let Some(want) = want.filter(|want| *want != got) {
            self.note(key, Relation::Equal, json(want), json(got));
        }
    }

    /// The answer has this text in it; whatever it is, where the case does not say.
    pub(super) fn has(&mut self, key: &str, want: Option<&String>, got: &str) {
        if let Some(want) = want.filter(|want| !got.contains(want.as_str())) {
            self.note(key, Relation::Has, json(want), json(&got));
        }
    }

    /// Each of these texts is a part of one of the answer's.
    pub(super) fn some_have(&mut self, key: &str, want: &[String], got: &[String]) {
        for part in want {
            if !got.iter().any(|text| text.contains(part)) {
                self.note(key, Relation::Has, json(part), json(&got));
            }
        }
    }

    /// The answer is another one altogether.
    pub(super) fn other<T: Serialize>(&mut self, key: &str, want: &T, got: Value) {
        self.note(key, Relation::Equal, json(want), got);
    }

    fn note(&mut self, key: &str, relation: Relation, expected: Value, got: Value) {
        self.0.push(Difference {
            key: key.to_owned(),
            relation,
            expected,
            got,
        });
    }

    /// Those that were found.
    pub(super) fn found(self) -> Vec<Difference> {
        self.0
    }
}

/// Text, numbers and lists of them are always JSON.
fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
