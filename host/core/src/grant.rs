//! What the operator lets one plugin read, and its limits.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::guard::Scope;

/// A verb of `k8shawk:kubectl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// One object.
    Get,
    /// Objects of a kind.
    List,
    /// An object as text.
    Describe,
    /// Lines of a container.
    Logs,
    /// Usage.
    Top,
    /// Events of an object.
    Events,
}

impl Verb {
    /// The word in grants and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::List => "list",
            Verb::Describe => "describe",
            Verb::Logs => "logs",
            Verb::Top => "top",
            Verb::Events => "events",
        }
    }
}

/// An interface that a plugin asks for and a grant links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// `k8shawk:host/log`.
    Log,
    /// `k8shawk:host/settings`.
    Settings,
    /// `k8shawk:host/clock`.
    Clock,
    /// `k8shawk:kubectl/get`: get and list.
    Get,
    /// `k8shawk:kubectl/describe`.
    Describe,
    /// `k8shawk:kubectl/logs`.
    Logs,
    /// `k8shawk:kubectl/top`.
    Top,
    /// `k8shawk:kubectl/events`.
    Events,
}

/// Why a grant does not parse. Shown with the file's name by whoever read the file.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum GrantError {
    /// The text is not TOML of this shape; the message names line and key.
    #[error("{0}")]
    Malformed(String),
    /// A value is outside of what is meant; all are reported at once.
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
}

/// Bounds of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time of one call.
    pub deadline: Duration,
    /// Linear memory in bytes.
    pub memory: usize,
    /// Host calls in one call.
    pub host_calls: u32,
    /// Bytes that one call may hand to the host, its result and its arguments together.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            deadline: Duration::from_millis(1000),
            memory: 32 << 20,
            host_calls: 200,
            output: 1 << 20,
        }
    }
}

/// A namespace pattern: `*`, `name`, `prefix-*`, or an exclusion `!pattern`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamespacePattern {
    exclude: bool,
    pattern: String,
}

/// One `[[allow]]` of a grant, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Verbs.
    pub verbs: Vec<Verb>,
    /// Kinds; `*` is every kind.
    pub kinds: Vec<String>,
    namespaces: Vec<NamespacePattern>,
}

/// A parsed grant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grant {
    /// SHA-256 of the component that it is for, in hexadecimal; any where none.
    pub digest: Option<String>,
    /// Bounds of one call.
    pub limits: Limits,
    /// What may be read.
    pub allow: Vec<Allow>,
    /// Settings for the plugin.
    pub settings: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrant {
    digest: Option<String>,
    #[serde(default)]
    limits: RawLimits,
    #[serde(default)]
    allow: Vec<RawAllow>,
    #[serde(default)]
    settings: toml::Table,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    deadline_ms: Option<u64>,
    memory_mib: Option<usize>,
    host_calls: Option<u32>,
    output_kib: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAllow {
    verbs: Vec<Verb>,
    kinds: Vec<String>,
    namespaces: Vec<String>,
}

impl Grant {
    /// Parse the text of a `grants/<id>.toml`.
    ///
    /// # Errors
    /// [`GrantError::Malformed`] names line and key; [`GrantError::Invalid`] names every value
    /// that is out of bounds.
    pub fn parse(text: &str) -> Result<Grant, GrantError> {
        let raw: RawGrant =
            toml::from_str(text).map_err(|e| GrantError::Malformed(e.to_string()))?;
        let mut faults = Vec::new();
        let limits = raw.limits.parse(&mut faults);
        let digest = raw.digest.filter(|d| is_sha256(d, &mut faults));
        let allow = raw
            .allow
            .into_iter()
            .map(|a| a.parse(&mut faults))
            .collect();
        if faults.is_empty() {
            Ok(Grant {
                digest,
                limits,
                allow,
                settings: raw.settings,
            })
        } else {
            Err(GrantError::Invalid(faults))
        }
    }

    /// True where this read is allowed. The cluster scope and a read over all namespaces need
    /// the pattern `*`; an exclusion refuses reads over all namespaces too.
    pub fn allows(&self, verb: Verb, kind: &str, scope: Scope<'_>) -> bool {
        self.allow.iter().any(|a| a.covers(verb, kind, scope))
    }

    /// True where some read with this verb is allowed.
    pub fn uses(&self, verb: Verb) -> bool {
        self.allow.iter().any(|a| a.verbs.contains(&verb))
    }
}

impl RawLimits {
    fn parse(&self, faults: &mut Vec<String>) -> Limits {
        let default = Limits::default();
        let deadline = self
            .deadline_ms
            .map_or(default.deadline, Duration::from_millis);
        let memory = self
            .memory_mib
            .map_or(default.memory, |m| m.saturating_mul(1 << 20));
        let output = self
            .output_kib
            .map_or(default.output, |k| k.saturating_mul(1 << 10));
        if !(Duration::from_millis(1)..=Duration::from_secs(60)).contains(&deadline) {
            faults.push("limits.deadline_ms must be 1 to 60000".into());
        }
        if !((1 << 20)..=(512 << 20)).contains(&memory) {
            faults.push("limits.memory_mib must be 1 to 512".into());
        }
        if !((1 << 10)..=(16 << 20)).contains(&output) {
            faults.push("limits.output_kib must be 1 to 16384".into());
        }
        let host_calls = self.host_calls.unwrap_or(default.host_calls);
        Limits {
            deadline,
            memory,
            host_calls,
            output,
        }
    }
}

impl RawAllow {
    fn parse(self, faults: &mut Vec<String>) -> Allow {
        for kind in &self.kinds {
            if kind != "*" && !is_kind(kind) {
                faults.push(format!(
                    "allow.kinds: {kind:?} is neither `*` nor a kind such as `Pod`"
                ));
            }
        }
        let namespaces: Vec<_> = self
            .namespaces
            .iter()
            .filter_map(|n| NamespacePattern::parse(n, faults))
            .collect();
        if namespaces.iter().all(|n| n.exclude) {
            faults.push("allow.namespaces: only exclusions, so nothing is allowed".into());
        }
        Allow {
            verbs: self.verbs,
            kinds: self.kinds,
            namespaces,
        }
    }
}

impl Allow {
    fn covers(&self, verb: Verb, kind: &str, scope: Scope<'_>) -> bool {
        self.verbs.contains(&verb)
            && self.kinds.iter().any(|k| k == "*" || k == kind)
            && self
                .namespaces
                .iter()
                .any(|n| !n.exclude && n.matches(scope))
            && !self.namespaces.iter().any(|n| n.exclude && n.hides(scope))
    }

    /// The namespaces as the operator wrote them.
    pub fn namespaces(&self) -> Vec<String> {
        self.namespaces
            .iter()
            .map(|n| format!("{}{}", if n.exclude { "!" } else { "" }, n.pattern))
            .collect()
    }
}

impl NamespacePattern {
    fn parse(text: &str, faults: &mut Vec<String>) -> Option<Self> {
        let (exclude, pattern) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let stem = pattern.strip_suffix('*').unwrap_or(pattern);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if pattern.is_empty() || !stem.chars().all(plain) || (exclude && pattern == "*") {
            faults.push(format!(
                "allow.namespaces: {text:?} is none of `*`, `name`, `prefix-*`, `!name`, `!prefix-*`"
            ));
            return None;
        }
        Some(NamespacePattern {
            exclude,
            pattern: pattern.to_owned(),
        })
    }

    fn matches(&self, scope: Scope<'_>) -> bool {
        match (self.pattern.strip_suffix('*'), scope) {
            (Some(""), _) => true,
            (_, Scope::Cluster | Scope::AllNamespaces) => false,
            (Some(prefix), Scope::Namespace(namespace)) => namespace.starts_with(prefix),
            (None, Scope::Namespace(namespace)) => namespace == self.pattern,
        }
    }

    /// A list over all namespaces would show the excluded one.
    fn hides(&self, scope: Scope<'_>) -> bool {
        scope == Scope::AllNamespaces || (scope != Scope::Cluster && self.matches(scope))
    }
}

fn is_kind(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_alphanumeric())
}

fn is_sha256(text: &str, faults: &mut Vec<String>) -> bool {
    let fits = text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    if !fits {
        faults.push("digest must be a SHA-256 in 64 hexadecimal digits".into());
    }
    fits
}
