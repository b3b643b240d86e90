//! *Prepared*: a plugin that can be called. Compiled, linked for its point, bound to its grant.

mod async_call;
mod end;
mod explain;
mod fiber;
mod imports;
mod policy_session;
mod replay;
mod smoke;
mod sync_call;
mod tally;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8shawk_core::grant::Grant;
use k8shawk_core::guard::Guard;
use wasmtime::Store;
use wasmtime::component::{Component, InstancePre, Linker};

pub use explain::explain;
pub use policy_session::PolicySession;
pub use sync_call::TriageSession;
pub use tally::{Tallied, Tally};

use crate::call::CallContext;
use crate::call::wasi;
use crate::call::{Call, Granted};
use crate::capability::{CLOCK, Capability};
use crate::engine::{Engine, Uncompiled};
use crate::read::Manifest;
use crate::read::{LoadError, Source, unread};
use crate::wit::analysis::AnalysisPluginPre;
use crate::wit::fix::FixPluginPre;
use crate::wit::policy::PolicyPluginPre;
use crate::wit::triage::TriagePluginPre;
use crate::wit::voice::VoicePluginPre;
use k8shawk_core::point::Point;

/// Bytes of a page of memory.
const PAGE: u64 = 64 << 10;

/// A loaded plugin. Calls share nothing but this: each has its own store.
pub struct Plugin {
    dir: PathBuf,
    manifest: Manifest,
    grant: Arc<Grant>,
    has_grant: bool,
    component_digest: String,
    linked: Vec<Capability>,
    wasi: bool,
    granted: Arc<Granted>,
    engine: Engine,
    prepared: Prepared,
    tally: Arc<Tally>,
}

/// The linked component, by point.
#[derive(Clone)]
enum Prepared {
    Triage(TriagePluginPre<Call>),
    Analysis(AnalysisPluginPre<Call>),
    Fix(FixPluginPre<Call>),
    Policy(PolicyPluginPre<Call>),
    Voice(VoicePluginPre<Call>),
}

impl Plugin {
    /// Compile and link what was read. The plugin is not called yet: see [`Plugin::smoke`].
    ///
    /// # Errors
    /// [`LoadError`] where the bytes are no component, or want what they do not get.
    pub async fn prepare(engine: &Engine, source: &Source) -> Result<Plugin, LoadError> {
        let Source {
            manifest,
            grant,
            digest,
            ..
        } = source;
        let component = match engine.compile(source.wasm()).await {
            Ok(component) => component,
            Err(Uncompiled::Unread(error)) => return Err(unread(&source.wasm_file, &error)),
            Err(Uncompiled::Memory(mib)) => {
                let path = source.wasm_file.clone();
                return Err(LoadError::CompileMemory { path, mib });
            }
            Err(Uncompiled::Unfit(fault)) => {
                let path = source.wasm_file.clone();
                return Err(LoadError::Component { path, fault });
            }
        };
        imports::check(&component, manifest, grant)?;
        starts(&component, source)?;
        let linked = imports::granted(manifest, grant);
        let unfit = |e: wasmtime::Error| LoadError::Link(format!("{e:#}"));
        let mut linker: Linker<Call> = imports::linker(engine.wasm(), &linked).map_err(unfit)?;
        let wasi = wasi::link(&mut linker, &component).map_err(unfit)?;
        let pre = linker.instantiate_pre(&component).map_err(unfit)?;
        let prepared = Prepared::new(manifest.point, pre).map_err(unfit)?;
        let granted = Arc::new(granted(manifest, grant, digest));
        Ok(Plugin {
            dir: source.dir.clone(),
            manifest: manifest.clone(),
            grant: grant.clone(),
            has_grant: source.granted,
            component_digest: source.component_digest.clone(),
            linked,
            wasi,
            granted,
            engine: engine.clone(),
            prepared,
            tally: Arc::default(),
        })
    }

    /// The same version with the rights of another grant, as when an operator takes something
    /// back while the component cannot be linked without it: what is no longer allowed is
    /// `denied`. Limits and settings stay those that it is known to run with.
    #[must_use]
    pub fn with_rights_of(&self, grant: &Grant) -> Plugin {
        let grant = Arc::new(Grant {
            allow: grant.allow.clone(),
            auto: grant.auto.clone(),
            ..Grant::clone(&self.grant)
        });
        Plugin {
            dir: self.dir.clone(),
            manifest: self.manifest.clone(),
            has_grant: self.has_grant,
            component_digest: self.component_digest.clone(),
            linked: self.linked.clone(),
            wasi: self.wasi,
            granted: Arc::new(granted(&self.manifest, &grant, &self.granted.digest)),
            grant,
            engine: self.engine.clone(),
            prepared: self.prepared.clone(),
            tally: self.tally.clone(),
        }
    }

    /// Id.
    pub fn id(&self) -> &str {
        &self.manifest.id
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// True where the operator wrote a grant for it, be it an empty one.
    pub fn is_granted(&self) -> bool {
        self.has_grant
    }

    /// What the plugin says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where it is called.
    pub fn point(&self) -> Point {
        self.manifest.point
    }

    /// What a grant pins: see [`plugin_digest`](crate::plugin_digest).
    pub fn digest(&self) -> &str {
        &self.granted.digest
    }

    /// SHA-256 of its component alone.
    pub(crate) fn component_digest(&self) -> &str {
        &self.component_digest
    }

    /// What the operator gives it.
    pub fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }

    /// The interfaces that it got.
    pub fn linked(&self) -> &[Capability] {
        &self.linked
    }

    /// It imports WASI, and got it without access to anything.
    pub fn imports_wasi(&self) -> bool {
        self.wasi
    }

    /// What its calls took so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    fn store(&self, context: Option<CallContext>) -> Store<Call> {
        let mut store = Store::new(self.engine.wasm(), Call::new(self.granted.clone(), context));
        store.limiter(|call| &mut call.budget);
        store.set_hostcall_fuel(self.granted.limits.output);
        store
    }
}

impl Prepared {
    fn new(point: Point, pre: InstancePre<Call>) -> wasmtime::Result<Self> {
        Ok(match point {
            Point::Triage => Prepared::Triage(TriagePluginPre::new(pre)?),
            Point::Analysis => Prepared::Analysis(AnalysisPluginPre::new(pre)?),
            Point::Fix => Prepared::Fix(FixPluginPre::new(pre)?),
            Point::Policy => Prepared::Policy(PolicyPluginPre::new(pre)?),
            Point::Voice => Prepared::Voice(VoicePluginPre::new(pre)?),
        })
    }
}

/// Read, compile, link and try one plugin.
///
/// # Errors
/// [`LoadError`], with [`LoadError::blame`] for who has to act.
pub async fn load(engine: &Engine, dir: &Path, grants: &Path) -> Result<Plugin, LoadError> {
    let source = Source::read(dir, grants)?;
    let plugin = Plugin::prepare(engine, &source).await?;
    plugin.smoke().await?;
    Ok(plugin)
}

/// Some part of its memory is there before its first instruction: where that is too much already, the
/// operator reads how much it is.
fn starts(component: &Component, source: &Source) -> Result<(), LoadError> {
    let required = component.resources_required();
    let pages = required.and_then(|all| all.max_initial_memory_size);
    let bytes = pages.unwrap_or_default().saturating_mul(PAGE);
    let (needs, given) = (
        usize::try_from(bytes).unwrap_or(usize::MAX),
        source.grant.limits.memory,
    );
    if needs <= given {
        return Ok(());
    }
    Err(LoadError::Memory {
        needs,
        given,
        grant: source.grant_file.clone(),
    })
}

fn granted(manifest: &Manifest, grant: &Arc<Grant>, digest: &str) -> Granted {
    Granted {
        plugin: manifest.id.as_str().into(),
        digest: digest.into(),
        guard: Guard::new(grant.clone()),
        limits: grant.limits,
        clock: manifest.wants.contains(&CLOCK),
        settings: settings(grant),
    }
}

fn settings(grant: &Grant) -> BTreeMap<String, String> {
    grant
        .settings
        .iter()
        .map(|(key, value)| (key.clone(), json(value).to_string()))
        .collect()
}

/// TOML as JSON; a date becomes a text.
fn json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(truth) => (*truth).into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(table) => table.iter().map(|(k, v)| (k.clone(), json(v))).collect(),
    }
}
