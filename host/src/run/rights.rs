//! Service: which rights the plugins on disk, their grants and the enabled fixes need, and which
//! of them the cluster does not give.

use std::path::PathBuf;

use k8shawk_core::config::Config;
use k8shawk_core::grant::Grant;
use k8shawk_core::rbac::{self, Rule};
use k8shawk_sandbox::{LoadError, Manifest, Source, plugins_in, read_grant};

use crate::run::artifacts;
use crate::run::settings::Settings;
use crate::services::cluster::{Cluster, ClusterError, Missing, Who};
use k8shawk_core::inventory::watched;

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
    /// [`LoadError`] names the file: the operator corrects it.
    pub fn needed(settings: &Settings) -> Result<Rights, LoadError> {
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
fn grants(settings: &Settings) -> Result<Vec<Grant>, LoadError> {
    let at = settings.grants();
    let mut all = Vec::new();
    for root in [settings.plugins(), settings.policies()] {
        let names = plugins_in(&root).map_err(|error| LoadError::Read {
            path: root.clone(),
            why: error.to_string(),
        })?;
        for name in names {
            let source = Source::read(&root.join(name), &at)?;
            all.push(wanted(&source.manifest, &source.grant));
        }
    }
    for dir in pulled(settings)? {
        let source = Source::read(&dir, &at)?;
        all.push(wanted(&source.manifest, &source.grant));
    }
    if settings.config.model.enabled {
        all.push(of_model(settings)?);
    }
    Ok(all)
}

/// The directories of the artifacts in the cache, all of which must be there.
fn pulled(settings: &Settings) -> Result<Vec<PathBuf>, LoadError> {
    let config = &settings.config.registry;
    let unread = |why: String| LoadError::Read {
        path: settings.config.state.clone(),
        why,
    };
    let source = artifacts::Source::new(settings).map_err(|why| unread(why.to_string()))?;
    let all = config.plugins.iter().chain(&config.policies);
    all.map(|pinned| match source.cached(pinned) {
        Ok(Some(artifact)) => Ok(artifact.dir),
        Ok(None) => Err(unread(format!(
            "{pinned} is not in the cache: `k8shawk plugin pull {pinned}`"
        ))),
        Err(why) => Err(unread(why.to_string())),
    })
    .collect()
}

/// What the model may read: `grants/model.toml`; nothing where there is no such file.
///
/// # Errors
/// [`LoadError`] names the file.
pub fn of_model(settings: &Settings) -> Result<Grant, LoadError> {
    let grants = settings.grants();
    read_grant(&grants, &grants.join("model.toml"))
}

/// A grant without the verbs whose interface the plugin does not import.
fn wanted(manifest: &Manifest, grant: &Grant) -> Grant {
    let mut effective = grant.clone();
    for allow in &mut effective.allow {
        allow
            .verbs
            .retain(|verb| manifest.wants.iter().any(|c| c.verbs().contains(verb)));
    }
    effective
}
