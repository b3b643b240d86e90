//! Named points of the flow at which a test stops the process, or lets a stage panic.
//!
//! The program that is shipped arms none of them, and no variable, key or request can: only a binary
//! that calls [`arm`] does, and that is one of the tests'. See CONTRIBUTING, "Crash points".

use std::sync::OnceLock;

static ARMED: OnceLock<fn(&str)> = OnceLock::new();

/// Call this at every point from now on, with the point's name. Only the first call counts.
pub fn arm(at: fn(&str)) {
    let _ = ARMED.set(at);
}

/// The flow is at this point.
pub fn reach(name: &str) {
    if let Some(at) = ARMED.get() {
        at(name);
    }
}
