//! Files of a plugin: those in its directory, wherever links lead.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use k8shawk_sandbox::files::is_below;

/// Where the file or directory `path` of a plugin's directory is, behind all links. A link within the directory is
/// followed, as volumes of Kubernetes are made of them.
///
/// # Errors
/// There is none, or it is outside the directory.
pub(super) fn within(directory: &Path, path: &Path) -> io::Result<PathBuf> {
    if !is_below(path) {
        return Err(outside("is outside the plugin's directory"));
    }
    let found = directory.join(path).canonicalize()?;
    match found.starts_with(directory.canonicalize()?) {
        true => Ok(found),
        false => Err(outside(
            "is a link that leads out of the plugin's directory",
        )),
    }
}

fn outside(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, why.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_a_plugins_own_where_no_link_leads_out() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("mine");
        fs::create_dir_all(directory.join("..data")).unwrap();
        fs::write(directory.join("..data/a"), "").unwrap();
        fs::write(home.path().join("theirs"), "").unwrap();
        symlink("..data/a", directory.join("a")).unwrap();
        symlink("../theirs", directory.join("b")).unwrap();
        symlink("..", directory.join("up")).unwrap();
        let found = within(&directory, Path::new("a")).unwrap();
        assert!(found.ends_with("mine/..data/a"), "{found:?}");
        for (path, why) in [
            ("b", "leads out"),
            ("up/theirs", "leads out"),
            ("../theirs", "is outside"),
            ("/etc/passwd", "is outside"),
        ] {
            let error = within(&directory, Path::new(path)).unwrap_err();
            assert!(error.to_string().contains(why), "{path}: {error}");
        }
        let missing = within(&directory, Path::new("c")).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }
}
