//! The answers of tools, trimmed by meaning before they are trimmed by size.

use crate::count;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::describe::events;
use crate::event::EventRow;
use crate::guard::{Answer, Read};
use crate::redact::{Veil, redact};
use crate::render::{meaningful, yaml};
use crate::truncate::truncate;

/// What stands for an answer that has no form that is known.
const NOT_UNDERSTOOD: &str = "the answer cannot be parsed";

/// Escape sequences of terminals.
static ANSI: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07").ok());

/// A time at the start of a line.
static STAMP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\[?\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2})?\]?\s*").ok()
});

/// Words of lines that explain faults.
const TELLING: &[&str] = &[
    "error",
    "fatal",
    "panic",
    "exception",
    "fail",
    "refused",
    "denied",
    "timeout",
    "timed out",
    "cannot",
    "could not",
    "no such",
    "not found",
    "killed",
    "unable",
    "invalid",
    "missing",
];

/// The answer of a read as text of at most about `bytes`, with tokens in the place of literal values
/// that may be secrets.
pub fn answer_text(veil: &Veil, read: &Read, answer: &Answer, bytes: usize) -> String {
    match (read, answer) {
        (_, Answer::Usage(usage)) => {
            let lines: Vec<String> = usage
                .iter()
                .map(|u| {
                    format!(
                        "{} {}: {}m CPU, {} MiB",
                        u.pod,
                        u.container,
                        u.cpu_milli,
                        u.memory_bytes >> 20
                    )
                })
                .collect();
            clipped(&or_none(lines.join("\n")), bytes)
        }
        (_, Answer::Described(described)) => clipped(&described.veiled(veil), bytes),
        (Read::Logs { .. }, Answer::Text(text)) => log_text(text, bytes),
        (Read::List { .. }, Answer::Text(text)) => list(veil, text, bytes),
        (
            Read::Events {
                namespace, name, ..
            },
            Answer::Text(text),
        ) => clipped(&event_lines(text, namespace, !name.is_empty()), bytes),
        (_, Answer::Text(text)) => clipped(&object(veil, text), bytes),
    }
}

/// Redacted while everything is there that gives a secret away, then cut.
fn clipped(text: &str, bytes: usize) -> String {
    truncate(&redact(text), bytes)
}

fn or_none(text: String) -> String {
    if text.trim().is_empty() {
        "nothing".to_owned()
    } else {
        text
    }
}

/// What is no JSON is not shown: nothing tells which of it are values.
fn object(veil: &Veil, text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let value = veil.object(value);
            or_none(meaningful(&value).map(|v| yaml(&v)).unwrap_or_default())
        }
        Err(_) => NOT_UNDERSTOOD.to_owned(),
    }
}

/// Whole objects where they fit, else one line for each.
fn list(veil: &Veil, text: &str, bytes: usize) -> String {
    let Ok(Value::Array(items)) = serde_json::from_str::<Value>(text) else {
        return NOT_UNDERSTOOD.to_owned();
    };
    let items: Vec<Value> = items.into_iter().map(|item| veil.object(item)).collect();
    let whole: Vec<String> = items
        .iter()
        .filter_map(meaningful)
        .map(|v| yaml(&Value::Array(vec![v])))
        .collect();
    let whole = whole.concat();
    if whole.len() <= bytes {
        return or_none(whole);
    }
    let lines: Vec<String> = items.iter().map(line).collect();
    let head = format!(
        "{}; read one by its name for all of it\n",
        count(items.len(), "object")
    );
    clipped(&format!("{head}{}", lines.join("\n")), bytes)
}

/// One object in one line: name, phase or counts, and what is not ready.
fn line(item: &Value) -> String {
    let text = |pointer: &str| {
        item.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let mut parts = vec![text("/metadata/name").to_owned()];
    if !text("/metadata/namespace").is_empty() {
        parts.push(format!("-n {}", text("/metadata/namespace")));
    }
    parts.extend(Some(text("/status/phase").to_owned()).filter(|p| !p.is_empty()));
    for key in [
        "replicas",
        "readyReplicas",
        "availableReplicas",
        "succeeded",
        "failed",
        "active",
    ] {
        let number = item
            .pointer(&format!("/status/{key}"))
            .and_then(Value::as_i64);
        parts.extend(number.map(|n| format!("{key}={n}")));
    }
    for key in ["containerStatuses", "initContainerStatuses"] {
        let statuses = item
            .pointer(&format!("/status/{key}"))
            .and_then(Value::as_array);
        parts.extend(statuses.into_iter().flatten().filter_map(waiting));
    }
    parts.join(" ")
}

fn waiting(status: &Value) -> Option<String> {
    let name = status.get("name")?.as_str()?;
    let restarts = status
        .get("restartCount")
        .and_then(Value::as_i64)
        .unwrap_or(0);
    let reason = [
        "/state/waiting/reason",
        "/state/terminated/reason",
        "/lastState/terminated/reason",
    ]
    .iter()
    .find_map(|p| status.pointer(p).and_then(Value::as_str));
    (reason.is_some() || restarts > 0)
        .then(|| format!("{name}:{} restarts={restarts}", reason.unwrap_or("running")))
}

/// One line for each event; with the name of its object where that is not the question.
fn event_lines(text: &str, namespace: &str, named: bool) -> String {
    let Ok(rows) = serde_json::from_str::<Vec<EventRow>>(text) else {
        return NOT_UNDERSTOOD.to_owned();
    };
    let line = |event: &events::Told| match named {
        true => format!("{} {}", event.head(), event.said()),
        false => format!("{} {} {}", event.head(), event.name, event.said()),
    };
    let lines: Vec<String> = events::once(&rows, namespace).iter().map(line).collect();
    or_none(lines.join("\n"))
}

/// Log lines: no colours, no repetitions, and where it is too long the telling lines and the end.
pub fn log_text(text: &str, bytes: usize) -> String {
    // Redacted first: a line alone does not show that it belongs to a key.
    let text = redact(&printable(text));
    let lines = repeated(text.lines().filter(|l| !l.trim().is_empty()));
    let whole = lines.join("\n");
    if whole.len() <= bytes {
        return or_none(whole);
    }
    let mut chosen = vec![false; lines.len()];
    let mut left = bytes;
    choose(&lines, &mut chosen, &mut left, bytes / 2, |_| true);
    choose(&lines, &mut chosen, &mut left, 0, is_telling);
    choose(&lines, &mut chosen, &mut left, 0, |_| true);
    let kept = lines.iter().zip(&chosen).filter(|(_, kept)| **kept);
    let kept: Vec<&str> = kept.map(|(line, _)| line.as_str()).collect();
    let dropped = lines.len().saturating_sub(kept.len());
    if kept.is_empty() {
        return truncate(&whole, bytes);
    }
    format!("[{dropped} lines cut]\n{}", kept.join("\n"))
}

/// Take lines from the end until only `rest` bytes are left.
fn choose(
    lines: &[String],
    chosen: &mut [bool],
    left: &mut usize,
    rest: usize,
    wanted: impl Fn(&str) -> bool,
) {
    for (line, chosen) in lines.iter().zip(chosen.iter_mut()).rev() {
        if *chosen || !wanted(line) {
            continue;
        }
        if line.len() + 1 + rest > *left {
            return;
        }
        *left -= line.len() + 1;
        *chosen = true;
    }
}

fn is_telling(line: &str) -> bool {
    let line = line.to_lowercase();
    TELLING.iter().any(|word| line.contains(word))
}

/// Lines that say the same, but for the time at their start, as one with their number.
fn repeated<'l>(lines: impl Iterator<Item = &'l str>) -> Vec<String> {
    let mut out: Vec<(String, String, usize)> = Vec::new();
    for line in lines {
        let line = truncate(line.trim_end(), 1000);
        let said = match STAMP.as_ref() {
            Some(stamp) => stamp.replace(&line, "").into_owned(),
            None => line.clone(),
        };
        match out.last_mut() {
            Some(last) if last.1 == said => {
                last.0 = line;
                last.2 += 1;
            }
            _ => out.push((line, said, 1)),
        }
    }
    out.into_iter()
        .map(|(line, _, count)| {
            if count > 1 {
                format!("{line} (x{count})")
            } else {
                line
            }
        })
        .collect()
}

/// Without escape sequences and control characters.
fn printable(text: &str) -> String {
    let text = match ANSI.as_ref() {
        Some(ansi) => ansi.replace_all(text, ""),
        None => text.into(),
    };
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect()
}

#[cfg(test)]
mod tests;
