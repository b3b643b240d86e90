//! What a host asks of the API server, as the server's own audit log has it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::Cluster;

/// Whom the host acts as: its requests differ from those of the bench.
const HOST: &str = "k8shawk-bench";

/// Everything but the control plane's own requests.
const POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- { level: None, userGroups: ['system:nodes', 'system:serviceaccounts'] }
- { level: None, users: ['system:kube-scheduler', 'system:kube-controller-manager', 'system:apiserver'] }
- level: Metadata
";

/// An audit log that a cluster writes.
#[derive(Debug)]
pub(super) struct Audit {
    directory: TempDir,
}

/// Requests of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Requests {
    /// Watches that were begun.
    pub(super) watches: usize,
    /// Everything else.
    pub(super) others: usize,
}

impl Audit {
    pub(super) fn new() -> Result<Audit> {
        let directory = tempfile::tempdir()?;
        fs::write(directory.path().join("policy.yaml"), POLICY)?;
        Ok(Audit { directory })
    }

    /// Flags of the API server that writes it.
    pub(super) fn flags(&self) -> Vec<String> {
        let at = |name: &str| self.directory.path().join(name).display().to_string();
        vec![
            format!("--audit-policy-file={}", at("policy.yaml")),
            format!("--audit-log-path={}", self.log().display()),
        ]
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("audit.log")
    }

    /// A kubeconfig with which the host is known in the log.
    pub(super) fn kubeconfig(&self, cluster: &Cluster) -> Result<PathBuf> {
        let whole = fs::read_to_string(cluster.kubeconfig())?;
        let mut config: Value = serde_json::to_value(kube::config::Kubeconfig::from_yaml(&whole)?)?;
        for user in config["users"].as_array_mut().into_iter().flatten() {
            user["user"]["as"] = HOST.into();
            user["user"]["as-groups"] = vec!["system:masters"].into();
        }
        let file = self.directory.path().join("kubeconfig");
        fs::write(&file, config.to_string())?;
        Ok(file)
    }

    /// What the host asked for after a moment, as the log's times have it.
    pub(super) fn since(&self, moment: &str) -> Result<Requests> {
        let (mut watches, mut others) = (BTreeSet::new(), BTreeSet::new());
        for line in lines(&self.log())? {
            let line = line?;
            if !line.contains(HOST) {
                continue;
            }
            let event: Value = serde_json::from_str(&line).context("a line of the audit log")?;
            let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
            if text("/impersonatedUser/username") != Some(HOST)
                || text("/requestReceivedTimestamp").unwrap_or_default() < moment
            {
                continue;
            }
            let of = match text("/verb") {
                Some("watch") => &mut watches,
                _ => &mut others,
            };
            of.insert(text("/auditID").unwrap_or_default().to_owned());
        }
        Ok(Requests {
            watches: watches.len(),
            others: others.len(),
        })
    }

    /// The present, as the log's times have it.
    pub(super) fn now() -> String {
        k8s_openapi::jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
            .to_string()
    }
}

fn lines(file: &Path) -> Result<impl Iterator<Item = std::io::Result<String>>> {
    let file = File::open(file).with_context(|| format!("open {}", file.display()))?;
    Ok(BufReader::new(file).lines())
}
