//! What the author of a plugin does: create it, build it, run its cases.

mod build;
mod cases;
mod new;
mod objects;

pub use build::build;
pub use cases::test;
pub use new::new;
