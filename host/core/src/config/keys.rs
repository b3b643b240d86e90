//! Every configuration key, in one table.

use std::net::IpAddr;
use std::time::Duration;

use super::input::Input;
use super::trust::Trust;
use super::{Config, LogFormat, registry, retention, slack, voice};
use crate::approval::People;
use crate::llm::{Price, Provider};
use crate::rbac::Account;

type Set = fn(&mut Config, &Input) -> Result<(), String>;

/// One key.
pub struct Key {
    /// `section.key` in the file.
    pub path: &'static str,
    /// Environment variable over it.
    pub env: &'static str,
    /// What holds without it: a value in backquotes, or words.
    pub default: &'static str,
    /// Values that it takes: `LOW to HIGH`, or each one in backquotes; empty where neither says it.
    pub values: &'static str,
    /// What it means, with its unit.
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

const fn key(
    path: &'static str,
    env: &'static str,
    default: &'static str,
    values: &'static str,
    meaning: &'static str,
    set: Set,
) -> Key {
    Key {
        path,
        env,
        default,
        values,
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
const JUDGES: &str = "chooses the code that judges, and what it may do";
/// What a list of people does.
const APPROVES: &str = "says who may approve a fix";
/// What the limits of fixes do.
const FIXES: &str = "says what a fix may change";

/// Every key, in the order of the documentation.
pub const KEYS: &[Key] = &[
    key(
        "cluster.kubeconfig",
        "K8SHAWK_KUBECONFIG",
        "`KUBECONFIG`, `~/.kube/config`, the pod's account",
        "",
        "kubeconfig file",
        set!(kubeconfig, i => Some(i.path()?)),
    )
    .named("can start a program (an exec plugin)"),
    key(
        "cluster.context",
        "K8SHAWK_CONTEXT",
        "the current one",
        "",
        "context of the kubeconfig",
        set!(context, i => Some(i.text()?)),
    )
    .named("says which cluster is read and changed"),
    key(
        "cluster.name",
        "K8SHAWK_CLUSTER_NAME",
        "the context; `in-cluster` in a pod",
        "",
        "name of the cluster on every message, RCA, trace and JSON document; one word",
        set!(cluster_name, i => Some(cluster_name(&i.text()?)?)),
    ),
    key(
        "cluster.reader",
        "K8SHAWK_READER",
        "the account that writes",
        "",
        "service account for all reads, as `namespace/name`",
        set!(reader, i => Some(Account::parse(&i.text()?)?)),
    )
    .named("sets the account that reads the cluster"),
    key(
        "watch.namespace",
        "WATCH_NAMESPACE",
        "`*`",
        "",
        "one namespace to watch, or `*` for all",
        set!(namespace, i => i.namespace()?),
    ),
    key(
        "watch.dedup_seconds",
        "K8SHAWK_DEDUP_SECONDS",
        "`60`",
        "0 to 86400",
        "a signal this soon after an incident ended belongs to that incident",
        set!(dedup, i => Duration::from_secs(i.number(0, 86_400)?)),
    ),
    key(
        "watch.settle_ms",
        "K8SHAWK_SETTLE_MS",
        "`2000`",
        "0 to 60000",
        "how long an incident collects signals before it is investigated",
        set!(settle, i => Duration::from_millis(i.number(0, 60_000)?)),
    ),
    key(
        "watch.queue",
        "K8SHAWK_QUEUE",
        "`10000`",
        "1 to 1000000",
        "changes that may wait for triage",
        set!(queue, i => i.number(1, 1_000_000)?),
    ),
    key(
        "watch.sweep_seconds",
        "K8SHAWK_SWEEP_SECONDS",
        "`5`",
        "1 to 3600",
        "interval at which everything still broken is checked again",
        set!(sweep, i => Duration::from_secs(i.number(1, 3600)?)),
    ),
    key(
        "plugins.plugins",
        "K8SHAWK_PLUGINS",
        "`plugins` next to the binary",
        "",
        "directory of the plugins",
        set!(plugins, i => Some(i.path()?)),
    )
    .named(JUDGES),
    key(
        "plugins.policies",
        "K8SHAWK_POLICIES",
        "`policies` next to the binary",
        "",
        "directory of the policies",
        set!(policies, i => Some(i.path()?)),
    )
    .named(JUDGES),
    key(
        "plugins.grants",
        "K8SHAWK_GRANTS",
        "`grants` next to the binary",
        "",
        "directory of the grants",
        set!(grants, i => Some(i.path()?)),
    )
    .named(JUDGES),
    key(
        "plugins.quarantine_after",
        "K8SHAWK_QUARANTINE_AFTER",
        "`5`",
        "1 to 1000",
        "consecutive faults that put a plugin in quarantine",
        set!(quarantine_after, i => i.number(1, 1000)?),
    ),
    key(
        "plugins.bundles",
        "K8SHAWK_BUNDLES",
        "none",
        "",
        "directory of recorded incidents (`k8shawk record`) on which each new version is tried",
        set!(bundles, i => Some(i.path()?)),
    ),
    key(
        "plugins.recorded_calls",
        "K8SHAWK_RECORDED_CALLS",
        "`100`",
        "0 to 1000",
        "last calls of each plugin that are stored with what it read, to try a new version on",
        set!(recorded_calls, i => i.number(0, 1000)?),
    ),
    key(
        "plugins.compile_memory_mib",
        "K8SHAWK_COMPILE_MEMORY_MIB",
        "`512`",
        "64 to 65536",
        "memory of the processes that compile components, in all; one below 4 MiB gets half of it",
        set!(compile_memory_mib, i => i.number(64, 65_536)?),
    ),
    key(
        "plugins.precompiled",
        "K8SHAWK_PRECOMPILED",
        "none",
        "",
        "directory that `k8shawk plugin precompile` wrote; machine code, so only root or the host's user may write to it",
        set!(precompiled, i => Some(i.path()?)),
    )
    .named(JUDGES),
    key(
        "registry.plugins",
        "K8SHAWK_REGISTRY_PLUGINS",
        "none",
        "",
        "plugins from a registry, as `oci://HOST/REPOSITORY@sha256:DIGEST`; in the environment separated by commas",
        set!(registry.plugins, i => registry::artifacts(&i.list()?)?),
    )
    .named(JUDGES),
    key(
        "registry.policies",
        "K8SHAWK_REGISTRY_POLICIES",
        "none",
        "",
        "policies from a registry, in the same form",
        set!(registry.policies, i => registry::artifacts(&i.list()?)?),
    )
    .named(JUDGES),
    key(
        "registry.keys",
        "K8SHAWK_REGISTRY_KEYS",
        "no signature is needed",
        "",
        "files with public keys (PEM, ECDSA P-256), one of which must have signed each artifact",
        set!(registry.keys, i => i.list()?.into_iter().map(Into::into).collect()),
    )
    .named(JUDGES),
    key(
        "registry.credentials",
        "K8SHAWK_REGISTRY_CREDENTIALS",
        "`config.json` in `DOCKER_CONFIG` or `~/.docker`",
        "",
        "docker's `config.json` with the credentials of registries",
        set!(registry.credentials, i => Some(i.path()?)),
    )
    .named("chooses the file that is sent as a secret"),
    key(
        "registry.plain_http",
        "K8SHAWK_REGISTRY_PLAIN_HTTP",
        "only those on this machine",
        "",
        "registries without TLS, as `HOST` or `HOST:PORT`",
        set!(registry.plain_http, i => registry::hosts(i.list()?)?),
    )
    .named("sends credentials without encryption"),
    key(
        "registry.timeout_seconds",
        "K8SHAWK_REGISTRY_TIMEOUT_SECONDS",
        "`60`",
        "1 to 3600",
        "deadline for one artifact",
        set!(registry.timeout, i => Duration::from_secs(i.number(1, 3600)?)),
    ),
    key(
        "policies.required",
        "K8SHAWK_POLICIES_REQUIRED",
        "every policy that was ever live",
        "",
        "policies without which every fix is denied; in the environment separated by commas",
        set!(required_policies, i => Some(i.list()?)),
    )
    .named("says which policies must judge a fix"),
    key(
        "approval.approvers",
        "K8SHAWK_APPROVERS",
        "anyone who can reach the socket, for low and medium risk",
        "",
        "who may approve and dismiss; in the environment separated by commas",
        set!(approvers, i => i.list()?),
    )
    .named(APPROVES),
    key(
        "approval.expires_minutes",
        "K8SHAWK_APPROVAL_EXPIRES_MINUTES",
        "`30`",
        "1 to 10080",
        "how long an approval request, and every approval given to it, is valid",
        set!(approval_expires, i => Duration::from_secs(60 * i.number::<u64>(1, 10_080)?)),
    )
    .named("sets how long an approval is valid"),
    key(
        "approval.people",
        "K8SHAWK_APPROVAL_PEOPLE",
        "none",
        "",
        "names that belong to one person, as `NAME slack:ID user:NAME` each",
        set!(people, i => People::parse(&i.list()?).map_err(|e| e.to_string())?),
    )
    .named("says who counts as one person when a fix needs two"),
    key(
        "fix.enabled",
        "K8SHAWK_FIX_ENABLED",
        "`*`",
        "",
        "actions of the catalogue that may be applied",
        |config, i| config.fixes.with_actions(&i.list()?),
    )
    .named(FIXES),
    key(
        "fix.namespaces",
        "K8SHAWK_FIX_NAMESPACES",
        "`*`",
        "",
        "namespaces in which fixes may be applied; an empty list allows none",
        |config, i| config.fixes.with_namespaces(&i.list()?),
    )
    .named(FIXES),
    key(
        "fix.timeout_seconds",
        "K8SHAWK_FIX_TIMEOUT_SECONDS",
        "`30`",
        "1 to 600",
        "timeout of one fix",
        set!(fix_timeout, i => Duration::from_secs(i.number(1, 600)?)),
    ),
    key(
        "recovery.interval_seconds",
        "K8SHAWK_RECOVERY_INTERVAL_SECONDS",
        "`15`",
        "1 to 600",
        "interval between two recovery checks",
        set!(recovery_interval, i => Duration::from_secs(i.number(1, 600)?)),
    ),
    key(
        "recovery.timeout_seconds",
        "RECOVERY_TIMEOUT_SECONDS",
        "`180`",
        "1 to 7200",
        "deadline for a verdict",
        set!(recovery_timeout, i => Duration::from_secs(i.number(1, 7200)?)),
    ),
    key(
        "recovery.stability_seconds",
        "K8SHAWK_RECOVERY_STABILITY_SECONDS",
        "`30`",
        "0 to 3600",
        "how long everything must stay healthy; shorter than the deadline",
        set!(recovery_stability, i => Duration::from_secs(i.number(0, 3600)?)),
    ),
    key(
        "state.directory",
        "K8SHAWK_STATE",
        "`.`",
        "",
        "directory of the database, the socket and the RCAs",
        set!(state, i => i.path()?),
    ),
    key(
        "state.database",
        "K8SHAWK_DATABASE",
        "`k8shawk.sqlite` in the state directory",
        "",
        "database file",
        set!(database, i => Some(i.path()?)),
    ),
    key(
        "state.socket",
        "K8SHAWK_SOCKET",
        "`k8shawk.sock` in the state directory",
        "",
        "socket of the running host; a path that nothing else uses",
        set!(socket, i => Some(i.path()?)),
    ),
    key(
        "state.knowledge_base",
        "K8SHAWK_KNOWLEDGE_BASE",
        "`knowledge-base` in the state directory",
        "",
        "directory of RCAs and audio",
        set!(knowledge_base, i => Some(i.path()?)),
    ),
    key(
        "retention.incidents_days",
        "K8SHAWK_RETENTION_INCIDENTS_DAYS",
        "`90`",
        "1 to 36500",
        "days to keep an incident and its messages after its end",
        set!(retention.incidents, i => Duration::from_secs(86_400 * i.number::<u64>(1, 36_500)?)),
    ),
    key(
        "retention.incidents",
        "K8SHAWK_RETENTION_INCIDENTS",
        "`10000`",
        "1 to 10000000",
        "most ended incidents to keep",
        set!(retention.most_incidents, i => i.number(1, 10_000_000)?),
    ),
    key(
        "retention.conversations_days",
        "K8SHAWK_RETENTION_CONVERSATIONS_DAYS",
        "`30`",
        "1 to 36500",
        "days to keep a conversation with a model after its incident ended",
        set!(retention.conversations, i => Duration::from_secs(86_400 * i.number::<u64>(1, 36_500)?)),
    ),
    key(
        "retention.conversations",
        "K8SHAWK_RETENTION_CONVERSATIONS",
        "`1000`",
        "1 to 10000000",
        "most conversations about ended incidents to keep",
        set!(retention.most_conversations, i => i.number(1, 10_000_000)?),
    ),
    key(
        "retention.outbox_days",
        "K8SHAWK_RETENTION_OUTBOX_DAYS",
        "`60`",
        "2 to 36500",
        "days to keep what was sent to Slack and to the webhook",
        set!(retention.outbox, i => Duration::from_secs(86_400 * i.number::<u64>(2, 36_500)?)),
    ),
    key(
        "retention.asked_days",
        "K8SHAWK_RETENTION_ASKED_DAYS",
        "`365`",
        "1 to 36500",
        "days to keep what people asked and were answered",
        set!(retention.asked, i => Duration::from_secs(86_400 * i.number::<u64>(1, 36_500)?)),
    ),
    key(
        "retention.rca_days",
        "K8SHAWK_RETENTION_RCA_DAYS",
        "`0`",
        "0 to 36500",
        "days to keep RCAs; 0 keeps them forever",
        set!(retention.rcas, i => retention::days(i.number(0, 36_500)?)),
    ),
    key(
        "model.enabled",
        "K8SHAWK_MODEL_ENABLED",
        "`true`",
        "`true`, `false`",
        "`false` sends nothing to a model, even if a key is set",
        set!(model.enabled, i => i.flag()?),
    )
    .named_unless(&["false", "0", "no"], "says whether evidence goes to a model"),
    key(
        "model.provider",
        "K8SHAWK_MODEL_PROVIDER",
        "the first whose key is set",
        "`groq`, `openai`, `anthropic`",
        "provider of the model",
        set!(model.provider, i => Some(provider(&i.text()?)?)),
    )
    .named("chooses the provider that gets the evidence"),
    key(
        "model.name",
        "K8SHAWK_MODEL",
        "the provider's",
        "",
        "model to ask first",
        set!(model.primary, i => Some(i.text()?)),
    ),
    key(
        "model.fallback",
        "K8SHAWK_MODEL_FALLBACK",
        "the provider's",
        "",
        "model to ask if the first does not answer; `none` for no second one",
        set!(model.fallback, i => Some(i.text()?)),
    ),
    key(
        "model.deadline_seconds",
        "K8SHAWK_MODEL_DEADLINE_SECONDS",
        "`60`",
        "1 to 600",
        "deadline of a whole investigation",
        set!(model.deadline, i => Duration::from_secs(i.number(1, 600)?)),
    ),
    key(
        "model.request_timeout_seconds",
        "K8SHAWK_MODEL_REQUEST_TIMEOUT_SECONDS",
        "`25`",
        "1 to 600",
        "timeout of one request",
        set!(model.request_timeout, i => Duration::from_secs(i.number(1, 600)?)),
    ),
    key(
        "model.rounds",
        "K8SHAWK_MODEL_ROUNDS",
        "`5`",
        "1 to 20",
        "most rounds of questions and reads",
        set!(model.rounds, i => i.number(1, 20)?),
    ),
    key(
        "model.answer_tokens",
        "K8SHAWK_MODEL_ANSWER_TOKENS",
        "`4096`",
        "64 to 65536",
        "most tokens of one answer",
        set!(model.answer_tokens, i => i.number(64, 65_536)?),
    ),
    key(
        "model.concurrency",
        "K8SHAWK_MODEL_CONCURRENCY",
        "`4`",
        "1 to 256",
        "concurrent requests",
        set!(model.concurrency, i => i.number(1, 256)?),
    ),
    key(
        "model.tool_bytes",
        "K8SHAWK_MODEL_TOOL_BYTES",
        "`6144`",
        "256 to 262144",
        "most bytes of the result of one read",
        set!(model.tool_bytes, i => i.number(256, 262_144)?),
    ),
    key(
        "model.calls_per_incident",
        "K8SHAWK_MODEL_CALLS_PER_INCIDENT",
        "`20`",
        "1 to 1000",
        "requests per incident",
        set!(model.per_incident.calls, i => i.number(1, 1_000)?),
    ),
    key(
        "model.tokens_per_incident",
        "K8SHAWK_MODEL_TOKENS_PER_INCIDENT",
        "`150000`",
        "1 to 100000000",
        "tokens per incident",
        set!(model.per_incident.tokens, i => i.number(1, 100_000_000)?),
    ),
    key(
        "model.cents_per_incident",
        "K8SHAWK_MODEL_CENTS_PER_INCIDENT",
        "no limit",
        "1 to 1000000",
        "US cents per incident; needs a price",
        set!(model.per_incident.money, i => Some(10_000 * i.number::<u64>(1, 1_000_000)?)),
    ),
    key(
        "model.calls_per_hour",
        "K8SHAWK_MODEL_CALLS_PER_HOUR",
        "`300`",
        "1 to 1000000",
        "requests per hour",
        set!(model.per_hour.calls, i => i.number(1, 1_000_000)?),
    ),
    key(
        "model.tokens_per_hour",
        "K8SHAWK_MODEL_TOKENS_PER_HOUR",
        "`2000000`",
        "1 to 10000000000",
        "tokens per hour",
        set!(model.per_hour.tokens, i => i.number(1, 10_000_000_000)?),
    ),
    key(
        "model.cents_per_hour",
        "K8SHAWK_MODEL_CENTS_PER_HOUR",
        "no limit",
        "1 to 100000000",
        "US cents per hour; needs a price",
        set!(model.per_hour.money, i => Some(10_000 * i.number::<u64>(1, 100_000_000)?)),
    ),
    key(
        "model.price",
        "K8SHAWK_MODEL_PRICE",
        "none",
        "",
        "price of the first model in dollars per million tokens in and out, such as `0.15/0.60`",
        set!(model.price, i => Price::parse(&i.text()?)?),
    ),
    key(
        "model.fallback_price",
        "K8SHAWK_MODEL_FALLBACK_PRICE",
        "none",
        "",
        "the same for the second model",
        set!(model.fallback_price, i => Price::parse(&i.text()?)?),
    ),
    key(
        "model.hide_names",
        "K8SHAWK_MODEL_HIDE_NAMES",
        "`false`",
        "`true`, `false`",
        "`true` sends names of objects and namespaces as tokens",
        set!(model.hide_names, i => i.flag()?),
    )
    .named_unless(&["true", "1", "yes"], "decides whether names leave the cluster"),
    key(
        "slack.channel",
        "SLACK_CHANNEL",
        "none",
        "",
        "channel for incidents: its id, or `#name`",
        set!(slack.channel, i => Some(slack::channel(&i.text()?)?)),
    )
    .named("decides where evidence is sent"),
    key(
        "slack.approvers",
        "SLACK_APPROVERS",
        "members of the channel, for low and medium risk",
        "",
        "who may approve in Slack: user ids, user-group ids, `@domain`",
        set!(slack.approvers, i => i.list()?.iter().map(|a| slack::approver(a)).collect::<Result<_, _>>()?),
    )
    .named(APPROVES),
    key(
        "slack.api_url",
        "SLACK_API_URL",
        "`https://slack.com/api/`",
        "",
        "URL of Slack's Web API; ends in `/api/`",
        set!(slack.api_url, i => url(&i.text()?)?),
    )
    .named("says who gets the tokens of Slack"),
    key(
        "slack.public_url",
        "SLACK_PUBLIC_URL",
        "none",
        "",
        "URL at which Slack reaches this host; `/slack/validate` shows it",
        set!(slack.public_url, i => Some(url(&i.text()?)?)),
    ),
    key(
        "voice.language",
        "VOICE_LANGUAGE",
        "`english`",
        "`english`, `tamil`, `tanglish`",
        "language of the spoken summary",
        set!(voice.language, i => voice::language(&i.text()?)?),
    ),
    key(
        "voice.engine",
        "K8SHAWK_VOICE_ENGINE",
        "`auto`",
        "`auto`, `sarvam`, `espeak`, `off`",
        "speech engine; `auto` is Sarvam if its key is set, else espeak",
        set!(voice.engine, i => voice::engine(&i.text()?)?),
    )
    .named_unless(&["espeak", "off"], "says whether what is spoken goes to Sarvam"),
    key(
        "voice.severity",
        "K8SHAWK_VOICE_SEVERITY",
        "`medium`",
        "`info`, `low`, `medium`, `high`, `critical`",
        "lowest severity that is spoken",
        set!(voice.severity, i => voice::severity(&i.text()?)?),
    ),
    key(
        "voice.quiet_hours",
        "K8SHAWK_VOICE_QUIET_HOURS",
        "none",
        "",
        "hours without speech, in UTC, such as `22:00-07:00`",
        set!(voice.quiet_hours, i => Some(voice::hours(&i.text()?)?)),
    ),
    key(
        "voice.keep",
        "K8SHAWK_VOICE_KEEP",
        "`false`",
        "`true`, `false`",
        "`true` keeps the audio after its upload",
        set!(voice.keep, i => i.flag()?),
    ),
    key(
        "voice.sarvam_url",
        "SARVAM_API_URL",
        "`https://api.sarvam.ai`",
        "",
        "base URL of Sarvam",
        set!(voice.sarvam_url, i => url(&i.text()?)?),
    )
    .named("says who gets the key of Sarvam"),
    key(
        "voice.english_speaker",
        "K8SHAWK_VOICE_ENGLISH_SPEAKER",
        "`priya`",
        "",
        "Sarvam's speaker for English",
        set!(voice.english.speaker, i => i.text()?),
    ),
    key(
        "voice.english_model",
        "K8SHAWK_VOICE_ENGLISH_MODEL",
        "`bulbul:v3`",
        "",
        "Sarvam's model for that speaker",
        set!(voice.english.model, i => i.text()?),
    ),
    key(
        "voice.tamil_speaker",
        "K8SHAWK_VOICE_TAMIL_SPEAKER",
        "`anushka`",
        "",
        "Sarvam's speaker for Tamil and Tanglish",
        set!(voice.tamil.speaker, i => i.text()?),
    ),
    key(
        "voice.tamil_model",
        "K8SHAWK_VOICE_TAMIL_MODEL",
        "`bulbul:v2`",
        "",
        "Sarvam's model for that speaker",
        set!(voice.tamil.model, i => i.text()?),
    ),
    key(
        "voice.language_field",
        "K8SHAWK_VOICE_LANGUAGE_FIELD",
        "`language_code`",
        "",
        "field of Sarvam's request that carries the language",
        set!(voice.language_field, i => voice::field(&i.text()?)?),
    ),
    key(
        "http.address",
        "WEBHOOK_ADDRESS",
        "`0.0.0.0`",
        "",
        "IP address that the HTTP server listens on",
        set!(http_address, i => address(&i.text()?)?),
    )
    .named_unless(&["127.0.0.1", "::1"], "says which networks reach the HTTP server"),
    key(
        "http.port",
        "WEBHOOK_PORT",
        "`8081`",
        "0 to 65535",
        "port of the HTTP server; 0 takes a free one, which `run` prints",
        set!(http_port, i => i.number(0, 65_535)?),
    ),
    key(
        "log.format",
        "K8SHAWK_LOG_FORMAT",
        "`text`",
        "`text`, `json`",
        "format of log lines; `json` prints one object per line",
        set!(log_format, i => LogFormat::parse(&i.text()?)?),
    ),
    key(
        "self_monitor.stuck_seconds",
        "K8SHAWK_SELF_MONITOR_STUCK_SECONDS",
        "`300`",
        "1 to 86400",
        "time without progress after which an incident is reported as stuck",
        set!(stuck_after, i => Duration::from_secs(i.number(1, 86_400)?)),
    ),
    key(
        "self_monitor.silent_seconds",
        "K8SHAWK_SELF_MONITOR_SILENT_SECONDS",
        "`300`",
        "1 to 86400",
        "age at which an unsent message is reported",
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
