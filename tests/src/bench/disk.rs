//! What a commit costs on this disk before any of ours: written and synced by a bare file.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::figure::{Figure, percentile};

const COMMITS: usize = 500;
/// What the log of SQLite gets for a new incident: ten pages with their headers.
const BYTES: usize = 10 * (4096 + 24);
/// The log is written over from its beginning after so many commits, as SQLite does.
const ROUND: usize = 64;
/// Between two commits, so that none waits for the one before.
const PAUSE: Duration = Duration::from_millis(20);

/// The floor of every row that waits for the disk, in the directory of the host's database.
///
/// # Errors
/// What the file system says.
pub(super) fn measure(directory: &Path) -> Result<Vec<Figure>> {
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(directory.join("bare-commits"))?;
    let page = vec![7_u8; BYTES];
    let mut took = Vec::with_capacity(COMMITS);
    for commit in 0..COMMITS {
        if commit % ROUND == 0 {
            file.seek(SeekFrom::Start(0))?;
        }
        thread::sleep(PAUSE);
        let begun = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let of = |share: f64, name: &str| {
        let name = format!("the disk alone: 40 KiB written and synced, {name}");
        Figure::alone(name, "ms", percentile(&took, share))
    };
    Ok(vec![of(0.5, "p50"), of(0.99, "p99")])
}
