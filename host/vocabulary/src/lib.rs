//! The words that the host and its plugins share, written once.
//!
//! Free of I/O, and compiled into every shipped plugin: it depends on next to nothing, and what
//! a plugin does not call is not in its component.

pub mod classes;
pub mod condition;
mod count;
pub mod event;
pub mod facts;
pub mod kinds;
pub mod quantity;
#[cfg(feature = "schedule")]
pub mod schedule;
pub mod selector;
mod shorten;
pub mod sources;
pub mod workloads;

pub use count::count;
pub use shorten::{ELLIPSIS, shorten};
