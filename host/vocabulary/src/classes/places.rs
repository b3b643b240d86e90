//! Pods without a node, and nodes in trouble.

use super::{Class, NONE, ROLLBACK};

const SCALE: &str = "scale, rollout-undo";

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "unschedulable-resources",
        means: "No node has enough free CPU or memory for what the pod requests.",
        apart: "The scheduler says `Insufficient cpu` or `Insufficient memory`. Requests count, not usage: an idle node can be full.",
        people: "Lower the requests, free or add nodes, or run fewer replicas; check whether the cluster autoscaler tried.",
        fix: SCALE,
    },
    Class {
        name: "unschedulable-extended-resource",
        means: "No node offers enough of a device resource such as `nvidia.com/gpu`.",
        apart: "`Insufficient` with a name that has a slash. If no node offers it at all, the device plugin does not run.",
        people: "Check the device plugin's DaemonSet, or wait for the pods that hold the devices.",
        fix: SCALE,
    },
    Class {
        name: "unschedulable-too-many-pods",
        means: "Every fitting node already runs as many pods as its kubelet admits.",
        apart: "`Too many pods`; CPU and memory may be free.",
        people: "Raise maxPods (and the address range of the network plugin), or add nodes.",
        fix: SCALE,
    },
    Class {
        name: "unschedulable-cordon",
        means: "The only node that fits is cordoned.",
        apart: "`node(s) were unschedulable`, and without the cordon the pod would fit.",
        people: "Finish the maintenance, then `kubectl uncordon`; ask the person who cordoned it \
                 first.",
        fix: "uncordon",
    },
    Class {
        name: "unschedulable-affinity",
        means: "No node meets the pod's affinity or anti-affinity rules.",
        apart: "`didn't match pod affinity/anti-affinity rules` or `didn't match Pod's node affinity`. Plain labels are unschedulable-node-selector.",
        people: "Turn required rules into preferred ones, run fewer replicas than nodes, or label the nodes.",
        fix: SCALE,
    },
    Class {
        name: "unschedulable-ports",
        means: "The hostPort that the pod asks for is taken on every fitting node.",
        apart: "`didn't have free ports`.",
        people: "Use a Service instead of a hostPort, another port, or fewer replicas than nodes.",
        fix: SCALE,
    },
    Class {
        name: "unschedulable-taint",
        means: "Every fitting node has a taint that the pod does not tolerate.",
        apart: "`had untolerated taint {...}`. Taints that Kubernetes sets itself (not-ready, disk-pressure) point to the node, not to the pod.",
        people: "Add the toleration where the pod belongs there, or remove a taint that was left behind.",
        fix: ROLLBACK,
    },
    Class {
        name: "unschedulable-node-selector",
        means: "No node has the labels of the pod's nodeSelector.",
        apart: "`didn't match Pod's node affinity/selector`, and the nodeSelector is what nobody meets.",
        people: "Label a node, or correct the selector; `kubectl get nodes --show-labels`.",
        fix: ROLLBACK,
    },
    Class {
        name: "unschedulable-spread",
        means: "Any place would break the pod's topologySpreadConstraints.",
        apart: "`didn't match pod topology spread constraints`.",
        people: "Use whenUnsatisfiable: ScheduleAnyway, or add nodes in the missing zone.",
        fix: ROLLBACK,
    },
    Class {
        name: "unschedulable-volume",
        means: "The pod's volume is bound to nodes or a zone where the pod cannot run.",
        apart: "`had volume node affinity conflict`. A claim that is not bound is one of the pvc classes.",
        people: "Bring the node back, or restore the data into a volume where the pod can run.",
        fix: ROLLBACK,
    },
    Class {
        name: "scheduling-gated",
        means: "The pod carries a scheduling gate, so schedulers skip it.",
        apart: "PodScheduled is false with the reason SchedulingGated.",
        people: "Find the controller that set the gate (often a queue such as Kueue) and ask why it holds it.",
        fix: ROLLBACK,
    },
    Class {
        name: "scheduler-missing",
        means: "`schedulerName` names a scheduler that does not run here.",
        apart: "The pod is Pending without any scheduling event.",
        people: "Correct schedulerName, or start that scheduler.",
        fix: ROLLBACK,
    },
    Class {
        name: "preempted",
        means: "A pod of higher priority took the place of this one.",
        apart: "Event Preempted, or the condition DisruptionTarget with PreemptionByScheduler.",
        people: "Ask whether the other pod's priority is meant; add room or raise this one's priority.",
        fix: NONE,
    },
    Class {
        name: "kubelet-admission-refused",
        means: "The scheduler gave the pod to a node whose kubelet refuses it.",
        apart: "The pod is Failed with a reason such as UnexpectedAdmissionError, OutOfcpu or NodeAffinity; it never started and does not come back by itself.",
        people: "Compare what the pod asks for with the node's allocatable; delete the failed pod.",
        fix: NONE,
    },
    Class {
        name: "sandbox-failed",
        means: "The container runtime or the network plugin cannot create the pod's sandbox.",
        apart: "Event FailedCreatePodSandBox: no container was tried yet. Many pods on one node point to the node.",
        people: "On the node, read the logs of containerd and of the network plugin; look for exhausted addresses.",
        fix: NONE,
    },
    Class {
        name: "node-not-ready",
        means: "The node's kubelet reports that it is not ready.",
        apart: "Ready is False and the kubelet still reports. If the kubelet no longer reports, it \
                is node-unreachable.",
        people: "`journalctl -u kubelet` on the node, from the time of the condition: runtime, network plugin, certificates.",
        fix: "cordon",
    },
    Class {
        name: "node-unreachable",
        means: "The node's kubelet no longer reports.",
        apart: "Ready is Unknown with NodeStatusUnknown, and the Lease is old. The pods may still run.",
        people: "Look at the machine's console and network; do not force-delete its StatefulSet pods before it is off.",
        fix: "cordon",
    },
    Class {
        name: "node-pressure",
        means: "The node runs out of memory, disk or process ids, and takes no new pods.",
        apart: "MemoryPressure, DiskPressure or PIDPressure is True. What it evicts is evicted-node-pressure.",
        people: "Find what fills it (`kubectl top pod`, image garbage, logs) before pods return.",
        fix: NONE,
    },
    Class {
        name: "node-shutdown",
        means: "The node was shut down and its pods were ended.",
        apart: "Pods with reason Terminated or NodeShutdown and `imminent node shutdown`.",
        people: "Check whether the shutdown was meant (maintenance, spot instance); failed pods can be deleted.",
        fix: NONE,
    },
    Class {
        name: "evicted-node-pressure",
        means: "The kubelet evicted the pod because the node was short of memory, disk or process ids.",
        apart: "Pod reason Evicted with `The node was low on resource`. A pod that broke its own limit is ephemeral-storage-exceeded.",
        people: "Set requests to what the pod uses, so that the scheduler counts it; find who fills the node.",
        fix: "delete-pod of what is left",
    },
    Class {
        name: "ephemeral-storage-exceeded",
        means: "The pod wrote more to its local disk than its limit or an emptyDir's sizeLimit allows.",
        apart: "Pod reason Evicted with `ephemeral local storage usage exceeds` or `usage of EmptyDir volume exceeds`.",
        people: "Bound logs and caches, write to a volume, or raise the limit.",
        fix: "delete-pod of what is left",
    },
];
