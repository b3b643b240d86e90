//! Why an Ingress does not lead to a pod.

mod class;
mod duplicate;
mod route;
mod tls;

use k8shawk_sdk::analysis::{Conclusion, Finding, Severity};
use serde_json::Value;

use self::route::{Route, draft, routes};
use super::service;
use crate::case::Case;
use crate::finding::Draft;
use crate::json::{items, name, named, number, reference, spoken, text};
use crate::near;

/// Explain an incident about an Ingress.
pub fn diagnose(case: &Case, ingress: &Value) -> Conclusion {
    let mut findings: Vec<Finding> = Vec::new();
    findings.extend(class::missing(case, ingress));
    let mut seen: Vec<&str> = Vec::new();
    for route in routes(ingress) {
        if seen.contains(&route.service())
            && findings.iter().any(|f| f.class != "ingress-duplicate-host")
        {
            continue;
        }
        seen.push(route.service());
        findings.extend(backend(case, ingress, &route));
    }
    findings.extend(
        items(ingress, "/spec/tls")
            .iter()
            .filter_map(|tls| tls::secret(case, ingress, tls)),
    );
    findings.extend(duplicate::find(case, ingress));
    if findings.is_empty() {
        return Conclusion::Healthy(format!(
            "every route of {} leads to ready endpoints",
            spoken(&reference(ingress))
        ));
    }
    Conclusion::Findings(findings)
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
    let Conclusion::Findings(causes) = service::diagnose(case, &found) else {
        return None;
    };
    let mut draft = Draft::resume(causes.into_iter().next()?);
    let cited = draft.cite(
        format!("{} rule", spoken(&reference(ingress))),
        route.spoken(),
    );
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
        .title(format!(
            "Service {wanted} of Ingress {} does not exist",
            name(ingress)
        ))
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
        draft.say(format!(
            "The Services there are {} {all}.",
            existing.join(", ")
        ));
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
        .title(format!(
            "Service {} has no port {wanted} for Ingress {}",
            name(service),
            name(ingress)
        ))
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
