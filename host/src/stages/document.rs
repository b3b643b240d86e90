//! Stage: write down what happened.

use std::path::{Path, PathBuf};

use k8shawk_core::rca;
use k8shawk_core::record::Record;
use k8shawk_core::redact::Redacted;

use crate::services::Services;
use crate::services::private_files;
use crate::services::store::StoreError;
use crate::stages::StageError;

/// Write the RCA (again): first when people are told, last when the incident ends.
///
/// # Errors
/// [`StageError::File`] names the file; the incident is kept and the stage is run again.
pub fn run(services: &Services, record: &Record) -> Result<(), StageError> {
    let path = place(services, record);
    write(&path, &rca::render(record, services.installation.cluster()))
        .map_err(|e| StageError::File(format!("cannot write {}: {e}", path.display())))?;
    let shown = path.display().to_string();
    if let (true, Some(execution)) = (record.state.is_final(), &record.execution) {
        services
            .store
            .remember(record, &execution.fix, services.clock.now())?;
    }
    if record.rca.as_deref() != Some(&shown) || record.documented != Some(record.state) {
        services.store.modify(&record.incident.id.0, |r| {
            r.rca = Some(shown);
            r.documented = Some(record.state);
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}

/// Where the RCA is or will be.
fn place(services: &Services, record: &Record) -> PathBuf {
    match &record.rca {
        Some(known) => PathBuf::from(known),
        None => services
            .config
            .knowledge_base()
            .join("rca")
            .join(rca::file_name(record)),
    }
}

/// Written beside, then renamed: a full disk leaves the document that was there.
pub(crate) fn write(path: &Path, text: &Redacted) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        private_files::directory(directory)?;
    }
    let beside = path.with_extension("md.new");
    private_files::write(&beside, text.as_str().as_bytes())?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use k8shawk_core::config::Config;
    use k8shawk_core::record::State;
    use k8shawk_sandbox::Registry;

    use super::*;
    use crate::services::clock::Clock;
    use crate::services::cluster::AnyCluster;
    use crate::services::cluster::replay::Replay;
    use crate::services::plugins::Plugins;
    use crate::services::testing::applied;

    #[test]
    fn objects_of_one_name_that_fail_at_one_moment_have_an_rca_each() {
        let here = tempfile::tempdir().unwrap();
        let config = Config {
            knowledge_base: Some(here.path().to_owned()),
            ..Config::default()
        };
        let plugins = Plugins::new(Arc::new(Registry::new(5)));
        let cluster = AnyCluster::Recorded(Replay::empty());
        let services = Services::aside(config, plugins, cluster, Clock::default()).unwrap();
        let incident = |state| services.store.insert(applied(state), &[]).unwrap();
        let both = [incident(State::Recovered), incident(State::Unchanged)];
        // Both are written at the same time: neither sees the file of the other.
        let places = both.each_ref().map(|record| place(&services, record));
        assert_ne!(places[0], places[1]);
        for (record, at) in both.iter().zip(&places) {
            run(&services, record).unwrap();
            // Killed before the place was stored: it is written to the same place again.
            run(&services, record).unwrap();
            let text = std::fs::read_to_string(at).unwrap();
            assert!(
                text.contains(&format!("\n**{}, ", services.installation.cluster()))
                    && text.contains(record.standing()),
                "{text}"
            );
            let name = at.file_name().and_then(|name| name.to_str()).unwrap();
            assert!(rca::is_file_name(name), "{name}");
        }
        let day = places[0].parent().unwrap();
        assert_eq!(std::fs::read_dir(day).unwrap().count(), 2);
    }
}
