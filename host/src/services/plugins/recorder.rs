//! Records calls of plugins for later replays, and hands them to shadows. A call never waits for
//! either: what does not fit into the queues is left out, and counted where a shadow misses it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use k8shawk_core::guard::Reader;
use k8shawk_sandbox::{Live, Plugin, Registry, Replayed};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::logs::CleanLogs;
use super::witness::{Seen, Witness};
use crate::services::clock::Clock;
use crate::services::store::{Compared, KeptCall, Store, VersionId};
use crate::services::telemetry::Telemetry;

/// Calls of one plugin that are recorded at once, after a pause.
const BURST: f64 = 30.0;
/// Calls of one plugin that are recorded in a second.
const PER_SECOND: f64 = 1.0;
/// Calls that wait to be stored, and to be shadowed.
const QUEUE: usize = 128;
/// Answers of a shadow that are stored in one transaction.
const AT_ONCE: usize = 64;
/// How often what was recorded is stored: in one transaction.
const EVERY: Duration = Duration::from_secs(1);

/// Sees the calls of a running host.
pub struct Recorder {
    on: bool,
    due: Mutex<BTreeMap<String, Bucket>>,
    calls: mpsc::Sender<Seen>,
    shadowed: mpsc::Sender<Seen>,
    telemetry: Telemetry,
}

/// How many calls of a plugin may be recorded now.
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Recorder {
    /// A recorder with what its two tasks take from it. `most` are the calls of each plugin that are
    /// kept; with 0 none is recorded, and shadows still judge.
    pub fn new(
        most: u32,
        telemetry: Telemetry,
    ) -> (Recorder, mpsc::Receiver<Seen>, mpsc::Receiver<Seen>) {
        let (calls, to_store) = mpsc::channel(QUEUE);
        let (shadowed, to_shadow) = mpsc::channel(QUEUE);
        let recorder = Recorder {
            on: most > 0,
            due: Mutex::default(),
            calls,
            shadowed,
            telemetry,
        };
        (recorder, to_store, to_shadow)
    }

    /// True where a call of this plugin may be recorded now.
    fn is_due(&self, plugin: &str) -> bool {
        if !self.on {
            return false;
        }
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let Some(bucket) = due.get_mut(plugin) else {
            let (tokens, at) = (BURST - 1.0, now);
            due.insert(plugin.to_owned(), Bucket { tokens, at });
            return true;
        };
        let since = now.duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + since * PER_SECOND).min(BURST);
        bucket.at = now;
        let due = bucket.tokens >= 1.0;
        if due {
            bucket.tokens -= 1.0;
        }
        due
    }
}

impl Witness for Recorder {
    fn called(&self, live: &Arc<Live>, seen: &dyn Fn() -> Seen) {
        let (due, shadow) = (self.is_due(live.id()), live.shadow().is_some());
        if !due && !shadow {
            return;
        }
        let seen = seen();
        if shadow && self.shadowed.try_send(seen.clone()).is_err() {
            self.telemetry.shadowed(live.id(), "skipped");
        }
        if due {
            // What does not fit is one of many.
            let _ = self.calls.try_send(seen);
        }
    }
}

/// Stores recorded calls, and what the calls of each version took.
pub struct Recording {
    /// What was recorded.
    pub calls: tokio::sync::Mutex<mpsc::Receiver<Seen>>,
    /// Whose calls are summed up.
    pub registry: Arc<Registry>,
    /// Where they are stored.
    pub store: Arc<Store>,
    /// Time.
    pub clock: Clock,
    /// Calls of each plugin that are kept.
    pub most: u32,
}

impl Recording {
    /// Store once a second, and when the host stops.
    pub async fn run(&self, stop: CancellationToken) {
        let mut calls = self.calls.lock().await;
        let mut versions: Vec<Arc<Plugin>> = Vec::new();
        loop {
            let stopping = tokio::select! {
                () = stop.cancelled() => true,
                () = tokio::time::sleep(EVERY) => false,
            };
            let mut kept = Vec::new();
            while let Ok(seen) = calls.try_recv() {
                kept.push(kept_call(seen));
            }
            self.store(&kept);
            self.sum(&mut versions);
            if stopping {
                return;
            }
        }
    }

    fn store(&self, kept: &[KeptCall]) {
        if kept.is_empty() {
            return;
        }
        let stored = self.store.keep_calls(kept, self.most, self.clock.now());
        if let Err(fault) = stored {
            warn!(%fault, "cannot store the calls of plugins");
        }
    }

    /// A version that was replaced since the last time may have had calls before.
    fn sum(&self, versions: &mut Vec<Arc<Plugin>>) {
        let live: Vec<_> = self.registry.all().iter().map(|l| l.plugin()).collect();
        versions.extend(live.iter().cloned());
        versions.sort_by_key(Arc::as_ptr);
        versions.dedup_by_key(|version| Arc::as_ptr(version));
        let sums = versions.iter().map(|version| {
            let id = VersionId {
                plugin: version.id().to_owned(),
                pin: version.digest().to_owned(),
            };
            (id, version.tally().take())
        });
        let sums: Vec<_> = sums.filter(|(_, sums)| sums.calls > 0).collect();
        if let Err(fault) = self.store.add_tallies(&sums) {
            warn!(%fault, "cannot store what the calls of plugins took");
        }
        *versions = live;
    }
}

fn kept_call(seen: Seen) -> KeptCall {
    let question = &seen.call.question;
    KeptCall {
        plugin: seen.live.id().to_owned(),
        incident: question.incident().unwrap_or_default().to_owned(),
        subject: question.subject(),
        call: seen.call,
    }
}

/// Asks shadows what the live versions were asked.
pub struct Shadowing {
    /// What the live versions were asked, and what they decided.
    pub calls: tokio::sync::Mutex<mpsc::Receiver<Seen>>,
    /// What it reads by where the live version did not read the same; a new one for each call.
    pub reader: Box<dyn Fn() -> Arc<dyn Reader> + Send + Sync>,
    /// Where the answers are stored.
    pub store: Arc<Store>,
    /// Time.
    pub clock: Clock,
    /// Where they are counted.
    pub telemetry: Telemetry,
}

impl Shadowing {
    /// One call after the other, until the host stops. Each runs on a thread that may block: no
    /// other task waits for it.
    pub async fn run(&self, stop: CancellationToken) {
        let mut calls = self.calls.lock().await;
        let mut answers: BTreeMap<(String, String), Vec<Compared>> = BTreeMap::new();
        loop {
            let seen = tokio::select! {
                () = stop.cancelled() => return,
                seen = calls.recv() => seen,
            };
            let Some(seen) = seen else { return };
            if let Some((id, compared)) = self.ask(seen).await {
                answers
                    .entry((id.plugin, id.pin))
                    .or_default()
                    .push(compared);
            }
            let full = answers.values().any(|of_one| of_one.len() >= AT_ONCE);
            if calls.is_empty() || full {
                self.keep(std::mem::take(&mut answers));
            }
        }
    }

    fn keep(&self, answers: BTreeMap<(String, String), Vec<Compared>>) {
        for ((plugin, pin), verdicts) in answers {
            let id = VersionId { plugin, pin };
            if let Err(fault) = self.store.keep_shadowed(&id, &verdicts) {
                warn!(plugin = id.plugin, %fault, "cannot store what a shadow decided");
            }
        }
    }

    /// None where nobody judges beside the live version, or could not.
    async fn ask(&self, seen: Seen) -> Option<(VersionId, Compared)> {
        let shadow = seen.live.shadow()?;
        let (plugin, call) = (shadow.plugin(), Arc::new(seen.call));
        // A reader of its own: one that the live version reads by may hold what others wait for.
        let (asked, reader) = (call.clone(), CleanLogs::over(&(self.reader)()));
        let handle = Handle::current();
        let answer = tokio::task::spawn_blocking(move || {
            handle.block_on(async move { shadow.replay(&asked, Some(reader)).await })
        });
        let Ok(replayed) = answer.await else {
            self.telemetry.shadowed(plugin.id(), "skipped");
            return None;
        };
        let outcome = outcome(&replayed, &call.verdict);
        self.telemetry.shadowed(plugin.id(), outcome);
        if replayed.may_pass() {
            return None;
        }
        let id = VersionId {
            plugin: plugin.id().to_owned(),
            pin: plugin.digest().to_owned(),
        };
        let compared = Compared {
            at: self.clock.now(),
            incident: call.question.incident().unwrap_or_default().to_owned(),
            subject: call.question.subject(),
            live: call.verdict.clone(),
            new: replayed.verdict,
        };
        Some((id, compared))
    }
}

/// The label of an answer. One that the host or the cluster prevented says nothing.
fn outcome(replayed: &Replayed, live: &str) -> &'static str {
    match &replayed.fault {
        Some(fault) if fault.may_pass() => "skipped",
        Some(_) => "fault",
        None if replayed.verdict == live => "same",
        None => "changed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_calls_records_a_burst_and_then_one_a_second() {
        let (recorder, _to_store, _to_shadow) = Recorder::new(100, Telemetry::default());
        let due = (0..1000).filter(|_| recorder.is_due("triage")).count();
        assert!((30..=32).contains(&due), "{due}");
        assert!(recorder.is_due("other"));
        let (off, _to_store, _to_shadow) = Recorder::new(0, Telemetry::default());
        assert!(!off.is_due("triage"));
    }
}
