//! Compiled components on disk. A compiled component is machine code: it is only ever taken
//! from a directory that nobody else can write, and only with the checksum that we wrote.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::unistd::geteuid;
use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use crate::engine::EngineError;
use crate::read::digest::hex;

/// The end of a finished file's name, and of one that is being written.
const FINISHED: &str = ".cwasm";
const UNFINISHED: &str = ".tmp";
/// No compiler works as long as this: what is older was left by a host that was killed, or by another
/// version.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A private directory of `<digest>-<engine>.<checksum>.cwasm`. The checksum is in the name, so
/// that a file is code from its first byte and can be mapped: its pages then belong to the
/// file, and the kernel drops and reads them as it likes.
pub(super) struct Cache {
    dir: PathBuf,
    /// What the machine code depends on beside the component: wasmtime's version, its settings,
    /// the processor.
    engine: String,
}

/// Files of one compilation, which go when this is dropped.
pub(crate) struct Scratch {
    /// The component.
    pub(crate) wasm: PathBuf,
    /// The machine code.
    pub(crate) code: PathBuf,
    /// What the compiler says.
    pub(crate) complaint: PathBuf,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for path in [&self.wasm, &self.code, &self.complaint] {
            drop(fs::remove_file(path));
        }
    }
}

impl Cache {
    /// Open or make the directory, and remove what another engine left there long ago.
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

    /// The component, where it was compiled before and is intact.
    pub(super) fn load(&self, engine: &wasmtime::Engine, digest: &str) -> Option<Component> {
        for (path, expected) in finished(&self.dir, &stem(digest, &self.engine)) {
            if let Some(component) = intact(engine, &path, &expected) {
                return Some(component);
            }
            drop(fs::remove_file(path));
        }
        None
    }

    /// Empty files for one compilation, which nobody else can read.
    pub(super) fn scratch(&self, digest: &str) -> io::Result<Scratch> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let (us, turn) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = |what| {
            self.dir
                .join(format!("{digest}.{us}-{turn}.{what}{UNFINISHED}"))
        };
        let scratch = Scratch {
            wasm: path("wasm"),
            code: path("code"),
            complaint: path("complaint"),
        };
        for path in [&scratch.wasm, &scratch.code, &scratch.complaint] {
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)?;
        }
        Ok(scratch)
    }

    /// Keep machine code; a reader sees all of it or nothing.
    pub(super) fn store(&self, digest: &str, code: &[u8]) -> io::Result<()> {
        let scratch = self.scratch(digest)?;
        let mut file = OpenOptions::new().write(true).open(&scratch.code)?;
        file.write_all(code)?;
        self.adopt(digest, &scratch)
    }

    /// Keep the machine code of a finished compilation.
    pub(super) fn adopt(&self, digest: &str, scratch: &Scratch) -> io::Result<()> {
        let checksum = checksum(&scratch.code)?;
        let name = format!("{}{checksum}{FINISHED}", stem(digest, &self.engine));
        fs::rename(&scratch.code, self.dir.join(name))
    }

    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return;
        };
        let ours = format!("-{}.", self.engine);
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let foreign = name.ends_with(FINISHED) && !name.contains(&ours);
            // A host of another version may start beside us, and load what it just compiled.
            if (foreign || name.ends_with(UNFINISHED)) && is_old(&entry) {
                drop(fs::remove_file(entry.path()));
            }
        }
    }
}

/// A directory of such files that the operator ships, as in an image. It is read only, and believed
/// as this program is: anyone who can write to it can run code in this process.
pub(super) struct Precompiled {
    dir: PathBuf,
    engine: String,
}

impl Precompiled {
    /// Open a directory of ours or of root, which nobody else can write to, or say why not.
    pub(super) fn open(dir: &Path, engine: &wasmtime::Engine) -> Result<Self, String> {
        let meta = fs::metadata(dir).map_err(|e| e.to_string())?;
        if !meta.is_dir() {
            return Err("it is not a directory".to_owned());
        }
        closed(&meta)?;
        Ok(Precompiled {
            dir: dir.to_owned(),
            engine: fingerprint(engine),
        })
    }

    /// The component, where it was compiled for this engine and is intact.
    pub(super) fn load(&self, engine: &wasmtime::Engine, digest: &str) -> Option<Component> {
        let mut files = finished(&self.dir, &stem(digest, &self.engine)).into_iter();
        files.find_map(|(path, expected)| {
            // A link may lead to a file that others can write.
            let meta = fs::symlink_metadata(&path).ok()?;
            (meta.is_file() && closed(&meta).is_ok())
                .then(|| intact(engine, &path, &expected))
                .flatten()
        })
    }
}

fn stem(digest: &str, engine: &str) -> String {
    format!("{digest}-{engine}.")
}

/// Files of a component in a directory, with the checksums in their names.
fn finished(dir: &Path, stem: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let named = entries.filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let expected = name.strip_prefix(stem)?.strip_suffix(FINISHED)?;
        Some((entry.path(), expected.to_owned()))
    });
    named.collect()
}

fn intact(engine: &wasmtime::Engine, path: &Path, expected: &str) -> Option<Component> {
    let found = checksum(path).ok()?;
    (found == expected).then(|| mapped(engine, path).ok())?
}

fn is_old(entry: &fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|meta| meta.modified());
    age.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED))
}

fn checksum(path: &Path) -> io::Result<String> {
    let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = file.read(&mut buffer)?;
        match buffer.get(..count) {
            None | Some([]) => return Ok(hex(&hasher.finalize())),
            Some(read) => hasher.update(read),
        }
    }
}

/// Machine code as a component.
///
/// # Errors
/// Where another version of wasmtime or other settings made it.
#[allow(
    unsafe_code,
    reason = "wasmtime cannot check machine code: the caller passes what this process compiled"
)]
pub(super) fn trusted(engine: &wasmtime::Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` comes from `precompile_component` of this process.
    unsafe { Component::deserialize(engine, code) }
}

/// A file of machine code as a component, mapped and not copied.
#[allow(
    unsafe_code,
    reason = "wasmtime cannot check machine code: the file is in a directory that only we, or only we \
    and root, can write to, and has its checksum in its name; it is replaced by renaming and never \
    written to"
)]
fn mapped(engine: &wasmtime::Engine, file: &Path) -> wasmtime::Result<Component> {
    // SAFETY: the file comes from `precompile_component` of this program, see the reason above.
    unsafe { Component::deserialize_file(engine, file) }
}

/// Ours, and nobody else's. Nothing is written for it: in a directory of others, a file of a
/// known name may be a symbolic link to a file of ours.
fn private(dir: &Path) -> Result<(), String> {
    let meta = fs::metadata(dir).map_err(|e| e.to_string())?;
    if meta.uid() != geteuid().as_raw() {
        return Err("it belongs to another user".to_owned());
    }
    if meta.mode() & 0o022 != 0 {
        return Err("others can write to it; its mode must be 0700".to_owned());
    }
    Ok(())
}

/// Of root or ours, and nobody else can write to it.
fn closed(meta: &fs::Metadata) -> Result<(), &'static str> {
    if meta.uid() != 0 && meta.uid() != geteuid().as_raw() {
        return Err("it belongs to a user who is neither root nor the one of this process");
    }
    if meta.mode() & 0o022 != 0 {
        return Err("others can write to it; use mode 0755 or less");
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
    // The layout of the cache is part of it: files of an older one are pruned as foreign.
    let mut hasher = Stable(Sha256::new_with_prefix(b"checksum in the name"));
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let whole = hex(&hasher.0.finalize());
    whole.get(..16).unwrap_or(&whole).to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::read::digest::sha256;

    fn engine() -> wasmtime::Engine {
        wasmtime::Engine::default()
    }

    fn only_file(dir: &Path) -> PathBuf {
        let files: Vec<_> = fs::read_dir(dir).unwrap().flatten().collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].path()
    }

    #[test]
    fn refuses_a_directory_that_others_may_write() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Cache::open(dir.path(), &engine()).is_err());
    }

    /// A directory that others may write into may hold a link of any name.
    #[test]
    fn opening_a_foreign_directory_writes_through_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (dir.path().join("ours"), dir.path().join("theirs"));
        fs::write(&ours, "precious").unwrap();
        fs::create_dir(&theirs).unwrap();
        fs::set_permissions(&theirs, fs::Permissions::from_mode(0o777)).unwrap();
        let probe = theirs.join(format!(".probe.{}", std::process::id()));
        std::os::unix::fs::symlink(&ours, probe).unwrap();
        assert!(Cache::open(&theirs, &engine()).is_err());
        assert_eq!(fs::read_to_string(&ours).unwrap(), "precious");
    }

    #[test]
    fn ignores_a_file_that_was_changed() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        let (engine, digest) = (engine(), sha256(b"x"));
        let cache = Cache::open(&own, &engine).unwrap();
        let code = engine.precompile_component(b"\0asm\x0d\0\x01\0").unwrap();
        cache.store(&digest, &code).unwrap();
        assert!(cache.load(&engine, &digest).is_some());
        let path = only_file(&own);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let mut file = fs::read(&path).unwrap();
        *file.last_mut().unwrap() ^= 1;
        fs::write(&path, file).unwrap();
        assert!(cache.load(&engine, &digest).is_none());
        assert!(!path.exists(), "it is compiled again");
    }

    #[test]
    fn what_is_shipped_is_used_as_it_is_and_only_from_a_closed_directory() {
        let dir = tempfile::tempdir().unwrap();
        let shipped = dir.path().join("shipped");
        let (engine, digest) = (engine(), sha256(b"x"));
        let cache = Cache::open(&shipped, &engine).unwrap();
        let code = engine.precompile_component(b"\0asm\x0d\0\x01\0").unwrap();
        cache.store(&digest, &code).unwrap();
        let file = only_file(&shipped);
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(&shipped, 0o755);
        mode(&file, 0o644);
        let found = |digest: &str| {
            let precompiled = Precompiled::open(&shipped, &engine).unwrap();
            precompiled.load(&engine, digest).is_some()
        };
        assert!(found(&digest));
        assert!(!found(&sha256(b"y")));
        // A file that others can write, and a link to one.
        mode(&file, 0o664);
        assert!(!found(&digest));
        let elsewhere = dir.path().join("elsewhere");
        fs::rename(&file, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        assert!(!found(&digest));
        mode(&elsewhere, 0o644);
        assert!(!found(&digest));
        // One that was changed is not deleted: it is the operator's.
        fs::remove_file(&file).unwrap();
        let mut changed = fs::read(&elsewhere).unwrap();
        *changed.last_mut().unwrap() ^= 1;
        fs::write(&file, changed).unwrap();
        mode(&file, 0o644);
        assert!(!found(&digest) && file.exists());
        // And no directory that others can write.
        mode(&shipped, 0o777);
        assert!(Precompiled::open(&shipped, &engine).is_err());
        assert!(Precompiled::open(&elsewhere, &engine).is_err());
    }

    #[test]
    fn prunes_what_another_engine_left_long_ago_and_keeps_what_is_in_use() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        let engine = engine();
        let cache = Cache::open(&own, &engine).unwrap();
        let long_ago = std::time::SystemTime::now() - 2 * ABANDONED;
        for name in ["a-0123456789abcdef.cwasm", "a-0123456789abcdef.00.cwasm"] {
            let file = File::create(own.join(name)).unwrap();
            file.set_modified(long_ago).unwrap();
        }
        // A host of another version compiled this a moment ago, and is about to load it.
        fs::write(own.join("b-0123456789abcdef.00.cwasm"), "").unwrap();
        let scratch = cache.scratch("a").unwrap();
        Cache::open(&own, &engine).unwrap();
        assert_eq!(fs::read_dir(&own).unwrap().count(), 4);
        drop(scratch);
        assert_eq!(fs::read_dir(&own).unwrap().count(), 1);
    }
}
