//! The product with its crash points armed: `K8SHAWK_CRASH_AT` names the point at which the process
//! aborts, as `kill -9` would end it; `K8SHAWK_PANIC_AT` the one at which the code panics, once.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

static PANICKED: AtomicBool = AtomicBool::new(false);

fn is_named(variable: &str, point: &str) -> bool {
    std::env::var(variable).is_ok_and(|named| named == point)
}

fn at(point: &str) {
    if is_named("K8SHAWK_CRASH_AT", point) {
        std::process::abort();
    }
    if is_named("K8SHAWK_PANIC_AT", point) && !PANICKED.swap(true, Ordering::Relaxed) {
        #[allow(clippy::panic, reason = "a panic is what is asked for")]
        std::panic::panic_any("a test asked for it");
    }
}

fn main() -> ExitCode {
    k8shawk::services::crash_points::arm(at);
    k8shawk::cli::start()
}
