//! The shipped fix plugin: chooses typed fixes for a finding.
//!
//! `rows` is the table of fixes and `checks` that of the next human checks; `row` says what a
//! row can ask for, `target` finds the object to change, and `reader` looks whether a value is
//! still what it was. A fix is proposed only where the analysis left the facts for it.

pub mod checks;
pub mod reader;
pub mod row;
pub mod rows;
mod target;
mod text;

use k8shawk_sdk::fix::{Finding, Incident, Parameter, Plan, Proposal};

pub use reader::{Nothing, Reader};
use row::Row;

/// Propose fixes, the best first, and the next human check.
pub fn propose(incident: &Incident, finding: &Finding, reader: &dyn Reader) -> Plan {
    let proposals = rows::ROWS
        .iter()
        .filter_map(|row| proposal(row, incident, finding, reader))
        .collect();
    Plan {
        proposals,
        next_check: checks::next(finding),
    }
}

/// The proposal of one row, where the finding has what the row needs.
fn proposal(
    row: &Row,
    incident: &Incident,
    finding: &Finding,
    reader: &dyn Reader,
) -> Option<Proposal> {
    if !row.applies(finding) {
        return None;
    }
    let target = target::find(row.target, incident, finding)?;
    let parameters: Vec<Parameter> = row
        .parameters
        .iter()
        .map(|(name, fact)| {
            let value = text::fact(finding, fact)?;
            Some(Parameter {
                name: (*name).to_owned(),
                value: value.to_owned(),
            })
        })
        .collect::<Option<_>>()?;
    if row.refuses(&parameters) || reader::is_done(reader, row.action, &target, &parameters) {
        return None;
    }
    let rationale = text::fill(row.rationale, finding, &target);
    Some(Proposal {
        action: row.action.to_owned(),
        target,
        parameters,
        rationale,
    })
}

/// The export; its symbol names exist only in WebAssembly.
#[cfg(target_family = "wasm")]
mod guest {
    use k8shawk_sdk::fix::{self, Finding, Guest, Incident, Plan};

    struct Rows;

    impl Guest for Rows {
        fn propose(incident: Incident, finding: Finding) -> Plan {
            crate::propose(&incident, &finding, &crate::reader::Granted)
        }
    }

    fix::export!(Rows with_types_in fix);
}

#[cfg(test)]
mod tests;
