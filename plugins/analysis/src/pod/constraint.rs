//! Whether a node meets what a pod demands of it.

use k8shawk_sdk::selector;
use serde_json::Value;

use super::capacity;
use super::subject::Subject;
use crate::json::{items, label, name, text};

/// Taint that a cordon puts on a node.
pub const CORDON: &str = "node.kubernetes.io/unschedulable";

/// One demand on a node's labels.
pub struct Demand {
    /// Label key.
    pub key: String,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
    pub operator: String,
    /// Values.
    pub values: Vec<String>,
    /// True for an entry of `nodeSelector`.
    pub selector: bool,
}

impl Demand {
    /// As people write it.
    pub fn shown(&self) -> String {
        match self.values.as_slice() {
            [] => format!("{} {}", self.key, self.operator),
            [value] if self.operator == "In" => format!("{}={value}", self.key),
            values => format!("{} {} ({})", self.key, self.operator, values.join(", ")),
        }
    }

    /// True where the node's labels meet it.
    pub fn met(&self, node: &Value) -> bool {
        let values = self.values.iter().map(String::as_str).collect();
        // An operator that is not known demands nothing.
        selector::Demand::of(&self.operator, values)
            .is_none_or(|demand| demand.is_met(label(node, &self.key)))
    }
}

/// What the pod demands of a node's labels. Of several affinity terms only the first is given,
/// since one is enough.
pub fn demands(pod: &Value) -> Vec<Demand> {
    let selector = pod.pointer("/spec/nodeSelector").and_then(Value::as_object);
    let mut all: Vec<Demand> = selector
        .into_iter()
        .flatten()
        .map(|(key, value)| Demand {
            key: key.clone(),
            operator: "In".to_owned(),
            values: vec![value.as_str().unwrap_or_default().to_owned()],
            selector: true,
        })
        .collect();
    if let Some(term) = terms(pod).first() {
        all.extend(of_term(term));
    }
    all
}

fn terms(pod: &Value) -> &[Value] {
    items(
        pod,
        "/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms",
    )
}

/// The label demands of one node selector term.
pub fn of_term(term: &Value) -> Vec<Demand> {
    let made = |e: &Value| Demand {
        key: text(e, "/key").to_owned(),
        operator: text(e, "/operator").to_owned(),
        values: items(e, "/values")
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        selector: false,
    };
    items(term, "/matchExpressions").iter().map(made).collect()
}

/// True where the node's labels meet the selector and one affinity term.
pub fn selected(pod: &Value, node: &Value) -> bool {
    let chosen = demands(pod)
        .iter()
        .filter(|d| d.selector)
        .all(|d| d.met(node));
    let terms = terms(pod);
    let by_name = |term: &Value| {
        items(term, "/matchFields").iter().all(|f| {
            items(f, "/values")
                .iter()
                .any(|v| v.as_str() == Some(name(node)))
        })
    };
    chosen
        && (terms.is_empty()
            || terms
                .iter()
                .any(|t| by_name(t) && of_term(t).iter().all(|d| d.met(node))))
}

/// The taints of a node that keep the pod off it.
pub fn untolerated<'n>(pod: &Value, node: &'n Value) -> Vec<&'n Value> {
    items(node, "/spec/taints")
        .iter()
        .filter(|t| matches!(text(t, "/effect"), "NoSchedule" | "NoExecute"))
        .filter(|taint| {
            !items(pod, "/spec/tolerations")
                .iter()
                .any(|t| tolerates(t, taint))
        })
        .collect()
}

fn tolerates(toleration: &Value, taint: &Value) -> bool {
    let effect = text(toleration, "/effect");
    if !effect.is_empty() && effect != text(taint, "/effect") {
        return false;
    }
    let key = text(toleration, "/key");
    match text(toleration, "/operator") {
        "Exists" => key.is_empty() || key == text(taint, "/key"),
        _ => key == text(taint, "/key") && text(toleration, "/value") == text(taint, "/value"),
    }
}

/// A taint as people write it.
pub fn taint(taint: &Value) -> String {
    match text(taint, "/value") {
        "" => format!("{}:{}", text(taint, "/key"), text(taint, "/effect")),
        value => format!("{}={value}:{}", text(taint, "/key"), text(taint, "/effect")),
    }
}

/// True for a node that was cordoned.
pub fn cordoned(node: &Value) -> bool {
    node.pointer("/spec/unschedulable").and_then(Value::as_bool) == Some(true)
}

/// True where nothing but the cordon keeps the pod off this node.
pub fn only_cordon(subject: &Subject, node: &Value) -> bool {
    let others = untolerated(subject.pod, node)
        .into_iter()
        .any(|t| text(t, "/key") != CORDON);
    cordoned(node) && !others && selected(subject.pod, node) && capacity::fits(subject, node)
}
