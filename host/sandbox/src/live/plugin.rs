//! One live plugin: the version that is called now, its faults and its counters.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use k8shawk_core::finding::Conclusion;
use k8shawk_core::fix::Risk;
use k8shawk_core::guard::Reader;
use k8shawk_core::policy::{Dossier, Verdict};
use k8shawk_core::{Finding, Incident, Judgement, ObjectSummary, Severity, Signal};

use super::status::{CallStatus, Status, WaitingStatus};
use crate::call::{
    Blame, CallContext, CallError, CallRecord, Called, RecordedCall, RecordedReads, Replayed,
};
use crate::prepared::Plugin;
use crate::read::Taken;
use crate::wit::value::{Language, Plan, RawProposal};
use k8shawk_core::point::Point;

/// Counters since the host started, over all versions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls, without those that quarantine refused.
    pub calls: u64,
    /// GuestFaults of the plugin.
    pub guest_faults: u64,
    /// GuestFaults of the host or the cluster.
    pub host_faults: u64,
    /// Calls that quarantine refused.
    pub refused: u64,
    /// Versions put live after the first.
    pub swaps: u64,
}

/// A plugin that is called by way of its newest version.
pub struct Live {
    id: String,
    point: Point,
    plugin: ArcSwap<Plugin>,
    /// What stands in its directory and does not decide.
    waiting: ArcSwapOption<Waiting>,
    faults: Mutex<GuestFaults>,
    quarantine_after: u32,
    counts: [AtomicU64; 5],
}

/// A version that stands in the directory of a plugin and is not the one that decides.
pub struct Waiting {
    /// The version.
    pub plugin: Arc<Plugin>,
    /// Where it judges beside the live one: its own faults and counters. What it answers is recorded
    /// and decides nothing.
    pub shadow: Option<Arc<Live>>,
    /// Why it waits, in words.
    pub why: String,
}

impl Waiting {
    /// What waits and why.
    pub fn status(&self) -> WaitingStatus {
        WaitingStatus {
            version: self.plugin.manifest().version.to_string(),
            digest: self.plugin.digest().to_owned(),
            shadow: self.shadow.as_ref().map(|live| live.called()),
            why: self.why.clone(),
        }
    }
}

/// Consecutive guest faults of one digest.
#[derive(Debug, Default)]
struct GuestFaults {
    digest: String,
    in_row: u32,
    last: Option<CallError>,
}

const CALLS: usize = 0;
const GUEST: usize = 1;
const HOST: usize = 2;
const REFUSED: usize = 3;
const SWAPS: usize = 4;

impl Live {
    pub(super) fn new(plugin: Arc<Plugin>, quarantine_after: u32) -> Self {
        Live {
            id: plugin.id().to_owned(),
            point: plugin.point(),
            plugin: ArcSwap::new(plugin),
            waiting: ArcSwapOption::empty(),
            faults: Mutex::default(),
            quarantine_after,
            counts: Default::default(),
        }
    }

    pub(super) fn swap(&self, plugin: Arc<Plugin>) -> Arc<Plugin> {
        self.count(SWAPS);
        self.plugin.swap(plugin)
    }

    /// Another version stands in its directory; none where that is the one that is called.
    pub(super) fn wait(&self, waiting: Option<Waiting>) {
        self.waiting.store(waiting.map(Arc::new));
    }

    /// The version that stands in its directory and does not decide.
    pub fn waiting(&self) -> Option<Arc<Waiting>> {
        self.waiting.load_full()
    }

    /// What judges beside it and decides nothing.
    pub fn shadow(&self) -> Option<Arc<Live>> {
        self.waiting.load().as_ref()?.shadow.clone()
    }

    pub(super) fn shadow_of(&self, plugin: Arc<Plugin>) -> Arc<Live> {
        Arc::new(Live::new(plugin, self.quarantine_after))
    }

    /// See [`Plugin::replay`]; counted as a call of its own.
    pub async fn replay(&self, call: &RecordedCall, beyond: Option<Arc<dyn Reader>>) -> Replayed {
        let reads = Arc::new(RecordedReads::of(call, beyond));
        let plugin = self.plugin();
        let called = match self.refusal(&plugin) {
            Some(refused) => refused,
            None => self.noted(&plugin, plugin.decide(call, reads.clone()).await),
        };
        Replayed::of(&called, &reads)
    }

    /// A version of another point, or from another directory, is another plugin.
    ///
    /// # Errors
    /// [`Taken`] says which.
    pub(crate) fn admits(&self, point: Point, dir: &Path) -> Result<(), Taken> {
        let (id, running) = (self.id.clone(), self.plugin());
        if running.dir() != dir {
            let dir = running.dir().to_owned();
            return Err(Taken::Twice { id, dir });
        }
        if self.point != point {
            let (is, asked) = (self.point, point);
            return Err(Taken::Point { id, is, asked });
        }
        Ok(())
    }

    /// Id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it is called.
    pub fn point(&self) -> Point {
        self.point
    }

    /// The version that the next call uses.
    pub fn plugin(&self) -> Arc<Plugin> {
        self.plugin.load_full()
    }

    /// See [`Plugin::triage`].
    pub fn triage(&self, signal: &Signal, summary: &ObjectSummary) -> Called<Judgement> {
        let plugin = self.plugin();
        match self.refusal(&plugin) {
            Some(refused) => refused,
            None => self.noted(&plugin, plugin.triage(signal, summary)),
        }
    }

    /// See [`Plugin::script`].
    pub fn script(
        &self,
        severity: Severity,
        finding: &Finding,
        language: Language,
        limit: u32,
    ) -> Called<String> {
        let plugin = self.plugin();
        match self.refusal(&plugin) {
            Some(refused) => refused,
            None => self.noted(&plugin, plugin.script(severity, finding, language, limit)),
        }
    }

    /// See [`Plugin::analyse`].
    pub async fn analyse(&self, incident: &Incident, context: CallContext) -> Called<Conclusion> {
        let plugin = self.plugin();
        match self.refusal(&plugin) {
            Some(refused) => refused,
            None => self.noted(&plugin, plugin.analyse(incident, context).await),
        }
    }

    /// See [`Plugin::propose`].
    pub async fn propose(
        &self,
        incident: &Incident,
        finding: &Finding,
        context: CallContext,
    ) -> Called<Plan> {
        let plugin = self.plugin();
        match self.refusal(&plugin) {
            Some(refused) => refused,
            None => self.noted(&plugin, plugin.propose(incident, finding, context).await),
        }
    }

    /// See [`Plugin::judge_proposal`].
    pub async fn judge_proposal(
        &self,
        incident: &Incident,
        proposal: &RawProposal,
        dossier: &Arc<Dossier>,
        risk: Risk,
        context: CallContext,
    ) -> Called<Verdict> {
        let plugin = self.plugin();
        match self.refusal(&plugin) {
            Some(refused) => refused,
            None => {
                let called = plugin
                    .judge_proposal(incident, proposal, dossier, risk, context)
                    .await;
                self.noted(&plugin, called)
            }
        }
    }

    /// Counters since the host started.
    pub fn counts(&self) -> Counts {
        let [calls, guest_faults, host_faults, refused, swaps] = self
            .counts
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed));
        Counts {
            calls,
            guest_faults,
            host_faults,
            refused,
            swaps,
        }
    }

    /// The error that calls get while the plugin is in quarantine.
    pub fn quarantine(&self) -> Option<CallError> {
        let digest = self.plugin().digest().to_owned();
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let held = faults.digest == digest && faults.in_row >= self.quarantine_after;
        let last = faults.last.as_ref().filter(|_| held)?;
        Some(CallError::Quarantined {
            faults: faults.in_row,
            last: last.to_string(),
        })
    }

    /// Which version it is: before a host calls it there is nothing else to say.
    pub fn loaded(&self) -> Status {
        let plugin = self.plugin();
        Status {
            id: self.id.clone(),
            version: plugin.manifest().version.to_string(),
            point: self.point,
            digest: plugin.digest().to_owned(),
            called: None,
            waiting: self.waiting().map(|waiting| waiting.status()),
        }
    }

    /// How it is in a running host.
    pub fn status(&self) -> Status {
        Status {
            called: Some(self.called()),
            ..self.loaded()
        }
    }

    fn called(&self) -> CallStatus {
        let counts = self.counts();
        CallStatus {
            quarantine: self.quarantine().map(|error| error.to_string()),
            calls: counts.calls,
            guest_faults: counts.guest_faults,
            host_faults: counts.host_faults,
            last_fault: self.last_fault().map(|fault| fault.to_string()),
        }
    }

    /// Why the version that is called now failed last; none where it never did.
    fn last_fault(&self) -> Option<CallError> {
        let digest = self.plugin().digest().to_owned();
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.last.clone().filter(|_| faults.digest == digest)
    }

    fn refusal<T>(&self, plugin: &Plugin) -> Option<Called<T>> {
        let error = self.quarantine()?;
        self.count(REFUSED);
        Some(Called {
            result: Err(error),
            record: CallRecord::empty(plugin.id(), plugin.digest()),
        })
    }

    /// GuestFaults count for the digest that made them, even where it was replaced in the meantime.
    fn noted<T>(&self, plugin: &Plugin, called: Called<T>) -> Called<T> {
        self.count(CALLS);
        let guest_fault = matches!(&called.result, Err(e) if e.blame() == Blame::Guest);
        plugin.tally().note(called.record.duration, guest_fault);
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = faults.digest != plugin.digest();
        match &called.result {
            Ok(_) if fresh => {}
            // The last one stays known: people ask for it later.
            Ok(_) => faults.in_row = 0,
            Err(error) if error.blame() == Blame::Guest => {
                self.count(GUEST);
                let in_row = if fresh {
                    1
                } else {
                    faults.in_row.saturating_add(1)
                };
                let (digest, last) = (plugin.digest().to_owned(), Some(error.clone()));
                *faults = GuestFaults {
                    digest,
                    in_row,
                    last,
                };
            }
            Err(_) => self.count(HOST),
        }
        called
    }

    fn count(&self, which: usize) {
        if let Some(count) = self.counts.get(which) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}
