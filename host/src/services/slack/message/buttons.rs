//! The buttons under a message.

use k8shawk_core::approval::Question;
use k8shawk_core::decision::Candidate;
use k8shawk_core::fix::Risk;
use k8shawk_core::record::Record;
use slack_morphism::blocks::{SlackBlock, SlackBlockButtonStyle};

use super::{Look, standing};
use crate::services::slack::blocks::{self, Button, confirm};
use crate::services::slack::payload::Press;
use crate::services::slack::text::plain;

/// The buttons that make sense in this state; `whole` says that the message shows all that changes.
pub(super) fn row(record: &Record, look: Look<'_>, whole: bool) -> SlackBlock {
    let incident = record.incident.id.0.clone();
    let mut all = Vec::new();
    if let (true, Some(candidate)) = (whole, standing::may_approve(record, look)) {
        let asked_at = record.asked_at.unwrap_or_default();
        all.push(approve(&incident, candidate, asked_at));
    }
    if record.state.awaits_people() {
        all.push(Button {
            label: "Dismiss…".to_owned(),
            style: None,
            confirm: None,
            spoken: format!("Dismiss {incident}, with a reason"),
            press: Press::Dismiss {
                incident: incident.clone(),
            },
        });
    }
    all.push(Button {
        label: "Details".to_owned(),
        style: None,
        confirm: None,
        spoken: format!("All evidence of {incident}"),
        press: Press::Details { incident },
    });
    blocks::actions(&all, look.installation, None)
}

fn approve(incident: &str, candidate: &Candidate, asked_at: i64) -> Button {
    let shown = Question {
        digest: candidate.digest.clone(),
        asked_at,
    };
    let fix = &candidate.fix;
    let what = plain(&format!("{} on {}", fix.action.name(), fix.target), 120);
    let risk = fix.risk();
    let warning = match risk {
        Risk::High => " It may lose data or capacity.",
        _ => "",
    };
    Button {
        press: Press::Approve {
            incident: incident.to_owned(),
            shown,
        },
        label: "Approve".to_owned(),
        style: Some(match risk {
            Risk::High => SlackBlockButtonStyle::Danger,
            _ => SlackBlockButtonStyle::Primary,
        }),
        confirm: Some(confirm(
            &format!("Apply {}?", fix.action.name()),
            &format!("{what} ({risk} risk). The diff in the message is what changes.{warning}"),
            "Apply",
        )),
        spoken: format!("Approve {} for {incident}", fix.action.name()),
    }
}
