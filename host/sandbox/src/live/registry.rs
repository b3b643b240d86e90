//! The live plugins: one for each id, whose point never changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use crate::live::{Live, Waiting};
use crate::prepared::Plugin;
use crate::read::{Shelf, Taken};
use k8shawk_core::point::Point;

/// Consecutive guest faults after which a plugin is no longer called.
pub const QUARANTINE_AFTER: u32 = 5;

/// A plugin that stands in a directory and is not live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unloaded {
    /// Plugin, by the name of its directory.
    pub id: String,
    /// What its directory is for.
    pub shelf: Shelf,
    /// Why it was not loaded.
    pub why: String,
}

/// Readers take a snapshot and are never held up; writers come one at a time.
pub struct Registry {
    live: ArcSwap<BTreeMap<String, Arc<Live>>>,
    writer: Mutex<()>,
    unloaded: Mutex<BTreeMap<(Shelf, String), Unloaded>>,
    /// Plugins that are checked again though their files are as they were.
    again: Mutex<BTreeSet<String>>,
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
            unloaded: Mutex::default(),
            again: Mutex::default(),
            quarantine_after: quarantine_after.max(1),
        }
    }

    /// The plugins of a point, in the order of their ids.
    pub fn at(&self, point: Point) -> Vec<Arc<Live>> {
        let live = self.live.load();
        live.values()
            .filter(|live| live.point() == point)
            .cloned()
            .collect()
    }

    /// True where plugins are live at a point and none of them is called: all are in quarantine.
    pub fn is_idle(&self, point: Point) -> bool {
        let live = self.at(point);
        !live.is_empty() && live.iter().all(|live| live.quarantine().is_some())
    }

    /// Every plugin, by point and id.
    pub fn all(&self) -> Vec<Arc<Live>> {
        Point::ALL.into_iter().flat_map(|p| self.at(p)).collect()
    }

    /// The plugin of an id.
    pub fn get(&self, id: &str) -> Option<Arc<Live>> {
        self.live.load().get(id).cloned()
    }

    /// Put a plugin live: a new one joins, a known one is swapped. Calls under way end on the
    /// version that they began with. Returns what ran before.
    ///
    /// # Errors
    /// [`Taken`] where another plugin has the id, or this one had another point.
    pub fn put(&self, plugin: impl Into<Arc<Plugin>>) -> Result<Option<Arc<Plugin>>, Taken> {
        let plugin = plugin.into();
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let id = plugin.id().to_owned();
        let known = self.get(&id);
        if let Some(live) = &known {
            live.admits(plugin.point(), plugin.dir())?;
        }
        self.unloaded().retain(|(_, other), _| *other != id);
        if let Some(live) = known {
            return Ok(Some(live.swap(plugin)));
        }
        let mut all = BTreeMap::clone(&self.live.load());
        all.insert(id, Arc::new(Live::new(plugin, self.quarantine_after)));
        self.live.store(Arc::new(all));
        Ok(None)
    }

    /// A version stands in the directory of a live plugin and does not decide; it judges beside it
    /// where it is a shadow.
    pub(crate) fn wait(&self, plugin: Arc<Plugin>, shadow: bool, why: String) {
        if let Some(live) = self.get(plugin.id()) {
            let shadow = shadow.then(|| live.shadow_of(plugin.clone()));
            let waiting = Waiting {
                plugin,
                shadow,
                why,
            };
            live.wait(Some(waiting));
        }
    }

    /// No other version of a plugin waits.
    pub(crate) fn wait_no_more(&self, id: &str) {
        if let Some(live) = self.get(id) {
            live.wait(None);
        }
    }

    /// Look at a plugin again at the next pass, though its files are as they were: a person decided
    /// what becomes of its versions.
    pub fn look_again(&self, id: &str) {
        self.again().insert(id.to_owned());
    }

    /// True where it is to be checked again; once.
    pub(crate) fn is_again(&self, id: &str) -> bool {
        self.again().remove(id)
    }

    fn again(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.again.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stands in a directory and is not live, by id.
    pub fn refused(&self) -> Vec<Unloaded> {
        self.unloaded().values().cloned().collect()
    }

    /// Remember that a plugin that does not run was not loaded.
    pub fn note_refusal(&self, refused: Unloaded) {
        let key = (refused.shelf, refused.id.clone());
        self.unloaded().insert(key, refused);
    }

    /// Forget refusals of plugins that no longer exist.
    pub(crate) fn keep_refusals(&self, shelf: Shelf, exists: impl Fn(&str) -> bool) {
        self.unloaded()
            .retain(|(of, id), _| *of != shelf || exists(id));
    }

    fn unloaded(&self) -> MutexGuard<'_, BTreeMap<(Shelf, String), Unloaded>> {
        self.unloaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
