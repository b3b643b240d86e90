//! `plugin build`: from source to what the host loads.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use k8shawk_sandbox::{Additions, Build, Manifest, component, files, plugin_digest};
use k8shawk_scaffold::{GENERATED, Language, adapter, component_type, helpers, interfaces, wit};

use super::cases::{self, FILE as CASES};
use super::new::write;
use super::own;
use crate::cli::bundles;
use crate::cli::output::say;
use crate::cli::{Misuse, Unusable};

/// The target that imports nothing by itself.
const TARGET: &str = "wasm32-unknown-unknown";
/// The stack of a guest, bytes; rustc reserves 1 MiB. A call wipes the whole of a small memory,
/// and faults the pages of a large one in again.
const STACK: u32 = 128 << 10;
/// What a guest can allocate before its memory grows, bytes. Growing, and shrinking again after the
/// call, changes the protection of pages: with both, each call takes half as long again.
const HEAP: u32 = 64 << 10;
/// Where `wit/` says what a plugin imports.
const WORLD: &str = "wit/world.wit";

/// Build a plugin into `<to>/<id>/`: `plugin.toml`, the component, and its cases.
pub fn build(directory: &Path, to: Option<&Path>) -> anyhow::Result<bool> {
    let plugin_file = directory.join("plugin.toml");
    let text = own_text(directory, "plugin.toml")?;
    let manifest = Manifest::parse(&text, &plugin_file)?;
    refresh(directory, &manifest)?;
    let made = match &manifest.build {
        Some(build) => by_steps(directory, build)?,
        None => by_cargo(directory)?,
    };
    let bytes = files::read(&made, files::COMPONENT).map_err(|why| Unusable::fault(&made, why))?;
    let additions = Additions {
        world: component_type(manifest.point),
        preview1: adapter(),
    };
    let wasm = component(&bytes, additions).with_context(|| made.display().to_string())?;
    let place = to
        .unwrap_or(Path::new(manifest.point.directory()))
        .join(&manifest.id);
    lay_out(directory, &place, (&text, &manifest.id, &wasm))?;
    let (size, digest) = (wasm.len() / 1024, plugin_digest(text.as_bytes(), &wasm));
    let file = place.join(format!("{}.wasm", manifest.id));
    say!("{} ({} KB), digest {}", file.display(), size, digest);
    if to.is_none() && directory.join(CASES).exists() {
        say!("next: k8shawk plugin test {}", place.display());
    }
    Ok(true)
}

/// What stands between the source and the host: the world, which is what the plugin wants, and the interfaces and
/// helpers of its language. A plugin need not keep them beside its source. An author who took the world over keeps
/// everything as it is.
fn refresh(directory: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let world = directory.join(WORLD);
    let language = language(manifest)?;
    let ours = match files::text(&world) {
        Ok(text) => text.starts_with(GENERATED),
        Err(_) => language.is_some() && !world.exists(),
    };
    if !ours {
        return Ok(());
    }
    write(directory, &wit(manifest.point, &manifest.imports()))?;
    let Some(language) = language else {
        return Ok(());
    };
    write(directory, &interfaces(language, manifest.point))?;
    let mut missing = helpers(language);
    missing.retain(|(name, _)| !directory.join(name).exists());
    write(directory, &missing)
}

/// The language whose template the plugin has, where it says so.
fn language(manifest: &Manifest) -> anyhow::Result<Option<Language>> {
    let said = manifest.build.iter().find_map(|b| b.language.as_deref());
    let parsed = said.map(str::parse).transpose();
    parsed.map_err(|why| Misuse(format!("[build] language of plugin.toml: {why}")).into())
}

/// Run the steps of `[build]`; what they print is their author's to read.
fn by_steps(directory: &Path, build: &Build) -> anyhow::Result<PathBuf> {
    let run = |text: &str| {
        let mut command = Command::new("sh");
        command
            .args(["-c", text])
            .current_dir(directory)
            .stdin(Stdio::null());
        command
    };
    for tool in &build.tools {
        let found = run(&tool.check)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !found.context("cannot run sh")?.success() {
            let why = format!("`{}` fails; to install it: {}", tool.check, tool.install);
            return Err(Misuse(why).into());
        }
    }
    for step in &build.steps {
        // Standard output is for what we print.
        let status = run(step)
            .stdout(std::io::stderr())
            .status()
            .context("cannot run sh")?;
        if !status.success() {
            bail!("{}: this step failed: {step}", directory.display());
        }
    }
    Ok(directory.join(&build.output))
}

/// Build a crate; cargo says where its library is.
fn by_cargo(directory: &Path) -> anyhow::Result<PathBuf> {
    let output = Command::new("cargo")
        .args(["rustc", "--lib", "--profile", "wasm", "--target", TARGET])
        .args(["--message-format", "json", "--manifest-path"])
        .arg(directory.join("Cargo.toml"))
        .args(["--", "-C", &format!("link-arg=-zstack-size={STACK}")])
        .args(["-C", &format!("link-arg=--initial-heap={HEAP}")])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("cargo could not build {}", directory.display());
    }
    artifact(&String::from_utf8_lossy(&output.stdout))
        .with_context(|| format!("{} builds no cdylib", directory.display()))
}

/// Put a built plugin where the host loads it: its plugin.toml, its id and its component, which comes last.
fn lay_out(
    directory: &Path,
    place: &Path,
    (manifest, id, wasm): (&str, &str, &[u8]),
) -> anyhow::Result<()> {
    fs::create_dir_all(place).with_context(|| format!("cannot make {}", place.display()))?;
    let of = |name: &str| (directory.join(name), place.join(name));
    copy(of("plugin.toml"), || Ok(manifest.to_owned()))?;
    // A link to nothing is refused as one that leads out.
    if directory.join(CASES).symlink_metadata().is_ok() {
        let text = own_text(directory, CASES)?;
        copy(of(CASES), || Ok(text.clone()))?;
        for recording in cases::recordings(&text) {
            copy_recording(directory, place, &recording)?;
        }
    }
    replace(&place.join(format!("{id}.wasm")), wasm)
}

/// The text of a file of the plugin.
fn own_text(directory: &Path, name: &str) -> anyhow::Result<String> {
    let text = own::within(directory, Path::new(name)).and_then(|file| files::text(&file));
    text.map_err(|why| Unusable::fault(&directory.join(name), why))
}

/// Copy a file, unless it is there already.
fn copy(
    (from, to): (PathBuf, PathBuf),
    text: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    match same(&from, &to) {
        true => Ok(()),
        false => replace(&to, text()?.as_bytes()),
    }
}

/// The same of a recording, which may be large and in a directory of its own.
fn copy_recording(directory: &Path, place: &Path, name: &Path) -> anyhow::Result<()> {
    let from = directory.join(name);
    let file = own::within(directory, name).map_err(|why| Unusable::fault(&from, why))?;
    let below = name.parent().unwrap_or(Path::new(""));
    let parent = place.join(below);
    fs::create_dir_all(&parent).with_context(|| format!("cannot make {}", parent.display()))?;
    own::within(place, below).map_err(|why| Unusable::fault(&parent, why))?;
    copy((from, place.join(name)), || bundles::text(&file))
}

/// Write a file whole; a link in its place is replaced, not followed.
fn replace(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = file.with_file_name(name);
    let what = || format!("cannot write {}", file.display());
    // What an interrupted build left, or a link that somebody put there.
    let _ = fs::remove_file(&beside);
    fs::write(&beside, bytes).with_context(what)?;
    fs::rename(&beside, file).with_context(what)
}

fn same(from: &Path, to: &Path) -> bool {
    let to = to.canonicalize();
    to.is_ok_and(|to| from.canonicalize().is_ok_and(|from| from == to))
}

/// The last `.wasm` that cargo says it made.
fn artifact(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("filenames")?.as_array().cloned())
        .flatten()
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .rfind(|path| path.extension().is_some_and(|x| x == "wasm"))
}
