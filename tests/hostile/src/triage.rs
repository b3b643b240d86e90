//! The hostile triage plugin.

use k8shawk_sdk::triage::{self, Guest, Judgement, ObjectSummary, Signal, log, settings};

use crate::{attack, mode};

struct Hostile;

impl Guest for Hostile {
    fn judge(_signal: Signal, _summary: ObjectSummary) -> Judgement {
        let mode = mode(settings::get("mode"));
        match mode.as_str() {
            "log-flood" => loop {
                log::write(log::Level::Info, "noise");
            },
            "log-bulk" => log::write(log::Level::Info, &"x".repeat(8 << 20)),
            "host-call-flood" => loop {
                settings::get("mode");
            },
            _ => {}
        }
        Judgement::Drop(attack::run(&mode))
    }
}

#[cfg(target_family = "wasm")]

triage::export!(Hostile with_types_in triage);
