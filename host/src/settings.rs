//! Finding and reading the configuration: the file, `.env`, the environment.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use k8shawk_core::config::{Config, Fault};
use secrecy::SecretString;

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
    /// Variables of `.env`.
    dotenv: HashMap<String, String>,
}

/// Find and read the configuration: `named` (`--config`), else `K8SHAWK_CONFIG`, else
/// `k8shawk.toml` in the working directory, else beside the binary.
///
/// # Errors
/// Every fault, with its file and line or variable.
pub fn load(named: Option<&Path>) -> Result<Settings, Vec<Fault>> {
    let home = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.canonicalize().ok())
        .and_then(|exe| exe.parent().map(Path::to_owned))
        .unwrap_or_else(|| PathBuf::from("."));
    let mut faults = Vec::new();
    let dotenv = dotenv(&mut faults);
    let environment = |name: &str| {
        std::env::var(name)
            .ok()
            .or_else(|| dotenv.get(name).cloned())
    };
    let file = named
        .map(Path::to_owned)
        .or_else(|| environment("K8SHAWK_CONFIG").map(PathBuf::from))
        .or_else(|| {
            [PathBuf::from(FILE), home.join(FILE)]
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
    let parsed = Config::parse(text.as_deref().map(|t| (name.as_str(), t)), environment);
    match parsed {
        Ok(config) if faults.is_empty() => Ok(Settings {
            config,
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

fn dotenv(faults: &mut Vec<Fault>) -> HashMap<String, String> {
    let mut values = HashMap::new();
    let Ok(entries) = dotenvy::from_path_iter(".env") else {
        return values;
    };
    for entry in entries {
        match entry {
            Ok((name, value)) => {
                values.insert(name, value);
            }
            Err(error) => faults.push(Fault {
                place: ".env".to_owned(),
                what: error.to_string(),
            }),
        }
    }
    values
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
