//! The Block Kit of `slack-morphism`, as much of it as is used, with Slack's limits kept by
//! construction: the library has none.
//!
//! Text that reaches these functions went through [`super::text`] already.

use k8shawk_core::Installation;
use serde_json::Value;
use slack_morphism::blocks::*;

use super::payload::Press;
use super::text;

/// Characters of a section.
pub const SECTION: usize = 3000;
/// Characters of a field of a section.
pub const FIELD: usize = 2000;
/// Characters of a value that a button carries.
const VALUE: usize = 2000;
/// Blocks of a message.
pub const MESSAGE_BLOCKS: usize = 50;
/// Blocks of a modal or a home tab.
pub const VIEW_BLOCKS: usize = 100;
/// Characters of all blocks of a message together; Slack refuses more than about 13,200.
pub const TOTAL: usize = 12_000;

/// No text is empty: Slack refuses the whole message.
fn some(text: &str, limit: usize) -> String {
    text::cut(if text.is_empty() { " " } else { text }, limit)
}

/// Text with Slack's own marks.
fn mrkdwn(text: &str, limit: usize) -> SlackBlockMarkDownText {
    // Verbatim: addresses and names of channels in foreign text do not become links.
    SlackBlockMarkDownText::new(some(text, limit)).with_verbatim(true)
}

/// Text without marks.
fn plain(text: &str, limit: usize) -> SlackBlockPlainTextOnly {
    let text = SlackBlockPlainText::new(some(text, limit));
    text.with_emoji(false).into()
}

/// A paragraph.
pub fn section(text: &str) -> SlackBlock {
    let text = mrkdwn(text, SECTION).into();
    SlackSectionBlock::new().with_text(text).into()
}

/// A paragraph in two columns; at most ten fields.
pub fn fields(fields: &[String]) -> SlackBlock {
    let fields = fields.iter().take(10).map(|f| mrkdwn(f, FIELD).into());
    let fields = fields.collect();
    SlackSectionBlock::new().with_fields(fields).into()
}

/// Small text; at most ten elements.
pub fn context(elements: &[String]) -> SlackBlock {
    let elements = elements.iter().take(10).map(|e| mrkdwn(e, FIELD).into());
    SlackContextBlock::new(elements.collect()).into()
}

/// Small text that names the cluster: it ends every post and begins every view.
pub fn of_cluster(installation: &Installation, more: &[String]) -> SlackBlock {
    let cluster = text::inline(installation.cluster(), 100);
    let mut all = vec![format!("Cluster *{cluster}*")];
    all.extend_from_slice(more);
    context(&all)
}

/// A headline.
pub fn header(text: &str) -> SlackBlock {
    SlackHeaderBlock::new(plain(text, 150)).into()
}

/// A line.
pub fn divider() -> SlackBlock {
    SlackDividerBlock::new().into()
}

/// A dialog that asks again before a button counts: title, what happens, word for yes.
pub fn confirm(title: &str, text: &str, yes: &str) -> SlackBlockConfirmItem {
    let (title, text) = (plain(title, 100), plain(text, 300));
    let (yes, no) = (plain(yes, 30), plain("Cancel", 30));
    SlackBlockConfirmItem::new(title, text.into(), yes, no).with_style("primary".to_owned())
}

/// A button.
pub struct Button {
    /// What it asks.
    pub press: Press,
    /// Word on it.
    pub label: String,
    /// None for an ordinary one.
    pub style: Option<SlackBlockButtonStyle>,
    /// Asked before it counts.
    pub confirm: Option<SlackBlockConfirmItem>,
    /// What a screen reader says.
    pub spoken: String,
}

impl Button {
    fn of(&self, installation: &Installation) -> SlackBlockButtonElement {
        SlackBlockButtonElement::new(plain(&self.label, 75))
            .with_action_id(self.press.action().into())
            .with_value(text::cut(&self.press.value(installation), VALUE))
            .with_accessibility_label(text::cut(&self.spoken, 75).into())
            .opt_style(self.style.clone())
            .opt_confirm(self.confirm.clone())
    }
}

/// A row of buttons, each of which says whose it is; `id` distinguishes rows of one view.
pub fn actions(buttons: &[Button], installation: &Installation, id: Option<String>) -> SlackBlock {
    let buttons = buttons.iter().take(25).map(|b| b.of(installation).into());
    let row = SlackActionsBlock::new(buttons.collect());
    row.opt_block_id(id.map(SlackBlockId)).into()
}

/// A modal.
pub struct Modal {
    /// Name that its submission carries.
    pub callback: &'static str,
    /// Title.
    pub title: String,
    /// Word on the button that submits; none where there is nothing to submit.
    pub submit: Option<String>,
    /// What the submission carries.
    pub private: Option<String>,
    /// Body.
    pub blocks: Vec<SlackBlock>,
}

impl Modal {
    /// The view.
    pub fn view(self) -> SlackView {
        let mut blocks = self.blocks;
        blocks.truncate(VIEW_BLOCKS);
        let close = if self.submit.is_some() {
            "Cancel"
        } else {
            "Close"
        };
        SlackView::Modal(
            SlackModalView::new(plain(&self.title, 24), blocks)
                .with_callback_id(self.callback.into())
                .with_close(plain(close, 24))
                .opt_submit(self.submit.map(|submit| plain(&submit, 24)))
                .opt_private_metadata(self.private.map(|private| text::cut(&private, 3000))),
        )
    }
}

/// A home tab.
pub fn home(mut blocks: Vec<SlackBlock>) -> SlackView {
    blocks.truncate(VIEW_BLOCKS);
    SlackView::Home(SlackHomeView::new(blocks))
}

/// Characters of what is written into a field.
const WRITTEN: u64 = 500;

/// A field to write in, with what stands in it at first.
pub fn input((block, action): (&str, &str), label: &str, hint: &str, first: &str) -> SlackBlock {
    let first = text::cut(first, WRITTEN as usize);
    let element = SlackBlockPlainTextInputElement::new()
        .with_action_id(action.into())
        .with_multiline(true)
        .with_min_length(1)
        .with_max_length(WRITTEN)
        .with_placeholder(plain(hint, 150))
        .opt_initial_value(Some(first).filter(|f| !f.is_empty()));
    let input = SlackInputBlock::new(plain(label, 2000), element.into());
    input.with_block_id(block.into()).into()
}

/// Characters of text in a block.
fn weight(block: &SlackBlock) -> usize {
    fn of(value: &Value) -> usize {
        match value {
            Value::String(text) => text.chars().count(),
            Value::Array(items) => items.iter().map(of).sum(),
            Value::Object(map) => {
                let counted = ["text", "elements", "fields"];
                counted.iter().filter_map(|key| map.get(*key)).map(of).sum()
            }
            _ => 0,
        }
    }
    serde_json::to_value(block).map_or(0, |value| of(&value))
}

/// Keep a message within the limits of Slack: what does not fit is left out from the end of its
/// optional blocks. `fixed` blocks at the end (the buttons) always stay.
pub fn fit(blocks: Vec<SlackBlock>, fixed: Vec<SlackBlock>) -> Vec<SlackBlock> {
    let used: usize = fixed.iter().map(weight).sum();
    let mut blocks = within(
        blocks,
        TOTAL.saturating_sub(used),
        MESSAGE_BLOCKS - fixed.len(),
    );
    blocks.extend(fixed);
    blocks
}

/// What fits behind the colour bar of a message with these blocks.
pub fn fit_behind(blocks: Vec<SlackBlock>, before: &[SlackBlock]) -> Vec<SlackBlock> {
    let used: usize = before.iter().map(weight).sum();
    let room = TOTAL.saturating_sub(used);
    within(blocks, room, MESSAGE_BLOCKS.saturating_sub(before.len()))
}

/// As many as have `room` characters and are fewer than `most`, and what stands for the rest.
fn within(mut blocks: Vec<SlackBlock>, room: usize, most: usize) -> Vec<SlackBlock> {
    let mut total: usize = blocks.iter().map(weight).sum();
    let mut left_out = false;
    while total > room || blocks.len() >= most {
        let Some(last) = blocks.pop() else { break };
        total -= weight(&last);
        left_out = true;
    }
    if left_out {
        blocks.push(context(&[
            "Cut to fit Slack: the rest is in the thread and under *Evidence*.".to_owned(),
        ]));
    }
    blocks
}
