//! Finding the API server and getting a first answer from it.

use k8shawk_core::config::Config as Settings;
use kube::config::Kubeconfig;
use serde::Deserialize;
use tracing::warn;

use super::clients::Clients;
use super::credentials::{IN_CLUSTER, Origin, UNNAMED, load, pair};
use super::{Cluster, ClusterError};
use crate::services::http_client;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
}

pub(super) async fn connect(settings: &Settings) -> Result<Cluster, ClusterError> {
    // An error means that a provider is installed already.
    http_client::choose_tls();
    let (kubeconfig, context) = (settings.kubeconfig.as_deref(), settings.context.as_deref());
    let (shown, context, config) = load(kubeconfig, context).await?;
    let name = settings.cluster_name.clone().unwrap_or(shown);
    let address = config.cluster_url.to_string();
    if config.proxy_url.is_some() {
        warn!("proxies are not supported: connecting to {address} directly");
    }
    let origin = Origin {
        kubeconfig: settings.kubeconfig.clone(),
        context,
        reader: settings.reader.clone(),
        name: name.clone(),
        server: config.cluster_url.clone(),
    };
    let pair = pair(config, &origin)?;
    let reader = settings.reader.clone();
    let clients = Clients::new(pair, Some(origin));
    let mut cluster = Cluster::over(clients, reader, name, address);
    cluster.version = version(&cluster).await?;
    Ok(cluster)
}

/// What people call the cluster, without asking it.
pub(super) fn called(settings: &Settings) -> String {
    let read = || match &settings.kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let named = || match (&settings.context, read()) {
        (Some(context), _) => context.clone(),
        (None, Ok(file)) => file.current_context.unwrap_or_else(|| UNNAMED.to_owned()),
        (None, Err(_)) => IN_CLUSTER.to_owned(),
    };
    settings.cluster_name.clone().unwrap_or_else(named)
}

/// The server's version. A user without permission to ask for it is connected anyway.
async fn version(cluster: &Cluster) -> Result<String, ClusterError> {
    match cluster.fetch("read the version", "/version", &[]).await {
        Ok(text) => match serde_json::from_str::<Version>(&text) {
            Ok(version) => Ok(version.git_version),
            Err(error) => Err(ClusterError::Unreachable {
                address: cluster.address.clone(),
                why: format!("it answers, but is not an API server: {error}"),
            }),
        },
        Err(ClusterError::Denied { .. }) => Ok("unknown".to_owned()),
        Err(
            ClusterError::NotFound { .. }
            | ClusterError::Refused { .. }
            | ClusterError::Answer { .. },
        ) => Err(ClusterError::Unreachable {
            address: cluster.address.clone(),
            why: "it answers, but is not an API server".to_owned(),
        }),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_name_goes_before_the_context_of_the_kubeconfig() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config");
        std::fs::write(&path, "current-context: kind-a\ncontexts: []\n").unwrap();
        let mut settings = Settings {
            kubeconfig: Some(path),
            ..Settings::default()
        };
        assert_eq!(called(&settings), "kind-a");
        settings.context = Some("kind-b".to_owned());
        assert_eq!(called(&settings), "kind-b");
        settings.cluster_name = Some("prod".to_owned());
        assert_eq!(called(&settings), "prod");
        settings = Settings {
            kubeconfig: Some("/nowhere/config".into()),
            ..Settings::default()
        };
        assert_eq!(called(&settings), IN_CLUSTER);
    }
}
