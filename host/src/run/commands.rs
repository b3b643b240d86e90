//! The desk of a running host: what people ask is handed to the stages.

use std::path::PathBuf;
use std::sync::Arc;

use k8shawk_core::approval::Person;
use k8shawk_core::record::{Record, State};
use k8shawk_sandbox::{Language, Status};

use crate::run::pipeline::Pipeline;
use crate::run::versions;
use crate::services::commands::{Act, Commands, OfVersion, Script};
use crate::services::plugins::KeptFiles;
use crate::stages::approve::{self, Voted};

/// The desk of this host.
pub struct HostCommands {
    pipeline: Arc<Pipeline>,
    grants: PathBuf,
}

impl HostCommands {
    /// A desk before these stages; `grants` is the directory of grants.
    pub fn new(pipeline: Arc<Pipeline>, grants: PathBuf) -> HostCommands {
        HostCommands { pipeline, grants }
    }

    fn approve(&self, who: &Person, act: &Act) -> Result<String, String> {
        let services = &self.pipeline.services;
        let who = &services.authority().introduce(who);
        match act {
            Act::Approve { id, shown } => {
                match approve::approve(services, id, who, shown).map_err(|e| e.to_string())? {
                    Voted::Approved(message) | Voted::Counted(message) => Ok(message),
                }
            }
            Act::Dismiss { id, reason } => {
                approve::dismiss(services, id, who, reason).map_err(|e| e.to_string())
            }
            Act::Undo { id } => {
                let proposed = approve::undo(services, id, who).map_err(|e| e.to_string())?;
                self.pipeline.drive(&proposed);
                Ok(format!("{proposed} proposes to take the fix of {id} back"))
            }
        }
    }
}

impl Commands for HostCommands {
    /// The pipeline continues with what was done, and retries if a disk is full.
    fn act(&self, who: &Person, act: &Act) -> Result<String, String> {
        let done = self.approve(who, act)?;
        if let Ok(record) = self.pipeline.services.store.find(act.incident()) {
            self.pipeline.drive(&record.incident.id.0);
        }
        Ok(done)
    }

    fn script(&self, record: &Record) -> Option<Script> {
        let services = &self.pipeline.services;
        let language = services.config.voice.language.clone();
        let spoken = match language.as_str() {
            "tamil" => Language::Tamil,
            "tanglish" => Language::Tanglish,
            _ => Language::English,
        };
        let finding = record.finding.as_ref()?;
        let text = services
            .plugins
            .script(record.severity(), finding, spoken)?;
        Some(Script { text, language })
    }

    fn version(&self, who: &Person, act: &OfVersion) -> Result<String, String> {
        let services = &self.pipeline.services;
        let who = &services.authority().introduce(who);
        let (store, registry) = (&services.store, &services.plugins.registry);
        let now = services.clock.now();
        match act {
            OfVersion::Accept(id) => versions::accept(store, registry, id, who, now),
            OfVersion::RollBack(plugin) => {
                let files = KeptFiles::within(&services.config.state);
                let files = (&files, self.grants.as_path());
                versions::roll_back(store, registry, files, plugin, who, now)
            }
        }
    }

    fn plugins(&self) -> Vec<Status> {
        let all = self.pipeline.services.plugins.registry.all();
        all.iter().map(|live| live.status()).collect()
    }

    fn status(&self) -> String {
        let services = &self.pipeline.services;
        let active = match services.store.list(true) {
            Ok(active) => active,
            Err(fault) => return fault.to_string(),
        };
        let waiting = active.iter().filter(|r| r.state == State::Waiting).count();
        let watched = match &services.config.namespace {
            Some(namespace) => format!("namespace {namespace}"),
            None => "all namespaces".to_owned(),
        };
        format!(
            "k8shawk {}, watching {watched}\nopen incidents: {}, waiting for approval: {waiting}",
            env!("CARGO_PKG_VERSION"),
            active.len()
        )
    }
}
