//! The tools that a model has: the verbs of kubectl that only read, and the one that ends it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::guard::{MAX_LOG_LINES, Read};
use crate::kinds::{KINDS, Kind};

/// Name of the tool that ends an investigation.
pub const SUBMIT: &str = "submit_diagnosis";

/// A tool as it is offered.
pub struct Tool {
    /// Name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Parameters: name, JSON type, meaning, whether it is needed.
    parameters: &'static [(&'static str, &'static str, &'static str, bool)],
}

/// A call that a model makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Name as it wrote it.
    pub name: String,
    /// Arguments, or the text where that is no object.
    pub arguments: Result<Map<String, Value>, String>,
}

/// Every tool.
pub const TOOLS: &[Tool] = &[
    Tool {
        name: "kubectl_get",
        description: "Read one object, or list objects of a kind where no name is given.",
        parameters: &[
            ("kind", "string", "kind, such as Pod or Deployment", true),
            (
                "namespace",
                "string",
                "namespace; empty for a cluster-scoped kind",
                false,
            ),
            ("name", "string", "name; leave out to list", false),
            (
                "selector",
                "string",
                "labels for a list, such as app=web",
                false,
            ),
        ],
    },
    Tool {
        name: "kubectl_describe",
        description: "Read one object with its events.",
        parameters: &[
            ("kind", "string", "kind", true),
            ("namespace", "string", "namespace", false),
            ("name", "string", "name", true),
        ],
    },
    Tool {
        name: "kubectl_logs",
        description: "Read the last log lines of a container.",
        parameters: &[
            ("namespace", "string", "namespace", false),
            ("pod", "string", "pod", true),
            (
                "container",
                "string",
                "container; leave out for the only one",
                false,
            ),
            (
                "previous",
                "boolean",
                "true for the run before the present one",
                false,
            ),
            (
                "lines",
                "integer",
                "how many lines from the end, at most 200",
                false,
            ),
        ],
    },
    Tool {
        name: "kubectl_top",
        description: "Read the present use of CPU and memory of a pod's containers.",
        parameters: &[
            ("namespace", "string", "namespace", false),
            (
                "pod",
                "string",
                "pod; leave out for all pods of the namespace",
                false,
            ),
        ],
    },
    Tool {
        name: "kubectl_events",
        description: "Read the events of an object.",
        parameters: &[
            ("kind", "string", "kind", true),
            ("namespace", "string", "namespace", false),
            (
                "name",
                "string",
                "name; leave out for all objects of the kind",
                false,
            ),
        ],
    },
    Tool {
        name: SUBMIT,
        description: "End the investigation with the diagnosis.",
        parameters: &[
            (
                "severity",
                "string",
                "info, low, medium, high or critical",
                true,
            ),
            (
                "class",
                "string",
                "the failure class of the finding where you agree with it, else other",
                true,
            ),
            (
                "reason",
                "string",
                "a short name of the cause in CamelCase",
                true,
            ),
            (
                "object",
                "string",
                "the guilty object as Kind/namespace/name",
                false,
            ),
            (
                "cause",
                "string",
                "3 to 5 sentences; every one cites evidence, such as [e2]",
                true,
            ),
            ("summary", "string", "one line for people", true),
            (
                "evidence",
                "array",
                "the cited evidence, each with its id and a short exact quote from it",
                true,
            ),
            (
                "proposed_fix",
                "string",
                "one kubectl command, or none",
                true,
            ),
            (
                "description",
                "string",
                "why the fix helps, or what a person should check next",
                true,
            ),
        ],
    },
];

impl Tool {
    /// The tool of a name.
    pub fn named(name: &str) -> Option<&'static Tool> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// Its parameters as a JSON Schema.
    pub fn schema(&self) -> Value {
        let mut properties = Map::new();
        for (name, kind, meaning, _) in self.parameters {
            let text = json!({"type": "string"});
            let property = if *kind == "array" {
                let item = json!({"type": "object", "properties": {"id": text, "quote": text}, "required": ["id"]});
                json!({"type": kind, "description": meaning, "items": item})
            } else {
                json!({"type": kind, "description": meaning})
            };
            properties.insert((*name).to_owned(), property);
        }
        let needed = self.parameters.iter().filter(|p| p.3).map(|p| p.0);
        json!({
            "type": "object",
            "properties": properties,
            "required": needed.collect::<Vec<_>>(),
        })
    }
}

/// The arguments that the tool has: what else a model wrote is not repeated to anybody.
pub fn arguments_of(call: &Call) -> BTreeMap<&'static str, Value> {
    let (Some(tool), Ok(given)) = (Tool::named(&call.name), &call.arguments) else {
        return BTreeMap::new();
    };
    let known = tool.parameters.iter().map(|p| p.0);
    known
        .filter_map(|name| Some((name, given.get(name)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

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
            Some(_) => Err(format!("{key} must be a text")),
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
        let known =
            kind_of(&kind).ok_or_else(|| format!("kind {kind:?} is not one that can be read"))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn call(name: &str, arguments: Value) -> Call {
        Call {
            name: name.to_owned(),
            arguments: arguments
                .as_object()
                .cloned()
                .ok_or_else(|| arguments.to_string()),
        }
    }

    #[test]
    fn calls_are_read_as_people_write_them() {
        for (name, arguments, words) in [
            ("kubectl_get", json!({"kind": "pods"}), "get Pod -n shop"),
            (
                "kubectl_get",
                json!({"kind": "deploy/api"}),
                "get Deployment/api -n shop",
            ),
            (
                "kubectl_get",
                json!({"kind": "nodes", "namespace": "x"}),
                "get Node",
            ),
            (
                "kubectl_describe",
                json!({"kind": "cm", "name": "c", "namespace": "b"}),
                "describe ConfigMap/c -n b",
            ),
            (
                "kubectl_logs",
                json!({"pod": "p", "lines": "5000", "previous": "true"}),
                "logs p -n shop --previous --tail=200",
            ),
            ("kubectl_top", json!({}), "top pod -n shop"),
            (
                "kubectl_events",
                json!({"kind": "Pod", "name": null}),
                "events Pod -n shop",
            ),
        ] {
            let read = read_of(&call(name, arguments), "shop").unwrap();
            assert_eq!(shown(&read), words);
        }
        for (name, arguments) in [
            ("kubectl_get", json!({"kind": "Spaceship"})),
            ("kubectl_get", json!("pods")),
            ("kubectl_exec", json!({})),
            ("kubectl_get", json!({"kind": ["Pod"]})),
        ] {
            assert!(read_of(&call(name, arguments), "shop").is_err(), "{name}");
        }
    }

    #[test]
    fn arguments_that_no_tool_has_are_not_repeated() {
        let given = call("kubectl_top", json!({"pod": "p", "password": "hunter2"}));
        assert_eq!(
            arguments_of(&given).keys().copied().collect::<Vec<_>>(),
            ["pod"]
        );
    }

    #[test]
    fn every_needed_parameter_is_in_the_schema() {
        for tool in TOOLS {
            let schema = tool.schema();
            for name in schema["required"].as_array().unwrap() {
                assert!(schema["properties"].get(name.as_str().unwrap()).is_some());
            }
        }
    }
}
