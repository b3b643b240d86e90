//! `bench [part...]`: measures all parts, or those named (`triage`, `slack`, `swap`, `model`, `detect`,
//! `scan`, `memory`; `scale` only where it is named), prints a table and writes
//! `target/bench/results.json`. `make bench` builds what it
//! needs. A missed target is no failure; a part that could not be measured is.

use std::path::Path;

use anyhow::{Result, bail};
use k8shawk_tests::bench::{self, Part};

fn main() -> Result<()> {
    let named: Vec<Part> = std::env::args()
        .skip(1)
        .map(|name| Part::parse(&name))
        .collect::<Result<_>>()?;
    let parts = if named.is_empty() {
        Part::ALL.to_vec()
    } else {
        named
    };
    let (figures, errors) = bench::measure(&parts)?;
    bench::print(&figures);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench/results.json");
    bench::write(&figures, &file)?;
    for error in &errors {
        eprintln!("not measured: {error:#}");
    }
    if !errors.is_empty() {
        bail!(
            "{} of {} parts could not be measured",
            errors.len(),
            parts.len()
        );
    }
    Ok(())
}
