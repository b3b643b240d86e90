//! What a policy is given of a proposal beside the incident.

use k8shawk_core as core;
use k8shawk_core::owners as held;
use k8shawk_core::policy as known;

use crate::wit::imports::k8shawk::policy::{diff, ledger, origin, owners};

impl From<&known::Origin> for origin::Source {
    fn from(origin: &known::Origin) -> Self {
        match origin {
            known::Origin::Plugin(id) => origin::Source::Plugin(id.clone()),
            known::Origin::Model => origin::Source::Model,
            known::Origin::Undo => origin::Source::Undo,
        }
    }
}

impl From<&core::diff::Line> for diff::Change {
    fn from(line: &core::diff::Line) -> Self {
        diff::Change {
            path: line.path.clone(),
            before: line.before.clone(),
            after: line.after.clone(),
        }
    }
}

impl From<&known::Run> for ledger::Run {
    fn from(run: &known::Run) -> Self {
        ledger::Run {
            incident: run.incident.clone(),
            at: run.at,
            action: run.action.clone(),
            target: (&run.target).into(),
            class: run.class.clone(),
            outcome: match run.outcome {
                known::Outcome::Recovered => ledger::Outcome::Recovered,
                known::Outcome::Partly => ledger::Outcome::Partly,
                known::Outcome::Unchanged => ledger::Outcome::Unchanged,
                known::Outcome::Worse => ledger::Outcome::Worse,
                known::Outcome::Failed => ledger::Outcome::Failed,
                known::Outcome::NotKnown => ledger::Outcome::NotKnown,
            },
            approvers: run.approvers.clone(),
        }
    }
}

impl From<&held::Tool> for owners::Tool {
    fn from(tool: &held::Tool) -> Self {
        match tool {
            held::Tool::Helm(release) => owners::Tool::Helm(release.clone()),
            held::Tool::ArgoCd(application) => owners::Tool::ArgoCd(application.clone()),
            held::Tool::Flux(source) => owners::Tool::Flux(source.clone()),
            held::Tool::Operator(resource) => owners::Tool::Operator(resource.clone()),
            held::Tool::Other(name) => owners::Tool::Other(name.clone()),
        }
    }
}

impl From<&held::FieldManager> for owners::FieldManager {
    fn from(manager: &held::FieldManager) -> Self {
        owners::FieldManager {
            name: manager.name.clone(),
            write: match manager.applies {
                true => owners::Write::Apply,
                false => owners::Write::Update,
            },
            subresource: manager.subresource.clone(),
            at: manager.at.clone(),
            fields: manager.fields.clone(),
        }
    }
}
