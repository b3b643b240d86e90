//! Hot reload: what changes on disk is loaded, or the running version stays in use and says why.

mod gate;
mod pass;
mod stamp;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

pub use gate::{Admission, Admitting, Gate};
pub use pass::Reloader;

/// Where plugins and grants are, and how quickly changes are seen.
#[derive(Debug, Clone)]
pub struct ReloadOptions {
    /// The directory of plugin directories.
    pub plugins: PathBuf,
    /// The directory of grants.
    pub grants: PathBuf,
    /// How long files must rest before they are read.
    pub debounce: Duration,
    /// How often files are looked at without a notice: for file systems that give none, and
    /// for directories that vanish.
    pub poll: Duration,
}

impl ReloadOptions {
    /// The usual times: 100 ms and 1 s.
    pub fn new(plugins: PathBuf, grants: PathBuf) -> Self {
        let (debounce, poll) = (Duration::from_millis(100), Duration::from_secs(1));
        ReloadOptions {
            plugins,
            grants,
            debounce,
            poll,
        }
    }
}

/// What became of one plugin's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReloadEvent {
    /// Plugin, by the name of its directory.
    pub id: String,
    /// What happened.
    pub outcome: Outcome,
}

/// The outcome of a change on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A plugin that did not run before is live.
    Loaded {
        /// Its digest.
        digest: String,
        /// From reading to going live.
        took: Duration,
    },
    /// Another version, or the same one under another grant, is live.
    Swapped {
        /// The digest before.
        from: String,
        /// The digest now.
        to: String,
        /// From reading to going live.
        took: Duration,
    },
    /// It loads, and does not decide before a person says so.
    Waits {
        /// Its digest.
        digest: String,
        /// The digest of the version that decides.
        live: String,
        /// It judges beside that one.
        shadow: bool,
        /// Why.
        reason: String,
    },
    /// The running version stays in use.
    Kept {
        /// Why the change did not go live.
        reason: String,
    },
    /// There is no version to keep: the plugin does not run.
    Refused {
        /// Why.
        reason: String,
    },
}
