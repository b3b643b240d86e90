//! Claims and volumes.

use super::{Class, NONE, ROLLBACK};

const CLASS_REFERENCE: &str = "patch-reference of the class, where the claim was never bound";

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "pvc-missing",
        means: "The pod names a PersistentVolumeClaim that does not exist.",
        apart: "`persistentvolumeclaim \"x\" not found`. A claim that exists and waits is one of the other pvc classes.",
        people: "Apply the claim, or correct its name.",
        fix: ROLLBACK,
    },
    Class {
        name: "pvc-lost",
        means: "The claim's volume is gone, and with it perhaps the data.",
        apart: "The claim's phase is Lost.",
        people: "Find who deleted the volume and restore a snapshot; the claim has to be created again.",
        fix: NONE,
    },
    Class {
        name: "pvc-no-storage-class",
        means: "The claim names a StorageClass that does not exist, or names none and there is no default.",
        apart: "`storageclass.storage.k8s.io \"x\" not found`. Where the class exists and its driver does not run, it is pvc-provisioner-missing.",
        people: "Correct the class, or mark one as default; a claim cannot change its class and is created again.",
        fix: CLASS_REFERENCE,
    },
    Class {
        name: "pvc-provisioner-missing",
        means: "The StorageClass names a provisioner that nobody runs here.",
        apart: "`waiting for a volume to be created by external provisioner`, and no driver of that name is registered.",
        people: "Install or repair the CSI driver, or use another class.",
        fix: CLASS_REFERENCE,
    },
    Class {
        name: "pvc-provisioning-failed",
        means: "The provisioner answers with an error: quota, zone, parameters or credentials.",
        apart: "Event ProvisioningFailed with the storage's own message.",
        people: "Read the message and the provisioner's log; it tries again by itself.",
        fix: CLASS_REFERENCE,
    },
    Class {
        name: "pvc-no-matching-volume",
        means: "No existing volume meets the claim's size, access mode, class or selector.",
        apart: "`no persistent volumes available for this claim`: nothing provisions here, somebody must supply volumes.",
        people: "Create a volume that fits, or correct the claim.",
        fix: NONE,
    },
    Class {
        name: "volume-mount-failed",
        means: "The kubelet cannot mount a volume: its source, its path or its driver.",
        apart: "Event FailedMount that is not about a missing ConfigMap, Secret or claim. Attaching to the node comes before (volume-attach-failed).",
        people: "Check the source from the node: NFS export, host path, driver, file system.",
        fix: ROLLBACK,
    },
    Class {
        name: "volume-attach-failed",
        means: "The volume cannot be attached to the node, often because another node still holds it.",
        apart: "Event FailedAttachVolume, `Multi-Attach error`. The holder is named, and whether it is stale.",
        people: "Make sure that the old node is really off, then delete its pod or VolumeAttachment.",
        fix: "delete-pod of a stale holder, rollout-undo",
    },
    Class {
        name: "volume-full",
        means: "The file system of the claim is full.",
        apart: "`no space left on device` in the log together with a claim mounted there. The node's own disk is node-pressure.",
        people: "Prune what grows, then enlarge the claim where its class allows expansion.",
        fix: "expand-pvc",
    },
    Class {
        name: "volume-resize-failed",
        means: "The claim asks for a larger size, and the volume does not get it.",
        apart: "Event VolumeResizeFailed or FileSystemResizeFailed, or a condition that does not end.",
        people: "Read the resizer's log; check allowVolumeExpansion; some drivers resize only while no pod uses the volume.",
        fix: NONE,
    },
];
