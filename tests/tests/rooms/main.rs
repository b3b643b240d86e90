//! The rooms of the house: which imports there may be. What `ARCHITECTURE.md` draws is held here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod circles;
mod imports;

use std::path::{Path, PathBuf};

use imports::Imports;
use rstest::rstest;

/// The rooms of `host/src`, from the top to the bottom.
const ROOMS: [&str; 4] = ["cli", "run", "stages", "services"];

fn source(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(of)
        .join("src")
}

/// Imports in words, of modules that a test accepts.
fn told(imports: &Imports, is_wrong: impl Fn(&[String], &[String]) -> bool) -> Vec<String> {
    let all = imports
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    let wrong = all.filter(|(from, (to, _))| is_wrong(from, to));
    wrong
        .map(|(from, (to, name))| format!("{} takes {name} from {}", from.join("/"), to.join("/")))
        .collect()
}

#[test]
fn no_room_of_the_host_imports_one_above_it() {
    let imports = imports::of(&source("host"));
    let rank = |module: &[String]| {
        ROOMS
            .iter()
            .position(|room| Some(*room) == module.first().map(String::as_str))
    };
    assert!(
        ROOMS
            .iter()
            .all(|room| imports.keys().any(|m| m[..] == [(*room).to_owned()]))
    );
    let up = told(&imports, |from, to| {
        rank(to).zip(rank(from)).is_some_and(|(to, from)| to < from)
    });
    assert_eq!(up, Vec::<String>::new());
}

#[test]
fn no_stage_imports_another() {
    let imports = imports::of(&source("host"));
    let stage = |module: &[String]| match module {
        [room, stage, ..] if room == "stages" => Some(stage.clone()),
        _ => None,
    };
    let across = told(&imports, |from, to| {
        stage(from)
            .zip(stage(to))
            .is_some_and(|(from, to)| from != to)
    });
    assert_eq!(across, Vec::<String>::new());
}

/// A module and what stands in its folder are one room: there the child may name its parent.
#[rstest]
fn modules_form_no_circle(
    #[values(
        "host",
        "host/core",
        "host/sandbox",
        "host/scaffold",
        "host/vocabulary",
        "plugins/analysis",
        "plugins/fix",
        "plugins/triage",
        "plugins/voice",
        "plugins/sdk",
        "policies/approvals",
        "policies/business-hours",
        "policies/freeze",
        "policies/reference-rust"
    )]
    of: &str,
) {
    let imports = imports::of(&source(of));
    let circles = circles::among(&imports);
    let told: Vec<String> = circles
        .iter()
        .map(|circle| circles::told(&imports, circle))
        .collect();
    assert!(told.is_empty(), "{}", told.join("\n\n"));
}
