//! Holds the sources against the published list of classes.

use std::collections::BTreeSet;
use std::path::Path;

use k8shawk_sdk::classes::names;

/// Hyphenated texts of the sources that are no classes: names, labels and words.
const OTHER: &[&str] = &[
    "anti-affinity",
    "controller-revision-hash",
    "default-scheduler",
    "kube-dns",
    "kube-node-lease",
    "kube-system",
    "mergeable-ingress-type",
    "network-policy",
    "oom-killed",
    "pod-template-generation",
    "pod-template-hash",
];

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        match (path.is_dir(), name.as_str()) {
            (_, "tests" | "samples" | "testing" | "classes") => {}
            (true, _) => sources(&path, found),
            (false, _) => found.push(std::fs::read_to_string(&path).unwrap()),
        }
    }
}

/// Texts in quotes that look like a class.
fn texts() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut files,
    );
    let looks = |text: &&str| {
        text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
            && text.starts_with(|c: char| c != '-')
            && !text.ends_with('-')
    };
    let code = |file: &str| {
        file.split("#[cfg(test)]\nmod tests {")
            .next()
            .map(str::to_owned)
    };
    let all = files.iter().filter_map(|file| code(file));
    all.flat_map(|file| {
        let quoted = file
            .lines()
            .flat_map(|line| line.split('"').skip(1).step_by(2));
        quoted.filter(looks).map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn every_listed_class_is_given_somewhere() {
    let texts = texts();
    let never: Vec<_> = names()
        .iter()
        .filter(|class| !texts.contains(**class))
        .collect();
    assert!(never.is_empty(), "{never:?}");
}

#[test]
fn every_class_is_listed() {
    let unlisted: Vec<_> = texts()
        .into_iter()
        .filter(|text| text.contains('-'))
        .filter(|text| !names().contains(&&**text) && !OTHER.contains(&&**text))
        .filter(|text| {
            !names()
                .iter()
                .any(|class| k8shawk_sdk::classes::says(class, text))
        })
        .collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

#[test]
fn every_class_is_in_the_book() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/src/classes.md");
    let book = std::fs::read_to_string(book).unwrap();
    // A row may write `hpa-at-max`, `-no-metrics` for the rest of a family.
    let named = |class: &str| {
        let ends = class
            .match_indices('-')
            .filter_map(|(at, _)| class.get(at..));
        std::iter::once(class)
            .chain(ends)
            .any(|text| book.contains(&format!("`{text}`")))
    };
    let missing: Vec<_> = names().iter().filter(|class| !named(class)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
