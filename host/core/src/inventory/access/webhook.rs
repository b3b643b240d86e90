//! Admission webhooks whose backend is down.

use super::{Webhook, Webhooks};
use crate::inventory::observation::{Scene, Sighting};
use crate::inventory::observed::Change;
use crate::inventory::service::Service;

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
    let message = format!(
        "failurePolicy is Fail and no backend answers: {}",
        down.join("; ")
    );
    vec![Sighting::new("BackendDown", message)]
}

fn down(scene: Scene<'_>, hook: &Webhook) -> Option<String> {
    let named = hook.client_config.service.as_ref()?;
    let objects = scene.objects;
    if !objects.is_readable("Service", &named.namespace) {
        return None;
    }
    let at = format!("{}/{}", named.namespace, named.name);
    let Some(entry) = objects.find("Service", &named.namespace, &named.name) else {
        return Some(format!("{}: Service {at} does not exist", hook.name));
    };
    let service = entry.kept::<Service>()?;
    (!service.is_served(objects, entry))
        .then(|| format!("{}: Service {at} has no ready pod", hook.name))
}

/// True where a webhook calls the Service, or one that selects the pod (any, where it is gone).
pub(super) fn depends_on(webhooks: &Webhooks, change: Change<'_>) -> bool {
    let called = webhooks.webhooks.iter();
    let mut called = called.filter_map(|hook| hook.client_config.service.as_ref());
    called.any(|named| {
        if *named.namespace != change.object.namespace {
            return false;
        }
        if change.is("Service") {
            return *named.name == change.object.name;
        }
        let found = change
            .objects
            .find("Service", &named.namespace, &named.name);
        let service = found.and_then(|entry| entry.kept::<Service>());
        service.is_some_and(|service| service.may_select(change.held))
    })
}
