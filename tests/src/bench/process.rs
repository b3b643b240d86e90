//! Numbers of a process, as Linux tells them in `/proc`.

use anyhow::{Context, Result};

/// A row of `status` or `smaps_rollup`, such as `VmRSS`, in MiB.
///
/// # Errors
/// There is no such row.
pub(super) fn mib(text: &str, row: &str) -> Result<f64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(row)?.strip_prefix(':'));
    let number = line.and_then(|line| line.split_whitespace().next());
    let kib: f64 = number
        .with_context(|| format!("there is no {row}"))?
        .parse()?;
    Ok(kib / 1024.0)
}
