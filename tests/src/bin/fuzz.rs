//! libFuzzer's engine around the target that `K8SHAWK_FUZZ` names: `scripts/fuzz.sh` builds and runs it.
#![no_main]
#![allow(
    unsafe_code,
    reason = "the engine is C++, and calls these two by their names"
)]

use std::ffi::c_int;
use std::sync::OnceLock;

use k8shawk_tests::fuzz::{TARGETS, Target};

/// The variable with the name of a target.
const CHOICE: &str = "K8SHAWK_FUZZ";

fn target() -> &'static Target {
    static CHOSEN: OnceLock<&Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var(CHOICE).unwrap_or_default();
        let chosen = TARGETS.iter().find(|target| target.name == name);
        assert!(chosen.is_some(), "{CHOICE} must name a target");
        chosen.unwrap_or(&TARGETS[0])
    })
}

/// Called once: what panics is an end, even where the product would catch it.
#[unsafe(no_mangle)]
extern "C" fn LLVMFuzzerInitialize(_argc: *const c_int, _argv: *const *const *const u8) -> c_int {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::abort();
    }));
    target();
    0
}

/// Called with each input.
#[unsafe(no_mangle)]
extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> c_int {
    let input = match size {
        0 => &[],
        // SAFETY: the engine gives so many bytes, and takes them back when this returns.
        _ => unsafe { std::slice::from_raw_parts(data, size) },
    };
    (target().run)(input);
    0
}
