//! The pages, their fenced blocks, their tables and their code spans.

use std::fs;
use std::path::{Path, PathBuf};

/// The top of the checkout.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap().to_owned()
}

/// A Markdown file.
pub struct Page {
    /// Its path from the top.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A fenced block.
pub struct Block {
    /// Where it begins, `FILE:LINE`.
    pub place: String,
    /// What stands behind the fence, split at commas: a language, then its attributes.
    pub words: Vec<String>,
    /// What stands in it.
    pub text: String,
    /// True where only empty lines separate it from the block before.
    pub follows: bool,
}

impl Block {
    /// True for a block of this language.
    pub fn is(&self, language: &str) -> bool {
        self.words.first().is_some_and(|word| word == language)
    }
}

/// Every page that people read: the README, CONTRIBUTING and the book.
pub fn all() -> Vec<Page> {
    let mut names = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for directory in ["docs/src", "docs/src/adr"] {
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
    let text = fs::read_to_string(root().join(&name)).unwrap();
    Page { name, text }
}

impl Page {
    /// Its fenced blocks, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let (mut open, mut follows) = (false, false);
        for (number, line) in self.text.lines().enumerate() {
            let fence = line.trim_start().strip_prefix("```");
            match (open, fence) {
                (false, Some(words)) => blocks.push(Block {
                    place: format!("{}:{}", self.name, number + 1),
                    words: words.split(',').map(|w| w.trim().to_owned()).collect(),
                    text: String::new(),
                    follows: std::mem::take(&mut follows),
                }),
                (true, None) => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (true, Some(_)) => follows = true,
                (false, None) if !line.trim().is_empty() => follows = false,
                (false, None) => {}
            }
            open ^= fence.is_some();
        }
        blocks
    }

    /// Code spans outside of fenced blocks, with their places.
    pub fn spans(&self) -> Vec<(String, String)> {
        let (mut spans, mut open) = (Vec::new(), false);
        for (number, line) in self.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                open = !open;
            } else if !open {
                let place = format!("{}:{}", self.name, number + 1);
                spans.extend(quoted(line).map(|span| (place.clone(), span.to_owned())));
            }
        }
        spans
    }
}

/// What stands in backquotes in a line.
pub fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Where `text` holds the parts of `pattern` between its `...`, one after the other and each at most
/// `far` bytes behind the one before; the parts are trimmed.
pub fn holds(text: &str, pattern: &str, far: usize) -> bool {
    let mut parts = pattern
        .split("...")
        .map(str::trim)
        .filter(|p| !p.is_empty());
    let Some(first) = parts.next() else {
        return false;
    };
    let rest: Vec<&str> = parts.collect();
    text.match_indices(first).any(|(at, _)| {
        let mut from = at + first.len();
        rest.iter().all(|part| {
            let found = text[from..].find(part).filter(|gap| *gap <= far);
            from += found.unwrap_or_default() + part.len();
            found.is_some()
        })
    })
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
