//! Triage and voice: plugins that read nothing, so their calls need no runtime, and no fiber but
//! where they import WASI.

use k8shawk_core::{Finding, Judgement, ObjectSummary, Severity, Signal};
use serde::Serialize;
use wasmtime::Store;

use crate::call::Call;
use crate::call::{CallError, Called};
use crate::engine::TICK;
use crate::prepared::end::{Stop, end, explain};
use crate::prepared::fiber::Export;
use crate::prepared::{Plugin, Prepared};
use crate::wit::imports::k8shawk::incident::types::Finding as Found;
use crate::wit::triage::TriagePlugin;
use crate::wit::triage::exports::k8shawk::triage::triage::Judgement as Judged;
use crate::wit::value::Language;
use crate::wit::voice::exports::k8shawk::voice::voice::Language as Spoken;
use crate::wit::words::passage;
use k8shawk_core::point::Point;

impl Plugin {
    /// Judge one signal. Runs on this thread, for as long as `limits.deadline_ms` at most.
    pub fn triage(&self, signal: &Signal, summary: &ObjectSummary) -> Called<Judgement> {
        self.call(|store| {
            let Prepared::Triage(pre) = &self.prepared else {
                return Err(self.not(Point::Triage));
            };
            let (signal, summary) = (signal.into(), summary.into());
            if self.wasi {
                let judge = Export::named(pre.instance_pre(), Point::Triage, "judge")?;
                let (judgement,) = judge.call::<_, (Judged,)>(store, (&signal, &summary))?;
                return Ok(judgement.into());
            }
            let plugin = pre.instantiate(&mut *store)?;
            let guest = plugin.k8shawk_triage_triage();
            Ok(guest.call_judge(store, &signal, &summary)?.into())
        })
    }

    /// Write a script of at most `limit` characters. Runs on this thread.
    pub fn script(
        &self,
        severity: Severity,
        finding: &Finding,
        language: Language,
        limit: u32,
    ) -> Called<String> {
        self.call(|store| {
            let Prepared::Voice(pre) = &self.prepared else {
                return Err(self.not(Point::Voice));
            };
            let (severity, finding, language) = (severity.into(), finding.into(), language.into());
            let script = if self.wasi {
                let script = Export::named(pre.instance_pre(), Point::Voice, "script")?;
                let given: (_, &Found, Spoken, u32) = (severity, &finding, language, limit);
                let (script,) = script.call::<_, (String,)>(store, given)?;
                script
            } else {
                let plugin = pre.instantiate(&mut *store)?;
                let guest = plugin.k8shawk_voice_voice();
                guest.call_script(store, severity, &finding, language, limit)?
            };
            let script = passage(script);
            let length = script.chars().count();
            if length > limit as usize {
                let what = format!("a script of {length} characters, the limit is {limit}");
                return Err(Stop::Known(CallError::Answer(what)));
            }
            Ok(script)
        })
    }

    /// One instance for many calls: for benchmarks, since calls share its memory. Not for a plugin
    /// that imports WASI.
    ///
    /// # Errors
    /// [`CallError`] where it is no triage plugin, or cannot be instantiated.
    pub fn triage_session(&self) -> Result<TriageSession<'_>, CallError> {
        let mut store = self.sync_store();
        let Prepared::Triage(pre) = &self.prepared else {
            return Err(CallError::Point {
                is: self.point(),
                asked: Point::Triage,
            });
        };
        match pre.instantiate(&mut store) {
            Ok(instance) => Ok(TriageSession {
                plugin: self,
                store,
                instance,
            }),
            Err(error) => Err(explain(&error, store.data(), self.granted.limits)),
        }
    }

    pub(super) fn not(&self, asked: Point) -> Stop {
        Stop::Known(CallError::Point {
            is: self.point(),
            asked,
        })
    }

    fn sync_store(&self) -> Store<Call> {
        let mut store = self.store(None);
        store.epoch_deadline_trap();
        store.set_epoch_deadline(self.ticks());
        store
    }

    /// The deadline in ticks, rounded up, and one for the tick that has begun.
    fn ticks(&self) -> u64 {
        let ticks = self
            .granted
            .limits
            .deadline
            .as_millis()
            .div_ceil(TICK.as_millis())
            + 1;
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    fn call<T: Serialize>(
        &self,
        body: impl FnOnce(&mut Store<Call>) -> Result<T, Stop>,
    ) -> Called<T> {
        let mut store = self.sync_store();
        let result = body(&mut store);
        end(store, self.granted.limits, result)
    }
}

/// One instance of a triage plugin that is called again and again.
pub struct TriageSession<'a> {
    plugin: &'a Plugin,
    store: Store<Call>,
    instance: TriagePlugin,
}

impl TriageSession<'_> {
    /// Judge one signal.
    ///
    /// # Errors
    /// [`CallError`]; after it the session is useless.
    pub fn triage(
        &mut self,
        signal: &Signal,
        summary: &ObjectSummary,
    ) -> Result<Judgement, CallError> {
        self.store.set_epoch_deadline(self.plugin.ticks());
        self.store.data_mut().again();
        let guest = self.instance.k8shawk_triage_triage();
        match guest.call_judge(&mut self.store, &signal.into(), &summary.into()) {
            Ok(judgement) => Ok(judgement.into()),
            Err(error) => Err(explain(
                &error,
                self.store.data(),
                self.plugin.granted.limits,
            )),
        }
    }
}
