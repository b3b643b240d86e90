//! A host process against the recorded API server: killed and started again in one directory.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::api_server::ApiServer;
use k8shawk_tests::fault::Product;
use serde_json::Value;

/// Times that let an incident go its whole way within seconds.
const QUICK: [(&str, &str); 9] = [
    ("K8SHAWK_SETTLE_MS", "100"),
    ("K8SHAWK_SWEEP_SECONDS", "1"),
    ("K8SHAWK_RECOVERY_INTERVAL_SECONDS", "1"),
    ("K8SHAWK_RECOVERY_STABILITY_SECONDS", "0"),
    ("RECOVERY_TIMEOUT_SECONDS", "5"),
    ("K8SHAWK_FIX_TIMEOUT_SECONDS", "2"),
    // What has ended is not opened again within a test.
    ("K8SHAWK_DEDUP_SECONDS", "3600"),
    ("K8SHAWK_APPROVERS", ""),
    ("RUST_LOG", "k8shawk=info"),
];

/// Commands of the product on the state of one host.
pub struct Commands {
    product: Product,
    directory: PathBuf,
}

impl Commands {
    fn command(&self) -> Command {
        self.product.command(&self.directory)
    }

    /// All incidents, as the product itself reads them from its database.
    ///
    /// # Errors
    /// It does not print one JSON document.
    pub fn incidents(&self) -> Result<Vec<Value>> {
        let arguments = ["incidents", "--all", "-o", "json"];
        let output = self.command().args(arguments).output()?;
        let told = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "incidents: {told}");
        serde_json::from_slice(&output.stdout).with_context(|| format!("incidents: {told}"))
    }

    /// Approve the fix of an incident, over the socket; true where the host accepted it.
    ///
    /// # Errors
    /// The command cannot be started.
    pub fn approve(&self, incident: &Value) -> Result<bool> {
        let text = |name: &str| incident[name].as_str().unwrap_or_default().to_owned();
        let arguments = ["approve", &text("id"), "--yes", "--digest", &text("digest")];
        Ok(self.command().args(arguments).output()?.status.success())
    }
}

/// A host process with its directory. Dropping it ends the process.
pub struct Host {
    /// Commands beside it, usable from other threads.
    pub commands: Arc<Commands>,
    directory: tempfile::TempDir,
    environment: Vec<(String, String)>,
    child: Option<Child>,
    /// Processes that were started.
    pub starts: u32,
    /// Processes that ended by themselves, as one does whose API server fails at its start.
    pub exits: u32,
}

impl Host {
    /// A host that is not started yet; `environment` is laid over the quick times.
    ///
    /// # Errors
    /// The product is not built.
    pub fn new(server: &ApiServer, environment: &[(&str, String)]) -> Result<Host> {
        let directory = tempfile::tempdir()?;
        let commands = Commands {
            product: Product::with_kubeconfig(&server.kubeconfig("host")?)?,
            directory: directory.path().to_owned(),
        };
        let quick = QUICK
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let all = quick.chain(environment.iter().cloned());
        Ok(Host {
            commands: Arc::new(commands),
            directory,
            environment: all.map(|(name, value)| (name.to_owned(), value)).collect(),
            child: None,
            starts: 0,
            exits: 0,
        })
    }

    /// Start it; what it prints is appended to its log.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(&mut self) -> Result<()> {
        let path = self.directory.path().join("log");
        let log = OpenOptions::new().create(true).append(true).open(path)?;
        let mut command = self.commands.command();
        command
            .arg("run")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        self.child = Some(command.spawn()?);
        self.starts += 1;
        Ok(())
    }

    /// Start it where it has ended by itself, as a kubelet would.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn keep_alive(&mut self) -> Result<()> {
        if let Some(child) = &mut self.child
            && child.try_wait()?.is_none()
        {
            return Ok(());
        }
        self.exits += u32::from(self.child.is_some());
        self.start()
    }

    /// `kill -9`.
    ///
    /// # Errors
    /// The system refuses it.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            self.exits += u32::from(child.try_wait()?.is_some());
            // It may have ended by itself a moment ago.
            let _ = child.kill();
            child.wait()?;
        }
        Ok(())
    }

    /// Its process, where it runs.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Its working directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it printed in all of its lives.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Keep its directory for a person to look at; returns where.
    pub fn keep(&mut self) -> PathBuf {
        self.directory.disable_cleanup(true);
        self.directory.path().to_owned()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Approve whatever waits; returns the ids that the host accepted.
///
/// # Errors
/// The commands cannot be started.
pub fn approve_all(commands: &Commands) -> Result<Vec<String>> {
    let mut taken = Vec::new();
    for incident in commands.incidents()? {
        if incident["state"] == "waiting" && commands.approve(&incident)? {
            taken.push(incident["id"].as_str().unwrap_or_default().to_owned());
        }
    }
    Ok(taken)
}
