//! Policy: who must approve which fix where.
//!
//! The grant's settings hold `rules`, of which the first that fits decides, and `protected`,
//! the namespaces in which nothing runs without approval. Without a rule that fits, a high-risk
//! fix needs two people and any other the host's default. Settings that do not parse
//! deny everything, with the name of the key.

pub mod settings;

use k8shawk_sdk::policy::{ApprovalRule, Proposal, Risk, Verdict};
use k8shawk_sdk::settings::place;
use settings::{Outcome, Rule, Settings};

/// Judge a proposal by parsed settings.
pub fn judge(settings: &Settings, proposal: &Proposal, risk: Risk) -> Verdict {
    let place = place(proposal);
    let rule = settings
        .rules
        .iter()
        .find(|rule| applies(rule, proposal, place, risk));
    let outcome = rule.map_or_else(|| otherwise(risk), |rule| rule.outcome.clone());
    let protected = settings.protected.iter().any(|glob| glob.matches(place));
    match outcome {
        Outcome::Deny(why) => Verdict::Deny(why),
        Outcome::Approval {
            approvers,
            count,
            why,
        } => Verdict::RequireApproval(ApprovalRule {
            approvers,
            count,
            why,
        }),
        Outcome::Allow | Outcome::Auto if protected => Verdict::RequireApproval(ApprovalRule {
            approvers: Vec::new(),
            count: if risk == Risk::High { 2 } else { 1 },
            why: format!("{place} is a protected namespace"),
        }),
        Outcome::Allow => Verdict::Allow,
        Outcome::Auto => Verdict::Auto,
    }
}

/// Judge by the JSON texts of the settings; what does not parse denies, a rule about an action
/// that is none of `actions` among it.
pub fn judge_with(
    rules: Option<&str>,
    protected: Option<&str>,
    actions: &[String],
    proposal: &Proposal,
    risk: Risk,
) -> Verdict {
    match Settings::parse(rules, protected, actions) {
        Ok(settings) => judge(&settings, proposal, risk),
        Err(why) => Verdict::Deny(format!(
            "the settings of the approvals policy are invalid: {why}"
        )),
    }
}

/// Where no rule fits.
fn otherwise(risk: Risk) -> Outcome {
    match risk {
        Risk::High => Outcome::Approval {
            approvers: Vec::new(),
            count: 2,
            why: "a high-risk fix needs two people".to_owned(),
        },
        Risk::Low | Risk::Medium => Outcome::Allow,
    }
}

fn applies(rule: &Rule, proposal: &Proposal, place: &str, risk: Risk) -> bool {
    (rule.namespaces.is_empty() || rule.namespaces.iter().any(|glob| glob.matches(place)))
        && (rule.risks.is_empty() || rule.risks.contains(&risk))
        && (rule.actions.is_empty() || rule.actions.contains(&proposal.action))
}

/// The export; its symbol names exist only in WebAssembly.
#[cfg(target_family = "wasm")]
mod guest {
    use k8shawk_sdk::policy::{self, Guest, Incident, Proposal, Risk, Verdict};
    use k8shawk_sdk::policy::{catalogue, settings};

    struct Approvals;

    impl Guest for Approvals {
        fn judge(_incident: Incident, proposal: Proposal, risk: Risk) -> Verdict {
            let (rules, protected) = (settings::get("rules"), settings::get("protected"));
            let (rules, protected) = (rules.as_deref(), protected.as_deref());
            crate::judge_with(rules, protected, &catalogue::actions(), &proposal, risk)
        }
    }

    policy::export!(Approvals with_types_in policy);
}

#[cfg(test)]
mod tests;
