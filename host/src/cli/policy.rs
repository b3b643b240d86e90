//! `k8shawk policy`: start, build, test and inspect a policy without leaving the terminal.

mod cases;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use anyhow::{Context, bail};
use k8shawk_sandbox::{Engine, EngineOptions, Manifest, componentise, explain, files};

use super::output::say;
use super::{Misuse, Policy, Unusable, is_directory};
use crate::run::settings::Settings;
use crate::services::store::Store;

/// The target that imports nothing by itself.
const TARGET: &str = "wasm32-unknown-unknown";
/// The stack of a guest, bytes; rustc reserves 1 MiB. A call wipes the whole of a small memory,
/// and faults the pages of a large one in again.
const STACK: u32 = 128 << 10;

/// `k8shawk policy`.
pub async fn policy(settings: &Settings, command: Policy) -> anyhow::Result<bool> {
    match command {
        Policy::New { directory } => new(&directory),
        Policy::Build { directory, to } => {
            is_directory(&directory)?;
            build(&directory, &to)
        }
        Policy::Test { directory } => {
            is_directory(&directory)?;
            cases::test(&directory).await
        }
        Policy::Inspect { directory } => {
            is_directory(&directory)?;
            let engine = Engine::new(&EngineOptions::default())?;
            let plugin = k8shawk_sandbox::load(&engine, &directory, &settings.grants()).await?;
            say!("{} {}", plugin.pin(), plugin.id());
            for line in explain(&plugin) {
                say!("{}", line);
            }
            Ok(true)
        }
        Policy::Forget { id } => forget(settings, &id),
    }
}

/// A policy that was live is required until its operator says that it may go.
fn forget(settings: &Settings, id: &str) -> anyhow::Result<bool> {
    let place = settings.policies().join(id);
    if place.is_dir() {
        let place = place.display();
        return Err(Misuse(format!("{place} still exists; remove it first")).into());
    }
    let database = settings.config.database();
    let known = database.exists() && Store::open(&database)?.forget_policy(id)?;
    if !known {
        return Err(Misuse(format!("no policy {id:?} was loaded here")).into());
    }
    say!("{} is no longer required", id);
    let named = settings.config.required_policies.iter().flatten();
    if named.into_iter().any(|named| named == id) {
        say!("it is still listed in [policies] required");
    }
    Ok(true)
}

/// The interfaces, so that a policy can be built anywhere.
const WIT: &[(&str, &str)] = &[
    (
        "incident",
        include_str!("../../../wit/incident/incident.wit"),
    ),
    ("host", include_str!("../../../wit/host/host.wit")),
    ("kubectl", include_str!("../../../wit/kubectl/kubectl.wit")),
    ("policy", include_str!("../../../wit/policy/policy.wit")),
];

const SOURCE: &str = r#"//! A K8sHawk policy.

wit_bindgen::generate!({
    path: ["wit/incident", "wit/host", "wit/kubectl", "wit/policy"],
    world: "k8shawk:policy/policy-plugin",
    generate_all,
});

use exports::k8shawk::policy::policy::{Guest, Verdict};
use k8shawk::incident::types::{Incident, Proposal, Risk};

struct Policy;

impl Guest for Policy {
    fn judge(_incident: Incident, proposal: Proposal, _risk: Risk) -> Verdict {
        if proposal.target.namespace == "kube-system" {
            return Verdict::Deny("kube-system is changed by hand".to_owned());
        }
        Verdict::Allow
    }
}

export!(Policy);
"#;

const CASES: &str = r#"[[case]]
name = "kube-system is not touched"
risk = "low"
settings = {}
proposal = { action = "delete-pod", kind = "Pod", namespace = "kube-system", name = "x" }
verdict = { is = "deny", reason = "by hand" }

[[case]]
name = "other namespaces are allowed"
risk = "low"
settings = {}
proposal = { action = "delete-pod", kind = "Pod", namespace = "shop", name = "x" }
verdict = { is = "allow" }
"#;

fn new(directory: &Path) -> anyhow::Result<bool> {
    let id = directory
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || !id.chars().all(plain) {
        return Err(Misuse(format!("{id:?} is not a valid id: use a-z, 0-9 and -")).into());
    }
    if directory.exists() {
        return Err(Misuse(format!("{} exists already", directory.display())).into());
    }
    let manifest = format!(
        "[package]\nname = \"{id}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\nwit-bindgen = {{ version = \"0.61\", default-features = false, features = [\"macros\", \"realloc\"] }}\n\n[profile.wasm]\ninherits = \"release\"\nlto = true\nstrip = true\npanic = \"abort\"\n"
    );
    let plugin = format!("id = \"{id}\"\nversion = \"0.1.0\"\npoint = \"policy\"\nwants = []\n");
    let mut files = vec![
        (PathBuf::from("Cargo.toml"), manifest),
        (PathBuf::from("plugin.toml"), plugin),
        (PathBuf::from("cases.toml"), CASES.to_owned()),
        (PathBuf::from("src/lib.rs"), SOURCE.to_owned()),
    ];
    for (package, text) in WIT {
        files.push((
            PathBuf::from(format!("wit/{package}/{package}.wit")),
            (*text).to_owned(),
        ));
    }
    for (name, text) in files {
        let path = directory.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    say!(
        "created policy {}; next: k8shawk policy build {}",
        directory.display(),
        directory.display()
    );
    Ok(true)
}

/// Build a crate for the sandbox and lay it out as the host loads it.
fn build(directory: &Path, to: &Path) -> anyhow::Result<bool> {
    let plugin_file = directory.join("plugin.toml");
    let text = files::text(&plugin_file).map_err(|why| Unusable::fault(&plugin_file, why))?;
    let manifest = Manifest::parse(&text, &plugin_file)?;
    let output = Process::new("cargo")
        .args([
            "rustc",
            "--lib",
            "--profile",
            "wasm",
            "--target",
            TARGET,
            "--message-format",
            "json",
        ])
        .args(["--manifest-path"])
        .arg(directory.join("Cargo.toml"))
        .args(["--", "-C", &format!("link-arg=-zstack-size={STACK}")])
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!("cargo could not build {}", directory.display());
    }
    let built = artifact(&String::from_utf8_lossy(&output.stdout))
        .with_context(|| format!("{} builds no cdylib", directory.display()))?;
    let component = componentise(&files::read(&built, files::COMPONENT)?)?;
    let place = to.join(&manifest.id);
    fs::create_dir_all(&place)?;
    copy(&plugin_file, &place.join("plugin.toml"))?;
    let wasm = place.join(format!("{}.wasm", manifest.id));
    let beside = wasm.with_extension("new");
    fs::write(&beside, &component)?;
    fs::rename(&beside, &wasm)?;
    let cases = directory.join("cases.toml");
    if cases.exists() {
        copy(&cases, &place.join("cases.toml"))?;
    }
    say!("{} ({} KB)", wasm.display(), component.len() / 1024);
    Ok(true)
}

/// Copy a file, unless it is there already: copying a file onto itself would empty it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let same = to
        .canonicalize()
        .is_ok_and(|to| from.canonicalize().is_ok_and(|f| f == to));
    if !same {
        let text = files::text(from).map_err(|why| Unusable::fault(from, why))?;
        fs::write(to, text).with_context(|| format!("cannot write {}", to.display()))?;
    }
    Ok(())
}

/// The last `.wasm` that cargo says it made.
fn artifact(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|message| message.get("filenames")?.as_array().cloned())
        .flatten()
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .rfind(|path| path.extension().is_some_and(|x| x == "wasm"))
}
