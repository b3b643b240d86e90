//! What came of the cases, as the JUnit XML that CI systems read.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use k8shawk_core::redact::Redacted;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::run::{Report, Tried};
use super::text;
use crate::cli::Unusable;

/// Blanks before an inner element.
const INDENT: usize = 2;

type Xml = Writer<Vec<u8>>;

/// Write the file; one that is there is replaced.
///
/// # Errors
/// It cannot be written.
pub(super) fn write(report: &Report, path: &Path) -> anyhow::Result<()> {
    let written = document(report).and_then(|xml| fs::write(path, xml));
    written.map_err(|why| Unusable::fault(path, why))
}

/// That the file can be written, before anything runs. One that is not there yet is not left behind.
///
/// # Errors
/// It cannot be written.
pub(super) fn is_writable(path: &Path) -> anyhow::Result<()> {
    let is_new = path.symlink_metadata().is_err();
    let opened = OpenOptions::new().append(true).create(true).open(path);
    opened.map_err(|why| Unusable::fault(path, why))?;
    if is_new {
        let _ = fs::remove_file(path);
    }
    Ok(())
}

/// `testsuites`, `testsuite` and one `testcase` for each case.
fn document(report: &Report) -> io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', INDENT);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites")
        .write_inner_content(|xml| suite(xml, report))?;
    xml.write_event(Event::Text(BytesText::new("\n")))?;
    Ok(xml.into_inner())
}

fn suite(xml: &mut Xml, report: &Report) -> io::Result<()> {
    let all = report.cases.iter().map(|(_, tried)| tried);
    let errors = all.clone().filter(|tried| tried.error.is_some()).count();
    let seconds: f64 = all.map(seconds).sum();
    xml.create_element("testsuite")
        .with_attributes([
            ("name", clean(&report.plugin).as_str()),
            ("tests", &report.cases.len().to_string()),
            ("failures", &(report.failed() - errors).to_string()),
            ("errors", &errors.to_string()),
            ("time", &format!("{seconds:.6}")),
        ])
        .write_inner_content(|xml| {
            let point = report.point.as_str();
            properties(xml, &[("point", point), ("digest", &report.digest)])?;
            let cases = &mut report.cases.iter();
            cases.try_for_each(|(name, tried)| case(xml, report, name, tried))
        })?;
    Ok(())
}

fn case(xml: &mut Xml, report: &Report, name: &str, tried: &Tried) -> io::Result<()> {
    let record = &tried.record;
    xml.create_element("testcase")
        .with_attributes([
            ("name", clean(name).as_str()),
            ("classname", &clean(&report.plugin)),
            ("time", &format!("{:.6}", seconds(tried))),
        ])
        .write_inner_content(|xml| {
            let (memory, calls) = (record.memory.to_string(), record.host_calls.to_string());
            properties(xml, &[("memory_bytes", &memory), ("host_calls", &calls)])?;
            outcome(xml, tried)?;
            if !record.log.is_empty() {
                let lines = record.log.iter();
                let lines: Vec<String> = lines
                    .map(|(level, line)| format!("{}: {line}", level.as_str()))
                    .collect();
                xml.create_element("system-out")
                    .write_text_content(BytesText::new(&clean(&lines.join("\n"))))?;
            }
            Ok(())
        })?;
    Ok(())
}

/// A case whose plugin gave no answer is an error, one with another answer a failure.
fn outcome(xml: &mut Xml, tried: &Tried) -> io::Result<()> {
    let (element, message, whole) = match &tried.error {
        _ if tried.holds() => return Ok(()),
        Some(why) => ("error", why.clone(), why.clone()),
        None => {
            let keys = tried.differences.iter().map(|d| d.key.as_str());
            let message = format!("not as wanted: {}", keys.collect::<Vec<_>>().join(", "));
            let lines = tried.differences.iter().map(|difference| {
                let (expected, got) = text::lines(difference);
                format!("- {expected}\n+ {got}")
            });
            ("failure", message, lines.collect::<Vec<_>>().join("\n"))
        }
    };
    xml.create_element(element)
        .with_attribute(("message", clean(&message).as_str()))
        .write_text_content(BytesText::new(&clean(&whole)))?;
    Ok(())
}

fn properties(xml: &mut Xml, all: &[(&str, &str)]) -> io::Result<()> {
    xml.create_element("properties")
        .write_inner_content(|xml| {
            for (name, value) in all {
                xml.create_element("property")
                    .with_attributes([("name", *name), ("value", *value)])
                    .write_empty()?;
            }
            Ok(())
        })?;
    Ok(())
}

fn seconds(tried: &Tried) -> f64 {
    tried.record.duration.as_secs_f64()
}

/// A plugin's text without secrets, and without characters that XML cannot have.
fn clean(text: &str) -> String {
    let allowed = |c: &char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let text = Redacted::of(text);
    text.as_str().chars().filter(allowed).collect()
}
