//! *Called*: what one call takes, what it can reach while its store lives, and what it leaves.

mod budget;
mod journal;
mod last_words;
mod record;
mod state;
mod trap;
pub(crate) mod wasi;

pub(crate) use journal::Overrun;
pub(crate) use record::mib;
pub use record::{Blame, CallContext, CallError, CallRecord, Called, Level};
pub(crate) use state::{Call, Granted, Judged, Told};
pub use trap::Trap;
