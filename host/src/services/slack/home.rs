//! The home tab and the modals.

use k8shawk_core::record::{Record, State};
use slack_morphism::blocks::SlackView;

use super::blocks::{self, Button, Modal};
use super::command::line;
use super::message::{Look, standing};
use super::payload::{Place, Press, REASON, private};
use super::text::{block, inline, moment, plain};

/// Incidents in the home tab: two blocks each.
const LISTED: usize = 40;

/// The home tab: what is open, the worst first.
pub fn view(records: &[Record], look: Look<'_>) -> SlackView {
    let mut open: Vec<&Record> = records
        .iter()
        .filter(|r| !r.state.is_final() && r.state != State::Merged)
        .collect();
    open.sort_by_key(|r| (std::cmp::Reverse(r.severity()), r.incident.opened_at));
    let waiting = open.iter().filter(|r| r.state == State::Waiting).count();
    let mut all = vec![
        blocks::header("K8sHawk"),
        blocks::of_cluster(look.installation, &[]),
        blocks::section(&format!(
            "{} incidents are open, {waiting} wait for approval.",
            open.len()
        )),
        blocks::divider(),
    ];
    for record in open.iter().take(LISTED) {
        let id = &record.incident.id.0;
        all.push(blocks::section(&line(record, look)));
        let button = Button {
            press: Press::Details {
                incident: id.clone(),
            },
            label: "Details".to_owned(),
            style: None,
            confirm: None,
            spoken: format!("All evidence of {id}"),
        };
        // Blocks of one view must differ in their ids.
        let row = Some(format!("row/{id}"));
        all.push(blocks::actions(&[button], look.installation, row));
    }
    let more = open.len().saturating_sub(LISTED);
    if more > 0 {
        all.push(blocks::context(&[format!(
            "and {more} more: /k8shawk list"
        )]));
    }
    blocks::home(all)
}

/// The home tab of somebody who may read nothing, with the reason.
pub fn closed(why: &str) -> SlackView {
    let why = inline(why, 300);
    blocks::home(vec![
        blocks::header("K8sHawk"),
        blocks::section(&format!("There is nothing to see here: {why}.")),
    ])
}

/// Asks why an incident is dismissed; `proposed` stands in the field at first.
pub fn reason(record: &Record, place: &Place, proposed: &str, look: Look<'_>) -> SlackView {
    let id = &record.incident.id.0;
    Modal {
        callback: "dismiss",
        title: format!("Dismiss {id}"),
        submit: Some("Dismiss".to_owned()),
        private: Some(private(look.installation, id, place)),
        blocks: vec![
            blocks::of_cluster(look.installation, &[]),
            blocks::section(&line(record, look)),
            blocks::input(
                REASON,
                "Why is no fix wanted?",
                "It stays in the record and is shown with later incidents of this kind",
                proposed,
            ),
        ],
    }
    .view()
}

/// Everything that is known of an incident.
pub fn details(record: &Record, look: Look<'_>) -> SlackView {
    let id = &record.incident.id.0;
    let standing = standing(record, look);
    let mut all = vec![
        blocks::header(&plain(record.title(), 150)),
        blocks::of_cluster(look.installation, &[]),
        blocks::section(&format!("{} {}", standing.mark, standing.words)),
    ];
    for finding in record.finding.iter().chain(&record.also).take(4) {
        all.push(blocks::section(&inline(&finding.cause, 2500)));
        for e in finding.evidence.iter().take(12) {
            let source = inline(&e.source, 200);
            let excerpt = block(&e.excerpt, 1500);
            all.push(blocks::section(&format!(
                "*[{}]* {source}\n{excerpt}",
                inline(&e.id, 12)
            )));
        }
        let claims = finding
            .unsupported
            .iter()
            .map(|c| format!("Unsupported: {}", inline(c, 400)));
        let unknown = finding
            .unknown
            .iter()
            .map(|u| format!("Unknown: {}", inline(u, 400)));
        let rest: Vec<String> = claims.chain(unknown).take(10).collect();
        if !rest.is_empty() {
            all.push(blocks::context(&rest));
        }
    }
    let refused = record.refused().iter().take(10);
    for r in refused {
        let what = inline(&r.proposal, 400);
        all.push(blocks::section(&format!(
            "*Refused:* {what}\n{}",
            inline(&r.reason, 800)
        )));
    }
    for step in record.history.iter().rev().take(10).rev() {
        let note = inline(&step.note, 400);
        all.push(blocks::context(&[format!(
            "{} {}: {note}",
            moment(step.at),
            step.state.as_str()
        )]));
    }
    Modal {
        callback: "details",
        title: format!("Details of {id}"),
        submit: None,
        private: None,
        blocks: all,
    }
    .view()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::services::slack::message::tests::look;
    use crate::services::testing::{applied, record};

    #[test]
    fn the_home_tab_lists_what_is_open() {
        let shown = view(&[record(), applied(State::Recovered)], look());
        let shown = json!(shown).to_string();
        assert!(shown.contains("1 incidents are open, 1 wait"), "{shown}");
        let many = vec![record(); 500];
        assert!(
            json!(view(&many, look()))["blocks"]
                .as_array()
                .unwrap()
                .len()
                <= 100
        );
    }

    #[test]
    fn every_view_names_its_cluster() {
        let place = Place::default();
        for view in [
            view(&[record()], look()),
            details(&record(), look()),
            reason(&record(), &place, "", look()),
        ] {
            let view: Value = json!(view);
            assert!(view.to_string().contains("Cluster *prod*"), "{view}");
        }
    }

    #[test]
    fn a_closed_home_tab_shows_no_incident() {
        let shown = json!(closed("only members of the channel may do that")).to_string();
        assert!(
            shown.contains("only members") && !shown.contains("inc-"),
            "{shown}"
        );
    }

    #[test]
    fn the_largest_details_fit_into_a_modal() {
        let mut r = record();
        let finding = r.finding.as_mut().unwrap();
        let one = finding.evidence[0].clone();
        finding.evidence = vec![one; 200];
        let other = finding.clone();
        r.also = vec![other; 50];
        let view = json!(details(&r, look()));
        assert!(view["blocks"].as_array().unwrap().len() <= 100);
        assert!(view.to_string().len() < 250_000);
    }
}
