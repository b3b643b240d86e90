//! Service: which rights the plugins on disk, their grants and the enabled fixes need, and which
//! of them the cluster does not give.

use std::path::{Path, PathBuf};

use k8shawk_core::config::Config;
use k8shawk_core::grant::{Capability, Grant, Verb};
use k8shawk_core::rbac::{self, Rule};
use k8shawk_sandbox::{LoadError, Manifest, Source};
use thiserror::Error;

use crate::cluster::{Cluster, ClusterError, Missing, Who, watched};
use crate::settings::Settings;

/// Why it is not known which rights are needed: the operator corrects the file.
#[derive(Debug, Error)]
pub enum RightsError {
    /// A directory cannot be read.
    #[error("{}: {why}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// A plugin or its grant cannot be read.
    #[error(transparent)]
    Plugin(#[from] LoadError),
    /// The grant of the model is wrong.
    #[error("{}: {why}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// Line and key.
        why: String,
    },
}

/// The rules of both accounts.
#[derive(Debug, Clone)]
pub struct Rights {
    /// Rules of the account that reads.
    pub reader: Vec<Rule>,
    /// Rules of the account that makes dry runs and fixes.
    pub executor: Vec<Rule>,
}

impl Rights {
    /// What is needed with these plugins, grants and fixes.
    ///
    /// # Errors
    /// [`RightsError`] names the file.
    pub fn needed(settings: &Settings) -> Result<Rights, RightsError> {
        let fixes = &settings.config.fixes;
        Ok(Rights {
            reader: rbac::reader(watched(), &grants(settings)?, fixes),
            executor: rbac::executor(fixes),
        })
    }

    /// What the cluster refuses of it, with who is refused.
    ///
    /// # Errors
    /// [`ClusterError`]; [`ClusterError::Denied`] where the reader cannot be acted as.
    pub async fn missing(
        &self,
        cluster: &Cluster,
        config: &Config,
    ) -> Result<Vec<(Who, Missing)>, ClusterError> {
        let read = [config.namespace.clone().unwrap_or_default()];
        let written = match config.fixes.namespaces() {
            None => vec![String::new()],
            Some(names) => names.map(str::to_owned).collect(),
        };
        let mut all = Vec::new();
        for (who, rules, namespaces) in [
            (Who::Reader, &self.reader, &read[..]),
            (Who::Writer, &self.executor, &written),
        ] {
            let missing = cluster.missing(who, rules, namespaces).await?;
            all.extend(missing.into_iter().map(|m| (who, m)));
        }
        Ok(all)
    }
}

/// What each plugin both wants and is granted, and what the model is granted.
fn grants(settings: &Settings) -> Result<Vec<Grant>, RightsError> {
    let at = settings.grants();
    let mut all = Vec::new();
    for root in [settings.plugins(), settings.policies()] {
        for directory in directories(&root)? {
            let source = Source::read(&directory, &at)?;
            all.push(wanted(&source.manifest, &source.grant));
        }
    }
    if settings.config.model.enabled {
        all.extend(of_model(&at.join("model.toml"))?);
    }
    Ok(all)
}

fn of_model(path: &Path) -> Result<Option<Grant>, RightsError> {
    let fault = |why: String| RightsError::Model {
        path: path.to_owned(),
        why,
    };
    match std::fs::read_to_string(path) {
        Ok(text) => Grant::parse(&text)
            .map(Some)
            .map_err(|e| fault(e.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(fault(error.to_string())),
    }
}

fn directories(root: &Path) -> Result<Vec<PathBuf>, RightsError> {
    let entries = std::fs::read_dir(root).map_err(|error| RightsError::Directory {
        path: root.to_owned(),
        why: error.to_string(),
    })?;
    let is_plugin = |entry: &std::fs::DirEntry| {
        entry.path().is_dir() && !entry.file_name().to_string_lossy().starts_with('.')
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(is_plugin)
        .map(|entry| entry.path())
        .collect();
    found.sort();
    Ok(found)
}

/// A grant without the verbs whose interface the plugin does not import.
fn wanted(manifest: &Manifest, grant: &Grant) -> Grant {
    let mut effective = grant.clone();
    for allow in &mut effective.allow {
        allow
            .verbs
            .retain(|verb| manifest.wants.contains(&interface(*verb)));
    }
    effective
}

fn interface(verb: Verb) -> Capability {
    match verb {
        Verb::Get | Verb::List => Capability::Get,
        Verb::Describe => Capability::Describe,
        Verb::Logs => Capability::Logs,
        Verb::Top => Capability::Top,
        Verb::Events => Capability::Events,
    }
}
