//! What the thread of an incident's message gets, derived from the record: each post has a key
//! and is sent once, however often it is derived.

use k8shawk_core::Installation;
use k8shawk_core::count;
use k8shawk_core::rca;
use k8shawk_core::record::{Execution, Record, State};
use serde::{Deserialize, Serialize};
use slack_morphism::SlackMessageContent;
use slack_morphism::blocks::{SlackBlock, SlackBlockButtonStyle};

use super::blocks::{self, Button, confirm};
use super::markdown;
use super::message::{Look, Message, fits_the_dialog, standing};
use super::payload::Press;
use super::text::{block, code, inline, person, plain};

/// Characters of a document that is shown as a message; a longer one is a file.
const SHOWN: usize = 10_500;

/// One post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// Unique for the incident: the same post is never sent twice.
    pub key: String,
    /// What is sent.
    pub content: Content,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// A message.
    Message {
        /// Text for notifications and screen readers.
        text: String,
        /// Blocks.
        blocks: Vec<SlackBlock>,
    },
    /// A file with text.
    File {
        /// Name.
        name: String,
        /// Words beside it.
        comment: String,
        /// Its text.
        text: String,
    },
}

/// Makes posts of one incident: each says which one, and of which cluster.
struct Thread<'a> {
    record: &'a Record,
    installation: &'a Installation,
}

impl Thread<'_> {
    fn post(&self, key: String, text: &str, blocks: Vec<SlackBlock>) -> Post {
        let cluster = self.installation.cluster();
        let id = self.record.incident.id.to_string();
        let text = format!("[{cluster}] {text}");
        Post {
            key,
            content: Content::Message {
                text: plain(&text, 1000),
                blocks: blocks::fit(blocks, vec![blocks::of_cluster(self.installation, &[id])]),
            },
        }
    }
}

impl Content {
    /// What `chat.postMessage` gets; none for a file.
    pub fn message(&self) -> Option<SlackMessageContent> {
        let Content::Message { text, blocks } = self else {
            return None;
        };
        let text = super::text::inline(text, 1000);
        let message = Message {
            plain: text.clone(),
            text,
            blocks: blocks.clone(),
            behind: None,
            asks: false,
        };
        Some(message.content())
    }
}

/// Everything that the thread should have, in order.
pub fn posts(record: &Record, installation: &Installation) -> Vec<Post> {
    let thread = Thread {
        record,
        installation,
    };
    let mut all = Vec::new();
    if record.asked_at.is_some() && record.finding.is_some() {
        all.extend(thread.document("asked"));
    }
    all.extend(thread.command());
    all.extend(thread.voided());
    if let Some(execution) = &record.execution {
        all.push(thread.applying(execution));
        if let Some(output) = &execution.output {
            let at = execution.started_at;
            let key = format!("output/{at}");
            let text = format!("Applied: {output}");
            let section = blocks::section(&applied(output));
            all.push(thread.post(key, &text, vec![section]));
        }
    }
    if let Some(verdict) = thread.verdict() {
        all.push(verdict);
        all.extend(thread.document(record.state.as_str()));
    }
    if let Some(other) = &record.undone_by {
        let text = format!("Undo proposed: {other}");
        let shown = format!(
            "*Undo proposed* as {}: approve it there.",
            inline(other, 40)
        );
        let section = blocks::section(&shown);
        all.push(thread.post(format!("undo/{other}"), &text, vec![section]));
    }
    all
}

/// What the API server answered: one line, or as many as there are.
fn applied(output: &str) -> String {
    match output.trim_end().contains('\n') {
        true => format!("*Applied*\n{}", block(output, 2500)),
        false => format!("*Applied*: {}", inline(output, 2500)),
    }
}

impl Thread<'_> {
    /// The whole command line and the diff, where the dialog of Approve has no room for the line.
    fn command(&self) -> Option<Post> {
        let record = self.record;
        let candidate = record.candidate().filter(|c| !fits_the_dialog(c))?;
        let asked_at = record.asked_at?;
        let fenced = |text: &str| {
            format!(
                "```\n{}\n```\n",
                text.replace("```", "\u{2cb}\u{2cb}\u{2cb}")
            )
        };
        let (kubectl, diff) = (candidate.fix.kubectl(), candidate.diff.to_string());
        let text = format!("Exact command of {}", record.incident.id);
        let markdown = format!(
            "**Exact command**\n{}**Diff**\n{}",
            fenced(&kubectl),
            fenced(&diff)
        );
        let pieces = markdown::pieces(&markdown::mrkdwn(&markdown), 2900);
        let sections = pieces.iter().map(|p| blocks::section(p)).collect();
        Some(self.post(format!("command/{asked_at}"), &text, sections))
    }

    /// Each time that a question or an approval became void: an edited message tells nobody.
    fn voided(&self) -> Vec<Post> {
        let asked = |s: State| matches!(s, State::Waiting | State::Approved | State::Executing);
        let steps = self.record.history.iter();
        steps
            .clone()
            .zip(steps.skip(1))
            .filter(|(before, after)| {
                asked(before.state) && matches!(after.state, State::Open | State::Investigated)
            })
            .map(|(_, after)| {
                let note = inline(&after.note, 600);
                let text = format!("Approval void: {}", after.note);
                let shown = format!(":repeat: *Approval void, investigating again*: {note}.");
                let section = blocks::section(&shown);
                self.post(format!("void/{}", after.at), &text, vec![section])
            })
            .collect()
    }

    fn applying(&self, execution: &Execution) -> Post {
        let (fix, at) = (&execution.fix, execution.started_at);
        let names: Vec<String> = execution.approvers.iter().map(|n| person(n)).collect();
        let kubectl = code(&fix.kubectl(), 2000);
        let by = names.join(", ");
        let shown = format!("*Applying the fix*, approved by {by}\n{kubectl}");
        let text = format!("Applying the fix of {}", fix.target);
        self.post(
            format!("applying/{at}"),
            &text,
            vec![blocks::section(&shown)],
        )
    }

    /// The end of the incident, with Undo where the fix has an inverse and did not simply help.
    fn verdict(&self) -> Option<Post> {
        let record = self.record;
        let ended = record.state.is_final() && record.asked_at.is_some();
        if !ended || record.state == State::Merged {
            return None;
        }
        let look = Look {
            now: i64::MIN / 2,
            expires_after: 0,
            installation: self.installation,
            approvers: &[],
        };
        let standing = standing(record, look);
        let mut all = vec![blocks::section(&format!(
            "{} {}",
            standing.mark, standing.words
        ))];
        if let Some(recovery) = &record.recovery {
            let checks = count(recovery.checks, "health check");
            all.push(blocks::context(&[checks]));
        }
        all.extend(self.undo());
        let key = format!("verdict/{}", record.state.as_str());
        Some(self.post(key, &standing.brief, all))
    }

    fn undo(&self) -> Option<SlackBlock> {
        let record = self.record;
        let back = record.inverse()?;
        let incident = record.incident.id.0.clone();
        let what = plain(&back.kubectl(), 200);
        let button = Button {
            spoken: format!("Undo the fix of {incident}"),
            press: Press::Undo { incident },
            label: "Undo…".to_owned(),
            style: (record.state == State::Worse).then_some(SlackBlockButtonStyle::Danger),
            confirm: Some(confirm(
                "Propose to undo this fix?",
                &format!("{what}\n\nNothing runs yet: this needs approval like any fix."),
                "Propose undo",
            )),
        };
        Some(blocks::actions(&[button], self.installation, None))
    }

    /// The RCA, as a message or as a file.
    fn document(&self, when: &str) -> Option<Post> {
        let record = self.record;
        record.finding.as_ref()?;
        let markdown = rca::render(record, self.installation.cluster()).into_string();
        let key = format!("rca/{when}");
        let shown = markdown::mrkdwn(&markdown);
        if shown.chars().count() > SHOWN {
            let name = rca::file_name(record);
            let name = name.rsplit('/').next().unwrap_or("rca.md").to_owned();
            return Some(Post {
                key,
                content: Content::File {
                    name,
                    comment: format!(
                        "Root cause analysis of {}, cluster {}",
                        record.incident.id,
                        self.installation.cluster()
                    ),
                    text: markdown,
                },
            });
        }
        let sections = markdown::pieces(&shown, 2900);
        let sections = sections.iter().map(|p| blocks::section(p)).collect();
        let text = format!("Root cause analysis of {}", record.incident.id);
        Some(self.post(key, &text, sections))
    }
}
