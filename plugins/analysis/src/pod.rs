//! Why a pod fails.

pub mod owner;

use k8shawk_sdk::analysis::Finding;
use serde_json::Value;

pub use self::owner::root_owner;
use crate::case::Case;

/// Why this pod fails; `None` where nothing is wrong with it.
pub fn diagnose(_case: &Case, _pod: &Value) -> Option<Finding> {
    None
}
