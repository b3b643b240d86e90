//! The policies of the repository, built as their author would: those of one language share their tools.

mod flow;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, ensure};
use k8shawk_sandbox::{Manifest, plugins_in};

pub use flow::{Swapped, swapped};

/// The languages of the reference policy, each in `policies/reference-LANGUAGE`.
pub const LANGUAGES: [&str; 6] = ["rust", "go", "c", "javascript", "typescript", "python"];
/// What a build leaves beside the source.
const LEFT: [&str; 4] = ["build", "wit", "node_modules", VENV];
/// Tools of Python and C, which take longer to install than a policy to build.
const VENV: &str = ".venv";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The program, as `make build` made it.
pub fn product() -> PathBuf {
    target().join("release/k8shawk")
}

/// The cache directory under which the host compiles each of them once.
pub fn cache() -> PathBuf {
    target().join("policies/cache")
}

/// Source directories of all policies, by id.
///
/// # Errors
/// `policies/` cannot be read.
pub fn sources() -> Result<BTreeMap<String, PathBuf>> {
    let policies = root().join("policies");
    let ids = plugins_in(&policies)?.into_iter();
    Ok(ids.map(|id| (id.clone(), policies.join(id))).collect())
}

/// The directory of a built policy; each is built once in a process.
///
/// # Errors
/// There is no such policy, a tool is missing, or it does not build.
pub fn built(id: &str) -> Result<PathBuf> {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    // One at a time: two builds would install the same tools, and would only share the processors.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = built.get(id) {
        return Ok(place.clone());
    }
    let source = root().join("policies").join(id);
    let file = source.join("plugin.toml");
    let manifest = Manifest::parse(&fs::read_to_string(&file)?, &file)?;
    let directory = match manifest.build.and_then(|build| build.language) {
        // Rust builds in the workspace.
        None => source,
        Some(language) => copied(&source, &target().join("policies").join(language))?,
    };
    let to = target().join("policies/built");
    let output = Command::new(product())
        .args(["plugin", "build"])
        .arg(&directory)
        .arg("--to")
        .arg(&to)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{id} does not build: {said}");
    built.insert(id.to_owned(), to.join(id));
    Ok(to.join(id))
}

/// The source in the workshop of its language, without what an author's own build left beside it. The tools are those
/// of the first policy there: scripts of Python name the directory in which they were installed.
fn copied(source: &Path, workshop: &Path) -> Result<PathBuf> {
    let to = workshop.join(source.file_name().context("a policy has a name")?);
    copy_all(source, &to)?;
    let tools = fs::read_dir(workshop)?
        .flatten()
        .map(|policy| policy.path().join(VENV));
    let tools = tools
        .into_iter()
        .find(|tools| tools.is_dir() && !tools.is_symlink());
    if let Some(tools) = tools.filter(|_| !to.join(VENV).exists()) {
        symlink(tools, to.join(VENV))?;
    }
    Ok(to)
}

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if LEFT.iter().any(|left| name == *left) {
            continue;
        }
        if path.is_dir() {
            copy_all(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
