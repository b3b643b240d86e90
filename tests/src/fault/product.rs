//! The product as users run it: `target/dist/k8shawk`, in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use k8shawk_core::llm::Provider;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::disk::Disk;
use crate::cluster::{Cluster, wait_until};
use crate::prometheus::get;

/// How long a host may take until it listens.
const START: Duration = Duration::from_secs(60);
/// How long a pod may take to end.
const GRACE: Duration = Duration::from_secs(30);

/// What a person may have set for a host of theirs.
const UNSET: &[&str] = &[
    "WATCH_NAMESPACE",
    "K8SHAWK_CONFIG",
    "K8SHAWK_ENV_FILE",
    "RUST_LOG",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_CHANNEL",
    "SLACK_APPROVERS",
    "SARVAM_API_KEY",
];

/// The built product, pointed at a cluster.
pub struct Product {
    binary: PathBuf,
    /// Where plugins, policies and grants are, unless that is beside the binary.
    home: Option<PathBuf>,
    kubeconfig: PathBuf,
}

impl Product {
    /// What `make build` made, for this cluster.
    ///
    /// # Errors
    /// Where it is not built.
    pub fn new(cluster: &Cluster) -> Result<Product> {
        Product::with_kubeconfig(cluster.kubeconfig())
    }

    /// [`Product::new`] with a kubeconfig that may lead elsewhere, or nowhere.
    ///
    /// # Errors
    /// Where it is not built.
    pub fn with_kubeconfig(kubeconfig: &Path) -> Result<Product> {
        let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist/k8shawk");
        ensure!(
            binary.is_file(),
            "{} is missing: run `make build`",
            binary.display()
        );
        Ok(Product {
            binary,
            home: None,
            kubeconfig: kubeconfig.to_owned(),
        })
    }

    /// The same with another program, such as the one whose crash points are armed.
    pub fn with_program(mut self, program: &Path) -> Product {
        let program = program.to_owned();
        let shipped = std::mem::replace(&mut self.binary, program);
        self.home = shipped.parent().map(Path::to_owned);
        self
    }

    /// The command, in a working directory, without what the environment would say.
    pub fn command(&self, directory: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        self.prepare(&mut command, directory);
        command
    }

    /// The program that was built.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Give a command that will run the product its directory and environment.
    pub(super) fn prepare(&self, command: &mut Command, directory: &Path) {
        command
            .current_dir(directory)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("NO_COLOR", "1")
            // Hosts run side by side: each on a free port of this machine.
            .env("WEBHOOK_ADDRESS", "127.0.0.1")
            .env("WEBHOOK_PORT", "0");
        for name in UNSET {
            command.env_remove(name);
        }
        if let Some(home) = &self.home {
            command
                .env("K8SHAWK_PLUGINS", home.join("plugins"))
                .env("K8SHAWK_POLICIES", home.join("policies"))
                .env("K8SHAWK_GRANTS", home.join("grants"));
        }
        // Tests do not use the developer's own environment.
        for provider in Provider::ALL {
            let (key, url) = provider.variables();
            command.env_remove(key).env_remove(url);
        }
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
        self.scanned(&["scan", "-n", namespace, "-o", "json"], &[])
    }

    /// The same with the model that the environment chooses.
    ///
    /// # Errors
    /// Where it does not print one JSON document.
    pub fn scan_with_model(
        &self,
        namespace: &str,
        environment: &[(&str, &str)],
    ) -> Result<Vec<Value>> {
        let arguments = ["scan", "-n", namespace, "--model", "-o", "json"];
        self.scanned(&arguments, environment)
    }

    fn scanned(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Vec<Value>> {
        let directory = tempfile::tempdir()?;
        let mut command = self.command(directory.path());
        let environment = environment.iter().copied();
        let output = command.args(arguments).envs(environment).output()?;
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
        let command = self.command(directory.path());
        self.start(command, directory, namespace, environment)
    }

    pub(super) fn start(
        &self,
        mut command: Command,
        directory: tempfile::TempDir,
        namespace: &str,
        environment: &[(&str, &str)],
    ) -> Result<Running<'_>> {
        let log = std::fs::File::create(directory.path().join("log"))?;
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
            disk: None,
        })
    }
}

/// A running host; dropping it stops it.
pub struct Running<'p> {
    product: &'p Product,
    child: Child,
    directory: tempfile::TempDir,
    pub(super) disk: Option<Disk>,
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

    /// Where its HTTP server listens, as it says at its (last) start.
    ///
    /// # Errors
    /// Where it does not say so within a minute.
    pub fn http(&self) -> Result<String> {
        let said = wait_until(START, "the host to say where it listens", || {
            let log = self.log();
            let mut said = log.lines().filter_map(|l| l.strip_prefix("  http "));
            Ok(said.next_back().map(|address| address.trim().to_owned()))
        });
        Ok(format!("http://{}", said.with_context(|| self.log())?))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// True while it runs.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn lives(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// A command of the product beside it, on its state.
    fn command(&self) -> Command {
        match &self.disk {
            Some(disk) => disk.command(self.product, self.directory(), self.pid()),
            None => self.product.command(self.directory()),
        }
    }

    /// Its incidents.
    ///
    /// # Errors
    /// Where `incidents` does not print one JSON document.
    pub fn incidents(&self) -> Result<Vec<Value>> {
        self.list(&["incidents", "-o", "json"])
    }

    /// Its incidents with those that went away or are part of another.
    ///
    /// # Errors
    /// Where `incidents` does not print one JSON document.
    pub fn all_incidents(&self) -> Result<Vec<Value>> {
        self.list(&["incidents", "--all", "-o", "json"])
    }

    /// Its incidents and its log, for a message.
    pub fn told(&self) -> String {
        let line = |i: &Value| {
            let text = |p: &str| i.pointer(p).and_then(Value::as_str).unwrap_or_default();
            let victims = i["victims"].as_array().map_or(0, Vec::len);
            format!(
                "{} {} {} {} of {}/{} with {victims} more: {}",
                text("/id"),
                text("/state"),
                text("/severity"),
                text("/class"),
                text("/owner/kind"),
                text("/owner/name"),
                text("/cause")
            )
        };
        let all = self.all_incidents().unwrap_or_default();
        let lines: Vec<String> = all.iter().map(line).collect();
        format!("incidents:\n{}\nlog:\n{}", lines.join("\n"), self.log())
    }

    fn list(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let output = self.command().args(arguments).output()?;
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
        found.with_context(|| self.told())
    }

    /// Ask it by a command; returns its text where it did it.
    ///
    /// # Errors
    /// What it said where it did not.
    pub fn ask(&self, arguments: &[&str]) -> Result<String> {
        let output = self.command().args(arguments).output()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(output.status.success(), "{told}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Approve the fix of an incident as it is shown now; returns what it said.
    ///
    /// # Errors
    /// What it said where it did not.
    pub fn approve(&self, id: &str) -> Result<String> {
        let shown = Product::document(
            &self
                .command()
                .args(["incidents", id, "-o", "json"])
                .output()?,
        )?;
        let digest = shown["digest"].as_str().unwrap_or("none");
        self.ask(&["approve", id, "--yes", "--digest", digest])
    }

    /// A page of it: status and body.
    ///
    /// # Errors
    /// It does not answer.
    pub fn page(&self, path: &str) -> Result<(u16, String)> {
        get(&format!("{}{path}", self.http()?), &[])
    }

    /// Wait until `/ready` answers 200.
    ///
    /// # Errors
    /// After two minutes, with what it says.
    pub fn until_ready(&self) -> Result<()> {
        let ready = wait_until(Duration::from_secs(120), "it is ready", || {
            // Until it listens again after a restart, nobody answers at the earlier address.
            let page = self.page("/ready");
            Ok(page.is_ok_and(|(code, _)| code == 200).then_some(()))
        });
        ready.with_context(|| format!("{:?} {}", self.page("/ready"), self.log()))
    }

    /// Ask it to end, as a kubelet would; returns how long it took.
    ///
    /// # Errors
    /// It did not end by itself within the grace period of a pod, or not well.
    pub fn terminate(&mut self) -> Result<Duration> {
        let begun = Instant::now();
        let process = Pid::from_raw(i32::try_from(self.pid())?);
        kill(process, Signal::SIGTERM)?;
        self.until_ended(GRACE).with_context(|| self.log())?;
        let status = self.child.wait()?;
        ensure!(status.success(), "it ended with {status}: {}", self.log());
        Ok(begun.elapsed())
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
