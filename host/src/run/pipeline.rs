//! The one place where stages compose: each incident is driven along the arrows of the flow,
//! from whatever state is stored.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use k8shawk_core::record::{Record, State};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::services::Services;
use crate::services::backoff::{self, Backoff};
use crate::services::cluster::AnyCluster;
use crate::services::crash_points;
use crate::services::store::StoreError;
use crate::services::tasks::{Task, reap, words};
use crate::services::telemetry::Stage;
use crate::services::telemetry::event::TaskFailed;
use crate::stages::StageError;
use crate::stages::approve;
use crate::stages::consult;
use crate::stages::decide;
use crate::stages::document;
use crate::stages::fix;
use crate::stages::investigate;
use crate::stages::merge;
use crate::stages::notify;
use crate::stages::recover;
use crate::stages::self_monitor;

/// Incidents that are worked on at the same time.
const AT_ONCE: usize = 16;
/// Incidents that are looked into at the same time while the API server is overloaded.
const CALM: usize = 2;
/// Looks at the same time at incidents that wait for people.
const LOOKING: usize = 4;
/// First pause before a stage is tried again; it doubles with each try.
const AGAIN: Duration = Duration::from_secs(3);
/// Longest pause, unless the API server wants a longer one, or the stage panics.
const LONGEST: Duration = Duration::from_secs(30);
/// Longest pause.
const AT_MOST: Duration = Duration::from_secs(120);
/// Tries after which a person is notified: about five minutes.
const TOLD: u32 = 12;

/// Drives incidents, each by one task.
pub struct Pipeline {
    /// Services of the stages.
    pub services: Arc<Services>,
    driven: Driven,
    places: Arc<Places>,
    tasks: Mutex<JoinSet<()>>,
    marks: Arc<Marks>,
}

/// What drivers share beside their places.
#[derive(Default)]
struct Marks {
    /// No new stage begins.
    stop: CancellationToken,
    /// Why the last run of a stage failed, by incident.
    failing: Mutex<HashMap<String, String>>,
}

impl Marks {
    fn failing(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wait, unless the host stops before.
    async fn pause(&self, time: Duration) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(time) => {}
        }
    }
}

/// How many incidents are worked on. A model is slow: stages that wait for it have another
/// place, so that an approved fix never waits behind it.
struct Places {
    stages: Semaphore,
    consulting: Semaphore,
    /// While the API server is overloaded: of many that ask at once, none would be answered within
    /// the deadline of a plugin.
    calm: Semaphore,
    /// For looks at incidents that wait for people.
    looking: Semaphore,
}

/// What a stage holds while it runs.
type Place<'p> = (Option<SemaphorePermit<'p>>, Option<SemaphorePermit<'p>>);

impl Default for Places {
    fn default() -> Places {
        Places {
            stages: Semaphore::new(AT_ONCE),
            consulting: Semaphore::new(AT_ONCE),
            calm: Semaphore::new(CALM),
            looking: Semaphore::new(LOOKING),
        }
    }
}

impl Places {
    async fn of(&self, services: &Services, record: &Record) -> Place<'_> {
        let calm = self
            .calmly(services.cluster.is_overloaded(), record.state)
            .await;
        let places = match consult::is_due(services, record) {
            true => &self.consulting,
            false => &self.stages,
        };
        (calm, places.acquire().await.ok())
    }

    /// Waited for before the place itself, so that what was approved never waits behind it.
    async fn calmly(&self, overloaded: bool, state: State) -> Option<SemaphorePermit<'_>> {
        match overloaded && matches!(state, State::Open | State::Investigated) {
            true => self.calm.acquire().await.ok(),
            false => None,
        }
    }
}

/// Incidents that are driven; true where somebody asked for another look in the meantime.
type Driven = Arc<Mutex<HashMap<String, bool>>>;

/// An incident is driven as long as this lives, however its driver ends.
struct Driving {
    driven: Driven,
    id: String,
    done: bool,
}

impl Driving {
    /// True where nobody asked for another look in the meantime: then it is driven no more.
    fn is_done(&mut self) -> bool {
        let mut driven = self.driven.lock().unwrap_or_else(PoisonError::into_inner);
        match driven.get_mut(&self.id) {
            Some(again) if *again => {
                *again = false;
                false
            }
            _ => {
                driven.remove(&self.id);
                self.done = true;
                true
            }
        }
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        // Once it is done, another one may drive it.
        if !self.done {
            let mut driven = self.driven.lock().unwrap_or_else(PoisonError::into_inner);
            driven.remove(&self.id);
        }
    }
}

/// What a driver does after a stage.
enum Next {
    /// Read the stored state and continue.
    Go,
    /// Look again after this time.
    Wait(Duration),
    /// It waits for people, or it has ended.
    Rest,
}

impl Pipeline {
    /// A pipeline without work.
    pub fn new(services: Arc<Services>) -> Pipeline {
        Pipeline {
            services,
            driven: Arc::default(),
            places: Arc::default(),
            tasks: Mutex::default(),
            marks: Arc::default(),
        }
    }

    /// Drive one incident until it rests. It is driven once at a time.
    pub fn drive(&self, id: &str) {
        let mut driven = self.driven.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(again) = driven.get_mut(id) {
            *again = true;
            return;
        }
        driven.insert(id.to_owned(), false);
        drop(driven);
        let (services, places, marks) = (
            self.services.clone(),
            self.places.clone(),
            self.marks.clone(),
        );
        let mut driving = Driving {
            driven: self.driven.clone(),
            id: id.to_owned(),
            done: false,
        };
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        reap(&mut tasks, Task::Driver, &self.services.telemetry);
        tasks.spawn(async move {
            loop {
                to_rest(&services, &places, &marks, &driving.id).await;
                if driving.is_done() {
                    return;
                }
            }
        });
    }

    /// Look whether an incident that waits for people is still there; it ends where it is not, and
    /// is driven again where it has another cause.
    pub fn look_again(self: &Arc<Self>, record: &Record) {
        let (pipeline, record) = (self.clone(), record.clone());
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        reap(&mut tasks, Task::Driver, &self.services.telemetry);
        tasks.spawn(async move {
            let id = &record.incident.id;
            let _place = pipeline.places.looking.acquire().await;
            // It is checked again later anyway.
            if pipeline.services.cluster.is_overloaded() {
                return;
            }
            match investigate::look_again(&pipeline.services, &record).await {
                Ok(true) => pipeline.drive(&id.0),
                Ok(false) | Err(StageError::Store(StoreError::Moved { .. })) => {}
                Err(fault) => warn!(incident = %id, %fault, "could not be checked again"),
            }
        });
    }

    /// Take up every incident that has not ended, or whose end is not written down: after a start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn resume(&self) -> Result<usize, StoreError> {
        let undone = self.services.store.undone()?;
        undone.iter().for_each(|id| self.drive(id));
        Ok(undone.len())
    }

    /// Why the last run of an incident's stage failed; none where it did not.
    pub fn failure(&self, id: &str) -> Option<String> {
        self.marks.failing().get(id).cloned()
    }

    /// Begin no new stage, and wait for those that run. False where they take longer than
    /// `patience`: their stored state is resumed at the next start.
    pub async fn stop(&self, patience: Duration) -> bool {
        self.marks.stop.cancel();
        let mut tasks = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        let ended = async { while tasks.join_next().await.is_some() {} };
        tokio::time::timeout(patience, ended).await.is_ok()
    }

    /// Wait until no incident is driven.
    pub async fn idle(&self) {
        loop {
            if self
                .driven
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_empty()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn to_rest(services: &Services, places: &Places, marks: &Marks, id: &str) {
    let mut waits = 0_u32;
    while !marks.stop.is_cancelled() {
        let record = match services.store.get(id) {
            Ok(record) => record,
            // The database may be read again later; what it does not have, or cannot parse, stays so.
            Err(fault @ StoreError::Database { .. }) => {
                waits += 1;
                marks.failing().insert(id.to_owned(), fault.to_string());
                marks.pause(again(&StageError::Store(fault), waits)).await;
                continue;
            }
            Err(_) => return,
        };
        let held = places.of(services, &record).await;
        let next = caught(services, &record).await;
        drop(held);
        if next.is_ok() {
            marks.failing().remove(id);
        }
        match next {
            Ok(Next::Go) => waits = 0,
            Ok(Next::Wait(pause)) => marks.pause(pause).await,
            Ok(Next::Rest) => return,
            Err(StageError::Store(StoreError::Moved { .. })) => {}
            Err(fault) => {
                if waits == 0 {
                    warn!(incident = id, state = record.state.as_str(), %fault, "retrying later");
                }
                waits += 1;
                if waits == TOLD {
                    error!(incident = id, %fault, "still failing; a person is needed");
                }
                marks.failing().insert(id.to_owned(), fault.to_string());
                marks.pause(again(&fault, waits)).await;
            }
        }
    }
}

/// A stage that panics has failed as one whose service is away: the incident stays in the state
/// that is stored, and the stage is run again.
async fn caught(services: &Services, record: &Record) -> Result<Next, StageError> {
    let staged = AssertUnwindSafe(stage(services, record))
        .catch_unwind()
        .await;
    staged.unwrap_or_else(|panic| {
        let why = words(&*panic).to_owned();
        let failed = TaskFailed {
            task: Task::Driver,
            why: &why,
        };
        failed.emit_part(&services.telemetry);
        Err(StageError::Panicked(why))
    })
}

/// The pause after so many failed tries: longer each time, spread so that a hundred incidents do
/// not ask at once after an outage, and as long as the API server wants.
fn again(fault: &StageError, tries: u32) -> Duration {
    let longest = match fault {
        StageError::Panicked(_) => AT_MOST,
        _ => LONGEST,
    };
    let pauses = Backoff {
        first: AGAIN,
        longest,
    };
    let wanted = fault.retry_after().unwrap_or_default().min(AT_MOST);
    backoff::spread(pauses.after(tries).max(wanted), 3)
}

/// Run the stage that the stored state calls for.
async fn stage(services: &Services, record: &Record) -> Result<Next, StageError> {
    crash_points::reach(record.state.as_str());
    let (telemetry, id) = (&services.telemetry, record.incident.id.0.as_str());
    let document = || telemetry.stage_now(Stage::Document, id, || document::run(services, record));
    match record.state {
        State::Open | State::Investigated if record.incident.is_own() => telemetry
            .stage_now(Stage::SelfMonitor, id, || {
                self_monitor::conclude(services, record)
            })
            .map(|()| Next::Go),
        State::Open => open(services, record).await,
        State::Investigated => conclude(services, record).await.map(|()| Next::Go),
        State::Decided if approve::is_automatic(record) => telemetry
            .stage_now(Stage::Approve, id, || approve::automatic(services, record))
            .map(|()| Next::Go),
        State::Decided => telemetry
            .stage_now(Stage::Notify, id, || notify::run(services, record))
            .map(|()| Next::Go),
        State::Waiting if fix::is_undigested(record) => {
            fix::ask_again(services, record).map(|()| Next::Go)
        }
        State::Waiting | State::NeedsHuman => document().map(|()| Next::Rest),
        State::Approved => approved(services, record).await,
        State::Executing => telemetry
            .stage(Stage::Fix, id, fix::execute(services, record))
            .await
            .map(|()| Next::Go),
        State::Applied => match telemetry
            .stage(Stage::Recover, id, recover::check(services, record))
            .await?
        {
            true => Ok(Next::Go),
            false => Ok(Next::Wait(services.config.recovery_interval)),
        },
        State::Merged => Ok(Next::Rest),
        State::Cleared if record.finding.is_none() => Ok(Next::Rest),
        _ => document().map(|()| Next::Rest),
    }
}

/// An incident that was quiet for so long may have gone away by itself, milliseconds.
const QUIET: i64 = 60_000;

/// An approval may be old, as after a restart: where nothing was seen of the incident for a while,
/// it is looked at before its fix is sent. What a person wants undone is there until they say no.
async fn approved(services: &Services, record: &Record) -> Result<Next, StageError> {
    let (telemetry, id) = (&services.telemetry, record.incident.id.0.as_str());
    let quiet = services.clock.now() - record.last_seen > QUIET;
    if quiet && record.undo.is_none() {
        let look = investigate::look_again(services, record);
        telemetry.stage(Stage::Investigate, id, look).await?;
        if services.store.get(id)?.state != State::Approved {
            return Ok(Next::Go);
        }
    }
    let prepared = fix::prepare(services, record);
    telemetry.stage(Stage::Fix, id, prepared).await?;
    Ok(Next::Go)
}

async fn open(services: &Services, record: &Record) -> Result<Next, StageError> {
    let settle = i64::try_from(services.config.settle.as_millis()).unwrap_or(0);
    let left = record.incident.opened_at + settle - services.clock.now();
    if left > 0 {
        return Ok(Next::Wait(Duration::from_millis(
            u64::try_from(left).unwrap_or(0),
        )));
    }
    let id = &record.incident.id.0;
    let investigation = investigate::run(services, record, investigate::Asking::UntilAnswered);
    let investigated = services
        .telemetry
        .stage(Stage::Investigate, id, investigation)
        .await?;
    match investigated {
        investigate::Investigated::Done => Ok(Next::Go),
        investigate::Investigated::TooEarly => Ok(Next::Wait(Duration::from_secs(3))),
    }
}

/// From a finding to a decision, unless it is a part of another incident or a model has more to
/// say.
async fn conclude(services: &Services, record: &Record) -> Result<(), StageError> {
    let (telemetry, id) = (&services.telemetry, record.incident.id.0.as_str());
    // What a person asked for has its cause and its fix.
    if record.undo.is_some() {
        return telemetry
            .stage(Stage::Decide, id, decide::run(services, record))
            .await;
    }
    if telemetry.stage_now(Stage::Merge, id, || merge::run(services, record))? {
        return Ok(());
    }
    let asks = services.llm.is_some() || matches!(services.cluster, AnyCluster::Recorded(_));
    if asks
        && record.consulted.is_none()
        && telemetry
            .stage(Stage::Consult, id, consult::run(services, record))
            .await?
    {
        return Ok(());
    }
    telemetry
        .stage(Stage::Decide, id, decide::run(services, record))
        .await
}

#[cfg(test)]
mod unruled;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::cluster::ClusterError;
    use rstest::rstest;

    #[tokio::test]
    async fn few_are_looked_into_while_the_api_server_is_overloaded() {
        let places = Places::default();
        let mut held = Vec::new();
        for _ in 0..CALM {
            held.push(places.calmly(true, State::Open).await);
        }
        let one_more = places.calmly(true, State::Investigated);
        let waited = tokio::time::timeout(Duration::from_millis(50), one_more).await;
        assert!(waited.is_err());
        // What is approved does not wait, and nobody does where nothing is overloaded.
        assert!(places.calmly(true, State::Approved).await.is_none());
        assert!(places.calmly(false, State::Open).await.is_none());
    }

    fn throttled(seconds: u64) -> StageError {
        StageError::Cluster(ClusterError::Throttled {
            attempt: "get Pod web".to_owned(),
            why: "too many requests".to_owned(),
            after: (seconds > 0).then(|| Duration::from_secs(seconds)),
        })
    }

    #[rstest]
    #[case::first(0, 1, 3)]
    #[case::third(0, 3, 12)]
    #[case::many(0, 1000, 30)]
    #[case::as_long_as_the_server_wants(45, 1, 45)]
    #[case::not_for_a_day(86_400, 1, 120)]
    fn a_stage_waits_longer_each_time(#[case] after: u64, #[case] tries: u32, #[case] least: u64) {
        let pause = again(&throttled(after), tries).as_millis();
        let least = u128::from(least) * 1000;
        assert!((least..=least * 4 / 3).contains(&pause), "{pause} ms");
    }
}
