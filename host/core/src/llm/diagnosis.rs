//! What a model submits, read leniently: what is missing is left out, not invented.

use crate::shorten;
use serde_json::{Map, Value};

use super::tools::kind_of;
use crate::object::ObjectRef;
use crate::redact::redact;
use crate::severity::Severity;

/// Longest text of a field.
const FIELD: usize = 4000;

/// Evidence that a model cites, perhaps with the words that it read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitedEvidence {
    /// Id, such as `e2`.
    pub id: String,
    /// Quoted words; empty where it gave none.
    pub quote: String,
}

/// A fix as a model writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposedFix {
    /// None.
    None,
    /// A command line.
    Line(String),
    /// An action of the catalogue.
    Typed {
        /// Action.
        action: String,
        /// Target, where it names one.
        target: Option<ObjectRef>,
        /// Parameters.
        parameters: Vec<(String, String)>,
    },
}

/// A diagnosis as a model submits it. Every text in it is untrusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Severity, where it is one.
    pub severity: Option<Severity>,
    /// Failure class, in the spelling of ours.
    pub class: String,
    /// Short name of the cause.
    pub reason: String,
    /// The cause in sentences.
    pub cause: String,
    /// One line.
    pub summary: String,
    /// Why the fix helps, or what to check.
    pub description: String,
    /// The object at fault, where it names one of a known kind.
    pub object: Option<ObjectRef>,
    /// Evidence that it cites.
    pub evidence: Vec<CitedEvidence>,
    /// Its fix.
    pub fix: ProposedFix,
}

impl Diagnosis {
    /// Read the arguments of the call; `namespace` is meant where an object names none.
    ///
    /// # Errors
    /// What the model has to be told.
    pub fn parse(arguments: &Map<String, Value>, namespace: &str) -> Result<Diagnosis, String> {
        let text = |key: &str| told(arguments.get(key));
        let cause = text("cause");
        if cause.is_empty() {
            return Err("cause is missing: 3 to 5 sentences, each with its [eN]".to_owned());
        }
        let fix = ["proposed_fix", "fix"]
            .iter()
            .find_map(|key| arguments.get(*key).filter(|v| !v.is_null()));
        Ok(Diagnosis {
            severity: severity(&text("severity")),
            class: text("class").to_lowercase().replace(['_', ' '], "-"),
            reason: one_line(&text("reason"), 80),
            summary: one_line(&text("summary"), 200),
            description: text("description"),
            object: object(arguments.get("object"), namespace),
            evidence: evidence(arguments.get("evidence")),
            fix: fix.map_or(ProposedFix::None, |fix| proposed(fix, namespace)),
            cause,
        })
    }
}

fn text_of(value: Option<&Value>) -> String {
    let text = match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Array(items)) => {
            let lines: Vec<String> = items.iter().map(|i| text_of(Some(i))).collect();
            lines.join(" ")
        }
        _ => String::new(),
    };
    text.chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect()
}

/// A text without secrets, and then of at most [`FIELD`] characters.
fn told(value: Option<&Value>) -> String {
    shorten(&redact(&text_of(value)), FIELD).into_owned()
}

/// A text without line ends, of at most `most` characters.
fn one_line(text: &str, most: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shorten(&line, most).into_owned()
}

fn severity(text: &str) -> Option<Severity> {
    let all = [
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
        Severity::Critical,
    ];
    all.into_iter()
        .find(|s| s.as_str() == text.to_lowercase().trim())
}

/// `Kind/namespace/name`, `Kind/name`, `Kind namespace/name`, or fields.
fn object(value: Option<&Value>, namespace: &str) -> Option<ObjectRef> {
    let (kind, named, name) = match value? {
        Value::String(text) => {
            let mut parts = text.split(['/', ' ']).filter(|p| !p.is_empty());
            let kind = parts.next()?.to_owned();
            let rest: Vec<&str> = parts.collect();
            match rest.as_slice() {
                [name] => (kind, String::new(), (*name).to_owned()),
                [namespace, name] => (kind, (*namespace).to_owned(), (*name).to_owned()),
                _ => return None,
            }
        }
        Value::Object(fields) => {
            let text = |key: &str| text_of(fields.get(key));
            (text("kind"), text("namespace"), text("name"))
        }
        _ => return None,
    };
    let known = kind_of(&kind)?;
    let namespace = match (known.namespaced, named.is_empty()) {
        (false, _) => "",
        (true, false) => named.as_str(),
        (true, true) => namespace,
    };
    let plain = crate::object::is_name(&name) && crate::object::is_name(namespace);
    (plain && !name.is_empty()).then(|| ObjectRef::of(known.kind, namespace, &name))
}

fn evidence(value: Option<&Value>) -> Vec<CitedEvidence> {
    let items = match value {
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    items.iter().take(40).flat_map(cited).collect()
}

fn cited(item: &Value) -> Vec<CitedEvidence> {
    let id = |text: &str| {
        text.trim_matches(['[', ']', ' ', '【', '】'])
            .to_lowercase()
    };
    match item {
        Value::String(text) => text
            .split([',', ' '])
            .map(id)
            .filter(|id| !id.is_empty())
            .map(|id| CitedEvidence {
                id,
                quote: String::new(),
            })
            .collect(),
        Value::Object(fields) => vec![CitedEvidence {
            id: id(&text_of(fields.get("id"))),
            quote: told(fields.get("quote")),
        }],
        _ => Vec::new(),
    }
}

fn proposed(value: &Value, namespace: &str) -> ProposedFix {
    match value {
        Value::String(text) => {
            let text = text.trim().trim_matches('`').trim();
            let none = ["", "none", "no", "n/a", "null", "no safe fix", "no fix"];
            if none.contains(&text.to_lowercase().trim_end_matches('.')) {
                ProposedFix::None
            } else {
                ProposedFix::Line(text.to_owned())
            }
        }
        Value::Object(fields) => {
            let line = ["kubectl", "command"].iter().find_map(|k| fields.get(*k));
            if let Some(line @ Value::String(_)) = line {
                return proposed(line, namespace);
            }
            let action = text_of(fields.get("action"));
            if action.is_empty() || action == "none" {
                return ProposedFix::None;
            }
            let parameters = fields.get("parameters").and_then(Value::as_object);
            let pairs = parameters.into_iter().flatten();
            ProposedFix::Typed {
                action,
                target: object(fields.get("target"), namespace),
                parameters: pairs.map(|(k, v)| (k.clone(), text_of(Some(v)))).collect(),
            }
        }
        _ => ProposedFix::None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(value: Value) -> Result<Diagnosis, String> {
        Diagnosis::parse(value.as_object().unwrap(), "shop")
    }

    #[test]
    fn a_diagnosis_is_read_in_the_forms_that_models_write() {
        let read = parse(json!({
            "severity": "HIGH", "class": "Out_Of Memory", "reason": "OOM\nKilled",
            "cause": ["One [e1].", "Two [e2]."], "summary": "s", "object": "deploy/api",
            "evidence": ["[e1]", {"id": "e2", "quote": "killed"}, 7],
            "proposed_fix": "`kubectl rollout restart deploy/api`",
        }))
        .unwrap();
        assert_eq!(read.severity, Some(Severity::High));
        assert_eq!(read.class, "out-of-memory");
        assert_eq!(read.reason, "OOM Killed");
        assert_eq!(read.cause, "One [e1]. Two [e2].");
        assert_eq!(read.object.unwrap().to_string(), "Deployment shop/api");
        assert_eq!(read.evidence.len(), 2);
        assert!(matches!(read.fix, ProposedFix::Line(line) if line.starts_with("kubectl")));
    }

    #[test]
    fn a_typed_fix_and_no_fix_are_told_apart() {
        let typed = parse(json!({"cause": "x", "proposed_fix": {"action": "scale",
            "target": {"kind": "Deployment", "name": "api"}, "parameters": {"replicas": 2}}}));
        let ProposedFix::Typed {
            target, parameters, ..
        } = typed.unwrap().fix
        else {
            panic!("not typed");
        };
        assert_eq!(target.unwrap().namespace, "shop");
        assert_eq!(parameters, [("replicas".to_owned(), "2".to_owned())]);
        for none in [json!("none"), json!(null), json!("No safe fix."), json!([])] {
            let read = parse(json!({"cause": "x", "proposed_fix": none})).unwrap();
            assert_eq!(read.fix, ProposedFix::None);
        }
        assert!(parse(json!({"summary": "x"})).is_err());
    }
}
