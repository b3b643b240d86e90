//! *Called*: what one call takes, what it can reach while its store lives, and what it leaves.

mod budget;
mod journal;
mod record;
mod state;
pub(crate) mod wasi;

pub(crate) use journal::Overrun;
pub use record::{Blame, CallContext, CallError, CallRecord, Called, Level};
pub(crate) use state::{Call, Granted, Told};
