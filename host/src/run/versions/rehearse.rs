//! A new version is asked what the live one was asked, and their verdicts are compared. Nothing that
//! it says is used.

use std::sync::Arc;
use std::time::{Duration, Instant};

use k8shawk_core::guard::Reader;
use k8shawk_sandbox::{Plugin, RecordedCall};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::services::store::{Compared, Store, StoreError, Tried};

/// Longest time for all calls of one rehearsal. What is left then is skipped, and counted.
const LONGEST: Duration = Duration::from_secs(10);

/// A call to be made again.
pub struct Script {
    /// Incident, or the name of its recording, or empty.
    pub incident: String,
    /// What it is about, in words.
    pub subject: String,
    /// The call.
    pub call: RecordedCall,
    /// The recording, for reads that the call did not make.
    pub beyond: Option<Arc<dyn Reader>>,
}

/// How a version did.
#[derive(Debug, Clone, Default)]
pub struct Rehearsed {
    /// The verdicts that it changes.
    pub changes: Vec<Compared>,
    /// In numbers.
    pub tried: Tried,
}

impl Rehearsed {
    /// What was found, in words.
    pub fn told(&self) -> String {
        let Tried {
            replayed,
            skipped,
            not_recorded,
            changed,
        } = self.tried;
        let mut told = format!("{changed} of {replayed} recorded calls have another verdict");
        if skipped > 0 {
            told.push_str(&format!(", {skipped} were not replayed"));
        }
        if not_recorded > 0 {
            told.push_str(&format!(", {not_recorded} reads were not recorded"));
        }
        told
    }
}

/// The last real calls of a plugin.
///
/// # Errors
/// [`StoreError`].
pub fn scripts_of(store: &Store, plugin: &str) -> Result<Vec<Script>, StoreError> {
    let kept = store.kept_calls(plugin)?.into_iter();
    let script = |kept: crate::services::store::KeptCall| Script {
        incident: kept.incident,
        subject: kept.subject,
        call: kept.call,
        beyond: None,
    };
    Ok(kept.map(script).collect())
}

/// Make calls again with a new version and with the one before it; where that is not there, its
/// recorded verdicts count. On a thread that may block: a plugin may compute until its deadline.
pub async fn rehearse(
    before: Option<Arc<Plugin>>,
    candidate: Arc<Plugin>,
    scripts: Vec<Script>,
    now: i64,
) -> Rehearsed {
    let handle = Handle::current();
    let all = scripts.len();
    // A caller that no longer waits for it ends it after the call that is under way.
    let ended = CancellationToken::new();
    let _waited = ended.clone().drop_guard();
    let work = move || {
        handle.block_on(async move {
            let until = Instant::now() + LONGEST;
            let mut rehearsed = Rehearsed::default();
            for script in scripts {
                if ended.is_cancelled() || Instant::now() > until {
                    rehearsed.tried.skipped += 1;
                    continue;
                }
                compare(&mut rehearsed, before.as_deref(), &candidate, script, now).await;
            }
            rehearsed
        })
    };
    let skipped = u64::try_from(all).unwrap_or(u64::MAX);
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Rehearsed {
            tried: Tried {
                skipped,
                ..Tried::default()
            },
            ..Rehearsed::default()
        })
}

async fn compare(
    rehearsed: &mut Rehearsed,
    before: Option<&Plugin>,
    candidate: &Plugin,
    script: Script,
    now: i64,
) {
    let tried = &mut rehearsed.tried;
    let Script {
        incident,
        subject,
        call,
        beyond,
    } = script;
    let live = match before {
        Some(before) => {
            let replayed = before.replay(&call, beyond.clone()).await;
            if replayed.may_pass() {
                tried.skipped += 1;
                return;
            }
            replayed.verdict
        }
        None => call.verdict.clone(),
    };
    let replayed = candidate.replay(&call, beyond).await;
    if replayed.may_pass() {
        tried.skipped += 1;
        return;
    }
    tried.replayed += 1;
    tried.not_recorded += u64::from(replayed.not_recorded);
    let compared = Compared {
        at: now,
        incident,
        subject,
        live,
        new: replayed.verdict,
    };
    if compared.is_change() {
        tried.changed += 1;
        rehearsed.changes.push(compared);
    }
}
