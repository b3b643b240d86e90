//! Printing to standard output. A closed pipe is not an error of this program.

use std::io::Write;

use k8shawk_core::redact::{Redacted, RedactedJson};
use serde_json::Value;

use crate::services::{progress, terminal};

/// Print a line, as `println!` does, which panics when the reader has closed the pipe. The words
/// are ours and stay; each part is redacted by itself, so no part hides a word behind it, and stays
/// within its line, so no part begins one.
macro_rules! say {
    ($format:literal $(, $part:expr)* $(,)?) => {
        $crate::cli::output::line(&k8shawk_core::redacted!(
            $format $(, $crate::cli::output::part(&$part))*
        ))
    };
}
pub(super) use say;

/// The same on standard error, as `eprintln!` does.
macro_rules! complain {
    ($format:literal $(, $part:expr)* $(,)?) => {
        $crate::cli::output::complaint(&k8shawk_core::redacted!(
            $format $(, $crate::cli::output::part(&$part))*
        ))
    };
}
pub(super) use complain;

/// A part of a line that is not ours: a path, a name, an error.
pub fn part(text: &impl ToString) -> Redacted {
    terminal::plain(&text.to_string())
}

/// Print text of several lines that are ours, such as a manifest.
pub fn lines(text: &str) {
    line(&terminal::lines(text));
}

/// Print a line, folded at words where it is too long for the terminal.
pub fn line(text: &Redacted) {
    let text = terminal::fit(text, terminal::on_stdout());
    progress::above(|| {
        let _ = writeln!(std::io::stdout().lock(), "{text}");
    });
}

/// Print a line on standard error, above the progress line.
pub fn complaint(text: &Redacted) {
    let text = terminal::fit(text, terminal::on_stderr());
    progress::above(|| {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    });
}

/// Print a JSON document.
///
/// # Errors
/// Where it is no JSON, such as a map whose keys are no texts.
pub fn document(value: &Value) -> anyhow::Result<()> {
    let document = RedactedJson::of(value.clone());
    let _ = writeln!(
        std::io::stdout().lock(),
        "{}",
        serde_json::to_string_pretty(document.value())?
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn our_own_words_stay_behind_a_part_that_sounds_like_a_secret() {
        let line = k8shawk_core::redacted!("{} is no longer required", part(&"policy token:"));
        assert_eq!(line.as_str(), "policy token: is no longer required");
        let line = k8shawk_core::redacted!("bot token: {} it", part(&"password=hunter2"));
        assert_eq!(line.as_str(), "bot token: password=[redacted] it");
    }

    #[test]
    fn no_part_begins_a_line_or_drives_a_terminal() {
        let path = std::path::Path::new("policies/a\nk8shawk: no problems found\t\u{1b}[31m");
        let line = k8shawk_core::redacted!("{}: not loaded", part(&path.display()));
        let shown = "policies/a k8shawk: no problems found : not loaded";
        assert_eq!(line.as_str(), shown);
    }
}
