//! Prints a tutorial as a script: `tutorial LANGUAGE [--tools]`; with `--tools` the lines that
//! install what it needs.

use anyhow::{Context, Result};
use k8shawk_tests::tutorial::Tutorial;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let tutorial = Tutorial::of(&arguments.next().context("name a language")?)?;
    match arguments.next().as_deref() {
        Some("--tools") => print!("{}", tutorial.tools()),
        _ => print!("{}", tutorial.script()),
    }
    Ok(())
}
