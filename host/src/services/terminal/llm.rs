//! What a model does, while it does it: rounds, reads, rungs, tokens and cost.

use k8shawk_core::{count, shorten};
use std::sync::{Mutex, PoisonError};

use k8shawk_core::incident::Incident;
use k8shawk_core::llm::Usage;
use k8shawk_core::redacted;

use super::{Terminal, plain};
use crate::services::llm::{Next, Progress, Sink};
use crate::services::progress;

/// Longest reason that is shown.
const REASON: usize = 160;

/// Prints the steps of one investigation.
pub struct ModelSteps<'t> {
    terminal: &'t Terminal,
    id: String,
    owner: String,
    /// The round and how many there are at most.
    round: Mutex<(u32, u32)>,
}

impl<'t> ModelSteps<'t> {
    /// For an incident.
    pub fn new(terminal: &'t Terminal, incident: &Incident) -> ModelSteps<'t> {
        ModelSteps {
            terminal,
            id: incident.id.0.clone(),
            owner: incident.owner.to_string(),
            round: Mutex::default(),
        }
    }

    fn round(&self) -> String {
        let (number, of) = *self.round.lock().unwrap_or_else(PoisonError::into_inner);
        format!("round {number} of {of}")
    }

    fn begin(&self, number: u32, of: u32) {
        *self.round.lock().unwrap_or_else(PoisonError::into_inner) = (number, of);
        progress::say(format!("{}: {}", self.id, self.round()));
        if number == 1 {
            self.print(&format!("a model looks at {}", self.owner));
        }
    }

    fn print(&self, text: &str) {
        // Two columns of our own stay in front of what belongs to a step.
        let indent = if text.starts_with("  ") { "  " } else { "" };
        let line = redacted!("{} {}{}", plain(&self.id), indent, plain(text.trim_start()));
        self.terminal.print(&self.terminal.dim(&line));
    }
}

/// A tool's call in words.
fn called(
    name: &str,
    read: &str,
    evidence: Option<&str>,
    told: Option<&str>,
    took_ms: u64,
) -> String {
    let told = shorten(told.unwrap_or_default(), REASON);
    match (evidence, read.is_empty()) {
        (Some(id), false) => format!("  [{id}] {read} ({took_ms} ms)"),
        (Some(id), true) => format!("  {name} again: see [{id}]"),
        (None, false) => format!("  {read}: {told}"),
        (None, true) => format!("  {name}: {told}"),
    }
}

/// Tokens and money, in words.
pub fn spent(usage: &Usage) -> String {
    let mut text = format!("{} + {}", usage.input, count(usage.output, "token"));
    if usage.cost > 0 {
        let micros = usage.cost;
        text.push_str(&format!(
            ", ${}.{:06}",
            micros / 1_000_000,
            micros % 1_000_000
        ));
    }
    text
}

impl Sink for ModelSteps<'_> {
    fn on(&self, step: &Progress<'_>) {
        let text = match step {
            Progress::Round { number, of } => return self.begin(*number, *of),
            Progress::Leaving { .. } => return,
            Progress::Answered {
                rung,
                took_ms,
                usage,
                calls,
            } => format!(
                "{}: {} answered in {took_ms} ms with {} ({})",
                self.round(),
                rung.model,
                count(*calls, "call"),
                spent(usage)
            ),
            Progress::Failed {
                rung,
                failure,
                next,
            } => {
                let then = match next {
                    Next::Again => "it is asked again",
                    Next::NextModel => "the next model is asked",
                    Next::Patterns => "the patterns answer",
                };
                format!("{}: {}: {failure}; {then}", self.round(), rung.model)
            }
            Progress::Tool {
                name,
                read,
                evidence,
                told,
                took_ms,
            } => called(name, read, *evidence, *told, *took_ms),
            Progress::Ended {
                answered_by, usage, ..
            } => format!("answered by {answered_by} ({})", spent(usage)),
        };
        self.print(&text);
    }
}
