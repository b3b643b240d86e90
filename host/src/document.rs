//! Stage: write down what happened.

use std::path::Path;

use k8shawk_core::rca;
use k8shawk_core::record::Record;
use k8shawk_core::redact::redact;

use crate::flow::{Flow, FlowError};
use crate::store::StoreError;

/// Write the RCA (again): first when people are told, last when the incident ends.
///
/// # Errors
/// [`FlowError::File`] names the file; the incident is kept and the stage is run again.
pub fn run(flow: &Flow, record: &Record) -> Result<(), FlowError> {
    let path = flow
        .config
        .knowledge_base()
        .join("rca")
        .join(rca::file_name(record));
    write(&path, &redact(&rca::render(record)))
        .map_err(|e| FlowError::File(format!("cannot write {}: {e}", path.display())))?;
    let shown = path.display().to_string();
    if let (true, Some(execution)) = (record.state.is_final(), &record.execution) {
        let signature = format!("{}/{}", record.class(), record.incident.owner.kind);
        let action = execution.fix.action.name();
        flow.store
            .remember(&signature, action, record, flow.clock.now())?;
    }
    if record.rca.as_deref() != Some(&shown) || record.documented != Some(record.state) {
        flow.store.modify(&record.incident.id.0, |r| {
            r.rca = Some(shown);
            r.documented = Some(record.state);
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}

/// Written beside, then renamed: a full disk leaves the document that was there.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let beside = path.with_extension("md.new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}
