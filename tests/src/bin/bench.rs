//! `bench [part...]`: measures all parts, or those named (`triage`, `slack`, `swap`, `model`, `detect`,
//! `scan`, `memory`; `scale`, `languages` and `swaps` only where they are named), prints tables and writes
//! `target/bench/results.json`. `make bench` builds what it
//! needs. A missed target is no failure; a part that could not be measured is.
//!
//! `bench hold POLICIES GRANTS ID` is the process whose memory `languages` measures.

use std::path::Path;

use anyhow::{Result, bail};
use k8shawk_tests::bench::{self, Part};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [hold, policies, grants, id] = arguments.as_slice()
        && hold == "hold"
    {
        return bench::hold(Path::new(policies), Path::new(grants), id);
    }
    let named: Vec<Part> = arguments
        .into_iter()
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
