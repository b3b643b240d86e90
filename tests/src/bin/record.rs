//! Record bundles of faults from a real cluster into `tests/incidents`:
//! `cargo run --release -p k8shawk-tests --bin record -- [fault...]`, all where none is named.

#![allow(
    clippy::indexing_slicing,
    reason = "indexing a JSON value gives null where it lacks"
)]

use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use k8shawk_tests::cluster::{Cluster, Options};
use k8shawk_tests::fault::{self, Broken, Fault, Product};

/// Faults that are broken at the same time.
const AT_ONCE: usize = 6;

fn main() -> Result<()> {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        names = fault::names()?;
    }
    names.retain(|n| Fault::read(n, "x").is_ok_and(|f| !f.harmless));
    names.reverse();
    let cluster = Cluster::start(Options::default())?;
    let (left, alone) = (Mutex::new(names), RwLock::new(()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(name) = left.lock().unwrap_or_else(PoisonError::into_inner).pop() {
                    match one(&cluster, &alone, &name) {
                        Ok(()) => println!("recorded {name}"),
                        Err(error) => println!("NOT RECORDED {name}: {error:#}"),
                    }
                }
            });
        }
    });
    cluster.stop()
}

fn one(cluster: &Cluster, alone: &RwLock<()>, name: &str) -> Result<()> {
    let (_writing, _reading);
    if Fault::read(name, "x")?.exclusive {
        _writing = alone.write();
    } else {
        _reading = alone.read();
    }
    let broken = Broken::set_up(cluster, name)?;
    let product = Product::new(cluster)?;
    let until = Instant::now() + broken.fault.patience() + Duration::from_secs(30);
    loop {
        let found = broken.fault.judge(&product.scan(broken.namespace.name())?);
        if found.0.is_empty() {
            break;
        }
        if Instant::now() > until {
            bail!("{found}");
        }
        std::thread::sleep(Duration::from_secs(2));
    }
    record(&broken, &product)
}

fn record(broken: &Broken<'_>, product: &Product) -> Result<()> {
    let file = fault::bundle(&broken.fault.name);
    std::fs::create_dir_all(file.with_file_name(""))?;
    let subject = format!("{}/{}", broken.namespace.name(), broken.fault.object);
    let directory = tempfile::tempdir()?;
    let file_name = file.display().to_string();
    let mut arguments = vec!["record", &subject, "-f", &file_name];
    if !broken.fault.approve {
        let output = product
            .command(directory.path())
            .args(&arguments)
            .output()?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        return Ok(());
    }
    arguments.extend(["--follow", "45"]);
    let recording = product.command(directory.path()).args(&arguments).spawn()?;
    let running = product.run(broken.namespace.name(), &[])?;
    let waiting = running.until(&["waiting"], Duration::from_secs(90))?;
    let approved = running.approve(waiting["id"].as_str().unwrap_or_default());
    let mut recording = recording;
    let status = recording.wait()?;
    approved?;
    ensure!(status.success(), "the recording failed");
    Ok(())
}
