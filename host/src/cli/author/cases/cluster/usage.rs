//! What a container of a case's cluster uses.

use k8shawk_core::guard::Usage;
use serde::Deserialize;

/// As it stands in a case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Given {
    namespace: String,
    pod: String,
    container: String,
    /// Thousandths of a core.
    cpu_milli: u64,
    memory_bytes: u64,
}

impl Given {
    /// The same with its namespace.
    pub(super) fn measured(self) -> (String, Usage) {
        let usage = Usage {
            pod: self.pod,
            container: self.container,
            cpu_milli: self.cpu_milli,
            memory_bytes: self.memory_bytes,
        };
        (self.namespace, usage)
    }
}
