//! What every finding on a CronJob begins with.

use k8shawk_sdk::analysis::Severity;
use serde_json::Value;

use crate::case::Case;
use crate::finding::Draft;
use crate::json::reference;
use crate::owner::owner_of;

/// A finding of this class on a CronJob.
pub fn draft(case: &Case, cron: &Value, class: &str) -> Draft {
    let owner = owner_of(case, cron);
    Draft::new(class, Severity::Medium, reference(cron), owner)
}
