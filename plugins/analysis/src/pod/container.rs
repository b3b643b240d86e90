//! One container of a pod: what was asked for and what became of it.

use serde_json::Value;

use crate::finding::Draft;
use crate::json::{items, number, text};

/// Waiting reasons of a pod that is still on its way.
const BENIGN: &[&str] = &["", "ContainerCreating", "PodInitializing"];

/// What a container is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Runs to its end before the others start.
    Init,
    /// An init container that goes on running.
    Sidecar,
    /// A container of the pod proper.
    Main,
}

/// A container's spec and status side by side.
#[derive(Clone, Copy)]
pub struct Container<'p> {
    /// Its entry in the pod's spec.
    pub spec: &'p Value,
    /// Its status; absent before the kubelet wrote one.
    pub status: Option<&'p Value>,
    /// What it is for.
    pub role: Role,
}

/// How a container's last run ended.
#[derive(Clone, Copy)]
pub struct Exit<'p> {
    /// `state` or `lastState`.
    pub at: &'static str,
    /// Reason, such as `OOMKilled`.
    pub reason: &'p str,
    /// Exit code.
    pub code: i64,
    /// What the container or the runtime left behind.
    pub message: &'p str,
    /// RFC 3339, or empty.
    pub started: &'p str,
    /// RFC 3339, or empty.
    pub finished: &'p str,
}

/// The containers of a pod in the order in which they start.
pub fn all(pod: &Value) -> Vec<Container<'_>> {
    let init = items(pod, "/spec/initContainers").iter().map(|spec| {
        let sidecar = text(spec, "/restartPolicy") == "Always";
        (spec, if sidecar { Role::Sidecar } else { Role::Init })
    });
    let main = items(pod, "/spec/containers")
        .iter()
        .map(|spec| (spec, Role::Main));
    init.chain(main)
        .map(|(spec, role)| Container {
            spec,
            role,
            status: status(pod, role, text(spec, "/name")),
        })
        .collect()
}

fn status<'p>(pod: &'p Value, role: Role, name: &str) -> Option<&'p Value> {
    items(pod, &format!("/status/{}", field(role)))
        .iter()
        .find(|s| text(s, "/name") == name)
}

fn field(role: Role) -> &'static str {
    match role {
        Role::Main => "containerStatuses",
        Role::Init | Role::Sidecar => "initContainerStatuses",
    }
}

impl<'p> Container<'p> {
    /// Name.
    pub fn name(&self) -> &'p str {
        text(self.spec, "/name")
    }

    /// Image as written in the pod.
    pub fn image(&self) -> &'p str {
        text(self.spec, "/image")
    }

    /// As a cause calls it: `init container "migrate"`.
    pub fn called(&self) -> String {
        let kind = match self.role {
            Role::Init => "init container",
            Role::Sidecar => "sidecar container",
            Role::Main => "container",
        };
        format!("{kind} \"{}\"", self.name())
    }

    /// Times it was restarted.
    pub fn restarts(&self) -> i64 {
        self.status
            .and_then(|s| number(s, "/restartCount"))
            .unwrap_or(0)
    }

    /// True while it passes its readiness.
    pub fn ready(&self) -> bool {
        self.flag("ready")
    }

    /// True once its startup probe passed.
    pub fn started(&self) -> bool {
        self.flag("started")
    }

    /// True while its process runs.
    pub fn running(&self) -> bool {
        self.status
            .is_some_and(|s| s.pointer("/state/running").is_some())
    }

    /// When the current run began; empty where it does not run.
    pub fn running_since(&self) -> &'p str {
        self.status
            .map_or("", |s| text(s, "/state/running/startedAt"))
    }

    /// Reason for which it waits, if that is a fault.
    pub fn stuck(&self) -> Option<&'p str> {
        Some(self.waiting()).filter(|reason| !BENIGN.contains(reason))
    }

    /// Reason for which it waits, or empty.
    pub fn waiting(&self) -> &'p str {
        self.status.map_or("", |s| text(s, "/state/waiting/reason"))
    }

    /// The text beside the waiting reason.
    pub fn waiting_message(&self) -> &'p str {
        self.status
            .map_or("", |s| text(s, "/state/waiting/message"))
    }

    /// The run that ended last.
    pub fn exit(&self) -> Option<Exit<'p>> {
        ["state", "lastState"].into_iter().find_map(|at| {
            let ended = self.status?.pointer(&format!("/{at}/terminated"))?;
            Some(Exit {
                at,
                reason: text(ended, "/reason"),
                code: number(ended, "/exitCode").unwrap_or_default(),
                message: text(ended, "/message"),
                started: text(ended, "/startedAt"),
                finished: text(ended, "/finishedAt"),
            })
        })
    }

    /// A resource quantity such as `limits`, `memory`; empty where it is not set.
    pub fn resource(&self, bound: &str, resource: &str) -> &'p str {
        self.spec
            .pointer("/resources")
            .and_then(|r| r.get(bound))
            .and_then(|r| r.get(resource))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Path of its status, for evidence.
    pub fn path(&self) -> String {
        format!("status.{}[{}]", field(self.role), self.name())
    }

    /// Quote why it waits.
    pub fn cite_waiting(&self, draft: &mut Draft) -> String {
        let quoted = match self.waiting_message() {
            "" => self.waiting().to_owned(),
            message => format!("{}: {message}", self.waiting()),
        };
        draft.cite(format!("{}.state.waiting", self.path()), quoted)
    }

    /// Quote how its last run ended and how often it was restarted.
    pub fn cite_exit(&self, draft: &mut Draft, exit: &Exit) -> String {
        let mut quoted = format!(
            "reason={} exitCode={} restartCount={}",
            exit.reason,
            exit.code,
            self.restarts()
        );
        if !exit.message.is_empty() {
            quoted = format!("{quoted} message={}", exit.message.trim());
        }
        draft.cite(format!("{}.{}.terminated", self.path(), exit.at), quoted)
    }

    /// Container ports as `8080 (http), 9090`; empty where none is declared.
    pub fn ports(&self) -> String {
        let ports: Vec<String> = items(self.spec, "/ports")
            .iter()
            .map(|p| {
                match (
                    number(p, "/containerPort").unwrap_or_default(),
                    text(p, "/name"),
                ) {
                    (port, "") => port.to_string(),
                    (port, name) => format!("{port} ({name})"),
                }
            })
            .collect();
        ports.join(", ")
    }

    fn flag(&self, name: &str) -> bool {
        self.status
            .and_then(|s| s.get(name))
            .and_then(Value::as_bool)
            == Some(true)
    }
}

/// The cause that others may share, by name.
pub use crate::json::named as shared;
