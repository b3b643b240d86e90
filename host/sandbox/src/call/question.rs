//! What a plugin is asked, at any point, as it is recorded.

use k8shawk_core::fix::Risk;
use k8shawk_core::point::Point;
use k8shawk_core::policy::Dossier;
use k8shawk_core::{Finding, Incident, ObjectSummary, Severity, Signal};
use serde::{Deserialize, Serialize};

use crate::wit::value::{Language, RawProposal};

/// The arguments of one call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// See [`Plugin::triage`](crate::Plugin::triage).
    Triage {
        /// What was observed.
        signal: Box<Signal>,
        /// Its object.
        summary: ObjectSummary,
    },
    /// See [`Plugin::analyse`](crate::Plugin::analyse).
    Analysis {
        /// What is wrong.
        incident: Box<Incident>,
    },
    /// See [`Plugin::propose`](crate::Plugin::propose).
    Fix {
        /// What is wrong.
        incident: Box<Incident>,
        /// Why.
        finding: Box<Finding>,
    },
    /// See [`Plugin::judge_proposal`](crate::Plugin::judge_proposal).
    Policy {
        /// What is wrong.
        incident: Box<Incident>,
        /// What is proposed.
        proposal: Box<RawProposal>,
        /// What policies see of it.
        dossier: Box<Dossier>,
        /// How dangerous it is.
        risk: Risk,
    },
    /// See [`Plugin::script`](crate::Plugin::script).
    Voice {
        /// How bad it is.
        severity: Severity,
        /// What is said.
        finding: Box<Finding>,
        /// In which language.
        language: Language,
        /// Most characters.
        limit: u32,
    },
}

impl Question {
    /// Where it is asked.
    pub fn point(&self) -> Point {
        match self {
            Question::Triage { .. } => Point::Triage,
            Question::Analysis { .. } => Point::Analysis,
            Question::Fix { .. } => Point::Fix,
            Question::Policy { .. } => Point::Policy,
            Question::Voice { .. } => Point::Voice,
        }
    }

    /// The id of the incident that it is about; none before there is one.
    pub fn incident(&self) -> Option<&str> {
        match self {
            Question::Analysis { incident }
            | Question::Fix { incident, .. }
            | Question::Policy { incident, .. } => Some(&incident.id.0),
            Question::Triage { .. } | Question::Voice { .. } => None,
        }
    }

    /// What it is about, in words: two questions of one incident with the same words ask the same.
    pub fn subject(&self) -> String {
        match self {
            Question::Triage { signal, .. } => format!("{} of {}", signal.reason, signal.object),
            Question::Analysis { incident } => format!("{} of {}", incident.class, incident.owner),
            Question::Fix { finding, .. } => format!("{} of {}", finding.class, finding.owner),
            Question::Policy {
                proposal, dossier, ..
            } => {
                let values = proposal.parameters.iter().map(|(k, v)| format!(" {k}={v}"));
                let values: String = values.collect();
                let (action, target) = (&proposal.action, &proposal.target);
                format!("{action} {target}{values} by {}", dossier.origin)
            }
            Question::Voice {
                finding, language, ..
            } => format!("{} of {} in {language:?}", finding.class, finding.owner),
        }
    }
}
