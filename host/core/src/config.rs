//! What the operator configures: one TOML file, environment variables over it.
//!
//! Every key stands once in [`keys::KEYS`], with its environment variable, its meaning and how
//! it is parsed. All faults of a file and of the environment are reported at once.

mod input;
mod keys;
mod log;
mod registry;
mod retention;
mod slack;
pub mod trust;
pub mod variables;
mod voice;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

pub use input::{Input, namespace};
pub use keys::{KEYS, Key};
pub use log::LogFormat;
pub use registry::RegistryConfig;
pub use retention::Retention;
pub use slack::SlackConfig;
pub use trust::Trust;
pub use voice::{Speaker, VoiceConfig, VoiceEngine};

use crate::approval::People;
use crate::fix::Enabled;
use crate::llm::ModelConfig;
use crate::rbac::Account;
use crate::toml_fault::{TomlFault, in_one_line, line_of};

/// What compilations may use unless the operator says otherwise, in MiB: a Python component needs 400.
pub const COMPILE_MEMORY_MIB: u32 = 512;

/// The whole configuration, with its defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Kubeconfig file; the usual places where none.
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig.
    pub context: Option<String>,
    /// What people call the cluster; as the context where none.
    pub cluster_name: Option<String>,
    /// Account that reads, where it is another than the one that writes.
    pub reader: Option<Account>,
    /// Namespace to watch; all where none.
    pub namespace: Option<String>,
    /// Signals of a closed incident that are taken for its echo.
    pub dedup: Duration,
    /// Time that an incident gathers signals before it is investigated.
    pub settle: Duration,
    /// Changes that may wait for triage.
    pub queue: usize,
    /// Time between two checks of what is still broken.
    pub sweep: Duration,
    /// Directory of the plugins; beside the binary where none.
    pub plugins: Option<PathBuf>,
    /// Directory of the policies; beside the binary where none.
    pub policies: Option<PathBuf>,
    /// Directory of the grants; beside the binary where none.
    pub grants: Option<PathBuf>,
    /// Policies that must be live for anything to be decided; those that were live before where
    /// none are named.
    pub required_policies: Option<Vec<String>>,
    /// Consecutive faults that quarantine a plugin.
    pub quarantine_after: u32,
    /// Plugins from a registry.
    pub registry: RegistryConfig,
    /// Directory of recorded incidents on which a new version of a plugin is tried.
    pub bundles: Option<PathBuf>,
    /// Calls of each plugin that are kept, on which a new version is tried.
    pub recorded_calls: u32,
    /// MiB that all processes which compile components may use together.
    pub compile_memory_mib: u32,
    /// Directory of components that were compiled before, as in the image.
    pub precompiled: Option<PathBuf>,
    /// Who may approve; if empty, anyone with access to the socket.
    pub approvers: Vec<String>,
    /// How long a question, and every yes to it, stands.
    pub approval_expires: Duration,
    /// Which names at the doors are one person.
    pub people: People,
    /// Which fixes may happen, and where.
    pub fixes: Enabled,
    /// Longest time of one fix.
    pub fix_timeout: Duration,
    /// Time between two checks of a recovery.
    pub recovery_interval: Duration,
    /// Longest time until a verdict.
    pub recovery_timeout: Duration,
    /// Time that everything must be good.
    pub recovery_stability: Duration,
    /// Directory of the database, the socket and the knowledge base.
    pub state: PathBuf,
    /// Database file.
    pub database: Option<PathBuf>,
    /// Socket that commands reach a running host through.
    pub socket: Option<PathBuf>,
    /// Directory of RCAs.
    pub knowledge_base: Option<PathBuf>,
    /// How long what has ended is kept.
    pub retention: Retention,
    /// Slack.
    pub slack: SlackConfig,
    /// The spoken summary.
    pub voice: VoiceConfig,
    /// Address that the HTTP server listens on.
    pub http_address: IpAddr,
    /// Port of the HTTP server; 0 is any free one.
    pub http_port: u16,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// Time without progress until a stuck incident becomes an incident itself.
    pub stuck_after: Duration,
    /// Age of a message that is not sent at which that is an incident itself.
    pub silent_after: Duration,
    /// The model that investigates.
    pub model: ModelConfig,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            kubeconfig: None,
            context: None,
            cluster_name: None,
            reader: None,
            namespace: None,
            dedup: Duration::from_secs(60),
            settle: Duration::from_secs(2),
            queue: 10_000,
            sweep: Duration::from_secs(5),
            plugins: None,
            policies: None,
            grants: None,
            required_policies: None,
            bundles: None,
            recorded_calls: 100,
            compile_memory_mib: COMPILE_MEMORY_MIB,
            precompiled: None,
            quarantine_after: 5,
            registry: RegistryConfig::default(),
            approvers: Vec::new(),
            approval_expires: Duration::from_secs(30 * 60),
            people: People::default(),
            fixes: Enabled::default(),
            fix_timeout: Duration::from_secs(30),
            recovery_interval: Duration::from_secs(15),
            recovery_timeout: Duration::from_secs(180),
            recovery_stability: Duration::from_secs(30),
            state: PathBuf::from("."),
            database: None,
            socket: None,
            knowledge_base: None,
            retention: Retention::default(),
            slack: SlackConfig::default(),
            voice: VoiceConfig::default(),
            http_address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            http_port: 8081,
            log_format: LogFormat::Text,
            stuck_after: Duration::from_secs(300),
            silent_after: Duration::from_secs(300),
            model: ModelConfig::default(),
        }
    }
}

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// File and line, or the environment variable.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (place, what) = (in_one_line(&self.place), in_one_line(&self.what));
        write!(f, "{place}: {what}")
    }
}

/// A configuration file that was read.
#[derive(Debug, Clone, Copy)]
pub struct File<'t> {
    /// Its name, for messages.
    pub name: &'t str,
    /// What it says.
    pub text: &'t str,
    /// True where somebody named it, or it lies beside the binary; false where it was only found
    /// in the working directory. See [`Trust`].
    pub named: bool,
}

impl Config {
    /// Parse files, each laid over the one before it, then lay the environment over them.
    ///
    /// # Errors
    /// Every fault of the files and of the environment.
    pub fn parse<'t>(
        files: impl IntoIterator<Item = File<'t>>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Config, Vec<ConfigFault>> {
        let mut config = Config::default();
        let mut faults = Vec::new();
        for file in files {
            read_file(file, &mut config, &mut faults);
        }
        for key in KEYS {
            let Some(value) = environment(key.env).filter(|v| !v.is_empty()) else {
                continue;
            };
            if let Err(what) = (key.set)(&mut config, &Input::Text(value)) {
                faults.push(ConfigFault {
                    place: key.env.to_owned(),
                    what,
                });
            }
        }
        if config.recovery_stability >= config.recovery_timeout {
            let what = "must be shorter than recovery.timeout_seconds, or nothing ever recovers";
            faults.push(ConfigFault {
                place: "recovery.stability_seconds".to_owned(),
                what: what.to_owned(),
            });
        }
        // The account that reads is one of ours.
        if let Some(reader) = &config.reader {
            config.fixes.protect(&reader.namespace);
        }
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(faults)
        }
    }

    /// Those who are named for Slack; `approval.approvers` may name them too.
    pub fn approvers_in_slack(&self) -> Vec<String> {
        let mut all = self.slack.approvers.clone();
        all.extend(self.approvers.iter().cloned());
        all
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.database
            .clone()
            .unwrap_or_else(|| self.state.join("k8shawk.sqlite"))
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.socket
            .clone()
            .unwrap_or_else(|| self.state.join("k8shawk.sock"))
    }

    /// The directory of RCAs.
    pub fn knowledge_base(&self) -> PathBuf {
        self.knowledge_base
            .clone()
            .unwrap_or_else(|| self.state.join("knowledge-base"))
    }
}

fn read_file(file: File<'_>, config: &mut Config, faults: &mut Vec<ConfigFault>) {
    let File { name, text, .. } = file;
    let table = match toml::de::DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let TomlFault { line, what } = TomlFault::of(text, &error);
            faults.push(ConfigFault {
                place: format!("{name}:{line}"),
                what,
            });
            return;
        }
    };
    let mut found = Vec::new();
    let mut at = |offset: usize, what: String| found.push((line_of(text, offset), what));
    for (section, body) in table.get_ref() {
        let section_name = section.get_ref().as_ref();
        let toml::de::DeValue::Table(entries) = body.get_ref() else {
            at(
                section.span().start,
                format!("{section_name} must be a table [{section_name}]"),
            );
            continue;
        };
        if !KEYS
            .iter()
            .any(|k| k.path.starts_with(&format!("{section_name}.")))
        {
            at(section.span().start, unknown_table(section_name));
            continue;
        }
        for (key, value) in entries {
            let path = format!("{section_name}.{}", key.get_ref());
            let start = key.span().start;
            match KEYS.iter().find(|k| k.path == path) {
                None => at(start, unknown(&path)),
                Some(known) => {
                    let input = Input::of(value.get_ref());
                    if let Err(what) = input.and_then(|input| take(file, known, &input, config)) {
                        at(start, what);
                    }
                }
            }
        }
    }
    // The parser orders tables by name; people read from top to bottom.
    found.sort();
    faults.extend(found.into_iter().map(|(line, what)| ConfigFault {
        place: format!("{name}:{line}"),
        what,
    }));
}

/// Take one value. What a file that nobody named must not say may stand there as it is anyway.
fn take(file: File<'_>, key: &Key, input: &Input, config: &mut Config) -> Result<(), String> {
    let forbidden = match file.named {
        true => None,
        false => key.forbids(input.plain().as_deref()),
    };
    let before = forbidden.map(|does| (does, config.clone()));
    (key.set)(config, input).map_err(|what| format!("{}: {what}", key.path))?;
    match before {
        Some((does, before)) if before != *config => {
            *config = before;
            Err(trust::refused(key.path, key.env, does, file.name))
        }
        _ => Ok(()),
    }
}

fn unknown_table(name: &str) -> String {
    let tables = KEYS.iter().filter_map(|k| k.path.split_once('.'));
    let nearest = tables
        .map(|(table, _)| (table, common(table, name)))
        .max_by_key(|(_, same)| *same)
        .filter(|(_, same)| *same * 2 > name.len());
    match nearest {
        Some((near, _)) => format!("unknown table [{name}]; did you mean [{near}]?"),
        None => format!("unknown table [{name}]"),
    }
}

fn unknown(path: &str) -> String {
    let nearest = KEYS
        .iter()
        .map(|k| (k.path, common(k.path, path)))
        .max_by_key(|(_, same)| *same)
        .filter(|(_, same)| *same * 2 > path.len());
    match nearest {
        Some((near, _)) => format!("unknown key {path:?}; did you mean {near:?}?"),
        None => format!("unknown key {path:?}"),
    }
}

/// Length of the common start and end of two keys.
fn common(a: &str, b: &str) -> usize {
    let start = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let end = a
        .bytes()
        .rev()
        .zip(b.bytes().rev())
        .take_while(|(x, y)| x == y)
        .count();
    (start + end).min(a.len().min(b.len()))
}

#[cfg(test)]
mod book;
#[cfg(test)]
mod tests;
