//! Directories of plugins and grants, and the guests of `tests/hostile` to put into them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use k8shawk::services::plugins::Plugins;
use k8shawk_core::guard::{Permit, ReadError, Reader, Reading};
use k8shawk_core::policy::{Dossier, Origin};
use k8shawk_core::{
    Incident, IncidentId, ObjectRef, ObjectSummary, Severity, Signal, SignalSource,
};
use k8shawk_sandbox::{
    Compiler, Engine, EngineOptions, LoadError, Plugin, Registry, Reloader, Shelf, Source,
    componentise,
};
use tempfile::TempDir;

/// A guest of `tests/hostile` as a component.
#[derive(Clone, Copy)]
pub enum Guest {
    Triage,
    Analysis,
    Policy,
    /// The policy that asks for the rollout history too.
    History,
    /// The policy that asks for all that it may see of a proposal.
    Seeing,
    /// The triage guest as a component that imports WASI.
    Wasi,
    /// The analysis guest as such a component.
    WasiAnalysis,
}

impl Guest {
    pub fn component(self) -> &'static [u8] {
        static BUILT: OnceLock<[Vec<u8>; 7]> = OnceLock::new();
        let [
            triage,
            analysis,
            policy,
            history,
            seeing,
            wasi,
            wasi_analysis,
        ] = BUILT.get_or_init(|| {
            let module = |features| componentise(&build(PLAIN, features)).unwrap();
            // For this target cargo makes a component by itself.
            [
                module(&[]),
                module(&["analysis"]),
                module(&["policy"]),
                module(&["history"]),
                module(&["seeing"]),
                build(WASI, &[]),
                build(WASI, &["analysis"]),
            ]
        });
        match self {
            Guest::Triage => triage,
            Guest::Analysis => analysis,
            Guest::Policy => policy,
            Guest::History => history,
            Guest::Seeing => seeing,
            Guest::Wasi => wasi,
            Guest::WasiAnalysis => wasi_analysis,
        }
    }

    fn point(self) -> &'static str {
        match self {
            Guest::Triage | Guest::Wasi => "triage",
            Guest::Analysis | Guest::WasiAnalysis => "analysis",
            Guest::Policy | Guest::History | Guest::Seeing => "policy",
        }
    }

    fn wants(self) -> &'static str {
        match self {
            Guest::Triage | Guest::Wasi => r#"["log", "settings"]"#,
            Guest::Analysis | Guest::WasiAnalysis => r#"["log", "settings", "get", "logs"]"#,
            Guest::Policy => r#"["settings", "origin"]"#,
            Guest::History => r#"["settings", "origin", "history"]"#,
            Guest::Seeing => r#"["settings", "origin", "finding", "diff", "ledger", "owners"]"#,
        }
    }
}

/// The component with another version text; see `VERSION` in `tests/hostile`.
pub fn version(component: &[u8], letter: u8) -> Vec<u8> {
    replace(
        component,
        b"version-aaaa",
        &[b"version-", [letter; 4].as_slice()].concat(),
    )
}

/// Replace a text of the same length wherever it occurs.
pub fn replace(component: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = component.to_vec();
    let mut found = 0;
    for start in 0..=bytes.len() - from.len() {
        if bytes[start..].starts_with(from) {
            bytes[start..start + to.len()].copy_from_slice(to);
            found += 1;
        }
    }
    assert!(
        found > 0,
        "{} is not in the component",
        String::from_utf8_lossy(from)
    );
    bytes
}

fn build(architecture: &str, features: &[&str]) -> Vec<u8> {
    let (root, target) = directories();
    let status = Command::new(env!("CARGO"))
        .current_dir(&root)
        .args([
            "build",
            "--quiet",
            "--profile",
            "wasm",
            "--target",
            architecture,
        ])
        .args([
            "-p",
            "k8shawk-hostile",
            "--features",
            &features.join(","),
            "--target-dir",
        ])
        .arg(&target)
        .status()
        .unwrap();
    assert!(status.success(), "the hostile guests do not build");
    let built = target.join(architecture).join("wasm/k8shawk_hostile.wasm");
    fs::read(built).unwrap()
}

/// Of the workspace, and of what cargo builds.
fn directories() -> (PathBuf, PathBuf) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    (root, target)
}

/// The program itself, as `make build` made it.
pub fn product() -> PathBuf {
    let program = directories().1.join("release/k8shawk");
    assert!(program.is_file(), "{}: run `make build`", program.display());
    program
}

/// The directory that `make build` lays out.
pub fn dist() -> PathBuf {
    let dist = directories().1.join("dist");
    assert!(dist.is_dir(), "{}: run `make build`", dist.display());
    dist
}

const PLAIN: &str = "wasm32-unknown-unknown";
const WASI: &str = "wasm32-wasip2";

/// A cluster without any object.
pub struct Nothing;

impl Reader for Nothing {
    fn read(&self, _: Permit) -> Reading<'_> {
        Box::pin(async { Err(ReadError::NotFound) })
    }
}

/// A plugin directory, a grant directory and an engine.
pub struct Workshop {
    dir: TempDir,
    pub engine: Engine,
}

impl Workshop {
    pub fn new() -> Self {
        Workshop::with(Compiler::InProcess)
    }

    pub fn with(compiler: Compiler) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["plugins", "policies", "grants"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let cache = Some(dir.path().join("cache"));
        let engine = Engine::new(&EngineOptions {
            cache,
            compiler,
            ..EngineOptions::default()
        })
        .unwrap();
        Workshop { dir, engine }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn plugins(&self) -> PathBuf {
        self.path().join("plugins")
    }

    pub fn policies(&self) -> PathBuf {
        self.path().join("policies")
    }

    /// A policy in the directory of policies, and what the operator writes for it.
    pub fn policy(&self, id: &str, grant: &str) -> &Self {
        self.plugin(id, Guest::Policy, Guest::Policy.component());
        fs::rename(self.plugins().join(id), self.policies().join(id)).unwrap();
        self.grant(id, grant)
    }

    pub fn grants(&self) -> PathBuf {
        self.path().join("grants")
    }

    /// Write a plugin's directory.
    pub fn plugin(&self, id: &str, guest: Guest, component: &[u8]) -> &Self {
        let (point, wants) = (guest.point(), guest.wants());
        self.manifest(
            id,
            &format!("id = \"{id}\"\nversion = \"1\"\npoint = \"{point}\"\nwants = {wants}\n"),
        );
        self.component(id, component)
    }

    pub fn manifest(&self, id: &str, text: &str) -> &Self {
        let dir = self.plugins().join(id);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("plugin.toml"), text).unwrap();
        self
    }

    /// Replace a component in one step, as a careful operator does.
    pub fn component(&self, id: &str, bytes: &[u8]) -> &Self {
        let dir = self.plugins().join(id);
        fs::write(dir.join("new"), bytes).unwrap();
        fs::rename(dir.join("new"), dir.join("plugin.wasm")).unwrap();
        self
    }

    pub fn grant(&self, id: &str, text: &str) -> &Self {
        let file = self.grants().join(format!("{id}.toml"));
        fs::write(file.with_extension("new"), text).unwrap();
        fs::rename(file.with_extension("new"), file).unwrap();
        self
    }

    /// What judges with one policy of the policies directory, which must load.
    pub async fn judging(&self, id: &str) -> Plugins {
        let registry = Arc::new(Registry::new(5));
        let policies = self.policies();
        let shelf = (Shelf::Policies, policies.as_path());
        let engine = self.engine.clone();
        let mut reloader = Reloader::new(engine, registry.clone(), shelf, &self.grants());
        reloader.pass().await;
        assert!(registry.get(id).is_some(), "{:?}", registry.refused());
        Plugins::new(registry)
    }

    /// Read and link, without the smoke call that a hostile guest would not survive.
    pub async fn prepare(&self, id: &str) -> Result<Plugin, LoadError> {
        let source = Source::read(&self.plugins().join(id), &self.grants())?;
        Plugin::prepare(&self.engine, &source).await
    }

    /// A hostile guest in one mode.
    pub async fn hostile(&self, guest: Guest, mode: &str, grant: &str) -> Plugin {
        self.plugin(mode, guest, guest.component());
        self.grant(mode, &format!("{grant}\n[settings]\nmode = \"{mode}\"\n"));
        self.prepare(mode).await.unwrap()
    }
}

/// The grant that the analysis guest needs for being linked.
pub const READS: &str = r#"
[[allow]]
verbs = ["get", "list", "logs"]
kinds = ["Pod"]
namespaces = ["default"]
"#;

pub fn signal() -> Signal {
    let pod = ObjectRef::new("v1", "Pod", "default", "web");
    Signal {
        id: "s".to_owned(),
        source: SignalSource::Event,
        reason: "BackOff".to_owned(),
        message: "Back-off restarting failed container".to_owned(),
        owner: pod.clone(),
        object: pod,
        count: 3,
        first_seen: 1,
        last_seen: 2,
        reporter: "kubelet".to_owned(),
    }
}

pub fn summary() -> ObjectSummary {
    ObjectSummary::default()
}

/// What a policy sees of a fix for [`incident`].
pub fn dossier(origin: Origin) -> Arc<Dossier> {
    k8shawk_tests::dossier::of(&incident(), origin)
}

pub fn incident() -> Incident {
    let signal = signal();
    Incident {
        id: IncidentId("i".to_owned()),
        class: "workload".to_owned(),
        severity: Severity::Medium,
        object: signal.object.clone(),
        owner: signal.owner.clone(),
        signals: vec![signal],
        victims: Vec::new(),
        opened_at: 1,
    }
}
