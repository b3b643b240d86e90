//! What policies see of a fix: gathered once for all of them, and only what one of them wants.

use std::sync::Arc;

use k8shawk_core::finding::Finding;
use k8shawk_core::fix::Fix;
use k8shawk_core::policy::{Dossier, Origin};
use k8shawk_core::record::Record;
use k8shawk_sandbox::{DIFF, LEDGER};

use crate::services::Services;
use crate::services::cluster::dry_run::{NotTried, Tried, try_fix};
use crate::services::cluster::{AnyCluster, ClusterError};
use crate::services::store::StoreError;

/// What policies are shown.
pub struct Gathered {
    /// For the policies.
    pub dossier: Arc<Dossier>,
    /// The dry run whose diff is in it; none where no policy wants to see one.
    pub tried: Option<Tried>,
}

/// Why there is nothing to show.
pub enum NotGathered {
    /// The dry run says no, and why: there is nothing to judge.
    Refused(String),
    /// The cluster does not answer the dry run.
    Cluster(ClusterError),
    /// The ledger cannot be read.
    Store(StoreError),
}

impl From<NotTried> for NotGathered {
    fn from(why: NotTried) -> Self {
        match why {
            NotTried::Done(why) | NotTried::Refused(why) => NotGathered::Refused(why),
            NotTried::Later(error) => NotGathered::Cluster(error),
        }
    }
}

/// Gather what the live policies want to see of a fix for a finding.
///
/// # Errors
/// [`NotGathered`].
pub async fn gather(
    services: &Services,
    record: &Record,
    finding: &Finding,
    fix: &Fix,
    origin: &Origin,
) -> Result<Gathered, NotGathered> {
    let tried = match services.plugins.want(DIFF) && !is_only_read(&services.cluster) {
        true => Some(try_fix(&services.cluster, fix, record.incident.opened_at).await?),
        false => None,
    };
    let ledger = match services.plugins.want(LEDGER) {
        true => Some(services.store.runs(fix, &finding.class)),
        false => None,
    };
    let ledger = ledger.transpose().map_err(NotGathered::Store)?;
    let dossier = Dossier {
        origin: origin.clone(),
        finding: finding.clone(),
        diff: tried.as_ref().map(|tried| tried.diff.clone()),
        ledger,
    };
    Ok(Gathered {
        dossier: Arc::new(dossier),
        tried,
    })
}

/// A scan sends nothing, a dry run neither.
fn is_only_read(cluster: &AnyCluster) -> bool {
    matches!(cluster, AnyCluster::Snapshot(_))
}
