//! Compiled components on disk. A compiled component is machine code: it is only ever taken
//! from a directory that nobody else can write, and only with the checksum that we wrote.

use std::fs::{self, DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use crate::digest::hex;
use crate::engine::EngineError;

const CHECKSUM: usize = 32;

/// A private directory of `<digest>-<engine>.cwasm`.
pub(super) struct Cache {
    dir: PathBuf,
    /// What the machine code depends on beside the component: wasmtime's version, its settings,
    /// the processor.
    engine: String,
}

impl Cache {
    /// Open or make the directory, and remove what another engine left there.
    pub(super) fn open(dir: &Path, engine: &wasmtime::Engine) -> Result<Self, EngineError> {
        let fault = |why: String| EngineError::Cache {
            path: dir.to_owned(),
            why,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(|e| fault(e.to_string()))?;
        private(dir).map_err(fault)?;
        let cache = Cache {
            dir: dir.to_owned(),
            engine: fingerprint(engine),
        };
        cache.prune();
        Ok(cache)
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.dir.join(format!("{digest}-{}.cwasm", self.engine))
    }

    /// The component, where it was compiled before and is intact.
    pub(super) fn load(&self, engine: &wasmtime::Engine, digest: &str) -> Option<Component> {
        let file = fs::read(self.path(digest)).ok()?;
        let (checksum, code) = file.split_at_checked(CHECKSUM)?;
        if checksum != Sha256::digest(code).as_slice() {
            return None;
        }
        trusted(engine, code).ok()
    }

    /// Keep a compiled component; a reader sees all of it or nothing.
    pub(super) fn store(&self, digest: &str, code: &[u8]) -> io::Result<()> {
        let path = self.path(digest);
        let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = File::create(&unfinished)?;
        file.write_all(&Sha256::digest(code))?;
        file.write_all(code)?;
        drop(file);
        fs::rename(&unfinished, &path)
    }

    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        let ours = format!("-{}.cwasm", self.engine);
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.contains(".cwasm") && !name.ends_with(&ours) {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

/// Machine code as a component.
///
/// # Errors
/// Where another version of wasmtime or other settings made it.
#[allow(
    unsafe_code,
    reason = "wasmtime cannot check machine code: the callers pass what this \
    process compiled, or what a directory of mode 0700 holds with our checksum"
)]
pub(super) fn trusted(engine: &wasmtime::Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` comes from `precompile_component` of this program, see the reason above.
    unsafe { Component::deserialize(engine, code) }
}

/// A file that we just made tells who we are, without a call to libc.
fn private(dir: &Path) -> Result<(), String> {
    let text = |e: io::Error| e.to_string();
    let probe = dir.join(format!(".probe.{}", std::process::id()));
    let us = File::create(&probe)
        .and_then(|f| f.metadata())
        .map_err(text)?
        .uid();
    fs::remove_file(&probe).map_err(text)?;
    let meta = fs::metadata(dir).map_err(text)?;
    if meta.uid() != us {
        return Err("it belongs to another user".to_owned());
    }
    if meta.mode() & 0o022 != 0 {
        return Err("others may write to it; its mode must be 0700".to_owned());
    }
    Ok(())
}

fn fingerprint(engine: &wasmtime::Engine) -> String {
    struct Stable(Sha256);
    impl Hasher for Stable {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Stable(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let whole = hex(&hasher.0.finalize());
    whole.get(..16).unwrap_or(&whole).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

    fn engine() -> wasmtime::Engine {
        wasmtime::Engine::default()
    }

    #[test]
    fn refuses_a_directory_that_others_may_write() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::open(dir.path(), &engine()).is_err());
    }

    #[test]
    fn ignores_a_file_that_was_changed() {
        let dir = tempfile::tempdir().unwrap();
        let (engine, digest) = (engine(), sha256(b"x"));
        let cache = Cache::open(&dir.path().join("own"), &engine).unwrap();
        let code = engine.precompile_component(b"\0asm\x0d\0\x01\0").unwrap();
        cache.store(&digest, &code).unwrap();
        assert!(cache.load(&engine, &digest).is_some());
        let mut file = fs::read(cache.path(&digest)).unwrap();
        *file.last_mut().unwrap() ^= 1;
        fs::write(cache.path(&digest), file).unwrap();
        assert!(cache.load(&engine, &digest).is_none());
    }
}
