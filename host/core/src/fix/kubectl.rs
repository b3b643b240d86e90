//! How people would do the same by hand: shown, never run.

use super::{Action, Fix, selector_text};

impl Fix {
    /// The kubectl command line that does the same.
    pub fn kubectl(&self) -> String {
        let name = &self.target.name;
        let object = format!("{}/{name}", self.target.kind.to_lowercase());
        let body = match &self.action {
            Action::DeletePod => format!("delete pod {name}"),
            Action::EvictPod => format!("delete pod {name}  # as an eviction"),
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
                    "set resources {object} -c {container} --limits={}",
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
            Action::RetryJob => {
                format!(
                    "get job {name} -o json | kubectl replace --force -f -  # without controller labels"
                )
            }
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
}
