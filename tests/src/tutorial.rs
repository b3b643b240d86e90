//! The tutorials of the book as scripts: what a reader pastes, in the order of the page.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use crate::markdown::{Block, Page};

/// The languages that have a tutorial.
pub const LANGUAGES: [&str; 6] = ["rust", "go", "c", "javascript", "typescript", "python"];

/// A tutorial, split into what a reader does.
pub struct Tutorial {
    blocks: Vec<Block>,
}

impl Tutorial {
    /// The one of a language.
    ///
    /// # Errors
    /// Where its page cannot be read.
    pub fn of(language: &str) -> Result<Tutorial> {
        let name = format!("docs/src/tutorials/{language}.md");
        let page = Page::read(name.clone()).context(name)?;
        let blocks = page.blocks();
        Ok(Tutorial { blocks })
    }

    /// The lines that install the tools, for Debian.
    pub fn tools(&self) -> String {
        self.texts("install").collect()
    }

    /// A script for bash: its commands, and its changes to files as patches.
    pub fn script(&self) -> String {
        let mut script = String::new();
        for block in &self.blocks {
            if block.is("diff") {
                // A patch is looked for from the directory of a repository around, if there is one.
                let _ = write!(
                    script,
                    "GIT_DIR=/dev/null git apply - <<'PATCH'\n{}PATCH\n",
                    block.text
                );
            } else if is_step(block, "tutorial") {
                script.push_str(&block.text);
            }
        }
        script
    }

    /// What the commands print, in the order of the page: `...` stands for any text.
    pub fn shown(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(|block| block.is("text"))
    }

    fn texts(&self, word: &str) -> impl Iterator<Item = &str> {
        let steps = self.blocks.iter().filter(move |block| is_step(block, word));
        steps.map(|block| block.text.as_str())
    }
}

fn is_step(block: &Block, word: &str) -> bool {
    block.is("sh") && block.words.iter().any(|attribute| attribute == word)
}
