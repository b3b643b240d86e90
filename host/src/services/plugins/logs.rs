//! What plugins read of logs: without what looks like a secret. A plugin quotes single lines, and a
//! line alone does not show that it belongs to a key.

use std::sync::Arc;

use k8shawk_core::guard::{Answer, Permit, Read, Reader, Reading};
use k8shawk_core::redact::redact;

/// A reader whose logs are redacted as a whole.
pub(super) struct CleanLogs(Arc<dyn Reader>);

impl CleanLogs {
    /// Over another reader.
    pub fn over(reader: &Arc<dyn Reader>) -> Arc<dyn Reader> {
        Arc::new(CleanLogs(reader.clone()))
    }
}

impl Reader for CleanLogs {
    fn read(&self, permit: Permit) -> Reading<'_> {
        let logs = matches!(permit.read(), Read::Logs { .. });
        let reading = self.0.read(permit);
        Box::pin(async move {
            match reading.await {
                Ok(Answer::Text(text)) if logs => Ok(Answer::Text(redact(&text))),
                other => other,
            }
        })
    }
}
