//! Printing to standard output. A reader that went away (a closed pipe) is no fault of ours.

use std::fmt::Arguments;
use std::io::Write;

use k8shawk_core::redact::{Redacted, RedactedJson};
use serde_json::Value;

/// Print a line, as `println!` does, which panics where nobody reads any more.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::cli::output::line(format_args!($($text)*))
    };
}
pub(super) use say;

/// The same on standard error, as `eprintln!` does.
macro_rules! complain {
    ($($text:tt)*) => {
        $crate::cli::output::complaint(format_args!($($text)*))
    };
}
pub(super) use complain;

/// Print a line.
pub fn line(text: Arguments<'_>) {
    print(&Redacted::of(&text.to_string()));
}

/// Print a line on standard error.
pub fn complaint(text: Arguments<'_>) {
    let text = Redacted::of(&text.to_string());
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn print(text: &Redacted) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
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
