//! Where the credentials for the API server come from, and the clients that they make.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use k8shawk_core::rbac::Account;
use k8shawk_sandbox::files;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use super::error::chain;
use super::{ClusterError, retry_after};

/// How long a connection may take to come up.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a connection may be silent: longer than a watch stays open.
const SILENCE: Duration = Duration::from_secs(270);
/// What a cluster is called whose kubeconfig names no context.
pub(super) const UNNAMED: &str = "default";
/// What a cluster is called by its own pods.
pub(super) const IN_CLUSTER: &str = "in-cluster";
/// What stands for a kubeconfig in messages where no file was named.
const DEFAULT_FILES: &str = "the kubeconfig (KUBECONFIG, else ~/.kube/config)";

/// One client for each account.
#[derive(Clone)]
pub(super) struct Pair {
    /// Makes every read.
    pub(super) reads: Client,
    /// Makes dry runs and fixes: the same account, unless `cluster.reader` names one for reads.
    pub(super) writes: Client,
}

/// Where the credentials of a connection come from, so that they can be loaded again.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) kubeconfig: Option<PathBuf>,
    /// The context that was chosen at the start: the current one may have changed since.
    pub(super) context: Option<String>,
    pub(super) reader: Option<Account>,
    pub(super) name: String,
    /// The server that the host belongs to. Credentials never take it elsewhere.
    pub(super) server: http::Uri,
}

impl Origin {
    /// The settings as they are now.
    ///
    /// # Errors
    /// [`ClusterError::Config`] where they cannot be used, or lead to another server.
    pub(super) async fn load(&self) -> Result<Config, ClusterError> {
        let (_, _, config) = load(self.kubeconfig.as_deref(), self.context.as_deref()).await?;
        if config.cluster_url != self.server {
            return Err(ClusterError::Config {
                source_name: format!("the settings of {}", self.name),
                why: format!(
                    "they now point to {}, not to {}",
                    config.cluster_url, self.server
                ),
            });
        }
        Ok(config)
    }
}

/// The clients of these settings.
///
/// # Errors
/// [`ClusterError::Config`].
pub(super) fn pair(mut config: Config, origin: &Origin) -> Result<Pair, ClusterError> {
    config.connect_timeout = Some(CONNECT);
    config.default_retry = false;
    // A connection that went dead in silence, unless a watch is quieter than this.
    config.read_timeout = Some(SILENCE);
    config.reset_reader_on_write = true;
    config.proxy_url = None;
    let writes = client(config.clone(), &origin.name)?;
    let reads = match &origin.reader {
        None => writes.clone(),
        Some(account) => {
            // Where this were lost on the way, the account that writes would be refused to read.
            config.auth_info.impersonate = Some(account.user());
            config.auth_info.impersonate_groups = None;
            client(config, &origin.name)?
        }
    };
    Ok(Pair { reads, writes })
}

fn client(config: Config, name: &str) -> Result<Client, ClusterError> {
    retry_after::client(config).map_err(|error| ClusterError::Config {
        source_name: format!("the settings of {name}"),
        why: chain(&error),
    })
}

/// The settings of a connection: a named file, else the usual ones, else the pod's own service account: its name for people, the
/// context in the file, the settings.
pub(super) async fn load(
    kubeconfig: Option<&Path>,
    context: Option<&str>,
) -> Result<(String, Option<String>, Config), ClusterError> {
    let source_name = kubeconfig.map_or_else(named_files, |path| path.display().to_string());
    let fault = |error: KubeconfigError| ClusterError::Config {
        source_name: source_name.clone(),
        why: unusable(&error),
    };
    let named = kubeconfig.map(Path::to_owned).into_iter();
    let listed = std::env::var_os("KUBECONFIG").filter(|_| kubeconfig.is_none());
    let listed = listed.iter().flat_map(std::env::split_paths);
    if let Some((path, why)) = named.chain(listed).find_map(unreadable) {
        let source_name = path.display().to_string();
        return Err(ClusterError::Config { source_name, why });
    }
    let read = match kubeconfig {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    let file = match read {
        Ok(file) => file,
        Err(error) if kubeconfig.is_some() || context.is_some() => return Err(fault(error)),
        Err(error) if std::env::var_os("KUBECONFIG").is_some_and(|v| !v.is_empty()) => {
            return Err(fault(error));
        }
        Err(_) => return in_cluster(),
    };
    let name = context.map(str::to_owned).or(file.current_context.clone());
    if let Some(why) = unknown_context(&file, name.as_deref()) {
        return Err(ClusterError::Config { source_name, why });
    }
    let options = KubeConfigOptions {
        context: name.clone().filter(|name| !name.is_empty()),
        ..KubeConfigOptions::default()
    };
    let config = Config::from_custom_kubeconfig(file, &options)
        .await
        .map_err(fault)?;
    let shown = name.clone().unwrap_or_else(|| UNNAMED.to_owned());
    Ok((shown, name, config))
}

/// The largest kubeconfig, bytes.
const KUBECONFIG: u64 = 16 << 20;

/// Something at the path of a kubeconfig that is not one: reading a FIFO would never return. One
/// that does not exist is reported by its reader.
fn unreadable(path: PathBuf) -> Option<(PathBuf, String)> {
    match files::text_of(&path, KUBECONFIG) {
        Err(why) if why.kind() != ErrorKind::NotFound => Some((path, why.to_string())),
        _ => None,
    }
}

/// Why a kubeconfig cannot be used, in one line: the file stands before it.
fn unusable(error: &KubeconfigError) -> String {
    let text = match error {
        KubeconfigError::ReadConfig(error, _) => error.to_string(),
        other => chain(other),
    };
    // Behind the first line the parser draws a picture.
    text.lines().next().unwrap_or_default().to_owned()
}

fn unknown_context(file: &Kubeconfig, name: Option<&str>) -> Option<String> {
    let known: Vec<&str> = file.contexts.iter().map(|c| c.name.as_str()).collect();
    match (name.filter(|name| !name.is_empty()), known.as_slice()) {
        (Some(name), known) if known.contains(&name) => None,
        (_, []) => Some("it has no context".to_owned()),
        (None, known) => Some(format!(
            "it names no current context; choose one with --context: {}",
            known.join(", ")
        )),
        (Some(name), known) => Some(format!(
            "it has no context {name:?}; it has {}",
            known.join(", ")
        )),
    }
}

fn named_files() -> String {
    match std::env::var("KUBECONFIG") {
        Ok(files) => format!("KUBECONFIG={files}"),
        Err(_) => DEFAULT_FILES.to_owned(),
    }
}

fn in_cluster() -> Result<(String, Option<String>, Config), ClusterError> {
    let config = Config::incluster().map_err(|error| {
        let place = match std::env::var_os("KUBERNETES_SERVICE_HOST") {
            None => "this is not a pod".to_owned(),
            Some(_) => format!(
                "the pod's service account cannot be used ({})",
                chain(&error)
            ),
        };
        ClusterError::Config {
            source_name: format!("{DEFAULT_FILES} or a pod's service account"),
            why: format!(
                "there is no kubeconfig, and {place}; name one with --kubeconfig FILE or \
                 KUBECONFIG, or see `k8shawk demo`, which needs no cluster"
            ),
        }
    })?;
    Ok((IN_CLUSTER.to_owned(), None, config))
}
