//! Tests on a real cluster: one cluster for all, started when the first test needs it, and a
//! namespace for each test. `cargo test -p k8shawk-tests --test cluster -- <part of a name>`
//! runs some of them.

#![allow(
    clippy::indexing_slicing,
    reason = "indexing a JSON value gives null where it lacks"
)]

mod disk;
mod faults;
mod flow;
mod investigation;
mod misuse;
mod oddities;
mod outage;
mod restart;
mod self_monitor;
mod slack;
mod storm;
mod telemetry;
mod termination;

use std::process::ExitCode;
use std::sync::{Arc, RwLock};

use k8shawk_tests::cluster::{Cluster, OnDemand};
use libtest_mimic::{Arguments, Failed};

/// Tests that run at the same time, where the caller names no number. Most of them wait for a
/// back-off of the kubelet: 25 faults at once used 4 s of a processor each, and took minutes.
const AT_ONCE: usize = 12;

/// The cluster of all tests, and the lock of those that touch more than their namespace.
#[derive(Clone)]
pub struct Shared {
    cluster: OnDemand,
    alone: Arc<RwLock<()>>,
}

impl Shared {
    /// Run a test's body, with no other at the same time.
    pub fn alone(&self, body: impl FnOnce() -> anyhow::Result<()>) -> Result<(), Failed> {
        let _writing = self.alone.write();
        body().map_err(|e| format!("{e:#}").into())
    }

    /// Run a test's body with the cluster, beside others.
    pub fn beside(&self, body: impl FnOnce(&Cluster) -> anyhow::Result<()>) -> Result<(), Failed> {
        self.with(|cluster, alone| {
            let _reading = alone.read();
            body(cluster)
        })
    }

    /// Run a test's body with the cluster.
    pub fn with(
        &self,
        body: impl FnOnce(&Cluster, &RwLock<()>) -> anyhow::Result<()>,
    ) -> Result<(), Failed> {
        let done = self
            .cluster
            .get()
            .and_then(|cluster| body(&cluster, &self.alone));
        done.map_err(|e| format!("{e:#}").into())
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(AT_ONCE));
    let shared = Shared {
        cluster: OnDemand::default(),
        alone: Arc::default(),
    };
    let mut trials = flow::trials(&shared);
    trials.extend(investigation::trials(&shared));
    trials.extend(restart::trials(&shared));
    trials.extend(disk::trials(&shared));
    trials.extend(oddities::trials(&shared));
    trials.extend(outage::trials());
    trials.extend(misuse::trials(&shared));
    trials.extend(slack::trials(&shared));
    trials.extend(telemetry::trials(&shared));
    trials.extend(termination::trials(&shared));
    trials.extend(self_monitor::trials(&shared));
    match faults::trials(&shared) {
        Ok(faults) => trials.extend(faults),
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    }
    // It runs alone, as do the last faults: at the end they wait for nobody, and nobody for them.
    trials.extend(storm::trials(&shared));
    let conclusion = libtest_mimic::run(&arguments, trials);
    shared.cluster.stop();
    conclusion.exit_code()
}
