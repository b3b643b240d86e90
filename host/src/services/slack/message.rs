//! One incident is one message: what it looks like in every state.
//!
//! A message is a pure function of the record and the time, so it can be made true again at any
//! moment: after an outage, a restart, or when a person deleted it.

mod buttons;
mod changes;
mod standing;

use k8shawk_core::Installation;
use k8shawk_core::Severity;
use k8shawk_core::decision::{Advice, Candidate, Decision};
use k8shawk_core::record::Record;
use slack_morphism::blocks::SlackBlock;
use slack_morphism::{SlackMessageAttachment, SlackMessageContent};

use self::changes::Changes;
use super::blocks;
use super::text::{code, inline};

pub use standing::{Standing, may_approve, standing};

/// Evidence shown in the message; the rest is behind Details.
const EVIDENCE: usize = 5;
/// Names of victims that are shown.
const VICTIMS: usize = 10;

/// What a message depends on beside the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look<'i> {
    /// Who this host is.
    pub installation: &'i Installation,
    /// Milliseconds since the Unix epoch.
    pub now: i64,
    /// Milliseconds for which a question stands.
    pub expires_after: i64,
}

/// What is sent: text for notifications and screen readers, and blocks with a colour bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Read aloud, shown in notifications, and the line above the bar.
    pub text: String,
    /// Colour of the bar, none where there is no bar.
    pub colour: Option<&'static str>,
    /// Blocks.
    pub blocks: Vec<SlackBlock>,
    /// True where it has the button that approves.
    pub asks: bool,
}

impl Message {
    /// What `chat.postMessage` and `chat.update` get.
    pub fn content(&self) -> SlackMessageContent {
        let content = SlackMessageContent::new().with_text(self.text.clone());
        let blocks = self.blocks.clone();
        let Some(colour) = self.colour else {
            return content.with_blocks(blocks);
        };
        let bar = SlackMessageAttachment::new()
            .with_color(colour.to_owned())
            .with_fallback(self.text.clone())
            .with_blocks(blocks);
        content.with_attachments(vec![bar])
    }
}

/// Colour of the bar.
pub fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Info | Severity::Low => "#36a64f",
        Severity::Medium => "#ffcc00",
        Severity::High => "#ff8c00",
        Severity::Critical => "#cc0000",
    }
}

/// The message of an incident.
pub fn render(record: &Record, look: Look<'_>) -> Message {
    let standing = standing(record, look);
    let mut body = vec![head(record, &standing, look)];
    body.push(blocks::section(&format!(
        "{} {}",
        standing.mark, standing.words
    )));
    let open = !record.state.is_final();
    if let Some(finding) = &record.finding {
        body.push(blocks::section(&inline(&finding.cause, 1200)));
    }
    body.extend(also(record));
    body.extend(victims(record));
    body.extend(evidence(record));
    let first = record.candidate();
    let changes = first.map_or_else(Changes::default, |c| Changes::of(&c.diff));
    if let Some(decision) = &record.decision {
        body.extend(fix(record, decision, &changes, open));
    }
    body.push(source(record));
    // Nobody approves in a message that does not show all that changes.
    let with = |body, whole| blocks::fit(body, vec![buttons::row(record, look, whole)]);
    let asking = with(body.clone(), true);
    let whole = changes.are_whole_in(&asking);
    Message {
        asks: whole && may_approve(record, look).is_some(),
        text: spoken(record, &standing, look),
        colour: Some(colour(record.severity())),
        blocks: if whole { asking } else { with(body, false) },
    }
}

/// What a notification says: cluster, severity, title, object and standing, without any mark.
fn spoken(record: &Record, standing: &Standing, look: Look<'_>) -> String {
    let cluster = inline(look.installation.cluster(), 100);
    let severity = record.severity().as_str().to_uppercase();
    let id = &record.incident.id;
    let title = inline(record.title(), 300);
    let owner = inline(&record.incident.owner.to_string(), 200);
    format!(
        "[{cluster}] {severity} {id}: {title} ({owner}). {}",
        standing.brief
    )
}

fn head(record: &Record, standing: &Standing, look: Look<'_>) -> SlackBlock {
    let object = |name: &str, value: &str| format!("*{name}*\n{value}");
    let owner = &record.incident.owner;
    let seen = record.incident.signals.iter();
    let seen = seen.fold(0_u32, |all, s| all.saturating_add(s.count));
    let state = match seen {
        0 => standing.state.to_owned(),
        seen => format!("{} (seen {seen}x)", standing.state),
    };
    blocks::fields(&[
        object("Object", &inline(&owner.to_string(), 400)),
        object("Cluster", &inline(look.installation.cluster(), 100)),
        object("Severity", record.severity().as_str()),
        object("Class", &inline(record.class(), 100)),
        object("State", &state),
    ])
}

fn also(record: &Record) -> Option<SlackBlock> {
    let titles: Vec<String> = record
        .also
        .iter()
        .take(5)
        .map(|f| format!("• {}", inline(&f.title, 300)))
        .collect();
    (!titles.is_empty()).then(|| blocks::section(&format!("*Also*\n{}", titles.join("\n"))))
}

fn victims(record: &Record) -> Option<SlackBlock> {
    let all = record.victims();
    if all.is_empty() {
        return None;
    }
    let names: Vec<String> = all
        .iter()
        .take(VICTIMS)
        .map(|v| code(&v.to_string(), 120))
        .collect();
    let more = match all.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(blocks::section(&format!(
        "*One cause, {} victims*\n{}{more}",
        all.len(),
        names.join(", ")
    )))
}

fn evidence(record: &Record) -> Option<SlackBlock> {
    let finding = record.finding.as_ref()?;
    let mut lines: Vec<String> = finding
        .evidence
        .iter()
        .take(EVIDENCE)
        .map(|e| {
            let excerpt = code(&e.excerpt, 300);
            format!(
                "[{}] {}: {excerpt}",
                inline(&e.id, 12),
                inline(&e.source, 160)
            )
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let more = finding.evidence.len().saturating_sub(EVIDENCE);
    if more > 0 {
        lines.push(format!("and {more} more in Details"));
    }
    Some(blocks::section(&format!(
        "*Evidence*\n{}",
        lines.join("\n")
    )))
}

fn fix(record: &Record, decision: &Decision, changes: &Changes, open: bool) -> Vec<SlackBlock> {
    let Some(candidate) = decision.first() else {
        let next = inline(&decision.next_check, 1500);
        let why = match decision.advice() {
            Advice::NoSafeFix | Advice::Fix(_) => "*No safe fix.*".to_owned(),
            advice @ Advice::NotKnown(_) => {
                let why = advice.without_fix().unwrap_or_default();
                format!("*Not known:* {}.", inline(&why, 800))
            }
        };
        return vec![blocks::section(&format!("{why} Next check: {next}"))];
    };
    let mut all = vec![blocks::section(&proposal(candidate, open))];
    all.extend(changes.sections.iter().cloned());
    if changes.left_off > 0 {
        all.push(blocks::section(&too_long(record, changes.left_off, open)));
    }
    let mut small = vec![format!("Like {}", code(&candidate.fix.kubectl(), 600))];
    if open {
        small.push(format!(
            "Needs {}",
            inline(&candidate.ruling.summary(), 400)
        ));
    }
    small.extend(candidate.experience().map(|past| inline(&past, 300)));
    let refused = record.refused().len();
    if refused > 0 {
        let proposals = if refused == 1 {
            "proposal was"
        } else {
            "proposals were"
        };
        small.push(format!("{refused} other {proposals} refused"));
    }
    all.push(blocks::context(&small));
    all
}

fn too_long(record: &Record, left_off: usize, open: bool) -> String {
    let id = &record.incident.id;
    let where_to = match open {
        true => format!("`k8shawk approve {id}` on a terminal shows them and asks"),
        false => "the RCA has them".to_owned(),
    };
    format!("*{left_off} more changed fields do not fit here*: {where_to}.")
}

fn proposal(candidate: &Candidate, open: bool) -> String {
    let fix = &candidate.fix;
    let target = inline(&fix.target.to_string(), 300);
    let rationale = inline(&candidate.rationale, 900);
    let action = fix.action.name();
    let word = if open { "Proposed fix" } else { "Fix" };
    let proposer = candidate.proposer();
    let proposer = proposer.map_or(String::new(), |by| format!(", {}", inline(&by, 80)));
    format!(
        "*{word}: {action}* on {target}\nRisk *{}*{proposer}. {rationale}",
        fix.risk()
    )
}

fn source(record: &Record) -> SlackBlock {
    let mut small = Vec::new();
    if let Some(finding) = &record.finding {
        let by = inline(&record.answered_by, 80);
        small.push(format!(
            "Answered by {by}, confidence {} of 100",
            finding.confidence
        ));
    }
    for why in record.consulted.iter().flat_map(|c| &c.why).take(2) {
        small.push(format!("Not answered by {}", inline(why, 200)));
    }
    if record.consulted.as_ref().is_some_and(|c| c.contradicts) {
        small.push("A model contradicts this: its view is under Also".to_owned());
    }
    small.push(format!(
        "Opened {}",
        super::text::moment(record.incident.opened_at)
    ));
    small.push(record.incident.id.to_string());
    blocks::context(&small)
}

/// True where approval was requested or people were notified: what went away, or became part of another incident,
/// before that has no message of its own.
pub fn is_told(record: &Record) -> bool {
    record.asked_at.is_some()
}

#[cfg(test)]
pub(crate) mod tests;
