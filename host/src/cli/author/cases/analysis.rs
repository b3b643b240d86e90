//! Cases of an analysis plugin: an incident in, findings out.

mod expected;

use k8shawk_core::finding::Conclusion;
use k8shawk_core::incident::Incident;
use k8shawk_sandbox::Plugin;
use serde::Deserialize;
use serde_json::{Value, json};

use self::expected::Expected;
use super::cluster::Cluster;
use super::difference::Differences;
use super::keys::Keys;
use super::place::Place;
use super::run::Tried;
use super::{cluster, incident};

/// All keys, but those of every case.
pub(super) const KEYS: &[&[&str]] = &[OWN, incident::KEYS, cluster::KEYS];
const OWN: &[&str] = &["findings", "healthy"];

/// A case whose keys are read.
pub(super) struct Case {
    incident: Incident,
    cluster: Cluster,
    wanted: Wanted,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    /// In their order; empty where no cause is found.
    findings: Option<Vec<Expected>>,
    /// A part of how the plugin knows that nothing is broken.
    healthy: Option<String>,
}

/// What the plugin must conclude.
enum Wanted {
    Findings(Vec<Expected>),
    Healthy(String),
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
        let cluster = cluster.cluster(place)?;
        let wanted = match (given.findings, given.healthy) {
            (Some(findings), None) => Wanted::Findings(findings),
            (None, Some(why)) => Wanted::Healthy(why),
            _ => return Err("either `findings` or `healthy` is needed".to_owned()),
        };
        Ok(Case {
            incident: incident.incident(None, &cluster)?,
            cluster,
            wanted,
        })
    }

    /// Ask the plugin.
    pub(super) async fn run(&self, plugin: &Plugin) -> Tried {
        let context = self.cluster.context();
        let called = plugin.analyse(&self.incident, context).await;
        Tried::of(called, |conclusion| self.wanted.compare(conclusion))
    }
}

impl Wanted {
    fn compare(&self, conclusion: &Conclusion) -> Differences {
        let mut differences = Differences::default();
        match (self, conclusion) {
            (Wanted::Healthy(part), Conclusion::Healthy(why)) => {
                differences.has("healthy", Some(part), why);
            }
            (Wanted::Healthy(part), Conclusion::Findings(_)) => {
                differences.other("healthy", part, answer(conclusion));
            }
            (Wanted::Findings(want), Conclusion::Findings(found)) if want.len() == found.len() => {
                for (at, (want, found)) in want.iter().zip(found).enumerate() {
                    want.compare(&format!("findings[{at}]"), found, &mut differences);
                }
            }
            (Wanted::Findings(want), _) => {
                differences.other("findings", want, answer(conclusion));
            }
        }
        differences
    }
}

/// A conclusion in the form of a case.
fn answer(conclusion: &Conclusion) -> Value {
    match conclusion {
        Conclusion::Healthy(why) => json!({ "healthy": why }),
        Conclusion::Findings(found) => found.iter().map(expected::answer).collect(),
    }
}
