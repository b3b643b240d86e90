//! Where and when a case takes place.

use std::path::Path;

/// The directory of its file, and its present.
pub(super) struct Place<'c> {
    /// Where recordings are.
    pub(super) directory: &'c Path,
    /// Milliseconds since the Unix epoch; none where the case does not say.
    pub(super) now_ms: Option<i64>,
}
