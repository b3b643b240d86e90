//! What the operator lets one plugin read and release, and its limits.

mod limits;
mod release;
mod reload;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::Spanned;

use crate::fix::Risk;
use crate::kinds;
use crate::object::ObjectRef;
use crate::point::Point;
use crate::toml_fault::{TomlFault, line_of};

pub use limits::{Limits, LimitsFault, LimitsGiven};
pub use release::Release;
pub use reload::Reload;

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
    /// Every one.
    pub const ALL: [Verb; 6] = [
        Verb::Get,
        Verb::List,
        Verb::Describe,
        Verb::Logs,
        Verb::Top,
        Verb::Events,
    ];

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

/// Where a read reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// An object without a namespace.
    Cluster,
    /// Every namespace.
    AllNamespaces,
    /// One namespace.
    Namespace(&'a str),
}

/// Why a grant does not parse. The reader of the file shows it with the file's name.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum GrantError {
    /// The text is not TOML of this shape; the message names line and key.
    #[error("{0}")]
    Malformed(String),
    /// A value is outside of what is meant; all are reported at once.
    #[error("{}", .0.join("; "))]
    Invalid(Vec<String>),
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
    /// The pin of the plugin that it is for, in hexadecimal: SHA-256 of its `plugin.toml`
    /// followed by its component. Any where none.
    pub digest: Option<String>,
    /// The point of the plugin that it is for; any where none.
    pub point: Option<Point>,
    /// When a new version goes live.
    pub reload: Reload,
    /// Bounds of one call.
    pub limits: Limits,
    /// What may be read.
    pub allow: Vec<Allow>,
    /// What may be released without approval.
    pub auto: Vec<Release>,
    /// Settings for the plugin.
    pub settings: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGrant {
    digest: Option<Spanned<String>>,
    point: Option<Point>,
    #[serde(default)]
    reload: Reload,
    #[serde(default)]
    may: Vec<Spanned<String>>,
    #[serde(default)]
    limits: limits::RawLimits,
    #[serde(default)]
    allow: Vec<RawAllow>,
    #[serde(default)]
    auto: Vec<release::RawRelease>,
    #[serde(default)]
    settings: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAllow {
    verbs: Vec<Verb>,
    kinds: Vec<Spanned<String>>,
    namespaces: Spanned<Vec<Spanned<String>>>,
}

/// GrantFaults of one text, each with its line.
struct GrantFaults<'t> {
    text: &'t str,
    found: Vec<String>,
}

impl GrantFaults<'_> {
    fn at(&mut self, offset: usize, what: &str) {
        let line = line_of(self.text, offset);
        self.found.push(format!("line {line}: {what}"));
    }
}

impl Grant {
    /// Parse the text of a `grants/<id>.toml`.
    ///
    /// # Errors
    /// [`GrantError::Malformed`] names line and key; [`GrantError::Invalid`] names every value
    /// that is out of bounds.
    pub fn parse(text: &str) -> Result<Grant, GrantError> {
        let raw: RawGrant = toml::from_str(text).map_err(|e| malformed(text, &e))?;
        let mut faults = GrantFaults {
            text,
            found: Vec::new(),
        };
        let limits = raw.limits.parse(&mut faults);
        let digest = raw.digest.filter(|d| is_sha256(d, &mut faults));
        let digest = digest.map(Spanned::into_inner);
        let allow = raw
            .allow
            .into_iter()
            .map(|a| a.parse(&mut faults))
            .collect();
        let auto = release::parse(&raw.may, raw.auto, &mut faults);
        if faults.found.is_empty() {
            Ok(Grant {
                digest,
                point: raw.point,
                reload: raw.reload,
                limits,
                allow,
                auto,
                settings: raw.settings,
            })
        } else {
            Err(GrantError::Invalid(faults.found))
        }
    }

    /// True where this read is allowed. The cluster scope and a read over all namespaces need
    /// the pattern `*`; an exclusion refuses reads over all namespaces too.
    pub fn allows(&self, verb: Verb, kind: &str, scope: Scope<'_>) -> bool {
        self.allow.iter().any(|a| a.covers(verb, kind, scope))
    }

    /// What the plugin may do, beside its limits and settings.
    pub fn rights(&self) -> (&[Allow], &[Release]) {
        (&self.allow, &self.auto)
    }

    /// True where a policy of this grant may release an action on a target without approval.
    pub fn may_release(&self, action: &str, risk: Risk, target: &ObjectRef) -> bool {
        self.auto
            .iter()
            .any(|release| release.covers(action, risk, target))
    }

    /// True where some read of this kind with this verb is allowed, wherever it is.
    pub fn names(&self, verb: Verb, kind: &str) -> bool {
        let named = |a: &Allow| a.kinds.iter().any(|k| k == "*" || k == kind);
        self.allow
            .iter()
            .any(|a| a.verbs.contains(&verb) && named(a))
    }

    /// True where some read with this verb is allowed.
    pub fn uses(&self, verb: Verb) -> bool {
        self.allow.iter().any(|a| a.verbs.contains(&verb))
    }
}

impl RawAllow {
    fn parse(self, faults: &mut GrantFaults<'_>) -> Allow {
        for kind in &self.kinds {
            let name = kind.get_ref();
            if name != "*" && kinds::kind(name).is_none() {
                faults.at(kind.span().start, &unknown_kind(name));
            }
        }
        let namespaces = namespaces("allow", &self.namespaces, faults);
        Allow {
            verbs: self.verbs,
            kinds: self.kinds.into_iter().map(Spanned::into_inner).collect(),
            namespaces,
        }
    }
}

/// The patterns of `[[allow]]` or `[[auto]]`.
fn namespaces(
    table: &str,
    given: &Spanned<Vec<Spanned<String>>>,
    faults: &mut GrantFaults<'_>,
) -> Vec<NamespacePattern> {
    let before = faults.found.len();
    let patterns = given.get_ref().iter();
    let parsed: Vec<_> = patterns
        .filter_map(|n| NamespacePattern::parse(table, n, faults))
        .collect();
    if before == faults.found.len() && parsed.iter().all(|n| n.exclude) {
        let what = format!("{table}.namespaces: only exclusions, so nothing is allowed");
        faults.at(given.span().start, &what);
    }
    parsed
}

/// True where the patterns let this scope through.
fn let_through(patterns: &[NamespacePattern], scope: Scope<'_>) -> bool {
    patterns.iter().any(|n| !n.exclude && n.matches(scope))
        && !patterns.iter().any(|n| n.exclude && n.hides(scope))
}

/// The patterns as the operator wrote them.
fn written(patterns: &[NamespacePattern]) -> Vec<String> {
    let sign = |n: &NamespacePattern| if n.exclude { "!" } else { "" };
    patterns
        .iter()
        .map(|n| format!("{}{}", sign(n), n.pattern))
        .collect()
}

impl Allow {
    /// Every kind in every namespace, by these verbs: for a plugin's own tests.
    pub fn everything(verbs: &[Verb]) -> Allow {
        Allow {
            verbs: verbs.to_vec(),
            kinds: vec!["*".to_owned()],
            namespaces: vec![NamespacePattern::every()],
        }
    }

    fn covers(&self, verb: Verb, kind: &str, scope: Scope<'_>) -> bool {
        self.verbs.contains(&verb)
            && self.kinds.iter().any(|k| k == "*" || k == kind)
            && let_through(&self.namespaces, scope)
    }

    /// The namespaces as the operator wrote them.
    pub fn namespaces(&self) -> Vec<String> {
        written(&self.namespaces)
    }
}

impl NamespacePattern {
    fn parse(table: &str, given: &Spanned<String>, faults: &mut GrantFaults<'_>) -> Option<Self> {
        let text = given.get_ref().as_str();
        let (exclude, pattern) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let stem = pattern.strip_suffix('*').unwrap_or(pattern);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if pattern.is_empty() || !stem.chars().all(plain) || (exclude && pattern == "*") {
            let what = format!(
                "{table}.namespaces: {text:?} is none of `*`, `name`, `prefix-*`, `!name`, `!prefix-*`"
            );
            faults.at(given.span().start, &what);
            return None;
        }
        Some(NamespacePattern {
            exclude,
            pattern: pattern.to_owned(),
        })
    }

    /// `*`.
    fn every() -> Self {
        NamespacePattern {
            exclude: false,
            pattern: "*".to_owned(),
        }
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

/// The form of the file is wrong.
fn malformed(text: &str, error: &toml::de::Error) -> GrantError {
    let TomlFault { line, what } = TomlFault::of(text, error);
    GrantError::Malformed(format!("line {line}: {what}"))
}

fn unknown_kind(name: &str) -> String {
    let same = |kind: &&kinds::Kind| {
        kind.kind.eq_ignore_ascii_case(name) || kind.plural.eq_ignore_ascii_case(name)
    };
    let hint = match kinds::KINDS.iter().find(same) {
        Some(kind) => format!("; did you mean {:?}?", kind.kind),
        None => ", such as \"Pod\"".to_owned(),
    };
    format!("allow.kinds: {name:?} is neither `*` nor a kind that can be read{hint}")
}

fn is_sha256(text: &Spanned<String>, faults: &mut GrantFaults<'_>) -> bool {
    let digits = text.get_ref();
    let fits = digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit());
    if !fits {
        let what = "digest must be a SHA-256 in 64 hexadecimal digits";
        faults.at(text.span().start, what);
    }
    fits
}
