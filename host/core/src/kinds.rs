//! The kinds that K8sHawk reads: one table from kind to API path.

/// A kind and where the API server serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// Kind, such as `Deployment`.
    pub kind: &'static str,
    /// API group; empty for core.
    pub group: &'static str,
    /// Version.
    pub version: &'static str,
    /// Plural in the path.
    pub plural: &'static str,
    /// True where objects have a namespace.
    pub namespaced: bool,
}

const fn namespaced(
    kind: &'static str,
    group: &'static str,
    version: &'static str,
    plural: &'static str,
) -> Kind {
    Kind {
        kind,
        group,
        version,
        plural,
        namespaced: true,
    }
}

const fn cluster(
    kind: &'static str,
    group: &'static str,
    version: &'static str,
    plural: &'static str,
) -> Kind {
    Kind {
        kind,
        group,
        version,
        plural,
        namespaced: false,
    }
}

/// Every kind that can be read. Extend it here.
pub const KINDS: &[Kind] = &[
    namespaced("Pod", "", "v1", "pods"),
    namespaced("Service", "", "v1", "services"),
    namespaced("ConfigMap", "", "v1", "configmaps"),
    namespaced("Secret", "", "v1", "secrets"),
    namespaced("ServiceAccount", "", "v1", "serviceaccounts"),
    namespaced("PersistentVolumeClaim", "", "v1", "persistentvolumeclaims"),
    namespaced("ResourceQuota", "", "v1", "resourcequotas"),
    namespaced("LimitRange", "", "v1", "limitranges"),
    namespaced("Event", "", "v1", "events"),
    namespaced("ReplicationController", "", "v1", "replicationcontrollers"),
    namespaced("Deployment", "apps", "v1", "deployments"),
    namespaced("ReplicaSet", "apps", "v1", "replicasets"),
    namespaced("StatefulSet", "apps", "v1", "statefulsets"),
    namespaced("DaemonSet", "apps", "v1", "daemonsets"),
    namespaced("ControllerRevision", "apps", "v1", "controllerrevisions"),
    namespaced("Job", "batch", "v1", "jobs"),
    namespaced("CronJob", "batch", "v1", "cronjobs"),
    namespaced(
        "HorizontalPodAutoscaler",
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
    ),
    namespaced(
        "PodDisruptionBudget",
        "policy",
        "v1",
        "poddisruptionbudgets",
    ),
    namespaced("EndpointSlice", "discovery.k8s.io", "v1", "endpointslices"),
    namespaced("Ingress", "networking.k8s.io", "v1", "ingresses"),
    namespaced(
        "NetworkPolicy",
        "networking.k8s.io",
        "v1",
        "networkpolicies",
    ),
    namespaced("Role", "rbac.authorization.k8s.io", "v1", "roles"),
    namespaced(
        "RoleBinding",
        "rbac.authorization.k8s.io",
        "v1",
        "rolebindings",
    ),
    namespaced("Lease", "coordination.k8s.io", "v1", "leases"),
    cluster("Node", "", "v1", "nodes"),
    cluster("Namespace", "", "v1", "namespaces"),
    cluster("PersistentVolume", "", "v1", "persistentvolumes"),
    cluster("StorageClass", "storage.k8s.io", "v1", "storageclasses"),
    cluster("CSIDriver", "storage.k8s.io", "v1", "csidrivers"),
    cluster(
        "VolumeAttachment",
        "storage.k8s.io",
        "v1",
        "volumeattachments",
    ),
    cluster("IngressClass", "networking.k8s.io", "v1", "ingressclasses"),
    cluster(
        "PriorityClass",
        "scheduling.k8s.io",
        "v1",
        "priorityclasses",
    ),
    cluster("RuntimeClass", "node.k8s.io", "v1", "runtimeclasses"),
    cluster(
        "ClusterRole",
        "rbac.authorization.k8s.io",
        "v1",
        "clusterroles",
    ),
    cluster(
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io",
        "v1",
        "clusterrolebindings",
    ),
    cluster(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io",
        "v1",
        "validatingwebhookconfigurations",
    ),
    cluster(
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io",
        "v1",
        "mutatingwebhookconfigurations",
    ),
    cluster(
        "CustomResourceDefinition",
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
    ),
    cluster("APIService", "apiregistration.k8s.io", "v1", "apiservices"),
];

/// The kind of a name, or none where it is not read.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.kind == name)
}

impl Kind {
    /// `apiVersion` of its objects.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// Path of the list in a namespace; an empty `namespace` is all of them.
    pub fn path(&self, namespace: &str) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if self.namespaced && !namespace.is_empty() {
            format!("{root}/namespaces/{namespace}/{}", self.plural)
        } else {
            format!("{root}/{}", self.plural)
        }
    }
}
