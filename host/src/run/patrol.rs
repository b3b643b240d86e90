//! The owner of time in a running host: takes each change as it comes, sweeps over everything now
//! and then, ends questions that expired, has incidents checked again, and watches the host itself.
//!
//! [`Ingest`] says what there is to judge; [`pipeline`](crate::run::pipeline) drives what triage opens.

mod drops;
mod expiry;
mod guarded;
mod home;
mod rechecks;
mod self_monitor;
mod sweep;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use k8shawk_core::record::Record;
use k8shawk_core::{Inventory, Observation};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::run::pipeline::Pipeline;
use crate::services::cluster::{Change, Drops};
use crate::services::crash_points;
use crate::services::store::StoreError;
use crate::services::telemetry::{Stage, Telemetry};
use crate::stages::ingest::{Ingest, Seen};
use crate::stages::self_monitor as own;
use crate::stages::triage::{self, Grouped};

use self::drops::Dropped;
use self::home::Home;
use self::rechecks::Rechecks;
use self::sweep::Sweep;

/// Time without progress, beside three sweeps, after which the host is said to stand still.
const SILENT: Duration = Duration::from_secs(60);

/// Most changes in front of one part of a sweep: without a bound a flood of them would end sweeps.
const IN_A_ROW: u32 = 64;

/// The incidents that have not ended, as they are read, with the time of the sweep.
type Listing = JoinHandle<(i64, Result<Vec<Record>, StoreError>)>;
/// What was read; none where the reading itself failed.
type Listed = Option<(i64, Result<Vec<Record>, StoreError>)>;

/// What is read, once it is read; never where nothing is.
async fn of(listing: &mut Option<Listing>) -> Listed {
    match listing {
        Some(listing) => listing.await.ok(),
        None => std::future::pending().await,
    }
}

/// Decides what happens when.
pub struct Patrol {
    pipeline: Arc<Pipeline>,
    ingest: Ingest,
    /// When incidents are checked again.
    rechecks: Rechecks,
    /// The look at everything that is under way.
    sweep: Option<Sweep>,
    /// True where the store failed and nothing was stored since: said once.
    unstored: bool,
    started: i64,
    /// Changes that found no room.
    dropped: Dropped,
    /// When what is judged now was taken up.
    taken_at: SystemTime,
    /// The pod of this host.
    home: Home,
}

impl Patrol {
    /// One that knows nothing of the cluster yet.
    pub fn new(pipeline: Arc<Pipeline>, inventory: Inventory, drops: Arc<Drops>) -> Patrol {
        let (started, telemetry) = (
            pipeline.services.clock.now(),
            pipeline.services.telemetry.clone(),
        );
        let home = Home::of(own::pod(&pipeline.services.config));
        Patrol {
            pipeline,
            ingest: Ingest::new(inventory, drops.clone(), telemetry),
            rechecks: Rechecks::default(),
            sweep: None,
            unstored: false,
            started,
            dropped: Dropped::of(drops),
            taken_at: SystemTime::now(),
            home,
        }
    }

    fn telemetry(&self) -> &Telemetry {
        &self.pipeline.services.telemetry
    }

    /// Take changes until the channel closes or the token is cancelled; sweep in between. A change
    /// waits for one part of a sweep at most.
    pub async fn run(mut self, mut changes: mpsc::Receiver<Change>, stop: CancellationToken) {
        let every = self.pipeline.services.config.sweep;
        self.telemetry().beats_every(SILENT + 3 * every);
        let mut sweep = tokio::time::interval(every);
        let mut in_a_row = 0;
        let mut listing: Option<Listing> = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = sweep.tick() => {
                    crash_points::reach("patrol");
                    self.safely(Patrol::begin_sweep);
                }
                change = changes.recv(), if !self.is_sweeping() || in_a_row < IN_A_ROW => {
                    in_a_row += 1;
                    match change {
                        Some(change) => self.take_safely(change),
                        None => return,
                    }
                }
                listed = of(&mut listing) => {
                    listing = None;
                    self.safely(|patrol| patrol.recheck_listed(listed));
                }
                () = std::future::ready(()), if self.is_sweeping() => {
                    in_a_row = 0;
                    if let Some(now) = self.sweep_safely() {
                        listing.get_or_insert_with(|| self.list(now));
                    }
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// The incidents that have not ended, for [`Patrol::recheck`]: they are many in a storm, so that
    /// others read and parse them.
    fn list(&self, now: i64) -> Listing {
        let services = self.pipeline.services.clone();
        tokio::task::spawn_blocking(move || (now, services.store.list(true)))
    }

    fn recheck_listed(&mut self, listed: Listed) {
        let rechecked = match listed {
            Some((now, Ok(active))) => self.recheck(now, &active),
            Some((_, Err(fault))) => Err(fault.into()),
            // The process ends, or the reading panicked: the next sweep lists again.
            None => Ok(()),
        };
        if let Err(fault) = rechecked {
            warn!(%fault, "open incidents were not checked again");
        }
    }

    /// Take one change.
    pub fn take(&mut self, change: Change) {
        let begun = Instant::now();
        self.taken_at = SystemTime::now();
        self.telemetry().change(change.kind());
        let taken = self.ingest.take(change, self.pipeline.services.clock.now());
        self.judge_all(taken.seen);
        if taken.is_listed_now {
            self.begin_sweep();
        }
        self.telemetry().took(Stage::Ingest, begun.elapsed());
    }

    /// How long the steps to a new incident took, for measurements: when its observation was taken
    /// up, when it was judged, and how long it took to store it.
    fn told_in(&self, id: &str, observation: &Observation, begun: Instant) {
        let taken_up = self.taken_at.duration_since(SystemTime::UNIX_EPOCH);
        let since = self.taken_at.elapsed().unwrap_or_default();
        debug!(
            incident = id,
            object = observation.signal.object.name,
            taken_up_us = taken_up.unwrap_or_default().as_micros(),
            judged_us = begun.elapsed().as_micros(),
            all_us = since.as_micros(),
            sweeping = self.is_sweeping(),
            "opened"
        );
    }

    /// Ask triage of each, and drive what it opens.
    fn judge_all(&mut self, seen: impl IntoIterator<Item = Seen>) {
        for one in seen {
            if !self.judge(&one.observation) {
                self.ingest.keep(one);
            }
        }
    }

    /// False where the store could not take it.
    fn judge(&mut self, observation: &Observation) -> bool {
        let begun = Instant::now();
        let signal = &observation.signal;
        let inventory = self.ingest.inventory();
        if self
            .home
            .explains(&self.pipeline.services, inventory, signal)
        {
            return true;
        }
        let grouped = triage::run(&self.pipeline.services, observation);
        self.telemetry().took(Stage::Triage, begun.elapsed());
        let outcome = grouped.as_ref().map_or("failed", Grouped::as_str);
        self.telemetry().signal(outcome);
        if let Err(fault) = &grouped {
            if !std::mem::replace(&mut self.unstored, true) {
                warn!(%fault, "cannot write to the database; retrying at every sweep");
            }
            return false;
        }
        match grouped {
            Ok(Grouped::Opened(id)) => {
                self.told_in(&id, observation, begun);
                self.telemetry().noticed(&id, self.taken_at);
                self.rechecks.hear(&id, self.pipeline.services.clock.now());
                self.pipeline.drive(&id);
            }
            Ok(Grouped::Joined(id)) => {
                self.rechecks.hear(&id, self.pipeline.services.clock.now());
            }
            Ok(Grouped::Nothing | Grouped::Victim(_) | Grouped::Echo(_)) | Err(_) => {}
        }
        true
    }
}

#[cfg(test)]
mod tests;
