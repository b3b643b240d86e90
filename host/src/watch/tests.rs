//! What the tests of the parts share.

use std::sync::Arc;

use k8shawk_core::Inventory;
use k8shawk_core::config::Config;
use k8shawk_sandbox::Registry;

use super::*;
use crate::clock::Clock;
use crate::cluster::Drops;
use crate::flow::Flow;
use crate::judges::Judges;
use crate::pipeline::Pipeline;
use crate::replay::Replay;
use crate::world::World;

/// A watch over a recording without anything.
pub(super) fn watch() -> Watch {
    let judges = Judges::new(Arc::new(Registry::default()));
    let world = World::Recorded(Replay::empty());
    let flow = Flow::aside(Config::default(), judges, world, Clock::default()).unwrap();
    let pipeline = Arc::new(Pipeline::new(Arc::new(flow)));
    Watch::new(pipeline, Inventory::unlisted(), Arc::new(Drops::default()))
}
