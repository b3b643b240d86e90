//! The kinds that K8sHawk reads or names: one table from kind to API path.

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

/// What a cause may name and nobody can read. A `Webhook` is one entry of a configuration: the
/// messages of the API server know its name alone.
const NAMED: &[Kind] = &[
    cluster("Webhook", "admissionregistration.k8s.io", "v1", ""),
    cluster(
        "ValidatingAdmissionPolicy",
        "admissionregistration.k8s.io",
        "v1",
        "validatingadmissionpolicies",
    ),
];

/// The kind of a name, or none where it is not read.
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.kind == name)
}

/// The namespace in which an object counts: a Namespace counts as its own. Empty for any other
/// object without a namespace.
pub fn home<'a>(kind: &str, namespace: &'a str, name: &'a str) -> &'a str {
    if kind == "Namespace" { name } else { namespace }
}

/// The kind of a name, be it read or only named by causes.
pub fn known(name: &str) -> Option<&'static Kind> {
    kind(name).or_else(|| NAMED.iter().find(|k| k.kind == name))
}

/// `apiVersion` of the objects of a kind; empty where the kind is not known, as nobody can tell.
pub fn api_version(kind: &str) -> String {
    known(kind).map(Kind::api_version).unwrap_or_default()
}

impl Kind {
    /// `apiVersion` of its objects.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            // Not `format!`: its machinery would be in every plugin that names an object.
            [self.group, "/", self.version].concat()
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::core("Pod", "v1")]
    #[case::workload("StatefulSet", "apps/v1")]
    #[case::second_version("HorizontalPodAutoscaler", "autoscaling/v2")]
    #[case::webhook_configuration(
        "ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1"
    )]
    #[case::mutating("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1")]
    #[case::webhook("Webhook", "admissionregistration.k8s.io/v1")]
    #[case::admission_policy("ValidatingAdmissionPolicy", "admissionregistration.k8s.io/v1")]
    #[case::driver("CSIDriver", "storage.k8s.io/v1")]
    #[case::role("ClusterRole", "rbac.authorization.k8s.io/v1")]
    #[case::custom_resource("Widget", "")]
    fn a_kind_has_one_api_version(#[case] kind: &str, #[case] version: &str) {
        assert_eq!(api_version(kind), version);
    }

    #[test]
    fn no_kind_is_listed_twice_and_what_is_only_named_cannot_be_read() {
        let mut all: Vec<_> = KINDS.iter().chain(NAMED).map(|k| k.kind).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(NAMED.iter().all(|named| kind(named.kind).is_none()));
    }

    #[test]
    fn paths_are_those_of_the_api_server() {
        let path = |name: &str, namespace: &str| kind(name).unwrap().path(namespace);
        assert_eq!(path("Pod", "shop"), "/api/v1/namespaces/shop/pods");
        assert_eq!(path("Deployment", ""), "/apis/apps/v1/deployments");
        assert_eq!(path("Node", "shop"), "/api/v1/nodes");
    }
}
