//! The one way out: what looks like a secret is gone for good, and addresses (and, where wanted,
//! names) leave as tokens that are restored in what comes back.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::LazyLock;

use data_encoding::HEXLOWER;
use regex::{Captures, Regex};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::redact::redact;

/// Text that may leave. Only [`Egress::clean`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean(String);

impl Clean {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// At most `bytes` of it, from its start and its end.
    #[must_use]
    pub fn shortened(&self, bytes: usize) -> Clean {
        Clean(crate::truncate::truncate(&self.0, bytes))
    }
}

static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let email = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+";
    let four = r"\b\d{1,3}(?:\.\d{1,3}){3}\b";
    let six = r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}";
    Regex::new(&format!(
        "(?P<email>{email})|(?P<four>{four})|(?P<six>{six})"
    ))
    .ok()
});

static WORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*").ok());

/// A field that holds a name, and the line of an object in a list.
static NAME_FIELD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let keys =
        "name|namespace|nodeName|claimName|secretName|serviceAccountName|serviceName|hostname";
    Regex::new(&format!(
        r"(?m)\b(?:{keys}): ([a-z0-9][a-z0-9.-]+)|^([a-z0-9][a-z0-9.-]+) -n "
    ))
    .ok()
});

/// Names that every cluster has: no secret, and the model needs them.
const COMMON: &[&str] = &[
    "default",
    "kube-system",
    "kube-public",
    "kubernetes",
    "kube-root-ca.crt",
];

/// The state of one conversation.
#[derive(Debug)]
pub struct Egress {
    suffix: String,
    hide_names: bool,
    names: BTreeSet<String>,
    tokens: BTreeMap<String, String>,
    values: BTreeMap<String, String>,
    counts: [u32; 3],
    token: Option<Regex>,
}

impl Egress {
    /// The way out of a conversation.
    pub fn new(nonce: &str, hide_names: bool) -> Egress {
        let digest = Sha256::digest(format!("k8shawk token {nonce}").as_bytes());
        let suffix = HEXLOWER.encode(digest.get(..3).unwrap_or_default());
        let token = Regex::new(&format!(r"\b(?:email|ip|name)-\d+-{suffix}\b")).ok();
        Egress {
            suffix,
            hide_names,
            names: BTreeSet::new(),
            tokens: BTreeMap::new(),
            values: BTreeMap::new(),
            counts: [0; 3],
            token,
        }
    }

    /// A name that leaves as a token from now on, where names are hidden.
    pub fn learn(&mut self, name: &str) {
        let cites = name
            .strip_prefix('e')
            .is_some_and(|n| n.parse::<u32>().is_ok());
        if self.hide_names && name.len() > 2 && !cites && !COMMON.contains(&name) {
            self.names.insert(name.to_owned());
        }
    }

    /// Learn the names in the text of an object, or of a list.
    pub fn learn_from(&mut self, text: &str) {
        let Some(field) = NAME_FIELD.as_ref().filter(|_| self.hide_names) else {
            return;
        };
        for found in field.captures_iter(text) {
            if let Some(name) = found.get(1).or(found.get(2)) {
                self.learn(name.as_str());
            }
        }
    }

    /// The text as it may leave.
    pub fn clean(&mut self, text: &str) -> Clean {
        let text = redact(text);
        let text = self.hide_addresses(&text);
        Clean(self.hide_known_names(text))
    }

    fn hide_addresses(&mut self, text: &str) -> String {
        let Some(pattern) = ADDRESS.as_ref() else {
            return text.to_owned();
        };
        pattern
            .replace_all(text, |found: &Captures<'_>| {
                let value = found.get(0).map_or("", |m| m.as_str());
                if found.name("email").is_some() {
                    self.token(0, value)
                } else {
                    self.address(value)
                }
            })
            .into_owned()
    }

    /// An address that says something of this cluster.
    fn address(&mut self, value: &str) -> String {
        match value.parse::<IpAddr>() {
            Ok(ip) if !ip.is_loopback() && !ip.is_unspecified() => self.token(1, value),
            _ => value.to_owned(),
        }
    }

    fn hide_known_names(&mut self, text: String) -> String {
        let Some(word) = WORD.as_ref().filter(|_| !self.names.is_empty()) else {
            return text;
        };
        word.replace_all(&text, |found: &Captures<'_>| {
            let value = found.get(0).map_or("", |m| m.as_str());
            self.named(value)
        })
        .into_owned()
    }

    /// A word that is a name, or a host name whose first parts are (`api.shop.svc`).
    fn named(&mut self, word: &str) -> String {
        if self.names.contains(word) {
            return self.token(2, word);
        }
        if !word.contains('.') {
            return word.to_owned();
        }
        let parts: Vec<String> = word.split('.').map(|part| self.part(part)).collect();
        parts.join(".")
    }

    fn part(&mut self, part: &str) -> String {
        if self.names.contains(part) {
            self.token(2, part)
        } else {
            part.to_owned()
        }
    }

    fn token(&mut self, kind: usize, value: &str) -> String {
        if let Some(token) = self.tokens.get(value) {
            return token.clone();
        }
        let word = ["email", "ip", "name"].get(kind).copied().unwrap_or("name");
        let count = self.counts.get_mut(kind).map_or(0, |count| {
            *count += 1;
            *count
        });
        let token = format!("{word}-{count}-{}", self.suffix);
        self.tokens.insert(value.to_owned(), token.clone());
        self.values.insert(token.clone(), value.to_owned());
        token
    }

    /// Text that came back, with the values in the place of their tokens.
    pub fn restore(&self, text: &str) -> String {
        let Some(token) = self.token.as_ref().filter(|_| !self.values.is_empty()) else {
            return text.to_owned();
        };
        token
            .replace_all(text, |found: &Captures<'_>| {
                let token = found.get(0).map_or("", |m| m.as_str());
                self.values
                    .get(token)
                    .cloned()
                    .unwrap_or_else(|| token.to_owned())
            })
            .into_owned()
    }

    /// The same for every text of a JSON value.
    pub fn restore_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.restore(text)),
            Value::Array(items) => items.iter().map(|i| self.restore_value(i)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, value)| (self.restore(key), self.restore_value(value)))
                .collect(),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_leave_as_tokens_and_come_back() {
        let mut egress = Egress::new("n", false);
        let text = "ada@shop.example from 10.1.2.3 and fd00::7 to 10.1.2.3 at 12:34:56 on 127.0.0.1 password=x1y2z3";
        let clean = egress.clean(text);
        for gone in ["ada@", "10.1.2.3", "fd00::7", "x1y2z3"] {
            assert!(!clean.as_str().contains(gone), "{clean:?}");
        }
        assert!(
            clean.as_str().contains("12:34:56 on 127.0.0.1"),
            "{clean:?}"
        );
        let back = egress.restore(clean.as_str());
        assert_eq!(back, text.replace("x1y2z3", crate::redact::REDACTED));
        assert_eq!(egress.clean(text), clean);
    }

    #[test]
    fn names_leave_as_tokens_where_that_is_wanted() {
        let mut egress = Egress::new("n", true);
        egress.learn("payments");
        egress.learn_from("metadata:\n  name: payments-api\n");
        egress.learn("default");
        let text = "payments-api.payments.svc in payments, default; my-payments-x stays";
        let clean = egress.clean(text);
        assert!(!clean.as_str().contains("payments-api"), "{clean:?}");
        assert!(clean.as_str().contains("default; my-payments-x stays"));
        assert_eq!(egress.restore(clean.as_str()), text);
        assert_eq!(Egress::new("n", false).clean(text).as_str(), text);
    }
}
