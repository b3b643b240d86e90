//! What came of the cases, for people.

use k8shawk_sandbox::CallRecord;

use super::difference::{Difference, Relation};
use super::run::{Report, Tried};
use crate::cli::output::say;
use crate::services::terminal::plain;

/// Print every case, and of one that failed how its answer differs and what the plugin logged.
pub(super) fn print(report: &Report) {
    for (name, tried) in &report.cases {
        case(name, tried);
    }
    let all = report.cases.len();
    say!("{} of {} cases pass", all - report.failed(), all);
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
        say!("        - {}", plain(&expected));
        say!("        + {}", plain(&got));
    }
    for (level, line) in &tried.record.log {
        say!("        {}: {}", level.as_str(), plain(line));
    }
}

/// What was expected, and what came.
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
    (format!("{key} {sign} {expected}"), format!("{key} = {got}"))
}

/// Time, memory and calls of the host, for the operator who sets the limits of the grant.
fn cost(record: &CallRecord) -> String {
    let millis = record.duration.as_secs_f64() * 1e3;
    let kib = record.memory >> 10;
    format!(
        "  ({millis:.1} ms, {kib} KiB, {} host calls)",
        record.host_calls
    )
}
