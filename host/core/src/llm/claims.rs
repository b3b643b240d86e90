//! Claims: the sentences of a cause, each of which must cite evidence that exists.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

/// Most sentences that are looked at.
const MAX_SENTENCES: usize = 12;

/// `[e1]`, `(e1)`, `【e1】`, `[e1, e2]`: models write them all.
static CITATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"[\[(【]\s*([eE]\d{1,4}(?:\s*(?:,|;|and|&)\s*[eE]\d{1,4})*)[^\])】\n]{0,40}[\])】]")
        .ok()
});

static ID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[eE](\d{1,4})").ok());

/// The sentences of a cause, by whether evidence stands behind them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// Sentences that cite evidence that exists, as `[e1]`.
    pub supported: Vec<String>,
    /// Sentences that cite none.
    pub unsupported: Vec<String>,
    /// The ids that the supported ones cite.
    pub cited: BTreeSet<String>,
}

impl Claims {
    /// Judge each sentence of `cause` by the ids that exist.
    pub fn of(cause: &str, known: &BTreeSet<String>) -> Claims {
        let mut claims = Claims::default();
        for sentence in sentences(cause).into_iter().take(MAX_SENTENCES) {
            let (text, ids) = normal(&sentence, known);
            if ids.is_empty() {
                claims.unsupported.push(text);
            } else {
                claims.supported.push(text);
                claims.cited.extend(ids);
            }
        }
        claims
    }
}

/// The sentence with citations as `[e1]`, without those that do not exist, and the ids that do.
fn normal(sentence: &str, known: &BTreeSet<String>) -> (String, Vec<String>) {
    let (Some(citation), Some(id)) = (CITATION.as_ref(), ID.as_ref()) else {
        return (sentence.to_owned(), Vec::new());
    };
    let mut found = Vec::new();
    let text = citation.replace_all(sentence, |group: &regex::Captures<'_>| {
        let inner = group.get(1).map_or("", |m| m.as_str());
        let ids: Vec<String> = id
            .captures_iter(inner)
            .filter_map(|c| c.get(1))
            .map(|digits| format!("e{}", digits.as_str().trim_start_matches('0')))
            .filter(|id| known.contains(id))
            .collect();
        let shown: Vec<String> = ids.iter().map(|id| format!("[{id}]")).collect();
        found.extend(ids);
        shown.join(" ")
    });
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (text.replace(" .", "."), found)
}

/// The sentences of a text. A citation behind a full stop belongs to the sentence before it.
pub fn sentences(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let line_end = c == '\n';
        current.push(if line_end { ' ' } else { c });
        let gap = rest.peek().is_none_or(|next| next.is_whitespace());
        let stop = matches!(c, '.' | '!' | '?') && gap && !abbreviated(&current);
        if stop || (line_end && current.trim().len() > 1) {
            let mut ahead = rest.clone();
            let next = ahead.find(|c| !c.is_whitespace());
            if line_end || next.is_none_or(|c| !c.is_lowercase()) {
                close(&mut all, &mut current);
            }
        }
    }
    close(&mut all, &mut current);
    all
}

fn abbreviated(text: &str) -> bool {
    ["e.g.", "i.e.", "etc.", "vs.", "approx.", "no."]
        .iter()
        .any(|a| text.to_lowercase().ends_with(&format!(" {a}")))
}

/// End a sentence; citations that stand at its start close the one before.
fn close(all: &mut Vec<String>, current: &mut String) {
    let mut text = std::mem::take(current).trim().to_owned();
    if let (Some(citation), Some(last)) = (CITATION.as_ref(), all.last_mut()) {
        while let Some(found) = citation.find(&text).filter(|m| m.start() == 0) {
            last.push(' ');
            last.push_str(found.as_str());
            text = text
                .get(found.end()..)
                .unwrap_or_default()
                .trim_start_matches(['.', ' ', ','])
                .to_owned();
        }
    }
    let text = text.trim_start_matches(['-', '*', '•', ' ']).trim();
    if text.chars().any(char::is_alphanumeric) {
        all.push(text.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|i| (*i).to_owned()).collect()
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        let text = "The pod v1.2.3 failed, e.g. Because of x [e1]. It asks db.shop.svc. [e2] Then it exits with 1! done?\nNext line";
        assert_eq!(
            sentences(text),
            [
                "The pod v1.2.3 failed, e.g. Because of x [e1].",
                "It asks db.shop.svc. [e2]",
                "Then it exits with 1! done?",
                "Next line"
            ]
        );
    }

    #[test]
    fn a_claim_without_evidence_that_exists_is_unsupported() {
        let cause =
            "The disk is full [e2]. The moon is full. It was e3 (e9). Both hold 【e1】[e2, e7].";
        let claims = Claims::of(cause, &known(&["e1", "e2"]));
        assert_eq!(
            claims.supported,
            ["The disk is full [e2].", "Both hold [e1][e2]."]
        );
        assert_eq!(claims.unsupported, ["The moon is full.", "It was e3."]);
        assert_eq!(claims.cited, known(&["e1", "e2"]));
    }
}
