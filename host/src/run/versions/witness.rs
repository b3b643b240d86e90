//! What sees the calls of a running host, and the tasks that work on what it saw.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};

use crate::services::Services;
use crate::services::plugins::{Plugins, Recorder, Recording, Seen, Shadowing};
use crate::services::tasks::{Supervisor, Task};

/// What was seen and waits for its tasks.
pub struct Witnessed {
    calls: mpsc::Receiver<Seen>,
    shadowed: mpsc::Receiver<Seen>,
}

/// See the calls of plugins from now on.
pub fn witness(plugins: &mut Plugins, most: u32) -> Witnessed {
    let (recorder, calls, shadowed) = Recorder::new(most, plugins.telemetry.clone());
    plugins.witness = Some(Arc::new(recorder));
    Witnessed { calls, shadowed }
}

impl Witnessed {
    /// Store what is recorded, and ask shadows, until the host stops.
    pub fn start(self, services: &Arc<Services>, supervisor: &Supervisor) {
        let recording = Arc::new(Recording {
            calls: Mutex::new(self.calls),
            registry: services.plugins.registry.clone(),
            store: services.store.clone(),
            clock: services.clock.clone(),
            most: services.config.recorded_calls,
        });
        let stop = supervisor.stop().clone();
        supervisor.keep(Task::Record, move || {
            let (recording, stop) = (recording.clone(), stop.clone());
            async move { recording.run(stop).await }
        });
        let reads = services.clone();
        let shadowing = Arc::new(Shadowing {
            calls: Mutex::new(self.shadowed),
            reader: Box::new(move || reads.cluster.reader()),
            store: services.store.clone(),
            clock: services.clock.clone(),
            telemetry: services.telemetry.clone(),
        });
        let stop = supervisor.stop().clone();
        supervisor.keep(Task::Shadow, move || {
            let (shadowing, stop) = (shadowing.clone(), stop.clone());
            async move { shadowing.run(stop).await }
        });
    }
}
