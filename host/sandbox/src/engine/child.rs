//! Who compiles: this process, or a child of it that lives for one component.
//!
//! A child is a filter: the component on its standard input, machine code on its standard output,
//! and why there is none on its standard error. All three are files in the private cache
//! directory, so that nobody has to read or write while it works.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::cache::Scratch;
use crate::read::Wasm;

/// The argument that makes a program a compiler: see [`precompile`](crate::precompile).
pub const COMPILE: &str = "compile-component";

/// A Python component takes 14 s on an idle core.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often a child is looked at: little beside the 130 ms of a small component.
const LOOK: Duration = Duration::from_millis(2);
/// What is shown of a child's standard error.
const COMPLAINT: u64 = 4096;

/// Who compiles components.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Compiler {
    /// This process: its memory holds what the compiler needed at its peak.
    #[default]
    InProcess,
    /// This program, called with [`COMPILE`]. It must be the same version of ours, and there must
    /// be a cache directory to take its result from.
    Child(PathBuf),
}

/// Why a child compiled nothing.
pub(crate) enum Failure {
    /// It could not be started; another compiler may do better.
    NotStarted(io::Error),
    /// It says what is wrong with the component, or it died of it.
    Failed(String),
    /// The component cannot be read.
    Unread(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::NotStarted(error)
    }
}

/// Let a child compile a component. The machine code is then in `scratch.code`.
pub(crate) fn in_child(program: &Path, wasm: &Wasm, scratch: &Scratch) -> Result<(), Failure> {
    wasm.copy_to(&scratch.wasm).map_err(Failure::Unread)?;
    let mut child = Command::new(program)
        .arg0("k8shawk")
        .arg(COMPILE)
        // Nothing of the host's environment, which holds secrets, is any of its business.
        .env_clear()
        .stdin(File::open(&scratch.wasm)?)
        .stdout(Stdio::from(File::create(&scratch.code)?))
        .stderr(Stdio::from(File::create(&scratch.complaint)?))
        .spawn()?;
    let complaint = || complaint(&scratch.complaint);
    match wait(&mut child)? {
        None => Err(Failure::Failed(format!(
            "the compiler still ran after {PATIENCE:?}"
        ))),
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(Failure::Failed(match status.signal() {
            Some(signal) => format!("the compiler was killed by signal {signal} {}", complaint()),
            None => complaint(),
        })),
    }
}

/// None where the child did not end in time; it is gone then.
fn wait(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

fn complaint(path: &Path) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(COMPLAINT).read_to_end(&mut bytes));
    match read {
        Ok(_) => {
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim();
            text.strip_prefix("k8shawk: ").unwrap_or(text).to_owned()
        }
        Err(error) => format!("and its output cannot be read: {error}"),
    }
}
