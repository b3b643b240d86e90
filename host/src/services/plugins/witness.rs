//! Who sees every call of a plugin with its answer: what records calls, and what shadows see.

use std::sync::Arc;

use k8shawk_sandbox::{CallContext, Called, Decides, Live, Question, RecordedCall, verdict};

/// Sees every call, after its answer is there.
pub trait Witness: Send + Sync {
    /// A plugin answered. `seen` makes the record, which costs more than most calls: only a witness
    /// that wants it asks. It must not wait.
    fn called(&self, live: &Arc<Live>, seen: &dyn Fn() -> Seen);
}

/// A call with its answer.
#[derive(Clone)]
pub struct Seen {
    /// The plugin.
    pub live: Arc<Live>,
    /// What was asked, read and decided.
    pub call: RecordedCall,
}

/// What a call was made with.
pub struct Made<'a> {
    now_ms: i64,
    question: &'a (dyn Fn() -> Question + Sync),
}

impl<'a> Made<'a> {
    /// A call that reads the cluster.
    pub(super) fn with(
        context: &CallContext,
        question: &'a (dyn Fn() -> Question + Sync),
    ) -> Made<'a> {
        Made {
            now_ms: context.now_ms,
            question,
        }
    }

    /// A call that reads nothing.
    pub(super) fn alone(question: &'a (dyn Fn() -> Question + Sync)) -> Made<'a> {
        Made {
            now_ms: 0,
            question,
        }
    }

    pub(super) fn seen<T: Decides>(&self, live: &Arc<Live>, called: &Called<T>) -> Seen {
        Seen {
            live: live.clone(),
            call: RecordedCall {
                question: (self.question)(),
                now_ms: self.now_ms,
                reads: called.record.reads.clone(),
                verdict: verdict(&called.result),
            },
        }
    }
}
