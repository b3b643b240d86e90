//! Memory of a loaded policy: a process that holds one more than before, at rest and while it judges.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use k8shawk_sandbox::{Plugin, load};
use serde::{Deserialize, Serialize};
use tokio::runtime::Builder;

use super::question::Question;
use super::shelf::{Shelf, engine, id};
use crate::bench::figure::Figure;
use crate::bench::floor;
use crate::bench::process::mib;
use crate::policies::LANGUAGES;

/// Verdicts, one after the other.
const VERDICTS: usize = 100;

/// MiB that the policy added.
#[derive(Serialize, Deserialize)]
struct Held {
    /// At rest, of no file.
    own: f64,
    /// At rest, with what is mapped from the compiled component: the kernel can drop it.
    all: f64,
    /// At most while it judged.
    peak: f64,
}

pub(super) fn measure(shelf: &Shelf) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for language in LANGUAGES {
        let held = in_child(shelf, &id(language))?;
        let mib = |name, mib| Figure::alone(name, "MiB", mib).of(language);
        figures.extend([
            mib("memory, idle", held.own),
            mib("with its mapped code", held.all),
            mib("at most while it judges", held.peak),
        ]);
    }
    Ok(figures)
}

fn in_child(shelf: &Shelf, id: &str) -> Result<Held> {
    let output = Command::new(std::env::current_exe()?)
        .arg("hold")
        .args([shelf.policies(), shelf.grants()])
        .arg(id)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(
        output.status.success(),
        "the process that holds {id} failed"
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What that process does: prints what a policy adds to its memory, as JSON. The empty component is loaded and called
/// before, so that what every host has is not counted.
///
/// # Errors
/// The policy does not load or judge.
pub fn hold(policies: &Path, grants: &Path, id: &str) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let held = runtime.block_on(async {
        let (engine, question) = (engine()?, Question::new());
        let empty = load(&engine, &policies.join(floor::ID), grants).await?;
        judge(&question, &empty).await?;
        let before = Memory::now()?;
        let plugin = load(&engine, &policies.join(id), grants).await?;
        let idle = Memory::now()?;
        // From now on the peak is counted.
        fs::write("/proc/self/clear_refs", "5").context("forget the peak so far")?;
        judge(&question, &plugin).await?;
        let peak = peak()?;
        anyhow::Ok(Held {
            own: idle.own - before.own,
            all: idle.all - before.all,
            peak: peak - before.all,
        })
    })?;
    println!("{}", serde_json::to_string(&held)?);
    Ok(())
}

async fn judge(question: &Question, plugin: &Plugin) -> Result<()> {
    for _ in 0..VERDICTS {
        question.asked(plugin).await?;
    }
    Ok(())
}

/// Resident memory of this process, MiB.
struct Memory {
    own: f64,
    all: f64,
}

impl Memory {
    fn now() -> Result<Memory> {
        let text = fs::read_to_string("/proc/self/smaps_rollup")?;
        Ok(Memory {
            own: mib(&text, "Anonymous")?,
            all: mib(&text, "Rss")?,
        })
    }
}

fn peak() -> Result<f64> {
    mib(&fs::read_to_string("/proc/self/status")?, "VmHWM")
}
