//! What a call can reach: the functions that the host lends, over the guard and the limits.

mod verbs;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use k8shawk_core::grant::Limits;
use k8shawk_core::guard::{Answer, Guard, Read, ReadError, Reader, Refusal};
use k8shawk_core::policy::Origin;

use crate::bindings::lent::k8shawk::kubectl::types;
use crate::budget::{Budget, Overrun};
use crate::call::{CallContext, CallRecord, Level};
use crate::wasi::Wasi;

/// What an operator lets a plugin do, prepared once and shared by its calls.
#[derive(Debug)]
pub(crate) struct Lent {
    pub(crate) plugin: Arc<str>,
    pub(crate) digest: Arc<str>,
    pub(crate) guard: Guard,
    pub(crate) limits: Limits,
    /// The plugin is told the time.
    pub(crate) clock: bool,
    /// Settings as JSON text.
    pub(crate) settings: BTreeMap<String, String>,
}

impl Lent {
    /// What WASI's clock shows when a call begins: the time of the call where the plugin is told
    /// it, and else always the same.
    fn began_ns(&self, now_ms: i64) -> u64 {
        let told = if self.clock { now_ms } else { 0 };
        u64::try_from(told)
            .unwrap_or_default()
            .saturating_mul(1_000_000)
    }

    /// What WASI's random numbers follow from: the component.
    fn seed(&self) -> u64 {
        let digits = self.digest.get(..16).unwrap_or_default();
        u64::from_str_radix(digits, 16).unwrap_or_default()
    }
}

/// The state of one call: lives and dies with its store.
pub(crate) struct Call {
    lent: Arc<Lent>,
    pub(crate) budget: Budget,
    pub(crate) wasi: Wasi,
    pub(crate) started: Instant,
    reader: Option<Arc<dyn Reader>>,
    /// Who proposed what is judged; for the policy point.
    pub(crate) origin: Option<Origin>,
    now_ms: i64,
    refusals: Vec<String>,
    log: Vec<(Level, String)>,
    log_dropped: u32,
    reads: Vec<(Read, Result<Answer, ReadError>)>,
}

impl Call {
    pub(crate) fn new(lent: Arc<Lent>, context: Option<CallContext>) -> Self {
        let now_ms = context.as_ref().map_or(0, |c| c.now_ms);
        let wasi = Wasi::new(lent.began_ns(now_ms), lent.seed());
        Call {
            wasi,
            budget: Budget::new(lent.limits),
            lent,
            started: Instant::now(),
            reader: context.map(|c| c.reader),
            origin: None,
            now_ms,
            refusals: Vec::new(),
            log: Vec::new(),
            log_dropped: 0,
            reads: Vec::new(),
        }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.started + self.lent.limits.deadline
    }

    pub(crate) fn into_record(mut self) -> CallRecord {
        self.end_lines();
        CallRecord {
            plugin: self.lent.plugin.clone(),
            digest: self.lent.digest.clone(),
            duration: self.started.elapsed(),
            memory: self.budget.memory,
            host_calls: self.budget.host_calls,
            refusals: self.refusals,
            log: self.log,
            log_dropped: self.log_dropped,
            reads: self.reads,
        }
    }

    /// What the plugin was not allowed, for the record alone.
    pub(crate) fn note_refusal(&mut self, what: String) {
        self.refusals.push(what);
    }

    /// A line in the log, within the limits.
    pub(crate) fn say(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        if self.budget.charge(message.len())? {
            self.log.push((level, message));
        } else {
            self.log_dropped = self.log_dropped.saturating_add(1);
        }
        Ok(())
    }

    /// The way of every read: limits, guard, reader. The guest hears `denied` for whatever is
    /// refused, by the grant or by the cluster; the reason goes to the record.
    async fn read(&mut self, read: Read, bytes: usize) -> wasmtime::Result<Told<Answer>> {
        if !self.budget.charge(bytes)? {
            return Ok(Err(types::ReadError::Exhausted));
        }
        let permit = match self.lent.guard.permit(read.clone()) {
            Ok(permit) => permit,
            Err(refusal) => return Ok(Err(self.refuse(refusal))),
        };
        let Some(reader) = self.reader.clone() else {
            return Ok(Err(types::ReadError::Unavailable(
                "no cluster in this call".to_owned(),
            )));
        };
        let deadline = tokio::time::Instant::from_std(self.deadline());
        let answer = tokio::time::timeout_at(deadline, reader.read(permit))
            .await
            .map_err(|_| Overrun::Waiting)?;
        let answer = self.admit(answer);
        if answer == Err(ReadError::Denied) {
            self.refusals
                .push(format!("the cluster (RBAC) refuses {read:?}"));
        }
        self.reads.push((read, answer.clone()));
        Ok(answer.map_err(told))
    }

    /// An answer that is too large becomes another answer: a replay must see the same.
    fn admit(&mut self, answer: Result<Answer, ReadError>) -> Result<Answer, ReadError> {
        if self.budget.admit(answer.as_ref().map_or(0, Answer::size)) {
            return answer;
        }
        let why = "the answers would not fit into the memory of the call (limits.memory_mib)";
        self.refusals.push(why.to_owned());
        Err(ReadError::Unavailable(why.to_owned()))
    }

    fn refuse(&mut self, refusal: Refusal) -> types::ReadError {
        self.refusals.push(refusal.to_string());
        match refusal {
            Refusal::Invalid(what) => types::ReadError::Invalid(what),
            Refusal::Denied { .. } => types::ReadError::Denied,
        }
    }

    async fn text(&mut self, read: Read, bytes: usize) -> wasmtime::Result<Told<String>> {
        Ok(self
            .read(read, bytes)
            .await?
            .and_then(|answer| match answer {
                Answer::Text(text) => Ok(text),
                Answer::Described(described) => Ok(described.text()),
                Answer::Usage(_) => Err(types::ReadError::Unavailable("not a text".to_owned())),
            }))
    }
}

/// What the guest is told of a read.
type Told<T> = Result<T, types::ReadError>;

fn told(error: ReadError) -> types::ReadError {
    match error {
        ReadError::Denied => types::ReadError::Denied,
        ReadError::NotFound => types::ReadError::NotFound,
        // The host remembers that it may pass: see `CallRecord::unanswered`.
        ReadError::Unavailable(why) | ReadError::Later(why) => types::ReadError::Unavailable(why),
    }
}
