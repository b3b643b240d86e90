//! Admission webhooks whose backend is down.

use super::{Webhook, Webhooks};
use crate::inventory::shape::Body;
use crate::inventory::sight::{Scene, Sighting};

/// Webhooks that refuse what they guard because nobody answers.
pub(crate) fn observe(scene: Scene<'_>, webhooks: &Webhooks) -> Vec<Sighting> {
    let mut down: Vec<String> = webhooks
        .webhooks
        .iter()
        .filter(|hook| &*hook.failure_policy != "Ignore")
        .filter_map(|hook| down(scene, hook))
        .collect();
    down.sort();
    down.dedup();
    if down.is_empty() {
        return Vec::new();
    }
    let message = format!("failurePolicy Fail and nobody answers: {}", down.join("; "));
    vec![Sighting::new("BackendDown", message)]
}

fn down(scene: Scene<'_>, hook: &Webhook) -> Option<String> {
    let named = hook.client_config.service.as_ref()?;
    let inventory = scene.inventory;
    if !inventory.is_readable("Service", &named.namespace) {
        return None;
    }
    let at = format!("{}/{}", named.namespace, named.name);
    let Some(entry) = inventory.find("Service", &named.namespace, &named.name) else {
        return Some(format!("{}: Service {at} does not exist", hook.name));
    };
    let Body::Service(service) = &entry.body else {
        return None;
    };
    (!service.is_served(inventory, entry))
        .then(|| format!("{}: Service {at} has no ready pod", hook.name))
}
