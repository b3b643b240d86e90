//! What is read first: where it is, and what broke.

use k8shawk_core::Severity;
use k8shawk_core::count;
use k8shawk_core::record::Record;
use slack_morphism::blocks::SlackBlock;

use super::{Look, Standing};
use crate::services::slack::blocks;
use crate::services::slack::text::{code, inline};

/// Characters of a notification: a phone shows no more of it.
const NOTIFICATION: usize = 150;
/// Characters of it that name the cluster.
const CLUSTER: usize = 40;
/// Characters of it that name the object.
const OBJECT: usize = 70;

/// An emoji for the eye.
pub(super) fn dot(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => ":large_blue_circle:",
        Severity::Medium => ":large_yellow_circle:",
        Severity::High => ":large_orange_circle:",
        Severity::Critical => ":red_circle:",
    }
}

/// Cluster, object and id.
pub(super) fn section(record: &Record, look: Look<'_>) -> SlackBlock {
    let cluster = inline(look.installation.cluster(), 100);
    let owner = inline(&record.incident.owner.to_string(), 400);
    let (dot, id) = (dot(record.severity()), &record.incident.id);
    blocks::section(&format!("{dot} *{cluster} · {owner}* · {id}"))
}

/// What broke, in one line, and how much of it there is.
pub(super) fn cause(record: &Record) -> SlackBlock {
    let title = inline(record.title(), 300);
    let affected = match record.victims().len() {
        0 => String::new(),
        others => format!(" *{} affected.*", count(others, "other object")),
    };
    let end = match affected.is_empty() || title.ends_with(['.', '…']) {
        true => "",
        false => ".",
    };
    blocks::section(&format!("{title}{end}{affected}"))
}

/// What changed before it broke; none where that is not known.
pub(super) fn change(record: &Record) -> Option<SlackBlock> {
    let change = record.finding.as_ref()?.change()?;
    let (id, changed) = (inline(&change.id, 12), code(&change.excerpt, 300));
    Some(blocks::section(&format!("*Last change* [{id}]: {changed}")))
}

/// What a phone shows of it: cluster, object, cause.
pub(super) fn notification(record: &Record, look: Look<'_>) -> String {
    let cluster = inline(look.installation.cluster(), CLUSTER);
    let owner = inline(&record.incident.owner.to_string(), OBJECT);
    let place = format!("[{cluster}] {owner}: ");
    let room = NOTIFICATION.saturating_sub(place.chars().count());
    format!("{place}{}", inline(record.title(), room))
}

/// Everything that matters without any block, and how to go on.
pub(super) fn plain(record: &Record, standing: &Standing, look: Look<'_>) -> String {
    let cluster = inline(look.installation.cluster(), 100);
    let severity = record.severity().as_str();
    let id = &record.incident.id;
    let title = inline(record.title(), 300);
    let owner = inline(&record.incident.owner.to_string(), 200);
    format!(
        "[{cluster}] {owner}: {title} ({severity}, {id}). {} Try /k8shawk show {id}.",
        standing.brief
    )
}
