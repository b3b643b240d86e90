//! The clients of a connection, and their credentials, which are rotated while the host runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use kube::{Client, Config};
use tokio::sync::Mutex;
use tracing::{info, warn};

use super::credentials::{Origin, Pair, pair};

/// Least time between two loads of the credentials: many requests are refused at the same time.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a load may take: a kubeconfig may start a program.
const PATIENCE: Duration = Duration::from_secs(20);

/// The clients as they are now.
pub(super) struct Clients {
    now: ArcSwap<Pair>,
    /// Where the credentials come from; none where they cannot be loaded again.
    origin: Option<Origin>,
    renewed: Mutex<Option<Instant>>,
}

impl Clients {
    pub(super) fn new(pair: Pair, origin: Option<Origin>) -> Clients {
        Clients {
            now: ArcSwap::from_pointee(pair),
            origin,
            renewed: Mutex::new(None),
        }
    }

    pub(super) fn reads(&self) -> Client {
        self.now.load().reads.clone()
    }

    pub(super) fn writes(&self) -> Client {
        self.now.load().writes.clone()
    }

    /// Load the credentials again, unless that was done a moment ago. Whatever goes wrong, the
    /// clients stay as they are.
    pub(super) async fn renew(&self) {
        let Some(origin) = &self.origin else {
            return;
        };
        let mut renewed = self.renewed.lock().await;
        if renewed.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        match tokio::time::timeout(PATIENCE, load(origin)).await {
            Ok(Ok(pair)) => {
                self.now.store(Arc::new(pair));
                info!("the credentials for the API server were reloaded");
            }
            Ok(Err(why)) => warn!(
                why,
                "cannot reload the credentials for the API server; keeping \
                                        the old ones"
            ),
            Err(_) => warn!("loading the credentials for the API server timed out"),
        }
        *renewed = Some(Instant::now());
    }
}

async fn load(origin: &Origin) -> Result<Pair, String> {
    let config: Config = origin.load().await.map_err(|error| error.to_string())?;
    let origin = origin.clone();
    // It may read files and start a program, and waits for both.
    let made = tokio::task::spawn_blocking(move || pair(config, &origin));
    match made.await {
        Ok(pair) => pair.map_err(|error| error.to_string()),
        Err(died) => Err(died.to_string()),
    }
}

#[cfg(test)]
mod tests;
