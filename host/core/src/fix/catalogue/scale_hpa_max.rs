//! `scale-hpa-max`: set an autoscaler's upper bound.

use serde::{Deserialize, Serialize};

use super::edit::{MAX_REPLICAS, fails, line, replace, set};
use crate::fix::Action;
use super::entry::{Act, Before, Entry, Found, Planned, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "scale-hpa-max",
    targets: &[(&["HorizontalPodAutoscaler"], Sends::Replace)],
    reads: &[],
    parameters: "`max` (at most 500)",
    risk: Risk::Medium,
    like: "`kubectl patch hpa`",
    parse: |values| {
        let max = values.number("max")?;
        Ok(ScaleHpaMax { max }.into())
    },
};

/// The upper bound that an autoscaler gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScaleHpaMax {
    /// Most replicas.
    pub max: u32,
}

impl Act for ScaleHpaMax {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("max", self.max.to_string())]
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        if self.max > MAX_REPLICAS {
            return fails(format!("more than {MAX_REPLICAS} replicas"));
        }
        replace(found.current, |object| {
            set(object, &["spec", "maxReplicas"], self.max);
            Ok(())
        })
    }

    fn inverse(&self, before: &Before<'_>) -> Option<Action> {
        let max = before.value("spec.maxReplicas")?.parse().ok()?;
        Some(ScaleHpaMax { max }.into())
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (name, max) = (&target.name, self.max);
        line(
            target,
            format!("patch hpa {name} -p '{{\"spec\":{{\"maxReplicas\":{max}}}}}'"),
        )
    }
}
