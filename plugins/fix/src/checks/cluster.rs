//! What to check next about nodes, places, volumes, refusals, routing and deletion.

use super::Row;

/// The classes of the shipped analysis first, then words that other analyses may use.
pub const ROWS: &[Row] = &[
    (
        &[
            "evicted-node-pressure",
            "node-pressure",
            "evicted",
            "pressure",
            "node-out",
            "node-memory",
            "node-disk",
        ],
        "On the node, find what fills it (kubectl top pod by node, crictl images, du under the kubelet's directory) before pods return to it.",
    ),
    (
        &[
            "node-not-ready",
            "node-unreachable",
            "node-shutdown",
            "node",
        ],
        "Log in to the node and read journalctl -u kubelet from the last heartbeat on; with no answer, ask the infrastructure team for its console.",
    ),
    (
        &["kubelet-admission-refused", "kubelet"],
        "Compare what {object} asks of its node (devices, labels, ports, topology) with what the node's status reports as allocatable; the kubelet does not take this pod any more, so its owner must make a new one.",
    ),
    (
        &["sandbox-failed", "sandbox", "cni"],
        "On the node, read the logs of the container runtime and of the network plugin (journalctl -u containerd, its DaemonSet's pod): the pod's sandbox is theirs to make.",
    ),
    (
        &["scheduler-missing", "scheduler"],
        "Ask the platform team whether the scheduler of that name should run here (kubectl get pods -n kube-system), or correct schedulerName in {owner}.",
    ),
    (
        &["scheduling-gated", "scheduling-gate", "gated"],
        "Find the controller that set the gate on {object} (often a queue such as Kueue) and ask why it does not lift it.",
    ),
    (
        &["preempted", "preemption", "preempting", "priority"],
        "Ask whoever runs the preempting workload whether its priority is meant; the pods of {owner} return when there is room.",
    ),
    (
        &[
            "unschedulable-resources",
            "unschedulable-extended-resource",
            "unschedulable-too-many-pods",
            "unschedulable",
            "insufficient",
        ],
        "Compare what {owner} asks for with what the nodes have left (the Allocated section of each node); either the request or the number of nodes must change.",
    ),
    (
        &["unschedulable-cordon", "cordon", "cordoned"],
        "Ask whoever cordoned the node whether the maintenance goes on (its managedFields and events say who and when); {owner} waits for that node to be schedulable.",
    ),
    (
        &[
            "unschedulable-affinity",
            "unschedulable-node-selector",
            "unschedulable-taint",
            "unschedulable-spread",
            "affinity",
            "taint",
            "spread",
            "node-selector",
        ],
        "Compare the constraints of {owner} (nodeSelector, affinity, tolerations, topologySpreadConstraints) with the labels and taints of the nodes (kubectl get nodes --show-labels): its owners or the platform team must change one of them.",
    ),
    (
        &["unschedulable-ports", "host-port", "ports"],
        "Find who holds the host port on the nodes (kubectl get pods -A -o wide, then hostPort in their specs); {owner} needs another port or fewer replicas than nodes.",
    ),
    (
        &["unschedulable-volume"],
        "Compare the nodeAffinity of the volume that {owner} claims (kubectl get pv -o yaml) with the nodes that are left: the volume cannot follow the pod.",
    ),
    (
        &["volume-attach-failed", "multi-attach", "attach"],
        "Find the node that still holds the volume (kubectl get volumeattachments) and learn whether it is really gone before detaching.",
    ),
    (
        &["volume-full"],
        "Learn what grows in the volume of {owner} (du inside the container) and whether it can be pruned before the volume is enlarged.",
    ),
    (
        &["volume-resize-failed", "resize"],
        "Read the log of the resizer of the volume's driver, and check allowVolumeExpansion of its StorageClass; some drivers enlarge a volume only while no pod uses it.",
    ),
    (
        &["pvc-lost"],
        "Find out who deleted the volume of {object} and whether a snapshot or its storage still holds the data; the claim must be made anew by its owners.",
    ),
    (
        &["pvc-no-matching-volume"],
        "Compare size, access modes, class and selector of {object} with the volumes that are free (kubectl get pv), and ask the storage team for one that fits the claim.",
    ),
    (
        &["pvc-missing", "claim"],
        "Ask the owners of {owner} whether the claim was renamed or not yet applied here (kubectl get pvc lists those that exist).",
    ),
    (
        &[
            "pvc-no-storage-class",
            "pvc-provisioner-missing",
            "pvc-provisioning-failed",
            "storage-class",
            "pvc",
            "provision",
            "provisioning",
            "storage",
        ],
        "List the storage classes (kubectl get storageclass) and read the provisioner's log; a claim cannot change its class, so it may have to be made anew by its owners.",
    ),
    (
        &["volume-mount-failed", "volume", "mount"],
        "Verify on the storage side that the source of the volume exists and may be mounted from this node; the kubelet's log has the mount command.",
    ),
    (
        &["quota-exceeded", "quota"],
        "Ask the owner of the namespace whether the quota may grow or which workload can shrink; kubectl get resourcequota shows used against hard.",
    ),
    (
        &["limit-range-refused", "limit-range"],
        "Bring the requests and limits of {owner} within the LimitRange (kubectl get limitrange -o yaml), or ask the platform team to widen it.",
    ),
    (
        &["pod-security-refused", "pod-security", "security"],
        "Ask the security team whether {owner} may have an exemption; otherwise its security context must drop what the level forbids.",
    ),
    (
        &["webhook-down", "webhook-unreachable"],
        "Repair the backend of {shared} first: its Service, its pods and its certificate; do not delete the webhook.",
    ),
    (
        &["admission-policy-refused", "admission-policy"],
        "Read the validations of {shared} (kubectl get validatingadmissionpolicy -o yaml): either the manifest of {owner} must meet them, or its binding reaches further than the platform team meant.",
    ),
    (
        &["webhook-refused", "webhook", "admission"],
        "Show the message of the webhook to the owners of {owner}: the manifest breaks a rule that the webhook's owners can explain.",
    ),
    (
        &["apiservice-unavailable", "apiservice", "api"],
        "Look at the Service behind {object} and its endpoints; requests through that API fail until its pods answer.",
    ),
    (
        &["dns-broken", "dns"],
        "Resolve a cluster name from a debug pod (nslookup kubernetes.default), then read the log of CoreDNS: its Corefile or its upstream is at fault.",
    ),
    (
        &["network-policy-isolates", "network-policy"],
        "Have whoever owns the NetworkPolicy add the missing direction; kubectl get networkpolicy -n with the namespace of {owner} lists those that select it.",
    ),
    (
        &[
            "service-selector-mismatch",
            "service-target-port-mismatch",
            "selector",
            "target-port",
            "service",
        ],
        "Compare the selector and targetPort of {object} with the labels and ports of the pods that it should reach; the owners of both must agree on one.",
    ),
    (
        &["service-no-ready-endpoints", "endpoints"],
        "Look at the pods that {object} selects (kubectl get endpointslices): it has endpoints again as soon as one of them is ready.",
    ),
    (
        &["load-balancer-failed", "load-balancer"],
        "Read the log of the cloud controller or load balancer controller for {object}: quota, subnets and annotations are what it usually refuses.",
    ),
    (
        &["ingress-tls-missing"],
        "Ask the owners of {object} who makes its TLS Secret (with cert-manager: kubectl get certificate,certificaterequest) and whether that failed.",
    ),
    (
        &[
            "ingress-class-missing",
            "ingress-service-missing",
            "ingress-port-missing",
            "ingress-duplicate-host",
            "ingress",
            "route",
            "gateway",
            "backend",
        ],
        "Ask the owners of {object} which Service and port the route should lead to, and whether its class and hosts are theirs in this cluster.",
    ),
    (
        &["hpa-at-max"],
        "Ask the owners of {owner} whether the load is expected: more replicas need room on the nodes, and a metric that climbs without load is a fault of its own.",
    ),
    (
        &["hpa-target-missing"],
        "Correct scaleTargetRef of {object}, or delete the autoscaler with whoever owns it: what it should scale does not exist.",
    ),
    (
        &[
            "hpa-no-metrics",
            "hpa-requests-missing",
            "hpa",
            "autoscaler",
            "autoscaling",
            "metrics",
            "metric",
        ],
        "Query the metrics API as the autoscaler does (kubectl get --raw /apis/metrics.k8s.io/v1beta1/pods) and check that every container of its target sets requests.",
    ),
    (
        &["pdb-blocks-eviction", "pdb", "disruption"],
        "Ask the owners of the disruption budget whether one pod may go, or add a replica first; before a drain nothing else needs to change.",
    ),
    (
        &["namespace-stuck"],
        "List what is left in {object} (kubectl api-resources --verbs=list --namespaced, each with kubectl get), and find the controller of each finalizer or the API that does not answer.",
    ),
    (
        &[
            "stuck-deletion-finalizer",
            "stuck-deletion",
            "finalizer",
            "terminating",
            "deletion",
        ],
        "Find the controller that owns the finalizer, or the node that holds {object}, and read its log: restoring it lets the object go without loss.",
    ),
    (
        &["certificate-expired", "certificate", "x509", "tls"],
        "Have the issuer renew the certificate (with cert-manager: kubectl get certificate,certificaterequest) and learn why the renewal did not happen.",
    ),
    (
        &["undetermined"],
        "Ask whoever changed {owner} last what the change was meant to do, and compare its start with the time of the first evidence.",
    ),
];
