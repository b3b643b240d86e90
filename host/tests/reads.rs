//! Files are read in one way: ordinary files alone, up to a bound.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use std::path::{Path, PathBuf};

/// What reads a file without asking what it is, or how large.
const UNBOUNDED: [&str; 5] = [
    "fs::read(",
    "fs::read_to_string(",
    "File::open(",
    "fs::copy(",
    "tokio::fs",
];

/// Files of the program's own making, in directories of its own, that it reads otherwise.
const OWN: [&str; 2] = ["sandbox/src/engine/child.rs", "sandbox/src/engine/cache.rs"];

/// Modules that are compiled for tests alone.
const TESTS: [&str; 3] = ["tests.rs", "testing.rs", "book.rs"];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, found);
        } else if name.ends_with(".rs") && !TESTS.contains(&&*name) {
            found.push(path);
        }
    }
}

#[test]
fn every_file_is_read_by_the_reader_that_has_a_bound() {
    let host = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for part in ["src", "core/src", "sandbox/src"] {
        sources(&host.join(part), &mut files);
    }
    assert!(files.len() > 200, "{}", files.len());
    let mut found = Vec::new();
    for file in files {
        let name = file.strip_prefix(host).unwrap().display().to_string();
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (number, line) in (1..).zip(code.lines()) {
            if UNBOUNDED.iter().any(|call| line.contains(call)) && !OWN.contains(&&*name) {
                found.push(format!("{name}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "use k8shawk_sandbox::files: {found:#?}");
}
