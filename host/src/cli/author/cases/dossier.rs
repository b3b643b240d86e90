//! What a policy sees of a proposal beside the incident.

use k8shawk_core::ObjectRef;
use k8shawk_core::diff::{Diff, Line};
use k8shawk_core::finding::Finding;
use k8shawk_core::incident::Incident;
use k8shawk_core::policy::{Dossier, Origin, Outcome, Run};
use k8shawk_sandbox::RawProposal;
use serde::Deserialize;

use super::finding::{self, About};
use super::moment::Moment;
use super::object::Object;
use super::proposal;

/// Its keys.
pub(super) const KEYS: &[&str] = &["origin", "finding", "diff", "ledger"];

/// As it stands in a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    /// Who proposed it: `plugin ID`, `model`, `undo`; the shipped fix plugin where none.
    #[serde(default)]
    origin: Option<String>,
    /// What it is for: of the class of the incident where none.
    #[serde(default)]
    finding: Option<finding::Given>,
    /// What the fix would change; no dry run where none.
    #[serde(default)]
    diff: Option<Vec<Change>>,
    /// Earlier fixes, in any order.
    #[serde(default)]
    ledger: Vec<Earlier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    path: String,
    #[serde(default)]
    before: Option<String>,
    #[serde(default)]
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Earlier {
    /// `inc-101`, `inc-102`, ... in their order where none.
    #[serde(default)]
    incident: Option<String>,
    at: Moment,
    outcome: Outcome,
    /// That of the proposal where none.
    #[serde(default)]
    action: Option<String>,
    /// That of the proposal where none.
    #[serde(default)]
    target: Option<Object>,
    /// That of the finding where none.
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    approvers: Vec<String>,
}

impl Given {
    /// What the policy sees.
    ///
    /// # Errors
    /// A sentence with the key and what may stand there.
    pub(super) fn dossier(
        self,
        incident: &Incident,
        proposed: &RawProposal,
    ) -> Result<Dossier, String> {
        for (at, earlier) in self.ledger.iter().enumerate() {
            let key = format!("ledger[{at}].action");
            let action = earlier.action.as_deref();
            action.map_or(Ok(()), |action| proposal::action(&key, action))?;
        }
        let finding = finding(self.finding, incident)?;
        let earlier = self.ledger.into_iter().enumerate();
        let mut ledger: Vec<Run> = earlier
            .map(|(at, earlier)| earlier.run(at, proposed, &finding))
            .collect();
        ledger.sort_by_key(|run| std::cmp::Reverse(run.at));
        let lines = |diff: Vec<Change>| diff.into_iter().map(Line::from).collect();
        Ok(Dossier {
            origin: origin(self.origin)?,
            diff: self.diff.map(|diff| Diff { lines: lines(diff) }),
            ledger: Some(ledger),
            finding,
        })
    }
}

/// About what the incident is; of its class, where the case says no more.
fn finding(given: Option<finding::Given>, incident: &Incident) -> Result<Finding, String> {
    let about = About {
        object: incident.object.clone(),
        owner: incident.owner.clone(),
        severity: incident.severity,
    };
    let given = given.unwrap_or_else(|| finding::Given::of(&incident.class));
    given.finding(Some(about))
}

fn origin(given: Option<String>) -> Result<Origin, String> {
    let Some(text) = given else {
        return Ok(Origin::Plugin("fix".to_owned()));
    };
    Origin::parse(&text).ok_or_else(|| {
        format!("key \"origin\": {text:?} is none of \"plugin ID\", \"model\" and \"undo\"")
    })
}

impl From<Change> for Line {
    fn from(change: Change) -> Line {
        Line {
            path: change.path,
            before: change.before,
            after: change.after,
        }
    }
}

impl Earlier {
    fn run(self, at: usize, proposal: &RawProposal, finding: &Finding) -> Run {
        let number = at + 101;
        let target = self.target.map(ObjectRef::from);
        Run {
            incident: self.incident.unwrap_or_else(|| format!("inc-{number}")),
            at: self.at.millisecond(),
            action: self.action.unwrap_or_else(|| proposal.action.clone()),
            target: target.unwrap_or_else(|| proposal.target.clone()),
            class: self.class.unwrap_or_else(|| finding.class.clone()),
            outcome: self.outcome,
            approvers: self.approvers,
        }
    }
}

#[cfg(test)]
mod tests {
    use k8shawk_core::incident::IncidentId;
    use k8shawk_core::severity::Severity;

    use super::*;

    fn read(case: &str) -> Result<Dossier, String> {
        let pod = ObjectRef::of("Pod", "shop", "web");
        let incident = Incident {
            id: IncidentId("inc-1".to_owned()),
            class: "oom".to_owned(),
            severity: Severity::High,
            object: pod.clone(),
            owner: pod.clone(),
            signals: Vec::new(),
            victims: Vec::new(),
            opened_at: 0,
        };
        let proposal = RawProposal {
            action: "delete-pod".to_owned(),
            target: pod,
            parameters: Vec::new(),
            rationale: String::new(),
        };
        let given: Given = toml::from_str(case).map_err(|error| error.to_string())?;
        given.dossier(&incident, &proposal)
    }

    #[test]
    fn a_case_says_what_is_seen_and_the_proposal_says_the_rest() {
        let case = r#"
            origin = "model"
            diff = [{ path = "spec.replicas", before = "1", after = "3" }]
            [finding]
            class = "crash-loop"
            confidence = 40
            [[ledger]]
            at = "2026-01-01T00:00:00Z"
            outcome = "recovered"
            [[ledger]]
            at = "2026-01-02T00:00:00Z"
            outcome = "not-known"
            action = "evict-pod"
            class = "oom"
            target = { kind = "Pod", namespace = "shop", name = "api" }
            approvers = ["ada"]
        "#;
        let seen = read(case).unwrap();
        assert_eq!((seen.origin, seen.finding.confidence), (Origin::Model, 40));
        assert_eq!(seen.diff.unwrap().to_string(), "~ spec.replicas: 1 -> 3");
        let [newest, oldest] = &seen.ledger.unwrap()[..] else {
            panic!("two earlier fixes");
        };
        assert_eq!(newest.outcome, Outcome::NotKnown);
        assert_eq!(newest.target.to_string(), "Pod shop/api");
        assert_eq!(
            (oldest.action.as_str(), oldest.class.as_str()),
            ("delete-pod", "crash-loop")
        );
        assert_eq!(oldest.target.to_string(), "Pod shop/web");
        assert_eq!(oldest.at, 1_767_225_600_000);
    }

    #[test]
    fn a_case_that_says_nothing_has_an_empty_ledger_and_no_dry_run() {
        let seen = read("").unwrap();
        assert_eq!((seen.diff, seen.ledger), (None, Some(Vec::new())));
        assert_eq!(seen.finding.class, "oom");
        let wrong = read("[[ledger]]\nat = \"2026-01-01T00:00:00Z\"\noutcome = \"fine\"");
        assert!(wrong.unwrap_err().contains("not-known"));
    }
}
