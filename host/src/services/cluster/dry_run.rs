//! A fix, tried: planned on the object as it is now, and sent to the API server as a dry run.

use k8shawk_core::approval::ApprovalKey;
use k8shawk_core::diff::Diff;
use k8shawk_core::fix::{Fix, Operation, Precondition, Related};
use k8shawk_core::kinds;
use k8shawk_core::rca::time;
use serde_json::Value;

use crate::services::cluster::AnyCluster;
use crate::services::cluster::{Class, ClusterError};

/// An operation with the diff that the API server answers for it.
pub struct Tried {
    /// The operation.
    pub operation: Operation,
    /// Its diff, for people.
    pub diff: Diff,
    /// UID of the target.
    pub uid: String,
    before: Value,
    after: Value,
}

impl Tried {
    /// What an approval of it is for.
    pub fn digest(&self, key: &ApprovalKey, fix: &Fix) -> String {
        key.digest(fix, &self.operation, &self.before, &self.after)
    }
}

/// Why a fix cannot be tried now.
pub enum NotTried {
    /// What the fix would do is done already, or its target no longer exists.
    Done(String),
    /// A precondition, or the API server, says no.
    Refused(String),
    /// The cluster does not answer.
    Later(ClusterError),
}

/// Times that a fix is planned again because its object changed meanwhile.
const TRIES: u32 = 5;

/// Plan a fix on the object as it is now, and have the API server try it.
///
/// # Errors
/// [`NotTried`].
pub async fn try_fix(cluster: &AnyCluster, fix: &Fix, marked_at: i64) -> Result<Tried, NotTried> {
    let mut tries = 1;
    loop {
        match try_once(cluster, fix, marked_at).await {
            // The status of what fails changes all the time, and with it the version.
            Err(NotTried::Later(ClusterError::Conflict { .. })) if tries < TRIES => tries += 1,
            other => return other,
        }
    }
}

async fn try_once(cluster: &AnyCluster, fix: &Fix, marked_at: i64) -> Result<Tried, NotTried> {
    let target = &fix.target;
    let later = |e: ClusterError| match e.class() {
        Class::Transient { .. } | Class::Conflict => NotTried::Later(e),
        Class::Permanent | Class::Gone => NotTried::Refused(e.to_string()),
    };
    let current = cluster
        .current(&target.kind, &target.namespace, &target.name)
        .await
        .map_err(later)?
        .ok_or_else(|| NotTried::Done(format!("{target} does not exist")))?;
    let related = related(cluster, fix).await.map_err(later)?;
    let mark = time(marked_at).replace(" UTC", "Z").replace(' ', "T");
    let operation =
        fix.plan(&current, &related, &mark)
            .map_err(|precondition| match precondition {
                Precondition::Done(why) => NotTried::Done(why),
                Precondition::Fails(why) => NotTried::Refused(why),
            })?;
    let after = cluster.dry_run(fix, &operation).await.map_err(later)?;
    let text = |pointer| {
        current
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    Ok(Tried {
        diff: diff(&operation, &current, &after),
        uid: text("/metadata/uid").to_owned(),
        operation,
        before: current,
        after,
    })
}

/// What the plan of a fix needs beside its target, as far as it exists.
async fn related(cluster: &AnyCluster, fix: &Fix) -> Result<Vec<Value>, ClusterError> {
    let namespace = fix.target.namespace.as_str();
    match fix.related() {
        Related::Nothing => Ok(Vec::new()),
        Related::All(kind) => cluster.current_list(kind, namespace).await,
        Related::Named(kind, names) => {
            let namespaced = kinds::kind(kind).is_none_or(|kind| kind.namespaced);
            let namespace = if namespaced { namespace } else { "" };
            let mut found = Vec::new();
            for name in names {
                found.extend(cluster.current(kind, namespace, &name).await?);
            }
            Ok(found)
        }
    }
}

fn diff(operation: &Operation, before: &Value, after: &Value) -> Diff {
    let object = format!(
        "{} {}",
        before
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or("object"),
        before
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    );
    match operation {
        Operation::Replace { .. } => Diff::between(before, after),
        Operation::Delete { .. } => Diff::whole(&object, Some("exists"), None),
        Operation::Evict { .. } => Diff::whole(&object, Some("exists"), Some("evicted")),
        Operation::Recreate { .. } => Diff::whole(&object, Some("failed"), Some("recreated")),
    }
}
