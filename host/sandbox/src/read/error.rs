//! Why a plugin is not loaded, whichever step refused it.

use std::path::PathBuf;

use k8shawk_core::point::Point;
use thiserror::Error;

use crate::call::{Blame, CallError, mib};
use crate::read::manifest::ManifestError;
use crate::read::shown::some;
use crate::read::unfit::Unfit;

/// Why a plugin is not loaded. Nothing of it is kept: a version that ran before stays in use.
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
    /// The grant is for another plugin: the operator compares and updates the pin.
    #[error("{path}: digest is {pinned}, but plugin.toml and component of {plugin} have {found}")]
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
    /// The files of an artifact are not those that were pulled: somebody wrote into the cache.
    #[error("{path}: {plugin} is not what was pulled: plugin.toml and component have {found}")]
    Altered {
        /// Its directory in the cache.
        path: PathBuf,
        /// The plugin.
        plugin: String,
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
    #[error("{path}: {fault}")]
    Component {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: Unfit,
    },
    /// The compiler needs more memory than it may have.
    #[error(
        "{path}: compiling it needs more than {mib} MiB: raise compile_memory_mib in [plugins]"
    )]
    CompileMemory {
        /// The file.
        path: PathBuf,
        /// Of the child process that compiled it.
        mib: u32,
    },
    /// The component is not made for the point that its manifest names.
    #[error("the component must export {needed}, it exports {found}")]
    World {
        /// The interface of the point.
        needed: String,
        /// What the component exports.
        found: String,
    },
    /// The component is made for another version of the interfaces.
    #[error(
        "the component exports {found}, a version that this host does not speak: build it for \
         {needed}"
    )]
    Version {
        /// The interface of the point, in the version that this host speaks.
        needed: String,
        /// The one that the component exports.
        found: String,
    },
    /// The component does not start within the memory of its grant.
    #[error(
        "the component starts with {} MiB of memory, its grant gives {}: write memory_mib = {} \
         into [limits] of {}", mib(*.needs), mib(*.given), .needs.div_ceil(1 << 20), grant.display()
    )]
    Memory {
        /// Bytes.
        needs: usize,
        /// Bytes.
        given: usize,
        /// The file of the grant.
        grant: PathBuf,
    },
    /// The component imports interfaces that it does not get: all of them, with what to write.
    #[error("the component imports interfaces that it does not get: {}", some(.faults, "; "))]
    Import {
        /// One sentence for each interface; people see the first of them.
        faults: Vec<String>,
    },
    /// An interface has the right name and another shape.
    #[error(
        "the component was built for other interfaces than those of this host: build it again: {0}"
    )]
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
            | LoadError::Altered { .. }
            | LoadError::Point { .. }
            | LoadError::Taken(_)
            | LoadError::Memory { .. }
            | LoadError::CompileMemory { .. }
            | LoadError::Import { .. } => Blame::Operator,
            LoadError::Component { .. }
            | LoadError::World { .. }
            | LoadError::Version { .. }
            | LoadError::Link(_) => Blame::Guest,
            LoadError::Smoke(error) => error.blame(),
        }
    }
}

/// Why a plugin cannot go live under its id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Taken {
    /// A plugin is what it was when it went live: restart the host to change it.
    #[error("{id} is loaded at the point {is} and cannot move to {asked} until the host restarts")]
    Point {
        /// The id.
        id: String,
        /// The point of the plugin that runs.
        is: Point,
        /// The point of the new version.
        asked: Point,
    },
    /// Remove one of the two.
    #[error("there are two plugins {id}: the other one is in {}", dir.display())]
    Twice {
        /// The id.
        id: String,
        /// The directory of the other one.
        dir: PathBuf,
    },
}
