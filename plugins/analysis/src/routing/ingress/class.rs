//! The class of an Ingress.

use k8shawk_sdk::analysis::{Finding, Severity};
use serde_json::Value;

use super::route::{SETTLE, draft};
use crate::case::Case;
use crate::controllers::age;
use crate::json::{items, name, named, reference, spoken, text};
use crate::near;

/// The class in force: the field, else the annotation of old.
pub fn class_of(ingress: &Value) -> &str {
    let field = text(ingress, "/spec/ingressClassName");
    if !field.is_empty() {
        return field;
    }
    let annotations = ingress.pointer("/metadata/annotations");
    let old = annotations.and_then(|a| a.get("kubernetes.io/ingress.class"));
    old.and_then(Value::as_str).unwrap_or_default()
}

/// A class that does not exist, or none at all that a controller would take.
pub fn missing(case: &Case, ingress: &Value) -> Option<Finding> {
    let class = text(ingress, "/spec/ingressClassName");
    let classes = case.list("IngressClass", "");
    let adopted = !items(ingress, "/status/loadBalancer/ingress").is_empty();
    if class.is_empty() {
        return without_class(case, ingress, &classes, adopted);
    }
    if !case.is_missing("IngressClass", "", class) {
        return None;
    }
    let mut draft = draft(case, ingress, "ingress-class-missing", Severity::High);
    let cited = draft.cite("spec.ingressClassName", class);
    let existing: Vec<&str> = classes.iter().map(name).collect();
    let all = draft.cite("IngressClasses", existing.join(", "));
    draft
        .title(format!(
            "IngressClass {class} of Ingress {} does not exist",
            name(ingress)
        ))
        .confidence(95)
        .shared(named("IngressClass", "", class))
        .say(format!(
            "{} names IngressClass \"{class}\", which does not exist{}, so no controller \
             serves it {cited}; the classes are {} {all}.",
            spoken(&reference(ingress)),
            near::clause(class, existing.iter().copied()),
            if existing.is_empty() {
                "none".to_owned()
            } else {
                existing.join(", ")
            }
        ));
    Some(draft.finish())
}

/// No class, no default class, and no controller took it.
fn without_class(
    case: &Case,
    ingress: &Value,
    classes: &[Value],
    adopted: bool,
) -> Option<Finding> {
    let default = classes.iter().any(|c| {
        let annotations = c.pointer("/metadata/annotations");
        let flag = annotations.and_then(|a| a.get("ingressclass.kubernetes.io/is-default-class"));
        flag.and_then(Value::as_str) == Some("true")
    });
    let unread = case.unreadable("IngressClass", "");
    if adopted || default || unread || !class_of(ingress).is_empty() || age(case, ingress) < SETTLE
    {
        return None;
    }
    let mut draft = draft(case, ingress, "ingress-class-missing", Severity::Medium);
    let cited = draft.cite("spec.ingressClassName", "(unset)");
    draft
        .title(format!("Ingress {} has no class", name(ingress)))
        .confidence(65)
        .say(format!(
            "{} names no IngressClass, none is the default, and no controller has given it an \
             address {cited}.",
            spoken(&reference(ingress))
        ));
    Some(draft.finish())
}
