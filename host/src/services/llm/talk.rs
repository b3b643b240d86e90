//! The messages so far.

use k8shawk_core::llm::{Clean, Egress, Fence};

use super::wire::{Ask, Message, SentCall, ToolResult};

/// Below this a tool's answer is not shortened further.
const SHORTEST: usize = 600;

/// A conversation as it is sent.
pub(super) struct Talk {
    pub egress: Egress,
    pub fence: Fence,
    system: Clean,
    messages: Vec<Message>,
    answer_tokens: u32,
    pub temperature: u8,
}

impl Talk {
    pub fn new(mut egress: Egress, fence: Fence, system: &str, answer_tokens: u32) -> Talk {
        let system = egress.clean(system);
        Talk {
            egress,
            fence,
            system,
            messages: Vec::new(),
            answer_tokens,
            temperature: 20,
        }
    }

    pub fn ask(&self) -> Ask<'_> {
        Ask {
            system: &self.system,
            messages: &self.messages,
            answer_tokens: self.answer_tokens,
            temperature: self.temperature,
        }
    }

    pub fn say(&mut self, text: &str) {
        let text = self.egress.clean(text);
        self.messages.push(Message::User(text));
    }

    pub fn answered(&mut self, text: &str, calls: Vec<SentCall>) {
        // An answer of nothing at all is refused by some servers.
        let nothing = text.trim().is_empty() && calls.is_empty();
        let text = self
            .egress
            .clean(if nothing { "(no valid call)" } else { text });
        self.messages.push(Message::Assistant { text, calls });
    }

    pub fn results(&mut self, results: Vec<ToolResult>) {
        self.messages.push(Message::Results(results));
    }

    /// Send less: every long answer of a tool, and the first message, at half. False where
    /// nothing is left to shorten.
    pub fn shrink(&mut self) -> bool {
        let mut shrunk = false;
        let mut halve = |text: &mut Clean| {
            let length = text.as_str().len();
            if length > SHORTEST {
                *text = text.shortened(length / 2);
                shrunk = true;
            }
        };
        for message in &mut self.messages {
            match message {
                Message::Results(results) => results.iter_mut().for_each(|r| halve(&mut r.text)),
                Message::User(text) => halve(text),
                Message::Assistant { .. } => {}
            }
        }
        shrunk
    }
}
