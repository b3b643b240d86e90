//! Claims of a StorageClass: missing, or with a provisioner that does not answer.

use k8shawk_sdk::analysis::Finding;
use k8shawk_sdk::facts;

use super::{Claim, listed};
use crate::json::name;
use crate::near;
use crate::pod::container::shared;
use crate::pod::subject::{cite_event, spell};

impl Claim<'_> {
    pub(super) fn no_class(&self, class: &str) -> Finding {
        let mut draft = self.draft("pvc-no-storage-class");
        let cited = self.cite_phase(&mut draft);
        let asked = draft.cite(
            format!(
                "PersistentVolumeClaim {} spec.storageClassName",
                self.name()
            ),
            class,
        );
        let classes = self.case.list("StorageClass", "");
        let near = near::clause(class, classes.iter().map(name));
        draft
            .title(format!("Claim {} asks for StorageClass \"{class}\", which does not exist{near}", self.name()))
            .say(format!("The claim \"{}\" in namespace {} is pending {cited}: it asks for the StorageClass \"{class}\" {asked}, which does not exist{near}.", self.name(), self.namespace()))
            .say(listed("The classes of this cluster are", classes.iter().map(name)))
            .confidence(95)
            .shared(shared("StorageClass", "", class));
        // The claims of a StatefulSet are made from its templates, which cannot be changed.
        if self.owner.kind != "StatefulSet" {
            draft
                .slip("StorageClass", class, classes.iter().map(name))
                .fact(facts::CLAIM, self.name());
        }
        draft.finish()
    }

    pub(super) fn no_provisioner(&self, class: &str, provisioner: &str, age: i64) -> Finding {
        let mut draft = self.draft("pvc-provisioner-missing");
        let mut cited = self.cite_phase(&mut draft);
        cited.push_str(&draft.cite(format!("StorageClass {class} provisioner"), provisioner));
        if let Some(event) = self.event(&["ExternalProvisioning"]) {
            cited.push_str(&cite_event(&mut draft, &event));
        }
        draft
            .title(format!(
                "Claim {} waits for provisioner {provisioner}, which does not respond",
                self.name()
            ))
            .say(format!(
                "The claim \"{}\" in namespace {} is pending for {}: its StorageClass \
                          \"{class}\" is served by the provisioner \"{provisioner}\", which has \
                          neither created a volume nor reported why {cited}.",
                self.name(),
                self.namespace(),
                spell(age)
            ))
            .shared(shared("StorageClass", "", class));
        let driver = self.case.is_missing("CSIDriver", "", provisioner);
        match driver {
            true => draft
                .say(format!("No CSIDriver \"{provisioner}\" is registered."))
                .confidence(90),
            false => draft.confidence(70),
        };
        draft.finish()
    }
}
