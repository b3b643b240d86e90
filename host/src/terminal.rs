//! Where people read: blocks and tables, coloured on a terminal, plain elsewhere.

mod block;
mod fold;
mod model;
pub mod progress;

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use comfy_table::{ContentArrangement, Table, presets};
use k8shawk_core::incident::Severity;
use k8shawk_core::rca::time;
use k8shawk_core::record::{Record, State};
use owo_colors::{OwoColorize, Style};

pub use model::{ModelSteps, spent};

/// Standard output, or nothing where it must stay one JSON document.
pub struct Terminal {
    colour: bool,
    quiet: bool,
    lock: Mutex<()>,
}

/// Text of the cluster without anything that could drive a terminal.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' { ' ' } else { c })
        .collect()
}

impl Terminal {
    /// Standard output; coloured where it is a terminal and `NO_COLOR` is not set.
    pub fn stdout() -> Terminal {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let colour = wanted && std::io::stdout().is_terminal();
        Terminal {
            colour,
            quiet: false,
            lock: Mutex::new(()),
        }
    }

    /// Nowhere.
    pub fn quiet() -> Terminal {
        Terminal {
            colour: false,
            quiet: true,
            lock: Mutex::new(()),
        }
    }

    /// Text in the colour of a severity, where colours are shown.
    pub fn paint(&self, severity: Severity, text: &str) -> String {
        let style = match severity {
            Severity::Info => Style::new().dimmed(),
            Severity::Low => Style::new().green(),
            Severity::Medium => Style::new().yellow(),
            Severity::High => Style::new().truecolor(255, 140, 0),
            Severity::Critical => Style::new().red().bold(),
        };
        if self.colour {
            text.style(style).to_string()
        } else {
            text.to_owned()
        }
    }

    /// Bold text, where colours are shown.
    pub fn bold(&self, text: &str) -> String {
        if self.colour {
            text.bold().to_string()
        } else {
            text.to_owned()
        }
    }

    /// Dim text, where colours are shown.
    pub fn dim(&self, text: &str) -> String {
        if self.colour {
            text.dimmed().to_string()
        } else {
            text.to_owned()
        }
    }

    /// Print a block. A reader that went away (a closed pipe) is no fault of ours.
    pub fn print(&self, text: &str) {
        if self.quiet {
            return;
        }
        let _held = self.lock.lock();
        progress::above(|| {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{text}").and_then(|()| out.flush());
        });
    }

    /// One line on an incident.
    pub fn note(&self, record: &Record, what: &str) {
        let id = self.bold(&record.incident.id.0);
        let state = self.paint(state_colour(record.state), record.state.as_str());
        self.print(&format!(
            "{id} {} {state}: {}",
            record.incident.owner,
            plain(what)
        ));
    }

    /// An incident as one block: what, why, evidence, and what to do.
    pub fn incident(&self, record: &Record) {
        self.print(&self.block(record));
    }

    /// Incidents as a table.
    pub fn table(&self, records: &[Record]) -> String {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic);
        if !std::io::stdout().is_terminal() {
            table.set_width(160);
        }
        table.set_header([
            "ID", "SEVERITY", "STATE", "OBJECT", "CAUSE", "FIX", "OPENED",
        ]);
        for r in records {
            let fix = r
                .decision
                .as_ref()
                .map(|d| d.first().map_or("none is safe", |c| c.fix.action.name()));
            table.add_row([
                r.incident.id.0.clone(),
                self.paint(r.severity(), r.severity().as_str()),
                r.state.as_str().to_owned(),
                r.incident.owner.to_string(),
                plain(r.title()),
                fix.unwrap_or("-").to_owned(),
                time(r.incident.opened_at),
            ]);
        }
        table.to_string()
    }
}

fn state_colour(state: State) -> Severity {
    match state {
        State::Recovered | State::Cleared => Severity::Low,
        State::Worse | State::Failed => Severity::Critical,
        State::Unchanged | State::Partly | State::NotKnown => Severity::Medium,
        _ => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_cluster_cannot_drive_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\u{7}c"), "a [2Jb c");
    }
}
