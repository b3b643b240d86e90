//! The shipped triage plugin: is an observation an incident?
//!
//! `rules` is the table to extend; `noise` says what is dropped before the table is asked;
//! `shared` names the object behind a fault that others may share; `threshold` holds the
//! values that an operator can set.
//!
//! The plugin runs once per signal in a fresh store, so everything is const data.

pub mod noise;
pub mod rule;
pub mod rules;
pub mod shared;
pub mod threshold;
mod verdict;

use k8shawk_sdk::triage::{Judgement, ObjectSummary, Signal};

pub use threshold::{Defaults, Threshold, Thresholds};
pub use verdict::judge_with;

/// Judge a signal with the default thresholds.
pub fn judge(signal: &Signal, summary: &ObjectSummary) -> Judgement {
    judge_with(signal, summary, &Defaults)
}

/// The export; its symbol names exist only in WebAssembly.
#[cfg(target_arch = "wasm32")]
mod guest {
    use k8shawk_sdk::triage::{self, Guest, Judgement, ObjectSummary, Signal};

    struct Rules;

    impl Guest for Rules {
        fn judge(signal: Signal, summary: ObjectSummary) -> Judgement {
            crate::judge_with(&signal, &summary, &crate::threshold::Granted)
        }
    }

    triage::export!(Rules with_types_in triage);
}

#[cfg(test)]
mod tests;
