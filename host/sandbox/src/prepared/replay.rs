//! A recorded call, made again with this version.

use std::sync::Arc;

use k8shawk_core::guard::Reader;
use k8shawk_core::policy::Dossier;

use crate::call::{CallContext, Called, Decides, Question, RecordedCall, RecordedReads, Replayed};
use crate::prepared::Plugin;

impl Plugin {
    /// What this version decides where it is asked what was recorded, at the same time and with the
    /// same answers of its reads. Reads that were not made before go to `beyond`; without one they
    /// are not recorded.
    pub async fn replay(&self, call: &RecordedCall, beyond: Option<Arc<dyn Reader>>) -> Replayed {
        let reads = Arc::new(RecordedReads::of(call, beyond));
        let called = self.decide(call, reads.clone()).await;
        Replayed::of(&called, &reads)
    }

    pub(crate) async fn decide(
        &self,
        call: &RecordedCall,
        reads: Arc<RecordedReads>,
    ) -> Called<String> {
        let context = CallContext {
            reader: reads,
            now_ms: call.now_ms,
        };
        match &call.question {
            Question::Triage { signal, summary } => decided(self.triage(signal, summary)),
            Question::Analysis { incident } => decided(self.analyse(incident, context).await),
            Question::Fix { incident, finding } => {
                decided(self.propose(incident, finding, context).await)
            }
            Question::Policy {
                incident,
                proposal,
                dossier,
                risk,
            } => {
                let dossier = Arc::new(Dossier::clone(dossier));
                let judging = self.judge_proposal(incident, proposal, &dossier, *risk, context);
                decided(judging.await)
            }
            Question::Voice {
                severity,
                finding,
                language,
                limit,
            } => decided(self.script(*severity, finding, *language, *limit)),
        }
    }
}

fn decided<T: Decides>(called: Called<T>) -> Called<String> {
    Called {
        result: called.result.map(|answer| answer.verdict()),
        record: called.record,
    }
}
