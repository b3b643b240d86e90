//! K8sHawk as a platform team installs it: an image in the node, the chart by Helm, a pod.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::cluster::{Cluster, Kubectl, helm, wait_until};

/// The root of the sources.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs a command to its end and returns its standard output.
///
/// # Errors
/// It failed; the error holds what it printed.
pub fn printed(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}", told.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The processor's name in images.
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        _ => "amd64",
    }
}

/// The image of what `make build` made, as an archive; its name is `k8shawk:0.1.0`.
///
/// # Errors
/// Nothing is built, or buildah refuses.
pub fn image(directory: &Path) -> Result<PathBuf> {
    let archive = directory.join("k8shawk.tar");
    let mut script = Command::new(root().join("scripts/image.sh"));
    script
        .arg(root().join("target/dist/k8shawk"))
        .arg(architecture())
        .arg(&archive)
        .arg(format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
    printed(&mut script)?;
    Ok(archive)
}

/// Helm with files of its own, on a cluster.
pub struct Helm {
    program: PathBuf,
    kubeconfig: Option<PathBuf>,
    home: tempfile::TempDir,
}

impl Helm {
    /// On a cluster; without one it only renders.
    ///
    /// # Errors
    /// It cannot be built.
    pub fn new(cluster: Option<&Cluster>) -> Result<Helm> {
        Ok(Helm {
            program: helm()?,
            kubeconfig: cluster.map(|cluster| cluster.kubeconfig().to_owned()),
            home: tempfile::tempdir()?,
        })
    }

    /// Runs it.
    ///
    /// # Errors
    /// It failed; the error holds what it printed.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("HOME", self.home.path());
        command.env_remove("KUBECONFIG");
        for name in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
            command.env(name, self.home.path().join(name));
        }
        if let Some(kubeconfig) = &self.kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        printed(&mut command)
    }

    /// The chart with values, rendered for the namespace `k8shawk`.
    ///
    /// # Errors
    /// The values are refused, or the chart is wrong.
    pub fn template(&self, values: &[&str]) -> Result<String> {
        let chart = chart();
        let mut arguments = vec!["template", "k8shawk", &chart, "--namespace", "k8shawk"];
        arguments.extend(values);
        self.run(&arguments)
    }
}

/// The directory of the chart.
pub fn chart() -> String {
    root().join("deploy/helm/k8shawk").display().to_string()
}

/// The documents of rendered manifests as JSON, by way of kubectl.
///
/// # Errors
/// kubectl does not understand them.
pub fn documents(kubectl: &Kubectl, yaml: &str) -> Result<Vec<Value>> {
    // A custom resource may lack in the cluster: nothing is asked of it.
    let arguments = [
        "create",
        "--dry-run=client",
        "--validate=false",
        "-o",
        "json",
        "-f",
        "-",
    ];
    let text = kubectl.run_with_input(&arguments, yaml)?;
    let mut all = Vec::new();
    for document in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
        match document? {
            mut list if list["kind"] == "List" => {
                let items = list["items"].take();
                all.extend(items.as_array().cloned().unwrap_or_default());
            }
            one => all.push(one),
        }
    }
    Ok(all)
}

/// The pod of the installation in the namespace `k8shawk`.
pub struct Pod {
    kubectl: Kubectl,
}

impl Pod {
    /// In a cluster.
    pub fn new(cluster: &Cluster) -> Pod {
        Pod {
            kubectl: cluster.kubectl_client(),
        }
    }

    /// Runs `k8shawk` in it.
    ///
    /// # Errors
    /// It failed; the error holds what it printed.
    pub fn exec(&self, arguments: &[&str]) -> Result<String> {
        let exec = ["-n", "k8shawk", "exec", "deploy/k8shawk", "--", "k8shawk"];
        self.kubectl.run(&[&exec[..], arguments].concat())
    }

    /// What it printed, with the end of what is known of the pod.
    pub fn told(&self) -> String {
        let ask = |arguments: &[&str]| {
            let all = [&["-n", "k8shawk"], arguments].concat();
            self.kubectl
                .run(&all)
                .unwrap_or_else(|error| format!("{error:#}"))
        };
        let log = ask(&["logs", "deploy/k8shawk", "--tail=60"]);
        let pod = ask(&["describe", "pods"]);
        let end = pod.lines().count().saturating_sub(60);
        let pod: Vec<&str> = pod.lines().skip(end).collect();
        format!("{log}\n{}", pod.join("\n"))
    }

    /// Wait until the Deployment is rolled out and ready.
    ///
    /// # Errors
    /// After the deadline, with the pod's log.
    pub fn until_ready(&self, deadline: Duration) -> Result<()> {
        let timeout = format!("--timeout={}s", deadline.as_secs());
        let status = [
            "-n",
            "k8shawk",
            "rollout",
            "status",
            "deploy/k8shawk",
            &timeout,
        ];
        self.kubectl
            .run(&status)
            .map(drop)
            .with_context(|| self.told())
    }

    /// Its incidents.
    ///
    /// # Errors
    /// It does not answer with a JSON array.
    pub fn incidents(&self) -> Result<Vec<Value>> {
        Ok(serde_json::from_str(&self.exec(&[
            "incidents",
            "-o",
            "json",
        ])?)?)
    }

    /// Wait until an incident is in a state.
    ///
    /// # Errors
    /// After the deadline, with the pod's log.
    pub fn until(&self, state: &str, deadline: Duration) -> Result<Value> {
        let found = || {
            let mut all = self.incidents()?.into_iter();
            Ok(all.find(|incident| incident["state"] == state))
        };
        wait_until(deadline, &format!("an incident is {state}"), found)
            .with_context(|| format!("{:?}\n{}", self.incidents(), self.told()))
    }
}
