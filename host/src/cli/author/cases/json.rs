//! What came of the cases, as one JSON document.

use serde_json::{Value, json};

use super::difference::{Difference, Relation};
use super::run::{Report, Tried};

/// The document.
pub(super) fn document(report: &Report) -> Value {
    let cases: Vec<Value> = report
        .cases
        .iter()
        .map(|(name, tried)| case(name, tried))
        .collect();
    json!({
        "plugin": report.plugin,
        "version": report.version,
        "point": report.point.as_str(),
        "digest": report.digest,
        "file": report.file,
        "passed": report.cases.len() - report.failed(),
        "failed": report.failed(),
        "cases": cases,
    })
}

fn case(name: &str, tried: &Tried) -> Value {
    let record = &tried.record;
    let log = record.log.iter();
    let log: Vec<Value> = log
        .map(|(level, line)| json!({ "level": level, "line": line }))
        .collect();
    let differences: Vec<Value> = tried.differences.iter().map(difference).collect();
    json!({
        "name": name,
        "passed": tried.holds(),
        "milliseconds": record.duration.as_secs_f64() * 1e3,
        "memory_bytes": record.memory,
        "host_calls": record.host_calls,
        "error": tried.error,
        "differences": differences,
        "refused_reads": record.refusals,
        "log": log,
        "log_dropped": record.log_dropped,
    })
}

fn difference(difference: &Difference) -> Value {
    let compared = match difference.relation {
        Relation::Equal => "equal",
        Relation::Has => "has",
    };
    json!({
        "key": difference.key,
        "compared": compared,
        "expected": difference.expected,
        "got": difference.got,
    })
}
