//! CNCF distribution, the registry of the tests, as a process on this machine.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::deploy::{printed, root};

/// Who may use a registry with a password.
pub const USER: &str = "ann";

/// The program of `tests/registry`, built where the cache lacks it.
///
/// # Errors
/// It does not build: it needs Go.
pub fn program() -> Result<PathBuf> {
    static BUILT: Mutex<Option<PathBuf>> = Mutex::new(None);
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = &*built {
        return Ok(program.clone());
    }
    let mut script = Command::new(root().join("tests/registry/build.sh"));
    let program = PathBuf::from(printed(script.stderr(Stdio::inherit()))?.trim());
    *built = Some(program.clone());
    Ok(program)
}

/// A registry; dropping it ends the process.
pub struct Registry {
    directory: TempDir,
    password: Option<String>,
    child: Option<Child>,
    /// `HOST:PORT`
    pub address: String,
}

impl Registry {
    /// For everybody on this machine.
    ///
    /// # Errors
    /// It does not start.
    pub fn start() -> Result<Registry> {
        Registry::at("127.0.0.1", None)
    }

    /// At an address of this machine; with a password, for [`USER`] alone.
    ///
    /// # Errors
    /// It does not start.
    pub fn at(host: &str, password: Option<&str>) -> Result<Registry> {
        let mut registry = Registry {
            directory: tempfile::tempdir()?,
            password: password.map(str::to_owned),
            child: None,
            address: format!("{host}:0"),
        };
        registry.back()?;
        Ok(registry)
    }

    /// Start it again, at the same address and with what it holds.
    ///
    /// # Errors
    /// It does not start.
    pub fn back(&mut self) -> Result<()> {
        let log = File::create(self.directory.path().join("log"))?;
        let mut command = Command::new(program()?);
        command
            .arg("serve")
            .arg(self.directory.path())
            .arg(&self.address);
        if let Some(password) = &self.password {
            command
                .env("REGISTRY_USER", USER)
                .env("REGISTRY_PASSWORD", password);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn()?;
        let out = child.stdout.take().context("standard output is piped")?;
        self.child = Some(child);
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        ensure!(!line.trim().is_empty(), "the registry does not start");
        line.trim().clone_into(&mut self.address);
        Ok(())
    }

    /// It goes away.
    pub fn away(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.away();
    }
}
