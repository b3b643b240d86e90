//! Block Kit, as much of it as is used, with its limits kept by construction.
//!
//! Text that reaches these functions went through [`super::text`] already.

use serde_json::{Value, json};

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
    /// Name of the action.
    pub action: &'static str,
    /// Word on it.
    pub label: String,
    /// What the click carries.
    pub value: String,
    /// `primary`, `danger`, or neither.
    pub style: Option<&'static str>,
    /// Asked before it counts.
    pub confirm: Option<Confirm>,
    /// What a screen reader says.
    pub spoken: String,
}

impl Button {
    fn json(&self) -> Value {
        let mut button = json!({
            "type": "button",
            "action_id": self.action,
            "text": plain(&self.label, 75),
            "value": text::cut(&self.value, VALUE),
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

/// A row of buttons.
pub fn actions(buttons: &[Button]) -> Value {
    let elements: Vec<Value> = buttons.iter().take(25).map(Button::json).collect();
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

/// A field to write in.
pub fn input(block: &str, action: &str, label: &str, hint: &str) -> Value {
    json!({
        "type": "input",
        "block_id": block,
        "label": plain(label, 2000),
        "element": {
            "type": "plain_text_input",
            "action_id": action,
            "multiline": true,
            "min_length": 1,
            "max_length": 500,
            "placeholder": plain(hint, 150),
        },
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
