//! The product as users run it: `target/dist/k8shawk`, in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::cluster::{Cluster, wait_until};

/// The built product, pointed at a cluster.
pub struct Product {
    binary: PathBuf,
    kubeconfig: PathBuf,
}

impl Product {
    /// What `make build` made, for this cluster.
    ///
    /// # Errors
    /// Where it is not built.
    pub fn new(cluster: &Cluster) -> Result<Product> {
        let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist/k8shawk");
        ensure!(
            binary.is_file(),
            "{} is missing: run `make build`",
            binary.display()
        );
        Ok(Product {
            binary,
            kubeconfig: cluster.kubeconfig().to_owned(),
        })
    }

    /// The command, in a working directory, without what the environment would say.
    pub fn command(&self, directory: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .current_dir(directory)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("NO_COLOR", "1");
        for name in ["WATCH_NAMESPACE", "K8SHAWK_CONFIG", "RUST_LOG"] {
            command.env_remove(name);
        }
        command
    }

    fn document(output: &Output) -> Result<Value> {
        let told = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("exit {:?}, {told}", output.status.code()))
    }

    /// Findings of a scan of one namespace.
    ///
    /// # Errors
    /// Where it does not print one JSON document.
    pub fn scan(&self, namespace: &str) -> Result<Vec<Value>> {
        let directory = tempfile::tempdir()?;
        let arguments = ["scan", "-n", namespace, "-o", "json"];
        let output = self.command(directory.path()).args(arguments).output()?;
        match Self::document(&output)? {
            Value::Array(findings) => Ok(findings),
            other => bail!("not an array: {other}"),
        }
    }

    /// Start `k8shawk run` on one namespace, with quick recovery checks.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn run(&self, namespace: &str, environment: &[(&str, &str)]) -> Result<Running<'_>> {
        let directory = tempfile::tempdir()?;
        let log = std::fs::File::create(directory.path().join("log"))?;
        let mut command = self.command(directory.path());
        command
            .args(["run", "-n", namespace])
            .env("K8SHAWK_RECOVERY_INTERVAL_SECONDS", "1")
            .env("K8SHAWK_RECOVERY_STABILITY_SECONDS", "3")
            .env("RECOVERY_TIMEOUT_SECONDS", "150")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = command.spawn()?;
        Ok(Running {
            product: self,
            child,
            directory,
        })
    }
}

/// A running host; dropping it stops it.
pub struct Running<'p> {
    product: &'p Product,
    child: Child,
    directory: tempfile::TempDir,
}

impl Running<'_> {
    /// Its working directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it printed.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Its incidents.
    ///
    /// # Errors
    /// Where `incidents` does not print one JSON document.
    pub fn incidents(&self) -> Result<Vec<Value>> {
        let arguments = ["incidents", "-o", "json"];
        let output = self
            .product
            .command(self.directory())
            .args(arguments)
            .output()?;
        match Product::document(&output)? {
            Value::Array(incidents) => Ok(incidents),
            other => bail!("not an array: {other}"),
        }
    }

    /// Wait until an incident is in one of these states.
    ///
    /// # Errors
    /// After the deadline, with what there is and the log.
    pub fn until(&self, states: &[&str], deadline: Duration) -> Result<Value> {
        let found = wait_until(deadline, &format!("an incident in {states:?}"), || {
            Ok(self
                .incidents()?
                .into_iter()
                .find(|i| states.contains(&i["state"].as_str().unwrap_or_default())))
        });
        found.with_context(|| format!("incidents: {:?}\nlog:\n{}", self.incidents(), self.log()))
    }

    /// Ask it by a command; returns its text where it did it.
    ///
    /// # Errors
    /// What it said where it did not.
    pub fn ask(&self, arguments: &[&str]) -> Result<String> {
        let output = self
            .product
            .command(self.directory())
            .args(arguments)
            .output()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{told}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Kill it as a crash would.
    ///
    /// # Errors
    /// Where it is gone already.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Wait until it ended by itself.
    ///
    /// # Errors
    /// After the deadline.
    pub fn until_ended(&mut self, deadline: Duration) -> Result<()> {
        wait_until(deadline, "the host to end", || {
            Ok(self.child.try_wait()?.map(|_| ()))
        })
    }

    /// Start it again in the same directory.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn again(&mut self, namespace: &str, environment: &[(&str, &str)]) -> Result<()> {
        let log = std::fs::OpenOptions::new()
            .append(true)
            .open(self.directory.path().join("log"))?;
        let mut command = self.product.command(self.directory.path());
        command
            .args(["run", "-n", namespace])
            .env("K8SHAWK_RECOVERY_INTERVAL_SECONDS", "1")
            .env("K8SHAWK_RECOVERY_STABILITY_SECONDS", "3")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.child = command.spawn()?;
        Ok(())
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}
