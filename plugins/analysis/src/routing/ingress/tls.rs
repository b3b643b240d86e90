//! The certificates of an Ingress.

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use serde_json::Value;

use super::route::{SETTLE, draft};
use crate::case::Case;
use crate::controllers::age;
use crate::json::{items, name, named, reference, spoken, text};
use crate::{certificate, near};

/// A TLS Secret that is missing, is no TLS Secret, or holds an expired certificate.
pub fn secret(case: &Case, ingress: &Value, tls: &Value) -> Option<Finding> {
    let (wanted, namespace) = (
        text(tls, "/secretName"),
        text(ingress, "/metadata/namespace"),
    );
    if wanted.is_empty() {
        return None;
    }
    let fault = match case.get("Secret", namespace, wanted) {
        Some(found) => {
            if certificate::expired(case, &found).is_some() {
                return match certificate::diagnose(case, &found) {
                    Conclusion::Findings(findings) => findings.into_iter().next(),
                    Conclusion::Healthy(_) => None,
                };
            }
            let keys = items(&found, "/keys");
            let lacks = |key: &str| !keys.iter().any(|k| k.as_str() == Some(key));
            let broken = !keys.is_empty() && (lacks("tls.crt") || lacks("tls.key"));
            broken.then(|| "has no tls.crt and tls.key".to_owned())?
        }
        None if case.is_missing("Secret", namespace, wanted) => {
            let all = case.list("Secret", namespace);
            format!(
                "does not exist in {namespace}{}",
                near::clause(wanted, all.iter().map(name))
            )
        }
        None => return None,
    };
    let annotations = crate::json::pairs(ingress, "/metadata/annotations");
    let issued = annotations
        .iter()
        .any(|(key, _)| key.starts_with("cert-manager.io/"));
    if issued && age(case, ingress) < SETTLE {
        return None;
    }
    let mut draft = draft(case, ingress, "ingress-tls-missing", Severity::Medium);
    let hosts: Vec<&str> = items(tls, "/hosts")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let cited = draft.cite("spec.tls[].secretName", wanted);
    draft
        .title(format!(
            "TLS Secret {wanted} of Ingress {} is missing",
            name(ingress)
        ))
        .confidence(94)
        .shared(named("Secret", namespace, wanted))
        .say(format!(
            "{} serves {} with TLS Secret \"{wanted}\", which {fault} {cited}.",
            spoken(&reference(ingress)),
            hosts.join(", ")
        ));
    if issued {
        draft.unknown("why cert-manager has not issued it: look at its Certificate and Order");
    }
    Some(draft.finish())
}
