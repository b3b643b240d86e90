//! A call that was made, with everything that is needed to make it again with another version.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading};
use serde::{Deserialize, Serialize};

use crate::call::{CallError, Called, Question, verdict};

/// A read with its answer.
pub type AnsweredRead = (Read, Result<Answer, ReadError>);

/// One call of a plugin, as it was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordedCall {
    /// What was asked.
    pub question: Question,
    /// The time of the call, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// The reads that were permitted, in their order.
    pub reads: Vec<AnsweredRead>,
    /// What the plugin decided: see [`Decides`](crate::Decides).
    pub verdict: String,
}

/// What a version decides on a recorded call.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// Its verdict.
    pub verdict: String,
    /// Why it gave no answer.
    pub fault: Option<CallError>,
    /// Reads that nothing answered: the recorded call did not make them.
    pub not_recorded: u32,
    /// Wall-clock time of the call.
    pub took: Duration,
}

impl Replayed {
    pub(crate) fn of(called: &Called<String>, reads: &RecordedReads) -> Self {
        Replayed {
            verdict: verdict(&called.result),
            fault: called.result.as_ref().err().cloned(),
            not_recorded: reads.not_recorded(),
            took: called.record.duration,
        }
    }

    /// True where the call may answer at another time: it says nothing of the version.
    pub fn may_pass(&self) -> bool {
        self.fault.as_ref().is_some_and(CallError::may_pass)
    }
}

/// Answers reads as they were answered before. What was not read before is passed on, or is not
/// recorded.
pub(crate) struct RecordedReads {
    left: Mutex<VecDeque<AnsweredRead>>,
    all: Vec<AnsweredRead>,
    beyond: Option<Arc<dyn Reader>>,
    not_recorded: AtomicU32,
}

impl RecordedReads {
    pub(crate) fn of(call: &RecordedCall, beyond: Option<Arc<dyn Reader>>) -> Self {
        RecordedReads {
            left: Mutex::new(call.reads.iter().cloned().collect()),
            all: call.reads.clone(),
            beyond,
            not_recorded: AtomicU32::new(0),
        }
    }

    /// Reads that nothing answered so far.
    pub(crate) fn not_recorded(&self) -> u32 {
        self.not_recorded.load(Ordering::Relaxed)
    }

    /// Each answer once and in its order, since a second look may show something else; then the
    /// last one again.
    fn recorded(&self, read: &Read) -> Option<Result<Answer, ReadError>> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let next = left.iter().position(|(made, _)| made == read);
        if let Some((_, answer)) = next.and_then(|at| left.remove(at)) {
            return Some(answer);
        }
        let last = self.all.iter().rev().find(|(made, _)| made == read);
        last.map(|(_, answer)| answer.clone())
    }
}

impl Reader for RecordedReads {
    fn read(&self, permit: Permit) -> Reading<'_> {
        if let Some(answer) = self.recorded(permit.read()) {
            return Box::pin(std::future::ready(answer));
        }
        match &self.beyond {
            Some(reader) => reader.read(permit),
            None => {
                self.not_recorded.fetch_add(1, Ordering::Relaxed);
                let error = ReadError::Unavailable("not recorded".to_owned());
                Box::pin(std::future::ready(Err(error)))
            }
        }
    }
}
