//! `expand-pvc`: ask for a larger volume.

use k8shawk_vocabulary::quantity::{Quantity, nano};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::{done, line, replace, set};
use super::entry::{Act, Entry, Found, Planned, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "expand-pvc",
    targets: &[(&["PersistentVolumeClaim"], Sends::Replace)],
    reads: &[],
    parameters: "`size`",
    risk: Risk::High,
    like: "`kubectl patch pvc`",
    parse: |values| {
        let size = values.quantity("size")?;
        Ok(ExpandPvc { size }.into())
    },
};

/// The size that a claim asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpandPvc {
    /// Size.
    pub size: Quantity,
}

impl Act for ExpandPvc {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("size", self.size.to_string())]
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        let size = &self.size;
        replace(found.current, |claim| {
            let now = claim
                .pointer("/spec/resources/requests/storage")
                .and_then(Value::as_str);
            if now.and_then(nano).is_some_and(|now| now >= size.nano()) {
                return done(format!("the claim already requests {size} or more"));
            }
            let path = ["spec", "resources", "requests", "storage"];
            set(claim, &path, size.to_string());
            Ok(())
        })
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (name, size) = (&target.name, &self.size);
        line(
            target,
            format!(
                "patch pvc {name} -p '{{\"spec\":{{\"resources\":{{\"requests\":{{\"storage\":\"{size}\"}}}}}}}}'"
            ),
        )
    }
}
