//! How people would do the same by hand: shown, never run. What no kubectl command does is said
//! in words behind a `#`.

use super::{Action, Fix, selector_text};

/// Labels by which a controller knows the pods of a Job, and which another Job cannot have.
const CONTROLLER_LABELS: [&str; 2] = ["batch.kubernetes.io/controller-uid", "controller-uid"];

impl Fix {
    /// The kubectl command line that does the same.
    pub fn kubectl(&self) -> String {
        let name = &self.target.name;
        let object = format!("{}/{name}", self.target.kind.to_lowercase());
        let body = match &self.action {
            Action::DeletePod => format!("delete pod {name}"),
            Action::EvictPod => return self.eviction(),
            Action::RolloutRestart => format!("rollout restart {object}"),
            Action::RolloutUndo { revision } => {
                format!("rollout undo {object} --to-revision={revision}")
            }
            Action::Scale { replicas } => format!("scale {object} --replicas={replicas}"),
            Action::SetImage { container, image } => {
                format!("set image {object} {container}={image}")
            }
            Action::SetResources {
                container,
                memory,
                cpu,
            } => {
                let mut limits = Vec::new();
                limits.extend(memory.iter().map(|m| format!("memory={m}")));
                limits.extend(cpu.iter().map(|c| format!("cpu={c}")));
                format!(
                    "set resources {object} -c {container} --limits={}  # requests above it follow",
                    limits.join(",")
                )
            }
            Action::PatchSelector { selector } => {
                format!("set selector {object} '{}'", selector_text(selector))
            }
            Action::PatchTargetPort { port, target_port } => {
                let target = match target_port.parse::<u16>() {
                    Ok(number) => number.to_string(),
                    Err(_) => format!("\"{target_port}\""),
                };
                format!(
                    "patch {object} -p '{{\"spec\":{{\"ports\":[{{\"port\":{port},\"targetPort\":{target}}}]}}}}'"
                )
            }
            Action::Uncordon => format!("uncordon {name}"),
            Action::Cordon => format!("cordon {name}"),
            Action::DeleteJob => format!("delete job {name}"),
            Action::RetryJob => format!(
                "get job {name} -o json | jq 'del(.status, .spec.selector, {})' | kubectl replace --force -f -",
                CONTROLLER_LABELS
                    .map(|l| format!(".spec.template.metadata.labels[\"{l}\"]"))
                    .join(", ")
            ),
            Action::RaiseQuota { resource, value } => format!(
                "patch {object} --type=merge -p '{{\"spec\":{{\"hard\":{{\"{resource}\":\"{value}\"}}}}}}'"
            ),
            Action::ExpandPvc { size } => format!(
                "patch pvc {name} -p '{{\"spec\":{{\"resources\":{{\"requests\":{{\"storage\":\"{size}\"}}}}}}}}'"
            ),
            Action::ScaleHpaMax { max } => {
                format!("patch hpa {name} -p '{{\"spec\":{{\"maxReplicas\":{max}}}}}'")
            }
            Action::RemoveFinalizer { finalizer } => {
                format!("edit {object}  # remove {finalizer} from metadata.finalizers")
            }
        };
        if self.target.namespace.is_empty() {
            format!("kubectl {body}")
        } else {
            format!("kubectl -n {} {body}", self.target.namespace)
        }
    }

    /// An eviction honours the pod's disruption budget; `kubectl delete pod` does not, and no
    /// other command evicts one pod.
    fn eviction(&self) -> String {
        let (namespace, name) = (&self.target.namespace, &self.target.name);
        format!(
            "echo '{{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{{\"name\":\"{name}\"}}}}' | kubectl create --raw /api/v1/namespaces/{namespace}/pods/{name}/eviction -f -"
        )
    }
}
