//! A cheap look at a plugin's files: has anything changed since they were read?

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Identity and age of files, through symbolic links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp(Vec<(PathBuf, Option<Identity>)>);

type Identity = (u64, u64, u64, i64, i64);

impl Stamp {
    /// The stamp of a plugin directory and the grant of its id; whether the id is in another place
    /// too is part of it.
    pub(super) fn of(dir: &Path, twins: &[PathBuf], grants: &Path, id: &str) -> Self {
        let mut files: Vec<PathBuf> = match fs::read_dir(dir) {
            Ok(entries) => entries.flatten().map(|e| e.path()).collect(),
            Err(_) => Vec::new(),
        };
        files.sort();
        files.extend_from_slice(twins);
        files.push(grants.to_owned());
        files.push(grants.join(format!("{id}.toml")));
        let stamped = files.into_iter().map(|path| {
            // A directory's own time changes with its neighbours: only its existence counts.
            let identity = if path == grants || twins.contains(&path) {
                existence(&path)
            } else {
                identity(&path)
            };
            (path, identity)
        });
        Stamp(stamped.collect())
    }

    /// The stamp of a plugin that has no directory.
    pub(super) fn gone() -> Self {
        Stamp(Vec::new())
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let meta = fs::metadata(path).ok()?;
    let changed = meta
        .ctime()
        .saturating_mul(1_000_000_000)
        .saturating_add(meta.ctime_nsec());
    Some((
        meta.dev(),
        meta.ino(),
        meta.len(),
        meta.mtime_nsec(),
        changed,
    ))
}

fn existence(path: &Path) -> Option<Identity> {
    path.is_dir().then_some((0, 0, 0, 0, 0))
}
