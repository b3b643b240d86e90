//! `componentise IN.wasm OUT.wasm`: a core module becomes a component.

use std::{env, fs};

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let mut args = env::args_os().skip(1);
    let (input, output) = args
        .next()
        .zip(args.next())
        .context("usage: componentise IN OUT")?;
    let module = fs::read(&input).with_context(|| input.to_string_lossy().into_owned())?;
    fs::write(&output, k8shawk_sandbox::componentise(&module)?)?;
    Ok(())
}
