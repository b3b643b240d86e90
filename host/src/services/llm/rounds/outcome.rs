//! What an investigation came to.

use k8shawk_core::decision::Refused;
use k8shawk_core::finding::Finding;
use k8shawk_core::llm::{Case, Concluded, Conversation, Failure, Proposal, Setup, Usage};
use serde::{Deserialize, Serialize};

use super::{PATTERNS, Run};
use crate::services::llm::progress::Progress;

/// What an investigation came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The model's name, or `patterns`.
    pub answered_by: String,
    /// Findings: the first one is the answer, the others stand beside it. Empty where there were
    /// none and no model answered.
    pub findings: Vec<Finding>,
    /// True where a model contradicts strong evidence, so that both are shown.
    pub contradicts: bool,
    /// The model's fix, as a value of the catalogue.
    pub proposal: Option<Proposal>,
    /// The model's fix, where it is none.
    pub refused_fixes: Vec<Refused>,
    /// Reads that were refused.
    pub refused_reads: Vec<String>,
    /// Why models did not answer, as `model: why`.
    pub why: Vec<String>,
    /// What was used.
    pub usage: Usage,
    /// Rounds that were begun.
    pub rounds: u32,
    /// All that was said; it replays offline.
    pub conversation: Conversation,
}

impl Outcome {
    /// The patterns' findings, where no model could be asked.
    pub(in crate::services::llm) fn unasked(
        case: &Case<'_>,
        setup: Setup,
        why: &Failure,
    ) -> Outcome {
        Outcome {
            answered_by: PATTERNS.to_owned(),
            findings: case.findings.to_vec(),
            contradicts: false,
            proposal: None,
            refused_fixes: Vec::new(),
            refused_reads: Vec::new(),
            why: vec![why.to_string()],
            usage: Usage::default(),
            rounds: 0,
            conversation: Conversation::new(setup),
        }
    }
}

impl Run<'_> {
    pub(super) fn outcome(self, concluded: Option<Concluded>, rounds: u32) -> Outcome {
        let model = self.ladder.model().to_owned();
        let (answered_by, findings, contradicts, proposal, refused) = match concluded {
            Some(done) => {
                let by = if done.by_model {
                    model
                } else {
                    PATTERNS.to_owned()
                };
                (
                    by,
                    done.findings,
                    done.contradicts,
                    done.proposal,
                    done.refused,
                )
            }
            None => (
                PATTERNS.to_owned(),
                patterns(self.case, self.loose),
                false,
                None,
                None,
            ),
        };
        let why = self.ladder.missed;
        let usage = self.ladder.usage;
        self.sink.on(&Progress::Ended {
            answered_by: &answered_by,
            why: &why,
            usage,
        });
        Outcome {
            answered_by,
            findings,
            contradicts,
            proposal,
            refused_fixes: refused.into_iter().collect(),
            refused_reads: self.refused_reads,
            why,
            usage,
            rounds,
            conversation: self.log,
        }
    }
}

/// The patterns' findings, with what a model claimed without evidence.
fn patterns(case: &Case<'_>, loose: Vec<String>) -> Vec<Finding> {
    let mut findings = case.findings.to_vec();
    if let Some(first) = findings.first_mut() {
        first.unsupported.extend(loose);
    }
    findings
}
