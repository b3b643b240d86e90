//! The live plugins, by point, in the order of their ids.

mod live;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

pub use live::{Counts, Live};

use crate::plugin::Plugin;
use crate::point::Point;

/// Guest faults in a row after which a plugin is no longer called.
pub const QUARANTINE_AFTER: u32 = 5;

/// Readers take a snapshot and are never held up; writers come one at a time.
pub struct Registry {
    live: ArcSwap<BTreeMap<(Point, String), Arc<Live>>>,
    writer: Mutex<()>,
    quarantine_after: u32,
}

impl Default for Registry {
    fn default() -> Self {
        Registry::new(QUARANTINE_AFTER)
    }
}

impl Registry {
    /// An empty registry.
    pub fn new(quarantine_after: u32) -> Self {
        Registry {
            live: ArcSwap::default(),
            writer: Mutex::new(()),
            quarantine_after: quarantine_after.max(1),
        }
    }

    /// The plugins of a point, in the order of their ids.
    pub fn at(&self, point: Point) -> Vec<Arc<Live>> {
        let live = self.live.load();
        live.iter()
            .filter(|((p, _), _)| *p == point)
            .map(|(_, live)| live.clone())
            .collect()
    }

    /// Every plugin, by point and id.
    pub fn all(&self) -> Vec<Arc<Live>> {
        self.live.load().values().cloned().collect()
    }

    /// The plugin of an id.
    pub fn get(&self, id: &str) -> Option<Arc<Live>> {
        self.live
            .load()
            .values()
            .find(|live| live.id() == id)
            .cloned()
    }

    /// Put a plugin live: a new one joins, a known one is swapped. Calls under way end on the
    /// version that they began with. Returns what ran before.
    pub fn put(&self, plugin: Plugin) -> Option<Arc<Plugin>> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let (point, id) = (plugin.point(), plugin.id().to_owned());
        let known = self.live.load().get(&(point, id.clone())).cloned();
        if let Some(live) = known {
            return Some(live.swap(plugin));
        }
        let moved = self.get(&id).map(|live| live.plugin());
        let mut all = BTreeMap::clone(&self.live.load());
        all.retain(|(_, other), _| *other != id);
        all.insert(
            (point, id),
            Arc::new(Live::new(plugin, self.quarantine_after)),
        );
        self.live.store(Arc::new(all));
        moved
    }
}
