//! `scripts/advisories.sh` over small databases of its own: what it must find, and what it must not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A database as RustSec's, with one advisory about a crate that this program is built of.
struct Database(TempDir);

impl Database {
    /// `patched` is the requirement that patched versions fulfil.
    fn with(patched: &str) -> Database {
        let database = Database(tempfile::tempdir().unwrap());
        let crates = database.0.path().join("crates/serde_json");
        fs::create_dir_all(&crates).unwrap();
        let advisory = format!(
            "```toml\n[advisory]\nid = \"RUSTSEC-2026-9999\"\npackage = \"serde_json\"\n\
             date = \"2026-11-01\"\n\n[versions]\npatched = [{patched}]\n```\n\n\
             # Numbers come out wrong\n\nMade up for a test.\n"
        );
        fs::write(crates.join("RUSTSEC-2026-9999.md"), advisory).unwrap();
        for arguments in [
            &["init", "--quiet", "--initial-branch", "main"][..],
            &["add", "--all"],
            &[
                "-c",
                "user.name=x",
                "-c",
                "user.email=x@x",
                "commit",
                "-qm",
                "x",
            ],
        ] {
            let git = Command::new("git")
                .current_dir(database.0.path())
                .args(arguments)
                .status();
            assert!(git.unwrap().success(), "git {arguments:?}");
        }
        database
    }
}

/// Whether the check is content, and what it said.
fn check(database: &Path) -> (bool, String) {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scripts/advisories.sh");
    let output = Command::new(script)
        .env("ADVISORY_DB", database)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn a_known_vulnerability_of_a_dependency_fails_the_check_by_its_name() {
    let (content, said) = check(Database::with("").0.path());
    assert!(!content, "{said}");
    for part in ["RUSTSEC-2026-9999", "serde_json", "Numbers come out wrong"] {
        assert!(said.contains(part), "no {part:?} in: {said}");
    }
}

#[test]
fn a_vulnerability_of_other_versions_does_not() {
    let (content, said) = check(Database::with("\">= 1.0.0\"").0.path());
    assert!(content && said.contains("advisories ok"), "{said}");
}

#[test]
fn a_database_that_cannot_be_read_fails_the_check() {
    let (content, said) = check(Path::new("/there/is/none"));
    assert!(!content, "{said}");
    assert!(said.contains("/there/is/none"), "{said}");
}
