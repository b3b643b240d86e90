//! What the operator configures of plugins that come from a registry. The credentials are no part
//! of it.

use std::path::PathBuf;
use std::time::Duration;

use crate::artifact::{Pinned, is_host};

/// Plugins from a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryConfig {
    /// Plugins of every point but the policies.
    pub plugins: Vec<Pinned>,
    /// Policies.
    pub policies: Vec<Pinned>,
    /// Files with public keys: each artifact needs a signature by one of them. No signature is
    /// needed where there are none.
    pub keys: Vec<PathBuf>,
    /// Docker's `config.json` with the credentials; the usual places where none.
    pub credentials: Option<PathBuf>,
    /// Registries, as `HOST[:PORT]`, that are asked without TLS.
    pub plain_http: Vec<String>,
    /// Longest time for one artifact.
    pub timeout: Duration,
}

impl Default for RegistryConfig {
    fn default() -> Self {
        RegistryConfig {
            plugins: Vec::new(),
            policies: Vec::new(),
            keys: Vec::new(),
            credentials: None,
            plain_http: Vec::new(),
            timeout: Duration::from_secs(60),
        }
    }
}

/// Artifacts, each once.
pub(super) fn artifacts(texts: &[String]) -> Result<Vec<Pinned>, String> {
    let mut all: Vec<Pinned> = Vec::new();
    for text in texts {
        let pinned = Pinned::parse(text)?;
        if all.iter().any(|other| other.digest() == pinned.digest()) {
            return Err(format!("{pinned} is listed twice"));
        }
        all.push(pinned);
    }
    Ok(all)
}

/// Names of registries.
pub(super) fn hosts(texts: Vec<String>) -> Result<Vec<String>, String> {
    match texts.iter().find(|text| !is_host(text)) {
        Some(wrong) => Err(format!("{wrong:?} is not a registry, as HOST or HOST:PORT")),
        None => Ok(texts),
    }
}
