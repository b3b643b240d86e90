//! One cluster for all tests of a program, started when the first of them needs it.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};

use super::{Cluster, Options};

/// The cluster of all tests.
#[derive(Clone, Default)]
pub struct OnDemand {
    options: Options,
    cluster: Arc<Mutex<Option<Arc<Cluster>>>>,
}

impl OnDemand {
    /// One that will start with these options.
    pub fn new(options: Options) -> OnDemand {
        OnDemand {
            options,
            cluster: Arc::default(),
        }
    }

    /// The cluster.
    ///
    /// # Errors
    /// It does not start.
    pub fn get(&self) -> Result<Arc<Cluster>> {
        let mut held = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            *held = Some(Arc::new(Cluster::start(self.options.clone())?));
        }
        held.clone().context("there is no cluster")
    }

    /// End it, where it was started.
    pub fn stop(&self) {
        let held = self.cluster.lock();
        drop(held.unwrap_or_else(PoisonError::into_inner).take());
    }
}
