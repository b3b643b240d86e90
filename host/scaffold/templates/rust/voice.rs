mod panics;

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::k8shawk::voice::voice::{Guest, Language};
use k8shawk::incident::types::{Finding, Severity};

struct Plugin;

impl Guest for Plugin {
    fn script(severity: Severity, finding: Finding, _language: Language, limit: u32) -> String {
        panics::to_log();
        let urgent = matches!(severity, Severity::High | Severity::Critical);
        let text = format!("{}{}.", if urgent { "Urgent. " } else { "" }, finding.title);
        text.chars().take(limit as usize).collect()
    }
}

export!(Plugin);
