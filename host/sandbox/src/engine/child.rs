//! Who compiles: this process, or a child of it that lives for one component.
//!
//! A child is a filter: the component on its standard input, machine code on its standard output,
//! and why there is none on its standard error. All three are files in the private cache
//! directory, so that nobody has to read or write while it works.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use k8shawk_core::config::COMPILE_MEMORY_MIB;

use crate::engine::cache::Scratch;
use crate::read::Wasm;

/// The argument that makes a program a compiler: see [`precompile`](crate::precompile).
pub const COMPILE: &str = "compile-component";

/// A Python component takes 14 s on an idle core.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often a child is looked at: little beside the 130 ms of a small component.
const LOOK: Duration = Duration::from_millis(2);
/// Children that work at once.
pub(super) const COMPILING: u32 = 2;
/// A component of this many bytes or more has the memory of all children, so no other is compiled
/// beside it: one of Python (18 MB) needs 400 MiB, all others stay below 130.
const LARGE: u64 = 4 << 20;
/// Threads of a child's compiler: each has memory of its own, so a node with many processors would need
/// more of it.
const THREADS: &str = "4";
/// What the standard library writes before it aborts for lack of memory.
const NO_MEMORY: &str = "memory allocation of";
/// The signal that `abort` ends with, in every Unix.
const ABORTED: i32 = 6;
/// What is shown of a child's standard error.
const COMPLAINT: u64 = 4096;

/// Who compiles components.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Compiler {
    /// This process: its memory holds what the compiler needed at its peak.
    #[default]
    InProcess,
    /// A child process for each component.
    Child(ChildCompiler),
}

/// A program that compiles, and the memory that it may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildCompiler {
    /// Called with [`COMPILE`] and its share of the memory in MiB. It must be the same version of
    /// ours, and there must be a cache directory to take its result from.
    pub program: PathBuf,
    /// MiB of all children together.
    pub memory_mib: u32,
}

impl ChildCompiler {
    /// A program with the memory of the default configuration.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        ChildCompiler {
            program: program.into(),
            memory_mib: COMPILE_MEMORY_MIB,
        }
    }

    /// MiB for a child that has so many of all turns.
    fn share(&self, turns: u32) -> u32 {
        self.memory_mib / COMPILING * turns
    }
}

/// Why a child compiled nothing.
pub(crate) enum Failure {
    /// It could not be started; another compiler may do better.
    NotStarted(io::Error),
    /// It says what is wrong with the component, or it died of it.
    Failed(String),
    /// It needs more than these MiB.
    Memory(u32),
    /// The component cannot be read.
    Unread(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::NotStarted(error)
    }
}

/// How many of the [`COMPILING`] turns a component takes.
pub(super) fn turns(wasm: &Wasm) -> u32 {
    // What cannot be read fails when it is read.
    let size = fs::metadata(&wasm.file).map_or(0, |meta| meta.len());
    if size < LARGE { 1 } else { COMPILING }
}

/// Let a child compile a component that took these turns. The machine code is then in `scratch.code`.
pub(crate) fn in_child(
    compiler: &ChildCompiler,
    turns: u32,
    wasm: &Wasm,
    scratch: &Scratch,
) -> Result<(), Failure> {
    wasm.copy_to(&scratch.wasm).map_err(Failure::Unread)?;
    let memory_mib = compiler.share(turns);
    let mut child = Command::new(&compiler.program)
        .arg0("k8shawk")
        .args([COMPILE, &memory_mib.to_string()])
        // Nothing of the host's environment, which holds secrets, is any of its business.
        .env_clear()
        .env("RAYON_NUM_THREADS", THREADS)
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
        Some(status) => Err(match (status.signal(), complaint()) {
            (Some(ABORTED), said) if said.contains(NO_MEMORY) => Failure::Memory(memory_mib),
            (Some(signal), said) => {
                Failure::Failed(format!("the compiler was killed by signal {signal} {said}"))
            }
            (None, said) => Failure::Failed(said),
        }),
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
