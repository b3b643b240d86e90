//! The pods of a workload, sorted into failures by cause.

use k8shawk_sdk::analysis::Finding;
use k8shawk_sdk::facts;
use serde_json::Value;

use crate::case::Case;
use crate::finding::{Draft, fact};
use crate::json::{deleting, is_ready, items, name, number, text};
use crate::pod;

/// Different-looking groups of pods that are diagnosed; each costs several reads.
const GROUPS: usize = 5;

/// A pod-level cause and the pods that fail for it, the newest first.
pub struct Failure {
    /// What the pod-level analysis found on the first pod.
    pub finding: Finding,
    /// The pods.
    pub pods: Vec<Value>,
}

impl Failure {
    /// The pod that was diagnosed.
    pub fn representative(&self) -> &Value {
        self.pods.first().unwrap_or(&Value::Null)
    }

    /// Say how many of the workload's pods share the cause.
    pub fn count(&mut self, of: usize) {
        if of < 2 {
            return;
        }
        let names = self.pods.iter().map(name).collect::<Vec<_>>().join(", ");
        let n = self.pods.len();
        amend(&mut self.finding, |draft| {
            let cited = draft.cite("pods of the workload", names);
            let pods = k8shawk_sdk::count(of, "pod");
            draft.say(format!("It affects {n} of {pods} {cited}."));
        });
    }
}

/// Change a finding in place through a draft.
pub fn amend(finding: &mut Finding, change: impl FnOnce(&mut Draft)) {
    let mut draft = Draft::resume(finding.clone());
    change(&mut draft);
    *finding = draft.finish();
}

/// The failures among `pods`: one diagnosis per group of pods that look the same, and one
/// failure per cause.
pub fn failures(case: &Case, pods: &[Value]) -> Vec<Failure> {
    let mut found: Vec<Failure> = Vec::new();
    for group in groups(pods).into_iter().take(GROUPS) {
        let Some(finding) = group.first().and_then(|pod| pod::diagnose(case, pod)) else {
            continue;
        };
        match found.iter_mut().find(|f| same_cause(&f.finding, &finding)) {
            Some(known) => known.pods.extend(group),
            None => found.push(Failure {
                finding,
                pods: group,
            }),
        }
    }
    found
}

/// True where two findings tell the same cause of different pods.
pub fn same_cause(a: &Finding, b: &Finding) -> bool {
    let shared = |f: &Finding| f.shared.as_ref().map(|s| (s.kind.clone(), s.name.clone()));
    let guilty = |f: &Finding| (f.object.kind != "Pod").then(|| f.object.name.clone());
    a.class == b.class
        && fact(a, facts::CONTAINER) == fact(b, facts::CONTAINER)
        && fact(a, facts::IMAGE) == fact(b, facts::IMAGE)
        && shared(a) == shared(b)
        && guilty(a) == guilty(b)
}

/// Suspicious pods by what they look like; never-ready groups first, newest pods first.
fn groups(pods: &[Value]) -> Vec<Vec<Value>> {
    let mut suspects: Vec<&Value> = pods.iter().filter(|pod| suspicious(pod)).collect();
    suspects.sort_by_key(|pod| {
        let shell = text(pod, "/status/phase") == "Failed";
        (
            shell,
            is_ready(pod),
            std::cmp::Reverse(text(pod, "/metadata/creationTimestamp").to_owned()),
        )
    });
    let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
    for pod in suspects {
        let look = look(pod);
        match groups.iter_mut().find(|(known, _)| *known == look) {
            Some((_, group)) => group.push(pod.clone()),
            None => groups.push((look, vec![pod.clone()])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn suspicious(pod: &Value) -> bool {
    let restarted =
        statuses(pod).any(|status| number(status, "/restartCount").unwrap_or_default() > 0);
    let done = text(pod, "/status/phase") == "Succeeded";
    !done && !deleting(pod) && (restarted || !is_ready(pod))
}

fn statuses(pod: &Value) -> impl Iterator<Item = &Value> {
    items(pod, "/status/initContainerStatuses")
        .iter()
        .chain(items(pod, "/status/containerStatuses"))
}

/// What tells one group of pods from another: the revision, and how each container ended.
fn look(pod: &Value) -> String {
    let labels = ["pod-template-hash", "controller-revision-hash"];
    let revision = labels
        .iter()
        .filter_map(|label| pod.pointer("/metadata/labels")?.get(label)?.as_str())
        .collect::<String>();
    let mut look = format!("{revision}|{}", text(pod, "/status/reason"));
    for status in statuses(pod) {
        let exit = ["/lastState/terminated", "/state/terminated"]
            .iter()
            .find_map(|at| status.pointer(at))
            .map(|end| format!("{} {:?}", text(end, "/reason"), number(end, "/exitCode")));
        let how = exit.unwrap_or_else(|| waiting_family(text(status, "/state/waiting/reason")));
        look.push_str(&format!("|{}={how}", name_of(status)));
    }
    look
}

fn name_of(status: &Value) -> &str {
    text(status, "/name")
}

/// A pull alternates between its error and its back-off.
fn waiting_family(reason: &str) -> String {
    match reason {
        "ErrImagePull" | "ImagePullBackOff" => "pull".to_owned(),
        other => other.to_owned(),
    }
}
