//! Where people read: blocks and tables, coloured on a terminal, plain elsewhere.

mod block;
mod fold;
mod keys;
mod llm;

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use crate::services::progress;

use comfy_table::{ContentArrangement, Table, presets};
use k8shawk_core::Severity;
use k8shawk_core::rca::time;
use k8shawk_core::record::{Record, State};
use k8shawk_core::redact::Redacted;
use k8shawk_core::redacted;
use owo_colors::{OwoColorize, Style};

use fold::Line;

pub use keys::Keys;
pub use llm::{ModelSteps, spent};

/// Standard output, or nothing where it must stay one JSON document.
pub struct Terminal {
    colour: bool,
    quiet: bool,
    lock: Mutex<()>,
}

/// Text of the cluster in one line: without secrets, and without anything that could drive a
/// terminal or begin a line of its own.
pub fn plain(text: &str) -> Redacted {
    Redacted::line(text).escaped(|text| text.replace('\t', " "))
}

/// Text of the cluster in which lines stay lines.
pub fn lines(text: &str) -> Redacted {
    Redacted::of(text)
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

    /// True where somebody looks at standard output.
    pub fn is_shown() -> bool {
        std::io::stdout().is_terminal()
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
    pub fn paint(&self, severity: Severity, text: &Redacted) -> Redacted {
        let style = match severity {
            Severity::Info => Style::new().dimmed(),
            Severity::Low => Style::new().green(),
            Severity::Medium => Style::new().yellow(),
            Severity::High => Style::new().truecolor(255, 140, 0),
            Severity::Critical => Style::new().red().bold(),
        };
        self.styled(text, style)
    }

    /// Bold text, where colours are shown.
    pub fn bold(&self, text: &Redacted) -> Redacted {
        self.styled(text, Style::new().bold())
    }

    fn styled(&self, text: &Redacted, style: Style) -> Redacted {
        if self.colour {
            text.escaped(|text| text.style(style).to_string())
        } else {
            text.clone()
        }
    }

    /// Dim text, where colours are shown.
    pub fn dim(&self, text: &Redacted) -> Redacted {
        self.styled(text, Style::new().dimmed())
    }

    /// Print a block. A reader that went away (a closed pipe) is no fault of ours.
    pub fn print(&self, text: &Redacted) {
        if self.quiet {
            return;
        }
        let _held = self.lock.lock();
        progress::above(|| {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{text}").and_then(|()| out.flush());
        });
    }

    /// Print a paragraph, folded at words to the width of the terminal.
    pub fn paragraph(&self, text: &Redacted) {
        let rows = Line::new(0, text.clone()).hanging(0).fold(fold::width());
        self.print(&Redacted::join(&rows, "\n"));
    }

    /// One line on an incident.
    pub fn note(&self, record: &Record, what: &str) {
        let id = self.bold(&plain(&record.incident.id.0));
        let state = self.paint(state_colour(record.state), &record.state.as_str().into());
        let owner = plain(&record.incident.owner.to_string());
        self.print(&redacted!("{} {} {}: {}", id, owner, state, plain(what)));
    }

    /// An incident as one block: what, why, evidence, and what to do.
    pub fn incident(&self, record: &Record) {
        self.print(&self.block(record));
    }

    /// Incidents as a table.
    pub fn table(&self, records: &[Record]) -> Redacted {
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
                plain(&r.incident.id.0),
                self.paint(r.severity(), &r.severity().as_str().into()),
                Redacted::from(r.state.as_str()),
                plain(&r.incident.owner.to_string()),
                plain(r.title()),
                Redacted::from(fix.unwrap_or("-")),
                plain(&time(r.incident.opened_at)),
            ]);
        }
        // Its cells are redacted, its frame is ours.
        Redacted::default().escaped(|_| table.to_string())
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
        let shown = |text| plain(text).into_string();
        assert_eq!(shown("a\u{1b}[2Jb\u{7}c"), "abc");
        assert_eq!(shown("x\ninc-7 recovered"), "x inc-7 recovered");
        assert_eq!(shown("a\u{202e}b\u{200b}c\u{2028}d"), "abc d");
        assert_eq!(shown("DB_PASS=hunter2"), "DB_PASS=[redacted]");
    }
}
