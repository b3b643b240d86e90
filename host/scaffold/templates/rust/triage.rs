mod panics;

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::k8shawk::triage::triage::{Guest, Judgement};
use k8shawk::host::settings;
use k8shawk::incident::types::{ObjectSummary, Signal};

struct Plugin;

impl Guest for Plugin {
    fn judge(signal: Signal, _summary: ObjectSummary) -> Judgement {
        panics::to_log();
        // Settings are JSON: here a string.
        let quiet = settings::get("quiet").unwrap_or_else(|| "\"sandbox\"".to_owned());
        if quiet.trim_matches('"') == signal.object.namespace {
            return Judgement::Drop(format!("{} is a playground", signal.object.namespace));
        }
        Judgement::Pass
    }
}

export!(Plugin);
