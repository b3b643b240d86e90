//! What the cluster makes of a write: its controllers see it, and the recorded fix heals or not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;

use super::Shared;
use super::audit::{Entry, Verb};
use super::recorded::{Cure, Instance, observed};

/// Longest time from a fix to its effect, milliseconds.
const EFFECT: u64 = 300;

/// Follow the accepted writes until the server ends.
pub(super) async fn run(
    shared: Arc<Shared>,
    instances: Arc<Mutex<Vec<Arc<Instance>>>>,
    mut accepted: mpsc::UnboundedReceiver<Entry>,
) {
    while let Some(entry) = accepted.recv().await {
        see(&shared, &entry);
        let instance = {
            let all = instances.lock().unwrap_or_else(PoisonError::into_inner);
            let of = all.iter().find(|i| i.target.as_ref() == Some(&entry.key));
            of.cloned()
        };
        let Some(instance) = instance.filter(|i| i.cure == Cure::Heals) else {
            continue;
        };
        // A Job that is made again is deleted first: only the new one heals.
        if entry.verb == Verb::Delete && instance.action == Some("retry-job") {
            continue;
        }
        let wait = Duration::from_millis(shared.weather.below(EFFECT));
        let shared = shared.clone();
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            shared.change(|state| instance.heal(state));
        });
    }
}

/// The object's own controller notes that it has seen the newest form.
fn see(shared: &Shared, entry: &Entry) {
    shared.change(|state| {
        if let Some(mut object) = state.objects.get(&entry.key).map(|o| Value::clone(o)) {
            observed(&mut object);
            state.objects.put(&entry.key, object);
        }
    });
}
