//! Cases of a policy: a proposal in, a verdict out.

use std::sync::Arc;

use k8shawk_core::fix::Risk;
use k8shawk_core::incident::Incident;
use k8shawk_core::policy::{Dossier, Verdict};
use k8shawk_sandbox::{Plugin, RawProposal};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::difference::Differences;
use super::keys::Keys;
use super::place::Place;
use super::run::Tried;
use super::{cluster, dossier, incident, proposal};

/// All keys, but those of every case.
pub(super) const KEYS: &[&[&str]] = &[OWN, dossier::KEYS, incident::KEYS, cluster::KEYS];
const OWN: &[&str] = &["risk", "proposal", "verdict"];

/// A case whose keys are read.
pub(super) struct Case {
    incident: Incident,
    proposal: RawProposal,
    dossier: Arc<Dossier>,
    risk: Risk,
    cluster: Cluster,
    verdict: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    risk: Risk,
    proposal: proposal::Given,
    verdict: Expected,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    is: Word,
    /// A part of the reason of a `deny`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// In any order.
    #[serde(skip_serializing_if = "Option::is_none")]
    approvers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
}

/// Which verdict it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Allow,
    Auto,
    RequireApproval,
    Deny,
}

impl Case {
    /// Read the keys of the point.
    ///
    /// # Errors
    /// A sentence with the key and what may stand there.
    pub(super) fn parse(mut keys: Keys, place: &Place<'_>) -> Result<Case, String> {
        let cluster: cluster::Given = keys.take(cluster::KEYS)?;
        let incident: incident::Given = keys.take(incident::KEYS)?;
        let dossier: dossier::Given = keys.take(dossier::KEYS)?;
        let given: Given = keys.take(OWN)?;
        let cluster = cluster.cluster(place)?;
        given.proposal.known("proposal")?;
        let proposal = given.proposal.proposal();
        let incident = incident.incident(Some(&proposal.target), &cluster)?;
        Ok(Case {
            dossier: Arc::new(dossier.dossier(&incident, &proposal)?),
            incident,
            proposal,
            risk: given.risk,
            cluster,
            verdict: given.verdict.checked()?,
        })
    }

    /// Ask the policy.
    pub(super) async fn run(&self, plugin: &Plugin) -> Tried {
        let (incident, proposal) = (&self.incident, &self.proposal);
        let context = self.cluster.context();
        let called = plugin
            .judge_proposal(incident, proposal, &self.dossier, self.risk, context)
            .await;
        Tried::of(called, |verdict| self.verdict.compare(verdict))
    }
}

impl Expected {
    /// What no verdict of this word has cannot be wanted of it.
    fn checked(mut self) -> Result<Expected, String> {
        let stray = match self.is {
            Word::Deny => [
                ("approvers", self.approvers.is_some()),
                ("count", self.count.is_some()),
            ],
            Word::RequireApproval => [("reason", self.reason.is_some()), ("", false)],
            Word::Allow | Word::Auto => [
                ("reason", self.reason.is_some()),
                (
                    "approvers or count",
                    self.approvers.is_some() || self.count.is_some(),
                ),
            ],
        };
        if let Some((key, _)) = stray.iter().find(|(_, given)| *given) {
            return Err(format!("key \"verdict\": {} has no {key}", json!(self.is)));
        }
        if let Some(approvers) = &mut self.approvers {
            approvers.sort();
        }
        Ok(self)
    }

    fn compare(&self, verdict: &Verdict) -> Differences {
        let mut differences = Differences::default();
        if Word::of(verdict) != self.is {
            differences.other("verdict", self, answer(verdict));
            return differences;
        }
        match verdict {
            Verdict::Allow | Verdict::Auto => {}
            Verdict::Deny(why) => differences.has("verdict.reason", self.reason.as_ref(), why),
            Verdict::RequireApproval(rule) => {
                let mut approvers = rule.approvers.clone();
                approvers.sort();
                differences.equal("verdict.approvers", self.approvers.as_ref(), &approvers);
                differences.equal("verdict.count", self.count.as_ref(), &rule.count);
            }
        }
        differences
    }
}

/// A verdict in the form of a case.
fn answer(verdict: &Verdict) -> Value {
    let is = Word::of(verdict);
    match verdict {
        Verdict::Allow | Verdict::Auto => json!({ "is": is }),
        Verdict::Deny(why) => json!({ "is": is, "reason": why }),
        Verdict::RequireApproval(rule) => {
            json!({ "is": is, "approvers": rule.approvers, "count": rule.count })
        }
    }
}

impl Word {
    fn of(verdict: &Verdict) -> Word {
        match verdict {
            Verdict::Allow => Word::Allow,
            Verdict::Auto => Word::Auto,
            Verdict::RequireApproval(_) => Word::RequireApproval,
            Verdict::Deny(_) => Word::Deny,
        }
    }
}
