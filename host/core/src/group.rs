//! Which signals belong together: root owner and class, or a cause that owners share.

use crate::object::ObjectRef;
use crate::signal::{Opening, Signal};

/// Key of the owner's own incident. Only coordinates and the class take part: never text.
pub fn owner_key(class: &str, owner: &ObjectRef) -> String {
    if owner.uid.is_empty() {
        format!(
            "owner/{class}/{}/{}/{}",
            owner.kind, owner.namespace, owner.name
        )
    } else {
        format!("owner/{class}/{}", owner.uid)
    }
}

/// Key of the incident of a cause that others may share.
pub fn shared_key(shared: &ObjectRef) -> String {
    format!(
        "shared/{}/{}/{}",
        shared.kind, shared.namespace, shared.name
    )
}

/// The keys under which a signal looks for its incident: the shared cause first.
pub fn keys(signal: &Signal, opening: &Opening) -> Vec<String> {
    let own = owner_key(&opening.class, &signal.owner);
    match &opening.shared {
        Some(shared) => vec![shared_key(shared), own],
        None => vec![own],
    }
}
