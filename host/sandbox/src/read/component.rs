//! The file of a component, known by its digest.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::read::digest::{hex, sha256};
use crate::read::files;

/// A component that is read only where it must be compiled: one of Python has 18 MB.
#[derive(Debug, Clone)]
pub(crate) struct Wasm {
    /// Where it is.
    pub(crate) file: PathBuf,
    /// SHA-256 that it had when its grant was checked.
    pub(crate) digest: String,
}

impl Wasm {
    /// The bytes.
    ///
    /// # Errors
    /// As of [`files::read`], or the file was changed since its digest was taken.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        let bytes = files::read(&self.file, files::COMPONENT)?;
        self.check(&sha256(&bytes))?;
        Ok(bytes)
    }

    /// Write the bytes to a file that is there already, a piece at a time.
    ///
    /// # Errors
    /// As of [`read`](Wasm::read), or the other file cannot be written.
    pub(crate) fn copy_to(&self, to: &Path) -> io::Result<()> {
        let mut to = OpenOptions::new().write(true).truncate(true).open(to)?;
        let mut hasher = Sha256::new();
        files::pieces(&self.file, files::COMPONENT, |piece| {
            hasher.update(piece);
            to.write_all(piece)
        })?;
        self.check(&hex(&hasher.finalize()))
    }

    /// What the grant allows is what is compiled.
    fn check(&self, found: &str) -> io::Result<()> {
        if found == self.digest {
            return Ok(());
        }
        let what = "changed while it was being loaded";
        Err(io::Error::new(ErrorKind::InvalidData, what))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_was_changed_since_its_grant_was_checked_is_not_compiled() {
        let dir = tempfile::tempdir().unwrap();
        let (file, to) = (dir.path().join("x.wasm"), dir.path().join("copy"));
        let bytes = vec![7; 200_000];
        fs::write(&file, &bytes).unwrap();
        fs::write(&to, "").unwrap();
        let digest = sha256(&bytes);
        let wasm = Wasm { file, digest };
        assert_eq!(wasm.read().unwrap(), bytes);
        wasm.copy_to(&to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), bytes);
        fs::write(&wasm.file, "another").unwrap();
        for error in [wasm.read().unwrap_err(), wasm.copy_to(&to).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::InvalidData);
        }
    }
}
