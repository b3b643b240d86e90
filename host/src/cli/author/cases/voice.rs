//! Cases of a voice plugin: a finding in, a script out.

use k8shawk_core::finding::Finding;
use k8shawk_core::severity::Severity;
use k8shawk_sandbox::{Language, Plugin};
use serde::Deserialize;

use super::difference::Differences;
use super::finding;
use super::keys::Keys;
use super::run::Tried;

/// All keys, but those of every case.
pub(super) const KEYS: &[&[&str]] = &[OWN];
const OWN: &[&str] = &["severity", "finding", "language", "limit", "script", "says"];
/// Characters that the host lets a script have.
const LIMIT: u32 = 500;

/// A case whose keys are read.
pub(super) struct Case {
    severity: Severity,
    finding: Finding,
    language: Language,
    limit: u32,
    script: Option<String>,
    says: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    /// High where none.
    severity: Option<Severity>,
    finding: finding::Given,
    /// English where none.
    #[serde(default)]
    language: Language,
    limit: Option<u32>,
    /// The whole of it.
    script: Option<String>,
    /// Each is a part of it.
    #[serde(default)]
    says: Vec<String>,
}

impl Case {
    /// Read the keys of the point.
    ///
    /// # Errors
    /// A sentence with the key and what may stand there.
    pub(super) fn parse(mut keys: Keys) -> Result<Case, String> {
        let given: Given = keys.take(OWN)?;
        if given.script.is_none() && given.says.is_empty() {
            return Err("`script`, `says` or both are needed".to_owned());
        }
        Ok(Case {
            severity: given.severity.unwrap_or(Severity::High),
            finding: given.finding.finding(None)?,
            language: given.language,
            limit: given.limit.unwrap_or(LIMIT),
            script: given.script,
            says: given.says,
        })
    }

    /// Ask the plugin.
    pub(super) fn run(&self, plugin: &Plugin) -> Tried {
        let called = plugin.script(self.severity, &self.finding, self.language, self.limit);
        Tried::of(called, |script| {
            let mut differences = Differences::default();
            differences.equal("script", self.script.as_ref(), script);
            for part in &self.says {
                differences.has("script", Some(part), script);
            }
            differences
        })
    }
}
