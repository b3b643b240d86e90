//! The buttons under a message.

use k8shawk_core::approval::Question;
use k8shawk_core::decision::Candidate;
use k8shawk_core::fix::Risk;
use k8shawk_core::record::Record;
use slack_morphism::blocks::{SlackBlock, SlackBlockButtonStyle};

use super::{Look, standing};
use crate::services::slack::blocks::{self, Button, confirm};
use crate::services::slack::payload::Press;
use crate::services::slack::text::{clean, plain};

/// The buttons that make sense in this state; `whole` says that the message shows all that changes.
pub(super) fn row(record: &Record, look: Look<'_>, whole: bool) -> SlackBlock {
    let incident = record.incident.id.0.clone();
    let mut all = Vec::new();
    if let (true, Some(candidate)) = (whole, standing::may_approve(record, look)) {
        let asked_at = record.asked_at.unwrap_or_default();
        all.push(approve(&incident, candidate, asked_at, look));
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
        label: "Evidence".to_owned(),
        style: None,
        confirm: None,
        spoken: format!("Show the evidence of {incident}"),
        press: Press::Evidence { incident },
    });
    blocks::actions(&all, look.installation, None)
}

/// Characters of the dialog.
const DIALOG: usize = 300;

fn warning(risk: Risk) -> &'static str {
    match risk {
        Risk::High => "\n\nHigh risk: this may lose data or capacity.",
        _ => "",
    }
}

/// True where the dialog of Approve shows the whole command line; a longer one is in the thread.
pub fn fits_the_dialog(candidate: &Candidate) -> bool {
    let kubectl = clean(&candidate.fix.kubectl());
    let whole = kubectl.chars().count() + warning(candidate.fix.risk()).chars().count();
    whole <= DIALOG
}

/// The exact command line, or where it stands.
fn dialog(candidate: &Candidate) -> String {
    let kubectl = clean(&candidate.fix.kubectl());
    let warning = warning(candidate.fix.risk());
    match fits_the_dialog(candidate) {
        true => format!("{kubectl}{warning}"),
        false => format!(
            "The kubectl line is too long for this dialog ({} characters). The thread of this \
             message shows it in full, with the diff.{warning}",
            kubectl.chars().count()
        ),
    }
}

fn approve(incident: &str, candidate: &Candidate, asked_at: i64, look: Look<'_>) -> Button {
    let shown = Question {
        digest: candidate.digest.clone(),
        asked_at,
    };
    let fix = &candidate.fix;
    let cluster = plain(look.installation.cluster(), 30);
    let target = plain(&fix.target.to_string(), 50);
    Button {
        press: Press::Approve {
            incident: incident.to_owned(),
            shown,
        },
        label: "Approve".to_owned(),
        style: Some(match fix.risk() {
            Risk::High => SlackBlockButtonStyle::Danger,
            _ => SlackBlockButtonStyle::Primary,
        }),
        confirm: Some(confirm(
            &format!("Change {target} in {cluster}?"),
            &dialog(candidate),
            "Apply",
        )),
        spoken: format!("Approve the fix of {incident}"),
    }
}
