//! The pages that people read.

use std::fs;
use std::path::Path;

use k8shawk_tests::markdown::{Page, root};

/// Every page that people read: the README, CONTRIBUTING and the book.
pub fn all() -> Vec<Page> {
    let mut names = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for directory in ["docs/src", "docs/src/adr", "docs/src/tutorials"] {
        for entry in fs::read_dir(root().join(directory)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                names.push(format!("{directory}/{name}"));
            }
        }
    }
    names.sort();
    names.into_iter().map(one).collect()
}

/// One page by its path from the top.
pub fn one(name: String) -> Page {
    Page::read(name).unwrap()
}

/// Compare a page with what it is written from, or write it where `UPDATE` is set.
pub fn is_written(page: &Path, expected: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(page, expected).unwrap();
        return;
    }
    let written = fs::read_to_string(page).unwrap();
    assert_eq!(written, expected, "UPDATE=1 writes it");
}

#[test]
fn each_page_of_the_book_is_in_its_summary() {
    let summary = one("docs/src/SUMMARY.md".to_owned()).text;
    let pages = all().into_iter().filter_map(|page| {
        let name = page.name.strip_prefix("docs/src/")?;
        (name != "SUMMARY.md").then(|| name.to_owned())
    });
    let missing: Vec<String> = pages
        .filter(|p| !summary.contains(&format!("({p})")))
        .collect();
    assert!(missing.is_empty(), "nobody can read {missing:?}");
}
