//! What a cluster leaves on the machine outside its namespaces: one device, cgroups, one directory.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::command::run;
use super::jail::recorded_pid;
use super::slot::Slot;
use super::wait_until;

const CGROUPS: &str = "/sys/fs/cgroup";

/// Removes all of it, and the processes of a run that was killed.
pub(super) fn clear(slot: &Slot) -> Result<()> {
    end_first_process(&slot.state())?;
    let device = slot.name();
    if device_exists(&device) {
        // The end of the namespace may remove it at the same moment.
        let _ = run(Command::new("ip").args(["link", "delete", &device]));
        wait_until(
            Duration::from_secs(10),
            "the network device is gone",
            || Ok((!device_exists(&device)).then_some(())),
        )?;
    }
    wait_until(Duration::from_secs(10), "the cgroups are gone", || {
        for group in cgroups(&slot.name())? {
            remove_cgroup(&group)?;
        }
        Ok(Some(()))
    })?;
    match fs::remove_dir_all(slot.state()) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("remove {}", slot.state().display()))
        }
        _ => Ok(()),
    }
}

/// Makes the cgroup that the kubelet puts its pods under, in every hierarchy.
pub(super) fn make_cgroups(slot: &Slot) -> Result<()> {
    for group in hierarchies()? {
        let own = group.join(slot.name());
        fs::create_dir_all(&own).with_context(|| format!("make {}", own.display()))?;
        // Version 2 only; what is not available there the kubelet will report.
        for controller in ["+cpuset", "+cpu", "+memory", "+pids"] {
            let _ = fs::write(group.join("cgroup.subtree_control"), controller);
        }
    }
    Ok(())
}

fn end_first_process(state: &Path) -> Result<()> {
    let Some(pid) = recorded_pid(state) else {
        return Ok(());
    };
    let ours = || {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|word| word == state.as_os_str().as_encoded_bytes())
    };
    if !ours() {
        return Ok(());
    }
    let _ = run(Command::new("kill").args(["-KILL", &pid.to_string()]));
    wait_until(
        Duration::from_secs(15),
        "a killed run's processes end",
        || Ok((!ours()).then_some(())),
    )
}

fn device_exists(device: &str) -> bool {
    Path::new("/sys/class/net").join(device).exists()
}

/// The root of each cgroup hierarchy: one for version 2, one per controller for version 1.
fn hierarchies() -> Result<Vec<PathBuf>> {
    let is_group = |dir: &Path| dir.join("cgroup.procs").exists();
    if is_group(Path::new(CGROUPS)) {
        return Ok(vec![PathBuf::from(CGROUPS)]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(CGROUPS).context("list the cgroup hierarchies")? {
        let path = entry?.path();
        if is_group(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

fn cgroups(name: &str) -> Result<Vec<PathBuf>> {
    let own = hierarchies()?.into_iter().map(|group| group.join(name));
    Ok(own.filter(|group| group.exists()).collect())
}

fn remove_cgroup(group: &Path) -> Result<()> {
    for entry in fs::read_dir(group)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_cgroup(&entry.path())?;
        }
    }
    fs::remove_dir(group).with_context(|| format!("remove {}", group.display()))
}
