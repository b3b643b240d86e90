//! What is read when somebody asks: numbers that others keep.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use k8shawk_sandbox::{Point, Registry as Plugins};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::mpsc::WeakSender;

use super::process;
use crate::services::clock::Clock;
use crate::services::cluster::{Change, Drops};
use crate::services::plugins::Required;
use crate::services::store::{DiskSpace, Store, StoreError};
use crate::services::telemetry::Telemetry;
use crate::services::telemetry::metrics::add;
use crate::services::telemetry::metrics::labels::{
    ACTIVE, OfBuild, OfKind, OfPlugin, OfState, OfVersion, Waits,
};
use k8shawk_core::inventory::watched;

/// Digits of a digest that distinguish versions.
const DIGEST: usize = 12;

/// Who keeps what is asked for.
pub struct Sources {
    /// What the host counts itself.
    pub telemetry: Telemetry,
    /// Incidents and messages.
    pub store: Arc<Store>,
    /// Plugins.
    pub plugins: Arc<Plugins>,
    /// The policies without which nothing is decided.
    pub required: Arc<Required>,
    /// Changes that found the queue full.
    pub drops: Arc<Drops>,
    /// The queue; none where nothing is watched.
    pub queue: WeakSender<Change>,
    /// Time.
    pub clock: Clock,
}

fn gauge(number: u64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
    gauge
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

impl Sources {
    /// Everything, in the text format of OpenMetrics.
    pub(crate) fn render(&self) -> Result<String, fmt::Error> {
        let mut into = String::new();
        // First, since a failure of the store counts too.
        let asked = self.asked();
        self.telemetry.encode(&mut into)?;
        text::encode_registry(&mut into, &asked)?;
        text::encode_eof(&mut into)?;
        Ok(into)
    }

    fn asked(&self) -> Registry {
        let mut registry = Registry::default();
        let to = &mut registry;
        self.queue(to);
        self.plugins(to);
        // What cannot be read is left out, and counted as an error of the store.
        let _ = self.stored(to);
        let ready = u64::from(self.not_ready().is_empty());
        add(to, "k8shawk_ready", gauge(ready));
        let build = Family::<OfBuild, Gauge>::default();
        let version = env!("CARGO_PKG_VERSION");
        build.get_or_create(&OfBuild { version }).set(1);
        add(to, "k8shawk_build_info", build);
        process::register(to);
        registry
    }

    fn queue(&self, to: &mut Registry) {
        if let Some(queue) = self.queue.upgrade() {
            let (limit, room) = (queue.max_capacity(), queue.capacity());
            add(
                to,
                "k8shawk_watch_queue_depth",
                gauge(count(limit.saturating_sub(room))),
            );
            add(to, "k8shawk_watch_queue_limit", gauge(count(limit)));
        }
        let dropped = Family::<OfKind, Counter>::default();
        let by_kind = self.drops.by_kind();
        for kind in watched() {
            let number = by_kind.get(kind).copied().unwrap_or(0);
            dropped.get_or_create(&OfKind { kind }).inc_by(number);
        }
        add(to, "k8shawk_watch_dropped_total", dropped);
    }

    fn plugins(&self, to: &mut Registry) {
        let info = Family::<OfVersion, Gauge>::default();
        let quarantined = Family::<OfPlugin, Gauge>::default();
        let waiting = Family::<Waits, Gauge>::default();
        for live in self.plugins.all() {
            let plugin = live.plugin();
            let version = OfVersion {
                plugin: live.id().to_owned(),
                point: live.point().as_str(),
                version: plugin.manifest().version.to_string(),
                digest: plugin.digest().chars().take(DIGEST).collect(),
            };
            info.get_or_create(&version).set(1);
            let of = OfPlugin::new(live.id(), live.point());
            let held = i64::from(live.quarantine().is_some());
            quarantined.get_or_create(&of).set(held);
            if let Some(waits) = live.waiting() {
                let state = if waits.shadow.is_some() {
                    "shadow"
                } else {
                    "held"
                };
                let (plugin, point) = (live.id().to_owned(), live.point().as_str());
                let of = Waits {
                    plugin,
                    point,
                    state,
                };
                waiting.get_or_create(&of).set(1);
            }
        }
        add(to, "k8shawk_plugin_waiting", waiting);
        add(to, "k8shawk_plugin_info", info);
        add(to, "k8shawk_plugin_quarantined", quarantined);
    }

    fn stored(&self, to: &mut Registry) -> Result<(), StoreError> {
        let states = Family::<OfState, Gauge>::default();
        let active = self.store.active_by_state()?;
        for state in ACTIVE {
            let state = state.as_str();
            let of = active.iter().find(|(name, _)| name == state);
            let number = of.map_or(0, |(_, number)| *number);
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            states.get_or_create(&OfState { state }).set(number);
        }
        add(to, "k8shawk_incidents", states);
        let unreadable = count(self.store.unreadable()?.len());
        add(to, "k8shawk_store_unreadable", gauge(unreadable));
        let full = u64::from(self.store.disk_space() != DiskSpace::Enough);
        add(to, "k8shawk_store_full", gauge(full));
        add(
            to,
            "k8shawk_outbox_waiting",
            gauge(self.store.outbox_waiting()?),
        );
        let oldest = self.store.outbox_oldest()?;
        let age = oldest.map_or(0, |oldest| self.clock.now() - oldest.made_at);
        let seconds = Gauge::<f64, AtomicU64>::default();
        #[allow(clippy::cast_precision_loss, reason = "an age, far below 2^52 ms")]
        seconds.set(age.max(0) as f64 / 1000.0);
        add(to, "k8shawk_outbox_oldest_seconds", seconds);
        Ok(())
    }

    /// What is not ready, and why.
    pub(super) fn not_ready(&self) -> Vec<(&'static str, String)> {
        let mut lacks = Vec::new();
        if let Err(fault) = self.store.active_by_state() {
            lacks.push(("store", fault.to_string()));
        }
        if self.store.disk_space() == DiskSpace::None {
            let why = "its volume is full; new data is kept in memory";
            lacks.push(("store", why.to_owned()));
        }
        if !self.telemetry.is_listed() {
            let why = "still listing the cluster; nothing is judged before that";
            lacks.push(("watch", why.to_owned()));
        }
        if let Some(why) = self.telemetry.stalled() {
            lacks.push(("watch", why));
        }
        let down = self.telemetry.tasks_down().into_iter();
        lacks.extend(down.map(|(task, why)| (task.as_str(), format!("the task {why}"))));
        let faults = self.required.faults();
        if !faults.is_empty() {
            lacks.push(("policy", faults.join("; ")));
        }
        for point in [Point::Triage, Point::Analysis] {
            if self.plugins.at(point).is_empty() {
                lacks.push((point.as_str(), "no plugin is live".to_owned()));
            } else if self.plugins.is_idle(point) {
                lacks.push((point.as_str(), "every plugin is quarantined".to_owned()));
            }
        }
        lacks
    }
}
