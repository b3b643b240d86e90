mod panics;

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::k8shawk::policy::policy::{Guest, Verdict};
use k8shawk::host::settings;
use k8shawk::incident::types::{Incident, Proposal, Risk};

struct Plugin;

impl Guest for Plugin {
    fn judge(_incident: Incident, proposal: Proposal, _risk: Risk) -> Verdict {
        panics::to_log();
        // Settings are JSON: here a string.
        let frozen = settings::get("frozen").unwrap_or_else(|| "\"kube-system\"".to_owned());
        if frozen.trim_matches('"') == proposal.target.namespace {
            return Verdict::Deny(format!("{} is changed by hand", proposal.target.namespace));
        }
        Verdict::Allow
    }
}

export!(Plugin);
