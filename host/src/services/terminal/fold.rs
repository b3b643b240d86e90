//! Lines that are folded at words to the width of the terminal.

use k8shawk_core::redact::Redacted;
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
    text: Redacted,
    /// True where it matters less than what is around it.
    pub(super) dim: bool,
}

impl Line {
    /// A line that stands so many columns in; what does not fit goes on two columns further.
    pub(super) fn new(indent: usize, text: Redacted) -> Line {
        Line {
            indent,
            hanging: 2,
            text,
            dim: false,
        }
    }

    /// A line that matters less.
    pub(super) fn dim(indent: usize, text: Redacted) -> Line {
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
    pub(super) fn fold(&self, width: usize) -> Vec<Redacted> {
        let first = " ".repeat(self.indent);
        let next = " ".repeat(self.indent + self.hanging);
        // A name that is split at its hyphen cannot be copied.
        let options = Options::new(width)
            .initial_indent(&first)
            .subsequent_indent(&next)
            .word_splitter(WordSplitter::NoHyphenation);
        let folded = self.text.escaped(|text| textwrap::fill(text, options));
        folded.lines().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &Line, width: usize) -> Vec<String> {
        let rows = line.fold(width).into_iter();
        rows.map(Redacted::into_string).collect()
    }

    #[test]
    fn folds_at_words_and_hangs_what_does_not_fit() {
        let line = Line::new(2, Redacted::of("aaa bbb ccc")).hanging(3);
        assert_eq!(shown(&line, 9), ["  aaa bbb", "     ccc"]);
    }

    #[test]
    fn a_name_is_not_split_at_its_hyphen_and_colours_take_no_room() {
        let line = Line::new(0, Redacted::from("see web-5c8d \u{1b}[1mbold\u{1b}[0m"));
        assert_eq!(
            shown(&line, 10),
            ["see", "  web-5c8d", "  \u{1b}[1mbold\u{1b}[0m"]
        );
    }
}
