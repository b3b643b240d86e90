//! *Called*: what one call takes, what it can reach while its store lives, and what it leaves.

mod budget;
mod journal;
mod last_words;
mod question;
mod record;
mod recorded;
mod state;
mod trap;
mod verdict;
pub(crate) mod wasi;

pub(crate) use journal::Overrun;
pub use question::Question;
pub(crate) use record::mib;
pub use record::{Blame, CallContext, CallError, CallRecord, Called, Level};
pub(crate) use recorded::RecordedReads;
pub use recorded::{AnsweredRead, RecordedCall, Replayed};
pub(crate) use state::{Call, Granted, Judged, Told};
pub use trap::Trap;
pub use verdict::{Decides, verdict};
