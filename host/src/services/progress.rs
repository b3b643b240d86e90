//! The progress line at the bottom of a terminal: on standard error, and only
//! where somebody looks.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use k8shawk_core::redact::Redacted;

/// Everything that is printed goes above it.
static BAR: OnceLock<ProgressBar> = OnceLock::new();

/// Show a line from now on; nothing where standard error is no terminal.
pub fn start() {
    if !std::io::stderr().is_terminal() {
        return;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    let _ = BAR.set(bar);
}

/// What the line says.
pub fn say(text: impl Into<String>) {
    if let Some(bar) = BAR.get() {
        let text: String = text.into();
        bar.set_message(Redacted::line(&text).into_string());
    }
}

/// Take the line away.
pub fn end() {
    if let Some(bar) = BAR.get() {
        bar.finish_and_clear();
    }
}

/// Write something above the line.
pub fn above<T>(write: impl FnOnce() -> T) -> T {
    match BAR.get() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Whatever is written, without what looks like a secret. A log line comes in one piece and stays one
/// line, whatever stands in it.
pub struct Clean<W>(pub W);

impl<W: Write> Write for Clean<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let ended = if line.len() < text.len() { "\n" } else { "" };
        let line = Redacted::line(line).escaped(|line| format!("{line}{ended}"));
        self.0.write_all(line.as_str().as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// Standard error, above the line.
pub struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        above(|| std::io::stderr().write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
