//! What to check next about nodes, places, volumes, refusals, routing and deletion.

use super::row::Row;

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
        "On the node, find what fills it up (kubectl top pod, crictl images, du in the kubelet's \
         directory) before pods are scheduled there again.",
    ),
    (
        &[
            "node-not-ready",
            "node-unreachable",
            "node-shutdown",
            "node",
        ],
        "Log in to the node and read journalctl -u kubelet from the last heartbeat on; if it does \
         not respond, ask the infrastructure team for console access.",
    ),
    (
        &["kubelet-admission-refused", "kubelet"],
        "Compare what {object} needs from its node (devices, labels, ports, topology) with the \
         node's allocatable; the kubelet will not run this pod, so its owner must create a new \
         one.",
    ),
    (
        &["sandbox-failed", "sandbox", "cni"],
        "On the node, read the logs of the container runtime (journalctl -u containerd) and of the \
         network plugin (its DaemonSet pod): they create the pod's sandbox.",
    ),
    (
        &["scheduler-missing", "scheduler"],
        "Ask the platform team whether a scheduler of that name should run here (kubectl get pods \
         -n kube-system), or correct schedulerName in {owner}.",
    ),
    (
        &["scheduling-gated", "scheduling-gate", "gated"],
        "Find the controller that set the gate on {object} (often a queue such as Kueue) and check \
         why it does not remove it.",
    ),
    (
        &["preempted", "preemption", "preempting", "priority"],
        "Ask the owner of the preempting workload whether its priority is intended; the pods of \
         {owner} come back when there is capacity.",
    ),
    (
        &[
            "unschedulable-resources",
            "unschedulable-extended-resource",
            "unschedulable-too-many-pods",
            "unschedulable",
            "insufficient",
        ],
        "Compare the requests of {owner} with the free capacity of the nodes (the Allocated section of each node): lower the requests or add nodes.",
    ),
    (
        &["unschedulable-cordon", "cordon", "cordoned"],
        "Ask who cordoned the node whether maintenance is still going on (its managedFields and \
         events say who and when); {owner} waits for that node to become schedulable.",
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
        "Find the pods that use the host port (kubectl get pods -A -o wide, then hostPort in their \
         specs); {owner} needs another port or no more replicas than nodes.",
    ),
    (
        &["unschedulable-volume"],
        "Compare the nodeAffinity of the volume that {owner} claims (kubectl get pv -o yaml) with \
         the remaining nodes: the volume cannot move with the pod.",
    ),
    (
        &["volume-attach-failed", "multi-attach", "attach"],
        "Find the node that still holds the volume (kubectl get volumeattachments), and make sure \
         that it is really down before detaching.",
    ),
    (
        &["volume-full"],
        "Check what grows in the volume of {owner} (du inside the container) and whether it can be \
         pruned before you expand the volume.",
    ),
    (
        &["volume-resize-failed", "resize"],
        "Read the log of the CSI driver's resizer, and check allowVolumeExpansion of the \
         StorageClass; some drivers expand a volume only while no pod uses it.",
    ),
    (
        &["pvc-lost"],
        "Find out who deleted the volume of {object} and whether a snapshot or the storage backend \
         still has the data; the owners must recreate the claim.",
    ),
    (
        &["pvc-no-matching-volume"],
        "Compare size, access modes, class and selector of {object} with the free volumes (kubectl \
         get pv), and ask the storage team for one that matches the claim.",
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
        "List the storage classes (kubectl get storageclass) and read the provisioner's log; a \
         claim cannot change its class, so its owners may have to recreate it.",
    ),
    (
        &["volume-mount-failed", "volume", "mount"],
        "Check on the storage side that the volume's source exists and can be mounted from this \
         node; the kubelet's log has the mount command.",
    ),
    (
        &["quota-exceeded", "quota"],
        "Ask the owner of the namespace whether to raise the quota or which workload can shrink; \
         kubectl get resourcequota shows used against hard.",
    ),
    (
        &["limit-range-refused", "limit-range"],
        "Bring the requests and limits of {owner} within the LimitRange (kubectl get limitrange -o yaml), or ask the platform team to widen it.",
    ),
    (
        &["pod-security-refused", "pod-security", "security"],
        "Ask the security team whether {owner} may have an exemption; otherwise remove from its \
         securityContext what the level forbids.",
    ),
    (
        &["webhook-down", "webhook-unreachable"],
        "Fix the backend of {shared} first: its Service, pods and certificate; do not delete the \
         webhook.",
    ),
    (
        &["admission-policy-refused", "admission-policy"],
        "Read the validations of {shared} (kubectl get validatingadmissionpolicy -o yaml): either \
         the manifest of {owner} must satisfy them, or the binding matches more than the platform \
         team intended.",
    ),
    (
        &["webhook-refused", "webhook", "admission"],
        "Show the webhook's message to the owners of {owner}: the manifest breaks a rule that the \
         webhook's owners can explain.",
    ),
    (
        &["apiservice-unavailable", "apiservice", "api"],
        "Check the Service behind {object} and its endpoints; requests to that API fail until its \
         pods answer.",
    ),
    (
        &["dns-broken", "dns"],
        "Resolve a cluster name from a debug pod (nslookup kubernetes.default), then read the \
         CoreDNS log: check its Corefile and its upstream.",
    ),
    (
        &["network-policy-isolates", "network-policy"],
        "Ask the owner of the NetworkPolicy to allow the missing direction; kubectl get \
         networkpolicy in the namespace of {owner} lists the policies.",
    ),
    (
        &[
            "service-selector-mismatch",
            "service-target-port-mismatch",
            "selector",
            "target-port",
            "service",
        ],
        "Compare the selector and targetPort of {object} with the labels and ports of the pods it \
         should reach; the owners of both must agree on one.",
    ),
    (
        &["service-no-ready-endpoints", "endpoints"],
        "Check the pods that {object} selects (kubectl get endpointslices): it has endpoints again \
         as soon as one of them is ready.",
    ),
    (
        &["load-balancer-failed", "load-balancer"],
        "Read the log of the cloud controller or load balancer controller for {object}: usual \
         causes are quota, subnets and annotations.",
    ),
    (
        &["ingress-tls-missing"],
        "Ask the owners of {object} what creates its TLS Secret (with cert-manager: kubectl get \
         certificate,certificaterequest) and whether that failed.",
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
        "Ask the owners of {object} which Service and port the route should use, and whether its \
         class and hosts belong to them in this cluster.",
    ),
    (
        &["hpa-at-max"],
        "Ask the owners of {owner} whether the load is expected: more replicas need free capacity \
         on the nodes, and a metric that climbs without load is a separate problem.",
    ),
    (
        &["hpa-target-missing"],
        "Correct scaleTargetRef of {object}, or ask its owner to delete the autoscaler: its target \
         does not exist.",
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
        "Ask the owners of the disruption budget whether one pod may be evicted, or add a replica \
         first; this matters only for a drain.",
    ),
    (
        &["namespace-stuck"],
        "List what is left in {object} (kubectl api-resources --verbs=list --namespaced, each with \
         kubectl get), and find the controller of each finalizer or the API that is unavailable.",
    ),
    (
        &[
            "stuck-deletion-finalizer",
            "stuck-deletion",
            "finalizer",
            "terminating",
            "deletion",
        ],
        "Find the controller that owns the finalizer, or the node that holds {object}, and read \
         its log: once it works again, the object goes away without data loss.",
    ),
    (
        &["certificate-expired", "certificate", "x509", "tls"],
        "Have the issuer renew the certificate (with cert-manager: kubectl get \
         certificate,certificaterequest), and find out why it was not renewed.",
    ),
    (
        &["undetermined"],
        "Ask who changed {owner} last and why, and compare the time of the change with the first \
         evidence.",
    ),
];
