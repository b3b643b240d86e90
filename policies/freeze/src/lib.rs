//! Policy: no changes during a freeze.
//!
//! The grant's settings hold `windows`: weekly, once, or whole days such as holidays; inside of one that
//! covers the namespace and the risk a fix is denied. Without windows nothing is. Settings that do not
//! parse deny everything, with the name of the key.

pub mod window;

use k8shawk_sdk::policy::{Proposal, Risk, Verdict};
use k8shawk_sdk::settings::place;
use window::Window;

/// Judge a proposal by parsed windows. The clock is read only where a window covers it.
pub fn judge(
    windows: &[Window],
    proposal: &Proposal,
    risk: Risk,
    now: impl FnOnce() -> i64,
) -> Verdict {
    let place = place(proposal);
    let mut covering = windows.iter().filter(|w| covers(w, place, risk)).peekable();
    if covering.peek().is_none() {
        return Verdict::Allow;
    }
    let now = now();
    match covering.find(|window| window.is_open(now)) {
        None => Verdict::Allow,
        Some(window) => Verdict::Deny(format!(
            "change freeze from {}: {}",
            window.spoken, window.reason
        )),
    }
}

/// Judge by the JSON text of the settings; what does not parse denies.
pub fn judge_with(
    windows: Option<&str>,
    proposal: &Proposal,
    risk: Risk,
    now: impl FnOnce() -> i64,
) -> Verdict {
    match windows.map(window::parse) {
        None => Verdict::Allow,
        Some(Ok(windows)) => judge(&windows, proposal, risk, now),
        Some(Err(why)) => Verdict::Deny(format!(
            "the settings of the freeze policy are invalid: {why}"
        )),
    }
}

fn covers(window: &Window, place: &str, risk: Risk) -> bool {
    (window.namespaces.is_empty() || window.namespaces.iter().any(|glob| glob.matches(place)))
        && (window.risks.is_empty() || window.risks.contains(&risk))
}

/// The export; its symbol names exist only in WebAssembly.
#[cfg(target_family = "wasm")]
mod guest {
    use k8shawk_sdk::policy::{self, Guest, Incident, Proposal, Risk, Verdict, clock, settings};

    struct Freeze;

    impl Guest for Freeze {
        fn judge(_incident: Incident, proposal: Proposal, risk: Risk) -> Verdict {
            let windows = settings::get("windows");
            crate::judge_with(windows.as_deref(), &proposal, risk, clock::now)
        }
    }

    policy::export!(Freeze with_types_in policy);
}

#[cfg(test)]
mod tests;
