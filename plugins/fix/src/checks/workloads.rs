//! What to check next about images, processes, their settings and their workloads.

use super::row::Row;

/// The classes of the shipped analysis first, then words that other analyses may use.
pub const ROWS: &[Row] = &[
    (
        &["image-wrong-architecture", "architecture", "exec-format"],
        "Ask the team that builds the image of {owner} to publish it for the node's architecture, or set a node selector for the one that exists.",
    ),
    (
        &["image-signature-refused", "signature"],
        "Ask who signs the images of {owner} whether this one was signed with a key that the node \
         trusts.",
    ),
    (
        &["invalid-image-name", "invalid-image", "image-name"],
        "Correct the image reference in the manifest of {owner}: compare it with the last one that ran (kubectl rollout history).",
    ),
    (
        &["image-never-pull", "never-pull"],
        "Load the image onto the node, or have the owners of {owner} set imagePullPolicy to IfNotPresent.",
    ),
    (
        &["image-not-found", "no-such-tag", "image"],
        "Check which tags of the image exist in the registry, and whether the last push from the \
         pipeline of {owner} succeeded.",
    ),
    (
        &["registry-rate-limited", "rate-limited", "rate-limit"],
        "Ask the platform team for an authenticated account or a pull-through mirror of the registry ({shared}); the limit resets by itself within hours.",
    ),
    (
        &[
            "registry-unreachable",
            "registry-down",
            "registry-tls",
            "registry",
        ],
        "From the node, try `curl -v https://` with the registry's host: it shows whether DNS, \
         routing or TLS fails; then ask the operators of {shared}.",
    ),
    (
        &[
            "registry-unauthorised",
            "registry-unauthorized",
            "unauthorised",
            "unauthorized",
            "pull-secret-missing",
            "pull-secret",
        ],
        "Have the registry's owner confirm the account, then renew the pull Secret with kubectl create secret docker-registry and name it in imagePullSecrets of {owner}.",
    ),
    (
        &["run-as-root-refused", "run-as-root", "user-not-found"],
        "Ask the owners of {owner} to set runAsUser to a numeric user that the image provides.",
    ),
    (
        &[
            "command-not-found",
            "command-not-executable",
            "bad-working-directory",
            "container-start-failed",
            "command",
            "executable",
            "working-directory",
            "container-start",
        ],
        "Run the image locally with the same command and arguments; the entrypoint in the manifest \
         of {owner} differs from the one in the image.",
    ),
    (
        &["post-start-hook-failed", "post-start", "pre-stop", "hook"],
        "Run the hook's command by hand in a copy of the container (kubectl debug --copy-to), where its output is visible.",
    ),
    (
        &[
            "startup-probe-kills",
            "liveness-probe-kills",
            "liveness",
            "startup",
            "probe",
        ],
        "Compare the probe's port, path and timings in {owner} with what the process answers \
         (kubectl port-forward and curl); its owners decide which of the two to change.",
    ),
    (
        &["readiness-never-passes", "readiness"],
        "Call the readiness path through kubectl port-forward: the response body usually names the \
         dependency that {owner} waits for.",
    ),
    (
        &["ephemeral-storage-exceeded", "ephemeral-storage"],
        "Check what {owner} writes to local disk (du inside the container: logs, caches, \
         emptyDir), and have its owners cap it, move it to a volume, or raise the \
         ephemeral-storage limit or the sizeLimit.",
    ),
    (
        &["out-of-memory", "heap-exhausted", "memory", "oom", "heap"],
        "Compare the working set over the last day (kubectl top pod, or the dashboard) with the \
         memory limit: a steady climb is a leak, and its developers need a heap profile.",
    ),
    (
        &["cpu-starvation", "cpu", "throttled", "throttling"],
        "Check the throttling metric container_cpu_cfs_throttled_periods_total of {owner}, and ask \
         its owners whether the load or the CPU limit changed.",
    ),
    (
        &["dependency-unreachable", "dependency"],
        "Check the dependency that the log names first: its endpoints (kubectl get endpointslices) \
         and its incident; {owner} recovers with it.",
    ),
    (
        &[
            "missing-configmap",
            "missing-secret",
            "missing-config-key",
            "missing-config",
            "config-key",
            "configmap",
            "secret",
            "config",
        ],
        "Ask the owners of {owner} whether {shared} was renamed or not yet applied here; another \
         namespace may have a copy of the configuration to compare.",
    ),
    (
        &["invalid-configuration", "configuration"],
        "Compare the container settings that the kubelet rejects with the last revision of {owner} \
         that ran (kubectl rollout history with --revision).",
    ),
    (
        &["pod-template-invalid", "pod-template"],
        "Apply the manifest of {owner} with --dry-run=server: the API server's message names the \
         field of the pod template that it rejects.",
    ),
    (
        &["service-account-missing", "service-account"],
        "Create the ServiceAccount that {owner} names, with the roles it needs, or correct \
         serviceAccountName in its manifest.",
    ),
    (
        &["rbac-denied", "rbac"],
        "Verify with kubectl auth can-i --as and the ServiceAccount of {owner}; the owner of the \
         namespace then adds the missing rule to a Role.",
    ),
    (
        &["security-profile-missing", "security-profile"],
        "Ask the security team which seccomp or AppArmor profile {owner} should have, and whether \
         the profiles are installed on the node.",
    ),
    (
        &[
            "runtime-class-missing",
            "priority-class-missing",
            "runtime-class",
            "priority-class",
        ],
        "Ask the platform team whether the class exists under another name here, and correct the name in {owner}.",
    ),
    (
        &[
            "cronjob-bad-schedule",
            "cronjob-bad-timezone",
            "schedule",
            "timezone",
        ],
        "Evaluate the schedule and timeZone of {owner} by hand (its five fields, a zone of the IANA database), and correct the manifest.",
    ),
    (
        &[
            "cronjob-blocked",
            "cronjob-too-many-missed",
            "cronjob-never-ran",
            "cronjob",
        ],
        "Look for an unfinished Job of {owner} under its concurrencyPolicy, and compare startingDeadlineSeconds with how late its schedule ran.",
    ),
    (
        &["job-failed", "job-deadline-exceeded", "backoff", "job"],
        "Read the log of the Job's last pod before it is cleaned up, and ask its owners whether a second run is harmless.",
    ),
    (
        &["deadline-exceeded", "deadline"],
        "Compare how long {object} works with its activeDeadlineSeconds, and ask its owners which \
         of the two to change.",
    ),
    (
        &["application-error", "application", "crash", "panic", "app"],
        "Show the quoted log lines to the developers of {owner}, with the time of its last change (kubectl rollout history).",
    ),
    (
        &["rollout-stuck", "rollout", "progress"],
        "Compare the two newest revisions (kubectl rollout history with --revision) and ask who \
         changed {owner} last.",
    ),
    (
        &["statefulset-service-missing"],
        "Create the headless Service that serviceName of {owner} names: until then its pods have \
         no DNS names.",
    ),
    (
        &["statefulset-stuck", "statefulset"],
        "Check the lowest ordinal of {owner} that is not ready: every later pod of the StatefulSet \
         waits for it, and a pod of an old revision must be deleted by hand.",
    ),
    (
        &["daemonset-incomplete", "daemonset"],
        "Compare the nodes without a pod of {owner} (kubectl get pods -o wide) with its \
         tolerations and nodeSelector: a DaemonSet skips nodes that they exclude.",
    ),
];
