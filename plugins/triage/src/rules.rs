//! The rule table: the one place to extend.
//!
//! The first row that matches decides, so rows with `.says` or `.on` come before the general row
//! of the same reason. A signal that no row matches meets [`crate::verdict`]'s rule for unknown reasons.

use crate::rule::{Rule, any, event, status};
use crate::threshold::Threshold::*;
use k8shawk_sdk::triage::Severity::*;

const SCHEDULING: &[&str] = &[
    "waiting for first consumer",
    "WaitForFirstConsumer",
    "to be scheduled",
];
/// What a kubelet says that starts many pods at once and asks the API server for all of them.
const BUSY_KUBELET: &[&str] = &[
    "failed to fetch token",
    "failed to sync",
    "rate limiter",
    "not registered",
];
const PULL: &[&str] = &["pull", "ErrImage", "Image", "image"];

/// Rows in the order in which they are tried.
pub const RULES: &[Rule] = &[
    // Containers that crash.
    status("CrashLoopBackOff").crash(High, "a container keeps crashing"),
    status("ContainerFailed").crash(High, "a container ended with an error"),
    status("InitFailed").crash(High, "an init container fails, so the pod cannot start"),
    status("OOMKilled").crash(High, "a container was OOM-killed"),
    status("RunContainerError").crash(High, "a container cannot be started"),
    status("StartError").crash(High, "a container cannot be started"),
    status("PostStartHookError").crash(High, "the post-start hook of a container fails"),
    status("PodFailed").open(High, "the pod failed and will not run again"),
    status("DeadlineExceeded").open(Medium, "the pod exceeded its deadline"),
    event("BackOff")
        .says(&["restarting failed"])
        .crash(High, "a container keeps crashing"),
    event("Unhealthy")
        .says(&["Liveness", "Startup", "liveness", "startup"])
        .crash(High, "a probe fails and the container is restarted"),
    event("Unhealthy").drop("a single failed probe is not an incident"),
    event("FailedPostStartHook").crash(High, "the post-start hook of a container fails"),
    // Images.
    event("BackOff")
        .says(&["pulling image"])
        .pull()
        .open(Medium, "an image cannot be pulled"),
    event("BackOff").crash(High, "a container keeps crashing"),
    status("ImagePullBackOff")
        .pull()
        .open(Medium, "an image cannot be pulled"),
    status("ErrImagePull")
        .pull()
        .open(Medium, "an image cannot be pulled"),
    status("RegistryUnavailable")
        .pull()
        .open(Medium, "the image registry is unreachable"),
    any("ErrImageNeverPull").open(
        Medium,
        "an image is not on the node, and its pull policy is \
                                           Never",
    ),
    status("InvalidImageName").open(Medium, "an image name does not parse"),
    any("InspectFailed").open(Medium, "an image cannot be inspected"),
    status("ImageInspectError").open(Medium, "an image cannot be inspected"),
    status("SignatureValidationFailed").open(Medium, "an image's signature is rejected"),
    // Configuration and creation of containers.
    status("CreateContainerConfigError").open(
        Medium,
        "a container's configuration is missing or \
                                                       invalid",
    ),
    status("CreateContainerError").open(Medium, "a container cannot be created"),
    status("CreatePodSandboxError")
        .after(Settle)
        .open(Medium, "the pod's sandbox cannot be created"),
    status("ContainerCreating")
        .after(Creating)
        .open(Medium, "a container is still being created"),
    status("PodInitializing")
        .after(Creating)
        .open(Medium, "the pod is still initialising"),
    event("Failed")
        .says(&[
            "configmap",
            "secret",
            "ConfigMap",
            "Secret",
            "service account",
        ])
        .open(Medium, "a container's configuration is missing or invalid"),
    event("Failed")
        .says(PULL)
        .pull()
        .open(Medium, "an image cannot be pulled"),
    event("Failed").crash(High, "a container cannot be started"),
    event("FailedCreatePodContainer")
        .after(Settle)
        .open(Medium, "a container cannot be created"),
    event("FailedCreatePodSandBox")
        .after(Settle)
        .open(Medium, "the pod's sandbox cannot be created"),
    event("FailedPodSandBoxStatus")
        .after(Settle)
        .open(Low, "the pod's sandbox does not answer"),
    event("FailedPrepareDynamicResources")
        .after(Settle)
        .open(Medium, "a device is not ready"),
    event("NetworkNotReady")
        .after(Settle)
        .open(Medium, "the node's pod network is not ready"),
    event("FailedSync")
        .after(Settle)
        .open(Medium, "the kubelet cannot start the pod"),
    event("FailedValidation").open(Medium, "the kubelet rejected the pod"),
    event("FailedKillPod")
        .after(Settle)
        .open(Low, "the pod cannot be stopped"),
    // Volumes of pods.
    event("FailedMount")
        .says(&["not found", "non-existent"])
        .after(Settle)
        .open(Medium, "a volume's source is missing"),
    event("FailedMount").says(BUSY_KUBELET).after(Retries).open(
        Medium,
        "the kubelet cannot read the sources of a projected volume",
    ),
    event("FailedMount")
        .after(Settle)
        .open(Medium, "a volume cannot be mounted"),
    event("FailedAttachVolume")
        .after(Settle)
        .open(Medium, "a volume cannot be attached"),
    event("FailedMapVolume")
        .after(Settle)
        .open(Medium, "a block volume cannot be mapped"),
    // Readiness, scheduling, eviction.
    status("NotReady")
        .on("Pod")
        .after(NotReady)
        .open(Medium, "the pod runs but is not ready"),
    any("FailedScheduling")
        .after(Unschedulable)
        .open(Medium, "no node fits the pod"),
    status("Unschedulable")
        .on("Pod")
        .after(Unschedulable)
        .open(Medium, "no node fits the pod"),
    status("SchedulingGated")
        .after(NotReady)
        .open(Low, "a scheduling gate holds the pod back"),
    any("Evicted").open(Medium, "the node evicted the pod"),
    any("Preempting").open(Low, "the pod was preempted by one of higher priority"),
    any("Preempted").open(Low, "the pod was preempted by one of higher priority"),
    any("NodeLost").open(Medium, "the pod's node is lost"),
    event("NodeNotReady")
        .on("Pod")
        .says(&["node \""])
        .open(Medium, "the pod's node is not ready"),
    event("NodeNotReady")
        .on("Pod")
        .drop("the node's own condition reports it"),
    any("UnexpectedAdmissionError").open(Medium, "the kubelet rejected the pod"),
    any("NodeAffinity").open(Medium, "the node no longer matches the pod"),
    any("OutOfcpu").open(Medium, "the node has no CPU left for the pod"),
    any("OutOfmemory").open(Medium, "the node has no memory left for the pod"),
    any("OutOfpods").open(Medium, "the node is at its pod limit"),
    // Workloads.
    event("FailedCreate")
        .says(&["is being terminated"])
        .drop("its namespace is being deleted"),
    event("FailedCreate")
        .says(&["exceeded quota", "forbidden", "denied", "violates"])
        .open(Medium, "its pods are rejected"),
    event("FailedCreate")
        .on("CronJob")
        .open(Medium, "its Job cannot be created"),
    event("FailedCreate")
        .after(Settle)
        .open(Medium, "its pods cannot be created"),
    event("FailedDelete")
        .after(NotReady)
        .open(Low, "a pod cannot be deleted"),
    event("FailedPlacement")
        .after(Settle)
        .open(Medium, "a DaemonSet pod cannot be scheduled"),
    event("FailedUpdate")
        .after(NotReady)
        .open(Low, "an update is rejected"),
    status("ProgressDeadlineExceeded").open_by_loss(Medium, "the rollout is stuck"),
    status("ReplicaFailure").open_by_loss(Medium, "its pods are rejected"),
    status("Unavailable")
        .on("APIService")
        .after(Unavailable)
        .open(High, "an aggregated API is unavailable"),
    status("Unavailable")
        .after(Unavailable)
        .open_by_loss(Medium, "it has fewer pods than it wants"),
    // Jobs and schedules.
    status("JobFailed").open(Medium, "the Job failed"),
    event("BackoffLimitExceeded").open(Medium, "the Job failed too often"),
    event("DeadlineExceeded").open(Medium, "the Job exceeded its deadline"),
    event("PodFailurePolicy").open(Medium, "the Job's pod failure policy ended it"),
    event("TooManyMissedTimes").open(Medium, "the schedule missed too many starts"),
    event("UnknownTimeZone").open(Medium, "the schedule's time zone is unknown"),
    event("InvalidSchedule").open(Medium, "the schedule does not parse"),
    event("UnparseableSchedule").open(Medium, "the schedule does not parse"),
    event("UnParseableCronJobSchedule").open(Medium, "the schedule does not parse"),
    status("NotScheduled").open(Medium, "it did not run when it should have"),
    status("Blocked").open(Medium, "an unfinished Job blocks the schedule"),
    // Claims and volumes.
    any("Pending")
        .on("PersistentVolumeClaim")
        .says(SCHEDULING)
        .drop("it waits for its first consumer"),
    status("Pending")
        .on("PersistentVolumeClaim")
        .after(PvcPending)
        .open(Medium, "the claim is not bound"),
    status("Lost")
        .on("PersistentVolumeClaim")
        .open(High, "the claim lost its volume"),
    event("ProvisioningFailed")
        .after(PvcPending)
        .open(Medium, "no volume can be provisioned"),
    event("FailedBinding")
        .after(PvcPending)
        .open(Medium, "no volume fits the claim"),
    event("ClaimLost").open(High, "the claim lost its volume"),
    event("VolumeMismatch").open(Medium, "the claim and its volume do not fit"),
    status("ReclaimFailed").open(Low, "a released volume cannot be deleted"),
    event("VolumeFailedDelete")
        .after(Settle)
        .open(Low, "a released volume cannot be deleted"),
    event("ProvisioningCleanupFailed")
        .after(Settle)
        .open(Low, "a partly created volume was left behind"),
    event("VolumeResizeFailed").open(Medium, "a volume cannot be resized"),
    event("FileSystemResizeFailed").open(Medium, "a file system cannot be resized"),
    event("ExternalExpanding").drop("a controller resizes the volume"),
    // Routing.
    status("NoEndpoints")
        .after(Routing)
        .open(Medium, "the Service selects no pod"),
    status("NoReadyEndpoints").drop("its pods are not ready, and their own incident says why"),
    status("TargetPortUnmatched")
        .after(Routing)
        .open(Medium, "the Service's target port is not served"),
    status("BackendMissing")
        .after(Routing)
        .open(Medium, "a route's backend is missing"),
    status("ClassMissing")
        .after(Routing)
        .open(Medium, "the Ingress class is missing"),
    status("TlsSecretMissing")
        .after(Routing)
        .open(Medium, "the TLS Secret of a route is missing"),
    status("DuplicateRule").open(Low, "two routes claim one host and path"),
    event("SyncLoadBalancerFailed")
        .after(Settle)
        .open(Medium, "no load balancer can be made"),
    // Nodes.
    status("NotReady")
        .on("Node")
        .after(Node)
        .open(Critical, "the node is not ready"),
    status("Unknown")
        .on("Node")
        .open(Critical, "the node no longer reports"),
    any("NodeNotReady")
        .on("Node")
        .after(Node)
        .open(Critical, "the node is not ready"),
    status("MemoryPressure").open(High, "the node is short of memory"),
    status("DiskPressure").open(High, "the node is short of disk space"),
    status("PIDPressure").open(High, "the node is short of PIDs"),
    status("NetworkUnavailable")
        .on("Node")
        .after(Node)
        .open(High, "the node has no pod network"),
    event("SystemOOM").open(High, "the node ran out of memory"),
    event("EvictionThresholdMet").open(High, "the node evicts pods"),
    event("FreeDiskSpaceFailed").open(Medium, "the node cannot free disk space"),
    event("ImageGCFailed")
        .after(NotReady)
        .open(Low, "the node cannot remove old images"),
    event("ContainerGCFailed")
        .after(NotReady)
        .open(Low, "the node cannot remove old containers"),
    event("Rebooted").open(Medium, "the node was rebooted"),
    event("KubeletSetupFailed").open(High, "the node's kubelet cannot start"),
    // Autoscaling.
    any("ScalingActive")
        .says(&["replica count of the target is zero", "ScalingDisabled"])
        .drop("its target is scaled to zero"),
    status("ScalingActive")
        .after(Autoscaling)
        .open(Medium, "the autoscaler gets no metrics"),
    status("AbleToScale")
        .after(Autoscaling)
        .open(Medium, "the autoscaler cannot act"),
    status("ScalingLimited")
        .says(&[
            "TooFewReplicas",
            "less than the minimum",
            "fewer than the minimum",
        ])
        .drop("it is at its minimum"),
    status("ScalingLimited")
        .after(Unavailable)
        .open(Low, "the autoscaler is at its maximum"),
    event("FailedGetScale")
        .after(Autoscaling)
        .open(Medium, "the autoscaler's target is missing"),
    event("FailedComputeMetricsReplicas")
        .after(Autoscaling)
        .open(Medium, "the autoscaler gets no metrics"),
    event("FailedGetResourceMetric")
        .after(Autoscaling)
        .open(Medium, "the autoscaler gets no metrics"),
    event("FailedGetContainerResourceMetric")
        .after(Autoscaling)
        .open(Medium, "the autoscaler gets no metrics"),
    event("FailedGetPodsMetric")
        .after(Autoscaling)
        .open(Medium, "the autoscaler gets no metrics"),
    event("FailedGetObjectMetric")
        .after(Autoscaling)
        .open(Medium, "the autoscaler gets no metrics"),
    event("FailedGetExternalMetric")
        .after(Autoscaling)
        .open(Medium, "the autoscaler gets no metrics"),
    event("SelectorRequired").open(Medium, "the autoscaler's target has no selector"),
    event("InvalidSelector").open(Medium, "the autoscaler's target has a bad selector"),
    event("AmbiguousSelector").open(Medium, "two autoscalers claim the same pods"),
    event("FailedRescale").open(Medium, "the autoscaler cannot act"),
    // The rest.
    status("NoDisruptionsAllowed")
        .after(Unavailable)
        .open(Low, "the budget blocks every drain"),
    event("CalculateExpectedPodCountFailed")
        .after(Settle)
        .open(Low, "the budget cannot count its pods"),
    status("StuckTerminating")
        .after(Terminating)
        .open(Medium, "it is stuck in deletion"),
    status("CertificateExpired").open(High, "the certificate has expired"),
    status("BackendDown")
        .after(Settle)
        .open(High, "the webhook's backend is down"),
    event("FailedDiscoveryCheck")
        .after(Unavailable)
        .open(High, "an aggregated API is unavailable"),
];
