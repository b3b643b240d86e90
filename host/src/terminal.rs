//! Where people read: blocks and tables, coloured on a terminal, plain elsewhere.

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

    /// The block of an incident.
    pub fn block(&self, record: &Record) -> String {
        let severity = record.severity();
        let bar = self.paint(severity, "┃");
        let mut lines = Vec::new();
        let mark = self.paint(severity, &severity.as_str().to_uppercase());
        let id = self.bold(&record.incident.id.0);
        let title = self.bold(&plain(record.title()));
        lines.push(format!("{bar} {mark} {id} {title}"));
        let class = record.class();
        lines.push(self.dim(&format!(
            "  {} · {class} · {}",
            plain(&record.incident.owner.to_string()),
            record.state.as_str()
        )));
        if let Some(finding) = &record.finding {
            lines.extend(wrap(&plain(&finding.cause), 96));
            for e in &finding.evidence {
                let excerpt: String = plain(&e.excerpt)
                    .replace('\n', " ⏎ ")
                    .chars()
                    .take(160)
                    .collect();
                lines.push(format!(
                    "  {} {}: {excerpt}",
                    self.dim(&format!("[{}]", e.id)),
                    plain(&e.source)
                ));
            }
            let by = format!(
                "  confidence {} of 100, by {}",
                finding.confidence,
                plain(&record.answered_by)
            );
            lines.push(self.dim(&by));
            self.model(record, &mut lines);
        }
        for other in &record.also {
            lines.push(format!("  also: {}", plain(&other.title)));
        }
        self.victims(record, &mut lines);
        self.advice(record, &mut lines);
        let body: Vec<String> = lines
            .iter()
            .enumerate()
            .map(|(i, l)| {
                if i == 0 {
                    l.clone()
                } else {
                    format!("{bar} {l}")
                }
            })
            .collect();
        format!("{}\n", body.join("\n"))
    }

    /// What a model said that is not the answer.
    fn model(&self, record: &Record, lines: &mut Vec<String>) {
        for claim in record.finding.iter().flat_map(|f| &f.unsupported) {
            lines.push(self.dim(&format!("  without evidence: {}", plain(claim))));
        }
        let Some(consulted) = &record.consulted else {
            return;
        };
        if consulted.contradicts {
            lines.push("  the model contradicts this; its view is below".to_owned());
        }
        for why in &consulted.why {
            lines.push(self.dim(&format!("  not answered by {}", plain(why))));
        }
    }

    fn victims(&self, record: &Record, lines: &mut Vec<String>) {
        let victims = record.victims();
        if victims.is_empty() {
            return;
        }
        let names: Vec<String> = victims.iter().take(6).map(|v| v.name.clone()).collect();
        let more = victims.len().saturating_sub(names.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        lines.push(format!(
            "  victims ({}): {}{more}",
            victims.len(),
            names.join(", ")
        ));
    }

    fn advice(&self, record: &Record, lines: &mut Vec<String>) {
        let Some(decision) = &record.decision else {
            return;
        };
        match decision.first() {
            Some(candidate) => {
                let fix = &candidate.fix;
                let name = self.bold(fix.action.name());
                let risk = fix.risk();
                let target = plain(&fix.target.to_string());
                lines.push(format!("  fix: {name} on {target} (risk {risk})"));
                lines.push(format!("    {}", plain(&candidate.rationale)));
                for line in candidate.diff.to_string().lines().take(20) {
                    lines.push(format!("    {}", plain(line)));
                }
                lines.push(self.dim(&format!("    like: {}", plain(&fix.kubectl()))));
                lines.push(format!("    needs {}", plain(&candidate.ruling.summary())));
                if let Some(past) = candidate.experience() {
                    lines.push(format!("    before: {past}"));
                }
                if record.state == State::Waiting {
                    let id = &record.incident.id;
                    lines.push(format!(
                        "  k8shawk approve {id}   or   k8shawk dismiss {id}"
                    ));
                }
            }
            None => lines.push(format!(
                "  no safe fix; next: {}",
                plain(&decision.next_check)
            )),
        }
        for refused in &decision.refused {
            let (what, why) = (plain(&refused.proposal), plain(&refused.reason));
            lines.push(self.dim(&format!("  refused: {what}: {why}")));
        }
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
        State::Unchanged | State::Partly => Severity::Medium,
        _ => Severity::Info,
    }
}

/// Lines of at most `width` characters, indented.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::from(" ");
        for word in paragraph.split_whitespace() {
            if line.chars().count() + word.chars().count() + 1 > width && line.len() > 1 {
                lines.push(std::mem::replace(&mut line, String::from(" ")));
            }
            line.push(' ');
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_the_cluster_cannot_drive_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\u{7}c"), "a [2Jb c");
    }

    #[test]
    fn wraps_at_words() {
        assert_eq!(wrap("aaa bbb ccc", 9), ["  aaa bbb", "  ccc"]);
    }
}
