//! Lines that are folded at words to the width of the terminal.

use console::{Term, measure_text_width};
use k8shawk_core::redact::Redacted;
use textwrap::{Options, WordSplitter};

/// Widest line that is read with ease, in columns.
const WIDEST: usize = 120;
/// Narrowest line that is worth folding for.
const NARROWEST: usize = 40;
/// Width where nobody says how wide the terminal is.
const UNKNOWN: usize = 100;

/// Columns of a label, its blank included: `evidence ` and the like.
const LABEL: usize = 9;

/// Columns of the terminal on standard output; none where it is no terminal.
pub fn on_stdout() -> Option<usize> {
    columns(&Term::stdout())
}

/// The same on standard error.
pub fn on_stderr() -> Option<usize> {
    columns(&Term::stderr())
}

fn columns(term: &Term) -> Option<usize> {
    let size = term.size_checked();
    size.map(|(_, columns)| usize::from(columns))
}

/// Each line that is wider than the terminal, folded at words below its own beginning; a pipe gets
/// the lines as they are.
pub fn fit(text: &Redacted, columns: Option<usize>) -> Redacted {
    let Some(columns) = columns.map(|columns| columns.max(NARROWEST)) else {
        return text.clone();
    };
    if text
        .lines()
        .all(|line| measure_text_width(line.as_str()) <= columns)
    {
        return text.clone();
    }
    let rows: Vec<Redacted> = text
        .lines()
        .flat_map(|line| folded(line, columns))
        .collect();
    Redacted::join(&rows, "\n")
}

fn folded(line: Redacted, columns: usize) -> Vec<Redacted> {
    if measure_text_width(line.as_str()) <= columns {
        return vec![line];
    }
    let indent = line.as_str().len() - line.as_str().trim_start_matches(' ').len();
    let text = line.escaped(|text| text.trim_start_matches(' ').to_owned());
    Line::new(indent, text).fold(columns)
}

/// Columns that a line may have.
pub(super) fn width() -> usize {
    on_stdout().map_or(UNKNOWN, |columns| columns.clamp(NARROWEST, WIDEST))
}

/// One line before it is folded.
pub(super) struct Line {
    indent: usize,
    hanging: usize,
    /// What stands in front of its first row, in the place of its indent.
    label: &'static str,
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
            label: "",
            text,
            dim: false,
        }
    }

    /// A line behind a label, or below the text of the labelled line before it.
    pub(super) fn labelled(label: &'static str, text: Redacted) -> Line {
        Line {
            label,
            hanging: 0,
            ..Line::new(LABEL, text)
        }
    }

    /// The line as one that matters less.
    pub(super) fn dim(self) -> Line {
        Line { dim: true, ..self }
    }

    /// The line with another indent for what does not fit.
    pub(super) fn hanging(self, hanging: usize) -> Line {
        Line { hanging, ..self }
    }

    /// Its rows.
    pub(super) fn fold(&self, width: usize) -> Vec<Redacted> {
        let first = format!("{:<1$}", self.label, self.indent);
        let next = " ".repeat(self.indent + self.hanging);
        // A name that is split at its hyphen cannot be copied.
        let options = Options::new(width)
            .initial_indent(&first)
            .subsequent_indent(&next)
            .word_splitter(WordSplitter::NoHyphenation)
            .break_words(false);
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
    fn what_is_wider_than_the_terminal_is_folded_and_a_pipe_gets_it_whole() {
        let words = "word ".repeat(12);
        let text = Redacted::from(format!("short\n  {words}\n").leak() as &'static str);
        let shown = fit(&text, Some(40)).into_string();
        assert!(shown.lines().all(|line| line.len() <= 40), "{shown}");
        assert!(shown.starts_with("short\n  word"), "{shown}");
        assert!(
            shown
                .lines()
                .nth(2)
                .is_some_and(|line| line.starts_with("    word")),
            "{shown}"
        );
        assert_eq!(fit(&text, None), text);
        assert_eq!(fit(&text, Some(100)), text);
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
