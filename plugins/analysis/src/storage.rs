//! Why a claim is not bound.

mod by_hand;
mod class;

use k8shawk_sdk::analysis::{Finding, ObjectRef, Severity};
use k8shawk_sdk::event::EventRow;
use k8shawk_sdk::kinds;
use k8shawk_sdk::shorten;
use serde_json::Value;

use crate::case::Case;
use crate::finding::Draft;
use crate::json::{items, name, reference, text};
use crate::pod::container::shared;
use crate::pod::subject::{cite_event, since};

/// Seconds that a provisioner may take.
const PATIENCE: i64 = 60;

/// Provisioner of a class whose volumes are made by hand.
const BY_HAND: &str = "kubernetes.io/no-provisioner";

const DEFAULT_CLASS: &str = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";

/// Why this claim is not usable; `None` where nothing is wrong with it.
pub fn diagnose_claim(case: &Case, pvc: &Value) -> Option<Finding> {
    let mut object = reference(pvc);
    if object.kind.is_empty() {
        object.kind = "PersistentVolumeClaim".to_owned();
        object.api_version = kinds::api_version("PersistentVolumeClaim");
    }
    explain(case, pvc, &object, &object)
}

/// The same, as the cause of a failing `object` of `owner`.
pub fn explain(case: &Case, pvc: &Value, object: &ObjectRef, owner: &ObjectRef) -> Option<Finding> {
    if pvc.pointer("/metadata/deletionTimestamp").is_some() {
        return None;
    }
    let claim = Claim {
        case,
        pvc,
        object,
        owner,
    };
    match text(pvc, "/status/phase") {
        "Bound" => claim.resize(),
        "Lost" => Some(claim.lost()),
        _ => claim.pending(),
    }
}

struct Claim<'a> {
    case: &'a Case<'a>,
    pvc: &'a Value,
    object: &'a ObjectRef,
    owner: &'a ObjectRef,
}

impl Claim<'_> {
    fn draft(&self, class: &str) -> Draft {
        let mut draft = Draft::new(
            class,
            Severity::Medium,
            self.object.clone(),
            self.owner.clone(),
        );
        draft.shared(shared(
            "PersistentVolumeClaim",
            self.namespace(),
            self.name(),
        ));
        draft
    }

    fn name(&self) -> &str {
        name(self.pvc)
    }

    fn namespace(&self) -> &str {
        text(self.pvc, "/metadata/namespace")
    }

    fn cite_phase(&self, draft: &mut Draft) -> String {
        draft.cite(
            format!("PersistentVolumeClaim {} status.phase", self.name()),
            text(self.pvc, "/status/phase"),
        )
    }

    fn event(&self, reasons: &[&str]) -> Option<EventRow> {
        let mut own = reference(self.pvc);
        own.kind = "PersistentVolumeClaim".to_owned();
        self.case
            .events(&own)
            .into_iter()
            .rev()
            .find(|e| reasons.contains(&e.reason.as_str()))
    }

    fn lost(&self) -> Finding {
        let volume = text(self.pvc, "/spec/volumeName");
        let mut draft = self.draft("pvc-lost");
        let cited = self.cite_phase(&mut draft);
        draft
            .title(format!("Claim {} lost its volume {volume}", self.name()))
            .say(format!("The claim \"{}\" in namespace {} was bound to the PersistentVolume \"{volume}\", which no longer exists or no longer names this claim {cited}.", self.name(), self.namespace()))
            .confidence(95);
        draft.finish()
    }

    fn resize(&self) -> Option<Finding> {
        let event = self.event(&["VolumeResizeFailed", "FileSystemResizeFailed"])?;
        let mut draft = self.draft("volume-resize-failed");
        let cited = cite_event(&mut draft, &event);
        draft
            .title(format!("Claim {} cannot be resized", self.name()))
            .say(format!(
                "The claim \"{}\" is bound, but its volume cannot be expanded {cited}.",
                self.name()
            ))
            .confidence(85);
        Some(draft.finish())
    }

    fn pending(&self) -> Option<Finding> {
        if let Some(event) = self
            .event(&["ProvisioningFailed"])
            .filter(|e| !e.message.contains("not found"))
        {
            return Some(self.refused(&event));
        }
        let volume = text(self.pvc, "/spec/volumeName");
        if !volume.is_empty() {
            return self.reserved(volume);
        }
        match self
            .pvc
            .pointer("/spec/storageClassName")
            .and_then(Value::as_str)
        {
            Some("") => Some(self.no_volume("asks for a volume without a class")),
            Some(class) => self.of_class(class),
            None => self.without_class(),
        }
    }

    fn of_class(&self, class: &str) -> Option<Finding> {
        if self.case.is_missing("StorageClass", "", class) {
            // A volume made by hand may carry a class name that no StorageClass has.
            let by_hand = self
                .case
                .list("PersistentVolume", "")
                .iter()
                .any(|pv| text(pv, "/spec/storageClassName") == class);
            return Some(if by_hand {
                self.no_volume(&format!(
                    "asks for a volume of class \"{class}\", which only statically provisioned \
                     volumes have"
                ))
            } else {
                self.no_class(class)
            });
        }
        let object = self.case.get("StorageClass", "", class)?;
        let provisioner = text(&object, "/provisioner");
        let waits = text(&object, "/volumeBindingMode") == "WaitForFirstConsumer";
        if waits && !self.has_consumer() {
            return None;
        }
        if provisioner == BY_HAND {
            return Some(self.no_volume(&format!(
                "asks for a volume of class \"{class}\", whose volumes are statically provisioned"
            )));
        }
        let selected = self
            .pvc
            .pointer("/metadata/annotations/volume.kubernetes.io~1selected-node")
            .is_some();
        let age =
            since(self.case, text(self.pvc, "/metadata/creationTimestamp")).unwrap_or(i64::MAX);
        // Until the scheduler has chosen a node, no provisioner is asked.
        if (waits && !selected) || age < PATIENCE {
            return None;
        }
        Some(self.no_provisioner(class, provisioner, age))
    }

    fn has_consumer(&self) -> bool {
        let pods = self.case.list("Pod", self.namespace());
        pods.iter().any(|pod| claims(pod).contains(&self.name()))
    }

    fn without_class(&self) -> Option<Finding> {
        if self.case.unreadable("StorageClass", "") {
            return None;
        }
        let classes = self.case.list("StorageClass", "");
        if let Some(default) = classes.iter().find(|c| text(c, DEFAULT_CLASS) == "true") {
            return self.of_class(name(default));
        }
        let mut draft = self.draft("pvc-no-storage-class");
        let cited = self.cite_phase(&mut draft);
        draft
            .title(format!("Claim {} names no StorageClass and the cluster has no default", self.name()))
            .say(format!("The claim \"{}\" in namespace {} is pending {cited}: it names no storageClassName, and no StorageClass of this cluster is the default.", self.name(), self.namespace()))
            .say(listed("The classes of this cluster are", classes.iter().map(name)))
            .confidence(92);
        Some(draft.finish())
    }

    fn refused(&self, event: &EventRow) -> Finding {
        let mut draft = self.draft("pvc-provisioning-failed");
        let mut cited = self.cite_phase(&mut draft);
        cited.push_str(&cite_event(&mut draft, event));
        let class = text(self.pvc, "/spec/storageClassName");
        draft
            .title(format!(
                "The volume of claim {} cannot be provisioned",
                self.name()
            ))
            .say(format!(
                "The claim \"{}\" in namespace {} is pending: its provisioner \
                          (StorageClass \"{class}\") fails to create the volume {cited}: \"{}\".",
                self.name(),
                self.namespace(),
                shorten(&event.message, 240)
            ))
            .confidence(92);
        draft.finish()
    }
}

/// The claims that a pod mounts.
pub fn claims(pod: &Value) -> Vec<&str> {
    items(pod, "/spec/volumes")
        .iter()
        .map(|v| text(v, "/persistentVolumeClaim/claimName"))
        .filter(|n| !n.is_empty())
        .collect()
}

fn listed<'n>(before: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.take(8).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("{before} {}.", names.join(", "))
    }
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]
mod tests;
