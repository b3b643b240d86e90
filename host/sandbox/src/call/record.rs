//! What one call of a plugin takes, returns and leaves behind.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use k8shawk_core::guard::{Answer, Read, ReadError, Reader};
use k8shawk_core::policy::Dossier;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use k8shawk_core::point::Point;

use crate::call::Trap;

/// What the host gives to one call.
#[derive(Clone)]
pub struct CallContext {
    /// Where permitted reads go.
    pub reader: Arc<dyn Reader>,
    /// The present, milliseconds since the Unix epoch; the same for the whole call.
    pub now_ms: i64,
}

/// Who has to act on a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Blame {
    /// The author of the plugin.
    Guest,
    /// The host, or what it depends on: try again.
    Host,
    /// The author of the configuration or the grant.
    Operator,
}

/// Why a call gave no result.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallError {
    /// The plugin panicked or broke a rule of WebAssembly.
    #[error("the plugin {0}")]
    Trap(Trap),
    /// The plugin still ran at its deadline.
    #[error("the plugin exceeded its deadline of {limit:?} (limits.deadline_ms)")]
    Deadline {
        /// The deadline of a call.
        limit: Duration,
    },
    /// The deadline passed while the plugin waited for the cluster: try again later.
    #[error(
        "the cluster did not answer within the deadline of the call, {limit:?} \
             (limits.deadline_ms)"
    )]
    Waiting {
        /// The deadline of a call.
        limit: Duration,
    },
    /// The plugin wanted more memory than it may have.
    #[error(
        "the plugin needs {} MiB of memory, its limit is {} (limits.memory_mib)", mib(*asked), mib(*limit)
    )]
    Memory {
        /// Bytes that it would have had.
        asked: usize,
        /// Bytes that it may have.
        limit: usize,
    },
    /// The result and the arguments of host calls are larger than allowed.
    #[error("the plugin wrote more than {limit} bytes (limits.output_kib)")]
    Output {
        /// Bytes that it may write.
        limit: usize,
    },
    /// The plugin went on calling the host long after its calls were used up.
    #[error("the plugin made more than twice its {limit} host calls (limits.host_calls)")]
    HostCalls {
        /// Host calls that it may make.
        limit: u32,
    },
    /// The result breaks a rule that its type cannot express.
    #[error("the plugin returned an invalid answer: {0}")]
    Answer(String),
    /// Too many calls run at once: try again.
    #[error("no free instance in the sandbox")]
    Busy,
    /// The plugin is at another point of the flow: a fault of the caller.
    #[error("the plugin is {}, not {}", .is.plugin(), .asked.plugin())]
    Point {
        /// The plugin's point.
        is: Point,
        /// The point that was called.
        asked: Point,
    },
    /// The plugin had too many consecutive faults and is not called until its digest changes.
    #[error("the plugin is quarantined after {faults} consecutive faults: {last}")]
    Quarantined {
        /// Consecutive faults.
        faults: u32,
        /// The last of them.
        last: String,
    },
}

impl CallError {
    /// Who has to act.
    pub fn blame(&self) -> Blame {
        match self {
            CallError::Waiting { .. } | CallError::Busy | CallError::Point { .. } => Blame::Host,
            _ => Blame::Guest,
        }
    }

    /// True where the same call may succeed later: the cluster, or the sandbox, was too busy.
    pub fn may_pass(&self) -> bool {
        match self {
            CallError::Waiting { .. } | CallError::Busy => true,
            CallError::Trap(_)
            | CallError::Deadline { .. }
            | CallError::Memory { .. }
            | CallError::Output { .. }
            | CallError::HostCalls { .. }
            | CallError::Answer(_)
            | CallError::Point { .. }
            | CallError::Quarantined { .. } => false,
        }
    }

    /// A short word for a metric's label.
    pub fn label(&self) -> &'static str {
        match self {
            CallError::Trap(_) => "trap",
            CallError::Deadline { .. } => "deadline",
            CallError::Waiting { .. } => "waiting",
            CallError::Memory { .. } => "memory",
            CallError::Output { .. } => "output",
            CallError::HostCalls { .. } => "host-calls",
            CallError::Answer(_) => "answer",
            CallError::Busy => "busy",
            CallError::Point { .. } => "point",
            CallError::Quarantined { .. } => "quarantined",
        }
    }
}

/// Bytes in MiB, rounded up to a tenth where they are not whole.
pub(crate) fn mib(bytes: usize) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1 << 20);
    match tenths % 10 {
        0 => (tenths / 10).to_string(),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

impl Blame {
    /// The word in metrics and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Blame::Guest => "guest",
            Blame::Host => "host",
            Blame::Operator => "operator",
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Importance of a plugin's log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For the author of the plugin.
    Debug,
    /// Life cycle.
    Info,
    /// A problem that was handled.
    Warn,
    /// A person is needed.
    Error,
}

impl Level {
    /// The word in WIT and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// What one call did, kept whether it failed or not. With the input and the settings it is
/// everything that a replay needs.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// Plugin.
    pub plugin: Arc<str>,
    /// SHA-256 of its component.
    pub digest: Arc<str>,
    /// Wall-clock time of the call.
    pub duration: Duration,
    /// Linear memory at the end of the call, bytes: what grew never shrinks.
    pub memory: usize,
    /// Calls of functions of the host.
    pub host_calls: u32,
    /// Reads that the guard refused, with the reasons that the plugin was not told.
    pub refusals: Vec<String>,
    /// Lines that the plugin logged.
    pub log: Vec<(Level, String)>,
    /// Log lines dropped for the limits.
    pub log_dropped: u32,
    /// Reads that were permitted, with their answers.
    pub reads: Vec<(Read, Result<Answer, ReadError>)>,
    /// What a policy could see of the proposal beside the incident; none at other points.
    pub dossier: Option<Arc<Dossier>>,
}

impl CallRecord {
    /// Why a read of the call was not answered and may be later; none where all were, if only when
    /// the plugin asked again.
    pub fn unanswered(&self) -> Option<&str> {
        let answered = |read: &Read| self.reads.iter().any(|(r, a)| r == read && a.is_ok());
        self.reads.iter().find_map(|(read, answer)| match answer {
            Err(ReadError::Later(why)) if !answered(read) => Some(why.as_str()),
            Ok(_)
            | Err(ReadError::Later(_) | ReadError::Denied | ReadError::NotFound)
            | Err(ReadError::Unavailable(_)) => None,
        })
    }

    /// The record of a call that was not made.
    pub(crate) fn empty(plugin: &str, digest: &str) -> Self {
        CallRecord {
            plugin: plugin.into(),
            digest: digest.into(),
            duration: Duration::ZERO,
            memory: 0,
            host_calls: 0,
            refusals: Vec::new(),
            log: Vec::new(),
            log_dropped: 0,
            reads: Vec::new(),
            dossier: None,
        }
    }
}

/// The result of a call with its record.
#[derive(Debug, Clone)]
#[must_use]
pub struct Called<T> {
    /// What the plugin answered.
    pub result: Result<T, CallError>,
    /// What it did.
    pub record: CallRecord,
}
