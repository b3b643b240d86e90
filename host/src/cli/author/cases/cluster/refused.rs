//! Reads that the cluster of a case refuses, or does not serve.

use std::sync::Arc;

use k8shawk_core::grant::Verb;
use k8shawk_core::guard::{Permit, ReadError, Reader, Reading};
use k8shawk_core::kinds;
use serde::Deserialize;

/// A reader with reads that give nothing.
pub(super) struct Refused {
    pub(super) denied: Vec<Reads>,
    pub(super) unavailable: Vec<Reads>,
    /// What answers the others.
    pub(super) reader: Arc<dyn Reader>,
}

impl Reader for Refused {
    fn read(&self, permit: Permit) -> Reading<'_> {
        let (verb, kind) = permit.read().verb_and_kind();
        let among = |reads: &[Reads]| reads.iter().any(|reads| reads.cover(verb, kind));
        let error = match () {
            () if among(&self.denied) => ReadError::Denied,
            () if among(&self.unavailable) => ReadError::Unavailable(
                "the case says that the cluster does not serve it".to_owned(),
            ),
            () => return self.reader.read(permit),
        };
        Box::pin(std::future::ready(Err(error)))
    }
}

/// Some reads: of a kind (`Secret`), by a verb (`logs`), or both (`list Pod`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Reads {
    verb: Option<Verb>,
    kind: Option<String>,
}

impl Reads {
    fn cover(&self, verb: Verb, kind: &str) -> bool {
        self.verb.is_none_or(|v| v == verb) && self.kind.as_ref().is_none_or(|k| k == kind)
    }
}

impl TryFrom<String> for Reads {
    type Error = String;

    fn try_from(text: String) -> Result<Reads, String> {
        let verb = |word: &str| Verb::ALL.into_iter().find(|verb| verb.as_str() == word);
        let kind = |word: &str| kinds::kind(word).map(|kind| kind.kind.to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        let (verb, kind) = match words.as_slice() {
            [one] => (verb(one), kind(one)),
            [first, second] => match (verb(first), kind(second)) {
                (Some(verb), Some(kind)) => (Some(verb), Some(kind)),
                _ => (None, None),
            },
            _ => (None, None),
        };
        if verb.is_none() && kind.is_none() {
            let verbs = Verb::ALL.map(Verb::as_str).join(", ");
            return Err(format!(
                "{text:?} is none of a kind (\"Secret\"), a verb ({verbs}) and both (\"list Pod\")"
            ));
        }
        Ok(Reads { verb, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_named_by_kind_by_verb_or_by_both() {
        let cover = |text: &str, verb, kind: &str| {
            Reads::try_from(text.to_owned()).unwrap().cover(verb, kind)
        };
        assert!(cover("Secret", Verb::Get, "Secret"));
        assert!(!cover("Secret", Verb::Get, "Pod"));
        assert!(cover("logs", Verb::Logs, "Pod"));
        assert!(cover("list Pod", Verb::List, "Pod"));
        assert!(!cover("list Pod", Verb::Get, "Pod"));
        for wrong in ["", "Pods", "Pod list", "list Pods", "list Pod shop"] {
            let error = Reads::try_from(wrong.to_owned()).unwrap_err();
            assert!(error.contains("get, list, describe"), "{error}");
        }
    }
}
