//! What a model does, while it does it: rounds, reads, rungs, tokens and cost.

use k8shawk_core::model::Usage;

use super::{Terminal, plain, progress};
use crate::model::{Next, Progress, Sink};

/// Prints the steps of one investigation.
pub struct ModelSteps<'t> {
    terminal: &'t Terminal,
    id: String,
}

impl<'t> ModelSteps<'t> {
    /// For an incident.
    pub fn new(terminal: &'t Terminal, id: &str) -> ModelSteps<'t> {
        ModelSteps {
            terminal,
            id: id.to_owned(),
        }
    }
}

/// Tokens and money, in words.
pub fn spent(usage: &Usage) -> String {
    let mut text = format!("{} + {} tokens", usage.input, usage.output);
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
            Progress::Round { number, of } => {
                progress::say(format!("{}: round {number} of {of}", self.id));
                return;
            }
            Progress::Answered {
                rung,
                took_ms,
                usage,
                calls,
            } => format!(
                "{} answered in {took_ms} ms with {calls} calls ({})",
                rung.model,
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
                format!("{}: {failure}; {then}", rung.model)
            }
            Progress::Tool {
                read,
                evidence,
                took_ms,
                ..
            } => match evidence {
                Some(id) => format!("[{id}] {read} ({took_ms} ms)"),
                None => format!("refused: {read}"),
            },
            Progress::Ended {
                answered_by, usage, ..
            } => format!("answered by {answered_by} ({})", spent(usage)),
        };
        let line = format!("{} {}", self.id, plain(&text));
        self.terminal.print(&self.terminal.dim(&line));
    }
}
