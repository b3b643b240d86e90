//! `patch-target-port`: set the target of a Service's port.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::edit::{fails, field, line, named, replace};
use crate::fix::Precondition;
use super::entry::{Act, Entry, Found, Planned, Postcondition, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "patch-target-port",
    targets: &[(&["Service"], Sends::Replace)],
    reads: &[],
    parameters: "`port`, `targetPort`",
    risk: Risk::Medium,
    like: "`kubectl patch service`",
    parse: |values| {
        let port = values.number("port")?;
        let target_port = values.word("targetPort", "-")?;
        Ok(PatchTargetPort { port, target_port }.into())
    },
};

/// Where a port of a Service leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatchTargetPort {
    /// Port of the Service.
    pub port: u16,
    /// Number or name of the container port.
    pub target_port: String,
}

impl PatchTargetPort {
    /// A number where it is one, as the API wants it.
    fn value(&self) -> Value {
        let number = self.target_port.parse::<u16>();
        number.map_or_else(|_| json!(self.target_port), |number| json!(number))
    }
}

impl Act for PatchTargetPort {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("port", self.port.to_string()),
            ("targetPort", self.target_port.clone()),
        ]
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        replace(found.current, |service| self.lead(service))
    }

    /// A name may stand for another number in each pod.
    fn postcondition(&self) -> Postcondition {
        let number = self.target_port.parse();
        number.map_or(Postcondition::Well, Postcondition::EndpointsOn)
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (object, port, to) = (named(target), self.port, self.value());
        line(
            target,
            format!(
                "patch {object} -p '{{\"spec\":{{\"ports\":[{{\"port\":{port},\"targetPort\":{to}}}]}}}}'"
            ),
        )
    }
}

impl PatchTargetPort {
    fn lead(&self, service: &mut Value) -> Result<(), Precondition> {
        let ports = service
            .pointer_mut("/spec/ports")
            .and_then(Value::as_array_mut);
        let of_number =
            |p: &&mut Value| p.get("port").and_then(Value::as_u64) == Some(self.port.into());
        let Some(entry) = ports.and_then(|ports| ports.iter_mut().find(of_number)) else {
            return fails(format!("the Service has no port {}", self.port));
        };
        *field(entry, "targetPort") = self.value();
        Ok(())
    }
}
