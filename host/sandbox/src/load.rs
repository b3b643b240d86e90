//! From a directory and a grant to a plugin that can be called.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8shawk_core::grant::Grant;
use thiserror::Error;

use crate::call::{Blame, CallError};
use crate::digest::sha256;
use crate::engine::Engine;
use crate::manifest::{self, Manifest, ManifestError};
use crate::plugin::Plugin;

/// Why a plugin is not loaded. Nothing of it is kept: a version that ran before goes on.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A file or directory cannot be read: it vanished, or is not readable.
    #[error("{path}: {why}")]
    Read {
        /// The path.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// `plugin.toml` is wrong.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The grant is wrong.
    #[error("{path}: {message}")]
    Grant {
        /// The file.
        path: PathBuf,
        /// Line, key and what was expected.
        message: String,
    },
    /// The grant is for another component: the operator compares and pins anew.
    #[error("{path}: digest is {pinned}, the component of {plugin} has {found}")]
    Digest {
        /// The grant.
        path: PathBuf,
        /// The plugin.
        plugin: String,
        /// The digest that the operator wrote.
        pinned: String,
        /// The digest of the file.
        found: String,
    },
    /// The bytes are no component that this host can run.
    #[error("{path}: not a component: {why}")]
    Component {
        /// The file.
        path: PathBuf,
        /// What the compiler said.
        why: String,
    },
    /// The component is not made for the point that its manifest names, or for a newer host.
    #[error("the component must export {needed}, it exports {found}")]
    World {
        /// The interface of the point.
        needed: String,
        /// What the component exports.
        found: String,
    },
    /// The component imports interfaces that it does not get: all of them, with what to write.
    #[error("the component imports what it does not get: {}", .faults.join("; "))]
    Import {
        /// One sentence for each interface.
        faults: Vec<String>,
    },
    /// An interface has the right name and another shape.
    #[error("the component does not fit the interfaces of this host: {0}")]
    Link(String),
    /// The component fails on a harmless input.
    #[error("the smoke call failed: {0}")]
    Smoke(#[from] CallError),
}

impl LoadError {
    /// Who has to act.
    pub fn blame(&self) -> Blame {
        match self {
            LoadError::Read { .. }
            | LoadError::Manifest(_)
            | LoadError::Grant { .. }
            | LoadError::Digest { .. }
            | LoadError::Import { .. } => Blame::Operator,
            LoadError::Component { .. } | LoadError::World { .. } | LoadError::Link(_) => {
                Blame::Guest
            }
            LoadError::Smoke(error) => error.blame(),
        }
    }
}

/// The files of a plugin, read and parsed together.
#[derive(Debug, Clone)]
pub struct Source {
    /// What the plugin says of itself.
    pub manifest: Manifest,
    /// What the operator gives it; nothing where there is no file.
    pub grant: Arc<Grant>,
    /// Where the grant is, or would be.
    pub grant_file: PathBuf,
    /// The component's file.
    pub wasm_file: PathBuf,
    /// The component.
    pub bytes: Arc<[u8]>,
    /// SHA-256 of the component.
    pub digest: String,
}

impl Source {
    /// Read a plugin's directory and its grant.
    ///
    /// # Errors
    /// [`LoadError`] names the file, and the line where there is one.
    pub fn read(dir: &Path, grants: &Path) -> Result<Source, LoadError> {
        let path = dir.join(manifest::FILE);
        let manifest = Manifest::parse(&text(&path)?, &path)?;
        let wasm_file = component_file(dir)?;
        let bytes: Arc<[u8]> = fs::read(&wasm_file)
            .map_err(|e| unread(&wasm_file, &e))?
            .into();
        let grant_file = grants.join(format!("{}.toml", manifest.id));
        let grant = Arc::new(read_grant(grants, &grant_file)?);
        let digest = sha256(&bytes);
        let source = Source {
            manifest,
            grant,
            grant_file,
            wasm_file,
            bytes,
            digest,
        };
        source.check_pin()?;
        Ok(source)
    }

    fn check_pin(&self) -> Result<(), LoadError> {
        match &self.grant.digest {
            Some(pinned) if !pinned.eq_ignore_ascii_case(&self.digest) => Err(LoadError::Digest {
                path: self.grant_file.clone(),
                plugin: self.manifest.id.clone(),
                pinned: pinned.clone(),
                found: self.digest.clone(),
            }),
            _ => Ok(()),
        }
    }
}

/// Read, compile, link and try one plugin.
///
/// # Errors
/// [`LoadError`], with [`LoadError::blame`] for who has to act.
pub async fn load(engine: &Engine, dir: &Path, grants: &Path) -> Result<Plugin, LoadError> {
    let source = Source::read(dir, grants)?;
    let plugin = Plugin::prepare(engine, &source).await?;
    plugin.smoke().await?;
    Ok(plugin)
}

/// The names of the plugin directories below a directory, in order. Names with a dot in front are
/// a volume's own (`..data`) or an editor's.
///
/// # Errors
/// The directory cannot be read.
pub fn plugins_in(root: &Path) -> std::io::Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(root)?
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

/// The grant in a file of the directory of grants. A missing file grants nothing; a missing
/// directory may be one that is being replaced, and is a fault.
///
/// # Errors
/// [`LoadError::Read`] and [`LoadError::Grant`].
pub fn read_grant(grants: &Path, file: &Path) -> Result<Grant, LoadError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound && grants.is_dir() => String::new(),
        Err(e) => return Err(unread(file, &e)),
    };
    Grant::parse(&text).map_err(|e| LoadError::Grant {
        path: file.to_owned(),
        message: e.to_string(),
    })
}

/// The one `.wasm` file of a directory.
fn component_file(dir: &Path) -> Result<PathBuf, LoadError> {
    let entries = fs::read_dir(dir).map_err(|e| unread(dir, &e))?;
    let mut files = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "wasm"));
    match (files.next(), files.next()) {
        (Some(file), None) => Ok(file),
        (first, _) => Err(LoadError::Read {
            path: dir.to_owned(),
            why: match first {
                None => "holds no .wasm file".to_owned(),
                Some(_) => "holds more than one .wasm file".to_owned(),
            },
        }),
    }
}

fn text(path: &Path) -> Result<String, LoadError> {
    fs::read_to_string(path).map_err(|e| unread(path, &e))
}

fn unread(path: &Path, error: &std::io::Error) -> LoadError {
    LoadError::Read {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
