//! `set-resources`: set a container's limits. A request that would exceed its limit follows it.

use k8shawk_vocabulary::quantity::{Quantity, nano};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::{find_container, line, named, replace, set};
use super::entry::{Act, Before, Entry, Found, Planned, Risk, Sends};
use crate::fix::Action;
use crate::object::ObjectRef;
use crate::workloads;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "set-resources",
    targets: &[(workloads::ROLLED_OUT, Sends::Replace)],
    reads: &[],
    parameters: "`container`; `memory`, `cpu` or both",
    risk: Risk::Medium,
    like: "`kubectl set resources --limits=`, and requests that are higher",
    parse: |values| {
        let container = values.word("container", "-.")?;
        let memory = values.optional_quantity("memory")?;
        let cpu = values.optional_quantity("cpu")?;
        if memory.is_none() && cpu.is_none() {
            return Err(values.fault("memory or cpu is missing"));
        }
        let limits = SetResources {
            container,
            memory,
            cpu,
        };
        Ok(limits.into())
    },
};

/// The limits that a container gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetResources {
    /// Name of the container.
    pub container: String,
    /// Memory limit; left as it is where there is none.
    pub memory: Option<Quantity>,
    /// CPU limit; left as it is where there is none.
    pub cpu: Option<Quantity>,
}

impl SetResources {
    fn limits(&self) -> impl Iterator<Item = (&'static str, &Quantity)> {
        [("memory", &self.memory), ("cpu", &self.cpu)]
            .into_iter()
            .filter_map(|(name, limit)| limit.as_ref().map(|limit| (name, limit)))
    }
}

impl Act for SetResources {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("container", self.container.clone())];
        pairs.extend(self.limits().map(|(name, limit)| (name, limit.to_string())));
        pairs
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        replace(found.current, |object| {
            let container = find_container(object, &self.container)?;
            self.limits()
                .for_each(|(name, limit)| set_limit(container, name, limit));
            Ok(())
        })
    }

    fn inverse(&self, before: &Before<'_>) -> Option<Action> {
        let was = |set: &Option<Quantity>, resource: &str| match set {
            None => Some(None),
            Some(_) => {
                let field = format!("resources.limits.{resource}");
                let text = before.of_container(&self.container, &field)?;
                Quantity::parse(&text).map(Some)
            }
        };
        let limits = SetResources {
            container: self.container.clone(),
            memory: was(&self.memory, "memory")?,
            cpu: was(&self.cpu, "cpu")?,
        };
        Some(limits.into())
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let limits: Vec<String> = self
            .limits()
            .map(|(name, limit)| format!("{name}={limit}"))
            .collect();
        let (object, container, limits) = (named(target), &self.container, limits.join(","));
        line(
            target,
            format!("set resources {object} -c {container} --limits={limits}  # requests above it follow"),
        )
    }
}

fn set_limit(container: &mut Value, resource: &str, limit: &Quantity) {
    let text = limit.to_string();
    set(container, &["resources", "limits", resource], text.clone());
    let request = container.pointer(&format!("/resources/requests/{resource}"));
    let above = request
        .and_then(Value::as_str)
        .and_then(nano)
        .is_some_and(|r| r > limit.nano());
    if above {
        set(container, &["resources", "requests", resource], text);
    }
}
