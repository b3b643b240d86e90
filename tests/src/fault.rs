//! A folder of `tests/faults`: breaking a namespace with it, and what must be found there.

mod disk;
mod expect;
mod product;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cluster::{Cluster, Namespace};

pub use expect::Mismatches;
pub use product::{Product, Running};

/// `fault.toml`; its keys are explained in `tests/faults/README.md`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Name of the folder.
    #[serde(skip)]
    pub name: String,
    /// Expected class.
    #[serde(default)]
    pub class: String,
    /// Classes that are as true.
    #[serde(default)]
    pub also: Vec<String>,
    /// Classes of further incidents.
    #[serde(default)]
    pub others: Vec<String>,
    /// `Kind/name`.
    #[serde(default)]
    pub object: String,
    /// What the cause must contain.
    #[serde(default)]
    pub cause: Vec<String>,
    /// Expected action, or `none`.
    pub fix: Option<String>,
    /// Parameters that the fix must have.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Approve the fix.
    #[serde(default)]
    pub approve: bool,
    /// Must succeed after the fix.
    #[serde(default)]
    pub healthy: Vec<Vec<String>>,
    /// Run before it is broken.
    #[serde(default)]
    pub wait: Vec<Vec<String>>,
    /// Break it.
    #[serde(default, rename = "break")]
    pub breaks: Vec<Vec<String>>,
    /// Run at the end.
    #[serde(default)]
    pub restore: Vec<Vec<String>>,
    /// Nothing may run beside it.
    #[serde(default)]
    pub exclusive: bool,
    /// How long until it shows.
    #[serde(default = "default_seconds")]
    pub seconds: u64,
    /// How many incidents there are.
    pub incidents: Option<usize>,
    /// Nothing may be found.
    #[serde(default)]
    pub harmless: bool,
}

fn default_seconds() -> u64 {
    45
}

/// Folder of all faults.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("faults")
}

/// Where the recorded bundle of a fault is, or would be.
pub fn bundle(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("incidents")
        .join(format!("{name}.json"))
}

/// Names of all faults, in order.
///
/// # Errors
/// Where the folder cannot be read.
pub fn names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder())? {
        let path = entry?.path();
        if path.join("fault.toml").is_file()
            && let Some(name) = path.file_name().and_then(|n| n.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

impl Fault {
    /// Read a folder; `$NAMESPACE` becomes the namespace.
    ///
    /// # Errors
    /// Where `fault.toml` is malformed.
    pub fn read(name: &str, namespace: &str) -> Result<Fault> {
        let path = folder().join(name).join("fault.toml");
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let mut fault: Fault = toml::from_str(&text.replace("$NAMESPACE", namespace))
            .with_context(|| path.display().to_string())?;
        fault.name = name.to_owned();
        Ok(fault)
    }

    /// Expected number of incidents.
    pub fn incidents(&self) -> usize {
        self.incidents.unwrap_or(if self.harmless { 0 } else { 1 })
    }

    /// How long to look.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// A namespace that a fault broke; dropping it cleans up.
pub struct Broken<'c> {
    /// The fault, with the namespace filled in.
    pub fault: Fault,
    /// Its namespace.
    pub namespace: Namespace,
    cluster: &'c Cluster,
}

/// Run kubectl with the namespace, unless the arguments name another.
fn kubectl(cluster: &Cluster, namespace: &str, arguments: &[String]) -> Result<String> {
    let mut all = vec!["-n", namespace];
    if arguments.iter().any(|a| a.starts_with("--namespace")) {
        all.clear();
    }
    all.extend(arguments.iter().map(String::as_str));
    cluster.kubectl(&all)
}

impl<'c> Broken<'c> {
    /// Make a namespace and break it.
    ///
    /// # Errors
    /// Where a step fails.
    pub fn set_up(cluster: &'c Cluster, name: &str) -> Result<Broken<'c>> {
        let namespace = cluster.namespace(prefix(name))?;
        let fault = Fault::read(name, namespace.name())?;
        let broken = Broken {
            fault,
            namespace,
            cluster,
        };
        broken.apply("healthy.yaml")?;
        for step in &broken.fault.wait {
            broken.kubectl(step)?;
        }
        broken.apply("broken.yaml")?;
        for step in &broken.fault.breaks {
            broken.kubectl(step)?;
        }
        Ok(broken)
    }

    fn apply(&self, file: &str) -> Result<()> {
        let path = folder().join(&self.fault.name).join(file);
        if path.is_file() {
            let text = std::fs::read_to_string(&path)?.replace("$NAMESPACE", self.namespace.name());
            self.cluster.apply(self.namespace.name(), &text)?;
        }
        Ok(())
    }

    /// Run kubectl in the namespace.
    ///
    /// # Errors
    /// Where it fails.
    pub fn kubectl(&self, arguments: &[String]) -> Result<String> {
        kubectl(self.cluster, self.namespace.name(), arguments)
    }

    /// Every check of `healthy` must succeed.
    ///
    /// # Errors
    /// The first that does not.
    pub fn assert_healthy(&self) -> Result<()> {
        for check in &self.fault.healthy {
            self.kubectl(check)
                .with_context(|| format!("not healthy: kubectl {check:?}"))?;
        }
        Ok(())
    }
}

impl Drop for Broken<'_> {
    fn drop(&mut self) {
        for step in &self.fault.restore {
            let _ = self.kubectl(step);
        }
    }
}

/// Namespaces are short, so that names derived from them fit.
fn prefix(name: &str) -> &str {
    name.get(..name.len().min(30))
        .unwrap_or(name)
        .trim_end_matches('-')
}
