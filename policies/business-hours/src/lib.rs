//! Policy: low-risk fixes run by themselves while people are at work.
//!
//! The grant's settings hold `hours`; inside of one that covers namespace and action, a low-risk fix that a
//! plugin proposes is `auto`. Everything else is the host's to decide. Without hours nothing runs by itself.
//! Settings that do not parse deny everything, with the name of the key.

pub mod hours;

use hours::Hours;
use k8shawk_sdk::policy::{Proposal, Risk, Source, Verdict};
use k8shawk_sdk::settings::place;

/// Judge a proposal by parsed hours. The clock is read only where hours cover the fix.
pub fn judge(
    all: &[Hours],
    proposal: &Proposal,
    risk: Risk,
    source: &Source,
    now: impl FnOnce() -> i64,
) -> Verdict {
    if risk != Risk::Low || !matches!(source, Source::Plugin(_)) {
        return Verdict::Allow;
    }
    let place = place(proposal);
    let mut covering = all
        .iter()
        .filter(|hours| hours.covers(place, &proposal.action))
        .peekable();
    if covering.peek().is_none() {
        return Verdict::Allow;
    }
    let now = now();
    if covering.any(|hours| hours.are_open(now)) {
        Verdict::Auto
    } else {
        Verdict::Allow
    }
}

/// Judge by the JSON text of the settings; what does not parse denies.
pub fn judge_with(
    hours: Option<&str>,
    proposal: &Proposal,
    risk: Risk,
    source: &Source,
    now: impl FnOnce() -> i64,
) -> Verdict {
    match hours.map(hours::parse) {
        None => Verdict::Allow,
        Some(Ok(hours)) => judge(&hours, proposal, risk, source, now),
        Some(Err(why)) => Verdict::Deny(format!(
            "the settings of the business-hours policy are invalid: {why}"
        )),
    }
}

/// The export; its symbol names exist only in WebAssembly.
#[cfg(target_family = "wasm")]
mod guest {
    use k8shawk_sdk::policy::{
        self, Guest, Incident, Proposal, Risk, Verdict, clock, origin, settings,
    };

    struct BusinessHours;

    impl Guest for BusinessHours {
        fn judge(_incident: Incident, proposal: Proposal, risk: Risk) -> Verdict {
            let hours = settings::get("hours");
            crate::judge_with(
                hours.as_deref(),
                &proposal,
                risk,
                &origin::get(),
                clock::now,
            )
        }
    }

    policy::export!(BusinessHours with_types_in policy);
}

#[cfg(test)]
mod tests;
