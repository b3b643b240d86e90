//! A running `k8shawk run` whose memory and database can be looked at.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::process::mib;
use crate::cluster::wait_until;
use crate::fault::Product;

/// The host; dropping it stops it and removes its directory.
pub(super) struct Host {
    child: Child,
    directory: TempDir,
}

impl Host {
    /// Starts it, with the compiled plugins of a directory, and waits for its start-up summary.
    pub(super) fn start(product: &Product, cache: &Path, arguments: &[&str]) -> Result<Host> {
        let directory = tempfile::tempdir()?;
        let log = File::create(directory.path().join("log"))?;
        let mut command = command(product, directory.path(), cache);
        // What the slowest changes waited for: see `detect`.
        command
            .env("RUST_LOG", "k8shawk=info,k8shawk::run::patrol=debug")
            .args(["--log-format", "json", "run"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = command.spawn().context("start the host")?;
        let mut host = Host { child, directory };
        host.wait_for_summary()?;
        Ok(host)
    }

    fn wait_for_summary(&mut self) -> Result<()> {
        let summary = wait_until(Duration::from_secs(120), "the host has started", || {
            if self.child.try_wait()?.is_some() {
                return Ok(Some(false));
            }
            Ok(self.log().contains("look with").then_some(true))
        });
        match summary.with_context(|| self.log())? {
            true => Ok(()),
            false => bail!("the host ended: {}", self.log()),
        }
    }

    /// What it logged so far.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Where its database is.
    pub(super) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Its database.
    pub(super) fn database(&self) -> PathBuf {
        self.directory.path().join("k8shawk.sqlite")
    }

    /// Processor time so far, in seconds.
    pub(super) fn processor(&self) -> Result<f64> {
        let file = format!("/proc/{}/stat", self.child.id());
        let text = fs::read_to_string(&file)
            .with_context(|| format!("the host has ended: {}", self.log()))?;
        let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |at: usize| -> Result<f64> {
            Ok(fields.get(at).context("a short line")?.parse::<f64>()?)
        };
        // A hundred ticks a second, on every Linux.
        Ok((ticks(11)? + ticks(12)?) / 100.0)
    }

    /// A memory row of `/proc/<pid>/status` in MiB, such as `VmRSS`.
    pub(super) fn memory(&self, row: &str) -> Result<f64> {
        let file = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(&file)
            .with_context(|| format!("the host has ended: {}", self.log()))?;
        mib(&text, row).with_context(|| file)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The product in a directory; compiled plugins are kept in another.
pub(super) fn command(product: &Product, directory: &Path, cache: &Path) -> Command {
    let mut command = product.command(directory);
    command.env("XDG_CACHE_HOME", cache);
    command
}
