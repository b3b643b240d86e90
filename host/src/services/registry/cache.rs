//! What was pulled, by its digest: a start needs no registry for what is here.
//!
//! `sha256-DIGEST/` holds `manifest.json`, the signatures as they were found, and the plugin's own
//! directory. Nothing in it is believed: each opening checks manifest, `plugin.toml` and component by
//! their digests, and the signatures by the keys of that moment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use k8shawk_core::artifact::{Digest, Pinned};
use k8shawk_sandbox::{Artifact, files, plugin_digest, sha256};

use super::layout::Layout;
use super::signature::Signed;
use super::{Fetched, MANIFEST, RegistryError};
use crate::services::private_files;

const MANIFEST_FILE: &str = "manifest.json";
const SIGNATURES_FILE: &str = "signatures.json";
/// Artifacts that are kept beside those in use: earlier versions, to go back to.
const SPARE: usize = 8;
/// What begins the name of a directory that is being written.
const NEW: &str = ".new-";

/// The directory of artifacts.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

/// An artifact of the cache whose digests were checked just now.
#[derive(Debug)]
pub struct Cached {
    /// The plugin.
    pub artifact: Artifact,
    /// Its signatures, as they were found.
    pub signatures: Vec<Signed>,
}

impl Cache {
    /// The cache in a state directory; nothing is made yet.
    pub fn in_state(state: &Path) -> Cache {
        Cache {
            root: state.join("k8shawk-artifacts"),
        }
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn entry(&self, digest: &Digest) -> PathBuf {
        self.root.join(format!("sha256-{}", digest.hex()))
    }

    /// An artifact, checked; none where it is not here, or is not what its digest names.
    pub fn open(&self, pinned: &Pinned) -> Option<Cached> {
        let entry = self.entry(pinned.digest());
        match opened(&entry, pinned.digest()) {
            Ok(cached) => {
                // What was used last is kept longest.
                if let Err(error) = private_files::used_now(&entry) {
                    tracing::debug!(%error, "the time of a cached artifact cannot be set");
                }
                Some(cached)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(artifact = %pinned, %error, "the cached artifact is not used");
                None
            }
        }
    }

    /// Keep an artifact, and open it.
    ///
    /// # Errors
    /// [`RegistryError::Cache`].
    pub fn put(&self, fetched: &Fetched, in_use: &[&Digest]) -> Result<Cached, RegistryError> {
        let digest = fetched.pinned.digest();
        let entry = self.entry(digest);
        let fault = |error: io::Error| RegistryError::Cache {
            path: entry.clone(),
            why: error.to_string(),
        };
        self.write(fetched, &entry).map_err(fault)?;
        let cached = opened(&entry, digest).map_err(fault)?;
        self.prune(in_use, digest);
        Ok(cached)
    }

    fn write(&self, fetched: &Fetched, entry: &Path) -> io::Result<()> {
        private_files::directory(&self.root)?;
        let name = format!("{NEW}{}-{}", std::process::id(), unique());
        let new = self.root.join(name);
        let written = fill(&new, fetched).and_then(|()| {
            if entry.exists() {
                fs::remove_dir_all(entry)?;
            }
            fs::rename(&new, entry)
        });
        if written.is_err() {
            let _ = fs::remove_dir_all(&new);
        }
        written
    }

    /// Delete what has not been used for the longest time, beyond what is in use and a few more.
    fn prune(&self, in_use: &[&Digest], just: &Digest) {
        let Ok(entries) = fs::read_dir(&self.root) else {
            return;
        };
        let used: Vec<PathBuf> = in_use.iter().map(|digest| self.entry(digest)).collect();
        let mut spare: Vec<(SystemTime, PathBuf)> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| !used.contains(path) && *path != self.entry(just))
            .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
            .collect();
        spare.sort();
        spare.reverse();
        for (_, path) in spare.into_iter().skip(SPARE) {
            if let Err(error) = fs::remove_dir_all(&path) {
                tracing::warn!(path = %path.display(), %error, "an old artifact cannot be deleted");
            }
        }
    }
}

/// A name that no other process or task of ours takes.
fn unique() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed).to_string()
}

fn fill(new: &Path, fetched: &Fetched) -> io::Result<()> {
    let _ = fs::remove_dir_all(new);
    lay_out(&new.join(&fetched.layout.id), fetched)?;
    private_files::write(&new.join(MANIFEST_FILE), &fetched.manifest)?;
    let signatures = serde_json::to_vec(&fetched.signatures)?;
    private_files::write(&new.join(SIGNATURES_FILE), &signatures)
}

/// Write a plugin's directory.
///
/// # Errors
/// It cannot be written.
pub fn lay_out(dir: &Path, fetched: &Fetched) -> io::Result<()> {
    private_files::directory(dir)?;
    let (layout, component) = (&fetched.layout, &fetched.component);
    private_files::write(&dir.join("plugin.toml"), layout.plugin.as_bytes())?;
    private_files::write(&dir.join(format!("{}.wasm", layout.id)), component)
}

fn opened(entry: &Path, digest: &Digest) -> io::Result<Cached> {
    let changed = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let manifest = files::read(&entry.join(MANIFEST_FILE), MANIFEST)?;
    if sha256(&manifest) != digest.hex() {
        return Err(changed("its manifest was changed"));
    }
    let layout = Layout::parse(&manifest).map_err(|why| changed(&why))?;
    let dir = entry.join(&layout.id);
    let said = files::text(&dir.join("plugin.toml"))?;
    let file = dir.join(format!("{}.wasm", layout.id));
    let component = files::read(&file, files::COMPONENT)?;
    if said != layout.plugin || sha256(&component) != layout.component.hex() {
        return Err(changed("its files were changed"));
    }
    let signatures = files::read(&entry.join(SIGNATURES_FILE), MANIFEST)?;
    Ok(Cached {
        artifact: Artifact {
            pin: plugin_digest(said.as_bytes(), &component),
            id: layout.id,
            dir,
        },
        signatures: serde_json::from_slice(&signatures)
            .map_err(|_| changed("its signatures were changed"))?,
    })
}
