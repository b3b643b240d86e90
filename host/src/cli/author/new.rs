//! `plugin new`: a plugin that builds, in the language of its author.

use std::fs;
use std::path::Path;

use anyhow::Context;
use k8shawk_sandbox::{Manifest, Point, is_id};
use k8shawk_scaffold::{File, Language, files, wit};

use crate::cli::Misuse;
use crate::cli::output::say;

/// What a plugin says of itself.
const MANIFEST: &str = "plugin.toml";

/// Write the files of a new plugin. The name of its directory is its id.
pub fn new(directory: &Path, point: Point, language: Language) -> anyhow::Result<bool> {
    let id = directory
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    if !is_id(id) {
        return Err(Misuse(format!(
            "{id:?} is not a valid id: use a-z, 0-9 and -, with no - in front"
        ))
        .into());
    }
    if directory.exists() {
        return Err(Misuse(format!("{} exists already", directory.display())).into());
    }
    let mut files = files(language, point, id);
    let manifest = manifest(directory, &files)?;
    files.extend(wit(point, &manifest.imports()));
    write(directory, &files)?;
    let shown = directory.display();
    say!(
        "created {}: {} in {}; next: k8shawk plugin build {}",
        shown,
        point.plugin(),
        language.title(),
        shown
    );
    Ok(true)
}

/// What the new plugin says of itself.
fn manifest(directory: &Path, files: &[File]) -> anyhow::Result<Manifest> {
    let own = files.iter().find(|(name, _)| name == MANIFEST);
    let text = own.map_or_else(String::new, |(_, bytes)| {
        String::from_utf8_lossy(bytes).into()
    });
    Ok(Manifest::parse(&text, &directory.join(MANIFEST))?)
}

/// Write files below a directory.
///
/// # Errors
/// Names the file that cannot be written.
pub(super) fn write(directory: &Path, files: &[File]) -> anyhow::Result<()> {
    for (name, bytes) in files {
        let path = directory.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("cannot make {}", parent.display()))?;
        }
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
