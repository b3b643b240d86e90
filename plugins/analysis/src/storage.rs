//! Why a claim is not bound, or full.

use k8shawk_sdk::analysis::Finding;
use serde_json::Value;

use crate::case::Case;

/// Why this claim is not usable; `None` where nothing is wrong with it.
pub fn diagnose_claim(_case: &Case, _pvc: &Value) -> Option<Finding> {
    None
}
