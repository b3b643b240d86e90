//! What the host finds of itself, at every sweep.

use k8shawk_core::record::Record;

use super::Patrol;
use crate::stages::StageError;
use crate::stages::{self_monitor, triage};

impl Patrol {
    /// What the host finds of itself becomes an incident, and ends when it is over.
    pub(super) fn watch_itself(&self, active: &[Record], now: i64) -> Result<(), StageError> {
        let services = &self.pipeline.services;
        let dropped = self.dropped.recently(now);
        let why = |id: &str| self.pipeline.failure(id);
        let troubles = self_monitor::look(services, active, dropped.as_deref(), why)?;
        for trouble in &troubles {
            // Whatever stopped driving them: they are taken up again.
            trouble.stuck().for_each(|id| self.pipeline.drive(id));
            if self_monitor::is_known(services, trouble)? {
                continue;
            }
            let (signal, keys) = (trouble.signal(now), [trouble.key()]);
            let mut record = triage::opened(&signal, trouble.opening(), &keys, now);
            record.finding = Some(trouble.finding());
            let id = services.store.insert(record, &keys)?.incident.id.0;
            self.telemetry().noticed(&id, self.taken_at);
            self.pipeline.drive(&id);
        }
        self_monitor::settle(services, active, &troubles)
    }
}
