//! From a call to the read that it asks for.

use serde_json::{Map, Value};

use super::{Call, TOOLS};
use crate::guard::{MAX_LOG_LINES, Read};
use crate::kinds::{KINDS, Kind};
use crate::redact::quoted;

/// Short names that people and models use.
const ALIASES: &[(&str, &str)] = &[
    ("po", "Pod"),
    ("svc", "Service"),
    ("cm", "ConfigMap"),
    ("sa", "ServiceAccount"),
    ("pvc", "PersistentVolumeClaim"),
    ("pv", "PersistentVolume"),
    ("quota", "ResourceQuota"),
    ("limits", "LimitRange"),
    ("ev", "Event"),
    ("rc", "ReplicationController"),
    ("deploy", "Deployment"),
    ("rs", "ReplicaSet"),
    ("sts", "StatefulSet"),
    ("ds", "DaemonSet"),
    ("cj", "CronJob"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("pdb", "PodDisruptionBudget"),
    ("ing", "Ingress"),
    ("netpol", "NetworkPolicy"),
    ("no", "Node"),
    ("ns", "Namespace"),
    ("sc", "StorageClass"),
    ("crd", "CustomResourceDefinition"),
];

/// The kind of a name in any of the forms that kubectl takes.
pub fn kind_of(text: &str) -> Option<&'static Kind> {
    let plain = text.split('.').next().unwrap_or_default();
    let is = |name: &str| name.eq_ignore_ascii_case(plain);
    let alias = ALIASES.iter().find(|(short, _)| is(short)).map(|(_, k)| *k);
    KINDS
        .iter()
        .find(|k| is(k.kind) || is(k.plural) || alias == Some(k.kind))
}

/// Text arguments of a call.
struct Given<'a>(&'a Map<String, Value>);

impl Given<'_> {
    fn text(&self, key: &str) -> Result<String, String> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.trim().to_owned()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(_) => Err(format!("{key} must be a string")),
        }
    }

    fn flag(&self, key: &str) -> bool {
        match self.0.get(key) {
            Some(Value::Bool(flag)) => *flag,
            Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
            _ => false,
        }
    }

    fn lines(&self) -> u32 {
        let lines = match self.0.get("lines") {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        let lines = lines.and_then(|n| u32::try_from(n).ok()).unwrap_or(100);
        lines.clamp(1, MAX_LOG_LINES)
    }

    /// Kind, namespace and name; `kind` may be `Pod/name`.
    fn object(&self, namespace: &str) -> Result<(String, String, String), String> {
        let (kind, name) = (self.text("kind")?, self.text("name")?);
        let (kind, name) = match kind.split_once('/') {
            Some((kind, inner)) if name.is_empty() => (kind.to_owned(), inner.to_owned()),
            _ => (kind, name),
        };
        let known = kind_of(&kind)
            .ok_or_else(|| format!("kind {} is not one that can be read", quoted(&kind)))?;
        let namespace = self.namespace(namespace)?;
        let namespace = if known.namespaced {
            namespace
        } else {
            String::new()
        };
        Ok((known.kind.to_owned(), namespace, name))
    }

    fn namespace(&self, otherwise: &str) -> Result<String, String> {
        let text = self.text("namespace")?;
        Ok(match text.as_str() {
            "" => otherwise.to_owned(),
            "*" | "all" => String::new(),
            _ => text,
        })
    }
}

/// The read that a call asks for; `namespace` is meant where it names none.
///
/// # Errors
/// What the model has to be told.
pub fn read_of(call: &Call, namespace: &str) -> Result<Read, String> {
    let arguments = match &call.arguments {
        Ok(arguments) => Given(arguments),
        Err(_) => return Err("the arguments are not a JSON object".to_owned()),
    };
    match call.name.as_str() {
        "kubectl_get" => {
            let (kind, namespace, name) = arguments.object(namespace)?;
            Ok(if name.is_empty() {
                let selector = arguments.text("selector")?;
                Read::List {
                    kind,
                    namespace,
                    selector,
                }
            } else {
                Read::Get {
                    kind,
                    namespace,
                    name,
                }
            })
        }
        "kubectl_describe" => {
            let (kind, namespace, name) = arguments.object(namespace)?;
            Ok(Read::Describe {
                kind,
                namespace,
                name,
            })
        }
        "kubectl_logs" => Ok(Read::Logs {
            namespace: arguments.namespace(namespace)?,
            pod: pod(&arguments)?,
            container: arguments.text("container")?,
            previous: arguments.flag("previous"),
            lines: arguments.lines(),
        }),
        "kubectl_top" => Ok(Read::Top {
            namespace: arguments.namespace(namespace)?,
            pod: pod(&arguments)?,
        }),
        "kubectl_events" => {
            let (kind, namespace, name) = arguments.object(namespace)?;
            Ok(Read::Events {
                kind,
                namespace,
                name,
            })
        }
        _ => {
            let names: Vec<&str> = TOOLS.iter().map(|t| t.name).collect();
            Err(format!(
                "there is no such tool; there are {}",
                names.join(", ")
            ))
        }
    }
}

fn pod(arguments: &Given<'_>) -> Result<String, String> {
    let pod = arguments.text("pod")?;
    let pod = if pod.is_empty() {
        arguments.text("name")?
    } else {
        pod
    };
    Ok(pod.trim_start_matches("pod/").to_owned())
}

/// The tool that makes a read.
pub fn tool_of(read: &Read) -> &'static str {
    match read {
        Read::Get { .. } | Read::List { .. } | Read::Owners { .. } => "kubectl_get",
        Read::Describe { .. } => "kubectl_describe",
        Read::Logs { .. } => "kubectl_logs",
        Read::Top { .. } => "kubectl_top",
        Read::Events { .. } => "kubectl_events",
    }
}

/// A read in words, as kubectl would be called.
pub fn shown(read: &Read) -> String {
    let of = |namespace: &str, kind: &str, name: &str| {
        let object = if name.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}/{name}")
        };
        if namespace.is_empty() {
            object
        } else {
            format!("{object} -n {namespace}")
        }
    };
    match read {
        Read::Get {
            kind,
            namespace,
            name,
        } => format!("get {}", of(namespace, kind, name)),
        Read::Owners {
            kind,
            namespace,
            name,
        } => format!("owners of {}", of(namespace, kind, name)),
        Read::List {
            kind,
            namespace,
            selector,
        } => {
            let labels = if selector.is_empty() {
                String::new()
            } else {
                format!(" -l {selector}")
            };
            format!("get {}{labels}", of(namespace, kind, ""))
        }
        Read::Describe {
            kind,
            namespace,
            name,
        } => {
            format!("describe {}", of(namespace, kind, name))
        }
        Read::Logs {
            namespace,
            pod,
            container,
            previous,
            lines,
        } => {
            let of_container = if container.is_empty() {
                String::new()
            } else {
                format!(" -c {container}")
            };
            let before = if *previous { " --previous" } else { "" };
            format!("logs {pod} -n {namespace}{of_container}{before} --tail={lines}")
        }
        Read::Top { namespace, pod } => format!("top pod {pod} -n {namespace}").replace("  ", " "),
        Read::Events {
            kind,
            namespace,
            name,
        } => format!("events {}", of(namespace, kind, name)),
    }
}
