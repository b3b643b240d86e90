//! Reading files that others may have put there: ordinary files alone, and no more than a bound.
//!
//! Opening a FIFO would block, a device may never end: both would block every other
//! plugin's reload, or the start of the host.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path};

use nix::fcntl::OFlag;

/// The largest component, bytes.
pub const COMPONENT: u64 = 64 << 20;
/// The largest text that a person writes, such as `plugin.toml`, a grant or a configuration, bytes.
pub const TEXT: u64 = 1 << 20;
/// How much is read at once, bytes.
const PIECE: usize = 64 << 10;

/// True for a path that by itself cannot leave the directory that it is in.
pub fn is_below(path: &Path) -> bool {
    let below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
    path.components().all(below)
}

/// The bytes of an ordinary file of at most `most` bytes, through symbolic links.
///
/// # Errors
/// What the system says, or that it is no ordinary file, or larger than the bound.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pieces(path, most, |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(bytes)
}

/// Hand over the bytes of an ordinary file one piece after the other, through symbolic links.
///
/// # Errors
/// As [`read`], or what `take` says.
pub fn pieces(
    path: &Path,
    most: u64,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    // Before it is opened: opening a device may already do something.
    ordinary(&fs::metadata(path)?)?;
    let file = open(path)?;
    let meta = file.metadata()?;
    ordinary(&meta)?;
    if meta.len() > most {
        return Err(too_large(most));
    }
    let mut file = BufReader::with_capacity(PIECE, file.take(most + 1));
    let mut length = 0;
    loop {
        let piece = file.fill_buf()?;
        let count = piece.len();
        if count == 0 {
            return Ok(());
        }
        length += u64::try_from(count).unwrap_or(u64::MAX);
        // It may grow while it is read.
        if length > most {
            return Err(too_large(most));
        }
        take(piece)?;
        file.consume(count);
    }
}

/// The text of an ordinary file of at most [`TEXT`] bytes.
///
/// # Errors
/// As [`read`], or it is not UTF-8.
pub fn text(path: &Path) -> io::Result<String> {
    text_of(path, TEXT)
}

/// The text of an ordinary file of at most `most` bytes.
///
/// # Errors
/// As [`read`], or it is not UTF-8.
pub fn text_of(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "is not UTF-8"))
}

/// The same as [`text`], or none where nothing has that name. A link to nothing is something.
///
/// # Errors
/// As [`text`].
pub fn text_if_there(path: &Path) -> io::Result<Option<String>> {
    match (text(path), fs::symlink_metadata(path)) {
        (Err(read), Err(seen))
            if read.kind() == ErrorKind::NotFound && seen.kind() == read.kind() =>
        {
            Ok(None)
        }
        (read, _) => read.map(Some),
    }
}

/// What was an ordinary file a moment ago may be a FIFO now: opening it does not wait.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(path)
}

fn too_large(most: u64) -> io::Error {
    let what = format!("is larger than {} KiB", most >> 10);
    io::Error::new(ErrorKind::FileTooLarge, what)
}

fn ordinary(meta: &fs::Metadata) -> io::Result<()> {
    if meta.is_file() {
        return Ok(());
    }
    Err(io::Error::new(
        ErrorKind::InvalidInput,
        "is not a regular file",
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    #[test]
    fn what_is_not_an_ordinary_file_is_refused_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        let link = dir.path().join("link");
        symlink(&fifo, &link).unwrap();
        for path in [&fifo, &link, dir.path(), Path::new("/dev/zero")] {
            let error = read(path, TEXT).unwrap_err();
            assert!(error.to_string().contains("regular"), "{path:?}: {error}");
        }
        // What was checked before it became a FIFO.
        open(&fifo).unwrap();
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, [b'x'; 2048]).unwrap();
        assert_eq!(read(&path, 2048).unwrap().len(), 2048);
        let error = read(&path, 2047).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    }
}
