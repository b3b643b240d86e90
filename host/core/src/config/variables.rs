//! Which files may say an environment variable.

use super::KEYS;
use super::trust::Trust;
use crate::llm::Provider;

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
    does(name).map(Trust::Named)
}

/// What a variable does that has no key in the file.
fn does(name: &str) -> Option<&'static str> {
    let mut of_models = Provider::ALL.iter().map(|provider| provider.variables());
    let file = name.strip_suffix("_FILE");
    if name == "K8SHAWK_CONFIG" {
        Some("chooses the configuration that is read")
    } else if file.is_some_and(|secret| SECRETS.contains(&secret)) {
        Some("chooses the file that is sent as a secret")
    } else if SECRETS.contains(&name) {
        Some("chooses the account that gets what is sent")
    } else if name.starts_with("K8SHAWK_") {
        // Whatever has no key is a secret of some sink, or is read by no version of ours.
        Some("decides who gets evidence, or is a secret")
    } else {
        of_models.find_map(|(key, url)| match name {
            _ if name == key => Some("chooses the account that gets the evidence"),
            _ if name == url => Some("decides who gets the key of the model"),
            _ => None,
        })
    }
}

/// Why a file that nobody named may not say a value of a variable; none where it may.
pub fn forbids(name: &str, value: &str) -> Option<&'static str> {
    match KEYS.iter().find(|key| key.env == name) {
        Some(key) => key.forbids(Some(value)),
        None => does(name),
    }
}

/// Why a variable of a found `.env` is not taken, and what to do.
pub fn refused_variable(name: &str, does: &str, file: &str) -> String {
    format!(
        "{name} {does}, and this file was only found in the working directory: start with \
         `--env-file {file}` if you trust it, or set {name} in the environment"
    )
}
