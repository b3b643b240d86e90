//! `scale`: set the number of replicas.

use serde::{Deserialize, Serialize};

use super::edit::{MAX_REPLICAS, fails, line, named, replace, set};
use crate::fix::Action;
use super::entry::{Act, Before, Entry, Found, Planned, Risk, Sends};
use crate::object::ObjectRef;
use crate::workloads;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "scale",
    targets: &[(workloads::SCALED, Sends::Replace)],
    reads: &[],
    parameters: "`replicas` (at most 500)",
    risk: Risk::Medium,
    like: "`kubectl scale --replicas=N`",
    parse: |values| {
        let replicas = values.number("replicas")?;
        Ok(Scale { replicas }.into())
    },
};

/// The replicas wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// How many.
    pub replicas: u32,
}

impl Act for Scale {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("replicas", self.replicas.to_string())]
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        if self.replicas > MAX_REPLICAS {
            return fails(format!("more than {MAX_REPLICAS} replicas"));
        }
        replace(found.current, |object| {
            set(object, &["spec", "replicas"], self.replicas);
            Ok(())
        })
    }

    fn inverse(&self, before: &Before<'_>) -> Option<Action> {
        let replicas = before.value("spec.replicas")?.parse().ok()?;
        Some(Scale { replicas }.into())
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (object, replicas) = (named(target), self.replicas);
        line(target, format!("scale {object} --replicas={replicas}"))
    }
}
