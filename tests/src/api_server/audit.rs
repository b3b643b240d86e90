//! The log of every write that was accepted. It is only ever appended to.

use super::objects::Key;

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// POST of an object.
    Create,
    /// PUT.
    Replace,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// POST of an eviction.
    Evict,
}

/// One accepted write; dry runs are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who: the bearer token of the request.
    pub user: String,
    /// What was done.
    pub verb: Verb,
    /// To which object.
    pub key: Key,
    /// Its uid.
    pub uid: String,
    /// The version that the write led to.
    pub version: u64,
    /// False where the answer was lost on its way.
    pub answered: bool,
}
