//! From a directory and a grant to a plugin that can be called.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8shawk_core::grant::Grant;
use k8shawk_core::point::Point;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::call::{Blame, CallError};
use crate::digest::hex;
use crate::engine::Engine;
use crate::files;
use crate::manifest::{self, Manifest, ManifestError};
use crate::plugin::Plugin;
use crate::registry::Taken;
use crate::wasm::Wasm;

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
    /// The grant is for another plugin: the operator compares and pins anew.
    #[error("{path}: digest is {pinned}, plugin.toml and component of {plugin} have {found}")]
    Digest {
        /// The grant.
        path: PathBuf,
        /// The plugin.
        plugin: String,
        /// The digest that the operator wrote.
        pinned: String,
        /// The digest of the files.
        found: String,
    },
    /// The plugin has a point that its directory or its grant does not let it have.
    #[error("{path}: the point of {plugin} is {found}: {why}")]
    Point {
        /// `plugin.toml`, or the grant that it does not fit.
        path: PathBuf,
        /// The plugin.
        plugin: String,
        /// The point of its manifest.
        found: Point,
        /// What it may be, and where that is said.
        why: String,
    },
    /// Another plugin has this id, or had another point under it.
    #[error(transparent)]
    Taken(#[from] Taken),
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
            | LoadError::Point { .. }
            | LoadError::Taken(_)
            | LoadError::Import { .. } => Blame::Operator,
            LoadError::Component { .. } | LoadError::World { .. } | LoadError::Link(_) => {
                Blame::Guest
            }
            LoadError::Smoke(error) => error.blame(),
        }
    }
}

/// The files of a plugin, read and parsed together; of its component, what it is known by.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its directory.
    pub dir: PathBuf,
    /// What the plugin says of itself.
    pub manifest: Manifest,
    /// What the operator gives it; nothing where there is no file.
    pub grant: Arc<Grant>,
    /// True where there is a grant file.
    pub granted: bool,
    /// Where the grant is, or would be.
    pub grant_file: PathBuf,
    /// The component's file.
    pub wasm_file: PathBuf,
    /// SHA-256 of the component.
    pub digest: String,
    /// What a grant pins: see [`pin`].
    pub pin: String,
}

/// What a grant's `digest` pins: SHA-256 of `plugin.toml` followed by the component, as
/// `cat plugin.toml *.wasm | sha256sum` prints it. Where one ends and the other begins cannot be
/// moved: TOML has no NUL, and a component begins with one.
pub fn pin(manifest: &[u8], component: &[u8]) -> String {
    hex(&pinning(manifest).chain_update(component).finalize())
}

/// A pin that has its manifest, and wants the component.
fn pinning(manifest: &[u8]) -> Sha256 {
    Sha256::new_with_prefix(manifest)
}

impl Source {
    /// Read a plugin's directory and its grant.
    ///
    /// # Errors
    /// [`LoadError`] names the file, and the line where there is one.
    pub fn read(dir: &Path, grants: &Path) -> Result<Source, LoadError> {
        let path = dir.join(manifest::FILE);
        let said = files::text(&path).map_err(|e| unread(&path, &e))?;
        let manifest = Manifest::parse(&said, &path)?;
        let wasm_file = component_file(dir)?;
        let (mut component, mut pinned) = (Sha256::new(), pinning(said.as_bytes()));
        let hashed = files::pieces(&wasm_file, files::COMPONENT, |piece| {
            component.update(piece);
            pinned.update(piece);
            Ok(())
        });
        hashed.map_err(|e| unread(&wasm_file, &e))?;
        let grant_file = grants.join(format!("{}.toml", manifest.id));
        let grant = grant_in(grants, &grant_file)?;
        let source = Source {
            dir: dir.to_owned(),
            manifest,
            granted: grant.is_some(),
            grant: Arc::new(grant.unwrap_or_default()),
            grant_file,
            wasm_file,
            digest: hex(&component.finalize()),
            pin: hex(&pinned.finalize()),
        };
        source.check_pin()?;
        source.check_point()?;
        Ok(source)
    }

    pub(crate) fn wasm(&self) -> Wasm {
        Wasm {
            file: self.wasm_file.clone(),
            digest: self.digest.clone(),
        }
    }

    fn check_pin(&self) -> Result<(), LoadError> {
        match &self.grant.digest {
            Some(pinned) if !pinned.eq_ignore_ascii_case(&self.pin) => Err(LoadError::Digest {
                path: self.grant_file.clone(),
                plugin: self.manifest.id.clone(),
                pinned: pinned.clone(),
                found: self.pin.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// A grant may be for one point alone, and what it lets a policy do is for policies.
    fn check_point(&self) -> Result<(), LoadError> {
        let found = self.manifest.point;
        let why = match self.grant.point {
            Some(point) if point != found => format!("this grant is for the point {point}"),
            _ if !self.grant.auto.is_empty() && found != Point::Policy => {
                "may = [\"auto\"] is for policies".to_owned()
            }
            _ => return Ok(()),
        };
        Err(self.misplaced(&self.grant_file, why))
    }

    /// The fault of a point that something does not let it have.
    pub(crate) fn misplaced(&self, said_in: &Path, why: String) -> LoadError {
        LoadError::Point {
            path: said_in.to_owned(),
            plugin: self.manifest.id.clone(),
            found: self.manifest.point,
            why,
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
    grant_in(grants, file).map(Option::unwrap_or_default)
}

/// As [`read_grant`]; none where there is no file.
fn grant_in(grants: &Path, file: &Path) -> Result<Option<Grant>, LoadError> {
    let text = match files::text(file) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound && grants.is_dir() => return Ok(None),
        Err(e) => return Err(unread(file, &e)),
    };
    let parsed = Grant::parse(&text).map_err(|e| LoadError::Grant {
        path: file.to_owned(),
        message: e.to_string(),
    })?;
    Ok(Some(parsed))
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

pub(crate) fn unread(path: &Path, error: &std::io::Error) -> LoadError {
    LoadError::Read {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
