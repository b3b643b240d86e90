//! What a model's fix may touch: what the incident is about, and nothing that it was led to.

use thiserror::Error;

use crate::incident::Incident;
use crate::kinds;
use crate::object::ObjectRef;

/// A target that the incident is not about. The fix is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{target} is neither in the namespace of the incident, nor in its owner chain, nor a victim"
)]
pub struct OutOfScope {
    target: ObjectRef,
}

/// Check that a target lies in the incident's namespace, in its owner chain, or among its
/// `victims`.
///
/// # Errors
/// [`OutOfScope`] names the target.
pub fn check(
    incident: &Incident,
    victims: &[ObjectRef],
    target: &ObjectRef,
) -> Result<(), OutOfScope> {
    let own = chain(incident).chain(victims);
    let within = is_neighbour(incident, target) || own.into_iter().any(|o| o.same_object(target));
    within.then_some(()).ok_or_else(|| OutOfScope {
        target: target.clone(),
    })
}

/// The objects of the incident with their roots. What lies in between has their namespace.
fn chain(incident: &Incident) -> impl Iterator<Item = &ObjectRef> {
    let signals = incident.signals.iter();
    [&incident.object, &incident.owner]
        .into_iter()
        .chain(signals.flat_map(|s| [&s.object, &s.owner]))
}

/// In the namespace of the owner. What has no namespace is nobody's neighbour, whatever
/// namespace a proposal writes beside it.
fn is_neighbour(incident: &Incident, target: &ObjectRef) -> bool {
    let namespaced = kinds::kind(&target.kind).is_some_and(|kind| kind.namespaced);
    let home = &incident.owner.namespace;
    namespaced && !home.is_empty() && *home == target.namespace
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::incident::IncidentId;
    use crate::severity::Severity;

    fn object(text: &str) -> ObjectRef {
        let mut parts = text.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default();
        let (kind, namespace, name) = (part(), part(), part());
        ObjectRef::new("v1", kind, namespace, name)
    }

    fn incident(object_: &str, owner: &str) -> Incident {
        Incident {
            id: IncidentId("inc-1".into()),
            class: "workload".into(),
            severity: Severity::High,
            object: object(object_),
            owner: object(owner),
            signals: Vec::new(),
            victims: Vec::new(),
            opened_at: 0,
        }
    }

    #[rstest]
    #[case("Deployment/shop/api", true)]
    #[case("ResourceQuota/shop/limits", true)]
    #[case("Deployment/bank/api", true)]
    #[case("Deployment/bank/ledger", false)]
    #[case("Pod/kube-system/etcd", false)]
    #[case("Node//n1", false)]
    #[case("Node/shop/n1", false)]
    #[case("Namespace//shop", false)]
    #[case("Unheard/shop/x", false)]
    fn a_workload_reaches_its_namespace_and_its_victims(#[case] target: &str, #[case] may: bool) {
        let incident = incident("Pod/shop/api-1", "Deployment/shop/api");
        let victims = [object("Deployment/bank/api")];
        assert_eq!(check(&incident, &victims, &object(target)).is_ok(), may);
    }

    #[rstest]
    #[case("Node//n1", true)]
    #[case("Node//n2", false)]
    #[case("Pod/shop/api-1", false)]
    fn a_node_reaches_itself(#[case] target: &str, #[case] may: bool) {
        let incident = incident("Node//n1", "Node//n1");
        assert_eq!(check(&incident, &[], &object(target)).is_ok(), may);
    }
}
