//! Replacing a policy in each language while signals flow: from the changed file to its verdict, and what is lost.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::bench::figure::Figure;
use crate::policies::{LANGUAGES, Swapped, swapped};

const SWAPS: usize = 200;
/// As a host has it.
const DEBOUNCE: Duration = Duration::from_millis(100);

pub(super) fn measure(dist: &Path) -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut figures = Vec::new();
    for language in LANGUAGES {
        let seen = runtime.block_on(swapped(language, SWAPS, DEBOUNCE, dist))?;
        figures.extend(rows(language, &seen)?);
    }
    Ok(figures)
}

fn rows(language: &'static str, seen: &Swapped) -> Result<[Figure; 3]> {
    let slowest = seen.took.last().context("there was one swap")?;
    let lost = format!("signals lost in {SWAPS} swaps at 1,000/s");
    Ok([
        Figure::alone(
            "swap to a compiled version, slowest",
            "ms",
            millis(*slowest),
        )
        .of(language),
        Figure::alone("swap to a new version", "ms", millis(seen.compiled)).of(language),
        Figure::alone(lost, "", seen.lost as f64)
            .of(language)
            .at_most(0.0),
    ])
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
