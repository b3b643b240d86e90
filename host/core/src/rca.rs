//! The Markdown document that ends every incident, as a colleague would write it: what broke, why,
//! what was done by whom and when, what came of it, what was seen before, what to do next.

mod cause;
mod done;
mod file_name;
mod text;

use crate::shorten;
use std::fmt::Write;

use crate::finding::Finding;
use crate::record::{Record, State};
use crate::redact::{Redacted, redact};

pub use file_name::{file_name, is_file_name};
pub use text::time;

use text::{clock, duration, inline, quoted};

/// Victims that are named.
const VICTIMS: usize = 50;

/// Render the document of an incident of `cluster`. Writing to a `String` cannot fail, so its results
/// are dropped.
pub fn render(record: &Record, cluster: &str) -> Redacted {
    let mut out = String::new();
    head(&mut out, record, cluster);
    victims(&mut out, record);
    cause::why(&mut out, record);
    done::done(&mut out, record);
    done::result(&mut out, record);
    before(&mut out, record);
    next(&mut out, record);
    Redacted::of(&out)
}

/// What broke: title, place, state, severity, when and for how long.
fn head(out: &mut String, record: &Record, cluster: &str) {
    let incident = &record.incident;
    let (title, owner) = (inline(record.title()), inline(&incident.owner.to_string()));
    let (cluster, state) = (inline(cluster), record.standing());
    let (id, severity) = (&incident.id, record.severity().as_str());
    let opened = incident.opened_at;
    let _ = write!(
        out,
        "# {title}\n\n**{cluster}, {owner}: {state}.** {id}, {severity} severity, opened {}",
        time(opened)
    );
    if record.state.is_final() {
        let ended = record.changed_at();
        let lasted = duration(ended - opened);
        let _ = write!(out, ", closed {} after {lasted}", clock(ended, opened));
    }
    out.push_str(".\n");
}

fn victims(out: &mut String, record: &Record) {
    let all = record.victims();
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nAffected ({}):\n", all.len());
    for victim in all.iter().take(VICTIMS) {
        let _ = writeln!(out, "- {}", inline(&victim.to_string()));
    }
    if let more @ 1.. = all.len().saturating_sub(VICTIMS) {
        let _ = writeln!(out, "- and {more} more");
    }
}

/// What changed before, and what Kubernetes reported, oldest first.
fn before(out: &mut String, record: &Record) {
    if let Some(change) = record.finding.as_ref().and_then(Finding::change) {
        let changed = quoted(&change.excerpt);
        let _ = write!(out, "\n## What changed before\n\n[{}]{changed}", change.id);
    }
    let mut signals: Vec<_> = record.incident.signals.iter().collect();
    if signals.is_empty() {
        return;
    }
    signals.sort_by_key(|s| s.last_seen);
    let _ = writeln!(out, "\n## What Kubernetes reported\n");
    for s in signals {
        let at = clock(s.last_seen, record.incident.opened_at);
        let message = first_line(&redact(&s.message));
        let seen = match s.count {
            0 | 1 => String::new(),
            many => format!(", seen {many}x"),
        };
        let what = inline(&format!("{} on {}{seen}: {message}", s.reason, s.object));
        let _ = writeln!(out, "- {at} {what}");
    }
}

fn first_line(text: &str) -> String {
    shorten(text.lines().next().unwrap_or_default(), 200).into_owned()
}

/// What is left for people: the next check, what nobody knows, and the way back.
fn next(out: &mut String, record: &Record) {
    let mut steps = Vec::new();
    let check = record
        .decision
        .as_ref()
        .map_or("", |d| d.next_check.as_str());
    if !check.is_empty() {
        steps.push(inline(check));
    }
    if record.state == State::Worse {
        steps.push("Consider undoing the fix: it is worse than before.".to_owned());
    }
    if let Some(other) = &record.undone_by {
        steps.push(format!("Undo proposed as {}.", inline(other)));
    }
    if let Some(other) = &record.merged_into {
        steps.push(format!("Part of {}: continue there.", inline(other)));
    }
    let unknown = record.finding.iter().flat_map(|f| &f.unknown);
    steps.extend(unknown.map(|what| format!("Unknown: {}", inline(what))));
    if steps.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## Next steps\n");
    for step in steps {
        let _ = writeln!(out, "- {step}");
    }
}

#[cfg(test)]
mod tests;
