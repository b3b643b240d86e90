//! The stages of the flow, as labels and names of spans.

/// A stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// From a change to an observation.
    Ingest,
    /// From an observation to an incident.
    Triage,
    /// From an incident to a finding.
    Investigate,
    /// Incidents with one cause become one.
    Merge,
    /// A model is asked.
    Consult,
    /// From a finding to a decision.
    Decide,
    /// People are told.
    Notify,
    /// A person's yes or no.
    Approve,
    /// One approved fix is executed.
    Fix,
    /// Did it help?
    Recover,
    /// What happened is written down.
    Document,
    /// The host looks at itself.
    SelfMonitor,
}

impl Stage {
    /// Every stage, in the order of the flow.
    pub const ALL: [Stage; 12] = [
        Stage::Ingest,
        Stage::Triage,
        Stage::Investigate,
        Stage::Merge,
        Stage::Consult,
        Stage::Decide,
        Stage::Notify,
        Stage::Approve,
        Stage::Fix,
        Stage::Recover,
        Stage::Document,
        Stage::SelfMonitor,
    ];

    /// Its label.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Ingest => "ingest",
            Stage::Triage => "triage",
            Stage::Investigate => "investigate",
            Stage::Merge => "merge",
            Stage::Consult => "consult",
            Stage::Decide => "decide",
            Stage::Notify => "notify",
            Stage::Approve => "approve",
            Stage::Fix => "fix",
            Stage::Recover => "recover",
            Stage::Document => "document",
            Stage::SelfMonitor => "self-monitor",
        }
    }
}
