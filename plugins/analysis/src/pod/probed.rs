//! One probe, and what its failure means.

use k8shawk_sdk::shorten;
use serde_json::Value;

use super::container::Container;
use super::subject::mentions;
use crate::json::{items, number, text};
use crate::near;

/// A probe of a container.
pub struct Probe<'p> {
    /// `liveness`, `startup` or `readiness`.
    pub kind: &'static str,
    spec: &'p Value,
    container: &'p str,
}

/// What a probe was answered, in lower case, with what it means.
const ANSWERS: &[(&str, &str)] = &[
    (
        "executable file not found",
        "The command of the probe does not exist in the image.",
    ),
    (
        "no such file or directory",
        "The command of the probe, or a file that it reads, does not exist in the image.",
    ),
    (
        "permission denied",
        "The command of the probe may not be executed.",
    ),
    (
        "statuscode: 404",
        "The server answers, but has no such path.",
    ),
    (
        "statuscode: 401",
        "The server answers, but requires credentials for this path.",
    ),
    (
        "statuscode: 403",
        "The server answers, but requires credentials for this path.",
    ),
    (
        "statuscode: 400",
        "The server answers, but refuses the request as malformed (HTTPS or a Host header may be \
         required).",
    ),
    ("statuscode: 5", "The server reports itself unhealthy."),
    (
        "http response to https client",
        "The probe speaks HTTPS to a server that speaks plain HTTP.",
    ),
    (
        "malformed http response",
        "The probe speaks HTTP to a server that speaks something else, such as TLS.",
    ),
    ("connection refused", "Nothing listens on that port."),
    (
        "no route to host",
        "The pod's address cannot be reached from its node.",
    ),
    ("deadline exceeded", "The probe times out."),
    ("client.timeout", "The probe times out."),
    ("i/o timeout", "The probe times out."),
    ("timed out", "The probe times out."),
    ("connection reset", "The server resets the connection."),
    ("service unhealthy", "The server reports itself unhealthy."),
];

/// Words of an answer that did not come in time, in lower case.
pub const LATE: &[&str] = &[
    "deadline exceeded",
    "client.timeout",
    "i/o timeout",
    "timed out",
];

impl<'p> Probe<'p> {
    /// The container's probe of a kind.
    pub fn of(container: &Container<'p>, kind: &str) -> Option<Self> {
        let kind = ["liveness", "startup", "readiness"]
            .into_iter()
            .find(|k| *k == kind)?;
        let spec = container.spec.get(format!("{kind}Probe"))?;
        Some(Probe {
            kind,
            spec,
            container: container.name(),
        })
    }

    /// Where it stands, for evidence.
    pub fn path(&self) -> String {
        format!("spec.containers[{}].{}Probe", self.container, self.kind)
    }

    /// What it does and when, such as `httpGet :8080/healthz (initialDelaySeconds 0, ...)`.
    pub fn describe(&self) -> String {
        format!(
            "{} (initialDelaySeconds {}, periodSeconds {}, timeoutSeconds {}, failureThreshold {})",
            self.asks(),
            self.timing("initialDelaySeconds", 0),
            self.timing("periodSeconds", 10),
            self.timing("timeoutSeconds", 1),
            self.timing("failureThreshold", 3),
        )
    }

    /// Seconds that a process has from its start until the probe gives up on it.
    pub fn window(&self) -> i64 {
        self.timing("initialDelaySeconds", 0)
            + self.timing("periodSeconds", 10) * self.timing("failureThreshold", 3)
    }

    /// A timing in its own unit.
    pub fn timing(&self, field: &str, default: i64) -> i64 {
        self.spec
            .get(field)
            .and_then(Value::as_i64)
            .unwrap_or(default)
    }

    fn asks(&self) -> String {
        if let Some(http) = self.spec.get("httpGet") {
            return format!(
                "httpGet :{}{}",
                self.port().unwrap_or_default(),
                text(http, "/path")
            );
        }
        if let Some(exec) = self.spec.get("exec") {
            let words: Vec<&str> = items(exec, "/command")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            return format!("exec \"{}\"", shorten(&words.join(" "), 120));
        }
        let kind = if self.spec.get("grpc").is_some() {
            "grpc"
        } else {
            "tcpSocket"
        };
        format!("{kind} :{}", self.port().unwrap_or_default())
    }

    /// The port that it asks, by number or name.
    pub fn port(&self) -> Option<String> {
        let port = ["httpGet", "tcpSocket", "grpc"]
            .into_iter()
            .find_map(|k| self.spec.get(k)?.get("port"))?;
        Some(
            port.as_str()
                .map_or_else(|| port.to_string(), str::to_owned),
        )
    }
}

/// What the answer means, and how the probe's port fits the container's.
pub fn explain(container: &Container, probe: &Probe, answer: &str) -> String {
    let lower = answer.to_ascii_lowercase();
    let mut said: Vec<String> = Vec::new();
    if let Some((_, meaning)) = ANSWERS.iter().find(|(needle, _)| lower.contains(needle)) {
        said.push((*meaning).to_owned());
    }
    said.extend(port_fault(container, probe));
    if mentions(answer, &["connection refused"]) && probe.kind != "readiness" {
        said.push(format!(
            "The process has {} s from its start before this probe fails for good.",
            probe.window()
        ));
    }
    said.join(" ")
}

fn port_fault(container: &Container, probe: &Probe) -> Option<String> {
    let asked = probe.port()?;
    let ports = items(container.spec, "/ports");
    let names: Vec<&str> = ports
        .iter()
        .map(|p| text(p, "/name"))
        .filter(|n| !n.is_empty())
        .collect();
    match asked.parse::<i64>() {
        Ok(port) if ports.is_empty() => Some(format!(
            "The container declares no port, so {port} cannot be checked."
        )),
        Ok(port)
            if ports
                .iter()
                .any(|p| number(p, "/containerPort") == Some(port)) =>
        {
            None
        }
        Ok(port) => Some(format!(
            "The probe targets port {port}, but the container declares {}.",
            container.ports()
        )),
        Err(_) if names.contains(&asked.as_str()) => None,
        Err(_) => {
            let near = near::clause(&asked, names);
            Some(format!(
                "The probe targets the port named \"{asked}\", which the container does not \
                 declare{near}."
            ))
        }
    }
}
