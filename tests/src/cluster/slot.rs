use std::fs::{File, OpenOptions};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

const SLOTS: u8 = 16;

/// A number that no other cluster on this machine has, and everything that is derived from it.
///
/// The lock lies in `/tmp` whatever `TMPDIR` says: all harnesses of the machine must see it.
#[derive(Debug)]
pub(super) struct Slot {
    number: u8,
    // Held for its lock.
    _lock: File,
}

impl Slot {
    /// Takes the first free slot.
    pub(super) fn take() -> Result<Self> {
        for number in 0..SLOTS {
            if let Some(lock) = try_lock(number)? {
                return Ok(Self {
                    number,
                    _lock: lock,
                });
            }
        }
        bail!("all {SLOTS} cluster slots of this machine are taken")
    }

    pub(super) fn state(&self) -> PathBuf {
        PathBuf::from(format!("/tmp/{}", self.name()))
    }

    /// The name of the network device on the host's side and of the pods' parent cgroup.
    pub(super) fn name(&self) -> String {
        format!("k8shawk-{}", self.number)
    }

    pub(super) fn host_address(&self) -> String {
        format!("10.223.{}.1", self.number)
    }

    pub(super) fn node_address(&self) -> String {
        format!("10.223.{}.2", self.number)
    }

    pub(super) fn pod_subnet(&self) -> String {
        format!("10.{}.0.0/16", 224 + u16::from(self.number))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // While locked, so that nobody else's file is removed.
        let _ = std::fs::remove_file(lock_path(self.number));
    }
}

fn lock_path(number: u8) -> PathBuf {
    PathBuf::from(format!("/tmp/k8shawk-{number}.lock"))
}

fn try_lock(number: u8) -> Result<Option<File>> {
    let path = lock_path(number);
    loop {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("open {}", path.display()))?;
        if file.try_lock().is_err() {
            return Ok(None);
        }
        // The holder before us removes the file: a lock on a file without a name excludes nobody.
        if file.metadata()?.nlink() > 0 {
            return Ok(Some(file));
        }
    }
}
