//! `plugin new`: a plugin that builds, in the language of its author.

use std::fs;
use std::path::Path;

use anyhow::Context;
use k8shawk_sandbox::{Manifest, Point, files as read};
use k8shawk_scaffold::{File, Language, files, wit};

use crate::cli::output::say;
use crate::cli::{Misuse, Unusable};

/// Write the files of a new plugin. The name of its directory is its id.
pub fn new(directory: &Path, point: Point, language: Language) -> anyhow::Result<bool> {
    let id = directory
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || id.len() > 63 || !id.chars().all(plain) {
        return Err(Misuse(format!("{id:?} is not a valid id: use a-z, 0-9 and -")).into());
    }
    if directory.exists() {
        return Err(Misuse(format!("{} exists already", directory.display())).into());
    }
    let files = files(language, point, id);
    write(directory, &files)?;
    let manifest = directory.join("plugin.toml");
    let text = read::text(&manifest).map_err(|why| Unusable::fault(&manifest, why))?;
    let manifest = Manifest::parse(&text, &manifest)?;
    write(directory, &wit(point, &manifest.imports()))?;
    let shown = directory.display();
    say!(
        "created {}: a {} plugin in {}; next: k8shawk plugin build {}",
        shown,
        point,
        language.title(),
        shown
    );
    Ok(true)
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
