//! The artifacts that the configuration names: from the cache where they are there, else pulled, each
//! with its digest and its signature checked. What is not available now is tried again while the
//! host runs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use k8shawk_core::artifact::{Digest, Pinned};
use k8shawk_sandbox::{
    Artifact, Outcome, Place, Pulled, Registry as Plugins, ReloadEvent, Shelf, Taken, Unloaded,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::run::settings::Settings;
use crate::services::backoff::Backoff;
use crate::services::registry::{Cache, Cached, Credentials, Registry, RegistryError, verify};

/// Between two attempts to get what is missing.
const PAUSES: Backoff = Backoff {
    first: Duration::from_secs(2),
    longest: Duration::from_secs(60),
};

/// Where artifacts come from and are kept.
pub struct Source {
    registry: Registry,
    cache: Cache,
    in_use: Vec<Digest>,
}

/// The artifacts of the configuration.
pub struct Artifacts {
    source: Source,
    plugins: Arc<Pulled>,
    policies: Arc<Pulled>,
    missing: Mutex<Vec<(Shelf, Pinned)>>,
}

impl Source {
    /// The registries and the cache of the configuration.
    ///
    /// # Errors
    /// [`RegistryError::Key`].
    pub fn new(settings: &Settings) -> Result<Source, RegistryError> {
        let config = &settings.config.registry;
        // Of the process alone: a `.env` that somebody left here must start no credential helper.
        let process = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let credentials = Credentials::new(config.credentials.clone(), process);
        let all = config.plugins.iter().chain(&config.policies);
        Ok(Source {
            registry: Registry::new(config, credentials)?,
            cache: Cache::in_state(&settings.config.state),
            in_use: all.map(|pinned| pinned.digest().clone()).collect(),
        })
    }

    /// The registries.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The cache.
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Digests that stay in the cache.
    pub fn in_use(&self) -> Vec<&Digest> {
        self.in_use.iter().collect()
    }

    /// An artifact of the cache, with its digests and its signature checked now; none where it is not
    /// there.
    ///
    /// # Errors
    /// No key of the operator signed it.
    pub fn cached(&self, pinned: &Pinned) -> Result<Option<Artifact>, RegistryError> {
        self.verified(pinned, self.cache.open(pinned))
    }

    fn verified(
        &self,
        pinned: &Pinned,
        cached: Option<Cached>,
    ) -> Result<Option<Artifact>, RegistryError> {
        let Some(cached) = cached else {
            return Ok(None);
        };
        verify(pinned, &cached.signatures, self.registry.keys())?;
        Ok(Some(cached.artifact))
    }

    /// An artifact of the cache, else of its registry.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub async fn obtain(&self, pinned: &Pinned) -> Result<Artifact, RegistryError> {
        let (cache, wanted) = (self.cache.clone(), pinned.clone());
        let opened = on_a_thread(move || cache.open(&wanted)).await?;
        let kept = match self.verified(pinned, opened) {
            Ok(Some(artifact)) => return Ok(artifact),
            // It may have been signed since.
            Err(error) => Some(error),
            Ok(None) => None,
        };
        let fetched = match (self.registry.pull_pinned(pinned).await, kept) {
            (Err(RegistryError::Away { .. }), Some(unsigned)) => return Err(unsigned),
            (fetched, _) => fetched?,
        };
        verify(pinned, &fetched.signatures, self.registry.keys())?;
        let (cache, in_use) = (self.cache.clone(), self.in_use.clone());
        let put = move || cache.put(&fetched, &in_use.iter().collect::<Vec<_>>());
        let cached = on_a_thread(put).await??;
        info!(artifact = %pinned, plugin = cached.artifact.id, "pulled a plugin");
        Ok(cached.artifact)
    }
}

impl Artifacts {
    /// The artifacts of the configuration; nothing is pulled yet.
    ///
    /// # Errors
    /// [`RegistryError::Key`].
    pub fn new(settings: &Settings) -> Result<Artifacts, RegistryError> {
        let config = &settings.config.registry;
        let of = |shelf: Shelf, all: &[Pinned]| -> Vec<(Shelf, Pinned)> {
            all.iter().map(|pinned| (shelf, pinned.clone())).collect()
        };
        let mut missing = of(Shelf::Plugins, &config.plugins);
        missing.extend(of(Shelf::Policies, &config.policies));
        Ok(Artifacts {
            source: Source::new(settings)?,
            plugins: Arc::default(),
            policies: Arc::default(),
            missing: Mutex::new(missing),
        })
    }

    /// Where the plugins of a shelf are, as far as they were pulled.
    pub fn place(&self, shelf: Shelf) -> Place {
        Place::Pulled(self.pulled(shelf).clone())
    }

    fn pulled(&self, shelf: Shelf) -> &Arc<Pulled> {
        match shelf {
            Shelf::Plugins => &self.plugins,
            Shelf::Policies => &self.policies,
        }
    }

    /// Get what is missing. A refusal for each that is not available; those that may come later stay
    /// missing.
    pub async fn get(&self, plugins: &Plugins) -> Vec<ReloadEvent> {
        let missing = std::mem::take(&mut *self.missing());
        let tried = missing.into_iter().map(|(shelf, pinned)| async move {
            let got = self.source.obtain(&pinned).await;
            (shelf, pinned, got)
        });
        let mut refusals = Vec::new();
        for (shelf, pinned, got) in join_all(tried).await {
            let reason = match got.map(|artifact| self.add(shelf, artifact)) {
                Ok(Ok(())) => continue,
                Ok(Err(taken)) => format!("{pinned}: {taken}"),
                Err(error) => {
                    let reason = error.to_string();
                    if error.may_pass() {
                        self.missing().push((shelf, pinned.clone()));
                    }
                    reason
                }
            };
            let id = called(&pinned);
            plugins.note_refusal(Unloaded {
                id: id.clone(),
                shelf,
                why: reason.clone(),
            });
            let outcome = Outcome::Refused { reason };
            refusals.push(ReloadEvent { id, outcome });
        }
        refusals
    }

    fn add(&self, shelf: Shelf, artifact: Artifact) -> Result<(), Taken> {
        let id = artifact.id.clone();
        let added = self.pulled(shelf).add(artifact);
        added.map_err(|dir| Taken::Twice { id, dir })
    }

    fn missing(&self) -> std::sync::MutexGuard<'_, Vec<(Shelf, Pinned)>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Try again until nothing is missing, or until cancelled. What comes is loaded by the one who
    /// watches its place.
    pub async fn keep_getting(&self, plugins: &Plugins, stop: &CancellationToken) {
        let mut failures = 0_u32;
        while !self.missing().is_empty() {
            failures = failures.saturating_add(1);
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PAUSES.after(failures)) => {}
            }
            for refusal in self.get(plugins).await {
                if let Outcome::Refused { reason } = refusal.outcome {
                    warn!(plugin = refusal.id, reason, "an artifact is still missing");
                }
            }
        }
        stop.cancelled().await;
    }
}

/// Hashing and writing 64 MiB takes its time.
async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RegistryError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| RegistryError::Client(error.to_string()))
}

/// What an artifact is called before its id is known: the last word of its repository.
fn called(pinned: &Pinned) -> String {
    let repository = pinned.reference().repository();
    repository
        .rsplit('/')
        .next()
        .unwrap_or(repository)
        .to_owned()
}
