//! A host whose state lies on a disk of its own, small enough to be filled.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};

use super::product::{Product, Running};

/// A tmpfs in a mount namespace of the host's process: both end with it.
#[derive(Debug)]
pub(super) struct Disk {
    state: PathBuf,
}

impl Disk {
    /// A command of the product that sees the disk.
    pub(super) fn command(&self, product: &Product, directory: &Path, pid: u32) -> Command {
        let mut command = self.enter(pid);
        product.prepare(&mut command, directory);
        command
            .env("K8SHAWK_STATE", &self.state)
            .arg(product.binary());
        command
    }

    fn enter(&self, pid: u32) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &pid.to_string(), "--mount", "--"]);
        command
    }
}

impl Product {
    /// [`Product::run`] with its state on a disk of `size`, such as `2m`. It needs root.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn run_on_small_disk(&self, namespace: &str, size: &str) -> Result<Running<'_>> {
        let directory = tempfile::tempdir()?;
        let state = directory.path().join("state");
        std::fs::create_dir(&state)?;
        let mut command = Command::new("unshare");
        self.prepare(&mut command, directory.path());
        // Each program becomes the next, so that the child is the host in the end.
        command
            .args(["--mount", "--propagation", "private", "sh", "-c"])
            .arg("mount -t tmpfs -o \"size=$1\" k8shawk \"$2\" && shift 2 && exec \"$@\"")
            .args(["sh", size])
            .arg(&state)
            .arg(self.binary())
            .env("K8SHAWK_STATE", &state);
        let mut running = self.start(command, directory, namespace, &[])?;
        running.disk = Some(Disk { state });
        Ok(running)
    }
}

impl Running<'_> {
    /// A file of its state, where the state lies on a small disk.
    pub fn on_disk(&self, path: &str) -> PathBuf {
        // Joining an absolute path would leave the process's root.
        let seen = path.trim_start_matches('/');
        PathBuf::from(format!("/proc/{}/root", self.pid())).join(seen)
    }

    /// Leave no byte on its disk.
    ///
    /// # Errors
    /// Where it has none, or there is room left.
    pub fn fill_disk(&self) -> Result<()> {
        let status = self.on_the_disk("cat /dev/zero >ballast 2>/dev/null; ! echo x >more")?;
        ensure!(status, "the disk is not full");
        Ok(())
    }

    /// Make room again.
    ///
    /// # Errors
    /// Where it has no disk.
    pub fn free_disk(&self) -> Result<()> {
        ensure!(self.on_the_disk("rm ballast more")?, "no room is made");
        Ok(())
    }

    fn on_the_disk(&self, script: &str) -> Result<bool> {
        let Some(disk) = &self.disk else {
            anyhow::bail!("it has no disk of its own");
        };
        let mut command = disk.enter(self.pid());
        command
            .args(["sh", "-c"])
            .arg(format!("cd \"$0\" && {{ {script}; }}"));
        let output = command.arg(&disk.state).output()?;
        Ok(output.status.success())
    }
}
