//! Finding and reading the configuration: the file, `.env`, the environment.

use std::path::{Path, PathBuf};

use k8shawk_core::config::{Config, ConfigFault, File};
use k8shawk_sandbox::files;
use secrecy::SecretString;

use environment::Environment;

mod dotenv;
mod environment;

/// Name of the configuration file.
const FILE: &str = "k8shawk.toml";

/// A configuration with the files that it came from.
#[derive(Debug)]
pub struct Settings {
    /// Configuration.
    pub config: Config,
    /// Files, each laid over the one before it.
    pub files: Vec<PathBuf>,
    /// Directory that holds `plugins/`, `policies/` and `grants/` unless they are set.
    pub home: PathBuf,
    /// Variables of the process over those of `.env`, or of the file that was named instead.
    environment: Environment,
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
/// directory over the one beside the binary. What was only found in the working directory may not
/// say everything: see [`Trust`](k8shawk_core::config::Trust).
///
/// # Errors
/// Every fault, with its file and line or variable.
pub fn load(named: Named<'_>) -> Result<Settings, Vec<ConfigFault>> {
    let home = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.canonicalize().ok())
        .and_then(|exe| exe.parent().map(Path::to_owned))
        .unwrap_or_else(|| PathBuf::from("."));
    let mut faults = Vec::new();
    let environment = Environment::take(std::env::vars_os(), &mut faults);
    let is_set = |name: &str| environment.is_set(name);
    let dotenv = dotenv::read(named.env_file, is_set, &mut faults);
    let environment = environment.over(dotenv);
    let chosen = named.config.map(Path::to_owned);
    let chosen = chosen.or_else(|| environment.get("K8SHAWK_CONFIG").map(PathBuf::from));
    let texts = texts(chosen, &home, &mut faults);
    let files = texts.iter().map(Text::file);
    match Config::parse(files, |name| environment.get(name)) {
        Ok(config) if faults.is_empty() => Ok(Settings {
            config: at_home(config),
            files: texts.into_iter().map(|text| text.path).collect(),
            home,
            environment,
        }),
        Ok(_) => Err(faults),
        Err(more) => {
            faults.extend(more);
            Err(faults)
        }
    }
}

/// A configuration file that was read.
struct Text {
    path: PathBuf,
    name: String,
    text: String,
    named: bool,
}

impl Text {
    fn file(&self) -> File<'_> {
        File {
            name: &self.name,
            text: &self.text,
            named: self.named,
        }
    }
}

/// The file that was chosen; else the one beside the binary, and over it the one of the working
/// directory, which so takes nothing away from it by leaving it out.
fn texts(chosen: Option<PathBuf>, home: &Path, faults: &mut Vec<ConfigFault>) -> Vec<Text> {
    let beside = home.join(FILE);
    let (here, chosen_one) = (PathBuf::from(FILE), chosen.is_some());
    let paths = match chosen {
        Some(path) => vec![(path, true)],
        None if is_same(&here, &beside) => vec![(here, true)],
        None => vec![(beside, true), (here, false)],
    };
    let mut texts = Vec::new();
    for (path, named) in paths {
        let name = path.display().to_string();
        let read = match chosen_one {
            true => files::text(&path).map(Some),
            false => files::text_if_there(&path),
        };
        match read {
            Ok(Some(text)) => texts.push(Text {
                path,
                name,
                text,
                named,
            }),
            Ok(None) => {}
            Err(error) => faults.push(ConfigFault {
                place: name,
                what: format!("cannot be read: {error}"),
            }),
        }
    }
    texts
}

/// In a pod without an account of its own for reads, the namespace of the pod's account is ours.
fn at_home(mut config: Config) -> Config {
    const NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
    if let (None, Ok(own)) = (&config.reader, files::text(Path::new(NAMESPACE))) {
        config.fixes.protect(own.trim());
    }
    config
}

/// True where both are one file: anyone who can write beside the binary can replace the binary.
fn is_same(file: &Path, beside: &Path) -> bool {
    match (file.canonicalize(), beside.canonicalize()) {
        (Ok(file), Ok(beside)) => file == beside,
        _ => false,
    }
}

impl Settings {
    /// A variable of the environment, else of `.env`.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name)
    }

    /// A secret: the variable, else the content of the file that `<name>_FILE` names, as a
    /// mounted Secret of Kubernetes gives it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn secret(&self, name: &str) -> Result<Option<SecretString>, ConfigFault> {
        if let Some(value) = self.variable(name) {
            return Ok(Some(SecretString::from(value.trim())));
        }
        let variable = format!("{name}_FILE");
        let Some(path) = self.variable(&variable) else {
            return Ok(None);
        };
        match files::text(Path::new(&path)) {
            Ok(text) if text.trim().is_empty() => Ok(None),
            Ok(text) => Ok(Some(SecretString::from(text.trim()))),
            Err(error) => Err(ConfigFault {
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
