//! What the tests of the parts share.

use std::sync::Arc;

use k8shawk_core::Inventory;
use k8shawk_core::config::Config;
use k8shawk_sandbox::Registry;

use super::*;
use crate::run::pipeline::Pipeline;
use crate::services::clock::Clock;
use crate::services::cluster::Drops;
use crate::services::cluster::replay::Replay;
use crate::services::cluster::world::World;
use crate::services::plugins::Judges;
use crate::stages::flow::Flow;

/// A watch over a recording without anything.
pub(super) fn watch() -> Watch {
    let judges = Judges::new(Arc::new(Registry::default()));
    let world = World::Recorded(Replay::empty());
    let flow = Flow::aside(Config::default(), judges, world, Clock::default()).unwrap();
    let pipeline = Arc::new(Pipeline::new(Arc::new(flow)));
    Watch::new(pipeline, Inventory::unlisted(), Arc::new(Drops::default()))
}
