//! A TLS Secret whose certificate has expired.

use k8shawk_sdk::analysis::{Conclusion, ObjectRef, Severity};
use k8shawk_sdk::count;
use serde_json::Value;

use crate::case::Case;
use crate::finding::Draft;
use crate::json::{items, millis, name, reference, spoken, text};

/// When the certificate of a Secret expired; `None` while it holds, or where it has none.
pub fn expired(case: &Case, secret: &Value) -> Option<String> {
    let end = millis(secret, "/tls/notAfter")?;
    (end <= case.incident.now).then(|| text(secret, "/tls/notAfter").to_owned())
}

/// Explain an incident about a Secret.
pub fn diagnose(case: &Case, secret: &Value) -> Conclusion {
    let subject = reference(secret);
    let Some(date) = expired(case, secret) else {
        let until = text(secret, "/tls/notAfter");
        return Conclusion::Healthy(match until {
            "" => format!(
                "{} holds no certificate that can be parsed",
                spoken(&subject)
            ),
            until => format!(
                "the certificate in {} is valid until {until}",
                spoken(&subject)
            ),
        });
    };
    let owner = crate::owner::owner_of(case, secret);
    let mut draft = Draft::new(
        "certificate-expired",
        Severity::High,
        subject.clone(),
        owner,
    );
    let days = crate::controllers::seconds_since(case, secret, "/tls/notAfter").unwrap_or_default();
    let cited = draft.cite("certificate notAfter", &date);
    draft
        .title(format!(
            "the certificate in Secret {} has expired",
            name(secret)
        ))
        .confidence(96)
        .say(format!(
            "The certificate in {} expired on {date}, {} ago {cited}.",
            spoken(&subject),
            count(days / 86_400, "day")
        ))
        .shared(subject.clone())
        .unknown("who renews it: K8sHawk cannot renew it safely");
    let users = users(case, &subject);
    if let Some(ingress) = users.iter().find(|user| user.kind == "Ingress") {
        draft.owner(ingress.clone());
    }
    if !users.is_empty() {
        let names: Vec<String> = users.iter().map(spoken).collect();
        let cited = draft.cite("objects that name the Secret", names.join(", "));
        draft.say(format!("It serves {} {cited}.", names.join(", ")));
    }
    if let Some(issuer) = issuer(secret) {
        let cited = draft.cite("metadata.annotations", &issuer);
        draft.say(format!("It is managed by {issuer} {cited}."));
    }
    for user in users {
        draft.victim(user);
    }
    Conclusion::Findings(vec![draft.finish()])
}

/// Ingresses that name the Secret, and pods that mount it.
fn users(case: &Case, secret: &ObjectRef) -> Vec<ObjectRef> {
    let uses = |object: &Value| {
        let tls = items(object, "/spec/tls")
            .iter()
            .map(|tls| text(tls, "/secretName"));
        let volumes = items(object, "/spec/volumes")
            .iter()
            .map(|v| text(v, "/secret/secretName"));
        tls.chain(volumes).any(|named| named == secret.name)
    };
    let mut found: Vec<ObjectRef> = Vec::new();
    for kind in ["Ingress", "Pod"] {
        for object in case
            .list(kind, &secret.namespace)
            .iter()
            .filter(|o| uses(o))
        {
            let owner = crate::owner::owner_of(case, object);
            if !found
                .iter()
                .any(|f| f.kind == owner.kind && f.name == owner.name)
            {
                found.push(owner);
            }
        }
    }
    found
}

fn issuer(secret: &Value) -> Option<String> {
    let annotations = secret.pointer("/metadata/annotations")?;
    let certificate = annotations
        .get("cert-manager.io/certificate-name")?
        .as_str()?;
    Some(format!("cert-manager, Certificate {certificate}"))
}
