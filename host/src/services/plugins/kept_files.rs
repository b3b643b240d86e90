//! The files of versions that went live, in the state directory: a version that waits leaves its
//! predecessor in charge across a restart, and a rollback needs the predecessor's files.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use k8shawk_sandbox::{LoadError, Source, files, plugin_digest};
use thiserror::Error;

use crate::services::private_files;
use crate::services::store::VersionId;

/// Why a version cannot be taken from the state directory.
#[derive(Debug, Error)]
pub enum NotKept {
    /// Its files are not there, or are not what they were.
    #[error("the files of version {} are not kept in {}", .pin.get(..12).unwrap_or_default(), directory.display())]
    Missing {
        /// The version.
        pin: String,
        /// Where they would be.
        directory: PathBuf,
    },
    /// They are there, and cannot be used, as under a grant that pins another version.
    #[error(transparent)]
    Unusable(#[from] LoadError),
}

/// Bytes of the volume that stay free for the database and the RCAs.
const RESERVE: u64 = 64 << 20;

/// Where the files are: `plugin-versions/<plugin>/<pin>/<plugin>` in the state directory.
#[derive(Debug, Clone)]
pub struct KeptFiles {
    directory: PathBuf,
}

impl KeptFiles {
    /// In a state directory.
    pub fn within(state: &Path) -> KeptFiles {
        KeptFiles {
            directory: state.join("plugin-versions"),
        }
    }

    fn of(&self, id: &VersionId) -> PathBuf {
        self.directory.join(&id.plugin).join(&id.pin)
    }

    /// True where the files of a version are there.
    pub fn has(&self, id: &VersionId) -> bool {
        self.of(id).is_dir()
    }

    /// Keep the files of a version. They appear all at once, so a crash leaves none or all.
    ///
    /// # Errors
    /// They cannot be copied, or are no longer those that were loaded.
    pub fn keep(&self, source: &Source) -> io::Result<()> {
        let id = VersionId {
            plugin: source.manifest.id.clone(),
            pin: source.digest.clone(),
        };
        if self.has(&id) {
            return Ok(());
        }
        let manifest = files::read(&source.dir.join("plugin.toml"), files::TEXT)?;
        let component = files::read(&source.wasm_file, files::COMPONENT)?;
        if plugin_digest(&manifest, &component) != id.pin {
            return Err(io::Error::other("the files changed while they were copied"));
        }
        private_files::directory(&self.directory)?;
        self.room(manifest.len().saturating_add(component.len()))?;
        let of_plugin = self.directory.join(&id.plugin);
        private_files::directory(&of_plugin)?;
        let half = of_plugin.join(".half");
        let _ = fs::remove_dir_all(&half);
        let written = written(&half.join(&id.plugin), &half, &manifest, &component);
        if let Err(error) = written.and_then(|()| fs::rename(&half, self.of(&id))) {
            let _ = fs::remove_dir_all(&half);
            return Err(error);
        }
        private_files::sync(&of_plugin)
    }

    /// A database that cannot be written costs more than a version that cannot be rolled back to.
    fn room(&self, bytes: usize) -> io::Result<()> {
        let free = private_files::free(&self.directory)?;
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if free >= bytes.saturating_add(RESERVE) {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "the volume has {} MiB free, and {} MiB stay for the database",
            free >> 20,
            RESERVE >> 20
        )))
    }

    /// A version as it would be loaded from a plugin's directory, under the grant of today.
    ///
    /// # Errors
    /// [`NotKept`].
    pub fn source(&self, id: &VersionId, home: &Path, grants: &Path) -> Result<Source, NotKept> {
        let missing = || NotKept::Missing {
            pin: id.pin.clone(),
            directory: self.directory.clone(),
        };
        let place = self.of(id);
        if !place.is_dir() {
            return Err(missing());
        }
        let source = Source::read(&place.join(&id.plugin), grants)?;
        if source.digest != id.pin {
            return Err(missing());
        }
        Ok(Source {
            dir: home.to_owned(),
            ..source
        })
    }

    /// Delete the files of a plugin's versions but these.
    ///
    /// # Errors
    /// A directory cannot be read or deleted.
    pub fn keep_only(&self, plugin: &str, pins: &[String]) -> io::Result<()> {
        for entry in fs::read_dir(self.directory.join(plugin))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !pins.contains(&name) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

/// The files of a version in their directory, on the disk.
fn written(home: &Path, half: &Path, manifest: &[u8], component: &[u8]) -> io::Result<()> {
    private_files::directory(half)?;
    private_files::directory(home)?;
    for (name, bytes) in [("plugin.toml", manifest), ("plugin.wasm", component)] {
        let path = home.join(name);
        private_files::write(&path, bytes)?;
        private_files::sync(&path)?;
    }
    Ok(())
}
