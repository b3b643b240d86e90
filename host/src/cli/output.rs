//! Printing one JSON document.

use std::io::Write;

use serde_json::Value;

/// Print a document to standard output.
///
/// # Errors
/// Where standard output cannot be written.
pub fn document(value: &Value) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}
