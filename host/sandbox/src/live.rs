//! *Live*: the plugins that are called now, and how a change on disk becomes another version.

mod plugin;
mod registry;
mod reload;

pub use plugin::{Counts, Live};
pub use registry::{QUARANTINE_AFTER, Registry, Unloaded};
pub use reload::{Outcome, ReloadEvent, ReloadOptions, Reloader};
