//! What came of the cases, for people.

use k8shawk_core::count;
use k8shawk_sandbox::CallRecord;

use serde_json::Value;

use super::difference::{Difference, Relation};
use super::run::{Report, Tried};
use crate::cli::output::say;
use crate::services::terminal::plain;

/// A list or a table of more characters takes several lines.
const WIDE: usize = 100;

/// Print every case, and of one that failed how its answer differs and what the plugin logged.
pub(super) fn print(report: &Report) {
    for (name, tried) in &report.cases {
        case(name, tried);
    }
    let all = report.cases.len();
    say!("{} of {} passed", all - report.failed(), count(all, "case"));
}

fn case(name: &str, tried: &Tried) {
    let (name, cost) = (plain(name), cost(&tried.record));
    if tried.holds() {
        return say!("ok      {}{}", name, cost);
    }
    say!("FAILED  {}{}", name, cost);
    if let Some(why) = &tried.error {
        say!("        {}", plain(why));
    }
    for difference in &tried.differences {
        let (expected, got) = lines(difference);
        side("-", &expected);
        side("+", &got);
    }
    for (level, line) in &tried.record.log {
        say!("        {}: {}", level.as_str(), plain(line));
    }
}

/// One side of a difference.
fn side(sign: &str, text: &str) {
    for line in text.lines() {
        say!("        {} {}", sign, plain(line));
    }
}

/// What was expected, and what came; a large value takes several lines.
pub(super) fn lines(difference: &Difference) -> (String, String) {
    let Difference {
        key,
        relation,
        expected,
        got,
    } = difference;
    let sign = match relation {
        Relation::Equal => "=",
        Relation::Has => "has",
    };
    let (expected, got) = (shown(expected), shown(got));
    (format!("{key} {sign} {expected}"), format!("{key} = {got}"))
}

fn shown(value: &Value) -> String {
    let line = value.to_string();
    match value {
        Value::Array(_) | Value::Object(_) if line.len() > WIDE => format!("{value:#}"),
        _ => line,
    }
}

/// Time, memory and calls of the host, for the operator who sets the limits of the grant.
fn cost(record: &CallRecord) -> String {
    let millis = record.duration.as_secs_f64() * 1e3;
    let kib = record.memory >> 10;
    format!(
        "  ({millis:.1} ms, {kib} KiB, {})",
        count(record.host_calls, "host call")
    )
}
