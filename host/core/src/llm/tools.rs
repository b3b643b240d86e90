//! The tools that a model has: the verbs of kubectl that only read, and the one that ends it.

mod read;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub use self::read::{kind_of, read_of, shown, tool_of};

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
                "the object at fault as Kind/namespace/name",
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
                "one line: an action of the catalogue or its kubectl command, or none",
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

#[cfg(test)]
mod tests;
