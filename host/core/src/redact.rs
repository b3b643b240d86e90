//! The one point that text passes before it leaves the cluster.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What takes the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Patterns of secrets. Group 1, where there is one, is kept in front of the secret.
const PATTERNS: &[&str] = &[
    r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    r"(?s)-----BEGIN CERTIFICATE-----.*?(?:-----END CERTIFICATE-----|\z)",
    r"(?i)((?:authorization|proxy-authorization)\s*[:=]\s*(?:bearer|basic|token)?\s*)[^\s,;]+",
    r"(?i)(\bbearer\s+)[a-z0-9._~+/=-]{8,}",
    r"(?i)([a-z0-9_.-]*(?:passw(?:or)?d|passwd|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|credential)[a-z0-9_]*[\x22']?\s*[:=]\s*[\x22']?)[^\s\x22',;&]{3,}",
    r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]+:)[^\s@/]+(?:@)",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*",
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    r"\b(?:ghp|gho|ghs|github_pat|glpat|xox[abprs]|sk|gsk|hf)[-_][A-Za-z0-9_-]{10,}",
];

static COMPILED: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().filter_map(|p| Regex::new(p).ok()).collect());

/// The text without what looks like a secret.
pub fn redact(text: &str) -> String {
    COMPILED.iter().fold(text.to_owned(), |text, pattern| {
        pattern
            .replace_all(&text, |found: &Captures<'_>| {
                let kept = found.get(1).map_or("", |m| m.as_str());
                let at = if found.get(0).is_some_and(|m| m.as_str().ends_with('@')) {
                    "@"
                } else {
                    ""
                };
                format!("{kept}{REDACTED}{at}")
            })
            .into_owned()
    })
}

/// Parts of names of variables and keys that hold secrets.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "private_key",
    "credential",
];

/// True where a variable or key of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(COMPILED.len(), PATTERNS.len());
    }

    #[test]
    fn secrets_go_and_the_sense_stays() {
        for (text, secret, kept) in [
            ("password=hunter2 host=db", "hunter2", "host=db"),
            ("DB_PASSWORD: \"s3cr3t\" missing", "s3cr3t", "missing"),
            (
                "Authorization: Bearer abcdef123456",
                "abcdef123456",
                "Authorization",
            ),
            ("dial postgres://app:pa55@db:5432/x", "pa55", "db:5432"),
            (
                "key AKIAABCDEFGHIJKLMNOP leaked",
                "AKIAABCDEFGHIJKLMNOP",
                "leaked",
            ),
            ("t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc x", "eyJhbGci", "x"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n",
                "MIIE",
                "[redacted]",
            ),
        ] {
            let out = redact(text);
            assert!(!out.contains(secret) && out.contains(kept), "{out}");
        }
    }

    #[test]
    fn ordinary_messages_stay_as_they_are() {
        for text in [
            "secret \"db-credentials\" not found",
            "couldn't find key token in ConfigMap shop/app",
            "panic: runtime error: index out of range [3]",
        ] {
            assert_eq!(redact(text), text);
        }
    }
}
