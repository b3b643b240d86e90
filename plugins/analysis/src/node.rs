//! Why a node cannot run pods.

use k8shawk_sdk::analysis::Finding;
use serde_json::Value;

use crate::case::Case;

/// Why this node is not usable; `None` where nothing is wrong with it.
pub fn diagnose(_case: &Case, _node: &Value) -> Option<Finding> {
    None
}
