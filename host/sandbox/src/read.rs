//! *Read*: the files of a plugin and its grant, checked against each other and not run.

mod component;
pub(crate) mod digest;
mod error;
pub mod files;
pub(crate) mod manifest;
mod place;
mod shelf;
mod shown;
pub(crate) mod unfit;
mod version;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use component::Wasm;
pub use error::{LoadError, Taken};
use k8shawk_core::grant::Grant;
use k8shawk_core::point::Point;
pub use manifest::{Build, Manifest, ManifestError, Tool, is_id};
pub use place::{Artifact, Place, Pulled};
pub use shelf::Shelf;
pub(crate) use shown::some;
pub use unfit::Unfit;
pub use version::PluginVersion;

use sha2::{Digest, Sha256};

use crate::read::digest::hex;

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
    /// What a grant pins: see [`plugin_digest`].
    pub digest: String,
    /// SHA-256 of the component alone, by which its machine code is kept.
    pub component_digest: String,
}

/// The digest of a plugin, which people see and a grant pins: SHA-256 of `plugin.toml` followed by the component, as
/// `cat plugin.toml *.wasm | sha256sum` prints it. Where one ends and the other begins cannot be
/// moved: TOML has no NUL, and a component begins with one.
pub fn plugin_digest(manifest: &[u8], component: &[u8]) -> String {
    hex(&digesting(manifest).chain_update(component).finalize())
}

/// A digest that has its manifest, and wants the component.
fn digesting(manifest: &[u8]) -> Sha256 {
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
        let (mut component, mut whole) = (Sha256::new(), digesting(said.as_bytes()));
        let hashed = files::pieces(&wasm_file, files::COMPONENT, |piece| {
            component.update(piece);
            whole.update(piece);
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
            digest: hex(&whole.finalize()),
            component_digest: hex(&component.finalize()),
        };
        source.check_pin()?;
        source.check_point()?;
        Ok(source)
    }

    pub(crate) fn wasm(&self) -> Wasm {
        Wasm {
            file: self.wasm_file.clone(),
            digest: self.component_digest.clone(),
        }
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
///
/// # Errors
/// [`LoadError::Read`] where there is none, or more than one.
pub fn component_file(dir: &Path) -> Result<PathBuf, LoadError> {
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
