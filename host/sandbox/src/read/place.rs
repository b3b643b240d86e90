//! Where plugins are: in a directory that others fill, or pulled from a registry.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::read::{LoadError, Source, plugins_in};

/// Where plugins are. An id stands in one place.
#[derive(Debug, Clone)]
pub enum Place {
    /// A directory that holds a directory for each plugin.
    Directory(PathBuf),
    /// Artifacts of a registry.
    Pulled(Arc<Pulled>),
}

/// The artifacts that were pulled so far; more may come while the host runs.
#[derive(Debug, Default)]
pub struct Pulled(Mutex<Vec<Artifact>>);

/// A plugin that came from a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its id.
    pub id: String,
    /// Its directory, in the cache.
    pub dir: PathBuf,
    /// What its files had to be when their digests were checked: see [`plugin_digest`](crate::plugin_digest).
    pub pin: String,
}

impl Pulled {
    /// Add an artifact, unless there is one of this id.
    ///
    /// # Errors
    /// The directory of the other one.
    pub fn add(&self, artifact: Artifact) -> Result<(), PathBuf> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter().find(|other| other.id == artifact.id) {
            Some(other) => Err(other.dir.clone()),
            None => {
                all.push(artifact);
                Ok(())
            }
        }
    }

    fn get(&self, id: &str) -> Option<Artifact> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|artifact| artifact.id == id).cloned()
    }

    fn ids(&self) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ids: Vec<String> = all.iter().map(|artifact| artifact.id.clone()).collect();
        ids.sort();
        ids
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        Place::Directory(path.to_owned())
    }
}

impl From<&PathBuf> for Place {
    fn from(path: &PathBuf) -> Self {
        Place::Directory(path.clone())
    }
}

impl Place {
    /// The ids of the plugins, in order.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(crate) fn ids(&self) -> io::Result<Vec<String>> {
        match self {
            Place::Directory(root) => plugins_in(root),
            Place::Pulled(pulled) => Ok(pulled.ids()),
        }
    }

    /// The directory of a plugin; none where nothing of this id was pulled.
    pub(crate) fn dir(&self, id: &str) -> Option<PathBuf> {
        match self {
            Place::Directory(root) => Some(root.join(id)),
            Place::Pulled(pulled) => pulled.get(id).map(|artifact| artifact.dir),
        }
    }

    /// That a plugin of a registry is what was pulled.
    ///
    /// # Errors
    /// [`LoadError::Altered`].
    pub(crate) fn check(&self, source: &Source) -> Result<(), LoadError> {
        let Place::Pulled(pulled) = self else {
            return Ok(());
        };
        match pulled.get(&source.manifest.id) {
            Some(artifact) if artifact.pin == source.digest => Ok(()),
            _ => Err(LoadError::Altered {
                path: source.dir.clone(),
                plugin: source.manifest.id.clone(),
                found: source.digest.clone(),
            }),
        }
    }

    /// What is said where it cannot be read.
    pub(crate) fn name(&self) -> String {
        match self {
            Place::Directory(root) => root.display().to_string(),
            Place::Pulled(_) => "the registry".to_owned(),
        }
    }
}
