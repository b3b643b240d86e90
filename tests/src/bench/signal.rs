//! One signal, in the types of the host and of the guest.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use k8shawk_core::{ObjectRef, Signal, SignalSource};
use k8shawk_sandbox::Source;
use k8shawk_sdk::triage as sdk;

/// A failed pull of a Deployment's pod, which opens an incident.
pub(crate) fn signal() -> Signal {
    Signal {
        id: "0f8e6c1e".to_owned(),
        source: SignalSource::Event,
        reason: "Failed".to_owned(),
        message: "Failed to pull image \"registry.invalid/shop/web:1.2.3\": not found".to_owned(),
        owner: ObjectRef::new("apps/v1", "Deployment", "shop", "web"),
        object: ObjectRef::new("v1", "Pod", "shop", "web-7c5ddbdf54-x2x7q"),
        count: 4,
        first_seen: 1_700_000_000_000,
        last_seen: 1_700_000_060_000,
        reporter: "kubelet".to_owned(),
    }
}

/// The same signal in the types of the guest.
pub(crate) fn of_guest(signal: &Signal) -> sdk::Signal {
    sdk::Signal {
        id: signal.id.clone(),
        source: sdk::SignalSource::Event,
        reason: signal.reason.clone(),
        message: signal.message.clone(),
        object: object(&signal.object),
        owner: object(&signal.owner),
        count: signal.count,
        first_seen: signal.first_seen,
        last_seen: signal.last_seen,
        reporter: signal.reporter.clone(),
    }
}

fn object(object: &ObjectRef) -> sdk::ObjectRef {
    sdk::ObjectRef {
        api_version: object.api_version.clone(),
        kind: object.kind.clone(),
        namespace: object.namespace.clone(),
        name: object.name.clone(),
        uid: object.uid.clone(),
    }
}

/// What the host knows of an object that it has not seen, in the types of the guest.
pub(crate) fn unknown_object() -> sdk::ObjectSummary {
    sdk::ObjectSummary {
        phase: String::new(),
        age_seconds: 0,
        lasting_seconds: 0,
        ready: false,
        deleting: false,
        suspended: false,
        containers: Vec::new(),
        desired: None,
        available: None,
    }
}

/// The shipped triage plugin with its shipped grant.
pub(crate) fn shipped(dist: &Path) -> Result<Source> {
    Ok(Source::read(
        &dist.join("plugins/triage"),
        &dist.join("grants"),
    )?)
}

/// The same component with a number in a section of its own: same verdicts, another digest.
pub(crate) fn version(component: &[u8], number: u8) -> Vec<u8> {
    [component, &[0, 7, 5], b"bench", &[number]].concat()
}

/// Writes a file in one step, as a careful operator does.
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> Result<()> {
    let new = file.with_extension("new");
    fs::write(&new, bytes)?;
    Ok(fs::rename(new, file)?)
}

/// The shipped plugin's files below another directory.
pub(crate) fn copy(dist: &Path, to: &Path) -> Result<(std::path::PathBuf, Arc<[u8]>)> {
    let source = shipped(dist)?;
    let (plugin, grants) = (to.join("plugins/triage"), to.join("grants"));
    fs::create_dir_all(&plugin)?;
    fs::create_dir_all(&grants)?;
    fs::copy(
        dist.join("plugins/triage/plugin.toml"),
        plugin.join("plugin.toml"),
    )?;
    fs::copy(&source.grant_file, grants.join("triage.toml"))?;
    let component = plugin.join("triage.wasm");
    fs::copy(&source.wasm_file, &component)?;
    let bytes = fs::read(&component)?;
    Ok((component, bytes.into()))
}
