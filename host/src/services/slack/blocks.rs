//! Block Kit, as much of it as is used, with its limits kept by construction.
//!
//! Text that reaches these functions went through [`super::text`] already.

use k8shawk_core::Installation;
use serde_json::{Value, json};

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

/// Text with Slack's own marks.
pub fn mrkdwn(text: &str, limit: usize) -> Value {
    let text = if text.is_empty() { " " } else { text };
    // Verbatim: addresses and names of channels in foreign text do not become links.
    json!({"type": "mrkdwn", "text": text::cut(text, limit), "verbatim": true})
}

/// Text without marks.
pub fn plain(text: &str, limit: usize) -> Value {
    let text = if text.is_empty() { " " } else { text };
    json!({"type": "plain_text", "text": text::cut(text, limit), "emoji": false})
}

/// A paragraph.
pub fn section(text: &str) -> Value {
    json!({"type": "section", "text": mrkdwn(text, SECTION)})
}

/// A paragraph in two columns; at most ten fields.
pub fn fields(fields: &[String]) -> Value {
    let fields: Vec<Value> = fields.iter().take(10).map(|f| mrkdwn(f, FIELD)).collect();
    json!({"type": "section", "fields": fields})
}

/// Small text; at most ten elements.
pub fn context(elements: &[String]) -> Value {
    let elements: Vec<Value> = elements.iter().take(10).map(|e| mrkdwn(e, FIELD)).collect();
    json!({"type": "context", "elements": elements})
}

/// Small text that names the cluster: it ends every message and begins every view.
pub fn of_cluster(installation: &Installation, more: &[String]) -> Value {
    let cluster = text::inline(installation.cluster(), 100);
    let mut all = vec![format!("Cluster *{cluster}*")];
    all.extend_from_slice(more);
    context(&all)
}

/// A headline.
pub fn header(text: &str) -> Value {
    json!({"type": "header", "text": plain(text, 150)})
}

/// A line.
pub fn divider() -> Value {
    json!({"type": "divider"})
}

/// A dialog that asks again before a button counts.
pub struct Confirm {
    /// Title.
    pub title: String,
    /// What happens.
    pub text: String,
    /// Word for yes.
    pub yes: String,
}

/// A button.
pub struct Button {
    /// What it asks.
    pub press: Press,
    /// Word on it.
    pub label: String,
    /// `primary`, `danger`, or neither.
    pub style: Option<&'static str>,
    /// Asked before it counts.
    pub confirm: Option<Confirm>,
    /// What a screen reader says.
    pub spoken: String,
}

impl Button {
    fn json(&self, installation: &Installation) -> Value {
        let mut button = json!({
            "type": "button",
            "action_id": self.press.action(),
            "text": plain(&self.label, 75),
            "value": text::cut(&self.press.value(installation), VALUE),
            "accessibility_label": text::cut(&self.spoken, 75),
        });
        let Some(map) = button.as_object_mut() else {
            return button;
        };
        if let Some(style) = self.style {
            map.insert("style".to_owned(), json!(style));
        }
        if let Some(confirm) = &self.confirm {
            let dialog = json!({
                "title": plain(&confirm.title, 100),
                "text": plain(&confirm.text, 300),
                "confirm": plain(&confirm.yes, 30),
                "deny": plain("Cancel", 30),
                "style": "primary",
            });
            map.insert("confirm".to_owned(), dialog);
        }
        button
    }
}

/// A row of buttons, each of which says whose it is.
pub fn actions(buttons: &[Button], installation: &Installation) -> Value {
    let buttons = buttons.iter().take(25);
    let elements: Vec<Value> = buttons.map(|b| b.json(installation)).collect();
    json!({"type": "actions", "elements": elements})
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
    pub private: String,
    /// Body.
    pub blocks: Vec<Value>,
}

impl Modal {
    /// The view.
    pub fn json(self) -> Value {
        let mut blocks = self.blocks;
        blocks.truncate(VIEW_BLOCKS);
        let mut view = json!({
            "type": "modal",
            "callback_id": self.callback,
            "title": plain(&self.title, 24),
            "close": plain(if self.submit.is_some() { "Cancel" } else { "Close" }, 24),
            "private_metadata": text::cut(&self.private, 3000),
            "blocks": blocks,
        });
        if let (Some(submit), Some(map)) = (&self.submit, view.as_object_mut()) {
            map.insert("submit".to_owned(), plain(submit, 24));
        }
        view
    }
}

/// Characters of what is written into a field.
const WRITTEN: usize = 500;

/// A field to write in, with what stands in it at first.
pub fn input((block, action): (&str, &str), label: &str, hint: &str, first: &str) -> Value {
    let mut element = json!({
        "type": "plain_text_input",
        "action_id": action,
        "multiline": true,
        "min_length": 1,
        "max_length": WRITTEN,
        "placeholder": plain(hint, 150),
    });
    if let (false, Some(map)) = (first.is_empty(), element.as_object_mut()) {
        map.insert("initial_value".to_owned(), json!(text::cut(first, WRITTEN)));
    }
    json!({
        "type": "input",
        "block_id": block,
        "label": plain(label, 2000),
        "element": element,
    })
}

/// Characters of text in a block.
fn weight(block: &Value) -> usize {
    match block {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(map) => {
            let counted = |(key, value): (&String, &Value)| match key.as_str() {
                "text" | "elements" | "fields" => weight(value),
                _ => 0,
            };
            map.iter().map(counted).sum()
        }
        _ => 0,
    }
}

/// Keep a message within the limits of Slack: what does not fit is left out from the end of its
/// optional blocks. `fixed` blocks at the end (the buttons) always stay.
pub fn fit(mut blocks: Vec<Value>, fixed: Vec<Value>) -> Vec<Value> {
    let mut left_out = false;
    loop {
        let total: usize = blocks.iter().chain(&fixed).map(weight).sum();
        if total <= TOTAL && blocks.len() + fixed.len() < MESSAGE_BLOCKS {
            break;
        }
        if blocks.pop().is_none() {
            break;
        }
        left_out = true;
    }
    if left_out {
        blocks.push(context(&[
            "The rest is in the thread and in Details.".to_owned()
        ]));
    }
    blocks.extend(fixed);
    blocks
}
