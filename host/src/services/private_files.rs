//! Files, directories and sockets that nobody but the host's own user can open: they hold objects,
//! logs and conversations as they were read. The modes are set whatever the umask is.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{Error, ErrorKind, Result, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, umask};
use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};
use tracing::warn;

/// Of a file.
const FILE: u32 = 0o600;
/// Of a directory.
const DIRECTORY: u32 = 0o700;
/// Directories within the knowledge base, and names in a state directory, that are the host's.
const OURS: [&str; 2] = ["rca", "voice-messages"];

/// The umask is the whole process's: one changes it at a time.
static UMASK: Mutex<()> = Mutex::new(());

/// What this process makes from now on is its user's alone, also where a library makes it.
pub fn close_umask() {
    let _held = UMASK.lock().unwrap_or_else(PoisonError::into_inner);
    umask(Mode::from_bits_truncate(0o077));
}

/// Make a directory and those above it; one that is there stays as it is.
///
/// # Errors
/// Where it cannot be made.
pub fn directory(path: &Path) -> Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY)
        .create(path)
}

/// That a directory can be written, or made where it is not there yet. Nothing is changed.
///
/// # Errors
/// Why not: what stands in its place, no right, a disk that is read-only.
pub fn usable(path: &Path) -> Result<()> {
    let here = Path::new(".");
    for above in path.ancestors() {
        let above = if above.as_os_str().is_empty() {
            here
        } else {
            above
        };
        match std::fs::metadata(above) {
            Ok(meta) if !meta.is_dir() => return Err(ErrorKind::NotADirectory.into()),
            Ok(_) => return Ok(access(above, AccessFlags::W_OK | AccessFlags::X_OK)?),
            Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
            // A link to nothing: nothing can be made in its place.
            Err(why) if above.symlink_metadata().is_ok() => return Err(why),
            Err(_) => {}
        }
    }
    Ok(())
}

/// Write a file from its beginning. A symbolic link in its place is not followed.
///
/// # Errors
/// Where it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = open(path, true)?;
    file.write_all(bytes)
}

/// Write a file or the names in a directory to the disk.
///
/// # Errors
/// Where it cannot be opened or written.
pub fn sync(path: &Path) -> Result<()> {
    opened(path)?.sync_all()
}

/// Say that a directory was used just now.
///
/// # Errors
/// Where it cannot be opened, or belongs to another user.
pub fn used_now(path: &Path) -> Result<()> {
    opened(path)?.set_modified(SystemTime::now())
}

fn opened(path: &Path) -> Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// Bytes of the volume of a directory that are free for this process.
///
/// # Errors
/// Where the directory cannot be asked.
pub fn free(directory: &Path) -> Result<u64> {
    let volume = statvfs(directory)?;
    Ok(volume
        .blocks_available()
        .saturating_mul(volume.fragment_size()))
}

/// Make a file where there is none, and close one that others can read.
///
/// # Errors
/// Where it cannot be opened.
pub fn touch(path: &Path) -> Result<()> {
    file(path).map(drop)
}

/// The same, and open it to write.
///
/// # Errors
/// Where it cannot be opened.
pub fn file(path: &Path) -> Result<File> {
    open(path, false)
}

fn open(path: &Path, truncate: bool) -> Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(truncate)
        .mode(FILE)
        // Opening a FIFO to write would wait for somebody who reads it.
        .custom_flags((OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits())
        .open(path)?;
    // An older one may be open to others.
    if file.metadata()?.mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(FILE))?;
    }
    Ok(file)
}

/// Listen on a socket that is closed to others from its first moment.
///
/// # Errors
/// Where it cannot be bound.
pub fn bind(path: &Path) -> Result<UnixListener> {
    let _held = UMASK.lock().unwrap_or_else(PoisonError::into_inner);
    let before = umask(Mode::from_bits_truncate(0o177));
    let bound = UnixListener::bind(path);
    umask(before);
    let listener = bound?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Close what an earlier host left open: the database with its companions, RCAs and audio, and the
/// state directory where nothing but the host's own is in it. What cannot be closed is reported.
pub fn tighten(state: &Path, database: &Path, knowledge_base: &Path) {
    for end in ["", "-wal", "-shm", "-journal"] {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        close(Path::new(&name));
    }
    for ours in OURS {
        walk(&knowledge_base.join(ours), 0);
    }
    if is_ours_alone(state) {
        close(state);
    }
}

/// Days of documents, and the documents.
fn walk(path: &Path, depth: usize) {
    close(path);
    let entries = match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() && depth < 3 => std::fs::read_dir(path),
        _ => return,
    };
    for entry in entries.into_iter().flatten().flatten() {
        walk(&entry.path(), depth + 1);
    }
}

/// A directory that the host does not share with anybody: the working directory may be a project.
fn is_ours_alone(state: &Path) -> bool {
    let shared = std::env::current_dir().ok() == state.canonicalize().ok();
    let ours = |name: std::ffi::OsString| {
        let name = name.to_string_lossy();
        name.starts_with("k8shawk") || matches!(&*name, "knowledge-base" | "lost+found")
    };
    !shared
        && std::fs::read_dir(state).is_ok_and(|entries| {
            let mut names = entries.flatten().map(|e| e.file_name()).peekable();
            names.peek().is_some() && names.all(ours)
        })
}

fn close(path: &Path) {
    let Ok(meta) = path.symlink_metadata() else {
        return;
    };
    let mode = if meta.is_dir() { DIRECTORY } else { FILE };
    let known = meta.is_dir() || meta.is_file();
    if !known || meta.mode() & 0o077 == 0 {
        return;
    }
    if let Err(error) = std::fs::set_permissions(path, Permissions::from_mode(mode)) {
        told(path, &error);
    }
}

fn told(path: &Path, error: &Error) {
    warn!(path = %path.display(), %error, "others can read it, and its mode cannot be changed");
}

#[cfg(test)]
mod tests;
