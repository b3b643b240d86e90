//! The shipped voice plugin: what to say aloud about a finding.
//!
//! `phrases` holds the words of each language, `plain` makes text speakable, and `fit` keeps
//! the script within its limit. A script never has ids, marks, links or markup.

pub mod fit;
pub mod phrases;
pub mod plain;

use k8shawk_sdk::voice::{Finding, Language, ObjectRef, Severity};
use phrases::Words;

/// Longest script in characters, whatever the host allows.
pub const LONGEST: usize = 500;

/// A script of at most `limit` characters, and never more than [`LONGEST`].
pub fn script(severity: Severity, finding: &Finding, language: Language, limit: u32) -> String {
    let limit = usize::try_from(limit).unwrap_or(LONGEST).min(LONGEST);
    let words = phrases::words(language);
    let head = head(severity, finding, words);
    let mut body = Vec::new();
    match language {
        Language::English => {
            body.push(plain::sentence(&finding.title));
            body.extend(fit::sentences(&plain::text(&finding.cause)));
        }
        Language::Tamil => body.extend(told(finding, words, phrases::of(finding).tamil)),
        Language::Tanglish => body.extend(told(finding, words, phrases::of(finding).tanglish)),
    }
    if let Some(percent) = confidence(finding) {
        body.push(words.confidence.replace("{}", &percent));
    }
    fit::fit(&head, &body, words.tail, limit)
}

/// How bad it is and where: `High alert. In namespace shop, deployment web has a problem.`
fn head(severity: Severity, finding: &Finding, words: &Words) -> String {
    let place = plain::name(&finding.owner.namespace);
    let template = if place.is_empty() {
        words.somewhere
    } else {
        words.inside
    };
    let template = template
        .replace("{kind}", kind(&finding.owner, words))
        .replace("{name}", &plain::name(&finding.owner.name))
        .replace("{place}", &place);
    [words.severity(severity), " ", &template].concat()
}

/// The fault in words of the language, and the name of what is to blame.
fn told(finding: &Finding, words: &Words, fault: &str) -> Vec<String> {
    let mut told = vec![fault.to_owned()];
    let blamed = finding.shared.as_ref().unwrap_or(&finding.object);
    let same = blamed.name == finding.owner.name || blamed.name.starts_with(&finding.owner.name);
    if !same && !blamed.name.is_empty() {
        let name = plain::name(&blamed.name);
        told.push(
            words
                .blamed
                .replace("{kind}", kind(blamed, words))
                .replace("{name}", &name),
        );
    }
    told
}

fn kind<'a>(object: &'a ObjectRef, words: &Words) -> &'a str {
    let known = phrases::KINDS.iter().find(|row| row.0 == object.kind);
    known.map_or(object.kind.as_str(), |row| words.kind(row))
}

fn confidence(finding: &Finding) -> Option<String> {
    (finding.confidence > 0).then(|| finding.confidence.min(100).to_string())
}

/// The export; its symbol names exist only in WebAssembly.
#[cfg(target_family = "wasm")]
mod guest {
    use k8shawk_sdk::voice::{self, Finding, Guest, Language, Severity};

    struct Templates;

    impl Guest for Templates {
        fn script(severity: Severity, finding: Finding, language: Language, limit: u32) -> String {
            crate::script(severity, &finding, language, limit)
        }
    }

    voice::export!(Templates with_types_in voice);
}

#[cfg(test)]
mod tests;
