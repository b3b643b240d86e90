//! A process that cannot reach what it depends on.

mod host;

use k8shawk_sdk::analysis::Finding;
use serde_json::Value;

use self::host::{bare, host, likely_host, split};

use super::backend::{self, Backend};
use super::container::{Container, Exit, shared};
use super::coredns;
use super::exit;
use super::log::Log;
use super::setting::tokens;
use super::subject::Subject;
use crate::json::{items, name, text};
use crate::near;

/// What a failed connection says, in lower case, and whether it is the name or the way.
const TEXTS: &[(&str, Unreachable)] = &[
    ("no such host", Unreachable::Name),
    ("server misbehaving", Unreachable::Name),
    (" enotfound", Unreachable::Name),
    ("eai_again", Unreachable::Name),
    ("unknownhostexception", Unreachable::Name),
    ("could not translate host name", Unreachable::Name),
    ("could not resolve host", Unreachable::Name),
    ("name or service not known", Unreachable::Name),
    ("name does not resolve", Unreachable::Name),
    ("temporary failure in name resolution", Unreachable::Name),
    ("failed to lookup address", Unreachable::Name),
    ("bad address", Unreachable::Name),
    ("host not found", Unreachable::Name),
    ("unknown host", Unreachable::Name),
    ("nodename nor servname", Unreachable::Name),
    ("connection refused", Unreachable::Refused),
    ("econnrefused", Unreachable::Refused),
    ("connect error", Unreachable::Refused),
    ("i/o timeout", Unreachable::Silent),
    ("etimedout", Unreachable::Silent),
    ("connection timed out", Unreachable::Silent),
    ("connect timed out", Unreachable::Silent),
    ("operation timed out", Unreachable::Silent),
    ("timeout expired", Unreachable::Silent),
    ("no route to host", Unreachable::Silent),
    ("ehostunreach", Unreachable::Silent),
    ("network is unreachable", Unreachable::Silent),
    ("could not connect to", Unreachable::Refused),
    ("can't connect to", Unreachable::Refused),
    ("failed to connect to", Unreachable::Refused),
    ("connection reset by peer", Unreachable::Refused),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unreachable {
    /// The name does not resolve.
    Name,
    /// Nothing listens.
    Refused,
    /// No answer comes.
    Silent,
}

/// Which dependency this process cannot reach, and in what state that is.
pub fn diagnose(
    subject: &Subject,
    container: &Container,
    exit: &Exit,
    log: &Log,
) -> Option<Finding> {
    let (line, fault) = TEXTS
        .iter()
        .find_map(|(needle, fault)| Some((log.end_with(&[needle])?, *fault)))?;
    let service = service(subject, &line);
    let resolver_down = line.contains(":53: ")
        && (line.contains("i/o timeout") || line.contains("connection refused"));
    if resolver_down
        || (fault == Unreachable::Name && (service.is_some() || coredns::down(subject)))
    {
        return Some(dns(subject, container, exit, log, &line));
    }
    let (mut draft, cited) = exit::draft(
        subject,
        container,
        exit,
        log,
        "dependency-unreachable",
        &line,
    );
    let said = match fault {
        Unreachable::Name => "a name does not resolve",
        Unreachable::Refused => "a connection is refused",
        Unreachable::Silent => "a connection times out",
    };
    let host = host(&line);
    draft.say(format!("Its log says \"{line}\": {said} {cited}."));
    match service {
        Some(service) => {
            let called = format!(
                "Service {}/{}",
                text(&service, "/metadata/namespace"),
                name(&service)
            );
            draft.title(format!(
                "{} of pod {} cannot reach {called}",
                container.called(),
                subject.object.name
            ));
            let Backend { state, known } = backend::state(subject, &service, &line, &mut draft);
            draft.say(state).confidence(if known { 92 } else { 75 });
            backend::policies(subject, &service, &mut draft);
            draft.shared(shared(
                "Service",
                text(&service, "/metadata/namespace"),
                name(&service),
            ));
        }
        None => {
            let called = host.clone().unwrap_or_else(|| "its dependency".to_owned());
            draft.title(format!(
                "{} of pod {} cannot reach {called}",
                container.called(),
                subject.object.name
            ));
            draft
                .say(stranger(subject, host.as_deref(), fault))
                .confidence(80);
            if let Some(host) = host.filter(|h| !h.starts_with("127.") && h != "localhost") {
                let (name, namespace) = split(&host, subject.namespace());
                draft.shared(shared("Service", &namespace, &name));
            } else {
                draft.confidence(70);
            }
        }
    }
    Some(draft.finish())
}

/// The Service that a line names by name or by address.
fn service(subject: &Subject, line: &str) -> Option<Value> {
    let candidates: Vec<String> = tokens(line).filter_map(bare).collect();
    for host in &candidates {
        let (name, namespace) = split(host, subject.namespace());
        if name.is_empty() || host.parse::<std::net::Ipv4Addr>().is_ok() || host.contains('/') {
            continue;
        }
        if let Some(found) = subject
            .case
            .list("Service", &namespace)
            .iter()
            .find(|s| crate::json::name(s) == name)
            && (host.contains('.') || likely_host(line, host))
        {
            return Some(found.clone());
        }
    }
    let services = subject.case.list("Service", "");
    let services = if services.is_empty() {
        subject.case.list("Service", subject.namespace())
    } else {
        services
    };
    let of_address = |host: &String| {
        services.iter().find(|s| {
            text(s, "/spec/clusterIP") == host
                || items(s, "/spec/clusterIPs")
                    .iter()
                    .any(|ip| ip.as_str() == Some(host))
        })
    };
    candidates.iter().find_map(of_address).cloned()
}

/// What is known of a host that is no Service.
fn stranger(subject: &Subject, host: Option<&str>, fault: Unreachable) -> String {
    let Some(host) = host else {
        return "The log line names no known host.".to_owned();
    };
    if host == "localhost" || host.starts_with("127.") || host == "0.0.0.0" {
        return format!("It connects to {host}, its own pod, where nothing listens on that port.");
    }
    let address = host.parse::<std::net::Ipv4Addr>().is_ok();
    let (short, namespace) = split(host, subject.namespace());
    let local = !host.contains('.')
        || host.contains(".svc")
        || subject.case.get("Namespace", "", &namespace).is_some();
    if subject.case.unreadable("Service", &namespace) && local {
        return format!(
            "No permission to check whether a Service \"{short}\" exists in namespace {namespace}."
        );
    }
    if address {
        return format!("No readable Service has the address {host}.");
    }
    match (local, fault) {
        (true, _) => {
            let services = subject.case.list("Service", &namespace);
            let near = near::clause(&short, services.iter().map(name));
            format!("There is no Service \"{short}\" in namespace {namespace}{near}.")
        }
        (false, Unreachable::Name) => {
            format!("The name {host} is not a name of this cluster: it is external, or misspelt.")
        }
        (false, _) => format!("The host {host} is outside this cluster."),
    }
}

fn dns(subject: &Subject, container: &Container, exit: &Exit, log: &Log, line: &str) -> Finding {
    let (mut draft, cited) = exit::draft(subject, container, exit, log, "dns-broken", line);
    draft.title(format!(
        "{} of pod {} gets no answer from cluster DNS",
        container.called(),
        subject.object.name
    ));
    draft.say(format!("Its log says \"{line}\" {cited}: a name that exists in the cluster does not resolve, or the resolver itself does not answer."));
    let down = coredns::state(subject, &mut draft);
    draft.confidence(if down { 92 } else { 65 });
    draft.shared(shared("Deployment", "kube-system", "coredns"));
    draft.finish()
}
