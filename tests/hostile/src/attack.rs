//! Attacks that need no capability. `black_box` keeps the optimiser from making them harmless.

use std::hint::black_box;

/// Do what the mode says; come back with a text where the mode is none of these.
pub fn run(mode: &str) -> String {
    match mode {
        "loop" => endless(),
        "memory" => fill_memory(),
        "panic" => broken(),
        "recursion" => recurse(0).to_string(),
        "huge" => "x".repeat(100 << 20),
        "bulk" => "x".repeat(2 << 20),
        "not-utf8" => not_utf8(),
        "destructor" => {
            drop(black_box(Loops));
            String::new()
        }
        other => crate::doors::open(other).unwrap_or_else(crate::version),
    }
}

fn endless() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Every page is written and kept.
fn fill_memory() -> ! {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    loop {
        kept.push(black_box(vec![0xa5; 1 << 20]));
        black_box(&kept);
    }
}

#[allow(clippy::panic, reason = "the attack is a panic")]
fn broken() -> ! {
    panic!("on purpose")
}

/// What no text of the interfaces may hold.
#[allow(
    unsafe_code,
    reason = "the attack is a text that breaks the rule of its type"
)]
fn not_utf8() -> String {
    // SAFETY: unsound on purpose: the host must refuse it.
    unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe, 0xfd]) }
}

struct Loops;

impl Drop for Loops {
    fn drop(&mut self) {
        endless();
    }
}

/// The work after the call keeps it from becoming a loop.
#[allow(unconditional_recursion, reason = "the attack is the recursion")]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    let below = recurse(black_box(depth.wrapping_add(1)));
    black_box(frame).iter().sum::<u64>().wrapping_add(below)
}
