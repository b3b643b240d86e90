//! What stands between a version that loads and its going live.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::prepared::Plugin;
use crate::read::Source;

/// What becomes of a version that loads.
pub enum Admission {
    /// It goes live.
    Live,
    /// It waits, and another version decides.
    Waits {
        /// The version that decides, where it is not the one that runs already.
        instead: Option<Arc<Plugin>>,
        /// It judges beside that one.
        shadow: bool,
        /// Why it waits, in words.
        why: String,
    },
    /// It does not go live, and what runs stays.
    Refused {
        /// Why, in words.
        why: String,
    },
}

/// The answer of a gate, later.
pub type Admitting<'a> = Pin<Box<dyn Future<Output = Admission> + Send + 'a>>;

/// Asked about every version that loads and is another one than that which runs, before it is called
/// for anything that counts. Where it says that the version goes live, it goes live at once.
pub trait Gate: Send + Sync {
    /// What becomes of a candidate. `running` is what is live under its id.
    fn admit<'a>(
        &'a self,
        running: Option<Arc<Plugin>>,
        source: &'a Source,
        candidate: Arc<Plugin>,
    ) -> Admitting<'a>;

    /// The files of a plugin are those of the version that runs: whatever else waited is gone.
    fn withdrawn(&self, id: &str);
}
