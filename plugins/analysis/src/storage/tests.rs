use rstest::rstest;
use serde_json::{Value, json};

use super::diagnose_claim;
use crate::testing::{Bundle, ago, assert_cited};

fn claim(spec: Value, phase: &str) -> Bundle {
    let mut spec = spec;
    spec["accessModes"] = json!(["ReadWriteOnce"]);
    spec["resources"] = json!({"requests": {"storage": "10Gi"}});
    Bundle::default().with(json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "shop", "creationTimestamp": ago(600)},
        "spec": spec, "status": {"phase": phase},
    }))
}

fn class(name: &str, mode: &str, provisioner: &str) -> Value {
    json!({"kind": "StorageClass", "metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": mode})
}

fn volume(size: &str, mode: &str) -> Value {
    json!({"kind": "PersistentVolume", "metadata": {"name": "pv-1"}, "spec": {"storageClassName": "", "capacity": {"storage": size}, "accessModes": [mode]}, "status": {"phase": "Available"}})
}

#[rstest]
#[case::no_class(claim(json!({"storageClassName": "fst"}), "Pending").with(class("fast", "Immediate", "p")), "pvc-no-storage-class", "nearest existing name is \"fast\"")]
#[case::no_default(claim(json!({}), "Pending").with(class("fast", "Immediate", "p")), "pvc-no-storage-class", "no StorageClass of this cluster is the default")]
#[case::no_provisioner(claim(json!({"storageClassName": "fast"}), "Pending").with(class("fast", "Immediate", "x.csi")), "pvc-provisioner-missing", "No CSIDriver \"x.csi\" is registered")]
#[case::refused(claim(json!({"storageClassName": "fast"}), "Pending").with(class("fast", "Immediate", "x.csi")).event("PersistentVolumeClaim", "data", "ProvisioningFailed", "rpc error: out of capacity", 3), "pvc-provisioning-failed", "out of capacity")]
#[case::too_small(claim(json!({"storageClassName": ""}), "Pending").with(volume("5Gi", "ReadWriteOnce")), "pvc-no-matching-volume", "pv-1 \
                                                                                                                                     has \
                                                                                                                                     5Gi, \
                                                                                                                                     less \
                                                                                                                                     than \
                                                                                                                                     10Gi")]
#[case::wrong_mode(claim(json!({"storageClassName": ""}), "Pending").with(volume("50Gi", "ReadOnlyMany")), "pvc-no-matching-volume", "pv-1 offers ReadOnlyMany, not ReadWriteOnce")]
#[case::no_volume(claim(json!({"storageClassName": ""}), "Pending"), "pvc-no-matching-volume", "No \
                                                                                                PersistentVolume \
                                                                                                is \
                                                                                                free")]
#[case::reserved(claim(json!({"storageClassName": "", "volumeName": "pv-9"}), "Pending"), "pvc-no-matching-volume", "\"pv-9\", which does not exist")]
#[case::lost(claim(json!({"volumeName": "pv-1"}), "Lost"), "pvc-lost", "\"pv-1\"")]
fn names_what_the_claim_waits_for(
    #[case] bundle: Bundle,
    #[case] class: &str,
    #[case] named: &str,
) {
    let found = bundle
        .about("PersistentVolumeClaim", "data", diagnose_claim)
        .expect("a finding");
    assert_cited(&found);
    assert_eq!(found.class, class, "{}", found.cause);
    assert!(
        found.cause.contains(named),
        "{named:?} is not named in: {}",
        found.cause
    );
}

#[rstest]
#[case::bound(claim(json!({"storageClassName": "fast"}), "Bound"))]
#[case::waits_for_its_first_consumer(claim(json!({"storageClassName": "fast"}), "Pending").with(class("fast", "WaitForFirstConsumer", "p")))]
#[case::the_class_may_not_be_read(claim(json!({"storageClassName": "fast"}), "Pending").denying("StorageClass"))]
fn says_nothing_of_a_claim_in_order(#[case] bundle: Bundle) {
    let found = bundle.about("PersistentVolumeClaim", "data", diagnose_claim);
    assert!(found.is_none(), "{:?}", found.map(|f| f.cause));
}
