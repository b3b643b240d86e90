//! Printing to standard output. A reader that went away (a closed pipe) is no fault of ours.

use std::fmt::Arguments;
use std::io::Write;

use serde_json::Value;

/// Print a line, as `println!` does, which panics where nobody reads any more.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::output::line(format_args!($($text)*))
    };
}
pub(super) use say;

/// Print a line.
pub fn line(text: Arguments<'_>) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Print a JSON document.
///
/// # Errors
/// Where it is no JSON, such as a map whose keys are no texts.
pub fn document(value: &Value) -> anyhow::Result<()> {
    line(format_args!("{}", serde_json::to_string_pretty(value)?));
    Ok(())
}
