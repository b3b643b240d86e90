//! What `k8shawk check` complains of.

use super::is_misuse;

/// Everything that is wrong, in sentences.
#[derive(Default)]
pub(super) struct Complaints {
    pub(super) found: Vec<String>,
    /// True where something of it is a setting that cannot be used.
    pub(super) misuse: bool,
}

impl Complaints {
    /// Something is broken or refused.
    pub(super) fn add(&mut self, fault: String) {
        self.found.push(fault);
    }

    /// An error, behind what it is about.
    pub(super) fn take(&mut self, what: &str, error: &anyhow::Error) {
        self.misuse |= is_misuse(error);
        self.found.push(format!("{what}{error:#}"));
    }
}
