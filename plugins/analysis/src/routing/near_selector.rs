//! Pods that a Service nearly selects.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::case::Case;
use crate::json::{deleting, has_labels, name, pairs, spoken, text, written};
use crate::near;

/// Labels that controllers write; a selector is not meant to name them.
const MACHINE: &[&str] = &[
    "pod-template-hash",
    "controller-revision-hash",
    "pod-template-generation",
    "statefulset.kubernetes.io/pod-name",
    "apps.kubernetes.io/pod-index",
];

/// A workload that a corrected selector would match.
#[derive(Clone)]
pub struct Candidate {
    /// The workload in words.
    pub workload: String,
    /// One of its pods.
    pub pod: String,
    /// The labels of that pod.
    pub labels: String,
    /// The corrected selector.
    pub selector: String,
    /// What differs, in words.
    pub difference: String,
    /// True where the difference can only be a slip, not another workload.
    pub sure: bool,
    /// How many pods of the namespace the corrected selector matches.
    pub pods: usize,
}

/// What a Service nearly selects.
pub enum Near {
    /// One workload, by one unique correction.
    One(Box<Candidate>),
    /// Several workloads.
    Several(Vec<String>),
    /// Nothing.
    None,
}

/// The workloads whose pods differ from the Service's selector in one key or value.
pub fn nearest(case: &Case, service: &Value) -> Near {
    let selector = pairs(service, "/spec/selector");
    let pods = case.list("Pod", text(service, "/metadata/namespace"));
    let live: Vec<&Value> = pods
        .iter()
        .filter(|pod| {
            !deleting(pod) && !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
        })
        .collect();
    let mut found: BTreeMap<(String, String), Candidate> = BTreeMap::new();
    for pod in &live {
        let Some(Correction {
            selector,
            difference,
            sure,
        }) = correction(&selector, pod)
        else {
            continue;
        };
        let owner = spoken(&crate::owner::root_owner(case, pod));
        let fits = |p: &&&Value| has_labels(p, &borrowed(&selector));
        let count = live.iter().filter(fits).count();
        let selector = written(&borrowed(&selector));
        found
            .entry((owner.clone(), selector.clone()))
            .or_insert_with(|| Candidate {
                workload: owner,
                pod: name(pod).to_owned(),
                labels: labels(pod),
                selector,
                difference,
                pods: count,
                sure,
            });
    }
    let mut candidates: Vec<Candidate> = found.into_values().collect();
    if candidates.iter().any(|c| c.sure) {
        candidates.retain(|c| c.sure);
    }
    let namesake = |c: &Candidate| c.workload.ends_with(&format!("/{}", name(service)));
    if candidates.len() > 1 && candidates.iter().filter(|c| namesake(c)).count() == 1 {
        candidates.retain(namesake);
    }
    match candidates.as_slice() {
        [] => Near::None,
        [only] => Near::One(Box::new(only.clone())),
        several => Near::Several(several.iter().map(|c| c.workload.clone()).collect()),
    }
}

type Pair = (String, String);

/// A selector that differs in one pair.
struct Correction {
    selector: Vec<Pair>,
    difference: String,
    sure: bool,
}

fn borrowed(selector: &[Pair]) -> Vec<(&str, &str)> {
    selector
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str()))
        .collect()
}

/// The selector with one pair changed so that it matches the pod, and the change in words.
fn correction(selector: &[(&str, &str)], pod: &Value) -> Option<Correction> {
    let labels = pairs(pod, "/metadata/labels");
    let value = |key: &str| labels.iter().find(|(k, _)| *k == key).map(|(_, v)| *v);
    let wrong: Vec<&(&str, &str)> = selector
        .iter()
        .filter(|(key, wanted)| value(key) != Some(wanted))
        .collect();
    let [(key, wanted)] = wrong.as_slice() else {
        return None;
    };
    let alone = selector.len() == 1;
    let (new_key, new_value, sure) = match value(key) {
        Some(other) if !alone || close(wanted, other) => (*key, other, close(wanted, other)),
        Some(_) => return None,
        None => (renamed(key, wanted, &labels)?, *wanted, true),
    };
    let changed = selector
        .iter()
        .map(|(k, v)| {
            if k == key {
                (new_key, new_value)
            } else {
                (*k, *v)
            }
        })
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    let difference = if new_key == *key {
        format!("label {key}: \"{new_value}\" instead of \"{wanted}\"")
    } else {
        format!("the key of a label: \"{new_key}\" instead of \"{key}\"")
    };
    Some(Correction {
        selector: changed,
        difference,
        sure,
    })
}

/// Alike enough to be a slip or a longer form of the same name: each word of the shorter is in
/// the longer, or nearly so. `web-frontend` and `api-frontend` are not.
fn close(wanted: &str, other: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(['-', '_', '.']).map(str::to_lowercase).collect()
    };
    let (a, b) = (words(wanted), words(other));
    let (shorter, longer) = if a.len() <= b.len() {
        (&a, &b)
    } else {
        (&b, &a)
    };
    a.concat() == b.concat()
        || shorter
            .iter()
            .all(|word| longer.iter().any(|other| slip(word, other)))
}

/// True where one word is the other with a slip; a short one with its letters in another order.
fn slip(a: &str, b: &str) -> bool {
    let letters = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    if a.len().min(b.len()) <= 3 {
        return letters(a) == letters(b);
    }
    strsim::normalized_damerau_levenshtein(a, b) >= 0.72
}

/// The key under which the pod has the wanted value.
fn renamed<'l>(key: &str, wanted: &str, labels: &[(&'l str, &'l str)]) -> Option<&'l str> {
    let mut keys = labels
        .iter()
        .filter(|(k, v)| *v == wanted && !MACHINE.contains(k))
        .map(|(k, _)| *k);
    let first = keys.next()?;
    match keys.next() {
        None => Some(first),
        Some(second) => near::only_near(key, [first, second].into_iter().chain(keys)),
    }
}

fn labels(pod: &Value) -> String {
    let kept: Vec<(&str, &str)> = pairs(pod, "/metadata/labels")
        .into_iter()
        .filter(|(key, _)| !MACHINE.contains(key))
        .collect();
    written(&kept)
}
