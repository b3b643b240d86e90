//! Stage: write down what happened.

use std::path::{Path, PathBuf};

use k8shawk_core::rca;
use k8shawk_core::record::Record;
use k8shawk_core::redact::Redacted;

use crate::flow::{Flow, FlowError};
use crate::private;
use crate::store::StoreError;

/// Write the RCA (again): first when people are told, last when the incident ends.
///
/// # Errors
/// [`FlowError::File`] names the file; the incident is kept and the stage is run again.
pub fn run(flow: &Flow, record: &Record) -> Result<(), FlowError> {
    let path = place(flow, record);
    write(&path, &rca::render(record, flow.installation.cluster()))
        .map_err(|e| FlowError::File(format!("cannot write {}: {e}", path.display())))?;
    let shown = path.display().to_string();
    if let (true, Some(execution)) = (record.state.is_final(), &record.execution) {
        flow.store
            .remember(record, &execution.fix, flow.clock.now())?;
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

/// Where the RCA is or will be. Incidents of two objects of one name may open at the same
/// moment: the second gets its id into the name.
fn place(flow: &Flow, record: &Record) -> PathBuf {
    if let Some(known) = &record.rca {
        return PathBuf::from(known);
    }
    let directory = flow.config.knowledge_base().join("rca");
    let path = directory.join(rca::file_name(record));
    if path.exists() {
        path.with_extension(format!("{}.md", record.incident.id))
    } else {
        path
    }
}

/// Written beside, then renamed: a full disk leaves the document that was there.
pub(crate) fn write(path: &Path, text: &Redacted) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        private::directory(directory)?;
    }
    let beside = path.with_extension("md.new");
    private::write(&beside, text.as_str().as_bytes())?;
    std::fs::rename(&beside, path)
}
