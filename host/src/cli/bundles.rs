//! The bundle files that a command line names.

use std::path::{Path, PathBuf};

use k8shawk_core::bundle::Bundle;
use k8shawk_sandbox::files;

use super::{Misuse, Unusable};
use crate::run::versions::bundles::LARGEST;

/// Bundle files of the arguments, those of a directory by name.
///
/// # Errors
/// A directory cannot be read, or there is no bundle at all.
pub fn named(arguments: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in arguments {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(|e| Unusable::fault(path, e))?;
            let mut inside: Vec<PathBuf> = entries
                .filter_map(|e| e.ok().map(|e| e.path()))
                .filter(|p| p.extension().is_some_and(|x| x == "json"))
                .collect();
            inside.sort();
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        let named: Vec<String> = arguments.iter().map(|a| a.display().to_string()).collect();
        return Err(Misuse(format!("there is no bundle in {}", named.join(", "))).into());
    }
    Ok(files)
}

/// The text of a bundle file.
///
/// # Errors
/// [`Unusable`] names the file.
pub fn text(path: &Path) -> anyhow::Result<String> {
    files::text_of(path, LARGEST).map_err(|e| Unusable::fault(path, e))
}

/// A bundle file, parsed.
///
/// # Errors
/// [`Unusable`] names the file.
pub fn read(path: &Path) -> anyhow::Result<Bundle> {
    Bundle::parse(&text(path)?).map_err(|why| Unusable::fault(path, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_an_ordinary_file() {
        let home = tempfile::tempdir().unwrap();
        let fifo = home.path().join("bundle.json");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [&*fifo, Path::new("/dev/zero")] {
            let error = read(path).err().unwrap();
            assert!(error.is::<Unusable>(), "{error}");
            assert!(error.to_string().contains("is not a regular file"));
        }
    }
}
