//! Lines that are folded at words to the width of the terminal.

use textwrap::{Options, WordSplitter};

/// Widest line that is read with ease, in columns.
const WIDEST: usize = 120;
/// Narrowest line that is worth folding for.
const NARROWEST: usize = 40;
/// Width where nobody says how wide the terminal is.
const UNKNOWN: usize = 100;

/// Columns that a line may have.
pub(super) fn width() -> usize {
    match console::Term::stdout().size_checked() {
        Some((_, columns)) => usize::from(columns).clamp(NARROWEST, WIDEST),
        None => UNKNOWN,
    }
}

/// One line before it is folded.
pub(super) struct Line {
    indent: usize,
    hanging: usize,
    text: String,
    /// True where it matters less than what is around it.
    pub(super) dim: bool,
}

impl Line {
    /// A line that stands so many columns in; what does not fit goes on two columns further.
    pub(super) fn new(indent: usize, text: impl Into<String>) -> Line {
        Line {
            indent,
            hanging: 2,
            text: text.into(),
            dim: false,
        }
    }

    /// A line that matters less.
    pub(super) fn dim(indent: usize, text: impl Into<String>) -> Line {
        Line {
            dim: true,
            ..Line::new(indent, text)
        }
    }

    /// The line with another indent for what does not fit.
    pub(super) fn hanging(self, hanging: usize) -> Line {
        Line { hanging, ..self }
    }

    /// Its rows.
    pub(super) fn fold(&self, width: usize) -> Vec<String> {
        let first = " ".repeat(self.indent);
        let next = " ".repeat(self.indent + self.hanging);
        // A name that is split at its hyphen cannot be copied.
        let options = Options::new(width)
            .initial_indent(&first)
            .subsequent_indent(&next)
            .word_splitter(WordSplitter::NoHyphenation);
        let rows = textwrap::wrap(&self.text, options);
        rows.into_iter().map(|row| row.into_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_at_words_and_hangs_what_does_not_fit() {
        let line = Line::new(2, "aaa bbb ccc").hanging(3);
        assert_eq!(line.fold(9), ["  aaa bbb", "     ccc"]);
    }

    #[test]
    fn a_name_is_not_split_at_its_hyphen_and_colours_take_no_room() {
        let line = Line::new(0, "see web-5c8d \u{1b}[1mbold\u{1b}[0m");
        assert_eq!(
            line.fold(10),
            ["see", "  web-5c8d", "  \u{1b}[1mbold\u{1b}[0m"]
        );
    }
}
