//! Why an Ingress does not lead to a pod.

use k8shawk_sdk::analysis::{Conclusion, Finding, ObjectRef, Severity};
use serde_json::Value;

use super::service;
use crate::case::Case;
use crate::controllers::age;
use crate::finding::Draft;
use crate::json::{items, millis, name, named, number, reference, spoken, text};
use crate::{certificate, near};

/// Seconds that a controller may take to adopt an Ingress or to fetch a certificate.
const SETTLE: i64 = 300;

/// One path of an Ingress and what it leads to.
struct Route<'v> {
    host: &'v str,
    path: &'v str,
    kind: &'v str,
    backend: &'v Value,
}

impl<'v> Route<'v> {
    fn spoken(&self) -> String {
        let host = if self.host.is_empty() { "*" } else { self.host };
        format!("{host}{}", if self.path.is_empty() { "/" } else { self.path })
    }

    fn service(&self) -> &'v str {
        text(self.backend, "/service/name")
    }
}

fn routes(ingress: &Value) -> Vec<Route<'_>> {
    let default = ingress.pointer("/spec/defaultBackend");
    let default = default.map(|backend| Route { host: "", path: "", kind: "", backend });
    let rules = items(ingress, "/spec/rules").iter().flat_map(|rule| {
        items(rule, "/http/paths").iter().filter_map(|path| {
            Some(Route {
                host: text(rule, "/host"),
                path: text(path, "/path"),
                kind: text(path, "/pathType"),
                backend: path.get("backend")?,
            })
        })
    });
    rules.chain(default).collect()
}

/// Explain an incident about an Ingress.
pub fn diagnose(case: &Case, ingress: &Value) -> Conclusion {
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(class(case, ingress));
    let mut seen: Vec<&str> = Vec::new();
    for route in routes(ingress) {
        if seen.contains(&route.service()) && findings.iter().any(|f| f.class != "ingress-duplicate-host") {
            continue;
        }
        seen.push(route.service());
        findings.extend(backend(case, ingress, &route));
    }
    findings.extend(items(ingress, "/spec/tls").iter().filter_map(|tls| secret(case, ingress, tls)));
    findings.extend(duplicate(case, ingress));
    if findings.is_empty() {
        return Conclusion::Healthy(format!(
            "every route of {} leads to ready endpoints",
            spoken(&reference(ingress))
        ));
    }
    Conclusion::Findings(findings)
}

fn draft(case: &Case, ingress: &Value, class: &str, severity: Severity) -> Draft {
    let owner = crate::dispatch::owner_of(case, ingress);
    Draft::new(class, severity, reference(ingress), owner)
}

/// The class in force: the field, else the annotation of old.
fn class_of(ingress: &Value) -> &str {
    let field = text(ingress, "/spec/ingressClassName");
    if !field.is_empty() {
        return field;
    }
    let annotations = ingress.pointer("/metadata/annotations");
    let old = annotations.and_then(|a| a.get("kubernetes.io/ingress.class"));
    old.and_then(Value::as_str).unwrap_or_default()
}

fn class(case: &Case, ingress: &Value) -> Option<Finding> {
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
        .title(format!("IngressClass {class} of Ingress {} does not exist", name(ingress)))
        .confidence(95)
        .shared(named("IngressClass", "", class))
        .say(format!(
            "{} asks for IngressClass \"{class}\", which does not exist{}, so no controller \
             serves it {cited}; the classes are {} {all}.",
            spoken(&reference(ingress)),
            near::clause(class, existing.iter().copied()),
            if existing.is_empty() { "none".to_owned() } else { existing.join(", ") }
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
    if adopted || default || unread || !class_of(ingress).is_empty() || age(case, ingress) < SETTLE {
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

/// The Service and port of a route, and what stands behind them.
fn backend(case: &Case, ingress: &Value, route: &Route) -> Option<Finding> {
    let wanted = route.service();
    let namespace = text(ingress, "/metadata/namespace");
    if wanted.is_empty() {
        return None;
    }
    let Some(found) = case.get("Service", namespace, wanted) else {
        return case
            .is_missing("Service", namespace, wanted)
            .then(|| no_service(case, ingress, route));
    };
    if let Some(finding) = port(case, ingress, route, &found) {
        return Some(finding);
    }
    let Conclusion::Findings(causes) = service::diagnose(case, &found) else { return None };
    let mut draft = Draft::resume(causes.into_iter().next()?);
    let cited = draft.cite(format!("{} rule", spoken(&reference(ingress))), route.spoken());
    draft.say(format!(
        "{} sends {} to Service {wanted} {cited}.",
        spoken(&reference(ingress)),
        route.spoken()
    ));
    let mut finding = draft.finish();
    finding.shared.get_or_insert_with(|| reference(&found));
    finding.victims.push(reference(ingress));
    Some(finding)
}

fn no_service(case: &Case, ingress: &Value, route: &Route) -> Finding {
    let (wanted, namespace) = (route.service(), text(ingress, "/metadata/namespace"));
    let services = case.list("Service", namespace);
    let mut draft = draft(case, ingress, "ingress-service-missing", Severity::High);
    let cited = draft.cite(format!("backend of {}", route.spoken()), wanted);
    let existing: Vec<&str> = services.iter().map(name).collect();
    draft
        .title(format!("Service {wanted} of Ingress {} does not exist", name(ingress)))
        .confidence(96)
        .shared(named("Service", namespace, wanted))
        .say(format!(
            "{} sends {} to Service \"{wanted}\", which does not exist in {namespace}{} {cited}.",
            spoken(&reference(ingress)),
            route.spoken(),
            near::clause(wanted, existing.iter().copied())
        ));
    if near::only_near(wanted, existing.iter().copied()).is_none() && !existing.is_empty() {
        let all = draft.cite(format!("Services of {namespace}"), existing.join(", "));
        draft.say(format!("The Services there are {} {all}.", existing.join(", ")));
    }
    draft.finish()
}

fn port(case: &Case, ingress: &Value, route: &Route, service: &Value) -> Option<Finding> {
    let by_name = text(route.backend, "/service/port/name");
    let by_number = number(route.backend, "/service/port/number");
    let ports = items(service, "/spec/ports");
    let fits = |port: &Value| match by_number {
        Some(wanted) => number(port, "/port") == Some(wanted),
        None => text(port, "/name") == by_name,
    };
    if (by_name.is_empty() && by_number.is_none()) || ports.iter().any(fits) {
        return None;
    }
    let wanted = by_number.map_or_else(|| format!("\"{by_name}\""), |n| n.to_string());
    let has: Vec<String> = ports
        .iter()
        .map(|p| match text(p, "/name") {
            "" => number(p, "/port").unwrap_or_default().to_string(),
            named => format!("{named}={}", number(p, "/port").unwrap_or_default()),
        })
        .collect();
    let has = has.join(", ");
    let near = near::clause(by_name, ports.iter().map(|p| text(p, "/name")));
    let mut draft = draft(case, ingress, "ingress-port-missing", Severity::High);
    let cited = draft.cite(format!("backend port of {}", route.spoken()), &wanted);
    let real = draft.cite(format!("Service {} spec.ports", name(service)), &has);
    draft
        .title(format!("Service {} has no port {wanted} for Ingress {}", name(service), name(ingress)))
        .confidence(95)
        .say(format!(
            "{} sends {} to port {wanted} of Service {} {cited}, which has only {has}{near} \
             {real}.",
            spoken(&reference(ingress)),
            route.spoken(),
            name(service)
        ));
    Some(draft.finish())
}

/// A TLS Secret that is missing, is no TLS Secret, or holds an expired certificate.
fn secret(case: &Case, ingress: &Value, tls: &Value) -> Option<Finding> {
    let (wanted, namespace) = (text(tls, "/secretName"), text(ingress, "/metadata/namespace"));
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
            format!("does not exist in {namespace}{}", near::clause(wanted, all.iter().map(name)))
        }
        None => return None,
    };
    let annotations = crate::json::pairs(ingress, "/metadata/annotations");
    let issued = annotations.iter().any(|(key, _)| key.starts_with("cert-manager.io/"));
    if issued && age(case, ingress) < SETTLE {
        return None;
    }
    let mut draft = draft(case, ingress, "ingress-tls-missing", Severity::Medium);
    let hosts: Vec<&str> = items(tls, "/hosts").iter().filter_map(Value::as_str).collect();
    let cited = draft.cite("spec.tls[].secretName", wanted);
    draft
        .title(format!("TLS Secret {wanted} of Ingress {} is missing", name(ingress)))
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

/// Annotations that make a second Ingress for one host and path legitimate.
const SHARING: &[&str] = &["canary", "mergeable-ingress-type", "group.name"];

/// Another Ingress that claims the same host and path for another backend.
fn duplicate(case: &Case, ingress: &Value) -> Option<Finding> {
    let shares = |i: &Value| {
        let annotations = crate::json::pairs(i, "/metadata/annotations");
        annotations.iter().any(|(key, _)| SHARING.iter().any(|s| key.ends_with(s)))
    };
    let me: ObjectRef = reference(ingress);
    let mine = routes(ingress);
    let all = case.list("Ingress", "");
    for other in all.iter().filter(|o| class_of(o) == class_of(ingress)) {
        let same = name(other) == me.name && text(other, "/metadata/namespace") == me.namespace;
        if same || shares(other) || shares(ingress) {
            continue;
        }
        let namespace = text(other, "/metadata/namespace");
        for theirs in routes(other).iter().filter(|r| !r.host.is_empty()) {
            let clash = mine.iter().find(|r| {
                let elsewhere = r.service() != theirs.service() || namespace != me.namespace;
                r.host == theirs.host && r.path == theirs.path && r.kind == theirs.kind && elsewhere
            });
            if let Some(route) = clash {
                return Some(clashing(case, ingress, other, route, theirs));
            }
        }
    }
    None
}

fn clashing(
    case: &Case,
    ingress: &Value,
    other: &Value,
    mine: &Route,
    theirs: &Route,
) -> Finding {
    let born = |i: &Value| millis(i, "/metadata/creationTimestamp").unwrap_or_default();
    let older = if born(other) <= born(ingress) { other } else { ingress };
    let mut draft = draft(case, ingress, "ingress-duplicate-host", Severity::Medium);
    let cited = draft.cite("rules of the two Ingresses", mine.spoken());
    draft
        .title(format!("two Ingresses claim {}", mine.spoken()))
        .confidence(88)
        .victim(reference(other))
        .say(format!(
            "{} sends {} to Service {}, and {} sends the same to Service {} {cited}. Most \
             controllers let the oldest win, that is {}.",
            spoken(&reference(ingress)),
            mine.spoken(),
            mine.service(),
            spoken(&reference(other)),
            theirs.service(),
            spoken(&reference(older))
        ));
    draft.finish()
}
