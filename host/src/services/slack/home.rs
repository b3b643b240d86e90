//! The home tab and the modals.

use k8shawk_core::count;
use k8shawk_core::finding::Finding;
use k8shawk_core::record::{Record, State};
use slack_morphism::blocks::{SlackBlock, SlackView};

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
            "{} open, {waiting} waiting for approval",
            count(open.len(), "incident")
        )),
        blocks::divider(),
    ];
    for record in open.iter().take(LISTED) {
        let id = &record.incident.id.0;
        all.push(blocks::section(&line(record, look)));
        let button = Button {
            press: Press::Evidence {
                incident: id.clone(),
            },
            label: "Evidence".to_owned(),
            style: None,
            confirm: None,
            spoken: format!("Show the evidence of {id}"),
        };
        // Blocks of one view must differ in their ids.
        let row = Some(format!("row/{id}"));
        all.push(blocks::actions(&[button], look.installation, row));
    }
    let more = open.len().saturating_sub(LISTED);
    if more > 0 {
        all.push(blocks::context(&[format!("{more} more: `/k8shawk list`")]));
    }
    blocks::home(all)
}

/// The home tab of somebody who may read nothing, with the reason.
pub fn closed(why: &str) -> SlackView {
    let why = inline(why, 300);
    blocks::home(vec![
        blocks::header("K8sHawk"),
        blocks::section(&format!("You have no access: {why}.")),
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
                "Reason",
                "Kept with the incident and in its RCA",
                proposed,
            ),
        ],
    }
    .view()
}

/// Everything that is known of an incident.
pub fn evidence(record: &Record, look: Look<'_>) -> SlackView {
    let id = &record.incident.id.0;
    let standing = standing(record, look);
    let owner = record.incident.owner.to_string();
    let mut all = vec![
        blocks::header(&plain(record.title(), 150)),
        blocks::of_cluster(look.installation, &[inline(&owner, 300)]),
        blocks::section(&format!("{} {}", standing.mark, standing.words)),
    ];
    for finding in record.finding.iter().chain(&record.also).take(4) {
        all.extend(of_finding(finding));
    }
    all.push(blocks::context(&provenance(record)));
    all.extend(record.refused().iter().take(10).map(|r| {
        let (what, why) = (inline(&r.proposal, 400), inline(&r.reason, 800));
        blocks::section(&format!("*Rejected fix:* {what}\n{why}"))
    }));
    for step in record.history.iter().rev().take(10).rev() {
        let (words, rest) = step.told();
        let (at, rest) = (moment(step.at), inline(&rest, 400));
        all.push(blocks::context(&[format!("{at} {words}{rest}")]));
    }
    Modal {
        callback: "evidence",
        title: format!("Evidence of {id}"),
        submit: None,
        private: None,
        blocks: all,
    }
    .view()
}

/// A cause with all that proves it, and what nothing proves.
fn of_finding(finding: &Finding) -> Vec<SlackBlock> {
    let mut all = vec![blocks::section(&inline(&finding.cause, 2500))];
    all.extend(finding.evidence.iter().take(12).map(|e| {
        let (id, source) = (inline(&e.id, 12), inline(&e.source, 200));
        let excerpt = block(&e.excerpt, 1500);
        blocks::section(&format!("*[{id}]* {source}\n{excerpt}"))
    }));
    let claims = finding.unsupported.iter();
    let claims = claims.map(|c| format!("Not backed by evidence: {}", inline(c, 400)));
    let unknown = finding.unknown.iter();
    let unknown = unknown.map(|u| format!("Unknown: {}", inline(u, 400)));
    let rest: Vec<String> = claims.chain(unknown).take(10).collect();
    if !rest.is_empty() {
        all.push(blocks::context(&rest));
    }
    all
}

/// How the cause and the fix were found: what the message leaves out.
fn provenance(record: &Record) -> Vec<String> {
    let mut all = vec![format!("Class {}", inline(record.class(), 100))];
    if let Some(finding) = &record.finding {
        let by = inline(&record.answered_by, 80);
        all.push(format!(
            "Found by {by}, {} % confidence",
            finding.confidence
        ));
    }
    let why = record.consulted.iter().flat_map(|c| &c.why).take(3);
    all.extend(why.map(|w| format!("No answer from {}", inline(w, 200))));
    if let Some(candidate) = record.candidate() {
        let proposer = candidate.proposer();
        let proposer = proposer.map_or(String::new(), |by| format!(" {}", inline(&by, 80)));
        all.push(format!("Fix {}{proposer}", candidate.fix.action.name()));
        all.push(format!(
            "Policy: {}",
            inline(&candidate.ruling.summary(), 400)
        ));
    }
    let unanswered = record.decision.iter().flat_map(|d| &d.unanswered).take(3);
    all.extend(unanswered.map(|u| format!("No answer from {}", inline(&u.to_string(), 300))));
    all
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
        assert!(shown.contains("1 incident open, 1 waiting"), "{shown}");
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
            evidence(&record(), look()),
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
    fn the_largest_evidence_fits_into_a_modal() {
        let mut r = record();
        let finding = r.finding.as_mut().unwrap();
        let one = finding.evidence[0].clone();
        finding.evidence = vec![one; 200];
        let other = finding.clone();
        r.also = vec![other; 50];
        let view = json!(evidence(&r, look()));
        assert!(view["blocks"].as_array().unwrap().len() <= 100);
        assert!(view.to_string().len() < 250_000);
    }
}
