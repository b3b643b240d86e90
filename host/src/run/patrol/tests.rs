//! What the tests of the parts share.

use std::sync::Arc;

use k8shawk_core::Inventory;
use k8shawk_core::config::Config;
use k8shawk_sandbox::Registry;

use super::*;
use crate::run::pipeline::Pipeline;
use crate::services::Services;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::Drops;
use crate::services::cluster::replay::Replay;
use crate::services::plugins::Plugins;

/// A patrol over a recording without anything.
pub(super) fn patrol() -> Patrol {
    let plugins = Plugins::new(Arc::new(Registry::default()));
    let cluster = AnyCluster::Recorded(Replay::empty());
    let services = Services::aside(Config::default(), plugins, cluster, Clock::default()).unwrap();
    let pipeline = Arc::new(Pipeline::new(Arc::new(services)));
    Patrol::new(pipeline, Inventory::unlisted(), Arc::new(Drops::default()))
}
