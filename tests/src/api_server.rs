//! An API server for tests, fed from recorded incidents: what clients ask of a real one (lists and
//! watches with versions, optimistic concurrency, dry runs, evictions, logs), with faults that are
//! injected from a seed, and a log of every write that it accepted.
//!
//! It validates and defaults nothing and has no admission. kube-rs and kubectl judge the rest:
//! `tests/tests/soak/clients.rs`.

mod audit;
mod controllers;
mod discovery;
mod following;
mod listing;
mod objects;
mod path;
mod query;
mod recorded;
mod refusal;
mod select;
mod serve;
mod weather;
mod write;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use k8shawk_core::bundle::{Bundle, Log};
use k8shawk_core::guard::Usage;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

pub use audit::{Entry, Verb};
pub use objects::Key;
pub use recorded::{Cure, Instance};
pub use weather::{Fate, Rates, Weather};

use objects::Objects;

/// Between two tries to listen again at the same address.
const AGAIN: Duration = Duration::from_millis(20);

/// Everything that the server holds.
#[derive(Debug, Default)]
pub(crate) struct State {
    objects: Objects,
    logs: Vec<Log>,
    /// Usage, each with its namespace.
    usage: Vec<(String, Usage)>,
    audit: Vec<Entry>,
}

/// What requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    state: Mutex<State>,
    /// The newest version, for watches.
    newest: watch::Sender<u64>,
    weather: Weather,
    /// Writes that were accepted, for the controllers.
    writes: mpsc::UnboundedSender<Entry>,
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Change the state, then tell watches and controllers.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let (done, version, accepted) = {
            let mut state = self.state();
            let before = state.audit.len();
            let done = change(&mut state);
            let accepted: Vec<Entry> = state.audit.iter().skip(before).cloned().collect();
            (done, state.objects.version(), accepted)
        };
        self.newest.send_replace(version);
        for entry in accepted {
            // Nobody receives while the server ends.
            let _ = self.writes.send(entry);
        }
        done
    }
}

/// A running server with a runtime of its own; dropping it ends it.
pub struct ApiServer {
    shared: Arc<Shared>,
    address: SocketAddr,
    directory: tempfile::TempDir,
    instances: Arc<Mutex<Vec<Arc<Instance>>>>,
    runtime: Option<Runtime>,
}

impl ApiServer {
    /// Start an empty one on a free port of this machine; faults are drawn from the seed.
    ///
    /// # Errors
    /// It cannot listen.
    pub fn start(seed: u64) -> Result<ApiServer> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("api-server")
            .enable_all()
            .build()?;
        let (writes, accepted) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            newest: watch::channel(0).0,
            weather: Weather::new(seed),
            writes,
        });
        let instances: Arc<Mutex<Vec<Arc<Instance>>>> = Arc::default();
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = {
            let _within = runtime.enter();
            TcpListener::from_std(listener)?
        };
        runtime.spawn(listen(shared.clone(), listener, address));
        runtime.spawn(controllers::run(
            shared.clone(),
            instances.clone(),
            accepted,
        ));
        let directory = tempfile::tempdir()?;
        let server = ApiServer {
            shared,
            address,
            directory,
            instances,
            runtime: Some(runtime),
        };
        server.kubeconfig("host")?;
        Ok(server)
    }

    /// A kubeconfig of a user; the audit log names it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn kubeconfig(&self, user: &str) -> Result<PathBuf> {
        let path = self.directory.path().join(user);
        let text = format!(
            "apiVersion: v1
kind: Config
current-context: recorded
clusters: [{{ name: recorded, cluster: {{ server: 'http://{}' }} }}]
users: [{{ name: {user}, user: {{ token: {user} }} }}]
contexts: [{{ name: recorded, context: {{ cluster: recorded, user: {user} }} }}]
",
            self.address
        );
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// A directory that lives as long as the server.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Faults, throttle, absence.
    pub fn weather(&self) -> &Weather {
        &self.shared.weather
    }

    /// Add what a bundle recorded, in a namespace of its own, as if it happened now.
    ///
    /// # Errors
    /// The bundle has no objects of its namespace.
    pub fn add(&self, bundle: &Bundle, namespace: &str, cure: Cure) -> Result<Arc<Instance>> {
        let instance = Arc::new(Instance::of(bundle, namespace, cure, &self.shared)?);
        self.instances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(instance.clone());
        self.shared.change(|state| instance.appear(state));
        Ok(instance)
    }

    /// Add the first frame of a bundle exactly as it was recorded.
    pub fn add_as_recorded(&self, bundle: &Bundle) {
        self.shared
            .change(|state| recorded::as_recorded(state, bundle));
    }

    /// An object as it is now.
    pub fn object(&self, key: &Key) -> Option<Value> {
        let state = self.shared.state();
        state.objects.get(key).map(|object| Value::clone(object))
    }

    /// Change an object as somebody in the cluster would, or take it away (`None`).
    pub fn meddle(&self, key: &Key, change: impl FnOnce(&mut Value) -> Option<()>) {
        self.shared.change(|state| {
            let Some(mut object) = state.objects.get(key).map(|o| Value::clone(o)) else {
                return;
            };
            match change(&mut object) {
                Some(()) => drop(state.objects.put(key, object)),
                None => state.take_away(key),
            }
        });
    }

    /// Forget the past, so that every watch must list again.
    pub fn compact(&self) {
        self.shared.change(|state| state.objects.compact());
    }

    /// Every write that was accepted, oldest first.
    pub fn audit(&self) -> Vec<Entry> {
        self.shared.state().audit.clone()
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Accept connections; while the server is away, nobody listens.
async fn listen(shared: Arc<Shared>, first: TcpListener, address: SocketAddr) {
    let mut presence = shared.weather.presence();
    let mut listener = Some(first);
    loop {
        if *presence.borrow_and_update() {
            listener = None;
            if presence.changed().await.is_err() {
                return;
            }
            continue;
        }
        let Some(open) = &listener else {
            listener = TcpListener::bind(address).await.ok();
            tokio::time::sleep(AGAIN).await;
            continue;
        };
        tokio::select! {
            changed = presence.changed() => if changed.is_err() { return },
            accepted = open.accept() => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(connection(shared.clone(), stream));
                }
            }
        }
    }
}

/// One connection, until either side ends it or the server goes away.
async fn connection(shared: Arc<Shared>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut presence = shared.weather.presence();
    let service = service_fn(move |request| serve::serve(shared.clone(), request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let gone = async {
        let away = presence.wait_for(|away| *away).await;
        drop(away);
        Ok::<(), Infallible>(())
    };
    tokio::select! {
        _ = served => {}
        _ = gone => {}
    }
}
