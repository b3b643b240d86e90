use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::command::run_with_input;
use super::programs::Programs;

/// A `kubectl` with its configuration.
#[derive(Debug, Clone)]
pub struct Kubectl {
    program: PathBuf,
    kubeconfig: PathBuf,
    cache: Option<PathBuf>,
}

impl Kubectl {
    /// `cache` is where kubectl may keep what it discovered; its own choice if none.
    pub(super) fn new(program: PathBuf, kubeconfig: &Path, cache: Option<PathBuf>) -> Self {
        Self {
            program,
            kubeconfig: kubeconfig.to_owned(),
            cache,
        }
    }

    /// A kubectl for any other API server.
    ///
    /// # Errors
    /// It cannot be built.
    pub fn of(kubeconfig: &Path, cache: &Path) -> Result<Self> {
        let program = Programs::kubectl_for_given_cluster()?;
        Ok(Self::new(program, kubeconfig, Some(cache.to_owned())))
    }

    /// The credentials it uses.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Runs it and returns its standard output.
    ///
    /// # Errors
    /// It failed; the error holds what it printed.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        self.run_with_input(arguments, "")
    }

    /// [`Kubectl::run`] with a text for `-f -`.
    ///
    /// # Errors
    /// It failed; the error holds what it printed.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Result<String> {
        run_with_input(self.command().args(arguments), input)
    }

    /// A command to add arguments to, for what must run beside the test (`exec`, `logs -f`).
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("KUBECONFIG", &self.kubeconfig);
        if let Some(cache) = &self.cache {
            command.env("KUBECACHEDIR", cache);
        }
        command
    }
}
