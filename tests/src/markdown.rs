//! A Markdown page: its fenced blocks and code spans, and output compared with what it shows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The top of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
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

impl Page {
    /// A page by its path from the top.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(name: String) -> io::Result<Page> {
        let text = fs::read_to_string(root().join(&name))?;
        Ok(Page { name, text })
    }

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
                    if let Some(block) = blocks.last_mut() {
                        block.text.push_str(line);
                        block.text.push('\n');
                    }
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
            let rest = text.get(from..).unwrap_or_default();
            let found = rest.find(part).filter(|gap| *gap <= far);
            from += found.unwrap_or_default() + part.len();
            found.is_some()
        })
    })
}

/// True where what was printed is what is shown: `...` stands for any text.
pub fn is_shown(printed: &str, shown: &str) -> bool {
    let (printed, shown) = (printed.trim(), shown.trim());
    if !shown.contains("...") {
        return printed == shown;
    }
    let first = shown.split("...").next().unwrap_or(shown).trim();
    let last = shown.rsplit("...").next().unwrap_or(shown).trim();
    printed.starts_with(first) && printed.ends_with(last) && holds(printed, shown, usize::MAX)
}
