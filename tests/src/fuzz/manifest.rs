//! A `plugin.toml`: what it says can be shown, and its build stays in its directory.

use std::path::Path;

use k8shawk_sandbox::{Manifest, is_id};

use super::shown;

const FILE: &str = "plugins/mine/plugin.toml";

pub(super) fn run(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match Manifest::parse(text, Path::new(FILE)) {
        Ok(manifest) => can_be_meant(&manifest),
        Err(error) => {
            shown::is_message(&error.to_string(), FILE);
            shown::is_message(&error.to_string(), "line ");
        }
    }
}

fn can_be_meant(manifest: &Manifest) {
    assert!(is_id(&manifest.id) && manifest.id == "mine");
    shown::is_line(manifest.version.as_str());
    assert!(!manifest.version.as_str().is_empty());
    assert_eq!(manifest.imports().len(), manifest.wants.len());
    if let Some(build) = &manifest.build {
        assert!(!build.steps.is_empty());
        let output = build.output.to_string_lossy();
        assert!(!output.starts_with('/') && !output.split('/').any(|part| part == ".."));
        shown::is_line(&output);
    }
}
