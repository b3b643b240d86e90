//! `raise-quota`: set a hard limit of a ResourceQuota to more than it is.

use k8shawk_vocabulary::quantity::{Quantity, nano};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::{done, fails, line, named, replace, set};
use super::entry::{Act, Before, Entry, Found, Planned, Risk, Sends};
use crate::fix::{Action, Precondition};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "raise-quota",
    targets: &[(&["ResourceQuota"], Sends::Replace)],
    reads: &[],
    parameters: "`resource`, `value`",
    risk: Risk::Medium,
    like: "`kubectl patch resourcequota`",
    parse: |values| {
        let resource = values.word("resource", "-._/")?;
        let value = values.quantity("value")?;
        Ok(RaiseQuota { resource, value }.into())
    },
};

/// The hard limit that a quota gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RaiseQuota {
    /// Resource, such as `requests.memory`.
    pub resource: String,
    /// Value.
    pub value: Quantity,
}

impl Act for RaiseQuota {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("resource", self.resource.clone()),
            ("value", self.value.to_string()),
        ]
    }

    fn plan(&self, found: &Found<'_>) -> Planned {
        replace(found.current, |quota| self.raise(quota))
    }

    fn inverse(&self, before: &Before<'_>) -> Option<Action> {
        let resource = self.resource.clone();
        let value = Quantity::parse(&before.value(&format!("spec.hard.{resource}"))?)?;
        Some(RaiseQuota { resource, value }.into())
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        let (object, resource, value) = (named(target), &self.resource, &self.value);
        line(
            target,
            format!(
                "patch {object} --type=merge -p '{{\"spec\":{{\"hard\":{{\"{resource}\":\"{value}\"}}}}}}'"
            ),
        )
    }
}

impl RaiseQuota {
    fn raise(&self, quota: &mut Value) -> Result<(), Precondition> {
        let (resource, value) = (self.resource.as_str(), &self.value);
        let hard = quota
            .pointer("/spec/hard")
            .and_then(|h| h.get(resource))
            .and_then(Value::as_str);
        let Some(now) = hard.and_then(nano) else {
            return fails(format!("the quota does not limit {resource}"));
        };
        if value.nano() <= now {
            return done(format!(
                "the quota for {resource} is already {value} or more"
            ));
        }
        set(quota, &["spec", "hard", resource], value.to_string());
        Ok(())
    }
}
