//! What a value can do beyond changing how K8sHawk works, and so which files may say it.
//!
//! `k8shawk.toml` and `.env` of the working directory are read without being named. Whoever can
//! put a file there, as with a repository that somebody cloned, must not get a program started or
//! a secret sent elsewhere by it.

use super::KEYS;
use crate::model::Provider;

/// Which files may say a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Any that is read.
    Found,
    /// Only one that somebody named, or that lies beside the binary, and the environment; with
    /// what the value does.
    Named(&'static str),
}

/// Secrets that may be in a file which `<name>_FILE` names.
pub const SECRETS: [&str; 4] = [
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SARVAM_API_KEY",
];

/// Which files may say an environment variable; none for a variable that nobody reads.
pub fn of_variable(name: &str) -> Option<Trust> {
    if let Some(key) = KEYS.iter().find(|key| key.env == name) {
        return Some(key.trust);
    }
    if name == "K8SHAWK_CONFIG" {
        return Some(Trust::Named("says which configuration is read"));
    }
    let file = name.strip_suffix("_FILE");
    if file.is_some_and(|secret| SECRETS.contains(&secret)) {
        return Some(Trust::Named("says which file is sent as a secret"));
    }
    for provider in Provider::ALL {
        let (key, url) = provider.variables();
        if name == url {
            return Some(Trust::Named("says who gets the key of the model"));
        }
        if name == key {
            return Some(Trust::Found);
        }
    }
    SECRETS.contains(&name).then_some(Trust::Found)
}

/// Why a value of a found file is not taken, and what to do.
pub(super) fn refused(key: &str, env: &str, does: &str, file: &str) -> String {
    format!(
        "{key} {does}, and nobody named this file: start with `--config {file}` if it is yours, \
         or set {env} in the environment"
    )
}

/// Why a variable of a found `.env` is not taken, and what to do.
pub fn refused_variable(name: &str, does: &str, file: &str) -> String {
    format!(
        "{name} {does}, and nobody named this file: start with `--env-file {file}` if it is \
         yours, or set {name} in the environment"
    )
}
