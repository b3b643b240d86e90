//! What an autoscaler scales, and whether that exists.

use k8shawk_sdk::analysis::{Finding, Severity};
use serde_json::Value;

use crate::case::Case;
use crate::finding::Draft;
use crate::json::{condition_is, name, reference, spoken, text};
use crate::near;
use crate::owner::owner_of;

/// What the autoscaler scales.
pub struct ScaleTarget<'v> {
    pub kind: &'v str,
    pub name: &'v str,
    pub namespace: &'v str,
}

impl<'v> ScaleTarget<'v> {
    /// What `spec.scaleTargetRef` names.
    pub fn of(hpa: &'v Value) -> Self {
        ScaleTarget {
            kind: text(hpa, "/spec/scaleTargetRef/kind"),
            name: text(hpa, "/spec/scaleTargetRef/name"),
            namespace: text(hpa, "/metadata/namespace"),
        }
    }

    /// Kind, namespace and name.
    pub fn spoken(&self) -> String {
        format!("{} {}/{}", self.kind, self.namespace, self.name)
    }

    /// The finding where it does not exist.
    pub fn missing(&self, case: &Case, hpa: &Value) -> Option<Finding> {
        if !case.is_missing(self.kind, self.namespace, self.name) {
            return None;
        }
        let all = case.list(self.kind, self.namespace);
        let mut near = near::clause(self.name, all.iter().map(name));
        let other = ["Deployment", "StatefulSet"]
            .into_iter()
            .find(|kind| *kind != self.kind && case.get(kind, self.namespace, self.name).is_some());
        if let Some(other) = other {
            near = format!("; a {other} of that name exists");
        }
        let mut draft = draft(case, hpa, "hpa-target-missing", Severity::Medium);
        let cited = draft.cite(
            "spec.scaleTargetRef",
            format!("{} {}", self.kind, self.name),
        );
        draft
            .title(format!(
                "the target {} of autoscaler {} does not exist",
                self.name,
                name(hpa)
            ))
            .confidence(95)
            .say(format!(
                "{} scales {}, which does not exist{near} {cited}.",
                spoken(&reference(hpa)),
                self.spoken()
            ));
        if let Some(unable) = condition_is(hpa, "AbleToScale", "False") {
            let said = text(unable, "/message");
            let cited = draft.cite("status.conditions[AbleToScale]", said);
            draft.say(format!("The controller reports \"{said}\" {cited}."));
        }
        Some(draft.finish())
    }
}

/// A finding of this class on an autoscaler.
pub fn draft(case: &Case, hpa: &Value, class: &str, severity: Severity) -> Draft {
    let owner = owner_of(case, hpa);
    Draft::new(class, severity, reference(hpa), owner)
}
