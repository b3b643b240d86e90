//! A plugin that can be called: compiled, linked for its point, bound to its grant.

mod async_call;
mod fault;
mod fiber;
mod smoke;
mod sync_call;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use k8shawk_core::grant::{Capability, Grant};
use k8shawk_core::guard::Guard;
use wasmtime::Store;
use wasmtime::component::{InstancePre, Linker};

pub use sync_call::TriageSession;

use crate::bindings::analysis::AnalysisPluginPre;
use crate::bindings::fix::FixPluginPre;
use crate::bindings::policy::PolicyPluginPre;
use crate::bindings::triage::TriagePluginPre;
use crate::bindings::voice::VoicePluginPre;
use crate::call::CallContext;
use crate::engine::{Engine, Uncompiled};
use crate::lent::{Call, Lent};
use crate::link;
use crate::load::{LoadError, Source, unread};
use crate::manifest::Manifest;
use crate::point::Point;
use crate::wasi;

/// A loaded plugin. Calls share nothing but this: each has its own store.
pub struct Plugin {
    dir: PathBuf,
    manifest: Manifest,
    grant: Arc<Grant>,
    granted: bool,
    pin: String,
    linked: Vec<Capability>,
    wasi: bool,
    lent: Arc<Lent>,
    engine: Engine,
    prepared: Prepared,
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
            Err(Uncompiled::Unfit(why)) => {
                let path = source.wasm_file.clone();
                return Err(LoadError::Component { path, why });
            }
        };
        link::check(&component, manifest, grant)?;
        let linked = link::granted(manifest, grant);
        let unfit = |e: wasmtime::Error| LoadError::Link(format!("{e:#}"));
        let mut linker: Linker<Call> = link::linker(engine.wasm(), &linked).map_err(unfit)?;
        let wasi = wasi::link(&mut linker, &component).map_err(unfit)?;
        let pre = linker.instantiate_pre(&component).map_err(unfit)?;
        let prepared = Prepared::new(manifest.point, pre).map_err(unfit)?;
        let lent = Arc::new(lent(manifest, grant, digest));
        Ok(Plugin {
            dir: source.dir.clone(),
            manifest: manifest.clone(),
            grant: grant.clone(),
            granted: source.granted,
            pin: source.pin.clone(),
            linked,
            wasi,
            lent,
            engine: engine.clone(),
            prepared,
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
            granted: self.granted,
            pin: self.pin.clone(),
            linked: self.linked.clone(),
            wasi: self.wasi,
            lent: Arc::new(lent(&self.manifest, &grant, &self.lent.digest)),
            grant,
            engine: self.engine.clone(),
            prepared: self.prepared.clone(),
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

    /// What a grant pins: see [`pin`](crate::pin).
    pub fn pin(&self) -> &str {
        &self.pin
    }

    /// True where the operator wrote a grant for it, be it an empty one.
    pub fn is_granted(&self) -> bool {
        self.granted
    }

    /// What the plugin says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where it is called.
    pub fn point(&self) -> Point {
        self.manifest.point
    }

    /// SHA-256 of its component.
    pub fn digest(&self) -> &str {
        &self.lent.digest
    }

    /// What the operator gives it.
    pub fn grant(&self) -> &Arc<Grant> {
        &self.grant
    }

    /// The interfaces that it got.
    pub fn linked(&self) -> &[Capability] {
        &self.linked
    }

    /// It imports WASI, and got it with every door shut.
    pub fn imports_wasi(&self) -> bool {
        self.wasi
    }

    fn store(&self, context: Option<CallContext>) -> Store<Call> {
        let mut store = Store::new(self.engine.wasm(), Call::new(self.lent.clone(), context));
        store.limiter(|call| &mut call.budget);
        store.set_hostcall_fuel(self.lent.limits.output);
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

fn lent(manifest: &Manifest, grant: &Arc<Grant>, digest: &str) -> Lent {
    Lent {
        plugin: manifest.id.as_str().into(),
        digest: digest.into(),
        guard: Guard::new(grant.clone()),
        limits: grant.limits,
        clock: manifest.wants.contains(&Capability::Clock),
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
