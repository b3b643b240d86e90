//! The state of one call, which lives and dies with its store: its reads go over the guard and the
//! limits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use k8shawk_core::ObjectRef;
use k8shawk_core::grant::Limits;
use k8shawk_core::guard::{Answer, Guard, Read, ReadError, Reader, Refusal};
use k8shawk_core::policy::Dossier;
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::call::budget::Budget;
use crate::call::journal::{Journal, Overrun};
use crate::call::wasi::{HasWasi, Wasi};
use crate::call::{CallContext, CallRecord};
use crate::wit::imports::k8shawk::kubectl::types;

/// What an operator lets a plugin do, prepared once and shared by its calls.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) plugin: Arc<str>,
    pub(crate) digest: Arc<str>,
    pub(crate) guard: Guard,
    pub(crate) limits: Limits,
    /// The plugin may read the clock.
    pub(crate) clock: bool,
    /// Settings as JSON text.
    pub(crate) settings: BTreeMap<String, String>,
}

impl Granted {
    /// What WASI's clock shows when a call begins: the time of the call if the plugin may read
    /// it, and else always the same.
    fn began(&self, now_ms: i64) -> Duration {
        let told = if self.clock { now_ms } else { 0 };
        Duration::from_millis(u64::try_from(told).unwrap_or_default())
    }

    /// What WASI's random numbers follow from: the plugin.
    fn seed(&self) -> u64 {
        let digits = self.digest.get(..16).unwrap_or_default();
        u64::from_str_radix(digits, 16).unwrap_or_default()
    }
}

/// What a policy judges, as far as its capabilities tell of it.
#[derive(Clone)]
pub(crate) struct Judged {
    /// Name of the action.
    pub(crate) action: String,
    pub(crate) target: ObjectRef,
    pub(crate) dossier: Arc<Dossier>,
}

/// The state of one call: lives and dies with its store.
pub(crate) struct Call {
    pub(crate) granted: Arc<Granted>,
    pub(crate) budget: Budget,
    pub(crate) journal: Journal,
    wasi: Option<Box<Wasi>>,
    pub(crate) started: Instant,
    reader: Option<Arc<dyn Reader>>,
    /// For the policy point.
    pub(crate) judged: Option<Judged>,
    pub(crate) now_ms: i64,
    refusals: Vec<String>,
    reads: Vec<(Read, Result<Answer, ReadError>)>,
}

impl Call {
    pub(crate) fn new(granted: Arc<Granted>, context: Option<CallContext>) -> Self {
        let now_ms = context.as_ref().map_or(0, |c| c.now_ms);
        Call {
            wasi: None,
            budget: Budget::new(granted.limits),
            journal: Journal::new(granted.limits),
            granted,
            started: Instant::now(),
            reader: context.map(|c| c.reader),
            judged: None,
            now_ms,
            refusals: Vec::new(),
            reads: Vec::new(),
        }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.started + self.granted.limits.deadline
    }

    /// Take what was printed without an end of line as a line: nothing follows.
    pub(crate) fn end_lines(&self) {
        if let Some(wasi) = &self.wasi {
            wasi.end_lines();
        }
    }

    pub(crate) fn into_record(self) -> CallRecord {
        let written = self.journal.take();
        CallRecord {
            plugin: self.granted.plugin.clone(),
            digest: self.granted.digest.clone(),
            duration: self.started.elapsed(),
            memory: self.budget.memory,
            host_calls: written.host_calls,
            refusals: self.refusals,
            log: written.log,
            log_dropped: written.log_dropped,
            reads: self.reads,
            dossier: self.judged.map(|judged| judged.dossier),
        }
    }

    /// Forget what was used up so far, time too, for an instance that is called again; its memory stays.
    pub(crate) fn again(&mut self) {
        self.started = Instant::now();
        self.budget.again();
        self.journal.again();
    }

    /// What the plugin was not allowed, for the record alone.
    pub(crate) fn note_refusal(&mut self, what: String) {
        self.refusals.push(what);
    }

    /// The way of every read: limits, guard, reader. The guest hears `denied` for whatever is
    /// refused, by the grant or by the cluster; the reason goes to the record.
    pub(crate) async fn read(
        &mut self,
        read: Read,
        bytes: usize,
    ) -> wasmtime::Result<Told<Answer>> {
        if !self.journal.charge(bytes)? {
            return Ok(Err(types::ReadError::Exhausted));
        }
        let permit = match self.granted.guard.permit(read) {
            Ok(permit) => permit,
            Err(refusal) => return Ok(Err(self.refuse(refusal))),
        };
        let Some(reader) = self.reader.clone() else {
            return Ok(Err(types::ReadError::Unavailable(
                "no cluster in this call".to_owned(),
            )));
        };
        let deadline = tokio::time::Instant::from_std(self.deadline());
        // As it is permitted: a replay asks for the same.
        let read = permit.read().clone();
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
        Err(ReadError::Unavailable(self.too_large()))
    }

    /// Note that an answer is too large, and tell why.
    pub(crate) fn too_large(&mut self) -> String {
        let why = "the answers do not fit into the memory of the call (limits.memory_mib)";
        self.refusals.push(why.to_owned());
        why.to_owned()
    }

    fn refuse(&mut self, refusal: Refusal) -> types::ReadError {
        self.refusals.push(refusal.to_string());
        match refusal {
            Refusal::Invalid(what) => types::ReadError::Invalid(what),
            Refusal::Denied { .. } => types::ReadError::Denied,
        }
    }

    pub(crate) async fn text(
        &mut self,
        read: Read,
        bytes: usize,
    ) -> wasmtime::Result<Told<String>> {
        Ok(self
            .read(read, bytes)
            .await?
            .and_then(|answer| match answer {
                Answer::Text(text) => Ok(text),
                Answer::Described(described) => Ok(described.text()),
                Answer::Usage(_) => Err(types::ReadError::Unavailable("not a string".to_owned())),
            }))
    }
}

impl WasiView for Call {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.wasi().view()
    }
}

impl HasWasi for Call {
    fn wasi(&mut self) -> &mut Wasi {
        let (began, seed) = (self.granted.began(self.now_ms), self.granted.seed());
        let made = || Box::new(Wasi::new(began, seed, &self.journal));
        self.wasi.get_or_insert_with(made)
    }
}

/// The result of a read for the guest.
pub(crate) type Told<T> = Result<T, types::ReadError>;

fn told(error: ReadError) -> types::ReadError {
    match error {
        ReadError::Denied => types::ReadError::Denied,
        ReadError::NotFound => types::ReadError::NotFound,
        // The host remembers that it may pass: see `CallRecord::unanswered`.
        ReadError::Unavailable(why) | ReadError::Later(why) => types::ReadError::Unavailable(why),
    }
}
