//! Volumes that are made by hand: which of them is for a claim.

use k8shawk_sdk::analysis::Finding;
use serde_json::Value;

use super::Claim;
use crate::json::{items, name, selects, text};
use crate::near;
use k8shawk_sdk::quantity;

impl Claim<'_> {
    pub(super) fn reserved(&self, volume: &str) -> Option<Finding> {
        let found = self.case.get("PersistentVolume", "", volume);
        let missing = self.case.is_missing("PersistentVolume", "", volume);
        let fault = match &found {
            Some(pv) => self.unfit(pv)?,
            None if missing => {
                let near = near::clause(
                    volume,
                    self.case.list("PersistentVolume", "").iter().map(name),
                );
                format!("does not exist{near}")
            }
            None => return None,
        };
        let mut draft = self.draft("pvc-no-matching-volume");
        let mut cited = self.cite_phase(&mut draft);
        cited.push_str(&draft.cite(
            format!("PersistentVolumeClaim {} spec.volumeName", self.name()),
            volume,
        ));
        draft
            .title(format!("Claim {} cannot bind PersistentVolume {volume}", self.name()))
            .say(format!("The claim \"{}\" in namespace {} is pending {cited}: it asks for the PersistentVolume \"{volume}\", which {fault}.", self.name(), self.namespace()))
            .confidence(92);
        Some(draft.finish())
    }

    pub(super) fn no_volume(&self, asks: &str) -> Finding {
        let mut draft = self.draft("pvc-no-matching-volume");
        let cited = self.cite_phase(&mut draft);
        let size = text(self.pvc, "/spec/resources/requests/storage");
        let wanted = draft.cite(
            format!("PersistentVolumeClaim {} spec", self.name()),
            format!(
                "storage={size} accessModes={} storageClassName={}",
                modes(self.pvc),
                text(self.pvc, "/spec/storageClassName")
            ),
        );
        draft
            .title(format!("No PersistentVolume fits claim {}", self.name()))
            .say(format!("The claim \"{}\" in namespace {} is pending {cited}: it {asks}, of {size} with {} {wanted}.", self.name(), self.namespace(), modes(self.pvc)));
        let volumes = self.case.list("PersistentVolume", "");
        let faults: Vec<String> = volumes
            .iter()
            .filter_map(|pv| Some(format!("{} {}", name(pv), self.unfit(pv)?)))
            .take(4)
            .collect();
        match faults.is_empty() {
            _ if self.case.unreadable("PersistentVolume", "") => {
                draft.unknown("Which PersistentVolumes exist: no permission to read them.");
            }
            true => {
                draft.say("No PersistentVolume is free.");
            }
            false => {
                let cited = draft.cite("PersistentVolumes", faults.join("; "));
                draft.say(format!("None fits: {} {cited}.", faults.join("; ")));
            }
        }
        draft.confidence(88);
        draft.finish()
    }

    /// Why this volume is not for the claim; `None` where it fits.
    fn unfit(&self, pv: &Value) -> Option<String> {
        let holder = (
            text(pv, "/spec/claimRef/namespace"),
            text(pv, "/spec/claimRef/name"),
        );
        if !holder.1.is_empty() && holder != (self.namespace(), self.name()) {
            return Some(format!(
                "is claimed by {}/{} ({})",
                holder.0,
                holder.1,
                text(pv, "/status/phase")
            ));
        }
        if text(pv, "/status/phase") == "Failed" {
            return Some("has failed".to_owned());
        }
        let class = text(self.pvc, "/spec/storageClassName");
        if text(pv, "/spec/storageClassName") != class {
            return Some(format!(
                "is of class \"{}\", not \"{class}\"",
                text(pv, "/spec/storageClassName")
            ));
        }
        let has = items(pv, "/spec/accessModes");
        if let Some(mode) = items(self.pvc, "/spec/accessModes")
            .iter()
            .find(|m| !has.contains(m))
        {
            return Some(format!(
                "offers {}, not {}",
                modes(pv),
                mode.as_str().unwrap_or_default()
            ));
        }
        let (size, asked) = (
            text(pv, "/spec/capacity/storage"),
            text(self.pvc, "/spec/resources/requests/storage"),
        );
        if quantity::milli(size)? < quantity::milli(asked)? {
            return Some(format!("has {size}, less than {asked}"));
        }
        let selector = self.pvc.pointer("/spec/selector")?;
        let labels = selector.get("matchLabels").unwrap_or(selector);
        (!selects(Some(selector), pv)).then(|| format!("does not have the labels {labels}"))
    }
}

fn modes(object: &Value) -> String {
    items(object, "/spec/accessModes")
        .iter()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join("+")
}
