//! The next human check, for when no fix is safe: one specific step per class.

use crate::text;
use k8shawk_sdk::fix::Finding;

/// Words of a class with the next check; the first row with a word in the class decides.
pub const CHECKS: &[(&[&str], &str)] = &[
    (
        &["image-wrong-arch", "architecture"],
        "Ask the team that builds the image of {owner} to publish it for the node's architecture, or set a node selector for the one that exists.",
    ),
    (
        &["signature"],
        "Ask whoever signs the images of {owner} whether this one was signed with the key that the node trusts.",
    ),
    (
        &["invalid-image", "image-name"],
        "Correct the image reference in the manifest of {owner}: compare it with the last one that ran (kubectl rollout history).",
    ),
    (
        &["image-never-pull", "never-pull"],
        "Load the image onto the node, or have the owners of {owner} set imagePullPolicy to IfNotPresent.",
    ),
    (
        &["image-not-found", "no-such-tag", "image"],
        "Check in the registry which tags exist, and ask the pipeline of {owner} whether its last push succeeded.",
    ),
    (
        &["rate-limit"],
        "Ask the platform team for an authenticated account or a pull-through mirror of {shared}; the limit resets by itself within hours.",
    ),
    (
        &["registry-unreachable", "registry-down", "registry-tls"],
        "From the node, try `curl -v https://` with the registry's host: it tells DNS, routing and TLS apart; then ask whoever runs {shared}.",
    ),
    (
        &["unauthori", "pull-secret"],
        "Have the registry's owner confirm the account, then renew the pull Secret with kubectl create secret docker-registry and name it in imagePullSecrets of {owner}.",
    ),
    (
        &["run-as-root", "user-not-found"],
        "Ask the owners of {owner} to set runAsUser to a numeric user that the image provides.",
    ),
    (
        &[
            "command",
            "executable",
            "working-directory",
            "workdir",
            "container-start",
            "exec-format",
        ],
        "Run the image locally with the same command and arguments; the entry point in the manifest of {owner} and the one in the image differ.",
    ),
    (
        &["post-start", "pre-stop"],
        "Run the hook's command by hand in a copy of the container (kubectl debug --copy-to), where its output is visible.",
    ),
    (
        &["startup-probe", "liveness", "probe"],
        "Compare the probe's port, path and timings in {owner} with what the process answers (kubectl port-forward and curl); its owners decide which of the two is wrong.",
    ),
    (
        &["readiness"],
        "Call the readiness path through kubectl port-forward: the body of the answer usually names the dependency that {owner} waits for.",
    ),
    (
        &["evict", "node-out", "node-memory", "node-disk", "pressure"],
        "On the node, find what fills it (kubectl top pod by node, crictl images, du under the kubelet's directory) before pods return to it.",
    ),
    (
        &["memory", "oom", "heap"],
        "Compare the working set over the last day (kubectl top pod, or the dashboard) with the limit: a steady climb is a leak, and its developers must see a heap profile.",
    ),
    (
        &["cpu", "throttl"],
        "Look at the throttling metric container_cpu_cfs_throttled_periods_total of {owner}, and ask its owners whether the load or the limit changed.",
    ),
    (
        &["dependency"],
        "Look at the dependency that the log names first: its endpoints (kubectl get endpointslices) and its own incident; {owner} recovers with it.",
    ),
    (
        &["dns"],
        "Resolve a cluster name from a debug pod (nslookup kubernetes.default), then read the log of CoreDNS: its Corefile or its upstream is at fault.",
    ),
    (
        &["network-policy"],
        "Have whoever owns the NetworkPolicy add the missing direction; kubectl get networkpolicy -n with the namespace of {owner} lists those that select it.",
    ),
    (
        &[
            "missing-config",
            "missing-secret",
            "missing-configmap",
            "config-key",
            "configuration",
            "config",
        ],
        "Ask the owners of {owner} whether {shared} was renamed or not yet applied here; another namespace may hold a copy to compare.",
    ),
    (
        &["service-account"],
        "Create the ServiceAccount that {owner} names, with the roles that it needs, or correct serviceAccountName in its manifest.",
    ),
    (
        &["rbac"],
        "Verify with kubectl auth can-i --as and the ServiceAccount of {owner}; whoever owns the namespace then adds the missing rule to a Role.",
    ),
    (
        &["quota"],
        "Ask the owner of the namespace whether the quota may grow or which workload can shrink; kubectl get resourcequota shows used against hard.",
    ),
    (
        &["limit-range"],
        "Bring the requests and limits of {owner} within the LimitRange (kubectl get limitrange -o yaml), or ask the platform team to widen it.",
    ),
    (
        &["pod-security", "security-profile", "security"],
        "Ask the security team whether {owner} may have an exemption; otherwise its security context must drop what the level forbids.",
    ),
    (
        &["webhook-down", "webhook-unreachable"],
        "Repair the backend of {shared} first: its Service, its pods and its certificate; do not delete the webhook.",
    ),
    (
        &["webhook", "admission"],
        "Show the webhook's message to the owners of {owner}: the manifest breaks a rule that the policy's owners can explain.",
    ),
    (
        &["runtime-class", "priority-class"],
        "Ask the platform team whether the class exists under another name here, and correct the name in {owner}.",
    ),
    (
        &["scheduling-gate", "gated"],
        "Find the controller that set the gate on {object} (often a queue such as Kueue) and ask why it does not lift it.",
    ),
    (
        &["preempt", "priority"],
        "Ask whoever runs the preempting workload whether its priority is meant; the pods of {owner} return when there is room.",
    ),
    (
        &[
            "unschedulable",
            "insufficient",
            "affinity",
            "taint",
            "spread",
            "selector-mismatch",
        ],
        "Compare what {owner} asks for with what the nodes have left (the Allocated section of each node); either the request or the number of nodes must change.",
    ),
    (
        &["node"],
        "Log in to the node and read journalctl -u kubelet from the last heartbeat on; with no answer, ask the infrastructure team for its console.",
    ),
    (
        &["multi-attach", "attach"],
        "Find the node that still holds the volume (kubectl get volumeattachments) and learn whether it is really gone before detaching.",
    ),
    (
        &["volume-full"],
        "Learn what grows in the volume of {owner} (du inside the container) and whether it can be pruned before the volume is enlarged.",
    ),
    (
        &["storage-class", "pvc", "claim", "provision", "storage"],
        "List the storage classes (kubectl get storageclass) and read the provisioner's log; a claim cannot change its class, so it may have to be made anew by its owners.",
    ),
    (
        &["volume", "mount"],
        "Verify on the storage side that the source of the volume exists and may be mounted from this node; the kubelet's log has the mount command.",
    ),
    (
        &["schedule", "timezone", "cronjob"],
        "Evaluate the schedule and timeZone of {owner} by hand, and look for an unfinished Job under its concurrencyPolicy.",
    ),
    (
        &["deadline", "backoff", "job"],
        "Read the log of the Job's last pod before it is cleaned up, and ask its owners whether a second run is harmless.",
    ),
    (
        &["apiservice", "api-"],
        "Look at the Service behind {object} and its endpoints; requests through that API fail until its pods answer.",
    ),
    (
        &["selector", "endpoints", "target-port", "service"],
        "Compare the selector and targetPort of {object} with the labels and ports of the pods that it should reach; the owners of both must agree on one.",
    ),
    (
        &["ingress", "route", "gateway", "backend"],
        "Ask the owners of {object} which Service and port the route should lead to, and whether its class and TLS Secret exist in this cluster.",
    ),
    (
        &["hpa", "autoscal", "metric"],
        "Query the metrics API as the autoscaler does (kubectl get --raw /apis/metrics.k8s.io/v1beta1/pods) and check that every container of its target sets requests.",
    ),
    (
        &["pdb", "disruption"],
        "Ask the owners of the budget whether one pod may go, or add a replica first; before a drain nothing else needs to change.",
    ),
    (
        &[
            "finalizer",
            "stuck-deletion",
            "namespace-stuck",
            "terminating",
            "deletion",
        ],
        "Find the controller that owns the finalizer and read its log: restoring it lets {object} go without loss.",
    ),
    (
        &["certificate", "x509", "tls"],
        "Have the issuer renew the certificate (with cert-manager: kubectl get certificate,certificaterequest) and learn why the renewal did not happen.",
    ),
    (
        &["application", "crash", "panic", "app-"],
        "Show the quoted log lines to the developers of {owner}, with the time of its last change (kubectl rollout history).",
    ),
    (
        &["rollout", "progress"],
        "Compare the two newest revisions (kubectl rollout history with --revision) and ask whoever changed {owner} last.",
    ),
];

/// Where no row has a word of the class.
const OTHERWISE: &str = "Ask whoever changed {owner} last what the change was meant to do, and compare its start with the time of the first evidence.";

/// One sentence; never empty.
pub fn next(finding: &Finding) -> String {
    let row = CHECKS
        .iter()
        .find(|(words, _)| words.iter().any(|w| finding.class.contains(w)));
    text::fill(
        row.map_or(OTHERWISE, |(_, check)| check),
        finding,
        &finding.object,
    )
}
