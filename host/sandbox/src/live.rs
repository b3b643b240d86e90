//! *Live*: the plugins that are called now, and how a change on disk becomes another version.

mod plugin;
mod registry;
mod reload;
mod status;

pub use plugin::{Counts, Live, Waiting};
pub use registry::{QUARANTINE_AFTER, Registry, Unloaded};
pub use reload::{Admission, Admitting, Gate, Outcome, ReloadEvent, ReloadOptions, Reloader};
pub use status::{CallStatus, Status, WaitingStatus};
