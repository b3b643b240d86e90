//! The chapter of ready-made policies: what their directories say, and nothing else.

use std::fs;
use std::path::Path;

use k8shawk_sandbox::Manifest;
use k8shawk_tests::policies::sources;

use k8shawk_tests::markdown::root;

use super::pages::is_written;

/// Behind it the chapter is written from the directories.
const MARK: &str = "<!-- The rest is written from policies/: `UPDATE=1 cargo test --release -p k8shawk-tests --test book policies::` -->\n";
/// They are one policy in six languages, of which the chapter speaks itself.
const REFERENCE: &str = "reference-";

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn manifest(source: &Path) -> Manifest {
    let file = source.join("plugin.toml");
    Manifest::parse(&text(&file), &file).unwrap()
}

fn language(manifest: &Manifest) -> &'static str {
    let build = manifest.build.as_ref();
    match build.and_then(|build| build.language.as_deref()) {
        None => "Rust, shipped",
        Some("go") => "Go",
        Some("c") => "C",
        Some("javascript") => "JavaScript",
        Some("typescript") => "TypeScript",
        Some("python") => "Python",
        Some(other) => panic!("{other} is no language"),
    }
}

/// A policy's part of the chapter: its README, and what its `plugin.toml` says.
fn section(source: &Path) -> String {
    let manifest = manifest(source);
    let readme = text(&source.join("README.md"));
    let (title, rest) = readme.split_once('\n').unwrap();
    assert_eq!(title, format!("# {}", manifest.id));
    let wants: Vec<String> = manifest
        .wants
        .iter()
        .map(|want| format!("`{}`", want.word()))
        .collect();
    let (language, wants) = (language(&manifest), wants.join(", "));
    format!("\n## {}\n\n{language}. Wants {wants}.\n{rest}", manifest.id)
}

#[test]
fn the_chapter_is_what_the_directories_say() {
    let chapter = root().join("docs/src/ready-made.md");
    let written = text(&chapter);
    let (own, _) = written.split_once(MARK).unwrap();
    let sources = sources().unwrap().into_iter();
    let sections = sources
        .filter(|(id, _)| !id.starts_with(REFERENCE))
        .map(|(_, source)| section(&source));
    let expected = format!("{own}{MARK}{}", sections.collect::<String>());
    is_written(&chapter, &expected);
}

/// The keys of the settings that a README names, without those within a list of tables.
fn settings_of_readme(source: &Path) -> Vec<String> {
    let readme = text(&source.join("README.md"));
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let keys = cells.flat_map(|cell| cell.split(", "));
    let mut keys: Vec<String> = keys.map(|key| key.replace('`', "")).collect();
    // Behind `rules[].namespaces`, `risks` is one of the rule too.
    if let Some(first) = keys.iter().position(|key| key.contains("[]")) {
        keys.truncate(first);
    }
    keys.sort();
    keys
}

/// The keys that the grant shows, commented out.
fn settings_of_grant(source: &Path) -> Vec<String> {
    let own = source.join("grant.toml");
    let id = source.file_name().unwrap().to_string_lossy();
    let shipped = root().join("deploy/grants").join(format!("{id}.toml"));
    let grant = text(if own.is_file() { &own } else { &shipped });
    let (_, settings) = grant.split_once("[settings]\n").unwrap();
    let lines = settings.lines().filter_map(|line| line.strip_prefix("# "));
    // What is indented stands within a list of tables.
    let lines = lines.filter(|line| !line.starts_with([' ', '{']));
    let mut keys: Vec<String> = lines
        .filter_map(|line| Some(line.split_once(" = ")?.0.to_owned()))
        .collect();
    keys.sort();
    keys
}

#[test]
fn a_readme_and_its_grant_name_the_same_settings() {
    for (id, source) in sources().unwrap() {
        let said = settings_of_readme(&source);
        assert!(!said.is_empty(), "{id}");
        assert_eq!(said, settings_of_grant(&source), "{id}");
    }
}
