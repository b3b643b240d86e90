//! The versions of a plugin: what a new one must pass, and what a person decides of them.

pub mod bundles;
mod decide;
mod gate;
mod rehearse;
mod witness;

pub use decide::{accept, roll_back};
pub use gate::VersionGate;
pub use rehearse::{Rehearsed, Script, rehearse, scripts_of};
pub use witness::{Witnessed, witness};
