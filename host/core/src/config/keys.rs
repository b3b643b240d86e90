//! Every configuration key, in one table.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::trust::Trust;
use super::{Config, LogFormat, retention, slack, voice};
use crate::approval::People;
use crate::llm::{Price, Provider};
use crate::rbac::Account;

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Text; from the environment everything is text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A list of texts.
    List(Vec<String>),
    /// True or false.
    Flag(bool),
}

impl Input {
    pub(super) fn of(value: &toml::de::DeValue<'_>) -> Result<Input, String> {
        use toml::de::DeValue;
        match value {
            DeValue::String(text) => Ok(Input::Text(text.clone().into_owned())),
            DeValue::Integer(number) => number
                .to_string()
                .parse()
                .map(Input::Number)
                .map_err(|_| "the number is out of range".to_owned()),
            DeValue::Boolean(flag) => Ok(Input::Flag(*flag)),
            DeValue::Array(items) => items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Ok(text.clone().into_owned()),
                    _ => Err("must be a list of texts".to_owned()),
                })
                .collect::<Result<_, _>>()
                .map(Input::List),
            _ => {
                Err("must be a text, a whole number, true or false, or a list of texts".to_owned())
            }
        }
    }

    /// As a variable would say it; none for a list.
    pub(super) fn plain(&self) -> Option<String> {
        match self {
            Input::Text(text) => Some(text.clone()),
            Input::Number(number) => Some(number.to_string()),
            Input::Flag(flag) => Some(flag.to_string()),
            Input::List(_) => None,
        }
    }

    fn text(&self) -> Result<String, String> {
        match self {
            Input::Text(text) => Ok(text.clone()),
            _ => Err("must be a text".to_owned()),
        }
    }

    /// A whole number from `low` to `high`, of whatever type the field has.
    fn number<T: TryFrom<i64>>(&self, low: i64, high: i64) -> Result<T, String> {
        let number = match self {
            Input::Number(number) => *number,
            Input::Text(text) => text
                .trim()
                .parse()
                .map_err(|_| format!("{text:?} is not a whole number"))?,
            _ => return Err("must be a whole number".to_owned()),
        };
        let fits = Some(number).filter(|n| (low..=high).contains(n));
        fits.and_then(|n| T::try_from(n).ok())
            .ok_or_else(|| format!("{number} is not between {low} and {high}"))
    }

    fn list(&self) -> Result<Vec<String>, String> {
        match self {
            Input::List(items) => Ok(items.clone()),
            Input::Text(text) => Ok(text
                .split(',')
                .map(|t| t.trim().to_owned())
                .filter(|t| !t.is_empty())
                .collect()),
            _ => Err("must be a list of texts".to_owned()),
        }
    }

    fn flag(&self) -> Result<bool, String> {
        match self {
            Input::Flag(flag) => Ok(*flag),
            Input::Text(text) if matches!(text.as_str(), "true" | "1" | "yes") => Ok(true),
            Input::Text(text) if matches!(text.as_str(), "false" | "0" | "no") => Ok(false),
            _ => Err("must be true or false".to_owned()),
        }
    }

    fn path(&self) -> Result<PathBuf, String> {
        self.text().map(PathBuf::from)
    }

    fn namespace(&self) -> Result<Option<String>, String> {
        let text = self.text()?;
        match text.as_str() {
            "" | "*" | "all" => Ok(None),
            _ => namespace(&text)
                .map(Some)
                .map_err(|why| format!("{why}, or `*` for all")),
        }
    }
}

/// A name that a namespace can have.
///
/// # Errors
/// What is wrong with it, in words.
pub fn namespace(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = text.starts_with('-') || text.ends_with('-');
    match (1..=63).contains(&text.len()) && text.chars().all(plain) && !ends {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} is not the name of one namespace")),
    }
}

type Set = fn(&mut Config, &Input) -> Result<(), String>;

/// One key.
pub struct Key {
    /// `section.key` in the file.
    pub path: &'static str,
    /// Environment variable over it.
    pub env: &'static str,
    /// What it means, with its unit and default.
    pub meaning: &'static str,
    /// Which files may say it.
    pub trust: Trust,
    /// Values that any file may say, whatever the trust: they only take something away.
    pub harmless: &'static [&'static str],
    pub(super) set: Set,
}

/// Assign a parsed value to a field.
macro_rules! set {
    ($($field:ident).+, $input:ident => $value:expr) => {
        |config, $input| {
            config.$($field).+ = $value;
            Ok(())
        }
    };
}

const fn key(path: &'static str, env: &'static str, meaning: &'static str, set: Set) -> Key {
    Key {
        path,
        env,
        meaning,
        trust: Trust::Found,
        harmless: &[],
        set,
    }
}

impl Key {
    /// Only a file that was named may say it, as it can do this.
    const fn named(mut self, does: &'static str) -> Key {
        self.trust = Trust::Named(does);
        self
    }

    /// Why a file that nobody named may not say this value, as a variable would say it; none where it
    /// may.
    pub(super) fn forbids(&self, value: Option<&str>) -> Option<&'static str> {
        let harmless = value.is_some_and(|value| self.harmless.contains(&value));
        match self.trust {
            Trust::Named(does) if !harmless => Some(does),
            _ => None,
        }
    }

    /// As [`Key::named`], but for values that only take something away.
    const fn named_unless(self, harmless: &'static [&'static str], does: &'static str) -> Key {
        let mut key = self.named(does);
        key.harmless = harmless;
        key
    }
}

/// What a directory of plugins, policies or grants does.
const JUDGES: &str = "says what code judges, and what it may do";
/// What a list of people does.
const APPROVES: &str = "says who may approve a fix";
/// What the limits of fixes do.
const FIXES: &str = "says what a fix may change";

/// Every key, in the order of the documentation.
pub const KEYS: &[Key] = &[
    key(
        "cluster.kubeconfig",
        "K8SHAWK_KUBECONFIG",
        "kubeconfig file; else KUBECONFIG, the usual file, or the pod's own account",
        set!(kubeconfig, i => Some(i.path()?)),
    )
    .named("can start a program (an exec plugin)"),
    key(
        "cluster.context",
        "K8SHAWK_CONTEXT",
        "context of the kubeconfig",
        set!(context, i => Some(i.text()?)),
    )
    .named("says which cluster is read and changed"),
    key(
        "cluster.name",
        "K8SHAWK_CLUSTER_NAME",
        "what people call the cluster, on every message and document (the context; in-cluster in a pod)",
        set!(cluster_name, i => Some(cluster_name(&i.text()?)?)),
    ),
    key(
        "cluster.reader",
        "K8SHAWK_READER",
        "service account that all reads are made as, `namespace/name`; else the account that writes",
        set!(reader, i => Some(Account::parse(&i.text()?)?)),
    )
    .named("says as which account the cluster is read"),
    key(
        "watch.namespace",
        "WATCH_NAMESPACE",
        "namespace to watch; `*`, the default, is all",
        set!(namespace, i => i.namespace()?),
    ),
    key(
        "watch.dedup_seconds",
        "K8SHAWK_DEDUP_SECONDS",
        "signals within this time after an incident ended are its echo (60)",
        set!(dedup, i => Duration::from_secs(i.number(0, 86_400)?)),
    ),
    key(
        "watch.settle_ms",
        "K8SHAWK_SETTLE_MS",
        "time that an incident gathers signals before it is investigated (2000)",
        set!(settle, i => Duration::from_millis(i.number(0, 60_000)?)),
    ),
    key(
        "watch.queue",
        "K8SHAWK_QUEUE",
        "changes that may wait for triage (10000)",
        set!(queue, i => i.number(1, 1_000_000)?),
    ),
    key(
        "watch.sweep_seconds",
        "K8SHAWK_SWEEP_SECONDS",
        "how often what is still broken is looked at again (5)",
        set!(sweep, i => Duration::from_secs(i.number(1, 3600)?)),
    ),
    key(
        "plugins.plugins",
        "K8SHAWK_PLUGINS",
        "directory of the plugins; else `plugins` beside the binary",
        set!(plugins, i => Some(i.path()?)),
    )
    .named(JUDGES),
    key(
        "plugins.policies",
        "K8SHAWK_POLICIES",
        "directory of the policies; else `policies` beside the binary",
        set!(policies, i => Some(i.path()?)),
    )
    .named(JUDGES),
    key(
        "plugins.grants",
        "K8SHAWK_GRANTS",
        "directory of the grants; else `grants` beside the binary",
        set!(grants, i => Some(i.path()?)),
    )
    .named(JUDGES),
    key(
        "plugins.quarantine_after",
        "K8SHAWK_QUARANTINE_AFTER",
        "faults in a row that quarantine a plugin (5)",
        set!(quarantine_after, i => i.number(1, 1000)?),
    ),
    key(
        "policies.required",
        "K8SHAWK_POLICIES_REQUIRED",
        "policies that must be live for any fix to be allowed; else every policy that was live before",
        set!(required_policies, i => Some(i.list()?)),
    )
    .named("says which policies must judge a fix"),
    key(
        "approval.approvers",
        "K8SHAWK_APPROVERS",
        "names of those who may approve; else whoever reaches the socket, for low and medium risk",
        set!(approvers, i => i.list()?),
    )
    .named(APPROVES),
    key(
        "approval.expires_minutes",
        "K8SHAWK_APPROVAL_EXPIRES_MINUTES",
        "how long a question, and every yes to it, stands (30)",
        set!(approval_expires, i => Duration::from_secs(60 * i.number::<u64>(1, 10_080)?)),
    )
    .named("says how long a yes holds"),
    key(
        "approval.people",
        "K8SHAWK_APPROVAL_PEOPLE",
        "who is one person, as `NAME slack:ID user:NAME`: they count once wherever they approve",
        set!(people, i => People::parse(&i.list()?).map_err(|e| e.to_string())?),
    )
    .named("says who counts as one person when a fix needs two"),
    key(
        "fix.enabled",
        "K8SHAWK_FIX_ENABLED",
        "actions of the catalogue that may happen; `*`, the default, is all",
        |config, i| config.fixes.with_actions(&i.list()?),
    )
    .named(FIXES),
    key(
        "fix.namespaces",
        "K8SHAWK_FIX_NAMESPACES",
        "namespaces in which fixes may happen; `*`, the default, is all",
        |config, i| config.fixes.with_namespaces(&i.list()?),
    )
    .named(FIXES),
    key(
        "fix.timeout_seconds",
        "K8SHAWK_FIX_TIMEOUT_SECONDS",
        "longest time of one fix (30)",
        set!(fix_timeout, i => Duration::from_secs(i.number(1, 600)?)),
    ),
    key(
        "recovery.interval_seconds",
        "K8SHAWK_RECOVERY_INTERVAL_SECONDS",
        "time between two checks (15)",
        set!(recovery_interval, i => Duration::from_secs(i.number(1, 600)?)),
    ),
    key(
        "recovery.timeout_seconds",
        "RECOVERY_TIMEOUT_SECONDS",
        "longest time until a verdict (180)",
        set!(recovery_timeout, i => Duration::from_secs(i.number(1, 7200)?)),
    ),
    key(
        "recovery.stability_seconds",
        "K8SHAWK_RECOVERY_STABILITY_SECONDS",
        "time that everything must be good (30)",
        set!(recovery_stability, i => Duration::from_secs(i.number(0, 3600)?)),
    ),
    key(
        "state.directory",
        "K8SHAWK_STATE",
        "directory of the database, the socket and the knowledge base (the working directory)",
        set!(state, i => i.path()?),
    ),
    key(
        "state.database",
        "K8SHAWK_DATABASE",
        "database file",
        set!(database, i => Some(i.path()?)),
    ),
    key(
        "state.socket",
        "K8SHAWK_SOCKET",
        "socket of a running host",
        set!(socket, i => Some(i.path()?)),
    ),
    key(
        "state.knowledge_base",
        "K8SHAWK_KNOWLEDGE_BASE",
        "directory of RCAs",
        set!(knowledge_base, i => Some(i.path()?)),
    ),
    key(
        "retention.incidents_days",
        "K8SHAWK_RETENTION_INCIDENTS_DAYS",
        "how long an incident is kept after its end, with its messages (90)",
        set!(retention.incidents, i => Duration::from_secs(86_400 * i.number::<u64>(1, 36_500)?)),
    ),
    key(
        "retention.incidents",
        "K8SHAWK_RETENTION_INCIDENTS",
        "most incidents that have ended (10000)",
        set!(retention.most_incidents, i => i.number(1, 10_000_000)?),
    ),
    key(
        "retention.conversations_days",
        "K8SHAWK_RETENTION_CONVERSATIONS_DAYS",
        "how long what left for models is kept after the end of its incident (30)",
        set!(retention.conversations, i => Duration::from_secs(86_400 * i.number::<u64>(1, 36_500)?)),
    ),
    key(
        "retention.conversations",
        "K8SHAWK_RETENTION_CONVERSATIONS",
        "most conversations with models about ended incidents (1000)",
        set!(retention.most_conversations, i => i.number(1, 10_000_000)?),
    ),
    key(
        "retention.outbox_days",
        "K8SHAWK_RETENTION_OUTBOX_DAYS",
        "how long it is kept what was sent to Slack (60)",
        set!(retention.outbox, i => Duration::from_secs(86_400 * i.number::<u64>(2, 36_500)?)),
    ),
    key(
        "retention.asked_days",
        "K8SHAWK_RETENTION_ASKED_DAYS",
        "how long it is kept what people asked and were told (365)",
        set!(retention.asked, i => Duration::from_secs(86_400 * i.number::<u64>(1, 36_500)?)),
    ),
    key(
        "retention.rca_days",
        "K8SHAWK_RETENTION_RCA_DAYS",
        "how long RCAs are kept; 0, the default, is for ever",
        set!(retention.rcas, i => retention::days(i.number(0, 36_500)?)),
    ),
    key(
        "model.enabled",
        "K8SHAWK_MODEL_ENABLED",
        "false: nothing goes to a model, whatever keys there are (true)",
        set!(model.enabled, i => i.flag()?),
    )
    .named_unless(&["false", "0", "no"], "says whether evidence goes to a model"),
    key(
        "model.provider",
        "K8SHAWK_MODEL_PROVIDER",
        "groq, openai or anthropic; else the first that has a key in the environment",
        set!(model.provider, i => Some(provider(&i.text()?)?)),
    )
    .named("says which provider gets the evidence"),
    key(
        "model.name",
        "K8SHAWK_MODEL",
        "model that is asked first; else the provider's default",
        set!(model.primary, i => Some(i.text()?)),
    ),
    key(
        "model.fallback",
        "K8SHAWK_MODEL_FALLBACK",
        "model that is asked where the first does not answer; `none` for no second",
        set!(model.fallback, i => Some(i.text()?)),
    ),
    key(
        "model.deadline_seconds",
        "K8SHAWK_MODEL_DEADLINE_SECONDS",
        "longest time of a whole investigation by models (60)",
        set!(model.deadline, i => Duration::from_secs(i.number(1, 600)?)),
    ),
    key(
        "model.request_timeout_seconds",
        "K8SHAWK_MODEL_REQUEST_TIMEOUT_SECONDS",
        "longest time of one request (25)",
        set!(model.request_timeout, i => Duration::from_secs(i.number(1, 600)?)),
    ),
    key(
        "model.rounds",
        "K8SHAWK_MODEL_ROUNDS",
        "most rounds of questions and reads (5)",
        set!(model.rounds, i => i.number(1, 20)?),
    ),
    key(
        "model.answer_tokens",
        "K8SHAWK_MODEL_ANSWER_TOKENS",
        "most tokens of one answer (4096)",
        set!(model.answer_tokens, i => i.number(64, 65_536)?),
    ),
    key(
        "model.concurrency",
        "K8SHAWK_MODEL_CONCURRENCY",
        "requests at the same time (4)",
        set!(model.concurrency, i => i.number(1, 256)?),
    ),
    key(
        "model.tool_bytes",
        "K8SHAWK_MODEL_TOOL_BYTES",
        "bytes of the answer of one read (6144)",
        set!(model.tool_bytes, i => i.number(256, 262_144)?),
    ),
    key(
        "model.calls_per_incident",
        "K8SHAWK_MODEL_CALLS_PER_INCIDENT",
        "most requests for one incident (20)",
        set!(model.per_incident.calls, i => i.number(1, 1_000)?),
    ),
    key(
        "model.tokens_per_incident",
        "K8SHAWK_MODEL_TOKENS_PER_INCIDENT",
        "most tokens for one incident (150000)",
        set!(model.per_incident.tokens, i => i.number(1, 100_000_000)?),
    ),
    key(
        "model.cents_per_incident",
        "K8SHAWK_MODEL_CENTS_PER_INCIDENT",
        "most money for one incident, US cents; counts where prices are set (no limit)",
        set!(model.per_incident.money, i => Some(10_000 * i.number::<u64>(1, 1_000_000)?)),
    ),
    key(
        "model.calls_per_hour",
        "K8SHAWK_MODEL_CALLS_PER_HOUR",
        "most requests in an hour (300)",
        set!(model.per_hour.calls, i => i.number(1, 1_000_000)?),
    ),
    key(
        "model.tokens_per_hour",
        "K8SHAWK_MODEL_TOKENS_PER_HOUR",
        "most tokens in an hour (2000000)",
        set!(model.per_hour.tokens, i => i.number(1, 10_000_000_000)?),
    ),
    key(
        "model.cents_per_hour",
        "K8SHAWK_MODEL_CENTS_PER_HOUR",
        "most money in an hour, US cents; counts where prices are set (no limit)",
        set!(model.per_hour.money, i => Some(10_000 * i.number::<u64>(1, 100_000_000)?)),
    ),
    key(
        "model.price",
        "K8SHAWK_MODEL_PRICE",
        "price of the model, dollars for a million tokens in and out, such as 0.15/0.60",
        set!(model.price, i => Price::parse(&i.text()?)?),
    ),
    key(
        "model.fallback_price",
        "K8SHAWK_MODEL_FALLBACK_PRICE",
        "price of the second model",
        set!(model.fallback_price, i => Price::parse(&i.text()?)?),
    ),
    key(
        "model.hide_names",
        "K8SHAWK_MODEL_HIDE_NAMES",
        "true: names of objects and namespaces leave as tokens too (false)",
        set!(model.hide_names, i => i.flag()?),
    )
    .named_unless(&["true", "1", "yes"], "says whether names leave the cluster"),
    key(
        "slack.channel",
        "SLACK_CHANNEL",
        "channel of the incidents: its id, or #name",
        set!(slack.channel, i => Some(slack::channel(&i.text()?)?)),
    )
    .named("says where evidence is sent"),
    key(
        "slack.approvers",
        "SLACK_APPROVERS",
        "who may approve in Slack: user ids, user-group ids, @domain; else members of the channel, for low and medium risk",
        set!(slack.approvers, i => i.list()?.iter().map(|a| slack::approver(a)).collect::<Result<_, _>>()?),
    )
    .named(APPROVES),
    key(
        "slack.api_url",
        "SLACK_API_URL",
        "where Slack's Web API is (https://slack.com/api/)",
        set!(slack.api_url, i => url(&i.text()?)?),
    )
    .named("says who gets the tokens of Slack"),
    key(
        "slack.public_url",
        "SLACK_PUBLIC_URL",
        "address under which Slack reaches this host, for /slack/validate",
        set!(slack.public_url, i => Some(url(&i.text()?)?)),
    ),
    key(
        "voice.language",
        "VOICE_LANGUAGE",
        "language of the spoken summary: english, tamil or tanglish (english)",
        set!(voice.language, i => voice::language(&i.text()?)?),
    ),
    key(
        "voice.engine",
        "K8SHAWK_VOICE_ENGINE",
        "who speaks: sarvam, espeak, off; auto, the default, is sarvam where SARVAM_API_KEY is set, else espeak",
        set!(voice.engine, i => voice::engine(&i.text()?)?),
    )
    .named_unless(&["espeak", "off"], "says whether what is spoken goes to Sarvam"),
    key(
        "voice.severity",
        "K8SHAWK_VOICE_SEVERITY",
        "least severity that is spoken: info, low, medium, high, critical (medium)",
        set!(voice.severity, i => voice::severity(&i.text()?)?),
    ),
    key(
        "voice.quiet_hours",
        "K8SHAWK_VOICE_QUIET_HOURS",
        "hours in which nothing is spoken, in UTC, such as 22:00-07:00 (none)",
        set!(voice.quiet_hours, i => Some(voice::hours(&i.text()?)?)),
    ),
    key(
        "voice.keep",
        "K8SHAWK_VOICE_KEEP",
        "true: audio stays in the knowledge base after its upload (false)",
        set!(voice.keep, i => i.flag()?),
    ),
    key(
        "voice.sarvam_url",
        "SARVAM_API_URL",
        "where Sarvam's service is (https://api.sarvam.ai)",
        set!(voice.sarvam_url, i => url(&i.text()?)?),
    )
    .named("says who gets the key of Sarvam"),
    key(
        "voice.english_speaker",
        "K8SHAWK_VOICE_ENGLISH_SPEAKER",
        "Sarvam's speaker of English (priya)",
        set!(voice.english.speaker, i => i.text()?),
    ),
    key(
        "voice.english_model",
        "K8SHAWK_VOICE_ENGLISH_MODEL",
        "Sarvam's model of that speaker (bulbul:v3)",
        set!(voice.english.model, i => i.text()?),
    ),
    key(
        "voice.tamil_speaker",
        "K8SHAWK_VOICE_TAMIL_SPEAKER",
        "Sarvam's speaker of Tamil and Tanglish (anushka)",
        set!(voice.tamil.speaker, i => i.text()?),
    ),
    key(
        "voice.tamil_model",
        "K8SHAWK_VOICE_TAMIL_MODEL",
        "Sarvam's model of that speaker (bulbul:v2)",
        set!(voice.tamil.model, i => i.text()?),
    ),
    key(
        "voice.language_field",
        "K8SHAWK_VOICE_LANGUAGE_FIELD",
        "field of Sarvam's request that names the language (language_code)",
        set!(voice.language_field, i => voice::field(&i.text()?)?),
    ),
    key(
        "http.address",
        "WEBHOOK_ADDRESS",
        "address that the HTTP server listens on (0.0.0.0)",
        set!(http_address, i => address(&i.text()?)?),
    )
    .named_unless(&["127.0.0.1", "::1"], "says which networks reach the HTTP server"),
    key(
        "http.port",
        "WEBHOOK_PORT",
        "port of the HTTP server (8081); 0 is any free one",
        set!(http_port, i => i.number(0, 65_535)?),
    ),
    key(
        "log.format",
        "K8SHAWK_LOG_FORMAT",
        "log lines as text, or json: one object each (text)",
        set!(log_format, i => LogFormat::parse(&i.text()?)?),
    ),
    key(
        "self_monitor.stuck_seconds",
        "K8SHAWK_SELF_MONITOR_STUCK_SECONDS",
        "time without progress after which an incident is reported as stuck (300)",
        set!(stuck_after, i => Duration::from_secs(i.number(1, 86_400)?)),
    ),
    key(
        "self_monitor.silent_seconds",
        "K8SHAWK_SELF_MONITOR_SILENT_SECONDS",
        "age of an unsent message at which its sink is reported as silent (300)",
        set!(silent_after, i => Duration::from_secs(i.number(1, 86_400)?)),
    ),
];

/// One word, since people write it before a number: `prod/17`.
fn cluster_name(text: &str) -> Result<String, String> {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && !"<>&`*".contains(c);
    if (1..=100).contains(&text.len()) && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "{text:?} is not one word of at most 100 bytes without any of < > & ` *"
        ))
    }
}

fn provider(text: &str) -> Result<Provider, String> {
    Provider::parse(&text.to_lowercase())
        .ok_or_else(|| format!("{text:?} is none of groq, openai, anthropic"))
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("{text:?} is not an IP address"))
}

/// An address of HTTP, without anything that could carry a secret.
fn url(text: &str) -> Result<String, String> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._:/[]~%".contains(c);
    match rest {
        Some(rest) if !rest.is_empty() && rest.chars().all(plain) => Ok(text.to_owned()),
        _ => Err(format!(
            "{text:?} is not an address such as https://host/path"
        )),
    }
}
