//! The reference policy in Rust: what it says is in `policies/README.md`.

use k8shawk_sdk::policy::{ApprovalRule, Incident, Proposal, Severity, Verdict};

/// The settings, as JSON texts; each has a default.
pub struct Settings {
    /// Replicas above which a person is asked, as it is written.
    limit: String,
    /// Who is asked; anyone where it is empty.
    approvers: Vec<String>,
}

impl Settings {
    /// Read the settings through `get`.
    ///
    /// # Errors
    /// The name of the setting that is wrong.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Settings, &'static str> {
        let limit = get("limit").unwrap_or_else(|| "10".to_owned());
        number(&limit).ok_or("limit")?;
        let approvers = match get("approver") {
            None => Vec::new(),
            Some(text) => vec![plain(&text).ok_or("approver")?.to_owned()],
        };
        Ok(Settings { limit, approvers })
    }
}

/// Judge one proposal.
pub fn judge(settings: &Settings, incident: &Incident, proposal: &Proposal) -> Verdict {
    let (action, namespace) = (proposal.action.as_str(), &proposal.target.namespace);
    let deploys = matches!(action, "set-image" | "rollout-undo");
    let urgent = matches!(incident.severity, Severity::High | Severity::Critical);
    if deploys && namespace.starts_with("prod-") && !urgent {
        return Verdict::Deny(format!("{action} in {namespace} needs severity high"));
    }
    let limit = number(&settings.limit);
    let above = |text: &str| number(text).is_none_or(|replicas| Some(replicas) > limit);
    let mut replicas = proposal.parameters.iter().filter(|p| p.name == "replicas");
    if action == "scale" && replicas.any(|p| above(&p.value)) {
        return Verdict::RequireApproval(ApprovalRule {
            approvers: settings.approvers.clone(),
            count: 1,
            why: format!("more than {} replicas", settings.limit),
        });
    }
    Verdict::Allow
}

/// One to nine digits.
fn number(text: &str) -> Option<u32> {
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// The text of a JSON string that needs no escapes and is not empty.
fn plain(json: &str) -> Option<&str> {
    let text = json.strip_prefix('"')?.strip_suffix('"')?;
    (!text.is_empty() && !text.contains('\\')).then_some(text)
}

/// The export; its symbol names exist only in WebAssembly.
#[cfg(target_family = "wasm")]
mod guest {
    use k8shawk_sdk::policy::{self, Guest, Incident, Proposal, Risk, Verdict, settings};

    struct Reference;

    impl Guest for Reference {
        fn judge(incident: Incident, proposal: Proposal, _risk: Risk) -> Verdict {
            match crate::Settings::read(settings::get) {
                Ok(settings) => crate::judge(&settings, &incident, &proposal),
                Err(key) => Verdict::Deny(format!(
                    "the settings of the reference policy are invalid: {key}"
                )),
            }
        }
    }

    policy::export!(Reference with_types_in policy);
}
