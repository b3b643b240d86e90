//! A recorded incident: the objects, events and logs of a cluster at one or more moments.
//!
//! The first frame shows the fault. Where a fix was approved while it was recorded, its dry run
//! is kept, and the frames after it show what became of the workload.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fix::Fix;
use crate::guard::Usage;
use crate::llm::Conversation;
use crate::object::ObjectRef;

/// Version of the format.
pub const FORMAT: u32 = 1;

/// Kinds that say nothing of an incident and are left out of a recording.
pub const NOT_RECORDED: &[&str] = &["Lease", "CustomResourceDefinition"];

/// Lines of one container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Namespace.
    pub namespace: String,
    /// Pod.
    pub pod: String,
    /// Container.
    pub container: String,
    /// The run before the present one.
    pub previous: bool,
    /// Its last lines.
    pub text: String,
}

/// The cluster at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Objects, without managed fields, Secrets without their values.
    pub objects: Vec<Value>,
    /// Events of the namespace, as the API server has them.
    pub events: Vec<Value>,
    /// Logs of its containers; of one that has none there is no entry.
    pub logs: Vec<Log>,
    /// Usage; none where the cluster served no metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Vec<Usage>>,
    /// Kinds that could not be read.
    #[serde(default)]
    pub unreadable: Vec<String>,
}

/// A server-side dry run as it was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DryRun {
    /// The fix.
    pub fix: Fix,
    /// The object as the server would leave it; null where it would be gone.
    pub after: Value,
}

/// What a model said about one incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Owner of the incident.
    pub owner: ObjectRef,
    /// All that was said.
    pub conversation: Conversation,
}

/// A recorded incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`FORMAT`].
    pub format: u32,
    /// What was recorded, for people.
    pub title: String,
    /// `namespace/Kind/name` that was asked for.
    pub subject: String,
    /// Version of the Kubernetes that it was recorded from.
    pub kubernetes: String,
    /// Dry runs, in the order in which they were made.
    #[serde(default)]
    pub dry_runs: Vec<DryRun>,
    /// Conversations with models, which replay offline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversations: Vec<Recorded>,
    /// The moments, oldest first; at least one.
    pub frames: Vec<Frame>,
}

impl Bundle {
    /// Parse a file's text.
    ///
    /// # Errors
    /// A sentence that names the line, or what is missing.
    pub fn parse(text: &str) -> Result<Bundle, String> {
        let bundle: Bundle = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if bundle.format != FORMAT {
            return Err(format!("format {} is not {FORMAT}", bundle.format));
        }
        if bundle.frames.is_empty() {
            return Err("it has no frame".to_owned());
        }
        Ok(bundle)
    }
}
