//! Where a text of TOML is wrong, and how: in one line. The parser draws a picture of several, and quotes
//! what it read as it stands, be it an escape sequence of a terminal.

use crate::redact::visible;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TomlFault {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong there, in one line.
    pub what: String,
}

impl TomlFault {
    /// What the parser says of a text.
    pub fn of(text: &str, error: &toml::de::Error) -> TomlFault {
        TomlFault {
            line: error.span().map_or(1, |span| line_of(text, span.start)),
            what: message(error),
        }
    }
}

/// What the parser says, without its place.
pub fn message(error: &toml::de::Error) -> String {
    in_one_line(error.message())
}

/// A message as it is seen, in one line, whatever it quotes.
pub(crate) fn in_one_line(text: &str) -> String {
    let seen = visible(text);
    seen.trim_end().replace('\n', ", ").replace('\t', " ")
}

/// The line of an offset in bytes, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Known {}

    #[test]
    fn what_is_quoted_of_a_text_drives_no_terminal() {
        let text = "\n\"\\u001b[2Jone\\u009b31mtwo\\nthree\\tfour\" = 1";
        let error = toml::from_str::<Known>(text).unwrap_err();
        let TomlFault { line, what } = TomlFault::of(text, &error);
        assert_eq!(line, 2);
        assert!(
            what.starts_with("unknown field `onetwo, three four`"),
            "{what:?}"
        );
    }
}
