//! Finding and reading the configuration: the file, `.env`, the environment.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use k8shawk_core::config::{Config, Fault, File};
use secrecy::SecretString;

mod dotenv;

/// Name of the configuration file.
const FILE: &str = "k8shawk.toml";

/// A configuration with the file that it came from.
#[derive(Debug)]
pub struct Settings {
    /// Configuration.
    pub config: Config,
    /// File, if there was one.
    pub file: Option<PathBuf>,
    /// Directory that holds `plugins/`, `policies/` and `grants/` unless they are set.
    pub home: PathBuf,
    /// Variables of `.env`, or of the file that was named instead.
    dotenv: HashMap<String, String>,
}

/// Which files somebody named.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'p> {
    /// Configuration (`--config`, `K8SHAWK_CONFIG`).
    pub config: Option<&'p Path>,
    /// Variables (`--env-file`, `K8SHAWK_ENV_FILE`).
    pub env_file: Option<&'p Path>,
}

/// Find and read the configuration: the one that was named, else `k8shawk.toml` in the working
/// directory, else beside the binary. What was only found in the working directory may not say
/// everything: see [`Trust`](k8shawk_core::config::Trust).
///
/// # Errors
/// Every fault, with its file and line or variable.
pub fn load(named: Named<'_>) -> Result<Settings, Vec<Fault>> {
    let home = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.canonicalize().ok())
        .and_then(|exe| exe.parent().map(Path::to_owned))
        .unwrap_or_else(|| PathBuf::from("."));
    let mut faults = Vec::new();
    let dotenv = dotenv::read(named.env_file, &mut faults);
    let environment = |name: &str| {
        std::env::var(name)
            .ok()
            .or_else(|| dotenv.get(name).cloned())
    };
    let chosen = named.config.map(Path::to_owned);
    let chosen = chosen.or_else(|| environment("K8SHAWK_CONFIG").map(PathBuf::from));
    let (beside, is_named) = (home.join(FILE), chosen.is_some());
    let file = chosen.or_else(|| {
        [PathBuf::from(FILE), beside.clone()]
            .into_iter()
            .find(|p| p.is_file())
    });
    let text = match &file {
        None => None,
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                let place = path.display().to_string();
                faults.push(Fault {
                    place,
                    what: format!("cannot be read: {error}"),
                });
                None
            }
        },
    };
    let name = file
        .as_ref()
        .map(|f| f.display().to_string())
        .unwrap_or_default();
    let trusted = is_named || file.as_ref().is_some_and(|file| is_same(file, &beside));
    let read = text.as_deref().map(|text| File {
        name: &name,
        text,
        named: trusted,
    });
    let parsed = Config::parse(read, environment);
    match parsed {
        Ok(config) if faults.is_empty() => Ok(Settings {
            config: at_home(config),
            file,
            home,
            dotenv,
        }),
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more);
            Err(faults)
        }
    }
}

/// In a pod without an account of its own for reads, the namespace of the pod's account is ours.
fn at_home(mut config: Config) -> Config {
    const NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
    if let (None, Ok(own)) = (&config.reader, std::fs::read_to_string(NAMESPACE)) {
        config.fixes.protect(own.trim());
    }
    config
}

/// True where both are one file: whoever can write beside the binary can replace the binary.
fn is_same(file: &Path, beside: &Path) -> bool {
    match (file.canonicalize(), beside.canonicalize()) {
        (Ok(file), Ok(beside)) => file == beside,
        _ => false,
    }
}

impl Settings {
    /// A variable of the environment, else of `.env`.
    pub fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name)
            .ok()
            .or_else(|| self.dotenv.get(name).cloned())
            .filter(|value| !value.is_empty())
    }

    /// A secret: the variable, else the content of the file that `<name>_FILE` names, as a
    /// mounted Secret of Kubernetes gives it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn secret(&self, name: &str) -> Result<Option<SecretString>, Fault> {
        if let Some(value) = self.variable(name) {
            return Ok(Some(SecretString::from(value.trim())));
        }
        let variable = format!("{name}_FILE");
        let Some(path) = self.variable(&variable) else {
            return Ok(None);
        };
        match std::fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => Ok(None),
            Ok(text) => Ok(Some(SecretString::from(text.trim()))),
            Err(error) => Err(Fault {
                place: variable,
                what: format!("{path} cannot be read: {error}"),
            }),
        }
    }

    /// Directory of the plugins.
    pub fn plugins(&self) -> PathBuf {
        self.config
            .plugins
            .clone()
            .unwrap_or_else(|| self.home.join("plugins"))
    }

    /// Directory of the policies.
    pub fn policies(&self) -> PathBuf {
        self.config
            .policies
            .clone()
            .unwrap_or_else(|| self.home.join("policies"))
    }

    /// Directory of the grants.
    pub fn grants(&self) -> PathBuf {
        self.config
            .grants
            .clone()
            .unwrap_or_else(|| self.home.join("grants"))
    }
}
