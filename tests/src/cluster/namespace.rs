use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::kubectl::Kubectl;
use super::wait_until;

/// A namespace with a name of its own, deleted when dropped; reads as its name.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    kubectl: Kubectl,
}

impl Namespace {
    pub(super) fn make(kubectl: &Kubectl, prefix: &str) -> Result<Self> {
        let name = unique_name(prefix);
        kubectl.run(&["create", "namespace", &name])?;
        let made = Self {
            name,
            kubectl: kubectl.clone(),
        };
        // A pod made before it is refused.
        wait_until(
            Duration::from_secs(30),
            "the namespace has its ServiceAccount",
            || {
                made.kubectl(&["get", "serviceaccount", "default"])
                    .map(Some)
            },
        )?;
        Ok(made)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs kubectl in this namespace.
    ///
    /// # Errors
    /// kubectl failed; the error holds what it printed.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.kubectl
            .run(&[&["--namespace", self.name.as_str()], arguments].concat())
    }

    /// Applies manifests to this namespace.
    ///
    /// # Errors
    /// kubectl failed; the error holds what it printed.
    pub fn apply(&self, yaml: &str) -> Result<String> {
        self.kubectl
            .run_with_input(&["--namespace", &self.name, "apply", "-f", "-"], yaml)
    }

    /// Creates an object in this namespace as it stands.
    ///
    /// # Errors
    /// kubectl failed; the error holds what it printed.
    pub fn create(&self, object: &str) -> Result<String> {
        let arguments = [
            "--namespace",
            &self.name,
            "create",
            "--validate=false",
            "-f",
            "-",
        ];
        self.kubectl.run_with_input(&arguments, object)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // First the namespace, so that no controller replaces the pods; then the pods at once,
        // since most test programs ignore SIGTERM. A cluster that is away takes both with it.
        let _ = self
            .kubectl
            .run(&["delete", "namespace", &self.name, "--wait=false"]);
        let now = [
            "delete",
            "pods",
            "--all",
            "--wait=false",
            "--grace-period=0",
            "--force",
        ];
        let _ = self.kubectl(&now);
    }
}

impl Deref for Namespace {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

fn unique_name(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    format!("{prefix}-{now:x}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::unique_name;

    #[test]
    fn two_names_of_one_moment_differ() {
        assert_ne!(unique_name("a"), unique_name("a"));
    }
}
