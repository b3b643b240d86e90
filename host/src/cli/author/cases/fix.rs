//! Cases of a fix plugin: a finding in, proposals or the next human check out.

use k8shawk_core::finding::Finding;
use k8shawk_core::fix::Fix;
use k8shawk_core::incident::Incident;
use k8shawk_sandbox::{Plan, Plugin, RawProposal};
use serde::Deserialize;
use serde_json::Value;

use super::cluster::Cluster;
use super::difference::Differences;
use super::finding::About;
use super::keys::Keys;
use super::place::Place;
use super::run::Tried;
use super::{cluster, finding, incident, proposal};

/// All keys, but those of every case.
pub(super) const KEYS: &[&[&str]] = &[OWN, incident::KEYS, cluster::KEYS];
const OWN: &[&str] = &["finding", "proposals", "next_check"];

/// A case whose keys are read.
pub(super) struct Case {
    incident: Incident,
    finding: Finding,
    cluster: Cluster,
    wanted: Wanted,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    finding: finding::Given,
    proposals: Vec<proposal::Given>,
    next_check: Option<String>,
}

/// What the plugin must propose.
struct Wanted {
    /// The best first; empty where no fix is safe.
    proposals: Vec<proposal::Given>,
    /// A part of it.
    next_check: Option<String>,
}

impl Case {
    /// Read the keys of the point.
    ///
    /// # Errors
    /// A sentence with the key and what may stand there.
    pub(super) fn parse(mut keys: Keys, place: &Place<'_>) -> Result<Case, String> {
        let cluster: cluster::Given = keys.take(cluster::KEYS)?;
        let incident: incident::Given = keys.take(incident::KEYS)?;
        let given: Given = keys.take(OWN)?;
        let proposals = given.proposals.iter().enumerate();
        for (at, proposal) in proposals {
            proposal.known(&format!("proposals[{at}]"))?;
        }
        let cluster = cluster.cluster(place)?;
        let incident = incident.incident(given.finding.object().as_ref(), &cluster)?;
        let about = About {
            object: incident.object.clone(),
            owner: incident.owner.clone(),
            severity: incident.severity,
        };
        Ok(Case {
            finding: given.finding.finding(Some(about))?,
            incident,
            cluster,
            wanted: Wanted {
                proposals: given.proposals,
                next_check: given.next_check,
            },
        })
    }

    /// Ask the plugin.
    pub(super) async fn run(&self, plugin: &Plugin) -> Tried {
        let context = self.cluster.context();
        let called = plugin.propose(&self.incident, &self.finding, context).await;
        Tried::of(called, |plan| self.wanted.compare(plan))
    }
}

impl Wanted {
    fn compare(&self, plan: &Plan) -> Differences {
        let mut differences = Differences::default();
        let found = &plan.proposals;
        match self.proposals.len() == found.len() {
            true => {
                for (at, (want, found)) in self.proposals.iter().zip(found).enumerate() {
                    compare(&format!("proposals[{at}]"), want, found, &mut differences);
                }
            }
            false => {
                let all: Value = found.iter().map(proposal::answer).collect();
                differences.other("proposals", &self.proposals, all);
            }
        }
        differences.has("next_check", self.next_check.as_ref(), &plan.next_check);
        differences
    }
}

fn compare(key: &str, want: &proposal::Given, found: &RawProposal, into: &mut Differences) {
    let of = |name: &str| format!("{key}.{name}");
    let target = &found.target;
    into.equal(&of("action"), Some(&want.action), &found.action);
    into.equal(&of("kind"), Some(&want.kind), &target.kind);
    into.equal(&of("namespace"), Some(&want.namespace), &target.namespace);
    into.equal(&of("name"), Some(&want.name), &target.name);
    let parameters = found.parameters.iter().cloned().collect();
    into.equal(&of("parameters"), want.parameters.as_ref(), &parameters);
    into.has(&of("rationale"), want.rationale.as_ref(), &found.rationale);
    // The host would refuse it, whatever the case wants.
    if let Err(why) = Fix::parse(&found.action, target.clone(), &found.parameters) {
        into.other(key, &"a fix of the catalogue", why.to_string().into());
    }
}
