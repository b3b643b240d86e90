//! What is done about each call of an answer.

use k8shawk_core::ObjectRef;
use k8shawk_core::guard::Read;
use k8shawk_core::llm::{Call, SUBMIT, Tool};
use serde_json::Value;

/// Calls of one round that are served.
pub(super) const CALLS: usize = 8;

/// A diagnosis that was written as text.
pub(super) fn submission_in(text: &str) -> Option<Call> {
    let text = text.get(text.find('{')?..=text.rfind('}')?)?;
    let value: Value = serde_json::from_str(text).ok()?;
    let inner = ["arguments", "parameters", "input"]
        .iter()
        .find_map(|key| value.get(*key));
    let fields = inner.unwrap_or(&value).as_object()?;
    fields.contains_key("cause").then(|| Call {
        name: SUBMIT.to_owned(),
        arguments: Ok(fields.clone()),
    })
}

/// What is done about one call.
pub(super) struct Plan {
    /// Our id of it; none where it is not repeated to the model.
    pub id: Option<String>,
    pub name: &'static str,
    pub read: Option<Read>,
    pub pending: bool,
    /// Id of the evidence that it gives, or gave.
    pub known: Option<String>,
    pub object: Option<ObjectRef>,
    pub text: String,
}

impl Plan {
    pub fn told(id: String, name: &'static str, text: String) -> Plan {
        Plan {
            id: Some(id),
            name,
            read: None,
            pending: false,
            known: None,
            object: None,
            text,
        }
    }

    pub fn unknown(call: &Call, at: usize) -> Plan {
        let text = if Tool::named(&call.name).is_some() && at >= CALLS {
            format!(
                "Call {} was not served: at most {CALLS} in one round.",
                at + 1
            )
        } else {
            format!(
                "There is no tool of the name in call {}. Use only the tools that are listed.",
                at + 1
            )
        };
        Plan {
            id: None,
            text,
            ..Plan::told(String::new(), "unknown", String::new())
        }
    }
}
